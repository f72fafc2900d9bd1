//! What models look at over several positions: fingerprints one after another, or the rows of a matrix.

use std::collections::HashMap;

use serde_json::value::RawValue;

use super::samples::{Kind, Units, read_one_in, read_one_vector_in};
use crate::codebook::train::FINGERPRINT;
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
                // 96 numbers are a fingerprint to a model over fingerprints alone.
                let read = if channels == FINGERPRINT { read_one_in } else { read_one_vector_in };
                let sample = read(part.as_bytes(), units).map_err(here)?;
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

/// The objects of a file, one, or one a line, as they are written: numbers are read from their text, by whoever reads them.
fn objects(bytes: &[u8]) -> Result<Vec<(String, Box<RawValue>)>, InputError> {
    let text = std::str::from_utf8(bytes)
        .map_err(|error| InputError::new("the file", "JSON in UTF-8", error.to_string(), ADVICE))?;
    if let Ok(value) = serde_json::from_str::<Box<RawValue>>(text) {
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
fn parts(object: &RawValue) -> Vec<String> {
    let fields = serde_json::from_str::<HashMap<String, Box<RawValue>>>(object.get()).unwrap_or_default();
    let fingerprints = fields.get("fingerprints").map(|list| serde_json::from_str(list.get()));
    match fingerprints {
        Some(Ok::<Vec<Box<RawValue>>, _>(list)) => {
            list.iter().map(|values| format!("{{\"fingerprint\": {values}}}")).collect()
        }
        _ => vec![object.get().to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers of more digits than a double tells are those of their text, as `verify --values` reads them.
    #[test]
    fn numbers_are_read_from_their_text() {
        let units = Units::default();
        let exact = "0.30000071525573730468749";
        let line = format!("{{\"input\": [{exact}, 1.5, 2, 3]}}");
        let alone = read_one_in(line.as_bytes(), &units).expect("a sample");
        for text in [line.clone(), line.replace(" 2, 3]}", " 2, 3]}\n")] {
            let series =
                read_series(&[("in".to_owned(), text.into_bytes())], 2, 2, &units).expect("a series");
            assert_eq!(series.values, alone.integers);
        }
        let list =
            format!("{{\"fingerprints\": [[{exact}{zeros}], [{exact}{zeros}]]}}", zeros = ", 0".repeat(95));
        let series =
            read_series(&[("in".to_owned(), list.into_bytes())], 2, 96, &units).expect("fingerprints");
        let line = format!("{{\"fingerprint\": [{exact}{zeros}]}}", zeros = ", 0".repeat(95));
        let alone = read_one_in(line.as_bytes(), &units).expect("a sample");
        assert_eq!(series.values, [&alone.integers[..], &alone.integers].concat());
    }
}
