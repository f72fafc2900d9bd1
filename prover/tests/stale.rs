//! A cache that an older build left, whose circuit lacked a constraint: none of its keys is believed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Statement;
use foldproof_params::{transparent, write_sealed};
use foldproof_prover::keys::{Event, KeyStore};
use foldproof_verifier::{Scheme, VerifierKey};
use halo2_proofs::SerdeFormat;
use halo2_proofs::plonk::{keygen_pk, keygen_vk_custom};

/// Nothing is pinned for it.
const STATEMENT: &str = "vector-3+tags-3-2-w16";

/// The circuit, and the circuit of a build that forgot to copy the model's output to where a gate compares it with the public
/// input: whatever a proof under its key claims of the output, it proves nothing.
fn circuits() -> (Layout, Layout) {
    let honest = Layout::blank(&Statement::from_name(STATEMENT).unwrap());
    let output = *honest.assignment().instance().last().unwrap();
    let copy = honest.assignment().instance().len() - 1;
    assert_eq!(honest.assignment().copies()[copy].0, output, "copies of public inputs come first");
    let weak = honest.forged(honest.assignment().clone().without_copy(copy));
    (honest, weak)
}

fn cached(cache: &Path, kind: &str) -> PathBuf {
    let files = fs::read_dir(cache).unwrap().map(|entry| entry.unwrap().path());
    let mut keys: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|end| end == kind)).collect();
    assert_eq!(keys.len(), 1, "{keys:?}");
    keys.remove(0)
}

#[test]
fn a_copy_less_is_another_circuit() {
    let (honest, weak) = circuits();
    assert_eq!(honest.digest(), Layout::blank(honest.statement()).digest());
    assert_ne!(honest.digest(), weak.digest());
    // Every copy counts, and the witness does not.
    let copies = honest.assignment().copies().len();
    for copy in (0..copies).step_by(copies / 16 + 1) {
        let without = honest.forged(honest.assignment().clone().without_copy(copy));
        assert_ne!(without.digest(), honest.digest(), "copy {copy}");
    }
}

#[test]
fn keys_of_another_circuit_are_made_again() {
    let (honest, weak) = circuits();
    let statement = honest.statement();
    let folder = tempfile::tempdir().unwrap();
    let cache = folder.path();
    let mut key_store = KeyStore::new(cache, None, |_| {});
    let right = key_store.keys(statement).unwrap().verifying.digest();

    let params = transparent::prover_params(statement.k(), cache, &mut |_| {}).unwrap().params;
    let key = keygen_vk_custom(&params, &weak, true).unwrap();
    let verifying = VerifierKey::to_bytes(statement, Scheme::Transparent, &key).unwrap();
    let wrong = VerifierKey::from_bytes(statement, Scheme::Transparent, &verifying).unwrap().digest();
    assert_ne!(wrong, right, "a verifier can tell the keys apart");
    let proving = keygen_pk(&params, key, &weak).unwrap().to_bytes(SerdeFormat::RawBytesUnchecked);

    // As an older build wrote them, without a digest of the circuit; with the digest of its circuit; and with none at all.
    for seal in [Vec::new(), weak.digest().to_vec(), vec![0; 32]] {
        for (kind, bytes) in [("vk", &verifying), ("pk", &proving)] {
            let file = cached(cache, kind);
            let kept = fs::read(&file).unwrap();
            write_sealed(&file, &[&bytes[..], &seal].concat()).unwrap();
            let mut warnings = Vec::new();
            let mut key_store = KeyStore::new(cache, None, |event| {
                if let Event::Warning(warning) = event {
                    warnings.push(warning);
                }
            });
            let found = match kind {
                "vk" => key_store.verifying_key(statement).unwrap().digest(),
                _ => key_store.keys(statement).unwrap().verifying.digest(),
            };
            assert_eq!(found, right, "{kind}");
            drop(key_store);
            assert!(warnings.iter().any(|warning| warning.contains("another circuit")), "{warnings:?}");
            fs::write(&file, kept).unwrap();
        }
    }
    // The control: what this build wrote is believed, without a word.
    let mut warnings = 0;
    let mut key_store =
        KeyStore::new(cache, None, |event| warnings += usize::from(matches!(event, Event::Warning(_))));
    assert_eq!(key_store.verifying_key(statement).unwrap().digest(), right);
    drop(key_store);
    assert_eq!(warnings, 0);
}

#[test]
fn a_key_made_for_verifying_is_kept_only_when_it_is_said_so() {
    let statement = Statement::from_name(STATEMENT).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let names = || fs::read_dir(folder.path()).unwrap().count();
    let mut key_store = KeyStore::new(folder.path(), None, |_| {});
    key_store.verifying_key(&statement).unwrap();
    assert_eq!(names(), 0, "nothing of a bundle that may be rejected");
    key_store.keep(&statement);
    assert_eq!(names(), 2, "parameters and key");
    cached(folder.path(), "vk");
}
