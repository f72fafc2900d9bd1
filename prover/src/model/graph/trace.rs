//! A graph at concrete shapes: constants folded, whatever their type; what changes nothing dropped.
//!
//! Shapes and types are those of an evaluation at 0. That they are the same for every input follows from `Op::shaping`:
//! operands that decide a shape have to be constants.

use std::sync::Arc;

use super::op::Op;
use super::tensor::{Kind, Tensor};
use super::{Constant, Graph, Node, Wrong};
use crate::input::InputError;

/// What is known of a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// Its dimensions.
    pub dims: Vec<usize>,
    /// What its elements are.
    pub kind: Kind,
    /// The value itself, if the input has no say in it.
    pub constant: Option<Constant>,
}

/// A graph at concrete shapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// Nodes that depend on the input and change something.
    pub nodes: Vec<Node>,
    /// Of each value.
    pub facts: Vec<Option<Fact>>,
    /// The input's place.
    pub input: usize,
    /// The output's place.
    pub output: usize,
    /// The same of every output that was asked for.
    pub outputs: Vec<usize>,
}

impl Trace {
    /// The tensor of a value that the input has no say in.
    pub fn constant(&self, place: usize) -> Option<&Tensor> {
        let fact = self.facts.get(place).and_then(Option::as_ref)?;
        fact.constant.as_ref().map(|constant| &*constant.tensor)
    }

    /// The same of an input of a node, if it is there.
    pub fn given(&self, node: &Node, index: usize) -> Option<&Tensor> {
        node.inputs.get(index).copied().flatten().and_then(|place| self.constant(place))
    }
}

impl Graph {
    /// The graph for an input of these dimensions.
    ///
    /// # Errors
    /// Shapes and types that do not go together, and shapes that depend on the data, with the node.
    pub fn trace(&self, dims: Vec<usize>) -> Result<Trace, InputError> {
        let count = tensor_count(&dims, &self.input.name)?;
        let zero = self.feed(dims, &vec![0.0; count])?;
        let mut values = self.start(zero);
        let mut depends = vec![false; values.len()];
        depends[self.input.value] = true;
        self.run(&mut values)?;
        let mut facts: Vec<Option<Fact>> = vec![None; values.len()];
        let mut same: Vec<usize> = (0..values.len()).collect();
        let fact = |value: &Option<Arc<Tensor>>, path: Option<&str>| {
            value.as_ref().map(|tensor| Fact {
                dims: tensor.dims().to_vec(),
                kind: tensor.kind(),
                constant: path.map(|path| Constant { tensor: Arc::clone(tensor), path: path.to_owned() }),
            })
        };
        for (place, value) in values.iter().enumerate() {
            let path = self.constants[place].as_ref().map(|constant| constant.path.as_str());
            facts[place] = fact(value, path);
        }
        let mut nodes = Vec::new();
        for node in &self.nodes {
            let varying: Vec<bool> =
                node.inputs.iter().map(|place| place.is_some_and(|place| depends[place])).collect();
            let varies = |index: usize| varying.get(index) == Some(&true);
            if let Some(index) = node.op.shaping(node.inputs.len()).find(|index| varies(*index)) {
                let found = format!("input {index}, which depends on the data");
                return Err(Wrong::new("a shape or axes that are constant", found).at(&node.path));
            }
            // Of these nothing but shape or type counts.
            let is_shape = matches!(node.op, Op::Shape { .. } | Op::Size | Op::EyeLike { .. })
                || (node.op == Op::CastLike && !varies(0));
            if is_shape || !varying.contains(&true) {
                // A constant's own path says more than that of a node that merely gives it on.
                let origin = |place: &usize| facts[*place].as_ref().and_then(|f| f.constant.as_ref());
                let origin = match node.inputs.as_slice() {
                    [Some(place)] => origin(place).map(|constant| constant.path.clone()),
                    _ => None,
                };
                let path = origin.unwrap_or_else(|| node.path.clone());
                for place in node.outputs.iter().flatten() {
                    facts[*place] = fact(&values[*place], Some(&path));
                }
                continue;
            }
            node.outputs.iter().flatten().for_each(|place| depends[*place] = true);
            if let (Some(Some(from)), Some(Some(to))) = (node.inputs.first(), node.outputs.first())
                && node.op.gives_on()
                && varies(0)
                && facts[*from].as_ref().map(|f| (&f.dims, f.kind))
                    == facts[*to].as_ref().map(|f| (&f.dims, f.kind))
            {
                same[*to] = same[*from];
                continue;
            }
            let inputs = node.inputs.iter().map(|place| place.map(|place| same[place])).collect();
            nodes.push(Node { inputs, ..node.clone() });
        }
        let outputs: Vec<usize> = self.targets.iter().map(|target| same[*target]).collect();
        let output = outputs.first().copied().unwrap_or(self.input.value);
        Ok(Trace { nodes, facts, input: self.input.value, output, outputs })
    }
}

fn tensor_count(dims: &[usize], name: &str) -> Result<usize, InputError> {
    super::tensor::count(dims).map_err(|wrong| wrong.at(&format!("input {name:?}")))
}

impl Op {
    /// Inputs that decide the shape of the output.
    fn shaping(&self, inputs: usize) -> std::ops::Range<usize> {
        match self {
            Self::Reshape { .. } | Self::Expand | Self::Squeeze { .. } | Self::Unsqueeze { .. } => 1..2,
            Self::Split { .. } | Self::Reduce { .. } | Self::Tile | Self::CumSum { .. } => 1..2,
            Self::OneHot { .. } => 1..2,
            Self::Slice { .. } => 1..inputs.max(1),
            Self::Pad { .. } => 1..inputs.max(1),
            Self::ConstantOfShape(_) => 0..1,
            Self::Range => 0..3,
            // Lengths of sequences.
            Self::Recurrent(_) => 4..5,
            _ => 0..0,
        }
    }

    /// Whether the operator gives its first input on if shape and type stay the same.
    fn gives_on(&self) -> bool {
        matches!(
            self,
            Self::Identity { .. }
                | Self::Cast(_)
                | Self::CastLike
                | Self::Reshape { .. }
                | Self::Flatten { .. }
                | Self::Squeeze { .. }
                | Self::Unsqueeze { .. }
                | Self::Expand
        )
    }
}
