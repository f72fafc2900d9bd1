//! Blocks as people really have them: answers of nodes of many chains, and the right thing for each.
//!
//! Those that went wrong once are in `field/`, with the names of their cases; those that always went right are read from
//! `../shared/field/pass` where it is at hand. [`reading`] has what is read, refused and left unchecked, [`mapping`] what a block of a
//! node is made into; what concerns no one block is here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod mapping;
mod reading;
#[path = "../../../tests/support/scene.rs"]
mod scene;

use std::fs;
use std::path::{Path, PathBuf};

use foldproof_circuits::block::Block;
use foldproof_prover::input::{Checking, InputError, Mapping, Reading, Source, read_block_as};
use serde_json::{Map, Value, json};

use scene::Scene;

fn own(case: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../prover/tests/field")).join(case)
}

/// A folder beside the workspace, where it is at hand.
fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(name);
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(folder)
}

fn read_as(file: &Path, checks: Checking) -> Result<(Block, Source), InputError> {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    read_block_as(&bytes, Reading { checks, ..Reading::default() })
}

/// What of a block was not checked, in a line each.
#[track_caller]
fn unchecked(file: &Path, checks: Checking) -> Vec<String> {
    let (_, source) = read_as(file, checks).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    source.unchecked().into_iter().map(|(what, why)| format!("{what}: {why}")).collect()
}

#[track_caller]
fn refused(file: &Path, checks: Checking) -> InputError {
    read_as(file, checks).err().unwrap_or_else(|| panic!("{}: it was read", file.display()))
}

#[test]
fn numbers_that_do_not_count_are_told_once() {
    let scene = Scene::cold();
    scene.write(
        "raw.json",
        r#"{"header":{"height":1},"transactions":[{"amount":"5"},{"amount":1e400},{"amount":"0x5"}],"executionTraces":[]}"#,
    );
    let said = scene.run(&["fingerprint", "raw.json"]).ended(0);
    let told = "raw.json: warning: 3 values that are no numbers count as 0, the first transactions[0].amount, the text \"5\"";
    assert_eq!(said.err.matches(told).count(), 1, "{}", said.err);
    assert_eq!(said.err.matches("count as 0").count(), 1, "{}", said.err);
}

#[test]
fn large_blocks_have_a_statement_or_a_reason() {
    let scene = Scene::cold();
    let fingerprint = |file: &str| -> Value {
        serde_json::from_str(&scene.run(&["fingerprint", file, "--json"]).ended(0).out).unwrap()
    };
    if let Some(field) = shared("field") {
        let file = field.join("19-block-too-large/block.json");
        assert_eq!(fingerprint(file.to_str().unwrap())["statement"], "core-huge-256");
    }
    let transfers = |count: usize| {
        let each = |i: usize| json!({ "sender": format!("0x{i:040x}"), "receiver": format!("0x1{i:039x}") });
        let transactions: Vec<Value> = (0..count).map(each).collect();
        json!({ "header": { "height": 1 }, "transactions": transactions, "executionTraces": [] }).to_string()
    };
    scene.write("mainnet.json", transfers(2857));
    assert_eq!(fingerprint("mainnet.json")["statement"], "core-huge-256");
    // Beyond every statement there is a fingerprint all the same, and no commitment to the block, which would be of a size.
    scene.write("beyond.json", transfers(4000));
    let beyond = fingerprint("beyond.json");
    assert_eq!((&beyond["statement"], &beyond["block_commitment"]), (&Value::Null, &Value::Null));
    assert_eq!(beyond["fingerprint"].as_array().map(Vec::len), Some(96));
    let limit = "transactions: expected at most 3328 (size huge), found 4000; no larger statement exists";
    assert!(beyond["warnings"].to_string().contains(limit), "{}", beyond["warnings"]);
    scene.run(&["prove", "beyond.json"]).ended(2).told(limit);
}

/// Samples and models are marked by the same editors as blocks.
#[test]
fn marked_samples_are_read() {
    let scene = Scene::cold();
    let sample = String::from_utf8(scene.read("fp.json")).unwrap();
    scene.write("marked.jsonl", format!("\u{feff}{sample}\n{sample}\n"));
    let said = scene.run(&["model", "eval", scene::MODEL, "marked.jsonl", "--json"]).ended(0);
    assert_eq!(said.out.lines().count(), 2);
    scene.write("marked.fpm", format!("\u{feff}{}", fs::read_to_string(scene::MODEL).unwrap()));
    scene.run(&["model", "inspect", "marked.fpm"]).ended(0);
}

#[test]
fn ceremony_files_are_taken_or_refused() {
    use foldproof_params::kzg::{PtauImport, import_ptau};
    let Some(folder) = shared("field/pass/15-ptau") else { return };
    let mut taken = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let Some("ptau" | "srs") = file.extension().and_then(|extension| extension.to_str()) else {
            continue;
        };
        let options = PtauImport { k: 5, note: "", insecure: true, blake2b: None };
        match import_ptau(&file, options, &mut |_| {}) {
            Ok(_) => taken.push(file.file_name().unwrap().to_string_lossy().into_owned()),
            Err(error) => assert!(error.to_string().contains("expected"), "{error}"),
        }
    }
    taken.sort();
    assert_eq!(taken, ["ok.ptau", "phase2.ptau"]);
}
