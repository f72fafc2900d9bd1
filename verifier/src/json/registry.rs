//! Registry files: the models a verifier knows. `docs/registry.md` describes them.

use std::collections::{BTreeMap, BTreeSet};

use foldproof_circuits::model::{MAX_FRACTION_BITS, MAX_LABEL_BYTES, Shape};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{InputError, shorten, typed, unmarked};
use crate::registry::{RegisteredModel, Status, are_labels};
use crate::scalar::{from_hex, to_be_bytes, to_hex};

/// Largest file, in bytes: some ten thousand models.
pub const MAX_BYTES: usize = 4 << 20;
const ADVICE: &str =
    "see docs/registry.md; `foldproof model commit MODEL --entry NAME VERSION` prints an entry";

/// A registry file. Unknown members are errors.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct File {
    models: Vec<Entry>,
}

/// An entry of a registry file.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    name: String,
    version: String,
    /// Name of the model's shape, which begins with the head.
    shape: String,
    /// 0x hex, as `foldproof model commit` prints it.
    commitment: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fraction_bits: Option<u8>,
    /// active, retired or revoked.
    status: String,
    /// Seconds since 1970.
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_from: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    valid_until: Option<u64>,
}

/// Reads a registry file, or an entry by itself, which is a registry of one model.
///
/// # Errors
/// Whatever is no registry, with the path of the field; commitments, and names with versions, that come twice.
pub fn parse(bytes: &[u8]) -> Result<Vec<RegisteredModel>, InputError> {
    let file = match is_entry(bytes) {
        true => File { models: vec![typed(bytes, MAX_BYTES, "an entry of a registry", ADVICE)?] },
        false => typed(bytes, MAX_BYTES, "a registry of models", ADVICE)?,
    };
    let (mut commitments, mut names) = (BTreeSet::new(), BTreeSet::new());
    let mut models = Vec::with_capacity(file.models.len());
    for (index, entry) in file.models.into_iter().enumerate() {
        let place = |member: &str| format!("models[{index}]{member}");
        let model = entry.model(&place)?;
        if !commitments.insert(to_be_bytes(&model.commitment)) {
            let (expected, found) = ("one entry per commitment", "a second one");
            return Err(InputError::new(place(".commitment"), expected, found, ADVICE));
        }
        if !names.insert((model.name.clone(), model.version.clone())) {
            let found = format!("{} {} again", shorten(&model.name), shorten(&model.version));
            return Err(InputError::new(place(""), "one entry per name and version", found, ADVICE));
        }
        models.push(model);
    }
    Ok(models)
}

/// Whether a document is an entry, as `foldproof model commit --entry` prints it.
fn is_entry(bytes: &[u8]) -> bool {
    let members = || serde_json::from_slice::<BTreeMap<String, IgnoredAny>>(unmarked(bytes));
    let entry =
        |members: BTreeMap<String, _>| members.contains_key("commitment") && !members.contains_key("models");
    bytes.len() <= MAX_BYTES && members().is_ok_and(entry)
}

/// The inverse of [`parse`]: a registry file of these models, over several lines.
///
/// # Errors
/// If [`parse`] would refuse it: two models with one commitment, or with one name and version; labels that do not suit the shape;
/// a time that ends before it begins.
pub fn to_json(models: &[RegisteredModel]) -> Result<String, InputError> {
    let file = File { models: models.iter().map(Entry::of).collect() };
    let text = serde_json::to_string_pretty(&file)
        .map_err(|error| InputError::new("models", "a registry of models", error.to_string(), ADVICE))?;
    parse(text.as_bytes())?;
    Ok(text + "\n")
}

/// The JSON of one entry, on a line.
///
/// # Errors
/// None that a model could cause.
pub fn entry_to_json(model: &RegisteredModel) -> Result<String, InputError> {
    serde_json::to_string(&Entry::of(model))
        .map_err(|error| InputError::new("the model", "an entry of a registry", error.to_string(), ADVICE))
}

impl Entry {
    fn of(model: &RegisteredModel) -> Self {
        Self {
            name: model.name.clone(),
            version: model.version.clone(),
            shape: model.shape.to_string(),
            commitment: format!("0x{}", to_hex(&model.commitment)),
            labels: model.labels.clone(),
            fraction_bits: model.fraction_bits,
            status: model.status.name().to_owned(),
            valid_from: model.valid_from,
            valid_until: model.valid_until,
        }
    }

    fn model(self, place: &impl Fn(&str) -> String) -> Result<RegisteredModel, InputError> {
        let wrong = |member: &str, expected: &str, found: &str| {
            let found = format!("{:?}", shorten(found));
            InputError::new(place(member), expected, found, ADVICE)
        };
        let shape = Shape::from_name(&self.shape)
            .ok_or_else(|| wrong(".shape", "the shape of a model, e.g. tags-96-64-32-15", &self.shape))?;
        let commitment = from_hex(&self.commitment)
            .ok_or_else(|| wrong(".commitment", "0x and 64 digits", &self.commitment))?;
        let status = Status::from_name(&self.status)
            .ok_or_else(|| wrong(".status", "active, retired or revoked", &self.status))?;
        if let Some(found) = self.fraction_bits.filter(|bits| *bits > MAX_FRACTION_BITS) {
            let expected = format!("at most {MAX_FRACTION_BITS}");
            return Err(InputError::new(place(".fraction_bits"), expected, found.to_string(), ADVICE));
        }
        let outputs = if shape.head().has_labels() { shape.outputs() } else { 0 };
        if self.labels.len() != outputs {
            let expected = format!("{outputs} labels, as many as {shape} has tags or classes");
            let found = self.labels.len().to_string();
            return Err(InputError::new(place(".labels"), expected, found, ADVICE));
        }
        if !are_labels(&self.labels) {
            let expected = format!("labels of 1 to {MAX_LABEL_BYTES} bytes that no other has");
            return Err(InputError::new(place(".labels"), expected, "others", ADVICE));
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
            fraction_bits: self.fraction_bits,
            status,
            valid_from: self.valid_from,
            valid_until: self.valid_until,
        })
    }
}

#[cfg(test)]
mod tests {
    use foldproof_circuits::model::Shape;
    use halo2curves::bn256::Fr;

    use super::*;

    fn model(version: &str, shape: &str, labels: &[&str]) -> RegisteredModel {
        RegisteredModel {
            name: "na\"me\n".to_owned(),
            version: version.to_owned(),
            shape: Shape::from_name(shape).unwrap(),
            commitment: -Fr::from(version.len() as u64),
            labels: labels.iter().map(|label| (*label).to_owned()).collect(),
            fraction_bits: None,
            status: Status::Retired,
            valid_from: Some(3),
            valid_until: None,
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let models = [
            model("1", "tags-96-2", &["a", "b"]),
            RegisteredModel { fraction_bits: Some(31), ..model("10", "anomaly-96-4-96", &[]) },
            RegisteredModel {
                valid_from: None,
                valid_until: Some(u64::MAX),
                ..model("100", "class-5-2", &["x", "y"])
            },
        ];
        assert_eq!(parse(to_json(&models).unwrap().as_bytes()).unwrap(), models);
        for model in models {
            let entry = entry_to_json(&model).unwrap();
            assert_eq!(parse(entry.as_bytes()).unwrap(), std::slice::from_ref(&model));
            // A byte order mark in front.
            assert_eq!(parse(format!("\u{feff}{entry}").as_bytes()).unwrap(), [model]);
        }
        assert_eq!(parse(to_json(&[]).unwrap().as_bytes()).unwrap(), []);
    }

    #[test]
    fn what_would_not_be_read_is_not_written() {
        let one = || model("1", "tags-96-2", &["a", "b"]);
        for (models, path) in [
            (vec![one(), one()], "models[1].commitment"),
            (vec![one(), RegisteredModel { commitment: Fr::one(), ..one() }], "models[1]"),
            (vec![model("1", "tags-96-2", &["a"])], "models[0].labels"),
            (vec![model("1", "tags-96-2", &["a", "a"])], "models[0].labels"),
            (vec![model("1", "tags-96-2", &["a", ""])], "models[0].labels"),
            (vec![RegisteredModel { fraction_bits: Some(32), ..one() }], "models[0].fraction_bits"),
            (vec![RegisteredModel { valid_until: Some(3), ..one() }], "models[0].valid_until"),
        ] {
            assert_eq!(to_json(&models).unwrap_err().path, path);
        }
    }
}
