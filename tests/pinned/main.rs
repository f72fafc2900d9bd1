//! What is pinned in the tree is what the code makes: keys and their summaries, costs, golden bundles, the README's table
//! of public inputs. Each change of a pin needs `BLESS=1` (see `scripts/bless.sh`) and a line in the changelog.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bundles;
mod changelog;
mod costs;
mod environment;

use std::path::{Path, PathBuf};
use std::{env, fs};

use foldproof_circuits::public::PublicInputs;
use foldproof_circuits::statement::Statement;
use foldproof_cost::summary::summary;
use foldproof_params::{Digest, keys};
use foldproof_prover::keys::KeyStore;
use foldproof_prover::pins;
use foldproof_verifier::{Scheme, VerifierKey};

/// What to do after a change on purpose.
const ADVICE: &str = "if this change is meant, run scripts/bless.sh";

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

/// Parameters and keys are made once per build folder.
fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache")
}

/// Whether pins are written rather than compared.
fn bless() -> bool {
    env::var_os("BLESS").is_some_and(|value| value == "1")
}

#[test]
fn every_pinned_key_reads_and_matches_its_summary() {
    assert!(Statement::cores().all(|statement| keys::transparent(&statement.name()).is_some()));
    for pinned in keys::PINNED {
        let statement = pins::named(pinned.statement).unwrap();
        let key = VerifierKey::from_bytes(&statement, Scheme::Transparent, pinned.bytes).unwrap();
        let cost = costs::all().iter().find(|cost| cost.statement == pinned.statement).unwrap();
        assert_eq!(key.proof_length(), cost.transparent.bytes);
        assert_eq!(pinned.key_digest(), Some(&hex::encode(key.digest())[..]));
        let file = root().join(format!("params/pinned/keys/{statement}.txt"));
        let text = summary(cost, &key, pinned.file_digest());
        assert_eq!(fs::read_to_string(file).unwrap(), text, "{statement}: {ADVICE}");
    }
}

/// The smallest keys of either kind are made anew; `foldproof keys pin --check` does so for all.
#[test]
fn the_smallest_keys_are_what_the_circuits_make() {
    let mut key_store = KeyStore::new(cache(), None, |_| {});
    for name in ["core-small-64", "fingerprint+tags-96-64-32-15"] {
        let bytes = key_store.verifying_bytes(&Statement::from_name(name).unwrap()).unwrap();
        let pinned = keys::transparent(name).unwrap();
        assert_eq!(Digest::of(&bytes), pinned.file_digest(), "{name}: {ADVICE}");
    }
}

#[test]
fn the_readme_lists_the_public_inputs() {
    let statement = Statement::from_name("core-small-64+tags-96-3").unwrap();
    let all = PublicInputs::from_rows(&statement, 0..statement.rows()).unwrap();
    let (names, model) = (all.block().unwrap(), &all.models[0]);
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
        ("model output", model.outputs[0]),
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
