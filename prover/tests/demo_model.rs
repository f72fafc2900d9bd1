//! The model that ships with the project is what its example and the import make.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[expect(dead_code, reason = "its main is not used here")]
#[path = "../../examples/train_tags.rs"]
mod train_tags;

use std::{env, fs};

use foldproof_circuits::model::Head;
use foldproof_prover::model::{DEMO_FILE, Request, demo, import, samples, to_json};

#[test]
fn the_demo_model_is_what_the_example_makes() {
    let trained = train_tags::train().unwrap();
    let labels = Some(train_tags::LABELS.map(str::to_owned).to_vec());
    let request = Request { labels, ..Request::of(Head::Tags) };
    let samples = samples::read(trained.calibration.as_bytes()).unwrap();
    let imported = import(&trained.onnx, None, samples, &request).unwrap();
    assert_eq!(imported.warnings, Vec::<String>::new());
    assert!(trained.accuracy.iter().all(|share| *share > 0.9), "{:?}", trained.accuracy);
    let made = to_json(&imported.model);
    if env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/artifacts/demo-tags.fpm"), &made).unwrap();
        return;
    }
    assert!(
        made == DEMO_FILE,
        "prover/artifacts/demo-tags.fpm differs; if this change is meant, run scripts/bless.sh"
    );
    assert_eq!(*demo(), imported.model);
}
