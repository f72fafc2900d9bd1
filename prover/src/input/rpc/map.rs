//! From a block of Ethereum's JSON-RPC to a raw block, by one of two mappings.
//!
//! `docs/input.md` has both as tables, and says which values are convention and not knowledge.

use foldproof_circuits::block::{Block, Header, INTEGER_LIMIT, Number, Text, Trace, Transaction, TriState};
use foldproof_circuits::block::{NUMBER_LIMIT, Quantity, TagFields, WitnessBundle};

use super::super::json::Json;
use super::super::number::whole_quantity;
use super::super::raw::root;
use super::super::record::{Path, Record};
use super::super::{InputError, Mapping};
use super::{LEGACY_TYPE, quantity};

/// Asset of every trace.
const TRACE_ASSET: &str = "ETH";
/// Reads of storage per trace: of a transfer, and of the creation of a contract.
const STORAGE_READS: [u64; 2] = [2, 1];
/// Events of a trace as the indexer counts them: one for each transaction, whatever it did.
const INDEXER_LOG_EVENTS: u64 = 1;
/// Constraints and gates of the bundle, per transaction.
const BUNDLE_PER_TRANSACTION: [u64; 2] = [1000, 500];
/// Degree and quotient degree of the bundle.
const BUNDLE_DEGREES: [u64; 2] = [2048, 4096];
/// Labels of the bundle.
const BUNDLE_LABELS: [&str; 2] = ["folding-ingest", "AGGREGATION"];
/// Text of a selector: `0x` and four bytes.
const SELECTOR_LENGTH: usize = 10;

/// The raw block that stands for `block`.
pub(super) fn map(block: &Record<'_>, mapping: Mapping) -> Result<Block, InputError> {
    let header = Header {
        height: height(block)?,
        timestamp: whole(block, "timestamp")?.unwrap_or(0),
        prev_state_root: root(block, &["parentHash"])?,
        new_state_root: root(block, &["stateRoot"])?,
        tx_root: root(block, &["transactionsRoot"])?,
    };
    if let Some(Json::Array(items)) = block.get("transactions") {
        items.iter().enumerate().try_for_each(|(i, item)| refuse_hash(i, item))?;
    }
    let both = block.each("transactions", |i, record| transaction(i, &record, mapping))?;
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

/// The number of a block that is mined: some nodes answer for a pending one with its number and without its hash.
fn height(block: &Record<'_>) -> Result<u64, InputError> {
    let advice = "the block is pending, and may never be: ask for one that is mined";
    let height = whole(block, "number")?
        .ok_or_else(|| block.wrong("number", "a quantity such as \"0x16c0f2a\"", "nothing", advice))?;
    if block.object().get("hash") == Some(&Json::Null) {
        return Err(block.wrong("hash", "the hash of a mined block", "null", advice));
    }
    Ok(height)
}

fn refuse_hash(i: usize, item: &Json) -> Result<(), InputError> {
    match item {
        Json::Text(_) => Err(InputError::new(
            Path::Index(&Path::Key(&Path::Root, "transactions"), i),
            "a transaction object",
            item.describe(),
            "ask for full transactions: the second parameter of eth_getBlockByNumber must be true",
        )),
        _ => Ok(()),
    }
}

/// A transaction and the trace that stands for it.
fn transaction(
    position: usize,
    record: &Record<'_>,
    mapping: Mapping,
) -> Result<(Transaction, Trace), InputError> {
    let quantity = |key| quantity::quantity(record, key);
    let value = quantity("value")?;
    let gas = quantity("gas")?;
    let price = quantity("gasPrice")?;
    let fee = price.zip(gas).map(|(price, gas)| price.saturating_mul(gas));
    let nonce = quantity("nonce")?;
    let selector = selector(record)?;
    let receiver = address(record, "to")?;
    let contract_type = kind(record)?;
    // What the document says of an outcome holds under either mapping.
    let status = quantity("status")?.map(|status| status == 1);
    let reads = STORAGE_READS[usize::from(receiver.is_empty())];
    // Tags look at prices and values as they are, under either mapping.
    let tag_quantity = |quantity: Option<u128>| quantity.map_or(Quantity::default(), whole_quantity);
    let tag_fields =
        TagFields { price: tag_quantity(price), value: tag_quantity(value), ..TagFields::default() };
    let trace = Trace {
        balance_delta: wei(value),
        storage_reads: Number::whole(reads),
        slot_index: Number::whole(position as u64),
        contract: receiver.clone(),
        asset: constant(TRACE_ASSET),
        trace_type: contract_type.clone(),
        reverted: if status == Some(false) { TriState::Yes } else { TriState::No },
        ..Trace::default()
    };
    let transaction = Transaction {
        amount: wei(value),
        chain_id: wei(quantity("chainId")?),
        contract_type,
        sender: address(record, "from")?,
        receiver,
        status: match status {
            Some(true) => TriState::Yes,
            Some(false) => TriState::No,
            None => TriState::Unknown,
        },
        tag_fields,
        ..Transaction::default()
    };
    Ok(match mapping {
        Mapping::Indexer => (
            Transaction {
                status: if status == Some(false) { TriState::No } else { TriState::Yes },
                ..transaction
            },
            Trace { log_events: Number::whole(INDEXER_LOG_EVENTS), ..trace },
        ),
        Mapping::Full => (
            Transaction {
                fee: wei(fee),
                gas_used: wei(gas),
                nonce: wei(nonce),
                function_selector: selector,
                ..transaction
            },
            Trace {
                log_events: Number::whole(u64::from(value.is_some_and(|value| value != 0))),
                gas_consumed: wei(gas),
                ..trace
            },
        ),
    })
}

/// The type: a quantity in form, a label in meaning, in its standard spelling.
fn kind(record: &Record<'_>) -> Result<Text, InputError> {
    quantity::quantity(record, "type")?;
    let kind = record.get("type").and_then(quantity::standard);
    let kind = kind.as_deref().unwrap_or(LEGACY_TYPE);
    Text::new(kind).map_err(|_| {
        record.wrong("type", "a type of transaction such as \"0x2\"", kind, "check the answer of the node")
    })
}

/// A whole number, saturated; 0 where there is none.
fn wei(quantity: Option<u128>) -> Number {
    // One past the limit saturates like everything beyond it.
    let beyond = u128::from(NUMBER_LIMIT.unsigned_abs()) + 1;
    let value = quantity.unwrap_or(0).min(beyond);
    u64::try_from(value).map_or(Number::default(), Number::whole)
}

/// One of the constants above, or a text as short: all of them are canonical.
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
