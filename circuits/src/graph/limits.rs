//! Limits of graphs, and widths of their numbers.

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
/// Limbs of a distance of keys.
pub const KEY_LIMBS: u32 = 4;
/// Bits of a leaf's value, signed, in a forest of one target and in others.
pub const LEAF_BITS: [u32; 2] = [36, 24];
