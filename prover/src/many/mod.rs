//! Proving many blocks: which of them, how many at once, and how fast it goes.
//!
//! * [`shard`] splits a list of blocks between machines;
//! * [`memory`] says what proofs take and what there is;
//! * [`plan`] turns blocks, cores and memory into rounds of proofs;
//! * [`pace`] counts blocks per hour and the time left.

pub mod memory;
pub mod pace;
pub mod plan;
pub mod shard;
