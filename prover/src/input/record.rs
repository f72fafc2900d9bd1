//! Fields of objects, with the path that led to them.

use std::fmt;

use foldproof_circuits::block::{INTEGER_LIMIT, TEXT_BYTES, Text, TextError};

use foldproof_verifier::json::shorten;

use super::json::{Json, Object};
use super::{InputError, number};

/// Most records of a kind that are read. No circuit holds a quarter of them; the circuit's own message says how many it holds.
const MOST_RECORDS: usize = 1 << 14;

/// Where a value is in its document. Shown as `transactions[17].sender`.
#[derive(Clone, Copy, Debug)]
pub enum Path<'a> {
    /// The document itself.
    Root,
    /// A member of an object.
    Key(&'a Path<'a>, &'a str),
    /// An element of an array.
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Paths are as deep as documents, and those have a limit.
        match self {
            Self::Root => f.write_str("the document"),
            Self::Key(Self::Root, key) => f.write_str(&shorten(key)),
            Self::Key(parent, key) => write!(f, "{parent}.{}", shorten(key)),
            Self::Index(Self::Root, index) => write!(f, "[{index}]"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// An object and where it is.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    object: &'a Object,
    path: Path<'a>,
}

impl<'a> Record<'a> {
    /// `value`, which must be an object.
    pub fn new(value: &'a Json, path: Path<'a>) -> Result<Self, InputError> {
        match value {
            Json::Object(object) => Ok(Self { object, path }),
            other => Err(InputError::new(path, "an object", other.describe(), "make it an object")),
        }
    }

    /// An object that is not in the document, such as one that stands for a missing field.
    pub fn of(object: &'a Object, path: Path<'a>) -> Self {
        Self { object, path }
    }

    /// The object.
    pub fn object(&self) -> &'a Object {
        self.object
    }

    /// Where it is.
    pub fn path(&self) -> Path<'a> {
        self.path
    }

    /// The value of the first of `keys` that is neither missing nor null, and that key.
    pub fn first(&self, keys: &[&'static str]) -> Option<(&'static str, &'a Json)> {
        let present = |key: &&'static str| self.object.get(key).map(|value| (*key, value));
        keys.iter().filter_map(present).find(|(_, value)| **value != Json::Null)
    }

    /// The value of `key`, unless missing or null.
    pub fn get(&self, key: &'static str) -> Option<&'a Json> {
        self.first(&[key]).map(|(_, value)| value)
    }

    /// An error about `key`.
    pub fn wrong(
        &self,
        key: &str,
        expected: impl Into<String>,
        found: impl Into<String>,
        advice: impl Into<String>,
    ) -> InputError {
        InputError::new(Path::Key(&self.path, key), expected, found, advice)
    }

    /// The canonical text of the first of `keys`: empty where there is none.
    ///
    /// # Errors
    ///
    /// Arrays, objects, numbers that are not integers below 2⁵³, texts beyond 62 bytes of 0x01–0x7f.
    pub fn text(&self, keys: &[&'static str]) -> Result<Text, InputError> {
        let Some((key, value)) = self.first(keys) else {
            return Ok(Text::default());
        };
        match value {
            Json::Text(text) => self.check_text(key, text),
            Json::Bool(value) => self.check_text(key, if *value { "true" } else { "false" }),
            other => match number::integer(other) {
                Some(integer) => self.check_text(key, &integer.to_string()),
                None => Err(self.wrong(
                    key,
                    "a text, a boolean or a whole number below 2^53",
                    other.describe(),
                    "write it as a text",
                )),
            },
        }
    }

    fn check_text(&self, key: &str, text: &str) -> Result<Text, InputError> {
        Text::new(text).map_err(|error| match error {
            TextError::TooLong { bytes } => self.wrong(
                key,
                format!("at most {TEXT_BYTES} bytes"),
                format!("{bytes} bytes, {:?}", shorten(text)),
                "shorten the text, or leave the field out",
            ),
            TextError::NotAscii { position, byte } => self.wrong(
                key,
                "bytes 0x01 to 0x7f",
                format!("0x{byte:02x} at byte {position} of {:?}", shorten(text)),
                "write the text in ASCII, or leave the field out",
            ),
        })
    }

    /// The whole number of `key`, from 0 to 2⁵³ − 1; none if missing or null.
    pub fn whole(&self, key: &'static str) -> Result<Option<u64>, InputError> {
        let Some(value) = self.get(key) else {
            return Ok(None);
        };
        match number::integer(value).and_then(|integer| u64::try_from(integer).ok()) {
            Some(whole) => Ok(Some(whole)),
            None => Err(self.wrong(
                key,
                format!("a whole number from 0 to {}", INTEGER_LIMIT - 1),
                value.describe(),
                "write it as a JSON number, without quotes",
            )),
        }
    }

    /// The objects of the array `key`, each made into a `T` by `read`.
    ///
    /// # Errors
    ///
    /// A missing field, one that is not an array or a very long one, an element that is not an object, and what `read` refuses.
    pub fn each<T>(
        &self,
        key: &'static str,
        mut read: impl FnMut(usize, Record<'_>) -> Result<T, InputError>,
    ) -> Result<Vec<T>, InputError> {
        let Some(Json::Array(items)) = self.object.get(key) else {
            let found = self.object.get(key).map_or("nothing".into(), Json::describe);
            return Err(self.wrong(key, "an array", found, "add it, empty if there is nothing to list"));
        };
        if items.len() > MOST_RECORDS {
            let expected = format!("an array of at most {MOST_RECORDS}");
            return Err(self.wrong(key, expected, items.len().to_string(), "no circuit holds so many"));
        }
        let path = Path::Key(&self.path, key);
        let element = |(i, item)| read(i, Record::new(item, Path::Index(&path, i))?);
        items.iter().enumerate().map(element).collect()
    }
}
