//! Dense layers, requantisation, heads and the packing of parameters: the gates of models.
//!
//! **W·x.** After the first phase is committed, ρ is drawn. Of each input j of a layer the second phase holds
//! u_j = Σ_i ρ^(n−1−i)·w_ij, built row by row from eight weights, and of the layer D = Σ_i ρ^(n−1−i)·a_i − Σ_j x_j·u_j,
//! which starts and ends at 0. So the accumulators a_i are W·x, but for a chance of about n/p. A weight costs its
//! range-checked limb and an eighth of a cell, an activation one copy; plain dot products need a copy of an
//! activation beside every weight. Weights of more than eight bits are limbs in rows of their own, which enter
//! with x_j times 256^limb.
//!
//! **Packing.** With τ drawn likewise, one column holds Σ τ^(N−1−e)·element_e of all packed elements, computed
//! from the limbs in place, another the same of the messages of the sponge; they end equal, so each element is the
//! message it stands for, but for a chance of about N/p. No element has a cell of its own.
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

use ff::PrimeField;
use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use super::lookup;
use super::set::{ChipSet, Query, boolean, constant, digits};
use crate::columns::{Gate, LIMBS, at, fixed_at, second_at};
use crate::fixed::power_of_two;
use crate::model::{INPUT_BITS, INPUT_SHIFT, OUTPUT_BITS, SHIFT};
use crate::sheet::Sheet;

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
    chips.gate(meta, Gate::Value, |q| {
        let limbs = limbs(q, 0);
        vec![("x = limbs", q.advice(at::MODEL_X, 0) - join(&limbs[..4]))]
    });
    chips.gate(meta, Gate::Constant, |q| {
        let k = k(q, 0);
        vec![("x = K0", q.advice(at::MODEL_X, 0) - k)]
    });
    chips.gate(meta, Gate::MessageZero, |q| vec![("message = 0", q.advice(at::MESSAGE, 0))]);
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
    let [weights, neurons, packed, messages] =
        [second_at::WEIGHTS, second_at::NEURONS, second_at::PACKED, second_at::MESSAGES]
            .map(|column| chips.second[lookup::columns(chips.bands) + column]);
    let [rho, tau] = [chips.challenges[2], chips.challenges[3]];
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
    meta.create_gate("LayerEdge", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::LayerEdge));
        vec![("D = 0", selector * cells.query_advice(neurons, Rotation::cur()))]
    });
    meta.create_gate("Packing", |cells| {
        let selector = cells.query_selector(chips.selector(Gate::LookupActive));
        let powers = powers(&cells.query_challenge(tau), &constant(1));
        let mut q = Query { chips, cells };
        let limbs = limbs(&mut q, 0);
        let [x, message] = [at::MODEL_X, at::MESSAGE].map(|column| q.advice(column, 0));
        let [weight, run, stream] =
            [fixed_at::INDEX, fixed_at::RUN, fixed_at::STREAM].map(|column| q.fixed(column, 0));
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
}

/// Whether a row is packed, and whether it starts elements: a flag of 0, 1 or 2 means neither, the first, or both.
fn packing<T>(flag: T, one: &T, half: &T) -> (T, T)
where
    T: Clone + std::ops::Sub<Output = T> + std::ops::Add<Output = T> + std::ops::Mul<Output = T>,
{
    let starts = flag.clone() * (flag.clone() - one.clone()) * half.clone();
    (flag - starts.clone(), starts)
}

/// x⁰ … x⁸.
fn powers<T: Clone + std::ops::Mul<Output = T>>(x: &T, one: &T) -> [T; LIMBS + 1] {
    let mut power = one.clone();
    std::array::from_fn(|i| {
        if i > 0 {
            power = power.clone() * x.clone();
        }
        power.clone()
    })
}

/// Σ_c x^(7−c)·limb_c.
fn combine<T: Clone + std::ops::Mul<Output = T> + std::ops::Add<Output = T>>(
    limbs: [T; LIMBS],
    powers: &[T; LIMBS + 1],
) -> Option<T> {
    let terms = limbs.into_iter().zip(powers[..LIMBS].iter().rev());
    terms.map(|(limb, power)| limb * power.clone()).reduce(|sum, term| sum + term)
}

/// Asserts that as many elements are packed as are absorbed.
///
/// # Panics
/// If not, when a circuit is laid out: the sums are compared at their ends only, and start at any value they share,
/// which cancels because both are multiplied by the same power of τ.
pub fn assert_streams(sheet: &Sheet) {
    if !sheet.bands().model {
        return;
    }
    let count = |column: usize, value: u64| {
        sheet.fixed()[column].iter().filter(|flag| **flag == Fr::from(value)).count()
    };
    let packed = LIMBS * count(fixed_at::RUN, 2) + count(fixed_at::ELEMENT, 2);
    assert_eq!(packed, count(fixed_at::STREAM, 1), "packed elements and messages of the sponge");
}

/// The columns of models of the second phase, in the order of [`second_at`].
pub fn second_phase(sheet: &Sheet, rho: Fr, tau: Fr) -> Vec<Vec<Fr>> {
    let rows = sheet.rows();
    let (advice, fixed) = (sheet.advice(), sheet.fixed());
    let half = Fr::TWO_INV;
    let (rho_powers, tau_powers) = (powers(&rho, &Fr::one()), powers(&tau, &Fr::one()));
    let mut weights = vec![Fr::zero(); rows];
    let [mut neurons, mut packed, mut messages] = std::array::from_fn(|_| weights.clone());
    for row in 0..rows - 1 {
        let limbs: [Fr; LIMBS] = std::array::from_fn(|i| advice[at::LIMB + i][row]);
        let k = |i: usize| fixed[fixed_at::K + i][row];
        if sheet.is_enabled(Gate::Weights, row) {
            let own = combine(limbs.map(|limb| limb - k(1)), &rho_powers).unwrap_or_default();
            weights[row] = k(0) * weights[row - 1] * rho_powers[LIMBS] + own;
            neurons[row + 1] = neurons[row] - k(2) * (advice[at::MODEL_X][row] + k(3)) * weights[row];
        }
        if sheet.is_enabled(Gate::Neuron, row) {
            neurons[row + 1] = neurons[row];
        }
        if sheet.is_enabled(Gate::Accumulator, row) {
            neurons[row + 1] = neurons[row] * rho + advice[at::MODEL_SUM][row];
        }
        let fixed = |column: usize| fixed[column][row];
        let element = if sheet.bands().core { Fr::zero() } else { fixed(fixed_at::ELEMENT) };
        let [(packs, starts), (packs_value, starts_value)] =
            [fixed(fixed_at::RUN), element].map(|flag| packing(flag, &Fr::one(), &half));
        let step = Fr::one() + starts * (tau_powers[LIMBS] - Fr::one()) + starts_value * (tau - Fr::one());
        let own = combine(limbs, &tau_powers).unwrap_or_default();
        packed[row + 1] = packed[row] * step
            + fixed(fixed_at::INDEX) * (packs * own + packs_value * advice[at::MODEL_X][row]);
        let stream = fixed(fixed_at::STREAM);
        messages[row + 1] =
            messages[row] * (Fr::one() + stream * (tau - Fr::one())) + stream * advice[at::MESSAGE][row];
    }
    vec![weights, neurons, packed, messages]
}
