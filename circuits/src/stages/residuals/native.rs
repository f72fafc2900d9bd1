//! Residual statistics in native integers.

use std::cmp::Reverse;

use crate::fingerprint::VECTORS;
use crate::fixed::{narrow, round_narrow};

/// Bits of a residual.
pub const ROOT_BITS: u32 = 34;
/// Bits of the greatest.
pub const MAX_BITS: u32 = ROOT_BITS;
/// Bits of the 95th percentile.
pub const P95_BITS: u32 = 36;
/// Bits of the mean.
pub const MEAN_BITS: u32 = 42;

/// Statistics of six residuals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Residuals {
    /// r_i, at 2⁻²⁴.
    pub roots: [u64; VECTORS],
    /// Rows by falling r, the lower one first among equals: by falling keys 8·r_i + 7 − i.
    pub order: [usize; VECTORS],
    /// Σ r_i.
    pub sum: u64,
    /// The mean, at 2⁻³².
    pub mean: u64,
    /// The maximum, at 2⁻²⁴.
    pub max: u64,
    /// P, the 95th percentile, at 2⁻²⁶.
    pub p95: u64,
}

impl Residuals {
    /// Of the squared residuals of a code, at 2⁻⁴⁸ and below 2⁶⁷.
    pub fn new(squared: &[u128; VECTORS]) -> Self {
        // 34 bits of 67.
        let roots = squared.map(|square| narrow(square.isqrt()));
        let mut order: [usize; VECTORS] = std::array::from_fn(|row| row);
        order.sort_by_key(|row| (Reverse(roots[*row]), *row));
        let sum: u64 = roots.iter().sum();
        let max = roots[order[0]];
        let six = VECTORS as u128;
        Self {
            roots,
            order,
            sum,
            mean: round_narrow(u128::from(sum) << 8, six),
            max,
            p95: roots[order[1]] + 3 * max,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_residuals_keep_their_rows() {
        let found = Residuals::new(&[9, 16, 15, 16, 0, 25]);
        assert_eq!(found.roots, [3, 4, 3, 4, 0, 5]);
        assert_eq!(found.order, [5, 1, 3, 0, 2, 4]);
        assert_eq!((found.sum, found.max, found.p95), (19, 5, 4 + 15));
        assert_eq!(found.mean, 811, "256·19/6 = 810.67");
        assert_eq!(Residuals::new(&[0, 0, 0, 0, 0, 9]).mean, 128, "a whole number");
        let greatest = Residuals::new(&[(1 << 67) - 1; VECTORS]);
        assert!(greatest.max >> ROOT_BITS == 0 && greatest.p95 >> (ROOT_BITS + 2) == 0);
        assert_eq!(greatest.order, [0, 1, 2, 3, 4, 5]);
    }
}
