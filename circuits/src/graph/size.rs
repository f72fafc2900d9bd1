//! How many rows a graph takes: arithmetic on its shape, which the circuit keeps to.

use super::description::Graph;
use super::limits::SUM_WIRES;
use super::node::{Block, Head, Node, Operand, Term};
use super::parameters::run_count;
use crate::columns::LIMBS;
use crate::packing::FOLDED_PER_ELEMENT;

/// How a sum of products ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// It is divided, or it is limbs: no wire is needed.
    Plain,
    /// The last wire of its last row holds it, or says whether it is negative.
    Wire,
}

/// Rows of a sum of `pairs` products and `singles`.
pub fn sum_rows(pairs: usize, singles: usize, end: End) -> usize {
    (2 * pairs + singles + usize::from(end == End::Wire)).div_ceil(SUM_WIRES).max(1)
}

impl Graph {
    /// Positions at which a block is used, and one more if their number is odd: they stand in rows by two.
    pub fn padded_positions(&self, block: usize) -> usize {
        let nodes = self.nodes().iter().zip(self.tensors());
        let outputs = match &self.blocks()[block] {
            Block::Linear { outputs, .. } => usize::from(*outputs),
            Block::Forest { .. } => return 0,
        };
        let used = nodes.filter(
            |(node, _)| matches!(node, Node::Linear { block: used, .. } if usize::from(*used) == block),
        );
        let positions: usize = used.map(|(_, tensor)| tensor.count / outputs).sum();
        positions.next_multiple_of(2)
    }

    /// Rows of weights of an input of a block, and those that only its positions need.
    pub fn input_rows(&self, block: usize) -> (usize, usize) {
        let Block::Linear { outputs, .. } = &self.blocks()[block] else { return (0, 0) };
        let weights = usize::from(*outputs).div_ceil(LIMBS);
        let positions = self.padded_positions(block).div_ceil(SUM_WIRES);
        (weights, positions.saturating_sub(weights))
    }

    fn block_rows(&self, block: usize) -> usize {
        match &self.blocks()[block] {
            Block::Linear { outputs, operands } => {
                let channels = usize::from(*outputs) * (1 + self.padded_positions(block) / 2);
                let inputs: usize = operands.iter().map(|(inputs, _)| usize::from(*inputs)).sum();
                let (weights, more) = self.input_rows(block);
                channels + inputs * (weights + more)
            }
            Block::Forest { splits, leaves, targets, .. } => {
                let leaves = *leaves as usize;
                *splits as usize + if *targets == 1 { leaves.div_ceil(2) } else { leaves }
            }
        }
    }

    fn node_rows(&self, node: &Node, count: usize) -> usize {
        match node {
            Node::Combine { terms, then, .. } => {
                let pairs = terms.iter().filter(|Term { b, .. }| b.is_some()).count();
                let end = if then.is_some() { End::Plain } else { End::Wire };
                count * sum_rows(pairs, terms.len() - pairs, end)
            }
            Node::Forest { block } => match self.blocks()[usize::from(*block)] {
                Block::Forest { trees, depth, targets, .. } => {
                    let several = usize::from(targets > 1);
                    usize::from(trees) * (2 * usize::from(depth) + 1 + several) + 2 * several
                }
                Block::Linear { .. } => 0,
            },
            Node::Product { a, inner, .. } => {
                let inner = usize::from(*inner);
                let positions = self.tensors()[usize::from(*a)].count / inner;
                product_rows(positions, count / positions.max(1), inner)
            }
            Node::Aggregate { a, inner, .. } => {
                let inner = usize::from(*inner);
                let rows = self.tensors()[usize::from(*a)].count / inner;
                let channels = padded_channels(count / rows.max(1));
                rows * channels / 2 + inner * channels / SUM_WIRES
            }
            Node::Maximum { width, .. } => count * usize::from(*width).div_ceil(SUM_WIRES),
            Node::Softmax { .. } => count,
            Node::Norm { width, .. } => {
                let width = usize::from(*width);
                count / width * (width.div_ceil(SUM_WIRES) + 1) + count
            }
            Node::Input | Node::Constant { .. } | Node::Linear { .. } | Node::Index { .. } => 0,
        }
    }

    /// What aggregates are grouped by, each once: the tensor that they read and the elements of its rows.
    pub fn aggregated(&self) -> Vec<(Operand, u16)> {
        let mut all = Vec::new();
        for node in self.nodes() {
            if let Node::Aggregate { a, inner, .. } = node
                && !all.contains(&(*a, *inner))
            {
                all.push((*a, *inner));
            }
        }
        all
    }

    /// Rows that all aggregates of a tensor share: a zero, and its elements.
    fn shared_rows(&self, (of, inner): (Operand, u16)) -> usize {
        let inner = usize::from(inner);
        1 + inner * (self.tensors()[usize::from(of)].count / inner).div_ceil(SUM_WIRES)
    }

    fn head_rows(&self, head: &Head) -> usize {
        let tensor = &self.tensors()[usize::from(head.of())];
        let count = tensor.count;
        match head {
            Head::Tags { .. } => count + sum_rows(0, count, End::Wire),
            Head::Class { .. } => choice_rows(count, 1),
            Head::Top { count: top, .. } => {
                let top = usize::from(*top);
                choice_rows(count, top) + sum_rows(0, top, End::Wire)
            }
            Head::Score { .. } => sum_rows(0, 1, End::Wire),
            Head::Flag { .. } => sum_rows(0, 2, End::Wire),
            Head::Values { .. } => packed_rows(count, tensor.per_element()),
            Head::Commitment { .. } => packed_rows(count, FOLDED_PER_ELEMENT),
        }
    }

    /// Rows that the graph takes below what it is about.
    pub fn rows(&self) -> usize {
        let inputs = if self.quantises() { self.channels() * (1 + self.positions()) } else { 0 };
        let values = if self.has_forest() { self.inputs() } else { 0 };
        let blocks: usize = (0..self.blocks().len()).map(|block| self.block_rows(block)).sum();
        let nodes: usize = self
            .nodes()
            .iter()
            .zip(self.tensors())
            .map(|(node, tensor)| self.node_rows(node, tensor.count))
            .sum();
        let shared: usize = self.aggregated().into_iter().map(|of| self.shared_rows(of)).sum();
        let heads: usize = self.heads().iter().map(|head| self.head_rows(head)).sum();
        inputs + values + blocks + nodes + shared + heads
    }

    /// Numbers of elements of the chains that the graph absorbs: parameters, then each commitment of an output.
    pub fn chains(&self) -> Vec<usize> {
        let thresholds = self.heads().iter().filter(|head| head.has_threshold()).count();
        let parameters = 2 + thresholds + LIMBS * run_count(self);
        let commitments = self.heads().iter().filter(|head| matches!(head, Head::Commitment { .. }));
        let elements = commitments.map(|head| {
            let count = self.tensors()[usize::from(head.of())].count;
            1 + count.div_ceil(FOLDED_PER_ELEMENT)
        });
        std::iter::once(parameters).chain(elements).collect()
    }
}

/// Channels of an aggregate with those that fill its rows: they stand on wires by four, beside those of others.
pub fn padded_channels(channels: usize) -> usize {
    channels.next_multiple_of(SUM_WIRES)
}

/// Rows of the products of `positions` rows of `inner` elements with `outputs` others: sums by two, elements by four.
pub fn product_rows(positions: usize, outputs: usize, inner: usize) -> usize {
    outputs * positions.div_ceil(2) + inner * (outputs.div_ceil(SUM_WIRES) + positions.div_ceil(SUM_WIRES))
}

/// Rows of choosing `chosen` of `count`: a row free at either end, the candidates, the chosen, and what tells that they fall.
fn choice_rows(count: usize, chosen: usize) -> usize {
    2 + count + chosen + (chosen - 1)
}

/// Rows of packing `count` values, `per` to an element.
fn packed_rows(count: usize, per: usize) -> usize {
    let rest = count % per;
    let last = if rest == 0 { 0 } else { sum_rows(0, rest, End::Wire) };
    count / per * sum_rows(0, per, End::Wire) + last
}
