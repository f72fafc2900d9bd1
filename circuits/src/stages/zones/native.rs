//! Hotzones in native integers.

use num_bigint::BigInt;

use crate::codebook::{Codebook, DIM, SUBSPACE_DIM};
use crate::exponential::exponential;
use crate::fingerprint::{PqIndices, VECTORS};

/// Which side of a limit has the tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Coordinates above it.
    Above,
    /// Coordinates below it.
    Below,
}

/// Names of the tags, bit by bit.
pub const TAGS: [&str; 11] = [
    "HIGH_VALUE",
    "FEE_INTENSIVE",
    "DEX_ACTIVITY",
    "NFT_ACTIVITY",
    "BRIDGE_ACTIVITY",
    "TIME_CLUSTER",
    "LENDING_ACTIVITY",
    "AML_ALERT",
    "MEV_ACTIVITY",
    "VOLATILITY_CRUSH",
    "MIXED_ACTIVITY",
];

/// Bit of the tag that a zone has which has no other.
pub const MIXED: usize = TAGS.len() - 1;

/// Side and limit, in hundredths, of coordinate t for tag t.
pub const LIMITS: [(Side, i64); MIXED] = [
    (Side::Above, 65),
    (Side::Above, 55),
    (Side::Above, 55),
    (Side::Above, 55),
    (Side::Above, 45),
    (Side::Above, 50),
    (Side::Above, 50),
    (Side::Above, 50),
    (Side::Above, 55),
    (Side::Below, -45),
];

/// The coordinates of a vector's centroids, at 2⁻²⁴.
pub fn centre(indices: &PqIndices, vector: usize, codebook: &Codebook) -> [i64; DIM] {
    std::array::from_fn(|t| {
        let (subspace, coordinate) = (t / SUBSPACE_DIM, t % SUBSPACE_DIM);
        let index = usize::from(indices[vector][subspace]);
        codebook.centroids().get(index).map_or(0, |row| row[subspace][coordinate].into())
    })
}

/// S_i at 2⁻⁵².
pub fn kernel_sums(centres: &[[i64; DIM]; VECTORS], kernel: u64) -> [u64; VECTORS] {
    let pair = |a: &[i64; DIM], b: &[i64; DIM]| {
        let squares = a.iter().zip(b).map(|(a, b)| BigInt::from(a - b).pow(2));
        let exponent: BigInt = (squares.sum::<BigInt>() * kernel + (1u64 << 55)) >> 56;
        u64::try_from(exponent).map_or(0, exponential)
    };
    std::array::from_fn(|i| centres.iter().map(|other| pair(&centres[i], other)).sum())
}

/// Rows by kernel sum downwards, the lower first among equals.
pub fn order(sums: &[u64; VECTORS]) -> [usize; VECTORS] {
    let mut rows = std::array::from_fn(|row| row);
    rows.sort_by_key(|row| (std::cmp::Reverse(sums[*row]), *row));
    rows
}
