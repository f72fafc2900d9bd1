//! What an Ethereum block says about itself: hashes, root and signatures, recomputed.
//!
//! A block that contradicts itself is refused. Where fields are missing, or of a kind that is not Ethereum's,
//! nothing can be said, and [`Checks`] says so.

use alloy_consensus::proofs::calculate_transaction_root;
use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{Header, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, keccak256};
use serde_json::{Map, Value};

use super::super::InputError;
use super::super::json::Json;
use super::super::record::Record;
use super::{LEGACY_TYPE, quantity};

/// Whether something was recomputed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// It was, and agrees.
    Passed,
    /// It was not, for this reason.
    Skipped(String),
}

/// What was recomputed from an Ethereum block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checks {
    /// `hash` is the Keccak hash of the header.
    pub block_hash: Check,
    /// `transactionsRoot` is the root of the transactions.
    pub transactions_root: Check,
    /// `hash` of each transaction is its Keccak hash.
    pub transaction_hashes: Check,
    /// `from` of each transaction signed it.
    pub senders: Check,
}

impl Checks {
    /// What could not be checked, and why.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Self { block_hash, transactions_root, transaction_hashes, senders } = self;
        let all = [
            ("block hash", block_hash),
            ("transactions root", transactions_root),
            ("transaction hashes", transaction_hashes),
            ("senders", senders),
        ];
        all.into_iter().filter_map(|(name, check)| match check {
            Check::Passed => None,
            Check::Skipped(reason) => Some((name, reason.as_str())),
        })
    }
}

/// Fields of every header, and those that forks added.
const HEADER: [&str; 15] = [
    "parentHash",
    "sha3Uncles",
    "miner",
    "stateRoot",
    "transactionsRoot",
    "receiptsRoot",
    "logsBloom",
    "difficulty",
    "number",
    "gasLimit",
    "gasUsed",
    "timestamp",
    "extraData",
    "mixHash",
    "nonce",
];
const HEADER_OF_FORKS: [&str; 8] = [
    "baseFeePerGas",
    "withdrawalsRoot",
    "blobGasUsed",
    "excessBlobGas",
    "parentBeaconBlockRoot",
    "requestsHash",
    "blockAccessListHash",
    "slotNumber",
];
/// Fields of a block that are not in its header.
const BESIDE_HEADER: [&str; 6] = ["hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals"];

/// Fields of every transaction, and those of each type.
const TRANSACTION: [&str; 6] = ["nonce", "gas", "value", "input", "r", "s"];
const BY_TYPE: [(&str, &[&str]); 5] = [
    (LEGACY_TYPE, &["gasPrice", "v"]),
    ("0x1", &["chainId", "gasPrice", "accessList"]),
    ("0x2", &["chainId", "maxFeePerGas", "maxPriorityFeePerGas", "accessList"]),
    (
        "0x3",
        &[
            "chainId",
            "maxFeePerGas",
            "maxPriorityFeePerGas",
            "accessList",
            "to",
            "maxFeePerBlobGas",
            "blobVersionedHashes",
        ],
    ),
    ("0x4", &["chainId", "maxFeePerGas", "maxPriorityFeePerGas", "accessList", "to", "authorizationList"]),
];
/// Fields a transaction may have beside those.
const OPTIONAL: [&str; 4] = ["to", "chainId", "v", "yParity"];

const ADVICE: &str = "the block contradicts itself: ask the node again, or another one";

/// Recomputes all that can be.
///
/// # Errors
///
/// What does not agree, and fields that are there but cannot be read.
pub(super) fn check(block: &Record<'_>) -> Result<Checks, InputError> {
    let mut skipped: Option<String> = None;
    let mut unnamed: Option<String> = None;
    let mut unsigned: Option<String> = None;
    let transactions = block.each("transactions", |i, record| {
        position(block, &record, i)?;
        let transaction = match parse_transaction(&record)? {
            Ok(transaction) => transaction,
            Err(reason) => {
                skipped.get_or_insert(format!("transactions[{i}]: {reason}"));
                return Ok(None);
            }
        };
        if !agrees(&record, "hash", keccak256(transaction.encoded_2718()))? {
            unnamed.get_or_insert(format!("transactions[{i}].hash is missing"));
        }
        if !signed_by(&record, &transaction)? {
            unsigned.get_or_insert(format!("transactions[{i}].from is missing"));
        }
        Ok(Some(transaction))
    })?;
    let transactions: Vec<TxEnvelope> = transactions.into_iter().flatten().collect();
    let result = |reason: Option<String>| reason.map_or(Check::Passed, Check::Skipped);
    let root = match &skipped {
        Some(_) => skipped.clone(),
        None if agrees(block, "transactionsRoot", calculate_transaction_root(&transactions))? => None,
        None => Some("transactionsRoot is missing".into()),
    };
    Ok(Checks {
        block_hash: result(block_hash(block)?),
        transactions_root: result(root),
        transaction_hashes: result(skipped.clone().or(unnamed)),
        senders: result(skipped.or(unsigned)),
    })
}

/// Whether `key` is there; if it is, it must be `computed`.
fn agrees(record: &Record<'_>, key: &'static str, computed: B256) -> Result<bool, InputError> {
    let Some(stated) = quantity::data(record, key, Some(32))? else {
        return Ok(false);
    };
    let computed = format!("{computed:#x}");
    if stated.eq_ignore_ascii_case(&computed) {
        return Ok(true);
    }
    Err(record.wrong(key, format!("{computed}, recomputed from the block"), stated, ADVICE))
}

/// What a transaction repeats about the block and its place must be so.
fn position(block: &Record<'_>, record: &Record<'_>, i: usize) -> Result<(), InputError> {
    let index = quantity::quantity(record, "transactionIndex")?;
    if index.is_some_and(|index| index != i as u128) {
        let found = index.map_or(String::new(), |index| format!("{index:#x}"));
        return Err(record.wrong("transactionIndex", format!("{i:#x}"), found, ADVICE));
    }
    for (of_transaction, of_block) in [("blockNumber", "number"), ("blockHash", "hash")] {
        let (Some(here), Some(there)) = (record.get(of_transaction), block.get(of_block)) else {
            continue;
        };
        if here != there {
            let expected = format!("{}, as in the block", there.describe());
            return Err(record.wrong(of_transaction, expected, here.describe(), ADVICE));
        }
    }
    Ok(())
}

/// Whether `from` is there; if it is, it must have signed the transaction.
fn signed_by(record: &Record<'_>, transaction: &TxEnvelope) -> Result<bool, InputError> {
    let Some(stated) = quantity::data(record, "from", Some(Address::len_bytes()))? else {
        return Ok(false);
    };
    // Signatures of the first months may have a high s, so that is not looked at.
    let signer = transaction.recover_signer_unchecked().map_err(|error| {
        record.wrong("r", "a signature", format!("one that no key makes ({error})"), ADVICE)
    })?;
    let signer = format!("{signer:#x}");
    if stated.eq_ignore_ascii_case(&signer) {
        return Ok(true);
    }
    Err(record.wrong("from", format!("{signer}, who signed the transaction"), stated, ADVICE))
}

/// The transaction; or why it cannot be encoded: an unknown type, a missing field, no signature.
fn parse_transaction(record: &Record<'_>) -> Result<Result<TxEnvelope, String>, InputError> {
    let kind = match record.get("type") {
        None => LEGACY_TYPE,
        Some(Json::Text(kind)) => kind,
        Some(other) => return Ok(Err(format!("the type is {}", other.describe()))),
    };
    let Some((_, fields)) = BY_TYPE.into_iter().find(|(name, _)| *name == kind) else {
        return Ok(Err(format!("transactions of type {kind} are not known here")));
    };
    let required = || TRANSACTION.into_iter().chain(fields.iter().copied());
    if let Some(missing) = required().find(|key| record.get(key).is_none()) {
        return Ok(Err(format!("{missing} is missing")));
    }
    if record.get("v").is_none() && record.get("yParity").is_none() {
        return Ok(Err("yParity is missing".into()));
    }
    // Some nodes pad these two with zeros.
    let zero =
        |key| matches!(record.get(key), Some(Json::Text(text)) if text.trim_matches(['0', 'x']).is_empty());
    if zero("r") && zero("s") {
        return Ok(Err("it has no signature".into()));
    }
    let mut map = select(record, required().chain(OPTIONAL));
    map.insert("type".into(), kind.into());
    // The hash is recomputed from the encoding; this one is only there because the type wants one.
    map.insert("hash".into(), format!("{:#x}", B256::ZERO).into());
    match serde_json::from_value(Value::Object(map)) {
        Ok(transaction) => Ok(Ok(transaction)),
        Err(error) => {
            let expected = format!("the fields of a signed transaction of type {kind}");
            Err(record.wrong("type", expected, error.to_string(), "use the answer of the node as it is"))
        }
    }
}

/// Checks the hash of the header; says why that is not possible.
fn block_hash(block: &Record<'_>) -> Result<Option<String>, InputError> {
    let missing = |key: &&'static str| block.get(key).is_none();
    if let Some(key) = HEADER.iter().chain(&["hash"]).find(|key| missing(key)) {
        return Ok(Some(format!("{key} is missing")));
    }
    let map = select(block, HEADER.into_iter().chain(HEADER_OF_FORKS));
    let header: Header = serde_json::from_value(Value::Object(map)).map_err(|error| {
        let advice = "use the answer of the node as it is";
        block.wrong("hash", "the fields of a header", error.to_string(), advice)
    })?;
    let known = |key: &str| HEADER.iter().chain(&HEADER_OF_FORKS).chain(&BESIDE_HEADER).any(|k| *k == key);
    match (agrees(block, "hash", header.hash_slow()), block.object().iter().find(|(key, _)| !known(key))) {
        (Ok(_), _) => Ok(None),
        // Other chains have headers of their own.
        (Err(_), Some((key, _))) => Ok(Some(format!("{key} is not a field of an Ethereum header"))),
        (Err(error), None) => Err(error),
    }
}

/// The values of `keys` that are there.
fn select(record: &Record<'_>, keys: impl Iterator<Item = &'static str>) -> Map<String, Value> {
    keys.filter_map(|key| Some((key.to_owned(), value(record.get(key)?)))).collect()
}

fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => Value::from(*number),
        Json::Text(text) => Value::String(text.clone()),
        Json::Array(items) => Value::Array(items.iter().map(value).collect()),
        Json::Object(object) => {
            Value::Object(object.iter().map(|(key, json)| (key.to_owned(), value(json))).collect())
        }
    }
}
