//! Canaries: whatever is secret is made recognisable, and nothing the program says or leaves behind may contain it, on success,
//! refusal or a kill.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

#[path = "../../tests/support/scene.rs"]
mod scene;

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use foldproof_circuits::codebook::FOLD_BITS;
use foldproof_prover::input::read_block;
use foldproof_prover::prove::Witness;
use foldproof_prover::secret::Secret;
use foldproof_verifier::Policy;
use scene::{MODEL, Said, Scene};
use serde_json::{Value, json};

/// In every text of the block.
const TEXT: &str = "canary";
/// Numbers count up from here: ten digits that come up by chance nowhere.
const NUMBER: u64 = 1_357_913_500;
/// The salt of the model.
const SALT: &str = "1badcafe5eed1badcafe5eed1badcafe5eed1badcafe5eed1badcafe5eed1bad";
/// The first weights of the model.
const WEIGHTS: [i16; 6] = [-113, 101, -89, 73, -61, 53];

const CODEBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../prover/tests/vectors/learned-64.json");

/// A block in which everything that is not public is a canary.
fn block() -> Value {
    let mut number = NUMBER;
    let mut next = || {
        number += 1;
        number
    };
    let text = |field: &str, i: usize| format!("{TEXT}-{field}-{i}");
    let transactions: Vec<Value> = (0..4)
        .map(|i| {
            json!({
                "amount": next(), "fee": next(), "gasUsed": next(), "nonce": next(), "slot": next(), "chainId": next(),
                "priorityFee": next(), "contractType": text("type", i), "asset": text("asset", i),
                "functionSelector": text("method", i), "sender": text("sender", i), "receiver": text("receiver", i),
            })
        })
        .collect();
    let traces: Vec<Value> = (0..4)
        .map(|i| {
            json!({
                "balanceDelta": next(), "storageWrites": next(), "storageReads": next(), "logEvents": next(),
                "gasConsumed": next(), "slotIndex": next(), "contract": text("contract", i), "asset": text("token", i),
                "traceType": text("trace", i),
            })
        })
        .collect();
    let bundle = json!({
        "constraintCount": next(), "degree": next(), "gateCount": next(), "quotientDegree": next(),
        "proverLabel": text("label", 0), "circuitType": text("circuit", 0),
    });
    json!({
        "header": { "height": 17, "timestamp": 1_700_000_000 },
        "transactions": transactions, "executionTraces": traces, "witnessData": { "bundles": [bundle] },
    })
}

/// Values of a fingerprint.
fn values() -> Vec<f64> {
    (0..96).map(|i| (NUMBER + 500 + i) as f64 / 1e10).collect()
}

fn model() -> Value {
    let mut model: Value = serde_json::from_slice(&fs::read(MODEL).unwrap()).unwrap();
    model["salt"] = json!(format!("0x{SALT}"));
    for (i, weight) in WEIGHTS.iter().enumerate() {
        model["layers"][0]["weights"][0][i] = json!(weight);
    }
    model
}

/// All canaries, as they are written and as they are computed with.
fn canaries() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = vec![TEXT.into(), SALT[..24].into(), SALT[40..].into()];
    let bytes = hex::decode(SALT).unwrap();
    all.push(bytes[8..].to_vec());
    all.push(bytes[8..].iter().rev().copied().collect());
    for number in NUMBER..NUMBER + 100 {
        all.push(number.to_string().into());
        all.push((number << 16).to_string().into());
        all.push((number << 16).to_le_bytes()[..7].to_vec());
    }
    for value in values() {
        let integer = (value * 2f64.powi(FOLD_BITS as i32) + 0.5).floor() as i64;
        all.push(value.to_string().into());
        all.push(integer.to_string().into());
    }
    let texts: Vec<String> = WEIGHTS.iter().map(i16::to_string).collect();
    all.extend([texts.join(","), texts.join(", ")].map(String::into_bytes));
    all.push(WEIGHTS.iter().flat_map(|weight| weight.to_le_bytes()).collect());
    all
}

/// Looks for many texts in one pass, by their first four bytes.
struct Search(std::collections::HashMap<[u8; 4], Vec<Vec<u8>>>);

impl Search {
    fn new(texts: Vec<Vec<u8>>) -> Self {
        let mut starts = std::collections::HashMap::<_, Vec<_>>::new();
        for text in texts {
            starts.entry(*text.first_chunk().unwrap()).or_default().push(text);
        }
        Self(starts)
    }

    /// The first canary in these bytes, and where it is.
    fn find(&self, bytes: &[u8]) -> Option<(usize, &[u8])> {
        bytes.windows(4).enumerate().find_map(|(at, start)| {
            let text = self.0.get(start)?.iter().find(|text| bytes[at..].starts_with(text))?;
            Some((at, text.as_slice()))
        })
    }

    #[track_caller]
    fn absent(&self, bytes: &[u8], place: &str) {
        if let Some((at, text)) = self.find(bytes) {
            panic!("{place} tells {:?} at byte {at}", String::from_utf8_lossy(text));
        }
    }

    #[track_caller]
    fn silent(&self, said: &Said, place: &str) {
        self.absent(said.out.as_bytes(), &format!("stdout of {place}"));
        self.absent(said.err.as_bytes(), &format!("stderr of {place}"));
    }

    /// Looks through all files of a scene but the inputs, which are canaries themselves.
    fn folder(&self, scene: &Scene, inputs: &BTreeSet<PathBuf>) {
        let mut files = files(&scene.path("."));
        files.retain(|file| !inputs.contains(file));
        for file in files {
            self.absent(&fs::read(&file).unwrap(), &file.display().to_string());
        }
    }
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { BTreeSet::from([path]) }).collect()
}

/// A scene whose inputs are canaries.
fn canary_scene() -> (Scene, BTreeSet<PathBuf>) {
    let scene = Scene::warm();
    scene.write("block.json", block().to_string());
    scene.write("fp.json", json!({ "fingerprint": values() }).to_string());
    scene.write("model.fpm", model().to_string());
    let inputs = files(&scene.path("."));
    (scene, inputs)
}

const PROVE_MODEL: [&str; 7] = ["prove-model", "fp.json", "--model", "model.fpm", "--hide", "-o", "m.proof"];

#[test]
fn nothing_of_the_witness_is_told_or_left_behind() {
    let (scene, inputs) = canary_scene();
    let search = Search::new(canaries());
    for input in ["block.json", "fp.json", "model.fpm"] {
        assert!(search.find(&scene.read(input)).is_some(), "{input} is no canary");
    }
    let ended = |code: i32, arguments: &[&str]| {
        let said = scene.run(arguments).ended(code);
        search.silent(&said, &arguments.join(" "));
        said
    };
    ended(0, &[&PROVE_MODEL[..], &["--json"]].concat());
    let salt = String::from_utf8(scene.read("m.proof.salt")).unwrap();
    let salt = salt.trim().strip_prefix("0x").unwrap();
    let entry = ended(0, &["model", "commit", "model.fpm", "--entry", "demo", "1"]).out;
    scene.write("registry.json", format!("{{\"models\": [{entry}]}}"));
    let mut said = String::new();
    for json in [&[][..], &["--json"]] {
        let mut run = |code, arguments: &[&str]| {
            let Said { out, err, .. } = ended(code, &[arguments, json].concat());
            said += &(out + &err);
        };
        run(0, &["inspect", "m.proof"]);
        run(1, &["verify", "m.proof", "--allow-values"]);
        run(0, &["verify", "m.proof", "--allow-values", "--registry", "registry.json"]);
        let opened = ["verify", "m.proof", "--registry", "registry.json", "--values", "fp.json"];
        run(1, &opened);
        run(0, &[&opened[..], &["--salt", "m.proof.salt"]].concat());
        run(1, &["verify", "m.proof", "--block", "block.json", "--salt", "m.proof.salt"]);
        run(0, &["model", "inspect", "model.fpm"]);
        run(0, &["model", "commit", "model.fpm"]);
    }
    assert!(!said.contains(&salt[..16]), "the salt was told");
    search.folder(&scene, &inputs);
    for file in files(&scene.path(".")).into_iter().filter(|file| !file.ends_with("m.proof.salt")) {
        let bytes = fs::read(&file).unwrap();
        let raw = hex::decode(salt).unwrap();
        Search::new(vec![
            salt.as_bytes()[..32].to_vec(),
            raw[8..].to_vec(),
            raw[8..].iter().rev().copied().collect(),
        ])
        .absent(&bytes, &file.display().to_string());
    }
}

#[test]
fn nothing_of_a_block_is_told_or_left_behind() {
    let (scene, inputs) = canary_scene();
    // The key takes its time: it is made once per build folder, by whichever test comes first.
    let shared = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache");
    fs::create_dir_all(&shared).unwrap();
    let before = files(&shared);
    let cache = ["--cache", shared.to_str().unwrap()];
    let mut canaries = canaries();
    let folded = scene.run(&["fingerprint", "block.json", "--codebook", CODEBOOK, "--json"]).ended(0).out;
    let folded: Value = serde_json::from_str(&folded).unwrap();
    let integers = folded["folded_int"].as_array().unwrap().iter().flat_map(|row| row.as_array().unwrap());
    canaries.extend(integers.map(Value::to_string).filter(|text| text.len() >= 9).map(String::into_bytes));
    let search = Search::new(canaries);
    for (code, arguments) in [
        (0, &["prove", "block.json", "--codebook", CODEBOOK, "--hide", "-o", "b.proof"][..]),
        (
            0,
            &["verify", "b.proof", "--codebook", CODEBOOK, "--block", "block.json", "--salt", "b.proof.salt"],
        ),
        (1, &["verify", "b.proof", "--codebook", CODEBOOK, "--block", "block.json"]),
        (1, &["verify", "b.proof"]),
        (0, &["inspect", "b.proof"]),
    ] {
        let said = scene.run(&[arguments, &cache].concat()).ended(code);
        search.silent(&said, &arguments.join(" "));
    }
    search.folder(&scene, &inputs);
    for file in files(&shared).difference(&before).filter(|file| file.exists()) {
        search.absent(&fs::read(file).unwrap(), &file.display().to_string());
    }
}

#[test]
fn a_kill_leaves_no_secret() {
    let (scene, inputs) = canary_scene();
    let search = Search::new(canaries());
    for milliseconds in [200, 600, 1000] {
        let mut child =
            scene.command(&PROVE_MODEL).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        search.silent(&child.wait_with_output().unwrap().into(), "a proof that was killed");
        search.folder(&scene, &inputs);
        drop(fs::remove_file(scene.path("m.proof.salt")));
    }
}

#[test]
fn salts_are_new_each_time_private_and_kept() {
    let scene = Scene::warm();
    let prove = ["prove-model", "fp.json", "--model", MODEL, "--hide", "-o"];
    let runs = ["a.proof", "b.proof"].map(|out| {
        scene.run(&[&prove[..], &[out]].concat()).ended(0);
        let inspected = scene.run(&["inspect", out, "--json"]).ended(0).out;
        let inspected: Value = serde_json::from_str(&inspected).unwrap();
        (scene.read(&format!("{out}.salt")), inspected["values_commitment"].to_string())
    });
    assert_ne!(runs[0].0, runs[1].0);
    assert_ne!(runs[0].1, runs[1].1);
    let mode = |name: &str| fs::metadata(scene.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("a.proof.salt"), 0o600);

    // The salt is all that opens the proof: it is never written over, and its bundle stays too.
    let bundle = scene.read("a.proof");
    scene.run(&[&prove[..], &["a.proof"]].concat()).ended(2).told("a.proof.salt");
    assert_eq!((scene.read("a.proof.salt"), scene.read("a.proof")), (runs[0].0.clone(), bundle));
}

#[test]
fn messages_tell_what_is_wrong_and_no_more() {
    let scene = Scene::cold();
    let search = Search::new(canaries());
    // The field at fault is quoted, 48 characters of it; no other is.
    let mut wrong = block();
    wrong["transactions"][2]["sender"] = json!("x".repeat(4000));
    scene.write("block.json", wrong.to_string());
    let said = scene.run(&["prove", "block.json"]).ended(2).told("transactions[2].sender");
    assert!(said.err.contains(&"x".repeat(48)) && !said.err.contains(&"x".repeat(49)), "{}", said.err);
    search.silent(&said, "a text that is too long");
    for cut in [300, 900, 1500] {
        scene.write("block.json", &block().to_string()[..cut]);
        search.silent(&scene.run(&["prove", "block.json"]).ended(2), "a block cut short");
    }
    let mut long = json!({ "fingerprint": values() });
    long["fingerprint"].as_array_mut().unwrap().push(json!(0));
    scene.write("fp.json", long.to_string());
    search.silent(&scene.run(&["prove-model", "fp.json", "--model", MODEL]).ended(2), "too many values");

    // Of salts nothing is told, however wrong they are, and of models nothing but the number at fault.
    for salt in [json!(format!("0x{SALT}0")), json!(format!("{SALT}")), json!([SALT]), json!({ SALT: 1 })] {
        let mut wrong = model();
        wrong["salt"] = salt;
        scene.write("model.fpm", wrong.to_string());
        let said = scene.run(&["model", "inspect", "model.fpm"]).ended(2).told("salt");
        search.silent(&said, "a model with a wrong salt");
    }
    let mut wrong = model();
    wrong["layers"][0]["weights"][3][4] = json!(70_000);
    scene.write("model.fpm", wrong.to_string());
    let said = scene.run(&["model", "inspect", "model.fpm"]).ended(2).told("layers[0].weights[3][4]");
    search.silent(&said, "a model with a wrong weight");
    wrong["layers"][0]["weights"][3] = json!("w".repeat(100_000));
    scene.write("model.fpm", wrong.to_string());
    assert!(scene.run(&["model", "inspect", "model.fpm"]).ended(2).err.len() < 1000);
    scene.run(&["sample", "-o", "block.json"]).ended(0);
    for salt in [format!("0x{SALT}f"), SALT[1..].to_owned(), format!("{SALT} {SALT}")] {
        scene.write("x.salt", salt);
        let verify = ["verify", "block.json", "--block", "block.json", "--salt", "x.salt"];
        search.silent(&scene.run(&verify).ended(2).told("x.salt"), "a salt that is wrong");
    }
}

#[test]
fn debug_forms_hide_secrets() {
    let secret = Secret::parse(SALT.as_bytes()).unwrap();
    let (block, _) = read_block(block().to_string().as_bytes()).unwrap();
    let codebook = foldproof_prover::codebook::default_codebook();
    let integers: Vec<i64> = values().iter().map(|value| (value * 2f64.powi(32)) as i64).collect();
    let salts = secret.salts();
    let forms = [
        format!("{secret:?}"),
        format!("{:?}", Witness::Block { block: &block, codebook, config: None, salts: &salts }),
        format!("{:?}", Witness::Values { values: &integers, salt: secret.salt() }),
        format!("{:?}", Policy::any_codebook().expect_salted_block(block.clone(), salts.block)),
        format!("{:?}", Policy::any_codebook().expect_values(integers.clone(), secret.salt())),
    ];
    let mut canaries = canaries();
    canaries.push(foldproof_verifier::scalar::to_hex(&salts.block).into_bytes());
    let search = Search::new(canaries);
    for form in forms {
        search.absent(form.as_bytes(), "a debug form");
        assert!(form.len() < 1000);
    }
}
