//! What a block of a node is made into, and what remembers it.

use super::*;

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
    let own = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../prover/tests/vectors/blocks")).to_owned();
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
    let vectors = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../prover/tests/vectors"));
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
