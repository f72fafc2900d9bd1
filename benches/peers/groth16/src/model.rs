//! Model files and inputs, and the arithmetic of docs/model.md in plain integers.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::Failure;

/// Bits that the input's quantiser and a layer's multiplier are scaled by.
pub const INPUT_SHIFT: u32 = 40;
pub const SHIFT: u32 = 30;
/// Bits of a number of the input, sign included.
pub const INPUT_BITS: u32 = 36;
const INPUT_MULTIPLIER_BITS: u32 = 40;

/// A model file. Members that decide nothing about the outputs are not read.
#[derive(Deserialize)]
pub struct Model {
    pub format: u32,
    pub head: String,
    pub activation_bits: u32,
    pub inputs: Vec<Quantiser>,
    pub layers: Vec<Layer>,
}

#[derive(Deserialize)]
pub struct Quantiser {
    pub mean: i64,
    pub multiplier: u64,
    #[serde(default)]
    pub unit: i32,
}

#[derive(Deserialize)]
pub struct Layer {
    pub relu: bool,
    pub multiplier: Vec<u32>,
    pub bias: Vec<i32>,
    pub weights: Vec<Vec<i16>>,
}

/// What a value is clamped to: `low` and the 2^bits − 1 integers above it.
#[derive(Clone, Copy)]
pub struct Range {
    pub low: i128,
    pub bits: u32,
}

impl Range {
    fn signed(bits: u32) -> Self {
        Self { low: -(1 << (bits - 1)), bits }
    }

    pub fn clamp(self, value: i128) -> i128 {
        value.clamp(self.low, self.low + (1 << self.bits) - 1)
    }
}

impl Model {
    /// Reads a model file. Foldproof checks more when it reads one; here it is what the circuit relies on.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let name = path.display();
        let bytes = fs::read(path).map_err(|error| format!("{name}: {error}"))?;
        let model: Self = serde_json::from_slice(&bytes).map_err(|error| {
            format!("{name}: not a model file: {error}; `foldproof model import` makes one")
        })?;
        if model.format != 1 || ![8, 16].contains(&model.activation_bits) {
            let found = (model.format, model.activation_bits);
            return Err(format!(
                "{name}: format 1 and activation_bits 8 or 16 were expected, found {found:?}"
            )
            .into());
        }
        if model.head == "anomaly" {
            return Err(format!("{name}: head: tags, class or values was expected, found anomaly, whose score is no output of a layer").into());
        }
        for (index, input) in model.inputs.iter().enumerate() {
            if input.mean.unsigned_abs() > 1 << (INPUT_BITS - 1)
                || input.multiplier >> INPUT_MULTIPLIER_BITS != 0
            {
                return Err(format!("{name}: inputs[{index}]: a mean of {INPUT_BITS} bits and a multiplier of {INPUT_MULTIPLIER_BITS} were expected").into());
            }
        }
        let mut width = model.inputs.len();
        for (index, layer) in model.layers.iter().enumerate() {
            let outputs = layer.weights.len();
            if layer.bias.len() != outputs
                || layer.multiplier.len() != outputs
                || layer.weights.iter().any(|row| row.len() != width)
            {
                return Err(format!("{name}: layers[{index}]: {outputs} biases and multipliers, and rows of {width} weights were expected").into());
            }
            width = outputs;
        }
        Ok(model)
    }

    pub fn input_range(&self) -> Range {
        Range::signed(self.activation_bits)
    }

    /// What the outputs of a layer are clamped to.
    pub fn range(&self, layer: usize) -> Range {
        match () {
            () if layer + 1 == self.layers.len() => Range::signed(16),
            () if self.layers[layer].relu => Range { low: 0, bits: self.activation_bits },
            () => self.input_range(),
        }
    }

    /// Outputs of the last layer, in integers alone: what the circuit is compared with.
    pub fn outputs(&self, input: &[i64]) -> Vec<i128> {
        let rescale = |value: i128, multiplier: i128, shift: u32, range: Range| {
            range.clamp((value * multiplier + (1 << (shift - 1))) >> shift)
        };
        let quantised = input.iter().zip(&self.inputs);
        let mut values: Vec<i128> = quantised
            .map(|(f, q)| {
                rescale(
                    i128::from(*f) - i128::from(q.mean),
                    q.multiplier.into(),
                    INPUT_SHIFT,
                    self.input_range(),
                )
            })
            .collect();
        for (index, layer) in self.layers.iter().enumerate() {
            let neurons = layer.weights.iter().zip(&layer.bias).zip(&layer.multiplier);
            values = neurons
                .map(|((weights, bias), multiplier)| {
                    let sum: i128 = weights.iter().zip(&values).map(|(w, x)| i128::from(*w) * x).sum();
                    rescale(sum + i128::from(*bias), (*multiplier).into(), SHIFT, self.range(index))
                })
                .collect();
        }
        values
    }
}

#[derive(Deserialize)]
struct Sample {
    fingerprint: Option<Vec<f64>>,
    input: Option<Vec<f64>>,
}

/// Reads an input as the integers that a model takes: at 2⁻³² of a fingerprint, at 2^(unit − 20) else, rounded half up.
pub fn read_input(path: &Path, model: &Model) -> Result<Vec<i64>, Failure> {
    let name = path.display();
    let bytes = fs::read(path).map_err(|error| format!("{name}: {error}"))?;
    let sample: Sample =
        serde_json::from_slice(&bytes).map_err(|error| format!("{name}: not an input: {error}"))?;
    let (numbers, exponent) = match (sample.fingerprint, sample.input) {
        (Some(numbers), None) => (numbers, 32),
        (None, Some(numbers)) => (numbers, 20),
        _ => return Err(format!("{name}: one of \"fingerprint\" and \"input\" was expected").into()),
    };
    if numbers.len() != model.inputs.len() {
        return Err(format!(
            "{name}: {} numbers were expected, as the model takes, found {}",
            model.inputs.len(),
            numbers.len()
        )
        .into());
    }
    let integers = numbers.iter().zip(&model.inputs).enumerate().map(|(index, (number, quantiser))| {
        // A power of two, so that nothing is lost, and neither is half of what is left after `floor`.
        let scaled = number * 2f64.powi(exponent - quantiser.unit);
        let rounded = scaled.floor() + f64::from(u8::from(scaled - scaled.floor() >= 0.5));
        let limit = 2f64.powi(INPUT_BITS as i32 - 1);
        if (-limit..limit).contains(&rounded) {
            Ok(rounded as i64)
        } else {
            Err(format!(
                "{name}: number {index}: {INPUT_BITS} bits at 2^-{exponent} were expected, found {number}"
            )
            .into())
        }
    });
    integers.collect()
}
