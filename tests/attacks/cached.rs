//! A forged proof that a cache vouches for: made under the key of an older build, whose circuit lacked a copy.

use std::fs;
use std::path::Path;
use std::process::Command;

use foldproof_circuits::layout::Layout;
use foldproof_circuits::public::PublicInputs;
use foldproof_params::{Digest, keys, write_sealed};
use foldproof_prover::keys::KeyStore;
use foldproof_verifier::{Bundle, Opinion, Scheme, VerifierKey, scalar, verify};
use halo2curves::bn256::Fr;
use serde_json::{Value, json};

use crate::exhibits::{Witness, statement};
use crate::malicious::Forgery;

/// Nothing is pinned for it.
const STATEMENT: &str = "vector-3+tags-3-2-w16";

/// Runs the program with that cache; gives its exit status and the JSON it prints.
fn foldproof(folder: &Path, arguments: &[&str]) -> (Option<i32>, Value) {
    let ran = Command::new(env!("CARGO_BIN_EXE_foldproof"))
        .current_dir(folder)
        .env("FOLDPROOF_CACHE", folder.join("cache"))
        .args(arguments)
        .arg("--json")
        .output()
        .unwrap();
    (ran.status.code(), serde_json::from_slice(&ran.stdout).unwrap())
}

/// The circuit without the copy of its last public input: what a proof claims of the model's output is bound to nothing.
fn without_last_copy(layout: &Layout) -> Layout {
    let last = layout.assignment().instance().len() - 1;
    layout.forged(layout.assignment().clone().without_copy(last))
}

/// Where builds looked for a key before its name depended on the circuit.
fn older_name(statement: &[u8]) -> String {
    const CACHE_VERSION: u32 = 3;
    let pinned: Vec<u8> = keys::PINNED.iter().flat_map(|key| key.file_digest().0).collect();
    let name = Digest::of(&[&CACHE_VERSION.to_le_bytes()[..], &pinned, &[0; 32], statement].concat());
    format!("vector-3.transparent.{:.16}.vk", name.to_string())
}

#[test]
fn a_forged_output_under_the_key_of_an_older_build_is_refused() {
    let statement = statement(STATEMENT);
    let witness = Witness::new(&statement, false);
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let mut key_store = KeyStore::new(at("cache"), None, |_| {});
    let genuine = key_store.keys(&statement).unwrap();

    let honest = witness.layout(&statement);
    let mut forgery = Forgery::of(&without_last_copy(&honest));
    let row = forgery.rows.len() - 1;
    let lie = Fr::from(3) - forgery.rows[row];
    let (_, told) = forgery.assignment.public().last().unwrap();
    forgery.assignment.write(told.column, told.row, lie);
    forgery.rows[row] = lie;
    let blank = without_last_copy(&Layout::blank(&statement));
    let own = Forgery::of(&blank).own_key(&genuine.parameters);
    let bytes = VerifierKey::to_bytes(&statement, Scheme::Transparent, own.get_vk()).unwrap();
    let weak = VerifierKey::from_bytes(&statement, Scheme::Transparent, &bytes).unwrap();
    let proof = forgery.prove(Scheme::Transparent, &genuine.parameters, &own).bytes;
    let bundle = |digest| {
        let instance = PublicInputs::from_rows(&statement, forgery.rows.clone()).unwrap();
        Bundle::new(statement.clone(), None, digest, instance, proof.clone()).unwrap()
    };
    let (forged, renamed) = (bundle(weak.digest()), bundle(genuine.verifying.digest()));

    // The control: whoever believes that key believes the lie.
    let policy = witness.policy().models(witness.entries()).trust_key(weak);
    let verified = verify(&forged, &policy).unwrap();
    assert_ne!(forgery.rows[row], honest.instance().models[0].outputs[0]);
    assert!(matches!(verified.hints()[0].opinion(), Opinion::Tags(tags) if tags.len() < 3));

    fs::write(at("forged.proof"), forged.to_bytes()).unwrap();
    fs::write(at("renamed.proof"), renamed.to_bytes()).unwrap();
    let entries: Vec<Value> = witness
        .entries()
        .iter()
        .map(|entry| {
            let commitment = format!("0x{}", scalar::to_hex(&entry.commitment));
            json!({
                "name": entry.name, "version": entry.version, "shape": entry.shape.to_string(),
                "commitment": commitment, "labels": entry.labels, "status": entry.status.name(),
            })
        })
        .collect();
    fs::write(at("registry.json"), json!({ "models": entries }).to_string()).unwrap();

    let files: Vec<_> = fs::read_dir(at("cache")).unwrap().map(|entry| entry.unwrap().path()).collect();
    let key = files.iter().find(|file| file.extension().is_some_and(|end| end == "vk")).unwrap();
    let older = at("cache").join(older_name(&statement.to_bytes()));
    for seal in [Vec::new(), blank.digest().to_vec()] {
        for file in [key, &older] {
            write_sealed(file, &[&bytes[..], &seal].concat()).unwrap();
        }
        for (bundle, why) in [("forged.proof", "made with another key"), ("renamed.proof", "does not prove")]
        {
            let arguments = ["verify", bundle, "--registry", "registry.json", "--allow-values"];
            let (status, told) = foldproof(folder.path(), &arguments);
            assert_eq!((status, &told["verified"]), (Some(1), &json!(false)), "{told}");
            assert!(told["error"].as_str().unwrap().contains(why), "{told}");
        }
        let (status, told) = foldproof(folder.path(), &["keys", "make", STATEMENT]);
        assert_eq!((status, &told["key_digest"]), (Some(0), &json!(hex::encode(genuine.verifying.digest()))));
    }
}
