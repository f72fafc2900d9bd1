//! Blocks, as they arrive: JSON in, [`Block`] out.
//!
//! Two shapes are read: the raw block of the specification ([`raw`]) and a block as an Ethereum node answers
//! with (`rpc`, with the feature `ethereum`). Everything wrong with a document is an [`InputError`] that names the field.

mod checks;
pub mod json;
pub mod mapping;
pub mod number;
pub mod raw;
pub mod record;
#[cfg(feature = "ethereum")]
pub mod rpc;

use foldproof_circuits::block::Block;
use foldproof_verifier::BlockHeader;
pub use foldproof_verifier::json::InputError;

pub use checks::{CHECKED, Check, Checks};
use json::{Json, Object};
pub use mapping::Mapping;
use record::Path;

/// How blocks are read. Fingerprints depend on it, and so do proofs: whoever compares two reads both blocks alike.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// What a block of Ethereum's JSON-RPC is made into.
    pub mapping: Mapping,
    /// What of it is recomputed.
    pub checks: Checking,
}

/// Which hashes, roots and signatures of a block are recomputed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Checking {
    /// None: the block is read as it stands.
    Off,
    /// What is known of the rules of its chain, and has the fields it takes.
    #[default]
    Known,
    /// All of them, by Ethereum's rules; what cannot be recomputed is an error.
    All,
}

impl Checking {
    /// All three.
    pub const ALL: [Self; 3] = [Self::Off, Self::Known, Self::All];

    /// Name in options.
    pub fn name(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Known => "what-is-known",
            Self::All => "all",
        }
    }

    /// The choice of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|checking| checking.name() == name)
    }
}

/// Which shape a block came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The raw block of the specification, and which of its numbers do not count.
    Raw(raw::Uncounted),
    /// A block of Ethereum's JSON-RPC.
    Rpc {
        /// What it was made into a raw block by.
        mapping: Mapping,
        /// Which of its hashes were recomputed.
        checks: Checks,
        /// Its header, if the document has all of it, with the hash that is stated.
        header: Option<Box<BlockHeader>>,
    },
}

impl Source {
    /// The mapping, if there was one. Whoever wrote a raw block had one of his own.
    pub fn mapping(&self) -> Option<Mapping> {
        match self {
            Self::Raw(_) => None,
            Self::Rpc { mapping, .. } => Some(*mapping),
        }
    }

    /// The header of the block, if it is known: bytes with its hash.
    pub fn header(&self) -> Option<&BlockHeader> {
        match self {
            Self::Raw(_) => None,
            Self::Rpc { header, .. } => header.as_deref(),
        }
    }

    /// What of the block was not checked, and why.
    pub fn unchecked(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Raw(_) => {
                let why = "a raw block has no hashes and signatures to recompute";
                CHECKED.into_iter().map(|what| (what, why.to_owned())).collect()
            }
            Self::Rpc { checks, .. } => checks.skipped().map(|(what, why)| (what, why.to_owned())).collect(),
        }
    }
}

/// Reads a block of either shape the usual way.
///
/// # Errors
///
/// As [`read_block_as`].
pub fn read_block(bytes: &[u8]) -> Result<(Block, Source), InputError> {
    read_block_as(bytes, Reading::default())
}

/// Reads a block of either shape.
///
/// A document with a `header` or `executionTraces` is a raw block. Otherwise one with `jsonrpc`, `result`,
/// `transactionsRoot`, `number` or `hash` is a block of Ethereum's JSON-RPC.
///
/// # Errors
///
/// What is neither, and what the two refuse.
pub fn read_block_as(bytes: &[u8], reading: Reading) -> Result<(Block, Source), InputError> {
    let document = json::parse(bytes)?;
    let has = |keys: &[&str]| keys.iter().any(|key| document.get(key).is_some());
    if has(&["header", "executionTraces"]) {
        if reading.checks == Checking::All {
            return Err(InputError::new(
                Path::Root,
                "a block of which everything can be checked (--checks all)",
                "a raw block, which has no hashes and signatures to recompute",
                "leave --checks out",
            ));
        }
        let (block, uncounted) = raw::block(&document)?;
        return Ok((block, Source::Raw(uncounted)));
    }
    if has(&["jsonrpc", "result", "transactionsRoot", "number", "hash", "error"]) {
        return answer(&document, reading);
    }
    Err(neither(&document))
}

/// A block as a node answers with it.
#[cfg(feature = "ethereum")]
fn answer(document: &Json, reading: Reading) -> Result<(Block, Source), InputError> {
    let (block, checks, header) = rpc::block(document, reading)?;
    Ok((block, Source::Rpc { mapping: reading.mapping, checks, header: header.map(Box::new) }))
}

/// A block as a node answers with it, in a build that reads none.
#[cfg(not(feature = "ethereum"))]
fn answer(document: &Json, _: Reading) -> Result<(Block, Source), InputError> {
    let advice =
        "build foldproof-prover with its feature ethereum, or make a raw block of it (docs/input.md)";
    Err(InputError::new(Path::Root, "a raw block", document.describe(), advice))
}

/// What a document is that is no block.
fn neither(document: &Json) -> InputError {
    let shapes = "see docs/input.md for both shapes";
    let (found, advice) = match document {
        Json::Array(items) => match items.first() {
            Some(Json::Object(object)) => (
                format!("an array of {}, the first {}", items.len(), kind(object)),
                "give one block to a file; of a batch, the answer that has it",
            ),
            _ => (document.describe(), shapes),
        },
        Json::Object(object) => (kind(object), shapes),
        other => (other.describe(), shapes),
    };
    let expected = "a raw block (header, transactions, executionTraces) or an answer of eth_getBlockByNumber";
    InputError::new(Path::Root, expected, found, advice)
}

/// What an object is that is no block.
fn kind(object: &Object) -> String {
    let has = |keys: &[&str]| keys.iter().all(|key| object.get(key).is_some());
    let name = if has(&["logs", "transactionHash"]) || has(&["cumulativeGasUsed"]) {
        "a receipt"
    } else if has(&["topics"]) {
        "a log"
    } else if has(&["transactionHash"]) {
        "a receipt, log or trace of a transaction"
    } else if has(&["from", "nonce"]) || has(&["gasPrice", "input"]) {
        "a transaction"
    } else if has(&["parentHash"]) {
        "a header without transactions"
    } else if has(&["version", "data"]) || has(&["execution_payload"]) {
        "an answer of a consensus node"
    } else if has(&["startingBlock"]) {
        "an answer of eth_syncing"
    } else if has(&["jsonrpc"]) || has(&["id", "result"]) {
        "an answer"
    } else if object.is_empty() {
        "an empty object"
    } else {
        "an object with none of a block's fields"
    };
    name.to_owned()
}
