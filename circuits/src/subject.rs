//! What a statement is about.

use crate::size::Size;

/// Centroids per subspace of the codebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Centroids {
    /// 64.
    K64,
    /// 256.
    K256,
}

impl Centroids {
    /// Both.
    pub const ALL: [Self; 2] = [Self::K64, Self::K256];

    /// K.
    pub fn count(self) -> usize {
        match self {
            Self::K64 => 64,
            Self::K256 => 256,
        }
    }

    /// Number of the shape in encodings.
    pub fn number(self) -> u8 {
        match self {
            Self::K64 => 1,
            Self::K256 => 2,
        }
    }

    /// The shape with `count` centroids, if there is one.
    pub fn from_count(count: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.count() == count)
    }
}

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

    /// log₂ of the rows that a block takes alone.
    pub(crate) fn k(self) -> u32 {
        match (self.size, self.centroids) {
            (Size::Small, Centroids::K64) => 13,
            (Size::Small, Centroids::K256) | (Size::Medium, Centroids::K64) => 14,
            (Size::Medium, Centroids::K256) | (Size::Large, Centroids::K64) => 15,
            (Size::Large, Centroids::K256) | (Size::Full, _) => 16,
            (Size::Huge, _) => 17,
        }
    }
}

/// What a statement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// A block, its fingerprint and PQ code; models see the fingerprint.
    Block(Core),
    /// A committed fingerprint: 96 values that need not be those of a block.
    Fingerprint,
    /// A committed vector of so many numbers at 2⁻²⁰; not of 96, so that the shape of a model tells what it is for.
    Vector(u16),
}

/// Most models in a statement.
pub const MAX_MODELS: usize = 4;
