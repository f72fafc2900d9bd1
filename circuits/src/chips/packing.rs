//! Packing of parameters and committed values.
//!
//! With τ drawn after the first phase is committed, one column holds Σ τ^(N−1−e)·element_e of all packed elements, computed from the
//! limbs in place, another the same of the messages of the sponge; they end equal, so each element is the message it stands for,
//! but for a chance of about N/p. No element has a cell of its own.

use ff::PrimeField;
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use super::combination::{combine, powers, second};
use super::dense::MODEL_LIMB_BITS;
use super::set::{ChipSet, Query, constant, digits};
use crate::assignment::Assignment;
use crate::columns::{Gate, LIMBS, at, fixed_at, second_at};

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let [sums, packed, messages] =
        [second_at::NEURONS, second_at::PACKED, second_at::MESSAGES].map(|column| second(chips, column));
    let tau = chips.challenges[3];
    meta.create_gate("LayerEdge", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::LayerEdge));
        vec![("D = 0", selector * cells.query_advice(sums, Rotation::cur()))]
    });
    meta.create_gate("Packing", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::LookupActive));
        let powers = powers(&cells.query_challenge(tau), &constant(1));
        let mut q = Query { chips, cells };
        let limbs = q.limbs();
        let [x, message] = [at::MODEL_X, at::MESSAGE].map(|column| q.advice(column, 0));
        let [weight, run, stream] =
            [chips.bands.packing_factor(), fixed_at::RUN, fixed_at::STREAM].map(|column| q.fixed(column, 0));
        let element = if chips.bands.core { constant(0) } else { q.fixed(fixed_at::ELEMENT, 0) };
        let own = combine(limbs, &powers).unwrap_or(constant(0));
        let mut pair = |column| [Rotation::cur(), Rotation::next()].map(|r| q.cells.query_advice(column, r));
        let [packed, packed_next] = pair(packed);
        let [absorbed, absorbed_next] = pair(messages);
        let [one, tau, _, _, _, _, _, _, tau_8] = powers;
        let half = Fr::TWO_INV;
        let [(packs, starts), (packs_value, starts_value)] =
            [run, element].map(|flag| packing(flag, &constant(1), &Expression::Constant(half)));
        let step = one.clone() + starts * (tau_8 - one.clone()) + starts_value * (tau.clone() - one.clone());
        let packed = packed * step + weight * (packs * own + packs_value * x);
        let absorbed = absorbed * (one.clone() + stream.clone() * (tau - one)) + stream * message;
        vec![
            ("packed so far", selector.clone() * (packed_next - packed)),
            ("absorbed so far", selector * (absorbed_next - absorbed)),
        ]
    });
    meta.create_gate("PackingEdge", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::LookupEdge));
        let [packed, messages] = [packed, messages].map(|column| cells.query_advice(column, Rotation::cur()));
        vec![("packed = absorbed", selector * (packed - messages))]
    });
    chips.gate(meta, Gate::Value, |q| {
        let limbs = q.limbs().into_iter().take(4);
        vec![("x = limbs", q.advice(at::MODEL_X, 0) - digits(limbs, MODEL_LIMB_BITS))]
    });
    chips.gate(meta, Gate::Constant, |q| {
        let k = q.k(0);
        vec![("x = K0", q.advice(at::MODEL_X, 0) - k)]
    });
    chips.gate(meta, Gate::MessageZero, |q| vec![("message = 0", q.advice(at::MESSAGE, 0))]);
}

/// Whether a row is packed, and whether it starts elements: a flag of 0, 1 or 2 means neither, the first, or both.
fn packing<T>(flag: T, one: &T, half: &T) -> (T, T)
where
    T: Clone + std::ops::Sub<Output = T> + std::ops::Add<Output = T> + std::ops::Mul<Output = T>,
{
    let starts = flag.clone() * (flag.clone() - one.clone()) * half.clone();
    (flag - starts.clone(), starts)
}

/// Asserts that as many elements are packed as are absorbed.
///
/// # Panics
/// If not, when a circuit is laid out: the sums are compared at their ends only, and start at any value they share,
/// which cancels because both are multiplied by the same power of τ.
pub fn assert_streams(assignment: &Assignment) {
    if !assignment.bands().model {
        return;
    }
    let count = |column: usize, value: u64| {
        assignment.fixed()[column].iter().filter(|flag| **flag == Fr::from(value)).count()
    };
    let packed = LIMBS * count(fixed_at::RUN, 2) + count(fixed_at::ELEMENT, 2);
    assert_eq!(packed, count(fixed_at::STREAM, 1), "packed elements and messages of the sponge");
}

/// Fills what row `row` adds to what is packed and absorbed, in the next row.
pub(super) fn step(
    assignment: &Assignment,
    row: usize,
    tau: &[Fr; LIMBS + 1],
    packed: &mut [Fr],
    messages: &mut [Fr],
) {
    let (advice, fixed) = (assignment.advice(), assignment.fixed());
    let half = Fr::TWO_INV;
    let fixed = |column: usize| fixed[column][row];
    let element = if assignment.bands().core { Fr::zero() } else { fixed(fixed_at::ELEMENT) };
    let [(packs, starts), (packs_value, starts_value)] =
        [fixed(fixed_at::RUN), element].map(|flag| packing(flag, &Fr::one(), &half));
    let step = Fr::one() + starts * (tau[LIMBS] - Fr::one()) + starts_value * (tau[1] - Fr::one());
    let limbs: [Fr; LIMBS] = std::array::from_fn(|i| advice[at::LIMB + i][row]);
    let own = combine(limbs, tau).unwrap_or_default();
    packed[row + 1] = packed[row] * step
        + fixed(assignment.bands().packing_factor()) * (packs * own + packs_value * advice[at::MODEL_X][row]);
    let stream = fixed(fixed_at::STREAM);
    messages[row + 1] =
        messages[row] * (Fr::one() + stream * (tau[1] - Fr::one())) + stream * advice[at::MESSAGE][row];
}
