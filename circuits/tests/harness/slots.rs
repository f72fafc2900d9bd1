//! Slots of the text table on a sheet, and lies about which text stands where.

use foldproof_circuits::chips::{at, fixed_at};
use foldproof_circuits::fixed::{to_integer, to_u64};
use foldproof_circuits::sheet::{Cell, Lies, Sheet};
use foldproof_circuits::stages::commit::texts::{ROW_SYMBOLS, SlotKind, TAIL_SYMBOLS};
use foldproof_circuits::statement::Capacity;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::{CORE, cell};

/// A slot: index, kind and first row.
#[derive(Clone, Copy, Debug)]
pub struct Slot {
    pub index: u64,
    pub kind: SlotKind,
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

/// Every slot, by index.
pub fn slots(sheet: &Sheet) -> Vec<Slot> {
    let Capacity { addresses, short, .. } = CORE.block().unwrap().size.capacity();
    let flag = |row: usize, column: usize| to_u64(sheet.fixed_at(column, row)).unwrap();
    let last = (0..sheet.rows())
        .filter(|row| flag(*row, fixed_at::LINKS) == fixed_at::TEXT && flag(*row, fixed_at::KIND) == 0);
    let slot = |last: usize| {
        let index = flag(last, fixed_at::INDEX);
        let kind = match index as usize {
            0 => SlotKind::Empty,
            i if i <= addresses => SlotKind::Address,
            i if i <= addresses + short => SlotKind::Short,
            _ => SlotKind::Long,
        };
        Slot { index, kind, first: last + 1 - kind.rows() }
    };
    last.map(slot).collect()
}

/// Rows that have a link, with the index it names.
pub fn links(sheet: &Sheet) -> Vec<(usize, u64)> {
    let linked = |row: &usize| to_u64(sheet.fixed_at(fixed_at::LINKS, *row)) == Some(fixed_at::LINK);
    let index = |row: usize| (row, to_u64(sheet.read(cell(at::A, row))).unwrap());
    (0..sheet.rows()).filter(linked).map(index).collect()
}

/// Slots that something links to, or that nothing does, of a kind; none for the empty text.
pub fn used(sheet: &Sheet, kind: SlotKind, used: bool) -> Vec<Slot> {
    let links = links(sheet);
    let all = slots(sheet).into_iter().filter(|slot| slot.kind == kind);
    all.filter(|slot| links.iter().any(|(_, index)| *index == slot.index) == used).collect()
}

/// `to` holds what `from` does.
pub fn put(sheet: &Sheet, from: Slot, to: Slot) -> Lies {
    let cells = from.cells().into_iter().zip(to.cells());
    cells.map(|(from, to)| (to, to_integer(sheet.read(from)))).collect()
}

/// Those of the links to `from` that are chosen, of records that are there, name `to`.
pub fn relink(sheet: &Sheet, from: Slot, to: Slot, chosen: impl Fn(usize) -> bool) -> Lies {
    let there = |row: usize| sheet.read(cell(at::D, row)) == Fr::one();
    let links =
        links(sheet).into_iter().filter(|(row, index)| there(*row) && *index == from.index).enumerate();
    let links = links.filter(|(i, _)| chosen(*i));
    links.map(|(_, (row, _))| (cell(at::A, row), BigInt::from(to.index))).collect()
}
