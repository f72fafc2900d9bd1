//! Graphs of tensors: what an ONNX file computes, typed, with concrete shapes.
//!
//! A [`Graph`] holds what one output depends on, and nothing else: what is never used is never looked at, whatever its type
//! or value. It can be evaluated as it is written ([`Graph::evaluate`]), which is the float model that agreement is measured
//! against, and [traced](trace), which folds what constants alone decide and drops what changes nothing. Models are
//! recognised in the trace.

mod attributes;
mod batch;
pub mod encoder;
mod fuse;
pub mod kernel;
pub mod op;
mod pairs;
mod precision;
mod rarer;
mod read;
pub mod recurrent;
mod spelt;
pub mod tensor;
pub mod trace;
pub mod trees;
pub mod window;

use std::collections::HashMap;
use std::sync::Arc;

use crate::input::InputError;
use crate::model::onnx::{self, File, schema::NodeProto};
use kernel::Inputs;
use op::Op;
use tensor::{Kind, Tensor};

/// Most nodes that are looked at.
pub const MAX_NODES: usize = 1 << 14;
/// Most inputs of a node, and most outputs.
const MAX_NAMES: usize = 1 << 12;
/// Most elements of all values together.
const MAX_TOTAL: usize = 1 << 25;
/// Most elements that all nodes together read.
const MAX_READ: usize = 1 << 30;
const ADVICE: &str = "docs/model-import.md says which graphs are read";

/// What is wrong with a node or tensor; where is known one level up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// What would have been accepted.
    pub expected: String,
    /// What is there.
    pub found: String,
    /// What to do next, where there is more to say than usual.
    pub advice: Option<&'static str>,
}

impl Wrong {
    /// With the usual advice.
    pub fn new(expected: impl Into<String>, found: impl Into<String>) -> Self {
        Self { expected: expected.into(), found: found.into(), advice: None }
    }

    /// With advice of its own.
    pub fn with(expected: impl Into<String>, found: impl Into<String>, advice: &'static str) -> Self {
        Self { advice: Some(advice), ..Self::new(expected, found) }
    }

    /// The error at a place.
    pub fn at(self, path: &str) -> InputError {
        InputError::new(path, self.expected, self.found, self.advice.unwrap_or(ADVICE))
    }
}

/// A node. Values are named by their places in the graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// `node[3] "fc0" (Gemm)`, for messages.
    pub path: String,
    /// What it does.
    pub op: Op,
    /// None for an input that is left out.
    pub inputs: Vec<Option<usize>>,
    /// None for an output that nobody asks for by name.
    pub outputs: Vec<Option<usize>>,
}

/// A constant, and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Constant {
    /// The tensor.
    pub tensor: Arc<Tensor>,
    /// `initializer[2] "w"`, or the path of a node.
    pub path: String,
}

/// A dimension of the input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dim {
    /// A length.
    Fixed(usize),
    /// A name, or nothing: of any length.
    Free(String),
}

/// The input of a graph.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// Its dimensions, where the file says.
    pub dims: Option<Vec<Dim>>,
    /// ONNX's number of its type.
    pub element: i32,
    value: usize,
}

/// What one output depends on.
#[derive(Clone, Debug, PartialEq)]
pub struct Graph {
    /// The input.
    pub input: Input,
    /// Name of the output.
    pub output: String,
    nodes: Vec<Node>,
    /// Of each value, if it is an initializer.
    constants: Vec<Option<Constant>>,
    /// Places of the outputs that are asked for, the first of them that of `output`.
    targets: Vec<usize>,
}

impl Graph {
    /// The part of `file` that `output` depends on.
    ///
    /// # Errors
    /// Operators that are not known and tensors that cannot be read, if the output depends on them; more than one input, or
    /// none.
    pub fn of(file: &File<'_>, output: &str) -> Result<Self, InputError> {
        Self::of_all(file, &[output])
    }

    /// The part of `file` that any of `outputs` depends on. [`Self::evaluate`] gives out the first.
    ///
    /// # Errors
    /// As [`Self::of`].
    pub fn of_all(file: &File<'_>, outputs: &[&str]) -> Result<Self, InputError> {
        let needed = needed(file, outputs)?;
        let mut graph = Self {
            input: Input { name: String::new(), dims: None, element: 1, value: 0 },
            output: outputs.first().copied().unwrap_or_default().to_owned(),
            nodes: Vec::new(),
            constants: Vec::new(),
            targets: Vec::new(),
        };
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut inputs = Vec::new();
        for (index, proto) in &needed {
            let path = onnx::path(*index, proto);
            let op = Op::read(proto, file.version()).map_err(|wrong| wrong.at(&path))?;
            let most = proto.input.len().max(proto.output.len());
            if most > MAX_NAMES {
                let expected = format!("at most {MAX_NAMES} inputs or outputs");
                return Err(Wrong::new(expected, most.to_string()).at(&path));
            }
            let mut names = Vec::new();
            for name in &proto.input {
                if name.is_empty() {
                    names.push(None);
                    continue;
                }
                let place = match places.get(name.as_str()) {
                    Some(place) => *place,
                    None => {
                        let constant = file.constant(name)?;
                        if constant.is_none() {
                            let unknown =
                                || Wrong::new("a value computed before", format!("{name:?}")).at(&path);
                            inputs.push(file.input(name).ok_or_else(unknown)?);
                            graph.input.value = graph.constants.len();
                        }
                        graph.constants.push(constant);
                        places.insert(name, graph.constants.len() - 1);
                        graph.constants.len() - 1
                    }
                };
                names.push(Some(place));
            }
            let mut outputs = Vec::new();
            for name in &proto.output {
                if name.is_empty() {
                    outputs.push(None);
                    continue;
                }
                graph.constants.push(None);
                outputs.push(Some(graph.constants.len() - 1));
                if places.insert(name, graph.constants.len() - 1).is_some() {
                    return Err(Wrong::new("each value computed once", format!("{name:?} twice")).at(&path));
                }
            }
            graph.nodes.push(Node { path, op, inputs: names, outputs });
        }
        let advice = "give the name of an output";
        for output in outputs {
            let place = places.get(output).filter(|_| !needed.is_empty());
            graph.targets.push(*place.ok_or_else(|| {
                InputError::new("output", "the output of a node", format!("{output:?}"), advice)
            })?);
        }
        match inputs.as_slice() {
            [input] => {
                let name = input.name.clone();
                let dims = onnx::dims(input);
                graph.input = Input { name, dims, element: onnx::element(input), value: graph.input.value };
                let typed = (graph.input.value, graph.input.element);
                precision::widen(&mut graph.nodes, &needed, typed, graph.constants.len());
            }
            other => {
                let names: Vec<&str> = other.iter().map(|input| input.name.as_str()).collect();
                return Err(InputError::new("input", "one input", format!("{names:?}"), ADVICE));
            }
        }
        Ok(graph)
    }

    /// Its nodes, in the order of the file.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The dimensions of the input for samples of `width` numbers: a batch of one.
    ///
    /// # Errors
    /// Samples of another length than the graph takes.
    pub fn input_dims(&self, width: usize) -> Result<Vec<usize>, InputError> {
        let Some(declared) = &self.input.dims else { return Ok(vec![1, width]) };
        let mut dims: Vec<usize> =
            declared.iter().map(|dim| if let Dim::Fixed(n) = dim { *n } else { 1 }).collect();
        let shown = self.show_dims();
        let wrong = |expected: usize| {
            let advice = "calibrate on samples of the model's own inputs";
            let expected = format!("{expected} features, as the model's input of dimensions {shown} takes");
            InputError::new("samples", expected, width.to_string(), advice)
        };
        let size = tensor::count(&dims).map_err(|wrong| wrong.at(&format!("input {:?}", self.input.name)))?;
        if size == width {
            return Ok(dims);
        }
        // The features may be of any number, and a batch of a fixed size is one of samples that have nothing to do with
        // each other.
        let free = declared.iter().rposition(|dim| matches!(dim, Dim::Free(_)));
        if let Some(free) = free.filter(|free| size > 0 && *free > 0 && width.is_multiple_of(size)) {
            dims[free] = width / size;
            return Ok(dims);
        }
        let row: usize = dims.iter().skip(1).product();
        if dims.len() > 1 && row == width {
            dims[0] = 1;
            return Ok(dims);
        }
        Err(wrong(if matches!(declared.first(), Some(Dim::Free(_))) { size } else { row }))
    }

    /// The declared dimensions of the input, for messages.
    pub fn show_dims(&self) -> String {
        let show = |dim: &Dim| match dim {
            Dim::Fixed(n) => n.to_string(),
            Dim::Free(name) if name.is_empty() => "?".to_owned(),
            Dim::Free(name) => onnx::short(name),
        };
        let dims: Vec<String> = self.input.dims.iter().flatten().map(show).collect();
        format!("[{}]", dims.join(", "))
    }

    /// The input's tensor for a sample, rounded to the type that the graph takes.
    ///
    /// # Errors
    /// Samples of another length, and types that are no numbers.
    pub fn feed(&self, dims: Vec<usize>, sample: &[f64]) -> Result<Tensor, InputError> {
        let path = format!("input {:?}", self.input.name);
        let kind = onnx::type_kind(self.input.element).map_err(|wrong| wrong.at(&path))?;
        let data = match kind {
            Kind::Real => {
                tensor::Data::Real(sample.iter().map(|x| onnx::rounded(*x, self.input.element)).collect())
            }
            Kind::Whole | Kind::Bool => {
                if let Some(x) = sample.iter().find(|x| x.fract() != 0.0) {
                    let advice = "give the model samples of its own type";
                    return Err(InputError::new(
                        "samples",
                        "integers, as the model takes",
                        x.to_string(),
                        advice,
                    ));
                }
                #[expect(clippy::cast_possible_truncation, reason = "whole numbers; casts saturate")]
                tensor::Data::Whole(sample.iter().map(|x| *x as i64).collect())
            }
            Kind::Text => return Err(Wrong::new("numbers", "texts").at(&path)),
        };
        Tensor::new(dims, data).map_err(|wrong| wrong.at(&path))
    }

    /// The output for one input. Nothing is folded, fused or left out, so that mistakes of an import show.
    ///
    /// # Errors
    /// Shapes and types that do not go together, with the node.
    pub fn evaluate(&self, input: Tensor) -> Result<Arc<Tensor>, InputError> {
        let mut values = self.values(input)?;
        let target = self.targets.first().and_then(|target| values.get_mut(*target));
        target.and_then(Option::take).ok_or_else(|| {
            InputError::new("output", "the output of a node", format!("{:?}", self.output), ADVICE)
        })
    }

    /// Every value for one input, by place.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn values(&self, input: Tensor) -> Result<Vec<Option<Arc<Tensor>>>, InputError> {
        let mut values: Vec<Option<Arc<Tensor>>> = self.start(input);
        self.run(&mut values)?;
        Ok(values)
    }

    /// Places of the outputs that were asked for.
    pub fn targets(&self) -> &[usize] {
        &self.targets
    }

    /// The same graph with what does not depend on the input computed once.
    ///
    /// # Errors
    /// As [`Self::evaluate`].
    pub fn prepared(mut self) -> Result<Self, InputError> {
        let mut depends = vec![false; self.constants.len()];
        depends[self.input.value] = true;
        let mut rest = Vec::new();
        for node in std::mem::take(&mut self.nodes) {
            if node.inputs.iter().flatten().any(|place| depends[*place]) {
                node.outputs.iter().flatten().for_each(|place| depends[*place] = true);
                rest.push(node);
                continue;
            }
            let computed = self.node(&node, |place| self.constants[place].as_ref().map(|c| &*c.tensor))?;
            for (place, tensor) in node.outputs.iter().zip(computed) {
                if let Some(place) = place {
                    self.constants[*place] =
                        Some(Constant { tensor: Arc::new(tensor), path: node.path.clone() });
                }
            }
        }
        self.nodes = rest;
        Ok(self)
    }

    fn start(&self, input: Tensor) -> Vec<Option<Arc<Tensor>>> {
        let mut values: Vec<Option<Arc<Tensor>>> =
            self.constants.iter().map(|constant| constant.as_ref().map(|c| Arc::clone(&c.tensor))).collect();
        values[self.input.value] = Some(Arc::new(input));
        values
    }

    /// Computes all values.
    fn run(&self, values: &mut [Option<Arc<Tensor>>]) -> Result<(), InputError> {
        let (mut total, mut read) = (0usize, 0usize);
        for node in &self.nodes {
            let inputs = node.inputs.iter().flatten().filter_map(|place| values[*place].as_ref());
            read += inputs.map(|tensor| tensor.len()).sum::<usize>();
            let computed = self.node(node, |place| values[place].as_deref())?;
            total += computed.iter().map(Tensor::len).sum::<usize>();
            if total > MAX_TOTAL || read > MAX_READ {
                let expected =
                    format!("at most {MAX_TOTAL} elements of values, and {MAX_READ} that are read");
                return Err(Wrong::new(expected, "more").at(&node.path));
            }
            for (place, tensor) in node.outputs.iter().zip(computed) {
                if let Some(place) = place {
                    values[*place] = Some(Arc::new(tensor));
                }
            }
        }
        Ok(())
    }

    fn node<'a>(
        &self,
        node: &Node,
        value: impl Fn(usize) -> Option<&'a Tensor>,
    ) -> Result<Vec<Tensor>, InputError> {
        let inputs: Result<Vec<Option<&Tensor>>, InputError> = node
            .inputs
            .iter()
            .map(|place| match place {
                None => Ok(None),
                Some(place) => match value(*place) {
                    Some(tensor) => Ok(Some(tensor)),
                    None => Err(Wrong::new("a value computed before", "one computed later").at(&node.path)),
                },
            })
            .collect();
        let inputs = inputs?;
        if let Op::Identity { training: Some(index) } = node.op {
            let training = inputs.get(index).copied().flatten().map(|tensor| tensor.bools());
            let training = training.transpose().map_err(|wrong| wrong.at(&node.path))?;
            if training.is_some_and(|training| training.contains(&true)) {
                return Err(Wrong::new("training_mode = false", "true").at(&node.path));
            }
        }
        kernel::evaluate(&node.op, &Inputs(&inputs), node.outputs.len()).map_err(|wrong| wrong.at(&node.path))
    }
}

/// The nodes that values depend on, in the order of the file.
fn needed<'a>(file: &'a File<'_>, outputs: &[&str]) -> Result<Vec<(usize, &'a NodeProto)>, InputError> {
    let mut names: std::collections::HashSet<&str> = outputs.iter().copied().collect();
    let mut needed = Vec::new();
    for (index, node) in file.graph().node.iter().enumerate().rev() {
        if node.output.iter().any(|name| !name.is_empty() && names.contains(name.as_str())) {
            names.extend(node.input.iter().map(String::as_str));
            needed.push((index, node));
        }
    }
    if needed.len() > MAX_NODES {
        let found = needed.len().to_string();
        return Err(InputError::new("the file", format!("at most {MAX_NODES} nodes"), found, ADVICE));
    }
    needed.reverse();
    Ok(needed)
}
