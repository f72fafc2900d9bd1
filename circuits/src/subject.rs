//! What a statement is about.

use crate::columns::MAX_BLOCKS;
use crate::decision::Decision;
use crate::fingerprint::FINGERPRINT;
use crate::size::{Centroids, Size};

/// The shape of the proof about a block: its size, and that of the codebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Core {
    /// How large a block.
    pub size: Size,
    /// How large a codebook.
    pub centroids: Centroids,
}

impl Core {
    /// 256 + 16·size + codebook: the first public input of a proof about a block alone.
    pub(crate) fn number(self) -> u16 {
        0x100 + 16 * u16::from(self.size.number()) + u16::from(self.centroids.number())
    }

    fn from_numbers(size: u8, centroids: u8) -> Option<Self> {
        Self::all().find(|core| (core.size.number(), core.centroids.number()) == (size, centroids))
    }

    fn name(self) -> String {
        format!("core-{}-{}", self.size.name(), self.centroids.count())
    }

    /// Every shape, in the order of their numbers.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let of = |size| Centroids::ALL.into_iter().map(move |centroids| Self { size, centroids });
        Size::ALL.into_iter().flat_map(of)
    }
}

/// What a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A block, its fingerprint and PQ code; models see the fingerprint.
    Block(Core),
    /// Several blocks of one shape, each with its fingerprint and PQ code, under one codebook; no model speaks about them. That they
    /// are different blocks, or one after another, is nothing a statement says.
    Blocks {
        /// Their shape.
        core: Core,
        /// How many, from 2 to [`MAX_BLOCKS`](crate::columns::MAX_BLOCKS).
        count: u8,
    },
    /// A committed fingerprint: 96 values that need not be those of a block.
    Fingerprint,
    /// A committed vector of so many numbers at 2⁻²⁰; not of 96, so that the shape of a model tells what it is for.
    Vector(u16),
    /// Committed fingerprints, oldest first, each behind a commitment of its own. That they are those of blocks one after another
    /// is nothing a statement says.
    Sequence {
        /// How many.
        positions: u16,
    },
    /// A committed matrix of numbers at 2⁻²⁰, position by position.
    Matrix {
        /// How many positions.
        positions: u16,
        /// Numbers at each; not 96, as for a vector.
        channels: u16,
    },
    /// What is decided by rule from committed values that no model speaks about.
    Decision(Decision),
}

impl Subject {
    /// Shape and number of the blocks, if it is about one or several.
    pub fn blocks(self) -> Option<(Core, usize)> {
        match self {
            Self::Block(core) => Some((core, 1)),
            Self::Blocks { core, count } => Some((core, count.into())),
            Self::Fingerprint
            | Self::Vector(_)
            | Self::Sequence { .. }
            | Self::Matrix { .. }
            | Self::Decision(_) => None,
        }
    }

    /// What is decided, if it is a decision.
    pub fn decision(self) -> Option<Decision> {
        match self {
            Self::Decision(decision) => Some(decision),
            _ => None,
        }
    }

    /// Positions, and values at each: what models must take. Of a decision there are none for models.
    pub fn dimensions(self) -> (usize, usize) {
        match self {
            Self::Block(_) | Self::Blocks { .. } | Self::Fingerprint => (1, FINGERPRINT),
            Self::Vector(length) => (1, length.into()),
            Self::Sequence { positions } => (positions.into(), FINGERPRINT),
            Self::Matrix { positions, channels } => (positions.into(), channels.into()),
            Self::Decision(_) => (0, 0),
        }
    }

    /// Commitments to the values that models see, or that are decided from: a sequence has one at each position.
    pub fn commitments(self) -> usize {
        match self {
            Self::Decision(decision) => decision.commitments().len(),
            Self::Sequence { positions } => positions.into(),
            Self::Block(_)
            | Self::Blocks { .. }
            | Self::Fingerprint
            | Self::Vector(_)
            | Self::Matrix { .. } => 1,
        }
    }

    /// Name, e.g. `core-small-64`, `core-small-64x8`, `fingerprint`, `vector-12`, `sequence-10` or `matrix-10x16`.
    pub(crate) fn name(self) -> String {
        match self {
            Self::Block(core) => core.name(),
            Self::Blocks { core, count } => format!("{}x{count}", core.name()),
            Self::Fingerprint => "fingerprint".to_owned(),
            Self::Vector(length) => format!("vector-{length}"),
            Self::Sequence { positions } => format!("sequence-{positions}"),
            Self::Matrix { positions, channels } => format!("matrix-{positions}x{channels}"),
            Self::Decision(decision) => decision.name(),
        }
    }

    /// The subject of that name, or of another with zeros in front of numbers.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        if name == "fingerprint" {
            return Some(Self::Fingerprint);
        }
        match name.split_once('-')? {
            ("core", shape) => {
                let (block, count) = match shape.split_once('x') {
                    Some((_, count)) => (name.strip_suffix(count)?.strip_suffix('x')?, Some(count)),
                    None => (name, None),
                };
                let core = Core::all().find(|core| core.name() == block)?;
                Some(match count {
                    Some(count) => Self::Blocks { core, count: count.parse().ok()? },
                    None => Self::Block(core),
                })
            }
            ("vector", length) => Some(Self::Vector(length.parse().ok()?)),
            ("sequence", positions) => Some(Self::Sequence { positions: positions.parse().ok()? }),
            ("matrix", dimensions) => {
                let (positions, channels) = dimensions.split_once('x')?;
                Some(Self::Matrix { positions: positions.parse().ok()?, channels: channels.parse().ok()? })
            }
            _ => Decision::from_name(name).map(Self::Decision),
        }
    }

    /// The encoding: 1 and size and codebook of a block; 2 for a fingerprint; 3 and the length of a vector; 4 and the positions of
    /// a sequence; 5 and positions and channels of a matrix; 6 and size, codebook and number of several blocks. Numbers have two
    /// bytes, low byte first, but for that of blocks, which has one. 8 and the encoding of a decision.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        match self {
            Self::Block(Core { size, centroids }) => vec![1, size.number(), centroids.number()],
            Self::Blocks { core: Core { size, centroids }, count } => {
                vec![6, size.number(), centroids.number(), count]
            }
            Self::Fingerprint => vec![2],
            Self::Vector(length) => [&[3][..], &length.to_le_bytes()].concat(),
            Self::Sequence { positions } => [&[4][..], &positions.to_le_bytes()].concat(),
            Self::Matrix { positions, channels } => {
                [&[5][..], &positions.to_le_bytes(), &channels.to_le_bytes()].concat()
            }
            Self::Decision(decision) => [&[8][..], &decision.to_bytes()].concat(),
        }
    }

    /// Reads one subject off the front of `bytes`, which is left with the rest.
    pub(crate) fn take(bytes: &mut &[u8]) -> Option<Self> {
        let number = |low: &u8, high: &u8| u16::from_le_bytes([*low, *high]);
        let (subject, rest) = match bytes {
            [1, size, centroids, rest @ ..] => (Self::Block(Core::from_numbers(*size, *centroids)?), rest),
            [6, size, centroids, count, rest @ ..] => {
                (Self::Blocks { core: Core::from_numbers(*size, *centroids)?, count: *count }, rest)
            }
            [2, rest @ ..] => (Self::Fingerprint, rest),
            [3, a, b, rest @ ..] => (Self::Vector(number(a, b)), rest),
            [4, a, b, rest @ ..] => (Self::Sequence { positions: number(a, b) }, rest),
            [5, a, b, c, d, rest @ ..] => {
                (Self::Matrix { positions: number(a, b), channels: number(c, d) }, rest)
            }
            [8, a, b, c, d, rest @ ..] => (Self::Decision(Decision::from_bytes([*a, *b, *c, *d])?), rest),
            _ => return None,
        };
        *bytes = rest;
        Some(subject)
    }
}

const _: () = assert!(MAX_BLOCKS <= u8::MAX as usize, "their number has a byte");

/// Most fingerprints of a sequence.
pub const MAX_SEQUENCE: u16 = 16;

/// Most models in a statement.
pub const MAX_MODELS: usize = 4;
