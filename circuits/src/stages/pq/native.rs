//! PQ encoding in native integers.

use crate::codebook::{Codebook, DIM, FOLD_BITS, PQ_BITS, SUBSPACE_DIM, SUBSPACES};
use crate::fingerprint::{Folded, PqIndices, VECTORS};
use crate::fixed::round_shift;

/// Normalised values are saturated to ± this, at 2⁻²⁴.
pub const NORMALISED_LIMIT: i64 = (1 << 30) - 1;

/// The PQ code of a folded block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PqCode {
    /// q_is.
    pub indices: PqIndices,
    /// r_i² at 2⁻⁴⁸.
    pub residual_squared: [u128; VECTORS],
    /// r_i² ≤ ε².
    pub within_bound: [bool; VECTORS],
}

impl PqCode {
    /// Bit i is `within_bound[i]`.
    pub fn within_mask(&self) -> u8 {
        self.within_bound.iter().rev().fold(0, |mask, within| (mask << 1) | u8::from(*within))
    }
}

/// z at 2⁻²⁴, saturated.
pub fn normalise(value: i64, mean: i64, inverse: i64) -> i64 {
    let exact = i128::from(value - mean) * i128::from(inverse);
    let limit = i128::from(NORMALISED_LIMIT);
    let z = round_shift(exact, 2 * FOLD_BITS - PQ_BITS).clamp(-limit, limit);
    i64::try_from(z).unwrap_or(NORMALISED_LIMIT)
}

/// Encodes a folded block.
pub fn encode(folded: &Folded, codebook: &Codebook) -> PqCode {
    let mut code = PqCode {
        indices: [[0; SUBSPACES]; VECTORS],
        residual_squared: [0; VECTORS],
        within_bound: [false; VECTORS],
    };
    for (i, vector) in folded.iter().enumerate() {
        let z: [i64; DIM] =
            std::array::from_fn(|j| normalise(vector[j], codebook.mean()[j], codebook.inverse()[j]));
        for s in 0..SUBSPACES {
            let part = &z[s * SUBSPACE_DIM..(s + 1) * SUBSPACE_DIM];
            let (index, distance) = nearest(part, s, codebook);
            code.indices[i][s] = index;
            code.residual_squared[i] += distance;
        }
        code.within_bound[i] = code.residual_squared[i] <= u128::from(codebook.bound_squared());
    }
    code
}

fn nearest(part: &[i64], subspace: usize, codebook: &Codebook) -> (u8, u128) {
    let distance = |centroid: &[i32; SUBSPACE_DIM]| -> u128 {
        let difference = |(z, c): (&i64, &i32)| u128::from((z - i64::from(*c)).unsigned_abs());
        part.iter().zip(centroid).map(difference).map(|d| d * d).sum()
    };
    let mut best = (0, u128::MAX);
    for (index, row) in (0..=u8::MAX).zip(codebook.centroids()) {
        let distance = distance(&row[subspace]);
        if distance < best.1 {
            best = (index, distance);
        }
    }
    best
}
