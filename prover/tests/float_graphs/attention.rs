//! Kernels of transformers, by values worked out by hand.

use foldproof_prover::model::onnx::schema::NodeProto;

use crate::make::{FLOAT, file, float, int, near, node, numbers, output, single, text, value};

fn found(nodes: Vec<NodeProto>, dims: &[i64], input: &[f64]) -> Vec<f64> {
    let last = nodes.last().unwrap().output[0].clone();
    let constants = vec![single("g", &[2], vec![2.0, -1.0]), single("b", &[2], vec![0.5, 0.25])];
    let bytes = file(value("x", FLOAT, dims), nodes, constants);
    let dims: Vec<usize> = dims.iter().map(|dim| *dim as usize).collect();
    numbers(&output(&bytes, &last, &dims, input).unwrap())
}

#[test]
fn gelu_in_both_forms() {
    let x = [-3.0, -1.0, 0.0, 0.5, 2.0];
    let exact = found(vec![node("Gelu", &["x"], &["y"], vec![])], &[1, 5], &x);
    near(&exact, &[-0.004_049_69, -0.158_655_25, 0.0, 0.345_731_23, 1.954_499_74]);
    let tanh = vec![node("Gelu", &["x"], &["y"], vec![text("approximate", "tanh")])];
    near(&found(tanh, &[1, 5], &x), &[-0.003_637_39, -0.158_808_01, 0.0, 0.345_714_01, 1.954_597_69]);
    let other = file(
        value("x", FLOAT, &[1, 5]),
        vec![node("Gelu", &["x"], &["y"], vec![text("approximate", "sigmoid")])],
        vec![],
    );
    let error = output(&other, "y", &[1, 5], &x).unwrap_err();
    assert!(error.contains("approximate none or tanh"), "{error}");
}

#[test]
fn layers_are_normalised() {
    // Of 1 and 3 the mean is 2 and the variance 1; of 0 and 8 they are 4 and 16.
    let plain = vec![node("LayerNormalization", &["x", "g", "b"], &["y"], vec![float("epsilon", 0.0)])];
    near(&found(plain, &[2, 2], &[1.0, 3.0, 0.0, 8.0]), &[-1.5, -0.75, -1.5, -0.75]);
    // With an epsilon of 3 the root of 1 + 3 is 2.
    let wide = vec![node("LayerNormalization", &["x", "g"], &["y"], vec![float("epsilon", 3.0)])];
    near(&found(wide, &[1, 2], &[1.0, 3.0]), &[-1.0, -0.5]);
    // From the first dimension on, of 1, 1, 5, 5: 3 and 4.
    let all =
        vec![node("LayerNormalization", &["x", "g"], &["y"], vec![int("axis", 0), float("epsilon", 0.0)])];
    near(&found(all, &[2, 2], &[1.0, 1.0, 5.0, 5.0]), &[-2.0, 1.0, 2.0, -1.0]);
    let means = vec![node("LayerNormalization", &["x", "g"], &["y", "m", "i"], vec![float("epsilon", 0.0)])];
    near(&found(means, &[1, 2], &[0.0, 8.0]), &[-2.0, -1.0]);
}

#[test]
fn what_a_normalisation_cannot_take_is_named() {
    let refused = |nodes: Vec<NodeProto>| {
        let constants = vec![single("g", &[3], vec![1.0; 3])];
        let bytes = file(value("x", FLOAT, &[1, 2]), nodes, constants);
        output(&bytes, "y", &[1, 2], &[1.0, 2.0]).unwrap_err()
    };
    let error = refused(vec![node("LayerNormalization", &["x", "g"], &["y"], vec![])]);
    assert!(error.contains("LayerNormalization") && error.contains("dimensions that go together"), "{error}");
    let error = refused(vec![node("LayerNormalization", &["x"], &["y"], vec![int("axis", 5)])]);
    assert!(error.contains("an axis of 2 dimensions"), "{error}");
    let error = refused(vec![node("LayerNormalization", &["x"], &["y"], vec![float("epsilon", f32::NAN)])]);
    assert!(error.contains("epsilon"), "{error}");
}

/// Two heads of two positions at once: softmax of products, and products of shares.
#[test]
fn attention_of_two_heads() {
    let nodes = vec![
        node("Transpose", &["x"], &["t"], vec![crate::make::ints("perm", &[0, 2, 1])]),
        node("MatMul", &["x", "t"], &["s"], vec![]),
        node("Softmax", &["s"], &["p"], vec![int("axis", -1)]),
        node("MatMul", &["p", "x"], &["y"], vec![]),
    ];
    // In each head x is one column: scores are products of its numbers.
    let made = found(nodes, &[2, 2, 1], &[0.0, 1.0, 2.0, 2.0]);
    let share = 1.0_f64.exp() / (1.0 + 1.0_f64.exp());
    near(&made, &[0.5, share, 2.0, 2.0]);
}
