//! A model of every operator over groups of activations, with ties and with what is beyond either end.

use std::sync::Arc;

use halo2curves::bn256::Fr;

use super::{meaning, parameters, table, then};
use crate::graph::{Block, Function, Graph, GraphModel, Head, Node, Requantise, Table, View};
use crate::model::{InputQuantiser, Range};

/// Four channels at three positions: attention of two scores wide on itself, norms, maxima of less and of more than a row, with limbs of so
/// many bits.
pub fn groups(limb_bits: u32) -> GraphModel {
    let decay = Table { function: Function::Decay, bits: 6, input: 3, output: 8 };
    let blocks = vec![Block::Linear { outputs: 2, operands: vec![(4, 0)] }];
    let nodes = vec![
        Node::Input,
        Node::Linear { block: 0, operands: vec![0], then: then(8) },
        Node::Product { a: 1, b: 1, inner: 2, multiplier: 50, then: then(limb_bits) },
        Node::Softmax { of: 2, width: 3, table: decay, power: 9 },
        Node::Index { views: vec![View { of: 1, offset: 0, dims: vec![(2, 1), (3, 2)] }] },
        Node::Product { a: 3, b: 4, inner: 3, multiplier: 40, then: then(8) },
        Node::Norm { of: 0, width: 4, epsilon: 50, power: 6 },
        Node::Norm { of: 5, width: 6, epsilon: 1, power: 4 },
        Node::Maximum { of: 6, width: 6 },
        Node::Maximum { of: 5, width: 3 },
        Node::Product { a: 8, b: 9, inner: 2, multiplier: 3, then: table(Function::Tanh) },
        // Of one element.
        Node::Softmax { of: 9, width: 1, table: decay, power: 3 },
        Node::Index { views: [3, 5, 7, 10, 11].map(|of| View::slice(of, 0, 1)).to_vec() },
    ];
    let heads = vec![
        Head::Tags { of: 6 },
        Head::Class { of: 5 },
        Head::Values { of: 3 },
        Head::Values { of: 12 },
        Head::Commitment { of: 7 },
    ];
    let graph = Arc::new(Graph::new(limb_bits, 4, 3, blocks, nodes, heads).expect("a graph"));
    let meanings = vec![
        meaning("tag", 12, 0),
        meaning("class", 6, 0),
        meaning("weight", 9, 0),
        meaning("value", 5, 0),
        meaning("", 0, 0),
    ];
    let inputs = vec![InputQuantiser { mean: 3, multiplier: 1 << 39 }; 4];
    GraphModel::new(graph, inputs, vec![parameters(2, &[4], 90)], meanings, Fr::from(9)).expect("a model")
}

/// Four channels at three positions as a network of three nodes: a product of the positions with themselves, clamped, is an adjacency; two
/// aggregates of it with one scale each, of one channel and of four, of other low ends, and an aggregate of another tensor.
pub fn aggregates(limb_bits: u32) -> GraphModel {
    let unsigned = |bits| Requantise { range: Range::unsigned(bits), table: None };
    let blocks = vec![Block::Linear { outputs: 4, operands: vec![(4, 0)] }];
    let columns = |of| Node::Index { views: vec![View { of, offset: 0, dims: vec![(4, 1), (3, 4)] }] };
    let nodes = vec![
        Node::Input,
        Node::Product { a: 0, b: 0, inner: 4, multiplier: 2, then: unsigned(2) },
        // Scales: squares of the first channel, and one as great as there is.
        Node::Index { views: vec![View { of: 0, offset: 0, dims: vec![(3, 4)] }] },
        Node::Combine {
            terms: vec![super::term(1, 2, Some(2))],
            constant: 3,
            then: Some((64, unsigned(limb_bits))),
        },
        Node::Constant { count: 3, value: 0 },
        Node::Combine {
            terms: vec![super::term(1, 4, None)],
            constant: 1 << limb_bits,
            then: Some((4, unsigned(limb_bits))),
        },
        Node::Combine {
            terms: vec![super::term(1, 4, None)],
            constant: 4,
            then: Some((2, unsigned(limb_bits))),
        },
        // The sums of its rows.
        Node::Aggregate { a: 1, b: 6, inner: 3, scale: 5, then: unsigned(8) },
        columns(0),
        Node::Aggregate { a: 1, b: 8, inner: 3, scale: 3, then: then(limb_bits) },
        Node::Linear { block: 0, operands: vec![9], then: unsigned(limb_bits) },
        columns(10),
        Node::Aggregate { a: 1, b: 11, inner: 3, scale: 3, then: table(Function::Tanh) },
        Node::Index { views: vec![View::slice(3, 0, 3), View::slice(3, 0, 1)] },
        Node::Aggregate { a: 8, b: 8, inner: 3, scale: 13, then: then(8) },
    ];
    let heads = vec![
        Head::Values { of: 7 },
        Head::Values { of: 12 },
        Head::Tags { of: 14 },
        Head::Commitment { of: 9 },
    ];
    let graph = Arc::new(Graph::new(limb_bits, 4, 3, blocks, nodes, heads).expect("a graph"));
    let meanings =
        vec![meaning("sum", 3, 0), meaning("value", 12, 0), meaning("tag", 16, 0), meaning("", 0, 0)];
    let inputs = vec![InputQuantiser { mean: 3, multiplier: 1 << 39 }; 4];
    GraphModel::new(graph, inputs, vec![parameters(4, &[4], 90)], meanings, Fr::from(9)).expect("a model")
}

/// Values of a subject of [`groups`]: ordinary ones, all alike, and as far from each other as they can be, either way.
pub fn values() -> [[i64; 12]; 5] {
    let most = (1 << 35) - 1;
    let mut far = [most; 12];
    (0..12).step_by(2).for_each(|i| far[i] = -most - 1);
    let ordinary = [100, -300, 2000, 44, 900, 31, -1200, 7, 5, 5, 5, -5];
    [ordinary, [77; 12], far, far.map(|value| -value - 1), ordinary.map(|value| 3 * value)]
}
