//! Dense layers, requantisation and heads: the gates of dense models.
//!
//! **W·x.** After the first phase is committed, ρ is drawn. Of each input j of a layer the second phase holds
//! u_j = Σ_i ρ^(n−1−i)·w_ij, built row by row from eight weights, and of the layer D = Σ_i ρ^(n−1−i)·a_i − Σ_j x_j·u_j,
//! which starts and ends at 0. So the accumulators a_i are W·x, but for a chance of about n/p. A weight costs its
//! range-checked limb and an eighth of a cell, an activation one copy; plain dot products need a copy of an
//! activation beside every weight. Weights of more than eight bits are limbs in rows of their own, which enter
//! with x_j times 256^limb.
//!
//! | hint | range | why no second value |
//! |---|---|---|
//! | accumulator | any | the random combination |
//! | remainder of a rescaling | [0, 2³⁰) or [0, 2⁴⁰) by limbs | Euclid: the quotient is an integer |
//! | activation | its bits by limbs | the quotient, or the end of the range it was clamped to |
//! | excess e and flags | e in [0, 2³⁰) or [0, 2⁴⁰), 0 without a flag; at most one flag | q < low ⇔ q = low − (e + 1); likewise above high |
//! | tag | a bit: the top one of the output | digits of an integer |
//! | nearest of the logits | distances to the key 256·x + 255 − i in [0, 2²⁴), 0 for one | keys are distinct, so the greatest is one |
//!
//! Budgets: accumulators below 2⁴² (1,024 weights of 15 bits, inputs of 16), biases below 2³², multipliers below 2³⁰;
//! inputs and means below 2³⁶, their multipliers below 2⁴⁰; (activation + excess)·2⁴⁰ below 2⁸¹. Nothing wraps.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use super::combination::{combine, powers, second};
use super::set::{ChipSet, Query, boolean, constant, digits};
use crate::assignment::Assignment;
use crate::columns::{Gate, LIMBS, at, fixed_at, second_at};
use crate::fixed::power_of_two;
use crate::model::{INPUT_BITS, INPUT_SHIFT, OUTPUT_BITS, SHIFT};

/// Bits of a full limb of models.
pub const MODEL_LIMB_BITS: u32 = 10;
/// Digits of class keys: position below the logit.
pub const CLASS_RADIX: u64 = 256;

/// Greatest number of bits of the two sides of a rescaling.
const RESCALE_BITS: u32 = 42 + 40 + 1;
const _: () = assert!(RESCALE_BITS < 253 && INPUT_BITS + 2 + 40 < RESCALE_BITS);

/// The cells of a row, and of one next to it.
fn limbs(q: &mut Query<'_, '_>, rotation: i32) -> [Expression<Fr>; LIMBS] {
    std::array::from_fn(|i| q.advice(at::LIMB + i, rotation))
}

fn join(limbs: &[Expression<Fr>]) -> Expression<Fr> {
    digits(limbs.iter().cloned(), MODEL_LIMB_BITS)
}

fn k(q: &mut Query<'_, '_>, i: usize) -> Expression<Fr> {
    q.fixed(fixed_at::K + i, 0)
}

/// (value)·multiplier + 2^(shift−1) = (activation + low ± (excess + 1))·2^shift + remainder, and when which sign.
struct Rescale {
    value: Expression<Fr>,
    multiplier: Expression<Fr>,
    remainder: Expression<Fr>,
    /// As it stands in its cell: less the low end of its range.
    activation: Expression<Fr>,
    excess: Expression<Fr>,
    under: Expression<Fr>,
    over: Expression<Fr>,
    low: Expression<Fr>,
    /// High end less low end.
    width: Expression<Fr>,
    shift: u32,
}

impl Rescale {
    fn constraints(self) -> Vec<(&'static str, Expression<Fr>)> {
        let Self { value, multiplier, remainder, activation, excess, under, over, low, width, shift } = self;
        let away = (over.clone() - under.clone()) * (excess.clone() + constant(1));
        let quotient = activation.clone() + low + away;
        let power = power_of_two(shift);
        let rounded = value * multiplier + constant(1u64 << (shift - 1));
        vec![
            ("v M + 2^(s-1) = q 2^s + r", rounded - quotient * power - remainder),
            ("under is a bit", boolean(under.clone())),
            ("over is a bit", boolean(over.clone())),
            ("not both", under.clone() * over.clone()),
            ("under: the least", under.clone() * activation.clone()),
            ("over: the greatest", over.clone() * (activation - width)),
            ("no flag, no excess", (constant(1) - under - over) * excess),
        ]
    }
}

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    rescalings(meta, chips);
    heads(meta, chips);
    second_phase_gates(meta, chips);
}

fn rescalings(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    // Excess two rows above; remainder and activation above; value, mean and multiplier here.
    chips.gate(meta, Gate::Excess, |q| {
        let above = limbs(q, -1);
        vec![("sum = limbs above", q.advice(at::MODEL_SUM, 0) - join(&above[4..]))]
    });
    chips.gate(meta, Gate::Input, |q| {
        let [above, here] = [-1, 0].map(|rotation| limbs(q, rotation));
        let activation = q.advice(at::MODEL_X, -1);
        let digits = join(&above[4..6]);
        let rescale = Rescale {
            value: q.advice(at::MODEL_X, 0) - join(&here[..4]),
            multiplier: join(&here[4..]),
            remainder: join(&above[..4]),
            activation: activation.clone(),
            excess: q.advice(at::MODEL_SUM, -1),
            under: q.advice(at::MODEL_FLAG, -1),
            over: q.advice(at::MODEL_FLAG, 0),
            low: k(q, 0),
            width: k(q, 1),
            shift: INPUT_SHIFT,
        };
        let mut constraints = rescale.constraints();
        constraints.push(("x = limbs", activation - digits));
        constraints
    });
    // Accumulator, output, remainder and excess above; bias and multiplier here.
    chips.gate(meta, Gate::Neuron, |q| {
        let [above, here] = [-1, 0].map(|rotation| limbs(q, rotation));
        let rescale = Rescale {
            value: q.advice(at::MODEL_SUM, -1) + join(&here[..4]) - constant(1u64 << 31),
            multiplier: join(&here[4..7]),
            remainder: join(&above[2..5]),
            activation: q.advice(at::MODEL_X, -1),
            excess: join(&above[5..]),
            under: q.advice(at::MODEL_FLAG, -1),
            over: q.advice(at::MODEL_FLAG, 0),
            low: k(q, 0),
            width: k(q, 1),
            shift: SHIFT,
        };
        rescale.constraints()
    });
}

fn heads(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    chips.gate(meta, Gate::Plain, |q| {
        let limbs = limbs(q, -1);
        vec![("y = limbs", q.advice(at::MODEL_X, -1) - join(&limbs[..2]))]
    });
    // What the head has made so far stands in the lower row of each neuron; K3 is 0 for the first one.
    let so_far = |q: &mut Query<'_, '_>| {
        let carried = k(q, 3);
        q.advice(at::MODEL_SUM, 0) - carried * q.advice(at::MODEL_SUM, -2)
    };
    chips.gate(meta, Gate::Tag, |q| {
        let limbs = limbs(q, -1);
        let bit = q.advice(at::MODEL_X, 0);
        let top = bit.clone() * power_of_two(OUTPUT_BITS - 1);
        vec![
            ("y = limbs + 2^15 bit", q.advice(at::MODEL_X, -1) - join(&limbs[..2]) - top),
            ("bit", boolean(bit.clone())),
            ("mask = mask + 2^i bit", so_far(q) - k(q, 2) * bit),
        ]
    });
    // K2 is what a unit of the input counts in units of the reconstruction; half the range is 2^15 in both.
    chips.gate(meta, Gate::Error, |q| {
        let half = constant(1u64 << (OUTPUT_BITS - 1));
        let unit = k(q, 2);
        let difference = unit * q.advice(at::MODEL_X, 0) - half.clone() - (q.advice(at::MODEL_X, -1) - half);
        vec![("sum = sum + (x - y)^2", so_far(q) - difference.clone() * difference)]
    });
    chips.gate(meta, Gate::Output, |q| {
        vec![("x = sum above", q.advice(at::MODEL_X, 0) - q.advice(at::MODEL_SUM, -1))]
    });
    let last = || constant(CLASS_RADIX - 1);
    chips.gate(meta, Gate::ClassFirst, |q| {
        let limbs = limbs(q, 0);
        let best = join(&limbs[1..3]) * constant(CLASS_RADIX) + last() - limbs[0].clone();
        vec![
            ("x = index", q.advice(at::MODEL_X, 0) - limbs[0].clone()),
            ("best = 256 y + 255 - index", q.advice(at::MODEL_SUM, 0) - best),
            ("not met yet", q.advice(at::MODEL_FLAG, 0)),
        ]
    });
    chips.gate(meta, Gate::ClassRow, |q| {
        let limbs = limbs(q, 0);
        let best = q.advice(at::MODEL_SUM, 0);
        let key = q.advice(at::MODEL_X, 0) * constant(CLASS_RADIX) + last() - k(q, 0);
        let distance = join(&limbs[..3]);
        let met = q.advice(at::MODEL_FLAG, 0) - q.advice(at::MODEL_FLAG, -1);
        vec![
            ("best goes on", best.clone() - q.advice(at::MODEL_SUM, -1)),
            ("distance = best - key", best - key - distance.clone()),
            ("met is a bit", boolean(met.clone())),
            ("met only at distance 0", met * distance),
        ]
    });
    chips.gate(meta, Gate::ClassLast, |q| vec![("met", q.advice(at::MODEL_FLAG, 0) - constant(1))]);
}

fn second_phase_gates(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let [weights, neurons] = [second_at::WEIGHTS, second_at::NEURONS].map(|column| second(chips, column));
    let rho = chips.challenges[2];
    meta.create_gate("AccumulatorSum", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::Accumulator));
        let rho = cells.query_challenge(rho);
        let [before, after] = [Rotation::cur(), Rotation::next()].map(|r| cells.query_advice(neurons, r));
        let sum = cells.query_advice(chips.advice(at::MODEL_SUM), Rotation::cur());
        vec![("D = D rho + a", selector * (after - before * rho - sum))]
    });
    meta.create_gate("NeuronSum", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::Neuron));
        let [before, after] = [Rotation::cur(), Rotation::next()].map(|r| cells.query_advice(neurons, r));
        vec![("D goes on", selector * (after - before))]
    });
    meta.create_gate("Weights", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::Weights));
        let powers = powers(&cells.query_challenge(rho), &constant(1));
        let mut q = Query { chips, cells };
        let [carried, offset, factor, low] = std::array::from_fn(|i| k(&mut q, i));
        let limbs = limbs(&mut q, 0);
        let x = q.advice(at::MODEL_X, 0) + low;
        let sum = q.cells.query_advice(weights, Rotation::cur());
        let before = q.cells.query_advice(weights, Rotation::prev());
        let (d, next) =
            (q.cells.query_advice(neurons, Rotation::cur()), q.cells.query_advice(neurons, Rotation::next()));
        let own = combine(limbs.map(|limb| limb - offset.clone()), &powers);
        let own = own.unwrap_or(constant(0));
        vec![
            (
                "u = u rho^8 + weights",
                selector.clone() * (sum.clone() - carried * before * powers[LIMBS].clone() - own),
            ),
            ("D = D - x u", selector * (next - d + factor * x * sum)),
        ]
    });
}

/// Fills what row `row` of a dense model says of its own row and of the next, in the columns of weights and sums.
pub(super) fn step(
    assignment: &Assignment,
    row: usize,
    rho: &[Fr; LIMBS + 1],
    weights: &mut [Fr],
    sums: &mut [Fr],
) {
    let (advice, fixed) = (assignment.advice(), assignment.fixed());
    let k = |i: usize| fixed[fixed_at::K + i][row];
    if assignment.is_enabled(Gate::Weights, row) {
        let limbs: [Fr; LIMBS] = std::array::from_fn(|i| advice[at::LIMB + i][row] - k(1));
        let own = combine(limbs, rho).unwrap_or_default();
        weights[row] = k(0) * weights[row - 1] * rho[LIMBS] + own;
        sums[row + 1] = sums[row] - k(2) * (advice[at::MODEL_X][row] + k(3)) * weights[row];
    }
    if assignment.is_enabled(Gate::Neuron, row) {
        sums[row + 1] = sums[row];
    }
    if assignment.is_enabled(Gate::Accumulator, row) {
        sums[row + 1] = sums[row] * rho[1] + advice[at::MODEL_SUM][row];
    }
}
