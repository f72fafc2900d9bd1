//! Parameters as rows of eight limbs: what is committed to, and what the circuit range-checks.
//!
//! | row | limbs |
//! |---|---|
//! | of an input | mean + 2³⁵ in four of 10, 10, 10, 6 bits; multiplier in four of 10 |
//! | of a neuron | bias + 2³¹ in four of 10, 10, 10, 2 bits; multiplier in three of 10; 0 |
//! | of weights | eight limbs of 8 bits (4 in the upper half of a 12-bit weight) |
//!
//! Weights of one layer stand by limb (lower first), then by input, then by neuron, eight to a row; if a layer has not
//! a multiple of eight neurons, weights of value 0 stand in front of the first. Order: rows of inputs, then of each
//! layer its neurons and its weights.

use super::shape::Shape;
use super::{InputQuantiser, Model};
use crate::columns::LIMBS;

/// Bits of the limbs of inputs and neurons, in a packed element.
pub const PARAMETER_RADIX: u32 = 10;
/// Bits of the limbs of weights, in a packed element.
pub const WEIGHT_RADIX: u32 = 8;
/// Bits of the four limbs of a mean; also of a committed value.
pub const MEAN_LIMBS: [u32; 4] = [10, 10, 10, 6];
/// Bits of the four limbs of an input's multiplier.
pub const INPUT_MULTIPLIER_LIMBS: [u32; 4] = [10; 4];
/// Bits of the four limbs of a bias.
pub const BIAS_LIMBS: [u32; 4] = [10, 10, 10, 2];
/// Bits of the three limbs of a neuron's multiplier.
pub const MULTIPLIER_LIMBS: [u32; 3] = [10; 3];

/// Where a row of parameters belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Quantiser of an input.
    Input(usize),
    /// Bias and multiplier of a neuron.
    Neuron {
        /// Layer.
        layer: usize,
        /// Neuron.
        neuron: usize,
    },
    /// Eight weights of an input, or limbs of them.
    Weights {
        /// Layer.
        layer: usize,
        /// Which limb of the weights.
        limb: usize,
        /// Input.
        input: usize,
        /// Which eight neurons.
        group: usize,
    },
}

/// What a limb may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Holds {
    /// So many bits.
    Bits(u32),
    /// This value.
    Only(u32),
}

impl Place {
    /// Bits of its limbs in a packed element.
    pub fn radix(self) -> u32 {
        match self {
            Self::Input(_) | Self::Neuron { .. } => PARAMETER_RADIX,
            Self::Weights { .. } => WEIGHT_RADIX,
        }
    }

    /// What each limb may hold in a model of that shape.
    pub fn holds(self, shape: &Shape) -> [Holds; LIMBS] {
        let mut limbs = [Holds::Only(0); LIMBS];
        let parts: &[&[u32]] = match self {
            Self::Input(_) => &[&MEAN_LIMBS, &INPUT_MULTIPLIER_LIMBS],
            Self::Neuron { .. } => &[&BIAS_LIMBS, &MULTIPLIER_LIMBS],
            Self::Weights { layer, limb, group, .. } => {
                let (bits, offset) = shape.weights().limbs()[limb];
                let padding = padding(shape, layer).saturating_sub(group * LIMBS);
                return std::array::from_fn(|place| {
                    if place < padding { Holds::Only(offset) } else { Holds::Bits(bits) }
                });
            }
        };
        limbs
            .iter_mut()
            .zip(parts.iter().copied().flatten())
            .for_each(|(limb, bits)| *limb = Holds::Bits(*bits));
        limbs
    }
}

/// Rows of weights of one input of a layer.
pub fn groups(shape: &Shape, layer: usize) -> usize {
    shape.layer_outputs(layer).div_ceil(LIMBS)
}

/// Weights of value 0 that stand in front of a layer's first.
fn padding(shape: &Shape, layer: usize) -> usize {
    groups(shape, layer) * LIMBS - shape.layer_outputs(layer)
}

/// Rows of weights of a layer.
pub fn weight_rows(shape: &Shape, layer: usize) -> usize {
    shape.weights().limbs().len() * shape.layer_inputs(layer) * groups(shape, layer)
}

/// Every row of parameters, in order.
pub fn places(shape: &Shape) -> Vec<Place> {
    let mut places: Vec<Place> = (0..shape.inputs()).map(Place::Input).collect();
    for layer in 0..shape.layers().len() {
        places.extend((0..shape.layer_outputs(layer)).map(|neuron| Place::Neuron { layer, neuron }));
        for limb in 0..shape.weights().limbs().len() {
            for input in 0..shape.layer_inputs(layer) {
                let groups = 0..groups(shape, layer);
                places.extend(groups.map(|group| Place::Weights { layer, limb, input, group }));
            }
        }
    }
    places
}

/// Lengths of the runs of rows that are packed together: of one radix, and as many as fit an element.
pub fn runs(places: &[Place]) -> Vec<usize> {
    let same = places.chunk_by(|a, b| a.radix() == b.radix());
    same.flat_map(|part| part.chunks((253 / part[0].radix()) as usize).map(<[Place]>::len)).collect()
}

/// How many [`runs`] a shape has, without listing its rows.
pub fn run_count(shape: &Shape) -> usize {
    let of = |rows: usize, radix: u32| rows.div_ceil(253 / radix as usize);
    (0..shape.layers().len()).fold(0, |runs, layer| {
        // The inputs' rows go on into those of the first layer's neurons.
        let inputs = if layer == 0 { shape.inputs() } else { 0 };
        let neurons = of(inputs + shape.layer_outputs(layer), PARAMETER_RADIX);
        runs + neurons + of(weight_rows(shape, layer), WEIGHT_RADIX)
    })
}

/// The limbs of a row.
pub fn limbs(model: &Model, place: Place) -> [u16; LIMBS] {
    let mut limbs = [0; LIMBS];
    match place {
        Place::Input(j) => {
            let InputQuantiser { mean, multiplier } = model.inputs()[j];
            let (low, high) = limbs.split_at_mut(4);
            // In range, because the model was checked when it was made.
            split(u64::try_from(mean + (1 << 35)).unwrap_or_default(), low);
            split(multiplier, high);
        }
        Place::Neuron { layer, neuron } => {
            let layer = &model.layers()[layer];
            let (low, high) = limbs.split_at_mut(4);
            split(u64::try_from(i64::from(layer.bias[neuron]) + (1 << 31)).unwrap_or_default(), low);
            split(layer.multiplier[neuron].into(), high);
        }
        Place::Weights { layer, limb, input, group } => {
            let shape = model.shape();
            let padding = padding(&shape, layer);
            for (place, out) in limbs.iter_mut().enumerate() {
                let neuron = (group * LIMBS + place).checked_sub(padding);
                let weight = neuron.map_or(0, |neuron| model.layers()[layer].weights[neuron][input]);
                let half = 1 << (shape.weights().count() - 1);
                let offset = u64::try_from(i64::from(weight) + half).unwrap_or_default();
                *out = (offset >> (8 * limb) & 255) as u16;
            }
        }
    }
    limbs
}

/// Digits of 10 bits, least significant first.
pub(crate) fn split(value: u64, limbs: &mut [u16]) {
    for (i, limb) in limbs.iter_mut().enumerate() {
        *limb = (value >> (10 * i) & 1023) as u16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_counted_as_they_are_listed() {
        for name in
            ["tags-96-64-32-15", "class-3-1", "anomaly-9-40l-9-w12", "tags-25-25-100-7-w16", "class-700-9"]
        {
            let shape = Shape::from_name(name).unwrap();
            assert_eq!(run_count(&shape), runs(&places(&shape)).len(), "{name}");
        }
    }
}
