//! Models from the command line: proofs with the demo model against registries; the three dense models that are at hand
//! beside the checkout, proved alone and beside a real block under both schemes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use foldproof_prover::model::onnx::schema::{ModelProto, NodeProto, TensorProto};
use prost::Message;
use serde_json::{Value, json};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, value: &Value) {
        fs::write(self.path(name), value.to_string()).unwrap();
    }

    fn run(&self, arguments: &[&str]) -> Output {
        Command::new(env!("CARGO_BIN_EXE_foldproof"))
            .current_dir(self.0.path())
            .env("FOLDPROOF_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache"))
            .args(arguments)
            .output()
            .unwrap()
    }

    /// Runs the command, which must succeed, and reads its answer as JSON.
    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.run(&[arguments, &["--json"]].concat());
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Runs `verify`, which must end with this status; its JSON.
    fn verify(&self, status: i32, arguments: &[&str]) -> Value {
        let output = self.run(&[&["verify", "--allow-values"], arguments, &["--json"]].concat());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "{arguments:?}: {told}");
        let value: Value = serde_json::from_slice(&output.stdout).unwrap();
        // Whatever is not accepted never shows what a model says.
        assert_eq!(value["verified"], status == 0, "{value}");
        assert!(status == 0 || value.get("hints").is_none(), "{value}");
        value
    }
}

const DEMO: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../prover/artifacts/demo-tags.fpm");

#[test]
fn a_proof_counts_as_far_as_the_registry_says() {
    let at = Folder::new();
    let block = at.run(&["sample", "--transactions", "20", "--seed", "3", "-o", "block.json"]);
    assert!(block.status.success());
    let fingerprint = at.json(&["fingerprint", "block.json"]);
    at.write("fp.json", &fingerprint);
    let expected = at.json(&["model", "eval", DEMO, "fp.json"])["decision"].clone();
    let proved = at.json(&["prove-model", "fp.json", "--model", DEMO, "-o", "m.proof"]);
    assert_eq!(proved["models"][0]["tags"], expected);

    let error = at.verify(1, &["m.proof"])["error"].to_string();
    assert!(error.contains("no registered one"), "{error}");
    let entry = at.json(&["model", "commit", DEMO, "--entry", "demo", "7"]);
    let register = |changes: Value| {
        let mut entry = entry.clone();
        let members = entry.as_object_mut().unwrap();
        changes.as_object().unwrap().iter().for_each(|(key, value)| {
            members.insert(key.clone(), value.clone());
        });
        at.write("registry.json", &json!({ "models": [entry] }));
    };
    let registered = ["m.proof", "--registry", "registry.json"];
    register(json!({}));
    let claims = at.verify(0, &registered);
    assert_eq!(
        claims["hints"],
        json!([{ "model": "demo", "version": "7", "commitment": entry["commitment"], "tags": expected }])
    );
    assert_eq!(claims["values_matched"], "not asked");
    assert_eq!(claims["values_commitment"], fingerprint["fold_commitment"]);
    at.write("policy.json", &json!({ "registry": "registry.json" }));
    assert_eq!(at.verify(0, &["m.proof", "--policy", "policy.json"])["hints"], claims["hints"]);

    for (changes, status, what) in [
        (json!({ "status": "retired" }), 1, "retired"),
        (json!({ "status": "revoked" }), 1, "revoked"),
        (json!({ "valid_until": 1_700_000_000 }), 1, "valid"),
        (json!({ "valid_from": 99_999_999_999_u64 }), 1, "valid"),
        (json!({ "labels": ["A", "B", "C", "D"] }), 2, "labels"),
        (json!({ "shape": "tags-96-8-4" }), 1, "registered as tags-96-8-4"),
        (json!({ "commitment": fingerprint["fold_commitment"] }), 1, "no registered one"),
    ] {
        register(changes);
        let error = at.verify(status, &registered)["error"].to_string();
        assert!(error.contains(what), "{error}");
    }
    register(json!({ "valid_from": 1_700_000_000, "valid_until": 99_999_999_999_u64 }));
    assert_eq!(at.verify(0, &registered)["hints"], claims["hints"]);

    let matched = at.verify(0, &[&registered[..], &["--values", "fp.json"]].concat());
    assert_eq!(matched["values_matched"], true);
    let mut other = fingerprint.clone();
    other["fingerprint"][17] = json!(0.5);
    at.write("other.json", &other);
    at.verify(1, &[&registered[..], &["--values", "other.json"]].concat());
    at.verify(1, &[&registered[..], &["--block", "block.json"]].concat());
}

#[test]
fn a_hidden_fingerprint_is_opened_by_its_salt() {
    let at = Folder::new();
    at.write("fp.json", &json!({ "fingerprint": vec![0.25; 96] }));
    at.json(&["prove-model", "fp.json", "--model", DEMO, "--hide", "-o", "m.proof"]);
    let entry = at.json(&["model", "commit", DEMO, "--entry", "demo", "1"]);
    at.write("registry.json", &json!({ "models": [entry] }));
    let values = ["m.proof", "--registry", "registry.json", "--values", "fp.json"];
    at.verify(1, &values);
    let claims = at.verify(0, &[&values[..], &["--salt", "m.proof.salt"]].concat());
    assert_eq!(claims["values_matched"], true);
    let commitment = claims["values_commitment"].as_str().unwrap();
    let linked = ["m.proof", "--registry", "registry.json", "--values-commitment", commitment];
    assert_eq!(at.verify(0, &linked)["values_matched"], true);
}

/// Every commitment is blinded, and every challenge follows: two proofs of one witness have no element in common but
/// zeros, the values of selectors of other heads, which are on in no row.
#[test]
fn two_proofs_of_one_witness_share_nothing() {
    let at = Folder::new();
    at.write("fp.json", &json!({ "fingerprint": vec![0.125; 96] }));
    at.json(&["params", "insecure-test-setup", "-k", "11", "-o", "setup.kzg"]);
    let under = |scheme| ["--scheme", scheme, "--params", "setup.kzg"];
    for setup in [&[][..], &under("kzg"), &under("evm")] {
        let proofs = ["a.proof", "b.proof"].map(|out| {
            let prove = ["prove-model", "fp.json", "--model", DEMO, "-o", out];
            at.json(&[&prove[..], setup].concat());
            let proof = at.json(&["inspect", out])["proof"].as_str().unwrap().to_owned();
            proof.strip_prefix("0x").unwrap().as_bytes().chunks(64).map(<[u8]>::to_vec).collect::<Vec<_>>()
        });
        let [a, b] = &proofs;
        assert_eq!(a.len(), b.len());
        let shared = a.iter().filter(|element| b.contains(element));
        assert!(shared.clone().all(|element| element.iter().all(|digit| *digit == b'0')));
        assert!(shared.count() <= 1);
    }
}

#[test]
fn inputs_that_do_not_fit_are_refused_by_name() {
    let at = Folder::new();
    at.write("short.json", &json!({ "input": [1.0, 2.0] }));
    at.write("none.json", &json!({ "values": [] }));
    fs::write(at.path("torn.fpm"), &fs::read(DEMO).unwrap()[..2000]).unwrap();
    for (input, model, what) in [
        ("short.json", DEMO, "takes 96 inputs"),
        ("none.json", DEMO, "neither"),
        ("short.json", "torn.fpm", "torn.fpm"),
        ("short.json", "absent.fpm", "absent.fpm"),
    ] {
        let output = at.run(&["prove-model", input, "--model", model, "-o", "m.proof"]);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(what), "{told}");
        assert!(!at.path("m.proof").exists());
    }
}

/// Whole pipelines of scikit-learn as it exports them, with names of classes from the graph or without.
#[test]
fn models_of_scikit_learn_prove_and_verify() {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    if !shared.join("models/mlp_sklearn.onnx").is_file() {
        println!("skipped: no models in {}", shared.display());
        return;
    }
    let at = Folder::new();
    let samples = shared.join("data/fingerprints-train.jsonl").to_str().unwrap().to_owned();
    let text = fs::read_to_string(&samples).unwrap();
    fs::write(at.path("fp.json"), text.lines().nth(7).unwrap()).unwrap();
    for (name, shape, first) in
        [("mlp_sklearn", "class-96-64-32-4", "class-0"), ("logistic_regression", "class-96-4", "DEX_ONLY")]
    {
        let onnx = shared.join(format!("models/{name}.onnx")).to_str().unwrap().to_owned();
        let import = ["model", "import", &onnx, "--calibrate", &samples, "--head", "class", "-o", "m.fpm"];
        let made = at.json(&import);
        assert_eq!((&made["shape"], &made["labels"][0]), (&json!(shape), &json!(first)));
        assert!(made["agreement"]["decisions"].as_f64().unwrap() >= 0.99, "{made}");
        assert_eq!(made["agreement"]["warnings"], json!([]));
        let expected = at.json(&["model", "eval", "m.fpm", "fp.json"])["decision"].clone();
        at.write("registry.json", &at.json(&["model", "commit", "m.fpm", "--entry", name, "1"]));
        at.json(&["prove-model", "fp.json", "--model", "m.fpm", "-o", "m.proof"]);
        let verify = ["m.proof", "--registry", "registry.json", "--values", "fp.json"];
        assert_eq!(at.verify(0, &verify)["hints"][0]["class"], expected, "{name}");
    }
}

/// A model whose outputs are those of another, times a factor.
fn scaled(onnx: &[u8], factor: f32) -> Vec<u8> {
    let mut model = ModelProto::decode(onnx).unwrap();
    let graph = model.graph.as_mut().unwrap();
    let output = graph.output[0].name.clone();
    let last = graph.node.iter_mut().find(|node| node.output.contains(&output)).unwrap();
    last.output = vec!["unscaled".to_owned()];
    graph.initializer.push(TensorProto {
        name: "factor".to_owned(),
        data_type: 1, // float
        float_data: vec![factor],
        ..TensorProto::default()
    });
    graph.node.push(NodeProto {
        op_type: "Mul".to_owned(),
        input: vec!["unscaled".to_owned(), "factor".to_owned()],
        output: vec![output],
        ..NodeProto::default()
    });
    model.encode_to_vec()
}

/// A regression's outputs are public, with their unit; raw features have units of their own, which the verifier gives.
#[test]
fn values_are_public_with_their_unit() {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/field"));
    let folder = shared.join("12-raw-feature-magnitudes");
    if !folder.is_dir() {
        println!("skipped: no {}", folder.display());
        return;
    }
    let at = Folder::new();
    let file = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let samples = file("samples.jsonl");
    let import = |onnx: &str| {
        ["model", "import", onnx, "--calibrate", &samples, "--head", "values", "-o", "m.fpm"]
            .map(str::to_owned)
    };
    // The file's own outputs are of the order of 10⁷, which 16 bits do not hold; scaled as the message says, they do.
    let refused = at.run(&import(&file("model.onnx")).each_ref().map(String::as_str));
    let told = String::from_utf8_lossy(&refused.stderr);
    assert!(refused.status.code() == Some(2) && told.contains("end the graph with a Mul"), "{told}");
    fs::write(at.path("scaled.onnx"), scaled(&fs::read(file("model.onnx")).unwrap(), 2f32.powi(-12)))
        .unwrap();
    let made = at.json(&import("scaled.onnx").each_ref().map(String::as_str));
    assert_eq!(made["shape"], "values-12-16-4");
    let text = fs::read_to_string(&samples).unwrap();
    let mut input: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    at.write("input.json", &input);
    let expected = at.json(&["model", "eval", "m.fpm", "input.json"])["decision"].clone();
    assert_eq!(expected.as_object().unwrap().len(), 4);
    at.json(&["prove-model", "input.json", "--model", "m.fpm", "-o", "m.proof"]);
    at.write("registry.json", &at.json(&["model", "commit", "m.fpm", "--entry", "values", "1"]));
    let hint = at.verify(0, &["m.proof", "--registry", "registry.json"])["hints"][0].clone();
    assert_eq!(hint["values"], expected);
    let unit = 2f64.powi(-i32::try_from(made["fraction_bits"].as_u64().unwrap()).unwrap());
    for (name, value) in expected.as_object().unwrap() {
        let integer = hint["values_int"][name].as_i64().unwrap();
        assert_eq!(value.as_f64().unwrap(), integer as f64 * unit, "{name}");
    }
    // Without its unit, 3e7 is no number of a vector; with it, this is the one that was proved.
    let verify = ["m.proof", "--registry", "registry.json", "--values", "input.json"];
    let output = at.run(&[&["verify"], &verify[..]].concat());
    let told = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.code() == Some(2) && told.contains("coarser unit"), "{told}");
    input["units"] = at.json(&["model", "inspect", "m.fpm"])["units"].clone();
    at.write("input.json", &input);
    assert_eq!(at.verify(0, &verify)["values_matched"], true);
    input["input"][0] = json!(0.25);
    at.write("input.json", &input);
    at.verify(1, &verify);
}

/// The three dense models beside the checkout, imported and proved alone; the classifier also beside a real block.
#[test]
fn models_at_hand_prove_and_verify() {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    if !shared.join("models").is_dir() {
        println!("skipped: no models in {}", shared.display());
        return;
    }
    let at = Folder::new();
    let file = |name: &str| shared.join(name).to_str().unwrap().to_owned();
    let first_line = |name: &str, to: &str| {
        let text = fs::read_to_string(shared.join(name)).unwrap();
        fs::write(at.path(to), text.lines().next().unwrap()).unwrap();
    };
    let fingerprints = "data/fingerprints-train.jsonl";
    let vectors = "models/compression-samples.jsonl";
    first_line(fingerprints, "fp.json");
    first_line(vectors, "vector.json");
    at.json(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.kzg"]);
    let kzg = ["--scheme", "kzg", "--params", "setup.kzg"];
    let trusted = ["--params", "setup.kzg", "--allow-insecure-setup"];
    let mut entries = Vec::new();
    for (name, head, samples, labels, input) in [
        ("tag_classifier", "tags", fingerprints, Some("models/tag-labels.json"), "fp.json"),
        ("anomaly_autoencoder", "anomaly", fingerprints, None, "fp.json"),
        ("compression_predictor", "class", vectors, Some("models/compression-labels.json"), "vector.json"),
    ] {
        let (onnx, samples) = (file(&format!("models/{name}.onnx")), file(samples));
        let model = format!("{head}.fpm");
        let mut import =
            vec!["model", "import", &onnx, "--calibrate", &samples, "--head", head, "-o", &model];
        let labels = labels.map(file);
        labels.iter().for_each(|labels| import.extend(["--labels", labels]));
        at.json(&import);
        entries.push(at.json(&["model", "commit", &model, "--entry", name, "1"]));
        at.write("registry.json", &json!({ "models": entries }));
        let expected = at.json(&["model", "eval", &model, input])["decision"].clone();
        for (setup, trust) in [(&[][..], &[][..]), (&kzg[..], &trusted[..])] {
            let prove = ["prove-model", input, "--model", &model, "-o", "m.proof"];
            at.json(&[&prove[..], setup].concat());
            let verify = ["m.proof", "--registry", "registry.json", "--values", input];
            let hint = at.verify(0, &[&verify[..], trust].concat())["hints"][0].clone();
            let decided = ["tags", "flagged", "class"].iter().find_map(|key| hint.get(key));
            assert_eq!(decided, Some(&expected), "{name}: {hint}");
        }
    }
    let block = file("data/blocks/eth-23850710.json");
    let codebook = file("data/codebook/learned-64.json");
    at.write("block.json", &at.json(&["fingerprint", &block, "--codebook", &codebook]));
    let expected = at.json(&["model", "eval", "tags.fpm", "block.json"])["decision"].clone();
    let prove = ["prove", &block, "--codebook", &codebook, "--model", "tags.fpm", "--model", "anomaly.fpm"];
    for (setup, trust) in [(&[][..], &[][..]), (&kzg[..], &trusted[..])] {
        at.json(&[&prove[..], &["-o", "b.proof"], setup].concat());
        let verify = ["b.proof", "--block", &block, "--codebook", &codebook, "--registry", "registry.json"];
        let claims = at.verify(0, &[&verify[..], trust].concat());
        assert_eq!((&claims["block_matched"], &claims["height"]), (&json!(true), &json!(23_850_710)));
        assert_eq!(claims["hints"][0]["tags"], expected);
        assert_eq!(claims["hints"].as_array().unwrap().len(), 2);
    }
}
