//! The product-quantisation codebook as integers.

use std::fmt;

/// Subspaces of a vector.
pub const SUBSPACES: usize = 4;
/// Dimension of a subspace.
pub const SUBSPACE_DIM: usize = 4;
/// Values in a folded vector.
pub const DIM: usize = SUBSPACES * SUBSPACE_DIM;

/// Fraction bits of folded values, means and inverse deviations.
pub const FOLD_BITS: u32 = 32;
/// Fraction bits of normalised vectors and centroids.
pub const PQ_BITS: u32 = 24;

/// Means stay below this magnitude, in units of 2⁻³² (±2).
pub const MEAN_LIMIT: i64 = 1 << 33;
/// Inverse deviations stay below this magnitude, in units of 2⁻³² (deviations above 2⁻²¹).
pub const INVERSE_LIMIT: i64 = 1 << 53;
/// Centroid coordinates lie in [−2³⁰, 2³⁰), in units of 2⁻²⁴ (±64).
pub const CENTROID_LIMIT: i32 = 1 << 30;

/// A codebook, quantised once when it is loaded (`spec/pipeline.md` section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Codebook {
    mean: [i64; DIM],
    inverse: [i64; DIM],
    centroids: Vec<[[i32; SUBSPACE_DIM]; SUBSPACES]>,
    bound_squared: u64,
}

/// Why integers do not make a codebook the circuits can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are the place and the value found")]
pub enum CodebookError {
    /// Only 64 and 256 centroids have circuits.
    Centroids { found: usize },
    /// A mean outside ±2.
    Mean { feature: usize },
    /// A deviation at or below 2⁻²¹.
    Deviation { feature: usize },
    /// A centroid outside [−64, 64).
    Centroid { subspace: usize, index: usize, dimension: usize },
}

impl fmt::Display for CodebookError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Centroids { found } => {
                write!(f, "centroids: 64 or 256 per subspace were expected, found {found}")
            }
            Self::Mean { feature } => write!(f, "normalization.mean[{feature}]: outside ±2"),
            Self::Deviation { feature } => {
                write!(f, "normalization.stdDev[{feature}]: not above 2^-21 (and not 0, which counts as 1)")
            }
            Self::Centroid { subspace, index, dimension } => {
                write!(f, "centroids[{subspace}][{index}][{dimension}]: outside [-64, 64)")
            }
        }
    }
}

impl std::error::Error for CodebookError {}

impl Codebook {
    /// `mean` and `inverse` at 2⁻³², `centroids[k][subspace][dimension]` at 2⁻²⁴, `bound_squared` at 2⁻⁴⁸.
    pub fn new(
        mean: [i64; DIM],
        inverse: [i64; DIM],
        centroids: Vec<[[i32; SUBSPACE_DIM]; SUBSPACES]>,
        bound_squared: u64,
    ) -> Result<Self, CodebookError> {
        if !matches!(centroids.len(), 64 | 256) {
            return Err(CodebookError::Centroids { found: centroids.len() });
        }
        if let Some(feature) = mean.iter().position(|m| m.unsigned_abs() >= MEAN_LIMIT.unsigned_abs()) {
            return Err(CodebookError::Mean { feature });
        }
        if let Some(feature) = inverse.iter().position(|i| i.unsigned_abs() >= INVERSE_LIMIT.unsigned_abs()) {
            return Err(CodebookError::Deviation { feature });
        }
        for (index, row) in centroids.iter().enumerate() {
            for (subspace, part) in row.iter().enumerate() {
                let range = -CENTROID_LIMIT..CENTROID_LIMIT;
                if let Some(dimension) = part.iter().position(|c| !range.contains(c)) {
                    return Err(CodebookError::Centroid { subspace, index, dimension });
                }
            }
        }
        Ok(Self { mean, inverse, centroids, bound_squared })
    }

    /// K: centroids per subspace.
    pub fn len(&self) -> usize {
        self.centroids.len()
    }

    /// Never: a codebook has 64 or 256 centroids.
    pub fn is_empty(&self) -> bool {
        self.centroids.is_empty()
    }

    /// μ at 2⁻³².
    pub fn mean(&self) -> &[i64; DIM] {
        &self.mean
    }

    /// 1/σ at 2⁻³².
    pub fn inverse(&self) -> &[i64; DIM] {
        &self.inverse
    }

    /// Centroids by index, then subspace, at 2⁻²⁴.
    pub fn centroids(&self) -> &[[[i32; SUBSPACE_DIM]; SUBSPACES]] {
        &self.centroids
    }

    /// ε² at 2⁻⁴⁸.
    pub fn bound_squared(&self) -> u64 {
        self.bound_squared
    }
}
