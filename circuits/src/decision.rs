//! Decisions: what is computed by rule from committed values alone, and how large the tables are that it is computed from.

use std::fmt;

use crate::size::{Centroids, Size};

/// Most validators of a consensus, and the places that are committed to.
pub const MAX_VALIDATORS: usize = 64;
/// Most criteria of a score.
pub const MAX_CRITERIA: usize = 64;
/// Most signatures of an index.
pub const MAX_SIGNATURES: usize = 1024;
/// Most values of a list.
pub const MAX_VALUES: usize = 1 << 14;
/// Most indices of a top-k.
pub const MAX_TOP: usize = 8;
/// Most arms of a bandit, and most centres.
pub const MAX_ARMS: usize = 256;
/// States of a network, rows of a Q table.
pub const STATES: usize = 54;
/// Actions, of which each state has values.
pub const ACTIONS: usize = 9;
/// Features of a context.
pub const FEATURES: usize = 4;

/// Name of the commitment to a codebook, which is its root.
pub const CODEBOOK: &str = "codebook";

/// What is decided, and the shape of what it is decided from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Decision {
    /// Consensus of up to [`MAX_VALIDATORS`] validators.
    Consensus,
    /// A score over so many criteria.
    Criteria(u8),
    /// The nearest to the signature of a fingerprint in an index of so many.
    Nearest {
        /// Signatures of the index.
        signatures: u16,
        /// Of the codebook that normalises the fingerprint.
        centroids: Centroids,
    },
    /// The greatest of a list of values.
    Top {
        /// How many indices are told.
        count: u8,
        /// Values of the list.
        values: u16,
    },
    /// The action of a Q table in a state.
    QTable,
    /// The arm of the greatest mean, of so many.
    Bandit(u16),
    /// The arm of the greatest bound, of so many.
    Contextual(u16),
    /// Score and prediction of a pending block.
    Mempool {
        /// Of the blocks.
        size: Size,
        /// Whether it is compared with a snapshot before.
        before: bool,
    },
    /// How fast fingerprints move: of the last two or three.
    Drift {
        /// Fingerprints.
        positions: u8,
        /// Whether distances are told, and not just whether they are large.
        distances: bool,
    },
    /// How far a fingerprint is from the nearest of so many centres.
    Departure {
        /// Centres.
        centres: u16,
        /// Whether the distance is told.
        distances: bool,
    },
}

/// A decision from more or less than there are circuits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecisionError {
    /// Of what.
    pub of: &'static str,
    /// Fewest and most.
    pub expected: [usize; 2],
    /// How many.
    pub found: usize,
}

impl fmt::Display for DecisionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { of, expected: [fewest, most], found } = self;
        write!(f, "{of}: {fewest} to {most} were expected, found {found}")
    }
}

impl std::error::Error for DecisionError {}

/// What the name says where distances are told.
const DISTANCES: &str = "distances";
/// What it says of a snapshot before.
const BEFORE: &str = "before";

impl Decision {
    /// Whether there are circuits for it.
    ///
    /// # Errors
    /// If it is from too little or too much.
    pub fn check(self) -> Result<(), DecisionError> {
        let within = |of, found: usize, fewest, most| {
            let fits = (fewest..=most).contains(&found);
            if fits { Ok(()) } else { Err(DecisionError { of, expected: [fewest, most], found }) }
        };
        match self {
            Self::Consensus | Self::QTable | Self::Mempool { .. } => Ok(()),
            Self::Criteria(count) => within("criteria", count.into(), 1, MAX_CRITERIA),
            Self::Nearest { signatures, .. } => within("signatures", signatures.into(), 1, MAX_SIGNATURES),
            Self::Top { count, values } => {
                within("values", values.into(), 1, MAX_VALUES)?;
                within("indices", count.into(), 1, MAX_TOP.min(values.into()))
            }
            Self::Bandit(arms) | Self::Contextual(arms) => within("arms", arms.into(), 1, MAX_ARMS),
            // Of two fingerprints the flag alone says nothing.
            Self::Drift { positions, distances } => {
                within("fingerprints", positions.into(), if distances { 2 } else { 3 }, 3)
            }
            Self::Departure { centres, .. } => within("centres", centres.into(), 1, MAX_ARMS),
        }
    }

    /// What it commits to, in the order of its public inputs.
    pub fn commitments(self) -> &'static [&'static str] {
        match self {
            Self::Consensus => &["scores"],
            Self::Criteria(_) => &["criteria"],
            Self::Nearest { .. } => &["fold", CODEBOOK, "index"],
            Self::Top { .. } | Self::QTable | Self::Bandit(_) | Self::Contextual(_) => &["table"],
            Self::Mempool { before: false, .. } => &["tag_fields"],
            Self::Mempool { before: true, .. } => &["tag_fields", "tag_fields_before"],
            Self::Drift { positions: 2, .. } => &["fold_before", "fold"],
            Self::Drift { .. } => &["fold_older", "fold_before", "fold"],
            Self::Departure { .. } => &["fold", "centres"],
        }
    }

    /// Places of the commitments to fingerprints, oldest first.
    pub fn fingerprints(self) -> impl Iterator<Item = usize> {
        let names = self.commitments().iter().enumerate();
        names.filter(|(_, name)| name.starts_with("fold")).map(|(place, _)| place)
    }

    /// How many of a list it tells: 0 if it is from no list.
    pub(crate) fn told(self) -> u8 {
        if let Self::Top { count, .. } = self { count } else { 0 }
    }

    /// Public inputs beside statement and commitments.
    pub(crate) fn outputs(self) -> usize {
        match self {
            Self::Consensus => 4,
            Self::Criteria(_) => 3,
            Self::Nearest { .. } | Self::Top { .. } | Self::QTable | Self::Bandit(_) => 1,
            Self::Contextual(_) | Self::Mempool { .. } => 2,
            Self::Drift { distances, .. } => 1 + usize::from(distances),
            Self::Departure { distances, .. } => 2 + usize::from(distances),
        }
    }

    /// Name, e.g. `consensus-64`, `criteria-16`, `nearest-1024-64`, `top-5-10000`, `q-table`, `bandit-256`, `contextual-8`,
    /// `mempool-small-before`, `drift-3` or `departure-16-distances`.
    pub(crate) fn name(self) -> String {
        let with = |name: String, flag: bool, word: &str| if flag { format!("{name}-{word}") } else { name };
        match self {
            Self::Consensus => format!("consensus-{MAX_VALIDATORS}"),
            Self::Criteria(count) => format!("criteria-{count}"),
            Self::Nearest { signatures, centroids } => format!("nearest-{signatures}-{}", centroids.count()),
            Self::Top { count, values } => format!("top-{count}-{values}"),
            Self::QTable => "q-table".to_owned(),
            Self::Bandit(arms) => format!("bandit-{arms}"),
            Self::Contextual(arms) => format!("contextual-{arms}"),
            Self::Mempool { size, before } => with(format!("mempool-{}", size.name()), before, BEFORE),
            Self::Drift { positions, distances } => with(format!("drift-{positions}"), distances, DISTANCES),
            Self::Departure { centres, distances } => {
                with(format!("departure-{centres}"), distances, DISTANCES)
            }
        }
    }

    /// The decision of that name, or of another with zeros in front of numbers.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        let words: Vec<&str> = name.split('-').collect();
        let flag = |words: &[&str], word| match words {
            [] => Some(false),
            [found] if *found == word => Some(true),
            _ => None,
        };
        Some(match words[..] {
            ["consensus", _] => Self::Consensus,
            ["criteria", count] => Self::Criteria(count.parse().ok()?),
            ["nearest", signatures, centroids] => Self::Nearest {
                signatures: signatures.parse().ok()?,
                centroids: Centroids::from_count(centroids.parse().ok()?)?,
            },
            ["top", count, values] => Self::Top { count: count.parse().ok()?, values: values.parse().ok()? },
            ["q", "table"] => Self::QTable,
            ["bandit", arms] => Self::Bandit(arms.parse().ok()?),
            ["contextual", arms] => Self::Contextual(arms.parse().ok()?),
            ["mempool", size, ref rest @ ..] => Self::Mempool {
                size: Size::ALL.into_iter().find(|known| known.name() == size)?,
                before: flag(rest, BEFORE)?,
            },
            ["drift", positions, ref rest @ ..] => {
                Self::Drift { positions: positions.parse().ok()?, distances: flag(rest, DISTANCES)? }
            }
            ["departure", centres, ref rest @ ..] => {
                Self::Departure { centres: centres.parse().ok()?, distances: flag(rest, DISTANCES)? }
            }
            _ => return None,
        })
    }

    /// The encoding: its kind, then a number of two bytes, low byte first, and one byte; 0 where it has none.
    pub(crate) fn to_bytes(self) -> [u8; 4] {
        let (kind, number, byte) = match self {
            Self::Consensus => (0, 0, 0),
            Self::Criteria(count) => (1, count.into(), 0),
            Self::Nearest { signatures, centroids } => (2, signatures, centroids.number()),
            Self::Top { count, values } => (3, values, count),
            Self::QTable => (4, 0, 0),
            Self::Bandit(arms) => (5, arms, 0),
            Self::Contextual(arms) => (6, arms, 0),
            Self::Mempool { size, before } => (7, size.number().into(), u8::from(before)),
            Self::Drift { positions, distances } => (8, positions.into(), u8::from(distances)),
            Self::Departure { centres, distances } => (9, centres, u8::from(distances)),
        };
        let [low, high] = number.to_le_bytes();
        [kind, low, high, byte]
    }

    /// The inverse of [`to_bytes`](Self::to_bytes).
    pub(crate) fn from_bytes(bytes: [u8; 4]) -> Option<Self> {
        let [kind, low, high, byte] = bytes;
        let number = u16::from_le_bytes([low, high]);
        let decision = match kind {
            0 => Self::Consensus,
            1 => Self::Criteria(low),
            2 => Self::Nearest {
                signatures: number,
                centroids: Centroids::ALL.into_iter().find(|centroids| centroids.number() == byte)?,
            },
            3 => Self::Top { count: byte, values: number },
            4 => Self::QTable,
            5 => Self::Bandit(number),
            6 => Self::Contextual(number),
            7 => Self::Mempool {
                size: Size::ALL.into_iter().find(|size| size.number() == low)?,
                before: byte == 1,
            },
            8 => Self::Drift { positions: low, distances: byte == 1 },
            9 => Self::Departure { centres: number, distances: byte == 1 },
            _ => return None,
        };
        (decision.to_bytes() == bytes).then_some(decision)
    }
}
