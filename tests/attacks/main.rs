//! Proofs under attack: real circuits, the real prover, all schemes.
//!
//! * [`bytes`], [`elements`]: every byte, every prefix, every element and every public input of a bundle;
//! * [`cross`], [`demands`]: every bundle under every other statement, key, scheme, setup, codebook, model, block;
//! * [`traces`]: proofs of altered traces, stage by stage, made with the genuine proving key;
//! * [`circuits`]: proofs of altered circuits under the genuine statement's name;
//! * [`protocol`]: transcripts, splices, batches;
//! * [`several`]: what blocks of one proof share, and what they do not;
//! * [`bound`]: headers and contexts;
//! * [`cached`]: a cache that an older build left.
//!
//! The normal run draws cases by a seed, which a failure names (`FOLDPROOF_SEED`). All of them:
//! `cargo test --release -p foldproof-cli --test attacks -- --ignored --nocapture --test-threads=1`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bound;
mod bytes;
mod cached;
mod circuits;
mod cross;
mod demands;
mod elements;
mod encoding;
mod exhibits;
mod malicious;
mod protocol;
mod several;
mod tally;
mod traces;
