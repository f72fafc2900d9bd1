//! Foldproof's pipeline, stage by stage: native integers and halo2 circuit side by side.
//!
//! ```text
//! Block ─ features ─ fold ─ pq ─┐
//!    └────────── commit ────────┴─ PublicInputs
//! ```
//!
//! [`pipeline::evaluate`] computes what a proof claims; [`layout::Layout`] is the circuit that proves it. Folded values are integers at 2⁻³²,
//! coordinates of centroids at 2⁻²⁴; a fingerprint has 6 × 16 values, its code 6 × 4 indices.
//!
//! ```
//! use foldproof_circuits::block::Block;
//! use foldproof_circuits::codebook::Codebook;
//! use foldproof_circuits::layout::Layout;
//! use foldproof_circuits::pipeline::{EvaluateError, evaluate};
//! use foldproof_circuits::stages::commit::Salts;
//! use foldproof_circuits::statement::Statement;
//!
//! /// What a proof would claim, without a circuit.
//! fn claims(block: &Block, codebook: &Codebook) -> Result<(), EvaluateError> {
//!     let fingerprint = evaluate(block, codebook, &Salts::none())?;
//!     println!("row 0 has code {:?}", fingerprint.code.indices[0]);
//!     Ok(())
//! }
//!
//! // The circuit of a statement, from its name alone: what keys are made of.
//! let statement = Statement::from_name("core-small-64").expect("a statement");
//! assert_eq!(statement.k(), 13);
//! let blank = Layout::blank(&statement);
//! ```
//!
//! Dependencies between modules go one way; `tests/modules.rs` checks it file by file. From the bottom:
//!
//! 1. numbers and the hash: `fixed`, `exponential`, `poseidon`
//! 2. descriptions of what is proved (`block`, `codebook`, `fingerprint`, `model`, `graph`, `shapes`, `size`, `decision`, `subject`, `statement`, `public`, `zone_config`, `analytics`, `sets`) and of
//!    the rows and columns it takes (`records`, `slots`, `packing`, `columns`, `rows`)
//! 3. native arithmetic: `native` and its helpers in each of `stages`, then `findings`, `plausible`, `pipeline`, `evidence` and `ruling`
//! 4. `assignment`: cells, fixed values, selectors and copies
//! 5. `chips`
//! 6. `circuit` in each of `stages`
//! 7. `layout`

#![forbid(unsafe_code)]

pub mod analytics;
pub mod assignment;
pub mod block;
pub mod chips;
pub mod codebook;
mod columns;
pub mod decision;
pub mod evidence;
pub mod exponential;
pub mod findings;
mod fingerprint;
pub mod fixed;
pub mod graph;
pub mod layout;
pub mod model;
pub mod models;
mod packing;
pub mod pipeline;
pub mod plausible;
pub mod poseidon;
pub mod public;
mod records;
mod rows;
pub mod ruling;
pub mod sets;
mod shapes;
mod size;
mod slots;
pub mod stages;
pub mod statement;
mod subject;
#[cfg(feature = "testing")]
pub mod testing;
pub mod zone_config;
