//! Models in native arithmetic.

use ff::PrimeField;
use halo2curves::bn256::Fr;

use crate::columns::LIMBS;
use crate::fixed::{power_of_two, round_shift};
use crate::model::parameters::{limbs, places, runs};
use crate::model::{Head, INPUT_SHIFT, Model, OUTPUT_BITS, Range, SHIFT, Shape};
use crate::poseidon::{Domain, bytes, chain, initial_value};

/// What a model makes of an input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evaluation {
    /// The input after its quantiser.
    pub normalised: Vec<i32>,
    /// Of each layer, the outputs.
    pub layers: Vec<Vec<i32>>,
    /// What the head makes of the last of them.
    pub output: HeadOutput,
}

impl Evaluation {
    /// Outputs of the last layer.
    pub fn outputs(&self) -> &[i32] {
        self.layers.last().map_or(&[], Vec::as_slice)
    }
}

/// What a head says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HeadOutput {
    /// One bit per label.
    Tags(Vec<bool>),
    /// Sum of squared differences, in units of 2^(−2·fraction_bits); flagged if it reaches the model's threshold.
    Anomaly(u64),
    /// Index of a class.
    Class(usize),
    /// The outputs, in units of 2^−fraction_bits.
    Values(Vec<i32>),
}

impl HeadOutput {
    /// As the public inputs of a proof: bit i for label i, the score, the index, or each value with 2¹⁵ on top.
    pub fn elements(&self) -> Vec<Fr> {
        match self {
            Self::Tags(bits) => {
                vec![Fr::from_u128(bits.iter().rev().fold(0, |mask, bit| mask << 1 | u128::from(*bit)))]
            }
            Self::Anomaly(score) => vec![Fr::from(*score)],
            Self::Class(index) => vec![Fr::from(*index as u64)],
            Self::Values(values) => {
                let low = Range::signed(OUTPUT_BITS).low;
                values.iter().map(|value| Fr::from(u64::from(value.abs_diff(low)))).collect()
            }
        }
    }
}

/// Runs `model` on `input`: as many signed integers of 36 bits as it has inputs, at 2⁻³² (fingerprints) or 2⁻²⁰. Of other
/// inputs nothing can be proved: a layout refuses them.
pub fn evaluate(model: &Model, input: &[i64]) -> Evaluation {
    let shape = model.shape();
    let range = shape.input_range(0);
    let normalised: Vec<i32> = input
        .iter()
        .zip(model.inputs())
        .map(|(f, quantiser)| {
            let difference = i128::from(*f) - i128::from(quantiser.mean);
            rescale(difference, quantiser.multiplier, INPUT_SHIFT, range)
        })
        .collect();
    let mut layers: Vec<Vec<i32>> = Vec::new();
    for (index, layer) in model.layers().iter().enumerate() {
        let range = shape.output_range(index);
        let before = layers.last().unwrap_or(&normalised);
        let neurons = layer.weights.iter().zip(&layer.bias).zip(&layer.multiplier);
        let outputs = neurons
            .map(|((weights, bias), multiplier)| {
                let terms = weights.iter().zip(before).map(|(w, x)| i128::from(*w) * i128::from(*x));
                rescale(terms.sum::<i128>() + i128::from(*bias), (*multiplier).into(), SHIFT, range)
            })
            .collect();
        layers.push(outputs);
    }
    let outputs = layers.last().map_or(&[][..], Vec::as_slice);
    let output = match shape.head() {
        Head::Tags => HeadOutput::Tags(outputs.iter().map(|y| *y >= 0).collect()),
        Head::Anomaly => {
            // Inputs of 8 bits count 2⁸ units of the 16-bit reconstruction each.
            let unit = 1 << (16 - shape.activations().count());
            let squares =
                normalised.iter().zip(outputs).map(|(x, y)| (i64::from(*x) * unit - i64::from(*y)).pow(2));
            HeadOutput::Anomaly(squares.sum::<i64>().unsigned_abs())
        }
        Head::Class => {
            let best = outputs.iter().enumerate().max_by_key(|(index, y)| (**y, std::cmp::Reverse(*index)));
            HeadOutput::Class(best.map_or(0, |(index, _)| index))
        }
        Head::Values => HeadOutput::Values(outputs.to_vec()),
    };
    Evaluation { normalised, layers, output }
}

/// ⌊value·multiplier / 2^shift⌉, clamped.
fn rescale(value: i128, multiplier: u64, shift: u32, range: Range) -> i32 {
    range.clamp(round_shift(value * i128::from(multiplier), shift))
}

/// h₀ of a model's commitment: the shape, and how many elements there are.
pub(crate) fn initial(shape: &Shape, length: usize) -> Fr {
    let shape = bytes(Domain::Model, 1, &shape.to_bytes());
    chain(initial_value(Domain::Model, 0, length), &[shape])
}

/// The element of a commitment that a proof opens: digest of the labels, with the unit of a values head, or the threshold of
/// an anomaly head.
pub fn head_element(model: &Model) -> Fr {
    let head = model.head();
    match model.shape().head() {
        Head::Anomaly => Fr::from(head.threshold),
        Head::Tags | Head::Class => label_digest(&head.labels),
        Head::Values => value_digest(&head.labels, head.fraction_bits),
    }
}

/// Digest of labels: each preceded by its length in a byte. Labels longer than 255 bytes belong to no model.
pub fn label_digest(labels: &[String]) -> Fr {
    bytes(Domain::Labels, labels.len() as u64, &encoded(labels))
}

/// Digest of the names of values and of their unit, 2^−fraction_bits: a byte after the names, where no digest of as many labels
/// has one.
pub fn value_digest(names: &[String], fraction_bits: u8) -> Fr {
    let encoded = [encoded(names), vec![fraction_bits]].concat();
    bytes(Domain::Labels, names.len() as u64, &encoded)
}

fn encoded(labels: &[String]) -> Vec<u8> {
    let encode = |label: &String| [&[u8::try_from(label.len()).unwrap_or(0)], label.as_bytes()].concat();
    labels.iter().flat_map(encode).collect()
}

/// Salt, head and display: what stands before the parameters.
pub(crate) fn prefix(model: &Model) -> [Fr; 3] {
    let head = model.head();
    let offsets: Vec<u8> = head.offsets.iter().flat_map(|offset| offset.to_le_bytes()).collect();
    [model.salt(), head_element(model), bytes(Domain::Display, head.fraction_bits.into(), &offsets)]
}

/// The parameters, packed: eight elements for each run of rows.
pub(crate) fn parameter_elements(model: &Model) -> Vec<Fr> {
    let places = places(&model.shape());
    let mut elements = Vec::new();
    let mut rest = &places[..];
    for length in runs(&places) {
        let (run, after) = rest.split_at(length);
        rest = after;
        let rows: Vec<[u16; LIMBS]> = run.iter().map(|place| limbs(model, *place)).collect();
        let radix = power_of_two(run[0].radix());
        elements.extend((0..LIMBS).map(|c| {
            rows.iter().rev().fold(Fr::zero(), |sum, row| sum * radix + Fr::from(u64::from(row[c])))
        }));
    }
    elements
}

/// Commitment to a model.
pub fn commitment(model: &Model) -> Fr {
    let elements = [&prefix(model)[..], &parameter_elements(model)].concat();
    chain(initial(&model.shape(), elements.len()), &elements)
}
