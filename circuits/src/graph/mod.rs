//! Models as graphs: typed integer tensors and a few operators that prove all of them.
//!
//! `docs/graph.md` is the normative text. A [`Graph`] says what is computed, and its encoding alone determines circuit and
//! key; a [`GraphModel`] has the parameters, which a proof keeps to itself behind one commitment.
//!
//! Tensors are flat lists of integers; each knows the interval its elements lie in, whatever the input and the parameters
//! are. Operators read them in the order that suits them, and [`Node::Index`] rearranges: wiring, which costs no row.

mod check;
mod digest;
mod encoding;
mod model;
mod node;
pub mod parameters;
pub mod size;
mod table;

use std::fmt;

pub use check::{KEY_LIMBS, LEAF_BITS};
pub use digest::graph_digest;
pub use model::{Channel, Child, Forest, GraphModel, HeadMeaning, LinearBlock, ParameterBlock, Split};
pub use node::{Base, Block, Head, Node, Operand, Requantise, Tensor, Term, View};
pub use table::{Function, Table};

/// Bits of a full limb, λ: activations, remainders and halves of excesses have at most so many.
pub const LIMB_BITS: [u32; 3] = [12, 13, 14];
/// Most nodes.
pub const MAX_NODES: usize = 1 << 12;
/// Most elements of a tensor, and of the input.
pub const MAX_ELEMENTS: usize = 1 << 17;
/// Most elements of all tensors.
pub const MAX_TOTAL: usize = 1 << 20;
/// Most products of all nodes: a proof's time, and an evaluation's.
pub const MAX_WORK: u64 = 1 << 28;
/// Most values of the subject.
pub const MAX_INPUTS: usize = 1 << 12;
/// Most parameters of all blocks.
pub const MAX_PARAMETERS: u64 = 1 << 22;
/// Most blocks of parameters.
pub const MAX_BLOCKS: usize = 256;
/// Most outputs of a block, and most inputs of one of its operands.
pub const MAX_WIDTH: u32 = 1 << 12;
/// Most operands of a block.
pub const MAX_OPERANDS: usize = 4;
/// Most terms of a combination.
pub const MAX_TERMS: usize = 64;
/// Most dimensions of a view.
pub const MAX_DIMS: usize = 4;
/// Most views of an index.
pub const MAX_VIEWS: usize = 1 << 12;
/// Most heads.
pub const MAX_HEADS: usize = 8;
/// Most indices of a top head.
pub const MAX_TOP: u8 = 15;
/// Most different tables.
pub const MAX_TABLES: usize = 4;
/// Most bytes of an encoding.
pub const MAX_ENCODING: usize = 1 << 17;
/// Most steps of a path through a tree.
pub const MAX_DEPTH: u8 = 16;
/// Most splits, and most leaves, of a forest: pointers have so many values of each kind.
pub const MAX_SPLITS: u32 = 1 << 16;
/// Most targets of a forest.
pub const MAX_TARGETS: u8 = 4;
/// Bits of a weight.
pub const WEIGHT_BITS: u32 = 8;
/// Bits of a bias, signed.
pub const BIAS_BITS: u32 = 32;
/// Greatest power of two of an operand.
pub const MAX_POWER: u8 = 15;
/// Wires of a row of a sum of products.
pub const SUM_WIRES: usize = 4;
/// Bits of sums: every sum of products stays below 2^`SUM_BITS`, whatever is committed to.
pub const SUM_BITS: u32 = 60;

/// What a model computes: the operators, the shapes of the parameters and the heads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Graph {
    limb_bits: u32,
    channels: u16,
    positions: u16,
    blocks: Vec<Block>,
    nodes: Vec<Node>,
    heads: Vec<Head>,
    tensors: Vec<Tensor>,
    tables: Vec<Table>,
}

/// Why there is no such graph, or no such model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphError {
    /// Which part.
    pub place: String,
    /// What would have been accepted.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl GraphError {
    /// With what was expected and found at a place.
    pub fn new(place: impl fmt::Display, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self { place: place.to_string(), expected: expected.to_string(), found: found.to_string() }
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, expected, found } = self;
        write!(f, "{place}: {expected} expected, found {found}")
    }
}

impl std::error::Error for GraphError {}

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
            Node::Input | Node::Constant { .. } | Node::Index { .. } | Node::Forest { .. } => false,
        })
    }

    /// Whether it has a forest.
    pub fn has_forest(&self) -> bool {
        self.blocks.iter().any(|block| matches!(block, Block::Forest { .. }))
    }
}

#[cfg(test)]
mod tests;
