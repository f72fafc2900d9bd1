//! Hostile bytes for every parser: seeds are cut, flipped, spliced, repeated and nested. No parser may panic, overflow the stack or take
//! memory out of proportion.
//!
//! Each parser gets half a second; `FOLDPROOF_FUZZ_SECONDS=60 cargo test --release -p foldproof-prover --test fuzz -- --nocapture` gives
//! each a minute. A failure leaves its case in the target's `tmp` folder and names it; `FOLDPROOF_SEED` repeats a run.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ethereum;

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use foldproof_circuits::statement::Statement;
use foldproof_params::keys;
use foldproof_params::kzg::{PtauImport, Setup, VerifierSetup, import_ptau_from, insecure_test_setup};
use foldproof_prover::codebook::Document;
use foldproof_prover::input::read_block;
use foldproof_prover::model::network::Network;
use foldproof_prover::model::onnx::Graph;
use foldproof_prover::model::onnx::schema::{
    DimensionProto, GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto, TensorTypeProto,
    TypeProto, ValueInfoProto,
};
use foldproof_prover::model::{DEMO_FILE, samples};
use foldproof_prover::sample;
use foldproof_verifier::{Bundle, Scheme, SetupClaim, VerifierKey};
use halo2curves::bn256::Fr;
use prost::Message;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Most memory the process may have had in the end, all parsers together.
const MEMORY: u64 = 1 << 30;

/// Fragments that parsers of text and of numbers stumble over.
const DICTIONARY: [&[u8]; 22] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b",",
    b":",
    b"null",
    b"-1e999",
    b"1e-999",
    b"0.1",
    b"18446744073709551616",
    b"-0",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xff\xff\xff\xff\xff\xff\x7f",
    b"\x00\x00\x00\x80",
    b"\xff\xff",
    b"0x",
    b"NaN",
    b"{\"a\":1,\"a\":2}",
    b"\xf0\x9f",
];

fn mutate(rng: &mut ChaCha20Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = seeds[rng.gen_range(0..seeds.len())].clone();
    for _ in 0..rng.gen_range(1..6) {
        let at = rng.gen_range(0..=bytes.len());
        let to = rng.gen_range(at..=bytes.len().min(at + 64));
        match rng.gen_range(0..9) {
            0 => bytes.truncate(at),
            1 if at < bytes.len() => bytes[at] ^= 1 << rng.gen_range(0..8),
            2 if at < bytes.len() => bytes[at] = rng.gen_range(0..=255),
            3 => drop(bytes.drain(at..to)),
            4 => {
                let again = bytes[at..to].to_vec();
                bytes.splice(at..at, again);
            }
            5 => {
                let word = DICTIONARY[rng.gen_range(0..DICTIONARY.len())];
                bytes.splice(at..to, word.iter().copied());
            }
            6 => {
                let other = &seeds[rng.gen_range(0..seeds.len())];
                let from = rng.gen_range(0..=other.len());
                bytes.splice(at.., other[from..].iter().copied());
            }
            7 => {
                // Deep nesting, and long runs of anything.
                let depth = [3, 200, 100_000][rng.gen_range(0..3)];
                let word = DICTIONARY[rng.gen_range(0..DICTIONARY.len())];
                bytes.splice(at..at, word.repeat(depth));
            }
            _ => bytes.splice(at..to, (at..to).map(|_| 0xff)).for_each(drop),
        }
    }
    bytes
}

/// Runs `parse` on mutations of `seeds`; tells how many there were.
fn fuzz(name: &str, seeds: &[Vec<u8>], parse: impl Fn(&[u8])) {
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let seed = std::env::var("FOLDPROOF_SEED").map_or_else(|_| now(), |seed| seed.parse().unwrap());
    let seconds: f64 =
        std::env::var("FOLDPROOF_FUZZ_SECONDS").map_or(0.5, |seconds| seconds.parse().unwrap());
    seeds.iter().for_each(|seed| parse(seed));
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let (started, mut cases) = (Instant::now(), 0);
    while started.elapsed() < Duration::from_secs_f64(seconds) {
        let bytes = mutate(&mut rng, seeds);
        cases += 1;
        if catch_unwind(AssertUnwindSafe(|| parse(&bytes))).is_err() {
            let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}.case"));
            std::fs::write(&file, &bytes).unwrap();
            panic!("{name}: panicked on {}; FOLDPROOF_SEED={seed}", file.display());
        }
    }
    println!("{name}: {cases} cases");
    assert!(peak_memory() < MEMORY, "{name}: {} bytes of memory", peak_memory());
}

fn peak_memory() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok())
        .map_or(0, |kib| kib << 10)
}

fn drop_result<T, E: std::fmt::Display>(result: Result<T, E>) {
    // Messages are made of outside data too.
    result.err().iter().for_each(|error| assert!(!error.to_string().is_empty()));
}

#[test]
fn blocks() {
    let small = sample::Options { transactions: 3, ..sample::Options::default() };
    let real = include_bytes!("vectors/blocks/mock-1tx.json").to_vec();
    let rpc = ethereum::block().to_string().into_bytes();
    fuzz("block", &[sample::block(&small).into_bytes(), real, rpc], |bytes| drop_result(read_block(bytes)));
}

#[test]
fn codebooks() {
    let seed = include_bytes!("vectors/learned-64.json").to_vec();
    fuzz("codebook", &[seed], |bytes| drop_result(Document::parse(bytes).and_then(|d| d.quantise())));
}

#[test]
fn models_and_samples() {
    fuzz("model", &[DEMO_FILE.as_bytes().to_vec()], |bytes| {
        drop_result(foldproof_prover::model::read(bytes))
    });
    let vector = b"{\"input\": [1, 2.5, -3e-2]}\n{\"input\": [0, 0, 1]}\n".to_vec();
    let fingerprint = format!("{{\"fingerprint\": {:?}}}", vec![0.25; 96]).into_bytes();
    fuzz("samples", &[vector, fingerprint], |bytes| drop_result(samples::read(bytes)));
}

#[test]
fn onnx() {
    let tensor = |name: &str, dims: &[i64], count: usize| TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: 1,
        raw_data: (0..count).flat_map(|x| (x as f32 / 7.0 - 1.0).to_le_bytes()).collect(),
        ..TensorProto::default()
    };
    let node = |op: &str, input: &[&str], output: &str| NodeProto {
        op_type: op.into(),
        input: input.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.into()],
        ..NodeProto::default()
    };
    let value = |name: &str, dims: &[i64]| {
        let dim = dims.iter().map(|n| DimensionProto { dim_value: *n, ..DimensionProto::default() });
        let shape = Some(TensorShapeProto { dim: dim.collect() });
        let tensor_type = Some(TensorTypeProto { elem_type: 1, shape });
        ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
    };
    let graph = GraphProto {
        input: vec![value("x", &[1, 6])],
        output: vec![value("y", &[1, 2])],
        node: vec![
            node("MatMul", &["x", "w"], "a"),
            node("Add", &["a", "b"], "c"),
            node("Relu", &["c"], "d"),
            node("MatMul", &["d", "v"], "e"),
            node("Sigmoid", &["e"], "y"),
        ],
        initializer: vec![tensor("w", &[6, 4], 24), tensor("b", &[4], 4), tensor("v", &[4, 2], 8)],
        ..GraphProto::default()
    };
    let model = ModelProto { ir_version: 8, graph: Some(graph), ..ModelProto::default() };
    let read = |bytes: &[u8]| Graph::read(bytes).and_then(|graph| Network::from_graph(&graph, 6));
    assert!(read(&model.encode_to_vec()).is_ok(), "the seed is a network");
    fuzz("onnx", &[model.encode_to_vec()], |bytes| {
        drop_result(read(bytes));
    });
}

#[test]
fn bundles_and_keys() {
    let statement = Statement::from_name("fingerprint+tags-96-64-32-15").unwrap();
    let instance = foldproof_circuits::public::PublicInputs::from_rows(
        &statement,
        (0..statement.rows() as u64).map(Fr::from),
    );
    let bundle =
        |setup| Bundle::new(statement, setup, [7; 32], instance.clone().unwrap(), vec![3; 640]).unwrap();
    let kzg = bundle(Some(SetupClaim { id: [5; 32], insecure: true })).to_bytes();
    fuzz("bundle", &[bundle(None).to_bytes(), kzg], |bytes| drop_result(Bundle::from_bytes(bytes)));
    let key = keys::transparent(&statement.name()).unwrap().bytes.to_vec();
    fuzz("verifying key", &[key], |bytes| {
        drop_result(VerifierKey::from_bytes(statement, Scheme::Transparent, bytes));
    });
}

#[test]
fn setups() {
    let setup = insecure_test_setup(4, &mut ChaCha20Rng::seed_from_u64(1)).unwrap();
    fuzz("setup", &[setup.to_bytes()], |bytes| drop_result(Setup::from_bytes(bytes)));
    fuzz("verifier's setup", &[setup.verifier().to_bytes().to_vec()], |bytes| {
        drop_result(VerifierSetup::from_bytes(bytes));
    });
    let ceremonies = [
        include_bytes!("../../params/tests/data/toy-06.ptau").to_vec(),
        include_bytes!("../../params/tests/data/toy-04-prepared.ptau").to_vec(),
    ];
    fuzz("ptau", &ceremonies, |bytes| {
        let options = PtauImport { k: 3, note: "", insecure: true, blake2b: None };
        drop_result(import_ptau_from(Cursor::new(bytes), Path::new("fuzz.ptau"), options, &mut |_| {}));
    });
}
