//! What differs between positions and channels: embeddings of positions, learnt rows, scales of normalisation, positions left out.

use foldproof_circuits::graph::{Block, Node};
use foldproof_prover::model::lower::{HeadKind, Imported};
use foldproof_prover::model::onnx::schema::NodeProto;

use crate::make::{FLOAT, file, float, int, node, single, value, whole};
use crate::small::{lowered, random, rng, vectors};

fn step(op: &str, inputs: &[&str], output: &str) -> NodeProto {
    node(op, inputs, &[output], vec![])
}

/// Four positions of six numbers through a layer of eight, and what `nodes` make of `l` to `z`; then the last position of it, or all.
fn rows(nodes: Vec<NodeProto>, last: Option<i64>) -> Imported {
    let mut rng = rng();
    let constants = vec![
        single("w", &[6, 8], random(&mut rng, 48, 0.6)),
        single("b", &[8], random(&mut rng, 8, 0.4)),
        single("query", &[1, 1, 8], random(&mut rng, 8, 2.0)),
        single("positions", &[1, 5, 8], random(&mut rng, 40, 3.0)),
        single("gamma", &[8], random(&mut rng, 8, 1.5)),
        single("beta", &[8], random(&mut rng, 8, 0.5)),
        single("v", &[8, 8], random(&mut rng, 64, 0.5)),
        single("o", &[8, 3], random(&mut rng, 24, 0.6)),
        whole("last", &[1], vec![last.unwrap_or_default()]),
    ];
    let mut all = vec![step("MatMul", &["x", "w"], "l0"), step("Add", &["l0", "b"], "l")];
    all.extend(nodes);
    all.push(match last {
        Some(_) => node("Gather", &["z", "last"], &["t"], vec![int("axis", 1)]),
        None => step("Identity", &["z"], "t"),
    });
    all.push(step("MatMul", &["t", "o"], "y"));
    let bytes = file(value("x", FLOAT, &[1, 4, 6]), all, constants);
    lowered(&bytes, vectors(24, 300), HeadKind::Values).unwrap()
}

fn error_of(found: &Imported) -> f64 {
    println!("relative error {:.5}", found.agreement.heads[0].relative_error);
    found.agreement.heads[0].relative_error
}

fn norm(of: &str, to: &str) -> NodeProto {
    node("LayerNormalization", &[of, "gamma", "beta"], &[to], vec![float("epsilon", 1e-5)])
}

#[test]
fn positions_and_learnt_rows_are_parameters() {
    let nodes = || {
        vec![
            node("Concat", &["l", "query"], &["c"], vec![int("axis", 1)]),
            step("Add", &["c", "positions"], "p"),
            norm("p", "n"),
            step("MatMul", &["n", "v"], "z"),
        ]
    };
    let found = rows(nodes(), None);
    assert!(error_of(&found) < 0.02);
    let graph = found.model.graph();
    // Of five kinds of positions all but one have two inputs more.
    let Block::Linear { operands, .. } = &graph.blocks()[0] else { panic!("a layer") };
    assert_eq!(operands.iter().map(|(inputs, _)| *inputs).collect::<Vec<_>>(), [6, 8]);
    // Constants are 0 and the two ones: nothing of the model.
    for node in graph.nodes() {
        if let Node::Constant { value, .. } = node {
            assert!([0, 1 << 12, 1 << 5].contains(value), "{value}");
        }
    }
}

#[test]
fn what_no_head_depends_on_is_left_out() {
    let nodes = || vec![norm("l", "n"), step("MatMul", &["n", "v"], "m"), step("Tanh", &["m"], "z")];
    let count =
        |found: &Imported| found.model.graph().tensors().iter().map(|tensor| tensor.count).sum::<usize>();
    let (all, one) = (rows(nodes(), None), rows(nodes(), Some(2)));
    assert!(error_of(&all) < 0.02 && error_of(&one) < 0.02);
    assert!(2 * count(&one) < count(&all), "{} {}", count(&one), count(&all));
    let norm = |node: &Node| matches!(node, Node::Norm { .. });
    let at = one.model.graph().nodes().iter().position(norm).unwrap();
    assert_eq!(one.model.graph().tensors()[at].count, 8);
}

/// Scales of channels that a sum reads, as where layers are normalised after it.
#[test]
fn normalised_values_may_be_added_to() {
    let nodes =
        vec![norm("l", "n"), step("MatMul", &["n", "v"], "m"), step("Add", &["n", "m"], "s"), norm("s", "z")];
    assert!(error_of(&rows(nodes, None)) < 0.02);
}
