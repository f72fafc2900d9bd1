//! Folders of blocks: proved several at once, interrupted, resumed, within a limit of memory.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/scene.rs"]
mod scene;

use std::fs;
#[cfg(unix)]
use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use foldproof_circuits::statement::Statement;
use foldproof_prover::many::memory::Need;
use foldproof_verifier::Bundle;
use scene::{Said, Scene};
use serde_json::Value;

const CODEBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../prover/tests/vectors/learned-64.json");

/// A folder with blocks a, b and c, and a setup for tests.
fn folder() -> Scene {
    let scene = Scene::cold();
    fs::create_dir(scene.path("blocks")).unwrap();
    for (name, seed) in [("a", "1"), ("b", "2"), ("c", "3")] {
        let out = format!("blocks/{name}.json");
        scene.run(&["sample", "--transactions", "9", "--seed", seed, "-o", &out]).ended(0);
    }
    scene.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.kzg"]).ended(0);
    scene
}

/// Arguments that prove the folder, and more.
fn prove<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let usual = ["prove", "blocks", "-o", "out", "--codebook", CODEBOOK, "--json"];
    [&usual[..], &["--scheme", "kzg", "--params", "setup.kzg"], more].concat()
}

/// Lines about blocks by name, and the summary.
fn lines(said: &Said) -> (Vec<(String, Value)>, Value) {
    let mut lines: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let summary = lines.pop().unwrap()["summary"].take();
    let mut blocks: Vec<(String, Value)> =
        lines.into_iter().map(|line| (line["block"].as_str().unwrap().to_owned(), line)).collect();
    blocks.sort_by(|a, b| a.0.cmp(&b.0));
    (blocks, summary)
}

#[track_caller]
fn assert_counts(summary: &Value, proved: usize, skipped: usize, failed: usize) {
    let counts = ["blocks", "proved", "skipped", "failed"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!(counts, [proved + skipped + failed, proved, skipped, failed].map(|n| n as u64), "{summary}");
    assert_eq!(summary["blocks_per_hour"].is_null(), proved == 0, "{summary}");
}

fn without_summary(said: Said, code: i32, messages: &[&str]) {
    let said = said.ended(code);
    for message in messages {
        assert!(said.err.contains(message), "{message:?} was expected in {:?}", said.err);
    }
}

#[test]
fn finished_blocks_are_known_by_what_they_prove() {
    let scene = folder();
    scene.write("blocks/bad.json", r#"{ "header": { "height": -1 } }"#);
    // What cannot be is refused before anything is done.
    for (arguments, messages) in [
        (&["--memory", "60MiB"][..], &["core-small-64", "60 MiB", "--memory", "blocks/a.json"][..]),
        (&["--memory", "plenty"], &["plenty", "2GiB"]),
        (&["--shard", "2/2"], &["2/2", "0 <= I < N"]),
        (&["--workers", "0"], &["--workers", "1 or more", "one per core"]),
    ] {
        without_summary(scene.run(&prove(arguments)), 2, messages);
    }
    assert!(!scene.path("out/a.proof").exists());

    // Parts are cut from a, b, bad, c.
    let said = scene.run(&prove(&["--shard", "0/2"])).ended(2);
    let (blocks, summary) = lines(&said);
    assert_counts(&summary, 1, 0, 1);
    assert!(blocks[1].1["error"].as_str().unwrap().contains("bad.json"));
    assert_eq!(blocks[0].1["bundle"], "out/a.proof");
    let said = scene.run(&prove(&["--shard", "1/2"])).ended(0);
    let (blocks, summary) = lines(&said);
    assert_counts(&summary, 2, 0, 0);
    // No process takes more than was counted with.
    let workers = summary["workers"].as_u64().unwrap() as usize;
    let need = Need::of(&Statement::from_name("core-small-64").unwrap()).of_many(workers).mib();
    let peaks = blocks.iter().filter_map(|(_, line)| line["peak_memory_mib"].as_u64());
    let peak = peaks.max().unwrap();
    assert!(need >= peak, "{workers} proofs were to take {need} MiB at most and took {peak}");
    assert_eq!(scene.names("out"), ["a.proof", "b.proof", "c.proof"]);

    // All are there: nothing is done again.
    fs::remove_file(scene.path("blocks/bad.json")).unwrap();
    let before = ["a", "b", "c"].map(|name| scene.read(&format!("out/{name}.proof")));
    let said = scene.run(&prove(&[])).ended(0);
    let (blocks, summary) = lines(&said);
    assert_counts(&summary, 0, 3, 0);
    assert!(blocks.iter().all(|(_, line)| line["skipped"] == "already proved"));
    assert_eq!(before, ["a", "b", "c"].map(|name| scene.read(&format!("out/{name}.proof"))));

    // A name proves nothing: another block's proof, a proof with a bit turned, and no proof at all.
    let mut turned = before[1].clone();
    *turned.last_mut().unwrap() ^= 1;
    scene.write("out/a.proof", &before[2]);
    scene.write("out/b.proof", &turned);
    scene.write("out/c.proof", "none");
    let said = scene.run(&prove(&[])).ended(2);
    let (blocks, summary) = lines(&said);
    assert_counts(&summary, 0, 0, 3);
    for ((name, line), why) in blocks.iter().zip(["another block", "does not verify", "magic"]) {
        let error = line["error"].as_str().unwrap();
        assert!(error.contains(why) && error.contains("--force"), "{name}: {error}");
    }
    assert_eq!(scene.read("out/c.proof"), b"none");
    // Nor do other salts, setups and schemes pass: they are told apart.
    scene.write("out/a.proof", &before[0]);
    let only = |more: &[&str]| {
        let usual = ["prove", "blocks/a.json", "--shard", "0/1", "-o", "out", "--codebook", CODEBOOK];
        scene.run(&[&usual[..], more].concat())
    };
    let kzg = ["--scheme", "kzg", "--params", "setup.kzg"];
    only(&[&kzg[..], &["--hide"]].concat()).ended(2).told("a.proof.salt");
    scene.run(&["params", "insecure-test-setup", "-k", "13", "-o", "other.kzg"]).ended(0);
    only(&["--scheme", "kzg", "--params", "other.kzg"]).ended(2).told("another setup");
    only(&["--scheme", "evm", "--params", "setup.kzg"]).ended(2).told("(evm)");
    only(&kzg).ended(0).told("1 of 1 blocks proved, 1 of them before this run");

    // By force, and by force only, they are proved again.
    scene.write("out/a.proof", "none");
    only(&[&kzg[..], &["--force"]].concat()).ended(0).told("1 of 1 blocks proved, 0 of them before this run");
    Bundle::from_bytes(&scene.read("out/a.proof")).unwrap();
    assert_eq!(scene.leftovers(), [""; 0]);
}

#[test]
fn models_are_told_apart() {
    let scene = folder();
    // Two of a shape: the statement is the same in either order.
    let model: Value = serde_json::from_slice(&fs::read(scene::MODEL).unwrap()).unwrap();
    for (name, salt) in [("m.fpm", "1"), ("n.fpm", "2")] {
        let mut model = model.clone();
        model["salt"] = format!("0x{salt:0>64}").into();
        scene.write(name, model.to_string());
    }
    let with = |models: [&str; 2]| {
        let usual = ["prove", "blocks/a.json", "--shard", "0/1", "-o", "out", "--codebook", CODEBOOK];
        let kzg = ["--scheme", "kzg", "--params", "setup.kzg"];
        let [m, n] = models.map(|model| ["--model", model]);
        scene.run(&[&usual[..], &kzg, &m, &n].concat())
    };
    with(["m.fpm", "n.fpm"]).ended(0).told("1 of 1 blocks proved, 0 of them before this run");
    with(["m.fpm", "n.fpm"]).ended(0).told("1 of 1 blocks proved, 1 of them before this run");
    with(["n.fpm", "m.fpm"]).ended(2).told("other models than those given, or in another order");
    with(["m.fpm", "m.fpm"]).ended(2).told("other models than those given, or in another order");
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_is_resumed() {
    let scene = folder();
    let arguments = prove(&["--hide", "--workers", "1"]);
    let child = scene.command(&arguments).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let began = Instant::now();
    while !scene.path("out/a.proof").exists() {
        assert!(began.elapsed() < Duration::from_secs(300), "no proof");
        std::thread::sleep(Duration::from_millis(20));
    }
    // The next one is in the making.
    std::thread::sleep(Duration::from_millis(300));
    scene.shell(&format!("kill -INT {}", child.id())).ended(0);
    let ended = child.wait_with_output().unwrap();
    assert_eq!(ended.status.signal(), Some(2), "ended by the signal");
    let said = String::from_utf8(ended.stderr).unwrap();
    // Before it, blocks that are proved may have been warned of.
    let ends: Vec<&str> =
        said.lines().filter_map(|line| line.strip_prefix("foldproof: interrupted; ")).collect();
    let [end] = ends.as_slice() else { panic!("{said}") };
    let (count, how) = end.split_once(' ').unwrap();
    assert!(how.starts_with("of 3 blocks are proved: start the same command again"), "{said}");
    assert_eq!(scene.leftovers(), [""; 0]);
    let done: Vec<String> = scene.names("out").into_iter().filter(|name| name.ends_with(".proof")).collect();
    assert!(done.len() < 3, "{done:?}");
    // A block counts when it has been told of, which may be just after its bundle is there.
    assert!([done.len(), done.len() - 1].contains(&count.parse().unwrap()), "{count}: {done:?}");
    for name in &done {
        Bundle::from_bytes(&scene.read(&format!("out/{name}"))).unwrap();
        assert!(scene.path(&format!("out/{name}.salt")).exists());
    }
    let first = (scene.read("out/a.proof"), scene.read("out/a.proof.salt"));
    let said = scene.run(&prove(&["--hide"])).ended(0);
    let (_, summary) = lines(&said);
    assert_counts(&summary, 3 - done.len(), done.len(), 0);
    assert_eq!(first, (scene.read("out/a.proof"), scene.read("out/a.proof.salt")));
    for name in ["a", "b", "c"] {
        let [block, bundle] = [format!("blocks/{name}.json"), format!("out/{name}.proof")];
        let salt = format!("{bundle}.salt");
        let verify = ["verify", &bundle, "--block", &block, "--salt", &salt, "--codebook", CODEBOOK];
        let setup = ["--params", "setup.kzg", "--allow-insecure-setup"];
        scene.run(&[&verify[..], &setup].concat()).ended(0);
    }
}
