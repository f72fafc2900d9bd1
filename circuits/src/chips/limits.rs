//! What is at most a limit or at least 0, quotients by a constant, sums, and bits made from bits.

use num_bigint::BigInt;

use super::arith::{Arith, Wire, minus, one};

impl Arith<'_> {
    /// min(x, limit), for |x − limit| < 2^bits.
    pub fn at_most(&mut self, x: &Wire, limit: impl Into<BigInt>, bits: u32) -> Wire {
        let over = x.clone().less(limit);
        let bit = self.not_negative(&over, bits);
        self.multiply_add(-1, Some((&bit, &over)), &[(one(), x)], 0)
    }

    /// max(x, 0), for |x| < 2^bits.
    pub fn at_least_zero(&mut self, x: &Wire, bits: u32) -> Wire {
        let bit = self.not_negative(x, bits);
        self.product(&bit, x)
    }

    /// ⌊(Σ coefficient·wire + constant) / divisor⌋ of `bits` bits, of what is not negative: with a remainder from 0 to divisor − 1.
    pub fn divided(&mut self, terms: &[(BigInt, &Wire)], constant: u128, divisor: u128, bits: u32) -> Wire {
        let sum: BigInt = terms.iter().map(|(k, wire)| k * &wire.value).sum::<BigInt>() + constant;
        let quotient = self.range_new(sum / divisor, bits);
        let mut terms = terms.to_vec();
        terms.push((minus(divisor), &quotient));
        let spare = u128::BITS - divisor.leading_zeros();
        let remainder = self.remainder(0, None, &terms, constant, spare);
        self.below(&remainder, &[], divisor, spare);
        quotient
    }

    /// Whether one of two bits is 1.
    pub fn either(&mut self, a: &Wire, b: &Wire) -> Wire {
        self.multiply_add(-1, Some((a, b)), &[(one(), a), (one(), b)], 0)
    }

    /// Σ factor·value, a row for each.
    pub fn dot<'w>(&mut self, factors: &[Wire], values: impl IntoIterator<Item = &'w Wire>) -> Wire {
        let mut sum: Option<Wire> = None;
        for pair in factors.iter().zip(values) {
            let before: Vec<_> = sum.iter().map(|sum| (one(), sum)).collect();
            sum = Some(self.multiply_add(1, Some(pair), &before, 0));
        }
        sum.unwrap_or_else(|| self.constant(0))
    }

    /// Σ wire.
    pub fn sum(&mut self, wires: &[Wire]) -> Wire {
        let terms: Vec<_> = wires.iter().map(|wire| (one(), wire)).collect();
        self.linear(&terms, 0)
    }
}
