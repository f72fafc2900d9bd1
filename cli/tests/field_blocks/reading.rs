//! What is read, what is refused, and what is left unchecked.

use super::*;

#[test]
fn chains_with_other_rules_are_recognised() {
    let other = "the block follows other rules than Ethereum's: ";
    let no_withdrawals = "its header has no withdrawalsRoot, which Ethereum's have since April 2023, as in Cosmos EVM and Filecoin";
    let zero = "transactionsRoot is zero although there are transactions, as in zkSync";
    let each_transaction = |reason: &str| {
        ["transactions root", "transaction hashes", "senders"]
            .map(|what| format!("{what}: {reason}"))
            .to_vec()
    };
    for (name, expected) in [
        (
            "qbft",
            vec![format!(
                "block hash: {other}mixHash is that of QBFT and IBFT, whose block hash leaves out the seals"
            )],
        ),
        (
            "ethermint",
            vec![
                format!("block hash: {other}{no_withdrawals}"),
                format!("transactions root: {other}{no_withdrawals}"),
            ],
        ),
        ("ethermint_fixed_root", vec![format!("block hash: {other}{no_withdrawals}")]),
        ("filecoin", vec![format!("block hash: {other}{no_withdrawals}")]),
        (
            "zksync_only_eth_types",
            vec![
                "block hash: l1BatchNumber is not a field of an Ethereum header".to_owned(),
                format!("transactions root: {other}{zero}"),
            ],
        ),
        (
            "celo_legacy_feecurrency",
            each_transaction("transactions[0]: it follows Celo's rules: ethCompatible is false"),
        ),
        (
            "quorum_private",
            vec![
                "senders: transactions[0]: it follows other rules: it is signed as a private transaction of GoQuorum"
                    .to_owned(),
            ],
        ),
        // The parity is all it takes to know the transaction.
        ("legacy_v_parity", vec![]),
    ] {
        let file = own(&format!("13-chains-with-other-hashes/{name}.json"));
        assert_eq!(unchecked(&file, Checking::Known), expected, "{name}");
        assert_eq!(unchecked(&file, Checking::Off).len(), 4, "{name}");
        if expected.is_empty() {
            assert_eq!(unchecked(&file, Checking::All), expected, "{name}");
        } else {
            assert!(refused(&file, Checking::All).expected.contains("--checks all"), "{name}");
        }
    }
}

/// What is excused in a chain with other rules is not in a block that follows Ethereum's.
#[test]
fn contradictions_within_ethereums_rules_stay_errors() {
    let Some(pass) = shared("field/pass") else { return };
    let plain: Value =
        serde_json::from_slice(&fs::read(pass.join("10-pre-merge/plain.json")).unwrap()).unwrap();
    let other = format!("0x{}", "e1".repeat(32));
    for (changes, path) in [
        (vec![("/hash", json!(other))], "transactions[0].blockHash"),
        (vec![("/transactionsRoot", json!(other))], "transactionsRoot"),
        (vec![("/timestamp", json!("0x6920f8f8"))], "hash"),
        (vec![("/difficulty", json!("0x1"))], "hash"),
        (vec![("/transactions/0/hash", json!(other))], "transactions[0].hash"),
        (vec![("/transactions/0/from", json!(format!("0x{}", "e1".repeat(20))))], "transactions[0].from"),
        (
            vec![("/transactions/2/v", json!("0x1")), ("/transactions/2/yParity", json!("0x1"))],
            "transactions[2].hash",
        ),
        // Celo's field is not one where the transaction says it has Ethereum's form.
        (
            vec![("/transactions/0/ethCompatible", json!(true)), ("/transactions/0/value", json!("0x6"))],
            "transactions[0].hash",
        ),
    ] {
        let mut block = plain.clone();
        for (pointer, value) in changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            block.pointer_mut(parent).unwrap()[key] = value;
        }
        let error = read_block_as(block.to_string().as_bytes(), Reading::default()).unwrap_err();
        assert_eq!(error.path, path, "{error}");
        assert!(error.advice.contains("--checks off"), "{error}");
    }
}

/// Chains by their number, placeholders in the header, and forms that are not Ethereum's.
#[test]
fn other_signs_of_other_rules() {
    let Some(pass) = shared("field/pass") else { return };
    let plain: Value =
        serde_json::from_slice(&fs::read(pass.join("10-pre-merge/plain.json")).unwrap()).unwrap();
    let zero = format!("0x{}", "00".repeat(32));
    let unchecked = |pointer: &str, value: Value, chain: Option<&str>| -> Vec<String> {
        let mut block = plain.clone();
        *block.pointer_mut(pointer).unwrap() = value;
        if let Some(chain) = chain {
            // Its transactions are of another chain, signed for it or not known to be: only typed ones are signed for a chain.
            let transactions = block["transactions"].as_array_mut().unwrap();
            transactions.retain(|transaction| transaction.get("chainId").is_none());
            transactions[0]["chainId"] = json!(chain);
            transactions[0]["transactionIndex"] = json!("0x0");
            transactions[0].as_object_mut().unwrap().remove("r");
        }
        let (_, source) = read_block_as(block.to_string().as_bytes(), Reading::default())
            .unwrap_or_else(|error| panic!("{pointer}: {error}"));
        source.unchecked().into_iter().map(|(what, why)| format!("{what}: {why}")).collect()
    };
    let first = |pointer: &str, value: Value, chain| unchecked(pointer, value, chain).remove(0);
    assert!(first("/receiptsRoot", json!(zero), None).contains("receiptsRoot is zero although there are"));
    assert!(first("/gasUsed", json!("0x1"), Some("0x13a")).contains("chain 314 is Filecoin"));
    assert!(first("/gasUsed", json!("0x1"), Some("0x2329")).contains("chain 9001 is Cosmos EVM"));
    assert!(
        first("/gasUsed", json!("0x1"), Some("0x7777777")).contains("chain 125269879 is none of those known")
    );
    // A header with a field of another length, or in another notation, cannot have Ethereum's hash.
    assert_eq!(
        first("/nonce", json!("0x00"), None),
        "block hash: nonce has 1 bytes, and 8 in an Ethereum header"
    );
    assert_eq!(
        first("/logsBloom", json!("0x"), None),
        "block hash: logsBloom has 0 bytes, and 256 in an Ethereum header"
    );
    assert_eq!(
        first("/difficulty", json!("0"), None),
        "block hash: difficulty is no quantity but the text \"0\""
    );
    assert_eq!(
        first("/miner", json!("f01234"), None),
        "block hash: miner is no data but the text \"f01234\""
    );
    let mut long = plain.clone();
    let hash = format!("0x{}", "e1".repeat(48));
    long["hash"] = json!(hash);
    long["transactions"].as_array_mut().unwrap().iter_mut().for_each(|t| t["blockHash"] = json!(hash));
    let (_, source) = read_block_as(long.to_string().as_bytes(), Reading::default()).unwrap();
    assert_eq!(source.unchecked()[0].1, "hash has 48 bytes, and 32 in an Ethereum header");
    // What the block is made of has one length.
    for key in ["parentHash", "stateRoot", "transactionsRoot"] {
        let mut long = plain.clone();
        long[key] = json!(hash);
        let error = read_block_as(long.to_string().as_bytes(), Reading::default()).unwrap_err();
        assert_eq!((error.path.as_str(), error.expected.contains("32 bytes")), (key, true), "{error}");
    }
}

#[test]
fn a_byte_order_mark_is_passed_over() {
    let file = own("16-byte-order-mark/block.json");
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"\xef\xbb\xbf"));
    let plain = read_block_as(&bytes[3..], Reading::default());
    assert_eq!(read_as(&file, Checking::All), plain);
    assert!(plain.is_ok());
}

#[test]
fn quantities_are_read_as_nodes_write_them() {
    let read = |name: &str| {
        let file = own(&format!("18-quantities-of-other-nodes/{name}.json"));
        read_as(&file, Checking::Known).unwrap_or_else(|error| panic!("{name}: {error}"))
    };
    let expected = read("leading_zero_value");
    assert_eq!(expected.1.unchecked(), []);
    for name in ["type_0x00", "upper_hex_quantity", "leading_zero_gasUsed"] {
        assert_eq!(read(name), expected, "{name}");
    }
    // A decimal is no quantity anywhere; this one only the hash needs.
    let (block, source) = read("difficulty_dec");
    assert_eq!(block, expected.0);
    assert!(
        matches!(&source.unchecked()[..], [("block hash", why)] if why.contains("difficulty is no quantity"))
    );
}

#[test]
fn a_pending_block_is_no_block_yet() {
    for checks in Checking::ALL {
        let error = refused(&own("23-pending-block/block.json"), checks);
        assert_eq!((error.path.as_str(), error.found.as_str()), ("hash", "null"));
        assert!(error.advice.contains("pending"), "{error}");
    }
}

#[test]
fn answers_that_are_no_block_are_named() {
    let read = |text: &str| read_block_as(text.as_bytes(), Reading::default()).unwrap_err();
    for (text, path, found) in [
        (r#"{"jsonrpc":"2.0","id":1,"result":"0x16bec10"}"#, "result", "the text \"0x16bec10\""),
        (r#"{"jsonrpc":"2.0","id":1,"result":false}"#, "result", "false"),
        (r#"{"jsonrpc":"2.0","id":1,"result":null}"#, "result", "null"),
        (r#"{"jsonrpc":"2.0","id":1}"#, "the document", "an answer"),
        (
            r#"{"jsonrpc":"2.0","error":{"code":-32601,"message":"no such method"}}"#,
            "error",
            "no such method",
        ),
        (r#"{"status":"0","message":"NOTOK","result":"Max rate limit reached"}"#, "result", "Max rate limit"),
        (r#"{"result":{"transactionHash":"0x1","logs":[]}}"#, "result", "a receipt"),
        (
            r#"{"result":{"hash":"0x1","from":"0x2","nonce":"0x3","blockNumber":"0x4"}}"#,
            "result",
            "a transaction",
        ),
        (r#"{"hash":"0x1","from":"0x2","nonce":"0x3","blockNumber":"0x4"}"#, "the document", "a transaction"),
        (r#"{"result":[{"topics":[],"data":"0x"}]}"#, "result", "an array of 1, the first a log"),
        (r#"{"version":"deneb","data":{"message":{}}}"#, "the document", "an answer of a consensus node"),
        (r#"[{"jsonrpc":"2.0","result":{}}]"#, "the document", "an array of 1, the first an answer"),
        (r#""0x16bec10""#, "the document", "the text"),
        ("<html><body>502 Bad Gateway</body></html>", "the document", "HTML"),
        ("", "the document", "an empty file"),
        (r#"{"number":"0x1","parentHash":"0x1"}"#, "parentHash", "the text"),
        (r#"{"number":null,"transactions":[]}"#, "number", "nothing"),
    ] {
        let error = read(text);
        assert!(error.path == path && error.found.contains(found), "{text}: {error}");
        assert!(!error.advice.is_empty());
    }
}

#[test]
fn what_went_right_goes_on_so() {
    let Some(pass) = shared("field/pass") else { return };
    let not_known = |i: usize, kind: &str| {
        let why = format!("transactions[{i}]: transactions of type {kind} are not known here");
        ["transactions root", "transaction hashes", "senders"].map(|what| format!("{what}: {why}")).to_vec()
    };
    let unsigned = |i: usize| {
        let why = format!("transactions[{i}]: it has no signature");
        ["transactions root", "transaction hashes", "senders"].map(|what| format!("{what}: {why}")).to_vec()
    };
    for (name, expected) in [
        ("01-optimism-deposit/op_deposit", not_known(0, "0x7e")),
        ("01-optimism-deposit/op_deposit_bare", not_known(0, "0x7e")),
        ("03-polygon-state-sync/polygon_statesync", unsigned(4)),
        ("03-polygon-state-sync/polygon_only_statesync", unsigned(0)),
        ("05-celo-0x7b/celo_0x7b", not_known(0, "0x7b")),
        (
            "06-extra-header-fields/frontier_author",
            vec!["block hash: author is not a field of an Ethereum header".to_owned()],
        ),
        ("06-extra-header-fields/rsk", vec!["block hash: mixHash is missing".to_owned()]),
        ("06-extra-header-fields/aura", vec!["block hash: mixHash is missing".to_owned()]),
        ("06-extra-header-fields/bsc", vec![]),
        ("10-pre-merge/premerge_uncles", vec![]),
        ("10-pre-merge/plain", vec![]),
        ("10-pre-merge/wrapped", vec![]),
    ] {
        assert_eq!(unchecked(&pass.join(format!("{name}.json")), Checking::Known), expected, "{name}");
    }
    for (name, path, found) in [
        ("08-refused-answers/rate_limited", "error", "daily request count exceeded"),
        ("08-refused-answers/error_string", "error", "Too Many Requests"),
        ("08-refused-answers/hashes_only", "transactions[0]", "the text"),
        ("08-refused-answers/mixed_hashes", "transactions[1]", "the text"),
        ("08-refused-answers/no_transactions", "transactions", "nothing"),
        ("08-refused-answers/batch_array", "the document", "an array of 2, the first an answer"),
        ("08-refused-answers/receipts", "result", "the first a receipt"),
        ("08-refused-answers/pending_spec", "number", "nothing"),
        ("08-refused-answers/web3py_dump", "number", "the number 23850000"),
        ("08-refused-answers/viem_bigint_dump", "number", "the text \"23850000\""),
        ("09-json/dup_keys", "number", "the key twice"),
        ("09-json/NaN", "line 1, column 50", "expected value"),
        ("09-json/surrogate", "transactions[0].sender", "unexpected end of hex escape"),
        ("09-json/jsonl_two", "line 2, column 1", "trailing characters"),
        ("09-json/utf16", "the document", "UTF-16"),
        ("09-json/comments", "line 1, column 18", "key must be a string"),
    ] {
        let error = refused(&pass.join(format!("{name}.json")), Checking::Known);
        assert!(error.path == path && error.found.contains(found), "{name}: {error}");
    }
    assert!(refused(&pass.join("09-json/deep.json"), Checking::Known).expected.contains("128 levels"));
}
