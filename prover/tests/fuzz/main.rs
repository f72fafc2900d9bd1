//! Hostile bytes for every parser: committed cases first, then seeds, large and deep documents, then mutations. No parser may panic,
//! overflow the stack, or take more heap than its bound: a fixed part and so many bytes per byte of input.
//!
//! Each parser gets half a second of mutations; `FOLDPROOF_FUZZ_SECONDS=60 cargo test --release -p foldproof-prover --test fuzz --
//! --nocapture` gives each a minute, and `FOLDPROOF_SEED` repeats a run. A failure names the file its case is in and where to
//! move it: `tests/cases/PARSER`, from where every later run replays it.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod engine;
#[path = "../../../tests/support/ethereum.rs"]
mod ethereum;
mod graph;

use std::io::Cursor;
use std::path::Path;
use std::sync::Arc;

use engine::{Bound, Food, Fuzzer};
use foldproof_circuits::graph::Graph;
use foldproof_circuits::model::Head;
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::graphs;
use foldproof_circuits::testing::samples::Dice;
use foldproof_params::keys;
use foldproof_params::kzg::{PtauImport, Setup, VerifierSetup, import_ptau_from, insecure_test_setup};
use foldproof_prover::codebook::Document;
use foldproof_prover::codebook::train::Dataset;
use foldproof_prover::input::read_block;
use foldproof_prover::model::graph::trees::isolation::IsolationForest;
use foldproof_prover::model::onnx::File;
use foldproof_prover::model::select::select;
use foldproof_prover::model::{DEMO_FILE, demo, graph_file, labels, samples};
use foldproof_prover::prove::entry;
use foldproof_prover::sample;
use foldproof_prover::secret::Secret;
use foldproof_verifier::json::{PolicyFile, registry};
use foldproof_verifier::scalar::{from_hex, to_hex};
use foldproof_verifier::{BlockHeader, Bundle, Context, Policy, Scheme, SetupClaim, VerifierKey, verify};
use halo2curves::bn256::Fr;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use serde_json::json;

/// For JSON that is read whole before it is looked at.
const TREE: Bound = Bound { fixed: 1 << 20, per_byte: 40 };
/// For JSON that is read into the type it must have.
const TYPED: Bound = Bound { fixed: 1 << 20, per_byte: 24 };
/// For bytes whose lengths are checked before anything is made of them.
const EXACT: Bound = Bound { fixed: 1 << 20, per_byte: 4 };

fn drop_result<T, E: std::fmt::Display>(result: Result<T, E>) {
    // Messages are made of outside data too.
    let message = result.err().map_or_else(|| "fine".to_owned(), |error| error.to_string());
    assert!((1..2000).contains(&message.len()), "a message of {} bytes", message.len());
}

#[test]
fn blocks() {
    let fuzzer = Fuzzer::new();
    let small = sample::Options { transactions: 3, ..sample::Options::default() };
    let real = include_bytes!("../vectors/blocks/mock-1tx.json").to_vec();
    let rpc = ethereum::block().to_string().into_bytes();
    let food = Food {
        wide: &[
            ["{\"header\":{\"height\":1},\"transactions\":[", "{},", "{}],\"executionTraces\":[]}"],
            ["{\"header\":{\"height\":1},\"transactions\":[],\"executionTraces\":[", "{},", "{}]}"],
            [
                "{\"header\":{\"height\":1},\"transactions\":[],\"executionTraces\":[],\"witnessData\":{\"bundles\":[",
                "{},",
                "{}]}}",
            ],
            ["{\"number\":\"0x1\",\"transactions\":[", "{},", "{}]}"],
        ],
        ..Food::new(vec![sample::block(&small).into_bytes(), real, rpc])
    };
    fuzzer.run("block", TREE, &food, |bytes| drop_result(read_block(bytes)));
}

#[test]
fn codebooks_and_fingerprints() {
    let fuzzer = Fuzzer::new();
    let food = Food::new(vec![include_bytes!("../vectors/learned-64.json").to_vec()]);
    fuzzer.run("codebook", TREE, &food, |bytes| {
        drop_result(Document::parse(bytes).and_then(|document| document.quantise()));
    });
    let line = format!("{{\"fingerprint\": {:?}}}\n", vec![0.25; 96]);
    fuzzer.run("dataset", TREE, &Food::new(vec![line.repeat(3).into_bytes()]), |bytes| {
        drop_result(Dataset::parse("fuzz", bytes, None));
    });
}

#[test]
fn models_samples_and_labels() {
    let fuzzer = Fuzzer::new();
    let food = Food {
        wide: &[
            ["{\"labels\":[", "\"\",", "\"\"]}"],
            ["{\"inputs\":[", "{\"mean\":0,\"multiplier\":0},", "0]}"],
            ["{\"layers\":[{\"relu\":true,\"weights\":[", "[],", "[]]}]}"],
            ["{\"layers\":[{\"relu\":true,\"weights\":[[", "0,", "0]]}]}"],
        ],
        ..Food::new(vec![DEMO_FILE.as_bytes().to_vec()])
    };
    fuzzer.run("model", TYPED, &food, |bytes| drop_result(foldproof_prover::model::read(bytes)));
    let mut dice = Dice::new(3);
    let graph = Arc::new(graphs::graph(&mut dice));
    let graph_model = graphs::model(&mut dice, &graph);
    let food = Food {
        wide: &[
            ["{\"nodes\":[", "{\"op\":\"\"},", "0]}"],
            ["{\"heads\":[{\"head\":\"\",\"labels\":[", "\"\",", "\"\"]}]}"],
            ["{\"nodes\":[{\"op\":\"\",\"terms\":[", "[],", "[]]}]}"],
            ["{\"nodes\":[{\"op\":\"\",\"views\":[", "{\"of\":0,\"offset\":0,\"dims\":[]},", "0]}]}"],
            ["{\"parameters\":[{\"kind\":\"\",\"weights\":[[", "[],", "[]]]}]}"],
            ["{\"parameters\":[{\"kind\":\"\",\"leaves\":[", "[],", "[]]}]}"],
        ],
        ..Food::new(vec![graph_file::to_json(&graph_model).into_bytes()])
    };
    fuzzer.run("graph-model", TYPED, &food, |bytes| drop_result(graph_file::read_any(bytes)));
    let food = Food::new(vec![graph.to_bytes()]);
    // A node of one byte takes a hundred in memory, of which there are 4096 at most.
    fuzzer.run("graph", EXACT, &food, |bytes| drop(Graph::from_bytes(bytes)));
    let vector = b"{\"input\": [1, 2.5, -3e-2]}\n{\"input\": [0, 0, 1]}\n".to_vec();
    let fingerprint = format!("{{\"fingerprint\": {:?}}}", vec![0.25; 96]).into_bytes();
    let food = Food {
        wide: &[["{\"input\":[", "0,", "0]}"], ["", "{\"input\":[0]}\n", ""]],
        ..Food::new(vec![vector, fingerprint])
    };
    fuzzer.run("samples", TREE, &food, |bytes| drop_result(samples::read(bytes)));
    let names = br#"["swap", "mint"]"#.to_vec();
    let classes = br#"{"classes": ["a", "b"], "other": 1}"#.to_vec();
    let food = Food { wide: &[["{\"classes\":[", "\"\",", "\"\"]}"]], ..Food::new(vec![names, classes]) };
    fuzzer.run("labels", TREE, &food, |bytes| drop_result(labels(bytes)));
}

#[test]
fn onnx() {
    let fuzzer = Fuzzer::new();
    let read =
        |bytes: &[u8]| File::read(bytes, None).and_then(|file| select(&file, None, Head::Class, 6).map(drop));
    assert!(read(&graph::seed()).is_ok(), "the seed is a network");
    let food = Food { large: graph::large(), ..Food::new(vec![graph::seed()]) };
    // An empty message takes two bytes in a file and some hundred in memory.
    let bound = Bound { fixed: 1 << 20, per_byte: 256 };
    fuzzer.run("onnx", bound, &food, |bytes| drop_result(read(bytes)));
}

/// What is no dense network is refused early by the import; here it is folded, recognised and evaluated.
#[test]
fn graphs() {
    let fuzzer = Fuzzer::new();
    let read = |bytes: &[u8]| {
        let file = File::read(bytes, None)?;
        let name = file.outputs().first().copied().unwrap_or_default();
        let graph = foldproof_prover::model::graph::Graph::of(&file, name)?;
        let dims = graph.input_dims(6)?;
        drop_result(IsolationForest::of(&graph.trace(dims.clone())?));
        graph.evaluate(graph.feed(dims, &[0.5; 6])?)
    };
    let seeds = graph::others();
    assert!(seeds.iter().all(|seed| read(seed).is_ok()), "the seeds are evaluated");
    let bound = Bound { fixed: 1 << 20, per_byte: 256 };
    fuzzer.run("graph", bound, &Food::new(seeds), |bytes| drop_result(read(bytes)));
    let seeds = graph::sliding();
    assert!(seeds.iter().all(|seed| read(seed).is_ok()), "the seeds are evaluated");
    // A few bytes of an attribute may say that there are as many windows as are allowed.
    let bound = Bound { fixed: 32 << 20, per_byte: 256 };
    fuzzer.run("sliding", bound, &Food::new(seeds), |bytes| drop_result(read(bytes)));
}

#[test]
fn policies_registries_and_secrets() {
    let fuzzer = Fuzzer::new();
    let commitment = format!("0x{}", to_hex(&Fr::from(7)));
    let policy = json!({
        "statements": ["core-small-64", "fingerprint+tags-96-64-32-15"], "schemes": ["transparent", "kzg"],
        "codebook_roots": [commitment], "zone_configs": [commitment], "require_within_bound": true, "setups": ["00".repeat(32)],
        "allow_insecure_setup": true, "height": 17, "block_hash": "11".repeat(32), "block_hashes": ["11".repeat(32)], "context": commitment, "values": true, "require_known_time": true,
        "registry": "registry.json",
    });
    let food = Food {
        wide: &[
            ["{\"statements\":[", "\"\",", "\"\"]}"],
            ["{\"schemes\":[", "\"kzg\",", "\"kzg\"]}"],
            ["{\"setups\":[", "\"\",", "\"\"]}"],
            ["{\"registry\":\"", "../", "\"}"],
            ["{\"statements\":[\"fingerprint", "+tags-1-1", "\"]}"],
        ],
        ..Food::new(vec![policy.to_string().into_bytes(), b"{}".to_vec()])
    };
    fuzzer.run("policy", TYPED, &food, |bytes| {
        drop_result(PolicyFile::parse(bytes).and_then(|file| {
            drop_result(file.setups());
            file.policy(Policy::any_codebook())
        }));
    });
    let head = demo().head();
    let known = entry(demo(), "demo", "1");
    let active = json!({
        "name": known.name, "version": known.version, "shape": known.shape.to_string(), "commitment": commitment,
        "labels": head.labels, "status": "active", "valid_from": 5, "valid_until": 6,
    });
    let anomaly = json!({
        "name": "a", "version": "", "shape": "anomaly-96-8-96", "commitment": format!("0x{}", to_hex(&Fr::from(8))),
        "status": "revoked",
    });
    let food = Food {
        wide: &[
            ["{\"models\":[", "{},", "{}]}"],
            ["{\"models\":[{\"labels\":[", "\"\",", "\"\"]}]}"],
            ["{\"models\":[{\"name\":\"", "n", "\"}]}"],
            ["{\"", "m", "\":[]}"],
        ],
        ..Food::new(vec![json!({ "models": [active, anomaly] }).to_string().into_bytes()])
    };
    fuzzer.run("registry", TYPED, &food, |bytes| drop_result(registry::parse(bytes)));
    let food = Food::new(vec![Secret::random().to_text().into_bytes(), to_hex(&Fr::from(9)).into_bytes()]);
    fuzzer.run("secret", EXACT, &food, |bytes| drop_result(Secret::parse(bytes)));
}

#[test]
fn names_and_numbers_of_the_command_line() {
    let fuzzer = Fuzzer::new();
    let food = Food::new(vec![
        b"fingerprint+tags-96-64-32-15".to_vec(),
        b"core-small-64+tags-96-16-4+anomaly-96-64-32-16-32-64-96".to_vec(),
        b"vector-12+class-12-128-64-32-4".to_vec(),
        format!("0x{}", to_hex(&-Fr::one())).into_bytes(),
    ]);
    fuzzer.run("argument", Bound { per_byte: 16, ..EXACT }, &food, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        let _ = (from_hex(&text), Statement::from_name(&text), Statement::from_bytes(bytes));
    });
}

#[test]
fn bundles_and_keys() {
    let fuzzer = Fuzzer::new();
    let statement = Statement::from_name("fingerprint+tags-96-64-32-15").unwrap();
    let instance = foldproof_circuits::public::PublicInputs::from_rows(
        &statement,
        (0..statement.rows() as u64).map(Fr::from),
    );
    let bundle = |setup| {
        Bundle::new(statement.clone(), setup, [7; 32], instance.clone().unwrap(), vec![3; 640]).unwrap()
    };
    let kzg = bundle(Some(SetupClaim { id: [5; 32], insecure: true })).to_bytes();
    let context = Context::new(Fr::from(6)).unwrap();
    let header = include_str!("../../../verifier/src/header/fixtures/cancun.hex").trim();
    let header = BlockHeader::decode(&hex::decode(header).unwrap()).unwrap();
    let block = Statement::default();
    let rows = (0..block.rows() as u64).map(Fr::from);
    let about_block = foldproof_circuits::public::PublicInputs::from_rows(&block, rows).unwrap();
    let about_block = Bundle::new(block.clone(), None, [7; 32], about_block, vec![3; 640]).unwrap();
    let headed = about_block.with_headers([header.clone()]).unwrap();
    let food = Food::new(vec![
        bundle(None).to_bytes(),
        kzg,
        bundle(None).with_context(context).to_bytes(),
        headed.clone().to_bytes(),
        headed.with_context(context).to_bytes(),
    ]);
    // What is a bundle meets the checks before the proof itself, for which it must have a length it has not.
    let policy = Policy::any_codebook().and_values().statements([statement.clone(), block]);
    fuzzer.run("bundle", EXACT, &food, |bytes| {
        drop_result(Bundle::from_bytes(bytes).and_then(|bundle| verify(&bundle, &policy).map(drop)));
    });
    fuzzer.run("header", EXACT, &Food::new(vec![header.rlp().to_vec()]), |bytes| {
        drop_result(BlockHeader::decode(bytes).inspect(|header| assert_eq!(header.rlp(), bytes)));
    });
    let key = keys::transparent(&statement.name()).unwrap().bytes.to_vec();
    // The circuit is rebuilt beside it.
    fuzzer.run("key", Bound { fixed: 8 << 20, ..EXACT }, &Food::new(vec![key]), |bytes| {
        drop_result(VerifierKey::from_bytes(&statement, Scheme::Transparent, bytes));
    });
}

#[test]
fn setups() {
    let fuzzer = Fuzzer::new();
    let setup = insecure_test_setup(4, &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
    fuzzer.run("setup", EXACT, &Food::new(vec![setup.to_bytes()]), |bytes| {
        drop_result(Setup::from_bytes(bytes));
    });
    let food = Food::new(vec![setup.verifier().to_bytes().to_vec()]);
    fuzzer.run("verifier-setup", EXACT, &food, |bytes| drop_result(VerifierSetup::from_bytes(bytes)));
    let food = Food::new(vec![
        include_bytes!("../../../params/tests/data/toy-06.ptau").to_vec(),
        include_bytes!("../../../params/tests/data/toy-04-prepared.ptau").to_vec(),
    ]);
    fuzzer.run("ptau", EXACT, &food, |bytes| {
        let options = PtauImport { k: 3, note: "", insecure: true, blake2b: None };
        drop_result(import_ptau_from(Cursor::new(bytes), Path::new("fuzz.ptau"), options, &mut |_| {}));
    });
}
