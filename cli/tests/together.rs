//! Several blocks in one proof, on the command line: grouped, named, verified one and all, and held against a history.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/scene.rs"]
mod scene;

use std::fs;

use scene::{Said, Scene};
use serde_json::{Value, json};

const CODEBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../prover/tests/vectors/learned-64.json");
const VERIFY: [&str; 6] =
    ["--codebook", CODEBOOK, "--params", "setup.kzg", "--allow-insecure-setup", "--json"];

fn sample(scene: &Scene, name: &str, seed: &str, height: u64) {
    let out = format!("blocks/{name}.json");
    scene.run(&["sample", "--transactions", "9", "--seed", seed, "-o", &out]).ended(0);
    let mut block: Value = serde_json::from_slice(&scene.read(&out)).unwrap();
    block["header"]["height"] = json!(height);
    scene.write(&out, block.to_string());
}

fn lines(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What `prove` says, by the name of the bundle, and the summary.
fn proved(said: &Said) -> (Vec<Value>, Value) {
    let mut lines = lines(said);
    let summary = lines.pop().unwrap()["summary"].take();
    lines.sort_by_key(|line| line["bundle"].to_string());
    (lines, summary)
}

#[test]
fn blocks_are_proved_together_and_verified_each() {
    let scene = Scene::cold();
    fs::create_dir(scene.path("blocks")).unwrap();
    for (place, name) in ["a", "b", "c", "d", "e"].into_iter().enumerate() {
        sample(&scene, name, &(place + 1).to_string(), 100 + place as u64);
    }
    scene.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.kzg"]).ended(0);
    let together =
        ["--together", "2", "--codebook", CODEBOOK, "--scheme", "kzg", "--params", "setup.kzg", "--json"];
    let prove = |blocks: &[&str], more: &[&str]| {
        scene.run(&[&["prove", "-o", "out"], blocks, &together[..], more].concat())
    };
    // What cannot be is refused before anything is done.
    for (more, message) in [
        (&["--together", "1"][..], "from 2 to 16"),
        (&["--together", "17"], "from 2 to 16"),
        (&["--together", "2", "--model", scene::MODEL], "no model speaks about several blocks"),
    ] {
        scene.run(&[&["prove", "blocks", "-o", "out"], more].concat()).ended(2).told(message);
    }
    assert!(!scene.path("out").exists());

    // a and b, c and d, and e that is left over.
    let said = prove(&["blocks"], &[])
        .ended(0)
        .told("blocks/e.json: proved one by one: 1 left over from groups of 2");
    let (made, summary) = proved(&said);
    let told: Vec<_> = made.iter().map(|line| (&line["bundle"], &line["statement"])).collect();
    let names = [json!("out/a-to-b.proof"), json!("out/c-to-d.proof"), json!("out/e.proof")];
    let statements = [json!("core-small-64x2"), json!("core-small-64x2"), json!("core-small-64")];
    assert_eq!(told, names.iter().zip(&statements).collect::<Vec<_>>());
    assert_eq!(["blocks", "proved", "failed"].map(|name| summary[name].as_u64().unwrap()), [5, 5, 0]);
    assert_eq!(made[0]["blocks"][1]["block"], "blocks/b.json");
    assert_eq!(made[0]["blocks"][1]["mapping"], "raw");
    assert_eq!(made[2]["block"], "blocks/e.json");
    // A proof of two blocks has one evaluation more than one of one: its selectors are combined into one column more.
    let bytes = [0, 2].map(|line| made[line]["proof_bytes"].as_u64().unwrap());
    assert_eq!(bytes, [5696, 5664]);
    // Again: all are known.
    let (again, summary) = proved(&prove(&["blocks"], &[]).ended(0));
    assert_eq!(summary["skipped"], 5);
    assert_eq!(again[0]["blocks"], json!(["blocks/a.json", "blocks/b.json"]));
    // In another order the bundle that is there is another one.
    let swapped = scene.read("out/a-to-b.proof");
    scene.write("out/b-to-a.proof", &swapped);
    let said = prove(&["blocks/b.json", "blocks/a.json"], &[]).ended(2);
    assert!(proved(&said).0[0]["error"].as_str().unwrap().contains("another block"), "{}", said.out);
    // One block is not two, whatever its files are called.
    scene.write("again.json", scene.read("blocks/a.json"));
    prove(&["blocks/a.json", "again.json"], &[])
        .ended(0)
        .told("proved one by one: again.json: another block was expected, found that of blocks/a.json");

    // Claims of each block, in order.
    let verify = |bundle: &str, more: &[&str]| scene.run(&[&["verify", bundle], &VERIFY[..], more].concat());
    let claims = &lines(&verify("out/c-to-d.proof", &[]).ended(0))[0];
    assert_eq!((&claims["subject"], &claims["height"]), (&json!("blocks"), &Value::Null));
    let heights: Vec<&Value> =
        claims["blocks"].as_array().unwrap().iter().map(|block| &block["height"]).collect();
    assert_eq!(heights, [&json!(102), &json!(103)]);
    let fingerprint = scene.run(&["fingerprint", "blocks/d.json", "--codebook", CODEBOOK, "--json"]).ended(0);
    let fingerprint = &lines(&fingerprint)[0];
    assert_eq!(claims["blocks"][1]["pq_commitment"], fingerprint["pq_commitment"]);
    assert_eq!(claims["blocks"][1]["block_matched"], "not asked");
    let people = scene.run(&[&["verify", "out/c-to-d.proof"], &VERIFY[..5]].concat()).ended(0).out;
    assert!(
        people.starts_with("verified: out/c-to-d.proof: about 2 blocks that were not compared"),
        "{people}"
    );
    assert!(people.contains("1 of 2") && people.contains("2 of 2") && people.contains("103"), "{people}");

    // All of the blocks, in their order, or it is another proof.
    let given = |blocks: &[&str], code: i32| {
        let options: Vec<&str> = blocks.iter().flat_map(|block| ["--block", block]).collect();
        lines(&verify("out/c-to-d.proof", &options).ended(code)).remove(0)
    };
    let matched = given(&["blocks/c.json", "blocks/d.json"], 0);
    assert!(matched["blocks"].as_array().unwrap().iter().all(|block| block["block_matched"] == true));
    for (blocks, why) in [
        (&["blocks/c.json"][..], "blocks: the policy expects 1, the proof is about 2"),
        (&["blocks/d.json", "blocks/c.json"], "block 0: height"),
        (&["blocks/c.json", "blocks/e.json"], "block 1: height"),
        (&["blocks/c.json", "blocks/d.json", "blocks/e.json"], "expects 3"),
    ] {
        let told = given(blocks, 1);
        assert!(told["error"].as_str().unwrap().contains(why), "{told}");
    }
    scene.write("policy.json", r#"{ "height": 102 }"#);
    verify("out/c-to-d.proof", &["--policy", "policy.json"]).ended(1);
    // What is inspected has them too, unverified.
    let inspected = lines(&scene.run(&["inspect", "out/c-to-d.proof", "--json"]).ended(0)).remove(0);
    assert_eq!(inspected["blocks"][1]["height"], 103);
}

/// A bad block keeps no other back, and blocks under one secret have salts of their own.
#[test]
fn groups_with_a_bad_block_are_proved_one_by_one() {
    let scene = Scene::cold();
    fs::create_dir(scene.path("blocks")).unwrap();
    for (name, seed) in [("a", "1"), ("c", "3"), ("d", "4")] {
        sample(&scene, name, seed, 7);
    }
    scene.write("blocks/b.json", r#"{ "header": { "height": -1 } }"#);
    scene.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.kzg"]).ended(0);
    let arguments = ["--codebook", CODEBOOK, "--scheme", "kzg", "--params", "setup.kzg", "--json", "--hide"];
    let prove = [&["prove", "blocks", "-o", "out", "--together", "2"], &arguments[..]].concat();
    let said = scene.run(&prove).ended(2).told("blocks/a.json to blocks/b.json: proved one by one: ");
    let (made, summary) = proved(&said);
    assert_eq!(["proved", "failed"].map(|name| summary[name].as_u64().unwrap()), [3, 1]);
    let failed: Vec<&Value> = made.iter().filter(|line| line["error"].is_string()).collect();
    assert_eq!((failed.len(), &failed[0]["block"]), (1, &json!("blocks/b.json")));
    let expected = ["a.proof", "a.proof.salt", "c-to-d.proof", "c-to-d.proof.salt"];
    assert_eq!(scene.names("out"), expected);

    let open = ["--block", "blocks/c.json", "--block", "blocks/d.json"];
    let verify = |more: &[&str]| scene.run(&[&["verify", "out/c-to-d.proof"], &VERIFY[..], more].concat());
    let claims = &lines(&verify(&[&open[..], &["--salt", "out/c-to-d.proof.salt"]].concat()).ended(0))[0];
    assert_eq!(claims["blocks"][0]["block_matched"], true);
    let told = lines(&verify(&open).ended(1)).remove(0);
    assert!(told["error"].as_str().unwrap().starts_with("block 0: block commitment"), "{told}");
    assert!(told["advice"].as_str().unwrap().contains("--salt"), "{told}");
    // Resumed with the secret that is there.
    fs::remove_file(scene.path("blocks/b.json")).unwrap();
    let said = scene.run(
        &[&["prove", "blocks/c.json", "blocks/d.json", "-o", "out", "--together", "2"], &arguments[..]]
            .concat(),
    );
    assert_eq!(proved(&said.ended(0)).1["skipped"], 2);
}
