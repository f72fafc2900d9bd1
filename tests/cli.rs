//! The command, from block to verdict: exit status, messages, JSON, and what it refuses.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

/// Parameters and keys are made once per build folder.
fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache")
}

fn foldproof(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foldproof"))
        .current_dir(folder)
        .env("FOLDPROOF_CACHE", cache())
        .args(arguments)
        .output()
        .unwrap()
}

fn status(output: &Output) -> i32 {
    output.status.code().unwrap_or(-1)
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The lines of JSON of a command that must end with `code`.
#[track_caller]
fn json(folder: &Path, code: i32, arguments: &[&str]) -> Vec<Value> {
    let output = foldproof(folder, arguments);
    assert_eq!(status(&output), code, "{arguments:?}: {}", stderr(&output));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A message that a command must fail with.
#[track_caller]
fn refused(folder: &Path, code: i32, arguments: &[&str], message: &str) {
    let output = foldproof(folder, arguments);
    let said = stderr(&output) + &String::from_utf8_lossy(&output.stdout);
    assert_eq!(status(&output), code, "{arguments:?}: {said}");
    assert!(said.contains(message), "{arguments:?}: {message:?} was expected in {said:?}");
}

/// A folder with blocks a and b, and a codebook of 64 centroids trained on fingerprints of samples.
fn scratch() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let mut lines = String::new();
    for seed in 0..48 {
        let (name, seed) = (format!("s{seed}.json"), seed.to_string());
        let made = foldproof(at, &["sample", "--transactions", "12", "--seed", &seed, "-o", &name]);
        assert_eq!(status(&made), 0, "{}", stderr(&made));
        let folded = json(at, 0, &["fingerprint", &name, "--json"])[0]["folded"].clone();
        let flat: Vec<&Value> =
            folded.as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap()).collect();
        lines += &format!("{}\n", serde_json::json!({ "fingerprint": flat }));
        fs::rename(at.join(&name), at.join(["a.json", "b.json"][usize::from(seed == "1")])).unwrap();
    }
    fs::write(at.join("fingerprints.jsonl"), lines).unwrap();
    let trained = json(
        at,
        0,
        &["codebook", "train", "fingerprints.jsonl", "--centroids", "64", "-o", "cb.json", "--json"],
    );
    assert!(trained[0]["held_out"]["mean"].as_f64().unwrap() >= 0.0);
    folder
}

#[test]
fn all_schemes_prove_verify_and_refuse() {
    let folder = scratch();
    let at = folder.path();
    let cb = ["--codebook", "cb.json"];
    let with = |head: &[&'static str]| -> Vec<&'static str> { head.iter().copied().chain(cb).collect() };

    for scheme in ["kzg", "evm"] {
        refused(at, 2, &["prove", "a.json", "--codebook", "cb.json", "--scheme", scheme], "params import");
    }
    json(at, 0, &["params", "insecure-test-setup", "-k", "13", "-o", "setup.kzg", "--json"]);
    assert_eq!(json(at, 0, &["params", "info", "setup.kzg", "--json"])[0]["insecure"], true);

    let expected = json(at, 0, &with(&["fingerprint", "a.json", "--json"])).remove(0);
    let kzg = ["--params", "setup.kzg", "--allow-insecure-setup"];
    for scheme in ["transparent", "kzg", "evm"] {
        let setup: &[&str] = if scheme == "transparent" { &[] } else { &kzg };
        let bundle = format!("{scheme}.proof");
        let mut prove =
            vec!["prove", "a.json", "--codebook", "cb.json", "--scheme", scheme, "-o", &bundle, "--json"];
        prove.extend(&setup[..setup.len().min(2)]);
        let made = json(at, 0, &prove).remove(0);
        assert_eq!((&made["statement"], &made["k"]), (&"core-small-64".into(), &13.into()));
        assert_eq!(made["scheme"], scheme);

        let verify = |more: &[&str]| -> Vec<String> {
            let words = ["verify", &bundle, "--codebook", "cb.json"].into_iter();
            words.chain(setup.iter().copied()).chain(more.iter().copied()).map(str::to_owned).collect()
        };
        let run = |words: Vec<String>, code: i32| -> String {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = foldproof(at, &words);
            let said = stderr(&output) + &String::from_utf8_lossy(&output.stdout);
            assert_eq!(status(&output), code, "{words:?}: {said}");
            said
        };
        let claims: Value = serde_json::from_str(&run(verify(&["--block", "a.json", "--json"]), 0)).unwrap();
        for name in ["block_commitment", "fold_commitment", "pq_commitment", "codebook_root", "within_bound"]
        {
            assert_eq!(claims[name], expected[name], "{scheme}: {name}");
        }
        assert_eq!(claims["block_matched"], true);
        run(verify(&["--block", "b.json"]), 1);

        let other: Vec<String> =
            ["verify", &bundle].into_iter().chain(setup.iter().copied()).map(str::to_owned).collect();
        assert!(run(other, 1).contains("codebook"));

        // A byte of each part: magic, statement, setup or key digest, public inputs, proof; and a wrong length.
        let good = fs::read(at.join(&bundle)).unwrap();
        for place in [0, 10, 20, 60, 200, 400, good.len() / 2, good.len() - 1] {
            let mut bad = good.clone();
            bad[place] ^= 1;
            fs::write(at.join(&bundle), &bad).unwrap();
            assert!(run(verify(&[]), 1).contains("rejected"), "{scheme}: byte {place}");
        }
        for bad in [&good[..good.len() - 1], &[&good[..], &[0]].concat()[..], &[]] {
            fs::write(at.join(&bundle), bad).unwrap();
            run(verify(&[]), 1);
        }
        fs::write(at.join(&bundle), &good).unwrap();

        let inspected = json(at, 0, &["inspect", &bundle, "--json"]).remove(0);
        assert_eq!((&inspected["verified"], &inspected["scheme"]), (&false.into(), &scheme.into()));
        assert_eq!(inspected["block_commitment"], expected["block_commitment"]);
    }
    for bundle in ["kzg.proof", "evm.proof"] {
        refused(at, 1, &["verify", bundle, "--codebook", "cb.json", "--params", "setup.kzg"], "insecure");
    }
    fs::write(at.join("policy.json"), r#"{ "schemes": ["evm"] }"#).unwrap();
    let contracts = |bundle| ["verify", bundle, "--codebook", "cb.json", "--policy", "policy.json"];
    json(at, 0, &[&contracts("evm.proof")[..], &kzg, &["--json"]].concat());
    refused(at, 1, &[&contracts("kzg.proof")[..], &kzg].concat(), "evm");
    // Both at once, of different blocks: under one setup, each with its own key.
    json(
        at,
        0,
        &[&["prove", "b.json", "-o", "b.proof", "--scheme", "evm"], &cb[..], &kzg[..2], &["--json"]].concat(),
    );
    json(at, 0, &[&["verify", "kzg.proof", "b.proof"], &cb[..], &kzg, &["--json"]].concat());
    fs::write(at.join("policy.json"), r#"{ "schemes": ["stark"] }"#).unwrap();
    refused(at, 2, &contracts("transparent.proof"), "transparent, kzg or evm");
    let digest = |scheme| {
        let make = ["keys", "make", "core-small-64", "--scheme", scheme, "--params", "setup.kzg", "--json"];
        json(at, 0, &make)[0]["key_digest"].clone()
    };
    assert_ne!(digest("kzg"), digest("evm"));
    fs::write(at.join("policy.json"), r#"{ "statements": ["core-full-64"] }"#).unwrap();
    refused(at, 1, &with(&["verify", "transparent.proof", "--policy", "policy.json"]), "core-full-64");
    fs::write(at.join("policy.json"), r#"{ "statments": [] }"#).unwrap();
    refused(at, 2, &with(&["verify", "transparent.proof", "--policy", "policy.json"]), "statments");

    // Salted commitments differ, and only the salt opens them.
    json(at, 0, &with(&["prove", "a.json", "--hide", "-o", "hidden.proof", "--json"]));
    let hidden = json(at, 0, &with(&["verify", "hidden.proof", "--json"])).remove(0);
    assert_ne!(hidden["block_commitment"], expected["block_commitment"]);
    assert_ne!(hidden["pq_commitment"], expected["pq_commitment"]);
    assert_eq!(hidden["codebook_root"], expected["codebook_root"]);
    let opened = ["verify", "hidden.proof", "--block", "a.json", "--json"];
    assert_eq!(
        json(at, 0, &with(&[&opened[..], &["--salt", "hidden.proof.salt"]].concat()))[0]["block_matched"],
        true
    );
    json(at, 1, &with(&opened));

    // Many blocks: a bad one is named, the others are proved.
    fs::create_dir(at.join("blocks")).unwrap();
    fs::copy(at.join("a.json"), at.join("blocks/a.json")).unwrap();
    fs::write(at.join("blocks/bad.json"), r#"{ "header": { "height": -1 } }"#).unwrap();
    fs::copy(at.join("b.json"), at.join("blocks/c.json")).unwrap();
    let lines = json(at, 2, &with(&["prove", "blocks", "-o", "out", "--json"]));
    let errors: Vec<&str> = lines.iter().filter_map(|line| line["error"].as_str()).collect();
    assert!(errors.len() == 1 && errors[0].contains("bad.json"), "{errors:?}");
    let summary = &lines.last().unwrap()["summary"];
    assert_eq!([&summary["proved"], &summary["failed"]], [&Value::from(2), &Value::from(1)], "{summary}");
    json(at, 0, &with(&["verify", "out/a.proof", "out/c.proof", "--json"]));
    let mut names: Vec<_> = fs::read_dir(at.join("out")).unwrap().map(|e| e.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["a.proof", "c.proof"]);
}

#[test]
fn bad_input_is_named_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let cases = [
        ("not json", "{", "line"),
        ("no height", r#"{"header":{},"transactions":[],"executionTraces":[]}"#, "header.height"),
        ("no traces", r#"{"header":{"height":1},"transactions":[]}"#, "executionTraces"),
        (
            "bad text",
            r#"{"header":{"height":1},"transactions":[{"sender":"\u0000"}],"executionTraces":[]}"#,
            "transactions[0].sender",
        ),
        (
            "no records",
            r#"{"header":{"height":1},"transactions":[],"executionTraces":[],"witnessData":{"bundles":[]}}"#,
            "at least one record",
        ),
    ];
    for (name, block, message) in cases {
        fs::write(at.join("block.json"), block).unwrap();
        refused(at, 2, &["prove", "block.json", "-o", "out.proof"], message);
        refused(at, 2, &["fingerprint", "block.json"], message);
        assert!(!at.join("out.proof").exists(), "{name}");
    }
    refused(at, 2, &["verify", "nowhere.proof"], "nowhere.proof");
    refused(at, 2, &["prove", "nowhere.json"], "nowhere.json");
}
