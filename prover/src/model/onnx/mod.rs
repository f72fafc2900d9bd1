//! ONNX files: what is in them, by name. What a value is computed from is [`Graph`](super::graph::Graph)'s to say.

mod external;
pub mod schema;
pub(super) mod tensor;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use prost::Message;

use super::graph::tensor::{Data, Kind};
use super::graph::{Constant, Dim, Wrong};
use crate::input::InputError;
use external::External;
use foldproof_verifier::json::shorten;
use schema::{GraphProto, ModelProto, NodeProto, TensorProto, ValueInfoProto};
pub use tensor::rounded;

/// Largest file, in bytes, with the files of weights beside it: eight layers of 1024 × 1024 float64 weights, with room.
pub const MAX_BYTES: usize = 80 << 20;
/// ONNX's number of float64.
pub(super) const DOUBLE: i32 = 11;
/// Version of the operators if the file does not say.
const LATEST: i64 = 23;
const ADVICE: &str = "give a file that an ONNX exporter wrote";

/// A decoded file.
#[derive(Debug)]
pub struct File<'a> {
    graph: GraphProto,
    version: i64,
    /// Where each initializer is.
    initializers: HashMap<String, usize>,
    external: External<'a>,
}

/// A file's name shortened, for messages.
pub(super) fn short(text: &str) -> String {
    shorten(text)
}

impl<'a> File<'a> {
    /// Decodes a file. `folder` is where weights in files beside the model are looked for; without it there are none.
    ///
    /// # Errors
    /// Files that are not ONNX or too large, an initializer that is there twice.
    pub fn read(bytes: &[u8], folder: Option<&'a Path>) -> Result<Self, InputError> {
        let whole = |expected: &str, found: String| InputError::new("the file", expected, found, ADVICE);
        if bytes.len() > MAX_BYTES {
            return Err(whole(&format!("at most {MAX_BYTES} bytes"), bytes.len().to_string()));
        }
        let model = ModelProto::decode(bytes).map_err(|error| whole("an ONNX model", error.to_string()))?;
        let graph = model.graph.ok_or_else(|| whole("an ONNX model", "no graph in it".into()))?;
        let standard = |domain: &str| matches!(domain, "" | "ai.onnx");
        let version = model.opset_import.iter().find(|set| standard(&set.domain)).map(|set| set.version);
        let mut initializers = HashMap::new();
        for (index, tensor) in graph.initializer.iter().enumerate() {
            if initializers.insert(tensor.name.clone(), index).is_some() {
                let path = format!("initializer[{index}] {:?}", shorten(&tensor.name));
                return Err(InputError::new(path, "each name once", "the name twice", ADVICE));
            }
        }
        let external = External::new(folder, MAX_BYTES - bytes.len());
        Ok(Self { graph, version: version.unwrap_or(LATEST), initializers, external })
    }

    /// The graph as it is written.
    pub(super) fn graph(&self) -> &GraphProto {
        &self.graph
    }

    /// Version of the standard operators.
    pub(super) fn version(&self) -> i64 {
        self.version
    }

    /// Names of the outputs.
    pub fn outputs(&self) -> Vec<&str> {
        self.graph.output.iter().map(|output| output.name.as_str()).collect()
    }

    /// Whether a value with this name is computed or given.
    pub fn has_value(&self, name: &str) -> bool {
        self.graph.node.iter().any(|node| node.output.iter().any(|output| output == name))
    }

    /// Numbers of a sample, if the file says: those of the one input that is no initializer, less its batch. Of a recurrent layer
    /// without a batch, a first dimension of a fixed length is that of the steps.
    pub fn input_width(&self) -> Option<usize> {
        let mut inputs = self.graph.input.iter().filter(|input| !self.initializers.contains_key(&input.name));
        let (Some(input), None) = (inputs.next(), inputs.next()) else { return None };
        let dims = dims(input)?;
        let recurrent = self.graph.node.iter().any(|node| matches!(node.op_type.as_str(), "LSTM" | "GRU"));
        let first = usize::from(!(recurrent && matches!(dims.first(), Some(Dim::Fixed(_)))));
        let mut fixed =
            dims.iter().skip(first).map(|dim| if let Dim::Fixed(n) = dim { Some(*n) } else { None });
        fixed.try_fold(1usize, |width, n| width.checked_mul(n?))
    }

    /// An initializer.
    pub(super) fn constant(&self, name: &str) -> Result<Option<Constant>, InputError> {
        let Some(index) = self.initializers.get(name) else { return Ok(None) };
        let proto: &TensorProto = &self.graph.initializer[*index];
        let path = format!("initializer[{index}] {:?}", shorten(name));
        let tensor = tensor::read(proto, &self.external).map_err(|wrong| wrong.at(&path))?;
        Ok(Some(Constant { tensor: Arc::new(tensor), path }))
    }

    /// Names of `count` classes, where a label is picked from a table of them by the place of the greatest output: scikit-learn's
    /// exports have that beside the probabilities. None if there are several tables.
    pub fn classes(&self, count: usize) -> Option<Vec<String>> {
        let by = |name: &str, op: &str| {
            self.graph.node.iter().any(|node| node.op_type == op && node.output.iter().any(|out| out == name))
        };
        let tables = self.graph.node.iter().filter(|node| node.op_type == "ArrayFeatureExtractor");
        let mut tables = tables.filter_map(|node| match &node.input[..] {
            [table, place] if by(place, "ArgMax") => self.constant(table).ok().flatten(),
            _ => None,
        });
        let (Some(table), None) = (tables.next(), tables.next()) else { return None };
        let names: Vec<String> = match table.tensor.data() {
            Data::Text(names) => names.clone(),
            Data::Whole(names) => names.iter().map(|name| format!("class-{name}")).collect(),
            Data::Real(_) | Data::Bool(_) => return None,
        };
        (names.len() == count).then_some(names)
    }

    /// An input that is no initializer; before version 4 of the format those are listed among the inputs.
    pub(super) fn input(&self, name: &str) -> Option<&ValueInfoProto> {
        self.graph.input.iter().find(|input| input.name == name)
    }
}

/// `node[3] "fc0" (Gemm)`.
pub(super) fn path(index: usize, node: &NodeProto) -> String {
    // Names of nodes are optional; those of values are not.
    let name = Some(&node.name).filter(|name| !name.is_empty()).or(node.output.first());
    format!(
        "node[{index}] {:?} ({})",
        name.map_or_else(String::new, |name| shorten(name)),
        shorten(&node.op_type)
    )
}

/// The dimensions of an input, where the file says.
pub(super) fn dims(input: &ValueInfoProto) -> Option<Vec<Dim>> {
    let shape = input.r#type.as_ref()?.tensor_type.as_ref()?.shape.as_ref()?;
    let dim = |dim: &schema::DimensionProto| match usize::try_from(dim.dim_value) {
        Ok(size) if size > 0 => Dim::Fixed(size),
        _ => Dim::Free(dim.dim_param.clone()),
    };
    Some(shape.dim.iter().map(dim).collect())
}

/// The type of an input's elements; float32 where the file does not say.
pub(super) fn element(input: &ValueInfoProto) -> i32 {
    let element = input.r#type.as_ref().and_then(|t| t.tensor_type.as_ref()).map(|t| t.elem_type);
    element.filter(|element| *element != 0).unwrap_or(1)
}

/// What the elements of one of ONNX's types are.
pub(super) fn type_kind(element: i32) -> Result<Kind, Wrong> {
    Ok(match element {
        1 | 10 | 11 | 16 => Kind::Real,
        2..=7 | 12 | 13 => Kind::Whole,
        9 => Kind::Bool,
        8 => Kind::Text,
        other => return Err(Wrong::new("numbers, bools or texts", tensor::type_name(other))),
    })
}
