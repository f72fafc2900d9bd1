//! `foldproof evm`: contracts are written, called with what `calldata` prints, and refuse as they should.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/ethereum.rs"]
mod ethereum;
#[path = "../../tests/support/scene.rs"]
mod scene;

use foldproof_evm::machine::{Machine, Outcome};
use scene::Scene;
use serde_json::Value;

const TEST: [&str; 3] = ["--params", "setup.kzg", "--allow-insecure-setup"];

/// A command that ends with a code, and what it says in JSON.
fn told(scene: &Scene, code: i32, arguments: &[&str]) -> Value {
    serde_json::from_str(&scene.run(&[arguments, &["--json"]].concat()).ended(code).out).unwrap()
}

fn bytes(digits: &Value) -> Vec<u8> {
    hex::decode(digits.as_str().unwrap().trim_start_matches("0x")).unwrap()
}

#[test]
fn a_blocks_proof_goes_from_the_command_line_to_a_contract() {
    let scene = Scene::cold();
    scene.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.kzg"]).ended(0);
    scene.write("block.json", ethereum::block().to_string());
    let prove = |scheme, out| {
        let setup = ["prove", "block.json", "--scheme", scheme, "--params", "setup.kzg", "-o", out];
        scene.run(&setup).ended(0);
    };
    prove("evm", "one.proof");
    prove("evm", "two.proof");
    prove("kzg", "kzg.proof");

    let one = told(&scene, 0, &[&["evm", "check", "one.proof"], &TEST[..]].concat());
    assert_eq!(
        (&one["verdict"], &one["proofs"], &one["fork"]),
        (&"accepted".into(), &1.into(), &"Osaka".into())
    );
    let both = told(&scene, 0, &[&["evm", "check", "one.proof", "two.proof"], &TEST[..]].concat());
    assert_eq!((&both["verdict"], &both["proofs"]), (&"accepted".into(), &2.into()));
    assert!(both["gas_per_proof"].as_u64() < one["gas"].as_u64());

    // The same by what the commands write: the contract of the bundle's statement, and the data of a call.
    let made = told(&scene, 0, &[&["evm", "contract", "one.proof", "-o", "made"], &TEST[..]].concat());
    let name = made["name"].as_str().unwrap();
    assert!(name.starts_with("INSECURE_SETUP_Foldproof_core_small"), "{name}");
    let file = |extension: &str| scene.read(&format!("made/{name}.{extension}"));
    let code = hex::decode(String::from_utf8(file("bin")).unwrap().trim_end()).unwrap();
    let about: Value = serde_json::from_slice(&file("json")).unwrap();
    assert_eq!(about, made);
    assert!(String::from_utf8(file("yul")).unwrap().contains(name));
    let abi: Value = serde_json::from_slice(&file("abi.json")).unwrap();
    assert!(abi.as_array().unwrap().iter().any(|entry| entry["name"] == "verifyProof"), "{abi}");
    let mut machine = Machine::default();
    let (address, _) = machine.create([1; 20], &code).unwrap();
    let data = told(&scene, 0, &["evm", "calldata", "one.proof"]);
    assert_eq!(
        (&data["key_digest"], &data["statement"]),
        (&format!("0x{}", made["key_digest"].as_str().unwrap()).into(), &made["statement"])
    );
    let printed = scene.run(&["evm", "calldata", "one.proof"]).ended(0).out;
    assert_eq!(printed.trim_end(), data["calldata"]);
    let mut data = bytes(&data["calldata"]);
    let mut accepted = |data: &[u8]| matches!(machine.call([1; 20], address.unwrap(), data).unwrap(), Outcome::Success { output, .. } if output.last() == Some(&1));
    assert!(accepted(&data));
    *data.last_mut().unwrap() ^= 1;
    assert!(!accepted(&data));

    // A bit of the proof: the contract refuses, by name.
    let mut changed = scene.read("one.proof");
    let end = changed.len();
    changed[end - 1] ^= 1;
    scene.write("changed.proof", changed);
    let refused = told(&scene, 1, &[&["evm", "check", "changed.proof"], &TEST[..]].concat());
    assert_eq!(refused["verdict"], "refused");
    assert!(
        ["ProofRejected", "PrecompileFailed", "NotCanonical"].contains(&refused["refusal"].as_str().unwrap())
    );

    // What cannot be told.
    let says = |arguments: &[&str], part: &str| {
        let said = scene.run(arguments).ended(2);
        assert!(said.err.contains(part), "{}", said.err);
    };
    says(&["evm", "check", "one.proof", "--params", "setup.kzg"], "--allow-insecure-setup");
    says(
        &["evm", "contract", "core-small-64", "-o", "other", "--params", "setup.kzg"],
        "--allow-insecure-setup",
    );
    says(&["evm", "calldata", "kzg.proof"], "--scheme evm");
    says(&[&["evm", "contract", "core-tiny-64", "-o", "other"], &TEST[..]].concat(), "core-small-64");
    scene.run(&["params", "insecure-test-setup", "-k", "14", "-o", "foreign.kzg"]).ended(0);
    says(&["evm", "check", "one.proof", "--params", "foreign.kzg", "--allow-insecure-setup"], "--params");
}
