//! A graph network over the zones of a block: the block proved with its zones and their graph, a network over such graphs imported from
//! ONNX, its word about this one proved, and its input held against the proof of the block.
//!
//! ```sh
//! cargo run --release -p foldproof-prover --example hotzones
//! ```
//!
//! What is linked, and by what:
//!
//! * The proof of the block says that its fingerprint, the code of it, the zones of that code and the graph of these zones follow from
//!   the block. The graph stands in it as a commitment.
//! * The proof of the network says what it says of the graph behind a commitment, edges, degrees and all.
//! * The two commitments are of one kind, so that they are equal only if the graph is the same. The verifier compares them, and is given
//!   nothing else: neither block nor code nor graph. Both are hidden here, behind salts of one secret.
//!
//! The network has weights of a formula, and says nothing.

use std::error::Error;

use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::DIM;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::pipeline::fold_and_encode;
use foldproof_circuits::stages::commit;
use foldproof_circuits::stages::zone_graph::{CHANNELS, POSITIONS, nodes};
use foldproof_circuits::stages::zones::ZoneConfig;
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_prover::analytics::Analytics;
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
use foldproof_prover::secret::Secret;
use foldproof_verifier::{Bundle, History, Policy, Verified, VerifierKey, verify};
use prost::Message;

/// Nodes of a graph: places of zones.
const NODES: usize = POSITIONS as usize;
/// Numbers of a node: the centre of a zone, its density, and whether there is one.
const WIDTH: usize = CHANNELS as usize;
/// The configuration of zones, for codebooks as foldproof trains them.
const PRESET: &str = "normalised";
/// Channels of the layer.
const HIDDEN: usize = 8;

fn main() -> Result<(), Box<dyn Error>> {
    let codebook = default_codebook();
    let config = ZoneConfig::preset(PRESET).ok_or("a preset")?;
    let blocks = (0..40).map(block).collect::<Result<Vec<Block>, _>>()?;
    let (mut graphs, mut lines) = (Vec::new(), Vec::new());
    for block in &blocks {
        let (folded, code) = fold_and_encode(block, codebook)?;
        let found = Analytics::new(block, (&folded, &code), codebook, &config, None);
        graphs.push(nodes(&found.zones));
        lines.push(found.zone_graph_sample());
    }

    // The model: zones are neighbours that are nearer than most.
    let onnx = network(usual_distance(&graphs));
    let samples = samples::read(lines.join("\n").as_bytes())?;
    let imported = import(&onnx, None, samples, &Request::of(HeadKind::Tags))?;
    let model = &imported.model;
    println!("model: {} rows, {} nodes", model.graph().rows(), model.graph().nodes().len());

    // Two blocks with their zones and the graph of these, and what the model says of the first graph.
    let cache = std::env::temp_dir().join("foldproof-hotzones-example");
    let mut key_store = KeyStore::new(&cache, None, |_| {});
    let name = format!("core-small-{}+analytics-zones-graph.{PRESET}", codebook.len());
    let statement = Statement::from_name(&name).ok_or("a statement with the graph of zones")?;
    let secrets = [Secret::random(), Secret::random()];
    let mut of_blocks = Vec::new();
    for (block, secret) in blocks.iter().zip(secrets) {
        let witness = Witness::Block { block, codebook, config: None, salts: &secret.salts() };
        of_blocks.push(prove(&mut key_store, &statement, &witness, &[] as &[ModelRef<'_>])?.bundle);
    }
    let subject = Subject::Matrix { positions: POSITIONS, channels: CHANNELS };
    let statement = Statement::new(subject, [model.graph()])?;
    let witness = Witness::Values { values: &graphs[0], salt: secrets[0].salts().zone_graph };
    let of_graph = prove(&mut key_store, &statement, &witness, &[model])?.bundle;
    println!(
        "proofs: {} bytes of a block, {} of the graph",
        of_blocks[0].proof().len(),
        of_graph.proof().len()
    );

    // A verifier has the bundles, the root of the codebook and an entry of the model.
    let policy =
        Policy::codebooks([commit::codebook(codebook)]).trust_key(key(&mut key_store, &of_blocks[0])?);
    let verified =
        of_blocks.iter().map(|bundle| verify(bundle, &policy)).collect::<Result<Vec<Verified>, _>>()?;
    let policy = Policy::without_codebook()
        .models([entry(model, "example", "1")])
        .trust_key(key(&mut key_store, &of_graph)?);
    let held = |block: &Verified| verify(&of_graph, &History::of([block], false)?.expect(policy.clone()));
    let said = held(&verified[0])?;
    let facts = verified[0].block().ok_or("a proof about a block")?;
    println!("verified: of the zones of the block at height {}", facts.height());
    for hint in said.hints() {
        println!("  {} says {:?}", hint.name(), hint.opinion());
    }

    // The graph is not taken for that of another block.
    match held(&verified[1]) {
        Err(error) => println!("of another block: {error}"),
        Ok(_) => return Err("the graph was taken for that of another block".into()),
    }
    Ok(())
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

/// The median distance of two centres.
fn usual_distance(graphs: &[Vec<i64>]) -> f32 {
    let mut all = Vec::new();
    for rows in graphs.iter().map(|graph| graph.chunks(WIDTH).collect::<Vec<_>>()) {
        for (i, a) in rows.iter().enumerate() {
            for b in &rows[..i] {
                let square = |(a, b): (&i64, &i64)| ((a - b) as f64 / 2f64.powi(20)).powi(2);
                all.push(a.iter().zip(*b).take(DIM).map(square).sum::<f64>().sqrt());
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
    let dim = [NODES, WIDTH].map(|n| DimensionProto { dim_value: n as i64, ..DimensionProto::default() });
    let tensor_type =
        Some(TensorTypeProto { elem_type: 1, shape: Some(TensorShapeProto { dim: dim.to_vec() }) });
    let graph = GraphProto {
        node: vec![
            node("Slice", &["x", "zero", "coordinates", "one"], "centres"),
            node("Unsqueeze", &["centres", "one"], "left"),
            node("Unsqueeze", &["centres", "zero"], "right"),
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
            axis("coordinates", DIM as i64),
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
