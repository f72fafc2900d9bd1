//! ONNX files: nodes in order, constants, one input and one output.

mod evaluate;
pub mod schema;
mod tensor;

use std::collections::BTreeMap;

use prost::Message;

use crate::input::InputError;
use foldproof_verifier::json::shorten;
use schema::{AttributeProto, GraphProto, ModelProto, NodeProto, ValueInfoProto};
pub use tensor::Tensor;

/// Largest file, in bytes: eight layers of 1024 × 1024 float64 weights, with room.
pub const MAX_BYTES: usize = 80 << 20;
/// Most nodes of a graph.
const MAX_NODES: usize = 256;
/// What [`Op::read`] knows.
const SUPPORTED: &str = "one of Gemm, MatMul, Add, Sub, Mul, Div, Pow (with exponent 2), Relu, BatchNormalization, \
                         ReduceMean, Sigmoid, Softmax, Dropout, Identity, Flatten, Reshape, Transpose (of a constant), \
                         Constant";
const ADVICE: &str = "export a dense network of these operators";

/// An operator with its attributes.
#[derive(Clone, Debug, PartialEq)]
#[expect(missing_docs, reason = "attributes as ONNX names them")]
pub enum Op {
    /// alpha·A·B + beta·C, B transposed or not.
    Gemm {
        alpha: f64,
        beta: f64,
        trans_b: bool,
    },
    MatMul,
    Add,
    Sub,
    Mul,
    Div,
    Pow,
    Relu,
    /// (x − mean)·scale/√(var + epsilon) + bias.
    BatchNormalization {
        epsilon: f64,
    },
    /// Over the features.
    ReduceMean {
        axes: Option<Vec<i64>>,
    },
    Sigmoid,
    Softmax,
    /// Identity, Dropout when not training, Flatten of rows.
    Identity,
    /// Only if it changes nothing.
    Reshape,
    /// Of a constant matrix.
    Transpose,
}

/// A node.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// `node[3] "fc0" (Gemm)`, for messages.
    pub path: String,
    /// What it does.
    pub op: Op,
    /// Names of values; empty for an input that is left out.
    pub inputs: Vec<String>,
    /// Name of its first output, the only one used.
    pub output: String,
}

impl Node {
    /// The name of input `index`, if there is one.
    pub fn input(&self, index: usize) -> Option<&str> {
        self.inputs.get(index).map(String::as_str).filter(|name| !name.is_empty())
    }

    /// An error at this node.
    pub fn wrong(&self, expected: impl Into<String>, found: impl Into<String>) -> InputError {
        InputError::new(&self.path, expected, found, ADVICE)
    }
}

/// A graph of one input and one output.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// Name of the input.
    pub input: String,
    /// Features of the input, where the file says.
    pub width: Option<usize>,
    /// Name of the output.
    pub output: String,
    /// In the order of the file, which ONNX wants to be one of evaluation.
    pub nodes: Vec<Node>,
    /// Initializers, outputs of Constant nodes, and what follows from constants alone.
    pub constants: BTreeMap<String, Tensor>,
}

impl Graph {
    /// Reads an ONNX file.
    ///
    /// # Errors
    /// Files that are not ONNX or too large, operators that are not supported (with node and type), tensors of other
    /// types or outside the file, inputs that are not rows of features, several outputs.
    pub fn read(bytes: &[u8]) -> Result<Self, InputError> {
        let whole = |expected: &str, found: String| InputError::new("the file", expected, found, ADVICE);
        if bytes.len() > MAX_BYTES {
            return Err(whole(&format!("at most {MAX_BYTES} bytes"), bytes.len().to_string()));
        }
        let model = ModelProto::decode(bytes).map_err(|error| whole("an ONNX model", error.to_string()))?;
        let graph = model.graph.ok_or_else(|| whole("an ONNX model", "no graph in it".into()))?;
        if graph.node.len() > MAX_NODES {
            return Err(whole(&format!("at most {MAX_NODES} nodes"), graph.node.len().to_string()));
        }
        let mut constants = BTreeMap::new();
        let mut nodes = Vec::new();
        // Operators first: "LSTM is not supported" says more than what is wrong with an LSTM's tensors.
        for (index, proto) in graph.node.iter().enumerate() {
            let path = path(index, proto);
            let output = proto.output.first().filter(|name| !name.is_empty());
            let output = output.ok_or_else(|| InputError::new(&path, "an output", "none", ADVICE))?;
            match Op::read(proto, &path)? {
                None => {
                    constants.insert(output.clone(), constant(proto, &path)?);
                }
                Some(op) => {
                    nodes.push(Node { path, op, inputs: proto.input.clone(), output: output.clone() });
                }
            }
        }
        for (index, proto) in graph.initializer.iter().enumerate() {
            let path = format!("initializer[{index}] {:?}", shorten(&proto.name));
            constants.insert(proto.name.clone(), Tensor::read(proto, &path)?);
        }
        for (node, proto) in nodes.iter().zip(graph.node.iter().filter(|proto| proto.op_type != "Constant")) {
            let training =
                node.input(2).filter(|_| proto.op_type == "Dropout").and_then(|name| constants.get(name));
            if training.is_some_and(|training| training.values.iter().any(|value| *value != 0.0)) {
                return Err(node.wrong("training_mode = false", "true"));
            }
        }
        let (input, width) = input(&graph, &constants)?;
        let output = match &graph.output[..] {
            [output] => output.name.clone(),
            other => {
                let names: Vec<&str> = other.iter().map(|output| output.name.as_str()).collect();
                return Err(InputError::new("output", "one output", format!("{names:?}"), ADVICE));
            }
        };
        let mut graph = Self { input, width, output, nodes, constants };
        graph.fold_constants()?;
        Ok(graph)
    }

    /// Computes nodes that depend on constants alone; exporters transpose weights and add epsilons in the graph.
    fn fold_constants(&mut self) -> Result<(), InputError> {
        let mut rest = Vec::new();
        for node in std::mem::take(&mut self.nodes) {
            let tensors: Option<Vec<&Tensor>> =
                node.inputs.iter().map(|name| self.constants.get(name)).collect();
            match tensors.filter(|tensors| !tensors.is_empty()) {
                Some(tensors) => {
                    let folded = evaluate::constant(&node, &tensors)?;
                    self.constants.insert(node.output, folded);
                }
                None => rest.push(node),
            }
        }
        self.nodes = rest;
        Ok(())
    }
}

fn path(index: usize, node: &NodeProto) -> String {
    // Names of nodes are optional; those of values are not.
    let name = Some(&node.name).filter(|name| !name.is_empty()).or(node.output.first());
    format!(
        "node[{index}] {:?} ({})",
        name.map_or_else(String::new, |name| shorten(name)),
        shorten(&node.op_type)
    )
}

/// The one input that is no constant, and its features.
fn input(
    graph: &GraphProto,
    constants: &BTreeMap<String, Tensor>,
) -> Result<(String, Option<usize>), InputError> {
    // Before IR version 4 initializers are listed among the inputs.
    let inputs: Vec<&ValueInfoProto> =
        graph.input.iter().filter(|input| !constants.contains_key(&input.name)).collect();
    let [input] = inputs[..] else {
        let names: Vec<&str> = inputs.iter().map(|input| input.name.as_str()).collect();
        return Err(InputError::new("input", "one input", format!("{names:?}"), ADVICE));
    };
    let shape = input.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()).and_then(|t| t.shape.as_ref());
    let Some(shape) = shape else { return Ok((input.name.clone(), None)) };
    match &shape.dim[..] {
        [_, features] => {
            Ok((input.name.clone(), usize::try_from(features.dim_value).ok().filter(|n| *n > 0)))
        }
        dims => {
            let show = |dim: &schema::DimensionProto| match dim.dim_param.as_str() {
                "" => dim.dim_value.to_string(),
                name => shorten(name),
            };
            let found = format!("[{}]", dims.iter().take(8).map(show).collect::<Vec<_>>().join(", "));
            let path = format!("input {:?}", shorten(&input.name));
            Err(InputError::new(path, "two dimensions, samples and features", found, ADVICE))
        }
    }
}

/// The value of a Constant node.
fn constant(node: &NodeProto, path: &str) -> Result<Tensor, InputError> {
    let attribute = node.attribute.first();
    let expected = "value, value_float, value_floats, value_int or value_ints";
    let missing = || InputError::new(path, expected, "none of them", ADVICE);
    let attribute = attribute.ok_or_else(missing)?;
    #[expect(clippy::cast_precision_loss, reason = "axes and shapes are small")]
    let tensor = match attribute.name.as_str() {
        "value" => Tensor::read(attribute.t.as_ref().ok_or_else(missing)?, path)?,
        "value_float" => Tensor { dims: Vec::new(), values: vec![attribute.f.into()] },
        "value_floats" => Tensor::vector(attribute.floats.iter().map(|x| f64::from(*x)).collect()),
        "value_int" => Tensor { dims: Vec::new(), values: vec![attribute.i as f64] },
        "value_ints" => Tensor::vector(attribute.ints.iter().map(|x| *x as f64).collect()),
        _ => return Err(InputError::new(path, expected, shorten(&attribute.name), ADVICE)),
    };
    match tensor.values.iter().find(|value| !value.is_finite()) {
        Some(value) => Err(InputError::new(path, "finite numbers", value.to_string(), ADVICE)),
        None => Ok(tensor),
    }
}

impl Op {
    /// The operator of a node; none for a constant.
    fn read(node: &NodeProto, path: &str) -> Result<Option<Self>, InputError> {
        if !matches!(node.domain.as_str(), "" | "ai.onnx") {
            let found = format!("{} of {}", shorten(&node.op_type), shorten(&node.domain));
            return Err(InputError::new(path, SUPPORTED, found, ADVICE));
        }
        let find = |name: &str| node.attribute.iter().find(|attribute| attribute.name == name);
        let real = |name: &str, default: f64| find(name).map_or(default, |a: &AttributeProto| a.f.into());
        let whole = |name: &str, default: i64| find(name).map_or(default, |a: &AttributeProto| a.i);
        let must = |name: &str, default: i64, accepted: &[i64]| {
            let found = whole(name, default);
            if accepted.contains(&found) {
                return Ok(());
            }
            let expected: Vec<String> = accepted.iter().map(i64::to_string).collect();
            let expected = format!("{name} = {}", expected.join(" or "));
            Err(InputError::new(path, expected, found.to_string(), ADVICE))
        };
        Ok(Some(match node.op_type.as_str() {
            "Gemm" => {
                must("transA", 0, &[0])?;
                must("transB", 0, &[0, 1])?;
                let trans_b = whole("transB", 0) == 1;
                Self::Gemm { alpha: real("alpha", 1.0), beta: real("beta", 1.0), trans_b }
            }
            "MatMul" => Self::MatMul,
            "Add" => Self::Add,
            "Sub" => Self::Sub,
            "Mul" => Self::Mul,
            "Div" => Self::Div,
            "Pow" => Self::Pow,
            "Relu" => Self::Relu,
            "BatchNormalization" => {
                must("training_mode", 0, &[0])?;
                Self::BatchNormalization { epsilon: real("epsilon", f64::from(1e-5_f32)) }
            }
            "ReduceMean" => Self::ReduceMean { axes: find("axes").map(|axes| axes.ints.clone()) },
            "Sigmoid" => Self::Sigmoid,
            "Softmax" => {
                must("axis", -1, &[-1, 1])?;
                Self::Softmax
            }
            "Identity" => Self::Identity,
            "Dropout" => Self::Identity,
            "Flatten" => {
                must("axis", 1, &[1])?;
                Self::Identity
            }
            "Reshape" => Self::Reshape,
            "Transpose" => match find("perm").map(|perm| &perm.ints[..]) {
                None | Some([1, 0]) => Self::Transpose,
                Some(perm) => {
                    let found = format!("{:?}", perm.get(..8).unwrap_or(perm));
                    return Err(InputError::new(path, "perm = [1, 0]", found, ADVICE));
                }
            },
            "Constant" => return Ok(None),
            other => return Err(InputError::new(path, SUPPORTED, shorten(other), ADVICE)),
        }))
    }

    /// Whether a Reshape to `shape` leaves rows of `width` features as they are.
    pub(super) fn keeps_rows(shape: &[i64], width: usize) -> bool {
        let width = i64::try_from(width).unwrap_or(i64::MAX);
        matches!(shape, [-1..=1, n] if *n == width) || matches!(shape, [0 | 1, -1] | [0, 0])
    }

    /// Whether these axes are the features and nothing else.
    pub(super) fn is_features(axes: Option<&[i64]>) -> bool {
        matches!(axes, Some([1 | -1]))
    }
}
