//! Graphs and their models drawn from a seed: every operator, range, table and head, nothing realistic.
//!
//! Candidates are drawn freely and kept if [`Graph::new`] takes them, so that what is drawn knows nothing of the checks.

use std::sync::Arc;

use halo2curves::bn256::Fr;

use super::samples::Dice;
use crate::graph::{
    Base, Block, Channel, Child, Forest, Function, Graph, GraphModel, Head, HeadMeaning, LinearBlock, Node,
    ParameterBlock, Requantise, Split, Table, Tensor, Term, View,
};
use crate::model::{INPUT_BITS, InputQuantiser, MAX_FRACTION_BITS, Range};

/// Nodes a graph is given, if so many candidates are kept.
const NODES: usize = 14;
/// Elements of a tensor: small, because there are many graphs.
const ELEMENTS: u64 = 48;

fn pick<'t, T>(dice: &mut Dice, of: &'t [T]) -> &'t T {
    &of[dice.roll(of.len() as u64) as usize]
}

/// In `low..=high`.
fn between(dice: &mut Dice, low: u64, high: u64) -> u64 {
    low + dice.roll(high - low + 1)
}

/// A graph being drawn.
struct Draft {
    limb_bits: u32,
    channels: u16,
    positions: u16,
    blocks: Vec<Block>,
    nodes: Vec<Node>,
    heads: Vec<Head>,
    tensors: Vec<Tensor>,
}

impl Draft {
    /// The draft as a graph; a head that always suits stands in for those to come.
    fn graph(&self) -> Option<Graph> {
        let heads = if self.heads.is_empty() { vec![Head::Values { of: 0 }] } else { self.heads.clone() };
        let (blocks, nodes) = (self.blocks.clone(), self.nodes.clone());
        Graph::new(self.limb_bits, self.channels, self.positions, blocks, nodes, heads).ok()
    }

    /// Keeps a candidate if it suits.
    fn try_node(&mut self, block: Option<Block>, node: Node) -> bool {
        let blocks = self.blocks.len();
        self.blocks.extend(block);
        self.nodes.push(node);
        let graph = self.graph();
        let fits = graph.as_ref().and_then(|graph| graph.tensors().last()).filter(|tensor| {
            // Nothing would follow from what is too long.
            tensor.count as u64 <= 2 * ELEMENTS
        });
        if let Some(tensor) = fits {
            self.tensors.push(tensor.clone());
            return true;
        }
        self.blocks.truncate(blocks);
        self.nodes.pop();
        false
    }

    fn try_head(&mut self, head: Head) {
        self.heads.push(head);
        if self.graph().is_none() {
            self.heads.pop();
        }
    }

    /// Some tensor, later ones more often.
    fn operand(&self, dice: &mut Dice) -> u16 {
        let count = self.tensors.len() as u64;
        dice.roll(count).max(dice.roll(count)) as u16
    }

    /// A tensor of as many elements, and mostly one that a limb holds.
    fn like(&self, dice: &mut Dice, count: usize) -> u16 {
        (0..8)
            .map(|_| self.operand(dice))
            .find(|at| self.tensors[usize::from(*at)].count == count)
            .unwrap_or(0)
    }

    fn requantise(&self, dice: &mut Dice, reach: i64) -> Requantise {
        if dice.roll(2) == 0 {
            let function = *pick(dice, &Function::ALL);
            let bits = between(dice, 4, most_bits(function).min(self.limb_bits).into()) as u32;
            let input = dice.roll(u64::from(bits) + 1) as u8;
            let output = between(dice, 1, self.limb_bits.into()) as u8;
            let table = Table { function, bits, input, output };
            return Requantise { range: table.range(), table: Some(table) };
        }
        let bits = *pick(dice, &[1, 2, 4, 5, 6, 8, 10, 12, self.limb_bits, self.limb_bits]);
        let range = match dice.roll(3) {
            0 => Range::unsigned(bits),
            1 => Range::signed(bits),
            _ => Range { low: (dice.signed(26) % reach) as i32, bits },
        };
        Requantise { range, table: None }
    }

    /// A linear node of a known block: like one that is there, with some operands exchanged, and perhaps another requantisation.
    fn shared(&self, dice: &mut Dice) -> Option<Node> {
        let known: Vec<&Node> =
            self.nodes.iter().filter(|node| matches!(node, Node::Linear { .. })).collect();
        if known.is_empty() {
            return None;
        }
        let Node::Linear { block, operands, then } = *pick(dice, &known) else { return None };
        let exchange = |operand: &u16| {
            let count = self.tensors[usize::from(*operand)].count;
            let other = self.like(dice, count);
            if self.tensors[usize::from(other)].count == count { other } else { *operand }
        };
        let operands = operands.iter().map(exchange).collect();
        let then = if dice.roll(3) == 0 { self.requantise(dice, 1 << 10) } else { *then };
        Some(Node::Linear { block: *block, operands, then })
    }

    fn linear(&self, dice: &mut Dice) -> (Option<Block>, Node) {
        if let Some(node) = (dice.roll(3) == 0).then(|| self.shared(dice)).flatten() {
            return (None, node);
        }
        let operands: Vec<u16> = (0..between(dice, 1, 4)).map(|_| self.operand(dice)).collect();
        let positions = *pick(dice, &[1, 1, 2, 3]);
        let inputs = |operand: &u16| (self.tensors[usize::from(*operand)].count / positions) as u16;
        let shapes = operands.iter().map(|operand| (inputs(operand), dice.roll(8) as u8)).collect();
        let block = Block::Linear { outputs: *pick(dice, &[1, 2, 3, 5, 8, 9, 16]), operands: shapes };
        // With low beyond 0 but within a limb, a model of small parameters has its quotients in the room.
        let then = self.requantise(dice, 1 << 10);
        (Some(block), Node::Linear { block: self.blocks.len() as u16, operands, then })
    }

    fn combine(&self, dice: &mut Dice) -> Node {
        let first = self.operand(dice);
        let count = self.tensors[usize::from(first)].count;
        let terms = (0..between(dice, 1, 4)).map(|index| {
            let a = if index == 0 { first } else { self.like(dice, count) };
            let b = match dice.roll(4) {
                0 | 1 => None,
                2 => Some(a),
                _ => Some(self.like(dice, count)),
            };
            let bits = *pick(dice, &[2, 4, 9, 14]);
            Term { coefficient: dice.signed(bits) as i32, a, b }
        });
        let terms = terms.collect();
        let then = (dice.roll(3) > 0).then(|| {
            let divisor = match dice.roll(3) {
                0 => 1 << self.limb_bits,
                1 => 2,
                _ => 2 * between(dice, 1, 1 << (self.limb_bits - 1)) as u16,
            };
            (divisor, self.requantise(dice, 1 << 24))
        });
        let bits = *pick(dice, &[1, 8, 20, 36]);
        Node::Combine { terms, constant: dice.signed(bits), then }
    }

    fn index(&self, dice: &mut Dice) -> Node {
        let views = (0..between(dice, 1, 3)).map(|_| {
            let of = self.operand(dice);
            let count = self.tensors[usize::from(of)].count as u64;
            if dice.roll(2) == 0 {
                let offset = dice.roll(count);
                return View::slice(of, offset as u32, between(dice, 1, count - offset) as u32);
            }
            let dim = |dice: &mut Dice| (between(dice, 1, 4) as u32, dice.signed(4) as i32);
            let dims = (0..between(dice, 1, 4)).map(|_| dim(dice)).collect();
            View { of, offset: dice.roll(count) as u32, dims }
        });
        Node::Index { views: views.collect() }
    }

    /// A number of elements that a tensor has groups of.
    fn width(&self, dice: &mut Dice, of: u16) -> u16 {
        let count = self.tensors[usize::from(of)].count as u64;
        let widths: Vec<u64> = (1..=count.min(12)).filter(|width| count.is_multiple_of(*width)).collect();
        *pick(dice, &widths) as u16
    }

    fn groups(&self, dice: &mut Dice) -> Node {
        let of = self.operand(dice);
        let width = self.width(dice, of);
        match dice.roll(5) {
            4 => self.aggregate(dice),
            0 => {
                let b = self.operand(dice);
                let multiplier = between(dice, 1, 40) as u16;
                Node::Product { a: of, b, inner: width, multiplier, then: self.requantise(dice, 1 << 10) }
            }
            1 => Node::Maximum { of, width },
            2 => {
                let bits = between(dice, 4, 9) as u32;
                let input = dice.roll(u64::from(bits)) as u8;
                let output = between(dice, 1, self.limb_bits.into()) as u8;
                let table = Table { function: Function::Decay, bits, input, output };
                Node::Softmax {
                    of,
                    width,
                    table,
                    power: between(dice, 1, u64::from(self.limb_bits) - 1) as u8,
                }
            }
            _ => {
                let bits = *pick(dice, &[1, 10, 24]);
                let epsilon = 1 + dice.roll(1 << bits);
                Node::Norm { of, width, epsilon, power: between(dice, 1, self.limb_bits.into()) as u8 }
            }
        }
    }

    /// Of a tensor that another aggregate reads, as often as not, with scales that suit it now and then.
    fn aggregate(&self, dice: &mut Dice) -> Node {
        let known = self.nodes.iter().rev().find_map(|node| match node {
            Node::Aggregate { a, inner, .. } => Some((*a, *inner)),
            _ => None,
        });
        let (a, inner) = known.filter(|_| dice.roll(2) == 0).unwrap_or_else(|| {
            let a = self.operand(dice);
            (a, self.width(dice, a))
        });
        let rows = self.tensors[usize::from(a)].count / usize::from(inner);
        let suits = |tensor: &Tensor| tensor.count == rows && tensor.low >= 0 && tensor.base == Base::Of(0);
        let scales: Vec<u16> =
            (0..).zip(&self.tensors).filter(|(_, tensor)| suits(tensor)).map(|(at, _)| at).collect();
        let scale = if scales.is_empty() { self.operand(dice) } else { *pick(dice, &scales) };
        Node::Aggregate { a, b: self.operand(dice), inner, scale, then: self.requantise(dice, 1 << 10) }
    }

    fn forest(&self, dice: &mut Dice) -> (Option<Block>, Node) {
        let trees = between(dice, 1, 4);
        let depth = between(dice, 1, 5);
        let splits = between(dice, trees, trees * ((1 << depth) - 1).min(9));
        // Each split has two children, and all splits but the roots are children.
        let leaves = between(dice, 1, splits + trees);
        let block = Block::Forest {
            trees: trees as u16,
            depth: depth as u8,
            splits: splits as u32,
            leaves: leaves as u32,
            targets: between(dice, 1, 4) as u8,
        };
        (Some(block), Node::Forest { block: self.blocks.len() as u16 })
    }

    fn head(&self, dice: &mut Dice) -> Head {
        let of = self.operand(dice);
        let low = dice.roll(2) == 0;
        match dice.roll(7) {
            0 => Head::Tags { of },
            1 => Head::Class { of },
            2 => Head::Top { of, count: between(dice, 1, 15) as u8 },
            3 => Head::Score { of, low },
            4 => Head::Flag { of, low },
            5 => Head::Values { of },
            _ => Head::Commitment { of },
        }
    }
}

/// A graph; `dice` say which.
///
/// # Panics
/// Never: what is tried first suits every check.
pub fn graph(dice: &mut Dice) -> Graph {
    let first = if dice.roll(6) == 0 { Node::Constant { count: 4, value: 3 } } else { Node::Input };
    let mut draft = Draft {
        limb_bits: between(dice, 12, 14) as u32,
        channels: between(dice, 1, 8) as u16,
        positions: between(dice, 1, 4) as u16,
        blocks: Vec::new(),
        nodes: Vec::new(),
        heads: Vec::new(),
        tensors: Vec::new(),
    };
    assert!(draft.try_node(None, first), "a graph of one node");
    for _ in 0..12 * NODES {
        if draft.nodes.len() >= NODES {
            break;
        }
        let (block, node) = match dice.roll(16) {
            0 => {
                let bits = *pick(dice, &[2, 8, 13, 32]);
                (None, Node::Constant { count: between(dice, 1, 8) as u32, value: dice.signed(bits) as i32 })
            }
            1..=4 => draft.linear(dice),
            5..=7 => (None, draft.combine(dice)),
            8..=10 => (None, draft.index(dice)),
            11..=14 => (None, draft.groups(dice)),
            _ => draft.forest(dice),
        };
        draft.try_node(block, node);
    }
    // One element that is never negative, for scores.
    let of = draft.operand(dice);
    let one = View::slice(of, 0, 1);
    if draft.try_node(None, Node::Index { views: vec![one] }) {
        let a = draft.nodes.len() as u16 - 1;
        let square = Term { coefficient: 3, a, b: Some(a) };
        draft.try_node(None, Node::Combine { terms: vec![square], constant: 1, then: None });
    }
    for _ in 0..40 {
        if draft.heads.len() < 6 {
            let head = draft.head(dice);
            draft.try_head(head);
        }
    }
    let last = draft.nodes.len() as u16 - 1;
    draft.try_head(Head::Score { of: last, low: false });
    draft.try_head(Head::Flag { of: last, low: true });
    draft.graph().expect("every part was kept because it suits")
}

/// Most bits that the input of a table has in drawn graphs: entries that take a series each are few, since a second implementation
/// computes them in Python.
pub fn most_bits(function: Function) -> u32 {
    if matches!(function, Function::Gelu | Function::GeluTanh) { 8 } else { 14 }
}

/// A model of a graph: parameters as large as it takes them, at random.
///
/// # Panics
/// If the graph takes no parameters at all: then quotients pass the room beyond a range whatever they are.
pub fn model(dice: &mut Dice, graph: &Arc<Graph>) -> GraphModel {
    // Quotients that have no room want smaller parameters.
    let tries = (0..24).find_map(|smaller| {
        let blocks = graph.blocks().iter().map(|block| parameters(dice, graph, block, smaller)).collect();
        let heads = graph.heads().iter().map(|head| meaning(dice, graph, head)).collect();
        let channels = if graph.quantises() { graph.channels() } else { 0 };
        let quantiser = |dice: &mut Dice| InputQuantiser {
            mean: {
                let bits = *pick(dice, &[4, 20, INPUT_BITS]);
                dice.signed(bits)
            },
            multiplier: {
                let bits = *pick(dice, &[1, 16, 30, 39, 40]);
                dice.signed(bits).unsigned_abs()
            },
        };
        let inputs = (0..channels).map(|_| quantiser(dice)).collect();
        let salt = if dice.roll(2) == 0 { Fr::zero() } else { -Fr::from(dice.roll(1 << 30)) };
        GraphModel::new(Arc::clone(graph), inputs, blocks, heads, salt).ok()
    });
    tries.expect("a graph takes parameters of 0")
}

fn parameters(dice: &mut Dice, graph: &Graph, block: &Block, smaller: u32) -> ParameterBlock {
    match *block {
        Block::Linear { outputs, ref operands } => {
            let bits = 32_u32.saturating_sub(2 * smaller).max(1);
            let limb = graph.limb_bits().saturating_sub(smaller / 2);
            let channels = (0..outputs).map(|_| Channel {
                bias: dice.signed(bits) as i32,
                multiplier: if limb == 0 { 0 } else { dice.roll(1 << limb) as u16 },
            });
            let channels = channels.collect();
            let extremes = dice.roll(4) == 0;
            let mut weight = || if extremes { *pick(dice, &[-128, 127, 0]) } else { dice.signed(8) as i8 };
            let mut rows = |inputs: u16| -> Vec<Vec<i8>> {
                (0..outputs).map(|_| (0..inputs).map(|_| weight()).collect()).collect()
            };
            let weights = operands.iter().map(|(inputs, _)| rows(*inputs)).collect();
            ParameterBlock::Linear(LinearBlock { channels, weights })
        }
        Block::Forest { trees, depth, splits, leaves, targets } => {
            let mut grown = grow(dice, trees, depth, splits as usize, leaves as usize);
            for split in &mut grown {
                split.feature = dice.roll(graph.inputs() as u64) as u16;
                let bits = *pick(dice, &[4, 30, INPUT_BITS]);
                split.threshold = dice.signed(bits);
            }
            let bits = if targets == 1 { INPUT_BITS } else { 24 };
            let leaf = |dice: &mut Dice| (0..targets).map(|_| dice.signed(bits)).collect();
            let mut leaves: Vec<Vec<i64>> = (0..leaves).map(|_| leaf(dice)).collect();
            // Scores are never negative.
            let scored = |head: &Head| {
                let of = &graph.nodes()[usize::from(head.of())];
                head.has_threshold() && matches!(of, Node::Forest { .. })
            };
            if graph.heads().iter().any(scored) {
                leaves.iter_mut().flatten().for_each(|value| *value = (*value).max(0));
            }
            ParameterBlock::Forest(Forest { splits: grown, leaves })
        }
    }
}

/// Trees of so many splits, with every split and leaf at the end of a path.
fn grow(dice: &mut Dice, trees: u16, depth: u8, splits: usize, leaves: usize) -> Vec<Split> {
    let nothing = Split { feature: 0, threshold: 0, left: Child::Leaf(0), right: Child::Leaf(0) };
    let mut grown = vec![nothing; splits];
    // Places for a child: of which split, on which side, and how many splits are above it.
    let mut open: Vec<(usize, bool, u8)> =
        (0..usize::from(trees)).flat_map(|tree| [(tree, false, 1), (tree, true, 1)]).collect();
    let mut set = |(split, right, _): (usize, bool, u8), child| {
        let split = &mut grown[split];
        *(if right { &mut split.right } else { &mut split.left }) = child;
    };
    for split in usize::from(trees)..splits {
        let room: Vec<usize> = (0..open.len()).filter(|at| open[*at].2 < depth).collect();
        let at = open.swap_remove(*pick(dice, &room));
        set(at, Child::Split(split as u16));
        open.extend([(split, false, at.2 + 1), (split, true, at.2 + 1)]);
    }
    for (index, at) in open.into_iter().enumerate() {
        let leaf = if index < leaves { index } else { dice.roll(leaves as u64) as usize };
        set(at, Child::Leaf(leaf as u16));
    }
    grown
}

fn meaning(dice: &mut Dice, graph: &Graph, head: &Head) -> HeadMeaning {
    let tensor = &graph.tensors()[usize::from(head.of())];
    let labels = if head.has_labels() { tensor.count } else { 0 };
    let threshold =
        if head.has_threshold() { dice.roll(1 << 30) % (tensor.high.unsigned_abs() + 1) } else { 0 };
    HeadMeaning {
        labels: (0..labels).map(|i| format!("é \"{i}\" \\ \u{1}{}", "x".repeat(i % 40))).collect(),
        fraction_bits: dice.roll(u64::from(MAX_FRACTION_BITS) + 1) as u8,
        threshold,
    }
}

/// Values of a subject: of 36 bits, with extremes, and thresholds of the forests and their neighbours.
pub fn input(dice: &mut Dice, model: &GraphModel) -> Vec<i64> {
    let forests = model.blocks().iter().filter_map(|block| match block {
        ParameterBlock::Forest(forest) => Some(&forest.splits),
        ParameterBlock::Linear(_) => None,
    });
    let thresholds: Vec<i64> = forests.flatten().map(|split| split.threshold).collect();
    let half = 1_i64 << (INPUT_BITS - 1);
    let value = |dice: &mut Dice| match dice.roll(6) {
        0 => *pick(dice, &[-half, half - 1, 0, -1]),
        1 if !thresholds.is_empty() => {
            (pick(dice, &thresholds) + dice.roll(3) as i64 - 1).clamp(-half, half - 1)
        }
        2 => dice.signed(INPUT_BITS),
        3 => dice.signed(24),
        _ => dice.signed(12),
    };
    (0..model.graph().inputs()).map(|_| value(dice)).collect()
}
