//! A block of Ethereum's JSON-RPC (`eth_getBlockByNumber` with full transactions) as a raw block.
//!
//! `map.rs` has the two mappings, `check.rs` recomputes what a block says about itself, `header.rs` its header, and `rules.rs` knows chains whose
//! blocks say it in their own way. This file finds the block in an answer, or says what the answer is instead.

mod check;
mod header;
mod map;
mod quantity;
mod rules;
mod transaction;

use foldproof_circuits::block::Block;
use foldproof_verifier::BlockHeader;

use super::json::Json;
use super::record::{Path, Record};
use super::{Checks, InputError, Reading, kind};

/// Type of a transaction that does not state one: legacy.
const LEGACY_TYPE: &str = "0x0";
/// What is asked of a node for a block.
const ASK: &str = "ask with eth_getBlockByNumber, the number and true for full transactions";

/// Reads a block, bare or wrapped in the `result` of an answer, and recomputes its hashes. Gives its header too, if the document has
/// it whole and it has the hash that is stated.
///
/// # Errors
///
/// An answer without a block, or with a pending one; hashes instead of transactions; quantities, addresses or data that
/// are none; and a block that contradicts itself.
pub fn block(document: &Json, reading: Reading) -> Result<(Block, Checks, Option<BlockHeader>), InputError> {
    let block = find(document)?;
    // First what a block is made of, field by field, then what its fields say about each other.
    let mapped = map::map(&block, reading.mapping)?;
    let checks = check::check(&block, reading.checks)?;
    Ok((mapped, checks, header::sealed(&block)))
}

/// The block in an answer.
fn find(document: &Json) -> Result<Record<'_>, InputError> {
    let document = Record::new(document, Path::Root)?;
    if let Some(error) = document.get("error") {
        let found = error.get("message").unwrap_or(error).describe();
        return Err(document.wrong("error", "a block", found, "ask the node again"));
    }
    let path = Path::Key(&Path::Root, "result");
    let block = match document.object().get("result") {
        None => document,
        Some(Json::Null) => {
            let advice = "the node does not know this block: check the number, or wait until it has it";
            return Err(InputError::new(path, "a block", "null", advice));
        }
        Some(Json::Object(object)) => Record::of(object, path),
        Some(other) => return Err(InputError::new(path, "a block", answer(other), ASK)),
    };
    // Whatever is a block has these, but for one that is pending, whose number is null.
    let object = block.object();
    match object.get("transactions").is_none() && object.get("number").is_none() {
        true => Err(InputError::new(block.path(), "a block", kind(object), ASK)),
        false => Ok(block),
    }
}

/// What an answer is that is no object.
fn answer(result: &Json) -> String {
    match result {
        Json::Array(items) => match items.first() {
            Some(Json::Object(object)) => format!("an array of {}, the first {}", items.len(), kind(object)),
            _ => result.describe(),
        },
        other => other.describe(),
    }
}
