//! Models that are graphs, against `scripts/graph_reference.py`, which shares nothing with this code.
//!
//! * [`drawn`]: what every node computes and every head says, encodings, commitments, tables;
//! * [`imported`]: what the importer makes of the shared models.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod drawn;
mod imported;
mod script;
#[path = "../lower/shared.rs"]
#[expect(dead_code, reason = "the other test uses the rest")]
mod shared;
