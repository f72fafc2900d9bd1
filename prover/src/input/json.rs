//! JSON the way the specification reads it: numbers are IEEE doubles, an object has each key once.
//!
//! `serde_json` checks the grammar and decodes strings. Numbers are converted from their own text, rounded
//! correctly, because `serde_json` refuses those beyond the largest double, which JSON parsers in browsers read
//! as infinite.

use std::collections::HashSet;
use std::fmt::{self, Write};

use foldproof_verifier::json::{shorten, unmarked};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::InputError;
use super::record::Path;

/// Deepest nesting accepted.
pub const DEPTH_LIMIT: usize = 128;
/// Integers below this magnitude have a decimal form of their own.
pub const INTEGER_LIMIT: f64 = 9_007_199_254_740_992.0;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number; infinite where the text is beyond the largest double.
    Number(f64),
    /// A string.
    Text(String),
    /// An array.
    Array(Vec<Json>),
    /// An object.
    Object(Object),
}

/// The members of an object in the order they were written, each key once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(String, Json)>);

impl Object {
    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, value)| value)
    }

    /// Appends a member. `None` changes nothing, and neither does a key that is there already.
    #[must_use]
    pub fn with(mut self, key: &str, value: impl Into<Option<Json>>) -> Self {
        if let (Some(value), None) = (value.into(), self.get(key)) {
            self.0.push((key.to_owned(), value));
        }
        self
    }

    /// Members in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Json)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// Whether there is no member.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Json {
    /// The value of a key, if this is an object that has it.
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Self::Object(object) => object.get(key),
            _ => None,
        }
    }

    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// An array of numbers.
    pub fn numbers(numbers: &[f64]) -> Self {
        Self::Array(numbers.iter().copied().map(Self::Number).collect())
    }

    /// The value in a few words, for messages.
    pub fn describe(&self) -> String {
        match self {
            Self::Null => "null".into(),
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => format!("the number {value}"),
            Self::Text(text) => format!("the text {:?}", shorten(text)),
            Self::Array(items) => format!("an array of {}", items.len()),
            Self::Object(_) => "an object".into(),
        }
    }

    fn pretty(&self, out: &mut String, indent: usize) -> fmt::Result {
        let newline = |out: &mut String, indent: usize| write!(out, "\n{:indent$}", "");
        match self {
            Self::Array(items) if items.iter().any(|i| matches!(i, Self::Array(_) | Self::Object(_))) => {
                for (i, item) in items.iter().enumerate() {
                    out.push(if i == 0 { '[' } else { ',' });
                    newline(out, indent + 1)?;
                    item.pretty(out, indent + 1)?;
                }
                newline(out, indent)?;
                out.push(']');
                Ok(())
            }
            Self::Object(object) if !object.is_empty() => {
                for (i, (key, value)) in object.iter().enumerate() {
                    out.push(if i == 0 { '{' } else { ',' });
                    newline(out, indent + 1)?;
                    write!(out, "{}: ", quoted(key))?;
                    value.pretty(out, indent + 1)?;
                }
                newline(out, indent)?;
                out.push('}');
                Ok(())
            }
            other => write!(out, "{other}"),
        }
    }

    /// The value over several lines, with arrays of plain values on one. Ends with a newline.
    pub fn to_pretty(&self) -> String {
        let mut out = String::new();
        // Writing to a string does not fail.
        let _: fmt::Result = self.pretty(&mut out, 0);
        out.push('\n');
        out
    }
}

/// On one line, without spaces. Numbers that are not finite become `null`, as in browsers.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(value) if !value.is_finite() => f.write_str("null"),
            // Exponents keep extreme values short; both forms read back as the same double.
            Self::Number(value) if *value != 0.0 && !(1e-6..1e21).contains(&value.abs()) => {
                write!(f, "{value:e}")
            }
            Self::Number(value) => write!(f, "{value}"),
            Self::Text(text) => f.write_str(&quoted(text)),
            Self::Array(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { "," })?;
                    item.fmt(f)?;
                }
                f.write_str("]")
            }
            Self::Object(object) => {
                f.write_str("{")?;
                for (i, (key, value)) in object.iter().enumerate() {
                    write!(f, "{}{}:{value}", if i == 0 { "" } else { "," }, quoted(key))?;
                }
                f.write_str("}")
            }
        }
    }
}

fn quoted(text: &str) -> String {
    // The text of a `Value` is its JSON.
    serde_json::Value::from(text).to_string()
}

/// Reads a document.
///
/// # Errors
///
/// A file that is empty or HTML, text that is not UTF-8 or not JSON, a key that comes twice in an object, anywhere, and nesting deeper than
/// [`DEPTH_LIMIT`].
pub fn parse(bytes: &[u8]) -> Result<Json, InputError> {
    let bytes = unmarked(bytes);
    if bytes.iter().all(u8::is_ascii_whitespace) {
        let advice = "look at what made the file: it wrote nothing";
        return Err(InputError::new(Path::Root, "JSON", "an empty file", advice));
    }
    if bytes.trim_ascii_start().starts_with(b"<") {
        let advice = "look at the file: a web server may have answered in place of the node";
        return Err(InputError::new(Path::Root, "JSON", "HTML or XML", advice));
    }
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let found = match bytes {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => "the byte order mark of UTF-16".to_owned(),
            _ => format!("an invalid byte at offset {}", error.valid_up_to()),
        };
        InputError::new(Path::Root, "JSON in UTF-8", found, "convert the file to UTF-8")
    })?;
    let raw = serde_json::from_str::<&RawValue>(text).map_err(|error| {
        let at = format!("line {}, column {}", error.line(), error.column());
        InputError::new(at, "JSON", error.to_string(), "check that the file is complete and is JSON")
    })?;
    value(raw, Path::Root, 0)
}

fn value(raw: &RawValue, path: Path<'_>, depth: usize) -> Result<Json, InputError> {
    let text = raw.get();
    let wrong = |error: serde_json::Error| {
        InputError::new(path, "JSON", error.to_string(), "correct the text of this field")
    };
    if depth >= DEPTH_LIMIT {
        let expected = format!("at most {DEPTH_LIMIT} levels of nesting");
        return Err(InputError::new(path, expected, "more", "flatten the document"));
    }
    Ok(match text.as_bytes().first() {
        Some(b'{') => Json::Object(object(serde_json::from_str(text).map_err(wrong)?, path, depth)?),
        Some(b'[') => {
            let raw = serde_json::from_str::<Vec<&RawValue>>(text).map_err(wrong)?;
            // Collecting results would not know how many there are, and take twice the memory.
            let mut items = Vec::with_capacity(raw.len());
            for (i, item) in raw.into_iter().enumerate() {
                items.push(value(item, Path::Index(&path, i), depth + 1)?);
            }
            Json::Array(items)
        }
        Some(b'"') => Json::Text(serde_json::from_str(text).map_err(wrong)?),
        Some(b't' | b'f') => Json::Bool(text == "true"),
        Some(b'n') => Json::Null,
        // The grammar of a JSON number is part of that of `f64`, which rounds to nearest even.
        _ => Json::Number(text.parse().unwrap_or(f64::NAN)),
    })
}

fn object(members: Members<'_>, path: Path<'_>, depth: usize) -> Result<Object, InputError> {
    let mut keys = HashSet::with_capacity(members.0.len());
    for (key, _) in &members.0 {
        if !keys.insert(key.as_str()) {
            let path = Path::Key(&path, key);
            return Err(InputError::new(path, "each key once", "the key twice", "remove one of the two"));
        }
    }
    let mut object = Vec::with_capacity(members.0.len());
    for (key, raw) in &members.0 {
        let value = value(raw, Path::Key(&path, key), depth + 1)?;
        object.push((key.clone(), value));
    }
    Ok(Object(object))
}

/// Members of an object, values still text.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> de::Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}
