//! What a graph must satisfy: counts here, nodes and heads one by one in [`intervals`](super::intervals).

use super::description::Graph;
use super::encoding::node_length;
use super::error::{GraphError, within};
use super::intervals::Checker;
use super::limits::{
    LIMB_BITS, MAX_BLOCKS, MAX_DEPTH, MAX_ELEMENTS, MAX_ENCODING, MAX_HEADS, MAX_INPUTS, MAX_NODES,
    MAX_OPERANDS, MAX_PARAMETERS, MAX_POWER, MAX_SPLITS, MAX_TARGETS, MAX_TOTAL, MAX_WIDTH,
};
use super::node::{Block, Head, Node};

impl Graph {
    /// Checks and makes a graph over `positions` times `channels` values.
    ///
    /// # Errors
    /// With the first part that does not suit: limits, operands that are not there or have the wrong length or range, sums that
    /// could pass [`SUM_BITS`](super::SUM_BITS) bits, quotients that could pass the room beyond their range.
    pub fn new(
        limb_bits: u32,
        channels: u16,
        positions: u16,
        blocks: Vec<Block>,
        nodes: Vec<Node>,
        heads: Vec<Head>,
    ) -> Result<Self, GraphError> {
        if !LIMB_BITS.contains(&limb_bits) {
            return Err(GraphError::new("limb_bits", "12, 13 or 14", limb_bits));
        }
        let inputs = u64::from(channels) * u64::from(positions);
        within("input", "values", 1..=MAX_INPUTS as u64, inputs)?;
        within("blocks", "blocks", 0..=MAX_BLOCKS as u64, blocks.len() as u64)?;
        within("nodes", "nodes", 1..=MAX_NODES as u64, nodes.len() as u64)?;
        within("heads", "heads", 1..=MAX_HEADS as u64, heads.len() as u64)?;
        let mut parameters = 0;
        for (index, block) in blocks.iter().enumerate() {
            parameters += check_block(&format!("blocks[{index}]"), block)?;
        }
        within("blocks", "parameters", 0..=MAX_PARAMETERS, parameters)?;
        let inputs = usize::try_from(inputs).unwrap_or(MAX_INPUTS);
        let mut checker = Checker::new(limb_bits, inputs, &blocks);
        let (mut total, mut encoded) = (0, 0);
        for (index, node) in nodes.iter().enumerate() {
            let place = format!("nodes[{index}]");
            // Each within its limits, nodes could still be more than any reader takes.
            encoded += node_length(node) as u64;
            within(&place, "bytes of encoding of all nodes so far", 1..=MAX_ENCODING as u64, encoded)?;
            if *node == Node::Input && nodes[..index].contains(node) {
                return Err(GraphError::new(&place, "one input", "another"));
            }
            let tensor = checker.node(&place, node)?;
            within(&place, "elements", 1..=MAX_ELEMENTS as u64, tensor.count as u64)?;
            total += tensor.count;
            checker.tensors.push(tensor);
        }
        within("nodes", "elements", 1..=MAX_TOTAL as u64, total as u64)?;
        for (index, head) in heads.iter().enumerate() {
            let forest = matches!(nodes.get(usize::from(head.of())), Some(Node::Forest { .. }));
            checker.head(&format!("heads[{index}]"), head, forest)?;
        }
        for (index, _) in blocks.iter().enumerate() {
            let used = nodes.iter().any(|node| match node {
                Node::Linear { block, .. } | Node::Forest { block } => usize::from(*block) == index,
                _ => false,
            });
            if !used {
                return Err(GraphError::new(format!("blocks[{index}]"), "a node that uses it", "none"));
            }
        }
        let Checker { tensors, tables, .. } = checker;
        let graph = Self { limb_bits, channels, positions, blocks, nodes, heads, tensors, tables };
        // Else it could be written, but not read again.
        let length = graph.to_bytes().len() as u64;
        within("graph", "bytes of its encoding", 0..=MAX_ENCODING as u64, length)?;
        Ok(graph)
    }
}

/// Checks a block; returns how many parameters it has.
fn check_block(place: &str, block: &Block) -> Result<u64, GraphError> {
    match block {
        Block::Linear { outputs, operands } => {
            within(place, "outputs", 1..=MAX_WIDTH.into(), (*outputs).into())?;
            within(place, "operands", 1..=MAX_OPERANDS as u64, operands.len() as u64)?;
            for (inputs, power) in operands {
                within(place, "inputs of an operand", 1..=MAX_WIDTH.into(), (*inputs).into())?;
                within(place, "as the power of an operand", 0..=MAX_POWER.into(), (*power).into())?;
            }
            let inputs: u64 = operands.iter().map(|(inputs, _)| u64::from(*inputs)).sum();
            Ok(u64::from(*outputs) * (inputs + 2))
        }
        Block::Forest { trees, depth, splits, leaves, targets } => {
            within(place, "splits", 1..=MAX_SPLITS.into(), (*splits).into())?;
            within(place, "leaves", 1..=MAX_SPLITS.into(), (*leaves).into())?;
            within(place, "trees, each with a split", 1..=(*splits).into(), (*trees).into())?;
            within(place, "steps of a path", 1..=MAX_DEPTH.into(), (*depth).into())?;
            within(place, "targets", 1..=MAX_TARGETS.into(), (*targets).into())?;
            Ok(4 * u64::from(*splits) + u64::from(*targets) * u64::from(*leaves))
        }
    }
}
