//! How near a model comes to the circuit's bounds.

use foldproof_circuits::model::{Layer, Model, OUTPUT_BITS, SHIFT};

/// Of each layer, the bits that a requantised value could take before it is clamped (`docs/model.md` section 3). A model
/// has at most [`EXCESS_BITS`](foldproof_circuits::model::EXCESS_BITS).
pub fn bounds(model: &Model) -> Vec<u32> {
    let layer = |(index, layer): (usize, &Layer)| {
        let range = model.shape().input_range(index);
        let largest = i128::from(range.low.unsigned_abs().max(range.high().unsigned_abs()));
        let neurons = layer.weights.iter().zip(&layer.bias).zip(&layer.multiplier);
        let neuron = |((row, bias), multiplier): ((&Vec<i16>, &i32), &u32)| {
            let sum: i128 = row.iter().map(|w| i128::from(*w).abs()).sum();
            let value = (sum * largest + i128::from(*bias).abs()) * i128::from(*multiplier);
            i128::BITS - ((value >> SHIFT) + (1 << OUTPUT_BITS) + 1).leading_zeros()
        };
        neurons.map(neuron).max().unwrap_or(0)
    };
    model.layers().iter().enumerate().map(layer).collect()
}
