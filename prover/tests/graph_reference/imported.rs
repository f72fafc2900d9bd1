//! The models of `/work/shared/models` that are imported as graphs: what they say, encodings and commitments, bit for bit.

use std::fs;

use foldproof_circuits::stages::graph::commitment;
use foldproof_prover::model::graph_file::to_json;
use foldproof_prover::model::lower::{HeadKind, Output, import};
use foldproof_prover::model::samples::Sample;
use serde_json::Value;

use crate::script::{expected, field, python};
use crate::shared::{folder, request, samples};

/// Samples of each model, where there are so many.
const SAMPLES: usize = 500;
/// Samples that weights are rounded for: what the integers then are does not matter here, only what becomes of them.
const CALIBRATION: usize = 60;

/// A model, its heads, and what it is calibrated on and asked about.
struct Case {
    model: &'static str,
    outputs: Vec<Output>,
    samples: &'static str,
    /// Fingerprints to a window, of which neighbours overlap.
    positions: usize,
    /// How many samples there are.
    count: usize,
}

fn cases() -> Vec<Case> {
    const FINGERPRINTS: &str = "data/fingerprints-train.jsonl";
    let case = |model, outputs, samples, positions, count| Case { model, outputs, samples, positions, count };
    let named = |outputs: &[(&str, HeadKind)]| {
        outputs.iter().map(|(name, head)| Output::named(name, *head)).collect::<Vec<_>>()
    };
    let of = |head| vec![Output::of(head)];
    let predictor = named(&[
        ("fingerprint", HeadKind::Commitment),
        ("tag_logits", HeadKind::Tags),
        ("confidence_logit", HeadKind::Tags),
    ]);
    let transformer = named(&[("fingerprint", HeadKind::Commitment), ("tag_logits", HeadKind::Tags)]);
    let hotzones = || named(&[("node_scores", HeadKind::Tags), ("graph_score", HeadKind::Tags)]);
    let isolation = |head| named(&[("label", head)]);
    vec![
        case("lstm_predictor", predictor, FINGERPRINTS, 10, SAMPLES),
        case("transformer_d48", transformer, FINGERPRINTS, 10, 100),
        case("gru_tags", of(HeadKind::Tags), FINGERPRINTS, 10, SAMPLES),
        case("cnn1d", of(HeadKind::Class), FINGERPRINTS, 10, 100),
        case("cnn2d", of(HeadKind::Class), "models/cnn2d.inputs.jsonl", 1, 50),
        case("gcn_hotzones", hotzones(), "models/gcn_hotzones.inputs.jsonl", 1, 50),
        case("gcn_hotzones_jax2onnx", hotzones(), "models/gcn_hotzones.inputs.jsonl", 1, 50),
        case("prefetch_lstm", of(HeadKind::Top(5)), "models/prefetch_lstm.inputs.jsonl", 1, 50),
        case(
            "isolation_forest_100",
            isolation(HeadKind::Anomaly),
            "models/isolation_forest_100.inputs.jsonl",
            1,
            200,
        ),
        case("isolation_forest_100", isolation(HeadKind::Flag), FINGERPRINTS, 1, SAMPLES),
        case("isolation_forest_200", isolation(HeadKind::Anomaly), FINGERPRINTS, 1, SAMPLES),
        case("random_forest_tags", of(HeadKind::Class), FINGERPRINTS, 1, SAMPLES),
        case("gradient_boosting", of(HeadKind::Values), FINGERPRINTS, 1, SAMPLES),
        case("gradient_boosting_classifier", of(HeadKind::Class), FINGERPRINTS, 1, SAMPLES),
    ]
}

/// As many inputs as are asked for, spread over all that there is.
fn inputs(samples: &[Sample], case: &Case) -> Vec<Vec<i64>> {
    let windows: Vec<&[Sample]> = samples.windows(case.positions).collect();
    let step = windows.len() / case.count.min(windows.len());
    let spread = windows.iter().step_by(step.max(1)).take(case.count);
    spread.map(|window| window.iter().flat_map(|sample| sample.integers.clone()).collect()).collect()
}

fn agrees(case: &Case) {
    let Case { model, outputs, .. } = case;
    let all = samples(case.samples);
    let bytes = fs::read(folder().unwrap().join(format!("models/{model}.onnx"))).unwrap();
    let calibration = all[..all.len().min(CALIBRATION * case.positions)].to_vec();
    let imported = import(&bytes, None, calibration, &request(outputs.clone(), None))
        .unwrap_or_else(|error| panic!("{model}: {error}"));
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), to_json(&imported.model)).unwrap();
    let path = file.path().to_str().unwrap();
    let Some(printed) = python(&[path, "--encoding", "--commitment"], "") else { return };
    let own = [hex::encode(imported.model.graph().to_bytes()), field(&commitment(&imported.model))];
    assert_eq!(printed.lines().collect::<Vec<_>>(), own, "{model}");
    let inputs = inputs(&all, case);
    assert_eq!(inputs.len(), case.count, "{model}");
    let lines: String = inputs.iter().map(|values| format!("{values:?}\n")).collect();
    let Some(answers) = python(&[path], &lines) else { return };
    let answers: Vec<Value> = answers.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(answers.len(), inputs.len(), "{model}");
    for (input, answer) in inputs.iter().zip(answers) {
        let mut own = expected(&imported.model, input, &[]);
        own.as_object_mut().unwrap().remove("tensors");
        assert_eq!(own, answer, "{model}, input {input:?}");
    }
    println!("{model}: {} samples agree", inputs.len());
}

#[test]
fn imported_models_are_computed_alike() {
    if folder().is_none() {
        println!("skipped: there are no shared models");
        return;
    }
    // Dealt out to two at once: each waits for an interpreter.
    let cases = cases();
    std::thread::scope(|scope| {
        for first in 0..2 {
            let cases = &cases;
            scope.spawn(move || cases.iter().skip(first).step_by(2).for_each(agrees));
        }
    });
}
