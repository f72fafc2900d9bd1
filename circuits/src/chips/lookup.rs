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
//! Fractions are summed three at a time in helpers h with h·d₁·d₂·d₃ = n₁·d₂·d₃ + n₂·d₁·d₃ + n₃·d₁·d₂, of degree 5 with
//! the selector, and the helpers in a column that is 0 at both ends. This takes six columns where halo2's own
//! argument would take three for each of nine look-ups.

use std::collections::HashMap;

use ff::BatchInvert;
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use super::table::{self, RangeTable};
use super::{ChipSet, Gate, LIMBS, LOOKUP_COLUMNS, at, constant, fixed_at};
use crate::fixed::to_u64;
use crate::sheet::Sheet;

/// Helper columns.
const HELPERS: usize = LOOKUP_COLUMNS - 1;
/// A fraction: numerator and denominator.
type Fraction<T> = (T, T);

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let [alpha, beta] = chips.challenges;
    let columns = chips.lookup.clone();
    meta.create_gate("LookupActive", |cells| {
        let selector = cells.query_selector(chips.selectors[Gate::LookupActive as usize]);
        let [alpha, beta] = [alpha, beta].map(|challenge| cells.query_challenge(challenge));
        let mut advice = |column: usize| cells.query_advice(chips.advice[column], Rotation::cur());
        let limbs: [Expression<Fr>; LIMBS] = std::array::from_fn(|i| advice(at::LIMB + i));
        let [pad, count] = [at::PAD, at::COUNT].map(&mut advice);
        let wires = [at::A, at::B, at::C].map(advice);
        let mut fixed = |column: usize| cells.query_fixed(chips.fixed[column], Rotation::cur());
        let tags: [Expression<Fr>; LIMBS] = std::array::from_fn(|i| fixed(fixed_at::TAG + i) + pad.clone());
        let row = Row {
            limbs,
            tags,
            count,
            wires,
            table: [fixed(fixed_at::TABLE_VALUE), fixed(fixed_at::TABLE_TAG)],
            index: fixed(fixed_at::INDEX),
            kind: fixed(fixed_at::KIND),
            flags: [fixed(fixed_at::LINKS), fixed(fixed_at::TEXTS)],
        };
        let groups = row.fractions(&alpha, &beta, &|value| Expression::Constant(value));
        let mut helper = |i: usize| cells.query_advice(columns[i], Rotation::cur());
        let helpers: Vec<_> = (0..HELPERS).map(&mut helper).collect();
        let sum = helper(HELPERS);
        let next = cells.query_advice(columns[HELPERS], Rotation::next());
        let mut constraints: Vec<_> = groups
            .into_iter()
            .zip(&helpers)
            .map(|(group, helper)| ("helper = sum of fractions", cleared(&group, helper)))
            .collect();
        let total = helpers.into_iter().fold(sum, |s, h| s + h);
        constraints.push(("sums go on", next - total));
        constraints.into_iter().map(|(name, e)| (name, selector.clone() * e)).collect::<Vec<_>>()
    });
    meta.create_gate("LookupEdge", |cells| {
        let selector = cells.query_selector(chips.selectors[Gate::LookupEdge as usize]);
        vec![("sum = 0 at the ends", selector * cells.query_advice(columns[HELPERS], Rotation::cur()))]
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

/// What a row looks up, as expressions or values.
struct Row<T> {
    limbs: [T; LIMBS],
    tags: [T; LIMBS],
    count: T,
    wires: [T; 3],
    table: [T; 2],
    index: T,
    kind: T,
    flags: [T; 2],
}

impl<T> Row<T>
where
    T: Clone
        + std::ops::Add<Output = T>
        + std::ops::Sub<Output = T>
        + std::ops::Mul<Output = T>
        + std::ops::Neg<Output = T>,
{
    /// Four groups: limbs 0–2, limbs 3–5, limbs 6, 7 and the range table, link and text table.
    fn fractions(self, alpha: &T, beta: &T, constant: &dyn Fn(Fr) -> T) -> [Vec<Fraction<T>>; HELPERS] {
        let Self { limbs, tags, count, wires, table: [value, tag], index, kind, flags: [links, texts] } =
            self;
        let [a, b, c] = wires;
        let denominator = |value: T, tag: T| alpha.clone() - value - beta.clone() * tag;
        let mut ranges: Vec<Fraction<T>> = limbs
            .into_iter()
            .zip(tags)
            .map(|(limb, tag)| (constant(Fr::one()), denominator(limb, tag)))
            .collect();
        ranges.push((-count, denominator(value, tag)));
        // TEXT + kind + β·b + β²·c, to be multiplied by β as a tag is.
        let residues = constant(Fr::from(table::TEXT)) + kind + beta.clone() * (b + beta.clone() * c);
        let link = (links, denominator(a.clone(), residues.clone()));
        let text = (-(texts * a), denominator(index, residues));
        let mut groups = ranges.chunks(3).map(<[_]>::to_vec);
        let mut next = || groups.next().unwrap_or_default();
        [next(), next(), next(), vec![link, text]]
    }
}

/// Lays out the range table and the rows in which look-ups count: all but the last, where the sum ends.
pub fn lay_out(sheet: &mut Sheet) {
    for (row, (tag, value)) in RangeTable::default().rows().iter().enumerate() {
        sheet.fix(fixed_at::TABLE_VALUE, row, *value);
        sheet.fix(fixed_at::TABLE_TAG, row, *tag);
    }
    let last = sheet.rows() - 1;
    (0..last).for_each(|row| sheet.enable(Gate::LookupActive, row));
    sheet.enable(Gate::LookupEdge, 0);
    sheet.enable(Gate::LookupEdge, last);
}

/// Counts what is looked up, once everything else is assigned. What is in no table is not counted, and the sum
/// then does not end at 0.
pub fn count(sheet: &mut Sheet) {
    let table = RangeTable::default();
    let mut counts = vec![0u64; table.rows().len()];
    let mut keys: HashMap<(Option<u64>, Option<u64>), usize> = HashMap::new();
    let mut links: HashMap<(Option<u64>, Option<u64>), u64> = HashMap::new();
    let read = |sheet: &Sheet, column: usize, row: usize| to_u64(sheet.advice()[column][row]);
    for row in 0..sheet.rows() - 1 {
        let pad = read(sheet, at::PAD, row);
        for i in 0..LIMBS {
            let tag = to_u64(sheet.fixed_at(fixed_at::TAG + i, row));
            let pair = tag.zip(pad).map(|(tag, pad)| tag + pad).zip(read(sheet, at::LIMB + i, row));
            if let Some(found) = pair.and_then(|(tag, value)| table.find(tag, value)) {
                counts[found] += 1;
            }
        }
        let [index, kind] =
            [fixed_at::INDEX, fixed_at::KIND].map(|column| to_u64(sheet.fixed_at(column, row)));
        if sheet.fixed_at(fixed_at::LINKS, row) == Fr::one() {
            *links.entry((read(sheet, at::A, row), kind)).or_default() += 1;
        }
        if sheet.fixed_at(fixed_at::TEXTS, row) == Fr::one() {
            keys.insert((index, kind), row);
        }
    }
    for (row, count) in counts.into_iter().enumerate() {
        sheet.write_int(at::COUNT, row, count);
    }
    for (key, row) in keys {
        sheet.write_int(at::A, row, links.get(&key).copied().unwrap_or_default());
    }
}

/// The second phase: helpers and running sum, column by column.
pub fn second_phase(sheet: &Sheet, alpha: Fr, beta: Fr) -> Vec<Vec<Fr>> {
    let rows = sheet.rows();
    let (advice, fixed) = (sheet.advice(), sheet.fixed());
    let mut numerators = Vec::with_capacity(rows * (LIMBS + 3));
    let mut denominators = Vec::with_capacity(rows * (LIMBS + 3));
    let mut lengths = [0; HELPERS];
    for row in 0..rows - 1 {
        let pad = advice[at::PAD][row];
        let values = Row {
            limbs: std::array::from_fn(|i| advice[at::LIMB + i][row]),
            tags: std::array::from_fn(|i| fixed[fixed_at::TAG + i][row] + pad),
            count: advice[at::COUNT][row],
            wires: [at::A, at::B, at::C].map(|column| advice[column][row]),
            table: [fixed[fixed_at::TABLE_VALUE][row], fixed[fixed_at::TABLE_TAG][row]],
            index: fixed[fixed_at::INDEX][row],
            kind: fixed[fixed_at::KIND][row],
            flags: [fixed[fixed_at::LINKS][row], fixed[fixed_at::TEXTS][row]],
        };
        for (group, length) in values.fractions(&alpha, &beta, &|value| value).into_iter().zip(&mut lengths) {
            *length = group.len();
            for (n, d) in group {
                numerators.push(n);
                denominators.push(d);
            }
        }
    }
    // A zero denominator would need α among 2¹⁹ values of 2²⁵⁴; it stays 0 and the proof fails.
    denominators.iter_mut().batch_invert();
    let mut terms = numerators.iter().zip(&denominators).map(|(n, d)| n * d);
    let mut columns = vec![vec![Fr::zero(); rows]; LOOKUP_COLUMNS];
    let mut sum = Fr::zero();
    let (helpers, running) = columns.split_at_mut(HELPERS);
    for (row, running) in running.iter_mut().flatten().enumerate() {
        *running = sum;
        // The last row has no terms: the sum ends there.
        for (helper, length) in helpers.iter_mut().zip(lengths) {
            let value: Fr = terms.by_ref().take(length).sum();
            helper[row] = value;
            sum += value;
        }
    }
    columns
}
