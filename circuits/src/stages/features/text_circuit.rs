//! The text table in the circuit: bytes, hash and residues of every slot.

use super::native::text_hash;
use crate::block::Text;
use crate::chips::{Gate, LIMBS, at, fixed_at, table};
use crate::fixed::{power_of_two, to_u64};
use crate::sheet::{Cell, Free, Sheet};
use crate::slots::{ADDRESS_SYMBOLS, ROW_SYMBOLS, SYMBOL_BITS, SlotKind, TAIL_SYMBOLS, TEXT_KINDS};
use crate::stages::commit::texts::{Slot, TextTable};
use halo2curves::bn256::Fr;

/// A text hash modulo every number of buckets.
#[derive(Clone, Copy, Debug)]
pub struct Residues {
    hash: u32,
}

impl Residues {
    /// Of a text.
    pub fn of(text: &Text) -> Self {
        Self { hash: text_hash(text) }
    }

    /// The two residues in the row of a kind.
    pub fn of_kind(self, kind: u64) -> [u32; 2] {
        MODULI[usize::try_from(kind).unwrap_or_default()].map(|modulus| self.hash % modulus)
    }
}

/// Moduli of the wires b and c, by kind: the last row of a slot, the one before, and the one before that.
const MODULI: [[u32; 2]; 3] = [[64, 128], [256, 1024], [10_000, 50_000]];
const _: () = assert!(MODULI.len() < TEXT_KINDS as usize, "a kind between those of two blocks is of no row");

/// Kind of the row in which the residue modulo `buckets` stands, and whether in the wire c.
pub fn residue_place(buckets: u32) -> (u64, bool) {
    let place = |(kind, moduli): (u64, &[u32; 2])| {
        moduli.iter().position(|modulus| *modulus == buckets).map(|at| (kind, at == 1))
    };
    (0..).zip(&MODULI).find_map(place).unwrap_or_else(|| panic!("no residue modulo {buckets}"))
}

/// Assigns the text table from row `start` on, under kinds from `kinds` on; returns the packed elements of all slots in order.
pub fn assign_texts(sheet: &mut Sheet, start: usize, texts: &TextTable, kinds: u64) -> Vec<Cell> {
    let mut row = start;
    let mut elements = Vec::new();
    for (index, slot) in texts.all().iter().enumerate() {
        elements.extend(assign_slot(sheet, row, index, slot, kinds));
        row += slot.kind.rows();
    }
    elements
}

/// Asserts that the first tag tells whether a row has bytes, as the gate for their pads takes for granted. Comes after everything
/// that sets tags.
///
/// # Panics
/// If a row has some of the eight tags of a row of bytes, but not all.
pub fn assert_pads(sheet: &Sheet) {
    for row in 0..sheet.rows() {
        let byte = |j: usize| sheet.fixed_at(fixed_at::TAG + j, row) == Fr::from(table::BYTE - j as u64);
        let bytes = (0..LIMBS).filter(|j| byte(*j)).count();
        assert!(bytes == 0 || bytes == LIMBS, "row {row} has {bytes} bytes");
    }
}

fn assign_slot(sheet: &mut Sheet, first: usize, index: usize, slot: &Slot, kinds: u64) -> Vec<Cell> {
    let kind = slot.kind;
    let full = kind.full_rows();
    let mut hash = 0u64;
    let mut packed = Fr::zero();
    let mut elements = Vec::new();
    for (r, symbols) in slot.rows().iter().enumerate() {
        let row = first + r;
        let tail = r == full;
        let mut here = Vec::with_capacity(symbols.len());
        for (j, symbol) in symbols.iter().enumerate() {
            let place = r * ROW_SYMBOLS + j;
            let (tag, weight) = symbol_rule(kind, place, j, tail);
            let symbol = sheet.write_input(at::LIMB + j, row, *symbol);
            let symbol = to_u64(sheet.read(symbol)).unwrap_or_default();
            sheet.fix(fixed_at::TAG + j, row, tag);
            sheet.fix(fixed_at::K + j, row, weight);
            hash += u64::from(weight) * symbol;
            here.push(Fr::from(symbol));
        }
        let start_pack = !tail && r % 2 == 0;
        let shift = SYMBOL_BITS * symbols.len() as u32;
        let symbol_radix = power_of_two(SYMBOL_BITS);
        let here = here.iter().rev().fold(Fr::zero(), |s, v| s * symbol_radix + v);
        packed = if start_pack { here } else { packed * power_of_two(shift) + here };
        if tail {
            hash += u64::from(kind.constant());
            sheet.fix(fixed_at::K + TAIL_SYMBOLS, row, kind.constant());
            sheet.enable(Gate::Tail, row);
        } else {
            sheet.enable(if r == 0 { Gate::HashFirst } else { Gate::HashNext }, row);
            sheet.enable(if start_pack { Gate::PackFirst } else { Gate::PackNext }, row);
            assign_pad(sheet, row, kind, symbols, r + 1 < full);
        }
        let cell = sheet.write_int(at::CLAMPED, row, hash);
        hash = to_u64(sheet.read(cell)).unwrap_or_default();
        let cell = sheet.write(at::E, row, packed);
        packed = sheet.read(cell);
        let is_element = match kind {
            SlotKind::Empty => false,
            SlotKind::Address | SlotKind::Short => tail,
            SlotKind::Long => !tail && !start_pack,
        };
        elements.extend(is_element.then_some(cell));
    }
    if kind == SlotKind::Long {
        sheet.enable(Gate::LongFirst, first);
    }
    assign_residues(sheet, first + full, (index, kinds), hash);
    elements
}

/// Tag and hash weight of symbol `place`, which stands in limb `j`.
fn symbol_rule(kind: SlotKind, place: usize, j: usize, tail: bool) -> (u64, u32) {
    match kind {
        SlotKind::Address if place < ADDRESS_SYMBOLS => (table::HEX_PAIR, kind.weight(place)),
        SlotKind::Short | SlotKind::Long if !tail => (table::BYTE - j as u64, kind.weight(place)),
        SlotKind::Empty | SlotKind::Address | SlotKind::Short | SlotKind::Long => (table::ZERO, 0),
    }
}

fn assign_pad(sheet: &mut Sheet, row: usize, kind: SlotKind, symbols: &[u16], more: bool) {
    if matches!(kind, SlotKind::Short | SlotKind::Long) {
        let pad = symbols.iter().take_while(|s| **s == 0).count();
        sheet.write_free(Free::Pad, at::PAD, row, Fr::from(pad as u64));
        if more {
            sheet.enable(Gate::PadChain, row);
        }
    }
}

/// Assigns hash and residues around the last two rows of a slot; `tail` is the first of them. `sum` is the hash before it is
/// reduced.
fn assign_residues(sheet: &mut Sheet, tail: usize, (index, kinds): (usize, u64), sum: u64) {
    let last = tail + 1;
    let (quotient, residues) = (sum >> 32, Residues { hash: sum as u32 });
    let hash = u64::from(residues.hash);
    let (fifths, rest) = (hash / 50_000, hash % 50_000);
    let (five, rest) = (rest / 10_000, rest % 10_000);
    let mask = (1 << 12) - 1;
    for (limb, value, tag) in
        [(5, quotient & mask, table::LIMB), (6, quotient >> 12, table::LIMB), (7, five, table::FIVE)]
    {
        sheet.write_int(at::LIMB + limb, tail, value);
        sheet.fix(fixed_at::TAG + limb, tail, tag);
    }
    let narrow = |bits: u32| table::width(bits).unwrap_or_else(|| panic!("no limb of {bits} bits"));
    let limbs: [(u64, u64); LIMBS] = [
        (hash & 63, narrow(6)),
        (hash >> 8 & 3, narrow(2)),
        (hash >> 10 & mask, table::LIMB),
        (hash >> 22, narrow(10)),
        (fifths & mask, table::LIMB),
        (fifths >> 12, table::LIMB),
        (rest / 100, table::HUNDRED),
        (rest % 100, table::HUNDRED),
    ];
    for (i, (value, tag)) in limbs.into_iter().enumerate() {
        sheet.write_int(at::LIMB + i, last, value);
        sheet.fix(fixed_at::TAG + i, last, tag);
    }
    sheet.write_int(at::SIGN, last, hash >> 6 & 1);
    sheet.write_int(at::OVER, last, hash >> 7 & 1);
    sheet.enable(Gate::Residues, last);
    for (kind, row) in [(0, last), (1, tail), (2, tail - 1)] {
        let [b, c] = residues.of_kind(kind);
        sheet.write_int(at::B, row, b);
        sheet.write_int(at::C, row, c);
        sheet.fix(fixed_at::INDEX, row, index);
        sheet.fix(fixed_at::KIND, row, kinds + kind);
        sheet.fix(fixed_at::LINKS, row, fixed_at::TEXT);
    }
}
