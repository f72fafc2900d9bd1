//! A block of Ethereum's JSON-RPC (`eth_getBlockByNumber` with full transactions) as a raw block.
//!
//! `docs/input.md` has the mapping as a table and the reasons. In short: what the block says is taken as it
//! stands, in whole wei; what only receipts say is not known (`status`) or follows one convention (the traces).

mod check;
mod quantity;

use foldproof_circuits::block::{Block, Header, INTEGER_LIMIT, Number, Text, Trace, Transaction, TriState};
use foldproof_circuits::block::{NUMBER_LIMIT, WitnessBundle};

pub use check::{Check, Checks};

use super::InputError;
use super::json::Json;
use super::raw::root;
use super::record::{Path, Record};

/// Type of a transaction that does not state one: legacy.
const LEGACY_TYPE: &str = "0x0";
/// Asset of every trace.
const TRACE_ASSET: &str = "ETH";
/// Reads of storage per trace: of a transfer, and of the creation of a contract.
const STORAGE_READS: [u64; 2] = [2, 1];
/// Constraints and gates of the bundle, per transaction.
const BUNDLE_PER_TRANSACTION: [u64; 2] = [1000, 500];
/// Degree and quotient degree of the bundle.
const BUNDLE_DEGREES: [u64; 2] = [2048, 4096];
/// Labels of the bundle.
const BUNDLE_LABELS: [&str; 2] = ["folding-ingest", "AGGREGATION"];
/// Text of a selector: `0x` and four bytes.
const SELECTOR_LENGTH: usize = 10;

/// Reads a block, bare or wrapped in the `result` of an answer, and recomputes its hashes.
///
/// # Errors
///
/// An answer without a block; hashes instead of transactions; quantities, addresses or data that are not what
/// the standard prescribes; and a block that contradicts itself.
pub fn block(document: &Json) -> Result<(Block, Checks), InputError> {
    let document = Record::new(document, Path::Root)?;
    if let Some(error) = document.get("error") {
        let found = error.get("message").unwrap_or(error).describe();
        return Err(document.wrong("error", "a block", found, "ask the node again"));
    }
    let result = Path::Key(&Path::Root, "result");
    let block = match document.object().get("result") {
        None => document,
        Some(Json::Null) => {
            let advice = "the node does not know this block: check the number, or wait until it has it";
            return Err(InputError::new(result, "a block", "null", advice));
        }
        Some(value) => Record::new(value, result)?,
    };
    // First what a block is made of, field by field, then what its fields say about each other.
    let mapped = map(&block)?;
    Ok((mapped, check::check(&block)?))
}

fn map(block: &Record<'_>) -> Result<Block, InputError> {
    let height = whole(block, "number")?.ok_or_else(|| {
        let advice = "blocks that are still pending have no number: ask for one that is mined";
        block.wrong("number", "a quantity such as \"0x16c0f2a\"", "nothing", advice)
    })?;
    let header = Header {
        height,
        timestamp: whole(block, "timestamp")?.unwrap_or(0),
        prev_state_root: root(block, &["parentHash"])?,
        new_state_root: root(block, &["stateRoot"])?,
        tx_root: root(block, &["transactionsRoot"])?,
    };
    let refuse_hashes = |i: usize, item: &Json| match item {
        Json::Text(_) => Err(InputError::new(
            Path::Index(&Path::Key(&Path::Root, "transactions"), i),
            "a transaction object",
            item.describe(),
            "ask for full transactions: the second parameter of eth_getBlockByNumber must be true",
        )),
        _ => Ok(()),
    };
    if let Some(Json::Array(items)) = block.get("transactions") {
        items.iter().enumerate().try_for_each(|(i, item)| refuse_hashes(i, item))?;
    }
    let both = block.each("transactions", transaction)?;
    let count = both.len() as u64;
    let (transactions, traces) = both.into_iter().unzip();
    let bundle = WitnessBundle {
        constraint_count: Number::whole(BUNDLE_PER_TRANSACTION[0] * count),
        gate_count: Number::whole(BUNDLE_PER_TRANSACTION[1] * count),
        degree: Number::whole(BUNDLE_DEGREES[0]),
        quotient_degree: Number::whole(BUNDLE_DEGREES[1]),
        prover_label: constant(BUNDLE_LABELS[0]),
        circuit_type: constant(BUNDLE_LABELS[1]),
    };
    Ok(Block { header, transactions, traces, bundles: vec![bundle] })
}

/// A transaction and the trace that stands for it.
fn transaction(position: usize, record: Record<'_>) -> Result<(Transaction, Trace), InputError> {
    let quantity = |key| quantity::quantity(&record, key);
    let value = quantity("value")?;
    let gas = quantity("gas")?;
    let fee = quantity("gasPrice")?.zip(gas).map(|(price, gas)| price.saturating_mul(gas));
    let receiver = address(&record, "to")?;
    let contract_type = match record.get("type") {
        None => constant(LEGACY_TYPE),
        // A quantity in form, a label in meaning: kept as it stands.
        Some(_) => quantity("type").and_then(|_| record.text(&["type"]))?,
    };
    let status = match quantity("status")? {
        None => TriState::Unknown,
        Some(1) => TriState::Yes,
        Some(_) => TriState::No,
    };
    let trace = Trace {
        balance_delta: wei(value),
        storage_writes: Number::default(),
        storage_reads: Number::whole(STORAGE_READS[usize::from(receiver.is_empty())]),
        log_events: Number::whole(u64::from(value.is_some_and(|value| value != 0))),
        gas_consumed: wei(gas),
        slot_index: Number::whole(position as u64),
        contract: receiver.clone(),
        asset: constant(TRACE_ASSET),
        trace_type: contract_type.clone(),
        reverted: if status == TriState::No { TriState::Yes } else { TriState::No },
    };
    let transaction = Transaction {
        amount: wei(value),
        fee: wei(fee),
        gas_used: wei(gas),
        nonce: wei(quantity("nonce")?),
        chain_id: wei(quantity("chainId")?),
        contract_type,
        function_selector: selector(&record)?,
        sender: address(&record, "from")?,
        receiver,
        status,
        ..Transaction::default()
    };
    Ok((transaction, trace))
}

/// A whole number, saturated; 0 where there is none.
fn wei(quantity: Option<u128>) -> Number {
    // One past the limit saturates like everything beyond it.
    let beyond = u128::from(NUMBER_LIMIT.unsigned_abs()) + 1;
    let value = quantity.unwrap_or(0).min(beyond);
    u64::try_from(value).map_or(Number::default(), Number::whole)
}

/// One of the constants above: all of them are canonical.
fn constant(text: &str) -> Text {
    Text::new(text).unwrap_or_default()
}

/// A quantity below 2⁵³.
fn whole(record: &Record<'_>, key: &'static str) -> Result<Option<u64>, InputError> {
    let Some(value) = quantity::quantity(record, key)? else {
        return Ok(None);
    };
    match u64::try_from(value) {
        Ok(value) if value < INTEGER_LIMIT => Ok(Some(value)),
        _ => Err(record.wrong(
            key,
            "a quantity below 2^53",
            format!("{value:#x}"),
            "check the answer of the node",
        )),
    }
}

/// An address in lower case, empty where there is none.
fn address(record: &Record<'_>, key: &'static str) -> Result<Text, InputError> {
    match quantity::data(record, key, Some(20))? {
        None => Ok(Text::default()),
        Some(text) => Ok(constant(&text.to_ascii_lowercase())),
    }
}

/// The first four bytes of the input in lower case, empty where there are fewer.
fn selector(record: &Record<'_>) -> Result<Text, InputError> {
    let input = quantity::data(record, "input", None)?.unwrap_or_default();
    Ok(input.get(..SELECTOR_LENGTH).map_or(Text::default(), |text| constant(&text.to_ascii_lowercase())))
}
