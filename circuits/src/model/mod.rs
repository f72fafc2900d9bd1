//! Quantised models: integers only.
//!
//! `docs/model.md` defines what they compute, to the bit; `stages::model::evaluate` computes it.

mod kinds;
pub mod parameters;
mod shape;

use std::fmt;

use halo2curves::bn256::Fr;

pub use kinds::{ActivationBits, Head, Range, WeightBits};
pub use shape::{
    LayerShape, MAX_CLASSES, MAX_LAYERS, MAX_TAGS, MAX_VALUES, MAX_WIDTH, OUTPUT_BITS, Shape, ShapeError,
};

/// Bits of an input and of its mean, signed.
pub const INPUT_BITS: u32 = 36;
/// Bits that the input quantiser rounds away.
pub const INPUT_SHIFT: u32 = 40;
/// Bits of an input's multiplier.
pub const INPUT_MULTIPLIER_BITS: u32 = 40;
/// Bits that requantisation rounds away.
pub const SHIFT: u32 = 30;
/// Bits of a neuron's multiplier.
pub const MULTIPLIER_BITS: u32 = 30;
/// Bits of the distance between a requantised value and the range it is clamped to.
pub const EXCESS_BITS: u32 = 30;
/// Fraction bits of inputs that are not fingerprints.
pub const VECTOR_FRACTION_BITS: u32 = 20;
/// Most bytes of a label.
pub const MAX_LABEL_BYTES: usize = 64;
/// Most fraction bits of an output.
pub const MAX_FRACTION_BITS: u8 = 31;

/// Affine quantiser of one input: ⌊(f − mean)·multiplier / 2⁴⁰⌉.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InputQuantiser {
    /// In units of the input, of 36 bits.
    pub mean: i64,
    /// Of 40 bits.
    pub multiplier: u64,
}

/// A dense layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layer {
    /// Neuron by neuron, one weight per input.
    pub weights: Vec<Vec<i16>>,
    /// One per neuron.
    pub bias: Vec<i32>,
    /// One per neuron, of 30 bits.
    pub multiplier: Vec<u32>,
}

/// What the outputs mean. Bound by the commitment; of this, `labels` and `threshold` are opened by a proof.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadParameters {
    /// Names of the outputs; none for an anomaly head.
    pub labels: Vec<String>,
    /// Least score that is flagged, for an anomaly head; else 0.
    pub threshold: u64,
    /// An output q stands for q·2^−fraction_bits.
    pub fraction_bits: u8,
    /// What was taken off each logit before quantisation, in units of the output; empty unless the head is tags.
    pub offsets: Vec<i32>,
}

/// A quantised model. Its accumulators keep to the circuit's bounds, which is checked when it is made.
#[derive(Clone, PartialEq, Eq)]
pub struct Model {
    shape: Shape,
    inputs: Vec<InputQuantiser>,
    layers: Vec<Layer>,
    head: HeadParameters,
    salt: Fr,
}

/// Without weights and salt, which must not end up in a log.
impl std::fmt::Debug for Model {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Model").field("shape", &self.shape).finish_non_exhaustive()
    }
}

/// Why integers do not make a model the circuits can hold.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are the place, what was expected and what was found")]
pub enum ModelError {
    /// Another number of something than the shape says.
    Count { what: String, expected: usize, found: usize },
    /// A number outside its range.
    Range { what: String, bits: u32, signed: bool, found: i64 },
    /// Values could pass the bounds of the circuit.
    Overflow { layer: usize, neuron: usize, bits: u32 },
    /// A label is empty, too long, or there twice.
    Label { index: usize, found: String },
    /// Head parameters that the head does not have.
    Head { what: &'static str, head: Head },
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Count { what, expected, found } => write!(f, "{what}: expected {expected}, found {found}"),
            Self::Range { what, bits, signed, found } => {
                let kind = if *signed { "a signed" } else { "an unsigned" };
                write!(f, "{what}: {kind} {bits}-bit integer was expected, found {found}")
            }
            Self::Overflow { layer, neuron, bits } => write!(
                f,
                "layers[{layer}], neuron {neuron}: its values could take {bits} bits before they are clamped, \
                 {EXCESS_BITS} are provable; use a smaller multiplier or smaller weights"
            ),
            Self::Label { index, found } => write!(
                f,
                "labels[{index}]: 1 to {MAX_LABEL_BYTES} bytes that no other label has were expected, found {found:?}"
            ),
            Self::Head { what, head } => write!(f, "{what}: the {} head has none", head.name()),
        }
    }
}

impl std::error::Error for ModelError {}

impl Model {
    /// Checks counts, ranges and accumulators, and makes a model.
    ///
    /// `salt` is absorbed by the commitment: 0 unless the weights are so few that they could be guessed.
    ///
    /// # Errors
    /// With the first thing that does not suit.
    pub fn new(
        shape: Shape,
        inputs: Vec<InputQuantiser>,
        layers: Vec<Layer>,
        head: HeadParameters,
        salt: Fr,
    ) -> Result<Self, ModelError> {
        let model = Self { shape, inputs, layers, head, salt };
        model.check_inputs()?;
        count("layers", shape.layers().len(), model.layers.len())?;
        for layer in 0..model.layers.len() {
            model.check_layer(layer)?;
        }
        model.check_head()?;
        Ok(model)
    }

    /// Zeros everywhere: what keys are made from.
    pub fn blank(shape: Shape) -> Self {
        let inputs = vec![InputQuantiser { mean: 0, multiplier: 0 }; shape.inputs()];
        let layer = |layer| {
            let outputs = shape.layer_outputs(layer);
            let weights = vec![vec![0; shape.layer_inputs(layer)]; outputs];
            Layer { weights, bias: vec![0; outputs], multiplier: vec![0; outputs] }
        };
        let layers = (0..shape.layers().len()).map(layer).collect();
        let labels = if shape.head().has_labels() { shape.outputs() } else { 0 };
        let offsets = if shape.head() == Head::Tags { shape.outputs() } else { 0 };
        let labels = (0..labels).map(|index| index.to_string()).collect();
        let head = HeadParameters { labels, offsets: vec![0; offsets], ..HeadParameters::default() };
        Self { shape, inputs, layers, head, salt: Fr::zero() }
    }

    /// The shape.
    pub fn shape(&self) -> Shape {
        self.shape
    }

    /// Quantisers of the inputs.
    pub fn inputs(&self) -> &[InputQuantiser] {
        &self.inputs
    }

    /// The layers.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// What the outputs mean.
    pub fn head(&self) -> &HeadParameters {
        &self.head
    }

    /// What the commitment is blinded with.
    pub fn salt(&self) -> Fr {
        self.salt
    }

    fn check_inputs(&self) -> Result<(), ModelError> {
        count("inputs", self.shape.inputs(), self.inputs.len())?;
        for (j, InputQuantiser { mean, multiplier }) in self.inputs.iter().enumerate() {
            signed(|| format!("inputs[{j}].mean"), *mean, INPUT_BITS)?;
            unsigned(|| format!("inputs[{j}].multiplier"), *multiplier, INPUT_MULTIPLIER_BITS)?;
        }
        Ok(())
    }

    fn check_layer(&self, layer: usize) -> Result<(), ModelError> {
        let Layer { weights, bias, multiplier } = &self.layers[layer];
        let (outputs, inputs) = (self.shape.layer_outputs(layer), self.shape.layer_inputs(layer));
        let name = |what: &str| format!("layers[{layer}].{what}");
        count(&name("weights"), outputs, weights.len())?;
        count(&name("bias"), outputs, bias.len())?;
        count(&name("multiplier"), outputs, multiplier.len())?;
        let bits = self.shape.weights().count();
        let range = self.shape.input_range(layer);
        let largest = i64::from(range.low).abs().max(range.high().into());
        for (i, ((row, bias), multiplier)) in weights.iter().zip(bias).zip(multiplier).enumerate() {
            count(&name(&format!("weights[{i}]")), inputs, row.len())?;
            for (j, weight) in row.iter().enumerate() {
                signed(|| name(&format!("weights[{i}][{j}]")), (*weight).into(), bits)?;
            }
            unsigned(|| name(&format!("multiplier[{i}]")), (*multiplier).into(), MULTIPLIER_BITS)?;
            // At most 2¹⁰ weights of 15 bits times inputs of 16: below 2⁴².
            let sum: i64 = row.iter().map(|w| i64::from(*w).abs()).sum();
            let accumulator = sum * largest + i64::from(*bias).abs();
            let greatest =
                ((i128::from(accumulator) * i128::from(*multiplier)) >> SHIFT) + (1 << OUTPUT_BITS) + 1;
            let bits = 128 - greatest.leading_zeros();
            if bits > EXCESS_BITS {
                return Err(ModelError::Overflow { layer, neuron: i, bits });
            }
        }
        Ok(())
    }

    fn check_head(&self) -> Result<(), ModelError> {
        let HeadParameters { labels, threshold, fraction_bits, offsets } = &self.head;
        let head = self.shape.head();
        let outputs = self.shape.outputs();
        count("labels", if head.has_labels() { outputs } else { 0 }, labels.len())?;
        for (index, label) in labels.iter().enumerate() {
            let twice = labels[..index].contains(label);
            if label.is_empty() || label.len() > MAX_LABEL_BYTES || twice {
                return Err(ModelError::Label { index, found: label.clone() });
            }
        }
        if head != Head::Anomaly && *threshold != 0 {
            return Err(ModelError::Head { what: "threshold", head });
        }
        count("offsets", if head == Head::Tags { outputs } else { 0 }, offsets.len())?;
        if *fraction_bits > MAX_FRACTION_BITS {
            let (what, found) = ("fraction_bits".to_owned(), i64::from(*fraction_bits));
            return Err(ModelError::Range { what, bits: 5, signed: false, found });
        }
        Ok(())
    }
}

fn count(what: &str, expected: usize, found: usize) -> Result<(), ModelError> {
    if expected == found { Ok(()) } else { Err(ModelError::Count { what: what.to_owned(), expected, found }) }
}

fn signed(what: impl Fn() -> String, found: i64, bits: u32) -> Result<(), ModelError> {
    let half = 1_i64 << (bits - 1);
    if (-half..half).contains(&found) {
        Ok(())
    } else {
        Err(ModelError::Range { what: what(), bits, signed: true, found })
    }
}

fn unsigned(what: impl Fn() -> String, found: u64, bits: u32) -> Result<(), ModelError> {
    if found >> bits == 0 {
        return Ok(());
    }
    let found = i64::try_from(found).unwrap_or(i64::MAX);
    Err(ModelError::Range { what: what(), bits, signed: false, found })
}
