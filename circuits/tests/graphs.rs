//! Models that are graphs, in their circuit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use foldproof_circuits::graph::{
    Block, Channel, Child, Forest, Function, Graph, GraphModel, Head, HeadMeaning, LinearBlock, Node,
    ParameterBlock, Requantise, Split, Table, Term, View,
};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::{InputQuantiser, Range};
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::stages::graph::{commitment, evaluate, meaning_digest};
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_circuits::testing::samples::graphs::widths;
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

fn then(bits: u32) -> Requantise {
    Requantise { range: Range::signed(bits), table: None }
}

fn table(function: Function) -> Requantise {
    let table = Table { function, bits: 8, input: 4, output: 11 };
    Requantise { range: table.range(), table: Some(table) }
}

fn term(coefficient: i32, a: u16, b: Option<u16>) -> Term {
    Term { coefficient, a, b }
}

/// Two channels at two positions: a block used twice, tables, a product, sums, every head.
fn small() -> GraphModel {
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
            terms: vec![term(1, 3, Some(5)), term(-16, 3, None)],
            constant: 5,
            then: Some((1 << 12, then(12))),
        },
        Node::Combine { terms: vec![term(1, 6, Some(6))], constant: 0, then: None },
        Node::Index { views: vec![View::slice(7, 1, 1)] },
        Node::Linear { block: 1, operands: vec![6], then: then(10) },
        Node::Combine {
            terms: vec![term(2, 9, None)],
            constant: 0,
            then: Some((2, table(Function::Sigmoid))),
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
    let graph = Arc::new(Graph::new(12, 2, 2, blocks, nodes, heads).unwrap());
    let block = |outputs: i32, inputs: &[i32]| {
        let channels = (0..outputs).map(|o| Channel { bias: 40 * o - 70, multiplier: 900 }).collect();
        let weights = inputs.iter().map(|n| {
            (0..outputs).map(|o| (0..*n).map(|i| ((37 * o - 71 * i) % 100) as i8).collect()).collect()
        });
        ParameterBlock::Linear(LinearBlock { channels, weights: weights.collect() })
    };
    let labels = |name: &str, n: usize| (0..n).map(|i| format!("{name}-{i}")).collect();
    let meaning = |labels, threshold| HeadMeaning { labels, fraction_bits: 7, threshold };
    let heads = vec![
        meaning(labels("tag", 9), 0),
        meaning(labels("class", 3), 0),
        meaning(labels("top", 9), 0),
        meaning(Vec::new(), 100),
        meaning(Vec::new(), 100),
        meaning(labels("value", 9), 0),
        meaning(Vec::new(), 0),
    ];
    let inputs = vec![InputQuantiser { mean: 3, multiplier: 1 << 38 }; 2];
    GraphModel::new(graph, inputs, vec![block(3, &[2, 3]), block(9, &[3])], heads, Fr::from(7)).unwrap()
}

/// Two trees over three values, of one target or of three.
fn forest(targets: u8) -> GraphModel {
    let blocks = vec![Block::Forest { trees: 2, depth: 3, splits: 3, leaves: 4, targets }];
    let positive = term(1, 0, None);
    let nodes = vec![
        Node::Forest { block: 0 },
        Node::Combine { terms: vec![positive], constant: 1 << 36, then: None },
        Node::Index { views: vec![View::slice(1, 0, 1)] },
    ];
    let heads = vec![Head::Class { of: 0 }, Head::Score { of: 2, low: true }];
    let graph = Graph::new(12, 3, 1, blocks, nodes, heads).unwrap();
    let split = |feature, threshold, left, right| Split { feature, threshold, left, right };
    let leaf = |n: i64| (0..targets.into()).map(|target: i64| n * (1 - 2 * target)).collect();
    let forest = Forest {
        splits: vec![
            split(0, 10, Child::Split(2), Child::Leaf(0)),
            split(2, -5, Child::Leaf(1), Child::Leaf(2)),
            split(1, 0, Child::Leaf(3), Child::Leaf(1)),
        ],
        leaves: vec![leaf(100), leaf(-3), leaf(7), leaf(1 << 20)],
    };
    let labels = (0..targets).map(|i| format!("class-{i}")).collect();
    let heads = vec![
        HeadMeaning { labels, ..HeadMeaning::default() },
        HeadMeaning { threshold: 1 << 36, ..HeadMeaning::default() },
    ];
    GraphModel::new(Arc::new(graph), Vec::new(), vec![ParameterBlock::Forest(forest)], heads, Fr::zero())
        .unwrap()
}

fn proves(model: &GraphModel, subject: Subject, values: &[i64]) {
    let statement = Statement::new(subject, [model.graph()]).unwrap();
    let model_ref = ModelRef::from(model);
    let salts = vec![Fr::from(5); model_ref.salts().0];
    let layout =
        Layout::of_values(&statement, values, Fr::from(3), &[ModelRef::Graph(model, &salts)]).unwrap();
    let evaluation = evaluate(model, values, &salts);
    let instance = layout.instance();
    let public = &instance.models[0];
    assert_eq!(public.commitment, commitment(model));
    assert_eq!(public.head, meaning_digest(model));
    let heads = model.graph().heads().iter().zip(model.heads());
    let outputs = heads.zip(&evaluation.outputs).flat_map(|((head, meaning), output)| {
        output.elements(&model.graph().tensors()[usize::from(head.of())], meaning.threshold)
    });
    assert_eq!(public.outputs, outputs.collect::<Vec<_>>());
    let rows = instance.rows().into_iter().copied().collect();
    let prover = MockProver::run(statement.k(), &layout, vec![rows]).unwrap();
    prover.assert_satisfied();
    let blank = Layout::blank(&statement);
    assert_eq!(blank.sheet().fixed(), layout.sheet().fixed());
    assert_eq!(blank.sheet().copies(), layout.sheet().copies());
    assert_eq!(blank.sheet().enabled(), layout.sheet().enabled());
}

#[test]
fn every_operator_and_head_is_proved() {
    let matrix = Subject::Matrix { positions: 2, channels: 2 };
    let most = (1 << 35) - 1;
    for values in [[100, -300, 2000, 44], [0; 4], [most, -most - 1, most, most], [-most - 1; 4]] {
        proves(&small(), matrix, &values);
    }
}

#[test]
fn forests_are_proved() {
    for targets in [1, 3] {
        for values in [[10, 0, -5], [10, 1, -4], [11, 0, 0], [1 << 34, -(1 << 34), 5]] {
            proves(&forest(targets), Subject::Vector(3), &values);
        }
    }
}

/// Every width that an activation may have is in the table of its circuit.
#[test]
fn activations_of_every_width_are_proved() {
    for limb_bits in [12, 13, 14] {
        for values in [[6000, -1], [-300, 12_000]] {
            proves(&widths(limb_bits), Subject::Vector(2), &values);
        }
    }
}
