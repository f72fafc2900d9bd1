//! Foldproof's prover as a library: blocks, codebooks and models in, proofs out.
//!
//! ```no_run
//! use foldproof_circuits::stages::commit::Salts;
//! use foldproof_prover::codebook::default_codebook;
//! use foldproof_prover::input::read_block;
//! use foldproof_prover::keys::KeyStore;
//! use foldproof_prover::model::graph_file::read_any;
//! use foldproof_prover::prove::{Witness, prove, statement_for};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let (block, _) = read_block(&std::fs::read("block.json")?)?;
//! let (model, _) = read_any(&std::fs::read("tags.fpm")?)?;
//! let (codebook, models) = (default_codebook(), [model.with_salts(&[])]);
//! let statement = statement_for(&block, codebook, &models)?;
//! let mut key_store = KeyStore::new("cache", None, |_| {}); // transparent: no setup
//! let witness = Witness::Block { block: &block, codebook, config: None, salts: &Salts::none() };
//! let proved = prove(&mut key_store, &statement, &witness, &models)?;
//! std::fs::write("block.proof", proved.bundle.to_bytes())?;
//! # Ok(())
//! # }
//! ```
//!
//! `examples/service.rs` goes on from there: progress by callback, a proof that is cancelled, verification. What comes out is checked by
//! `foldproof_verifier::verify`, here before anybody sees it and again by whoever receives it.
//!
//! **What comes in**
//! * [`input`] reads blocks: raw ones, and answers of Ethereum nodes with the feature `ethereum`;
//! * [`codebook`] reads, writes and trains codebooks;
//! * [`model`] reads and writes models, and imports them from ONNX with the feature `onnx`;
//! * [`values`] reads what models speak about without a block;
//! * [`decision`] reads what decisions are made from, [`zone_config`] configurations of the analytics, [`instant`] times;
//! * [`secret`] keeps what salts come from.
//!
//! **What is made**
//! * [`keys`]: a [`KeyStore`](keys::KeyStore) makes and keeps the keys of one scheme;
//! * [`mod@prove`]: a [`Prover`](prove::Prover) makes the proofs of one statement; [`cancel`] stops both;
//! * [`many`] plans the proofs of many blocks, [`existing`] knows those that are made;
//! * [`plonk`] is the proof system's prover, [`processor`] says whether this machine runs it;
//! * [`fingerprint`] is what a block folds to, and [`analytics`] says what the block is like, without a proof;
//! * [`export`] writes circuits down as their keys have them; [`pins`] names those whose keys are in the repository;
//! * [`sample`] makes blocks to try things on, [`dummy`] something to prove for every statement.
//!
//! Floating-point numbers end here: behind [`input::number`] everything is an integer. Fingerprints are at 2⁻³², other vectors at 2⁻²⁰.
//! Errors name the field, what was expected, what was found and what to do.

pub mod analytics;
pub mod cancel;
pub mod codebook;
pub mod decision;
pub mod dummy;
pub mod existing;
pub mod export;
pub mod fingerprint;
pub mod input;
pub mod instant;
pub mod keys;
pub mod many;
pub mod model;
pub mod pins;
pub mod plonk;
pub mod processor;
pub mod prove;
pub mod sample;
pub mod secret;
pub mod values;
pub mod zone_config;
