//! The formats that samples come in.

use foldproof_circuits::graph::MAX_INPUTS;
use foldproof_verifier::json::{shorten, unmarked};

use super::{Kind, Row, Units, path};
use crate::codebook::train::FINGERPRINT;
use crate::input::InputError;
use crate::input::json::{Json, parse};
use crate::input::record::Path;

/// Longest sample, in bytes: many times what its numbers take, since other keys may stand beside them.
pub const MAX_BYTES: usize = 1 << 20;
/// Most numbers of a batch that is written as one sample.
const MAX_BATCH: usize = 1 << 20;
/// Most fingerprints of a sequence.
const MAX_SEQUENCE: usize = MAX_INPUTS / FINGERPRINT;
const ADVICE: &str = "write a line per sample, {\"fingerprint\": [96 numbers]} or {\"input\": [numbers]}; \
                      docs/model-import.md lists the other formats";

/// All samples of a file.
pub fn rows(bytes: &[u8]) -> Result<Vec<Row>, InputError> {
    let bytes = unmarked(bytes);
    let first = bytes.iter().find(|b| !b.is_ascii_whitespace());
    let rows = match first {
        None => Vec::new(),
        Some(b'{' | b'[') if !is_lines(bytes) => documents(bytes)?,
        Some(b'{' | b'[') => lines(bytes)?,
        Some(_) => csv(bytes)?,
    };
    if let Some(first) = rows.first() {
        let show = |row: &Row| format!("{} of {}", row.kind.key(), row.values.len());
        for row in &rows {
            if (first.kind, first.values.len()) != (row.kind, row.values.len()) {
                let advice = "use samples of one kind in a file";
                return Err(row.error(InputError::new(Path::Root, show(first), show(row), advice)));
            }
        }
    }
    Ok(rows)
}

/// The one sample of a file.
pub fn one(bytes: &[u8]) -> Result<Row, InputError> {
    check_length(bytes)?;
    let bytes = unmarked(bytes);
    let mut rows = many(&parse(bytes)?, None)?;
    match (rows.pop(), rows.len()) {
        (Some(row), 0) => Ok(Row { place: None, ..row }),
        (_, others) => {
            let advice = "prove one sample at a time";
            Err(InputError::new(Path::Root, "one sample", format!("{}", others + 1), advice))
        }
    }
}

/// Whether a sample is no longer than one may be.
pub(crate) fn check_length(bytes: &[u8]) -> Result<(), InputError> {
    if bytes.len() <= MAX_BYTES {
        return Ok(());
    }
    let (expected, found) = (format!("at most {MAX_BYTES} bytes"), bytes.len().to_string());
    Err(InputError::new(Path::Root, expected, found, "write a line per sample"))
}

/// Whether each line is a document: the first one is whole, or there is nothing of one after it.
fn is_lines(bytes: &[u8]) -> bool {
    let mut lines = bytes.split(|b| *b == b'\n').filter(|line| !line.iter().all(u8::is_ascii_whitespace));
    let first = lines.next().unwrap_or_default();
    let several = lines.next().is_some();
    // A whole array on the first line alone is a document of samples; of several lines each is one.
    let trimmed = first.trim_ascii();
    let is_whole = serde_json::from_slice::<serde::de::IgnoredAny>(trimmed).is_ok();
    match trimmed.first() {
        Some(b'[') => several && is_whole,
        _ => is_whole || several && trimmed.ends_with(b"}"),
    }
}

fn lines(bytes: &[u8]) -> Result<Vec<Row>, InputError> {
    let mut rows = Vec::new();
    for (number, line) in (1..).zip(bytes.split(|b| *b == b'\n')) {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        let place = format!("line {number}");
        let located = |error: InputError| InputError { path: format!("{place}: {}", error.path), ..error };
        // A batch of many samples may stand on one line, which is as long as it is.
        let key = b"\"input_data\"";
        if !line.windows(key.len()).any(|part| part == key) {
            check_length(line).map_err(located)?;
        }
        let json = parse(line).map_err(located)?;
        rows.extend(many(&json, Some(&place)).map_err(located)?);
    }
    Ok(rows)
}

/// Documents one after the other, over as many lines as they like.
fn documents(bytes: &[u8]) -> Result<Vec<Row>, InputError> {
    let mut rows = Vec::new();
    let mut stream = serde_json::Deserializer::from_slice(bytes).into_iter::<&serde_json::value::RawValue>();
    let mut number = 0usize;
    let mut start = 0;
    loop {
        number += 1;
        let line = 1 + bytes[..start].iter().filter(|b| **b == b'\n').count();
        let place = format!("sample {number}, after line {line}");
        match stream.next() {
            None => return Ok(rows),
            Some(Ok(raw)) => {
                let json = parse(raw.get().as_bytes());
                let located =
                    |error: InputError| InputError { path: format!("{place}: {}", error.path), ..error };
                let several = number > 1 || !bytes[stream.byte_offset()..].trim_ascii().is_empty();
                let place = several.then_some(place.as_str());
                let made = json.and_then(|json| many(&json, place));
                rows.extend(if several { made.map_err(located)? } else { made? });
            }
            Some(Err(error)) => {
                let at = format!("line {}, column {}", error.line(), error.column());
                return Err(InputError::new(at, "JSON", error.to_string(), ADVICE));
            }
        }
        start = stream.byte_offset();
    }
}

/// The samples of a document: an object of one, an array of them, rows of numbers, or EZKL's `input_data`.
fn many(json: &Json, place: Option<&str>) -> Result<Vec<Row>, InputError> {
    let numbers = |items: &[Json]| items.iter().any(|item| matches!(item, Json::Number(_)));
    let (path, items) = match json {
        Json::Object(_) => match json.get("input_data") {
            Some(Json::Array(items)) if !numbers(items) => ("input_data".to_owned(), items),
            Some(data) => return vector(data, "input_data", None, place).map(|row| vec![row]),
            None => return object(json, place).map(|row| vec![row]),
        },
        Json::Array(items) if numbers(items) => {
            return vector(json, "the document", None, place).map(|row| vec![row]);
        }
        Json::Array(items) => (String::new(), items),
        other => return Err(InputError::new(Path::Root, "samples", other.describe(), ADVICE)),
    };
    let one = |(i, item): (usize, &Json)| {
        let path = format!("{path}[{i}]");
        let place = place.map_or_else(|| path.clone(), |place| format!("{place}: {path}"));
        match item {
            Json::Object(_) => object(item, Some(&place))
                .map_err(|error| InputError { path: format!("{path}.{}", error.path), ..error }),
            other => vector(other, &path, None, Some(&place)).map(|row| Row { path: String::new(), ..row }),
        }
    };
    items.iter().enumerate().map(one).collect()
}

/// `{"fingerprint": […]}` or `{"input": […]}`, with `units` or not.
fn object(json: &Json, place: Option<&str>) -> Result<Row, InputError> {
    if let (Some(rows), None, None) = (json.get("fingerprints"), json.get("fingerprint"), json.get("input")) {
        return sequence(rows, place);
    }
    let (kind, value) = match (json.get("fingerprint"), json.get("input")) {
        (Some(value), None) => (Kind::Fingerprint, value),
        (None, Some(value)) => (Kind::Vector, value),
        (first, _) => {
            let found = if first.is_some() { "both" } else { "neither" };
            return Err(InputError::new(Path::Root, "fingerprint or input", found, ADVICE));
        }
    };
    // Other tools know no fingerprints: to them 96 numbers are an input too.
    let is_fingerprint = matches!(value, Json::Array(items) if items.len() == FINGERPRINT);
    let expected = if is_fingerprint { Kind::Fingerprint } else { kind };
    let mut row = vector(value, &path(kind), Some(expected), place)?;
    row.said = kind == Kind::Fingerprint;
    let Some(units) = json.get("units") else { return Ok(row) };
    // A fingerprint has no units: whoever writes some says that an input is none.
    row.kind = kind;
    let exponents: Option<Vec<i32>> = match units {
        Json::Array(items) if items.len() == row.values.len() && row.kind == Kind::Vector => {
            let exponent = |item: &Json| match item {
                #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and small")]
                Json::Number(x) if x.fract() == 0.0 && x.abs() < 1e6 => Some(*x as i32),
                _ => None,
            };
            items.iter().map(exponent).collect()
        }
        _ => None,
    };
    let units = exponents.and_then(Units::new).ok_or_else(|| {
        let expected = "of an input, as many exponents of 2 as it has numbers, within ±100";
        InputError::new(
            "units",
            expected,
            units.describe(),
            "use those that `foldproof model inspect` prints",
        )
    })?;
    Ok(Row { units: Some(units), ..row })
}

/// `{"fingerprints": [[…], …]}`: a sequence of them, the oldest first, as one sample.
fn sequence(rows: &Json, place: Option<&str>) -> Result<Row, InputError> {
    let wrong = || {
        let expected = format!("1 to {MAX_SEQUENCE} arrays of {FINGERPRINT} numbers");
        InputError::new("fingerprints", expected, rows.describe(), ADVICE)
    };
    let Json::Array(items) = rows else { return Err(wrong()) };
    if !(1..=MAX_SEQUENCE).contains(&items.len()) {
        return Err(wrong());
    }
    let mut values = Vec::with_capacity(items.len() * FINGERPRINT);
    for (i, item) in items.iter().enumerate() {
        values.extend(vector(item, &format!("fingerprints[{i}]"), Some(Kind::Fingerprint), place)?.values);
    }
    let path = "fingerprints".to_owned();
    let place = place.map(str::to_owned);
    Ok(Row { place, path, kind: Kind::Fingerprint, said: true, values, units: None })
}

/// An array of numbers. Of 96 they are a fingerprint, unless it is said that they are not.
fn vector(value: &Json, path: &str, kind: Option<Kind>, place: Option<&str>) -> Result<Row, InputError> {
    let most = if kind.is_some() { MAX_INPUTS } else { MAX_BATCH };
    let expected = match kind {
        Some(Kind::Fingerprint) => format!("an array of {FINGERPRINT} numbers"),
        _ => format!("an array of 1 to {MAX_INPUTS} numbers"),
    };
    let wrong = || InputError::new(path, expected.as_str(), value.describe(), ADVICE);
    let Json::Array(items) = value else { return Err(wrong()) };
    let found = if items.len() == FINGERPRINT { Kind::Fingerprint } else { Kind::Vector };
    if !(1..=most).contains(&items.len()) || kind.is_some_and(|kind| kind != found) {
        return Err(wrong());
    }
    let number = |(i, item): (usize, &Json)| match item {
        Json::Number(x) if x.is_finite() => Ok(*x),
        other => Err(InputError::new(format!("{path}[{i}]"), "a number", other.describe(), ADVICE)),
    };
    let values: Vec<f64> = items.iter().enumerate().map(number).collect::<Result<_, _>>()?;
    let place = place.map(str::to_owned);
    Ok(Row { place, path: path.to_owned(), kind: found, said: false, values, units: None })
}

/// Rows of numbers, between commas, semicolons, tabs or spaces, with or without a row of names. Where the first name is empty, the
/// first column is the index that pandas writes, and no number of a sample.
fn csv(bytes: &[u8]) -> Result<Vec<Row>, InputError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let found = format!("an invalid byte at offset {}", error.valid_up_to());
        InputError::new(Path::Root, "text in UTF-8", found, "convert the file to UTF-8")
    })?;
    let mut rows: Vec<Row> = Vec::new();
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let (mut separator, mut index_column) = (None, false);
    for (index, (number, line)) in lines.enumerate() {
        let at = format!("line {number}");
        let found = || [';', '\t', ',', ' '].into_iter().find(|c| line.trim().contains(*c)).unwrap_or(',');
        let mut cells: Vec<&str> = match *separator.get_or_insert_with(found) {
            ' ' => line.split_whitespace().collect(),
            separator => line.split(separator).collect(),
        };
        cells.iter_mut().for_each(|cell| *cell = cell.trim().trim_matches('"'));
        if index_column {
            cells.remove(0);
        }
        let values: Vec<Option<f64>> =
            cells.iter().map(|cell| cell.parse::<f64>().ok().filter(|x| x.is_finite())).collect();
        if index == 0 && are_names(&cells, &values) {
            index_column = cells.first().is_some_and(|cell| cell.is_empty()) && cells.len() > 1;
            continue;
        }
        let mut row = Vec::new();
        for (column, (value, cell)) in (1..).zip(values.iter().zip(&cells)) {
            row.push(value.ok_or_else(|| {
                let path = format!("{at}, column {column}");
                let advice =
                    "write a row of numbers per sample, or JSON: docs/model-import.md lists the formats";
                InputError::new(path, "a number", format!("{:?}", shorten(cell)), advice)
            })?);
        }
        if row.len() > MAX_INPUTS {
            let found = row.len().to_string();
            return Err(InputError::new(at, format!("at most {MAX_INPUTS} numbers"), found, ADVICE));
        }
        let kind = if row.len() == FINGERPRINT { Kind::Fingerprint } else { Kind::Vector };
        let (place, path) = (Some(at), "row".into());
        rows.push(Row { place, path, kind, said: false, values: row, units: None });
    }
    if rows.is_empty() {
        let found = format!("{:?} alone", shorten(text.trim()));
        return Err(InputError::new(Path::Root, "rows of numbers", found, ADVICE));
    }
    Ok(rows)
}

/// Whether a first row has names of columns: no numbers, none of them, or the numbers of the columns, as pandas calls those of an
/// array. Two columns or fewer that begin with 0 and 1 may be a sample.
fn are_names(cells: &[&str], values: &[Option<f64>]) -> bool {
    let (cells, values) = match (cells, values) {
        (["", cells @ ..], [None, values @ ..]) if !cells.is_empty() => (cells, values),
        all => all,
    };
    let counted = |(place, value): (u32, &Option<f64>)| *value == Some(f64::from(place));
    let names = values.iter().all(Option::is_none) && cells.iter().all(|cell| looks_like_a_name(cell));
    names || cells.len() > 2 && (0..).zip(values).all(counted)
}

fn looks_like_a_name(cell: &str) -> bool {
    // What stands for a number that is missing or none is no name.
    let lower = cell.to_ascii_lowercase();
    let number = ["nan", "inf", "infinity", "na", "n/a", "null", "none"]
        .contains(&lower.trim_start_matches(['-', '+']))
        || lower.starts_with("0x");
    cell.chars().any(char::is_alphabetic) && !number
}
