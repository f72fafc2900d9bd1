//! scikit-learn's IsolationForest as skl2onnx writes it, recognised as one forest.

use std::fs;

use crate::make::{FLOAT, file, floats, int, ints, learning, node, single, texts, value, whole};
use crate::shared::{folder, lines, numbers, sample};
use foldproof_prover::model::graph::Graph;
use foldproof_prover::model::graph::trees::isolation::{Gives, IsolationForest, IsolationNode, mean_depth};
use foldproof_prover::model::onnx::File;
use foldproof_prover::model::onnx::schema::{NodeProto, TensorProto};

fn recognised(bytes: &[u8], output: &str) -> Result<IsolationForest, String> {
    let file = File::read(bytes, None).map_err(|error| error.to_string())?;
    let run = || {
        let graph = Graph::of(&file, output)?;
        let dims = graph.input_dims(2).or_else(|_| graph.input_dims(96))?;
        IsolationForest::of(&graph.trace(dims)?)
    };
    run().map_err(|error: foldproof_prover::input::InputError| error.to_string())
}

/// The models of `shared/models`: the formula in double precision against the outputs, of every sample.
#[test]
fn the_forests_are_scikit_learns() {
    let Some(folder) = folder() else { return };
    for (model, trees, nodes, offset, outputs) in [
        ("isolation_forest_100", 100, 10_996, -0.545_581_46, &["label", "scores"][..]),
        ("isolation_forest_200", 200, 22_248, -0.5, &["label", "scores", "score_samples"]),
    ] {
        let bytes = fs::read(folder.join(format!("{model}.onnx"))).unwrap();
        let inputs = lines(&folder, &format!("{model}.inputs.jsonl"));
        let expected = lines(&folder, &format!("{model}.outputs.jsonl"));
        assert_eq!((inputs.len(), expected.len()), (200, 200));
        for output in outputs {
            let forest = recognised(&bytes, output).unwrap();
            let all: usize = forest.trees.iter().map(|tree| tree.nodes.len()).sum();
            assert_eq!((forest.trees.len(), all, forest.psi, forest.features), (trees, nodes, 256, 96));
            let (gives, known) = match *output {
                "label" => (Gives::Label, true),
                "scores" => (Gives::Decision, true),
                _ => (Gives::ScoreSamples, false),
            };
            assert_eq!((forest.gives, forest.offset.is_some()), (gives, known));
            if let Some(found) = forest.offset {
                assert!((found - offset).abs() < 1e-7, "{found}");
            }
            let (mut worst, mut flagged) = (0.0_f64, 0);
            for (input, expected) in inputs.iter().zip(&expected) {
                let x = sample(input);
                let found = forest.output(&x).unwrap();
                worst = worst.max((found - numbers(&expected[*output])[0]).abs());
                // scikit-learn's own, in double precision, of the same float32 features.
                let own = expected["sklearn_score_samples"].as_f64().unwrap();
                assert!((-forest.score(&x).unwrap() - own).abs() < 1e-12, "{model}");
                flagged += u32::from(gives == Gives::Label && found < 0.0);
                if gives == Gives::Label {
                    assert_eq!(found, expected["sklearn_label"].as_f64().unwrap());
                }
            }
            assert!(worst < 1e-6, "{model} {output}: {worst}");
            println!("{model} {output}: 200 samples, at most {worst:.2e} apart, {flagged} flagged");
        }
    }
}

/// What a small forest is changed by.
#[derive(Clone, Copy, Default)]
struct Change {
    /// Of the first tree's first leaf, the samples or the depth that its table says.
    samples: f32,
    depth: f32,
    /// To what scores are divided by.
    divisor: f32,
    /// Leaves the last tree out of the sum, or takes the first twice.
    lost: bool,
    twice: bool,
    mode: Option<&'static str>,
    /// Which of the input's features the trees see.
    swapped: bool,
    base: Option<f32>,
}

/// Two trees of three leaves, 4 samples each, and the arithmetic around as skl2onnx 1.20 has it.
fn small(change: Change) -> Vec<u8> {
    let constant = |name: &str, x: f32| single(name, &[1], vec![x]);
    let indices = if change.swapped { vec![1, 0] } else { vec![0, 1] };
    let divisor = (2.0 * mean_depth(4)) as f32 + change.divisor;
    let initializers: Vec<TensorProto> = vec![
        whole("features", &[2], indices),
        whole("column", &[2], vec![-1, 1]),
        constant("two", change.base.unwrap_or(2.0)),
        constant("zero", 0.0),
        constant("one", 1.0),
        constant("minus", -1.0),
        constant("minus two", -2.0),
        constant("gamma", 0.577_215_7),
        single("divisor", &[1, 1], vec![divisor]),
        constant("offset", 0.55),
        whole("factor", &[1], vec![-2]),
        whole("shift", &[1], vec![1]),
    ];
    let mut nodes: Vec<NodeProto> = Vec::new();
    let mut summands = Vec::new();
    for tree in 0..2 {
        let name = |stem: &str| format!("{stem}{tree}");
        let mut add = |op: &str, inputs: &[&str], output: &str, attributes| {
            // Names of constants stay, those of values are of the tree.
            let constants = ["two", "zero", "one", "minus", "minus two", "gamma", "features", "column", "x"];
            let inputs: Vec<String> = inputs
                .iter()
                .map(|input| if constants.contains(input) { (*input).to_owned() } else { name(input) })
                .collect();
            let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
            let make = if matches!(op, "LabelEncoder" | "TreeEnsembleRegressor") { learning } else { node };
            nodes.push(make(op, &inputs, &[&name(output)], attributes));
        };
        let shift = if tree == 0 { 0.0 } else { 0.25 };
        add("Gather", &["x", "features"], "chosen", vec![int("axis", 1)]);
        let (branch, threshold) = (change.mode.unwrap_or("BRANCH_LEQ"), 0.1 + shift);
        let ensemble = vec![
            int("n_targets", 1),
            ints("nodes_treeids", &[0; 5]),
            ints("nodes_nodeids", &[0, 1, 2, 3, 4]),
            ints("nodes_featureids", &[0, 0, 1, 0, 0]),
            floats("nodes_values", &[threshold, 0.0, 0.5, 0.0, 0.0]),
            texts("nodes_modes", &[branch, "LEAF", "BRANCH_LEQ", "LEAF", "LEAF"]),
            ints("nodes_truenodeids", &[1, 0, 3, 0, 0]),
            ints("nodes_falsenodeids", &[2, 0, 4, 0, 0]),
            ints("target_treeids", &[0; 3]),
            ints("target_nodeids", &[1, 3, 4]),
            ints("target_ids", &[0; 3]),
            floats("target_weights", &[1.0, 3.0, 4.0]),
        ];
        add("TreeEnsembleRegressor", &["chosen"], "leaf", ensemble);
        let table =
            |values: [f32; 3]| vec![ints("keys_int64s", &[1, 3, 4]), floats("values_floats", &values)];
        let changed = if tree == 0 { change } else { Change::default() };
        for (stem, values) in
            [("samples", [1.0 + changed.samples, 1.0, 2.0]), ("depth", [2.0 + changed.depth, 3.0, 3.0])]
        {
            add("Cast", &["leaf"], &format!("{stem} leaf"), vec![int("to", 7)]);
            add("LabelEncoder", &[&format!("{stem} leaf")], &format!("{stem} flat"), table(values));
            add("Reshape", &[&format!("{stem} flat"), "column"], stem, vec![]);
        }
        add("Equal", &["samples", "two"], "is two", vec![]);
        add("Greater", &["samples", "two"], "is more", vec![]);
        add("Cast", &["is two"], "two of", vec![int("to", 1)]);
        add("Cast", &["is more"], "more", vec![int("to", 1)]);
        add("Mul", &["more", "samples"], "n", vec![]);
        add("Add", &["n", "minus"], "n less", vec![]);
        add("Max", &["n", "one"], "under", vec![]);
        add("Max", &["n less", "one"], "inside", vec![]);
        add("Max", &["n less", "zero"], "over", vec![]);
        add("Div", &["over", "under"], "ratio", vec![]);
        add("Log", &["inside"], "log", vec![]);
        add("Add", &["log", "gamma"], "log gamma", vec![]);
        add("Mul", &["ratio", "minus two"], "second", vec![]);
        add("Mul", &["log gamma", "two"], "first", vec![]);
        add("Add", &["first", "second"], "both", vec![]);
        add("Mul", &["both", "more"], "of more", vec![]);
        add("Add", &["two of", "of more"], "mean", vec![]);
        add("Add", &["depth", "mean"], "long", vec![]);
        add("Add", &["long", "minus"], "path", vec![]);
        summands.push(name("path"));
    }
    if change.lost {
        summands.pop();
        summands.push("one".into());
    }
    if change.twice {
        summands[1] = summands[0].clone();
    }
    let summands: Vec<&str> = summands.iter().map(String::as_str).collect();
    nodes.push(node("Sum", &summands, &["sum"], vec![]));
    for (op, inputs, output) in [
        ("Div", &["sum", "divisor"][..], "mean path"),
        ("Neg", &["mean path"], "exponent"),
        ("Pow", &["two", "exponent"], "score"),
        ("Neg", &["score"], "score_samples"),
        ("Add", &["score_samples", "offset"], "scores"),
        ("Less", &["scores", "zero"], "below"),
    ] {
        nodes.push(node(op, inputs, &[output], vec![]));
    }
    nodes.push(node("Cast", &["below"], &["bit"], vec![int("to", 7)]));
    nodes.push(node("Mul", &["bit", "factor"], &["bits"], vec![]));
    nodes.push(node("Add", &["bits", "shift"], &["label"], vec![]));
    file(value("x", FLOAT, &[0, 2]), nodes, initializers)
}

#[test]
fn a_small_forest() {
    let bytes = small(Change::default());
    let forest = recognised(&bytes, "label").unwrap();
    assert_eq!((forest.psi, forest.features, forest.gives), (4, 2, Gives::Label));
    assert_eq!(
        forest.trees[1].nodes,
        [
            IsolationNode::Split { feature: 0, threshold: 0.35, left: 1, right: 2 },
            IsolationNode::Leaf { samples: 1, depth: 1 },
            IsolationNode::Split { feature: 1, threshold: 0.5, left: 3, right: 4 },
            IsolationNode::Leaf { samples: 1, depth: 2 },
            IsolationNode::Leaf { samples: 2, depth: 2 },
        ]
    );
    let file = File::read(&bytes, None).unwrap();
    for (output, gives) in
        [("label", Gives::Label), ("scores", Gives::Decision), ("score_samples", Gives::ScoreSamples)]
    {
        let (forest, graph) = (recognised(&bytes, output).unwrap(), Graph::of(&file, output).unwrap());
        assert_eq!(forest.gives, gives);
        // 0.1 is the first threshold as float32 alone, and goes left.
        for x in [[0.1, 0.5], [0.2, 0.5], [0.2, 0.6], [0.9, 0.1], [0.9, 0.9]] {
            let found = graph.evaluate(graph.feed(vec![1, 2], &x).unwrap()).unwrap().single().unwrap();
            assert!((found - forest.output(&x).unwrap()).abs() < 1e-6, "{output} {x:?}");
        }
    }
    // Trees that see the features the other way round.
    let swapped = recognised(&small(Change { swapped: true, ..Change::default() }), "label").unwrap();
    assert!(matches!(swapped.trees[0].nodes[0], IsolationNode::Split { feature: 1, .. }));
}

#[test]
fn what_is_no_isolation_forest_is_refused() {
    let plain = Change::default();
    for (change, message) in [
        (Change { samples: 1.0, ..plain }, "as many training samples"),
        (Change { samples: 0.5, ..plain }, "the mean depth of its training samples"),
        (Change { depth: 1.0, ..plain }, "of each leaf its depth"),
        (Change { divisor: 0.01, ..plain }, "the mean depth of 4 samples"),
        (Change { lost: true, ..plain }, "of each leaf its depth"),
        (Change { twice: true, ..plain }, "of each leaf its depth"),
        (Change { mode: Some("BRANCH_LT"), ..plain }, "BRANCH_LEQ"),
        (Change { base: Some(2.5), ..plain }, "an isolation forest's score"),
    ] {
        let error = recognised(&small(change), "label").unwrap_err();
        assert!(error.contains(message) && error.contains("node["), "{message:?} was expected in {error:?}");
    }
    // A value on the way is none either.
    for output in ["sum", "mean path", "bits", "path0"] {
        let error = recognised(&small(plain), output).unwrap_err();
        assert!(error.contains("an isolation forest's score"), "{output}: {error}");
    }
}
