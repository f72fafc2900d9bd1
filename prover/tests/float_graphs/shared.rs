//! The models of `shared/models`: every sample, every output.

use std::fs;
use std::path::{Path, PathBuf};

use crate::make::near;
use foldproof_circuits::model::Head;
use foldproof_prover::model::graph::Graph;
use foldproof_prover::model::graph::op::Op;
use foldproof_prover::model::onnx::File;
use foldproof_prover::model::samples::Sample;
use foldproof_prover::model::{Request, import, samples};
use serde_json::Value;

/// The folder, beside the checkout or above it.
pub fn folder() -> Option<PathBuf> {
    let above = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().map(|folder| folder.join("shared/models"));
    let found = above.into_iter().find(|folder| folder.join("gru_tags.outputs.jsonl").is_file());
    if found.is_none() {
        println!("skipped: no shared/models with outputs above {}", env!("CARGO_MANIFEST_DIR"));
    }
    found
}

pub fn lines(folder: &Path, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        Value::Object(items) => items.values().map(|x| x.as_f64().unwrap()).collect(),
        other => vec![other.as_f64().unwrap()],
    }
}

pub fn sample(line: &Value) -> Vec<f64> {
    numbers(line.get("input").or(line.get("fingerprints")).or(line.get("fingerprint")).unwrap())
}

/// What decides: the sign of a logit, or which is greatest.
#[derive(Clone, Copy)]
enum Decision {
    None,
    Signs,
    Greatest,
}

fn greatest(values: &[f64]) -> Option<usize> {
    let most = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    values.iter().position(|x| *x == most)
}

#[test]
fn evaluation_agrees_with_onnxruntime() {
    let Some(folder) = folder() else { return };
    use Decision::{Greatest, None, Signs};
    let (rows, windows) = ("fingerprints-50", "sequences");
    type Outputs<'a> = &'a [(&'a str, Decision)];
    let models: [(&str, &str, Outputs<'_>); 12] = [
        ("cnn1d", windows, &[("logits", Greatest)]),
        ("cnn2d", "cnn2d", &[("logits", Greatest)]),
        ("prefetch_lstm", "prefetch_lstm", &[("scores", Greatest)]),
        ("gru_tags", windows, &[("tag_logits", Signs)]),
        ("keras_gru_32_tags", windows, &[("logits", Signs)]),
        ("keras_lstm_24x2_class", windows, &[("logits", Greatest)]),
        ("random_forest_tags", rows, &[("output_label", None), ("output_probability", Greatest)]),
        ("gradient_boosting", rows, &[("variable", None)]),
        ("gradient_boosting_classifier", rows, &[("output_label", None), ("output_probability", Greatest)]),
        ("isolation_forest_100", "isolation_forest_100", &[("label", None), ("scores", Signs)]),
        (
            "isolation_forest_200",
            "isolation_forest_200",
            &[("label", None), ("scores", Signs), ("score_samples", None)],
        ),
        ("mlp_sklearn", rows, &[("output_label", None), ("output_probability", Greatest)]),
    ];
    for (model, inputs, outputs) in models {
        let bytes = fs::read(folder.join(format!("{model}.onnx"))).unwrap();
        let file = File::read(&bytes, Option::None).unwrap();
        let inputs = lines(&folder, &format!("{inputs}.inputs.jsonl"));
        let expected = lines(&folder, &format!("{model}.outputs.jsonl"));
        assert_eq!(inputs.len(), expected.len(), "{model}");
        for (output, decision) in outputs {
            let graph = Graph::of(&file, output).unwrap().prepared().unwrap();
            let mut worst: f64 = 0.0;
            for (input, expected) in inputs.iter().zip(&expected) {
                let input = sample(input);
                let dims = graph.input_dims(input.len()).unwrap();
                let found = graph.evaluate(graph.feed(dims, &input).unwrap()).unwrap();
                let (found, expected) = (found.reals().unwrap().into_owned(), numbers(&expected[output]));
                near(&found, &expected);
                worst = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(worst, f64::max);
                match decision {
                    None => {}
                    Signs => {
                        assert!(found.iter().zip(&expected).all(|(a, b)| (*a > 0.0) == (*b > 0.0)), "{model}")
                    }
                    Greatest => assert_eq!(greatest(&found), greatest(&expected), "{model}"),
                }
            }
            println!("{model} {output}: {} samples, at most {worst:.2e} apart", expected.len());
        }
    }
}

/// Its samples have no outputs beside them. What is expected of all 50 windows: a sum that every output and its place has a part
/// in, computed in double precision by numpy, and how many are positive, as onnxruntime 1.32 has it too. Its own outputs are up
/// to 1.6e-3 from those: some deviations are 1e-5, and in float32 its normalisation loses digits.
#[test]
fn the_predictor_agrees_with_numpy() {
    let Some(folder) = folder() else { return };
    let bytes = fs::read(folder.join("lstm_predictor.onnx")).unwrap();
    let file = File::read(&bytes, None).unwrap();
    let inputs = lines(&folder, "sequences.inputs.jsonl");
    for (output, digest, positive) in [
        ("fingerprint", 43.651_021_729_269, 2485),
        ("tag_logits", 13.012_253_814_706, 54),
        ("confidence_logit", 3.347_587_271_628, 23),
    ] {
        let graph = Graph::of(&file, output).unwrap().prepared().unwrap();
        let (mut sum, mut count) = (0.0, 0);
        for (place, input) in inputs.iter().enumerate() {
            let input = sample(input);
            let dims = graph.input_dims(input.len()).unwrap();
            assert_eq!(dims, [10, 96]);
            let found = graph.evaluate(graph.feed(dims, &input).unwrap()).unwrap();
            let found = found.reals().unwrap();
            sum += found.iter().enumerate().map(|(i, x)| x * ((i + place) as f64).cos()).sum::<f64>();
            count += found.iter().filter(|x| **x > 0.0).count();
        }
        assert!((sum - digest).abs() < 1e-9, "{output}: {sum}");
        assert_eq!(count, positive, "{output}");
    }
}

/// Traced for a batch of one, weights and states are constants however the exporter makes them.
#[test]
fn layers_are_typed() {
    let Some(folder) = folder() else { return };
    for (model, output, dims, layers) in [
        ("lstm_predictor", "tag_logits", &[10, 96][..], &[(96, 128), (128, 128)][..]),
        ("prefetch_lstm", "scores", &[1, 10, 16], &[(16, 64), (64, 64)]),
        ("gru_tags", "tag_logits", &[1, 10, 96], &[(96, 48)]),
        ("keras_gru_32_tags", "logits", &[1, 10, 96], &[(96, 32)]),
        ("keras_lstm_24x2_class", "logits", &[1, 10, 96], &[(96, 24), (24, 24)]),
    ] {
        let bytes = fs::read(folder.join(format!("{model}.onnx"))).unwrap();
        let trace =
            Graph::of(&File::read(&bytes, None).unwrap(), output).unwrap().trace(dims.to_vec()).unwrap();
        let mut found = Vec::new();
        for node in &trace.nodes {
            let Op::Recurrent(recurrent) = node.op else { continue };
            let [w, r, b] = [1, 2, 3].map(|index| trace.given(node, index));
            let layer = recurrent.layer(w.unwrap(), r.unwrap(), b).unwrap();
            found.push((layer.inputs, layer.hidden));
            let [direction] = layer.directions()[..] else { panic!("{model}: one direction") };
            let rows = recurrent.cell.gates() * layer.hidden;
            assert_eq!((direction.reversed, direction.weights.len()), (false, rows * layer.inputs));
            assert_eq!((direction.input_bias.len(), direction.state_bias.len()), (rows, rows));
            for state in [5, 6] {
                let given = node.inputs.get(state).copied().flatten().is_some();
                assert_eq!(trace.given(node, state).is_some(), given, "{model}: a state that is no constant");
            }
        }
        assert_eq!(found, layers, "{model}");
    }
}

/// Nothing of this is a dense network: refused, each by its own name, and at a node.
#[test]
fn the_importer_refuses_them() {
    let Some(folder) = folder() else { return };
    for (model, inputs, message) in [
        ("lstm_predictor", "sequences", "a recurrent layer"),
        ("prefetch_lstm", "prefetch_lstm", "a recurrent layer"),
        ("gru_tags", "sequences", "a recurrent layer"),
        ("keras_lstm_24x2_class", "sequences", "a recurrent layer"),
        ("random_forest_tags", "fingerprints-50", "an ensemble of decision trees"),
        ("gradient_boosting", "fingerprints-50", "an ensemble of decision trees"),
        ("gradient_boosting_classifier", "fingerprints-50", "an ensemble of decision trees"),
        ("isolation_forest_100", "isolation_forest_100", "an isolation forest"),
        ("isolation_forest_200", "isolation_forest_200", "an isolation forest"),
    ] {
        let bytes = fs::read(folder.join(format!("{model}.onnx"))).unwrap();
        let inputs = lines(&folder, &format!("{inputs}.inputs.jsonl"));
        let text: String =
            inputs.iter().map(|line| format!("{}\n", serde_json::json!({"input": sample(line)}))).collect();
        let samples: Vec<Sample> = samples::read(text.as_bytes()).unwrap();
        for head in [Head::Tags, Head::Class, Head::Anomaly, Head::Values] {
            let error = import(&bytes, None, samples.clone(), &Request::of(head)).unwrap_err().to_string();
            for message in [message, "node[", "not proved yet"] {
                assert!(error.contains(message), "{model}: {message:?} was expected in {error:?}");
            }
        }
    }
}
