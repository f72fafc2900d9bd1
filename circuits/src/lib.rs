//! Foldproof's pipeline, stage by stage: native integers and halo2 circuit side by side.
//!
//! ```text
//! Block ─ features ─ fold ─ pq ─┐
//!    └────────── commit ────────┴─ PublicInputs
//! ```
//!
//! [`pipeline::evaluate`] computes what a proof claims; [`layout::Layout`] proves it.
//!
//! Modules depend one way, file by file; `tests/modules.rs` checks it. From the bottom:
//!
//! 1. numbers and the hash: `fixed`, `exponential`, `poseidon`
//! 2. description, of what is proved (`block`, `codebook`, `fingerprint`, `model`, `graph`, `shapes`, `size`, `decision`, `subject`, `statement`, `public`, `zone_config`, `analytics`, `sets`) and of
//!    what it takes (`records`, `slots`, `packing`, `columns`, `rows`)
//! 3. native arithmetic: `native` and what it needs in each of `stages`, then `findings`, `plausible`, `pipeline`, `evidence` and `ruling`
//! 4. `assignment`
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
