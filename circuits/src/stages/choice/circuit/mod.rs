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
pub(crate) mod pick;
mod top;

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

pub use contextual::contextual;
pub use pick::table;
pub use top::top;

use super::native::bandit as native_bandit;
use super::table::Table;
use crate::assignment::{Cell, Free};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::decision::{ACTIONS, STATES};
use crate::packing::NUMBER_BITS;
use crate::public::DecisionInputs;
use crate::ruling::Q_BITS;
use crate::stages::commit::circuit::{Chains, pack};

use pick::{ARM_BITS, greatest, one_hot, one_of};

/// Bits of a difference of two products of α and β, with a place to spare.
const PRODUCT_BITS: u32 = 2 * ARM_BITS + 2;
/// Bits of a difference of two values.
const VALUE_BITS: u32 = NUMBER_BITS + 1;

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
    let of_state = (0..ACTIONS).map(|action| arith.dot(&states, values.iter().skip(action).step_by(ACTIONS)));
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
    let [alpha, beta] = [&alphas, &betas].map(|values| arith.dot(&chosen.bits, values.iter().copied()));
    for ((before, alpha_j), beta_j) in chosen.before.iter().zip(alphas).zip(betas) {
        let least = arith.multiply_add(1, Some((&alpha, beta_j)), &[(minus(1), before)], 0);
        arith.remainder(-1, Some((alpha_j, &beta)), &[(one(), &least)], 0, PRODUCT_BITS);
    }
    DecisionInputs { commitments: vec![commitment], outputs: vec![chosen.index.cell] }
}
