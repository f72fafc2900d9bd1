//! Entries of a list, two rows each, in a walk that leaves the greatest of them.
//!
//! An entry is a value v of 48 bits, with half its range on top; its key is 2¹⁴·v + (2¹⁴ − 1 − index), so keys are distinct and of two equal values the
//! lower index has the greater key. Some key L stands in every first row. The walk carries the keys that are at least L:
//!
//! ```text
//!          limbs 0-4   limb 5  limb 6   limb 7  wires a-d    wire e
//! first    distance ------------------  chosen  last four    L
//! second   value       left    -        -       four before  packed values
//! ```
//!
//! * *Chosen* is a bit s, and the distance s·(key − L) + (1 − s)·(L − 1 − key) has [`KEY_BITS`] bits: keys and L have no more, so the
//!   bit is \[key ≥ L\] and nothing else.
//! * *The last chosen keys* c₁, c₂, … move up where s is 1: c₁ becomes this key, c₂ what c₁ was, and so on; else they stay. All that
//!   is carried is linear in s, and no challenge is needed.
//! * *Left* is how many are still to be chosen: it starts at their number, falls with every s, and is 0 in the last entry, where the limb can
//!   hold nothing else. So exactly that many have keys of at least L, and the keys carried out of the last entry are all of these.
//! * *Packed* values are those of the element so far; elements are whole in every fifth entry and in the last.
//!
//! Two rows above the first entry hold L and zeros. Entries have no more columns than other rows have; other decisions do without the gate.

use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::arith::{Wire, one};
use super::set::{ChipSet, constant, digits};
use crate::assignment::{Assignment, Cell, Free};
use crate::columns::{Gate, LIMBS, at, fixed_at, table};
use crate::decision::{MAX_TOP, MAX_VALUES};
use crate::fixed::power_of_two;
use crate::packing::{NUMBER_BITS, TABLE_PER_ELEMENT};

/// Rows of an entry.
pub const ROWS: usize = 2;
/// Bits of an index.
pub const INDEX_BITS: u32 = MAX_VALUES.ilog2();
/// Bits of a value, with half its range on top.
const VALUE_BITS: u32 = NUMBER_BITS;
/// Bits of a key.
pub const KEY_BITS: u32 = VALUE_BITS + INDEX_BITS;
/// Bits of how many are left.
const LEFT_BITS: u32 = 4;
/// Limb of how many are left, in second rows.
const LEFT: usize = at::LIMB + 5;
/// Limb of the bit, in first rows.
const CHOSEN: usize = at::LIMB + LIMBS - 1;
/// Keys that are carried in a row, on the wires from a on.
const PER_ROW: usize = 4;
/// Coefficients: whether an element goes on, the factor of the value in it, what the key has beside the value, and how many are
/// to be chosen, in the first entry.
const GOES_ON: usize = 0;
const FACTOR: usize = 1;
const REST: usize = 2;
const COUNT: usize = 3;

const _: () = assert!(MAX_VALUES == 1 << INDEX_BITS && MAX_TOP <= ROWS * PER_ROW && MAX_TOP < 1 << LEFT_BITS);
// Packed values, and keys that are multiplied by a bit, are far below the field's size.
const _: () = assert!(VALUE_BITS * TABLE_PER_ELEMENT as u32 + 2 < 253 && KEY_BITS + 4 < 253);

/// Row, from the first of the entry on, and column of a key that is carried.
const fn place(key: usize) -> (usize, usize) {
    (key / PER_ROW, at::A + key % PER_ROW)
}

/// Limbs of a number of `bits` bits.
const fn limbs(bits: u32, limb_bits: u32) -> usize {
    bits.div_ceil(limb_bits) as usize
}

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let limb_bits = chips.bands.limb_bits();
    let count = usize::from(chips.bands.top);
    chips.gate(meta, Gate::Entry, |q| {
        let [value_limbs, key_limbs] = [VALUE_BITS, KEY_BITS].map(|bits| limbs(bits, limb_bits));
        assert!(value_limbs <= LEFT - at::LIMB && key_limbs <= CHOSEN - at::LIMB, "limbs of an entry");
        let value = digits((0..value_limbs).map(|i| q.advice(at::LIMB + i, 1)), limb_bits);
        let distance = digits((0..key_limbs).map(|i| q.advice(at::LIMB + i, 0)), limb_bits);
        let key = value.clone() * power_of_two(INDEX_BITS) + q.k(REST);
        let chosen = q.advice(CHOSEN, 0);
        let (least, least_before) = (q.advice(at::E, 0), q.advice(at::E, -(ROWS as i32)));
        let (packed, packed_before) = (q.advice(at::E, 1), q.advice(at::E, 1 - ROWS as i32));
        let (left, left_before) = (q.advice(LEFT, 1), q.advice(LEFT, 1 - ROWS as i32));
        let side = chosen.clone() * Fr::from(2) - constant(1);
        let mut constraints = vec![
            ("least stays", least.clone() - least_before),
            (
                "distance = s ? key - least : least - 1 - key",
                distance - side * (key.clone() - least) + constant(1) - chosen.clone(),
            ),
            ("left falls by s", left - left_before + chosen.clone() - q.k(COUNT)),
            ("packed = K packed' + K value", packed - q.k(GOES_ON) * packed_before - q.k(FACTOR) * value),
        ];
        let mut above = key;
        for carried in 0..count {
            let (row, column) = place(carried);
            let now = q.advice(column, row as i32);
            let before = q.advice(column, row as i32 - ROWS as i32);
            let moved = before.clone() + chosen.clone() * (above - before.clone());
            constraints.push(("c = s ? what is in front of it : c'", now - moved));
            above = before;
        }
        constraints
    });
}

/// Rows of a walk over so many values.
pub fn rows(values: usize) -> usize {
    ROWS * (1 + values)
}

/// The key of a value, which has half its range on top, and an index.
fn key(value: &BigInt, index: usize) -> BigInt {
    (value << INDEX_BITS) + rest(index)
}

/// What the key has beside the value.
fn rest(index: usize) -> BigInt {
    BigInt::from(MAX_VALUES - 1 - index)
}

/// What a walk leaves.
#[derive(Debug)]
pub struct Walked {
    /// Values, five to an element.
    pub elements: Vec<Cell>,
    /// Keys of those that are chosen, the last in the list first.
    pub keys: Vec<Wire>,
}

/// Walks over `values` in the [`rows`] from `first` on: exactly `count` of them have keys of at least `least`, which has
/// [`KEY_BITS`] bits. `zero` is a cell that is 0.
pub fn walk(
    assignment: &mut Assignment,
    first: usize,
    values: &[i64],
    count: usize,
    least: &Wire,
    zero: Cell,
) -> Walked {
    let mut keys = vec![BigInt::from(0); count];
    for carried in 0..count {
        let (row, column) = place(carried);
        assignment.copy_to(zero, column, first + row);
    }
    assignment.copy_to(least.cell, at::E, first);
    limb(assignment, LEFT, first + 1, &BigInt::from(0), 0);
    let (mut left, mut packed) = (BigInt::from(0), BigInt::from(0));
    let mut elements = Vec::with_capacity(values.len().div_ceil(TABLE_PER_ELEMENT));
    for (index, value) in values.iter().enumerate() {
        let (row, last) = (first + ROWS * (1 + index), index + 1 == values.len());
        let digit = index % TABLE_PER_ELEMENT;
        let factor = one() << (VALUE_BITS as usize * digit);
        assignment.enable(Gate::Entry, row);
        let to_choose = if index == 0 { count } else { 0 };
        let coefficients = [
            (GOES_ON, BigInt::from(u8::from(digit > 0))),
            (FACTOR, factor.clone()),
            (REST, rest(index)),
            (COUNT, to_choose.into()),
        ];
        for (place, coefficient) in coefficients {
            assignment.fix(fixed_at::K + place, row, coefficient);
        }
        let value = input(assignment, row + 1, BigInt::from(*value) + (one() << (VALUE_BITS - 1)));
        let key = key(&value, index);
        let chosen = assignment.free(Free::Order, CHOSEN, row, u8::from(key >= least.value));
        limb(assignment, CHOSEN, row, &chosen, 1);
        let distance = &chosen * (&key - &least.value) + (one() - &chosen) * (&least.value - 1 - &key);
        spread(assignment, row, &distance, KEY_BITS);
        assignment.write_int(at::E, row, least.value.clone());
        left += to_choose - &chosen;
        limb(assignment, LEFT, row + 1, &left, if last { 0 } else { LEFT_BITS });
        packed = if digit > 0 { packed } else { BigInt::from(0) } + factor * &value;
        let element = assignment.write_int(at::E, row + 1, packed.clone());
        if last || digit + 1 == TABLE_PER_ELEMENT {
            elements.push(element);
        }
        let mut above = key;
        for (carried, key) in keys.iter_mut().enumerate() {
            let moved = &*key + &chosen * (above - &*key);
            above = std::mem::replace(key, moved);
            let (below, column) = place(carried);
            *key = assignment.told(column, row + below, key.clone());
            assignment.write_int(column, row + below, key.clone());
        }
    }
    let end = first + ROWS * values.len();
    let wire = |(carried, key)| {
        let (row, column) = place(carried);
        Wire::new(Cell { column, row: end + row }, key)
    };
    Walked { elements, keys: keys.into_iter().enumerate().map(wire).collect() }
}

/// A limb of `bits` bits.
fn limb(assignment: &mut Assignment, column: usize, row: usize, value: &BigInt, bits: u32) {
    let tag = table::width(bits).unwrap_or_else(|| panic!("no limb of {bits} bits exists"));
    assignment.fix(fixed_at::TAG + column - at::LIMB, row, tag);
    assignment.write_int(column, row, value.clone());
}

/// Limbs of a number of `bits` bits, from the first on.
fn spread(assignment: &mut Assignment, row: usize, value: &BigInt, bits: u32) {
    let limb_bits = assignment.bands().limb_bits();
    for i in 0..limbs(bits, limb_bits) {
        let low = limb_bits * i as u32;
        let digit = (value >> low) & BigInt::from((1 << limb_bits) - 1);
        limb(assignment, at::LIMB + i, row, &digit, limb_bits.min(bits - low));
    }
}

/// A value in limbs, which are free: they are committed to. Returns what they say.
fn input(assignment: &mut Assignment, row: usize, value: BigInt) -> BigInt {
    let limb_bits = assignment.bands().limb_bits();
    let mut told = BigInt::from(0);
    for i in 0..limbs(VALUE_BITS, limb_bits) {
        let low = limb_bits * i as u32;
        let digit = (&value >> low) & BigInt::from((1 << limb_bits) - 1);
        let digit = assignment.free(Free::Input, at::LIMB + i, row, digit);
        limb(assignment, at::LIMB + i, row, &digit, limb_bits.min(VALUE_BITS - low));
        told += digit << low;
    }
    told
}

/// Cells of the keys that entries carry.
#[cfg(feature = "testing")]
pub fn carried(assignment: &Assignment) -> Vec<Cell> {
    let count = usize::from(assignment.bands().top);
    let entries = (0..assignment.rows()).filter(|row| assignment.is_enabled(Gate::Entry, *row));
    let keys =
        |row: usize| (0..count).map(place).map(move |(below, column)| Cell { column, row: row + below });
    entries.flat_map(keys).collect()
}
