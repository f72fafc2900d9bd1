//! Files made by hand.

use foldproof_prover::model::graph::Graph;
use foldproof_prover::model::graph::tensor::Tensor;
use foldproof_prover::model::onnx::File;
use foldproof_prover::model::onnx::schema::*;
use prost::Message;

pub const FLOAT: i32 = 1;
pub const DOUBLE: i32 = 11;

pub fn value(name: &str, element: i32, dims: &[i64]) -> ValueInfoProto {
    let dim = dims.iter().map(|n| DimensionProto { dim_value: *n, ..DimensionProto::default() }).collect();
    let tensor_type = Some(TensorTypeProto { elem_type: element, shape: Some(TensorShapeProto { dim }) });
    ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
}

pub fn node(op: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto {
        op_type: op.into(),
        input: inputs.iter().map(|name| (*name).to_owned()).collect(),
        output: outputs.iter().map(|name| (*name).to_owned()).collect(),
        attribute,
        ..NodeProto::default()
    }
}

/// A node of ai.onnx.ml.
pub fn learning(op: &str, inputs: &[&str], outputs: &[&str], attribute: Vec<AttributeProto>) -> NodeProto {
    NodeProto { domain: "ai.onnx.ml".into(), ..node(op, inputs, outputs, attribute) }
}

pub fn int(name: &str, i: i64) -> AttributeProto {
    AttributeProto { name: name.into(), i, ..AttributeProto::default() }
}

pub fn float(name: &str, f: f32) -> AttributeProto {
    AttributeProto { name: name.into(), f, ..AttributeProto::default() }
}

pub fn ints(name: &str, ints: &[i64]) -> AttributeProto {
    AttributeProto { name: name.into(), ints: ints.to_vec(), ..AttributeProto::default() }
}

pub fn floats(name: &str, floats: &[f32]) -> AttributeProto {
    AttributeProto { name: name.into(), floats: floats.to_vec(), ..AttributeProto::default() }
}

pub fn text(name: &str, text: &str) -> AttributeProto {
    AttributeProto { name: name.into(), s: text.into(), ..AttributeProto::default() }
}

pub fn texts(name: &str, texts: &[&str]) -> AttributeProto {
    let strings = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    AttributeProto { name: name.into(), strings, ..AttributeProto::default() }
}

pub fn tensor(name: &str, t: TensorProto) -> AttributeProto {
    AttributeProto { name: name.into(), t: Some(Box::new(t)), ..AttributeProto::default() }
}

pub fn single(name: &str, dims: &[i64], float_data: Vec<f32>) -> TensorProto {
    TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: FLOAT,
        float_data,
        ..TensorProto::default()
    }
}

pub fn double(dims: &[i64], double_data: Vec<f64>) -> TensorProto {
    TensorProto { dims: dims.to_vec(), data_type: DOUBLE, double_data, ..TensorProto::default() }
}

pub fn whole(name: &str, dims: &[i64], int64_data: Vec<i64>) -> TensorProto {
    TensorProto { name: name.into(), dims: dims.to_vec(), data_type: 7, int64_data, ..TensorProto::default() }
}

pub fn bytes(dims: &[i64], raw_data: Vec<u8>) -> TensorProto {
    TensorProto { dims: dims.to_vec(), data_type: 2, raw_data, ..TensorProto::default() }
}

/// A file whose input is `x`, and whose outputs are those of its last node.
pub fn file(input: ValueInfoProto, node: Vec<NodeProto>, initializer: Vec<TensorProto>) -> Vec<u8> {
    let outputs = node.last().unwrap().output.iter().filter(|name| !name.is_empty());
    let output = outputs.map(|name| value(name, FLOAT, &[])).collect();
    let graph = GraphProto { node, initializer, input: vec![input], output, ..GraphProto::default() };
    ModelProto { graph: Some(graph), ..ModelProto::default() }.encode_to_vec()
}

/// What a file gives out for an input.
pub fn output(file: &[u8], name: &str, dims: &[usize], input: &[f64]) -> Result<Tensor, String> {
    let file = File::read(file, None).map_err(|error| error.to_string())?;
    let run = || {
        let graph = Graph::of(&file, name)?;
        let fed = graph.feed(dims.to_vec(), input)?;
        let found = graph.evaluate(fed)?;
        // Prepared is the same.
        assert_eq!(graph.clone().prepared()?.evaluate(graph.feed(dims.to_vec(), input)?)?, found);
        Ok::<_, foldproof_prover::input::InputError>((*found).clone())
    };
    run().map_err(|error| error.to_string())
}

pub fn numbers(tensor: &Tensor) -> Vec<f64> {
    tensor.reals().unwrap().into_owned()
}

#[track_caller]
pub fn near(found: &[f64], expected: &[f64]) {
    assert_eq!(found.len(), expected.len(), "{found:?} {expected:?}");
    for (a, b) in found.iter().zip(expected) {
        assert!((a - b).abs() < 2e-5 * b.abs().max(1.0), "{found:?} where {expected:?} was expected");
    }
}
