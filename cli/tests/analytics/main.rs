//! The analytics against the specification's plain reference, integer by integer. `scripts/analytics_vectors.py` makes the vectors.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod blocks;
mod command;
mod committed;
mod rows;

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

fn vectors() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../prover/tests/vectors")
}

fn json(name: &str) -> Value {
    let path = vectors().join("analytics").join(format!("{name}.json"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap()
}

/// The cases of a file, of which there must be as many as are expected.
fn cases(name: &str, count: usize) -> Vec<Value> {
    let Value::Array(cases) = json(name) else { panic!("{name}: an array was expected") };
    assert_eq!(cases.len(), count, "{name}");
    cases
}

/// What a value is as a type.
fn to<T: DeserializeOwned>(value: &Value) -> T {
    serde_json::from_value(value.clone()).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// Integers that are written as texts.
fn wide<T: std::str::FromStr>(value: &Value) -> Vec<T> {
    let one = |value: &Value| value.as_str().and_then(|text| text.parse().ok()).unwrap();
    value.as_array().unwrap().iter().map(one).collect()
}

/// 96 values.
fn fingerprint(value: &Value) -> [i64; 96] {
    to::<Vec<i64>>(value).try_into().unwrap()
}
