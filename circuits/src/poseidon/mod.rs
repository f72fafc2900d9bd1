//! The one hash: Poseidon of width 8, and chains of it whose initial value says what is hashed.
//!
//! It stands below everything else: a statement is a digest, so even descriptions need it.

mod digest;
mod permutation;

pub use digest::Domain;
pub(crate) use digest::{Packer, bytes, initial_value, salted};
pub use permutation::{
    Constants, FULL_ROUNDS, PARTIAL_ROUNDS, RATE, ROUNDS, State, WIDTH, chain, constants, dot, permute,
    permute_with, sbox,
};
