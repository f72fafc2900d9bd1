//! Choices in the circuit.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | value of a table | 48 bits signed; of arms 1 to 2³² − 1 | committed to, five to an element |
//! | which arm | one bit each, one of them 1 | no mean before it is as great, none after it is greater: α·β_j − α_j·β − \[j before\] is in 66 bits, and no second arm keeps all of them from being negative |
//! | which state | one bit each, one of them 1 | public: where the 1 stands is Σ state·bit |
//! | which action | likewise | no value before it is as great, none after it is greater: best − value_j − \[j before\] is in 49 bits |
//!
//! Those of a list are beside in `top`, those of a contextual bandit in `contextual`.

mod contextual;
mod top;

use std::cmp::Reverse;

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

pub use contextual::contextual;
pub use top::top;

use super::native::bandit as native_bandit;
use super::table::{Kind, Table};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::decision::{ACTIONS, STATES};
use crate::packing::{NUMBER_BITS, TABLE_PER_ELEMENT};
use crate::poseidon::Domain;
use crate::public::DecisionInputs;
use crate::ruling::Q_BITS;
use crate::sheet::{Cell, Free};
use crate::stages::commit::circuit::{Chains, pack};

/// Bits of α and β.
const ARM_BITS: u32 = 32;
/// Bits of a difference of two products of them, with a place to spare.
const PRODUCT_BITS: u32 = 2 * ARM_BITS + 2;

/// Bits of a difference of two values.
const VALUE_BITS: u32 = NUMBER_BITS + 1;

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

/// One bit for each of `count`, of which one is 1.
fn one_hot(arith: &mut Arith<'_>, free: Free, count: usize, chosen: usize) -> Vec<Wire> {
    let bits: Vec<Wire> = (0..count).map(|i| arith.bit_free(free, i == chosen)).collect();
    arith.zero(&bits.iter().map(|bit| (one(), bit)).collect::<Vec<_>>(), -1);
    bits
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

/// Σ factor·value, a row for each.
pub(crate) fn dot<'w>(
    arith: &mut Arith<'_>,
    factors: &[Wire],
    values: impl IntoIterator<Item = &'w Wire>,
) -> Wire {
    let mut sum: Option<Wire> = None;
    for pair in factors.iter().zip(values) {
        let before: Vec<_> = sum.iter().map(|sum| (one(), sum)).collect();
        sum = Some(arith.multiply_add(1, Some(pair), &before, 0));
    }
    sum.unwrap_or_else(|| arith.constant(0))
}

/// Which of `values` is the greatest, the lowest among equals; no two of them differ by 2^`bits`.
fn greatest(arith: &mut Arith<'_>, values: &[&Wire], bits: u32) -> Wire {
    let first = (0..values.len()).min_by_key(|i| (Reverse(&values[*i].value), *i));
    let chosen = one_of(arith, values.len(), first.unwrap_or_default());
    let best = dot(arith, &chosen.bits, values.iter().copied());
    for (before, value) in chosen.before.iter().zip(values) {
        arith.remainder(0, None, &[(one(), &best), (minus(1), before), (minus(1), value)], 0, bits);
    }
    chosen.index
}

/// The action of the greatest value in a state, the lowest among equals.
pub fn q_table(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    q: &Table,
    state: usize,
    salt: Fr,
) -> DecisionInputs<Cell> {
    let (commitment, values) = table(arith, chains, q, salt);
    let states = one_hot(arith, Free::Input, STATES, state);
    let number: Vec<_> = (1..).map(BigInt::from).zip(&states[1..]).collect();
    let number = arith.linear(&number, 0);
    let of_state =
        (0..ACTIONS).map(|action| dot(arith, &states, values.iter().skip(action).step_by(ACTIONS)));
    let of_state: Vec<Wire> = of_state.collect();
    let action = greatest(arith, &of_state.iter().collect::<Vec<_>>(), VALUE_BITS);
    let output = pack(arith, [&number, &action].into_iter().zip(Q_BITS));
    DecisionInputs { commitments: vec![commitment], outputs: vec![output] }
}

/// The arm of the greatest mean α/(α + β), the lowest among equals.
pub fn bandit(arith: &mut Arith<'_>, chains: &mut Chains, arms: &Table, salt: Fr) -> DecisionInputs<Cell> {
    let (commitment, values) = table(arith, chains, arms, salt);
    let [alphas, betas]: [Vec<&Wire>; 2] =
        [0, 1].map(|column| values.iter().skip(column).step_by(2).collect());
    let chosen = one_of(arith, alphas.len(), native_bandit(arms).unwrap_or_default());
    let [alpha, beta] = [&alphas, &betas].map(|values| dot(arith, &chosen.bits, values.iter().copied()));
    for ((before, alpha_j), beta_j) in chosen.before.iter().zip(alphas).zip(betas) {
        let least = arith.multiply_add(1, Some((&alpha, beta_j)), &[(minus(1), before)], 0);
        arith.remainder(-1, Some((alpha_j, &beta)), &[(one(), &least)], 0, PRODUCT_BITS);
    }
    DecisionInputs { commitments: vec![commitment], outputs: vec![chosen.index.cell] }
}
