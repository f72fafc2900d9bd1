//! What all benches need: statements, keys in a folder of the build, proofs of synthetic witnesses.

#![allow(dead_code, clippy::allow_attributes, reason = "each bench uses a part of it")]

use std::path::{Path, PathBuf};

use foldproof_circuits::stages::commit;
use foldproof_circuits::statement::Statement;
use foldproof_params::keys::PINNED;
use foldproof_params::kzg::insecure_test_setup;
use foldproof_prover::dummy::DummyWitness;
use foldproof_prover::keys::KeyStore;
use foldproof_prover::prove::entry;
use foldproof_verifier::{Policy, Scheme};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

/// Samples of each measurement; a proof takes seconds.
pub const SAMPLES: usize = 10;
/// Proved unless the environment names others: the smallest statement, and the one of most blocks.
const USUAL: [&str; 2] = ["fingerprint+tags-96-64-32-15", "core-small-64"];

/// The statements to measure: those that `FOLDPROOF_BENCH` names, separated by blanks, or all with pinned keys for `all`.
///
/// # Panics
/// If there is no statement of such a name.
pub fn statements() -> Vec<Statement> {
    statements_of(&std::env::var("FOLDPROOF_BENCH").unwrap_or_default())
}

/// Likewise, by what the variable would say.
///
/// # Panics
/// If there is no statement of such a name.
pub fn statements_of(named: &str) -> Vec<Statement> {
    let names: Vec<&str> = match named.trim() {
        "" => USUAL.to_vec(),
        "all" => PINNED.iter().map(|key| key.statement).collect(),
        names => names.split_whitespace().collect(),
    };
    let statement =
        |name| Statement::from_name(name).unwrap_or_else(|| panic!("FOLDPROOF_BENCH: no statement {name:?}"));
    names.into_iter().map(statement).collect()
}

/// Parameters and keys are made once per build folder, unless `FOLDPROOF_CACHE` says where there are some.
pub fn cache() -> PathBuf {
    let own = || Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache");
    std::env::var_os("FOLDPROOF_CACHE").map_or_else(own, PathBuf::from)
}

/// A key store of a scheme; kzg and evm get a setup for 2^k rows that nobody may trust.
///
/// # Panics
/// If there is no such setup.
pub fn key_store(scheme: Scheme, k: u32) -> KeyStore<'static> {
    let setup = || insecure_test_setup(k, ChaCha20Rng::seed_from_u64(u64::from(k))).expect("a setup");
    match scheme {
        Scheme::Transparent => KeyStore::new(cache(), None, |_| {}),
        Scheme::Kzg => KeyStore::new(cache(), Some(setup()), |_| {}),
        Scheme::Evm => KeyStore::evm(cache(), setup(), |_| {}),
    }
}

/// What believes the proofs of a dummy witness, and no others.
///
/// # Panics
/// If there are no keys.
pub fn policy(key_store: &mut KeyStore<'_>, dummy: &DummyWitness) -> Policy {
    let policy = match dummy.statement.blocks() {
        Some(_) => Policy::codebooks([commit::codebook(&dummy.codebook)]),
        None => Policy::without_codebook(),
    };
    let policy = policy.models(dummy.models().into_iter().map(|model| entry(model, "dummy", "")));
    match key_store.trusted() {
        Some(trusted) => policy.trust_setup(trusted).allow_insecure_setup(),
        None => policy.trust_key(key_store.keys(&dummy.statement).expect("keys").verifying.clone()),
    }
}
