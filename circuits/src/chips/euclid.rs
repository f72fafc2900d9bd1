//! Division with a divisor that is itself a wire.

use num_bigint::BigInt;

use super::arith::{Arith, Wire};
use crate::assignment::Free;
use crate::fixed::floor_div;

/// What a division is by.
#[derive(Debug)]
pub struct Divisor<'w> {
    /// A wire, at least 1.
    pub wire: &'w Wire,
    /// Times so much.
    pub factor: u32,
    /// Bits of the product.
    pub bits: u32,
}

/// ⌊(Σ coefficient·wire + constant) / (factor·divisor)⌋ of `bits` bits, for a sum that is not negative: sum = divisor·q + r, with r and
/// divisor − 1 − r in the divisor's bits, so that r is from 0 to below the divisor and no second q fits. Rounded to the nearest, ⌊n / d⌉
/// is ⌊(2·n + d) / (2·d)⌋.
pub fn floor(
    arith: &mut Arith<'_>,
    sum: &[(BigInt, &Wire)],
    constant: impl Into<BigInt>,
    divisor: &Divisor<'_>,
    bits: u32,
) -> Wire {
    let constant = constant.into();
    let factor = BigInt::from(divisor.factor);
    let value: BigInt = sum.iter().map(|(k, wire)| k * &wire.value).sum::<BigInt>() + &constant;
    // A divisor is positive unless a test falsifies the assignment.
    let by = (&factor * &divisor.wire.value).max(1.into());
    let quotient = arith.range_free(Free::Mean, floor_div(&value, &by), bits);
    let pair = Some((&quotient, divisor.wire));
    let remainder = arith.remainder(-&factor, pair, sum, constant, divisor.bits);
    arith.below(&remainder, &[(factor, divisor.wire)], 0, divisor.bits);
    quotient
}
