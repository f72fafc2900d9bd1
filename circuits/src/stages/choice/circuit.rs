//! Choices in the circuit.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | value of a table | 48 bits signed; of arms 1 to 2³² − 1 | committed to, five to an element |
//! | which arm | one bit each, one of them 1 | no mean before it is as great, none after it is greater: α·β_j − α_j·β − \[j before\] is in 66 bits, and no second arm keeps all of them from being negative |

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::native::bandit as native_bandit;
use super::table::{Kind, Table};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::packing::{NUMBER_BITS, TABLE_PER_ELEMENT};
use crate::poseidon::Domain;
use crate::public::DecisionInputs;
use crate::sheet::{Cell, Free};
use crate::stages::commit::circuit::Chains;

/// Bits of α and β.
const ARM_BITS: u32 = 32;
/// Bits of a difference of two products of them, with a place to spare.
const PRODUCT_BITS: u32 = 2 * ARM_BITS + 2;

/// A committed table: its commitment and its values, row by row.
pub(crate) fn table(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    table: &Table,
    salt: Fr,
) -> (Cell, Vec<Wire>) {
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

/// A choice of one of several.
pub(crate) struct Chosen {
    /// One bit for each, of which one is 1.
    pub(crate) bits: Vec<Wire>,
    /// Of each whether it stands before the chosen one.
    pub(crate) before: Vec<Wire>,
    /// Which one it is.
    pub(crate) index: Wire,
}

/// One of `count`, of which none is told.
pub(crate) fn one_of(arith: &mut Arith<'_>, count: usize, chosen: usize) -> Chosen {
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

/// Σ bit·value.
pub(crate) fn dot(arith: &mut Arith<'_>, bits: &[Wire], values: &[&Wire]) -> Wire {
    let first = arith.product(&bits[0], values[0]);
    let rest = bits.iter().zip(values).skip(1);
    rest.fold(first, |sum, (bit, value)| arith.multiply_add(1, Some((bit, value)), &[(one(), &sum)], 0))
}

/// The arm of the greatest mean α/(α + β), the lowest among equals.
pub fn bandit(arith: &mut Arith<'_>, chains: &mut Chains, arms: &Table, salt: Fr) -> DecisionInputs<Cell> {
    let (commitment, values) = table(arith, chains, arms, salt);
    let [alphas, betas]: [Vec<&Wire>; 2] =
        [0, 1].map(|column| values.iter().skip(column).step_by(2).collect());
    let chosen = one_of(arith, alphas.len(), native_bandit(arms).unwrap_or_default());
    let (alpha, beta) = (dot(arith, &chosen.bits, &alphas), dot(arith, &chosen.bits, &betas));
    for ((before, alpha_j), beta_j) in chosen.before.iter().zip(alphas).zip(betas) {
        let least = arith.multiply_add(1, Some((&alpha, beta_j)), &[(minus(1), before)], 0);
        arith.remainder(-1, Some((alpha_j, &beta)), &[(one(), &least)], 0, PRODUCT_BITS);
    }
    DecisionInputs { commitments: vec![commitment], outputs: vec![chosen.index.cell] }
}
