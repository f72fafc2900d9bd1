//! Signed numbers with a clamp.
//!
//! A number c is ±m, m = four limbs below 2⁴⁷, and its clamp is y = ±min(m, limit):
//!
//! * m = Σ 2^(12i)·L_i for i < 4, L_3 < 2¹¹ because L_7 = 2·L_3 is a limb too: 0 ≤ m < 2⁴⁷, so |c| ≤ 2⁴⁷ − 1
//! * sign σ ∈ {0, 1}; m·inverse = σ and inverse·(1 − σ) = 0: a negative number is not 0, so 0 has one sign, and
//!   the inverse is 0 or determined
//! * with t = threshold/2¹² and h = ⌊m/2¹²⌋ = Σ 2^(12i)·L_{i+1}: the flag g ∈ {0, 1} has
//!   w = g·(h − t) + (1 − g)·(t − 1 − h), w = L_4 + 2¹²·L_5 + 2²⁴·L_6 ∈ [0, 2³⁶). As 0 ≤ h < 2³⁵ and
//!   1 ≤ t ≤ 2³⁵, exactly one g makes w non-negative: g = [m ≥ threshold]
//! * c = (1 − 2σ)·m and y = (1 − 2σ)·(g·limit + (1 − g)·m)
//!
//! Threshold and limit are K_5·2¹² and K_6; they are the same, or, for an odd limit, one apart, which is the same
//! function.

use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::set::{ChipSet, boolean, constant, digits};
use crate::assignment::{Assignment, Free};
use crate::columns::{Gate, LIMB_BITS, LIMBS, at, fixed_at, table};
use crate::fixed::{to_field, to_integer};

/// Limbs of the magnitude.
const MAGNITUDE: usize = 4;

/// A clamp: numbers at or above `threshold` become `limit`.
#[derive(Clone, Copy, Debug)]
pub struct Clamp {
    /// A multiple of 2¹², at most 2⁴⁷.
    pub threshold: u64,
    /// `threshold` or one less.
    pub limit: u64,
}

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    chips.gate(meta, Gate::Number, |q| {
        let limbs = q.limbs();
        let magnitude = digits(limbs[..MAGNITUDE].iter().cloned(), LIMB_BITS);
        let high = digits(limbs[1..MAGNITUDE].iter().cloned(), LIMB_BITS);
        let gap = digits(limbs[MAGNITUDE..LIMBS - 1].iter().cloned(), LIMB_BITS);
        let (threshold, limit) = (q.k(5), q.k(6));
        let sign = q.advice(at::SIGN, 0);
        let over = q.advice(at::OVER, 0);
        let inverse = q.advice(at::INVERSE, 0);
        let number = q.advice(at::NUMBER, 0);
        let clamped = q.advice(at::CLAMPED, 0);
        let factor = constant(1) - sign.clone() * Fr::from(2);
        let under = constant(1) - over.clone();
        let clamp = over.clone() * limit + under.clone() * magnitude.clone();
        vec![
            ("top limb < 2^11", limbs[LIMBS - 1].clone() - limbs[MAGNITUDE - 1].clone() * Fr::from(2)),
            ("sign is 0 or 1", boolean(sign.clone())),
            ("over is 0 or 1", boolean(over.clone())),
            ("m * inverse = sign", magnitude.clone() * inverse.clone() - sign.clone()),
            ("inverse = 0 unless negative", inverse * (constant(1) - sign)),
            (
                "gap = over ? h - t : t - 1 - h",
                gap - over * (high.clone() - threshold.clone()) - under * (threshold - constant(1) - high),
            ),
            ("number = +-m", number - factor.clone() * magnitude),
            ("clamped = +-min(m, limit)", clamped - factor * clamp),
        ]
    });
}

/// Assigns a number and its clamp to `row`; returns the clamped number.
///
/// Numbers of 2⁴⁷ or more do not fit: the circuit is then not satisfied.
pub fn assign(assignment: &mut Assignment, row: usize, number: &BigInt, clamp: Clamp) -> BigInt {
    let mask = BigInt::from((1 << LIMB_BITS) - 1);
    let digit = |value: &BigInt, i: usize| (value >> (LIMB_BITS * i as u32)) & &mask;
    let sign = assignment.free(Free::Sign, at::SIGN, row, u8::from(*number < BigInt::from(0)));
    let factor = BigInt::from(1) - &sign * 2;
    let magnitude = number * &factor;
    let high: BigInt = &magnitude >> LIMB_BITS;
    let threshold = BigInt::from(clamp.threshold >> LIMB_BITS);
    let over = assignment.free(Free::Clamp, at::OVER, row, u8::from(high >= threshold));
    let under = BigInt::from(1) - &over;
    let gap = &over * (&high - &threshold) + &under * (&threshold - 1 - high);
    for i in 0..MAGNITUDE {
        assignment.write_int(at::LIMB + i, row, digit(&magnitude, i));
    }
    for i in 0..LIMBS - 1 - MAGNITUDE {
        assignment.write_int(at::LIMB + MAGNITUDE + i, row, digit(&gap, i));
    }
    assignment.write_int(at::LIMB + LIMBS - 1, row, digit(&magnitude, MAGNITUDE - 1) * 2);
    let inverse = to_field(&magnitude).invert().unwrap_or(Fr::zero()) * to_field(&sign);
    let inverse = assignment.told(at::INVERSE, row, to_integer(inverse));
    let clamped = factor * (&over * clamp.limit + under * magnitude);
    let clamped = assignment.told(at::CLAMPED, row, clamped);
    assignment.write_int(at::SIGN, row, sign);
    assignment.write_int(at::OVER, row, over);
    assignment.write_int(at::INVERSE, row, inverse);
    assignment.write_int(at::NUMBER, row, number.clone());
    assignment.write_int(at::CLAMPED, row, clamped.clone());
    assignment.fix(fixed_at::K + 5, row, threshold);
    assignment.fix(fixed_at::K + 6, row, clamp.limit);
    assignment.enable(Gate::Number, row);
    clamped
}

/// Makes the number of `row` be 0: its limbs may be nothing else.
pub fn forbid(assignment: &mut Assignment, row: usize) {
    assign(assignment, row, &BigInt::from(0), Clamp { threshold: 1 << LIMB_BITS, limit: 1 << LIMB_BITS });
    for i in 0..MAGNITUDE {
        assignment.fix(fixed_at::TAG + i, row, table::ZERO);
    }
}

const _: () = assert!(MAGNITUDE as u32 * LIMB_BITS == 48);
