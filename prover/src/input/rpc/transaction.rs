//! Transactions as they are signed: from the fields of a document to the encoding that hashes and signatures are about.

use alloy_consensus::transaction::SignerRecoverable;
use alloy_consensus::{SignableTransaction, TxEnvelope};
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, keccak256};
use serde_json::{Map, Value};

use super::super::InputError;
use super::super::json::Json;
use super::super::record::Record;
use super::{LEGACY_TYPE, quantity};

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
/// Of these, the ones that are quantities.
const QUANTITIES: [&str; 13] = [
    "nonce",
    "gas",
    "value",
    "r",
    "s",
    "gasPrice",
    "v",
    "chainId",
    "maxFeePerGas",
    "maxPriorityFeePerGas",
    "maxFeePerBlobGas",
    "yParity",
    "type",
];
/// Fields that Celo's legacy transactions had under their hash before it became a rollup.
const CELO: [&str; 3] = ["feeCurrency", "gatewayFee", "gatewayFeeRecipient"];

/// The transaction; or why it cannot be encoded: an unknown type, a missing field, no signature, rules of another chain.
pub(super) fn parse(record: &Record<'_>) -> Result<Result<TxEnvelope, String>, InputError> {
    let kind = match record.get("type") {
        None => LEGACY_TYPE.to_owned(),
        Some(value) => match quantity::standard(value) {
            Some(kind) => kind,
            None => return Ok(Err(format!("the type is {}", value.describe()))),
        },
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
    let zero = |key| record.get(key).and_then(quantity::standard).is_some_and(|value| value == "0x0");
    if zero("r") && zero("s") {
        return Ok(Err("it has no signature".into()));
    }
    if kind == LEGACY_TYPE
        && let Some(reason) = celo(record)
    {
        return Ok(Err(reason));
    }
    let mut map = select(record, required().chain(OPTIONAL));
    map.insert("type".into(), kind.clone().into());
    // The hash is recomputed from the encoding; this one is only there because the type wants one.
    map.insert("hash".into(), format!("{:#x}", B256::ZERO).into());
    if kind == LEGACY_TYPE
        && let Some(parity) = map.get("v").and_then(Value::as_str).and_then(parity)
    {
        return Ok(of_parity(record, map, parity));
    }
    match serde_json::from_value(Value::Object(map)) {
        Ok(transaction) => Ok(Ok(transaction)),
        Err(error) => {
            let expected = format!("the fields of a signed transaction of type {kind}");
            let advice = "correct the transaction, or ask the node again";
            Err(record.wrong("type", expected, error.to_string(), advice))
        }
    }
}

/// Whether a legacy transaction has Celo's fields under its hash.
fn celo(record: &Record<'_>) -> Option<String> {
    let field = CELO.into_iter().find(|key| record.get(key).is_some());
    match (record.get("ethCompatible"), field) {
        (Some(Json::Bool(true)), _) | (None, None) => None,
        (Some(Json::Bool(false)), _) => Some("it follows Celo's rules: ethCompatible is false".into()),
        (_, Some(key)) => Some(format!("it follows Celo's rules: it has a {key}")),
        (Some(_), None) => None,
    }
}

/// The parity that some nodes give a legacy transaction as `v`.
fn parity(v: &str) -> Option<u64> {
    match v {
        "0x0" => Some(0),
        "0x1" => Some(1),
        _ => None,
    }
}

/// The legacy transaction that the parity of its signature is all that is known of: with replay protection or without, by
/// the hash that is stated.
fn of_parity(record: &Record<'_>, map: Map<String, Value>, parity: u64) -> Result<TxEnvelope, String> {
    let chain = map.get("chainId").and_then(Value::as_str).and_then(|id| id.strip_prefix("0x"));
    let chain = chain.and_then(|id| u64::from_str_radix(id, 16).ok());
    let protected = chain.and_then(|id| id.checked_mul(2)?.checked_add(35 + parity));
    let stated = match record.get("hash") {
        Some(Json::Text(hash)) => hash.as_str(),
        _ => "",
    };
    let known = [Some(27 + parity), protected].into_iter().flatten().find_map(|v| {
        let mut map = map.clone();
        map.insert("v".into(), format!("{v:#x}").into());
        if v < 35 {
            map.remove("chainId");
        }
        let transaction: TxEnvelope = serde_json::from_value(Value::Object(map)).ok()?;
        let hash = format!("{:#x}", keccak256(transaction.encoded_2718()));
        stated.eq_ignore_ascii_case(&hash).then_some(transaction)
    });
    known.ok_or_else(|| {
        "it follows other rules: v is the parity of the signature, and with no v of Ethereum's does it have its hash"
            .to_owned()
    })
}

/// The address that signed.
///
/// # Errors
///
/// A signature that no key makes.
pub(super) fn signer(record: &Record<'_>, transaction: &TxEnvelope) -> Result<Address, InputError> {
    // Signatures of the first months may have a high s, so that is not looked at.
    transaction.recover_signer_unchecked().map_err(|error| {
        record.wrong("r", "a signature", format!("one that no key makes ({error})"), super::check::ADVICE)
    })
}

/// The address that signed a private transaction of GoQuorum: it is marked by a `v` of 37 or 38, which on Ethereum says
/// chain 1, and signed as one without a chain.
pub(super) fn private_signer(transaction: &TxEnvelope) -> Option<Address> {
    let TxEnvelope::Legacy(signed) = transaction else { return None };
    let mut unmarked = signed.tx().clone();
    if unmarked.chain_id.take() != Some(1) {
        return None;
    }
    signed.signature().recover_address_from_prehash(&unmarked.signature_hash()).ok()
}

/// The values of `keys` that are there, quantities in their standard spelling.
pub(super) fn select(record: &Record<'_>, keys: impl Iterator<Item = &'static str>) -> Map<String, Value> {
    let standard = |key: &'static str, json: &Json| {
        let text = QUANTITIES.contains(&key).then(|| quantity::standard(json)).flatten();
        text.map_or_else(|| value(json), Value::String)
    };
    keys.filter_map(|key| Some((key.to_owned(), standard(key, record.get(key)?)))).collect()
}

/// As the library reads it. Nodes that pad quantities do so in lists, too; there the library takes them as they come.
pub(super) fn value(json: &Json) -> Value {
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
