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

/// Random numbers, channels last, one brighter than the other.
fn bright(positions: usize, channels: usize) -> Vec<Sample> {
    let mut rng = rand_chacha::ChaCha20Rng::seed_from_u64(7);
    let mut line = |_| {
        let own: Vec<f64> = (0..channels).map(|_| rng.gen_range(0.0..1.0)).collect();
        let image: Vec<f64> =
            (0..positions * channels).map(|i| own[i % channels] * rng.gen_range(0.0..1.0)).collect();
        serde_json::json!({ "input": image }).to_string()
    };
    let text: Vec<String> = (0..300).map(&mut line).collect();
    read(text.join("\n").as_bytes()).unwrap()
}

/// Untrained nets as exporters write them: Flax through jax2onnx 0.17 (Conv, BatchNorm, max_pool, avg_pool, Dense), and Keras 2.15
/// through tf2onnx 1.16 (Conv2D with BatchNormalization, strides and ZeroPadding2D; Conv1D, causal and dilated, with
/// GlobalAveragePooling1D; DepthwiseConv2D with ReLU6 and GlobalMaxPooling2D). Channels are last in all of them.
#[test]
fn nets_of_flax_and_keras_agree() {
    let files: [(&str, &[u8], usize, usize); 4] = [
        ("flax", include_bytes!("files/flax.onnx"), 196, 2),
        ("keras_2d", include_bytes!("files/keras_2d.onnx"), 196, 2),
        ("keras_1d", include_bytes!("files/keras_1d.onnx"), 24, 7),
        ("keras_depthwise", include_bytes!("files/keras_depthwise.onnx"), 144, 3),
    ];
    for (name, bytes, positions, channels) in files {
        let request = request(vec![Output::of(HeadKind::Values)], None);
        let found = import(bytes, None, bright(positions, channels), &request);
        let found = found.unwrap_or_else(|error| panic!("{name}: {error}"));
        let (graph, head) = (found.model.graph(), &found.agreement.heads[0]);
        println!("{name}: {} rows, relative error {:.5}", graph.rows(), head.relative_error);
        assert!(head.relative_error < 0.01, "{name}: {}", head.relative_error);
        let shape = (graph.channels(), graph.positions());
        assert_eq!(shape, (channels, positions), "{name}");
    }
}
