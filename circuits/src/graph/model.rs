//! A graph with its parameters.

use std::fmt;
use std::sync::Arc;

use halo2curves::bn256::Fr;

use crate::model::{
    INPUT_BITS, INPUT_MULTIPLIER_BITS, InputQuantiser, MAX_FRACTION_BITS, MAX_LABEL_BYTES, Range,
};

use super::description::Graph;
use super::error::GraphError;
use super::limits::LEAF_BITS;
use super::node::{Block, Node, Operand};

/// Bias and multiplier of an output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Channel {
    /// Added to the sum.
    pub bias: i32,
    /// Of λ bits.
    pub multiplier: u16,
}

/// Parameters of a linear block.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LinearBlock {
    /// One for each output.
    pub channels: Vec<Channel>,
    /// Of each operand: output by output, one weight for each input.
    pub weights: Vec<Vec<Vec<i8>>>,
}

/// Where a split leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    /// Another split.
    Split(u16),
    /// A leaf.
    Leaf(u16),
}

impl Child {
    /// As in a commitment: the place, and 2¹⁶ on top for a leaf.
    pub fn pointer(self) -> u32 {
        match self {
            Self::Split(place) => place.into(),
            Self::Leaf(place) => u32::from(place) + (1 << 16),
        }
    }
}

/// A split: to the left if the value is at most the threshold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Split {
    /// Which value of the subject.
    pub feature: u16,
    /// In units of the subject, of 36 bits.
    pub threshold: i64,
    /// If value ≤ threshold.
    pub left: Child,
    /// Otherwise.
    pub right: Child,
}

/// Parameters of a forest. Tree t starts at split t.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Forest {
    /// The splits of all trees.
    pub splits: Vec<Split>,
    /// The leaves of all trees: a value for each target.
    pub leaves: Vec<Vec<i64>>,
}

/// Parameters of a block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ParameterBlock {
    /// Of a linear block.
    Linear(LinearBlock),
    /// Of a forest.
    Forest(Forest),
}

/// What a head's outputs mean. Bound by the commitment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeadMeaning {
    /// Names of the elements, if the head has them.
    pub labels: Vec<String>,
    /// An element q stands for q·2^−fraction_bits.
    pub fraction_bits: u8,
    /// Where a score is flagged.
    pub threshold: u64,
}

/// A quantised model: a graph and its parameters. There is a proof for every input of it, which is checked when it is made.
#[derive(Clone, PartialEq, Eq)]
pub struct GraphModel {
    graph: Arc<Graph>,
    inputs: Vec<InputQuantiser>,
    blocks: Vec<ParameterBlock>,
    heads: Vec<HeadMeaning>,
    salt: Fr,
}

/// Without parameters and salt, which must not end up in a log.
impl fmt::Debug for GraphModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GraphModel").field("graph", &self.graph).finish_non_exhaustive()
    }
}

fn count(place: &str, expected: usize, found: usize) -> Result<(), GraphError> {
    if expected == found { Ok(()) } else { Err(GraphError::new(place, expected, found)) }
}

fn bits(place: impl Fn() -> String, bits: u32, signed: bool, found: i64) -> Result<(), GraphError> {
    let fits =
        if signed { (-(1 << (bits - 1))..1 << (bits - 1)).contains(&found) } else { found >> bits == 0 };
    if fits {
        return Ok(());
    }
    let kind = if signed { "a signed" } else { "an unsigned" };
    Err(GraphError::new(place(), format!("{kind} integer of {bits} bits"), found))
}

impl GraphModel {
    /// Checks counts, ranges, sums and trees, and makes a model.
    ///
    /// `salt` is absorbed by the commitment: 0 unless the parameters are so few that they could be guessed.
    ///
    /// # Errors
    /// With the first thing that does not suit.
    pub fn new(
        graph: Arc<Graph>,
        inputs: Vec<InputQuantiser>,
        blocks: Vec<ParameterBlock>,
        heads: Vec<HeadMeaning>,
        salt: Fr,
    ) -> Result<Self, GraphError> {
        let model = Self { graph, inputs, blocks, heads, salt };
        model.check_inputs()?;
        count("parameters", model.graph.blocks().len(), model.blocks.len())?;
        for (index, (shape, block)) in model.graph.blocks().iter().zip(&model.blocks).enumerate() {
            let place = format!("parameters[{index}]");
            match (shape, block) {
                (Block::Linear { .. }, ParameterBlock::Linear(block)) => {
                    model.check_linear(&place, index, block)?
                }
                (Block::Forest { .. }, ParameterBlock::Forest(forest)) => {
                    check_forest(&place, shape, forest, model.graph.inputs())?;
                }
                _ => return Err(GraphError::new(&place, "parameters of its block", "those of another kind")),
            }
        }
        model.check_heads()?;
        Ok(model)
    }

    /// The same with other parameters, whatever they are, as long as their numbers are those of the graph: nobody checks them. For
    /// tests of what a circuit makes of parameters that no model has.
    #[cfg(feature = "testing")]
    pub fn unchecked(&self, change: impl FnOnce(&mut [InputQuantiser], &mut [ParameterBlock])) -> Self {
        let mut model = self.clone();
        change(&mut model.inputs, &mut model.blocks);
        model
    }

    /// A model of zeros: what keys are made from.
    pub fn blank(graph: Arc<Graph>) -> Self {
        let inputs = if graph.quantises() { graph.channels() } else { 0 };
        let inputs = vec![InputQuantiser { mean: 0, multiplier: 0 }; inputs];
        let block = |block: &Block| match block {
            Block::Linear { outputs, operands } => {
                let outputs = usize::from(*outputs);
                let weights = |(inputs, _): &(u16, u8)| vec![vec![0; usize::from(*inputs)]; outputs];
                ParameterBlock::Linear(LinearBlock {
                    channels: vec![Channel::default(); outputs],
                    weights: operands.iter().map(weights).collect(),
                })
            }
            Block::Forest { splits, leaves, targets, .. } => {
                let split = Split { feature: 0, threshold: 0, left: Child::Leaf(0), right: Child::Leaf(0) };
                ParameterBlock::Forest(Forest {
                    splits: vec![split; *splits as usize],
                    leaves: vec![vec![0; usize::from(*targets)]; *leaves as usize],
                })
            }
        };
        let blocks = graph.blocks().iter().map(block).collect();
        let heads = vec![HeadMeaning::default(); graph.heads().len()];
        Self { graph, inputs, blocks, heads, salt: Fr::zero() }
    }

    /// The graph.
    pub fn graph(&self) -> &Arc<Graph> {
        &self.graph
    }

    /// Quantisers of the channels; none if the graph has only forests.
    pub fn inputs(&self) -> &[InputQuantiser] {
        &self.inputs
    }

    /// Parameters, block by block.
    pub fn blocks(&self) -> &[ParameterBlock] {
        &self.blocks
    }

    /// What the heads mean.
    pub fn heads(&self) -> &[HeadMeaning] {
        &self.heads
    }

    /// What blinds the commitment.
    pub fn salt(&self) -> Fr {
        self.salt
    }

    fn check_inputs(&self) -> Result<(), GraphError> {
        let expected = if self.graph.quantises() { self.graph.channels() } else { 0 };
        count("inputs", expected, self.inputs.len())?;
        for (j, InputQuantiser { mean, multiplier }) in self.inputs.iter().enumerate() {
            bits(|| format!("inputs[{j}].mean"), INPUT_BITS, true, *mean)?;
            let found = i64::try_from(*multiplier).unwrap_or(i64::MAX);
            bits(|| format!("inputs[{j}].multiplier"), INPUT_MULTIPLIER_BITS, false, found)?;
        }
        Ok(())
    }

    fn check_linear(&self, place: &str, index: usize, block: &LinearBlock) -> Result<(), GraphError> {
        let Block::Linear { outputs, operands } = &self.graph.blocks()[index] else { return Ok(()) };
        let outputs = usize::from(*outputs);
        count(&format!("{place}.channels"), outputs, block.channels.len())?;
        count(&format!("{place}.weights"), operands.len(), block.weights.len())?;
        for (n, ((inputs, _), weights)) in operands.iter().zip(&block.weights).enumerate() {
            count(&format!("{place}.weights[{n}]"), outputs, weights.len())?;
            for (o, row) in weights.iter().enumerate() {
                count(&format!("{place}.weights[{n}][{o}]"), usize::from(*inputs), row.len())?;
            }
        }
        let limb = self.graph.limb_bits();
        for (o, channel) in block.channels.iter().enumerate() {
            bits(|| format!("{place}.channels[{o}].multiplier"), limb, false, channel.multiplier.into())?;
        }
        // Whatever the input, no quotient may pass the room beyond its range.
        let nodes = self.graph.nodes().iter().filter_map(|node| match node {
            Node::Linear { block, operands, then } if usize::from(*block) == index => Some((operands, then)),
            _ => None,
        });
        for (tensors, then) in nodes {
            for (o, channel) in block.channels.iter().enumerate() {
                let mut greatest = i128::from(channel.bias).abs();
                for ((weights, tensor), (_, power)) in block.weights.iter().zip(tensors).zip(operands) {
                    let sum: i128 = weights[o].iter().map(|w| i128::from(*w).abs()).sum();
                    let tensor = &self.graph.tensors()[usize::from(*tensor)];
                    greatest += (sum * i128::from(tensor.magnitude())) << power;
                }
                let quotient = ((greatest * i128::from(channel.multiplier)) >> limb) + 1;
                if quotient > room(then.range, limb) {
                    let expected = format!("quotients within 2^{} of the range", 2 * limb);
                    let found =
                        format!("quotients up to {quotient}: use a smaller multiplier or smaller weights");
                    return Err(GraphError::new(format!("{place}, output {o}"), expected, found));
                }
            }
        }
        Ok(())
    }

    /// Whether a tensor is the sum of a forest with a leaf below 0.
    fn has_negative_leaves(&self, operand: Operand) -> bool {
        let Some(Node::Forest { block }) = self.graph.nodes().get(usize::from(operand)) else { return false };
        match &self.blocks[usize::from(*block)] {
            ParameterBlock::Forest(forest) => forest.leaves.iter().flatten().any(|value| *value < 0),
            ParameterBlock::Linear(_) => false,
        }
    }

    fn check_heads(&self) -> Result<(), GraphError> {
        count("heads", self.graph.heads().len(), self.heads.len())?;
        for (index, (head, meaning)) in self.graph.heads().iter().zip(&self.heads).enumerate() {
            let place = format!("heads[{index}]");
            let elements = self.graph.tensors()[usize::from(head.of())].count;
            let expected = if head.has_labels() { elements } else { 0 };
            count(&format!("{place}.labels"), expected, meaning.labels.len())?;
            let mut seen = std::collections::HashSet::new();
            for (i, label) in meaning.labels.iter().enumerate() {
                if label.is_empty() || label.len() > MAX_LABEL_BYTES || !seen.insert(label) {
                    let expected = format!("1 to {MAX_LABEL_BYTES} bytes that no other label has");
                    return Err(GraphError::new(
                        format!("{place}.labels[{i}]"),
                        expected,
                        format!("{label:?}"),
                    ));
                }
            }
            if !head.has_threshold() && meaning.threshold != 0 {
                return Err(GraphError::new(&place, "no threshold", meaning.threshold));
            }
            let tensor = &self.graph.tensors()[usize::from(head.of())];
            if head.has_threshold() && meaning.threshold > tensor.high.unsigned_abs() {
                return Err(GraphError::new(
                    &place,
                    format!("a threshold of at most {}", tensor.high),
                    meaning.threshold,
                ));
            }
            if head.has_threshold() && self.has_negative_leaves(head.of()) {
                return Err(GraphError::new(
                    &place,
                    "a score that is never negative",
                    "a forest with negative leaves",
                ));
            }
            if meaning.fraction_bits > MAX_FRACTION_BITS {
                let expected = format!("at most {MAX_FRACTION_BITS} fraction bits");
                return Err(GraphError::new(&place, expected, meaning.fraction_bits));
            }
        }
        Ok(())
    }
}

/// How large a quotient of either sign may be: what lies beyond the range fits two limbs.
pub(super) fn room(range: Range, limb: u32) -> i128 {
    (1 << (2 * limb)) + i128::from(range.high()).min(-i128::from(range.low))
}

fn check_forest(place: &str, shape: &Block, forest: &Forest, inputs: usize) -> Result<(), GraphError> {
    let Block::Forest { trees, depth, splits, leaves, targets } = *shape else { return Ok(()) };
    count(&format!("{place}.splits"), splits as usize, forest.splits.len())?;
    count(&format!("{place}.leaves"), leaves as usize, forest.leaves.len())?;
    let mut met = vec![false; forest.splits.len()];
    let mut met_leaves = vec![false; forest.leaves.len()];
    for (i, split) in forest.splits.iter().enumerate() {
        let at = || format!("{place}.splits[{i}]");
        if usize::from(split.feature) >= inputs {
            return Err(GraphError::new(at(), format!("a feature below {inputs}"), split.feature));
        }
        bits(|| format!("{}.threshold", at()), INPUT_BITS, true, split.threshold)?;
    }
    for (i, leaf) in forest.leaves.iter().enumerate() {
        count(&format!("{place}.leaves[{i}]"), targets.into(), leaf.len())?;
        for value in leaf {
            bits(|| format!("{place}.leaves[{i}]"), LEAF_BITS[usize::from(targets > 1)], true, *value)?;
        }
    }
    for tree in 0..usize::from(trees) {
        let mut rest = vec![(tree, 1)];
        while let Some((split, steps)) = rest.pop() {
            let at = format!("{place}, tree {tree}, split {split}");
            if steps > depth {
                return Err(GraphError::new(at, format!("paths of at most {depth} splits"), steps));
            }
            if std::mem::replace(&mut met[split], true) {
                return Err(GraphError::new(at, "splits that one path reaches", "two paths, or a circle"));
            }
            for child in [forest.splits[split].left, forest.splits[split].right] {
                match child {
                    Child::Split(next) if usize::from(next) < met.len() => {
                        rest.push((next.into(), steps + 1))
                    }
                    Child::Leaf(leaf) if usize::from(leaf) < met_leaves.len() => {
                        met_leaves[usize::from(leaf)] = true
                    }
                    child => {
                        return Err(GraphError::new(at, "children that are there", format!("{child:?}")));
                    }
                }
            }
        }
    }
    for (what, met) in [("splits", met), ("leaves", met_leaves)] {
        if let Some(lost) = met.iter().position(|met| !met) {
            return Err(GraphError::new(format!("{place}.{what}[{lost}]"), "a path that reaches it", "none"));
        }
    }
    Ok(())
}
