//! What models look at over several positions: fingerprints one after another, or the rows of a matrix.

use serde_json::Value;

use super::samples::{Kind, Units, read_one_in};
use crate::input::InputError;

/// Values of all positions, position by position.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Series {
    /// Of what.
    pub kind: Kind,
    /// The integers.
    pub values: Vec<i64>,
}

const ADVICE: &str = "give a file with a line for each position, oldest first, or one object with \"fingerprints\" (or, for a model \
                      over other numbers, \"input\" with the numbers of all positions)";

/// Reads `positions` positions of `channels` values from files in order: each is JSON or JSON Lines of objects with `fingerprint`,
/// `fingerprints` or `input`, as for samples. An `input` may hold all positions at once.
///
/// # Errors
/// Numbers that are no samples, with file and line; another number of positions or of values at one.
pub fn read_series(
    files: &[(String, Vec<u8>)],
    positions: usize,
    channels: usize,
    units: &Units,
) -> Result<Series, InputError> {
    let mut series = Series { kind: Kind::Vector, values: Vec::new() };
    let mut found = 0;
    for (name, bytes) in files {
        let within = |error: InputError| InputError { path: format!("{name}: {}", error.path), ..error };
        for (place, object) in objects(bytes).map_err(within)? {
            for part in parts(&object) {
                let here = |error: InputError| InputError {
                    path: format!("{name}: {place}{}", error.path),
                    ..error
                };
                let sample = read_one_in(part.to_string().as_bytes(), units).map_err(here)?;
                let length = sample.integers.len();
                let all = sample.kind == Kind::Vector && length == positions * channels;
                let at_once = if all { positions } else { 1 };
                if length != at_once * channels {
                    let expected =
                        format!("{channels} numbers for a position, or {} for all", positions * channels);
                    let error = InputError::new(sample.kind.key(), expected, length.to_string(), ADVICE);
                    return Err(here(error));
                }
                if found > 0 && sample.kind != series.kind {
                    let expected = format!("{:?}, as the first position has", series.kind.key());
                    let found = format!("{:?}", sample.kind.key());
                    return Err(here(InputError::new("the key", expected, found, ADVICE)));
                }
                series.kind = sample.kind;
                found += at_once;
                if found > positions {
                    let expected = format!("{positions} positions, as the models take");
                    return Err(here(InputError::new("positions", expected, "more", ADVICE)));
                }
                series.values.extend(sample.integers);
            }
        }
    }
    if found != positions {
        let expected = format!("{positions} positions, as the models take");
        return Err(InputError::new("positions", expected, found.to_string(), ADVICE));
    }
    Ok(series)
}

/// The objects of a file: one, or one a line.
fn objects(bytes: &[u8]) -> Result<Vec<(String, Value)>, InputError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| InputError::new("the file", "JSON in UTF-8", error.to_string(), ADVICE))?;
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        return Ok(vec![(String::new(), value)]);
    }
    let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(index, line)| {
            let place = format!("line {}: ", index + 1);
            let wrong = |error: serde_json::Error| {
                InputError::new(format!("line {}", index + 1), "a JSON object", error.to_string(), ADVICE)
            };
            Ok((place, serde_json::from_str(line).map_err(wrong)?))
        })
        .collect()
}

/// An object with `fingerprints` stands for one of each.
fn parts(object: &Value) -> Vec<Value> {
    match object.get("fingerprints").and_then(Value::as_array) {
        Some(fingerprints) => {
            fingerprints.iter().map(|values| serde_json::json!({ "fingerprint": values })).collect()
        }
        None => vec![object.clone()],
    }
}
