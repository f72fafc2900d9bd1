//! Parameters as rows of eight limbs: what is committed to, and what the circuit range-checks.
//!
//! With λ the bits of a full limb:
//!
//! | row | limbs |
//! |---|---|
//! | of a quantiser | mean + 2³⁵ in λ, λ, 36 − 2λ bits; 0; multiplier in four that make 40 |
//! | of an output | bias + 2³¹ in λ, λ, 32 − 2λ bits; multiplier in λ; four of 0 |
//! | of weights | eight limbs of 8 bits: weight + 128 |
//! | of a split | feature in λ bits; threshold + 2³⁵ in λ, λ, 36 − 2λ; left and right in λ and 17 − λ (4 for λ = 14) |
//! | of two leaves of one target | twice: value + 2³⁵ in λ, λ, 36 − 2λ bits; 0 |
//! | of a leaf of several targets | four times: value + 2²³ in 12, 12 bits |
//!
//! Weights of a block stand by operand, then by input, then by output, eight to a row; if a block has not a multiple of eight
//! outputs, weights of value 0 stand in front of the first. A leaf or target that is not there is 0 in all its limbs.

use std::ops::Range;

use crate::columns::LIMBS;
use crate::model::parameters::Holds;
use crate::model::{INPUT_BITS, INPUT_MULTIPLIER_BITS};

use super::description::Graph;
use super::limits::BIAS_BITS;
use super::model::{Forest, GraphModel, LinearBlock, ParameterBlock};
use super::node::Block;

/// Bits of weights, in a packed element.
const WEIGHT_RADIX: u32 = 8;
/// Bits of a packed element that may be used.
const ELEMENT_BITS: u32 = 253;
/// Bits of a limb of a leaf of several targets.
const TARGET_LIMB_BITS: u32 = 12;

/// Where a row of parameters belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// Quantiser of a channel.
    Quantiser(usize),
    /// Bias and multiplier of an output.
    Channel {
        /// Block.
        block: usize,
        /// Output.
        output: usize,
    },
    /// Eight weights of an input.
    Weights {
        /// Block.
        block: usize,
        /// Operand.
        operand: usize,
        /// Input.
        input: usize,
        /// Which eight outputs.
        group: usize,
    },
    /// A split of a forest.
    Split {
        /// Block.
        block: usize,
        /// Split.
        split: usize,
    },
    /// A leaf, or two if they have one target.
    Leaves {
        /// Block.
        block: usize,
        /// The first of them.
        leaf: usize,
    },
}

/// Widths of an integer in limbs of at most λ bits.
pub fn widths(bits: u32, limb: u32) -> Vec<u32> {
    let mut rest = bits;
    let mut widths = Vec::new();
    while rest > 0 {
        widths.push(rest.min(limb));
        rest -= rest.min(limb);
    }
    widths
}

/// Widths of a pointer's limbs.
pub fn pointer_widths(limb: u32) -> [u32; 2] {
    [limb, if limb == 12 { 5 } else { 4 }]
}

impl Place {
    /// Bits of its limbs in a packed element.
    pub fn radix(self, graph: &Graph) -> u32 {
        match self {
            Self::Weights { .. } => WEIGHT_RADIX,
            _ => graph.limb_bits(),
        }
    }

    /// What each limb may hold.
    pub fn holds(self, graph: &Graph) -> [Holds; LIMBS] {
        let limb = graph.limb_bits();
        let value = |bits: u32, limbs: usize| {
            let mut holds: Vec<Holds> = widths(bits, limb).into_iter().map(Holds::Bits).collect();
            holds.resize(limbs, Holds::Only(0));
            holds
        };
        let holds = match self {
            Self::Quantiser(_) => [value(INPUT_BITS, 4), value(INPUT_MULTIPLIER_BITS, 4)].concat(),
            Self::Channel { .. } => {
                let mut holds = value(BIAS_BITS, 3);
                holds.push(Holds::Bits(limb));
                holds
            }
            Self::Weights { block, group, .. } => {
                let padding = padding(outputs(graph, block)).saturating_sub(group * LIMBS);
                let hold = |place| if place < padding { Holds::Only(128) } else { Holds::Bits(8) };
                (0..LIMBS).map(hold).collect()
            }
            Self::Split { .. } => {
                let pointer = pointer_widths(limb).map(Holds::Bits);
                [vec![Holds::Bits(limb)], value(INPUT_BITS, 3), pointer.to_vec(), pointer.to_vec()].concat()
            }
            Self::Leaves { block, leaf } => {
                let (leaves, targets) = leaves(graph, block);
                if targets == 1 {
                    let second = if leaf + 1 < leaves { value(INPUT_BITS, 4) } else { Vec::new() };
                    [value(INPUT_BITS, 4), second].concat()
                } else {
                    vec![Holds::Bits(TARGET_LIMB_BITS); 2 * targets]
                }
            }
        };
        std::array::from_fn(|i| holds.get(i).copied().unwrap_or(Holds::Only(0)))
    }

    /// The limbs.
    pub fn limbs(self, model: &GraphModel) -> [u16; LIMBS] {
        let limb = model.graph().limb_bits();
        let signed = |value: i64, bits: u32| value.wrapping_add(1 << (bits - 1)).unsigned_abs();
        let value =
            |value: i64, limbs: usize| split(signed(value, INPUT_BITS), &widths(INPUT_BITS, limb), limbs);
        let limbs = match self {
            Self::Quantiser(channel) => {
                let quantiser = model.inputs()[channel];
                let multiplier = split(quantiser.multiplier, &widths(INPUT_MULTIPLIER_BITS, limb), 4);
                [value(quantiser.mean, 4), multiplier].concat()
            }
            Self::Channel { block, output } => {
                let channel = linear(model, block).channels[output];
                let mut limbs = split(signed(channel.bias.into(), BIAS_BITS), &widths(BIAS_BITS, limb), 3);
                limbs.push(channel.multiplier);
                limbs
            }
            Self::Weights { block, operand, input, group } => {
                let weights = &linear(model, block).weights[operand];
                let padding = padding(weights.len());
                let weight = |place: usize| {
                    let output = (group * LIMBS + place).checked_sub(padding);
                    let weight = output.map_or(0, |output| weights[output][input]);
                    (i16::from(weight) + 128).unsigned_abs()
                };
                (0..LIMBS).map(weight).collect()
            }
            Self::Split { block, split: index } => {
                let node = forest(model, block).splits[index];
                let pointer = |pointer: u32| split(pointer.into(), &pointer_widths(limb), 2);
                let children = [pointer(node.left.pointer()), pointer(node.right.pointer())].concat();
                [vec![node.feature], value(node.threshold, 3), children].concat()
            }
            Self::Leaves { block, leaf } => {
                let leaves = &forest(model, block).leaves;
                if leaves[leaf].len() == 1 {
                    let two = leaves[leaf..].iter().take(2);
                    two.flat_map(|values| value(values[0], 4)).collect()
                } else {
                    let target = |value: &i64| split(signed(*value, 24), &[TARGET_LIMB_BITS; 2], 2);
                    leaves[leaf].iter().flat_map(target).collect()
                }
            }
        };
        std::array::from_fn(|i| limbs.get(i).copied().unwrap_or(0))
    }
}

fn linear(model: &GraphModel, block: usize) -> &LinearBlock {
    match &model.blocks()[block] {
        ParameterBlock::Linear(block) => block,
        ParameterBlock::Forest(_) => unreachable!("a place belongs to a block of its kind"),
    }
}

fn forest(model: &GraphModel, block: usize) -> &Forest {
    match &model.blocks()[block] {
        ParameterBlock::Forest(forest) => forest,
        ParameterBlock::Linear(_) => unreachable!("a place belongs to a block of its kind"),
    }
}

/// Outputs of a linear block.
fn outputs(graph: &Graph, block: usize) -> usize {
    match &graph.blocks()[block] {
        Block::Linear { outputs, .. } => (*outputs).into(),
        Block::Forest { .. } => 0,
    }
}

/// Leaves and targets of a forest.
fn leaves(graph: &Graph, block: usize) -> (usize, usize) {
    match &graph.blocks()[block] {
        Block::Linear { .. } => (0, 0),
        Block::Forest { leaves, targets, .. } => (*leaves as usize, (*targets).into()),
    }
}

/// Weights of value 0 in front of `outputs` of them.
pub fn padding(outputs: usize) -> usize {
    outputs.div_ceil(LIMBS) * LIMBS - outputs
}

/// Digits, least significant first, filled up with zeros.
fn split(value: u64, widths: &[u32], limbs: usize) -> Vec<u16> {
    let mut rest = value;
    let mut digits: Vec<u16> = widths
        .iter()
        .map(|width| {
            let digit = (rest & ((1 << width) - 1)) as u16;
            rest >>= width;
            digit
        })
        .collect();
    digits.resize(limbs, 0);
    digits
}

/// Rows of parameters of a block, in order.
pub fn block_places(graph: &Graph, block: usize) -> Vec<Place> {
    match &graph.blocks()[block] {
        Block::Linear { outputs, operands } => {
            let outputs = usize::from(*outputs);
            let mut places: Vec<Place> =
                (0..outputs).map(|output| Place::Channel { block, output }).collect();
            for (operand, (inputs, _)) in operands.iter().enumerate() {
                for input in 0..usize::from(*inputs) {
                    let groups = 0..outputs.div_ceil(LIMBS);
                    places.extend(groups.map(|group| Place::Weights { block, operand, input, group }));
                }
            }
            places
        }
        Block::Forest { splits, leaves, targets, .. } => {
            let splits = (0..*splits as usize).map(|split| Place::Split { block, split });
            let step = if *targets == 1 { 2 } else { 1 };
            let leaves = (0..*leaves as usize).step_by(step).map(|leaf| Place::Leaves { block, leaf });
            splits.chain(leaves).collect()
        }
    }
}

/// Every row of parameters, in order.
pub fn places(graph: &Graph) -> Vec<Place> {
    let channels = if graph.quantises() { graph.channels() } else { 0 };
    let quantisers = (0..channels).map(Place::Quantiser);
    quantisers.chain((0..graph.blocks().len()).flat_map(|block| block_places(graph, block))).collect()
}

/// The runs of rows that are packed together: of one radix, and as many as fit an element.
pub fn runs(graph: &Graph, places: &[Place]) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let radix = place.radix(graph);
        let full = (ELEMENT_BITS / radix) as usize;
        match runs.last_mut() {
            Some(run) if places[run.start].radix(graph) == radix && run.len() < full => run.end = index + 1,
            _ => runs.push(index..index + 1),
        }
    }
    runs
}

/// How many [`runs`] there are, from the stretches of rows of one radix: a short description may have millions of rows.
pub fn run_count(graph: &Graph) -> usize {
    let mut stretches: Vec<(u32, usize)> = Vec::new();
    let mut add = |radix: u32, rows: usize| match stretches.last_mut() {
        Some((last, length)) if *last == radix => *length += rows,
        _ if rows > 0 => stretches.push((radix, rows)),
        _ => {}
    };
    let limb = graph.limb_bits();
    add(limb, if graph.quantises() { graph.channels() } else { 0 });
    for block in graph.blocks() {
        match block {
            Block::Linear { outputs, operands } => {
                let inputs: usize = operands.iter().map(|(inputs, _)| usize::from(*inputs)).sum();
                add(limb, (*outputs).into());
                add(WEIGHT_RADIX, inputs * usize::from(*outputs).div_ceil(LIMBS));
            }
            Block::Forest { splits, leaves, targets, .. } => {
                let leaves = if *targets == 1 { leaves.div_ceil(2) } else { *leaves };
                add(limb, (*splits + leaves) as usize);
            }
        }
    }
    stretches.iter().map(|(radix, rows)| rows.div_ceil((ELEMENT_BITS / radix) as usize)).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Counted is what is listed, of every kind of block, and where blocks of one radix meet.
    #[test]
    fn runs_are_counted_without_listing_rows() {
        use crate::graph::{Head, Node, Requantise};
        use crate::model::Range;

        let linear = |outputs, inputs| Block::Linear { outputs, operands: vec![(inputs, 0)] };
        let forest = |splits, leaves, targets| Block::Forest { trees: 1, depth: 16, splits, leaves, targets };
        let mut counts = Vec::new();
        for limb in [12, 13, 14] {
            let then = Requantise { range: Range::signed(limb), table: None };
            for blocks in [
                vec![linear(9, 300)],
                vec![linear(40, 300), linear(8, 300), linear(33, 300)],
                vec![forest(40, 41, 1), forest(40, 41, 3), linear(17, 300)],
                vec![forest(21, 22, 1), forest(42, 1, 2)],
            ] {
                let mut nodes = vec![Node::Input];
                nodes.extend((0..).zip(&blocks).map(|(block, shape)| match shape {
                    Block::Linear { .. } => Node::Linear { block, operands: vec![0], then },
                    Block::Forest { .. } => Node::Forest { block },
                }));
                let graph =
                    Graph::new(limb, 300, 1, blocks, nodes, vec![Head::Class { of: 1 }]).expect("a graph");
                let listed = runs(&graph, &places(&graph)).len();
                assert_eq!(run_count(&graph), listed, "{:?}", graph.blocks());
                counts.push(listed);
            }
        }
        assert_eq!(counts.len(), 12);
    }

    #[test]
    fn digits_fill_their_widths() {
        assert_eq!(widths(36, 12), [12, 12, 12]);
        assert_eq!(widths(36, 13), [13, 13, 10]);
        assert_eq!(widths(40, 14), [14, 14, 12]);
        assert_eq!(widths(40, 13), [13, 13, 13, 1]);
        assert_eq!(split(0x12345, &[12, 5], 3), [0x345, 0x12, 0]);
    }
}
