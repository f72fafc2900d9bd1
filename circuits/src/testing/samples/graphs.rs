//! Models that are graphs: small ones of every operator and head, with values that are in range, beyond either end, and tied.

pub mod groups;

use std::sync::Arc;

use halo2curves::bn256::Fr;

use crate::graph::{
    Block, Channel, Child, Forest, Function, Graph, GraphModel, Head, HeadMeaning, LinearBlock, Node,
    ParameterBlock, Requantise, Split, Table, Term, View,
};
use crate::model::{InputQuantiser, Range};
use crate::statement::{FINGERPRINT, Statement, Subject};
use crate::testing::{Forger, Owned, Subject as About};

use super::{block, codebook};

fn then(bits: u32) -> Requantise {
    Requantise { range: Range::signed(bits), table: None }
}

fn table(function: Function) -> Requantise {
    let table = Table { function, bits: 6, input: 3, output: 8 };
    Requantise { range: table.range(), table: Some(table) }
}

fn term(coefficient: i32, a: u16, b: Option<u16>) -> Term {
    Term { coefficient, a, b }
}

fn meaning(name: &str, labels: usize, threshold: u64) -> HeadMeaning {
    let labels = (0..labels).map(|i| format!("{name}-{i}")).collect();
    HeadMeaning { labels, fraction_bits: 7, threshold }
}

/// Weights of both signs, and a multiplier of 0: what a channel says then is its rounding constant.
fn parameters(outputs: i32, inputs: &[i32], multiplier: u16) -> ParameterBlock {
    let channel = |o: i32| Channel { bias: 40 * o - 70, multiplier: if o == 1 { 0 } else { multiplier } };
    let weight = |o: i32, i: i32| ((37 * o - 71 * i + 11) % 100) as i8;
    let weights =
        inputs.iter().map(|n| (0..outputs).map(|o| (0..*n).map(|i| weight(o, i)).collect()).collect());
    ParameterBlock::Linear(LinearBlock {
        channels: (0..outputs).map(channel).collect(),
        weights: weights.collect(),
    })
}

/// Two channels at two positions, with limbs of so many bits: a block at three positions that reads its own results, one of nine
/// outputs, tables, products, sums, every head.
pub fn operators(limb_bits: u32) -> GraphModel {
    let blocks = vec![
        Block::Linear { outputs: 3, operands: vec![(2, 0), (3, 1)] },
        Block::Linear { outputs: 9, operands: vec![(3, 2)] },
    ];
    let nodes = vec![
        Node::Input,
        Node::Constant { count: 3, value: 0 },
        Node::Index { views: vec![View::slice(0, 0, 2)] },
        Node::Linear { block: 0, operands: vec![2, 1], then: table(Function::Tanh) },
        Node::Index { views: vec![View { of: 0, offset: 2, dims: vec![(1, 4), (2, 1)] }] },
        Node::Linear { block: 0, operands: vec![4, 3], then: table(Function::Tanh) },
        Node::Combine {
            terms: vec![term(1, 3, Some(5)), term(-16, 3, None), term(3, 5, Some(5))],
            constant: 5,
            then: Some((1 << 6, then(10))),
        },
        Node::Combine { terms: vec![term(1, 6, Some(6))], constant: 0, then: None },
        Node::Index { views: vec![View::slice(7, 1, 1)] },
        Node::Linear { block: 1, operands: vec![6], then: then(8) },
        Node::Combine {
            terms: vec![term(2, 9, None)],
            constant: -60,
            then: Some((6, table(Function::Sigmoid))),
        },
    ];
    let heads = vec![
        Head::Tags { of: 9 },
        Head::Class { of: 5 },
        Head::Top { of: 9, count: 3 },
        Head::Score { of: 8, low: false },
        Head::Flag { of: 8, low: true },
        Head::Values { of: 10 },
        Head::Commitment { of: 9 },
    ];
    let graph = Arc::new(Graph::new(limb_bits, 2, 2, blocks, nodes, heads).expect("a graph"));
    let meanings = vec![
        meaning("tag", 9, 0),
        meaning("class", 3, 0),
        meaning("top", 9, 0),
        meaning("", 0, 100),
        meaning("", 0, 100),
        meaning("value", 9, 0),
        meaning("", 0, 0),
    ];
    let inputs = vec![
        InputQuantiser { mean: 3, multiplier: 1 << 38 },
        InputQuantiser { mean: -(1 << 20), multiplier: (1 << 40) - 1 },
    ];
    let blocks = vec![parameters(3, &[2, 3], 90), parameters(9, &[3], 900)];
    GraphModel::new(graph, inputs, blocks, meanings, Fr::from(7)).expect("a model")
}

/// Two trees over three values, of one target or of several.
pub fn forest(targets: u8) -> GraphModel {
    let leaf = |n: i64| (0..targets.into()).map(|target: i64| n * (1 - 2 * target)).collect();
    let split = |feature, threshold, left, right| Split { feature, threshold, left, right };
    // An odd number of leaves of one target, so that the last stands beside none.
    let mut leaves: Vec<Vec<i64>> = vec![leaf(100), leaf(-3), leaf(7), leaf(1 << 20)];
    let mut last = Child::Leaf(1);
    if targets == 1 {
        leaves.push(leaf(-(1 << 35)));
        last = Child::Leaf(4);
    }
    let forest = Forest {
        splits: vec![
            split(0, 10, Child::Split(2), Child::Leaf(0)),
            split(2, -5, Child::Leaf(1), Child::Leaf(2)),
            split(1, 0, Child::Leaf(3), last),
        ],
        leaves,
    };
    let count = forest.leaves.len() as u32;
    let blocks = vec![Block::Forest { trees: 2, depth: 3, splits: 3, leaves: count, targets }];
    let nodes = vec![
        Node::Forest { block: 0 },
        Node::Combine { terms: vec![term(1, 0, None)], constant: 1 << 36, then: None },
        Node::Index { views: vec![View::slice(1, 0, 1)] },
    ];
    let heads = vec![Head::Class { of: 0 }, Head::Score { of: 2, low: true }];
    let graph = Graph::new(12, 3, 1, blocks, nodes, heads).expect("a graph");
    let meanings = vec![meaning("class", targets.into(), 0), meaning("", 0, 1 << 36)];
    let graph = Arc::new(graph);
    GraphModel::new(graph, Vec::new(), vec![ParameterBlock::Forest(forest)], meanings, Fr::zero())
        .expect("a model")
}

/// An isolation forest over fingerprints: trees with one split each, of a feature at a threshold, with what a path to either side counts.
pub fn isolation(trees: &[(u16, i64, [i64; 2])]) -> GraphModel {
    let count = trees.len() as u32;
    let splits = trees.iter().zip(0_u16..).map(|((feature, threshold, _), tree)| Split {
        feature: *feature,
        threshold: *threshold,
        left: Child::Leaf(2 * tree),
        right: Child::Leaf(2 * tree + 1),
    });
    let leaves = trees.iter().flat_map(|(.., leaves)| leaves.map(|leaf| vec![leaf]));
    let forest = Forest { splits: splits.collect(), leaves: leaves.collect() };
    let block = Block::Forest { trees: count as u16, depth: 1, splits: count, leaves: 2 * count, targets: 1 };
    let heads = vec![Head::Score { of: 0, low: true }];
    let channels = FINGERPRINT as u16;
    let graph =
        Graph::new(12, channels, 1, vec![block], vec![Node::Forest { block: 0 }], heads).expect("a graph");
    let meanings = vec![meaning("", 0, 1 << 25)];
    let parameters = vec![ParameterBlock::Forest(forest)];
    GraphModel::new(Arc::new(graph), Vec::new(), parameters, meanings, Fr::zero()).expect("a model")
}

/// A gated recurrent unit of three states over two fingerprints, its class and a score.
pub fn gru() -> GraphModel {
    const STATES: u16 = 3;
    let channels = FINGERPRINT as u16;
    // Of each gate, what comes in and the state before.
    let gate = || Block::Linear { outputs: STATES, operands: vec![(channels, 0), (STATES, 4)] };
    let head = |outputs| Block::Linear { outputs, operands: vec![(STATES, 3)] };
    let blocks = vec![gate(), gate(), gate(), head(STATES), head(1)];
    let linear = |block, operands, function| Node::Linear { block, operands, then: table(function) };
    // States and gates have 8 fraction bits.
    let product = |terms| Node::Combine { terms, constant: 0, then: Some((1 << 8, then(10))) };
    let mut nodes = vec![Node::Input, Node::Constant { count: STATES.into(), value: 0 }];
    let mut state = 1;
    for position in 0..2 {
        let [x, update, reset, kept, candidate] = [0, 1, 2, 3, 4].map(|place| nodes.len() as u16 + place);
        nodes.extend([
            Node::Index { views: vec![View::slice(0, position * u32::from(channels), channels.into())] },
            linear(0, vec![x, state], Function::Sigmoid),
            linear(1, vec![x, state], Function::Sigmoid),
            product(vec![term(1, reset, Some(state))]),
            linear(2, vec![x, kept], Function::Tanh),
            product(vec![
                term(1 << 8, candidate, None),
                term(1, update, Some(state)),
                term(-1, update, Some(candidate)),
            ]),
        ]);
        state = candidate + 1;
    }
    nodes.push(Node::Linear { block: 3, operands: vec![state], then: then(10) });
    nodes.push(linear(4, vec![state], Function::Sigmoid));
    let heads = vec![Head::Class { of: state + 1 }, Head::Score { of: state + 2, low: false }];
    let graph = Arc::new(Graph::new(12, channels, 2, blocks, nodes, heads).expect("a graph"));
    let quantiser = |channel: i64| InputQuantiser { mean: 1000 * channel, multiplier: 1 << 16 };
    let inputs = (0..channels.into()).map(quantiser).collect();
    let gate = || parameters(STATES.into(), &[channels.into(), STATES.into()], 2);
    let head = |outputs| parameters(outputs, &[STATES.into()], 90);
    let blocks = vec![gate(), gate(), gate(), head(STATES.into()), head(1)];
    let meanings = vec![meaning("class", STATES.into(), 0), meaning("", 0, 128)];
    GraphModel::new(graph, inputs, blocks, meanings, Fr::zero()).expect("a model")
}

/// A sum over a fingerprint, or over so many, whose flag is all that is said; and a tree.
pub fn fingerprints(positions: u16) -> GraphModel {
    let channels = FINGERPRINT as u16;
    let blocks = vec![
        Block::Linear { outputs: 2, operands: vec![(channels, 0)] },
        Block::Forest { trees: 1, depth: 1, splits: 1, leaves: 2, targets: 1 },
    ];
    let nodes = vec![
        Node::Input,
        Node::Linear { block: 0, operands: vec![0], then: table(Function::Decay) },
        Node::Forest { block: 1 },
        Node::Index { views: vec![View::slice(1, 0, 1)] },
        Node::Combine { terms: vec![term(1, 2, None), term(-3, 3, None)], constant: 1 << 36, then: None },
    ];
    let heads = vec![Head::Flag { of: 4, low: false }];
    let graph = Arc::new(Graph::new(12, channels, positions, blocks, nodes, heads).expect("a graph"));
    let split = Split { feature: 7, threshold: -4000, left: Child::Leaf(0), right: Child::Leaf(1) };
    let forest = Forest { splits: vec![split], leaves: vec![vec![-9], vec![1 << 30]] };
    let inputs = vec![InputQuantiser { mean: 0, multiplier: 1 << 34 }; FINGERPRINT];
    let blocks = vec![parameters(2, &[FINGERPRINT as i32], 3), ParameterBlock::Forest(forest)];
    GraphModel::new(graph, inputs, blocks, vec![meaning("", 0, 1 << 36)], Fr::from(2)).expect("a model")
}

/// A witness of what graphs and other models say of values.
///
/// # Panics
/// If there is no such statement.
pub fn forger(subject: Subject, models: Vec<Owned>, values: &[i64]) -> Forger {
    let shapes = models.iter().map(|model| model.as_ref().shape());
    let statement = Statement::new(subject, shapes).expect("a statement");
    Forger::of_any(statement, About::Values(values.to_vec()), models)
}

/// Values of a matrix of two times two: in range, and beyond either end.
const MATRIX: [i64; 4] = [100, -300, 2000, 44];
/// Values of a forest: on a threshold, below one and above one.
const VECTOR: [i64; 3] = [10, 1, -4];

/// Every operator and head, with limbs of so many bits.
pub fn of_operators(limb_bits: u32, values: &[i64; 4]) -> Forger {
    forger(Subject::Matrix { positions: 2, channels: 2 }, vec![operators(limb_bits).into()], values)
}

/// Forests of one target and of three, and dense layers between them.
pub fn of_forests(values: &[i64; 3]) -> Forger {
    let dense = super::model(super::shape("tags-3-2"), 3, super::Numbers::Random);
    forger(Subject::Vector(3), vec![forest(1).into(), dense.into(), forest(3).into()], values)
}

/// Operators over groups, with limbs of so many bits, of one of their samples.
pub fn of_groups(limb_bits: u32, sample: usize) -> Forger {
    let subject = Subject::Matrix { positions: 3, channels: 4 };
    forger(subject, vec![groups::groups(limb_bits).into()], &groups::values()[sample])
}

/// Aggregates, with limbs of so many bits, of one sample of operators over groups.
pub fn of_aggregates(limb_bits: u32, sample: usize) -> Forger {
    let subject = Subject::Matrix { positions: 3, channels: 4 };
    forger(subject, vec![groups::aggregates(limb_bits).into()], &groups::values()[sample])
}

/// Small graphs: every operator and head with limbs of 12 and of 13 bits, forests, operators over groups, aggregates.
pub fn all() -> Vec<Forger> {
    let (values, vector) = (&MATRIX, &VECTOR);
    let operators = [of_operators(12, values), of_operators(13, values)];
    operators.into_iter().chain([of_forests(vector), of_groups(12, 0), of_aggregates(12, 0)]).collect()
}

/// Two fingerprints.
fn sequence() -> Vec<i64> {
    (0..2 * FINGERPRINT as i64).map(|i| (i * 7919) % 65_536 - 30_000).collect()
}

/// Two fingerprints, each under a commitment of its own.
pub fn of_sequence() -> Forger {
    forger(Subject::Sequence { positions: 2 }, vec![fingerprints(2).into()], &sequence())
}

/// The recurrent model that ships with the project.
pub fn of_gru() -> Forger {
    forger(Subject::Sequence { positions: 2 }, vec![gru().into()], &sequence())
}

/// The forest that ships with the project.
pub fn of_forest() -> Forger {
    forger(Subject::Vector(3), vec![forest(3).into()], &VECTOR)
}

/// A sample block and what a graph says of its fingerprint.
///
/// # Panics
/// If there is no such statement.
pub fn of_block() -> Forger {
    let core = Statement::default().subject();
    let model = fingerprints(1);
    let statement = Statement::new(core, [model.graph()]).expect("a statement");
    let subject = About::Block(Box::new(block(1, 30, 20, 3)), Box::new(codebook(2, 64)));
    Forger::of_any(statement, subject, vec![model.into()])
}

/// A model of nothing but requantisation: one activation of each width beside the input, of full limbs of so many bits.
pub fn widths(limb_bits: u32) -> GraphModel {
    let widths: Vec<u32> =
        [1, 2, 4, 5, 6, 8, 10, 12, 13, 14].into_iter().filter(|bits| *bits <= limb_bits).collect();
    // Of limbs of 14 bits, none has 13.
    let widths: Vec<u32> = widths.into_iter().filter(|bits| *bits != 13 || limb_bits == 13).collect();
    let mut nodes = vec![Node::Input];
    let terms = vec![term(1, 0, None)];
    let combined = widths.iter().map(|bits| Node::Combine {
        terms: terms.clone(),
        constant: 3,
        then: Some((2, then(*bits))),
    });
    nodes.extend(combined);
    let views = (1..nodes.len() as u16).map(|of| View::slice(of, 0, 2)).collect();
    nodes.push(Node::Index { views });
    let of = nodes.len() as u16 - 1;
    let count = 2 * widths.len();
    let graph =
        Arc::new(Graph::new(limb_bits, 2, 1, Vec::new(), nodes, vec![Head::Values { of }]).expect("a graph"));
    let inputs = vec![InputQuantiser { mean: 0, multiplier: 1 << 39 }; 2];
    GraphModel::new(graph, inputs, Vec::new(), vec![meaning("value", count, 0)], Fr::zero()).expect("a model")
}
