//! Foldproof's pipeline, stage by stage: native integers and halo2 circuit side by side.
//!
//! ```text
//! Block ─ features ─ fold ─ pq ─┐
//!    └────────── commit ────────┴─ PublicInputs
//! ```
//!
//! [`pipeline::evaluate`] computes what a proof claims; [`layout::Layout`] proves it.

#![forbid(unsafe_code)]

pub mod block;
pub mod chips;
pub mod codebook;
pub mod fixed;
pub mod graph;
pub mod layout;
pub mod model;
pub mod pipeline;
pub mod public;
pub mod sheet;
mod size;
pub mod stages;
pub mod statement;
#[cfg(feature = "testing")]
pub mod testing;
