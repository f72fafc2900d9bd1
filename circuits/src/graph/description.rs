//! A graph, as it has been checked.

use super::node::{Block, Head, Node, Requantise, Tensor};
use super::table::Table;

/// What a model computes: the operators, the shapes of the parameters and the heads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Graph {
    pub(super) limb_bits: u32,
    pub(super) channels: u16,
    pub(super) positions: u16,
    pub(super) blocks: Vec<Block>,
    pub(super) nodes: Vec<Node>,
    pub(super) heads: Vec<Head>,
    pub(super) tensors: Vec<Tensor>,
    pub(super) tables: Vec<Table>,
}

impl Graph {
    /// λ.
    pub fn limb_bits(&self) -> u32 {
        self.limb_bits
    }

    /// Values at each position of the subject; each has a quantiser.
    pub fn channels(&self) -> usize {
        self.channels.into()
    }

    /// Positions of the subject: fingerprints of a sequence, rows of a matrix.
    pub fn positions(&self) -> usize {
        self.positions.into()
    }

    /// Values of the subject.
    pub fn inputs(&self) -> usize {
        self.channels() * self.positions()
    }

    /// Shapes of the parameters.
    pub fn blocks(&self) -> &[Block] {
        &self.blocks
    }

    /// Operators, each after what it reads.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// What is made of which tensors.
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// Of each node, what it computes.
    pub fn tensors(&self) -> &[Tensor] {
        &self.tensors
    }

    /// The tables that occur, each once, in the order in which they are met.
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    /// Whether the values of the subject are quantised: forests alone read them as they are.
    pub fn quantises(&self) -> bool {
        self.nodes.contains(&Node::Input)
    }

    /// How many public inputs its heads are.
    pub fn published(&self) -> usize {
        self.outputs().map(|(head, tensor)| head.published(tensor)).sum()
    }

    /// The heads, each with the tensor it is made of.
    pub fn outputs(&self) -> impl Iterator<Item = (&Head, &Tensor)> {
        // A head's tensor is there: checked when the graph is made.
        self.heads.iter().filter_map(|head| Some((head, self.tensors.get(usize::from(head.of()))?)))
    }

    /// Whether an activation has so many bits and no table, so that its limb is looked up under that width.
    pub fn has_width(&self, bits: u32) -> bool {
        let is = |then: &Requantise| then.table.is_none() && then.range.bits == bits;
        self.nodes.iter().any(|node| match node {
            Node::Linear { then, .. } => is(then),
            Node::Combine { then, .. } => then.as_ref().is_some_and(|(_, then)| is(then)),
            Node::Product { then, .. } | Node::Aggregate { then, .. } => is(then),
            Node::Input
            | Node::Constant { .. }
            | Node::Index { .. }
            | Node::Forest { .. }
            | Node::Maximum { .. }
            | Node::Softmax { .. }
            | Node::Norm { .. } => false,
        })
    }

    /// Block and number of trees of an isolation forest: of one with one target, whose sum is the score of the first head, flagged if
    /// it is low.
    pub fn isolation_forest(&self) -> Option<(usize, usize)> {
        let Some(Head::Score { of, low: true }) = self.heads.first() else { return None };
        let Some(Node::Forest { block }) = self.nodes.get(usize::from(*of)) else { return None };
        let block = usize::from(*block);
        match self.blocks.get(block) {
            Some(Block::Forest { trees, targets: 1, .. }) => Some((block, (*trees).into())),
            _ => None,
        }
    }

    /// Whether it has a forest.
    pub fn has_forest(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block, Block::Forest { .. }))
    }
}
