//! Operators over groups of activations: two rows of elements multiplied, maxima, softmax, norms.
//!
//! **Products of activations.** As W·x, with a second tensor instead of weights: u_i = Σ_o ρ^(O−1−o)·b_oi of its rows, four wires a row,
//! then x̂_i below it. ρ and σ are independent, or sums over p + o = const would be all that is bound.
//!
//! **Softmax**, one row an element. w₀ is the element, w₂ the greatest one and w₃ the sum of exponentials, both the same in all rows of a
//! group. The first limb is the clamped distance w₂ − w₀ with its exponential beside it; s₀ adds these up, s₁ multiplies the distances.
//!
//! **Norm.** Four elements a row, s₀ = Σx and s₁ = Σx²; a row for the root of the radicand, w₂ = Σx and w₃ = root; then a row an
//! element, with its quotient on w₁. Sums of
//! cells do for sums of elements, since neither n·x − Σx nor n·Σx² − (Σx)² changes with what all elements of a group lack.
//!
//! | hint | range | why no second value |
//! |---|---|---|
//! | greatest of a group | limbs of its distances | no distance is negative, and their product is 0: it is the greatest. (A flag that says where would have two values at ties.) |
//! | flag of a distance, excess | 0 or 1; a limb | the distance is in the table, or beyond its last entry by excess + 1 |
//! | quotient of an exponential | a limb; r and 2S − 1 − r two limbs each | Euclid, by 2S, which is at least 2 as the entry of 0 is in the sum |
//! | root g of v | g, v − g² and 2g − (v − g²) two limbs each | g² ≤ v < (g + 1)²; v < 2^(4λ − 2), so nothing wraps |
//! | quotient q of a norm | as y, f, e of a slot make it; a remainder as above | Euclid, by 2g ≥ 2: v is at least epsilon, which is at least 1 |
//!
//! Budgets: 2^(power + 1)·n·|x| < 2^(15 + 12 + 14), quotients with two limbs of excess times 2g < 2^(2λ): below 2⁵⁸.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;

use super::coefficients::{CARRY, COUNT, EPSILON, GREATEST, MULTIPLIER, NUMERATOR, SCALE, SHIFT, WIRES};
use super::slot::{Slot, join, slots, wires};
use crate::chips::set::{ChipSet, boolean, constant};
use crate::columns::{Gate, at};
use crate::fixed::power_of_two;

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    product(meta, chips);
    maximum(meta, chips);
    softmax(meta, chips);
    norm(meta, chips);
}

/// s carried on from the row above, or `start`.
fn carried(carry: &Expression<Fr>, above: Expression<Fr>, start: u64) -> Expression<Fr> {
    carry.clone() * (above - constant(start)) + constant(start)
}

fn product(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    chips
        .gate(meta, Gate::GraphProduct, |q| slots(q, |q, half| q.advice(at::ACC[half], 0) * q.k(MULTIPLIER)));
}

fn maximum(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    chips.gate(meta, Gate::GraphMaximum, |q| {
        let limbs = q.limbs();
        let greatest = limbs[0].clone();
        let distances = wires(q, 0).map(|wire| greatest.clone() - wire);
        let [product, three] = at::ACC.map(|column| q.advice(column, 0));
        let carry = q.k(CARRY);
        let before = carried(&carry, q.advice(at::ACC[0], -1), 1);
        let stays = limbs[0].clone() - q.advice(at::LIMB, -1);
        let mut constraints = vec![
            ("the greatest goes on", carry * stays),
            ("s1 = d0 d1 d2", three.clone() - limbs[1].clone() * limbs[2].clone() * limbs[3].clone()),
            ("s0 = s0' d0 d1 d2 d3", product - before * three * limbs[4].clone()),
        ];
        let equal = |(distance, limb): (Expression<Fr>, &Expression<Fr>)| {
            ("d = greatest - x", distance - limb.clone())
        };
        constraints.extend(distances.into_iter().zip(&limbs[1..]).map(equal));
        constraints
    });
}

fn softmax(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let radix = Expression::Constant(power_of_two(chips.limb_bits()));
    chips.gate(meta, Gate::GraphSoftmax, |q| {
        let limbs = q.limbs();
        let [x, _, greatest, total] = wires(q, 0);
        let [sum, product] = at::ACC.map(|column| q.advice(column, 0));
        let [sum_before, product_before] = at::ACC.map(|column| q.advice(column, -1));
        let (end, carry) = (q.advice(at::END[0], 0), q.k(CARRY));
        let [y, excess, quotient] = [0, 1, 4].map(|i| limbs[i].clone());
        let distance = greatest - x;
        let exponential = q.advice(at::OUT[0], 0);
        let divisor = total * constant(2);
        let remainder = limbs[2].clone() + radix.clone() * limbs[3].clone();
        let lacks = limbs[5].clone() + radix.clone() * limbs[6].clone();
        let numerator = exponential.clone() * q.k(NUMERATOR) + q.advice(at::WIRE[3], 0);
        vec![
            (
                "d = y + f (e + 1)",
                distance.clone() - y.clone() - end.clone() * (excess.clone() + constant(1)),
            ),
            ("f is 0 or 1", boolean(end.clone())),
            ("f = 1: the last entry", end.clone() * (y - q.k(GREATEST))),
            ("f = 0: no excess", (constant(1) - end) * excess),
            ("s0 = s0' + exponential", sum - carried(&carry, sum_before, 0) - exponential),
            ("s1 = s1' d", product - carried(&carry, product_before, 1) * distance),
            ("numerator = p 2S + r", numerator - quotient * divisor.clone() - remainder.clone()),
            ("r < 2S", lacks + remainder + constant(1) - divisor),
        ]
    });
    chips.gate(meta, Gate::GraphSoftmaxEnd, |q| {
        let [sum, product] = at::ACC.map(|column| q.advice(column, 0));
        vec![("S = s0", q.advice(at::WIRE[3], 0) - sum), ("some d is 0", product)]
    });
}

fn norm(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let limb = chips.limb_bits();
    chips.gate(meta, Gate::GraphMoments, |q| {
        let wires = wires(q, 0);
        let carry = q.k(CARRY);
        let [sum, squares] = at::ACC.map(|column| q.advice(column, 0));
        let [sum_before, squares_before] = at::ACC.map(|column| q.advice(column, -1));
        let [mut own, mut own_squares] = [constant(0), constant(0)];
        for (i, wire) in wires.into_iter().enumerate() {
            let x = q.k(WIRES + i) * wire.clone();
            own = own + x.clone();
            own_squares = own_squares + x * wire;
        }
        vec![
            ("s0 = s0' + x0 + .. + x3", sum - carried(&carry, sum_before, 0) - own),
            ("s1 = s1' + x0^2 + .. + x3^2", squares - carried(&carry, squares_before, 0) - own_squares),
        ]
    });
    chips.gate(meta, Gate::GraphDeviation, |q| {
        let [sum, squares] = at::ACC.map(|column| q.advice(column, -1));
        let [_, _, total, root] = wires(q, 0);
        let [digits, rest, lacks] = [0, 2, 4].map(|first| join(q, first, first + 2));
        let radicand = q.k(COUNT) * squares - sum.clone() * sum.clone() + q.k(EPSILON);
        vec![
            ("w2 = sum", total - sum),
            ("root = limbs", root.clone() - digits),
            ("v - g^2 = limbs", radicand - root.clone() * root.clone() - rest.clone()),
            ("2 g - (v - g^2) = limbs", root * constant(2) - rest - lacks),
        ]
    });
    chips.gate(meta, Gate::GraphNorm, |q| {
        let [x, quotient, total, root] = wires(q, 0);
        let divisor = root.clone() * constant(2);
        let numerator = (x * q.k(COUNT) - total) * q.k(SCALE) + root * q.k(SHIFT);
        let [excess, remainder, lacks] = [1, 3, 5].map(|first| join(q, first, first + 2));
        let slot = Slot {
            sum: quotient.clone(),
            divisor: constant(1),
            y: q.limbs()[0].clone(),
            remainder: constant(0),
            excess,
            end: q.advice(at::END[0], 0),
            greatest: constant((1 << limb) - 1),
        };
        let mut constraints = slot.constraints();
        constraints.extend([
            ("numerator = q 2g + r", numerator - quotient * divisor.clone() - remainder.clone()),
            ("r < 2g", lacks + remainder + constant(1) - divisor),
        ]);
        constraints
    });
}
