//! A network over the zones of a block from samples to a verified word about that block: on the command line, with both hidden; and what
//! is refused.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/ethereum.rs"]
mod ethereum;
#[path = "../../prover/tests/float_graphs/make.rs"]
#[expect(dead_code, reason = "other tests use the rest")]
mod make;
#[path = "../../tests/support/scene.rs"]
mod scene;

use scene::Scene;
use serde_json::{Value, json};

const ZONES: [&str; 3] = ["--analytics=zones,graph", "--preset", "normalised"];
const KZG: [&str; 4] = ["--scheme", "kzg", "--params", "setup.kzg"];
const TRUSTED: [&str; 4] = ["--params", "setup.kzg", "--allow-insecure-setup", "--registry=known.json"];

/// Zones within a distance of each other pass on what they have, densities and all: a graph network of one layer, with a score for all.
fn network() -> Vec<u8> {
    use make::{FLOAT, file, int, node, single, value, whole};
    let weight = |n: usize| (n * 37 % 101) as f32 / 200.0 - 0.25;
    let weights = |count: usize| (0..count).map(weight).collect::<Vec<f32>>();
    let nodes = vec![
        node("Slice", &["x", "zero", "sixteen", "one"], &["centres"], vec![]),
        node("Unsqueeze", &["centres", "one"], &["left"], vec![]),
        node("Unsqueeze", &["centres", "zero"], &["right"], vec![]),
        node("Sub", &["left", "right"], &["difference"], vec![]),
        node("Mul", &["difference", "difference"], &["squares"], vec![]),
        node("ReduceSum", &["squares", "last"], &["square"], vec![int("keepdims", 0)]),
        node("Less", &["square", "near"], &["touches"], vec![]),
        node("Cast", &["touches"], &["adjacency"], vec![int("to", 1)]),
        node("MatMul", &["x", "w"], &["features"], vec![]),
        node("MatMul", &["adjacency", "features"], &["gathered"], vec![]),
        node("Relu", &["gathered"], &["layer"], vec![]),
        node("Gemm", &["layer", "v", "c"], &["scores"], vec![]),
    ];
    let constants = vec![
        whole("zero", &[1], vec![0]),
        whole("one", &[1], vec![1]),
        whole("sixteen", &[1], vec![16]),
        whole("last", &[1], vec![-1]),
        single("near", &[], vec![28.0]),
        single("w", &[18, 4], weights(72)),
        single("v", &[4, 1], weights(4)),
        single("c", &[1], vec![0.1]),
    ];
    file(value("x", FLOAT, &[6, 18]), nodes, constants)
}

fn run(scene: &Scene, code: i32, arguments: &[&[&str]]) -> String {
    let said = scene.run(&arguments.concat()).ended(code);
    said.out + &said.err
}

fn last(told: &str) -> Value {
    let line = told.lines().rfind(|line| line.starts_with('{')).unwrap();
    serde_json::from_str(line).unwrap()
}

/// Blocks `a` and `b`, the first of Ethereum's kind, a setup and a registered network.
fn scene() -> Scene {
    let scene = Scene::cold();
    scene.run(&["params", "insecure-test-setup", "-k", "14", "-o", "setup.kzg"]).ended(0);
    scene.write("a.json", ethereum::block().to_string());
    std::fs::create_dir(scene.path("samples")).unwrap();
    for seed in 0..12 {
        let out = format!("samples/{seed:02}.json");
        let (seed, count) = (seed.to_string(), (20 + seed).to_string());
        run(&scene, 0, &[&["sample", "--transactions", &count, "--seed", &seed, "-o", &out]]);
    }
    scene.write("b.json", scene.read("samples/03.json"));
    let print = ["fingerprint", "--analytics", "--zone-graph", "--preset", "normalised"];
    scene.write("graphs.jsonl", scene.run(&[&print[..], &["samples"]].concat()).ended(0).out);
    for block in ["a", "b"] {
        let out = scene.run(&[&print[..], &[&format!("{block}.json")]].concat()).ended(0).out;
        scene.write(&format!("{block}.graph"), out);
    }
    scene.write("gcn.onnx", network());
    let import =
        ["model", "import", "gcn.onnx", "--calibrate", "graphs.jsonl", "--head", "tags", "-o", "gcn.fpm"];
    run(&scene, 0, &[&import]);
    run(&scene, 0, &[&["registry", "add", "known.json", "gcn.fpm", "zones", "1"]]);
    scene
}

#[test]
fn a_network_speaks_about_the_zones_of_a_block() {
    let scene = scene();
    let sample: Value = serde_json::from_slice(&scene.read("a.graph")).unwrap();
    let numbers: Vec<f64> = serde_json::from_value(sample["input"].clone()).unwrap();
    // A calibration that chose other units would have the model look at other integers than the block's proof commits to.
    assert_eq!(sample["units"], json!(vec![0; 6 * 18]));
    assert!(numbers.len() == 6 * 18 && numbers.chunks(18).all(|zone| zone[16] >= 1.0 && zone[17] == 1.0));
    assert_eq!(scene.read("graphs.jsonl").split(|byte| *byte == b'\n').count(), 13, "a line for each block");

    // The blocks, and one without the graph.
    for block in ["a", "b"] {
        let (file, out) = (format!("{block}.json"), format!("{block}.proof"));
        run(&scene, 0, &[&["prove", &file, "--hide", "-o", &out], &ZONES, &KZG]);
    }
    let bare = ["--analytics=zones", "--preset", "normalised", "-o", "bare.proof"];
    run(&scene, 0, &[&["prove", "a.json"], &bare, &KZG]);
    let verified = last(&run(&scene, 0, &[&["verify", "a.proof", "--json"], &TRUSTED]));
    assert!(verified["statement"].as_str().unwrap().ends_with("+analytics-zones-graph.normalised"));
    let commitment = verified["analytics"]["zone_graph_commitment"].as_str().unwrap().to_owned();
    let shown = run(&scene, 0, &[&["verify", "a.proof"], &TRUSTED]);
    let (facts, rows) = shown.split_once("\nanalytics: facts").unwrap();
    assert!(
        rows.contains("zone_graph_commitment") && rows.contains(&commitment) && !facts.contains(&commitment)
    );

    // What the network says of the first, behind the same salt, behind none, and behind another.
    let prove = |graph: &str, salt: &[&str], out: &str| {
        last(&run(
            &scene,
            0,
            &[&["prove-model", graph, "--model", "gcn.fpm", "-o", out, "--json"], salt, &KZG],
        ))
    };
    let proved = prove("a.graph", &["--salt-of", "a.proof.salt"], "said.proof");
    assert!(proved["statement"].as_str().unwrap().starts_with("matrix-6x18+graph-18x6-"), "{proved}");
    prove("a.graph", &[], "plain.proof");
    prove("a.graph", &["--salt-of", "b.proof.salt"], "other-salt.proof");
    prove("b.graph", &["--salt-of", "a.proof.salt"], "other-graph.proof");
    let held = |code: i32, said: &str, history: &[&str]| {
        last(&run(&scene, code, &[&["verify", said, "--json", "--history"], history, &TRUSTED]))
    };
    let told = held(0, "said.proof", &["a.proof"]);
    assert_eq!((&told["subject"], &told["values_matched"]), (&json!("matrix"), &json!(true)));
    assert_eq!(told["values_commitment"], commitment);
    assert_eq!(told["history_heights"].as_array().unwrap().len(), 1);
    assert_eq!(told["hints"].as_array().unwrap().len(), 1);
    let shown = run(&scene, 0, &[&["verify", "said.proof", "--history", "a.proof"], &TRUSTED]);
    assert!(shown.contains("about the graph of zones of a verified block, height "), "{shown}");
    for (said, history, expected) in [
        ("said.proof", &["b.proof"][..], "zone graph: the block's proof commits to 0x"),
        ("plain.proof", &["a.proof"], "--salt-of BLOCK.proof.salt"),
        ("other-salt.proof", &["a.proof"], "has another salt"),
        ("other-graph.proof", &["a.proof"], "it is the graph of another block"),
        ("said.proof", &["bare.proof"], "--analytics=zones,graph` makes one"),
        ("said.proof", &["a.proof", "a.proof"], "history[1]"),
    ] {
        let told = held(1, said, history);
        let error = told["error"].as_str().unwrap();
        assert!(error.contains(expected), "{said}, {history:?}: {error}");
        assert_eq!(told.get("hints"), None, "{told}");
    }
    // Without a history it is about no block, and nobody is told otherwise.
    let told = last(&run(&scene, 0, &[&["verify", "said.proof", "--json", "--allow-values"], &TRUSTED]));
    assert_eq!((told.get("history_heights"), &told["values_matched"]), (None, &json!("not asked")));
    // A secret for each position is for sequences.
    let twice = ["--salt-of", "a.proof.salt", "--salt-of", "b.proof.salt"];
    let told = run(&scene, 2, &[&["prove-model", "a.graph", "--model", "gcn.fpm"], &twice, &KZG]);
    assert!(told.contains("as many secrets as commitments were expected, 1 ("), "{told}");
}

/// Zones that are cut off by a configuration from a file are nodes of zeros in the sample as in the proof, and nothing is hidden.
#[test]
fn a_configuration_from_a_file_cuts_zones_off() {
    let scene = scene();
    let config = json!({
        "kernel": 3_098_164_009_u64, "reach": 4 << 24, "min_sum": 1_u64 << 52, "zones": 2, "edge2": 1_u64 << 31,
        "edge3": 9_u64 << 30, "edge4": 6_u64 << 32, "baseline": 1_u64 << 39, "scale": 1 << 23,
    });
    scene.write("zones.json", config.to_string());
    let file = ["--zone-config", "zones.json"];
    let printed = scene
        .run(&[&["fingerprint", "a.json", "--analytics", "--zone-graph"], &file[..]].concat())
        .ended(0)
        .out;
    let sample: Value = serde_json::from_str(&printed).unwrap();
    let numbers: Vec<f64> = serde_json::from_value(sample["input"].clone()).unwrap();
    assert!(numbers[2 * 18..].iter().all(|number| *number == 0.0) && numbers[18 + 17] == 1.0);
    scene.write("cut.graph", printed);
    run(&scene, 0, &[&["prove", "a.json", "--analytics=zones,graph", "-o", "cut.proof"], &file, &KZG]);
    for graph in ["cut", "a"] {
        let (input, out) = (format!("{graph}.graph"), format!("said-{graph}.proof"));
        run(&scene, 0, &[&["prove-model", &input, "--model", "gcn.fpm", "-o", &out], &KZG]);
    }
    let held = |code: i32, said: &str| {
        run(&scene, code, &[&["verify", said, "--history", "cut.proof"], &file, &TRUSTED]);
    };
    held(0, "said-cut.proof");
    held(1, "said-a.proof");
}
