//! LSTM and GRU. What is expected is onnxruntime 1.32's, of weights that a formula gives.

use crate::make::{FLOAT, file, float, int, near, node, numbers, output, single, text, texts, value, whole};
use foldproof_prover::model::onnx::schema::{AttributeProto, NodeProto, TensorProto};

const HIDDEN: usize = 2;
const INPUTS: usize = 3;
const STEPS: usize = 4;
const BATCH: usize = 2;

fn weights(count: usize, factor: usize) -> Vec<f32> {
    (0..count).map(|i| ((i * factor % 17) as f32 - 8.0) / 16.0).collect()
}

/// One number of an output that every element and its place has a part in.
fn digest(values: &[f64]) -> f64 {
    values.iter().enumerate().map(|(i, x)| x * (i as f64).cos()).sum()
}

fn tensors(gates: usize, directions: usize) -> Vec<TensorProto> {
    let dims = |dims: &[usize]| dims.iter().map(|n| *n as i64).collect::<Vec<i64>>();
    let make = |name: &str, shape: &[usize], factor: usize| {
        single(name, &dims(shape), weights(shape.iter().product(), factor))
    };
    vec![
        make("W", &[directions, gates * HIDDEN, INPUTS], 5),
        make("R", &[directions, gates * HIDDEN, HIDDEN], 7),
        make("B", &[directions, 2 * gates * HIDDEN], 3),
        make("h0", &[directions, BATCH, HIDDEN], 13),
        make("c0", &[directions, BATCH, HIDDEN], 2),
        whole("lens", &[BATCH as i64], vec![STEPS as i64; BATCH]),
        whole("short", &[BATCH as i64], vec![STEPS as i64 - 1; BATCH]),
    ]
}

fn made(node: NodeProto, gates: usize, directions: usize) -> Vec<u8> {
    let dims = [STEPS as i64, BATCH as i64, INPUTS as i64];
    file(value("x", FLOAT, &dims), vec![node], tensors(gates, directions))
}

fn run(bytes: &[u8], name: &str) -> Result<Vec<f64>, String> {
    let x: Vec<f64> = weights(STEPS * BATCH * INPUTS, 11).iter().map(|x| f64::from(*x) * 2.0).collect();
    output(bytes, name, &[STEPS, BATCH, INPUTS], &x).map(|tensor| numbers(&tensor))
}

type Row<'a> = (&'a str, &'a str, i64, bool, &'a [f64]);

#[test]
fn steps_are_those_of_onnxruntime() {
    let rows: [Row<'_>; 18] = [
        ("LSTM", "forward", 0, false, &[0.222646, -0.017839, -0.014053]),
        ("LSTM", "forward", 0, true, &[0.068563, -0.061081, -0.090669]),
        ("LSTM", "reverse", 0, false, &[0.112647, 0.193958, 0.187884]),
        ("LSTM", "reverse", 0, true, &[-0.072871, 0.142816, 0.078394]),
        ("LSTM", "bidirectional", 0, false, &[-0.219933, -0.413039, -0.786121]),
        ("LSTM", "bidirectional", 0, true, &[-0.257613, -0.417755, -0.793807]),
        ("GRU", "forward", 0, false, &[-0.137993, -0.069755]),
        ("GRU", "forward", 0, true, &[-0.205901, -0.045915]),
        ("GRU", "forward", 1, false, &[-0.301545, -0.100148]),
        ("GRU", "forward", 1, true, &[-0.355544, -0.077683]),
        ("GRU", "reverse", 0, false, &[0.003188, 0.070587]),
        ("GRU", "reverse", 0, true, &[0.078654, 0.09421]),
        ("GRU", "reverse", 1, false, &[-0.133171, -0.005059]),
        ("GRU", "reverse", 1, true, &[-0.062993, 0.016628]),
        ("GRU", "bidirectional", 0, false, &[-0.360009, -0.321979]),
        ("GRU", "bidirectional", 0, true, &[-0.557442, -0.298207]),
        ("GRU", "bidirectional", 1, false, &[-0.56677, -0.284988]),
        ("GRU", "bidirectional", 1, true, &[-0.781699, -0.261617]),
    ];
    for (op, direction, linear, initial, expected) in rows {
        let gates = if op == "LSTM" { 4 } else { 3 };
        let mut attributes = vec![int("hidden_size", 2), text("direction", direction)];
        if op == "GRU" {
            attributes.push(int("linear_before_reset", linear));
        }
        let mut inputs = vec!["x", "W", "R", "B"];
        if initial {
            // Lengths that are full change nothing.
            inputs.extend(["lens", "h0"]);
            if op == "LSTM" {
                inputs.push("c0");
            }
        }
        let outputs = &["Y", "Y_h", "Y_c"][..expected.len()];
        let bytes = made(
            node(op, &inputs, outputs, attributes),
            gates,
            if direction == "bidirectional" { 2 } else { 1 },
        );
        let found: Vec<f64> = outputs.iter().map(|name| digest(&run(&bytes, name).unwrap())).collect();
        near(&found, expected);
    }
}

#[test]
fn without_biases_and_states() {
    let with = |attributes| {
        let inputs = ["x", "W", "R"];
        made(node("GRU", &inputs, &["", "Y_h"], attributes), 3, 1)
    };
    // The size of the state is that of R where it is not said; defaults that are said are defaults.
    let plain = run(&with(vec![]), "Y_h").unwrap();
    assert_eq!(plain.len(), BATCH * HIDDEN);
    assert_eq!(
        run(&with(vec![int("hidden_size", 2), texts("activations", &["sigmoid", "Tanh"])]), "Y_h").unwrap(),
        plain
    );
}

#[test]
fn what_is_not_read_is_refused_with_advice() {
    let refused = |op: &str, inputs: &[&str], attributes: Vec<AttributeProto>, messages: &[&str]| {
        let gates = if op == "GRU" { 3 } else { 4 };
        let error = run(&made(node(op, inputs, &["Y"], attributes), gates, 1), "Y").unwrap_err();
        for message in messages.iter().chain(&["node[0] \"Y\""]) {
            assert!(error.contains(message), "{message:?} was expected in {error:?}");
        }
    };
    let all = ["x", "W", "R", "B"];
    refused("LSTM", &all, vec![float("clip", 3.0)], &["(LSTM)", "clip"]);
    refused("LSTM", &all, vec![int("input_forget", 1)], &["coupled"]);
    refused("LSTM", &all, vec![int("layout", 1)], &["layout 0"]);
    refused("LSTM", &["x", "W", "R", "B", "", "", "", "W"], vec![], &["peephole"]);
    refused("LSTM", &["x", "W", "R", "B", "short"], vec![], &["sequence_lens of 4", "without lengths"]);
    refused("LSTM", &all, vec![texts("activations", &["Relu", "Tanh", "Tanh"])], &["default activations"]);
    refused("GRU", &all, vec![texts("activations", &["Tanh"])], &["default activations"]);
    refused("GRU", &all, vec![int("hidden_size", 3)], &["R of dimensions [1, 9, 3]"]);
    refused("GRU", &all, vec![int("hidden_size", -3)], &["hidden_size"]);
    refused("GRU", &["x", "R", "R", "B"], vec![], &["X of 2 numbers a step"]);
    refused("GRU", &["x", "W", "R", "W"], vec![], &["B of dimensions [1, 12]"]);
    refused("GRU", &["x", "W", "R", "B", "", "W"], vec![], &["an initial state of dimensions [1, 2, 2]"]);
    refused("RNN", &all, vec![], &["an LSTM or a GRU"]);
    refused("Loop", &["", "", "x"], vec![], &["unroll=False", "nn.LSTM"]);
    refused("Scan", &["x"], vec![], &["export layers, not loops"]);
    refused("If", &["x"], vec![], &["fixed shapes"]);
}
