//! Graphs: the gates of their operators.
//!
//! A row has eight limbs, two cells for what the range table has beside the first and the fifth, four wires w₀–w₃, two sums
//! s₀, s₁ and two ends f₀, f₁. λ is the bits of a full limb.
//!
//! **A slot** is half a row: the limbs y, r, e₀, e₁. It proves y = clamp(⌊n / d⌋) of a sum n by
//! n = (y + f·(e + 1))·d + r with e = e₀ + 2^λ·e₁, f ∈ {−1, 0, 1}; y is the least of its range if f = −1, the greatest if f = 1,
//! and e = 0 if f = 0. The result is the cell beside y: y itself, or an entry of a function, which one fraction of the look-ups
//! binds to y.
//!
//! **W·x.** After the first phase is committed, ρ and σ are drawn. Of each input i of a block the second phase holds
//! u_i = Σ_o ρ^(O−1−o)·w_oi, eight weights a row as for dense layers, and beside it x̂_i = Σ_p σ^(P−1−p)·x_ip of its values at
//! all positions, four wires a row: weights take one limb whatever the number of positions. Of the block it holds
//! D = Σ_o ρ^(O−1−o)·Σ_p σ^(P−1−p)·s_op − Σ_i 2^power·u_i·x̂_i, which starts and ends at 0. So the sums are W·x at every
//! position, but for a chance of about O·P/p. The two challenges are independent: with one, sums of equal degree could be exchanged.
//!
//! | hint | range | why no second value |
//! |---|---|---|
//! | sum s of a block | any | the random combination |
//! | remainder r of a block or an input | [0, 2^λ), [0, 2⁴⁰) by limbs | Euclid |
//! | remainder r of a quotient | r and d − 1 − r in [0, 2^λ) | Euclid, whatever d ≤ 2^λ |
//! | y, f, e | y a limb, e two (three of an input), f one of three | the quotient is in the range, or beyond one end of it by e + 1 |
//! | bit of a sign | s or −s − 1 in [0, 2^4λ) | the other is negative |
//! | the chosen | keys N·x + N − 1 − i, falling | keys are distinct; those with bit 1 are as many, and the same, by a product over ρ |
//!
//! Budgets: sums below 2⁶⁰, multipliers below 2¹⁴, quotients with their excess below 2³⁰: no equation comes near the field's 2²⁵³.

mod activations;
pub mod coefficients;
pub mod forest;
pub mod products;
mod slot;

pub use products::Columns;
pub(super) use products::step;

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;

use self::coefficients::{ADDED, CHOSEN_LIMBS, DIVISOR, GREATEST, QUOTIENT_GREATEST};
use self::slot::{Slot, join, signed, slots, wires};
use super::set::{ChipSet, boolean, constant, digits};
use crate::columns::{Gate, LIMBS, at};
use crate::fixed::power_of_two;
use crate::graph::{SUM_BITS, parameters::widths};
use crate::model::{INPUT_BITS, INPUT_MULTIPLIER_BITS, INPUT_SHIFT};

const _: () = assert!(SUM_BITS + 14 + 2 < 253 && 3 * 14 + 14 + INPUT_SHIFT < 253);

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    if chips.bands.graph.is_none() {
        return;
    }
    affine(meta, chips);
    sums(meta, chips);
    choices(meta, chips);
    products::configure(meta, chips);
    activations::configure(meta, chips);
    forest::configure(meta, chips);
}

/// Columns in which the parameters of a channel go down.
const PARAMETERS: [usize; 2] = [at::WIRE[2], at::WIRE[3]];

fn affine(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let limb = chips.limb_bits();
    chips.gate(meta, Gate::GraphQuantiser, |q| {
        let [mean, multiplier] = PARAMETERS.map(|column| q.advice(column, 0));
        let limbs = q.limbs();
        let multiplier_limbs =
            limbs[LIMBS / 2..].iter().take(widths(INPUT_MULTIPLIER_BITS, limb).len()).cloned();
        vec![
            ("mean = limbs", mean - signed(join(q, 0, 3), INPUT_BITS)),
            ("multiplier = limbs", multiplier - digits(multiplier_limbs, limb)),
        ]
    });
    chips.gate(meta, Gate::GraphChannel, |q| {
        let [bias, multiplier] = PARAMETERS.map(|column| q.advice(column, 0));
        let limb = q.limbs()[3].clone();
        vec![
            ("bias = limbs", bias - signed(join(q, 0, 3), crate::graph::BIAS_BITS)),
            ("multiplier = limb", multiplier - limb),
        ]
    });
    chips.gate(meta, Gate::GraphStay, |q| {
        let stay = |column| ("parameters go on", q.advice(column, 0) - q.advice(column, -1));
        PARAMETERS.map(stay).to_vec()
    });
    // The limbs of an input: x; excess in three; remainder in four.
    chips.gate(meta, Gate::GraphInput, |q| {
        let [mean, multiplier] = PARAMETERS.map(|column| q.advice(column, 0));
        let value = signed(q.advice(at::WIRE[0], 0), INPUT_BITS);
        let x = q.limbs()[0].clone();
        let slot = Slot {
            sum: (value - mean) * multiplier + q.k(ADDED),
            divisor: Expression::Constant(power_of_two(INPUT_SHIFT)),
            y: x,
            remainder: join(q, 4, LIMBS),
            excess: join(q, 1, 4),
            end: q.advice(at::END[0], 0),
            greatest: q.k(GREATEST),
        };
        slot.constraints()
    });
    chips.gate(meta, Gate::GraphPositions, |q| {
        let [bias, multiplier] = PARAMETERS.map(|column| q.advice(column, 0));
        slots(q, |q, half| (q.advice(at::ACC[half], 0) + bias.clone()) * multiplier.clone())
    });
}

fn sums(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    for (gate, on) in [(Gate::GraphSum, false), (Gate::GraphSumOn, true)] {
        chips.gate(meta, gate, |q| {
            let wires = wires(q, 0);
            let mut sum =
                q.k(0) * wires[0].clone() * wires[1].clone() + q.k(1) * wires[2].clone() * wires[3].clone();
            for (i, wire) in wires.into_iter().enumerate() {
                sum = sum + q.k(2 + i) * wire;
            }
            sum = sum + q.k(6);
            if on {
                sum = sum + q.advice(at::ACC[0], -1);
            }
            vec![("s = s' + K0 w0 w1 + K1 w2 w3 + K2 w0 + .. + K6", q.advice(at::ACC[0], 0) - sum)]
        });
    }
    chips.gate(meta, Gate::GraphSumZero, |q| vec![("s = 0", q.advice(at::ACC[0], 0))]);
    chips.gate(meta, Gate::GraphQuotient, |q| {
        let limbs = q.limbs();
        let divisor = q.k(DIVISOR);
        let slot = Slot {
            sum: q.advice(at::ACC[0], 0),
            divisor: divisor.clone(),
            y: limbs[0].clone(),
            remainder: limbs[1].clone(),
            excess: join(q, 2, 4),
            end: q.advice(at::END[0], 0),
            greatest: q.fixed(QUOTIENT_GREATEST, 0),
        };
        let mut constraints = slot.constraints();
        constraints.push(("r < d", limbs[4].clone() + limbs[1].clone() + constant(1) - divisor));
        constraints
    });
}

fn choices(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    chips.gate(meta, Gate::GraphDigits, |q| vec![("s = limbs", q.advice(at::ACC[0], 0) - join(q, 0, 4))]);
    chips.gate(meta, Gate::GraphSign, |q| {
        let (sum, bit) = (q.advice(at::ACC[0], 0), q.advice(at::END[0], 0));
        let distance = (bit.clone() * constant(2) - constant(1)) * sum - (constant(1) - bit.clone());
        let count = q.advice(at::ACC[1], 0) - q.k(DIVISOR) * q.advice(at::ACC[1], -1);
        vec![
            ("bit", boolean(bit.clone())),
            ("s or -s - 1 = limbs", distance - join(q, 0, 4)),
            ("bits so far", count - bit.clone()),
            ("w3 = bit", q.advice(at::WIRE[3], 0) - bit),
        ]
    });
    chips.gate(meta, Gate::GraphCount, |q| {
        vec![("as many bits", q.advice(at::ACC[1], 0) - q.fixed(QUOTIENT_GREATEST, 0))]
    });
    // Index, what it lacks to the last, and what is chosen less the least that it can be.
    chips.gate(meta, Gate::GraphChosen, |q| {
        let limbs = q.limbs();
        let [index, lacks] = [limbs[0].clone(), limbs[1].clone()];
        let key = q.k(0) * join(q, 2, 2 + CHOSEN_LIMBS) + lacks.clone();
        let [_, _, out, wire] = wires(q, 0);
        vec![
            ("index + lacks = N - 1", index.clone() + lacks + constant(1) - q.k(0)),
            ("w2 = index", out - index),
            ("w3 = N x + lacks", wire - key),
        ]
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixed::to_field;

    fn number(n: i64) -> Expression<Fr> {
        Expression::Constant(to_field(&n.into()))
    }

    fn is_zero(expression: &Expression<Fr>) -> bool {
        let none = || panic!("a constant");
        let value = expression.evaluate(
            &|constant| constant,
            &|_| none(),
            &|_| none(),
            &|_| none(),
            &|_| none(),
            &|_| none(),
            &|a: Fr| -a,
            &|a, b| a + b,
            &|a, b| a * b,
            &|a, k| a * k,
        );
        value == Fr::zero()
    }

    /// y of every witness of a slot with limbs of two bits; `exact` is what the remainder of a quotient is held to.
    fn witnesses(sum: i64, divisor: i64, greatest: i64, exact: bool) -> Vec<i64> {
        let mut found = Vec::new();
        for (y, f) in (0..=greatest).flat_map(|y| (-2..=2).map(move |f| (y, f))) {
            for (r, e) in (0..4).flat_map(|r| (0..16).map(move |e| (r, e))) {
                // The limb d - 1 - r of a quotient.
                if exact && divisor - 1 - r < 0 {
                    continue;
                }
                let slot = Slot {
                    sum: number(sum),
                    divisor: number(divisor),
                    y: number(y),
                    remainder: number(r),
                    excess: number(e),
                    end: number(f),
                    greatest: number(greatest),
                };
                if slot.constraints().iter().all(|(_, expression)| is_zero(expression)) {
                    found.push(y);
                }
            }
        }
        found
    }

    /// With every sum, limb and flag there is: one witness, which is the clamped quotient, as far as the excess has room, and none beyond. So
    /// 0 has one sign, and so has each end of the range.
    #[test]
    fn a_slot_has_one_witness() {
        for greatest in [1, 3] {
            for sum in -75..=75_i64 {
                for divisor in [2, 4] {
                    let quotient = sum.div_euclid(divisor);
                    let found = witnesses(sum, divisor, greatest, true);
                    let room = (-16..=greatest + 16).contains(&quotient);
                    let expected: Vec<i64> = room.then(|| quotient.clamp(0, greatest)).into_iter().collect();
                    assert_eq!(found, expected, "{sum} / {divisor}, up to {greatest}");
                }
            }
        }
    }

    /// Without the limb d - 1 - r a quotient has two witnesses: it is that limb which makes the remainder the only one.
    #[test]
    fn a_remainder_beyond_the_divisor_would_be_a_second_witness() {
        assert_eq!(witnesses(3, 2, 3, false), [0, 1]);
        assert_eq!(witnesses(3, 2, 3, true), [1]);
    }
}
