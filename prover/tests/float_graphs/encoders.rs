//! LabelEncoder.

use crate::make::{
    FLOAT, double, file, float, floats, int, ints, learning, node, numbers, output, tensor, text, texts,
    value,
};
use foldproof_prover::model::graph::tensor::Data;
use foldproof_prover::model::onnx::schema::AttributeProto;

fn encoded(attributes: Vec<AttributeProto>, whole: bool) -> Result<Data, String> {
    let cast = vec![int("to", if whole { 7 } else { 1 })];
    let nodes =
        vec![node("Cast", &["x"], &["k"], cast), learning("LabelEncoder", &["k"], &["y"], attributes)];
    let bytes = file(value("x", FLOAT, &[1, 3]), nodes, vec![]);
    output(&bytes, "y", &[1, 3], &[4.0, 7.0, 0.5]).map(|tensor| tensor.data().clone())
}

#[test]
fn keys_stand_for_values() {
    let keys = || ints("keys_int64s", &[7, 4]);
    let found =
        encoded(vec![keys(), floats("values_floats", &[1.5, 2.5]), float("default_float", 9.0)], true);
    assert_eq!(found, Ok(Data::Real(vec![2.5, 1.5, 9.0])));
    let found = encoded(vec![keys(), ints("values_int64s", &[1, 2])], true);
    assert_eq!(found, Ok(Data::Whole(vec![2, 1, -1])));
    let found =
        encoded(vec![keys(), texts("values_strings", &["a", "b"]), text("default_string", "c")], true);
    assert_eq!(found, Ok(Data::Text(vec!["b".into(), "a".into(), "c".into()])));
    // Version 4, and the first of two equal keys.
    let values = vec![
        tensor("keys_tensor", double(&[3], vec![0.5, 4.0, 4.0])),
        tensor("values_tensor", double(&[3], vec![1.0, 2.0, 3.0])),
        tensor("default_tensor", double(&[1], vec![-4.0])),
    ];
    assert_eq!(encoded(values, false), Ok(Data::Real(vec![2.0, -4.0, 1.0])));
    for (attributes, whole, message) in [
        (vec![keys(), floats("values_floats", &[1.0])], true, "2 values"),
        (vec![keys()], true, "keys and values"),
        (vec![keys(), floats("values_floats", &[1.0, 2.0])], false, "integers"),
        (vec![texts("classes_strings", &["a"])], true, "version 2"),
    ] {
        let error = encoded(attributes, whole).unwrap_err();
        assert!(error.contains(message) && error.contains("(LabelEncoder)"), "{message:?}: {error}");
    }
}

/// Float32 keys are found by numbers that are rounded to them.
#[test]
fn keys_are_single() {
    let table = vec![floats("keys_floats", &[0.1]), floats("values_floats", &[3.0])];
    let bytes = file(value("x", 11, &[1]), vec![learning("LabelEncoder", &["x"], &["y"], table)], vec![]);
    assert_eq!(numbers(&output(&bytes, "y", &[1], &[0.1]).unwrap()), [3.0]);
}
