//! Registry files: the models a verifier knows. `docs/registry.md` describes them.

use std::collections::{BTreeMap, BTreeSet};

use foldproof_circuits::graph::{HeadMeaning, MAX_HEADS};
use foldproof_circuits::model::{MAX_FRACTION_BITS, MAX_LABEL_BYTES, Shape};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{InputError, shorten, typed, unmarked};
use crate::registry::{RegisteredGraph, RegisteredModel, RegisteredShape, Status, are_labels};
use crate::scalar::{from_hex, to_be_bytes, to_hex};

/// Largest file, in bytes: some ten thousand models.
pub const MAX_BYTES: usize = 4 << 20;
/// Digits of a graph's digest that its name ends with.
const SHOWN_OF_DIGEST: usize = 8;
/// Most bytes of a graph's name: eight heads have less.
const MAX_SHAPE: usize = 160;
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
    /// Name of the model's shape, which begins with the head, or with `graph`.
    shape: String,
    /// Of a graph, its digest: 0x hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    graph: Option<String>,
    /// Of a graph, what its heads mean.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    heads: Vec<HeadEntry>,
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

/// A head of a graph.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct HeadEntry {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    labels: Vec<String>,
    #[serde(default)]
    fraction_bits: u8,
    #[serde(default, skip_serializing_if = "is_zero")]
    threshold: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
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

impl HeadEntry {
    fn of(meaning: &HeadMeaning) -> Self {
        let HeadMeaning { labels, fraction_bits, threshold } = meaning.clone();
        Self { labels, fraction_bits, threshold }
    }

    fn meaning(&self, place: &impl Fn(&str) -> String) -> Result<HeadMeaning, InputError> {
        let Self { labels, fraction_bits, threshold } = self;
        check_fraction_bits(*fraction_bits, place)?;
        check_labels(labels, place)?;
        Ok(HeadMeaning { labels: labels.clone(), fraction_bits: *fraction_bits, threshold: *threshold })
    }
}

fn check_fraction_bits(found: u8, place: &impl Fn(&str) -> String) -> Result<(), InputError> {
    if found <= MAX_FRACTION_BITS {
        return Ok(());
    }
    let expected = format!("at most {MAX_FRACTION_BITS}");
    Err(InputError::new(place(".fraction_bits"), expected, found.to_string(), ADVICE))
}

fn check_labels(labels: &[String], place: &impl Fn(&str) -> String) -> Result<(), InputError> {
    if are_labels(labels) {
        return Ok(());
    }
    let expected = format!("labels of 1 to {MAX_LABEL_BYTES} bytes that no other has");
    Err(InputError::new(place(".labels"), expected, "others", ADVICE))
}

impl Entry {
    /// The dense shape of that name, or the graph with that digest, in which the name ends.
    fn shape(&self, place: &impl Fn(&str) -> String) -> Result<RegisteredShape, InputError> {
        let wrong = |member: &str, expected: &str, found: &str| {
            let found = format!("{:?}", shorten(found));
            InputError::new(place(member), expected, found, ADVICE)
        };
        let Some(digest) = &self.graph else {
            let expected = "the shape of a model, e.g. tags-96-64-32-15; of a graph `graph` has its digest";
            let shape =
                Shape::from_name(&self.shape).ok_or_else(|| wrong(".shape", expected, &self.shape))?;
            if !self.heads.is_empty() {
                return Err(wrong(".heads", "no heads, but of a graph", "heads"));
            }
            return Ok(RegisteredShape::Dense(shape));
        };
        let digest = from_hex(digest).ok_or_else(|| wrong(".graph", "0x and 64 digits", digest))?;
        let start: String = to_hex(&digest).chars().take(SHOWN_OF_DIGEST).collect();
        let suits = self.shape.starts_with("graph-") && self.shape.ends_with(&format!("-{start}"));
        if !suits || self.shape.len() > MAX_SHAPE {
            return Err(wrong(".shape", &format!("a name from graph- to -{start}"), &self.shape));
        }
        if self.fraction_bits.is_some() {
            return Err(wrong(".fraction_bits", "none beside those of the heads", "some"));
        }
        if !(1..=MAX_HEADS).contains(&self.heads.len()) {
            let expected = format!("1 to {MAX_HEADS} heads");
            return Err(InputError::new(place(".heads"), expected, self.heads.len().to_string(), ADVICE));
        }
        let meaning = |(index, head): (usize, &HeadEntry)| {
            head.meaning(&|member: &str| place(&format!(".heads[{index}]{member}")))
        };
        let heads = self.heads.iter().enumerate().map(meaning).collect::<Result<_, _>>()?;
        Ok(RegisteredShape::Graph(RegisteredGraph { name: self.shape.clone(), digest, heads }))
    }

    fn of(model: &RegisteredModel) -> Self {
        Self {
            name: model.name.clone(),
            version: model.version.clone(),
            shape: model.shape.to_string(),
            graph: model.shape.graph().map(|graph| format!("0x{}", to_hex(&graph.digest))),
            heads: model
                .shape
                .graph()
                .into_iter()
                .flat_map(|graph| &graph.heads)
                .map(HeadEntry::of)
                .collect(),
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
        let shape = self.shape(place)?;
        let commitment = from_hex(&self.commitment)
            .ok_or_else(|| wrong(".commitment", "0x and 64 digits", &self.commitment))?;
        let status = Status::from_name(&self.status)
            .ok_or_else(|| wrong(".status", "active, retired or revoked", &self.status))?;
        check_fraction_bits(self.fraction_bits.unwrap_or_default(), place)?;
        // Labels of a graph stand beside its heads.
        let labelled = shape.dense().filter(|shape| shape.head().has_labels());
        let outputs = labelled.map_or(0, |shape| shape.outputs());
        if self.labels.len() != outputs {
            let expected = format!("{outputs} labels, as many as {shape} has tags or classes");
            let found = self.labels.len().to_string();
            return Err(InputError::new(place(".labels"), expected, found, ADVICE));
        }
        check_labels(&self.labels, place)?;
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
            shape: Shape::from_name(shape).unwrap().into(),
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
