//! An LSTM over a sequence of blocks, end to end: blocks proved, a recurrent model imported from ONNX, its word about their
//! fingerprints proved, and the sequence held against the proofs of the blocks.
//!
//! ```sh
//! cargo run --release -p foldproof-prover --example lstm [model.onnx]
//! ```
//!
//! Without a file of yours (input `[1, 3, 96]` or `[3, 96]`, one output of logits) the layer has weights of a formula, and says
//! nothing. `foldproof model import`, `prove-model` and `verify --history` do the same from the command line.

use std::error::Error;

use foldproof_circuits::block::Block;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::pipeline::fold_and_encode;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_prover::codebook::default_codebook;
use foldproof_prover::input::read_block;
use foldproof_prover::keys::KeyStore;
use foldproof_prover::model::lower::{HeadKind, Request, import};
use foldproof_prover::model::onnx::schema::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto,
};
use foldproof_prover::model::samples;
use foldproof_prover::prove::{Proved, Witness, entry, prove, statement_for};
use foldproof_prover::sample::{self, Options};
use foldproof_verifier::{History, Policy, verify};
use halo2curves::bn256::Fr;
use prost::Message;

/// Blocks that the model looks at.
const POSITIONS: usize = 3;
/// Units of the layer, and tags.
const HIDDEN: usize = 8;
const TAGS: usize = 4;
/// Height of the first block.
const HEIGHT: u64 = 100;

fn main() -> Result<(), Box<dyn Error>> {
    let onnx = match std::env::args().nth(1) {
        Some(file) => std::fs::read(&file).map_err(|error| format!("{file}: {error}"))?,
        None => network(),
    };
    let codebook = default_codebook();
    let blocks = (0..40).map(block).collect::<Result<Vec<Block>, _>>()?;
    let mut folded = Vec::new();
    for block in &blocks {
        folded.push(fold_and_encode(block, codebook)?.0.as_flattened().to_vec());
    }

    // The model: float to integers, calibrated on windows of the fingerprints.
    let lines = folded.iter().map(|values| {
        let values: Vec<f64> = values.iter().map(|x| *x as f64 / 2f64.powi(32)).collect();
        serde_json::json!({ "fingerprint": values }).to_string()
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let imported = import(&onnx, None, samples::read(text.as_bytes())?, &Request::of(HeadKind::Tags))?;
    let model = &imported.model;
    println!("model: {} rows, {} nodes", model.graph().rows(), model.graph().nodes().len());
    for head in &imported.agreement.heads {
        println!("  {}: {:.2} % of decisions as in floating point", head.output, 100.0 * head.decisions);
    }

    // The blocks, each with its own proof.
    let cache = std::env::temp_dir().join("foldproof-lstm-example");
    let mut key_store = KeyStore::new(&cache, None, |_| {});
    let salts = Salts::none();
    let mut proved: Vec<Proved> = Vec::new();
    for block in &blocks[..POSITIONS] {
        let statement = statement_for(block, codebook, &[] as &[ModelRef<'_>])?;
        let witness = Witness::Block { block, codebook, config: None, salts: &salts };
        proved.push(prove(&mut key_store, &statement, &witness, &[] as &[ModelRef<'_>])?);
    }

    // What the model says of their fingerprints.
    let statement = Statement::new(Subject::Sequence { positions: POSITIONS as u16 }, [model.graph()])?;
    let values = folded[..POSITIONS].concat();
    let witness = Witness::Sequence { values: &values, salts: &[Fr::zero(); POSITIONS] };
    let said = prove(&mut key_store, &statement, &witness, &[model])?;
    println!("proof: {} bytes, 2^{} rows", said.bundle.proof().len(), statement.k());

    // A verifier has the bundles, the codebook's root and an entry of the model: no block, no fingerprint, no weight.
    let root = foldproof_circuits::stages::commit::codebook(codebook);
    let policy = Policy::codebooks([root]);
    let mut verified = Vec::new();
    for block in &proved {
        verified.push(verify(&block.bundle, &policy.clone().trust_key(key(&mut key_store, &block.bundle)?))?);
    }
    let history = History::of(&verified, false)?;
    let policy = policy.models([entry(model, "example", "1")]).trust_key(key(&mut key_store, &said.bundle)?);
    let verified = verify(&said.bundle, &history.expect(policy))?;
    println!("verified: of the blocks at heights {:?}", history.heights());
    for hint in verified.hints() {
        println!("  {} says {:?}", hint.name(), hint.opinion());
    }
    Ok(())
}

/// The verifying key of a bundle's statement.
fn key(
    key_store: &mut KeyStore<'_>,
    bundle: &foldproof_verifier::Bundle,
) -> Result<foldproof_verifier::VerifierKey, Box<dyn Error>> {
    Ok(key_store.verifying_key(bundle.statement())?.clone())
}

/// A synthetic block, one height after another.
fn block(place: u64) -> Result<Block, Box<dyn Error>> {
    let options = Options { transactions: 20 + place as usize % 7, seed: place + 1, ..Options::default() };
    let (mut block, _) = read_block(sample::block(&options).as_bytes())?;
    block.header.height = HEIGHT + place;
    Ok(block)
}

/// An LSTM with a readout, as PyTorch exports one, its weights from a formula.
fn network() -> Vec<u8> {
    let tensor = |name: &str, dims: &[usize], size: f32| TensorProto {
        name: name.to_owned(),
        dims: dims.iter().map(|n| *n as i64).collect(),
        data_type: 1,
        float_data: (0..dims.iter().product::<usize>())
            .map(|i| ((i * 37 % 101) as f32 / 50.0 - 1.0) * size)
            .collect(),
        ..TensorProto::default()
    };
    let node = |op: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<AttributeProto>| NodeProto {
        op_type: op.to_owned(),
        name: op.to_lowercase(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: outputs.iter().map(|name| (*name).to_owned()).collect(),
        attribute,
        ..NodeProto::default()
    };
    let numbers = |name: &str, ints: &[i64]| AttributeProto {
        name: name.to_owned(),
        ints: ints.to_vec(),
        r#type: 7,
        ..AttributeProto::default()
    };
    let number = |name: &str, i: i64| AttributeProto {
        name: name.to_owned(),
        i,
        r#type: 2,
        ..AttributeProto::default()
    };
    let dim =
        [1, POSITIONS as i64, 96].map(|dim_value| DimensionProto { dim_value, ..DimensionProto::default() });
    let tensor_type =
        Some(TensorTypeProto { elem_type: 1, shape: Some(TensorShapeProto { dim: dim.to_vec() }) });
    let graph = GraphProto {
        node: vec![
            node("Transpose", &["x"], &["steps"], vec![numbers("perm", &[1, 0, 2])]),
            node(
                "LSTM",
                &["steps", "w", "r", "b"],
                &["", "h", ""],
                vec![number("hidden_size", HIDDEN as i64)],
            ),
            node("Squeeze", &["h", "first"], &["last"], vec![]),
            node("Gemm", &["last", "v", "c"], &["logits"], vec![]),
        ],
        initializer: vec![
            tensor("w", &[1, 4 * HIDDEN, 96], 0.3),
            tensor("r", &[1, 4 * HIDDEN, HIDDEN], 0.5),
            tensor("b", &[1, 8 * HIDDEN], 0.1),
            tensor("v", &[HIDDEN, TAGS], 1.0),
            tensor("c", &[TAGS], 0.1),
            TensorProto {
                name: "first".to_owned(),
                dims: vec![1],
                data_type: 7,
                int64_data: vec![0],
                ..TensorProto::default()
            },
        ],
        input: vec![ValueInfoProto { name: "x".to_owned(), r#type: Some(TypeProto { tensor_type }) }],
        output: vec![ValueInfoProto { name: "logits".to_owned(), r#type: None }],
        ..GraphProto::default()
    };
    ModelProto { graph: Some(graph), ..ModelProto::default() }.encode_to_vec()
}
