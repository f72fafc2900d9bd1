//! `foldproof model`: exit status, JSON, messages.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use foldproof_prover::model::onnx::schema::{
    DimensionProto, GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, TensorTypeProto,
    TypeProto, ValueInfoProto,
};
use foldproof_prover::model::{DEMO_FILE, demo};
use prost::Message;
use serde_json::{Value, json};

fn foldproof(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foldproof")).current_dir(folder).args(arguments).output().unwrap()
}

#[track_caller]
fn lines(folder: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = foldproof(folder, arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[track_caller]
fn refused(folder: &Path, arguments: &[&str], message: &str) {
    let output = foldproof(folder, arguments);
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
    assert!(said.contains(message), "{arguments:?}: {message:?} was expected in {said:?}");
    assert_eq!(output.stdout, b"");
}

/// Two inputs; the classes are which of them is greater, and neither.
fn classifier(op: &str) -> Vec<u8> {
    let dim = [0, 2].map(|dim_value| DimensionProto { dim_value, ..DimensionProto::default() }).to_vec();
    let tensor_type = Some(TensorTypeProto { elem_type: 1, shape: Some(TensorShapeProto { dim }) });
    let weights = TensorProto {
        name: "w".into(),
        dims: vec![2, 3],
        data_type: 1,
        float_data: vec![1.0, -1.0, 0.0, -1.0, 1.0, 0.0],
        ..TensorProto::default()
    };
    let graph = GraphProto {
        node: vec![NodeProto {
            op_type: op.into(),
            name: "classify".into(),
            input: vec!["x".into(), "w".into()],
            output: vec!["y".into()],
            ..NodeProto::default()
        }],
        initializer: vec![weights],
        input: vec![ValueInfoProto { name: "x".into(), r#type: Some(TypeProto { tensor_type }) }],
        output: vec![ValueInfoProto { name: "y".into(), r#type: None }],
        ..GraphProto::default()
    };
    ModelProto { graph: Some(graph), ..ModelProto::default() }.encode_to_vec()
}

#[test]
fn a_model_is_imported_evaluated_and_shown() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let samples: String = (0..50)
        .map(|i| format!("{}\n", json!({ "input": [f64::from(i * 7 % 50) / 10.0, f64::from(i) / 10.0] })))
        .collect();
    fs::write(at.join("samples.jsonl"), samples).unwrap();
    fs::write(at.join("m.onnx"), classifier("MatMul")).unwrap();
    fs::write(at.join("labels.json"), r#"{ "classes": ["first", "second", "neither"] }"#).unwrap();
    let import = ["model", "import", "m.onnx", "--calibrate", "samples.jsonl", "--head", "class"];
    let with = |more: &[&'static str]| [&import[..], more].concat();
    let made = lines(at, &with(&["--labels", "labels.json", "-o", "m.fpm", "--json"])).remove(0);
    assert_eq!(made["shape"], "class-2-3");
    assert_eq!(made["agreement"]["held_out_samples"], 10);
    assert_eq!(made["agreement"]["decisions"], 1.0);
    let commitment = lines(at, &["model", "commit", "m.fpm", "--json"]).remove(0);
    assert_eq!(commitment["commitment"], made["commitment"]);
    assert_eq!(lines(at, &["model", "inspect", "m.fpm", "--json"])[0]["labels"][1], "second");
    fs::write(at.join("two.jsonl"), "{\"input\": [3, 1]}\n{\"input\": [1, 3]}\n").unwrap();
    let evaluated = lines(at, &["model", "eval", "m.fpm", "two.jsonl", "--json"]);
    assert_eq!([&evaluated[0]["decision"], &evaluated[1]["decision"]], ["first", "second"]);
    assert!((evaluated[0]["outputs"][0].as_f64().unwrap() - 2.0).abs() < 0.01);

    // A salt hides the commitment, and others do not get to read it.
    lines(at, &with(&["--labels", "labels.json", "-o", "hidden.fpm", "--hide", "--json"]));
    assert_ne!(lines(at, &["model", "commit", "hidden.fpm", "--json"]).remove(0), commitment);

    refused(at, &with(&["-o", "no.fpm", "--threshold", "1"]), "--threshold");
    fs::write(at.join("labels.json"), "[\"one\"]").unwrap();
    refused(at, &with(&["-o", "no.fpm", "--labels", "labels.json"]), "labels");
    fs::write(at.join("m.onnx"), classifier("LSTM")).unwrap();
    refused(at, &with(&["-o", "no.fpm"]), "\"classify\" (LSTM)");
    fs::write(at.join("m.onnx"), "no model").unwrap();
    refused(at, &with(&["-o", "no.fpm"]), "m.onnx");
    assert!(!at.join("no.fpm").exists());
    refused(at, &["model", "eval", "m.onnx", "two.jsonl"], "m.onnx");
    fs::write(at.join("two.jsonl"), "{\"input\": [3]}").unwrap();
    refused(at, &["model", "eval", "m.fpm", "two.jsonl"], "2 numbers");
}

#[test]
fn the_demo_model_tags_a_sample() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    fs::write(at.join("demo.fpm"), DEMO_FILE).unwrap();
    for (count, tag, other) in [("300", "BUSY", "QUIET"), ("12", "QUIET", "BUSY")] {
        let made = foldproof(at, &["sample", "--transactions", count, "--seed", "77", "-o", "block.json"]);
        assert!(made.status.success());
        let folded = lines(at, &["fingerprint", "block.json", "--json"])[0]["folded"].clone();
        let flat: Vec<&Value> =
            folded.as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap()).collect();
        fs::write(at.join("one.jsonl"), json!({ "fingerprint": flat }).to_string()).unwrap();
        let evaluated = lines(at, &["model", "eval", "demo.fpm", "one.jsonl", "--json"]).remove(0);
        let tags = evaluated["decision"].as_array().unwrap();
        assert!(tags.contains(&json!(tag)) && !tags.contains(&json!(other)), "{tags:?}");
        assert_eq!(evaluated["outputs"].as_array().unwrap().len(), demo().shape().outputs());
    }
}
