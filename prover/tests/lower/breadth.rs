//! Operators, states and trees of more forms: products with the constant on either side, bounds and slopes of many values, long
//! sums, initial states, reversed layers, many classes, normalisation before trees.

use foldproof_circuits::graph::{Block, MAX_TARGETS};
use foldproof_circuits::stages::graph::{Output as Said, evaluate};
use foldproof_prover::model::lower::{HeadKind, Imported, Output, Request, import};
use foldproof_prover::model::onnx::schema::{AttributeProto, NodeProto, TensorProto};
use rand::Rng;

use crate::make::{FLOAT, file, floats, int, ints, learning, node, single, text, texts, value};
use crate::shared::{folder, samples};
use crate::small::{between, lowered, random, rng, vectors};

/// The relative error of a graph of values.
fn error_of(name: &str, bytes: &[u8], width: usize) -> f64 {
    let found = lowered(bytes, vectors(width, 300), HeadKind::Values);
    let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
    let head = &found.agreement.heads[0];
    println!("{name}: relative error {:.5}, {} rows", head.relative_error, found.model.graph().rows());
    head.relative_error
}

#[test]
fn bounds_and_slopes_of_many_values() {
    let one = |op: &str, inputs: &[&str]| vec![node(op, inputs, &["z"], vec![])];
    let with = |first: NodeProto, op: &str, inputs: &[&str]| vec![first, node(op, inputs, &["z"], vec![])];
    let sigmoid = || node("Sigmoid", &["a"], &["s"], vec![]);
    let cases = [
        ("PRelu, a slope for each", one("PRelu", &["a", "k"])),
        ("Max, a bound for each", one("Max", &["a", "k"])),
        ("Min, a bound for each", one("Min", &["k", "a"])),
        ("Max of two", with(sigmoid(), "Max", &["a", "s"])),
        ("Min of two", with(sigmoid(), "Min", &["s", "a"])),
        ("Max of three", with(sigmoid(), "Max", &["k", "a", "s"])),
        ("Sum of three", with(sigmoid(), "Sum", &["a", "s", "k"])),
    ];
    for (name, nodes) in cases {
        assert!(error_of(name, &between(nodes, vec![]), 6) < 0.02, "{name}");
    }
}

/// What is clamped is what the float graph clamps: an operator that did nothing would have passed the test above.
#[test]
fn the_greater_of_two_is_taken() {
    let constants = vec![single("w", &[2, 2], vec![1.0, 0.0, 0.0, 1.0]), single("b", &[2], vec![0.0, 0.0])];
    for (op, greater) in [("Max", true), ("Min", false)] {
        let nodes = vec![
            node("Gemm", &["x", "w", "b"], &["a"], vec![]),
            node("Split", &["a"], &["p", "q"], vec![int("axis", 1), ints("split", &[1, 1])]),
            node(op, &["p", "q"], &["y"], vec![]),
        ];
        let bytes = file(value("x", FLOAT, &[1, 2]), nodes, constants.clone());
        let found = lowered(&bytes, vectors(2, 300), HeadKind::Values).unwrap();
        let unit = 2f64.powi(-i32::from(found.model.heads()[0].fraction_bits));
        for (p, q) in [(1.0, -1.0), (-1.5, 0.5), (0.25, 0.5), (-0.5, -1.5)] {
            let input = [p, q].map(|x: f64| (x * 2f64.powi(20)) as i64);
            let Said::Values(said) = &evaluate(&found.model, &input, &[]).outputs[0] else {
                panic!("values")
            };
            let expected = if greater { p.max(q) } else { p.min(q) };
            assert!((said[0] as f64 * unit - expected).abs() < 0.01, "{op} {p} {q}: {said:?} in {unit}");
        }
    }
}

/// More units than are brought to one by one: each is multiplied by its own.
#[test]
fn more_slopes_than_one_sum_has_terms() {
    let mut rng = rng();
    let constants = vec![
        single("w", &[6, 90], random(&mut rng, 540, 0.6)),
        single("b", &[90], random(&mut rng, 90, 0.4)),
        single("k", &[90], random(&mut rng, 90, 0.9)),
        single("v", &[90, 3], random(&mut rng, 270, 0.4)),
    ];
    let nodes = vec![
        node("Gemm", &["x", "w", "b"], &["a"], vec![]),
        node("PRelu", &["a", "k"], &["z"], vec![]),
        node("MatMul", &["z", "v"], &["y"], vec![]),
    ];
    assert!(error_of("90 slopes", &file(value("x", FLOAT, &[1, 6]), nodes, constants), 6) < 0.02);
}

#[test]
fn sums_of_more_than_64_numbers() {
    for (op, axes) in [("ReduceSum", 100), ("ReduceMean", 130)] {
        let mut rng = rng();
        let constants = vec![
            single("w", &[6, axes], random(&mut rng, 6 * axes as usize, 0.6)),
            single("b", &[axes], random(&mut rng, axes as usize, 0.4)),
            single("v", &[1, 2], vec![1.0, -0.5]),
        ];
        let nodes = vec![
            node("Gemm", &["x", "w", "b"], &["a"], vec![]),
            node("Relu", &["a"], &["r"], vec![]),
            node(op, &["r"], &["m"], vec![ints("axes", &[1])]),
            node("MatMul", &["m", "v"], &["y"], vec![]),
        ];
        assert!(error_of(op, &file(value("x", FLOAT, &[1, 6]), nodes, constants), 6) < 0.02, "{op}");
    }
}

/// A graph that takes [1, 12] as [3, 4], multiplies it as `op` says to `z`, and goes on to three values.
fn product(op: NodeProto, constants: Vec<TensorProto>, made: &[i64]) -> Vec<u8> {
    let mut rng = rng();
    let count: i64 = made.iter().product();
    let mut all = vec![
        int64("shape", &[3, 4]),
        int64("flat", &[1, count]),
        single("scale", &[1], vec![0.5]),
        single("v", &[count, 3], random(&mut rng, count as usize * 3, 0.5)),
    ];
    all.extend(constants);
    let nodes = vec![
        node("Mul", &["x", "scale"], &["n"], vec![]),
        node("Reshape", &["n", "shape"], &["m"], vec![]),
        op,
        node("Tanh", &["z"], &["t"], vec![]),
        node("Reshape", &["t", "flat"], &["f"], vec![]),
        node("MatMul", &["f", "v"], &["y"], vec![]),
    ];
    file(value("x", FLOAT, &[1, 12]), nodes, all)
}

fn int64(name: &str, values: &[i64]) -> TensorProto {
    let (dims, int64_data) = (vec![values.len() as i64], values.to_vec());
    TensorProto { name: name.into(), dims, data_type: 7, int64_data, ..TensorProto::default() }
}

fn equation(equation: &str) -> Vec<AttributeProto> {
    vec![text("equation", equation)]
}

#[test]
fn products_with_the_constant_on_either_side() {
    let drawn =
        |dims: &[i64]| single("c", dims, random(&mut rng(), dims.iter().product::<i64>() as usize, 0.5));
    let turned = |name: &str| vec![int(name, 1)];
    let cases = [
        ("right", node("MatMul", &["m", "c"], &["z"], vec![]), drawn(&[4, 5]), [3, 5]),
        ("left", node("MatMul", &["c", "m"], &["z"], vec![]), drawn(&[5, 3]), [5, 4]),
        ("transA", node("Gemm", &["m", "c"], &["z"], turned("transA")), drawn(&[3, 5]), [4, 5]),
        ("transB", node("Gemm", &["m", "c"], &["z"], turned("transB")), drawn(&[5, 4]), [3, 5]),
        ("left, transB", node("Gemm", &["c", "m"], &["z"], turned("transB")), drawn(&[5, 4]), [5, 3]),
        ("Einsum", node("Einsum", &["m", "c"], &["z"], equation("ij,jk->ik")), drawn(&[4, 5]), [3, 5]),
        ("turned", node("Einsum", &["m", "c"], &["z"], equation("ij,kj->ki")), drawn(&[5, 4]), [5, 3]),
        ("first", node("Einsum", &["c", "m"], &["z"], equation("ki, ij -> kj")), drawn(&[5, 3]), [5, 4]),
    ];
    for (name, op, constant, made) in cases {
        assert!(error_of(name, &product(op, vec![constant], &made), 12) < 0.02, "{name}");
    }
    // Sums over both axes, in order of neither.
    let op = node("Einsum", &["m", "c"], &["z"], equation("ij,jik->k"));
    let all = product(op, vec![single("c", &[4, 3, 5], random(&mut rng(), 60, 0.4))], &[5]);
    assert!(error_of("both axes", &all, 12) < 0.02);
}

/// A value times itself: of its rows with each other.
#[test]
fn products_of_a_value_with_itself() {
    let op = node("Einsum", &["m", "m"], &["z"], equation("ij,kj->ik"));
    assert!(error_of("Gram", &product(op, vec![], &[3, 3]), 12) < 0.02);
}

#[test]
fn products_that_are_no_layer_are_named() {
    let refused = |op: NodeProto, dims: &[i64], made: &[i64]| {
        let count = dims.iter().product::<i64>() as usize;
        let bytes = product(op, vec![single("c", dims, random(&mut rng(), count, 0.5))], made);
        lowered(&bytes, vectors(12, 50), HeadKind::Values).unwrap_err()
    };
    let einsum = |text: &str| node("Einsum", &["m", "c"], &["z"], equation(text));
    let error = refused(einsum("ij,ijk->ik"), &[3, 4, 5], &[3, 5]);
    assert!(error.contains("another matrix for each"), "{error}");
    // The sum of one factor's rows alone.
    let error = refused(node("Einsum", &["m", "m"], &["z"], equation("ij,kl->ik")), &[1], &[3, 3]);
    assert!(error.contains("over an axis of one factor"), "{error}");
    let error = refused(node("Gemm", &["c", "m", "bias"], &["z"], vec![]), &[5, 3], &[5, 4]);
    assert!(error.contains("bias"), "{error}");
}

#[test]
fn linear_models_inside_a_graph() {
    let mut rng = rng();
    let coefficients = random(&mut rng, 24, 0.6);
    let scaler = vec![floats("offset", &[0.25; 6]), floats("scale", &[0.5; 6])];
    let linear = |post: &str| {
        vec![
            floats("coefficients", &coefficients),
            floats("intercepts", &[0.1, -0.2, 0.3, 0.05]),
            text("post_transform", post),
            int("targets", 4),
        ]
    };
    let constants = vec![single("v", &[4, 3], random(&mut rng, 12, 0.6))];
    let end = || node("MatMul", &["t", "v"], &["y"], vec![]);
    let nodes = |post: &str| {
        vec![
            learning("Scaler", &["x"], &["n"], scaler.clone()),
            learning("LinearRegressor", &["n"], &["z"], linear(post)),
            node("Tanh", &["z"], &["t"], vec![]),
            end(),
        ]
    };
    let bytes = file(value("x", FLOAT, &[1, 6]), nodes("NONE"), constants.clone());
    assert!(error_of("LinearRegressor", &bytes, 6) < 0.02);
    let bytes = file(value("x", FLOAT, &[1, 6]), nodes("SOFTMAX"), constants.clone());
    let error = lowered(&bytes, vectors(6, 50), HeadKind::Values).unwrap_err();
    assert!(error.contains("raw scores"), "{error}");
    // One row for two classes, of which the scores go on.
    let two = vec![
        floats("coefficients", &coefficients[..6]),
        floats("intercepts", &[0.2]),
        text("post_transform", "NONE"),
        ints("classlabels_ints", &[0, 1]),
    ];
    let nodes = vec![
        learning("LinearClassifier", &["x"], &["label", "z"], two),
        node("Tanh", &["z"], &["t"], vec![]),
        node("MatMul", &["t", "u"], &["y"], vec![]),
    ];
    let constants = vec![single("u", &[2, 3], random(&mut rng, 6, 0.6))];
    assert!(error_of("LinearClassifier", &file(value("x", FLOAT, &[1, 6]), nodes, constants), 6) < 0.02);
    let nodes = vec![
        node("Gemm", &["x", "w", "b"], &["a"], vec![]),
        learning("Normalizer", &["a"], &["z"], vec![text("norm", "L2")]),
        node("MatMul", &["z", "v"], &["y"], vec![]),
    ];
    let constants = vec![
        single("w", &[6, 4], random(&mut rng, 24, 0.6)),
        single("b", &[4], vec![0.5; 4]),
        single("v", &[4, 3], random(&mut rng, 12, 0.6)),
    ];
    let bytes = file(value("x", FLOAT, &[1, 6]), nodes, constants);
    let error = lowered(&bytes, vectors(6, 50), HeadKind::Values).unwrap_err();
    assert!(error.contains("a Normalizer"), "{error}");
}

/// A recurrent layer over four steps of five numbers, and a product with its last states.
fn layer(op: &str, more: Vec<AttributeProto>, inputs: &[&str], starts: Vec<TensorProto>) -> Vec<u8> {
    let (gates, hidden, steps, features) = (if op == "LSTM" { 4 } else { 3 }, 6, 4, 5);
    let two = more.iter().any(|attribute| attribute.name == "direction" && attribute.s == b"bidirectional");
    let directions = if two { 2 } else { 1 };
    let rows = gates * hidden;
    let mut rng = rng();
    let mut drawn = |name: &str, dims: &[i64], size: f32| {
        single(name, dims, random(&mut rng, dims.iter().product::<i64>() as usize, size))
    };
    let mut constants = vec![
        drawn("w", &[directions, rows, features], 0.8),
        drawn("r", &[directions, rows, hidden], 0.8),
        drawn("b", &[directions, 2 * rows], 0.4),
        drawn("v", &[directions * hidden, 3], 0.8),
        int64("flat", &[1, directions * hidden]),
    ];
    constants.extend(starts);
    let attributes = [vec![int("hidden_size", hidden)], more].concat();
    let nodes = vec![
        node("Transpose", &["x"], &["t"], vec![ints("perm", &[1, 0, 2])]),
        node(op, &[&["t", "w", "r", "b"], inputs].concat(), &["", "h"], attributes),
        node("Reshape", &["h", "flat"], &["s"], vec![]),
        node("MatMul", &["s", "v"], &["y"], vec![]),
    ];
    file(value("x", FLOAT, &[1, steps, features]), nodes, constants)
}

#[test]
fn layers_from_behind_and_from_a_state() {
    let state = |name: &str, size: f32| single(name, &[1, 1, 6], random(&mut rng(), 6, size));
    let direction = |name: &str| vec![text("direction", name)];
    let reset = |before: i64| vec![int("linear_before_reset", before)];
    let cases = [
        ("LSTM in reverse", layer("LSTM", direction("reverse"), &[], vec![])),
        ("GRU in reverse", layer("GRU", direction("reverse"), &[], vec![])),
        ("LSTM both ways", layer("LSTM", direction("bidirectional"), &[], vec![])),
        ("GRU both ways", layer("GRU", direction("bidirectional"), &[], vec![])),
        ("LSTM from a state", layer("LSTM", vec![], &["", "h0"], vec![state("h0", 0.9)])),
        ("LSTM from a cell", layer("LSTM", vec![], &["", "", "c0"], vec![state("c0", 2.0)])),
        (
            "LSTM from both",
            layer("LSTM", vec![], &["", "h0", "c0"], vec![state("h0", 0.9), state("c0", 2.0)]),
        ),
        ("GRU from a state", layer("GRU", reset(0), &["", "h0"], vec![state("h0", 0.9)])),
        ("GRU from a state, reset after", layer("GRU", reset(1), &["", "h0"], vec![state("h0", 0.9)])),
    ];
    for (name, bytes) in cases {
        assert!(error_of(name, &bytes, 20) < 0.02, "{name}");
    }
    let far = layer("GRU", vec![], &["", "h0"], vec![state("h0", 30.0)]);
    let error = lowered(&far, vectors(20, 50), HeadKind::Values).unwrap_err();
    assert!(error.contains("within ±4"), "{error}");
}

/// Trees of one split each, three to a class, as boosting makes them.
fn boosted(classes: i64, with_scaler: bool) -> Vec<u8> {
    let mut rng = rng();
    let (mut trees, mut nodes, mut features) = (vec![], vec![], vec![]);
    let (mut values, mut modes, mut yes, mut no) = (vec![], vec![], vec![], vec![]);
    let (mut class_trees, mut class_nodes, mut ids, mut weights) = (vec![], vec![], vec![], vec![]);
    for tree in 0..3 * classes {
        trees.extend([tree; 3]);
        nodes.extend([0, 1, 2]);
        features.extend([rng.gen_range(0..6), 0, 0]);
        values.extend([rng.gen_range(-1.0..1.0_f32), 0.0, 0.0]);
        modes.extend(["BRANCH_LEQ", "LEAF", "LEAF"]);
        yes.extend([1, 0, 0]);
        no.extend([2, 0, 0]);
        class_trees.extend([tree; 2]);
        class_nodes.extend([1, 2]);
        ids.extend([tree % classes; 2]);
        weights.extend([rng.gen_range(-0.5..0.5_f32), rng.gen_range(-0.5..0.5)]);
    }
    let labels: Vec<i64> = (0..classes).collect();
    let base: Vec<f32> = (0..classes).map(|class| 0.125 * class as f32 / classes as f32).collect();
    let ensemble = vec![
        ints("nodes_treeids", &trees),
        ints("nodes_nodeids", &nodes),
        ints("nodes_featureids", &features),
        floats("nodes_values", &values),
        texts("nodes_modes", &modes),
        ints("nodes_truenodeids", &yes),
        ints("nodes_falsenodeids", &no),
        ints("class_treeids", &class_trees),
        ints("class_nodeids", &class_nodes),
        ints("class_ids", &ids),
        floats("class_weights", &weights),
        floats("base_values", &base),
        ints("classlabels_int64s", &labels),
        text("post_transform", "SOFTMAX"),
    ];
    let scaler = vec![
        floats("offset", &[0.5, -0.25, 0.0, 0.125, 1.0, -1.0]),
        floats("scale", &[2.0, 0.5, 1.0, -4.0, 0.3, 1.7]),
    ];
    let mut all = vec![];
    if with_scaler {
        all.push(learning("Scaler", &["x"], &["n"], scaler));
    }
    let input = if with_scaler { "n" } else { "x" };
    all.push(learning("TreeEnsembleClassifier", &[input], &["label", "y"], ensemble));
    file(value("x", FLOAT, &[1, 6]), all, vec![])
}

/// As many forests as it takes, each of some classes; a tree stands in those alone of whose classes it speaks.
#[test]
fn classes_of_boosted_trees() {
    for (classes, forests) in [(3, 1), (4, 1), (5, 2), (9, 3), (16, 4)] {
        for with_scaler in [false, true] {
            let bytes = boosted(classes, with_scaler);
            let found = lowered(&bytes, vectors(6, 400), HeadKind::Class).unwrap();
            let name = format!("{classes} classes, scaled {with_scaler}");
            assert!(found.agreement.heads[0].decisions >= 0.999, "{name}: {:?}", found.agreement.heads);
            let graph = found.model.graph();
            let mut trees = 0;
            for block in graph.blocks() {
                let Block::Forest { trees: own, targets, .. } = block else { panic!("a forest") };
                assert!((2..=MAX_TARGETS).contains(targets), "{name}");
                trees += i64::from(*own);
            }
            assert_eq!((graph.blocks().len(), trees), (forests, 3 * classes), "{name}");
        }
    }
}

#[test]
fn scores_of_an_isolation_forest_need_no_threshold() {
    let Some(folder) = folder() else {
        println!("skipped: there are no shared models");
        return;
    };
    let bytes = std::fs::read(folder.join("models/isolation_forest_100.onnx")).unwrap();
    let inputs = samples("models/isolation_forest_100.inputs.jsonl");
    let imported = |head, thresholds: &[&str]| -> Result<Imported, String> {
        let thresholds = thresholds.iter().map(|text| (*text).to_owned()).collect();
        let output = Output { thresholds, ..Output::named("dec_Y0", head) };
        import(&bytes, None, inputs.clone(), &Request::for_outputs(vec![output])).map_err(|e| e.to_string())
    };
    let found = imported(HeadKind::Score, &[]).unwrap();
    assert_eq!(found.model.heads()[0].threshold, 0);
    assert!(found.notes.iter().any(|note| note.contains("no threshold")), "{:?}", found.notes);
    let with = imported(HeadKind::Score, &["0.5"]).unwrap();
    assert!(with.model.heads()[0].threshold > 0);
    for sample in inputs.iter().take(20) {
        let said = |found: &Imported| match evaluate(&found.model, &sample.integers, &[]).outputs[0] {
            Said::Score(score) => score,
            ref other => panic!("{other:?}"),
        };
        assert!(said(&found) > 0 && said(&found) == said(&with));
    }
    let error = imported(HeadKind::Flag, &[]).unwrap_err();
    assert!(error.contains("threshold"), "{error}");
}
