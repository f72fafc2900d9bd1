//! The models that ship with the project are what its example, the import and the samples of the circuits make.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "its main is not used here")]
#[path = "../../examples/train_tags.rs"]
mod train_tags;

use std::{env, fs};

use foldproof_circuits::model::Head;
use foldproof_circuits::testing::samples::graphs;
use foldproof_prover::model::{DEMO_FILE, Request, demo, graph_file, import, samples, to_json};
use foldproof_prover::pins::{self, GRAPH_FILES};

#[test]
fn the_demo_model_is_what_the_example_makes() {
    let trained = train_tags::train().unwrap();
    let labels = Some(train_tags::LABELS.map(str::to_owned).to_vec());
    let request = Request { labels, ..Request::of(Head::Tags) };
    let samples = samples::read(trained.calibration.as_bytes()).unwrap();
    let imported = import(&trained.onnx, None, samples, &request).unwrap();
    assert_eq!(imported.warnings, Vec::<String>::new());
    assert!(trained.accuracy.iter().all(|share| *share > 0.9), "{:?}", trained.accuracy);
    if is_kept("demo-tags.fpm", DEMO_FILE, &to_json(&imported.model)) {
        assert_eq!(*demo(), imported.model);
    }
}

#[test]
fn the_sample_graphs_are_what_the_samples_make() {
    let all = [graphs::gru(), graphs::forest(3)];
    assert_eq!(all.len(), GRAPH_FILES.len());
    for (index, ((name, kept), made)) in GRAPH_FILES.into_iter().zip(all).enumerate() {
        if is_kept(name, kept, &graph_file::to_json(&made)) {
            assert_eq!(pins::graphs()[index], made.into());
        }
    }
}

/// Compares a file with what is made, or writes it under `BLESS=1`.
fn is_kept(name: &str, kept: &str, made: &str) -> bool {
    if env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(format!("{}/artifacts/{name}", env!("CARGO_MANIFEST_DIR")), made).unwrap();
        return false;
    }
    assert!(kept == made, "prover/artifacts/{name} differs; if this change is meant, run scripts/bless.sh");
    true
}
