//! The ways to open commitments and to draw challenges.

use std::fmt;

/// Commitment scheme of a proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scheme {
    /// Inner-product argument over BN254's G1: no trusted setup, keys pinned in the code.
    Transparent,
    /// KZG with SHPLONK over BN254: needs a trusted setup, keys come with it.
    Kzg,
    /// As [`Kzg`](Self::Kzg), with challenges drawn by Keccak-256 and points uncompressed, as contracts read them.
    Evm,
}

impl Scheme {
    /// All.
    pub const ALL: [Self; 3] = [Self::Transparent, Self::Kzg, Self::Evm];

    /// Name in messages and on command lines.
    pub fn name(self) -> &'static str {
        match self {
            Self::Transparent => "transparent",
            Self::Kzg => "kzg",
            Self::Evm => "evm",
        }
    }

    /// Whether it needs a trusted setup.
    pub fn has_setup(self) -> bool {
        match self {
            Self::Transparent => false,
            Self::Kzg | Self::Evm => true,
        }
    }

    /// The scheme of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.name() == name)
    }

    /// Number in bundles and keys.
    pub fn number(self) -> u8 {
        match self {
            Self::Transparent => 1,
            Self::Kzg => 2,
            Self::Evm => 3,
        }
    }

    /// The scheme of that number.
    pub fn from_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.number() == number)
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
