//! Random combinations of the second phase.

use halo2_proofs::plonk::{Advice, Column};

use super::lookup;
use super::set::ChipSet;
use crate::columns::LIMBS;

/// Second-phase column `column` of models.
pub fn second(chips: &ChipSet, column: usize) -> Column<Advice> {
    chips.second[lookup::columns(chips.bands) + column]
}

/// x⁰ … x⁸.
pub fn powers<T: Clone + std::ops::Mul<Output = T>>(x: &T, one: &T) -> [T; LIMBS + 1] {
    let mut power = one.clone();
    std::array::from_fn(|i| {
        if i > 0 {
            power = power.clone() * x.clone();
        }
        power.clone()
    })
}

/// Σ_c x^(7−c)·limb_c.
pub fn combine<T: Clone + std::ops::Mul<Output = T> + std::ops::Add<Output = T>>(
    limbs: [T; LIMBS],
    powers: &[T; LIMBS + 1],
) -> Option<T> {
    let terms = limbs.into_iter().zip(powers[..LIMBS].iter().rev());
    terms.map(|(limb, power)| limb * power.clone()).reduce(|sum, term| sum + term)
}
