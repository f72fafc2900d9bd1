//! Blocks of Ethereum's JSON-RPC: the mapping, and blocks that contradict themselves.

#[path = "../../tests/support/ethereum.rs"]
mod ethereum;

use alloy_consensus::TxEnvelope;
use alloy_consensus::proofs::calculate_transaction_root;
use alloy_primitives::Address;
use foldproof_circuits::block::{Block, Number, Text, TriState};
use foldproof_prover::input::{Check, Checks};
use foldproof_prover::input::{Checking, InputError, Mapping, Reading, Source, read_block_as};
use serde_json::{Value, json};

use ethereum::{block, key};

fn read_as(block: &Value, reading: Reading) -> Result<(Block, Checks), InputError> {
    match read_block_as(block.to_string().as_bytes(), reading)? {
        (block, Source::Rpc { mapping, checks, .. }) => {
            assert_eq!(mapping, reading.mapping);
            Ok((block, checks))
        }
        (_, Source::Raw(_)) => panic!("not a raw block"),
    }
}

/// With all that the block says.
fn read(block: &Value) -> Result<(Block, Checks), InputError> {
    read_as(block, Reading { mapping: Mapping::Full, ..Reading::default() })
}

fn whole(numbers: &[Number]) -> Vec<i64> {
    numbers.iter().map(|number| number.units() >> 16).collect()
}

const LIMIT: i64 = (1 << 31) - 1;

#[test]
fn the_mapping_of_the_indexer() {
    let (full, _) = read(&block()).unwrap_or_else(|error| panic!("{error}"));
    let (block, checks) = read_as(&block(), Reading::default()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(checks.skipped().collect::<Vec<_>>(), []);
    assert_eq!((&block.header, &block.bundles), (&full.header, &full.bundles));
    for (found, full) in block.transactions.iter().zip(&full.transactions) {
        let zeros = [found.fee, found.gas_used, found.nonce, found.slot, found.priority_fee];
        assert_eq!(zeros, [Number::default(); 5]);
        assert_eq!((&found.function_selector, found.status), (&Text::default(), TriState::Yes));
        assert_eq!((found.amount, found.chain_id), (full.amount, full.chain_id));
        assert_eq!(
            (&found.contract_type, &found.sender, &found.receiver),
            (&full.contract_type, &full.sender, &full.receiver)
        );
    }
    for (found, full) in block.traces.iter().zip(&full.traces) {
        assert_eq!((found.gas_consumed, whole(&[found.log_events])[0]), (Number::default(), 1));
        let expected = foldproof_circuits::block::Trace {
            gas_consumed: found.gas_consumed,
            log_events: found.log_events,
            ..full.clone()
        };
        assert_eq!(*found, expected);
    }
    // What a document says of an outcome is no matter of convention.
    let failed = json!({"number": "0x1", "transactions": [{"status": "0x0"}, {"status": "0x1"}, {}]});
    let (block, _) = read_as(&failed, Reading::default()).unwrap_or_else(|error| panic!("{error}"));
    use TriState::{No, Yes};
    assert_eq!(block.transactions.iter().map(|t| t.status).collect::<Vec<_>>(), [No, Yes, Yes]);
    assert_eq!(block.traces.iter().map(|t| t.reverted).collect::<Vec<_>>(), [Yes, No, No]);
}

#[test]
fn checks_are_made_as_asked_for() {
    let reading = |checks| Reading { checks, ..Reading::default() };
    let wrong = tampered("/timestamp", json!("0x1"));
    let (_, off) = read_as(&wrong, reading(Checking::Off)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(off, Checks::none("left out, as asked for"));
    assert_eq!(read_as(&wrong, reading(Checking::Known)).expect_err("another hash").path, "hash");
    let (_, all) = read_as(&block(), reading(Checking::All)).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(all.skipped().count(), 0);
    let error = read_as(&without(&["/logsBloom"]), reading(Checking::All)).expect_err("no bloom");
    assert!(error.found.contains("logsBloom is missing"), "{error}");
}

/// The header as another library encodes it, whatever is checked; none where a field is missing or the hash is another's.
#[test]
fn the_header_is_known_where_the_document_has_it_whole() {
    let header = |block: &Value, checks| {
        let reading = Reading { checks, ..Reading::default() };
        let (_, source) = read_block_as(block.to_string().as_bytes(), reading).expect("a block");
        source.header().map(|header| (header.hash(), header.rlp().to_vec()))
    };
    let whole = block();
    let forks: [&[&str]; 5] = [
        &[],
        &["requestsHash"],
        &["requestsHash", "parentBeaconBlockRoot", "excessBlobGas", "blobGasUsed"],
        &["requestsHash", "parentBeaconBlockRoot", "excessBlobGas", "blobGasUsed", "withdrawalsRoot"],
        &[
            "requestsHash",
            "parentBeaconBlockRoot",
            "excessBlobGas",
            "blobGasUsed",
            "withdrawalsRoot",
            "baseFeePerGas",
        ],
    ];
    for missing in forks {
        let mut block = whole.clone();
        missing.iter().for_each(|key| drop(block.as_object_mut().expect("an object").remove(*key)));
        let theirs: alloy_consensus::Header = serde_json::from_value(block.clone()).expect("a header");
        let hash = theirs.hash_slow();
        block["hash"] = json!(hash);
        for transaction in block["transactions"].as_array_mut().expect("transactions") {
            transaction["blockHash"] = json!(hash);
        }
        for checks in [Checking::Known, Checking::Off] {
            let (found, rlp) = header(&block, checks).expect("a header");
            assert_eq!((found, alloy_primitives::keccak256(&rlp)), (hash.0, hash));
        }
    }
    // Of a document that was tampered with, or is of a chain with other rules.
    for key in [
        "gasUsed",
        "timestamp",
        "extraData",
        "nonce",
        "receiptsRoot",
        "stateRoot",
        "parentHash",
        "requestsHash",
    ] {
        let less = without(&[&format!("/{key}")]);
        assert_eq!(header(&less, Checking::Off), None, "{key}");
    }
    assert_eq!(header(&without(&["/hash"]), Checking::Known), None);
    for (key, value) in [("/gasUsed", json!("0x1")), ("/extraData", json!("0x01")), ("/number", json!("0x1"))]
    {
        assert_eq!(header(&tampered(key, value), Checking::Off), None, "{key}");
    }
    assert_eq!(header(&tampered("/logsBloom", json!("0x00")), Checking::Off), None);
}

#[test]
fn the_full_mapping() {
    let (block, checks) = read(&block()).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(checks.skipped().collect::<Vec<_>>(), []);
    assert_eq!((block.header.height, block.header.timestamp), (23_850_000, 1_763_768_567));
    assert_eq!((block.header.prev_state_root, block.header.new_state_root), ([0x11; 32], [0x22; 32]));
    let amounts: Vec<Number> = block.transactions.iter().map(|t| t.amount).collect();
    assert_eq!(whole(&amounts), [5, 5, 0, LIMIT, 0, 0]);
    assert_eq!(amounts[3], Number::saturating(i128::MAX));
    let kinds: Vec<String> = block.transactions.iter().map(|t| t.contract_type.to_string()).collect();
    assert_eq!(kinds, ["0x0", "0x0", "0x1", "0x2", "0x3", "0x4"]);
    let selectors: Vec<String> = block.transactions.iter().map(|t| t.function_selector.to_string()).collect();
    assert_eq!(selectors, ["", "", "0xa9059cbb", "", "0xa9059cbb", "0xa9059cbb"]);

    let first = &block.transactions[0];
    let numbers = [first.fee, first.gas_used, first.nonce, first.chain_id, first.slot, first.priority_fee];
    assert_eq!(whole(&numbers), [63_000, 21_000, 1, 1, 0, 0]);
    assert_eq!(first.sender.to_string(), format!("{:#x}", Address::from_private_key(&key(1))));
    assert_eq!(first.receiver.to_string(), format!("0x{}", "ab".repeat(20)));
    assert_eq!((first.asset.to_string().as_str(), first.status), ("", TriState::Unknown));
    let [other, creation] = [&block.transactions[2], &block.transactions[3]];
    assert_eq!(whole(&[other.fee, other.nonce, block.transactions[1].chain_id]), [LIMIT, 300, 0]);
    assert_eq!(creation.receiver, Text::default());

    assert_eq!(block.traces.len(), 6);
    for (i, (trace, transaction)) in block.traces.iter().zip(&block.transactions).enumerate() {
        let created = transaction.receiver.is_empty();
        let moved = transaction.amount != Number::default();
        assert_eq!((trace.balance_delta, trace.gas_consumed), (transaction.amount, transaction.gas_used));
        assert_eq!((&trace.contract, &trace.trace_type), (&transaction.receiver, &transaction.contract_type));
        let numbers = [trace.storage_writes, trace.storage_reads, trace.log_events, trace.slot_index];
        let index = i64::try_from(i).expect("small");
        assert_eq!(whole(&numbers), [0, if created { 1 } else { 2 }, moved.into(), index]);
        assert_eq!((trace.asset.to_string().as_str(), trace.reverted), ("ETH", TriState::No));
    }

    let [bundle] = block.bundles.as_slice() else { panic!("one bundle") };
    let numbers = [bundle.constraint_count, bundle.degree, bundle.gate_count, bundle.quotient_degree];
    assert_eq!(whole(&numbers), [6000, 2048, 3000, 4096]);
    assert_eq!(
        [&bundle.prover_label, &bundle.circuit_type].map(Text::to_string),
        ["folding-ingest", "AGGREGATION"]
    );
}

#[test]
fn bare_and_wrapped_are_the_same() {
    let bare = block();
    let wrapped = json!({"jsonrpc": "2.0", "id": 1, "result": bare.clone()});
    assert_eq!(read(&wrapped), read(&bare));
}

#[test]
fn the_first_block_of_mainnet() {
    let empty = "0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";
    let genesis = json!({
        "number": "0x0", "timestamp": "0x0", "difficulty": "0x400000000", "totalDifficulty": "0x400000000",
        "gasLimit": "0x1388", "gasUsed": "0x0", "nonce": "0x0000000000000042", "size": "0x21c",
        "hash": "0xd4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3",
        "extraData": "0x11bbe8db4e347b4e8c937c1c8370e4b5ed33adb3db69cbdb7a38e1e50b1b82fa",
        "logsBloom": format!("0x{}", "00".repeat(256)),
        "miner": format!("0x{}", "00".repeat(20)),
        "mixHash": format!("0x{}", "00".repeat(32)),
        "parentHash": format!("0x{}", "00".repeat(32)),
        "sha3Uncles": "0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347",
        "stateRoot": "0xd7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544",
        "transactionsRoot": empty, "receiptsRoot": empty, "transactions": [], "uncles": []
    });
    let (block, checks) = read(&genesis).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!((checks.block_hash, checks.transactions_root), (Check::Passed, Check::Passed));
    assert_eq!((block.transactions.len(), block.records()), (0, 1));
}

/// The block with one member changed.
fn tampered(pointer: &str, value: Value) -> Value {
    let mut block = block();
    *block.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
    block
}

#[test]
fn contradictions_are_refused() {
    let other = format!("0x{}", "5a".repeat(32));
    for (pointer, value, path) in [
        // Whatever the header says is under its hash.
        ("/number", "0x1", "transactions[0].blockNumber"),
        ("/timestamp", "0x1", "hash"),
        ("/parentHash", &other, "hash"),
        ("/stateRoot", &other, "hash"),
        ("/requestsHash", &other, "hash"),
        ("/gasUsed", "0x1", "hash"),
        ("/hash", &other, "transactions[0].blockHash"),
        ("/transactionsRoot", &other, "transactionsRoot"),
        // What a transaction says is under its own.
        ("/transactions/0/value", "0x6", "transactions[0].hash"),
        ("/transactions/2/nonce", "0x0", "transactions[2].hash"),
        ("/transactions/2/to", "0xabababababababababababababababababababac", "transactions[2].hash"),
        ("/transactions/3/input", "0x60806041", "transactions[3].hash"),
        ("/transactions/4/maxFeePerBlobGas", "0x2", "transactions[4].hash"),
        ("/transactions/5/authorizationList/0/nonce", "0x8", "transactions[5].hash"),
        ("/transactions/0/hash", &other, "transactions[0].hash"),
        ("/transactions/1/from", "0xabababababababababababababababababababab", "transactions[1].from"),
        ("/transactions/1/transactionIndex", "0x0", "transactions[1].transactionIndex"),
        ("/transactions/1/blockHash", &other, "transactions[1].blockHash"),
        ("/transactions/0/chainId", "0x5", "transactions[0].type"),
    ] {
        let error = read(&tampered(pointer, json!(value))).expect_err(pointer);
        assert_eq!(error.path, path, "{error}");
        assert!(!error.expected.is_empty() && !error.found.is_empty() && !error.advice.is_empty());
    }
    let mut block = block();
    let transactions = block["transactions"].as_array_mut().expect("an array");
    transactions.pop();
    assert_eq!(read(&block).expect_err("one is missing").path, "transactionsRoot");
}

#[test]
fn a_root_that_was_made_to_fit_still_contradicts_the_hash() {
    let mut block = block();
    let transactions = block["transactions"].as_array_mut().expect("an array");
    transactions.clear();
    block["transactionsRoot"] = json!(calculate_transaction_root::<TxEnvelope>(&[]));
    assert_eq!(read(&block).expect_err("another header").path, "hash");
}

/// The block without some members.
fn without(pointers: &[&str]) -> Value {
    let mut block = block();
    for pointer in pointers {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        let parent = block.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
        assert!(parent.remove(key).is_some(), "{pointer}");
    }
    block
}

#[test]
fn what_cannot_be_checked_is_said() {
    let skipped = |block: &Value| {
        let (_, checks) = read(block).unwrap_or_else(|error| panic!("{error}"));
        checks.skipped().map(|(what, reason)| format!("{what}: {reason}")).collect::<Vec<_>>()
    };
    assert_eq!(skipped(&without(&["/logsBloom"])), ["block hash: logsBloom is missing"]);
    assert_eq!(skipped(&without(&["/hash"])), ["block hash: hash is missing"]);
    assert_eq!(
        skipped(&without(&["/transactionsRoot"])),
        ["block hash: transactionsRoot is missing", "transactions root: transactionsRoot is missing"]
    );
    let unsigned = "transactions[2]: r is missing";
    assert_eq!(
        skipped(&without(&["/transactions/2/r"])),
        [
            format!("transactions root: {unsigned}"),
            format!("transaction hashes: {unsigned}"),
            format!("senders: {unsigned}")
        ]
    );
    assert_eq!(
        skipped(&without(&["/transactions/1/hash", "/transactions/4/from"])),
        ["transaction hashes: transactions[1].hash is missing", "senders: transactions[4].from is missing"]
    );
    // Deposits and the like of other chains.
    let mut deposit = tampered("/transactions/3/type", json!("0x7e"));
    assert!(skipped(&deposit)[0].contains("transactions of type 0x7e are not known here"));
    deposit["transactions"][3]["r"] = json!("0x0");
    assert!(skipped(&deposit)[0].contains("0x7e"));
    let mut system = tampered("/transactions/0/r", json!("0x0"));
    system["transactions"][0]["s"] = json!("0x0");
    assert!(skipped(&system)[0].ends_with("transactions[0]: it has no signature"));
    // Headers of other chains.
    let mut foreign = tampered("/timestamp", json!("0x1"));
    foreign["extDataHash"] = json!("0x00");
    assert_eq!(skipped(&foreign), ["block hash: extDataHash is not a field of an Ethereum header"]);
}

#[test]
fn missing_fields_count_as_in_a_raw_block() {
    let bare = json!({"number": "0x1", "transactions": [{"to": null}, {"status": "0x1"}, {"status": "0x0"}]});
    let (block, checks) = read(&bare).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(checks.skipped().count(), 4);
    assert_eq!((block.header.height, block.header.timestamp, block.header.tx_root), (1, 0, [0; 32]));
    let [first, ..] = block.transactions.as_slice() else { panic!("three transactions") };
    assert_eq!((first.contract_type.to_string().as_str(), &first.sender), ("0x0", &Text::default()));
    assert_eq!(whole(&[first.amount, first.fee, block.traces[0].storage_reads]), [0, 0, 1]);
    use TriState::{No, Unknown, Yes};
    assert_eq!(block.transactions.iter().map(|t| t.status).collect::<Vec<_>>(), [Unknown, Yes, No]);
    assert_eq!(block.traces.iter().map(|t| t.reverted).collect::<Vec<_>>(), [No, No, Yes]);
}

#[test]
fn what_has_no_one_value_is_refused() {
    for (pointer, value, path) in [
        ("/number", json!(23_850_000), "number"),
        ("/number", json!("23850000"), "number"),
        ("/number", json!("0x"), "number"),
        ("/number", json!("0x20000000000000"), "number"),
        ("/timestamp", json!("0x-1"), "timestamp"),
        ("/stateRoot", json!("0x22"), "stateRoot"),
        ("/transactions", json!({}), "transactions"),
        ("/transactions/0", json!(null), "transactions[0]"),
        ("/transactions/0/value", json!(5), "transactions[0].value"),
        ("/transactions/0/value", json!(format!("0x1{}", "0".repeat(64))), "transactions[0].value"),
        ("/transactions/0/gas", json!("0x+1"), "transactions[0].gas"),
        ("/transactions/0/to", json!("0xab"), "transactions[0].to"),
        ("/transactions/0/from", json!("vitalik.eth"), "transactions[0].from"),
        ("/transactions/2/input", json!("0xabc"), "transactions[2].input"),
        ("/transactions/2/type", json!("legacy"), "transactions[2].type"),
        ("/transactions/2/accessList", json!("0x"), "transactions[2].type"),
        ("/transactions/2/s", json!([]), "transactions[2].type"),
    ] {
        let error = read(&tampered(pointer, value)).expect_err(pointer);
        assert_eq!(error.path, path, "{error}");
    }
    assert_eq!(read(&tampered("/number", Value::Null)).expect_err("pending").path, "number");
}

#[test]
fn spellings_of_a_value_are_one() {
    let expected = read(&block());
    for (pointer, value) in [
        ("/number", "0x016bec10"),
        ("/number", "0x16BEC10"),
        ("/number", "0X16bec10"),
        ("/timestamp", "0x06920f8f7"),
        ("/gasLimit", "0x02AEA540"),
        ("/transactions/0/value", "0x05"),
        ("/transactions/0/type", "0x00"),
        ("/transactions/1/nonce", "0x0001"),
        ("/transactions/2/gas", "0x0EA60"),
        ("/transactions/3/maxFeePerGas", "0x014"),
        ("/transactions/3/transactionIndex", "0x03"),
        ("/transactions/4/chainId", "0x01"),
        ("/transactions/4/blockNumber", "0x16BEC10"),
    ] {
        let pointed = tampered(pointer, json!(value));
        assert_eq!(read(&pointed), expected, "{pointer}: {value}");
        let found = expected.as_ref().map(|(_, checks)| checks.skipped().count());
        assert_eq!(found, Ok(0), "{pointer}: every check is made");
    }
}

#[test]
fn addresses_are_lowered() {
    let mut block = block();
    let from =
        block["transactions"][0]["from"].as_str().expect("a text").to_ascii_uppercase().replace("0X", "0x");
    let expected = from.to_ascii_lowercase();
    block["transactions"][0]["from"] = json!(from);
    let (block, _) = read(&block).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(block.transactions[0].sender.to_string(), expected);
}

#[test]
fn answers_without_a_block() {
    let missing = json!({"jsonrpc": "2.0", "id": 1, "result": null});
    assert_eq!(read(&missing).expect_err("no block").path, "result");
    let failed = json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": "header not found"}});
    assert!(read(&failed).expect_err("no block").found.contains("header not found"));
    let mut hashes = block();
    hashes["transactions"] = json!([hashes["transactions"][0]["hash"]]);
    let error = read(&hashes).expect_err("hashes");
    assert!(error.path == "transactions[0]" && error.advice.contains("full transactions"), "{error}");
}
