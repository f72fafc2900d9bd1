//! Convolutions and pools: the shared models, and small nets in the spellings of exporters.

use foldproof_circuits::stages::graph::{Output as Said, evaluate};
use foldproof_prover::model::lower::{HeadKind, Imported, Output};

use foldproof_prover::model::samples::Sample;

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
