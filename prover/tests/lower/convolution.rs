//! Convolutions and pools: the shared models, and small nets in the spellings of exporters.

use foldproof_circuits::stages::graph::{Output as Said, evaluate};
use foldproof_prover::model::lower::{HeadKind, Imported, Output, import};

use foldproof_prover::model::samples::{Sample, read};
use rand::{Rng, SeedableRng};

use crate::shared::{folder, imported, lines, request, samples};

/// Rows of a circuit with 2^15 of them, less those that blind.
const ROWS: usize = (1 << 15) - 64;

/// How many of the shared outputs a model's classes are like.
fn same_as_shared(found: &Imported, samples: &[Sample], outputs: &str) -> usize {
    let logits = |line: &serde_json::Value| -> Vec<f64> {
        line["logits"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    let expected = lines(outputs).into_iter().map(|line| {
        let logits = logits(&line);
        (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap()
    });
    let said = |sample: &Sample| match evaluate(&found.model, &sample.integers, &[]).outputs[0] {
        Said::Class(class) => class,
        _ => panic!("a class"),
    };
    let same = samples.iter().zip(expected).filter(|(sample, class)| said(sample) == *class).count();
    println!("{outputs}: {same} of {}", samples.len());
    same
}

#[test]
fn the_convolution_over_windows_agrees() {
    if folder().is_none() {
        return;
    }
    let training = samples("data/fingerprints-train.jsonl");
    let found = imported("cnn1d", training, &request(vec![Output::of(HeadKind::Class)], None));
    assert!(found.agreement.heads[0].decisions >= 0.995, "{}", found.agreement.heads[0].decisions);
    assert!(found.model.graph().rows() < ROWS);
    let given = samples("models/sequences.inputs.jsonl");
    assert_eq!(same_as_shared(&found, &given, "models/cnn1d.outputs.jsonl"), given.len());
    // The shared inputs are enough to calibrate on.
    let found = imported("cnn1d", given.clone(), &request(vec![Output::of(HeadKind::Class)], None));
    assert!(found.agreement.heads[0].decisions >= 0.995, "{}", found.agreement.heads[0].decisions);
    assert_eq!(same_as_shared(&found, &given, "models/cnn1d.outputs.jsonl"), given.len());
}

#[test]
fn the_convolution_over_images_agrees() {
    if folder().is_none() {
        return;
    }
    let given = samples("models/cnn2d.inputs.jsonl");
    let found = imported("cnn2d", given.clone(), &request(vec![Output::of(HeadKind::Class)], None));
    assert!(found.agreement.heads[0].decisions >= 0.995, "{}", found.agreement.heads[0].decisions);
    assert!(found.model.graph().rows() < ROWS);
    assert_eq!((found.model.graph().channels(), found.model.graph().positions()), (28, 28));
    assert_eq!(same_as_shared(&found, &given, "models/cnn2d.outputs.jsonl"), given.len());
}

/// Random images of 14 × 14 with two planes each, one brighter than the other.
fn planes() -> Vec<Sample> {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(7);
    let mut line = |_| {
        let bright = [rng.gen_range(0.0..1.0), rng.gen_range(0.0..1.0_f64)];
        let image: Vec<f64> = (0..392).map(|i| bright[i % 2] * rng.gen_range(0.0..1.0) + 0.1).collect();
        serde_json::json!({ "input": image }).to_string()
    };
    let text: Vec<String> = (0..300).map(&mut line).collect();
    read(text.join("\n").as_bytes()).unwrap()
}

/// Flax through jax2onnx 0.17 (`nn.Conv`, `nn.BatchNorm`, `nn.max_pool`, `nn.avg_pool`, `nn.Dense`, channels last), untrained.
#[test]
fn a_net_of_flax_agrees() {
    let bytes = include_bytes!("files/flax.onnx");
    let found = import(bytes, None, planes(), &request(vec![Output::of(HeadKind::Values)], None)).unwrap();
    let head = &found.agreement.heads[0];
    println!("flax: {} rows, relative error {:.5}", found.model.graph().rows(), head.relative_error);
    assert!(head.relative_error < 0.01, "{}", head.relative_error);
    assert_eq!((found.model.graph().channels(), found.model.graph().positions()), (2, 196));
}
