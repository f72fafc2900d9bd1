//! Chains whose initial value tells what is hashed, and of which shape and length.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::permutation::chain;
use crate::fixed::to_field;

/// What a commitment is to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Domain {
    /// A block.
    Block,
    /// 96 folded values.
    Fold,
    /// A PQ code.
    Pq,
    /// A codebook.
    Codebook,
    /// A quantised model.
    Model,
    /// A vector of numbers that is no fingerprint.
    Vector,
    /// Names of a model's outputs.
    Labels,
    /// How a model's outputs are read.
    Display,
    /// A graph, and a model that is one.
    Graph,
    /// What the heads of a graph mean.
    Heads,
    /// The configuration of zones.
    ZoneConfig,
    /// A list of zones.
    Zones,
    /// Tag fields of transactions.
    TagFields,
    /// Criteria of a score.
    Criteria,
    /// Scores of validators.
    Scores,
    /// An index of signatures.
    Signatures,
    /// A table that choices are made from.
    Table,
    /// A statement: not a commitment, but a number for it.
    Statement,
}

impl Domain {
    /// Eight ASCII bytes.
    pub fn tag(self) -> [u8; 8] {
        match self {
            Self::Block => *b"fp.block",
            Self::Fold => *b"fp.fold.",
            Self::Pq => *b"fp.pq...",
            Self::Codebook => *b"fp.codeb",
            Self::Model => *b"fp.model",
            Self::Vector => *b"fp.vectr",
            Self::Labels => *b"fp.label",
            Self::Display => *b"fp.displ",
            Self::Graph => *b"fp.graph",
            Self::Heads => *b"fp.heads",
            Self::ZoneConfig => *b"fp.hotcf",
            Self::Zones => *b"fp.zones",
            Self::TagFields => *b"fp.tagre",
            Self::Criteria => *b"fp.crite",
            Self::Scores => *b"fp.score",
            Self::Signatures => *b"fp.sigs.",
            Self::Table => *b"fp.table",
            Self::Statement => *b"fp.state",
        }
    }
}

/// Little-endian packing of integers into one element; each must fit its bits.
pub(crate) struct Packer {
    sum: BigInt,
    bits: u32,
}

impl Packer {
    pub(crate) fn new() -> Self {
        Self { sum: BigInt::from(0), bits: 0 }
    }

    pub(crate) fn put(mut self, value: impl Into<BigInt>, bits: u32) -> Self {
        self.sum += value.into() << self.bits;
        self.bits += bits;
        self
    }

    pub(crate) fn signed(self, value: i64, bits: u32) -> Self {
        self.put(BigInt::from(value) + (BigInt::from(1) << (bits - 1)), bits)
    }

    pub(crate) fn element(self) -> Fr {
        debug_assert!(self.bits <= 253);
        to_field(&self.sum)
    }
}

/// h₀: tag, shape and number of elements (salt included) in 64 + 64 + 32 bits.
pub(crate) fn initial_value(domain: Domain, shape: u64, length: usize) -> Fr {
    Packer::new().put(length, 32).put(shape, 64).put(u64::from_be_bytes(domain.tag()), 64).element()
}

/// Chain of a salt and `elements`.
pub(crate) fn salted(domain: Domain, shape: u64, salt: Fr, elements: impl IntoIterator<Item = Fr>) -> Fr {
    let elements: Vec<Fr> = std::iter::once(salt).chain(elements).collect();
    chain(initial_value(domain, shape, elements.len()), &elements)
}

/// Digest of bytes, 31 to an element; `shape` tells their structure.
pub(crate) fn bytes(domain: Domain, shape: u64, bytes: &[u8]) -> Fr {
    let length = bytes.len() as u64;
    let element = |part: &[u8]| part.iter().fold(Packer::new(), |p, byte| p.put(*byte, 8)).element();
    salted(domain, shape, Fr::from(length), bytes.chunks(31).map(element))
}
