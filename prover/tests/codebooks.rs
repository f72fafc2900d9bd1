//! Codebooks: documents, integers, training.

use std::fs;
use std::path::Path;

use foldproof_circuits::statement::Centroids;
use foldproof_prover::codebook::train::{Dataset, Options, TrainError, needed, train};
use foldproof_prover::codebook::{DEFAULT_DOCUMENT, Document, default_codebook};
use foldproof_prover::input::Mapping;

const LEARNED: &str = include_str!("vectors/learned-64.json");

fn parse(text: &str) -> Document {
    Document::parse(text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_default_is_valid() {
    let codebook = default_codebook();
    assert_eq!(codebook.len(), 256);
    assert_eq!(codebook.bound_squared(), 1 << 44, "0.25");
}

#[test]
fn documents_survive_writing() {
    for text in [LEARNED, DEFAULT_DOCUMENT] {
        let document = parse(text);
        assert_eq!(parse(&document.to_json()), document);
    }
    assert_eq!(parse(DEFAULT_DOCUMENT).to_json(), DEFAULT_DOCUMENT, "written by the same hand");
}

#[test]
fn a_bare_codebook_is_the_wrapped_one() {
    let wrapped: serde_json::Value = serde_json::from_str(LEARNED).expect("JSON");
    let bare = parse(&wrapped["codebook"].to_string());
    assert_eq!(bare.metadata, None);
    assert_eq!(bare.quantise(), parse(LEARNED).quantise());
}

/// The committed codebook with one member changed or, for `None`, removed.
fn changed(pointer: &str, value: Option<serde_json::Value>) -> String {
    let mut document: serde_json::Value = serde_json::from_str(LEARNED).expect("JSON");
    let codebook = &mut document["codebook"];
    match value {
        Some(value) => *codebook.pointer_mut(pointer).expect("a member") = value,
        None => {
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
            let parent = codebook.pointer_mut(parent).expect("a member");
            parent.as_object_mut().expect("an object").remove(key);
        }
    }
    document.to_string()
}

#[test]
fn what_may_be_missing() {
    let plain = parse(&changed("/normalization", None)).quantise().expect("a codebook");
    assert_eq!((plain.mean(), plain.inverse()), (&[0; 16], &[1 << 32; 16]));
    assert_eq!(parse(&changed("/normalization", Some(serde_json::Value::Null))).quantise(), Ok(plain));
    let unbounded = parse(&changed("/errorBound", None));
    assert_eq!(unbounded.quantise().map(|codebook| codebook.bound_squared()), Ok(1 << 44));
    parse(&changed("/numCentroids", None));
}

#[test]
fn shapes_are_strict() {
    use serde_json::{Value, json};
    let row = json!([0.0, 0.0, 0.0, 0.0]);
    let cases: Vec<(&str, Option<Value>, &str)> = vec![
        ("/numSubspaces", None, "numSubspaces"),
        ("/numSubspaces", Some(json!(8)), "numSubspaces"),
        ("/subvectorDim", Some(json!(2)), "subvectorDim"),
        ("/subvectorDim", Some(json!("4")), "subvectorDim"),
        ("/numCentroids", Some(json!(63)), "numCentroids"),
        ("/centroids", None, "centroids"),
        ("/centroids", Some(json!([[], [], []])), "centroids"),
        ("/centroids/0", Some(json!(vec![row.clone(); 63])), "centroids[0]"),
        ("/centroids/2", Some(json!(vec![row.clone(); 256])), "centroids[2]"),
        ("/centroids/3/5", Some(json!([1, 2, 3])), "centroids[3][5]"),
        ("/centroids/3/5/1", Some(json!("1")), "centroids[3][5][1]"),
        ("/normalization", Some(json!([])), "normalization"),
        ("/normalization/mean", None, "normalization.mean"),
        ("/normalization/stdDev", Some(json!([1.0])), "normalization.stdDev"),
        ("/normalization/mean/3", Some(Value::Null), "normalization.mean[3]"),
        ("/errorBound", Some(json!(-0.1)), "errorBound"),
        ("/errorBound", Some(Value::Null), "errorBound"),
        ("/errorBound", Some(json!(256)), "errorBound"),
        ("/errorBound", Some(json!("1")), "errorBound"),
    ];
    for (pointer, value, path) in cases {
        let error = Document::parse(changed(pointer, value).as_bytes()).expect_err(path);
        assert_eq!(error.path, format!("codebook.{path}"));
    }
    let infinite = LEARNED.replace("\"errorBound\": 3.918383647694814", "\"errorBound\": 1e999");
    assert!(Document::parse(infinite.as_bytes()).expect_err("infinite").to_string().contains("inf"));
}

#[test]
fn ranges_are_the_circuits() {
    use serde_json::json;
    for (pointer, value, path) in [
        ("/normalization/mean/3", json!(2.0), "normalization.mean[3]"),
        ("/normalization/mean/3", json!(-1e300), "normalization.mean[3]"),
        ("/normalization/stdDev/0", json!(1e-8), "normalization.stdDev[0]"),
        ("/centroids/1/5/2", json!(64.0), "centroids[1][5][2]"),
        ("/centroids/1/5/2", json!(-1e300), "centroids[1][5][2]"),
    ] {
        let error = parse(&changed(pointer, Some(value))).quantise().expect_err(path);
        assert_eq!(error.path, format!("codebook.{path}"));
    }
    for (pointer, value) in [
        ("/normalization/mean/3", json!(-1.999_999_999)),
        ("/normalization/stdDev/0", json!(0.0)),
        ("/normalization/stdDev/0", json!(1e300)),
        ("/centroids/1/5/2", json!(-64.0)),
        ("/errorBound", json!(0)),
        ("/errorBound", json!(255.999)),
    ] {
        assert!(parse(&changed(pointer, Some(value))).quantise().is_ok(), "{pointer}");
    }
    let mut negative = parse(LEARNED);
    for epsilon in [-1.0, f64::NAN, f64::INFINITY, 256.0] {
        negative.error_bound = Some(epsilon);
        assert_eq!(negative.quantise().expect_err("no bound").path, "codebook.errorBound");
    }
}

fn dataset(lines: usize) -> Dataset {
    // A small generator of its own: values in [0, 1).
    let mut state = 1u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f64 / 16_777_216.0
    };
    let mut line = || {
        let values: Vec<String> =
            (0..96).map(|i| if i % 16 == 8 { "0".into() } else { next().to_string() }).collect();
        format!("{{\"height\":1,\"fingerprint\":[{}]}}\n", values.join(","))
    };
    let text: String = (0..lines).map(|_| line()).collect();
    Dataset::parse("made", text.as_bytes(), None).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn training_is_reproducible() {
    let options = Options { centroids: Centroids::K64, rounds: 20, restarts: 2, ..Options::default() };
    let dataset = dataset(60);
    let trained = train(&dataset, &options).expect("a codebook");
    assert_eq!(train(&dataset, &options), Ok(trained.clone()));
    assert_ne!(
        train(&dataset, &Options { seed: 2, ..options }).map(|t| t.document.centroids),
        Ok(trained.document.centroids.clone())
    );
    assert_eq!((trained.held_out.count, trained.training.count), (36, 324));
    assert!(trained.training.mean < trained.held_out.mean && trained.held_out.p95 <= trained.held_out.max);
    let normalization = trained.document.normalization.as_ref().expect("a normalization");
    assert_eq!((normalization.mean[8], normalization.std_dev[8]), (0.0, 1.0), "a column that does not vary");
    assert_eq!(parse(&trained.document.to_json()), trained.document);
}

#[test]
fn training_needs_enough() {
    let options = Options::default();
    // Of 48, five are held out, and 43 times six vectors are left for 256 centroids.
    for found in [0, 40, 47] {
        let needed = TrainError::TooFew { found, needed: 48, centroids: 256 };
        assert_eq!(train(&dataset(found), &options), Err(needed));
    }
    assert!(train(&dataset(48), &options).is_ok());
    for held_out_percent in [1, 50, 99] {
        let options = Options { held_out_percent, centroids: Centroids::K64, ..options };
        let left = |count: usize| count - (count * usize::from(held_out_percent)).div_ceil(100);
        let needed = needed(&options);
        assert!(left(needed) >= 11 && left(needed - 1) < 11, "{needed}");
    }
    for found in [0, 100, 255] {
        let options = Options { held_out_percent: found, ..options };
        assert_eq!(train(&dataset(1), &options), Err(TrainError::HeldOut { found }));
    }
}

#[test]
fn fingerprints_are_checked() {
    let error = |text: &str| Dataset::parse("made", text.as_bytes(), None).expect_err("not a dataset").path;
    assert_eq!(error("\n{\"fingerprint\":[1]}\n"), "line 2: fingerprint");
    assert_eq!(error("{}"), "line 1: fingerprint");
    let line = |value: &str| format!("{{\"fingerprint\":[{}{value}]}}", "0,".repeat(95));
    assert_eq!(error(&line("null")), "line 1: fingerprint[95]");
    assert_eq!(error(&line("4.1")), "line 1: fingerprint[95]");
    assert_eq!(Dataset::parse("made", line("-4").as_bytes(), None).map(|dataset| dataset.len()), Ok(1));
}

#[test]
#[ignore = "trains for some seconds in release, minutes without; needs ../shared/data"]
fn the_default_is_what_training_writes() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/fingerprints-train.jsonl");
    let Ok(bytes) = fs::read(&source) else {
        println!("skipped: there is no ../shared/data beside the workspace");
        return;
    };
    let dataset = Dataset::parse("fingerprints-train.jsonl", &bytes, Some(Mapping::Indexer))
        .unwrap_or_else(|error| panic!("{error}"));
    let trained = train(&dataset, &Options::default()).expect("a codebook");
    assert!(trained.document.to_json() == DEFAULT_DOCUMENT, "the committed codebook is another one");
}
