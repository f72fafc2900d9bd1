//! Pools behind a convolution: the integers are like the float graph, and the greatest is exactly that.

use foldproof_circuits::graph::Node;
use foldproof_circuits::stages::graph::evaluate;
use foldproof_prover::model::onnx::schema::NodeProto;
use rand::Rng;

use crate::make::{int, ints, node};
use crate::sliding::{Net, conv, images, imported, normalised, pool, relu, same};
use crate::small::rng;

#[test]
fn pools_in_every_form() {
    let samples = images(2, 6, 6, 300);
    let net = |name, nodes: Vec<NodeProto>, wide| {
        let first = vec![conv("x", &["w", "b"], "a", vec![same()]), relu("a", "r")];
        Net { name, dims: [1, 2, 6, 6], nodes: [first, nodes].concat(), wide }
    };
    let three = |op: &str, more: Vec<_>| {
        let square = [ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2]), same()];
        vec![node(op, &["r"], &["z"], [square.to_vec(), more].concat())]
    };
    let nets = [
        net("MaxPool", vec![pool("MaxPool", "r", "z", vec![])], 36),
        net("MaxPool before the ReLU", vec![pool("MaxPool", "a", "p", vec![]), relu("p", "z")], 36),
        net("MaxPool with padding", three("MaxPool", vec![]), 36),
        net(
            "MaxPool of other steps",
            vec![node(
                "MaxPool",
                &["r"],
                &["z"],
                vec![ints("kernel_shape", &[2, 3]), ints("dilations", &[3, 1])],
            )],
            48,
        ),
        net(
            "MaxPool after a Pad below all",
            vec![node("Pad", &["r", "behind", "low"], &["p"], vec![]), pool("MaxPool", "p", "z", vec![])],
            36,
        ),
        net(
            "MaxPool after a Pad of zeros",
            vec![
                node("Pad", &["r", "around"], &["p"], vec![]),
                node(
                    "MaxPool",
                    &["p"],
                    &["z"],
                    vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])],
                ),
            ],
            64,
        ),
        net(
            "MaxPool of channels that each have a unit, some turned",
            vec![normalised("r", "n"), pool("MaxPool", "n", "z", vec![])],
            36,
        ),
        net(
            "MaxPool of entries of a table",
            vec![node("Tanh", &["a"], &["t"], vec![]), pool("MaxPool", "t", "z", vec![])],
            36,
        ),
        net("AveragePool", vec![pool("AveragePool", "r", "z", vec![])], 36),
        net("AveragePool of sums", vec![pool("AveragePool", "a", "z", vec![])], 36),
        net("AveragePool with padding", three("AveragePool", vec![]), 36),
        net("AveragePool where padding counts", three("AveragePool", vec![int("count_include_pad", 1)]), 36),
        net(
            "AveragePool of channels that each have a unit",
            vec![normalised("r", "n"), pool("AveragePool", "n", "z", vec![])],
            36,
        ),
        net("GlobalAveragePool", vec![node("GlobalAveragePool", &["r"], &["z"], vec![])], 4),
        net("GlobalMaxPool", vec![node("GlobalMaxPool", &["r"], &["z"], vec![])], 4),
        net(
            "ReduceMean",
            vec![
                normalised("r", "n"),
                node("ReduceMean", &["n", "spatial"], &["z"], vec![int("keepdims", 0)]),
            ],
            4,
        ),
        net("ReduceMax", vec![node("ReduceMax", &["r", "spatial"], &["z"], vec![int("keepdims", 0)])], 4),
        net("ReduceMin", vec![node("ReduceMin", &["a", "spatial"], &["z"], vec![])], 4),
    ];
    for net in nets {
        imported(&net, &samples);
    }
}

/// The greatest is that of the integers before it, whatever they are: beyond calibration too.
#[test]
fn the_greatest_is_exact() {
    let samples = images(2, 6, 6, 200);
    for (name, nodes, sign) in [
        (
            "activations from 0",
            vec![
                conv("x", &["w", "b"], "a", vec![]),
                relu("a", "r"),
                node("GlobalMaxPool", &["r"], &["z"], vec![]),
            ],
            1,
        ),
        (
            "signed ones",
            vec![conv("x", &["w", "b"], "r", vec![]), node("GlobalMaxPool", &["r"], &["z"], vec![])],
            1,
        ),
        (
            "the least",
            vec![conv("x", &["w", "b"], "r", vec![]), node("ReduceMin", &["r", "spatial"], &["z"], vec![])],
            -1,
        ),
    ] {
        let found = imported(&Net { name, dims: [1, 2, 6, 6], nodes, wide: 4 }, &samples);
        let nodes = found.model.graph().nodes();
        let linear = |node: &Node| matches!(node, Node::Linear { .. });
        let first = nodes.iter().position(linear).unwrap();
        let last = nodes.iter().rposition(linear).unwrap();
        let Node::Linear { operands, .. } = &nodes[last] else { panic!("a layer") };
        let mut rng = rng();
        for turn in 0..60 {
            let most = if turn % 2 == 0 { 1 << 20 } else { 1 << 26 };
            let input: Vec<i64> = (0..72).map(|_| rng.gen_range(-most..most)).collect();
            let tensors = evaluate(&found.model, &input, &[]).tensors;
            for c in 0..4 {
                let own = tensors[first].iter().skip(c).step_by(4);
                let expected = if sign > 0 { own.max() } else { own.min() };
                assert_eq!(Some(&tensors[usize::from(operands[0])][c]), expected, "{name}");
            }
        }
    }
}
