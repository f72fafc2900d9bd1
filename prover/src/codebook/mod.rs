//! Codebooks: as documents of floating-point numbers, as integers, and from training.

pub mod json;
mod kmeans;
pub mod train;

use std::sync::LazyLock;

use foldproof_circuits::codebook::Codebook;

pub use json::{Document, Normalization};

/// The document of [`default_codebook`]: 256 centroids, trained by `examples/train_default.rs`.
pub const DEFAULT_DOCUMENT: &str = include_str!("../../artifacts/codebook-256.json");

/// The codebook used where none is given.
pub fn default_codebook() -> &'static Codebook {
    static DEFAULT: LazyLock<Codebook> = LazyLock::new(|| {
        let document = Document::parse(DEFAULT_DOCUMENT.as_bytes());
        document
            .and_then(|document| document.quantise())
            .expect("the codebook of this crate is valid: a test reads it")
    });
    &DEFAULT
}
