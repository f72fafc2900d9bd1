//! Registry files: the models a verifier knows. `docs/registry.md` describes them.

use std::collections::HashSet;

use foldproof_circuits::model::Shape;
use foldproof_verifier::scalar::{from_hex, to_be_bytes};
use foldproof_verifier::{RegisteredModel, Status};
use serde::Deserialize;

use crate::input::{InputError, json};

/// Largest file, in bytes: some ten thousand models.
pub const MAX_BYTES: usize = 4 << 20;
const ADVICE: &str =
    "see docs/registry.md; `foldproof model commit MODEL --entry NAME VERSION` prints an entry";

/// A registry file. Unknown members are errors.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    models: Vec<Entry>,
}

/// An entry of a registry file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    version: String,
    /// Name of the model's shape, which begins with the head.
    shape: String,
    /// 0x hex, as `foldproof model commit` prints it.
    commitment: String,
    #[serde(default)]
    labels: Vec<String>,
    /// active, retired or revoked.
    status: String,
    /// Seconds since 1970.
    valid_from: Option<u64>,
    valid_until: Option<u64>,
}

/// Reads a registry file.
///
/// # Errors
/// Whatever is no registry, with the path of the field; commitments, and names with versions, that come twice.
pub fn parse(bytes: &[u8]) -> Result<Vec<RegisteredModel>, InputError> {
    let file: File = json::typed(bytes, MAX_BYTES, "a registry of models", ADVICE)?;
    let (mut commitments, mut names) = (HashSet::new(), HashSet::new());
    let mut models = Vec::with_capacity(file.models.len());
    for (index, entry) in file.models.into_iter().enumerate() {
        let place = |member: &str| format!("models[{index}]{member}");
        let model = entry.model(&place)?;
        if !commitments.insert(to_be_bytes(&model.commitment)) {
            let (expected, found) = ("one entry per commitment", "a second one");
            return Err(InputError::new(place(".commitment"), expected, found, ADVICE));
        }
        if !names.insert((model.name.clone(), model.version.clone())) {
            let found = format!("{} {} again", json::shorten(&model.name), json::shorten(&model.version));
            return Err(InputError::new(place(""), "one entry per name and version", found, ADVICE));
        }
        models.push(model);
    }
    Ok(models)
}

impl Entry {
    fn model(self, place: &impl Fn(&str) -> String) -> Result<RegisteredModel, InputError> {
        let wrong = |member: &str, expected: &str, found: &str| {
            let found = format!("{:?}", json::shorten(found));
            InputError::new(place(member), expected, found, ADVICE)
        };
        let shape = Shape::from_name(&self.shape)
            .ok_or_else(|| wrong(".shape", "the shape of a model, e.g. tags-96-64-32-15", &self.shape))?;
        let commitment = from_hex(&self.commitment)
            .ok_or_else(|| wrong(".commitment", "0x and 64 digits", &self.commitment))?;
        let status = Status::from_name(&self.status)
            .ok_or_else(|| wrong(".status", "active, retired or revoked", &self.status))?;
        let outputs = if shape.head().has_labels() { shape.outputs() } else { 0 };
        if self.labels.len() != outputs {
            let expected = format!("{outputs} labels, as many as {shape} has tags or classes");
            let found = self.labels.len().to_string();
            return Err(InputError::new(place(".labels"), expected, found, ADVICE));
        }
        if let (Some(from), Some(until)) = (self.valid_from, self.valid_until)
            && from >= until
        {
            let expected = format!("more than valid_from = {from}");
            return Err(InputError::new(place(".valid_until"), expected, until.to_string(), ADVICE));
        }
        Ok(RegisteredModel {
            name: self.name,
            version: self.version,
            shape,
            commitment,
            labels: self.labels,
            status,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
        })
    }
}
