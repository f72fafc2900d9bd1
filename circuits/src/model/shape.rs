//! The shape of a model: everything its circuit depends on.

use std::fmt;

use super::kinds::{ActivationBits, Head, Range, WeightBits};
use crate::columns::{MAX_VALUE_ROWS, MODEL_HEAD_ROWS};

/// Most layers of a model.
pub const MAX_LAYERS: usize = 8;
/// Most inputs of a model, and most neurons of a layer.
pub const MAX_WIDTH: u16 = 1024;
/// Most labels of a tags head: their bits are one public input.
pub const MAX_TAGS: u16 = 128;
/// Most classes of a class head.
pub const MAX_CLASSES: u16 = 256;
/// Most outputs of a values head: each is a public input, of which a statement has at most
/// [`MAX_VALUE_ROWS`](crate::columns::MAX_VALUE_ROWS), with two of its subject and two more of the model.
pub const MAX_VALUES: u16 = 28;
const _: () = assert!(2 + MODEL_HEAD_ROWS + MAX_VALUES as usize == MAX_VALUE_ROWS);
/// Bits of every output of the last layer.
pub const OUTPUT_BITS: u32 = 16;

/// One layer of a shape.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerShape {
    /// Neurons.
    pub outputs: u16,
    /// Whether what is below 0 becomes 0. Never for the last layer.
    pub relu: bool,
}

/// Inputs, layers, widths and head: what a key is made for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shape {
    head: Head,
    weights: WeightBits,
    activations: ActivationBits,
    inputs: u16,
    layers: [LayerShape; MAX_LAYERS],
    depth: u8,
}

/// Why there is no such shape.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are what was found")]
pub enum ShapeError {
    /// No layers, or too many.
    Depth { found: usize },
    /// No inputs, or too many.
    Inputs { found: usize },
    /// No neurons in a layer, or too many for it or for its head.
    Width { layer: usize, most: u16, found: usize },
    /// The last layer cuts off what is negative.
    LastRelu,
    /// The reconstruction has another length than the input.
    Reconstruction { inputs: u16, outputs: u16 },
}

impl fmt::Display for ShapeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Depth { found } => write!(f, "layers: 1 to {MAX_LAYERS} were expected, found {found}"),
            Self::Inputs { found } => write!(f, "inputs: 1 to {MAX_WIDTH} were expected, found {found}"),
            Self::Width { layer, most, found } => {
                write!(f, "layers[{layer}]: 1 to {most} neurons were expected, found {found}")
            }
            Self::LastRelu => f.write_str("the last layer must be linear, found a ReLU"),
            Self::Reconstruction { inputs, outputs } => write!(
                f,
                "an anomaly head needs as many outputs as inputs; expected {inputs}, found {outputs}"
            ),
        }
    }
}

impl std::error::Error for ShapeError {}

impl Shape {
    /// Checks and makes a shape.
    ///
    /// # Errors
    /// If a width, the depth or the last layer does not suit.
    pub fn new(
        head: Head,
        weights: WeightBits,
        activations: ActivationBits,
        inputs: usize,
        layers: &[(usize, bool)],
    ) -> Result<Self, ShapeError> {
        let width = |found: usize| u16::try_from(found).ok().filter(|width| (1..=MAX_WIDTH).contains(width));
        let depth = u8::try_from(layers.len()).unwrap_or(u8::MAX);
        if layers.is_empty() || layers.len() > MAX_LAYERS {
            return Err(ShapeError::Depth { found: layers.len() });
        }
        let mut shapes = [LayerShape::default(); MAX_LAYERS];
        for (layer, ((found, relu), shape)) in layers.iter().zip(&mut shapes).enumerate() {
            let last = layer + 1 == layers.len();
            let most = match head {
                Head::Tags if last => MAX_TAGS,
                Head::Class if last => MAX_CLASSES,
                Head::Values if last => MAX_VALUES,
                _ => MAX_WIDTH,
            };
            let outputs = width(*found).filter(|width| *width <= most);
            let outputs = outputs.ok_or(ShapeError::Width { layer, most, found: *found })?;
            if last && *relu {
                return Err(ShapeError::LastRelu);
            }
            *shape = LayerShape { outputs, relu: *relu };
        }
        let inputs = width(inputs).ok_or(ShapeError::Inputs { found: inputs })?;
        let shape = Self { head, weights, activations, inputs, layers: shapes, depth };
        if head == Head::Anomaly && shape.outputs() != usize::from(inputs) {
            let outputs = shape.layers().last().map_or(0, |last| last.outputs);
            return Err(ShapeError::Reconstruction { inputs, outputs });
        }
        Ok(shape)
    }

    /// What the outputs are taken for.
    pub fn head(&self) -> Head {
        self.head
    }

    /// Bits of the weights.
    pub fn weights(&self) -> WeightBits {
        self.weights
    }

    /// Bits of the activations.
    pub fn activations(&self) -> ActivationBits {
        self.activations
    }

    /// How many inputs.
    pub fn inputs(&self) -> usize {
        self.inputs.into()
    }

    /// The layers.
    pub fn layers(&self) -> &[LayerShape] {
        &self.layers[..self.depth.into()]
    }

    /// Neurons of the last layer.
    pub fn outputs(&self) -> usize {
        self.layers().last().map_or(0, |layer| layer.outputs.into())
    }

    /// How many public inputs the outputs are: each its own with a values head, one with any other.
    pub fn published(&self) -> usize {
        if self.head == Head::Values { self.outputs() } else { 1 }
    }

    /// Neurons of layer `layer`.
    pub fn layer_outputs(&self, layer: usize) -> usize {
        self.layers()[layer].outputs.into()
    }

    /// Inputs of layer `layer`.
    pub fn layer_inputs(&self, layer: usize) -> usize {
        layer.checked_sub(1).map_or(self.inputs(), |before| self.layer_outputs(before))
    }

    /// What layer `layer` takes in.
    pub fn input_range(&self, layer: usize) -> Range {
        layer.checked_sub(1).map_or(Range::signed(self.activations.count()), |b| self.output_range(b))
    }

    /// What layer `layer` gives out.
    pub fn output_range(&self, layer: usize) -> Range {
        if layer + 1 == self.layers().len() {
            Range::signed(OUTPUT_BITS)
        } else if self.layers()[layer].relu {
            Range::unsigned(self.activations.count())
        } else {
            Range::signed(self.activations.count())
        }
    }

    /// The encoding: head, weight bits, activation bits, inputs, layers; each layer's outputs and 1 for a ReLU.
    /// Widths are two bytes, low byte first.
    pub fn to_bytes(&self) -> Vec<u8> {
        let narrow = |bits: u32| u8::try_from(bits).unwrap_or(u8::MAX);
        let mut out =
            vec![self.head.number(), narrow(self.weights.count()), narrow(self.activations.count())];
        out.extend(self.inputs.to_le_bytes());
        out.push(self.depth);
        for layer in self.layers() {
            out.extend(layer.outputs.to_le_bytes());
            out.push(layer.relu.into());
        }
        out
    }

    /// Reads one shape off the front of `bytes`, which is left with the rest.
    pub fn take(bytes: &mut &[u8]) -> Option<Self> {
        let mut next = || {
            let (first, rest) = bytes.split_first()?;
            *bytes = rest;
            Some(*first)
        };
        let head = next()?;
        let head = Head::ALL.into_iter().find(|known| known.number() == head)?;
        let weights = WeightBits::from_count(next()?.into())?;
        let activations = ActivationBits::from_count(next()?.into())?;
        let inputs = u16::from_le_bytes([next()?, next()?]).into();
        let depth = next()?;
        let mut layers = Vec::new();
        for _ in 0..depth {
            let outputs = u16::from_le_bytes([next()?, next()?]).into();
            let relu = match next()? {
                0 => false,
                1 => true,
                _ => return None,
            };
            layers.push((outputs, relu));
        }
        Self::new(head, weights, activations, inputs, &layers).ok()
    }

    /// The shape of that name, as [`Display`](fmt::Display) writes it.
    pub fn from_name(name: &str) -> Option<Self> {
        let mut parts = name.split('-');
        let head = Head::from_name(parts.next()?)?;
        let (mut weights, mut activations) = (WeightBits::default(), ActivationBits::default());
        let mut widths: Vec<(usize, bool)> = Vec::new();
        for part in parts {
            if let Some(bits) = part.strip_prefix('w') {
                weights = WeightBits::from_count(bits.parse().ok()?)?;
            } else if let Some(bits) = part.strip_prefix('a') {
                activations = ActivationBits::from_count(bits.parse().ok()?)?;
            } else {
                let linear = part.strip_suffix('l');
                widths.push((linear.unwrap_or(part).parse().ok()?, linear.is_none()));
            }
        }
        let ((inputs, _), layers) = widths.split_first_mut()?;
        layers.last_mut()?.1 = false;
        let shape = Self::new(head, weights, activations, *inputs, layers).ok()?;
        // One name per shape: no leading zeros, no default spelt out.
        (shape.to_string() == name).then_some(shape)
    }
}

impl fmt::Display for Shape {
    /// E.g. `tags-96-64-32-15`; `l` after the width of a hidden layer without ReLU, `w12` and `a8` for other widths
    /// than 8-bit weights and 16-bit activations.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.head.name(), self.inputs)?;
        for (index, layer) in self.layers().iter().enumerate() {
            let linear = !layer.relu && index + 1 < self.layers().len();
            write!(f, "-{}{}", layer.outputs, if linear { "l" } else { "" })?;
        }
        if self.weights != WeightBits::default() {
            write!(f, "-w{}", self.weights.count())?;
        }
        if self.activations != ActivationBits::default() {
            write!(f, "-a{}", self.activations.count())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_bytes_give_the_shape_back() {
        let names = [
            "tags-96-64-32-15",
            "anomaly-96-64-32-16-32-64-96-w16",
            "class-12-128-64-32-4-w12-a8",
            "anomaly-8-2l-8",
            "tags-3-1",
            "values-12-64-8",
        ];
        for name in names {
            let shape = Shape::from_name(name).unwrap();
            assert_eq!(shape.to_string(), name);
            let bytes = [shape.to_bytes(), vec![7]].concat();
            let mut rest = &bytes[..];
            assert_eq!((Shape::take(&mut rest), rest), (Some(shape), &[7][..]));
            for cut in 0..bytes.len() - 1 {
                assert_eq!(Shape::take(&mut &bytes[..cut]), None);
            }
        }
        for name in [
            "",
            "tags",
            "tags-96",
            "tags-096-15",
            "tags-96-15l",
            "tags-96-15-w8",
            "tags-9-129",
            "values-9-29",
            "anomaly-9-8",
        ] {
            assert_eq!(Shape::from_name(name), None, "{name}");
        }
    }
}
