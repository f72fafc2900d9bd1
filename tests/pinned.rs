//! What is pinned in the tree is what the code makes: keys, their summaries, the README's table of public inputs.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::public::PublicInputs;
use foldproof_circuits::statement::Statement;
use foldproof_params::{Digest, keys};
use foldproof_prover::keys::Workshop;
use foldproof_prover::summary::summary;
use foldproof_verifier::{Scheme, VerifierKey};

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

#[test]
fn every_pinned_key_reads_and_matches_its_summary() {
    assert!(Statement::CORES.iter().all(|statement| keys::transparent(&statement.name()).is_some()));
    for pinned in keys::PINNED {
        let statement = Statement::from_name(pinned.statement).unwrap();
        let key = VerifierKey::from_bytes(statement, Scheme::Transparent, pinned.bytes).unwrap();
        let file = root().join(format!("params/pinned/keys/{statement}.txt"));
        let text = fs::read_to_string(file).unwrap();
        assert!(text.contains(&pinned.digest().to_string()), "{statement}");
        assert!(text.contains(&hex::encode(key.digest())), "{statement}");
        assert!(text.contains(&format!("{} bytes", key.proof_length())), "{statement}");
    }
}

/// The smallest keys of either kind are made anew; `foldproof keys pin --check` does so for all.
#[test]
fn the_smallest_keys_are_what_the_circuits_make() {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache");
    let mut workshop = Workshop::new(cache, None, |_| {});
    for name in ["core-small-64", "fingerprint+tags-96-64-32-15"] {
        let statement = Statement::from_name(name).unwrap();
        let (bytes, key) = workshop.verifying_bytes(statement).unwrap();
        let pinned = keys::transparent(name).unwrap();
        let advice = "after a change of the circuit on purpose: `foldproof keys pin`, and a line under Keys in CHANGELOG.md";
        assert_eq!(Digest::of(&bytes), pinned.digest(), "{name}: {advice}");
        let verifying = VerifierKey::from_bytes(statement, Scheme::Transparent, &bytes).unwrap();
        let text = summary(&Layout::blank(statement), &key, &verifying, pinned.digest());
        let file = root().join(format!("params/pinned/keys/{statement}.txt"));
        assert_eq!(fs::read_to_string(file).unwrap(), text, "{name}: {advice}");
    }
}

#[test]
fn the_readme_lists_the_public_inputs() {
    let statement = Statement::from_name("core-small-64+tags-96-3").unwrap();
    let all = PublicInputs::from_rows(&statement, 0..statement.rows()).unwrap();
    let (names, model) = (all.block().unwrap(), all.models[0]);
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let rows = [
        ("statement", all.statement),
        ("block_commitment", names.block_commitment),
        ("fold_commitment", names.fold_commitment),
        ("pq_commitment", names.pq_commitment),
        ("codebook_root", names.codebook_root),
        ("height", names.height),
        ("timestamp", names.timestamp),
        ("within_bound", names.within_bound),
        ("model commitment", model.commitment),
        ("model head", model.head),
        ("model output", model.output),
    ];
    for (name, row) in rows {
        assert!(readme.contains(&format!("| {row} | `{name}` |")), "{name} in row {row}");
    }
    for (name, root) in [
        ("prev_state_root", names.prev_state_root),
        ("new_state_root", names.new_state_root),
        ("tx_root", names.tx_root),
    ] {
        assert!(readme.contains(&format!("| {}, {} | `{name}` |", root.high, root.low)), "{name}");
    }
}
