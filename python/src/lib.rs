//! The native half of the Python package `foldproof`: what `python/foldproof` wraps in classes and documents.
//!
//! Names and numbers cross as texts and JSON, whose numbers are read from their text as those of files are: a list, an array and a file
//! of the same doubles give the same integers. Long work runs on a thread without Python's lock ([`work`]).

mod block;
mod errors;
mod model;
mod prove;
mod verify;
mod work;

use pyo3::prelude::*;

/// The module `foldproof._foldproof`.
#[pymodule]
mod _foldproof {
    #[pymodule_export]
    use super::block::{Block, Codebook, fingerprint, sample_block};
    #[pymodule_export]
    use super::model::{Model, import_onnx};
    #[pymodule_export]
    use super::prove::{default_cache, insecure_setup, make_keys, prove};
    #[pymodule_export]
    use super::verify::{inspect, verify};
}
