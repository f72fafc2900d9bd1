//! Files of models that are graphs: back and forth, and whatever else stands in one.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use foldproof_circuits::graph::{Graph, GraphModel, ParameterBlock};
use foldproof_circuits::models::QuantisedModel;
use foldproof_circuits::testing::graphs;
use foldproof_circuits::testing::samples::{Dice, seed};
use foldproof_prover::input::Mapping;
use foldproof_prover::model::file::Meaning;
use foldproof_prover::model::graph_file::{read, read_any, read_with_meaning, to_json, to_json_with_meaning};
use foldproof_prover::model::samples::Units;
use foldproof_prover::model::{DEMO_FILE, demo};
use serde_json::{Value, json};

fn random(seed: u64) -> GraphModel {
    let mut dice = Dice::new(seed);
    let graph = Arc::new(graphs::graph(&mut dice));
    graphs::model(&mut dice, &graph)
}

/// A model by hand: a forest and a linear block with a table, over two channels at two positions.
fn document() -> Value {
    let salt = format!("0x{}", "0".repeat(64));
    json!({
        "format": 2, "kind": "graph", "limb_bits": 12, "channels": 2, "positions": 2, "salt": salt,
        "inputs": [{"mean": 3, "multiplier": 1_u64 << 38}, {"mean": -3, "multiplier": 0}],
        "blocks": [
            {"kind": "linear", "outputs": 2, "operands": [[2, 0]]},
            {"kind": "forest", "trees": 1, "depth": 2, "splits": 2, "leaves": 2, "targets": 1},
        ],
        "nodes": [
            {"op": "input"},
            {"op": "linear", "block": 0, "operands": [0], "range": [-1024, 11],
             "table": {"function": "tanh", "input": 7, "output": 11}},
            {"op": "index", "views": [{"of": 1, "offset": 3, "dims": [[4, -1]]}]},
            {"op": "combine", "terms": [[1, 1, 2], [-16, 1]], "constant": 5, "divisor": 4096, "range": [0, 12]},
            {"op": "forest", "block": 1},
        ],
        "heads": [
            {"head": "tags", "of": 3, "fraction_bits": 7, "labels": ["a", "b", "c", "d"]},
            {"head": "top", "of": 2, "count": 2, "fraction_bits": 11, "labels": ["a", "b", "c", "d"]},
            {"head": "class", "of": 4, "fraction_bits": 0, "labels": ["only"]},
        ],
        "parameters": [
            {"kind": "linear", "bias": [40, -7], "multiplier": [900, 1], "weights": [[[127, -128], [1, 0]]]},
            {"kind": "forest", "splits": [
                {"feature": 0, "threshold": 10, "left": 1, "right": -1},
                {"feature": 3, "threshold": -5, "left": -2, "right": -1},
            ], "leaves": [[100], [-3]]},
        ],
    })
}

fn refusal(document: &Value) -> String {
    match read(document.to_string().as_bytes()) {
        Ok(_) => "nothing".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn files_give_models_back() {
    let seed = seed();
    for case in 0..100 {
        let model = random(seed + case);
        let text = to_json(&model);
        let again = read(text.as_bytes()).unwrap_or_else(|error| panic!("seed {}: {error}", seed + case));
        assert!(again == model, "seed {}", seed + case);
        assert_eq!(to_json(&again), text);
        let channels = model.graph().channels();
        let units = Units::new((0..channels as i32).map(|exponent| 3 - exponent).collect()).unwrap();
        let meaning = Meaning { mapping: Some(Mapping::default()), units };
        let text = to_json_with_meaning(&model, &meaning);
        assert_eq!(read_with_meaning(text.as_bytes()).unwrap(), (model, meaning));
    }
    let model = read(document().to_string().as_bytes()).unwrap();
    assert!(read(to_json(&model).as_bytes()).unwrap() == model);
    let blank = GraphModel::blank(Arc::clone(model.graph()));
    assert!(read(to_json(&blank).as_bytes()).is_err(), "what keys are made from has no labels");
}

#[test]
fn both_formats_are_told_apart() {
    let text = to_json(&random(5));
    assert!(
        matches!(read_any(text.as_bytes()).unwrap().0, QuantisedModel::Graph(model) if to_json(&model) == text)
    );
    assert!(
        matches!(read_any(DEMO_FILE.as_bytes()).unwrap().0, QuantisedModel::Dense(model) if model == *demo())
    );
    for (text, path) in
        [("", "the document"), ("{}", "the document"), ("[2]", "the document"), ("{\"format\": 3}", "format")]
    {
        let error = read_any(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(path) || error.contains("missing field"), "{text}: {error}");
    }
}

/// Changes a file by hand, and what is said of it.
#[test]
fn everything_else_is_refused_by_name() {
    assert_eq!(refusal(&document()), "nothing");
    let changes: [(&str, Value, &str); 38] = [
        ("/format", json!(1), "format: expected 2, found 1"),
        ("/kind", json!("dense"), "kind: expected graph, found \"dense\""),
        ("/mapping", json!("other"), "mapping: expected indexer or full"),
        ("/mapping", json!(null), "mapping: "),
        ("/units", json!([0, 0]), "units: expected 2 exponents"),
        ("/units", json!([1]), "units: expected 2 exponents"),
        ("/units", json!([1, 101]), "units: expected 2 exponents"),
        ("/other", json!(1), "unknown field `other`"),
        ("/limb_bits", json!(15), "limb_bits: expected 12, 13 or 14, found 15"),
        ("/channels", json!(70000), "channels: "),
        ("/channels", json!(2.0), "channels: "),
        ("/salt", json!("0x12"), "salt: expected 0x and 64 hex digits"),
        ("/salt", json!(12), "salt: expected a text, found something else"),
        ("/inputs/1/mean", json!(1_i64 << 36), "inputs[1].mean: expected a signed integer of 36 bits"),
        ("/inputs/1/unit", json!(1), "inputs[1].unit: "),
        ("/blocks/0/kind", json!("dense"), "blocks[0].kind: expected linear or forest"),
        ("/blocks/0/trees", json!(1), "blocks[0].trees: expected no such key of \"linear\""),
        (
            "/blocks/0/operands",
            json!([[2, 16]]),
            "blocks[0]: expected 0 to 15 as the power of an operand, found 16",
        ),
        ("/blocks/0/operands", json!([[2, 0], [2, 0], [2, 0], [2, 0], [2, 0]]), "blocks[0].operands"),
        ("/nodes/0/op", json!("relu"), "nodes[0].op: expected input, constant, linear"),
        ("/nodes/0/block", json!(0), "nodes[0].block: expected no such key of \"input\""),
        ("/nodes/0/block", json!(null), "nodes[0].block: "),
        ("/nodes/1/operands/0", json!(1), "nodes[1]: expected operands that are computed before"),
        ("/nodes/1/range", json!([-1024, 40]), "nodes[1]: expected a table of 4 to 12 bits"),
        ("/nodes/3/range", json!([0, 40]), "nodes[3]: expected an activation of 12 bits"),
        (
            "/nodes/1/table/function",
            json!("relu"),
            "nodes[1].table.function: expected sigmoid, tanh, decay, gelu, gelu-tanh, silu, inverse-root",
        ),
        ("/nodes/2/views/0/dims/0/1", json!(1), "nodes[2]: expected places below 4 of node 1, found 3 to 6"),
        ("/nodes/3/terms/0", json!([1]), "nodes[3].terms[0]: expected [coefficient, node]"),
        ("/nodes/3/terms/0", json!([1, -1]), "nodes[3].terms[0]: expected [coefficient, node]"),
        ("/nodes/3/divisor", json!(7), "nodes[3]: expected an even divisor"),
        ("/heads/0/head", json!("other"), "heads[0].head: expected tags, class"),
        ("/heads/0/threshold", json!(0), "heads[0].threshold: expected no such key of \"tags\""),
        ("/heads/1/count", json!(5), "heads[1]: expected 1 to 4 indices"),
        ("/heads/2/labels", json!([]), "heads[2].labels: expected 1, found 0"),
        ("/parameters/0/weights/0/0/0", json!(128), "parameters[0].weights[0][0][0]: "),
        ("/parameters/0/multiplier", json!([1]), "parameters[0].multiplier: expected 2, one for each bias"),
        ("/parameters/1/leaves/0", json!([1, 2]), "parameters[1].leaves[0]: expected 1, found 2"),
        (
            "/parameters/1/splits/0/left",
            json!(-65537),
            "parameters[1].splits[0].left: expected a split from 0 on",
        ),
    ];
    for (pointer, value, said) in changes {
        let mut changed = document();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match changed.pointer_mut(parent).unwrap() {
            Value::Object(object) => drop(object.insert(key.to_owned(), value)),
            other => other[key.parse::<usize>().unwrap()] = value,
        }
        let found = refusal(&changed);
        assert!(found.contains(said), "{pointer}: {found:?} does not say {said:?}");
    }
}

#[test]
fn trees_that_go_in_circles_are_refused() {
    for (split, side, child) in
        [(0, "left", 0), (1, "left", 1), (1, "right", 0), (0, "right", 1), (1, "left", 7), (0, "left", -1)]
    {
        let mut changed = document();
        changed["parameters"][1]["splits"][split][side] = json!(child);
        let found = refusal(&changed);
        assert!(found.contains("parameters[1]"), "{split} {side} {child}: {found}");
    }
}

#[test]
fn what_a_file_leaves_out_is_missed() {
    let whole = document();
    let text = to_json(&read(whole.to_string().as_bytes()).unwrap());
    for cut in (0..text.len() - 2).filter(|cut| text.is_char_boundary(*cut)) {
        assert!(read(&text.as_bytes()[..cut]).is_err(), "cut at {cut}");
    }
    assert!(read(format!("{text}{{}}").as_bytes()).is_err());
    assert!(read(text.replace("\"format\": 2", "\"format\": 2, \"format\": 2").as_bytes()).is_err());
    // Whatever key is left out somewhere.
    fn keys(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(object) => object.iter().for_each(|(key, value)| {
                found.push(format!("{path}/{key}"));
                keys(value, &format!("{path}/{key}"), found);
            }),
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(i, item)| keys(item, &format!("{path}/{i}"), found))
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    keys(&whole, "", &mut found);
    assert!(found.len() > 60);
    for pointer in found {
        let mut changed = whole.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        changed.pointer_mut(parent).unwrap().as_object_mut().unwrap().remove(key);
        // Without its table a node is another node; without its divisor a sum is wide, and has no range.
        let said = refusal(&changed);
        assert!(said != "nothing" || pointer.ends_with("/table"), "without {pointer}: {said}");
    }
}

#[test]
fn great_counts_end_at_their_limits() {
    let document = document();
    for (pointer, item, count) in [
        ("/nodes", json!({"op": "input"}), 5000),
        ("/blocks", json!({"kind": "linear"}), 300),
        ("/heads", json!({"head": "tags"}), 9),
        ("/nodes/2/views/0/dims", json!([1, 1]), 5),
        ("/nodes/3/terms", json!([1, 1]), 65),
        ("/parameters/0/weights/0", json!([]), 5000),
        ("/parameters/1/leaves", json!([]), 70000),
    ] {
        let mut changed = document.clone();
        *changed.pointer_mut(pointer).unwrap() = Value::Array(vec![item; count]);
        let found = refusal(&changed);
        assert!(found.contains("an array of at most"), "{pointer}: {found}");
    }
}

/// A graph may be read from a file that says nothing of what it cannot hold.
#[test]
fn parameters_follow_their_blocks() {
    let model = read(document().to_string().as_bytes()).unwrap();
    let kinds: Vec<bool> =
        model.blocks().iter().map(|block| matches!(block, ParameterBlock::Forest(_))).collect();
    assert_eq!(kinds, [false, true]);
    assert_eq!(Graph::from_bytes(&model.graph().to_bytes()).as_ref(), Some(&**model.graph()));
    let mut swapped = document();
    swapped["parameters"].as_array_mut().unwrap().reverse();
    assert!(refusal(&swapped).contains("parameters[0]: expected parameters of its block"));
}

/// A graph with every operator over groups of activations.
fn grouped() -> Value {
    let mut document = document();
    let nodes = json!([
        {"op": "input"},
        {"op": "product", "a": 0, "b": 0, "inner": 2, "multiplier": 3, "range": [-2048, 12]},
        {"op": "maximum", "of": 1, "width": 2},
        {"op": "softmax", "of": 1, "width": 2, "table": {"input": 7, "output": 12, "bits": 11}, "power": 11},
        {"op": "norm", "of": 0, "width": 4, "epsilon": 1, "power": 9},
        {"op": "combine", "terms": [[1, 0]], "constant": 6000, "divisor": 2, "range": [0, 12]},
        {"op": "aggregate", "a": 0, "b": 1, "inner": 1, "scale": 5, "range": [0, 12]},
    ]);
    document["nodes"] = nodes;
    document["blocks"] = json!([]);
    document["parameters"] = json!([]);
    let labels = json!(["a", "b", "c", "d"]);
    document["heads"] = json!([
        {"head": "tags", "of": 4, "fraction_bits": 9, "labels": labels},
        {"head": "values", "of": 3, "fraction_bits": 11, "labels": labels},
        {"head": "commitment", "of": 2, "fraction_bits": 0},
    ]);
    document
}

#[test]
fn operators_over_groups_are_written_and_read() {
    let model = read(grouped().to_string().as_bytes()).unwrap();
    let text = to_json(&model);
    assert!(read(text.as_bytes()).unwrap() == model);
    assert!(text.contains(r#""table":{"input":7,"output":12,"bits":11}"#), "{text}");
}

#[test]
fn operators_over_groups_have_their_keys_and_no_others() {
    for (place, key) in [
        (1, "a"),
        (1, "b"),
        (1, "inner"),
        (1, "multiplier"),
        (1, "range"),
        (2, "of"),
        (2, "width"),
        (3, "of"),
        (3, "width"),
        (3, "table"),
        (3, "power"),
        (4, "of"),
        (4, "width"),
        (4, "epsilon"),
        (4, "power"),
        (6, "a"),
        (6, "b"),
        (6, "inner"),
        (6, "scale"),
        (6, "range"),
    ] {
        let mut without = grouped();
        without["nodes"][place].as_object_mut().unwrap().remove(key);
        let found = refusal(&without);
        assert!(found.contains(&format!("nodes[{place}].{key}")), "{key}: {found}");
        let mut null = grouped();
        null["nodes"][place][key] = Value::Null;
        assert_ne!(refusal(&null), "nothing", "{place} {key}");
    }
    for (place, key, value) in [
        (1, "width", json!(2)),
        (2, "power", json!(1)),
        (2, "range", json!([0, 12])),
        (3, "epsilon", json!(1)),
        (3, "range", json!([0, 11])),
        (4, "table", json!({"function": "tanh", "input": 7, "output": 11})),
        (4, "inner", json!(1)),
        (1, "scale", json!(0)),
        (6, "multiplier", json!(1)),
        (0, "of", json!(0)),
    ] {
        let mut more = grouped();
        more["nodes"][place][key] = value;
        let found = refusal(&more);
        assert!(found.contains(&format!("nodes[{place}].{key}")), "{place} {key}: {found}");
    }
    let table = |table: Value| {
        let mut other = grouped();
        other["nodes"][3]["table"] = table;
        refusal(&other)
    };
    assert!(table(json!({"input": 7, "output": 12})).contains("nodes[3].table.bits"));
    let named = json!({"function": "decay", "input": 7, "output": 12, "bits": 11});
    assert!(table(named).contains("nodes[3].table.function"));
    let mut bits = document();
    bits["nodes"][1]["table"]["bits"] = json!(11);
    assert!(refusal(&bits).contains("nodes[1].table.bits"));
    for key in ["inner", "width", "multiplier"] {
        let place = if key == "width" { 3 } else { 1 };
        let mut none = grouped();
        none["nodes"][place][key] = json!(0);
        assert_ne!(refusal(&none), "nothing", "{key}");
    }
}
