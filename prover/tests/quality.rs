//! The models of the shared data, where they are at hand: integers agree with floats as well as they have to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::{Path, PathBuf};

use foldproof_circuits::model::{ActivationBits, Head, WeightBits};
use foldproof_circuits::stages::model::evaluate;
use foldproof_prover::model::agreement::outputs;
use foldproof_prover::model::onnx::File;
use foldproof_prover::model::quantise::Method;
use foldproof_prover::model::reference::Reference;
use foldproof_prover::model::rounding::Rounding;
use foldproof_prover::model::samples::{self, Sample};
use foldproof_prover::model::select::select;
use foldproof_prover::model::{Imported, Request, import, read, to_json};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;

struct Model {
    onnx: Vec<u8>,
    samples: Vec<Sample>,
    head: Head,
}

fn shared() -> Option<PathBuf> {
    let shared = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared"));
    if !shared.join("models").is_dir() {
        println!("skipped: no models in {}", shared.display());
        return None;
    }
    Some(shared.to_owned())
}

fn model(shared: &Path, head: Head) -> Model {
    let (onnx, data) = match head {
        Head::Tags => ("models/tag_classifier.onnx", "data/fingerprints-train.jsonl"),
        Head::Anomaly => ("models/anomaly_autoencoder.onnx", "data/fingerprints-train.jsonl"),
        // Its logits as values.
        Head::Class | Head::Values => {
            ("models/compression_predictor.onnx", "models/compression-samples.jsonl")
        }
    };
    let samples = samples::read(&fs::read(shared.join(data)).unwrap()).unwrap();
    Model { onnx: fs::read(shared.join(onnx)).unwrap(), samples, head }
}

fn run(model: &Model, weights: WeightBits, activations: ActivationBits, method: Method) -> Imported {
    let request = Request { weights, activations, method, ..Request::of(model.head) };
    import(&model.onnx, None, model.samples.clone(), &request).unwrap()
}

fn show(name: &str, imported: &Imported) {
    let a = &imported.agreement;
    let scores = a.scores.map_or_else(String::new, |s| {
        format!(
            " median {:.4} max {:.3} spearman {:.4} top {:.3}",
            s.median_relative, s.max_relative, s.spearman, s.top
        )
    });
    println!(
        "{:8} {:8} {name:28} n {} max {:.5} mean {:.6} decisions {:.5}{scores} e {} clipped {}",
        imported.model.shape().head().name(),
        imported.model.shape().weights().count(),
        a.samples,
        a.max_error,
        a.mean_error,
        a.decisions,
        imported.model.head().fraction_bits,
        a.clipped
    );
}

/// The float model.
fn reference(model: &Model) -> Reference {
    let file = File::read(&model.onnx, None).unwrap();
    let width = model.samples[0].values.len();
    let selected = select(&file, None, model.head, width).unwrap();
    Reference::new(selected.graph, &selected.network, model.head, width).unwrap()
}

/// Every held-out sample, evaluated anew: within the error that import prints.
fn errors_are_as_printed(model: &Model, imported: &Imported) {
    let reference = reference(model);
    let (_, held_out) = samples::split(model.samples.clone());
    for sample in &held_out {
        let float = reference.outputs(sample).unwrap();
        let integer = outputs(&imported.model, &evaluate(&imported.model, &sample.integers));
        assert_eq!(float.len(), integer.len());
        for (a, b) in float.iter().zip(integer) {
            assert!((a - b).abs() <= imported.agreement.max_error, "{a} {b}");
        }
    }
}

/// Mean error of outputs, relative to the float outputs' mean magnitude, on held-out samples with noise of half a deviation
/// on each input: samples unlike those of calibration.
fn error_with_noise(model: &Model, imported: &Imported) -> f64 {
    let reference = reference(model);
    let width = model.samples[0].values.len();
    let count = model.samples.len() as f64;
    let column = |j: usize| model.samples.iter().map(move |sample| sample.values[j]);
    let deviations: Vec<f64> = (0..width)
        .map(|j| {
            let mean = column(j).sum::<f64>() / count;
            (column(j).map(|x| (x - mean).powi(2)).sum::<f64>() / count).sqrt()
        })
        .collect();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let (_, mut held_out) = samples::split(model.samples.clone());
    let (mut error, mut size) = (0.0, 0.0);
    for sample in &mut held_out {
        let bits = sample.kind.fraction_bits() as i32;
        for ((value, integer), deviation) in
            sample.values.iter_mut().zip(&mut sample.integers).zip(&deviations)
        {
            *value += rng.gen_range(-0.9..0.9) * deviation;
            *integer = (*value * 2f64.powi(bits)).round() as i64;
        }
        let float = reference.outputs(sample).unwrap();
        let integer = outputs(&imported.model, &evaluate(&imported.model, &sample.integers));
        error += float.iter().zip(integer).map(|(a, b)| (a - b).abs()).sum::<f64>();
        size += float.iter().map(|x| x.abs()).sum::<f64>();
    }
    error / size
}

#[test]
fn eight_bit_weights_reach_the_bar() {
    let Some(shared) = shared() else { return };
    for head in Head::ALL {
        let model = model(&shared, head);
        let imported = run(&model, WeightBits::W8, ActivationBits::A16, Method::default());
        show("int8", &imported);
        assert_eq!(imported.warnings, Vec::<String>::new());
        assert_eq!(read(to_json(&imported.model).as_bytes()), Ok(imported.model.clone()));
        errors_are_as_printed(&model, &imported);
    }
}

#[test]
fn sixteen_bit_weights_keep_scores() {
    let Some(shared) = shared() else { return };
    let model = model(&shared, Head::Anomaly);
    let imported = run(&model, WeightBits::W16, ActivationBits::A16, Method::default());
    show("int16", &imported);
    assert_eq!(imported.warnings, Vec::<String>::new());
    errors_are_as_printed(&model, &imported);
}

#[test]
fn a_recurrent_model_is_refused_by_name() {
    let Some(shared) = shared() else { return };
    let bytes = fs::read(shared.join("models/lstm_predictor.onnx")).unwrap();
    let file = File::read(&bytes, None).unwrap();
    let error = select(&file, None, Head::Tags, 960).unwrap_err();
    assert!(error.to_string().contains("LSTM"), "{error}");
}

/// The table of docs/model-import.md: `cargo test --release -p foldproof-prover --test quality -- --ignored --nocapture`.
#[test]
#[ignore = "prints a table"]
fn what_helps() {
    let Some(shared) = shared() else { return };
    let all = Method::default();
    let plain = Method {
        rounding: Rounding::Nearest,
        step_search: false,
        bias_correction: false,
        refit: false,
        equalisation: (0.0, 0.0),
        ..all
    };
    let methods = [
        ("nearest", plain),
        ("+ bias", Method { bias_correction: true, ..plain }),
        ("+ steps", Method { bias_correction: true, step_search: true, ..plain }),
        (
            "+ feedback",
            Method { rounding: Rounding::Feedback, bias_correction: true, step_search: true, ..plain },
        ),
        ("+ descent", Method { refit: false, equalisation: (0.0, 0.0), ..all }),
        ("+ refit", Method { equalisation: (0.0, 0.0), ..all }),
        ("+ equalisation: import", all),
        ("by range alone", Method { equalisation: (1.0, 0.0), ..all }),
        ("by both", Method { equalisation: (0.5, 0.5), ..all }),
        ("ridge 0.1", Method { damping: 0.1, ..all }),
        ("ridge 0.001", Method { damping: 0.001, ..all }),
    ];
    for head in Head::ALL {
        let model = model(&shared, head);
        for (name, method) in methods {
            let imported = run(&model, WeightBits::W8, ActivationBits::A16, method);
            show(name, &imported);
            println!("{:44} with noise {:.4}", "", error_with_noise(&model, &imported));
        }
        for weights in WeightBits::ALL {
            for activations in ActivationBits::ALL {
                let name = format!("all, a{}", activations.count());
                let imported = run(&model, weights, activations, all);
                show(&name, &imported);
                println!("{:44} with noise {:.4}", "", error_with_noise(&model, &imported));
            }
        }
    }
}
