//! What can be taken out of a circuit.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use super::bench::Bench;
use crate::assignment::Cell;
use crate::chips::table::{self, RangeTable};
use crate::chips::{Gate, LIMBS, at, fixed_at, lookup};
use crate::fixed::to_u64;
use crate::testing::samples::Dice;

/// A part of a circuit that is left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mutant {
    /// Nothing: a control, which nobody may notice.
    Nothing,
    /// A polynomial, in all rows, by its place among all.
    Constraint(usize),
    /// A gate's selector.
    Gate(Gate),
    /// A gate's selector in one row.
    GateRow(Gate, usize),
    /// All copies from one column to another.
    Copies(usize, usize),
    /// A copy, by its place.
    Copy(usize),
    /// All copies of public inputs.
    PublicCopies,
    /// The copy of a public input.
    PublicCopy(usize),
    /// A column of limbs, out of the look-ups.
    Limb(usize),
    /// The links, out of the look-ups.
    Links,
    /// What limbs with a tag may be: anything.
    Tag(u64),
    /// What limbs with a tag may be: whatever a full limb may be.
    Widened(u64),
    /// What the limb of a row may be: anything.
    TagCell(usize, usize),
    /// Rows of the range table with a tag.
    TableRows(u64),
    /// Rows of the text table of a kind.
    TextRows(u64),
}

/// What a forged witness does not fulfil.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Objection {
    /// A polynomial in a row.
    Gate {
        /// Its place among all.
        constraint: usize,
        /// Row.
        row: usize,
    },
    /// The copy of a public input.
    Public(usize),
    /// A limb that is not what its tag says.
    Limb {
        /// Which one.
        limb: usize,
        /// Row.
        row: usize,
        /// What it should be.
        tag: u64,
        /// Whether it is beyond a full limb too.
        wide: bool,
    },
    /// A link whose text has not these residues.
    Link {
        /// Row.
        row: usize,
    },
}

impl Mutant {
    /// Whether `objection` is not made by the circuit without this part.
    pub fn covers(&self, bench: &Bench<'_, '_>, objection: &Objection) -> bool {
        let is_look_up = matches!(objection, Objection::Limb { .. } | Objection::Link { .. });
        let is_of = |gate: Gate, constraint: usize| bench.gates(constraint).contains(&gate);
        match (self, objection) {
            (Self::Constraint(mutant), Objection::Gate { constraint, .. }) => mutant == constraint,
            (Self::Gate(gate), Objection::Gate { constraint, .. }) => is_of(*gate, *constraint),
            (Self::GateRow(gate, at), Objection::Gate { constraint, row }) => {
                at == row && is_of(*gate, *constraint)
            }
            (Self::Gate(Gate::LookupActive), _) => is_look_up,
            (
                Self::GateRow(Gate::LookupActive, at),
                Objection::Limb { row, .. } | Objection::Link { row },
            ) => at == row,
            (Self::PublicCopies, Objection::Public(_)) | (Self::Links, Objection::Link { .. }) => true,
            (Self::PublicCopy(mutant), Objection::Public(row)) => mutant == row,
            // Where the copies of public inputs are among all others.
            (Self::Copy(mutant), Objection::Public(row)) => bench.public_copies(*row).contains(mutant),
            (Self::Copies(from, to), Objection::Public(row)) => {
                let columns = |index: &usize| {
                    let (a, b) = bench.assignment().copies()[*index];
                    (a.column, b.column)
                };
                let copies = bench.public_copies(*row);
                !copies.is_empty() && copies.iter().all(|index| columns(index) == (*from, *to))
            }
            (Self::Limb(mutant), Objection::Limb { limb, .. }) => mutant == limb,
            (Self::Tag(mutant), Objection::Limb { tag, .. }) => mutant == tag,
            (Self::Widened(mutant), Objection::Limb { tag, wide, .. }) => mutant == tag && !wide,
            (Self::TagCell(mutant, at), Objection::Limb { limb, row, .. }) => mutant == limb && at == row,
            _ => false,
        }
    }

    /// How it is called, with the names of gates.
    pub fn name(&self, bench: &Bench<'_, '_>) -> String {
        match self {
            Self::Constraint(constraint) => bench.name(*constraint),
            Self::Copy(index) => {
                let place = |cell: Cell| format!("{} {}", column(cell.column), cell.row);
                let (from, to) = bench.assignment().copies()[*index];
                format!("copy from {} to {}", place(from), place(to))
            }
            other => other.to_string(),
        }
    }

    /// A name of its kind that is the same for all rows and statements.
    pub fn kind(&self, bench: &Bench<'_, '_>) -> String {
        match self {
            Self::GateRow(gate, _) => format!("{gate:?}, off in one row"),
            Self::Copy(index) => {
                let (from, to) = bench.assignment().copies()[*index];
                format!("one copy from column {} to {}", column(from.column), column(to.column))
            }
            Self::PublicCopy(_) => "copy of one public input".to_owned(),
            Self::TagCell(..) => "tag of one limb".to_owned(),
            other => other.name(bench),
        }
    }
}

/// Name of a first-phase column.
fn column(index: usize) -> String {
    match index {
        at::A => "a".to_owned(),
        at::B => "b".to_owned(),
        at::C => "c".to_owned(),
        at::D => "d".to_owned(),
        at::E => "e".to_owned(),
        at::MESSAGE => "message".to_owned(),
        other => other.to_string(),
    }
}

/// Name of a tag.
fn tag(tag: u64) -> String {
    match tag {
        table::LIMB => "full limbs".to_owned(),
        table::ZERO => "only 0".to_owned(),
        table::FIVE => "below 5".to_owned(),
        table::HUNDRED => "below 100".to_owned(),
        table::HEX_PAIR => "hex pairs".to_owned(),
        tag if table::WIDTHS.iter().any(|bits| table::width(*bits) == Some(tag)) => {
            format!("{} bits", (tag - table::NARROW) / 20)
        }
        tag if table::only(8) == Some(tag) => "only 8".to_owned(),
        tag if table::only(128) == Some(tag) => "only 128".to_owned(),
        tag if (table::BYTE - 8..=table::BYTE + 8).contains(&tag) => {
            format!("byte, {} places after the first", i128::from(table::BYTE) - i128::from(tag))
        }
        other => other.to_string(),
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Constraint(constraint) => write!(f, "constraint {constraint}"),
            Self::Gate(gate) => write!(f, "{gate:?}, off in all rows"),
            Self::GateRow(gate, row) => write!(f, "{gate:?}, off in row {row}"),
            Self::Copies(from, to) => write!(f, "copies from column {} to {}", column(*from), column(*to)),
            Self::Copy(index) => write!(f, "copy {index}"),
            Self::PublicCopies => f.write_str("copies of public inputs"),
            Self::PublicCopy(row) => write!(f, "copy of public input {row}"),
            Self::Limb(limb) => write!(f, "limb {limb}, out of all look-ups"),
            Self::Links => f.write_str("links, out of all look-ups"),
            Self::Tag(t) => write!(f, "tag: {}", tag(*t)),
            Self::Widened(t) => write!(f, "tag widened: {}", tag(*t)),
            Self::TagCell(limb, row) => write!(f, "tag of limb {limb} in row {row}"),
            Self::TableRows(t) => write!(f, "rows of the table: {}", tag(*t)),
            Self::TextRows(kind) => write!(f, "rows of the text table: kind {kind}"),
        }
    }
}

/// How many mutants of each kind that stands in many rows.
#[derive(Clone, Copy, Debug)]
pub struct Share {
    /// Rows of each gate: first, last, and so many between.
    pub rows: usize,
    /// Copies from one column to another.
    pub copies: usize,
    /// Tagged limbs.
    pub tags: usize,
    /// Only what stands in the rows of this stage, where everything else is that of a statement without it.
    pub stage: Option<&'static str>,
}

/// All mutants of a circuit, and a share of those that are the same in many rows. Read from the constraint system and the
/// assignment, so that a new gate, copy or tag has its mutants. Of a stage only those of its rows: of gates, copies and limbs one at a time, and
/// of the tags of these limbs.
pub fn mutants(bench: &Bench<'_, '_>, share: Share, dice: &mut Dice) -> Vec<Mutant> {
    let assignment = bench.assignment();
    let stage = share.stage.map(|name| bench.rows_of(name));
    let within = |row: usize| stage.as_ref().is_none_or(|rows| rows.contains(&row));
    let mut all = Vec::new();
    let mut some = |from: &[usize], count: usize| -> Vec<usize> {
        let ends = from.first().into_iter().chain(from.last()).copied();
        let mut out: Vec<usize> = if from.len() <= count + 2 {
            from.to_vec()
        } else {
            ends.chain(dice_some(dice, from, count)).collect()
        };
        out.sort_unstable();
        out.dedup();
        out
    };
    let on = |constraint: &usize| {
        let gates = bench.gates(*constraint);
        (0..assignment.rows()).any(|row| gates.iter().all(|gate| assignment.is_enabled(*gate, row)))
    };
    let whole = stage.is_none();
    for constraint in (0..bench.constraints()).filter(|constraint| whole && on(constraint)) {
        all.push(Mutant::Constraint(constraint));
    }
    for gate in bench.all_gates() {
        let is_on = |row: &usize| within(*row) && assignment.is_enabled(gate, *row);
        let on: Vec<usize> = (0..assignment.rows()).filter(is_on).collect();
        // Of look-ups and the like, which are on in all rows, there is nothing of its own; of ranges there may be one in each.
        let all_of = |rows: &Range<usize>| on.len() == rows.len() && gate != Gate::Range;
        if on.is_empty() || stage.as_ref().is_some_and(all_of) {
            continue;
        }
        all.extend(whole.then_some(Mutant::Gate(gate)));
        all.extend(some(&on, share.rows).into_iter().map(|row| Mutant::GateRow(gate, row)));
    }
    let mut pairs: Vec<(usize, usize)> =
        assignment.copies().iter().map(|(from, to)| (from.column, to.column)).collect();
    pairs.sort_unstable();
    pairs.dedup();
    for pair in pairs {
        let of: Vec<usize> = (0..assignment.copies().len())
            .filter(|i| {
                let (from, to) = assignment.copies()[*i];
                (from.column, to.column) == pair && within(to.row)
            })
            .collect();
        all.extend(whole.then_some(Mutant::Copies(pair.0, pair.1)));
        if share.copies > 0 {
            all.extend(some(&of, share.copies.saturating_sub(2)).into_iter().map(Mutant::Copy));
        }
    }
    if whole {
        all.push(Mutant::PublicCopies);
        all.extend((0..assignment.instance().len()).map(Mutant::PublicCopy));
        all.extend((0..LIMBS).map(Mutant::Limb));
    }
    let tag =
        |limb: usize, row: usize| to_u64(assignment.fixed_at(fixed_at::TAG + limb, row)).unwrap_or_default();
    let places: Vec<(usize, usize)> =
        (0..assignment.rows() - 1).flat_map(|row| (0..LIMBS).map(move |limb| (limb, row))).collect();
    let written: Vec<(usize, usize)> = places
        .into_iter()
        .filter(|(limb, row)| within(*row) && bench.is_written(Cell { column: at::LIMB + limb, row: *row }))
        .collect();
    let mut tags: Vec<u64> = written.iter().map(|(limb, row)| tag(*limb, *row)).collect();
    tags.sort_unstable();
    tags.dedup();
    for t in &tags {
        all.push(Mutant::Tag(*t));
        if *t != bench.full_tag() && *t < table::BYTE - 8 {
            all.push(Mutant::Widened(*t));
        }
    }
    let indices: Vec<usize> = (0..written.len()).collect();
    all.extend(some(&indices, share.tags).into_iter().map(|i| Mutant::TagCell(written[i].0, written[i].1)));
    if !whole {
        return all;
    }
    // A tag that is used; those of bytes go on with their pads.
    let used = |tag: &u64| tags.contains(tag) || (table::BYTE - 8..=table::BYTE + 8).contains(tag);
    let mut rows: Vec<u64> = RangeTable::new(assignment.bands()).rows().iter().map(|(tag, _)| *tag).collect();
    rows.sort_unstable();
    rows.dedup();
    all.extend(rows.into_iter().filter(used).map(Mutant::TableRows));
    if assignment.bands().has_links() {
        all.push(Mutant::Links);
        let rows = (0..assignment.rows()).filter(|row| lookup::count_of_entry(assignment, *row).is_some());
        let kinds: BTreeSet<u64> =
            rows.filter_map(|row| to_u64(assignment.fixed_at(fixed_at::KIND, row))).collect();
        all.extend(kinds.into_iter().map(Mutant::TextRows));
    }
    all
}

fn dice_some(dice: &mut Dice, from: &[usize], count: usize) -> Vec<usize> {
    (0..count).map(|_| from[dice.roll(from.len() as u64) as usize]).collect()
}
