//! Decisions from documents to verified rulings, as a library and from the command line, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/ethereum.rs"]
mod ethereum;
#[path = "../../tests/support/scene.rs"]
mod scene;

use std::path::Path;

use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::models::NONE;
use foldproof_circuits::public::PublicInputs;
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::statement::Statement;
use foldproof_params::kzg::insecure_test_setup;
use foldproof_prover::codebook::default_codebook;
use foldproof_prover::decision::{Beside, Kind, ReadError, read};
use foldproof_prover::input::read_block;
use foldproof_prover::keys::KeyStore;
use foldproof_prover::prove::{Witness, prove};
use foldproof_verifier::{Bundle, Error, Facts, KzgSetup, Policy, verify};
use halo2curves::bn256::Fr;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use scene::Scene;
use serde_json::{Value, json};

/// 96 numbers that count up from `first` in thousandths.
fn fingerprint(first: i32) -> Value {
    json!((first..first + 96).map(|n| f64::from(n) / 1000.0).collect::<Vec<_>>())
}

fn matrix(diagonal: f64) -> Value {
    json!((0..4).map(|i| [0, 1, 2, 3].map(|j| if i == j { diagonal } else { 0.25 })).collect::<Vec<_>>())
}

/// A document of each kind, as docs/decisions.md describes them, and what is decided.
fn documents() -> Vec<(&'static str, Value, Value)> {
    let table: Vec<Vec<f64>> =
        (0..54).map(|row| (0..9).map(|action| f64::from((row + 2 * action) % 11)).collect()).collect();
    vec![
        (
            "consensus",
            json!({
                "validators": [
                    { "score": 0.5, "confidence": 1, "stake": 3 },
                    { "score": 0.5, "confidence": 0.5, "stake": "18446744073709551615" },
                    { "score": 0.25, "confidence": 0.5, "stake": 0 },
                    { "score": 0.75, "confidence": 0.5, "stake": 1 },
                ],
                "method": "confidence_weighted",
            }),
            json!({ "method": "confidence_weighted", "threshold": [2, 1], "insufficient": false, "value": 1_u64 << 31, "outliers": [] }),
        ),
        (
            "criteria",
            json!({ "criteria": [{ "raw": 3, "min": 0, "max": 4, "weight": 1 }, { "raw": -1, "min": 0, "max": 4, "weight": 2 }] }),
            json!({ "method": "simple", "value": 3_u64 << 29 }),
        ),
        (
            "nearest",
            json!({ "fingerprint": fingerprint(-40), "index": ["0x0", "0xffffffffffffffff", "0xf0f0f0f0f0f0f0f0"] }),
            json!({ "matched": false }),
        ),
        ("top", json!({ "values": [1, 5.5, -3, 5.5, 2], "count": 3 }), json!({ "indices": [1, 3, 4] })),
        (
            "q-table",
            json!({ "table": table, "state": { "size": 50, "latency_us": 99_999, "partition": true, "loss_ppm": 150_000 } }),
            json!({ "state": 23, "action": 4, "fanout": 6, "ttl": 10 }),
        ),
        (
            "bandit",
            json!({ "arms": [{ "alpha": 3, "beta": 4 }, { "alpha": 9, "beta": 1 }, { "alpha": 18, "beta": 2 }] }),
            json!({ "choice": 1 }),
        ),
        (
            "contextual",
            json!({
                "arms": [{ "weights": [0.5, 0.5, 0, 0], "matrix": matrix(1.0) }, { "weights": [0.5, 0, 0, 0.125], "matrix": matrix(2.0) }],
                "features": [1, 0.5, -0.25, 2],
            }),
            json!({ "choice": 1, "features": [1 << 24, 1 << 23, -(1 << 22), 2 << 24] }),
        ),
        (
            "mempool",
            json!({ "now": { "block": "block.json", "time": 1_764_230_012 }, "before": { "block": "block.json", "time": 1_764_230_000 } }),
            json!({ "time": 1_764_230_012_u64, "time_before": 1_764_230_000_u64 }),
        ),
        (
            "drift",
            json!({ "fingerprints": [fingerprint(0), fingerprint(1), fingerprint(-40)], "distances": true }),
            json!({ "accelerating": true }),
        ),
        (
            "departure",
            json!({ "fingerprint": fingerprint(0), "centres": [fingerprint(90), fingerprint(2), fingerprint(-2)], "distances": true }),
            json!({ "nearest": 1, "outlier": false }),
        ),
    ]
}

/// What a document is read beside: the codebook that ships, and one block.
struct Here;

impl Beside for Here {
    fn codebook(&self) -> &Codebook {
        default_codebook()
    }

    fn block(&self, _: &str) -> Result<Block, Box<dyn std::error::Error + Send + Sync>> {
        Ok(read_block(ethereum::block().to_string().as_bytes())?.0)
    }
}

fn evidence(kind: &str, document: &Value) -> Result<Evidence, ReadError> {
    read(Kind::from_name(kind).unwrap(), document.to_string().as_bytes(), &Here)
}

/// Each decision under both schemes; each public input changed alone is refused, and so is other evidence than is expected.
#[test]
fn what_is_changed_is_refused() {
    let cache = || Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache");
    let setup = insecure_test_setup(14, ChaCha20Rng::seed_from_u64(1)).unwrap();
    let verifier = setup.verifier();
    for setup in [None, Some(setup)] {
        let kzg = setup.is_some();
        let mut key_store = KeyStore::new(cache(), setup, |_| {});
        for (kind, document, _) in documents() {
            let evidence = evidence(kind, &document).unwrap();
            let decision = evidence.decision();
            let statement = Statement::of_decision(decision).unwrap();
            let salts: Vec<Fr> = (3..).map(Fr::from).take(statement.subject().commitments()).collect();
            let witness = Witness::Decision { evidence: &evidence, salts: &salts };
            let proved = prove(&mut key_store, &statement, &witness, NONE).unwrap();
            assert!(proved.bundle.proof().len() <= 8_000, "{kind}: {}", proved.bundle.proof().len());
            let key = key_store.keys(&statement).unwrap().verifying.clone();
            let roots = [foldproof_circuits::stages::commit::codebook(default_codebook())];
            let policy = Policy::codebooks(roots).and_values();
            let policy = if kzg {
                let setup = KzgSetup { verifier, insecure: true, keys: vec![key] };
                policy.trust_setup(setup).allow_insecure_setup()
            } else {
                policy.trust_key(key)
            };
            let verified = verify(&proved.bundle, &policy).unwrap();
            let Facts::Decision(facts) = verified.facts() else { panic!("{kind}: a decision") };
            assert_eq!(facts.ruling(), &Ruling::new(&evidence).unwrap(), "{kind}");

            // Each commitment can be insisted on, and another is refused.
            let commitments = evidence.commitments(&salts).unwrap();
            for ((name, found, _), expected) in facts.commitments().zip(&commitments) {
                assert_eq!(found, *expected, "{kind} {name}");
                assert!(verify(&proved.bundle, &policy.clone().expect_evidence(name, found)).is_ok());
                let other = policy.clone().expect_evidence(name, found + Fr::one());
                assert!(
                    matches!(verify(&proved.bundle, &other), Err(Error::Evidence { .. })),
                    "{kind} {name}"
                );
            }
            let nothing = policy.clone().expect_evidence("nothing", Fr::one());
            assert!(matches!(verify(&proved.bundle, &nothing), Err(Error::Evidence { found: None, .. })));

            let rows: Vec<Fr> = proved.bundle.unverified_instance().rows().into_iter().copied().collect();
            for row in 1..rows.len() {
                for by in [Fr::one(), -Fr::one(), Fr::from(1 << 40)] {
                    let mut rows = rows.clone();
                    rows[row] += by;
                    let instance = PublicInputs::from_rows(&statement, rows).unwrap();
                    let (claim, digest) = (proved.bundle.scheme_claim(), proved.bundle.key_digest());
                    let proof = proved.bundle.proof().to_vec();
                    let forged = Bundle::new(statement.clone(), claim, digest, instance, proof).unwrap();
                    let error = verify(&forged, &policy).unwrap_err();
                    let refused =
                        matches!(error, Error::ProofRejected | Error::Ruling | Error::CodebookRoot { .. });
                    assert!(refused, "{kind}, row {row}: {error}");
                }
            }
        }
    }
}

/// A block of a height with transactions.
fn block(height: i32, transactions: Vec<Value>) -> Value {
    json!({
        "header": { "height": height, "timestamp": 1_700_000_000 },
        "transactions": transactions,
        "executionTraces": [],
    })
}

fn told(scene: &Scene, code: i32, arguments: &[&str]) -> Value {
    serde_json::from_str(&scene.run(&[arguments, &["--json"]].concat()).ended(code).out).unwrap()
}

#[test]
fn the_command_line_decides() {
    let scene = Scene::cold();
    scene.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.kzg"]).ended(0);
    scene.write("block.json", ethereum::block().to_string());
    let kzg = ["--scheme", "kzg", "--params", "setup.kzg"];
    let trusted = ["--params", "setup.kzg", "--allow-insecure-setup"];
    let verify = |code: i32, options: &[&str]| told(&scene, code, &[&["verify"], options, &trusted].concat());
    for (kind, document, expected) in documents() {
        let (file, proof) = (format!("{kind}.json"), format!("{kind}.proof"));
        scene.write(&file, document.to_string());
        let made = told(&scene, 0, &[&["prove-decision", kind, &file][..], &kzg].concat());
        let verified = verify(0, &[&proof, "--allow-values"]);
        assert_eq!(verified["subject"], "decision");
        assert_eq!(
            (&made["decision"], &made["commitments"]),
            (&verified["decision"], &verified["commitments"])
        );
        for (member, value) in expected.as_object().unwrap() {
            assert_eq!(&verified["decision"][member], value, "{kind} {member}");
        }
        // Nobody takes it without asking.
        assert_eq!(verify(1, &[&proof])["verdict"], "rejected", "{kind}");
    }
    let scores = verify(0, &["consensus.proof", "--allow-values"])["commitments"]["scores"].clone();
    let named = format!("scores={}", scores.as_str().unwrap());
    assert_eq!(verify(0, &["consensus.proof", "--evidence", &named])["values_matched"], true);
    let other = named.replace("scores", "criteria");
    let refused = verify(1, &["consensus.proof", "--evidence", &other]);
    assert!(refused["error"].as_str().unwrap().starts_with("commitment criteria: expected"), "{refused}");
    // A policy file says the same.
    scene.write("policy.json", json!({ "evidence": { "scores": scores } }).to_string());
    assert_eq!(verify(0, &["consensus.proof", "--policy", "policy.json"])["values_matched"], true);

    let salted = told(
        &scene,
        0,
        &[&["prove-consensus", "consensus.json", "--hide", "-o", "salted.proof"][..], &kzg].concat(),
    );
    assert_ne!(salted["commitments"]["scores"], scores);
    assert_eq!(salted["decision"], verify(0, &["salted.proof", "--allow-values"])["decision"]);
}

/// A drift from the fingerprints of verified blocks, in their order.
#[test]
fn fingerprints_are_those_of_blocks() {
    let scene = Scene::cold();
    scene.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.kzg"]).ended(0);
    let kzg = ["--scheme", "kzg", "--params", "setup.kzg"];
    let mut fingerprints = Vec::new();
    for height in [7, 8] {
        let (name, proof) = (format!("{height}.json"), format!("{height}.proof"));
        let transactions = vec![json!({ "amount": height, "gasUsed": 21_000 })];
        let block = block(height, transactions);
        scene.write(&name, block.to_string());
        fingerprints.push(told(&scene, 0, &["fingerprint", &name])["fingerprint"].clone());
        scene.run(&[&["prove", &name, "--hide", "-o", &proof][..], &kzg].concat()).ended(0);
    }
    scene.write("drift.json", json!({ "fingerprints": fingerprints, "distances": true }).to_string());
    let salts = ["--salt-of", "7.proof.salt", "--salt-of", "8.proof.salt"];
    scene.run(&[&["prove-decision", "drift", "drift.json"][..], &salts, &kzg].concat()).ended(0);
    let trusted = ["--params", "setup.kzg", "--allow-insecure-setup"];
    let held = |code: i32, history: [&str; 2]| {
        let history = [&["verify", "drift.proof", "--history"][..], &history, &trusted].concat();
        scene.run(&history).ended(code)
    };
    let said = held(0, ["7.proof", "8.proof"]);
    assert!(said.out.contains("those given and of 2 verified blocks"), "{}", said.out);
    held(1, ["8.proof", "7.proof"]);
}

/// Predictions for a pending block, and trends, from blocks whose tags are proved.
#[test]
fn predictions_and_trends_are_of_blocks_whose_tags_are_proved() {
    let scene = Scene::cold();
    scene.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.kzg"]).ended(0);
    let kzg = ["--scheme", "kzg", "--params", "setup.kzg"];
    let trusted = ["--params", "setup.kzg", "--allow-insecure-setup", "--json"];
    for (height, dear) in [(7, 0), (8, 0), (9, 3)] {
        let price = |n: i32| if n < dear { "60000000000" } else { "1" };
        let transactions: Vec<Value> = (0..4).map(|n| json!({ "gasPrice": price(n), "amount": n })).collect();
        let block = block(height, transactions);
        let (name, proof) = (format!("{height}.json"), format!("{height}.proof"));
        scene.write(&name, block.to_string());
        let rules = ["prove", &name, "--analytics=rules", "--hide", "-o", &proof];
        scene.run(&[&rules[..], &kzg].concat()).ended(0);
    }
    let blocks = ["7.proof", "8.proof", "9.proof"];
    let said = scene.run(&[&["verify"], &blocks[..], &["--trend"], &trusted].concat()).ended(0).out;
    let trend: Value = serde_json::from_str(said.lines().last().unwrap()).unwrap();
    assert_eq!(trend["trend"]["HIGH_FEE"], json!({ "counts": [0, 0, 3], "trend": "emerging", "sign": 1 }));
    assert_eq!(trend["trend"]["DEX_ACTIVITY"]["trend"], "steady");
    scene.run(&[&["verify"], &blocks[1..], &["--trend"], &trusted].concat()).ended(1);

    let snapshot = |height: u32, time: u64| json!({ "block": format!("{height}.json"), "time": time });
    let document = json!({ "now": snapshot(9, 1_700_000_012), "before": snapshot(8, 1_700_000_000) });
    scene.write("pending.json", document.to_string());
    let salts = ["--salt-of", "8.proof.salt", "--salt-of", "9.proof.salt"];
    scene.run(&[&["prove-decision", "mempool", "pending.json"], &salts[..], &kzg].concat()).ended(0);
    let held = |code: i32, history: &[&str]| {
        let history = [&["verify", "pending.proof", "--history"], history, &trusted].concat();
        let said = scene.run(&history).ended(code).out;
        serde_json::from_str::<Value>(said.lines().last().unwrap()).unwrap()
    };
    let verified = held(0, &blocks[1..]);
    assert_eq!(
        (&verified["values_matched"], &verified["decision"]["block_tags"]),
        (&json!(true), &json!(["HIGH_FEE"]))
    );
    // Two other blocks, and one too few.
    held(1, &blocks[..2]);
    held(1, &blocks[2..]);
}

#[test]
fn errors_name_the_member() {
    let change = |kind: &str, pointer: &str, value: Value| {
        let (_, mut document, _) = documents().into_iter().find(|(known, ..)| *known == kind).unwrap();
        match document.pointer_mut(pointer) {
            Some(member) => *member = value,
            None => drop(document.as_object_mut().unwrap().insert(pointer[1..].to_owned(), value)),
        }
        evidence(kind, &document).map_err(|error| error.to_string())
    };
    for (kind, pointer, value, told) in [
        (
            "consensus",
            "/validators/2/score",
            json!(1.1),
            "validators[2].score: expected a number from 0 to 1",
        ),
        ("consensus", "/validators/2/stake", json!(-1), "validators[2].stake: expected scores of validators"),
        ("consensus", "/method", json!("mean"), "method: expected one of median, weighted_median,"),
        ("consensus", "/threshold", json!([0, 1]), "threshold: two numbers from 1 to 65535 were expected"),
        ("consensus", "/thresholds", json!(1), "thresholds: expected scores of validators"),
        ("criteria", "/criteria/1/min", json!(5), "criteria[1].min: at most max was expected"),
        ("criteria", "/criteria/0/raw", json!(1e10), "criteria[0].raw: expected a number from"),
        ("criteria", "/fraction_bits", json!(48), "fraction_bits: expected 0 to 40, found 48"),
        ("nearest", "/index/1", json!("ff"), "index[1]: expected 0x and up to 16 digits"),
        ("nearest", "/fingerprint/95", json!(8), "fingerprint[95]: expected a number from -8 to 7.99"),
        ("top", "/values", json!([]), "values: 1 to 16384 rows of 1 were expected"),
        ("q-table", "/table/3", json!([1]), "table[3]: expected 9 numbers, found 1"),
        ("bandit", "/arms/0/alpha", json!(0), "values[0]: a whole number from 1 to 4294967295 was expected"),
        ("contextual", "/features/1", json!(1e9), "features[1]: expected a number from"),
        ("mempool", "/size", json!("tiny"), "size: expected one of small, medium, large, full, huge"),
        ("drift", "/fingerprints", json!([fingerprint(0)]), "fingerprints: expected two or three"),
        ("departure", "/centres/0", json!([1]), "centres[0]: expected 96 numbers, found 1"),
    ] {
        let error = change(kind, pointer, value).unwrap_err();
        assert!(error.starts_with(told), "{kind} {pointer}: {error}");
    }
    // More indices than values is no statement.
    let top = change("top", "/count", json!(6)).unwrap();
    let error = Statement::of_decision(top.decision()).unwrap_err().to_string();
    assert_eq!(error, "indices: 1 to 5 were expected, found 6");
}
