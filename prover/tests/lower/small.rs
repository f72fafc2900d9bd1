//! Small graphs made here: operators around the layers, both forms of a GRU, branch modes, what is refused.

use foldproof_circuits::stages::graph::{Output as Said, evaluate};
use foldproof_prover::model::lower::{HeadKind, Imported, Output, Request, import};
use foldproof_prover::model::onnx::schema::{NodeProto, TensorProto};
use foldproof_prover::model::samples::{self, Sample};
use rand::{Rng, SeedableRng};

use crate::make::{FLOAT, file, float, floats, int, ints, learning, node, single, texts, value};

pub fn random(rng: &mut impl Rng, count: usize, size: f32) -> Vec<f32> {
    (0..count).map(|_| rng.gen_range(-size..size)).collect()
}

pub fn rng() -> rand_chacha::ChaCha20Rng {
    rand_chacha::ChaCha20Rng::seed_from_u64(11)
}

pub fn vectors(width: usize, count: usize) -> Vec<Sample> {
    let mut rng = rng();
    let line = |_| serde_json::json!({ "input": random(&mut rng, width, 2.0) }).to_string();
    let text: Vec<String> = (0..count).map(line).collect();
    samples::read(text.join("\n").as_bytes()).unwrap()
}

pub fn lowered(bytes: &[u8], samples: Vec<Sample>, head: HeadKind) -> Result<Imported, String> {
    let request = Request { limb_bits: Some(14), table_bits: Some(12), ..Request::of(head) };
    import(bytes, None, samples, &request).map_err(|error| error.to_string())
}

/// Two layers with something between them.
pub fn between(nodes: Vec<NodeProto>, more: Vec<TensorProto>) -> Vec<u8> {
    let mut rng = rng();
    let mut all = vec![node("Gemm", &["x", "w", "b"], &["a"], vec![])];
    all.extend(nodes);
    all.push(node("Gemm", &["z", "v", "c"], &["y"], vec![]));
    let mut constants = vec![
        single("w", &[6, 8], random(&mut rng, 48, 0.6)),
        single("b", &[8], random(&mut rng, 8, 0.4)),
        single("v", &[8, 3], random(&mut rng, 24, 0.6)),
        single("c", &[3], random(&mut rng, 3, 0.4)),
        single("k", &[8], random(&mut rng, 8, 0.9)),
        single("half", &[1], vec![0.5]),
    ];
    constants.extend(more);
    file(value("x", FLOAT, &[1, 6]), all, constants)
}

#[test]
fn operators_between_layers() {
    let one = |op: &str, more: Vec<_>| vec![node(op, &["a"], &["z"], more)];
    let two = |op: &str, other: &str| vec![node(op, &["a", other], &["z"], vec![])];
    let cases = [
        ("Relu", one("Relu", vec![])),
        ("LeakyRelu", one("LeakyRelu", vec![float("alpha", 0.125)])),
        ("Abs", one("Abs", vec![])),
        ("HardSigmoid", one("HardSigmoid", vec![])),
        ("Sigmoid", one("Sigmoid", vec![])),
        ("Softmax", one("Softmax", vec![int("axis", -1)])),
        ("Gelu", one("Gelu", vec![])),
        ("Tanh", one("Tanh", vec![])),
        ("Clip", one("Clip", vec![float("min", -0.3), float("max", 0.7)])),
        ("PRelu", two("PRelu", "half")),
        ("Min", two("Min", "half")),
        ("Max", two("Max", "half")),
        ("Mul", two("Mul", "k")),
        ("Sub", two("Sub", "k")),
        ("square", two("Mul", "a")),
        (
            "gated",
            vec![
                node("Sigmoid", &["a"], &["s"], vec![]),
                node("Mul", &["a", "s"], &["p"], vec![]),
                node("Add", &["p", "a"], &["z"], vec![]),
            ],
        ),
        (
            "mean",
            vec![
                node("Relu", &["a"], &["r"], vec![]),
                node("ReduceMean", &["r"], &["m"], vec![ints("axes", &[1])]),
                node("Sub", &["r", "m"], &["z"], vec![]),
            ],
        ),
        (
            "parts",
            vec![
                node("Tanh", &["a"], &["t"], vec![]),
                node("Split", &["t"], &["p", "q"], vec![int("axis", 1), ints("split", &[3, 5])]),
                node("Relu", &["q"], &["r"], vec![]),
                node("Concat", &["r", "p"], &["z"], vec![int("axis", 1)]),
            ],
        ),
    ];
    for (name, nodes) in cases {
        let found = lowered(&between(nodes, vec![]), vectors(6, 200), HeadKind::Values);
        let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        let head = &found.agreement.heads[0];
        println!("{name}: {:.5} of the variance, relative error {:.5}", head.decisions, head.relative_error);
        assert!(head.relative_error < 0.02, "{name}: {}", head.relative_error);
    }
}

#[test]
fn what_is_not_supported_is_named() {
    for (op, more) in [("Erf", vec![]), ("Exp", vec![]), ("LogSoftmax", vec![])] {
        let bytes = between(vec![node(op, &["a"], &["z"], more)], vec![]);
        let error = lowered(&bytes, vectors(6, 50), HeadKind::Values).unwrap_err();
        assert!(error.contains(op) && error.contains("LSTM"), "{error}");
    }
    let error =
        lowered(&between(vec![node("Relu", &["a"], &["z"], vec![])], vec![]), vectors(6, 3), HeadKind::Tags);
    assert!(error.unwrap_err().contains("at least 5"));
}

#[test]
fn recurrent_layers_of_every_form() {
    let mut rng = rng();
    for (op, gates, more) in [
        ("LSTM", 4, vec![]),
        ("GRU", 3, vec![int("linear_before_reset", 1)]),
        ("GRU", 3, vec![int("linear_before_reset", 0)]),
    ] {
        let (inputs, hidden) = (5, 6);
        let rows = gates * hidden;
        let size = |count: i64| usize::try_from(count).unwrap();
        let constants = vec![
            single("w", &[1, rows, inputs], random(&mut rng, size(rows * inputs), 0.8)),
            single("r", &[1, rows, hidden], random(&mut rng, size(rows * hidden), 0.8)),
            single("b", &[1, 2 * rows], random(&mut rng, size(2 * rows), 0.4)),
            single("v", &[hidden, 3], random(&mut rng, size(hidden * 3), 0.8)),
        ];
        let mut attributes = vec![int("hidden_size", hidden)];
        attributes.extend(more);
        let nodes = vec![
            node("Transpose", &["x"], &["t"], vec![ints("perm", &[1, 0, 2])]),
            node(op, &["t", "w", "r", "b"], &["", "h"], attributes),
            node("Squeeze", &["h"], &["s"], vec![ints("axes", &[0])]),
            node("MatMul", &["s", "v"], &["y"], vec![]),
        ];
        let bytes = file(value("x", FLOAT, &[1, 4, inputs]), nodes, constants);
        let found = lowered(&bytes, vectors(20, 300), HeadKind::Values);
        let found = found.unwrap_or_else(|error| panic!("{op}: {error}"));
        let head = &found.agreement.heads[0];
        println!("{op}: relative error {:.5}, {} rows", head.relative_error, found.model.graph().rows());
        assert!(head.relative_error < 0.02, "{op}: {}", head.relative_error);
    }
}

/// Every mode of a branch, and a tree that is one leaf.
#[test]
fn branches_of_every_mode() {
    for mode in ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GT", "BRANCH_GTE"] {
        let ensemble = vec![
            int("n_targets", 2),
            ints("nodes_treeids", &[0, 0, 0, 1]),
            ints("nodes_nodeids", &[0, 1, 2, 0]),
            ints("nodes_featureids", &[1, 0, 0, 0]),
            floats("nodes_values", &[0.5, 0.0, 0.0, 0.0]),
            texts("nodes_modes", &[mode, "LEAF", "LEAF", "LEAF"]),
            ints("nodes_truenodeids", &[1, 0, 0, 0]),
            ints("nodes_falsenodeids", &[2, 0, 0, 0]),
            ints("target_treeids", &[0, 0, 1, 1]),
            ints("target_nodeids", &[1, 2, 0, 0]),
            ints("target_ids", &[0, 1, 0, 1]),
            floats("target_weights", &[1.0, 1.0, 0.25, 0.5]),
        ];
        let bytes = file(
            value("x", FLOAT, &[1, 3]),
            vec![learning("TreeEnsembleRegressor", &["x"], &["y"], ensemble)],
            vec![],
        );
        let found =
            lowered(&bytes, vectors(3, 60), HeadKind::Class).unwrap_or_else(|e| panic!("{mode}: {e}"));
        assert_eq!(found.agreement.heads[0].decisions, 1.0, "{mode}");
        for x in [-1_i64, 0, 1] {
            let half = (1 << 19) + x;
            let real = half as f64 / 2f64.powi(20);
            let yes = match mode {
                "BRANCH_LEQ" => real <= 0.5,
                "BRANCH_LT" => real < 0.5,
                "BRANCH_GT" => real > 0.5,
                _ => real >= 0.5,
            };
            let said = &evaluate(&found.model, &[0, half, 0], &[]).outputs[0];
            assert_eq!(*said, Said::Class(usize::from(!yes)), "{mode} {x}");
        }
    }
}

#[test]
fn scores_are_flagged_from_their_threshold_on() {
    let mut constants = vec![single("w", &[4, 1], vec![0.5, -0.25, 1.0, 0.75])];
    constants.push(single("b", &[1], vec![3.0]));
    let nodes = vec![node("Gemm", &["x", "w", "b"], &["a"], vec![]), node("Relu", &["a"], &["y"], vec![])];
    let bytes = file(value("x", FLOAT, &[1, 4]), nodes, constants);
    for head in [HeadKind::Score, HeadKind::Flag] {
        let found = lowered(&bytes, vectors(4, 100), head).unwrap();
        assert!(found.agreement.heads[0].decisions >= 0.95);
        assert!(found.model.heads()[0].threshold > 0);
    }
    let wrong = Output { thresholds: vec!["many".into()], ..Output::of(HeadKind::Score) };
    let request = Request::for_outputs(vec![wrong]);
    assert!(import(&bytes, None, vectors(4, 100), &request).unwrap_err().to_string().contains("--threshold"));
}
