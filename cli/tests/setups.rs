//! Setups of the kzg scheme that were written before proofs were blinded with one power more.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

#[path = "../../tests/support/scene.rs"]
mod scene;

use foldproof_params::Digest;
use scene::{MODEL, Scene};
use serde_json::Value;

/// The file of a setup without its last power, as format 1 has it.
fn without_last_power(mut bytes: Vec<u8>) -> Vec<u8> {
    let powers = 12 + usize::from(u16::from_le_bytes([bytes[10], bytes[11]])) + 32;
    let end = bytes.len() - 256;
    bytes.drain(end - 64..end);
    bytes[6] = 1;
    let digest = Digest::of(&[&bytes[..powers - 32], &bytes[powers..]].concat());
    bytes[powers - 32..powers].copy_from_slice(&digest.0);
    bytes
}

/// They verify what they verified, and prove what is smaller; at their own size the error says what to do, before there is work.
#[test]
fn an_old_setup_verifies_and_asks_to_be_imported_again() {
    let scene = Scene::cold();
    for (file, k) in [("new.kzg", "11"), ("large.kzg", "12")] {
        scene.run(&["params", "insecure-test-setup", "-k", k, "-o", file]).ended(0);
    }
    scene.write("old.kzg", without_last_power(scene.read("new.kzg")));
    let info = |file: &str| -> Value {
        serde_json::from_str(&scene.run(&["params", "info", file, "--json"]).ended(0).out).unwrap()
    };
    let (new, old) = (info("new.kzg"), info("old.kzg"));
    assert_eq!((&new["setup_id"], &new["k"]), (&old["setup_id"], &old["k"]));
    assert_eq!((&new["proves_up_to"], &old["proves_up_to"]), (&11.into(), &10.into()));

    let prove = |setup: &str| scene.run(&scene.prove(&["--scheme", "kzg", "--params", setup]));
    let said = prove("old.kzg").ended(2).told("old.kzg: g1: expected 2049 powers");
    assert!(
        said.err.contains("found 2048") && said.err.contains("import the ceremony file again"),
        "{}",
        said.err
    );
    assert!(!scene.path("out.proof").exists());
    assert!(scene.names("cache").is_empty(), "no work went into it");

    prove("new.kzg").ended(0);
    let entry = scene.run(&["model", "commit", MODEL, "--entry", "demo", "1"]).ended(0).out;
    scene.write("registry.json", entry);
    let verify =
        ["verify", "out.proof", "--allow-values", "--registry", "registry.json", "--allow-insecure-setup"];
    for setup in ["old.kzg", "new.kzg"] {
        scene.run(&[&verify[..], &["--params", setup]].concat()).ended(0);
    }
    scene.write("old.kzg", without_last_power(scene.read("large.kzg")));
    std::fs::remove_file(scene.path("out.proof")).unwrap();
    prove("old.kzg").ended(0);
    scene.run(&[&verify[..], &["--params", "large.kzg"]].concat()).ended(0);
}
