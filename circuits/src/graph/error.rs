//! Why there is no such graph, or no such model.

use std::fmt;

/// Why there is no such graph, or no such model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GraphError {
    /// Which part.
    pub place: String,
    /// What would have been accepted.
    pub expected: String,
    /// What is there.
    pub found: String,
}

impl GraphError {
    /// With what was expected and found at a place.
    pub fn new(place: impl fmt::Display, expected: impl fmt::Display, found: impl fmt::Display) -> Self {
        Self { place: place.to_string(), expected: expected.to_string(), found: found.to_string() }
    }
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, expected, found } = self;
        write!(f, "{place}: {expected} expected, found {found}")
    }
}

impl std::error::Error for GraphError {}
