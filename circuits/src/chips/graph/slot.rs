//! Half a row, and what gates read rows with.

use halo2_proofs::plonk::Expression;
use halo2curves::bn256::Fr;

use super::coefficients::{ADDED, GREATEST};
use crate::chips::set::{ChipSet, Query, constant, digits};
use crate::columns::{LIMBS, at};
use crate::fixed::power_of_two;

/// Half a row.
pub struct Slot {
    /// What is divided, with all that is added.
    pub sum: Expression<Fr>,
    pub divisor: Expression<Fr>,
    pub y: Expression<Fr>,
    pub remainder: Expression<Fr>,
    pub excess: Expression<Fr>,
    pub end: Expression<Fr>,
    pub greatest: Expression<Fr>,
}

impl Slot {
    pub fn constraints(self) -> Vec<(&'static str, Expression<Fr>)> {
        let Self { sum, divisor, y, remainder, excess, end, greatest } = self;
        let quotient = y.clone() + end.clone() * (excess.clone() + constant(1));
        let one = constant(1);
        vec![
            ("n = (y + f (e + 1)) d + r", sum - quotient * divisor - remainder),
            ("f is -1, 0 or 1", end.clone() * (end.clone() - one.clone()) * (end.clone() + one.clone())),
            ("f = -1: the least", end.clone() * (end.clone() - one.clone()) * y.clone()),
            ("f = 1: the greatest", end.clone() * (end.clone() + one.clone()) * (y - greatest)),
            ("f = 0: no excess", (one.clone() - end.clone() * end) * excess),
        ]
    }
}

/// Both halves of a row, of sums that are divided by 2^λ.
pub fn slots(
    q: &mut Query<'_, '_>,
    sum: impl Fn(&mut Query<'_, '_>, usize) -> Expression<Fr>,
) -> Vec<(&'static str, Expression<Fr>)> {
    let limb = q.chips.limb_bits();
    let slots = [0, 1].map(|half| {
        let limbs = q.limbs();
        let first = half * LIMBS / 2;
        Slot {
            sum: sum(q, half) + q.k(ADDED),
            divisor: Expression::Constant(power_of_two(limb)),
            y: limbs[first].clone(),
            remainder: limbs[first + 1].clone(),
            excess: join(q, first + 2, first + 4),
            end: q.advice(at::END[half], 0),
            greatest: q.k(GREATEST),
        }
    });
    slots.into_iter().flat_map(Slot::constraints).collect()
}

/// Limbs `from` to before `to` as one number.
pub fn join(q: &mut Query<'_, '_>, from: usize, to: usize) -> Expression<Fr> {
    let limbs = q.limbs();
    let bits = q.chips.limb_bits();
    digits(limbs.into_iter().take(to).skip(from), bits)
}

pub fn wires(q: &mut Query<'_, '_>, rotation: i32) -> [Expression<Fr>; 4] {
    at::WIRE.map(|column| q.advice(column, rotation))
}

/// A signed number of limbs with half its range on top.
pub fn signed(digits: Expression<Fr>, bits: u32) -> Expression<Fr> {
    digits - Expression::Constant(power_of_two(bits - 1))
}

impl ChipSet {
    /// λ.
    ///
    /// # Panics
    /// If there is no graph.
    pub(super) fn limb_bits(&self) -> u32 {
        self.bands.graph.map(|graph| graph.limb_bits).unwrap_or_else(|| panic!("there are no graphs"))
    }
}
