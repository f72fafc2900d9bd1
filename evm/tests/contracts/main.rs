//! Contracts in an EVM with mainnet's limits: what they accept, what they refuse and with which error, what they cost, and
//! whether the tests would notice if a check were missing.
//!
//! Fixtures are two proofs of each of three statements under an insecure setup: `scripts/contract-fixtures.sh` makes them anew,
//! after a change of circuits.

#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod batches;
mod calldata;
mod calls;
mod elements;
mod fixture;
mod mutants;
mod other_compiler;
mod pins;
mod surroundings;
