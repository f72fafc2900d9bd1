//! Graphs: the float reference against onnxruntime's outputs, weights of every type and beside the model, spellings.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;

use foldproof_circuits::model::Head;
use foldproof_prover::model::graph::Graph;
use foldproof_prover::model::onnx::File;
use foldproof_prover::model::onnx::schema::*;
use foldproof_prover::model::samples::{self, Sample};
use foldproof_prover::model::{Imported, Request, import};
use prost::Message;
use serde_json::Value;

/// The numbers of an output, in order.
fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().map(|x| x.as_f64().unwrap()).collect(),
        Value::Object(items) => items.values().map(|x| x.as_f64().unwrap()).collect(),
        other => panic!("no numbers: {other}"),
    }
}

/// What is evaluated is what onnxruntime computes, of whole pipelines, and of graphs that no dense network is.
#[test]
fn evaluation_agrees_with_onnxruntime() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/models"));
    if !folder.join("mlp_sklearn.outputs.jsonl").is_file() {
        println!("skipped: no outputs in {}", folder.display());
        return;
    }
    let lines = |name: &str| -> Vec<Value> {
        let text = fs::read_to_string(folder.join(name)).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    for (model, inputs, outputs) in [
        ("mlp_sklearn", "fingerprints-50", &["output_probability"][..]),
        ("logistic_regression", "fingerprints-50", &["output_probability"]),
        ("gcn_hotzones", "gcn_hotzones", &["node_scores", "graph_score"]),
        ("gcn_hotzones_jax2onnx", "gcn_hotzones", &["node_scores", "graph_score"]),
    ] {
        let bytes = fs::read(folder.join(format!("{model}.onnx"))).unwrap();
        let file = File::read(&bytes, None).unwrap();
        let inputs = lines(&format!("{inputs}.inputs.jsonl"));
        let expected = lines(&format!("{model}.outputs.jsonl"));
        for output in outputs {
            let graph = Graph::of(&file, output).unwrap().prepared().unwrap();
            for (input, expected) in inputs.iter().zip(&expected) {
                let input = numbers(&input["input"]);
                let dims = graph.input_dims(input.len()).unwrap();
                let found = graph.evaluate(graph.feed(dims, &input).unwrap()).unwrap();
                let (found, expected) = (found.reals().unwrap().into_owned(), numbers(&expected[output]));
                assert_eq!(found.len(), expected.len(), "{model} {output}");
                for (a, b) in found.iter().zip(&expected) {
                    assert!(
                        (a - b).abs() < 2e-5 * b.abs().max(1.0),
                        "{model} {output}: {found:?} {expected:?}"
                    );
                }
            }
        }
    }
}

const WEIGHTS: [f32; 6] = [1.0, -0.5, 0.25, -1.0, 0.5, 2.0];

fn value(name: &str, element: i32, dims: &[i64]) -> ValueInfoProto {
    let dim = dims.iter().map(|n| DimensionProto { dim_value: *n, ..DimensionProto::default() }).collect();
    let tensor_type = Some(TensorTypeProto { elem_type: element, shape: Some(TensorShapeProto { dim }) });
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
}

fn node(op: &str, inputs: &[&str], outputs: &[&str]) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: outputs.iter().map(|name| (*name).to_owned()).collect(),
        ..NodeProto::default()
    }
}

fn ints(name: &str, ints: &[i64]) -> TensorProto {
    let (dims, int64_data) = (vec![ints.len() as i64], ints.to_vec());
    TensorProto { name: name.into(), dims, data_type: 7, int64_data, ..TensorProto::default() }
}

fn weights(data_type: i32, raw_data: Vec<u8>) -> TensorProto {
    TensorProto { name: "w".into(), dims: vec![2, 3], data_type, raw_data, ..TensorProto::default() }
}

fn file(element: i32, nodes: Vec<NodeProto>, initializer: Vec<TensorProto>) -> Vec<u8> {
    let output = nodes.last().unwrap().output[0].clone();
    let graph = GraphProto {
        node: nodes,
        initializer,
        input: vec![value("x", element, &[0, 2])],
        output: vec![value(&output, element, &[])],
        ..GraphProto::default()
    };
    ModelProto { graph: Some(graph), ..ModelProto::default() }.encode_to_vec()
}

fn plain(element: i32, tensor: TensorProto) -> Vec<u8> {
    file(element, vec![node("MatMul", &["x", "w"], &["y"])], vec![tensor])
}

fn vectors() -> Vec<Sample> {
    let line =
        |i: u32| format!("{{\"input\": [{}, {}]}}\n", f64::from(i * 7 % 40) / 8.0 - 2.0, f64::from(i) / 16.0);
    samples::read((0..60).map(line).collect::<String>().as_bytes()).unwrap()
}

fn imported(bytes: &[u8], folder: Option<&Path>) -> Result<Imported, String> {
    import(bytes, folder, vectors(), &Request::of(Head::Class)).map_err(|error| error.to_string())
}

#[test]
fn weights_of_every_float_type_are_read() {
    // Numbers that every type holds exactly: the models are one.
    let raw = |of: &dyn Fn(f32) -> Vec<u8>| WEIGHTS.iter().flat_map(|x| of(*x)).collect::<Vec<u8>>();
    let half = |x: f32| {
        let bits = x.to_bits();
        let exponent = (bits >> 23 & 255) as i32 - 127 + 15;
        (((bits >> 16 & 0x8000) | (exponent as u32) << 10 | (bits >> 13 & 0x3ff)) as u16)
            .to_le_bytes()
            .to_vec()
    };
    let single = imported(&plain(1, weights(1, raw(&|x| x.to_le_bytes().to_vec()))), None).unwrap();
    for (element, bytes) in [
        (11, raw(&|x| f64::from(x).to_le_bytes().to_vec())),
        (10, raw(&half)),
        (16, raw(&|x| x.to_le_bytes()[2..].to_vec())),
    ] {
        let other = imported(&plain(1, weights(element, bytes.clone())), None).unwrap();
        assert_eq!(other.model, single.model, "type {element}");
        // A graph that computes in this type, too.
        assert!(imported(&plain(element, weights(element, bytes)), None).is_ok(), "type {element}");
    }
}

fn external(entries: &[(&str, &str)]) -> Vec<u8> {
    let entry =
        |(key, value): &(&str, &str)| StringStringEntryProto { key: (*key).into(), value: (*value).into() };
    let mut tensor = weights(1, Vec::new());
    tensor.data_location = 1;
    tensor.external_data = entries.iter().map(entry).collect();
    plain(1, tensor)
}

#[test]
fn weights_are_read_from_the_models_folder_alone() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("model");
    fs::create_dir_all(folder.join("parts")).unwrap();
    let bytes: Vec<u8> = WEIGHTS.iter().flat_map(|x| x.to_le_bytes()).collect();
    for place in ["model/w.bin", "model/parts/w.bin", "outside.bin"] {
        fs::write(outer.path().join(place), [&[7; 8][..], &bytes].concat()).unwrap();
    }
    let inside = plain(1, weights(1, bytes));
    let expected = imported(&inside, None).unwrap().model;
    for place in ["w.bin", "./w.bin", "parts/w.bin"] {
        let found =
            imported(&external(&[("location", place), ("offset", "8"), ("length", "24")]), Some(&folder));
        assert_eq!(found.unwrap().model, expected, "{place}");
    }
    let absolute = outer.path().join("outside.bin").to_str().unwrap().to_owned();
    let mut cases: Vec<(Vec<(&str, &str)>, &str)> = vec![
        (vec![("location", "../outside.bin"), ("offset", "8")], "no path inside"),
        (vec![("location", "parts/../../outside.bin"), ("offset", "8")], "no path inside"),
        (vec![("location", &absolute), ("offset", "8")], "no path inside"),
        (vec![("location", ""), ("offset", "8")], "no path inside"),
        (vec![("location", "parts")], "no file"),
        (vec![("location", "absent.bin")], "not there"),
        (vec![("location", "w.bin"), ("offset", "9")], "24 bytes from offset 9"),
        (vec![("location", "w.bin"), ("offset", "18446744073709551615")], "24 bytes"),
        (vec![("location", "w.bin"), ("offset", "-1")], "offset as a number"),
        (vec![("location", "w.bin"), ("length", "20")], "24 bytes, as dimensions"),
    ];
    if cfg!(unix) {
        #[cfg(unix)]
        std::os::unix::fs::symlink(outer.path().join("outside.bin"), folder.join("link.bin")).unwrap();
        cases.push((vec![("location", "link.bin"), ("offset", "8")], "leads out"));
    }
    for (entries, message) in cases {
        let error = imported(&external(&entries), Some(&folder)).unwrap_err();
        assert!(error.contains(message) && error.contains("initializer[0]"), "{entries:?}: {error}");
    }
}

/// The same function, however it is written.
#[test]
fn shapes_of_a_dynamic_batch_change_nothing() {
    let raw: Vec<u8> = WEIGHTS.iter().flat_map(|x| x.to_le_bytes()).collect();
    let tensor = weights(1, raw);
    let expected = imported(&plain(1, tensor.clone()), None).unwrap().model;
    let axis = |node: NodeProto, axis: i64| NodeProto {
        attribute: vec![AttributeProto { name: "axis".into(), i: axis, ..AttributeProto::default() }],
        ..node
    };
    let nodes = vec![
        node("Identity", &["x"], &["x0"]),
        node("Shape", &["x0"], &["shape"]),
        node("Gather", &["shape", "zero"], &["batch"]),
        axis(node("Concat", &["batch", "two"], &["target"]), 0),
        node("Reshape", &["x0", "target"], &["x1"]),
        node("Unsqueeze", &["x1", "zero"], &["x2"]),
        node("Squeeze", &["x2", "zero"], &["x3"]),
        node("MatMul", &["x3", "w"], &["y0"]),
        node("Mul", &["y0", "one"], &["y"]),
    ];
    let one =
        TensorProto { name: "one".into(), data_type: 1, float_data: vec![1.0], ..TensorProto::default() };
    let written = file(1, nodes, vec![tensor.clone(), ints("zero", &[0]), ints("two", &[2]), one]);
    assert_eq!(imported(&written, None).unwrap().model, expected);
    // A column of features instead of a row, multiplied from the left.
    let left = vec![
        node("Transpose", &["x"], &["column"]),
        node("Transpose", &["w"], &["wt"]),
        node("MatMul", &["wt", "column"], &["y0"]),
        node("Reshape", &["y0", "row"], &["y"]),
    ];
    let written = file(1, left, vec![tensor, ints("row", &[1, 3])]);
    assert_eq!(imported(&written, None).unwrap().model, expected);
    // A shape that depends on the data is none.
    let nodes = vec![
        NodeProto {
            attribute: vec![AttributeProto { name: "to".into(), i: 7, ..AttributeProto::default() }],
            ..node("Cast", &["x"], &["whole"])
        },
        node("Reshape", &["whole", "flat"], &["target"]),
        node("Expand", &["one", "target"], &["y"]),
    ];
    let one =
        TensorProto { name: "one".into(), data_type: 1, float_data: vec![1.0], ..TensorProto::default() };
    let error = imported(&file(1, nodes, vec![ints("flat", &[2]), one]), None).unwrap_err();
    assert!(error.contains("(Expand)") && error.contains("depends on the data"), "{error}");
}

#[test]
fn formats_of_samples_say_the_same() {
    let expected = samples::read(b"{\"input\": [1, -2.5]}\n{\"input\": [3e-1, 0]}\n").unwrap();
    for text in [
        "\u{feff}{\"input\": [1, -2.5]}\n\n{\"input\": [0.3, 0]}",
        "{\n \"input\": [\n 1,\n -2.5\n ]\n}\n{\n \"input\": [0.3, 0]\n}\n",
        "[{\"input\": [1, -2.5]}, {\"input\": [0.3, 0]}]",
        "[\n [1, -2.5],\n [0.3, 0]\n]",
        "[1, -2.5]\n[0.3, 0]\n",
        "{\"input_data\": [[1, -2.5], [0.3, 0]]}",
        "{\n  \"input_data\": [\n    [1, -2.5],\n    [0.3, 0]\n  ]\n}",
        "1,-2.5\n0.3,0\n",
        "gas, value\r\n1, -2.5\r\n0.3, 0\r\n",
        "\"a\";\"b\"\n1;-2.5\n0.3;0",
        "1\t-2.5\n0.3\t0",
    ] {
        let found = samples::read(text.as_bytes()).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(found, expected, "{text:?}");
    }
    let batch = samples::read(b"{\"input_data\": [[1, -2.5, 0.3, 0]]}").unwrap();
    assert_eq!(samples::cut(batch, 2), expected);
    for (text, message) in [
        ("1,2\n3,x\n", "line 2, column 2"),
        ("1,2\n3\n", "line 2"),
        ("a,b\n1,nan\n", "line 2, column 2"),
        ("{\"input\": [1]", "line 1, column"),
        ("[[1, 2], [3, true]]", "[1]"),
        ("{\"input\": [1, 2], \"units\": [1]}", "units"),
        ("{\"input\": [1, 2], \"units\": [1, 1000]}", "units"),
        ("\"text\"", "rows of numbers"),
    ] {
        let error = samples::read(text.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(message), "{text:?}: {error}");
    }
    assert_eq!(samples::read(b" \n").unwrap(), []);
}
