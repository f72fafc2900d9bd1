//! The score of an isolation forest in integers, and the greatest sum that is flagged.

use num_bigint::BigInt;

use foldproof_circuits::exponential::exponential;
use foldproof_circuits::fixed::round_div;

/// The constant of Euler and Mascheroni.
const GAMMA: f64 = 0.577_215_664_901_532_9;

/// Mean depth of a leaf in a tree that separates n samples, c(n).
pub fn mean_depth(n: u32) -> f64 {
    match n {
        0 | 1 => 0.0,
        2 => 1.0,
        n => {
            let n = f64::from(n);
            2.0 * ((n - 1.0).ln() + GAMMA) - 2.0 * (n - 1.0) / n
        }
    }
}

/// C[n] = ⌊2²⁴·c(n)⌉.
pub fn depth(n: u32) -> i64 {
    #[expect(clippy::cast_possible_truncation, reason = "below 2^32 for any count of samples")]
    let rounded = (mean_depth(n) * 2f64.powi(24)).round() as i64;
    rounded
}

/// s at 2⁻³² of a sum E over `trees` trees of ψ samples.
fn score(sum: u64, trees: u64, psi: u32) -> u64 {
    let divisor = BigInt::from(trees) * BigInt::from(depth(psi).max(1));
    let e = round_div(&(BigInt::from(sum) << 24), &divisor);
    let e = u64::try_from(e).unwrap_or(u64::MAX);
    (exponential(e) + (1 << 19)) >> 20
}

/// The greatest sum whose score is above θ; none if not even 0 is.
pub fn greatest_flagged(theta: i64, trees: u64, psi: u32) -> Option<u64> {
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
    use foldproof_circuits::stages::anomaly::{Isolation, mean_depths};

    use super::*;

    /// Of as many samples as the analytics have a table for.
    #[test]
    fn depths_are_those_of_the_analytics() {
        for (n, expected) in (0..).zip(mean_depths()) {
            assert_eq!(depth(n).unsigned_abs(), *expected, "{n}");
        }
        let isolation = Isolation::new(1_234_567_890, 100, 256, 0).unwrap();
        assert_eq!(score(1_234_567_890, 100, 256), isolation.score);
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
