//! Every published block with analytics: evaluated, laid out, and satisfied, where the data folder is beside the workspace. Really
//! proved and verified under both schemes on request:
//! `cargo test --release -p foldproof-prover --test real_blocks_with_analytics -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use foldproof_circuits::analytics::{Analytics, Configuration, Part, Preset};
use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::findings::{Analysed, Findings};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::NONE;
use foldproof_circuits::pipeline::{Fingerprint, evaluate};
use foldproof_circuits::stages::anomaly::LABELS;
use foldproof_circuits::stages::commit::{Salts, codebook as root};
use foldproof_circuits::stages::hypergraph::sets;
use foldproof_circuits::stages::zones::{TAG_NAMES, tag_names};
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::Examiner;
use foldproof_params::kzg::insecure_test_setup;
use foldproof_prover::codebook::Document;
use foldproof_prover::input::read_block;
use foldproof_prover::keys::KeyStore;
use foldproof_prover::prove::{Witness, prove};
use foldproof_verifier::{Bundle, KzgSetup, Policy, Scheme, verify};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use serde_json::Value;

/// As many as are published.
const BLOCKS: usize = 48;

/// The data folder, if it is there; in a worktree elsewhere `FOLDPROOF_DATA` says where.
fn shared() -> Option<PathBuf> {
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let data = std::env::var_os("FOLDPROOF_DATA").map_or_else(beside, PathBuf::from);
    let there = data.join("blocks").is_dir();
    if !there {
        println!("skipped: there are no blocks in {}", data.display());
    }
    there.then_some(data)
}

fn codebook() -> Codebook {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/learned-64.json");
    Document::parse(&fs::read(file).unwrap()).unwrap().quantise().unwrap()
}

/// A block, and what is said of it.
struct Real {
    name: String,
    block: Block,
    statement: Statement,
    fingerprint: Fingerprint,
    expected: Value,
}

/// Every block, with the statement of its size with all parts.
fn every_block(data: &Path, codebook: &Codebook) -> Vec<Real> {
    let analytics = Analytics::new(&Part::OF_BLOCK, Configuration::Named(Preset::default()), false).unwrap();
    let mut files: Vec<PathBuf> =
        fs::read_dir(data.join("blocks")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let read = |file: &PathBuf| {
        let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
        let (block, _) = read_block(&fs::read(file).unwrap()).unwrap();
        let fingerprint = evaluate(&block, codebook, &Salts::none()).unwrap();
        let core = fingerprint.core;
        let statement = Statement::core(core.size, core.centroids).with_analytics(analytics).unwrap();
        let expected = fs::read(data.join(format!("expected/{name}.json"))).unwrap();
        Real { name, block, statement, fingerprint, expected: serde_json::from_slice(&expected).unwrap() }
    };
    let blocks: Vec<Real> = files.iter().map(read).collect();
    assert_eq!(blocks.len(), BLOCKS);
    blocks
}

impl Real {
    /// What native arithmetic finds.
    fn findings(&self, codebook: &Codebook) -> Findings {
        let analytics = self.statement.analytics().unwrap();
        let analysed = Analysed {
            size: self.fingerprint.core.size,
            block: &self.block,
            code: &self.fingerprint.code,
            codebook,
            config: &Preset::default().config(),
            salts: &Salts::none(),
            forest: None,
        };
        Findings::new(analytics, &analysed).unwrap()
    }

    /// What floating point finds: tags of zones and of the block, hyperedges, score and label.
    fn agrees(&self, found: &Findings) {
        let names = |value: &Value| -> Vec<String> {
            value.as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
        };
        let zones = &found.zones.as_ref().unwrap().zones;
        let expected = self.expected["hotzones"].as_array().unwrap();
        assert_eq!(zones.len(), expected.len(), "{}", self.name);
        let block_tags = names(&self.expected["tags"]);
        for (zone, expected) in zones.iter().zip(expected) {
            let own = names(&expected["semanticTags"]);
            let own: Vec<&str> =
                own.iter().map(String::as_str).filter(|tag| TAG_NAMES.contains(tag)).collect();
            let found: Vec<&str> = tag_names(zone.mask).collect();
            assert!(found.iter().all(|tag| own.contains(tag)), "{}: {found:?}, {own:?}", self.name);
        }
        let mask = found.hypergraph.unwrap().mask;
        let edges: Vec<Vec<usize>> =
            sets().into_iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1).map(|(_, set)| set).collect();
        let expected: Vec<Vec<usize>> = self.expected["hyperedges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| serde_json::from_value(edge["nodes"].clone()).unwrap())
            .collect();
        assert_eq!(edges, expected, "{}", self.name);
        let tags: Vec<&str> = found.rules.unwrap().names().collect();
        assert!(
            tags.iter().all(|tag| block_tags.iter().any(|known| known == tag)),
            "{}: {tags:?}",
            self.name
        );
        let verdict = found.anomaly.unwrap().verdict;
        let anomaly = &self.expected["anomaly"];
        #[expect(clippy::cast_precision_loss, reason = "hundredths")]
        let score = verdict.score as f64 / 100.0;
        assert!((anomaly["score"].as_f64().unwrap() - score).abs() < 1e-9, "{}", self.name);
        assert_eq!(anomaly["label"], LABELS[verdict.label], "{}", self.name);
    }
}

#[test]
fn every_published_block_is_satisfied() {
    let Some(data) = shared() else { return };
    let (started, codebook) = (Instant::now(), codebook());
    let mut sizes: BTreeMap<String, usize> = BTreeMap::new();
    for real in every_block(&data, &codebook) {
        let (layout, _) =
            Layout::of_block_under(&real.statement, &real.block, &codebook, None, &Salts::none(), NONE)
                .unwrap();
        let findings = real.findings(&codebook);
        let inputs = layout.instance().analytics.unwrap();
        assert_eq!(Findings::from_inputs(&inputs).as_ref(), Some(&findings), "{}", real.name);
        real.agrees(&findings);
        // All constraints in all rows, those of the look-ups among them; and copies.
        Examiner::new(&layout);
        let assignment = layout.assignment();
        assert!(
            assignment.copies().iter().all(|(from, to)| assignment.read(*from) == assignment.read(*to)),
            "{}",
            real.name
        );
        *sizes.entry(format!("{}, k = {}", real.statement, real.statement.k())).or_default() += 1;
    }
    println!("{sizes:?} in {:.1} s", started.elapsed().as_secs_f64());
}

/// Proves every block under a scheme, and verifies the bundle as somebody who has the block, in a policy made anew.
fn prove_all(scheme: Scheme) {
    let Some(data) = shared() else { return };
    let codebook = codebook();
    let mut blocks = every_block(&data, &codebook);
    // Keys of one size at a time.
    blocks.sort_by_key(|real| real.statement.k());
    let most = blocks.last().unwrap().statement.k();
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache");
    let setup = || insecure_test_setup(most, ChaCha20Rng::seed_from_u64(1)).unwrap();
    let setup = (scheme == Scheme::Kzg).then(setup);
    let verifier = setup.as_ref().map(|setup| setup.verifier());
    let mut key_store = KeyStore::new(cache, setup, |_| {});
    let mut told: BTreeMap<String, (usize, usize, f64, f64)> = BTreeMap::new();
    for real in &blocks {
        let key = key_store.keys(&real.statement).unwrap().verifying.clone();
        let salts = Salts::none();
        let witness = Witness::Block { block: &real.block, codebook: &codebook, config: None, salts: &salts };
        let started = Instant::now();
        let proved = prove(&mut key_store, &real.statement, &witness, NONE).unwrap();
        let proving = started.elapsed().as_secs_f64();
        let bytes = proved.bundle.to_bytes();
        let policy = Policy::codebooks([root(&codebook)]).expect_block(real.block.clone());
        let policy = match verifier {
            Some(verifier) => policy
                .trust_setup(KzgSetup { verifier, insecure: true, keys: vec![key] })
                .allow_insecure_setup(),
            None => policy.trust_key(key),
        };
        let started = Instant::now();
        let bundle = Bundle::from_bytes(&bytes).unwrap();
        let verified = verify(&bundle, &policy).unwrap_or_else(|error| panic!("{}: {error}", real.name));
        let verifying = started.elapsed().as_secs_f64();
        let facts = verified.block().unwrap();
        assert!(facts.matched(), "{}", real.name);
        let found = facts.findings().unwrap();
        assert_eq!(found, &real.findings(&codebook), "{}", real.name);
        real.agrees(found);
        let entry = told.entry(format!("{}, k = {}", real.statement, real.statement.k())).or_default();
        *entry = (entry.0 + 1, bundle.proof().len(), entry.2 + proving, entry.3 + verifying);
    }
    for (statement, (count, bytes, proving, verifying)) in &told {
        #[expect(clippy::cast_precision_loss, reason = "a handful")]
        let each = |seconds: &f64| seconds / *count as f64;
        println!(
            "{scheme}: {count} of {statement}: proofs of {bytes} bytes, proved in {:.2} s each, verified in {:.3} s each",
            each(proving),
            each(verifying)
        );
    }
    assert_eq!(told.values().map(|(count, ..)| count).sum::<usize>(), BLOCKS);
}

#[test]
#[ignore = "minutes: 48 proofs"]
fn every_published_block_is_proved_under_kzg() {
    prove_all(Scheme::Kzg);
}

#[test]
#[ignore = "minutes: 48 proofs"]
fn every_published_block_is_proved_under_the_transparent_scheme() {
    prove_all(Scheme::Transparent);
}
