//! Headers and contexts on the command line: which proofs have them, who insists on them, and what is told.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod ethereum;
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
    let header = Bundle::from_bytes(&bytes).unwrap().unverified_header().unwrap().clone();
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
    let other = other.with_header(BlockHeader::decode(&rlp).unwrap()).unwrap();
    scene.write("all/block.proof", other.to_bytes());
    scene.run(&all(&[])).ended(2).told("the header beside it is not the one of this block");
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
