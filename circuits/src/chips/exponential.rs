//! E(v) on the assignment: 2⁻ˣ by two look-ups ([`exponential`](crate::exponential)).
//!
//! v = 2³⁰·h + 2¹⁸·a + 2⁶·b + c, with h in 30 bits, a and b digits of the two tables, c in 6 bits: its digits, so that a v below 2⁶⁰ has no
//! others. T1·T2·(2⁴⁰ − c·λ) + 2⁷⁹ = 2⁸⁰·q + r, with r of 80 bits and q of 53; both sides are below 2¹³⁴. A bit says whether h = 0.

use num_bigint::BigInt;

use super::arith::{Arith, Entry, Wire, minus, one};
use crate::columns::table;
use crate::exponential::{DIGIT_BITS, FINE_BITS, LAST_BITS, OUTPUT_BITS, REMAINDER_BITS, SLOPE, tables};

/// Bits of v above its digits.
const HIGH_BITS: u32 = 30;
/// Bits of E(v).
pub const EXPONENTIAL_BITS: u32 = OUTPUT_BITS + 1;

/// A v by its digits.
#[derive(Debug)]
pub struct Exponent {
    /// v, of 60 bits: whoever asks for it determines it.
    pub v: Wire,
    high: Wire,
    coarse: Entry,
    fine: Entry,
    last: Wire,
}

impl Exponent {
    /// Of a v that another row determines.
    pub fn new(arith: &mut Arith<'_>, v: &BigInt) -> Self {
        let digit = |low: u32, bits: u32| (v >> low) & ((one() << bits) - 1);
        let tables = tables();
        let [coarse, fine] = table::EXPONENT;
        let high = arith.range_new(v >> (2 * DIGIT_BITS + LAST_BITS), HIGH_BITS);
        let coarse = arith.function(coarse, digit(DIGIT_BITS + LAST_BITS, DIGIT_BITS), |digit| {
            tables.coarse.get(digit).copied().unwrap_or_default()
        });
        let fine = arith.function(fine, digit(LAST_BITS, DIGIT_BITS), |digit| {
            tables.fine.get(digit).copied().unwrap_or_default()
        });
        let last = arith.range_new(digit(0, LAST_BITS), LAST_BITS);
        let (a, b) = (&coarse.digit, &fine.digit);
        let upper =
            arith.linear(&[(one() << (2 * DIGIT_BITS), &high), (one() << DIGIT_BITS, a), (one(), b)], 0);
        let v = arith.linear(&[(one() << LAST_BITS, &upper), (one(), &last)], 0);
        Self { v, high, coarse, fine, last }
    }

    /// E(v), at 2⁻⁵².
    pub fn power(&self, arith: &mut Arith<'_>) -> Wire {
        let entries = arith.product(&self.coarse.out, &self.fine.out);
        let last = arith.linear(&[(minus(SLOPE), &self.last)], one() << FINE_BITS);
        let value = arith.rounded_product(&entries, &last, REMAINDER_BITS, EXPONENTIAL_BITS);
        // 0 − high ≥ 0 only for high = 0.
        let negated = arith.linear(&[(minus(1), &self.high)], 0);
        let within = arith.not_negative(&negated, HIGH_BITS);
        arith.product(&within, &value)
    }
}
