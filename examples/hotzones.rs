//! A graph network over the zones of a block: the block proved with its analytics, a network over the rows of its code imported
//! from ONNX, its word about them proved, and its input held against the proof of the block.
//!
//! ```sh
//! cargo run --release -p foldproof-prover --example hotzones
//! ```
//!
//! What is linked, and by what:
//!
//! * The proof of the block says that its fingerprint, the code of it and the zones of that code follow from the block; the code stands
//!   in it as a commitment, the zones in public.
//! * The proof of the network says what it says of the matrix behind a commitment, edges, degrees and all.
//! * That the matrix is the one of that code is **not** proved: the commitments are of two kinds, and no statement opens both. The
//!   verifier of this example is given the code, finds it behind the commitment of the block's proof, makes the matrix of it and of
//!   the codebook, and expects its commitment of the network's proof. So the link is as strong as a proof, but it takes the code to
//!   see it: where the code has to stay hidden, nothing here links the two.
//!
//! The network has weights of a formula, and says nothing.

use std::error::Error;

use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::{Codebook, DIM, SUBSPACES};
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::pipeline::fold_and_encode;
use foldproof_circuits::stages::commit::{self, Salts};
use foldproof_circuits::stages::fold::VECTORS;
use foldproof_circuits::stages::zones::centres;
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
use foldproof_prover::prove::{Witness, entry, prove};
use foldproof_prover::sample::{self, Options};
use foldproof_verifier::{Bundle, Policy, VerifierKey, verify};
use halo2curves::bn256::Fr;
use prost::Message;

/// Numbers of a node: the centre of a row of the code, and which row it is.
const WIDTH: usize = DIM + 1;
/// Channels of the layer.
const HIDDEN: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let codebook = default_codebook();
    let blocks = (0..40).map(block).collect::<Result<Vec<Block>, _>>()?;
    let (mut codes, mut graphs) = (Vec::new(), Vec::new());
    for block in &blocks {
        let code = fold_and_encode(block, codebook)?.1.indices;
        graphs.push(nodes(&code, codebook));
        codes.push(code);
    }

    // The model: rows of a code are neighbours that are nearer than most.
    let onnx = network(usual_distance(&graphs));
    let lines = graphs.iter().map(|values| {
        let values: Vec<f64> = values.iter().map(|x| *x as f64 / 2f64.powi(20)).collect();
        serde_json::json!({ "input": values }).to_string()
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    let imported = import(&onnx, None, samples::read(text.as_bytes())?, &Request::of(HeadKind::Tags))?;
    let model = &imported.model;
    println!("model: {} rows, {} nodes", model.graph().rows(), model.graph().nodes().len());

    // The block with its zones, and what the model says of the centres of its code.
    let cache = std::env::temp_dir().join("foldproof-hotzones-example");
    let mut key_store = KeyStore::new(&cache, None, |_| {});
    let name = format!("core-small-{}+analytics-zones", codebook.len());
    let statement = Statement::from_name(&name).ok_or("a statement with zones")?;
    let salts = Salts::none();
    let witness = Witness::Block { block: &blocks[0], codebook, config: None, salts: &salts };
    let of_block = prove(&mut key_store, &statement, &witness, &[] as &[ModelRef<'_>])?.bundle;
    let subject = Subject::Matrix { positions: VECTORS as u16, channels: WIDTH as u16 };
    let statement = Statement::new(subject, [model.graph()])?;
    let witness = Witness::Values { values: &graphs[0], salt: Fr::zero() };
    let of_graph = prove(&mut key_store, &statement, &witness, &[model])?.bundle;
    println!("proofs: {} and {} bytes", of_block.proof().len(), of_graph.proof().len());

    // A verifier has the bundles, the codebook, an entry of the model, and the code.
    let policy = Policy::codebooks([commit::codebook(codebook)]).trust_key(key(&mut key_store, &of_block)?);
    let verified = verify(&of_block, &policy)?;
    let facts = verified.block().ok_or("a proof about a block")?;
    let disclosed = &codes[0];
    if commit::pq(disclosed, Fr::zero()) != facts.pq_commitment() {
        return Err("the code is not that of the block".into());
    }
    let expected = commit::matrix(&nodes(disclosed, codebook), VECTORS as u16, Fr::zero());
    let policy = Policy::codebooks([])
        .models([entry(model, "example", "1")])
        .trust_key(key(&mut key_store, &of_graph)?);
    let said = verify(&of_graph, &policy.clone().expect_commitment(expected))?;
    println!("verified: of the code of the block at height {}", facts.height());
    for hint in said.hints() {
        println!("  {} says {:?}", hint.name(), hint.opinion());
    }

    // The graph of another block is not taken for it.
    let other = commit::matrix(&graphs[1], VECTORS as u16, Fr::zero());
    match verify(&of_graph, &policy.expect_commitment(other)) {
        Err(error) => println!("of another block: {error}"),
        Ok(_) => return Err("the graph of another block was taken".into()),
    }
    Ok(())
}

/// The nodes of a code's graph, in units of 2^-20.
fn nodes(code: &[[u8; SUBSPACES]; VECTORS], codebook: &Codebook) -> Vec<i64> {
    let row = |(place, centre): (i64, [i32; DIM])| centre.map(i64::from).into_iter().chain([place << 17]);
    (0..).zip(centres(code, codebook)).flat_map(row).collect()
}

/// The verifying key of a bundle's statement.
fn key(key_store: &mut KeyStore<'_>, bundle: &Bundle) -> Result<VerifierKey, Box<dyn Error>> {
    Ok(key_store.verifying_key(bundle.statement())?.clone())
}

/// A synthetic block.
fn block(place: u64) -> Result<Block, Box<dyn Error>> {
    let options = Options { transactions: 20 + place as usize % 7, seed: place + 1, ..Options::default() };
    Ok(read_block(sample::block(&options).as_bytes())?.0)
}

/// The median distance of two rows.
fn usual_distance(graphs: &[Vec<i64>]) -> f32 {
    let mut all = Vec::new();
    for rows in graphs.iter().map(|graph| graph.chunks(WIDTH).collect::<Vec<_>>()) {
        for (i, a) in rows.iter().enumerate() {
            for b in &rows[..i] {
                let square = |(a, b): (&i64, &i64)| ((a - b) as f64 / 2f64.powi(20)).powi(2);
                all.push(a.iter().zip(*b).map(square).sum::<f64>().sqrt());
            }
        }
    }
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(1.0) as f32
}

/// A layer of a graph network with a readout for each node, its weights from a formula.
fn network(threshold: f32) -> Vec<u8> {
    let tensor = |name: &str, dims: &[usize], float_data: Vec<f32>| TensorProto {
        name: name.to_owned(),
        dims: dims.iter().map(|n| *n as i64).collect(),
        data_type: 1,
        float_data,
        ..TensorProto::default()
    };
    let weights = |name: &str, dims: &[usize], size: f32| {
        let count = dims.iter().product::<usize>();
        tensor(name, dims, (0..count).map(|i| ((i * 37 % 101) as f32 / 50.0 - 1.0) * size).collect())
    };
    let axis = |name: &str, at: i64| TensorProto {
        name: name.to_owned(),
        dims: vec![1],
        data_type: 7,
        int64_data: vec![at],
        ..TensorProto::default()
    };
    let with = |op: &str, inputs: &[&str], output: &str, attribute: Vec<AttributeProto>| NodeProto {
        op_type: op.to_owned(),
        name: output.to_owned(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.to_owned()],
        attribute,
        ..NodeProto::default()
    };
    let node = |op: &str, inputs: &[&str], output: &str| with(op, inputs, output, vec![]);
    let int = |name: &str, i: i64| AttributeProto {
        name: name.to_owned(),
        i,
        r#type: 2,
        ..AttributeProto::default()
    };
    let ints = |name: &str, ints: &[i64]| AttributeProto {
        name: name.to_owned(),
        ints: ints.to_vec(),
        r#type: 7,
        ..AttributeProto::default()
    };
    let dim = [VECTORS, WIDTH].map(|n| DimensionProto { dim_value: n as i64, ..DimensionProto::default() });
    let tensor_type =
        Some(TensorTypeProto { elem_type: 1, shape: Some(TensorShapeProto { dim: dim.to_vec() }) });
    let graph = GraphProto {
        node: vec![
            node("Unsqueeze", &["x", "one"], "left"),
            node("Unsqueeze", &["x", "zero"], "right"),
            node("Sub", &["left", "right"], "difference"),
            node("Mul", &["difference", "difference"], "squares"),
            with("ReduceSum", &["squares", "last"], "square", vec![int("keepdims", 0)]),
            node("Sqrt", &["square"], "distance"),
            node("Less", &["distance", "threshold"], "near"),
            with("Cast", &["near"], "adjacency", vec![int("to", 1)]),
            with("ReduceSum", &["adjacency", "last"], "degree", vec![int("keepdims", 1)]),
            node("Pow", &["degree", "minus_half"], "root"),
            node("Mul", &["adjacency", "root"], "rows"),
            with("Transpose", &["root"], "turned", vec![ints("perm", &[1, 0])]),
            node("Mul", &["rows", "turned"], "normalised"),
            node("MatMul", &["x", "w"], "features"),
            node("MatMul", &["normalised", "features"], "gathered"),
            node("Add", &["gathered", "b"], "sums"),
            node("Relu", &["sums"], "layer"),
            node("Gemm", &["layer", "v", "c"], "scores"),
        ],
        initializer: vec![
            axis("zero", 0),
            axis("one", 1),
            axis("last", -1),
            tensor("threshold", &[], vec![threshold]),
            tensor("minus_half", &[], vec![-0.5]),
            weights("w", &[WIDTH, HIDDEN], 0.2),
            weights("b", &[HIDDEN], 0.1),
            weights("v", &[HIDDEN, 1], 0.5),
            weights("c", &[1], 0.1),
        ],
        input: vec![ValueInfoProto { name: "x".to_owned(), r#type: Some(TypeProto { tensor_type }) }],
        output: vec![ValueInfoProto { name: "scores".to_owned(), r#type: None }],
        ..GraphProto::default()
    };
    ModelProto { graph: Some(graph), ..ModelProto::default() }.encode_to_vec()
}
