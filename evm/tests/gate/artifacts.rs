//! What is compiled is what is in the tree, and this crate calls it by its names. `scripts/contracts.sh` compiles.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use foldproof_evm::encoding::call;
use foldproof_evm::gate::{ABI, Edit, Head, Question, Refused, Validity, init_code};
use foldproof_evm::{MAX_CODE, MAX_INIT_CODE};
use foldproof_params::Digest;
use serde_json::Value;

use super::scene::*;

fn contracts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("contracts")
}

/// Files of a folder by their names from the folder of contracts on.
fn files(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(contracts().join(folder)).unwrap().map(|entry| entry.unwrap());
    let files = entries.filter(|entry| entry.path().is_file());
    let name = |name: String| if folder.is_empty() { name } else { format!("{folder}/{name}") };
    files.map(|entry| name(entry.file_name().into_string().unwrap())).collect()
}

#[test]
fn bytecode_is_that_of_the_sources() {
    let digests = fs::read_to_string(contracts().join("out/digests.sha256")).unwrap();
    let mut listed = BTreeSet::new();
    for line in digests.lines() {
        let (digest, name) = line.split_once("  ").unwrap();
        let found = Digest::of(&fs::read(contracts().join(name)).unwrap()).to_string();
        assert_eq!(found, digest, "{name} has changed: run scripts/contracts.sh");
        listed.insert(name.to_owned());
    }
    let mut there: BTreeSet<String> = ["", "examples", "out"].into_iter().flat_map(files).collect();
    there.remove("out/digests.sha256");
    there.remove("README.md");
    assert_eq!(listed, there, "run scripts/contracts.sh");
}

#[test]
fn contracts_are_no_larger_than_contracts_may_be() {
    let mut scene = Scene::deployed();
    let (gate, alarm) = (scene.gate, scene.alarm);
    let lengths = [gate, alarm].map(|contract| scene.machine.code(contract).len());
    assert!(lengths.iter().all(|length| (1000..=MAX_CODE).contains(length)), "{lengths:?}");
    assert!(init_code(DEPLOYER).len() <= MAX_INIT_CODE);
    println!("code: gate {} bytes, alarm {} bytes", lengths[0], lengths[1]);
}

/// Signatures of one kind of entries.
fn signatures(abi: &str, kind: &str) -> BTreeSet<String> {
    let entries: Vec<Value> = serde_json::from_str(abi).unwrap();
    let signature = |entry: &Value| {
        let types = entry["inputs"].as_array().unwrap().iter().map(|input| input["type"].as_str().unwrap());
        format!("{}({})", entry["name"].as_str().unwrap(), types.collect::<Vec<_>>().join(","))
    };
    entries.iter().filter(|entry| entry["type"] == kind).map(signature).collect()
}

#[test]
fn errors_are_those_of_the_abi() {
    let known: BTreeSet<String> = Refused::signatures().map(str::to_owned).collect();
    assert_eq!(known, signatures(ABI, "error"));
}

#[test]
fn functions_are_those_of_the_abi() {
    let selectors: BTreeSet<Vec<u8>> =
        signatures(ABI, "function").iter().map(|signature| call(signature, &[])).collect();
    let scene = Scene::new();
    let word = [0; 32];
    let validity = Validity::ALWAYS;
    let mut calls: Vec<Vec<u8>> = scene.edits().iter().map(Edit::calldata).collect();
    calls.extend(
        [Edit::RemoveStatement(word), Edit::RevokeModel(word), Edit::RaiseDelay(1)]
            .map(|edit| edit.calldata()),
    );
    calls.extend([Edit::RaiseDelay(1).propose(), Edit::RaiseDelay(1).enact()]);
    for question in
        [Question::Own, Question::OwnFor(word), Question::Trusted(word), Question::TrustedFor(word, word)]
    {
        calls.push(scene.open.calldata(question));
    }
    calls.extend(
        Head::ALL.map(|kind| Edit::RegisterModel { commitment: word, kind, head: word, validity }.calldata()),
    );
    assert_eq!(calls.len(), 17);
    for data in calls {
        assert!(selectors.contains(&data[..4]), "{}", hex::encode(&data[..4]));
    }
    let alarm = include_str!("../../contracts/out/BlockAlarm.abi.json");
    assert!(signatures(alarm, "function").contains("report(bytes,uint256[],bytes)"));
}
