//! Blocks as people really have them: answers of nodes of many chains, and the right thing for each.
//!
//! Those that went wrong once are in `field/`, with the names of their cases; those that always went right are read from
//! `../shared/field/pass` where it is at hand.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod scene;

use std::fs;
use std::path::{Path, PathBuf};

use foldproof_circuits::block::Block;
use foldproof_prover::input::{Checking, InputError, Mapping, Reading, Source, read_block_as};
use serde_json::{Map, Value, json};

use scene::Scene;

fn own(case: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/field")).join(case)
}

/// A folder beside the workspace, where it is at hand.
fn shared(name: &str) -> Option<PathBuf> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared")).join(name);
    if !folder.is_dir() {
        println!("skipped: there is no {}", folder.display());
        return None;
    }
    Some(folder)
}

fn read_as(file: &Path, checks: Checking) -> Result<(Block, Source), InputError> {
    let bytes = fs::read(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    read_block_as(&bytes, Reading { checks, ..Reading::default() })
}

/// What of a block was not checked, in a line each.
#[track_caller]
fn unchecked(file: &Path, checks: Checking) -> Vec<String> {
    let (_, source) = read_as(file, checks).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    source.unchecked().into_iter().map(|(what, why)| format!("{what}: {why}")).collect()
}

#[track_caller]
fn refused(file: &Path, checks: Checking) -> InputError {
    read_as(file, checks).err().unwrap_or_else(|| panic!("{}: it was read", file.display()))
}

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

/// An answer of a node with what a raw block of the indexer has: as much of it as the indexer read.
fn rpc_shaped(raw: &Value) -> Value {
    let whole = |value: &Value| match value.as_u64() {
        Some(value) => u128::from(value),
        // Beyond 64 bits, numbers are doubles.
        None => value.as_f64().unwrap() as u128,
    };
    let header = &raw["header"];
    let transactions = raw["transactions"].as_array().unwrap().iter().map(|t| {
        let mut object = Map::new();
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        put("hash", t["hash"].clone());
        let amount = t.get("amount").unwrap_or(&t["amountWei"]);
        put("value", json!(format!("{:#x}", whole(amount))));
        put("gasPrice", json!(format!("{:#x}", whole(&t["gasPrice"]))));
        put("gas", json!("0x5208"));
        put("input", json!("0xa9059cbb00"));
        put("nonce", t["nonce"].clone());
        put("type", t["contractType"].clone());
        put("from", t["sender"].clone());
        put("to", if t["receiver"] == "" { Value::Null } else { t["receiver"].clone() });
        if t["chainId"] != 0 {
            put("chainId", json!(format!("{:#x}", whole(&t["chainId"]))));
        }
        Value::Object(object)
    });
    json!({
        "number": format!("{:#x}", whole(&header["height"])),
        "timestamp": format!("{:#x}", whole(&header["timestamp"])),
        "parentHash": header["prevStateRoot"],
        "stateRoot": header["newStateRoot"],
        "transactionsRoot": header["txMerkleRoot"],
        "transactions": transactions.collect::<Vec<_>>(),
    })
}

/// The raw block; the later version of the indexer called the amount another name, under which the specification does not
/// read it.
fn with_amounts(mut raw: Value) -> Value {
    for transaction in raw["transactions"].as_array_mut().unwrap() {
        if let Some(amount) = transaction.get("amountWei").cloned() {
            transaction["amount"] = amount;
        }
    }
    raw
}

#[test]
fn a_block_of_a_node_is_what_the_indexer_made_of_it() {
    let own = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/blocks")).to_owned();
    let (mut compared, mut renamed) = (0, Vec::new());
    for folder in [Some(own), shared("data/blocks")].into_iter().flatten() {
        for entry in fs::read_dir(folder).unwrap() {
            let file = entry.unwrap().path();
            let name = file.file_stem().unwrap().to_string_lossy().into_owned();
            if !name.starts_with("eth-") {
                continue;
            }
            let raw: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
            let read =
                |value: &Value| read_block_as(value.to_string().as_bytes(), Reading::default()).unwrap();
            let named = with_amounts(raw.clone());
            if named != raw {
                renamed.push(name.clone());
            }
            let (expected, _) = read(&named);
            let (found, source) = read(&rpc_shaped(&raw));
            assert_eq!(source.mapping(), Some(Mapping::Indexer));
            // Not in one assertion: a block is long to print.
            assert_eq!((&found.header, &found.bundles), (&expected.header, &expected.bundles), "{name}");
            for (i, (found, expected)) in found.transactions.iter().zip(&expected.transactions).enumerate() {
                assert_eq!(found, expected, "{name}: transactions[{i}]");
            }
            for (i, (found, expected)) in found.traces.iter().zip(&expected.traces).enumerate() {
                assert_eq!(found, expected, "{name}: executionTraces[{i}]");
            }
            assert!(found == expected, "{name}");
            compared += 1;
        }
    }
    println!("{compared} blocks compared");
    renamed.sort();
    assert!(renamed.is_empty() || renamed == ["eth-23855539", "eth-23855697"], "{renamed:?}");
}

#[test]
fn both_shapes_fingerprint_and_prove_alike() {
    let scene = Scene::cold();
    let vectors = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors"));
    let raw = fs::read(vectors.join("blocks/eth-23853458.json")).unwrap();
    let codebook = vectors.join("learned-64.json");
    let codebook = codebook.to_str().unwrap();
    scene.write("raw.json", &raw);
    scene.write("rpc.json", rpc_shaped(&serde_json::from_slice(&raw).unwrap()).to_string());
    let json =
        |arguments: &[&str]| -> Value { serde_json::from_str(&scene.run(arguments).ended(0).out).unwrap() };
    let of = |file: &str| json(&["fingerprint", file, "--codebook", codebook, "--json"]);
    let (from_raw, from_rpc) = (of("raw.json"), of("rpc.json"));
    for name in ["folded_int", "pq", "within_bound", "block_commitment", "fold_commitment", "pq_commitment"] {
        assert_eq!(from_raw[name], from_rpc[name], "{name}");
    }
    assert_eq!((&from_raw["mapping"], &from_rpc["mapping"]), (&json!("raw"), &json!("indexer")));
    let proved = json(&["prove", "rpc.json", "--codebook", codebook, "-o", "rpc.proof", "--json"]);
    assert_eq!(proved["mapping"], "indexer");
    assert_eq!(proved["unchecked"].as_array().map(Vec::len), Some(4));
    let verified = json(&["verify", "rpc.proof", "--codebook", codebook, "--block", "raw.json", "--json"]);
    assert_eq!(verified["block_commitment"], from_raw["block_commitment"]);
    json(&["verify", "rpc.proof", "--codebook", codebook, "--block", "rpc.json", "--json"]);
    let full = ["verify", "rpc.proof", "--codebook", codebook, "--block", "rpc.json", "--mapping", "full"];
    assert!(scene.run(&full).ended(1).out.contains("--mapping"));
    // The default codebook is for the other mapping, which is told when a block is held against it.
    let other = ["verify", "rpc.proof", "--block", "rpc.json", "--mapping", "full"];
    scene.run(&other).ended(1).told("the codebook was made for blocks read by the mapping indexer");
}

#[test]
fn a_block_of_a_node_fits_the_codebook_that_ships() {
    let scene = Scene::cold();
    let file = own("17-rpc-block-and-default-codebook/block.json");
    let file = file.to_str().unwrap();
    let indexed = scene.run(&["fingerprint", file, "--json"]).ended(0);
    assert!(!indexed.err.contains("was made for blocks read by"), "{}", indexed.err);
    let indexed: Value = serde_json::from_str(&indexed.out).unwrap();
    assert_eq!(indexed["mapping"], "indexer");
    // The block is made up: five of six vectors lie within the bound, where none did, and the sixth just beyond it is told.
    let within = indexed["within_bound"].as_array().unwrap();
    assert!(within.iter().filter(|within| **within == true).count() >= 5, "{within:?}");
    let [warning] = indexed["warnings"].as_array().unwrap().as_slice() else {
        panic!("{}", indexed["warnings"])
    };
    assert!(
        warning.as_str().unwrap().contains("1 of 6 vectors lie outside the codebook's bound of 0.250000")
    );

    // Read otherwise, it does not, and both causes are told.
    let full = scene.run(&["fingerprint", file, "--mapping", "full", "--json"]).ended(0);
    assert!(
        full.err.contains("warning: the codebook was made for blocks read by the mapping indexer"),
        "{}",
        full.err
    );
    assert!(full.err.contains("lie outside the codebook's bound of 0.250000"), "{}", full.err);
    let full: Value = serde_json::from_str(&full.out).unwrap();
    assert_eq!((&full["mapping"], full["warnings"].as_array().map(Vec::len)), (&json!("full"), Some(2)));
    assert!(full["within_bound"].as_array().unwrap().contains(&json!(false)));
}

#[test]
fn what_was_not_checked_is_in_the_result() {
    let scene = Scene::cold();
    let file = own("26-checks-left-out-not-in-json/block.json");
    let file = file.to_str().unwrap();
    let result = |more: &[&str]| -> Value {
        let said = scene.run(&[&["fingerprint", file, "--json"], more].concat()).ended(0);
        serde_json::from_str(&said.out).unwrap()
    };
    let why = "transactions[0]: transactions of type 0x7e are not known here";
    assert_eq!(
        result(&[])["unchecked"],
        json!([
            { "what": "transactions root", "why": why },
            { "what": "transaction hashes", "why": why },
            { "what": "senders", "why": why },
        ])
    );
    let off = result(&["--checks", "off"]);
    assert_eq!(off["unchecked"].as_array().map(Vec::len), Some(4));
    assert_eq!(off["unchecked"][0], json!({ "what": "block hash", "why": "left out, as asked for" }));
    let all = scene.run(&["fingerprint", file, "--json", "--checks", "all"]).ended(2);
    assert!(all.err.contains("--checks all") && all.err.contains("0x7e"), "{}", all.err);
    scene.run(&["fingerprint", file, "--checks", "some"]).ended(2).told("off, what-is-known or all");
}

#[test]
fn codebooks_and_models_keep_the_mapping_of_their_blocks() {
    let scene = Scene::cold();
    let file = own("17-rpc-block-and-default-codebook/block.json");
    let file = file.to_str().unwrap();
    let line = |mapping: &str| scene.run(&["fingerprint", file, "--mapping", mapping, "--json"]).ended(0).out;
    let (full, indexed) = (line("full"), line("indexer"));
    scene.write("full.jsonl", full.repeat(16));
    scene.write("both.jsonl", format!("{full}{indexed}").repeat(8));
    let train = |samples: &str, more: &[&str]| {
        let fixed = ["codebook", "train", samples, "--centroids", "64", "-o", "cb.json", "--json"];
        scene.run(&[&fixed[..], more].concat())
    };
    train("both.jsonl", &[]).ended(2).told("line 2: mapping: expected full, as in line 1, found indexer");
    train("full.jsonl", &["--mapping", "indexer"])
        .ended(2)
        .told("expected indexer, as --mapping says, found full");
    assert!(train("full.jsonl", &[]).ended(0).out.contains("\"mapping\":\"full\""));
    let inspected = scene.run(&["codebook", "inspect", "cb.json", "--json"]).ended(0).out;
    assert!(inspected.contains("\"mapping\":\"full\""), "{inspected}");
    let told = "the codebook was made for blocks read by the mapping full, and this one is read by indexer";
    scene.run(&["fingerprint", file, "--codebook", "cb.json"]).ended(0).told(told);
    let fits = scene.run(&["fingerprint", file, "--codebook", "cb.json", "--mapping", "full"]).ended(0);
    assert!(!fits.err.contains("warning"), "{}", fits.err);

    // A model for the other mapping is told of when it is used; one that does not say is not.
    let demo = fs::read_to_string(scene::MODEL).unwrap();
    scene.write("full.fpm", demo.replacen("\"weight_bits\"", "\"mapping\": \"full\",\n \"weight_bits\"", 1));
    assert!(scene.run(&["model", "inspect", "full.fpm"]).ended(0).out.contains("mapping"));
    scene.write("odd.fpm", demo.replacen("\"weight_bits\"", "\"mapping\": \"odd\",\n \"weight_bits\"", 1));
    scene.run(&["model", "inspect", "odd.fpm"]).ended(2).told("mapping: expected indexer or full");
}

#[test]
fn numbers_that_do_not_count_are_told_once() {
    let scene = Scene::cold();
    scene.write(
        "raw.json",
        r#"{"header":{"height":1},"transactions":[{"amount":"5"},{"amount":1e400},{"amount":"0x5"}],"executionTraces":[]}"#,
    );
    let said = scene.run(&["fingerprint", "raw.json"]).ended(0);
    let told = "raw.json: warning: 3 values that are no numbers count as 0, the first transactions[0].amount, the text \"5\"";
    assert_eq!(said.err.matches(told).count(), 1, "{}", said.err);
    assert_eq!(said.err.matches("count as 0").count(), 1, "{}", said.err);
}

#[test]
fn large_blocks_have_a_statement_or_a_reason() {
    let scene = Scene::cold();
    let fingerprint = |file: &str| -> Value {
        serde_json::from_str(&scene.run(&["fingerprint", file, "--json"]).ended(0).out).unwrap()
    };
    if let Some(field) = shared("field") {
        let file = field.join("19-block-too-large/block.json");
        assert_eq!(fingerprint(file.to_str().unwrap())["statement"], "core-huge-256");
    }
    let transfers = |count: usize| {
        let each = |i: usize| json!({ "sender": format!("0x{i:040x}"), "receiver": format!("0x1{i:039x}") });
        let transactions: Vec<Value> = (0..count).map(each).collect();
        json!({ "header": { "height": 1 }, "transactions": transactions, "executionTraces": [] }).to_string()
    };
    scene.write("mainnet.json", transfers(2857));
    assert_eq!(fingerprint("mainnet.json")["statement"], "core-huge-256");
    // Beyond every statement there is a fingerprint all the same, and no commitment to the block, which would be of a size.
    scene.write("beyond.json", transfers(4000));
    let beyond = fingerprint("beyond.json");
    assert_eq!((&beyond["statement"], &beyond["block_commitment"]), (&Value::Null, &Value::Null));
    assert_eq!(beyond["fingerprint"].as_array().map(Vec::len), Some(96));
    let limit = "transactions: expected at most 3328 (size huge), found 4000; no larger statement exists";
    assert!(beyond["warnings"].to_string().contains(limit), "{}", beyond["warnings"]);
    scene.run(&["prove", "beyond.json"]).ended(2).told(limit);
}

/// Samples and models are marked by the same editors as blocks.
#[test]
fn marked_samples_are_read() {
    let scene = Scene::cold();
    let sample = String::from_utf8(scene.read("fp.json")).unwrap();
    scene.write("marked.jsonl", format!("\u{feff}{sample}\n{sample}\n"));
    let said = scene.run(&["model", "eval", scene::MODEL, "marked.jsonl", "--json"]).ended(0);
    assert_eq!(said.out.lines().count(), 2);
    scene.write("marked.fpm", format!("\u{feff}{}", fs::read_to_string(scene::MODEL).unwrap()));
    scene.run(&["model", "inspect", "marked.fpm"]).ended(0);
}

#[test]
fn ceremony_files_are_taken_or_refused() {
    use foldproof_params::kzg::{PtauImport, import_ptau};
    let Some(folder) = shared("field/pass/15-ptau") else { return };
    let mut taken = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let Some("ptau" | "srs") = file.extension().and_then(|extension| extension.to_str()) else {
            continue;
        };
        let options = PtauImport { k: 5, note: "", insecure: true, blake2b: None };
        match import_ptau(&file, options, &mut |_| {}) {
            Ok(_) => taken.push(file.file_name().unwrap().to_string_lossy().into_owned()),
            Err(error) => assert!(error.to_string().contains("expected"), "{error}"),
        }
    }
    taken.sort();
    assert_eq!(taken, ["ok.ptau", "phase2.ptau"]);
}
