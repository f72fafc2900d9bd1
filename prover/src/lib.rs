//! The prover's side of Foldproof: what comes in.
//!
//! * [`input`] reads blocks, raw or straight from an Ethereum node, into canonical form;
//! * [`codebook`] reads, writes and trains codebooks;
//! * [`model`] imports models and reads and writes their files;
//! * [`sample`] makes blocks to try things on;
//! * [`cost`] says what a statement costs.
//!
//! Floating-point numbers end here: behind [`input::number`] everything is an integer.

pub mod codebook;
pub mod cost;
pub mod input;
pub mod keys;
pub mod model;
pub mod prove;
pub mod sample;
pub mod summary;
