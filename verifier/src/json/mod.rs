//! Policies and registries as files: JSON in, the types of this crate out; and what is verified, as JSON. With the feature `json`.
//!
//! ```no_run
//! use foldproof_verifier::json::{PolicyFile, registry};
//! use foldproof_verifier::{Bundle, Policy, scalar, verify};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let root = scalar::from_hex("…").ok_or("64 digits, please")?; // of the codebook, unless the file names some
//! let policy = PolicyFile::parse(&std::fs::read("policy.json")?)?.policy(Policy::codebooks([root]))?;
//! let policy = policy.models(registry::parse(&std::fs::read("registry.json")?)?);
//! let verified = verify(&Bundle::from_bytes(&std::fs::read("block.proof")?)?, &policy)?;
//! println!("{} was proved", verified.statement());
//! # Ok(())
//! # }
//! ```

pub mod policy;
pub mod registry;
pub mod report;

use std::fmt;

use serde::de::DeserializeOwned;

pub use policy::PolicyFile;

/// What is wrong with a document, where, and what to do about it. The caller knows the file and names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// Path of the field, such as `transactions[17].sender`, or a line and column where the text is not JSON.
    pub path: String,
    /// What would have been accepted.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// What to do next.
    pub advice: String,
}

/// Characters shown of a path or of what was found. Both quote outside data.
const SHOWN: usize = 240;
/// Characters shown of what was expected: lists of ours may be long, and some quote outside data.
const SHOWN_EXPECTED: usize = 1000;
/// Characters shown of a text inside a message.
const SHOWN_OF_TEXT: usize = 48;

impl InputError {
    /// The four parts, in the order of the message.
    pub fn new(
        path: impl ToString,
        expected: impl Into<String>,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> Self {
        Self {
            path: shorten_to(&path.to_string(), SHOWN),
            expected: shorten_to(&expected.into(), SHOWN_EXPECTED),
            found: shorten_to(&found.into(), SHOWN),
            advice: advice.into(),
        }
    }
}

impl fmt::Display for InputError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, expected, found, advice } = self;
        write!(f, "{path}: expected {expected}, found {found}; {advice}")
    }
}

impl std::error::Error for InputError {}

/// The start of a text from outside, as messages show it, with an ellipsis if there is more.
pub fn shorten(text: &str) -> String {
    shorten_to(text, SHOWN_OF_TEXT)
}

fn shorten_to(text: &str, shown: usize) -> String {
    let mut short: String = text.chars().take(shown).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// What follows a byte order mark of UTF-8: some editors and shells put one before what they write.
pub fn unmarked(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

/// Reads a document into a type that says what it takes. `expected` is what such a document is called.
///
/// # Errors
/// Documents of more than `most` bytes, and whatever the type refuses, with the path of the field.
pub fn typed<T: DeserializeOwned>(
    bytes: &[u8],
    most: usize,
    expected: &str,
    advice: &str,
) -> Result<T, InputError> {
    let document = "the document";
    if bytes.len() > most {
        let expected = format!("at most {most} bytes");
        return Err(InputError::new(document, expected, bytes.len().to_string(), advice));
    }
    let bytes = unmarked(bytes);
    // serde takes an array for a struct whose fields stand in that order.
    let first = bytes.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return Err(InputError::new(document, "an object", "an array", advice));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = match error.path().to_string().as_str() {
            "." => document.to_owned(),
            // A salt is nobody's to see, not even where it is written wrongly.
            "salt" => return InputError::new("salt", "a text", "something else", advice),
            path => path.to_owned(),
        };
        InputError::new(path, expected, error.inner().to_string(), advice)
    })?;
    json.end().map_err(|error| InputError::new(document, "one JSON object", error.to_string(), advice))?;
    Ok(read)
}
