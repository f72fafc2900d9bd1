//! The score of an isolation forest from the sum of its paths.

use std::sync::LazyLock;

use num_bigint::BigInt;

use crate::exponential::Exponential;
use crate::fixed::{round_div, round_narrow};

/// Most samples of a tree.
pub const SAMPLES: usize = 256;
/// Fraction bits of depths and of e.
const DEPTH_BITS: u32 = 24;
/// 1 at 2⁻³².
const ONE: u64 = 1 << 32;
/// Fraction bits of intermediate values of [`mean_depths`].
const PRECISION: u32 = 192;
/// ⌊2¹⁹²·γ⌋, Euler's constant, in 64-bit digits.
const EULER: [u64; 3] = [0x93c4_67e3_7db0_c7a4, 0xd1be_3f81_0152_cb56, 0xa1ce_cc3a_f65c_c019];

static MEAN_DEPTHS: LazyLock<[u64; SAMPLES + 1]> = LazyLock::new(|| {
    let digit = |sum: BigInt, digit: &u64| (sum << 64) + digit;
    let euler = EULER.iter().fold(BigInt::from(0), digit);
    let one = BigInt::from(1) << PRECISION;
    // ln 1, ln 2, …: ln k − ln(k − 1) = 2·artanh(1/(2k − 1)).
    let mut logarithm = BigInt::from(0);
    let mut depths = [0; SAMPLES + 1];
    depths[2] = 1 << DEPTH_BITS;
    for (n, depth) in depths.iter_mut().enumerate().skip(3) {
        let x = BigInt::from(2 * (n - 1) - 1);
        let (mut power, mut odd) = (&one / &x, 1u32);
        while power > BigInt::from(0) {
            logarithm += &power * 2 / odd;
            power /= &x * &x;
            odd += 2;
        }
        let c = (&logarithm + &euler) * 2 - &one * (2 * (n - 1)) / n;
        *depth = u64::try_from(round_div(&(c << DEPTH_BITS), &one)).unwrap_or(u64::MAX);
    }
    depths
});

/// C\[n\] at 2⁻²⁴, for n up to [`SAMPLES`].
pub fn mean_depths() -> &'static [u64; SAMPLES + 1] {
    &MEAN_DEPTHS
}

/// C\[n\], if it is in the table.
pub fn mean_depth(samples: usize) -> Option<u64> {
    MEAN_DEPTHS.get(samples).copied()
}

/// What a forest says of a fingerprint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Isolation {
    /// E, the sum over the trees of d·2²⁴ + C\[m\], 37 bits.
    pub path_sum: u64,
    /// e, at 2⁻²⁴.
    pub exponent: u64,
    /// E(e), with what shows it.
    pub exponential: Exponential,
    /// s, at 2⁻³².
    pub score: u64,
    /// F, at 2⁻³².
    pub normalised: u64,
    /// s > θ.
    pub anomalous: bool,
}

impl Isolation {
    /// Of a sum over `trees` trees of `samples` samples each, with θ at 2⁻³²: none if a tree has no path that could be long, which takes
    /// two samples at least, or more samples than the table has, or there is no tree.
    pub fn new(path_sum: u64, trees: usize, samples: usize, threshold: u64) -> Option<Self> {
        let usual = u128::from(mean_depth(samples)?) * trees as u128;
        if usual == 0 {
            return None;
        }
        let exponent = round_narrow(u128::from(path_sum) << DEPTH_BITS, usual);
        let exponential = Exponential::new(exponent);
        let score = round_narrow(exponential.value.into(), 1 << 20);
        let normalised = (2 * score).saturating_sub(ONE).min(ONE);
        Some(Self { path_sum, exponent, exponential, score, normalised, anomalous: score > threshold })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_depths_are_pinned() {
        let depths = mean_depths();
        assert_eq!([0, 1, 2, 3, 256].map(|n| depths[n]), [0, 0, 1 << 24, 20_256_682, 171_878_735]);
        assert!(depths[1..].is_sorted_by(|a, b| a < b));
        assert_eq!(mean_depth(257), None);
        for (n, depth) in depths.iter().enumerate().skip(3) {
            #[expect(clippy::cast_precision_loss, reason = "compared with what doubles hold")]
            let (n, found) = (n as f64, *depth as f64);
            let exact = 2.0 * ((n - 1.0).ln() + 0.577_215_664_901_532_9) - 2.0 * (n - 1.0) / n;
            assert!((found - exact * 2f64.powi(24)).abs() < 0.5 + 1e-6, "{n}");
        }
    }

    #[test]
    fn scores_fall_with_the_sum() {
        let usual = mean_depth(256).unwrap() * 100;
        let of = |sum| Isolation::new(sum, 100, 256, 1 << 31).unwrap();
        assert_eq!((of(0).score, of(0).normalised), (ONE, ONE));
        assert_eq!((of(usual).exponent, of(usual).score, of(usual).normalised), (1 << 24, ONE / 2, 0));
        assert!(!of(usual).anomalous, "not above the threshold but at it");
        assert!(of(usual - 10_000).anomalous && of(usual - 10_000).normalised > 0);
        assert!(of(3 * usual).normalised == 0);
        for impossible in
            [Isolation::new(1, 0, 256, 0), Isolation::new(1, 1, 1, 0), Isolation::new(1, 1, 257, 0)]
        {
            assert_eq!(impossible, None);
        }
    }
}
