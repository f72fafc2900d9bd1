//! Of what a gated unit x·s(x) is a share s(x): the normal distribution, its logistic approximation, as integers.

use num_bigint::BigInt;

use crate::fixed::{floor_div, floor_sqrt};

/// Fraction bits of shares, and of what else tables are made of.
pub(super) const PRECISION: u32 = 192;
/// Fraction bits of exponentials: a density is multiplied by a series that comes near its inverse, 2¹⁸⁵.
const WIDE: u32 = 448;
/// From here on a share is 1: the normal distribution lacks less than 2⁻¹⁸⁸ to it.
const END: u64 = 16;
/// Halvings of an exponent before its series.
const HALVINGS: u32 = 8;

/// ⌊2^bits·x⌉ of arctan(1/n), by its series with guard bits; the remainder is below 2^−bits.
fn arctan_of_inverse(n: u32, bits: u32) -> BigInt {
    let (mut power, mut sum) = ((BigInt::from(1) << bits) / n, BigInt::from(0));
    let (square, mut index) = (n * n, 1);
    while power != BigInt::from(0) {
        let term = &power / index;
        if index % 4 == 1 {
            sum += term
        } else {
            sum -= term
        }
        power /= square;
        index += 2;
    }
    sum
}

/// 2^448·π, by Machin's formula.
fn pi() -> BigInt {
    const GUARD: u32 = 32;
    let bits = WIDE + GUARD;
    (arctan_of_inverse(5, bits) * 16 - arctan_of_inverse(239, bits) * 4) >> GUARD
}

/// 2^448·e^(−x) of 2^448·x ≥ 0: the series of e^(−x/2⁸), squared eight times; 0 beyond 2⁸.
fn decay(x: &BigInt) -> BigInt {
    let one = BigInt::from(1) << WIDE;
    let part: BigInt = x >> HALVINGS;
    if part >= one {
        return BigInt::from(0);
    }
    let (mut sum, mut term, mut index) = (BigInt::from(0), one, 0_u32);
    while term != BigInt::from(0) {
        if index.is_multiple_of(2) {
            sum += &term
        } else {
            sum -= &term
        }
        index += 1;
        term = ((term * &part) >> WIDE) / index;
    }
    for _ in 0..HALVINGS {
        sum = (&sum * &sum) >> WIDE;
    }
    sum
}

/// 2¹⁹²·Φ(n·2^−input) for n = 0, 1, … up to `most`.
pub(super) fn normal(input: u8, most: u64) -> Vec<BigInt> {
    let one = BigInt::from(1) << PRECISION;
    // 2^448·√(2π).
    let root = floor_sqrt(&(pi() << (WIDE + 1)));
    let share = |n: u64| {
        if n >= END << input {
            return one.clone();
        }
        // e^(−x²/2) / √(2π)
        let square = BigInt::from(n * n);
        let density = floor_div(&(decay(&((&square << WIDE) >> (2 * input + 1))) << WIDE), &root);
        // Σ x^(2k+1) / (1·3·…·(2k+1)): no term is negative, so that nothing cancels.
        let (mut sum, mut term) = (BigInt::from(0), (BigInt::from(n) << PRECISION) >> input);
        let mut odd = 1_u32;
        while term != BigInt::from(0) {
            sum += &term;
            odd += 2;
            term = ((term * &square) >> (2 * input)) / odd;
        }
        ((density * sum) >> WIDE) + (&one >> 1)
    };
    (0..=most).map(share).collect()
}

/// 2¹⁹² / (1 + e^(−w)) with w = √(8/π)·(x + 0.044715·x³), x = n·2^−input, for n = 0, 1, … up to `most`.
pub(super) fn logistic(input: u8, most: u64) -> Vec<BigInt> {
    let one = BigInt::from(1) << WIDE;
    // 2^448·√(8/π).
    let factor = floor_sqrt(&floor_div(&(BigInt::from(8) << (3 * WIDE)), &pi()));
    let share = |n: u64| {
        if n >= END << input {
            return BigInt::from(1) << PRECISION;
        }
        // 10⁶·2^(3·input)·(x + 0.044715·x³)
        let cubic =
            BigInt::from(n) * 1_000_000 * (BigInt::from(1) << (2 * input)) + BigInt::from(44_715) * n * n * n;
        let exponent = ((&factor * cubic) >> (3 * input)) / 1_000_000;
        floor_div(&(&one << PRECISION), &(&one + decay(&exponent)))
    };
    (0..=most).map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn float(value: &BigInt, bits: u32) -> f64 {
        let top: BigInt = value >> (bits - 60);
        i64::try_from(top).map_or(f64::INFINITY, |top| top as f64 / (1_u64 << 60) as f64)
    }

    #[test]
    fn constants_and_exponentials_are_right() {
        assert!((float(&(pi() >> 2), WIDE) - std::f64::consts::FRAC_PI_4).abs() < 1e-15);
        for (numerator, x) in [(0, 0.0), (1, 0.25), (37, 9.25), (400, 100.0)] {
            let found = float(&decay(&((BigInt::from(numerator) << WIDE) / 4)), WIDE);
            assert!((found - f64::exp(-x)).abs() < 1e-15, "{x}: {found}");
        }
        assert_eq!(decay(&(BigInt::from(256) << WIDE)), BigInt::from(0));
    }

    /// Values of tables of the normal distribution.
    #[test]
    fn shares_are_those_of_the_distributions() {
        let shares = normal(1, 40);
        for (n, expected) in
            [(0, 0.5), (1, 0.691_462_461_274_013), (2, 0.841_344_746_068_543), (6, 0.998_650_101_968_37)]
        {
            assert!((float(&(&shares[n] >> 1), PRECISION) * 2.0 - expected).abs() < 1e-14, "{n}");
        }
        assert!(shares.windows(2).all(|pair| pair[0] <= pair[1]));
        let shares = logistic(1, 40);
        for (n, share) in shares.iter().enumerate() {
            let x = n as f64 / 2.0;
            let w = (8.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x.powi(3));
            let expected = 1.0 / (1.0 + (-w).exp());
            assert!((float(&(share >> 1), PRECISION) * 2.0 - expected).abs() < 1e-14, "{n}");
        }
    }
}
