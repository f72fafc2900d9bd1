//! What an Ethereum block says about itself: hashes, root and signatures, recomputed.
//!
//! A block that contradicts itself is refused. Where fields are missing, of a form that is not Ethereum's, or of a chain
//! with other rules, nothing can be said, and [`Checks`] says so.

use alloy_consensus::TxEnvelope;
use alloy_consensus::proofs::calculate_transaction_root;
use alloy_eips::eip2718::Encodable2718;
use alloy_primitives::{Address, B256, keccak256};

use super::super::json::Json;
use super::super::record::Record;
use super::super::{Check, Checking, Checks, InputError};
use super::rules::{self, Foreign};
use super::{header, quantity, transaction};

/// Bytes of a hash.
pub(super) const HASH: usize = 32;

pub(super) const ADVICE: &str =
    "the block contradicts itself: ask the node again, or another one; --checks off reads it as it stands";

/// Recomputes what `checking` asks for and can be.
///
/// # Errors
///
/// What does not agree, fields that are there but cannot be read, and, if all is asked for, what cannot be recomputed.
pub(super) fn check(block: &Record<'_>, checking: Checking) -> Result<Checks, InputError> {
    if checking == Checking::Off {
        return Ok(Checks::none("left out, as asked for"));
    }
    let foreign = rules::foreign(block);
    let mut skipped: Option<String> = None;
    let mut unnamed: Option<String> = None;
    let mut unsigned: Option<String> = None;
    let transactions = block.each("transactions", |i, record| {
        position(block, &record, i)?;
        let transaction = match transaction::parse(&record)? {
            Ok(transaction) => transaction,
            Err(reason) => {
                skipped.get_or_insert(format!("transactions[{i}]: {reason}"));
                return Ok(None);
            }
        };
        if !agrees(&record, "hash", keccak256(transaction.encoded_2718()))? {
            unnamed.get_or_insert(format!("transactions[{i}].hash is missing"));
        }
        if let Some(reason) = unknown_signer(&record, &transaction)? {
            unsigned.get_or_insert(format!("transactions[{i}]{reason}"));
        }
        Ok(Some(transaction))
    })?;
    let transactions: Vec<TxEnvelope> = transactions.into_iter().flatten().collect();
    let result = |reason: Option<String>| reason.map_or(Check::Passed, Check::Skipped);
    let root = match &skipped {
        Some(_) => skipped.clone(),
        None => root(block, &transactions, foreign.as_ref())?,
    };
    let checks = Checks {
        block_hash: result(header::check_hash(block, foreign.as_ref())?),
        transactions_root: result(root),
        transaction_hashes: result(skipped.clone().or(unnamed)),
        senders: result(skipped.or(unsigned)),
    };
    if checking == Checking::All
        && let Some((what, why)) = checks.skipped().next()
    {
        return Err(InputError::new(
            block.path(),
            "a block of which everything can be checked (--checks all)",
            format!("one whose {what} cannot be: {why}"),
            "leave --checks out to check what can be",
        ));
    }
    Ok(checks)
}

/// Whether `key` is there; if it is, it must be `computed`.
pub(super) fn agrees(record: &Record<'_>, key: &'static str, computed: B256) -> Result<bool, InputError> {
    let Some(stated) = quantity::data(record, key, Some(HASH))? else {
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
    let number = |record: &Record<'_>, key| record.get(key).and_then(quantity::standard);
    let hash = |record: &Record<'_>, key| match record.get(key) {
        Some(Json::Text(text)) => Some(text.to_ascii_lowercase()),
        _ => None,
    };
    for (of_transaction, here, of_block, there) in [
        ("blockNumber", number(record, "blockNumber"), "number", number(block, "number")),
        ("blockHash", hash(record, "blockHash"), "hash", hash(block, "hash")),
    ] {
        if let (Some(here), Some(there)) = (here, there)
            && here != there
        {
            let expected = format!("{there}, {of_block} of the block");
            return Err(record.wrong(of_transaction, expected, here, ADVICE));
        }
    }
    Ok(())
}

/// Why it is not known who signed the transaction. If `from` is there, it must have.
fn unknown_signer(record: &Record<'_>, transaction: &TxEnvelope) -> Result<Option<String>, InputError> {
    let Some(stated) = quantity::data(record, "from", Some(Address::len_bytes()))? else {
        return Ok(Some(".from is missing".to_owned()));
    };
    let is_stated = |signer: Address| stated.eq_ignore_ascii_case(&format!("{signer:#x}"));
    let signer = transaction::signer(record, transaction)?;
    if is_stated(signer) {
        return Ok(None);
    }
    if transaction::private_signer(transaction).is_some_and(is_stated) {
        let reason = ": it follows other rules: it is signed as a private transaction of GoQuorum";
        return Ok(Some(reason.to_owned()));
    }
    Err(record.wrong("from", format!("{signer:#x}, who signed the transaction"), stated, ADVICE))
}

/// Checks the root of the transactions; says why that is not possible.
fn root(
    block: &Record<'_>,
    transactions: &[TxEnvelope],
    foreign: Option<&Foreign>,
) -> Result<Option<String>, InputError> {
    match (agrees(block, "transactionsRoot", calculate_transaction_root(transactions)), foreign) {
        (Ok(true), _) => Ok(None),
        (Ok(false), _) => Ok(Some("transactionsRoot is missing".into())),
        (Err(_), Some(foreign)) if foreign.root => Ok(Some(other_rules(foreign))),
        (Err(error), _) => Err(error),
    }
}

pub(super) fn other_rules(foreign: &Foreign) -> String {
    format!("the block follows other rules than Ethereum's: {}", foreign.evidence)
}
