//! What choices share: committed tables, bits of which one is 1, and the greatest of several.

use std::cmp::Reverse;

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::super::table::{Kind, Table};
use crate::assignment::{Cell, Free};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::packing::{NUMBER_BITS, TABLE_PER_ELEMENT};
use crate::poseidon::Domain;
use crate::stages::commit::circuit::Chains;

/// Bits of α and β.
pub const ARM_BITS: u32 = 32;

/// A committed table: its commitment and its values, row by row.
pub fn table(arith: &mut Arith<'_>, chains: &mut Chains, table: &Table, salt: Fr) -> (Cell, Vec<Wire>) {
    let value = |arith: &mut Arith<'_>, value: &i64| match table.kind() {
        Kind::Bandit => {
            let wire = arith.range_free(Free::Input, value - 1, ARM_BITS).shifted(-1);
            arith.below(&wire, &[], one() << ARM_BITS, ARM_BITS);
            wire
        }
        _ => arith.range_signed(Free::Input, *value, NUMBER_BITS),
    };
    let values: Vec<Wire> = table.values().iter().map(|number| value(arith, number)).collect();
    let elements: Vec<Cell> = values.chunks(TABLE_PER_ELEMENT).map(|part| packed(arith, part)).collect();
    (chains.salted(arith, Domain::Table, table.shape(), salt, &elements), values)
}

/// Σ (value + 2⁴⁷)·2^(48·place).
fn packed(arith: &mut Arith<'_>, values: &[Wire]) -> Cell {
    let place = |place: usize| one() << (NUMBER_BITS as usize * place);
    let terms: Vec<_> = values.iter().enumerate().map(|(i, wire)| (place(i), wire)).collect();
    let half: BigInt = (0..values.len()).map(|i| place(i) << (NUMBER_BITS - 1)).sum();
    arith.linear(&terms, half).cell
}

/// One bit for each of `count`, of which one is 1.
pub fn one_hot(arith: &mut Arith<'_>, free: Free, count: usize, chosen: usize) -> Vec<Wire> {
    let bits: Vec<Wire> = (0..count).map(|i| arith.bit_free(free, i == chosen)).collect();
    arith.zero(&bits.iter().map(|bit| (one(), bit)).collect::<Vec<_>>(), -1);
    bits
}

/// A choice of one of several.
pub struct Chosen {
    /// One bit for each, of which one is 1.
    pub bits: Vec<Wire>,
    /// Of each whether it stands before the chosen one.
    pub before: Vec<Wire>,
    /// Which one it is.
    pub index: Wire,
}

/// One of `count`, of which none is told.
pub fn one_of(arith: &mut Arith<'_>, count: usize, chosen: usize) -> Chosen {
    let bits: Vec<Wire> = (0..count).map(|i| arith.bit_free(Free::Order, i == chosen)).collect();
    let mut last = arith.constant(1);
    let mut index = arith.constant(0);
    let mut before = Vec::with_capacity(count);
    for bit in &bits {
        last = arith.linear(&[(one(), &last), (minus(1), bit)], 0);
        index = arith.linear(&[(one(), &index), (one(), &last)], 0);
        before.push(last.clone());
    }
    // Nothing stands before one beyond the last.
    arith.zero(&[(one(), &last)], 0);
    Chosen { bits, before, index }
}

/// Which of `values` is the greatest, the lowest among equals; no two of them differ by 2^`bits`.
pub fn greatest(arith: &mut Arith<'_>, values: &[&Wire], bits: u32) -> Wire {
    let first = (0..values.len()).min_by_key(|i| (Reverse(&values[*i].value), *i));
    let chosen = one_of(arith, values.len(), first.unwrap_or_default());
    let best = arith.dot(&chosen.bits, values.iter().copied());
    for (before, value) in chosen.before.iter().zip(values) {
        arith.remainder(0, None, &[(one(), &best), (minus(1), before), (minus(1), value)], 0, bits);
    }
    chosen.index
}
