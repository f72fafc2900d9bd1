//! Headers and contexts on the command line: which proofs have them, who insists on them, and what is told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/ethereum.rs"]
mod ethereum;
#[path = "../../tests/support/scene.rs"]
mod scene;

use foldproof_verifier::{BlockHeader, Bundle};
use scene::{MODEL, Said, Scene};
use serde_json::{Value, json};

fn lines(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The first line of a command that must end with a code.
fn told(scene: &Scene, code: i32, arguments: &[&str]) -> Value {
    lines(&scene.run(&[arguments, &["--json"]].concat()).ended(code)).remove(0)
}

const CONTEXT: &str = "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const OTHER: &str = "0x00112233445566778899aabbccddeeff00112233445566778899aabbccddee00";
const KZG: [&str; 4] = ["--scheme", "kzg", "--params", "setup.kzg"];
const TEST: [&str; 3] = ["--params", "setup.kzg", "--allow-insecure-setup"];

#[test]
fn a_proof_of_an_answer_of_a_node_names_its_block() {
    let scene = Scene::cold();
    scene.run(&["params", "insecure-test-setup", "-k", "15", "-o", "setup.kzg"]).ended(0);
    let block = ethereum::block();
    let hash = block["hash"].as_str().unwrap().to_owned();
    scene.write("block.json", block.to_string());
    let fields = json!(["height", "timestamp", "prev_state_root", "new_state_root", "tx_root"]);

    let proved = told(&scene, 0, &[&["prove", "block.json", "-o", "block.proof"], &KZG[..]].concat());
    assert_eq!((&proved["block_hash"], &proved["header_binds"]), (&json!(hash), &fields));
    assert_eq!(proved.get("context"), None);
    let bytes = scene.read("block.proof");
    assert_eq!(bytes[8..10], [3, 0]);

    let verify =
        |code, more: &[&str]| told(&scene, code, &[&["verify", "block.proof"], &TEST[..], more].concat());
    let open = verify(0, &[]);
    assert_eq!((&open["block_hash"], &open["header_binds"]), (&json!(hash), &fields));
    assert_eq!(
        (&open["block_hash_matched"], &open["block_matched"]),
        (&json!("not asked"), &json!("not asked"))
    );
    let asked = verify(0, &["--block-hash", &hash]);
    assert_eq!((&asked["block_hash_matched"], &asked["block_matched"]), (&json!(true), &json!("not asked")));
    let both = verify(0, &["--block-hash", &hash, "--block", "block.json"]);
    assert_eq!((&both["block_hash_matched"], &both["block_matched"]), (&json!(true), &json!(true)));
    let other = format!("0x{}", "11".repeat(32));
    let wrong = verify(1, &["--block-hash", &other]);
    assert!(wrong["error"].as_str().unwrap().contains(&hash), "{wrong}");
    for (member, code) in [(&hash, 0), (&other, 1)] {
        scene.write("policy.json", json!({ "block_hash": member }).to_string());
        verify(code, &["--policy", "policy.json"]);
    }
    scene.write("policy.json", json!({ "block_hash": "0x11" }).to_string());
    let arguments = [&["verify", "block.proof", "--policy", "policy.json"], &TEST[..]].concat();
    scene.run(&arguments).ended(2).told("policy.json: block_hash: expected 0x and 64 digits");
    scene.run(&["verify", "block.proof", "--block-hash", "0x11"]).ended(2).told("64 digits");
    scene.write("policy.json", json!({ "block_hash": hash }).to_string());
    scene.run(&[&arguments[..], &["--at", "now"]].concat()).ended(2).told("--at");

    // For people: what the header says, and what it does not.
    let said =
        |more: &[&str]| scene.run(&[&["verify", "block.proof"], &TEST[..], more].concat()).ended(0).out;
    assert!(
        said(&["--block-hash", &hash])
            .contains("by the hash given; that its records are the block's was not checked")
    );
    assert!(said(&[]).contains(&format!("its header has the hash {hash} (--block-hash)")));
    let inspected = told(&scene, 0, &["inspect", "block.proof"]);
    assert_eq!(inspected["block_hash"], json!(hash));
    let header = Bundle::from_bytes(&bytes).unwrap().unverified_headers()[0].clone();
    assert_eq!(inspected["header"], json!(format!("0x{}", hex::encode(header.rlp()))));
    let table = scene.run(&["inspect", "block.proof"]).ended(0).out;
    assert!(table.contains(&hash) && !table.contains(&hex::encode(header.rlp())));

    // Without a field of the header there is no hash to compute, and the bundle is as it always was.
    let mut less = block;
    less.as_object_mut().unwrap().remove("logsBloom");
    scene.write("less.json", less.to_string());
    let proved = told(&scene, 0, &[&["prove", "less.json", "-o", "less.proof"], &KZG[..]].concat());
    assert_eq!((proved.get("block_hash"), &scene.read("less.proof")[8..10]), (None, &[2, 0][..]));
    let missing = told(&scene, 1, &[&["verify", "less.proof", "--block-hash", &hash], &TEST[..]].concat());
    assert!(missing["error"].as_str().unwrap().contains("no header"), "{missing}");
    assert!(missing["advice"].as_str().unwrap().contains("eth_getBlockByNumber"), "{missing}");

    // Of several blocks, resumed: a proof without a header is one all the same, one for another context is not.
    fn all<'a>(more: &[&'a str]) -> Vec<&'a str> {
        [&["prove", "block.json", "less.json", "-o", "all"], &KZG[..], more].concat()
    }
    let many = lines(&scene.run(&[&all(&[])[..], &["--json"]].concat()).ended(0));
    let hashes: Vec<_> = many.iter().filter_map(|line| line.get("block_hash")).collect();
    assert_eq!(hashes, [&json!(hash)]);
    for proved in [scene.read("less.proof"), bytes.clone()] {
        scene.write("all/block.proof", proved);
        let again = lines(&scene.run(&[&all(&[])[..], &["--json"]].concat()).ended(0));
        assert_eq!(again.iter().filter(|line| line["skipped"] == "already proved").count(), 2);
    }
    scene.run(&all(&["--context", CONTEXT])).ended(2).told("was made for no context");
    // A header with the same five fields is another block's.
    let mut rlp = header.rlp().to_vec();
    let last = rlp.len() - 1;
    rlp[last] ^= 1;
    let other = Bundle::from_bytes(&bytes).unwrap();
    let other = other.with_headers([BlockHeader::decode(&rlp).unwrap()]).unwrap();
    scene.write("all/block.proof", other.to_bytes());
    scene.run(&all(&[])).ended(2).told("a header beside it is not that of its block");
}

#[test]
fn a_context_is_insisted_on() {
    let scene = Scene::warm();
    scene.run(&scene.prove(&["--context", CONTEXT])).ended(0);
    let verify = |code, file: &str, more: &[&str]| {
        let entry = scene.run(&["model", "commit", MODEL, "--entry", "demo", "1"]).ended(0).out;
        scene.write("registry.json", entry);
        told(
            &scene,
            code,
            &[&["verify", file, "--registry", "registry.json", "--values", "fp.json"], more].concat(),
        )
    };
    for more in [&[][..], &["--context", CONTEXT]] {
        assert_eq!(verify(0, "out.proof", more)["context"], json!(CONTEXT));
    }
    let wrong = verify(1, "out.proof", &["--context", OTHER]);
    assert!(wrong["error"].as_str().unwrap().contains(CONTEXT), "{wrong}");
    assert_eq!(told(&scene, 0, &["inspect", "out.proof"])["context"], json!(CONTEXT));

    scene.run(&["prove-model", "fp.json", "--model", MODEL, "-o", "free.proof"]).ended(0);
    assert_eq!(verify(0, "free.proof", &[]).get("context"), None);
    assert_eq!(scene.read("free.proof")[8..10], [2, 0]);
    let missing = verify(1, "free.proof", &["--context", CONTEXT]);
    assert!(missing["error"].as_str().unwrap().contains("found none"), "{missing}");
    assert!(missing["advice"].as_str().unwrap().contains("--context"), "{missing}");
    for (context, code) in [(CONTEXT, 0), (OTHER, 1)] {
        scene.write("policy.json", json!({ "context": context }).to_string());
        verify(code, "out.proof", &["--policy", "policy.json"]);
    }
    // What is no context is said before anything is proved.
    let zero = format!("0x{}", "0".repeat(64));
    let above = format!("0x{}", "f".repeat(64));
    for text in [&zero, &above, "0x12", "keccak"] {
        scene.run(&scene.prove(&["--context", text])).ended(2).told("not 0 and below the modulus");
        scene.run(&["verify", "out.proof", "--context", text]).ended(2).told("first 31 bytes");
        scene.write("policy.json", json!({ "context": text }).to_string());
        scene
            .run(&["verify", "out.proof", "--policy", "policy.json"])
            .ended(2)
            .told("policy.json: context: expected");
    }
}

/// The block after `block`, with the same transactions.
fn child(block: &Value) -> Value {
    let mut child = block.clone();
    let number = "0x16bec11";
    child["number"] = json!(number);
    child["parentHash"] = block["hash"].clone();
    let header: alloy_consensus::Header = serde_json::from_value(child.clone()).unwrap();
    let hash = json!(header.hash_slow());
    for transaction in child["transactions"].as_array_mut().unwrap() {
        transaction["blockHash"] = hash.clone();
        transaction["blockNumber"] = json!(number);
    }
    child["hash"] = hash;
    child
}

#[test]
fn a_proof_of_several_answers_of_a_node_names_each_block() {
    let scene = Scene::cold();
    scene.run(&["params", "insecure-test-setup", "-k", "15", "-o", "setup.kzg"]).ended(0);
    let blocks = [ethereum::block(), child(&ethereum::block())];
    for (name, block) in ["a", "b"].iter().zip(&blocks) {
        scene.write(&format!("{name}.json"), block.to_string());
    }
    let [first, second] = [0, 1].map(|place| blocks[place]["hash"].as_str().unwrap().to_owned());
    let hashes = |claims: &Value| {
        let blocks = claims["blocks"].as_array().unwrap().iter();
        blocks.map(|block| block.get("block_hash").cloned()).collect::<Vec<_>>()
    };
    let both = vec![Some(json!(first)), Some(json!(second))];
    let together = |files: [&'static str; 2]| {
        told(&scene, 0, &[&["prove", files[0], files[1], "-o", "out", "--together", "2"], &KZG[..]].concat())
    };
    assert_eq!(hashes(&together(["a.json", "b.json"])), both);
    assert_eq!(scene.read("out/a-to-b.proof")[8..10], [3, 0]);

    let verify = |code, more: &[&str]| {
        told(&scene, code, &[&["verify", "out/a-to-b.proof"], &TEST[..], more].concat())
    };
    let open = verify(0, &[]);
    assert_eq!(hashes(&open), both);
    let asked = verify(0, &["--block-hash", &first, "--block-hash", &second]);
    for (claims, matched) in [(&open, json!("not asked")), (&asked, json!(true))] {
        for block in claims["blocks"].as_array().unwrap() {
            assert_eq!(block["block_hash_matched"], matched);
            assert_eq!(block["header_binds"][0], "height");
        }
    }
    let turned = verify(1, &["--block-hash", &second, "--block-hash", &first]);
    assert!(turned["error"].as_str().unwrap().starts_with("block 0: block hash: "), "{turned}");
    let one = verify(1, &["--block-hash", &first]);
    assert!(one["advice"].as_str().unwrap().contains("--block-hash names each block"), "{one}");
    // The same in a policy.
    for (policy, code) in [
        (json!({ "block_hashes": [first, second] }), 0),
        (json!({ "block_hashes": [second, first] }), 1),
        (json!({ "block_hash": first }), 1),
    ] {
        scene.write("policy.json", policy.to_string());
        verify(code, &["--policy", "policy.json"]);
    }
    scene.write("policy.json", json!({ "block_hash": first, "block_hashes": [first, second] }).to_string());
    let twice = verify(2, &["--policy", "policy.json"]);
    assert!(
        twice["error"].as_str().unwrap().contains("a block hash: expected to be asked for once"),
        "{twice}"
    );
    scene.write("policy.json", json!({ "block_hashes": [first, "0x11"] }).to_string());
    let arguments = [&["verify", "out/a-to-b.proof", "--policy", "policy.json"], &TEST[..]].concat();
    scene.run(&arguments).ended(2).told("policy.json: block_hashes[1]: expected 0x and 64 digits");

    let people = [&["verify", "out/a-to-b.proof"], &TEST[..], &["--block-hash", &first]].concat();
    let people = scene.run(&[&people[..], &["--block-hash", &second]].concat()).ended(0).out;
    assert!(people.contains("about 2 blocks by the hashes given: 23850000, 23850001"), "{people}");
    let inspected = told(&scene, 0, &["inspect", "out/a-to-b.proof"]);
    assert_eq!(hashes(&inspected), both);
    let bundle = Bundle::from_bytes(&scene.read("out/a-to-b.proof")).unwrap();
    let table = scene.run(&["inspect", "out/a-to-b.proof"]).ended(0).out;
    for (place, header) in bundle.unverified_headers().iter().enumerate() {
        let rlp = hex::encode(header.rlp());
        assert_eq!(inspected["blocks"][place]["header"], json!(format!("0x{rlp}")));
        assert!(table.contains(both[place].as_ref().unwrap().as_str().unwrap()) && !table.contains(&rlp));
    }

    // Where one of them has no header, none has.
    let mut less = blocks[1].clone();
    less.as_object_mut().unwrap().remove("logsBloom");
    scene.write("less.json", less.to_string());
    assert_eq!(hashes(&together(["a.json", "less.json"])), [None, None]);
    assert_eq!(scene.read("out/a-to-less.proof")[8..10], [2, 0]);
    let bare = ["verify", "out/a-to-less.proof", "--block-hash", &first, "--block-hash", &second];
    let missing = told(&scene, 1, &[&bare, &TEST[..]].concat());
    assert!(missing["error"].as_str().unwrap().contains("no header"), "{missing}");
    // A bundle without headers is a proof of the same blocks all the same, and is kept.
    scene.write("out/a-to-b.proof", bundle_without_headers(&bundle));
    assert_eq!(together(["a.json", "b.json"])["skipped"], "already proved");
    let swapped = [1, 0].map(|place| bundle.unverified_headers()[place].clone());
    scene.write("out/a-to-b.proof", bundle.with_headers(swapped).unwrap().to_bytes());
    let again = [&["prove", "a.json", "b.json", "-o", "out", "--together", "2"], &KZG[..]].concat();
    scene.run(&again).ended(2).told("a header beside it is not that of its block");
}

fn bundle_without_headers(bundle: &Bundle) -> Vec<u8> {
    let (instance, proof) = (bundle.unverified_instance().clone(), bundle.proof().to_vec());
    let scheme = bundle.scheme_claim();
    Bundle::new(bundle.statement().clone(), scheme, bundle.key_digest(), instance, proof).unwrap().to_bytes()
}
