//! Codebooks: as documents of floating-point numbers, as integers, and from training.

pub mod json;
mod kmeans;
pub mod train;

use std::sync::LazyLock;

use foldproof_circuits::codebook::Codebook;

pub use json::{Document, Normalization};

use crate::input::Mapping;

/// The document of [`default_codebook`]: 256 centroids, trained by `examples/train_default.rs`.
pub const DEFAULT_DOCUMENT: &str = include_str!("../../artifacts/codebook-256.json");

/// The codebook used where none is given.
pub fn default_codebook() -> &'static Codebook {
    &DEFAULT.0
}

/// The mapping of the blocks that [`default_codebook`] was trained on.
pub fn default_mapping() -> Option<Mapping> {
    DEFAULT.1
}

static DEFAULT: LazyLock<(Codebook, Option<Mapping>)> = LazyLock::new(|| {
    let document = Document::parse(DEFAULT_DOCUMENT.as_bytes());
    document
        .and_then(|document| Ok((document.quantise()?, document.mapping())))
        .expect("the codebook of this crate is valid: a test reads it")
});
