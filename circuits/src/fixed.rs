//! Exact integers and the one rounding rule.
//!
//! Everything the pipeline rounds, it rounds here: [`round_div`], [`round_ratio`], [`round_narrow`] and [`round_shift`] are ⌊x⌉ = ⌊x + 1/2⌋, [`floor_div`] and
//! [`floor_sqrt`] are what the text of the specification calls floors.

use ff::PrimeField;
use halo2curves::bn256::Fr;
use num_bigint::{BigInt, Sign};

/// ⌊n / d⌋ for d > 0.
pub fn floor_div(n: &BigInt, d: &BigInt) -> BigInt {
    let quotient = n / d;
    if (n - &quotient * d).sign() == Sign::Minus { quotient - 1 } else { quotient }
}

/// ⌊n / d⌉ = ⌊n/d + 1/2⌋ for d > 0: round half up.
pub fn round_div(n: &BigInt, d: &BigInt) -> BigInt {
    floor_div(&(n * 2 + d), &(d * 2))
}

/// ⌊n / d⌉ for d > 0, round half up, of n and d whose doubles and their sum have at most 128 bits.
pub fn round_ratio(n: u128, d: u128) -> u128 {
    (2 * n + d) / (2 * d)
}

/// ⌊n / d⌉ as [`round_ratio`], of at most 64 bits.
pub fn round_narrow(n: u128, d: u128) -> u64 {
    narrow(round_ratio(n, d))
}

/// What has at most 64 bits, by what its reader knows of it.
pub fn narrow(value: u128) -> u64 {
    u64::try_from(value).unwrap_or(u64::MAX)
}

/// ⌊x / 2^bits⌉, round half up.
pub fn round_shift(x: i128, bits: u32) -> i128 {
    (x + (1 << (bits - 1))) >> bits
}

/// ⌊√x⌋ for x ≥ 0.
pub fn floor_sqrt(x: &BigInt) -> BigInt {
    x.sqrt()
}

/// The only embedding of signed integers into the field: n ↦ n mod p. Meant for |n| < p/2.
pub fn to_field(n: &BigInt) -> Fr {
    // Nearly all have one digit.
    let mut digits = n.iter_u64_digits().rev();
    let highest = Fr::from(digits.next().unwrap_or_default());
    let field = digits.fold(highest, |sum, digit| sum * Fr::from_u128(1 << 64) + Fr::from(digit));
    if n.sign() == Sign::Minus { -field } else { field }
}

/// The integer in [0, p) that a field element stands for.
pub fn to_integer(value: Fr) -> BigInt {
    BigInt::from_bytes_le(Sign::Plus, value.to_repr().as_ref())
}

/// The integer that a field element stands for, if it is below 2⁶⁴.
pub fn to_u64(value: Fr) -> Option<u64> {
    let repr = value.to_repr();
    let (low, high) = repr.as_ref().split_at(8);
    high.iter()
        .all(|byte| *byte == 0)
        .then(|| low.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// 2^bits in the field, for bits below 253.
pub fn power_of_two(bits: u32) -> Fr {
    to_field(&(BigInt::from(1) << bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_round_up() {
        let round = |n: i64, d: i64| round_div(&n.into(), &d.into());
        for (n, d, expected) in
            [(1, 2, 1), (-1, 2, 0), (-3, 2, -1), (3, 2, 2), (7, 3, 2), (-7, 3, -2), (5, 1, 5)]
        {
            assert_eq!(round(n, d), expected.into(), "{n}/{d}");
            if let (Ok(n), Ok(d), Ok(expected)) = (n.try_into(), d.try_into(), u128::try_from(expected)) {
                assert_eq!(round_ratio(n, d), expected, "{n}/{d}");
            }
        }
        assert_eq!(
            [round_shift(-1, 1), round_shift(1, 1), round_shift(-3, 1), round_shift(-5, 2)],
            [0, 1, -1, -1]
        );
    }

    #[test]
    fn floors_go_down() {
        assert_eq!(floor_div(&(-1).into(), &5.into()), (-1).into());
        assert_eq!(floor_div(&(-5).into(), &5.into()), (-1).into());
        assert_eq!(floor_sqrt(&24.into()), 4.into());
    }

    #[test]
    fn the_field_holds_signs() {
        assert_eq!(to_field(&(-3).into()) + Fr::from(3), Fr::zero());
        assert_eq!(to_field(&(BigInt::from(1) << 200)), power_of_two(100) * power_of_two(100));
        for (value, small) in [(0u128, Some(0)), (u64::MAX.into(), Some(u64::MAX)), (1 << 64, None)] {
            assert_eq!(to_integer(to_field(&value.into())), value.into());
            assert_eq!(to_u64(to_field(&value.into())), small);
        }
    }
}
