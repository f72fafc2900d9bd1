//! PLONK with SHPLONK over BN254, by our own hand: a key's protocol as data, from which proofs are added up here, and from which
//! contracts are written.
//!
//! ```text
//! protocol      what a proof consists of, and what is opened where
//! values        what is computed, each value once
//! constraints   gates, permutation and look-ups as values
//! opening       factors of commitments as values
//! terms         what one proof adds to the final equation
//! sum           the final equation of many proofs
//! ```
//!
//! halo2's own verifier is the reference, and has the last word on every proof that is refused here.

mod constraints;
mod opening;
mod protocol;
mod sum;
mod terms;
mod values;

use halo2_proofs::plonk::VerifyingKey;
use halo2curves::bn256::G1Affine;

pub use opening::Opening;
pub use protocol::{Challenge, Lookup, Opened, PointSet, Polynomial, Product, Protocol, Segment};
pub(crate) use sum::{all_hold, random_weight};
#[cfg(test)]
pub(crate) use terms::Rows;
pub use values::{Evaluated, Input, Node, Value, Values};

/// How proofs under a key are verified.
#[derive(Clone, Debug)]
pub struct Program {
    /// What a proof consists of.
    pub protocol: Protocol,
    /// What is computed.
    pub values: Values,
    /// What is 0 in every row if the proof is right, at x, in the order in which powers of y combine it.
    pub constraints: Vec<Value>,
    /// Factors of the opening.
    pub opening: Opening,
}

impl Program {
    /// That of a key; `None` if its circuit is of a kind that only halo2's verifier knows: see [`Protocol::new`].
    pub fn new(key: &VerifyingKey<G1Affine>) -> Option<Self> {
        let protocol = Protocol::new(key)?;
        let mut values = Values::default();
        let constraints = constraints::all(key.cs(), &protocol, &mut values)?;
        let opening = Opening::new(&protocol.sets, key.get_domain(), &mut values);
        Some(Self { protocol, values, constraints, opening })
    }

    /// The points of the key that proofs are checked with, the generator not among them.
    pub fn key_points(key: &VerifyingKey<G1Affine>) -> impl Iterator<Item = &G1Affine> {
        key.fixed_commitments().iter().chain(key.permutation().commitments())
    }
}
