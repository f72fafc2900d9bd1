//! Models as graphs: native integers and circuit.
//!
//! `docs/graph.md` is the normative text. The commitment is a Poseidon chain whose initial value holds the encoding of the
//! graph. Its elements are the salt, the digest of what the heads mean, the thresholds, and then every parameter: rows of
//! eight limbs ([`parameters`](crate::graph::parameters)), packed downwards.

pub(crate) mod circuit;
mod native;

pub use crate::graph::graph_digest;
pub use native::{
    Evaluation, Output, activations, commitment, evaluate, flagged, meaning_digest, meanings_digest,
    saturated,
};
