//! Why there is no such graph, or no such model.

use std::fmt;
use std::ops::RangeInclusive;

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

/// Checks that a count lies in a range.
pub(super) fn within(
    place: &str,
    what: &str,
    range: RangeInclusive<u64>,
    found: u64,
) -> Result<(), GraphError> {
    if range.contains(&found) {
        return Ok(());
    }
    Err(GraphError::new(place, format!("{} to {} {what}", range.start(), range.end()), found))
}

impl fmt::Display for GraphError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { place, expected, found } = self;
        write!(f, "{place}: {expected} expected, found {found}")
    }
}

impl std::error::Error for GraphError {}
