//! Model files (`.fpm`): the integers of a model as JSON.
//!
//! `docs/model-import.md` has the format. There is one way to write each model; whatever else is in a file is refused.

use foldproof_circuits::model::{
    ActivationBits, Head, HeadParameters, InputQuantiser, Layer, Model, ModelError, Shape, ShapeError,
    WeightBits,
};
use foldproof_verifier::json::{shorten, typed};
use foldproof_verifier::scalar;
use serde::{Deserialize, Serialize};

use super::samples::Units;
use crate::codebook::train::FINGERPRINT;
use crate::input::{InputError, Mapping};

/// Version of the format.
pub const FORMAT: u32 = 1;
/// Largest file, in bytes: eight layers of 1024 × 1024 16-bit weights, with room.
pub const MAX_BYTES: usize = 80 << 20;
const ADVICE: &str = "use the file that `foldproof model import` wrote";

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Document {
    format: u32,
    head: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    mapping: Option<String>,
    weight_bits: u32,
    activation_bits: u32,
    labels: Vec<String>,
    threshold: u64,
    fraction_bits: u8,
    offsets: Vec<i32>,
    salt: String,
    inputs: Vec<Input>,
    layers: Vec<DenseLayer>,
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Input {
    mean: i64,
    multiplier: u64,
    /// The exponent of its unit, where that is not the usual one.
    #[serde(default, skip_serializing_if = "is_zero")]
    unit: i32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(x: &i32) -> bool {
    *x == 0
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct DenseLayer {
    relu: bool,
    multiplier: Vec<u32>,
    bias: Vec<i32>,
    weights: Vec<Vec<i16>>,
}

/// What the numbers that a model takes mean. No proof speaks of it: it is the author's word to who feeds the model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meaning {
    /// By which mapping the blocks were read whose fingerprints it was calibrated on, where that is known.
    pub mapping: Option<Mapping>,
    /// Units of the vectors.
    pub units: Units,
}

/// Reads a model file.
///
/// # Errors
/// Unknown, missing or repeated keys, numbers that are not integers or out of range, counts that do not agree, with the
/// path of the field; models whose values could pass the circuit's bounds.
pub fn read(bytes: &[u8]) -> Result<Model, InputError> {
    Ok(read_with_meaning(bytes)?.0)
}

/// Reads a model file, with what the numbers that the model takes mean.
///
/// # Errors
/// As [`read`].
pub fn read_with_meaning(bytes: &[u8]) -> Result<(Model, Meaning), InputError> {
    let document = typed::<Document>(bytes, MAX_BYTES, "a model file", ADVICE)?;
    let mapping = document.mapping.as_deref().map(|name| {
        let found = || format!("{:?}", shorten(name));
        Mapping::from_name(name).ok_or_else(|| InputError::new("mapping", "indexer or full", found(), ADVICE))
    });
    let mapping = mapping.transpose()?;
    let exponents: Vec<i32> = document.inputs.iter().map(|input| input.unit).collect();
    let units = Units::new(exponents)
        .filter(|units| *units == Units::default() || document.inputs.len() != FINGERPRINT);
    let units = units.ok_or_else(|| {
        let expected = "exponents within ±100, and none for a fingerprint";
        InputError::new("inputs", expected, "others in \"unit\"", ADVICE)
    })?;
    Ok((document.model()?, Meaning { mapping, units }))
}

/// The file of a model, as [`read`] takes it.
pub fn to_json(model: &Model) -> String {
    to_json_with_meaning(model, &Meaning::default())
}

/// The file of a model, as [`read_with_meaning`] takes it.
pub fn to_json_with_meaning(model: &Model, meaning: &Meaning) -> String {
    let Meaning { mapping, units } = meaning;
    let shape = model.shape();
    let head = model.head();
    let mapping = mapping.map(|mapping| ("mapping", to_text(&mapping.name())));
    let members = [
        ("weight_bits", to_text(&shape.weights().count())),
        ("activation_bits", to_text(&shape.activations().count())),
        ("labels", to_text(&head.labels)),
        ("threshold", to_text(&head.threshold)),
        ("fraction_bits", to_text(&head.fraction_bits)),
        ("offsets", to_text(&head.offsets)),
        ("salt", to_text(&format!("0x{}", scalar::to_hex(&model.salt())))),
    ];
    let first = [("format", to_text(&FORMAT)), ("head", to_text(&shape.head().name()))];
    let mut out = String::from("{\n");
    for (name, value) in first.into_iter().chain(mapping).chain(members) {
        out += &format!(" \"{name}\": {value},\n");
    }
    let inputs: Vec<String> = model
        .inputs()
        .iter()
        .enumerate()
        .map(|(i, input)| {
            let (mean, multiplier) = (input.mean, input.multiplier);
            format!("  {}", to_text(&Input { mean, multiplier, unit: units.exponent(i) }))
        })
        .collect();
    let layer = |(layer, shape): (&Layer, &foldproof_circuits::model::LayerShape)| {
        let rows: Vec<String> = layer.weights.iter().map(|row| format!("    {}", to_text(row))).collect();
        format!(
            "  {{\n   \"relu\": {},\n   \"multiplier\": {},\n   \"bias\": {},\n   \"weights\": [\n{}\n   ]\n  }}",
            shape.relu,
            to_text(&layer.multiplier),
            to_text(&layer.bias),
            rows.join(",\n")
        )
    };
    let layers: Vec<String> = model.layers().iter().zip(shape.layers()).map(layer).collect();
    out + &format!(
        " \"inputs\": [\n{}\n ],\n \"layers\": [\n{}\n ]\n}}\n",
        inputs.join(",\n"),
        layers.join(",\n")
    )
}

fn to_text(value: &impl Serialize) -> String {
    // Texts and integers always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}

impl Document {
    fn model(self) -> Result<Model, InputError> {
        let wrong =
            |path: &str, expected: &str, found: String| InputError::new(path, expected, found, ADVICE);
        if self.format != FORMAT {
            let expected = FORMAT.to_string();
            let advice = "use a foldproof that knows this format";
            return Err(InputError::new("format", expected, self.format.to_string(), advice));
        }
        let head = Head::from_name(&self.head).ok_or_else(|| {
            wrong("head", "tags, anomaly, class or values", format!("{:?}", shorten(&self.head)))
        })?;
        let weights = WeightBits::from_count(self.weight_bits)
            .ok_or_else(|| wrong("weight_bits", "8, 12 or 16", self.weight_bits.to_string()))?;
        let activations = ActivationBits::from_count(self.activation_bits)
            .ok_or_else(|| wrong("activation_bits", "8 or 16", self.activation_bits.to_string()))?;
        let salt = self.salt.strip_prefix("0x").and_then(scalar::from_hex);
        let salt = salt.ok_or_else(|| {
            // Most of a salt that is written wrongly may still be right.
            let found = format!("{} characters of another kind", self.salt.len());
            wrong("salt", "0x and 64 hex digits, below the field's order", found)
        })?;
        let layers: Vec<(usize, bool)> =
            self.layers.iter().map(|layer| (layer.weights.len(), layer.relu)).collect();
        let shape =
            Shape::new(head, weights, activations, self.inputs.len(), &layers).map_err(shape_error)?;
        let quantiser = |input: Input| InputQuantiser { mean: input.mean, multiplier: input.multiplier };
        let layer = |layer: DenseLayer| Layer {
            weights: layer.weights,
            bias: layer.bias,
            multiplier: layer.multiplier,
        };
        Model::new(
            shape,
            self.inputs.into_iter().map(quantiser).collect(),
            self.layers.into_iter().map(layer).collect(),
            HeadParameters {
                labels: self.labels,
                threshold: self.threshold,
                fraction_bits: self.fraction_bits,
                offsets: self.offsets,
            },
            salt,
        )
        .map_err(model_error)
    }
}

fn shape_error(error: ShapeError) -> InputError {
    let path = match error {
        ShapeError::Inputs { .. } => "inputs",
        ShapeError::Depth { .. }
        | ShapeError::Width { .. }
        | ShapeError::LastRelu
        | ShapeError::Reconstruction { .. } => "layers",
    };
    InputError::new(path, "a shape that docs/model.md allows", error.to_string(), ADVICE)
}

fn model_error(error: ModelError) -> InputError {
    let path = match &error {
        ModelError::Count { what, .. } | ModelError::Range { what, .. } => what.clone(),
        ModelError::Overflow { layer, neuron, .. } => format!("layers[{layer}].weights[{neuron}]"),
        ModelError::Label { index, .. } => format!("labels[{index}]"),
        ModelError::Head { what, .. } => (*what).to_owned(),
    };
    InputError::new(path, "a model that docs/model.md allows", error.to_string(), ADVICE)
}
