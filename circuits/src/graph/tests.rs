use std::sync::Arc;

use halo2curves::bn256::Fr;

use super::*;
use crate::model::{InputQuantiser, Range};
use crate::stages::graph::{Output, commitment, evaluate};

fn then(bits: u32) -> Requantise {
    Requantise { range: Range::signed(bits), table: None }
}

fn table(function: Function) -> Requantise {
    let table = Table { function, bits: 11, input: 7, output: 11 };
    Requantise { range: table.range(), table: Some(table) }
}

/// Two channels at two positions: a linear block used twice, a table, a product, heads of every kind but those of forests.
pub(crate) fn small() -> Graph {
    let blocks = vec![Block::Linear { outputs: 3, operands: vec![(2, 0), (3, 1)] }];
    let nodes = vec![
        Node::Input,
        Node::Constant { count: 3, value: 0 },
        Node::Index { views: vec![View::slice(0, 0, 2)] },
        Node::Linear { block: 0, operands: vec![2, 1], then: table(Function::Tanh) },
        Node::Index { views: vec![View { of: 0, offset: 2, dims: vec![(1, 4), (2, 1)] }] },
        Node::Linear { block: 0, operands: vec![4, 3], then: table(Function::Tanh) },
        Node::Combine {
            terms: vec![Term { coefficient: 1, a: 3, b: Some(5) }, Term { coefficient: -16, a: 3, b: None }],
            constant: 5,
            then: Some((1 << 12, then(12))),
        },
        Node::Combine { terms: vec![Term { coefficient: 1, a: 6, b: Some(6) }], constant: 0, then: None },
        Node::Index { views: vec![View::slice(7, 1, 1)] },
    ];
    let heads = vec![
        Head::Tags { of: 6 },
        Head::Class { of: 5 },
        Head::Top { of: 7, count: 2 },
        Head::Score { of: 8, low: false },
        Head::Flag { of: 8, low: true },
        Head::Values { of: 6 },
        Head::Commitment { of: 5 },
    ];
    Graph::new(12, 2, 2, blocks, nodes, heads).unwrap()
}

pub(crate) fn small_model() -> GraphModel {
    let graph = Arc::new(small());
    let channels = (0..3).map(|o| Channel { bias: 40 * o - 7, multiplier: 900 }).collect();
    let weights = vec![
        (0..3).map(|o| (0..2).map(|i| (30 * o - 17 * i) as i8).collect()).collect(),
        (0..3).map(|o| (0..3).map(|i| (20 * i - 9 * o) as i8).collect()).collect(),
    ];
    let labels = |name: &str| (0..3).map(|i| format!("{name}-{i}")).collect();
    let meaning = |labels, threshold| HeadMeaning { labels, fraction_bits: 7, threshold };
    let heads = vec![
        meaning(labels("tag"), 0),
        meaning(labels("class"), 0),
        meaning(labels("top"), 0),
        meaning(Vec::new(), 100),
        meaning(Vec::new(), 100),
        meaning(labels("value"), 0),
        meaning(Vec::new(), 0),
    ];
    let inputs = vec![InputQuantiser { mean: 3, multiplier: 1 << 38 }; 2];
    let block = ParameterBlock::Linear(LinearBlock { channels, weights });
    GraphModel::new(graph, inputs, vec![block], heads, Fr::from(7)).unwrap()
}

/// A forest of two trees over three values.
pub(crate) fn forest() -> GraphModel {
    let blocks = vec![Block::Forest { trees: 2, depth: 2, splits: 3, leaves: 4, targets: 1 }];
    let positive = Term { coefficient: 1, a: 0, b: None };
    let nodes = vec![
        Node::Forest { block: 0 },
        Node::Combine { terms: vec![positive], constant: 1 << 36, then: None },
    ];
    let graph =
        Graph::new(12, 3, 1, blocks, nodes, vec![Head::Class { of: 0 }, Head::Score { of: 1, low: true }]);
    let graph = graph.unwrap();
    let split = |feature, threshold, left, right| Split { feature, threshold, left, right };
    let forest = Forest {
        splits: vec![
            split(0, 10, Child::Split(2), Child::Leaf(0)),
            split(2, -5, Child::Leaf(1), Child::Leaf(2)),
            split(1, 0, Child::Leaf(3), Child::Leaf(1)),
        ],
        leaves: vec![vec![100], vec![-3], vec![7], vec![1 << 34]],
    };
    let heads = vec![
        HeadMeaning { labels: vec!["only".to_owned()], ..HeadMeaning::default() },
        HeadMeaning { threshold: 1 << 36, ..HeadMeaning::default() },
    ];
    GraphModel::new(Arc::new(graph), Vec::new(), vec![ParameterBlock::Forest(forest)], heads, Fr::zero())
        .unwrap()
}

#[test]
fn encodings_give_the_graph_back() {
    for graph in [small(), (**forest().graph()).clone()] {
        let bytes = graph.to_bytes();
        assert_eq!(Graph::from_bytes(&bytes), Some(graph.clone()));
        for cut in 0..bytes.len() {
            assert_eq!(Graph::from_bytes(&bytes[..cut]), None, "cut at {cut}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(Graph::from_bytes(&longer), None);
        assert_eq!(Graph::take(&mut &longer[..]), Some(graph));
        // Whatever a byte is changed to: another graph whose encoding is these bytes, or none.
        for at in 0..bytes.len() {
            for value in [0, 1, 2, 127, 128, 255] {
                let mut changed = bytes.clone();
                changed[at] = value;
                if let Some(graph) = Graph::from_bytes(&changed) {
                    assert_eq!(graph.to_bytes(), changed, "byte {at} as {value}");
                }
            }
        }
    }
}

#[test]
fn a_small_graph_is_evaluated_to_the_bit() {
    let model = small_model();
    let evaluation = evaluate(&model, &[100, -300, 2000, 44], &[Fr::from(9)]);
    // Worked out by hand from the formulas of docs/graph.md.
    assert_eq!(evaluation.tensors[0], [24, -76, 499, 10]);
    assert_eq!(evaluation.outputs[1], Output::Class(0));
    let again = commitment(&model);
    assert_eq!(again, commitment(&model));
}

#[test]
fn paths_end_at_leaves() {
    let model = forest();
    let sum = |input: [i64; 3]| evaluate(&model, &input, &[]).tensors[0][0];
    assert_eq!(sum([10, 0, -5]), (1 << 34) - 3);
    assert_eq!(sum([10, 1, -4]), -3 + 7);
    assert_eq!(sum([11, 0, 0]), 107);
}
