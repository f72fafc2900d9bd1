//! The prover's side of Foldproof: what comes in.
//!
//! * [`input`] reads blocks, raw or straight from an Ethereum node, into canonical form;
//! * [`analytics`] says what a block is like;
//! * [`codebook`] reads, writes and trains codebooks;
//! * [`model`] imports models and reads and writes their files;
//! * [`instant`] reads times;
//! * [`secret`] keeps what salts come from;
//! * [`sample`] makes blocks to try things on;
//! * [`plonk`] makes halo2's proofs;
//! * [`decision`] reads what decisions are made from;
//! * [`export`] writes circuits down as their keys have them;
//! * [`many`] plans the proofs of many blocks, [`recognise`] knows those that are made;
//! * [`trial`] has something to prove for every statement;
//! * [`zone_config`] reads configurations of the analytics.
//!
//! Floating-point numbers end here: behind [`input::number`] everything is an integer.

pub mod analytics;
pub mod codebook;
pub mod decision;
pub mod export;
pub mod input;
pub mod instant;
pub mod keys;
pub mod many;
pub mod model;
pub mod pins;
pub mod plonk;
pub mod prove;
pub mod recognise;
pub mod sample;
pub mod secret;
pub mod trial;
pub mod zone_config;
