//! Files of labels: names of a model's outputs.

use foldproof_circuits::model::MAX_WIDTH;

use crate::input::InputError;
use crate::input::json::{INTEGER_LIMIT, Json, parse};
use crate::input::record::Path;

/// Reads a JSON array of texts or whole numbers, or an object that has one as `classes`.
///
/// # Errors
/// Anything else.
pub fn labels(bytes: &[u8]) -> Result<Vec<String>, InputError> {
    let document = parse(bytes)?;
    let (path, value) = match document.get("classes") {
        Some(value) => (Path::Key(&Path::Root, "classes"), value),
        None => (Path::Root, &document),
    };
    let text = |item: &Json| match item {
        Json::Text(text) => Some(text.clone()),
        Json::Number(x) if x.fract() == 0.0 && x.abs() < INTEGER_LIMIT => Some(x.to_string()),
        _ => None,
    };
    let labels = match value {
        Json::Array(items) if items.len() <= usize::from(MAX_WIDTH) => items.iter().map(text).collect(),
        _ => None,
    };
    let advice = "write them as [\"first\", \"second\"]";
    labels.ok_or_else(|| {
        InputError::new(path, "an array of texts or whole numbers, one per output", value.describe(), advice)
    })
}
