//! Blocks, as they arrive: JSON in, [`Block`] out.
//!
//! Two shapes are read: the raw block of the specification ([`raw`]) and a block as an Ethereum node answers
//! with ([`rpc`]). Everything wrong with a document is an [`InputError`] that names the field.

pub mod json;
pub mod number;
pub mod raw;
pub mod record;
pub mod rpc;

use foldproof_circuits::block::Block;
pub use foldproof_verifier::json::InputError;

use json::Json;
use record::Path;
use rpc::Checks;

/// Which shape a block came in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// The raw block of the specification.
    Raw,
    /// A block of Ethereum's JSON-RPC, and which of its hashes were recomputed.
    Rpc(Checks),
}

/// Reads a block of either shape.
///
/// A document with a `header` or `executionTraces` is a raw block. Otherwise one with `jsonrpc`, `result`,
/// `transactionsRoot` or `number` is a block of Ethereum's JSON-RPC.
pub fn read_block(bytes: &[u8]) -> Result<(Block, Source), InputError> {
    let document = json::parse(bytes)?;
    let has = |keys: &[&str]| keys.iter().any(|key| document.get(key).is_some());
    if has(&["header", "executionTraces"]) {
        Ok((raw::block(&document)?, Source::Raw))
    } else if has(&["jsonrpc", "result", "transactionsRoot", "number"]) {
        let (block, checks) = rpc::block(&document)?;
        Ok((block, Source::Rpc(checks)))
    } else {
        Err(InputError::new(
            Path::Root,
            "a raw block (header, transactions, executionTraces) or an answer of eth_getBlockByNumber",
            match &document {
                Json::Object(object) if object.is_empty() => "an empty object".into(),
                Json::Object(_) => "an object with none of their fields".into(),
                other => other.describe(),
            },
            "see docs/input.md for both shapes",
        ))
    }
}
