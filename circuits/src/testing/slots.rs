//! Slots of the text table on an assignment, and lies about which text stands where.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::assignment::{Assignment, Cell, Lies};
use crate::chips::{Gate, at, fixed_at, table};
use crate::fixed::{to_integer, to_u64};
use crate::slots::{ROW_SYMBOLS, SlotKind, TAIL_SYMBOLS, TEXT_KINDS};

/// A slot of the text table on an assignment.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    /// Of which block, counted from 0.
    pub block: u64,
    /// By which links name it.
    pub index: u64,
    /// What it can hold.
    pub kind: SlotKind,
    /// First row.
    pub first: usize,
}

impl Slot {
    /// Cells of its symbols, row by row.
    pub fn symbols(&self) -> Vec<Cell> {
        let full = self.kind.full_rows();
        let limbs = |row: usize| 0..if row == full { TAIL_SYMBOLS } else { ROW_SYMBOLS };
        (0..=full)
            .flat_map(|row| limbs(row).map(move |limb| cell(at::LIMB + limb, self.first + row)))
            .collect()
    }

    /// Cells of the pads of its rows of bytes.
    pub fn pads(&self) -> Vec<Cell> {
        (0..self.kind.full_rows()).map(|row| cell(at::PAD, self.first + row)).collect()
    }

    fn cells(&self) -> Vec<Cell> {
        [self.symbols(), self.pads()].concat()
    }
}

/// Block and kind of residues of a row that has a link, or is one of the text table. With models there is one block, and kinds of
/// others are theirs.
fn of_row(assignment: &Assignment, row: usize) -> (u64, u64) {
    let kind = to_u64(assignment.fixed_at(fixed_at::KIND, row)).unwrap_or_default();
    if assignment.bands().model { (0, kind) } else { (kind / TEXT_KINDS, kind % TEXT_KINDS) }
}

/// Every slot, by block and index; its kind is told by the tags of its last row of symbols.
pub fn slots(assignment: &Assignment) -> Vec<Slot> {
    let flag = |row: usize, column: usize| to_u64(assignment.fixed_at(column, row)).unwrap_or_default();
    let last = (0..assignment.rows())
        .filter(|row| flag(*row, fixed_at::LINKS) == fixed_at::TEXT && of_row(assignment, *row).1 == 0);
    let slot = |last: usize| {
        let first = |kind: SlotKind| last + 1 - kind.rows();
        let kind = match flag(last - 2, fixed_at::TAG) {
            table::HEX_PAIR => SlotKind::Address,
            table::BYTE if assignment.is_enabled(Gate::LongFirst, first(SlotKind::Long)) => SlotKind::Long,
            table::BYTE => SlotKind::Short,
            _ => SlotKind::Empty,
        };
        let (block, _) = of_row(assignment, last);
        Slot { block, index: flag(last, fixed_at::INDEX), kind, first: first(kind) }
    };
    last.map(slot).collect()
}

fn cell(column: usize, row: usize) -> Cell {
    Cell { column, row }
}

/// Rows that have a link, with the index it names.
pub fn links(assignment: &Assignment) -> Vec<(usize, u64)> {
    let linked = |row: &usize| to_u64(assignment.fixed_at(fixed_at::LINKS, *row)) == Some(fixed_at::LINK);
    let index = |row: usize| (row, to_u64(assignment.read(cell(at::A, row))).unwrap_or_default());
    (0..assignment.rows()).filter(linked).map(index).collect()
}

/// Those that name a slot.
pub fn links_to(assignment: &Assignment, slot: Slot) -> Vec<usize> {
    let named =
        |(row, index): &(usize, u64)| *index == slot.index && of_row(assignment, *row).0 == slot.block;
    links(assignment).into_iter().filter(named).map(|(row, _)| row).collect()
}

/// Slots that something links to, or that nothing does, of a kind; none for the empty text.
pub fn used(assignment: &Assignment, kind: SlotKind, used: bool) -> Vec<Slot> {
    let all = slots(assignment).into_iter().filter(|slot| slot.kind == kind);
    all.filter(|slot| links_to(assignment, *slot).is_empty() != used).collect()
}

/// `to` holds what `from` does.
pub fn put(assignment: &Assignment, from: Slot, to: Slot) -> Lies {
    let cells = from.cells().into_iter().zip(to.cells());
    cells.map(|(from, to)| (to, to_integer(assignment.read(from)))).collect()
}

/// Those of the links to `from` that are chosen, of records that are there, name `to`.
pub fn relink(assignment: &Assignment, from: Slot, to: Slot, chosen: impl Fn(usize) -> bool) -> Lies {
    let there = |row: &usize| assignment.read(cell(at::D, *row)) == Fr::one();
    let links = links_to(assignment, from).into_iter().filter(there).enumerate();
    let links = links.filter(|(i, _)| chosen(*i));
    links.map(|(_, row)| (cell(at::A, row), BigInt::from(to.index))).collect()
}
