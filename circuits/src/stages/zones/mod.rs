//! Hotzones: where the PQ centres of a block's six vectors lie close together.
//!
//! The centre y_i of row i are the 16 coordinates of its four centroids, at 2⁻²⁴.
//!
//! * D_ij = Σ (y_i − y_j)², 67 bits; v_ij = ⌊D_ij·kernel / 2⁵⁶⌉ at 2⁻²⁴; k_ij = E(v_ij), see [`exponential`](crate::exponential)
//! * S_i = Σ_j k_ij, j = i included, from 2⁵² to 6·2⁵²
//! * zones are the rows with S_i ≥ the least sum, by S_i downwards, the lower row first among equals, as many as there may be
//! * a zone's tags are a mask of 11 bits from its centre, [`LIMITS`]

pub(crate) mod circuit;
mod native;

pub use native::{LIMITS, MIXED, Side, TAGS, centre, kernel_sums, order};
