//! Models that are graphs, on the command line: proved, registered, verified, held against blocks.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use foldproof_circuits::graph::{GraphModel, ParameterBlock};
use foldproof_circuits::testing::samples::graphs;
use foldproof_prover::model::graph_file::to_json;
use foldproof_verifier::Bundle;
use serde_json::{Value, json};

#[path = "../../prover/tests/float_graphs/make.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod make;

/// A folder with its own cache.
struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_foldproof"));
        command.current_dir(self.0.path()).env("FOLDPROOF_CACHE", self.path("cache"));
        command.args(arguments).output().unwrap()
    }

    /// Lines of JSON, and the exit status that is expected.
    #[track_caller]
    fn said(&self, status: i32, arguments: &[&str]) -> Vec<Value> {
        let output = self.run(&[arguments, &["--json"]].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        let out = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {told}{out}");
        out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }
}

/// A small block at a height.
fn block(place: &Place, name: &str, seed: u64, height: u64) {
    let seed = seed.to_string();
    let sample = place.run(&["sample", "--transactions", "5", "--seed", &seed]);
    let mut block: Value = serde_json::from_slice(&sample.stdout).unwrap();
    block["header"]["height"] = json!(height);
    place.write(name, block.to_string());
}

fn fingerprint(place: &Place, block: &str, name: &str) {
    let printed = place.said(0, &["fingerprint", block]);
    place.write(name, printed[0].to_string());
}

/// The same graph with another weight.
fn other(model: &GraphModel) -> GraphModel {
    let mut blocks = model.blocks().to_vec();
    let Some(ParameterBlock::Linear(block)) = blocks.first_mut() else {
        panic!("a linear block comes first")
    };
    block.weights[0][0][0] = block.weights[0][0][0].wrapping_add(1);
    let graph = std::sync::Arc::clone(model.graph());
    GraphModel::new(graph, model.inputs().to_vec(), blocks, model.heads().to_vec(), model.salt()).unwrap()
}

fn error(line: &Value) -> &str {
    line["error"].as_str().unwrap_or_default()
}

#[test]
fn every_head_is_proved_and_told_under_both_schemes() {
    let place = Place::new();
    place.write("m.fpm", to_json(&graphs::operators(12)));
    place.write("other.fpm", to_json(&other(&graphs::operators(12))));
    let input: Vec<f64> = [100.0, -300.0, 2000.0, 44.0].map(|x: f64| x / f64::from(1 << 20)).to_vec();
    place.write("in.json", json!({ "input": input }).to_string());
    place.said(0, &["registry", "add", "known.json", "m.fpm", "graph", "1"]);
    place.said(0, &["registry", "add", "others.json", "other.fpm", "graph", "1"]);
    place.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.bin"]);
    for scheme in [&[][..], &["--scheme", "kzg", "--params", "setup.bin"]] {
        let prove = ["prove-model", "in.json", "--model", "m.fpm", "-o", "m.proof"];
        let proved = place.said(0, &[&prove[..], scheme].concat()).remove(0);
        let heads = proved["models"][0]["heads"].as_array().unwrap().clone();
        let names: Vec<&str> = heads.iter().map(|head| head["head"].as_str().unwrap()).collect();
        assert_eq!(names, ["tags", "class", "top", "score", "flag", "values", "commitment"]);
        let setup: &[&str] =
            if scheme.is_empty() { &[] } else { &["--params", "setup.bin", "--allow-insecure-setup"] };
        let verify = [&["verify", "m.proof", "--values", "in.json"], setup].concat();
        let known = [&verify[..], &["--registry", "known.json"]].concat();
        let told = place.said(0, &known).remove(0);
        assert_eq!(told["hints"][0]["heads"], json!(heads), "what is proved is what is told");
        // A model that is not known says nothing, whatever its graph.
        let told = place.said(1, &[&verify[..], &["--registry", "others.json"]].concat()).remove(0);
        assert!(error(&told).contains("model"), "{told}");
        // Another input.
        place.write("else.json", json!({ "input": [0.0, 0.0, 0.0, 1.0] }).to_string());
        let verify =
            [&["verify", "m.proof", "--values", "else.json", "--registry", "known.json"], setup].concat();
        place.said(1, &verify);
        // Any byte of the bundle.
        let bundle = fs::read(place.path("m.proof")).unwrap();
        for at in (0..bundle.len()).step_by(bundle.len() / 23) {
            let mut changed = bundle.clone();
            changed[at] ^= 1;
            place.write("changed.proof", changed);
            let verify = ["verify", "changed.proof", "--allow-values", "--registry", "known.json"];
            let output = place.run(&[&verify[..], setup].concat());
            assert!(matches!(output.status.code(), Some(1 | 2)), "byte {at}");
            assert!(!String::from_utf8_lossy(&output.stderr).contains("panicked"), "byte {at}");
        }
    }
}

#[test]
fn sequences_are_held_against_blocks() {
    let place = Place::new();
    for (name, seed, height) in [("a", 1, 100), ("b", 2, 101), ("c", 3, 105)] {
        block(&place, &format!("{name}.json"), seed, height);
        fingerprint(&place, &format!("{name}.json"), &format!("{name}.fp.json"));
        place.said(0, &["prove", &format!("{name}.json"), "-o", &format!("{name}.proof")]);
    }
    place.write("m.fpm", to_json(&graphs::fingerprints(2)));
    place.said(0, &["registry", "add", "known.json", "m.fpm", "series", "1"]);
    let prove = |inputs: &[&str], out: &str| {
        let prove = [&["prove-model"], inputs, &["--model", "m.fpm", "-o", out]].concat();
        place.said(0, &prove).remove(0)
    };
    let proved = prove(&["a.fp.json", "b.fp.json"], "ab.proof");
    assert!(proved["statement"].as_str().unwrap().starts_with("sequence-2+graph-96x2-"));
    prove(&["a.fp.json", "c.fp.json"], "ac.proof");
    let verify = |status: i32, sequence: &str, history: &[&str], more: &[&str]| {
        let verify = [&["verify", sequence, "--registry", "known.json", "--history"], history, more].concat();
        place.said(status, &verify).pop().unwrap()
    };
    let told = verify(0, "ab.proof", &["a.proof", "b.proof"], &[]);
    assert_eq!(told["history_heights"], json!([100, 101]));
    assert_eq!(told["values_matched"], json!(true));
    // Other blocks, another order, blocks that do not follow each other, a history that is none.
    verify(1, "ab.proof", &["a.proof", "c.proof"], &["--allow-gaps"]);
    assert!(error(&verify(1, "ab.proof", &["b.proof", "a.proof"], &[])).contains("height"));
    let told = verify(1, "ac.proof", &["a.proof", "c.proof"], &[]);
    assert!(
        error(&told).contains("history[1]: a block at height 101 was expected, found one at 105"),
        "{told}"
    );
    verify(0, "ac.proof", &["a.proof", "c.proof"], &["--allow-gaps"]);
    verify(1, "ab.proof", &["a.proof"], &[]);
    verify(1, "ab.proof", &["a.proof", "ab.proof"], &[]);
    verify(2, "ab.proof", &["a.proof", "none.proof"], &[]);
    // Without a history a sequence is about no blocks, and nobody is told otherwise.
    let told = place.said(0, &["verify", "ab.proof", "--registry", "known.json", "--allow-values"]).remove(0);
    assert_eq!(told.get("history_heights"), None);
    place.said(1, &["verify", "ab.proof", "--registry", "known.json"]);
}

#[test]
fn graphs_stand_beside_blocks() {
    let place = Place::new();
    block(&place, "a.json", 1, 100);
    place.write("m.fpm", to_json(&graphs::fingerprints(1)));
    let proved = place.said(0, &["prove", "a.json", "--model", "m.fpm", "-o", "a.proof"]).remove(0);
    let statement = proved["statement"].as_str().unwrap();
    assert!(statement.starts_with("core-small-") && statement.contains("+graph-96-"), "{statement}");
    place.said(0, &["registry", "add", "known.json", "m.fpm", "graph", "1"]);
    let told =
        place.said(0, &["verify", "a.proof", "--block", "a.json", "--registry", "known.json"]).remove(0);
    assert_eq!(told["hints"][0]["heads"], proved["models"][0]["heads"]);
    place.said(1, &["verify", "a.proof", "--block", "a.json"]);
    assert!(Path::new(&place.path("a.proof")).is_file());
}

#[test]
fn what_is_no_series_is_refused_by_file_and_line() {
    let place = Place::new();
    place.write("m.fpm", to_json(&graphs::fingerprints(2)));
    let row = |x: f64| json!({ "fingerprint": vec![x; 96] });
    let refused = |name: &str, content: String, message: &str| {
        place.write(name, content);
        let output = place.run(&["prove-model", name, "--model", "m.fpm", "-o", "m.proof"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(message), "{message:?} was expected in {told:?}");
        assert!(!place.path("m.proof").exists());
    };
    refused("one.jsonl", row(0.5).to_string(), "2 positions");
    refused("three.jsonl", format!("{}\n{}\n{}", row(0.1), row(0.2), row(0.3)), "three.jsonl: line 3");
    refused(
        "short.jsonl",
        format!("{}\n{}", row(0.1), json!({ "fingerprint": [1.0] })),
        "short.jsonl: line 2",
    );
    refused("mixed.jsonl", format!("{}\n{}", row(0.1), json!({ "input": [1.0] })), "mixed.jsonl: line 2");
    refused("text.jsonl", "no\njson".to_owned(), "text.jsonl: line 1");
    refused("large.jsonl", format!("{}\n{}", row(0.1), row(1e9)), "large.jsonl: line 2");
}

/// A convolution over images of one plane, a pool and a layer.
fn convolution() -> Vec<u8> {
    use make::{FLOAT, file, ints, node, single, value};
    let weights = |count: u32, step: u32| -> Vec<f32> {
        (0..count).map(|i| (i * step % 13) as f32 / 13.0 - 0.46).collect()
    };
    let pads = ints("pads", &[1, 1, 1, 1]);
    let pool = vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 2])];
    let nodes = vec![
        node("Conv", &["x", "w", "b"], &["a"], vec![pads]),
        node("Relu", &["a"], &["r"], vec![]),
        node("MaxPool", &["r"], &["p"], pool),
        node("Flatten", &["p"], &["f"], vec![]),
        node("Gemm", &["f", "v", "c"], &["y"], vec![]),
    ];
    let constants = vec![
        single("w", &[2, 1, 3, 3], weights(18, 5)),
        single("b", &[2], vec![0.1, -0.2]),
        single("v", &[18, 3], weights(54, 7)),
        single("c", &[3], vec![0.3, 0.0, -0.1]),
    ];
    file(value("image", FLOAT, &[1, 1, 6, 6]), renamed(nodes, "x", "image"), constants)
}

fn renamed(
    mut nodes: Vec<foldproof_prover::model::onnx::schema::NodeProto>,
    from: &str,
    to: &str,
) -> Vec<foldproof_prover::model::onnx::schema::NodeProto> {
    let inputs = nodes.iter_mut().flat_map(|node| &mut node.input);
    inputs.filter(|name| *name == from).for_each(|name| to.clone_into(name));
    nodes
}

#[test]
fn a_convolution_is_imported_proved_and_told() {
    let place = Place::new();
    place.write("net.onnx", convolution());
    let image = |seed: u32| -> Vec<f64> {
        (0..36_u32).map(|i| f64::from((i * i * (seed + 1) + i * seed * 7 + seed) % 29) / 29.0).collect()
    };
    let lines: Vec<String> = (0..80).map(|seed| json!({ "input": image(seed) }).to_string()).collect();
    place.write("samples.jsonl", lines.join("\n"));
    let import =
        ["model", "import", "net.onnx", "--calibrate", "samples.jsonl", "--head", "values", "-o", "m.fpm"];
    let told = place.said(0, &import).remove(0);
    assert_eq!(told["channels"], json!(6), "{told}");
    place.write("in.json", json!({ "input": image(3) }).to_string());
    place.said(0, &["registry", "add", "known.json", "m.fpm", "net", "1"]);
    place.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.bin"]);
    for scheme in [&[][..], &["--scheme", "kzg", "--params", "setup.bin"]] {
        let prove = ["prove-model", "in.json", "--model", "m.fpm", "-o", "m.proof"];
        let proved = place.said(0, &[&prove[..], scheme].concat()).remove(0);
        assert!(proved["statement"].as_str().unwrap().starts_with("matrix-6x6+"), "{}", proved["statement"]);
        let setup: &[&str] =
            if scheme.is_empty() { &[] } else { &["--params", "setup.bin", "--allow-insecure-setup"] };
        let verify =
            [&["verify", "m.proof", "--registry", "known.json", "--values", "in.json"], setup].concat();
        let told = place.said(0, &verify).remove(0);
        assert_eq!(told["hints"][0]["heads"], proved["models"][0]["heads"]);
        // Another output: the public input that holds the values comes last, before the length of the proof.
        let bytes = fs::read(place.path("m.proof")).unwrap();
        let proof = Bundle::from_bytes(&bytes).unwrap().proof().len();
        let at = bytes.len() - proof - 4 - 32;
        for bit in [0, 3] {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << bit;
            place.write("m.proof", changed);
            assert!(error(&place.said(1, &verify)[0]).contains("proof"));
        }
    }
}
