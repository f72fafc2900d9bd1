//! The gate, in an EVM with mainnet's limits: what it takes, and all that it refuses. The proofs are real and kept in `tests/gate/data`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod accepted;
mod alarm;
mod artifacts;
mod contexts;
mod gas;
mod hashes;
mod headers;
mod node;
mod policy;
mod proofs;
mod rlp;
mod scene;
mod timelock;
