//! The score of an isolation forest in integers: 2^−x as the analytics define it, and the greatest sum that is flagged.

use num_bigint::BigInt;

use foldproof_circuits::fixed::round_div;

/// Fraction bits of intermediate values.
const PRECISION: u32 = 192;
/// ⌊2¹⁶·ln 2⌉.
const LN2: u64 = 45_426;

/// 2^−(n/2^bits) at 2^−`PRECISION`, for n < 2^bits·2^12.
fn power(n: u64, bits: u32) -> BigInt {
    let one = BigInt::from(1) << PRECISION;
    let (whole, fraction) = (n >> bits, n & ((1 << bits) - 1));
    let mut value: BigInt = one.clone();
    // 2^−1/2, 2^−1/4, …
    let mut root: BigInt = &one >> 1;
    for place in (0..bits).rev() {
        root = BigInt::sqrt(&(root << PRECISION));
        if fraction >> place & 1 == 1 {
            value = (value * &root) >> PRECISION;
        }
    }
    value >> u32::try_from(whole).unwrap_or(PRECISION).min(PRECISION)
}

/// E(v): 2^−(v/2²⁴) at 2⁻⁵², rounded once.
pub(super) fn exponential(v: u64) -> BigInt {
    if v >= 1 << 30 {
        return BigInt::from(0);
    }
    let (a, b, c) = (v >> 18, v >> 6 & 4095, v & 63);
    let one = BigInt::from(1) << PRECISION;
    let first = round_div(&(power(a, 6) << 52), &one);
    let second = round_div(&(power(b, 18) << 40), &one);
    let last = (BigInt::from(1) << 40) - BigInt::from(c * LN2);
    round_div(&(first * second * last), &(BigInt::from(1) << 80))
}

/// C[n] = ⌊2²⁴·c(n)⌉.
pub(super) fn depth(n: u32) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "below 2^32 for any count of samples")]
    let rounded = (crate::model::graph::trees::isolation::mean_depth(n) * 2f64.powi(24)).round() as i64;
    rounded
}

/// s at 2⁻³² of a sum E over `trees` trees of ψ samples.
pub(super) fn score(sum: u64, trees: u64, psi: u32) -> u64 {
    let divisor = BigInt::from(trees) * BigInt::from(depth(psi).max(1));
    let e = round_div(&(BigInt::from(sum) << 24), &divisor);
    let e = u64::try_from(e).unwrap_or(u64::MAX);
    let s = round_div(&exponential(e), &(BigInt::from(1) << 20));
    u64::try_from(s).unwrap_or(0)
}

/// The greatest sum whose score is above θ; none if not even 0 is.
pub(super) fn greatest_flagged(theta: i64, trees: u64, psi: u32) -> Option<u64> {
    let flagged = |sum: u64| i64::try_from(score(sum, trees, psi)).unwrap_or(i64::MAX) > theta;
    if !flagged(0) {
        return None;
    }
    let (mut low, mut high) = (0, 1_u64 << 40);
    while high - low > 1 {
        let middle = (low + high) / 2;
        if flagged(middle) { low = middle } else { high = middle }
    }
    Some(low)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_exponential_of_the_analytics() {
        assert_eq!(exponential(0), BigInt::from(1_u64 << 52));
        assert_eq!(exponential(1 << 24), BigInt::from(1_u64 << 51));
        assert_eq!((depth(3), depth(256)), (20_256_682, 171_878_735));
        for v in [1_u64, 63, 64, 12_345_678, 7_000_001, 99_999_999] {
            let exact = (-(v as f64) / 2f64.powi(24)).exp2();
            let found: f64 = exponential(v).to_string().parse::<f64>().unwrap() / 2f64.powi(52);
            assert!((found - exact).abs() < 1e-11, "{v}: {found}, {exact}");
        }
    }

    /// Scores fall with the sum around a threshold, so that one comparison of sums decides.
    #[test]
    fn a_threshold_on_the_sum_is_one_on_the_score() {
        for theta in [2_343_252_000_i64, 1 << 31, 1_900_000_000] {
            let greatest = greatest_flagged(theta, 100, 256).unwrap();
            for near in (1..200).chain([1_000, 100_000, 10_000_000]) {
                assert!(i64::try_from(score(greatest + near, 100, 256)).unwrap() <= theta);
                assert!(i64::try_from(score(greatest - near + 1, 100, 256)).unwrap() > theta);
            }
        }
    }
}
