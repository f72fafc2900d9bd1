//! Look-ups by logarithmic derivatives.
//!
//! Every limb of every row is looked up in the range table, every link in the text table, through one argument:
//! after the first phase is committed, challenges α and β are drawn, and in each row
//!
//! * a limb v with tag τ stands for 1/(α − v − β·τ); a row (v, τ) of the range table for −count/(α − v − β·τ)
//! * a link a of some kind stands for 1/(α − a − β·(TEXT + kind) − β²·b − β³·c); a row of the text table, whose index
//!   and kind are fixed, for −count/(…) of the same form. Index and kind have a factor each: folded into one key, a
//!   field element that is no index could reach the residues of another kind
//!
//! The sum over all rows is 0 if and only if (but for a chance of about rows²/p, below 2⁻²¹⁰) what is looked up is in the tables:
//! a pole at a value that no table row has cannot cancel, because counts stay far below the characteristic. A range
//! entry and a text entry differ in β's factor, since the text tag is no tag of the range table.
//!
//! With rules a text has a mask in each of its rows, which its links take along with a further factor β³.
//!
//! With analytics the rows of a search are entries, too: of centroids, whose count is e.
//!
//! With graphs or analytics a limb v stands for 1/(α − v − β·τ − β²·o), and a row of the range table has an o beside it: an entry of a function,
//! or v itself. The first and, with graphs, the fifth limb of a row have a cell for o, with rules all; the others have v in its place.
//!
//! Fractions are summed three at a time in helpers h with h·d₁·d₂·d₃ = n₁·d₂·d₃ + n₂·d₁·d₃ + n₃·d₁·d₂, of degree 5 with
//! the selector, and the helpers in a column that is 0 at both ends. The last three need no helper: what the column grows by
//! beyond the helpers takes its place in the equation. For a block this takes five columns with the counts where halo2's
//! own argument would take three for each of nine look-ups. Rows of models look up in the same limbs.

#[cfg(feature = "testing")]
use std::collections::BTreeSet;
use std::collections::HashMap;

use ff::{BatchInvert, PrimeField};
use halo2_proofs::arithmetic::parallelize;
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use super::set::{ChipSet, Query, constant};
use crate::assignment::{Assignment, Cell, Role};
use crate::columns::table::{self, RangeTable};
use crate::columns::{Bands, Gate, LIMBS, at, fixed_at};
use crate::fixed::to_u64;

/// Fractions in a helper.
const PER_HELPER: usize = 3;
/// Groups of fractions in a row, at most: [`columns`] of a block.
const GROUPS: usize = (LIMBS + 1).div_ceil(PER_HELPER) + 1;
/// The limbs that have a cell for what stands beside them: the first of each half of a row; with rules, all.
const OUT_LIMBS: [usize; LIMBS] = [0, LIMBS / 2, 1, 2, 3, 5, 6, 7];
/// A fraction: numerator and denominator.
type Fraction<T> = (T, T);

/// Which cell for what stands beside limbs belongs to limb `i`, if one does.
pub fn out_of(bands: Bands, i: usize) -> Option<usize> {
    OUT_LIMBS[..bands.outs()].iter().position(|place| *place == i)
}

/// The column of what stands beside limb `i`, where every limb has such a cell: under rules.
pub fn beside(i: usize) -> usize {
    OUT_LIMBS.iter().position(|place| *place == i).map_or(at::OUT[0], |place| at::OUT[place])
}

/// Columns of what a link takes from its text.
pub fn carried(bands: Bands) -> &'static [usize] {
    if bands.rules { &[at::B, at::C, at::MASK] } else { &[at::B, at::C] }
}

/// Second-phase columns of the look-ups: helpers and running sum.
pub fn columns(bands: Bands) -> usize {
    (LIMBS + 1).div_ceil(PER_HELPER) + usize::from(bands.has_links())
}

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let columns = &chips.second[..columns(chips.bands)];
    meta.create_gate("LookupActive", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::LookupActive));
        let [alpha, beta] = [0, 1].map(|i| cells.query_challenge(chips.challenges[i]));
        let row = Row::new(chips.bands, &mut Query { chips, cells });
        let groups = row.fractions(&alpha, &beta, &|value| Expression::Constant(value));
        let mut values: Vec<_> =
            columns.iter().map(|column| cells.query_advice(*column, Rotation::cur())).collect();
        let sum = values.pop().unwrap_or(constant(0));
        let next = cells.query_advice(columns[columns.len() - 1], Rotation::next());
        let last = values.iter().cloned().fold(next - sum, |rest, helper| rest - helper);
        let names = std::iter::repeat_n("helper = sum of fractions", values.len()).chain(["sums go on"]);
        let sums = values.into_iter().chain([last]);
        let constraints =
            names.zip(groups.iter().zip(sums)).map(|(name, (group, sum))| (name, cleared(group, &sum)));
        constraints.map(|(name, e)| (name, selector.clone() * e)).collect::<Vec<_>>()
    });
    meta.create_gate("LookupEdge", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::LookupEdge));
        let sum = cells.query_advice(columns[columns.len() - 1], Rotation::cur());
        vec![("sum = 0 at the ends", selector * sum)]
    });
}

/// h·Πd − Σ n_i·Π_{j≠i} d_j.
fn cleared(group: &[Fraction<Expression<Fr>>], helper: &Expression<Fr>) -> Expression<Fr> {
    let product = |skip: Option<usize>, start: Expression<Fr>| {
        let factors = group.iter().enumerate().filter(|(i, _)| Some(*i) != skip);
        factors.fold(start, |product, (_, (_, d))| product * d.clone())
    };
    let sums = group.iter().enumerate().map(|(i, (n, _))| product(Some(i), n.clone()));
    product(None, helper.clone()) - sums.reduce(|s, t| s + t).unwrap_or(constant(0))
}

/// The cells of a row.
trait Cells<T> {
    fn advice(&mut self, column: usize) -> T;
    fn fixed(&mut self, column: usize) -> T;
}

impl Cells<Expression<Fr>> for Query<'_, '_> {
    fn advice(&mut self, column: usize) -> Expression<Fr> {
        self.advice(column, 0)
    }

    fn fixed(&mut self, column: usize) -> Expression<Fr> {
        self.fixed(column, 0)
    }
}

/// A row of an assignment.
struct AssignmentRow<'s> {
    assignment: &'s Assignment,
    row: usize,
}

impl Cells<Fr> for AssignmentRow<'_> {
    fn advice(&mut self, column: usize) -> Fr {
        self.assignment.advice()[column][self.row]
    }

    fn fixed(&mut self, column: usize) -> Fr {
        self.assignment.fixed()[column][self.row]
    }
}

/// A value, its tag, and with graphs what stands beside it.
type Entry<T> = (T, T, Option<T>);

/// What a row looks up, as expressions or values.
struct Row<T> {
    limbs: Vec<Entry<T>>,
    count: T,
    table: Entry<T>,
    texts: Option<TextRow<T>>,
}

/// A row's link, or its part of the text table.
struct TextRow<T> {
    wires: [T; 3],
    index: T,
    kind: T,
    /// 1 for a link, 2 for a text, or 0.
    flag: T,
    /// With rules, the mask of the text.
    mask: Option<T>,
    /// Whether it is a centroid's, and its count.
    centre: Option<[T; 2]>,
}

impl<T> Row<T>
where
    T: Clone
        + std::ops::Add<Output = T>
        + std::ops::Sub<Output = T>
        + std::ops::Mul<Output = T>
        + std::ops::Neg<Output = T>,
{
    fn new(bands: Bands, cells: &mut impl Cells<T>) -> Self {
        let pad = bands.core.then(|| cells.advice(at::PAD));
        let outs = bands.outs() > 0;
        let mut limb = |i: usize| {
            let (limb, tag) = (cells.advice(at::LIMB + i), cells.fixed(fixed_at::TAG + i));
            let out = outs.then(|| match out_of(bands, i) {
                Some(half) => cells.advice(at::OUT[half]),
                None => limb.clone(),
            });
            (limb, pad.iter().cloned().fold(tag, |tag, pad| tag + pad), out)
        };
        let limbs = (0..LIMBS).map(&mut limb).collect();
        let texts = bands.has_links().then(|| TextRow {
            wires: [at::A, at::B, at::C].map(|column| cells.advice(column)),
            index: cells.fixed(fixed_at::INDEX),
            kind: cells.fixed(fixed_at::KIND),
            flag: cells.fixed(fixed_at::LINKS),
            mask: bands.rules.then(|| cells.advice(at::MASK)),
            centre: bands.analytics.then(|| [cells.fixed(fixed_at::CENTRES), cells.advice(at::E)]),
        });
        let [value, tag] = [fixed_at::TABLE_VALUE, fixed_at::TABLE_TAG].map(|column| cells.fixed(column));
        let table = (value, tag, outs.then(|| cells.fixed(fixed_at::TABLE_OUT)));
        Self { limbs, count: cells.advice(at::COUNT), table, texts }
    }

    /// Groups of up to three: limbs and the range table; link and text table.
    fn fractions(self, alpha: &T, beta: &T, constant: &dyn Fn(Fr) -> T) -> Vec<Vec<Fraction<T>>> {
        let Self { limbs, count, table, texts } = self;
        let denominator = |value: T, tag: T| alpha.clone() - value - beta.clone() * tag;
        let entry = |(value, tag, out): Entry<T>| match out {
            None => denominator(value, tag),
            Some(out) => denominator(value, tag) - beta.clone() * beta.clone() * out,
        };
        let checked = limbs.into_iter().map(|limb| (constant(Fr::one()), entry(limb)));
        let ranges: Vec<_> = checked.chain([(-count, entry(table))]).collect();
        let mut groups: Vec<_> = ranges.chunks(PER_HELPER).map(<[_]>::to_vec).collect();
        let Some(TextRow { wires: [a, b, c], index, kind, flag, mask, centre }) = texts else {
            return groups;
        };
        // TEXT + kind + β·b + β²·c, with rules + β³·mask, to be multiplied by β as a tag is.
        let last = match mask {
            Some(mask) => c + beta.clone() * mask,
            None => c,
        };
        let residues = constant(Fr::from(table::TEXT)) + kind + beta.clone() * (b + beta.clone() * last);
        let [one, two, half] = [Fr::one(), Fr::from(2), Fr::TWO_INV].map(constant);
        let links = flag.clone() * (two - flag.clone());
        let texts = flag.clone() * (flag - one) * half;
        let link = (links, denominator(a.clone(), residues.clone()));
        let count = centre.into_iter().fold(texts * a, |count, [centre, e]| count + centre * e);
        let text = (-count, denominator(index, residues));
        groups.push(vec![link, text]);
        groups
    }
}

/// Lays out the range table and the rows in which look-ups count: all but the last, where the sum ends.
pub fn lay_out(assignment: &mut Assignment) {
    let outs = assignment.bands().outs() > 0;
    let table = RangeTable::new(assignment.bands());
    for (row, (tag, value)) in table.rows().iter().enumerate() {
        assignment.fix(fixed_at::TABLE_VALUE, row, table::element(*tag, *value));
        assignment.fix(fixed_at::TABLE_TAG, row, *tag);
        if outs {
            assignment.fix(fixed_at::TABLE_OUT, row, table.out(row));
        }
    }
    if outs {
        lay_out_plain(assignment);
    }
    let last = assignment.rows() - 1;
    (0..last).for_each(|row| assignment.enable(Gate::LookupActive, row));
    assignment.enable(Gate::LookupEdge, 0);
    assignment.enable(Gate::LookupEdge, last);
}

/// Beside every limb that is no function's input, the limb.
fn lay_out_plain(assignment: &mut Assignment) {
    for (half, limb) in OUT_LIMBS.into_iter().enumerate().take(assignment.bands().outs()) {
        for row in 0..assignment.rows() {
            let [out, limb] = [at::OUT[half], at::LIMB + limb].map(|column| Cell { column, row });
            if assignment.role(out) == Role::Blank && assignment.role(limb) != Role::Blank {
                assignment.write(out.column, row, assignment.read(limb));
            }
        }
    }
}

/// Counts what is looked up, once everything else is assigned. What is in no table is not counted, and the sum
/// then does not end at 0.
pub fn count(assignment: &mut Assignment) {
    let bands = assignment.bands();
    let table = RangeTable::new(bands);
    let mut counts = vec![0u64; table.rows().len()];
    let mut add = |tag: Option<u64>, limb: Fr| {
        if let Some(found) = tag.and_then(|tag| table.find_limb(tag, limb)) {
            counts[found] += 1;
        }
    };
    // Most limbs are blank.
    let (zero, mut blank) = (Fr::zero(), 0);
    for row in 0..assignment.rows() - 1 {
        let pad = if bands.core { assignment.advice()[at::PAD][row] } else { zero };
        for i in 0..LIMBS {
            let (tag, limb) =
                (assignment.fixed_at(fixed_at::TAG + i, row), assignment.advice()[at::LIMB + i][row]);
            if [tag, pad, limb] == [zero; 3] {
                blank += 1;
            } else {
                let tag = to_u64(tag).zip(to_u64(pad)).map(|(tag, pad)| tag + pad);
                add(tag, limb);
            }
        }
    }
    if let Some(found) = table.find(table::LIMB, 0) {
        counts[found] += blank;
    }
    for (row, count) in counts.into_iter().enumerate() {
        assignment.write_int(at::COUNT, row, count);
    }
    if bands.has_links() {
        count_links(assignment);
    }
}

fn count_links(assignment: &mut Assignment) {
    let mut texts: HashMap<(Option<u64>, Option<u64>), (usize, usize)> = HashMap::new();
    let mut links: HashMap<(Option<u64>, Option<u64>), u64> = HashMap::new();
    for row in 0..assignment.rows() - 1 {
        let [index, kind] =
            [fixed_at::INDEX, fixed_at::KIND].map(|column| to_u64(assignment.fixed_at(column, row)));
        let flag = to_u64(assignment.fixed_at(fixed_at::LINKS, row));
        if flag == Some(fixed_at::LINK) {
            *links.entry((to_u64(assignment.advice()[at::A][row]), kind)).or_default() += 1;
        }
        if let Some(count) = count_of_entry(assignment, row) {
            texts.insert((index, kind), (count, row));
        }
    }
    for (key, (count, row)) in texts {
        assignment.write_int(count, row, links.get(&key).copied().unwrap_or_default());
    }
}

/// The column that counts the links to a row of the text table, if a row is one.
pub fn count_of_entry(assignment: &Assignment, row: usize) -> Option<usize> {
    let is = |column: usize, flag: u64| assignment.fixed_at(column, row) == Fr::from(flag);
    if !assignment.bands().has_links() {
        None
    } else if is(fixed_at::LINKS, fixed_at::TEXT) {
        Some(at::A)
    } else if assignment.bands().analytics && is(fixed_at::CENTRES, 1) {
        Some(at::E)
    } else {
        None
    }
}

/// The sums of fractions of some rows, by group.
fn sums_of_rows(
    assignment: &Assignment,
    [alpha, beta]: [&Fr; 2],
    rows: impl Iterator<Item = usize>,
    values: &mut [[Fr; GROUPS]],
) {
    let (mut lengths, mut numerators, mut denominators) = (Vec::new(), Vec::new(), Vec::new());
    for row in rows {
        let row = Row::new(assignment.bands(), &mut AssignmentRow { assignment, row });
        for group in row.fractions(alpha, beta, &|value| value) {
            lengths.push(group.len());
            for (numerator, denominator) in group {
                numerators.push(numerator);
                denominators.push(denominator);
            }
        }
    }
    // A zero denominator would need α among 2²⁰ values of 2²⁵⁴; it stays 0 and the proof fails.
    denominators.iter_mut().batch_invert();
    let mut terms = numerators.iter().zip(&denominators).map(|(n, d)| n * d);
    for (values, lengths) in values.iter_mut().zip(lengths.chunks(columns(assignment.bands()))) {
        for (value, length) in values.iter_mut().zip(lengths) {
            *value = terms.by_ref().take(*length).sum();
        }
    }
}

/// The second phase of an assignment that differs in these rows from another one, whose own is `honest`: what [`second_phase`] says, sooner.
#[cfg(feature = "testing")]
pub fn second_phase_beside(
    assignment: &Assignment,
    [alpha, beta]: [Fr; 2],
    honest: &[&[Fr]],
    rows: &BTreeSet<usize>,
) -> Vec<Vec<Fr>> {
    let Some(groups) = honest.len().checked_sub(1) else { return Vec::new() };
    let rows: Vec<usize> = rows.range(..assignment.rows() - 1).copied().collect();
    let mut values = vec![[Fr::zero(); GROUPS]; rows.len()];
    sums_of_rows(assignment, [&alpha, &beta], rows.iter().copied(), &mut values);
    let mut columns: Vec<Vec<Fr>> = honest.iter().map(|column| column.to_vec()).collect();
    // What the running sum has more than the honest one, from the row below on.
    let mut more = Fr::zero();
    for (i, (row, values)) in rows.iter().zip(&values).enumerate() {
        let grows: Fr = values[..=groups].iter().sum();
        more += grows - (honest[groups][row + 1] - honest[groups][*row]);
        for (column, value) in columns[..groups].iter_mut().zip(values) {
            column[*row] = *value;
        }
        let next = rows.get(i + 1).map_or(assignment.rows() - 1, |next| *next);
        columns[groups][row + 1..=next].iter_mut().for_each(|sum| *sum += more);
    }
    columns
}

/// The second phase: helpers and running sum, column by column.
pub fn second_phase(assignment: &Assignment, alpha: Fr, beta: Fr) -> Vec<Vec<Fr>> {
    let rows = assignment.rows();
    let groups = columns(assignment.bands());
    // By row and group; the last row has none.
    let mut values = vec![[Fr::zero(); GROUPS]; rows - 1];
    parallelize(&mut values, |values, start| {
        sums_of_rows(assignment, [&alpha, &beta], start..start + values.len(), values);
    });
    let mut columns = vec![vec![Fr::zero(); rows]; groups];
    let mut sum = Fr::zero();
    for (row, values) in values.iter().enumerate() {
        columns[groups - 1][row] = sum;
        for (column, value) in columns[..groups - 1].iter_mut().zip(values) {
            column[row] = *value;
        }
        sum += values[..groups].iter().sum::<Fr>();
    }
    // The sum ends in the last row.
    columns[groups - 1][rows - 1] = sum;
    columns
}
