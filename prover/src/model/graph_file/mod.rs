//! Model files of graphs (`.fpm`, format 2): the integers of a `GraphModel` as JSON.
//!
//! `docs/graph.md` has the format. There is one way to write each model; whatever else is in a file is refused.

mod document;
mod read;
mod write;

use foldproof_circuits::models::QuantisedModel;
use foldproof_verifier::json::unmarked;
use serde::Deserialize;

use super::file::{self, Meaning};
use crate::input::InputError;

pub use read::{read, read_with_meaning};
pub use write::{to_json, to_json_with_meaning};

/// Version of the format.
pub const FORMAT: u32 = 2;
/// What the file says it is.
const KIND: &str = "graph";
/// Largest file, in bytes: 2²² parameters, each at most 20 digits with what stands between them, and labels, with room.
pub const MAX_BYTES: usize = 128 << 20;
const ADVICE: &str = "use the file that `foldproof model import` wrote";

/// Reads a model file of either format, with what the numbers that the model takes mean.
///
/// # Errors
/// As [`read`] and [`file::read`]; a file that says neither format is refused as one of format 1.
pub fn read_any(bytes: &[u8]) -> Result<(QuantisedModel, Meaning), InputError> {
    #[derive(Deserialize)]
    struct Version {
        format: u32,
    }
    let format = if bytes.len() > MAX_BYTES {
        None
    } else {
        serde_json::from_slice::<Version>(unmarked(bytes)).ok().map(|version| version.format)
    };
    if format == Some(FORMAT) {
        let (model, meaning) = read_with_meaning(bytes)?;
        return Ok((QuantisedModel::Graph(model), meaning));
    }
    let (model, meaning) = file::read_with_meaning(bytes)?;
    Ok((QuantisedModel::Dense(model), meaning))
}
