//! `foldproof verify`: every file gets its verdict, in its place, whatever the others are; a bundle chooses no work; nothing that
//! others named forges a line; and what a proof is about, and when, is said.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

#[path = "../../tests/support/scene.rs"]
mod scene;

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use foldproof_circuits::public::PublicInputs;
use foldproof_circuits::statement::Statement;
use foldproof_verifier::scalar::from_hex;
use foldproof_verifier::{Bundle, SetupClaim};
use halo2curves::bn256::Fr;
use scene::{MODEL, Said, Scene};
use serde_json::{Value, json};

/// A scene with a proof of a fingerprint's tags, `out.proof`, and a registry that knows the model.
fn proved() -> Scene {
    let scene = Scene::warm();
    scene.run(&scene.prove(&[])).ended(0);
    register(&scene, json!({}));
    scene
}

/// The registry, with members of its entry changed.
fn register(scene: &Scene, changes: Value) {
    let entry = scene.run(&["model", "commit", MODEL, "--entry", "demo", "1"]).ended(0).out;
    let mut entry: Value = serde_json::from_str(&entry).unwrap();
    entry.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    scene.write("registry.json", json!({ "models": [entry] }).to_string());
}

fn id(scene: &Scene, setup: &str) -> String {
    let info = json_lines(&scene.run(&["params", "info", setup, "--json"]).ended(0));
    info[0]["setup_id"].as_str().unwrap().to_owned()
}

fn json_lines(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The verdicts of the files, in order.
fn verdicts(said: &Said) -> Vec<(String, String)> {
    let member = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    json_lines(said)
        .iter()
        .map(|line| {
            assert_eq!(line["verified"], line["verdict"] == "verified", "{line}");
            assert_eq!(line.get("error").is_none(), line["verdict"] == "verified", "{line}");
            (member(line, "bundle"), member(line, "verdict"))
        })
        .collect()
}

/// A command that must end by itself.
fn in_time(scene: &Scene, arguments: &[&str]) -> Said {
    let mut child = scene.command(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let started = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if started.elapsed() > Duration::from_secs(120) {
            child.kill().unwrap();
            panic!("{arguments:?} does not end");
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Said::from(child.wait_with_output().unwrap())
}

const VALUES: [&str; 4] = ["--registry", "registry.json", "--values", "fp.json"];

#[test]
fn every_file_gets_its_verdict_in_its_place() {
    let scene = proved();
    let good = scene.read("out.proof");
    scene.write("empty", "");
    scene.write("torn", &good[..good.len() - 1]);
    scene.write("huge", vec![0; (1 << 20) + 1]);
    let mut forged = good.clone();
    let last = forged.len() - 1;
    forged[last] ^= 1;
    scene.write("forged", &forged);
    fs::create_dir(scene.path("folder")).unwrap();
    scene.run(&["params", "insecure-test-setup", "-k", "11", "-o", "setup.kzg"]).ended(0);
    scene
        .run(&[
            "prove-model",
            "fp.json",
            "--model",
            MODEL,
            "-o",
            "kzg",
            "--scheme",
            "kzg",
            "--params",
            "setup.kzg",
        ])
        .ended(0);
    assert!(scene.at_home("mkfifo").arg("pipe").status().unwrap().success());
    let socket = std::os::unix::net::UnixListener::bind(scene.path("socket")).unwrap();
    std::os::unix::fs::symlink("pipe", scene.path("link")).unwrap();

    let files = [
        ("nowhere", "unknown"),
        ("out.proof", "verified"),
        ("empty", "rejected"),
        ("pipe", "unknown"),
        ("link", "unknown"),
        ("socket", "unknown"),
        ("torn", "rejected"),
        ("folder", "unknown"),
        ("huge", "unknown"),
        ("kzg", "unknown"),
        ("forged", "rejected"),
        ("/dev/zero", "unknown"),
        ("fp.json/below", "unknown"),
        ("out.proof", "verified"),
    ];
    let names = files.map(|(name, _)| name);
    let said = in_time(&scene, &[&["verify"], &names[..], &VALUES, &["--json"]].concat()).ended(2);
    assert_eq!(verdicts(&said), files.map(|(name, verdict)| (name.to_owned(), verdict.to_owned())));
    let lines = json_lines(&said);
    let error = |place: usize| lines[place]["error"].as_str().unwrap();
    for (place, what) in [
        (3, "a named pipe"),
        (4, "a named pipe"),
        (5, "a socket"),
        (7, "*.proof"),
        (8, "1048576"),
        (9, "params import"),
        (11, "a device"),
    ] {
        assert!(error(place).contains(what), "{}", lines[place]);
    }

    // For people: a line each, which begins with the verdict and names the file once.
    let said = in_time(&scene, &[&["verify"], &names[..], &VALUES].concat()).ended(2);
    let told: Vec<&str> = said.out.lines().collect();
    assert_eq!(told.len(), files.len(), "{}", said.out);
    for ((name, verdict), line) in files.into_iter().zip(told) {
        let word = if verdict == "unknown" { "could not tell" } else { verdict };
        assert!(line.starts_with(&format!("{word}: {name}: ")), "{line}");
        assert_eq!(line.matches(&format!("{name}: ")).count(), 1, "{line}");
    }

    let status = |files: &[&str], more: &[&str], code: i32| {
        verdicts(&scene.run(&[&["verify"], files, &VALUES, more, &["--json"]].concat()).ended(code))
    };
    status(&["out.proof", "torn", "out.proof", "forged"], &[], 1);
    status(&["out.proof", "out.proof"], &[], 0);
    // A setup that is no setup concerns the proofs under one.
    for setup in ["nowhere", "pipe", "fp.json", "folder"] {
        let found = status(&["kzg", "out.proof"], &["--params", setup], 2);
        assert_eq!(
            found.iter().map(|(_, verdict)| &verdict[..]).collect::<Vec<_>>(),
            ["unknown", "verified"]
        );
    }
    status(&["kzg", "out.proof"], &["--params", "setup.kzg", "--allow-insecure-setup"], 0);
    status(&["kzg", "out.proof"], &["--params", "setup.kzg"], 1);
    drop(socket);
}

#[test]
fn nothing_waits_for_a_pipe() {
    let scene = Scene::cold();
    scene.run(&["sample", "-o", "block.json"]).ended(0);
    assert!(scene.at_home("mkfifo").arg("pipe").status().unwrap().success());
    for command in [
        "prove pipe -o out.proof",
        "prove block.json --codebook pipe -o out.proof",
        "prove block.json --model pipe -o out.proof",
        "prove block.json --scheme kzg --params pipe -o out.proof",
        "prove-model pipe --model fp.json -o out.proof",
        "fingerprint pipe",
        "inspect pipe",
        "verify block.json --policy pipe",
        "verify block.json --registry pipe",
        "verify block.json --codebook pipe",
        "verify block.json --block pipe",
        "verify block.json --values pipe",
        "verify block.json --block block.json --salt pipe",
        "codebook train pipe -o out.json",
        "codebook inspect pipe",
        "model inspect pipe",
        "model import pipe --calibrate fp.json --head tags -o out.fpm",
        "params info pipe",
        "params import pipe -k 4 -o out.kzg",
    ] {
        let arguments: Vec<&str> = command.split(' ').collect();
        in_time(&scene, &arguments).ended(2).told("pipe: a file was expected, found a named pipe");
    }
    // What the shell hands over is the user's own.
    scene.shell("cat block.json | $PROGRAM fingerprint /dev/stdin").ended(0);
    scene.shell("exec 5<block.json; $PROGRAM fingerprint /dev/fd/5").ended(0);
}

/// Names that forge lines, move the cursor, or turn text around.
const NAMES: [&str; 5] = [
    "x.proof\nverified: y.proof",
    "x\u{1b}[1A\u{1b}[2Kverified.proof",
    "x\u{202e}foorp.proof",
    "x\u{9b}2K\u{7f}\r.proof",
    "x\u{200b}\u{2028}.proof",
];

/// Whether a terminal shows just this.
#[track_caller]
fn plain(said: &Said) {
    for stream in [&said.out, &said.err] {
        let bad = |c: char| c != '\n' && (c.is_control() || "\u{202e}\u{200b}\u{2028}".contains(c));
        assert!(!stream.contains(bad), "{stream:?}");
        assert!(!stream.lines().any(|line| line.starts_with("verified: y.proof")), "{stream:?}");
    }
}

#[test]
fn names_forge_nothing() {
    let scene = proved();
    for name in NAMES {
        scene.write(name, "no proof");
        for files in [&[name][..], &[name, "out.proof"], &["out.proof", name]] {
            let said = scene.run(&[&["verify"], files, &VALUES].concat()).ended(1);
            plain(&said);
            assert_eq!(said.out.matches("verified: out.proof: ").count(), files.len() - 1, "{}", said.out);
            assert_eq!(said.out.lines().count(), files.len(), "{}", said.out);
            // The same name comes out of the JSON, whose text is as plain.
            let said = scene.run(&[&["verify"], files, &VALUES, &["--json"]].concat()).ended(1);
            plain(&said);
            let place = files.iter().position(|file| *file == name).unwrap();
            assert_eq!(json_lines(&said)[place]["bundle"], name);
        }
        let nowhere = format!("{name}.not");
        for arguments in [
            &["verify", "out.proof", "--policy", &nowhere][..],
            &["verify", "out.proof", "--registry", name],
            &["verify", "out.proof", "--codebook", name],
            &["verify", "out.proof", "--no-such-option", name],
            &["verify", "out.proof", "--values-commitment", name],
            &["verify", "out.proof", "--at", name],
            &["inspect", name],
            &["inspect", &nowhere],
            &["fingerprint", name],
            &["prove", name],
            &["prove-model", name, "--model", MODEL],
            &["prove-model", "fp.json", "--model", name],
            &["model", "inspect", name],
            &["codebook", "inspect", name],
            &["params", "info", name],
            &[name],
            &["verify", &format!("--{name}")],
        ] {
            let said = scene.run(arguments).ended(2);
            plain(&said);
            assert!(!said.err.is_empty() && said.out.is_empty(), "{arguments:?}");
        }
        fs::write(scene.path(name), scene.read("out.proof")).unwrap();
        let said = scene.run(&[&["verify", name], &VALUES[..]].concat()).ended(0);
        plain(&said);
        assert!(said.out.starts_with("verified: x"), "{}", said.out);
        plain(&scene.run(&["inspect", name]).ended(0));
        plain(&scene.run(&["prove-model", "fp.json", "--model", MODEL, "-o", name]).ended(0));
        // Strings of a registry and of a policy.
        register(&scene, json!({ "name": name, "version": format!("1{name}") }));
        for more in [&[][..], &["--json"], &["out.proof"]] {
            plain(&scene.run(&[&["verify", "out.proof"], more, &VALUES].concat()).ended(0));
        }
        register(&scene, json!({ "name": name, "status": "retired" }));
        plain(&scene.run(&[&["verify", "out.proof"], &VALUES[..]].concat()).ended(1));
        register(&scene, json!({ "shape": name }));
        plain(&scene.run(&[&["verify", "out.proof"], &VALUES[..]].concat()).ended(2));
        register(&scene, json!({}));
        for policy in [
            json!({ "statements": [name] }),
            json!({ name: 1 }),
            json!({ "setups": [name] }),
            json!({ "registry": name }),
        ] {
            scene.write("policy.json", policy.to_string());
            plain(&scene.run(&["verify", "out.proof", "--policy", "policy.json"]).ended(2));
        }
    }
}

#[test]
fn proofs_about_no_block_are_taken_on_request() {
    let scene = proved();
    let registered = ["verify", "out.proof", "--registry", "registry.json"];
    let commitment =
        json_lines(&scene.run(&["inspect", "out.proof", "--json"]).ended(0))[0]["values_commitment"].clone();
    let commitment = commitment.as_str().unwrap();
    for policy in [json!({}), json!({ "values": false }), json!({ "codebook_roots": [commitment] })] {
        scene.write("policy.json", policy.to_string());
        for more in [&[][..], &["--any-codebook"]] {
            let said = scene.run(&[&registered[..], &["--policy", "policy.json"], more].concat()).ended(1);
            assert!(
                said.out.starts_with("rejected: out.proof: ") && said.out.contains("--allow-values"),
                "{}",
                said.out
            );
        }
    }
    scene.write("policy.json", json!({ "values": true }).to_string());
    for (more, about, matched) in [
        (
            &["--allow-values"][..],
            "a committed fingerprint, whichever it is, NOT about a block",
            json!("not asked"),
        ),
        (
            &["--policy", "policy.json"],
            "a committed fingerprint, whichever it is, NOT about a block",
            json!("not asked"),
        ),
        (&["--values", "fp.json"], "a committed fingerprint, the one given, NOT about a block", json!(true)),
        (
            &["--values-commitment", commitment],
            "a committed fingerprint, the one given, NOT about a block",
            json!(true),
        ),
    ] {
        let said = scene.run(&[&registered[..], more].concat()).ended(0);
        assert_eq!(said.out.lines().next().unwrap(), format!("verified: out.proof: about {about}"));
        let said = scene.run(&[&registered[..], more, &["--json"]].concat()).ended(0);
        let claims = json_lines(&said).remove(0);
        assert_eq!((&claims["subject"], &claims["values_matched"]), (&json!("fingerprint"), &matched));
    }
    // Opting in to values loosens nothing that is asked of blocks.
    scene.write("policy.json", json!({ "values": true, "height": 7 }).to_string());
    scene.run(&[&registered[..], &["--policy", "policy.json"]].concat()).ended(1);
    scene.run(&[&registered[..], &["--allow-values", "--require-within-bound"]].concat()).ended(1);
}

#[test]
fn models_are_valid_at_a_time_that_is_told() {
    let scene = proved();
    let verify = |more: &[&str], code| {
        scene.run(&[&["verify", "out.proof", "--json"], &VALUES[..], more].concat()).ended(code)
    };
    let time = |said: &Said| json_lines(said)[0]["models_valid_at"].clone();
    let now = time(&verify(&[], 0));
    assert!(now["seconds"].as_u64().unwrap() > 1_700_000_000 && now["source"] == "verifier", "{now}");
    assert!(time(&verify(&["--at", "now"], 0))["seconds"].as_u64() >= now["seconds"].as_u64());
    register(&scene, json!({ "valid_from": 1_700_000_000, "valid_until": 1_700_000_100 }));
    assert!(json_lines(&verify(&[], 1))[0]["advice"].as_str().unwrap().contains("--at"));
    for (at, code) in [
        ("1699999999", 1),
        ("1700000000", 0),
        ("2023-11-14T22:13:20Z", 0),
        ("2023-11-14T23:13:20+01:00", 0),
        ("2023-11-14T22:15:00Z", 1),
        ("2023-11-14", 1),
    ] {
        verify(&["--at", at], code);
    }
    for at in ["", "yesterday", "2023-11-31", "1e9"] {
        verify(&["--at", at], 2).told("seconds since 1970, a date");
    }
    let said = verify(&["--at", "1700000000"], 0);
    assert_eq!(time(&said), json!({ "seconds": 1_700_000_000, "source": "verifier" }));
}

/// A bundle with bytes in place of a proof. Its first model has this commitment.
fn hostile(statement: &str, setup: Option<SetupClaim>, commitment: &str) -> Vec<u8> {
    let statement = Statement::from_name(statement).unwrap();
    let mut rows = vec![Fr::zero(); statement.rows()];
    rows[0] = statement.element();
    if let Some(place) = (statement.models().count() > 0).then(|| rows.len() - 3) {
        rows[place] = from_hex(commitment).unwrap();
    }
    let instance = PublicInputs::from_rows(&statement, rows).unwrap();
    Bundle::new(statement, setup, [7; 32], instance, vec![7; 64]).unwrap().to_bytes()
}

#[test]
fn a_bundle_chooses_no_work() {
    const TAGS: &str = "fingerprint+tags-96-16-4";
    let scene = Scene::cold();
    register(&scene, json!({}));
    let registry: Value = serde_json::from_slice(&scene.read("registry.json")).unwrap();
    let known = registry["models"][0]["commitment"].as_str().unwrap();
    let unknown = format!("0x{:064x}", 5);
    scene.run(&["params", "insecure-test-setup", "-k", "12", "-o", "setup.kzg"]).ended(0);
    scene.run(&["params", "insecure-test-setup", "-k", "4", "-o", "other.kzg"]).ended(0);
    let claim = |setup: &str, insecure| {
        let mut claim = SetupClaim { id: [0; 32], insecure };
        hex::decode_to_slice(id(&scene, setup), &mut claim.id).unwrap();
        Some(claim)
    };
    let (given, other) = (claim("setup.kzg", true), claim("other.kzg", true));
    let id = id(&scene, "setup.kzg");
    scene.write("setups.json", json!({ "setups": [id] }).to_string());
    scene.write("transparent.json", json!({ "schemes": ["transparent"] }).to_string());
    scene.write("statements.json", json!({ "statements": ["core-small-64"] }).to_string());
    let kzg = ["--params", "setup.kzg", "--allow-insecure-setup"];
    let values = ["--allow-values", "--registry", "registry.json"];
    let unread = ["--params", "nowhere", "--allow-insecure-setup", "--policy"];
    type Case<'a> = (&'a str, Vec<u8>, Vec<&'a str>, i32, &'a str);
    let cases: [Case<'_>; 11] = [
        ("values", hostile(TAGS, given, known), [&kzg[..], &values[1..]].concat(), 1, "--allow-values"),
        ("model", hostile(TAGS, given, &unknown), [&kzg[..], &values].concat(), 1, "no registered one"),
        ("no registry", hostile(TAGS, given, known), [&kzg[..], &values[..1]].concat(), 1, "--registry"),
        (
            "flag",
            hostile(TAGS, claim("setup.kzg", false), known),
            [&kzg[..], &values].concat(),
            1,
            "insecure",
        ),
        ("insecure", hostile(TAGS, given, known), [&kzg[..2], &values].concat(), 1, "--allow-insecure-setup"),
        ("setup", hostile(TAGS, other, known), [&kzg[..], &values].concat(), 1, "setup"),
        (
            "listed",
            hostile(TAGS, other, known),
            [&unread[..], &["setups.json"], &values].concat(),
            1,
            "setup",
        ),
        (
            "scheme",
            hostile(TAGS, given, known),
            [&unread[..], &["transparent.json"], &values].concat(),
            1,
            "scheme",
        ),
        (
            "statement",
            hostile(TAGS, given, known),
            [&unread[..], &["statements.json"], &values].concat(),
            1,
            "statement",
        ),
        ("block", hostile("core-full-256", given, known), kzg.to_vec(), 1, "codebook"),
        (
            "transparent",
            hostile("vector-3+tags-3-2-w16", None, &unknown),
            values.to_vec(),
            1,
            "no registered one",
        ),
    ];
    for (name, bundle, arguments, code, why) in cases {
        scene.write("bad.proof", bundle);
        let said = scene.run(&[&["verify", "bad.proof"], &arguments[..]].concat()).ended(code);
        assert!(said.out.contains(why), "{name}: {}", said.out);
        assert_eq!(said.err, "", "{name}: nothing was made that is worth a word");
        assert_eq!(scene.names("cache"), [""; 0], "{name}: nothing was kept");
    }

    // Beyond the limit nothing is made even for what the policy would take, and the message says how to raise it.
    scene.write("good.proof", hostile(TAGS, given, known));
    let verify = [&["verify", "good.proof"], &kzg[..], &values].concat();
    let said = scene.run(&[&verify[..], &["--max-k", "10"]].concat()).ended(2);
    assert!(said.out.starts_with("could not tell: ") && said.out.contains("--max-k 11"), "{}", said.out);
    assert_eq!(scene.names("cache"), [""; 0]);
}
