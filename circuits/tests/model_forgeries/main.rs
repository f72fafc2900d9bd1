//! Witnesses a malicious prover could try in the model band: several cells changed together so that as few constraints as
//! possible can object, sponges recomputed, and what comes out published. Every one must be refused, but those that say
//! otherwise.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod forge;
mod heads;
mod rescaling;
mod second_phase;
mod shape;
mod weights;
