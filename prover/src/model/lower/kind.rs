//! Which files are imported as graphs, and what numbers they are over.

use std::path::Path;

use crate::codebook::train::FINGERPRINT;
use crate::input::InputError;
use crate::model::graph::op::{Op, Unary};
use crate::model::graph::{Dim, Graph, Node as FloatNode};
use crate::model::network::Network;
use crate::model::onnx::File;

/// The parts of a file that outputs depend on, all without names; those that cannot be read are told by whoever imports them.
fn graphs<'a>(file: &'a File<'_>, outputs: &'a [String]) -> impl Iterator<Item = Graph> + use<'a> {
    let names: Vec<&str> = match outputs {
        [] => file.outputs(),
        outputs => outputs.iter().map(String::as_str).collect(),
    };
    names.into_iter().filter_map(|name| Graph::of(file, name).ok())
}

/// Whether the file has what only graphs prove, recurrent or convolutional layers, pools or trees, in any of these outputs (all
/// without), or none of them is a dense network.
///
/// # Errors
/// Files that cannot be read.
pub fn applies(onnx: &[u8], folder: Option<&Path>, outputs: &[String]) -> Result<bool, InputError> {
    let file = File::read(onnx, folder)?;
    let special = |graph: Graph| {
        // Without what constants alone decide.
        let graph = graph.clone().prepared().unwrap_or(graph);
        let of = |op: &Op| {
            matches!(
                op,
                Op::Recurrent(_)
                    | Op::Trees(_)
                    | Op::Conv { .. }
                    | Op::Pool { .. }
                    | Op::Global(_)
                    | Op::LayerNormalization { .. }
                    | Op::RmsNormalization { .. }
                    | Op::GroupNormalization { .. }
                    | Op::OneHot { .. }
                    | Op::Unary(
                        Unary::Gelu
                            | Unary::GeluTanh
                            | Unary::Erf
                            | Unary::Sqrt
                            | Unary::HardSwish
                            | Unary::Mish
                            | Unary::Softplus
                            | Unary::Softsign
                            | Unary::Silu
                            | Unary::Swish(_)
                            | Unary::Elu(..)
                    )
            )
        };
        let made = |place: &Option<usize>| graph.nodes().iter().any(|node| node.outputs.contains(place));
        let both = |node: &FloatNode| {
            node.op.is_product() && node.inputs.iter().take(2).filter(|x| made(x)).count() > 1
        };
        let chosen = |node: &FloatNode| {
            let index = node.inputs.get(1).filter(|index| index.is_some());
            matches!(node.op, Op::Gather { .. }) && index.is_some_and(|index| graph.varies(*index))
        };
        graph.nodes().iter().any(|node| of(&node.op) || both(node) || chosen(node))
    };
    let mut known = graphs(&file, outputs).peekable();
    if known.peek().is_none() {
        return Ok(false);
    }
    Ok(known.any(special) || graphs(&file, outputs).all(|graph| is_other(&graph)))
}

/// Whether a graph is no dense network because of its shape, or of what stands between its layers.
fn is_other(graph: &Graph) -> bool {
    let dims = graph.input.dims.as_deref().unwrap_or_default();
    let between = |node: &FloatNode| {
        let curve = Op::Unary(Unary::Tanh) == node.op || Op::Unary(Unary::Sigmoid) == node.op;
        curve || matches!(node.op, Op::Softmax { log: false, .. } | Op::Unary(Unary::Exp))
    };
    if dims.len() <= 2 && !graph.nodes().iter().any(between) {
        return false;
    }
    let width = dims.iter().map(|dim| if let Dim::Fixed(n) = dim { *n } else { 1 }).product();
    Network::from_graph(graph, width).is_err()
}

/// Whether samples of 96 numbers are no fingerprints to the graph: its own input says of how many columns it is.
pub fn takes_vectors(onnx: &[u8], folder: Option<&Path>, outputs: &[String]) -> bool {
    let Ok(file) = File::read(onnx, folder) else { return false };
    graphs(&file, outputs).next().is_some_and(|graph| {
        let dims = graph.input.dims.unwrap_or_default();
        matches!(dims.last(), Some(Dim::Fixed(n)) if *n != FINGERPRINT)
    })
}
