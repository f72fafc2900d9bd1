//! ONNX files: one that is a network, and large ones.

use foldproof_prover::model::onnx::schema::{
    AttributeProto, DimensionProto, GraphProto, ModelProto, NodeProto, TensorProto, TensorShapeProto,
    TensorTypeProto, TypeProto, ValueInfoProto,
};
use prost::Message;

fn file(graph: GraphProto) -> Vec<u8> {
    ModelProto { ir_version: 8, graph: Some(graph), ..ModelProto::default() }.encode_to_vec()
}

/// A dense network of six inputs.
pub fn seed() -> Vec<u8> {
    let tensor = |name: &str, dims: &[i64], count: usize| TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: 1,
        raw_data: (0..count).flat_map(|x| (x as f32 / 7.0 - 1.0).to_le_bytes()).collect(),
        ..TensorProto::default()
    };
    let node = |op: &str, input: &[&str], output: &str| NodeProto {
        op_type: op.into(),
        input: input.iter().map(|name| (*name).to_owned()).collect(),
        output: vec![output.into()],
        ..NodeProto::default()
    };
    let value = |name: &str, dims: &[i64]| {
        let dim = dims.iter().map(|n| DimensionProto { dim_value: *n, ..DimensionProto::default() });
        let shape = Some(TensorShapeProto { dim: dim.collect() });
        let tensor_type = Some(TensorTypeProto { elem_type: 1, shape });
        ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
    };
    let graph = GraphProto {
        input: vec![value("x", &[1, 6])],
        output: vec![value("y", &[1, 2])],
        node: vec![
            node("MatMul", &["x", "w"], "a"),
            node("Add", &["a", "b"], "c"),
            node("Relu", &["c"], "d"),
            node("MatMul", &["d", "v"], "e"),
            node("Sigmoid", &["e"], "y"),
        ],
        initializer: vec![tensor("w", &[6, 4], 24), tensor("b", &[4], 4), tensor("v", &[4, 2], 8)],
        ..GraphProto::default()
    };
    file(graph)
}

/// A GRU over two steps and an ensemble of one split, which are no dense networks.
pub fn others() -> Vec<Vec<u8>> {
    let tensor = |name: &str, dims: &[i64]| TensorProto {
        name: name.into(),
        dims: dims.to_vec(),
        data_type: 1,
        float_data: (0..dims.iter().product::<i64>()).map(|x| x as f32 / 7.0 - 1.0).collect(),
        ..TensorProto::default()
    };
    let node = |op: &str, domain: &str, input: &[&str], attribute| NodeProto {
        op_type: op.into(),
        domain: domain.into(),
        input: input.iter().map(|name| (*name).to_owned()).collect(),
        output: vec!["y".into()],
        attribute,
        ..NodeProto::default()
    };
    let named = |name: &str| AttributeProto { name: name.into(), ..AttributeProto::default() };
    let ints = |name: &str, ints: &[i64]| AttributeProto { ints: ints.to_vec(), ..named(name) };
    let floats = |name: &str, floats: &[f32]| AttributeProto { floats: floats.to_vec(), ..named(name) };
    let modes = ["BRANCH_LEQ", "LEAF", "LEAF"].iter().map(|mode| mode.as_bytes().to_vec()).collect();
    let modes = AttributeProto { strings: modes, ..named("nodes_modes") };
    let value = |name: &str, dims: &[i64]| {
        let dim = dims.iter().map(|n| DimensionProto { dim_value: *n, ..DimensionProto::default() });
        let shape = Some(TensorShapeProto { dim: dim.collect() });
        let tensor_type = Some(TensorTypeProto { elem_type: 1, shape });
        ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
    };
    let graph = |input: &[i64], node, initializer| GraphProto {
        input: vec![value("x", input)],
        output: vec![value("y", &[])],
        node: vec![node],
        initializer,
        ..GraphProto::default()
    };
    let ensemble = vec![
        ints("nodes_treeids", &[0, 0, 0]),
        ints("nodes_nodeids", &[0, 1, 2]),
        ints("nodes_featureids", &[5, 0, 0]),
        floats("nodes_values", &[0.5, 0.0, 0.0]),
        modes,
        ints("nodes_truenodeids", &[1, 0, 0]),
        ints("nodes_falsenodeids", &[2, 0, 0]),
        ints("target_treeids", &[0, 0]),
        ints("target_nodeids", &[1, 2]),
        ints("target_ids", &[0, 0]),
        floats("target_weights", &[1.0, 2.0]),
    ];
    let weights = vec![tensor("w", &[1, 6, 3]), tensor("r", &[1, 6, 2]), tensor("b", &[1, 12])];
    vec![
        file(graph(&[2, 1, 3], node("GRU", "", &["x", "w", "r", "b"], Vec::new()), weights)),
        file(graph(&[1, 6], node("TreeEnsembleRegressor", "ai.onnx.ml", &["x"], ensemble), Vec::new())),
    ]
}

/// A convolution and a pool.
pub fn sliding() -> Vec<Vec<u8>> {
    let value = |name: &str, dims: &[i64]| {
        let dim = dims.iter().map(|n| DimensionProto { dim_value: *n, ..DimensionProto::default() });
        let shape = Some(TensorShapeProto { dim: dim.collect() });
        let tensor_type = Some(TensorTypeProto { elem_type: 1, shape });
        ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
    };
    let ints = |name: &str, ints: &[i64]| AttributeProto {
        name: name.into(),
        ints: ints.to_vec(),
        ..AttributeProto::default()
    };
    let made = |op: &str, input: &[&str], attribute: Vec<AttributeProto>| {
        let weights = TensorProto {
            name: "w".into(),
            dims: vec![2, 1, 3],
            data_type: 1,
            float_data: (0..6_u8).map(f32::from).collect(),
            ..TensorProto::default()
        };
        file(GraphProto {
            input: vec![value("x", &[1, 1, 6])],
            output: vec![value("y", &[])],
            node: vec![NodeProto {
                op_type: op.into(),
                input: input.iter().map(|name| (*name).to_owned()).collect(),
                output: vec!["y".into()],
                attribute,
                ..NodeProto::default()
            }],
            initializer: vec![weights],
            ..GraphProto::default()
        })
    };
    let common = || vec![ints("strides", &[2]), ints("dilations", &[1]), ints("pads", &[1, 1])];
    let pool = [common(), vec![ints("kernel_shape", &[2])]].concat();
    vec![made("Conv", &["x", "w"], common()), made("AveragePool", &["x"], pool)]
}

/// Empty messages, many of them, at every place there can be many.
pub fn large() -> Vec<Vec<u8>> {
    let count = 1 << 20;
    let graph = GraphProto::default;
    let node = |node| file(GraphProto { node: vec![node], ..graph() });
    let tensor = |tensor| file(GraphProto { initializer: vec![tensor], ..graph() });
    vec![
        file(GraphProto { node: vec![NodeProto::default(); count], ..graph() }),
        file(GraphProto { initializer: vec![TensorProto::default(); count], ..graph() }),
        file(GraphProto { input: vec![ValueInfoProto::default(); count], ..graph() }),
        file(GraphProto { output: vec![ValueInfoProto::default(); count], ..graph() }),
        node(NodeProto { attribute: vec![AttributeProto::default(); count], ..NodeProto::default() }),
        node(NodeProto { input: vec![String::new(); count], ..NodeProto::default() }),
        tensor(TensorProto { dims: vec![0; 2 * count], ..TensorProto::default() }),
        tensor(TensorProto { int64_data: vec![0; 2 * count], ..TensorProto::default() }),
        tensor(TensorProto {
            dims: vec![i64::MAX, 2],
            raw_data: vec![0; 2 * count],
            ..TensorProto::default()
        }),
    ]
}
