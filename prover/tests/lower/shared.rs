//! The models and samples of `/work/shared`, where they are.

use std::fs;
use std::path::PathBuf;

use foldproof_prover::model::lower::{Imported, Output, Request, import};
use foldproof_prover::model::samples::{self, Sample};

/// The folder, if it is there.
pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("FOLDPROOF_SHARED").map_or_else(|| "/work/shared".into(), PathBuf::from);
    folder.join("models").is_dir().then_some(folder)
}

pub fn samples(path: &str) -> Vec<Sample> {
    samples::read(&fs::read(folder().unwrap().join(path)).unwrap()).unwrap()
}

pub fn lines(path: &str) -> Vec<serde_json::Value> {
    let text = fs::read_to_string(folder().unwrap().join(path)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub fn request(outputs: Vec<Output>, bits: Option<(u32, u32)>) -> Request {
    Request {
        limb_bits: bits.map(|bits| bits.0),
        table_bits: bits.map(|bits| bits.1),
        ..Request::for_outputs(outputs)
    }
}

/// Imports a shared model and prints its figures.
pub fn imported(model: &str, samples: Vec<Sample>, request: &Request) -> Imported {
    let bytes = fs::read(folder().unwrap().join(format!("models/{model}.onnx"))).unwrap();
    let start = std::time::Instant::now();
    let imported = import(&bytes, None, samples, request).unwrap_or_else(|error| panic!("{model}: {error}"));
    let graph = imported.model.graph();
    let parameters: u64 = graph
        .blocks()
        .iter()
        .map(|block| match block {
            foldproof_circuits::graph::Block::Linear { outputs, operands } => {
                let inputs: u64 = operands.iter().map(|(inputs, _)| u64::from(*inputs)).sum();
                u64::from(*outputs) * inputs
            }
            foldproof_circuits::graph::Block::Forest { splits, .. } => u64::from(*splits),
        })
        .sum();
    println!(
        "{model}: λ {}, tables {:?}, {parameters} weights or splits, {} rows, {} nodes, {} calibration, {} held out, {} clipped, {:.1?}",
        graph.limb_bits(),
        graph.tables().iter().map(|table| (table.bits, table.output)).collect::<Vec<_>>(),
        graph.rows(),
        graph.nodes().len(),
        imported.calibration,
        imported.agreement.samples,
        imported.agreement.clipped,
        start.elapsed(),
    );
    for head in &imported.agreement.heads {
        println!(
            "  {} ({}): decisions {:.5}, sets {:?}, error mean {:.5} max {:.4}, relative {:.5}",
            head.output,
            head.head,
            head.decisions,
            head.sets,
            head.mean_error,
            head.max_error,
            head.relative_error
        );
    }
    for note in &imported.notes {
        println!("  note: {note}");
    }
    for warning in &imported.warnings {
        println!("  warning: {warning}");
    }
    imported
}
