//! Why a circuit cannot be laid out.

use crate::model::INPUT_BITS;
use crate::pipeline::EvaluateError;

/// Why a circuit cannot be laid out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are what was expected and found")]
pub enum LayoutError {
    /// The statement is about something else.
    Subject { expected: String, found: &'static str },
    /// The codebook has another number of centroids than the statement.
    Centroids { expected: usize, found: usize },
    /// Another number of salts than of commitments.
    Salts { expected: usize, found: usize },
    /// The models have other shapes than the statement.
    Models { expected: String, found: Vec<String> },
    /// Another number of values than the models take.
    Values { expected: usize, found: usize },
    /// A value of more than 36 bits.
    Value { index: usize, found: i64 },
    /// A number of more bits than it has.
    Number { of: &'static str, bits: u32, found: u64 },
    /// Another number of blocks than the statement is about.
    Blocks { expected: usize, found: usize },
    /// The statement commits to a configuration, and none is given.
    NoConfig,
    /// A configuration is given, and the statement commits to none.
    UselessConfig,
    /// The pipeline refuses the block.
    Evaluate(EvaluateError),
    /// The pipeline refuses one of several blocks.
    EvaluateOne { place: usize, error: EvaluateError },
}

impl std::fmt::Display for LayoutError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Subject { expected, found } => {
                write!(f, "the statement is {expected}, the witness {found}")
            }
            Self::Centroids { expected, found } => {
                write!(
                    f,
                    "the statement is about {expected} centroids per subspace, the codebook has {found}"
                )
            }
            Self::Salts { expected, found } => {
                write!(f, "{expected} salts were expected, one for each commitment, found {found}")
            }
            Self::Models { expected, found } => {
                write!(f, "the statement is {expected}, the models are {}", found.join(", "))
            }
            Self::Values { expected, found } => write!(f, "{expected} values were expected, found {found}"),
            Self::Value { index, found } => {
                write!(f, "value {index}: a signed {INPUT_BITS}-bit integer was expected, found {found}")
            }
            Self::Number { of, bits, found } => {
                write!(f, "{of}: an integer of at most {bits} bits was expected, found {found}; take a coarser scale")
            }
            Self::Blocks { expected, found } => write!(f, "{expected} blocks were expected, found {found}"),
            Self::NoConfig => f.write_str("the statement commits to a configuration of the analytics, and none was found"),
            Self::UselessConfig => f.write_str(
                "a configuration of the analytics was found, and the statement commits to none; leave it out, or ask for analytics.committed",
            ),
            Self::Evaluate(error) => error.fmt(f),
            Self::EvaluateOne { place, error } => write!(f, "block {place}: {error}"),
        }
    }
}

impl std::error::Error for LayoutError {}
