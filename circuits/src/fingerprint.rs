//! What a fingerprint and its code are made of.

use crate::codebook::{DIM, SUBSPACES};

/// Components.
pub const COMPONENTS: usize = 4;
/// Vectors of a folded block: mean, deviation, components.
pub const VECTORS: usize = 2 + COMPONENTS;
/// Values of a fingerprint.
pub const FINGERPRINT: usize = VECTORS * DIM;

/// 6 × 16 values at 2⁻³²: mean, deviation, four components.
pub type Folded = [[i64; DIM]; VECTORS];
/// Indices of a PQ code, vector by vector.
pub type PqIndices = [[u8; SUBSPACES]; VECTORS];
