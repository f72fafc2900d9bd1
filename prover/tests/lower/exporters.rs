//! Files that PyTorch's two exporters, Keras by tf2onnx and flax by jax2onnx wrote (`scripts/export_models.py`), against what onnxruntime
//! says of the same samples.

use std::fs;
use std::path::{Path, PathBuf};

use foldproof_circuits::stages::graph::{Output as Said, evaluate};
use foldproof_prover::model::lower::{HeadKind, Request, applies, import, takes_vectors};
use foldproof_prover::model::samples;
use halo2curves::bn256::Fr;

/// Most mean error, in mean deviations of the outputs. Weights are random, and outputs differ little from sample to sample.
const FAR: f64 = 0.05;
/// Least part of samples whose greatest output is the same.
const ALIKE: f64 = 0.9;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lower/files/exporters")
}

fn outputs(text: &str) -> Vec<Vec<f64>> {
    let of = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        line["output"].as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
    };
    text.lines().map(of).collect()
}

fn greatest(values: &[f64]) -> usize {
    (0..values.len()).max_by(|a, b| values[*a].total_cmp(&values[*b])).unwrap()
}

/// Mean error in mean deviations, and the part of samples whose greatest output is the same.
fn compared(name: &str) -> (f64, f64) {
    let onnx = fs::read(folder().join(format!("{name}.onnx"))).unwrap();
    let text = fs::read_to_string(folder().join(format!("{name}.jsonl"))).unwrap();
    assert!(applies(&onnx, None, &[]).unwrap(), "{name} is no dense network");
    let vectors = takes_vectors(&onnx, None, &[]);
    let read = if vectors { samples::read_scaled_vectors } else { samples::read_scaled };
    let samples = read(text.as_bytes()).unwrap();
    let imported = import(&onnx, None, samples.clone(), &Request::of(HeadKind::Values))
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let unit = 2f64.powi(-i32::from(imported.model.heads()[0].fraction_bits));
    let expected = outputs(&text);
    let width = expected[0].len();
    let count = f64::from(u32::try_from(expected.len()).unwrap());
    let means: Vec<f64> = (0..width).map(|o| expected.iter().map(|y| y[o]).sum::<f64>() / count).collect();
    let (mut error, mut deviation, mut same) = (0.0, 0.0, 0.0);
    for (sample, expected) in samples.iter().zip(&expected) {
        let said = evaluate(&imported.model, &sample.integers, &[Fr::zero(); 1]);
        let Said::Values(values) = &said.outputs[0] else { panic!("{name}: values") };
        let values: Vec<f64> = values.iter().map(|y| *y as f64 * unit).collect();
        error += values.iter().zip(expected).map(|(a, b)| (a - b).abs()).sum::<f64>();
        deviation += expected.iter().zip(&means).map(|(y, mean)| (y - mean).abs()).sum::<f64>();
        same += f64::from(u8::from(greatest(&values) == greatest(expected)));
    }
    (error / deviation, same / count)
}

fn agree(tool: &str, least: usize) {
    let files = fs::read_dir(folder()).unwrap().map(|file| file.unwrap().path());
    let mut names: Vec<String> = files
        .filter(|file| file.extension().is_some_and(|kind| kind == "onnx"))
        .map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|name| name.starts_with(tool))
        .collect();
    names.sort_unstable();
    assert!(names.len() >= least, "{names:?}");
    let mut far = Vec::new();
    for name in names {
        let (error, same) = compared(&name);
        println!("{name}: mean error {error:.4} of the mean deviation, {:.1} % of classes", 100.0 * same);
        if error > FAR || same < ALIKE {
            far.push(format!("{name}: {error:.4}, {same:.3}"));
        }
    }
    assert!(far.is_empty(), "{far:?}");
}

#[test]
fn torch_by_torchscript_agrees() {
    agree("torch_script_", 10);
}

#[test]
fn torch_by_torch_export_agrees() {
    agree("torch_dynamo_", 10);
}

#[test]
fn keras_agrees() {
    agree("keras_", 3);
}

#[test]
fn flax_agrees() {
    agree("flax_", 2);
}

/// A token that is no row of the table has zeros for its row, like any other that is none.
#[test]
fn what_is_no_token_has_no_embedding() {
    let onnx = fs::read(folder().join("torch_script_language.onnx")).unwrap();
    let text = fs::read(folder().join("torch_script_language.jsonl")).unwrap();
    let samples = samples::read_scaled(&text).unwrap();
    let imported = import(&onnx, None, samples, &Request::of(HeadKind::Values)).unwrap();
    let said = |token: &str| {
        let line = format!("{{\"input\": [1, 2, 3, 4, 5, {token}]}}");
        let sample = samples::read_one_in(line.as_bytes(), &imported.units).unwrap();
        evaluate(&imported.model, &sample.integers, &[Fr::zero(); 1]).outputs
    };
    let none = said("12");
    for other in ["-1", "13", "14", "15", "100", "-32000", "32000"] {
        assert_eq!(said(other), none, "{other}");
    }
    for token in ["0", "11", "7"] {
        assert_ne!(said(token), none, "{token}");
    }
    let beside = text.iter().copied().chain(*b"\n{\"input\": [1, 2, 3, 4, 5, 12]}\n").collect::<Vec<u8>>();
    let samples = samples::read_scaled(&beside).unwrap();
    let error = import(&onnx, None, samples, &Request::of(HeadKind::Values)).unwrap_err().to_string();
    assert!(error.contains("Gather") && error.contains("12"), "{error}");
}

/// 96 numbers are a fingerprint to a model over 96 columns alone, and to all to whom it is said.
#[test]
fn ninety_six_numbers_are_what_the_model_takes() {
    let numbers = vec!["0.5"; 96].join(", ");
    let (plain, said) = (format!("{{\"input\": [{numbers}]}}"), format!("{{\"fingerprint\": [{numbers}]}}"));
    let kind = |read: fn(&[u8]) -> _, text: &str| {
        let read: Result<Vec<samples::Sample>, foldproof_prover::input::InputError> = read(text.as_bytes());
        read.unwrap()[0].kind
    };
    assert_eq!(kind(samples::read_scaled, &plain), samples::Kind::Fingerprint);
    assert_eq!(kind(samples::read_scaled_vectors, &plain), samples::Kind::Vector);
    assert_eq!(kind(samples::read_scaled_vectors, &said), samples::Kind::Fingerprint);
    let zeros = vec!["0"; 96].join(", ");
    let units = format!("{{\"input\": [{numbers}], \"units\": [{zeros}]}}");
    assert_eq!(kind(samples::read_scaled, &units), samples::Kind::Vector);
}
