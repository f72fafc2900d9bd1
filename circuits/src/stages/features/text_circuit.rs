//! The text table in the circuit: bytes, hash and residues of every slot.

use super::native::text_hash;
use crate::assignment::{Assignment, Cell, Free};
use crate::block::Text;
use crate::chips::{Gate, LIMBS, at, fixed_at, table};
use crate::fixed::{power_of_two, to_u64};
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
pub fn assign_texts(assignment: &mut Assignment, start: usize, texts: &TextTable, kinds: u64) -> Vec<Cell> {
    let mut row = start;
    let mut elements = Vec::new();
    for (index, slot) in texts.all().iter().enumerate() {
        elements.extend(assign_slot(assignment, row, index, slot, kinds));
        row += slot.kind.rows();
    }
    elements
}

/// Asserts that the first tag tells whether a row has bytes, as the gate for their pads takes for granted. Comes after everything
/// that sets tags.
///
/// # Panics
/// If a row has some of the eight tags of a row of bytes, but not all.
pub fn assert_pads(assignment: &Assignment) {
    for row in 0..assignment.rows() {
        let byte = |j: usize| assignment.fixed_at(fixed_at::TAG + j, row) == Fr::from(table::BYTE - j as u64);
        let bytes = (0..LIMBS).filter(|j| byte(*j)).count();
        assert!(bytes == 0 || bytes == LIMBS, "row {row} has {bytes} bytes");
    }
}

fn assign_slot(
    assignment: &mut Assignment,
    first: usize,
    index: usize,
    slot: &Slot,
    kinds: u64,
) -> Vec<Cell> {
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
            let symbol = assignment.write_input(at::LIMB + j, row, *symbol);
            let symbol = to_u64(assignment.read(symbol)).unwrap_or_default();
            assignment.fix(fixed_at::TAG + j, row, tag);
            assignment.fix(fixed_at::K + j, row, weight);
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
            assignment.fix(fixed_at::K + TAIL_SYMBOLS, row, kind.constant());
            assignment.enable(Gate::Tail, row);
        } else {
            assignment.enable(if r == 0 { Gate::HashFirst } else { Gate::HashNext }, row);
            assignment.enable(if start_pack { Gate::PackFirst } else { Gate::PackNext }, row);
            assign_pad(assignment, row, kind, symbols, r + 1 < full);
        }
        let cell = assignment.write_int(at::CLAMPED, row, hash);
        hash = to_u64(assignment.read(cell)).unwrap_or_default();
        let cell = assignment.write(at::E, row, packed);
        packed = assignment.read(cell);
        let is_element = match kind {
            SlotKind::Empty => false,
            SlotKind::Address | SlotKind::Short => tail,
            SlotKind::Long => !tail && !start_pack,
        };
        elements.extend(is_element.then_some(cell));
    }
    if kind == SlotKind::Long {
        assignment.enable(Gate::LongFirst, first);
    }
    assign_residues(assignment, first + full, (index, kinds), hash);
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

fn assign_pad(assignment: &mut Assignment, row: usize, kind: SlotKind, symbols: &[u16], more: bool) {
    if matches!(kind, SlotKind::Short | SlotKind::Long) {
        let pad = symbols.iter().take_while(|s| **s == 0).count();
        assignment.write_free(Free::Pad, at::PAD, row, Fr::from(pad as u64));
        if more {
            assignment.enable(Gate::PadChain, row);
        }
    }
}

/// Assigns hash and residues around the last two rows of a slot; `tail` is the first of them. `sum` is the hash before it is
/// reduced.
fn assign_residues(assignment: &mut Assignment, tail: usize, (index, kinds): (usize, u64), sum: u64) {
    let last = tail + 1;
    let (quotient, residues) = (sum >> 32, Residues { hash: sum as u32 });
    let hash = u64::from(residues.hash);
    let (fifths, rest) = (hash / 50_000, hash % 50_000);
    let (five, rest) = (rest / 10_000, rest % 10_000);
    let mask = (1 << 12) - 1;
    for (limb, value, tag) in
        [(5, quotient & mask, table::LIMB), (6, quotient >> 12, table::LIMB), (7, five, table::FIVE)]
    {
        assignment.write_int(at::LIMB + limb, tail, value);
        assignment.fix(fixed_at::TAG + limb, tail, tag);
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
        assignment.write_int(at::LIMB + i, last, value);
        assignment.fix(fixed_at::TAG + i, last, tag);
    }
    assignment.write_int(at::SIGN, last, hash >> 6 & 1);
    assignment.write_int(at::OVER, last, hash >> 7 & 1);
    assignment.enable(Gate::Residues, last);
    for (kind, row) in [(0, last), (1, tail), (2, tail - 1)] {
        let [b, c] = residues.of_kind(kind);
        assignment.write_int(at::B, row, b);
        assignment.write_int(at::C, row, c);
        assignment.fix(fixed_at::INDEX, row, index);
        assignment.fix(fixed_at::KIND, row, kinds + kind);
        assignment.fix(fixed_at::LINKS, row, fixed_at::TEXT);
    }
}
