//! `docs/model.md`, sections 2 to 4.

use foldproof_circuits::model::{Head, Model, Shape};
use foldproof_circuits::stages::model::HeadOutput;
use num_bigint::BigInt;

use super::exact::{Q, clamp, half_up, int, power};

/// clamp(⌊x⌉; l, b): the nearest integer in [l, l + 2^b).
fn rescaled(x: &Q, low: i64, bits: u32) -> BigInt {
    clamp(half_up(x), low.into(), BigInt::from(low) + (BigInt::from(1) << bits) - 1)
}

/// l and b of the outputs of a layer.
fn range(shape: &Shape, layer: usize) -> (i64, u32) {
    let bits = shape.activations().count();
    if layer + 1 == shape.layers().len() {
        (-(1 << 15), 16)
    } else if shape.layers()[layer].relu {
        (0, bits)
    } else {
        (-(1 << (bits - 1)), bits)
    }
}

/// Normalised inputs, outputs of each layer, and what the head makes of them.
pub fn evaluate(model: &Model, values: &[i64]) -> (Vec<BigInt>, Vec<Vec<BigInt>>, HeadOutput) {
    let shape = model.shape();
    let bits = shape.activations().count();
    let inputs: Vec<BigInt> = (0..shape.inputs())
        .map(|j| {
            let quantiser = model.inputs()[j];
            let product = int(values[j] - quantiser.mean) * int(quantiser.multiplier);
            rescaled(&(product / power(40)), -(1 << (bits - 1)), bits)
        })
        .collect();
    let mut layers: Vec<Vec<BigInt>> = Vec::new();
    for (index, layer) in model.layers().iter().enumerate() {
        let (low, bits) = range(&shape, index);
        let x = layers.last().unwrap_or(&inputs);
        let neuron = |i: usize| {
            let terms = layer.weights[i].iter().zip(x).map(|(w, x)| x * *w);
            let accumulator: BigInt = terms.sum::<BigInt>() + layer.bias[i];
            rescaled(&(int(accumulator * layer.multiplier[i]) / power(30)), low, bits)
        };
        let outputs = (0..layer.bias.len()).map(neuron).collect();
        layers.push(outputs);
    }
    let y = layers.last().unwrap();
    let output = match shape.head() {
        Head::Tags => HeadOutput::Tags(y.iter().map(|y| *y >= 0.into()).collect()),
        Head::Anomaly => {
            let difference = |(x, y): (&BigInt, &BigInt)| (x << (16 - bits)) - y;
            let differences = inputs.iter().zip(y).map(difference);
            let sum: BigInt = differences.map(|difference| &difference * &difference).sum();
            HeadOutput::Anomaly(sum.try_into().unwrap())
        }
        Head::Class => {
            let greatest = y.iter().max().unwrap();
            HeadOutput::Class(y.iter().position(|y| y == greatest).unwrap())
        }
        Head::Values => HeadOutput::Values(y.iter().map(|y| y.try_into().unwrap()).collect()),
    };
    (inputs, layers, output)
}

/// Whether the bounds of section 3 hold for a neuron.
pub fn within_bounds(shape: &Shape, layer: usize, weights: &[i16], bias: i32, multiplier: u32) -> bool {
    let (low, bits) = match layer.checked_sub(1) {
        None => (-(1 << (shape.activations().count() - 1)), shape.activations().count()),
        Some(before) => range(shape, before),
    };
    let greatest = (-low).max(low + (1 << bits) - 1);
    let sum: i64 = weights.iter().map(|w| i64::from(*w).abs()).sum();
    let most = int(sum) * int(greatest) + int(i64::from(bias).abs());
    most * int(multiplier) / power(30) + power(16) + int(1) < power(30)
}
