//! Analytics from a block to verified findings, as a library and from the command line, and what is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/ethereum.rs"]
mod ethereum;
#[path = "../../tests/support/scene.rs"]
mod scene;

use std::path::Path;

use foldproof_circuits::block::Quantity;
use foldproof_circuits::findings::Findings;
use foldproof_circuits::public::PublicInputs;
use foldproof_circuits::stages::commit::codebook;
use foldproof_circuits::statement::Statement;
use foldproof_params::kzg::insecure_test_setup;
use foldproof_prover::dummy::DummyWitness;
use foldproof_prover::keys::KeyStore;
use foldproof_prover::prove::prove;
use foldproof_verifier::{Bundle, Error, KzgSetup, Policy, VerifierKey, verify};
use halo2curves::bn256::Fr;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use scene::Scene;
use serde_json::{Value, json};

/// A proof with a committed configuration, under a setup for tests.
struct Proved {
    dummy: DummyWitness,
    bundle: Bundle,
    findings: Findings,
    key: VerifierKey,
    setup: foldproof_verifier::VerifierSetup,
}

fn proved(name: &str) -> Proved {
    let statement = Statement::from_name(name).unwrap();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache");
    let setup = insecure_test_setup(14, ChaCha20Rng::seed_from_u64(1)).unwrap();
    let verifier = setup.verifier();
    let mut key_store = KeyStore::new(cache, Some(setup), |_| {});
    let dummy = DummyWitness::new(&statement, 1);
    let proved = prove(&mut key_store, &statement, &dummy.witness(), &dummy.models()).unwrap();
    let findings = proved.verified.block().unwrap().findings().unwrap().clone();
    let key = key_store.keys(&statement).unwrap().verifying.clone();
    Proved { dummy, bundle: proved.bundle, findings, key, setup: verifier }
}

impl Proved {
    fn policy(&self) -> Policy {
        let setup = KzgSetup { verifier: self.setup, insecure: true, keys: vec![self.key.clone()] };
        Policy::codebooks([codebook(&self.dummy.codebook)]).trust_setup(setup).allow_insecure_setup()
    }
}

/// Each public input changed alone is refused.
fn refuses_each_change(proved: &Proved, policy: &Policy, rows_of_analytics: usize) {
    let statement = proved.bundle.statement();
    let rows: Vec<Fr> = proved.bundle.unverified_instance().rows().into_iter().copied().collect();
    let analytics = 14..rows.len();
    assert_eq!(analytics.len(), rows_of_analytics);
    for row in analytics {
        for by in [Fr::one(), -Fr::one(), Fr::from(1 << 40)] {
            let mut rows = rows.clone();
            rows[row] += by;
            let instance = PublicInputs::from_rows(statement, rows).unwrap();
            let (claim, digest) = (proved.bundle.scheme_claim(), proved.bundle.key_digest());
            let proof = proved.bundle.proof().to_vec();
            let forged = Bundle::new(statement.clone(), claim, digest, instance, proof).unwrap();
            let error = verify(&forged, policy).unwrap_err();
            let refused = matches!(error, Error::ProofRejected | Error::Findings | Error::ZoneConfig { .. });
            assert!(refused, "row {row}: {error}");
        }
    }
}

#[test]
fn what_is_changed_beside_rules_is_refused() {
    let proved = proved("core-small-64+analytics-all");
    let policy = proved.policy();
    let verified = verify(&proved.bundle, &policy).unwrap();
    assert_eq!(verified.block().unwrap().findings(), Some(&proved.findings));
    assert!(proved.findings.rules.is_some() && proved.findings.anomaly.unwrap().variant.block_tags);
    println!("{} bytes", proved.bundle.proof().len());
    assert!(proved.bundle.proof().len() <= 7_000, "{}", proved.bundle.proof().len());
    // Prices are bound by the tag commitment only.
    let block = proved.dummy.blocks[0].clone();
    assert!(
        verify(&proved.bundle, &proved.policy().expect_block(block.clone()))
            .unwrap()
            .block()
            .unwrap()
            .matched()
    );
    let mut other = block.clone();
    let fields = &mut other.transactions[0].tag_fields;
    fields.price = Quantity::saturating(fields.price.get() ^ 1);
    let error = verify(&proved.bundle, &proved.policy().expect_block(other)).unwrap_err();
    assert!(matches!(error, Error::TagCommitment { .. }), "{error}");
    let salted = proved.policy().expect_block(block).tags_salt(Fr::one());
    assert!(matches!(verify(&proved.bundle, &salted).unwrap_err(), Error::TagCommitment { .. }));
    // Residuals, zones, hypergraph, anomaly, rules.
    refuses_each_change(&proved, &policy, 1 + 3 + 4 + 1 + 5);
}

/// And so is a configuration that the policy does not know.
#[test]
fn what_is_changed_is_refused() {
    let proved = proved("core-small-64+analytics.committed.zonetags");
    let config = proved.dummy.config.unwrap().commitment();
    let policy = proved.policy().zone_configs([config]);
    let verified = verify(&proved.bundle, &policy).unwrap();
    assert_eq!(verified.block().unwrap().findings(), Some(&proved.findings));
    assert!(proved.bundle.proof().len() <= 7_000, "{}", proved.bundle.proof().len());
    let unknown = verify(&proved.bundle, &proved.policy().zone_configs([config + Fr::one()])).unwrap_err();
    assert_eq!(unknown, Error::ZoneConfig { accepted: vec![config + Fr::one()], found: config });
    // Configuration, residuals, zones, hypergraph, anomaly.
    refuses_each_change(&proved, &policy, 1 + 1 + 3 + 4 + 1);
}

/// And of the graph of zones nothing but its commitment is public.
#[test]
fn what_is_changed_beside_a_graph_is_refused() {
    let proved = proved("core-small-64+analytics-zones-graph.committed");
    let config = proved.dummy.config.unwrap().commitment();
    let policy = proved.policy().zone_configs([config]);
    let verified = verify(&proved.bundle, &policy).unwrap();
    let block = verified.block().unwrap();
    assert_eq!(block.findings(), Some(&proved.findings));
    assert!(block.zone_graph_commitment().is_some());
    assert!(proved.bundle.proof().len() <= 7_000, "{}", proved.bundle.proof().len());
    // Configuration, zones, graph.
    refuses_each_change(&proved, &policy, 1 + 3 + 1);
}

fn told(scene: &Scene, code: i32, arguments: &[&str]) -> Value {
    serde_json::from_str(&scene.run(&[arguments, &["--json"]].concat()).ended(code).out).unwrap()
}

/// What is proved is what `fingerprint --analytics` computes, under a preset and under a configuration from a file.
#[test]
fn the_command_line_proves_what_it_computes() {
    let scene = Scene::cold();
    scene.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.kzg"]).ended(0);
    scene.write("block.json", ethereum::block().to_string());
    let computed = told(&scene, 0, &["fingerprint", "block.json", "--analytics", "--preset", "normalised"]);
    let kzg = ["--scheme", "kzg", "--params", "setup.kzg"];
    let prove = |options: &[&str]| told(&scene, 0, &[&["prove", "block.json"], options, &kzg].concat());
    let verify = |code: i32, options: &[&str]| {
        let trusted = ["--params", "setup.kzg", "--allow-insecure-setup"];
        told(&scene, code, &[&["verify"], options, &trusted].concat())
    };

    let made = prove(&["--analytics", "--preset", "normalised", "-o", "named.proof"]);
    let verified = verify(0, &["named.proof"]);
    assert_eq!(made["analytics"], verified["analytics"]);
    for member in ["hotzones", "hyperedges", "regime"] {
        assert_eq!(verified["analytics"][member], computed["analytics"][member], "{member}");
    }
    for member in ["mean", "max", "p95"] {
        assert_eq!(verified["analytics"]["residuals"][member], computed["analytics"]["residuals"][member]);
    }
    assert_eq!(verified["analytics"]["preset"], "normalised");
    assert_eq!(verified["analytics"]["anomaly"]["counts_block_tags"], false);

    prove(&["--analytics=all", "--preset", "normalised", "-o", "all.proof"]);
    let all = verify(0, &["all.proof"]);
    assert_eq!(all["statement"], "core-small-256+analytics-all.normalised");
    let (found, expected) = (&all["analytics"], &computed["analytics"]);
    for member in ["tag_mask", "tags"] {
        assert_eq!(found[member], expected[member], "{member}");
    }
    for member in ["transactions", "gas", "dex_gas_share", "nft_gas_share", "counts", "dominant"] {
        assert_eq!(found["behaviour"][member], expected["behaviour"][member], "{member}");
    }
    for member in ["lending_wei", "bridge_wei"] {
        let expected = expected["behaviour"][member].to_string();
        assert_eq!(found["behaviour"][member], expected, "{member}");
    }
    for member in ["raw", "score", "label"] {
        assert_eq!(found["anomaly"][member], expected["anomaly"][member], "{member}");
    }
    assert_eq!(found["anomaly"]["counts_block_tags"], true);
    // For people: rows of their own, after the facts about the block.
    let shown =
        scene.run(&["verify", "named.proof", "--params", "setup.kzg", "--allow-insecure-setup"]).ended(0).out;
    let (facts, rows) = shown.split_once("\nanalytics: facts, as those above").unwrap();
    assert!(facts.contains("block_commitment") && !facts.contains("hotzones"), "{shown}");
    let score = format!("anomaly                     {} of 100", verified["analytics"]["anomaly"]["score"]);
    for row in
        ["\npreset                      normalised\n", "\nzones                       6\nzone 0 ", &score]
    {
        assert!(rows.contains(row), "{row:?} was expected in {shown}");
    }
    assert!(!rows.contains('{') && !rows.contains("hints"), "{shown}");

    let config = json!({
        "kernel": 3_098_164_009_u64, "reach": 4 << 24, "min_sum": 1_u64 << 52, "zones": 6, "edge2": 1_u64 << 31,
        "edge3": 9_u64 << 30, "edge4": 6_u64 << 32, "baseline": 1_u64 << 39, "scale": 1 << 23,
    });
    scene.write("zones.json", config.to_string());
    prove(&["--analytics=zones,hypergraph", "--zone-config", "zones.json", "-o", "committed.proof"]);
    let committed = verify(0, &["committed.proof", "--zone-config", "zones.json"]);
    assert_eq!(committed["analytics"]["hotzones"], computed["analytics"]["hotzones"]);
    assert_eq!(committed["analytics"].get("anomaly"), None);
    assert_eq!(verify(1, &["committed.proof"])["verdict"], "rejected");
}

#[test]
fn options_that_say_nothing_are_errors() {
    let scene = Scene::cold();
    scene.write("block.json", ethereum::block().to_string());
    for (options, told) in [
        (&["--analytics=tags"][..], "--analytics: all, or some of residuals, zones, hypergraph, anomaly"),
        (
            &["--analytics=hypergraph"],
            "hypergraph is computed from zones, which was not found among them; add it",
        ),
        (&["--analytics", "--preset", "sol"], "one of default, eth, avax, normalised was expected"),
        (
            &["--analytics=residuals", "--preset", "eth"],
            "no configuration was expected without the part zones",
        ),
        (&["--analytics=zones", "--zone-tags"], "they are a variant of the part anomaly"),
        (&["--analytics", "--adapter-fields"], "they are read by the part rules, which was not found"),
        (&["--analytics", "--together", "2"], "--together: no analytics were expected"),
        (&["--preset", "eth"], "--analytics"),
    ] {
        let ended = scene.run(&[&["prove", "block.json"], options].concat()).ended(2);
        assert!(ended.err.contains(told), "{options:?}: {}", ended.err);
    }
}
