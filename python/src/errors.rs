//! What goes wrong, as Python's exceptions. The classes are in `foldproof/_errors.py`, where one of them has two parents.

use foldproof_prover::input::InputError;
use foldproof_prover::prove::ProveError;
use foldproof_verifier::Error;
use pyo3::prelude::*;

/// Why there is no result.
#[derive(Debug)]
pub enum Failure {
    /// What the caller gave is not what was expected.
    Input(InputError),
    /// Something else.
    Other(String),
    /// The bundle is no proof of what the policy asks for.
    Rejected {
        /// In words.
        cause: String,
        /// The verifier's name for it.
        kind: String,
    },
    /// Whether it is one could not be told.
    Undecided {
        /// In words.
        cause: String,
        /// The verifier's name for it, or nothing.
        kind: String,
    },
    /// Somebody asked for it.
    Cancelled,
}

impl Failure {
    /// What is wrong with an argument.
    pub fn argument(name: &str, expected: &str, found: impl Into<String>, advice: &str) -> Self {
        Self::Input(InputError::new(name, expected, found, advice))
    }

    /// What is wrong with a document that has a name.
    pub fn within(name: &str) -> impl Fn(InputError) -> Self + '_ {
        move |error| {
            // Options are the caller's, and not the document's.
            let own = name.is_empty() || error.path.starts_with("--");
            let path = if own { error.path } else { format!("{name}: {}", error.path) };
            Self::Input(InputError { path, ..error })
        }
    }

    /// What the verifier says. Its own word decides which of the two it is.
    pub fn verdict(error: &Error) -> Self {
        let (cause, kind) = (error.to_string(), kind(error));
        if error.is_rejection() { Self::Rejected { cause, kind } } else { Self::Undecided { cause, kind } }
    }

    /// Whether it could not be told.
    pub fn undecided(cause: impl ToString) -> Self {
        Self::Undecided { cause: cause.to_string(), kind: String::new() }
    }
}

/// The name of a variant, and nothing that it holds.
fn kind(error: &Error) -> String {
    if let Error::InBlock { error, .. } = error {
        return kind(error);
    }
    format!("{error:?}").chars().take_while(|c| c.is_alphanumeric()).collect()
}

impl From<InputError> for Failure {
    fn from(error: InputError) -> Self {
        Self::Input(error)
    }
}

impl From<ProveError> for Failure {
    fn from(error: ProveError) -> Self {
        match error {
            ProveError::Cancelled => Self::Cancelled,
            error => Self::Other(chain(&error)),
        }
    }
}

/// An error and what is behind it, in one line.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        source = error.source();
    }
    text
}

impl Failure {
    fn raise(self, py: Python<'_>) -> PyResult<PyErr> {
        let errors = py.import("foldproof._errors")?;
        let class = |name: &str| errors.getattr(name);
        let value = match self {
            Self::Input(error) => {
                // Options of the command line are arguments here.
                let path = error.path.trim_start_matches("--").to_owned();
                class("InputError")?.call1((path, error.expected, error.found, error.advice))?
            }
            Self::Other(text) => class("FoldproofError")?.call1((text,))?,
            Self::Rejected { cause, kind } => class("Rejected")?.call1((cause, kind))?,
            Self::Undecided { cause, kind } => class("Undecided")?.call1((cause, kind))?,
            Self::Cancelled => class("Cancelled")?.call1(("cancelled",))?,
        };
        Ok(PyErr::from_value(value))
    }
}

impl From<Failure> for PyErr {
    fn from(failure: Failure) -> Self {
        Python::attach(|py| failure.raise(py).unwrap_or_else(|error| error))
    }
}
