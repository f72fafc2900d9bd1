//! The raw block of the specification (`spec/pipeline.md` section 1).

use std::fmt;

use foldproof_circuits::block::{
    AdapterFields, Block, Header, Number, Quantity, Side, TagFields, Trace, Transaction, TriState,
    WitnessBundle,
};

use super::json::{Json, Object};
use super::record::{Path, Record};
use super::{InputError, number};

/// Bytes of a root.
pub(super) const ROOT_BYTES: usize = 32;
/// The longest base58 text of 32 bytes.
const BASE58_ROOT_LENGTH: usize = 44;

/// Numbers that count as 0 because they are none: the specification reads texts and numbers beyond the largest double so,
/// and whoever wrote them may have meant something else.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Uncounted {
    /// How many.
    pub count: usize,
    /// Path and value of the first.
    pub first: Option<(String, String)>,
}

impl Uncounted {
    /// The canonical number of the first of `keys`: 0 where there is none, or none that is a number.
    fn number(&mut self, record: &Record<'_>, keys: &[&'static str]) -> Number {
        match record.first(keys) {
            Some((_, Json::Number(x))) if x.is_finite() => number::canonical(*x),
            None => Number::default(),
            Some((key, value)) => {
                self.count += 1;
                let path = || Path::Key(&record.path(), key).to_string();
                self.first.get_or_insert_with(|| (path(), value.describe()));
                Number::default()
            }
        }
    }
}

impl fmt::Display for Uncounted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((path, value)) = &self.first else { return f.write_str("every number counts") };
        match self.count {
            1 => write!(f, "{path} is {value}, no number, and counts as 0"),
            count => {
                write!(f, "{count} values that are no numbers count as 0, the first {path}, {value}")
            }
        }
    }
}

/// Reads a raw block.
///
/// Whether it fits a circuit is checked later, by [`Size::for_block`](foldproof_circuits::statement::Size::for_block).
///
/// # Errors
///
/// See the specification; `docs/input.md` lists them for users.
pub fn block(document: &Json) -> Result<(Block, Uncounted), InputError> {
    let document = Record::new(document, Path::Root)?;
    let nothing = Object::default();
    let mut numbers = Uncounted::default();
    let block = Block {
        header: header(section(&document, "header", &nothing)?)?,
        transactions: document.each("transactions", |_, record| transaction(record, &mut numbers))?,
        traces: document.each("executionTraces", |_, record| trace(record, &mut numbers))?,
        bundles: bundles(section(&document, "witnessData", &nothing)?, &mut numbers)?,
    };
    Ok((block, numbers))
}

/// The object `key` of the document; without one, an empty object in its place.
fn section<'a>(
    document: &Record<'a>,
    key: &'static str,
    nothing: &'a Object,
) -> Result<Record<'a>, InputError> {
    let path = Path::Key(&Path::Root, key);
    document.get(key).map_or(Ok(Record::of(nothing, path)), |value| Record::new(value, path))
}

fn header(header: Record<'_>) -> Result<Header, InputError> {
    let height = header.whole("height")?.ok_or_else(|| {
        header.wrong("height", "a whole number", "nothing", "add the number of the block to its header")
    })?;
    Ok(Header {
        height,
        timestamp: header.whole("timestamp")?.unwrap_or(0),
        prev_state_root: root(&header, &["prevStateRoot", "parentHash"])?,
        new_state_root: root(&header, &["newStateRoot", "stateRoot"])?,
        tx_root: root(&header, &["txMerkleRoot", "txRoot"])?,
    })
}

fn transaction(record: Record<'_>, numbers: &mut Uncounted) -> Result<Transaction, InputError> {
    Ok(Transaction {
        amount: numbers.number(&record, &["amount"]),
        fee: numbers.number(&record, &["fee", "gasPrice"]),
        gas_used: numbers.number(&record, &["gasUsed", "gas"]),
        nonce: numbers.number(&record, &["nonce"]),
        slot: numbers.number(&record, &["slot", "l2Slot"]),
        chain_id: numbers.number(&record, &["chainId"]),
        priority_fee: numbers.number(&record, &["priorityFee"]),
        contract_type: record.text(&["contractType", "type"])?,
        asset: record.text(&["asset", "token"])?,
        function_selector: record.text(&["functionSelector", "method"])?,
        sender: record.text(&["sender", "from"])?,
        receiver: record.text(&["receiver", "to"])?,
        // Not `??`: a null status is there, and is not "success".
        status: match record.object().get("status") {
            None => TriState::Unknown,
            Some(Json::Text(text)) if text == "success" => TriState::Yes,
            Some(_) => TriState::No,
        },
        tag_fields: tag_fields(&record),
    })
}

/// What tags look at. Nothing in it is an error: what is no number is none, and any text is one.
fn tag_fields(record: &Record<'_>) -> TagFields {
    let quantity =
        |keys| record.first(keys).map_or(Quantity::default(), |(_, value)| number::quantity(value));
    let score = |key| match record.get(key) {
        Some(Json::Number(x)) => Some(number::canonical(*x)),
        _ => None,
    };
    let told = |key| matches!(record.get(key), Some(Json::Text(text)) if !text.is_empty());
    let side = match record.get("side") {
        Some(Json::Text(side)) if side.eq_ignore_ascii_case("buy") => Side::Buy,
        Some(Json::Text(side)) if side.eq_ignore_ascii_case("sell") => Side::Sell,
        _ => Side::None,
    };
    TagFields {
        price: quantity(&["gasPrice"]),
        value: quantity(&["amountWei", "amount"]),
        adapter: AdapterFields {
            risk: score("riskScore"),
            liquidity: score("liquidityScore"),
            spread: score("spreadPips"),
            side,
            alert: told("alertType"),
            rule: told("triggeredRule"),
        },
    }
}

fn trace(record: Record<'_>, numbers: &mut Uncounted) -> Result<Trace, InputError> {
    Ok(Trace {
        balance_delta: numbers.number(&record, &["balanceDelta"]),
        storage_writes: numbers.number(&record, &["storageWrites"]),
        storage_reads: numbers.number(&record, &["storageReads"]),
        log_events: numbers.number(&record, &["logEvents"]),
        gas_consumed: numbers.number(&record, &["gasConsumed"]),
        slot_index: numbers.number(&record, &["slotIndex"]),
        contract: record.text(&["contract"])?,
        asset: record.text(&["asset", "token"])?,
        trace_type: record.text(&["traceType", "op"])?,
        reverted: match record.object().get("reverted") {
            Some(Json::Bool(true)) => TriState::Yes,
            Some(Json::Bool(false)) => TriState::No,
            _ => TriState::Unknown,
        },
    })
}

/// The bundles of the witness data, which is the one bundle itself if it has no array of them.
fn bundles(witness: Record<'_>, numbers: &mut Uncounted) -> Result<Vec<WitnessBundle>, InputError> {
    match witness.get("bundles") {
        Some(Json::Array(_)) => witness.each("bundles", |_, record| bundle(record, numbers)),
        _ => Ok(vec![bundle(witness, numbers)?]),
    }
}

fn bundle(record: Record<'_>, numbers: &mut Uncounted) -> Result<WitnessBundle, InputError> {
    Ok(WitnessBundle {
        constraint_count: numbers.number(&record, &["constraintCount"]),
        degree: numbers.number(&record, &["degree"]),
        gate_count: numbers.number(&record, &["gateCount"]),
        quotient_degree: numbers.number(&record, &["quotientDegree"]),
        prover_label: record.text(&["proverLabel", "system"])?,
        circuit_type: record.text(&["circuitType"])?,
    })
}

/// 32 bytes in hex, with or without `0x`, or in base58; zero where there is nothing or the empty text.
pub(super) fn root(record: &Record<'_>, keys: &[&'static str]) -> Result<[u8; ROOT_BYTES], InputError> {
    let Some((key, value)) = record.first(keys) else {
        return Ok([0; ROOT_BYTES]);
    };
    let bytes = match value {
        Json::Text(text) if text.is_empty() => Some([0; ROOT_BYTES]),
        Json::Text(text) => root_bytes(text),
        _ => None,
    };
    bytes.ok_or_else(|| {
        record.wrong(
            key,
            "32 bytes, as 64 hex digits or in base58",
            value.describe(),
            "write the whole root, or leave it out",
        )
    })
}

fn root_bytes(text: &str) -> Option<[u8; ROOT_BYTES]> {
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let mut root = [0; ROOT_BYTES];
    if hex::decode_to_slice(digits, &mut root).is_ok() {
        return Some(root);
    }
    // Decoding base58 is quadratic, so long texts stop here.
    let decoded = Some(text).filter(|text| text.len() <= BASE58_ROOT_LENGTH)?;
    bs58::decode(decoded).into_vec().ok()?.try_into().ok()
}
