//! Real blocks, where they are at hand: proved and verified under both schemes, with the reference's PQ code.
//! `scripts/prove-all.sh` does this for every block.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// Runs the command, which must succeed, and reads its last line as JSON.
fn foldproof(folder: &Path, arguments: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_foldproof"))
        .current_dir(folder)
        .env("FOLDPROOF_CACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_handful_of_real_blocks_prove_and_verify() {
    let data = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/data"));
    if !data.is_dir() {
        println!("skipped: no blocks in {}", data.display());
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let codebook = data.join("codebook/learned-64.json");
    let codebook = codebook.to_str().unwrap();
    foldproof(at, &["params", "insecure-test-setup", "-k", "13", "-o", "setup.kzg", "--json"]);
    for name in ["eth-23850710", "mock-1tx", "eth-23851220"] {
        let block = data.join(format!("blocks/{name}.json"));
        let block = block.to_str().unwrap();
        let expected = fs::read(data.join(format!("expected/{name}.json"))).unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        let computed = foldproof(at, &["fingerprint", block, "--codebook", codebook, "--json"]);
        assert_eq!(computed["pq"], expected["pqIndices"], "{name}");
        for (scheme, setup) in [("transparent", &[][..]), ("kzg", &["--params", "setup.kzg"][..])] {
            let prove =
                ["prove", block, "--codebook", codebook, "--scheme", scheme, "-o", "block.proof", "--json"];
            foldproof(at, &[&prove[..], setup].concat());
            let verify = ["verify", "block.proof", "--block", block, "--codebook", codebook, "--json"];
            let insecure = if scheme == "kzg" { &["--allow-insecure-setup"][..] } else { &[] };
            let claims = foldproof(at, &[&verify[..], setup, insecure].concat());
            assert_eq!(claims["pq_commitment"], computed["pq_commitment"], "{name}, {scheme}");
            assert_eq!(claims["block_matched"], true, "{name}, {scheme}");
        }
    }
}
