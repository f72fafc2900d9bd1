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
//! | model | see `stages::model` |
//!
//! Every packing is injective: each piece has its own bits, and the circuit proves every piece in range.
//! A record is its numbers + 2⁴⁷ in 48 bits each and its links (indices into the text table, then the
//! tri-state) in 12 bits each; see [`texts`] for the text table.
//! The block commitment depends on the size of circuit, because unused places are committed to as well.

pub(crate) mod circuit;
mod fit;
mod native;
pub mod texts;

pub use native::{
    Salts, block, codebook, decision_salt, fingerprint, folded, matrix, output_salt, pq, vector,
};
pub(crate) use native::{folded_shape, matrix_shape, values_packed, vector_shape};

pub use crate::packing::{
    CENTROID_BITS, COUNT_BITS, FIRST_NUMBERS, FOLDED_BITS, FOLDED_PER_ELEMENT, INTEGER_BITS, INVERSE_BITS,
    MEAN_BITS, NUMBER_BITS,
};
pub use crate::poseidon::Domain;
