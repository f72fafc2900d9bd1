//! Convolutions, pools and pads: what they compute, and what is refused. Expected numbers are onnxruntime's (1.32), the first ones
//! also by hand.

use foldproof_prover::model::onnx::schema::{AttributeProto, NodeProto, TensorProto};

use crate::make::{FLOAT, file, float, int, ints, near, node, numbers, output, single, text, value, whole};

/// Of so many elements, small integers that no symmetry hides mistakes in.
fn pattern(count: usize, step: usize, modulus: usize) -> Vec<f64> {
    (0..count).map(|i| (i * step % modulus) as f64 - (modulus / 2) as f64).collect()
}

fn small(values: Vec<f64>) -> Vec<f32> {
    values.into_iter().map(|x| x as f32).collect()
}

fn run(
    nodes: Vec<NodeProto>,
    constants: Vec<TensorProto>,
    dims: &[usize],
) -> Result<(Vec<usize>, Vec<f64>), String> {
    let free: Vec<i64> = dims.iter().map(|n| *n as i64).collect();
    let bytes = file(value("x", FLOAT, &free), nodes, constants);
    let x = pattern(dims.iter().product(), 7, 11);
    let found = output(&bytes, "y", dims, &x)?;
    Ok((found.dims().to_vec(), numbers(&found)))
}

/// Dimensions of the input, of the weights (none of a pool), whether there is a bias 0 − 1, 1 − 1, …, then what comes out.
#[track_caller]
fn case(
    op: &str,
    dims: &[usize],
    weights: &[i64],
    bias: bool,
    attributes: Vec<AttributeProto>,
    shape: &[usize],
    expected: &[f64],
) {
    let (mut inputs, mut constants) = (vec!["x"], Vec::new());
    if let Some(outputs) = weights.first() {
        let count = weights.iter().product::<i64>() as usize;
        constants.push(single("w", weights, small(pattern(count, 5, 7))));
        inputs.push("w");
        if bias {
            constants.push(single("b", &[*outputs], (0..*outputs).map(|i| i as f32 - 1.0).collect()));
            inputs.push("b");
        }
    }
    let (found_shape, found) = run(vec![node(op, &inputs, &["y"], attributes)], constants, dims).unwrap();
    assert_eq!(found_shape, shape, "{op} on {dims:?}");
    near(&found, expected);
}

#[test]
fn by_hand() {
    // x = -5 2 -2 5 1 -3, w = 1 0 -1: x[i] − x[i + 2].
    let weights = single("w", &[1, 1, 3], vec![1.0, 0.0, -1.0]);
    let found = run(vec![node("Conv", &["x", "w"], &["y"], vec![])], vec![weights], &[1, 1, 6]).unwrap();
    assert_eq!(found, (vec![1, 1, 4], vec![-3.0, -3.0, -3.0, 8.0]));
    let pair = |op: &str| vec![node(op, &["x"], &["y"], vec![ints("kernel_shape", &[2])])];
    assert_eq!(run(pair("MaxPool"), vec![], &[1, 1, 4]).unwrap().1, [2.0, 2.0, 5.0]);
    assert_eq!(run(pair("AveragePool"), vec![], &[1, 1, 4]).unwrap().1, [-1.5, 0.0, 1.5]);
}

#[test]
fn as_onnxruntime_has_it() {
    case(
        "Conv",
        &[1, 2, 6],
        &[2, 2, 3],
        true,
        vec![],
        &[1, 2, 4],
        &[6.0, -20.0, 31.0, -28.0, -17.0, 31.0, -20.0, -27.0],
    );
    case(
        "Conv",
        &[1, 2, 6],
        &[1, 2, 3],
        false,
        vec![ints("pads", &[1, 2]), ints("strides", &[2])],
        &[1, 1, 4],
        &[2.0, -19.0, -27.0, 19.0],
    );
    case(
        "Conv",
        &[1, 1, 4, 5],
        &[1, 1, 3, 3],
        true,
        vec![ints("pads", &[1, 1, 1, 1]), ints("kernel_shape", &[3, 3])],
        &[1, 1, 4, 5],
        &[
            3.0, 4.0, -18.0, 37.0, -13.0, -23.0, 56.0, -28.0, 20.0, -10.0, -24.0, 21.0, -8.0, -26.0, 48.0,
            -3.0, -15.0, 36.0, -23.0, 3.0,
        ],
    );
    case(
        "Conv",
        &[1, 2, 4, 5],
        &[1, 2, 2, 2],
        false,
        vec![ints("strides", &[2, 1]), ints("dilations", &[1, 2])],
        &[1, 1, 2, 3],
        &[19.0, -2.0, -12.0, -15.0, 19.0, -2.0],
    );
    case(
        "Conv",
        &[1, 1, 4, 5],
        &[1, 1, 2, 3],
        false,
        vec![text("auto_pad", "SAME_UPPER"), ints("strides", &[2, 2])],
        &[1, 1, 2, 3],
        &[-15.0, -22.0, 4.0, -2.0, 37.0, 4.0],
    );
    case(
        "Conv",
        &[1, 1, 4, 5],
        &[1, 1, 2, 2],
        false,
        vec![text("auto_pad", "SAME_LOWER"), ints("strides", &[1, 2])],
        &[1, 1, 4, 3],
        &[10.0, 4.0, -2.0, -4.0, -10.0, -19.0, -4.0, -16.0, 8.0, -4.0, 11.0, 24.0],
    );
    case(
        "Conv",
        &[1, 1, 4, 4],
        &[1, 1, 3, 3],
        false,
        vec![text("auto_pad", "VALID")],
        &[1, 1, 2, 2],
        &[5.0, -2.0, 21.0, -8.0],
    );
    case("Conv", &[1, 4, 3], &[2, 2, 2], true, vec![int("group", 2)], &[1, 2, 2], &[16.0, -5.0, 12.0, 12.0]);
    case(
        "Conv",
        &[2, 2, 3],
        &[2, 1, 2],
        false,
        vec![int("group", 2), ints("pads", &[1, 0])],
        &[2, 2, 3],
        &[-10.0, 19.0, -10.0, -10.0, -2.0, 6.0, 8.0, -12.0, -8.0, -6.0, 2.0, 10.0],
    );
    case("Conv", &[1, 1, 2, 2, 2], &[1, 1, 2, 1, 2], false, vec![], &[1, 1, 1, 2, 1], &[25.0, 16.0]);
    case(
        "MaxPool",
        &[1, 2, 5],
        &[],
        false,
        vec![ints("kernel_shape", &[2]), ints("strides", &[2])],
        &[1, 2, 2],
        &[2.0, 5.0, 4.0, 0.0],
    );
    case(
        "MaxPool",
        &[1, 1, 4, 5],
        &[],
        false,
        vec![ints("kernel_shape", &[3, 2]), ints("strides", &[2, 2]), ints("pads", &[1, 0, 1, 1])],
        &[1, 1, 2, 3],
        &[4.0, 5.0, 3.0, 4.0, 4.0, 5.0],
    );
    case(
        "MaxPool",
        &[1, 1, 4, 5],
        &[],
        false,
        vec![ints("kernel_shape", &[2, 2]), ints("dilations", &[2, 3])],
        &[1, 1, 2, 2],
        &[5.0, 5.0, 1.0, 4.0],
    );
    case(
        "MaxPool",
        &[1, 1, 4, 5],
        &[],
        false,
        vec![ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2]), text("auto_pad", "SAME_UPPER")],
        &[1, 1, 2, 3],
        &[4.0, 5.0, 5.0, 1.0, 4.0, 5.0],
    );
    case(
        "AveragePool",
        &[1, 1, 4, 5],
        &[],
        false,
        vec![ints("kernel_shape", &[2, 2]), ints("strides", &[2, 3])],
        &[1, 1, 2, 2],
        &[-0.5, 1.25, -2.0, -0.25],
    );
    case(
        "AveragePool",
        &[1, 1, 4, 4],
        &[],
        false,
        vec![ints("kernel_shape", &[3, 3]), ints("strides", &[2, 2]), ints("pads", &[1, 1, 1, 1])],
        &[1, 1, 2, 2],
        &[-1.25, 1.0, -0.5, 0.222222],
    );
    case(
        "AveragePool",
        &[1, 1, 4, 4],
        &[],
        false,
        vec![
            ints("kernel_shape", &[3, 3]),
            ints("strides", &[2, 2]),
            ints("pads", &[1, 1, 1, 1]),
            int("count_include_pad", 1),
        ],
        &[1, 1, 2, 2],
        &[-0.555556, 0.666667, -0.333333, 0.222222],
    );
    case(
        "AveragePool",
        &[1, 1, 5],
        &[],
        false,
        vec![ints("kernel_shape", &[2]), ints("strides", &[2]), text("auto_pad", "SAME_LOWER")],
        &[1, 1, 3],
        &[-5.0, 0.0, 3.0],
    );
    case("GlobalMaxPool", &[2, 2, 3], &[], false, vec![], &[2, 2, 1], &[2.0, 5.0, 4.0, 3.0]);
    case("GlobalAveragePool", &[1, 2, 2, 3], &[], false, vec![], &[1, 2, 1, 1], &[-0.333333, -0.5]);
}

#[test]
fn pads_before_and_after() {
    let nine = || single("v", &[], vec![9.0]);
    let expected = [9.0, 9.0, 9.0, 9.0, 9.0, -5.0, 2.0, -2.0, 9.0, 9.0, 5.0, 1.0, -3.0, 9.0, 9.0];
    let inputs = vec![node("Pad", &["x", "p", "v"], &["y"], vec![])];
    let found = run(inputs, vec![whole("p", &[4], vec![1, 0, 0, 2]), nine()], &[2, 3]).unwrap();
    assert_eq!(found, (vec![3, 5], expected.to_vec()));
    // Attributes before version 11.
    let attributes = vec![ints("pads", &[1, 0, 0, 2]), float("value", 9.0), text("mode", "constant")];
    let found = run(vec![node("Pad", &["x"], &["y"], attributes)], vec![], &[2, 3]).unwrap();
    assert_eq!(found.1, expected);
    // Axes, from version 18 on.
    let nodes = vec![node("Pad", &["x", "p", "v", "a"], &["y"], vec![])];
    let constants = vec![whole("p", &[2], vec![1, 2]), nine(), whole("a", &[1], vec![-1])];
    let found = run(nodes, constants, &[2, 3]).unwrap();
    assert_eq!(found.1, [9.0, -5.0, 2.0, -2.0, 9.0, 9.0, 9.0, 5.0, 1.0, -3.0, 9.0, 9.0]);
}

#[test]
fn what_is_no_convolution_is_refused() {
    let conv = |dims: &[usize], weights: &[i64], attributes: Vec<AttributeProto>| {
        let count = weights.iter().product::<i64>() as usize;
        let constants = vec![single("w", weights, vec![1.0; count])];
        run(vec![node("Conv", &["x", "w"], &["y"], attributes)], constants, dims).unwrap_err()
    };
    let pool = |op: &str, attributes: Vec<AttributeProto>| {
        run(vec![node(op, &["x"], &["y"], attributes)], vec![], &[1, 2, 4, 4]).unwrap_err()
    };
    let huge = i64::MAX;
    let cases = [
        (conv(&[1, 4], &[1, 1, 3], vec![]), "[batch, channels, length, …]"),
        (conv(&[0, 1, 4], &[1, 1, 3], vec![]), "not empty"),
        (conv(&[1, 0, 4], &[1, 0, 3], vec![]), "not empty"),
        (conv(&[1, 1, 0], &[1, 1, 3], vec![]), "not empty"),
        (conv(&[1, 1, 4], &[1, 1, 3, 3], vec![]), "as many axes"),
        (conv(&[1, 1, 4], &[1, 1], vec![]), "as many axes"),
        (conv(&[1, 2, 4], &[1, 1, 3], vec![]), "weights of 2 channels"),
        (conv(&[1, 2, 4], &[3, 1, 3], vec![int("group", 2)]), "weights of 2 channels"),
        (conv(&[1, 2, 4], &[2, 1, 3], vec![int("group", 0)]), "weights of 2 channels"),
        (conv(&[1, 2, 4], &[2, 1, 3], vec![int("group", huge)]), "weights of 2 channels"),
        (conv(&[1, 1, 4], &[1, 1, 5], vec![]), "a window of at most 4 along axis 0"),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![ints("dilations", &[4])]), "a window of at most 4"),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![ints("dilations", &[0])]), "dilations of 1 to"),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![ints("strides", &[0])]), "strides of 1 to"),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![ints("strides", &[1, 1])]), "1 strides"),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![ints("strides", &[huge])]), "strides of 1 to"),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![ints("pads", &[-1, 0])]), "pads of 0 to"),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![ints("pads", &[1])]), "2 pads"),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![ints("pads", &[huge, 0])]), "pads of 0 to"),
        (
            conv(&[1, 1, 4, 4], &[1, 1, 2, 2], vec![ints("pads", &[1 << 20, 1 << 20, 1 << 20, 1 << 20])]),
            "places",
        ),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![ints("pads", &[1 << 20, 1 << 20])]), "places"),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![ints("kernel_shape", &[3])]), "kernel_shape [2]"),
        (conv(&[1, 1, 4], &[1, 1, 2], vec![text("auto_pad", "SOME")]), "auto_pad NOTSET"),
        (
            conv(&[1, 1, 4], &[1, 1, 3], vec![text("auto_pad", "SAME_UPPER"), ints("dilations", &[1 << 20])]),
            "places",
        ),
        (pool("MaxPool", vec![]), "kernel_shape"),
        (pool("MaxPool", vec![ints("kernel_shape", &[2])]), "2 numbers in kernel_shape"),
        (pool("MaxPool", vec![ints("kernel_shape", &[0, 2])]), "numbers in kernel_shape of 1"),
        (pool("MaxPool", vec![ints("kernel_shape", &[2, 2]), int("ceil_mode", 1)]), "ceil_mode=False"),
        (
            pool("MaxPool", vec![ints("kernel_shape", &[2, 2]), ints("pads", &[2, 0, 0, 0])]),
            "one in the padding alone",
        ),
        (pool("AveragePool", vec![ints("kernel_shape", &[5, 5])]), "a window of at most 4"),
        (pool("LpPool", vec![ints("kernel_shape", &[2, 2])]), "MaxPool or AveragePool instead"),
        (pool("Pad", vec![ints("pads", &[0, 0, 1, 1])]), "8 pads"),
        (pool("Pad", vec![ints("pads", &[0, 0, 0, -1, 0, 0, 0, 0])]), "Slice instead"),
        (pool("Pad", vec![ints("pads", &[0, 0, 0, huge, 0, 0, 0, 0])]), "pads of 0 or more"),
        (pool("Pad", vec![ints("pads", &[1 << 20; 8])]), "at most 4194304 elements"),
        (pool("Pad", vec![ints("pads", &[0; 8]), text("mode", "reflect")]), "padding_mode"),
    ];
    for (error, part) in cases {
        assert!(error.contains("node[0]") && error.contains(part), "{part:?} was expected in {error:?}");
    }
}
