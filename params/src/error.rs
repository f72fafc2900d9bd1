//! One error type: which file, which field, what was expected, what was found, what to do.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// The cause of an [`Error`], for callers that choose by cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused a read or a write.
    Io,
    /// A file, section or slice is too short or too long.
    Length,
    /// The file does not start like a file of its kind.
    Magic,
    /// The file's format version is not ours.
    Version,
    /// A number is outside its bounds.
    Range,
    /// A flag is unknown or contradicts the rest of the file.
    Flags,
    /// A text is too long or not plain UTF-8.
    Text,
    /// A digest differs.
    Digest,
    /// A file is made for another prime field.
    Prime,
    /// A section is missing, doubled or out of bounds.
    Section,
    /// A coordinate is not the canonical form of a field element.
    Coordinate,
    /// A point is not on the curve.
    OffCurve,
    /// A point is the identity where none may be.
    Identity,
    /// A point is on the curve but outside the group of prime order.
    Subgroup,
    /// A setup does not start with the standard generator.
    Generator,
    /// Nobody contributed to the setup: its secret is known.
    KnownSecret,
    /// The two groups of a setup hold different secrets.
    Pairing,
    /// The points of a setup are not the powers of its secret.
    Powers,
    /// halo2 refused bytes that this crate made; a defect of this crate.
    Backend,
}

/// Why parameters could not be read or made. Prints file, field, expectation, finding and remedy on one line.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    file: Option<PathBuf>,
    field: String,
    expected: String,
    found: String,
    advice: &'static str,
    source: Option<io::Error>,
}

impl Error {
    /// The cause.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The file concerned, if there is one.
    pub fn file(&self) -> Option<&Path> {
        self.0.file.as_deref()
    }

    /// The field concerned, such as `k`, `digest` or `g1[17]`.
    pub fn field(&self) -> &str {
        &self.0.field
    }

    pub(crate) fn new(kind: ErrorKind, field: impl Into<String>) -> Self {
        Self(Box::new(Inner {
            kind,
            file: None,
            field: field.into(),
            expected: String::new(),
            found: String::new(),
            advice: "",
            source: None,
        }))
    }

    pub(crate) fn expected(mut self, expected: impl ToString) -> Self {
        self.0.expected = expected.to_string();
        self
    }

    pub(crate) fn found(mut self, found: impl ToString) -> Self {
        self.0.found = found.to_string();
        self
    }

    pub(crate) fn advice(mut self, advice: &'static str) -> Self {
        self.0.advice = advice;
        self
    }

    #[cfg(feature = "prover")]
    pub(crate) fn in_file(mut self, file: &Path) -> Self {
        self.0.file = Some(file.to_owned());
        self
    }

    #[cfg(feature = "prover")]
    pub(crate) fn io(file: &Path, action: &'static str, source: io::Error) -> Self {
        let mut error = Self::new(ErrorKind::Io, action)
            .expected("success")
            .found(crate::words::in_words(&source))
            .advice("check that the path exists, that you may use it, and that the disk is not full")
            .in_file(file);
        error.0.source = Some(source);
        error
    }

    /// halo2 refused what this crate handed it.
    pub(crate) fn backend(field: &'static str, source: io::Error) -> Self {
        let mut error = Self::new(ErrorKind::Backend, field)
            .expected("parameters that halo2 accepts")
            .found(&source)
            .advice("this is a defect of Foldproof: please report it");
        error.0.source = Some(source);
        error
    }

    /// A length that should have been another.
    pub(crate) fn length(
        field: impl Into<String>,
        expected: impl fmt::Display,
        found: impl fmt::Display,
    ) -> Self {
        Self::new(ErrorKind::Length, field)
            .expected(format!("{expected} bytes"))
            .found(format!("{found} bytes"))
            .advice("the file is cut short, padded or of another kind: fetch or make it again")
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { file, field, expected, found, advice, .. } = &*self.0;
        if let Some(file) = file {
            write!(f, "{}: ", file.display())?;
        }
        write!(f, "{field}: expected {expected}, found {found}")?;
        if advice.is_empty() { Ok(()) } else { write!(f, "; {advice}") }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.0.source.as_ref().map(|source| source as _)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn says_where_what_and_what_to_do() {
        let error = Error::length("body", 64, 63).in_file(Path::new("setup.fpkzg"));
        assert_eq!(
            error.to_string(),
            "setup.fpkzg: body: expected 64 bytes, found 63 bytes; \
             the file is cut short, padded or of another kind: fetch or make it again"
        );
        assert_eq!((error.kind(), error.field()), (ErrorKind::Length, "body"));
        assert_eq!(error.file(), Some(Path::new("setup.fpkzg")));
    }
}
