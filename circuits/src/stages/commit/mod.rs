//! Commitments: Poseidon over packed small integers.
//!
//! Each commitment is a chain of circom's Poseidon with seven inputs: h₀ is an initial value that names what is
//! committed to, its shape and its length; h_{i+1} is the first element of the permutation of (h_i, seven
//! elements). That is a sponge of capacity one element in overwrite mode, and each link is circomlib's
//! `PoseidonEx` with `initialState` h_i. The first element absorbed is the salt; the last chunk is filled with
//! zeros, which the length in h₀ tells apart.
//!
//! | commitment | elements after the salt |
//! |---|---|
//! | block | counts, height and timestamp in one; six root halves; two per record; the texts |
//! | fold | seven values to an element, each + 2³⁵ in 36 bits |
//! | pq | 24 indices of 8 bits |
//! | codebook | ε²; two columns (μ + 2³⁵, inv + 2⁵⁹) to an element; two centroids of 4 × 31 bits to an element |
//! | vector | like fold |
//! | model | see [`stages::model`](crate::stages::model) |
//!
//! Every packing is injective: each piece has its own bits, and the circuit proves every piece in range.
//! A record is its numbers + 2⁴⁷ in 48 bits each and its links (indices into the text table, then the
//! tri-state) in 12 bits each; see [`texts`] for the text table.
//! The block commitment depends on the size of circuit, because unused places are committed to as well.

pub(crate) mod circuit;
mod native;
pub mod poseidon;
pub mod texts;

use halo2curves::bn256::Fr;

pub use native::{block, codebook, fingerprint, folded, pq, vector};
pub(crate) use native::{
    bytes, codebook_shape, folded_shape, initial_value, pq_shape, values_packed, vector_shape,
};

/// Salts of a proof's commitments, one each: opening one of them gives away nothing about the others.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct Salts {
    /// Of the block commitment.
    pub block: Fr,
    /// Of the fold commitment.
    pub fold: Fr,
    /// Of the PQ commitment.
    pub pq: Fr,
}

/// Without the salts, which must not end up in a log.
impl std::fmt::Debug for Salts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Salts").finish_non_exhaustive()
    }
}

impl Salts {
    /// No salt: anyone with the data can recompute the commitments.
    pub fn none() -> Self {
        Self::default()
    }

    /// Salts from one secret, each the hash of the secret under a domain of its own.
    pub fn from_secret(secret: Fr) -> Self {
        let salt = |domain| poseidon::chain(initial_value(domain, SALT_SHAPE, 1), &[secret]);
        Self { block: salt(Domain::Block), fold: salt(Domain::Fold), pq: salt(Domain::Pq) }
    }
}

/// Shape under which salts are derived; no commitment has it.
const SALT_SHAPE: u64 = u64::MAX;

/// What a commitment is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// A block.
    Block,
    /// 96 folded values.
    Fold,
    /// A PQ code.
    Pq,
    /// A codebook.
    Codebook,
    /// A quantised model.
    Model,
    /// A vector of numbers that is no fingerprint.
    Vector,
    /// Names of a model's outputs.
    Labels,
    /// How a model's outputs are read.
    Display,
    /// A graph, and a model that is one.
    Graph,
    /// What the heads of a graph mean.
    Heads,
    /// A statement: not a commitment, but a number for it.
    Statement,
}

impl Domain {
    /// Eight ASCII bytes.
    pub fn tag(self) -> [u8; 8] {
        match self {
            Self::Block => *b"fp.block",
            Self::Fold => *b"fp.fold.",
            Self::Pq => *b"fp.pq...",
            Self::Codebook => *b"fp.codeb",
            Self::Model => *b"fp.model",
            Self::Vector => *b"fp.vectr",
            Self::Labels => *b"fp.label",
            Self::Display => *b"fp.displ",
            Self::Graph => *b"fp.graph",
            Self::Heads => *b"fp.heads",
            Self::Statement => *b"fp.state",
        }
    }
}

/// Bits of a packed number, offset by 2⁴⁷.
pub const NUMBER_BITS: u32 = 48;
/// Numbers in the first of a record's two elements; the rest goes before the links in the second.
pub const FIRST_NUMBERS: usize = 5;
/// Bits of a packed folded value, offset by half its range.
pub const FOLDED_BITS: u32 = 36;
/// Folded values in an element.
pub const FOLDED_PER_ELEMENT: usize = 7;
/// Bits of a packed mean, offset by half its range.
pub const MEAN_BITS: u32 = 36;
/// Bits of a packed inverse deviation, offset by half its range.
pub const INVERSE_BITS: u32 = 60;
/// Bits of a packed centroid coordinate, offset by half its range.
pub const CENTROID_BITS: u32 = 31;
/// Bits of each count, before height and timestamp of [`INTEGER_BITS`] bits.
pub const COUNT_BITS: u32 = 16;
/// Bits of height and timestamp.
pub const INTEGER_BITS: u32 = 53;
