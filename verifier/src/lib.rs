//! Verifies Foldproof's proofs.
//!
//! ```no_run
//! use foldproof_verifier::{Bundle, Policy, scalar, verify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let bundle = Bundle::from_bytes(&std::fs::read("block.proof")?)?;
//! let root = scalar::from_hex("…").ok_or("64 digits, please")?;
//! let verified = verify(&bundle, &Policy::codebooks([root]))?;
//! // One, or several that are proved together: every demand of the policy is met by each.
//! for block in verified.blocks() {
//!     println!("block {} has fingerprint {}", block.height(), scalar::to_hex(&block.pq_commitment()));
//! }
//! # Ok(())
//! # }
//! ```
//!
//! * A [`Bundle`] is bytes from outside. Parsing it checks its form and nothing else.
//! * A [`Policy`] is the caller's. It chooses keys, setups, codebooks and models; a bundle chooses nothing.
//! * [`Verified`] is what comes out, and there is no other way to one: no `bool` to forget about. Facts about the block and
//!   hints of models are kept apart in it.
//!
//! Verification is a function of bundle and policy: no clock, no files, no threads of its own (halo2 uses rayon's).
//! Nothing here panics on bytes from outside; see `backend` for what of halo2 could and how it is held off.

#![forbid(unsafe_code)]
#![cfg_attr(
    not(test),
    deny(
        clippy::arithmetic_side_effects,
        clippy::as_conversions,
        clippy::expect_used,
        clippy::host_endian_bytes,
        clippy::indexing_slicing,
        clippy::let_underscore_must_use,
        clippy::panic,
        clippy::panic_in_result_fn,
        clippy::unreachable,
        clippy::unwrap_used,
        clippy::wildcard_enum_match_arm
    )
)]

mod backend;
mod batch;
mod bundle;
mod codec;
mod context;
mod core;
mod error;
mod header;
mod heads;
mod history;
#[cfg(feature = "json")]
pub mod json;
mod keccak;
mod key;
mod layout;
pub mod plonk;
mod policy;
mod registry;
pub mod scalar;
mod scheme;
#[cfg(test)]
mod tests;
mod transcript;
mod verified;
mod verify;

// What signatures here speak of.
pub use foldproof_circuits::block::Block;
pub use foldproof_circuits::decision::Decision;
pub use foldproof_circuits::findings::{
    AnomalyFindings, Findings, HypergraphFindings, ResidualFindings, RuleFindings, Variant, ZoneFindings,
};
pub use foldproof_circuits::graph::HeadMeaning;
pub use foldproof_circuits::model::{Head, Shape};
pub use foldproof_circuits::public::{
    AnalyticsInputs, BlockInputs, DecisionInputs, Instance, ModelInputs, Root, SubjectInputs,
};
pub use foldproof_circuits::ruling::Ruling;
pub use foldproof_circuits::stages::signals::Trend;
pub use foldproof_circuits::stages::tags::{CATEGORIES, Tag};
pub use foldproof_circuits::statement::{Excess, ModelShape, Oversize, Statement};
pub use foldproof_params::kzg::VerifierSetup;
pub use halo2curves::bn256::Fr;

pub use batch::{BatchError, verify_batch};
pub use bundle::{
    BOUND_FORMAT_VERSION, Bundle, FORMAT_VERSION, MAGIC, MAX_PROOF_BYTES, SchemeClaim, SetupClaim,
};
pub use context::Context;
pub use core::pinned_key;
pub use error::{Error, PolicyFault};
pub use header::{BOUND_FIELDS, BlockHeader, HEADER_FIELDS, HeaderField, MAX_HEADER_BYTES};
pub use heads::{HeadOpinion, HeadSays};
pub use history::History;
pub use keccak::{Keccak256, keccak256};
pub use key::{KEY_FORMAT_VERSION, KEY_MAGIC, KeyError, VerifierKey};
pub use layout::ProofShape;
pub use policy::{KzgSetup, Policy};
pub use registry::{RegisteredGraph, RegisteredModel, RegisteredShape, Status};
pub use scheme::Scheme;
pub use transcript::{KeccakChallenge, KeccakWrite, big_endian, point_words};
pub use verified::{BlockFacts, DecisionFacts, Facts, Hint, Opinion, SequenceFacts, ValuesFacts, Verified};
pub use verify::verify;

/// The README's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
