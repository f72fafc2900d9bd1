//! Trains the demo model: tags of synthetic blocks, as ONNX with what its import needs.
//!
//! ```sh
//! cargo run --release -p foldproof-prover --example train_tags -- demo-model
//! ```
//!
//! writes `demo-model/tags.onnx`, `calibration.jsonl` and `labels.json`. Blocks come from the project's own sampler, inputs
//! from its own pipeline, tags from the rules of [`tags`]: nothing of this says anything about real blocks.
//!
//! Nothing but IEEE additions, products, quotients and roots is used, in a fixed order, so the files are the same
//! everywhere.

use std::error::Error;
use std::fs;
use std::path::Path;

use foldproof_circuits::block::{Block, TriState};
use foldproof_circuits::stages::features::sums;
use foldproof_circuits::stages::fold::fold;
use foldproof_prover::input::read_block;
use foldproof_prover::model::onnx::schema::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, OperatorSetIdProto, TensorProto,
    TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};
use foldproof_prover::sample::{Options, Style, block};
use prost::Message;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

/// Names of the tags.
pub const LABELS: [&str; 4] = ["BUSY", "QUIET", "FAILURES", "NO_TRACES"];
const INPUTS: usize = 96;
const HIDDEN: usize = 16;
const TAGS: usize = LABELS.len();
const BLOCKS: u64 = 1500;
const EPOCHS: usize = 120;
const RATE: f64 = 0.004;

/// The rules.
fn tags(block: &Block) -> [bool; TAGS] {
    let count = block.transactions.len();
    let failed = block.transactions.iter().filter(|transaction| transaction.status != TriState::Yes).count();
    [
        count >= 200,            // BUSY
        count < 50,              // QUIET
        failed * 10 >= count,    // FAILURES: a tenth of the transactions did not succeed
        block.traces.is_empty(), // NO_TRACES
    ]
}

/// What was made.
pub struct Trained {
    /// Of the float network.
    pub onnx: Vec<u8>,
    /// A fingerprint to a line.
    pub calibration: String,
    /// A JSON array.
    pub labels: String,
    /// Of each tag: share of held-out blocks on which the network follows the rule.
    pub accuracy: [f64; TAGS],
}

struct Example {
    values: Vec<f64>,
    tags: [bool; TAGS],
}

fn examples() -> Result<Vec<Example>, Box<dyn Error>> {
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let mut out = Vec::new();
    for seed in 0..BLOCKS {
        let options = Options {
            transactions: rng.gen_range(4..320),
            seed,
            repeated_percent: rng.gen_range(0..100),
            failed_percent: if rng.gen_range(0..2) == 0 { rng.gen_range(0..40) } else { 0 },
            style: if rng.gen_range(0..4) == 0 { Style::Solana } else { Style::Evm },
        };
        let (block, _) = read_block(block(&options).as_bytes())?;
        let folded = fold(&sums(&block));
        // A fingerprint has 35 bits: exact.
        let values = folded.iter().flatten().map(|v| *v as f64 / 2f64.powi(32)).collect();
        out.push(Example { values, tags: tags(&block) });
    }
    Ok(out)
}

/// 96 → 16 → 4, row by row.
struct Network {
    hidden: Vec<Vec<f64>>,
    hidden_bias: Vec<f64>,
    output: Vec<Vec<f64>>,
    output_bias: Vec<f64>,
}

fn linear(weights: &[Vec<f64>], bias: &[f64], x: &[f64]) -> Vec<f64> {
    weights.iter().zip(bias).map(|(row, b)| row.iter().zip(x).fold(*b, |sum, (w, x)| sum + w * x)).collect()
}

impl Network {
    fn new(rng: &mut ChaCha20Rng) -> Self {
        let mut matrix = |rows: usize, columns: usize| -> Vec<Vec<f64>> {
            let limit = (3.0 / columns as f64).sqrt();
            (0..rows).map(|_| (0..columns).map(|_| rng.gen_range(-limit..limit)).collect()).collect()
        };
        Self {
            hidden: matrix(HIDDEN, INPUTS),
            hidden_bias: vec![0.0; HIDDEN],
            output: matrix(TAGS, HIDDEN),
            output_bias: vec![0.0; TAGS],
        }
    }

    fn activations(&self, x: &[f64]) -> Vec<f64> {
        linear(&self.hidden, &self.hidden_bias, x).into_iter().map(|y| y.max(0.0)).collect()
    }

    /// A step on one example: of the squared hinge max(0, 1 − s·y)², with s = ±1 by the tag.
    fn step(&mut self, x: &[f64], tags: &[bool; TAGS], rate: f64) {
        let h = self.activations(x);
        let y = linear(&self.output, &self.output_bias, &h);
        let mut back = [0.0; HIDDEN];
        for (i, (y, tag)) in y.iter().zip(tags).enumerate() {
            let sign = if *tag { 1.0 } else { -1.0 };
            let slope = -sign * (1.0 - sign * y).max(0.0);
            for ((b, w), h) in back.iter_mut().zip(&mut self.output[i]).zip(&h) {
                *b += slope * *w;
                *w -= rate * slope * h;
            }
            self.output_bias[i] -= rate * slope;
        }
        for (i, (slope, h)) in back.iter().zip(&h).enumerate() {
            if *h > 0.0 {
                self.hidden[i].iter_mut().zip(x).for_each(|(w, x)| *w -= rate * slope * x);
                self.hidden_bias[i] -= rate * slope;
            }
        }
    }
}

/// Makes blocks, trains, and writes everything down.
pub fn train() -> Result<Trained, Box<dyn Error>> {
    let examples = examples()?;
    let (mean, deviation) = statistics(&examples);
    let normalise = |example: &Example| -> Vec<f64> {
        let parameters = mean.iter().zip(&deviation);
        example.values.iter().zip(parameters).map(|(v, (m, d))| (v - m) / d).collect()
    };
    let normalised: Vec<Vec<f64>> = examples.iter().map(normalise).collect();
    let mut rng = ChaCha20Rng::seed_from_u64(2);
    let mut network = Network::new(&mut rng);
    // Every fifth is held out, here as in the import.
    let is_held_out = |i: &usize| i % 5 == 4;
    let mut order: Vec<usize> = (0..examples.len()).filter(|i| !is_held_out(i)).collect();
    for epoch in 0..EPOCHS {
        order.shuffle(&mut rng);
        let rate = RATE * (1.0 - epoch as f64 / EPOCHS as f64);
        for i in &order {
            network.step(&normalised[*i], &examples[*i].tags, rate);
        }
    }
    let held_out: Vec<usize> = (0..examples.len()).filter(is_held_out).collect();
    let mut accuracy = [0.0; TAGS];
    for i in &held_out {
        let y = linear(&network.output, &network.output_bias, &network.activations(&normalised[*i]));
        for ((share, y), tag) in accuracy.iter_mut().zip(y).zip(examples[*i].tags) {
            *share += f64::from(u8::from((y >= 0.0) == tag)) / held_out.len() as f64;
        }
    }
    let lines =
        examples.iter().map(|example| format!("{}\n", serde_json::json!({ "fingerprint": example.values })));
    let labels = format!("{}\n", serde_json::json!(LABELS));
    Ok(Trained { onnx: onnx(&network, &mean, &deviation), calibration: lines.collect(), labels, accuracy })
}

/// Mean and deviation of each value; a value that hardly varies counts as one of deviation 1.
fn statistics(examples: &[Example]) -> (Vec<f64>, Vec<f64>) {
    let count = examples.len() as f64;
    let column = |j: usize| examples.iter().filter_map(move |example| example.values.get(j));
    let mean: Vec<f64> = (0..INPUTS).map(|j| column(j).sum::<f64>() / count).collect();
    let deviation = mean.iter().enumerate().map(|(j, mean)| {
        let variance = column(j).map(|v| (v - mean) * (v - mean)).sum::<f64>() / count;
        if variance.sqrt() > 1e-6 { variance.sqrt() } else { 1.0 }
    });
    let deviation = deviation.collect();
    (mean, deviation)
}

#[expect(clippy::cast_possible_truncation, reason = "ONNX keeps float32, and dimensions are small")]
fn onnx(network: &Network, mean: &[f64], deviation: &[f64]) -> Vec<u8> {
    let tensor = |name: &str, dims: &[usize], values: &mut dyn Iterator<Item = &f64>| TensorProto {
        name: name.into(),
        dims: dims.iter().map(|n| *n as i64).collect(),
        data_type: 1,
        raw_data: values.flat_map(|x| (*x as f32).to_le_bytes()).collect(),
        ..TensorProto::default()
    };
    let node = |op: &str, inputs: &[&str], output: &str| NodeProto {
        op_type: op.into(),
        name: output.into(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.into()],
        attribute: match op {
            "Gemm" => {
                vec![AttributeProto { name: "transB".into(), i: 1, r#type: 2, ..AttributeProto::default() }]
            }
            _ => Vec::new(),
        },
        ..NodeProto::default()
    };
    let value = |name: &str, width: usize| {
        let batch = DimensionProto { dim_param: "batch".into(), ..DimensionProto::default() };
        let features = DimensionProto { dim_value: width as i64, ..DimensionProto::default() };
        let shape = Some(TensorShapeProto { dim: vec![batch, features] });
        let tensor_type = Some(TensorTypeProto { elem_type: 1, shape });
        ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
    };
    let graph = GraphProto {
        name: "tags".into(),
        node: vec![
            node("Sub", &["fingerprint", "mean"], "centred"),
            node("Div", &["centred", "deviation"], "normalised"),
            node("Gemm", &["normalised", "w0", "b0"], "hidden"),
            node("Relu", &["hidden"], "rectified"),
            node("Gemm", &["rectified", "w1", "b1"], "logits"),
        ],
        initializer: vec![
            tensor("mean", &[INPUTS], &mut mean.iter()),
            tensor("deviation", &[INPUTS], &mut deviation.iter()),
            tensor("w0", &[HIDDEN, INPUTS], &mut network.hidden.iter().flatten()),
            tensor("b0", &[HIDDEN], &mut network.hidden_bias.iter()),
            tensor("w1", &[TAGS, HIDDEN], &mut network.output.iter().flatten()),
            tensor("b1", &[TAGS], &mut network.output_bias.iter()),
        ],
        input: vec![value("fingerprint", INPUTS)],
        output: vec![value("logits", TAGS)],
    };
    let opset = OperatorSetIdProto { version: 13, ..OperatorSetIdProto::default() };
    let producer_name = "foldproof train_tags".into();
    ModelProto { ir_version: 8, producer_name, graph: Some(graph), opset_import: vec![opset] }.encode_to_vec()
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder] = arguments.as_slice() else {
        return Err("one argument was expected: the folder to write to".into());
    };
    let trained = train()?;
    let folder = Path::new(folder);
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let files: [(&str, &[u8]); 3] = [
        ("tags.onnx", &trained.onnx),
        ("calibration.jsonl", trained.calibration.as_bytes()),
        ("labels.json", trained.labels.as_bytes()),
    ];
    for (name, bytes) in files {
        let file = folder.join(name);
        fs::write(&file, bytes).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    for (label, share) in LABELS.iter().zip(trained.accuracy) {
        eprintln!("{label}: follows its rule on {:.1} % of held-out blocks", 100.0 * share);
    }
    Ok(())
}
