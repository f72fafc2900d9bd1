//! Which output of a graph is imported.

use foldproof_circuits::model::Head;

use super::graph::Graph;
use super::network::{Network, Tail};
use super::onnx::File;
use crate::input::InputError;

/// Most outputs that are looked at.
const MAX_OUTPUTS: usize = 64;
const ADVICE: &str = "choose one with --output NAME";

/// An output and what it is.
#[derive(Clone, Debug)]
pub struct Selected {
    /// What it depends on.
    pub graph: Graph,
    /// The network that this is.
    pub network: Network,
    /// What was chosen of what, if there was a choice.
    pub note: Option<String>,
}

/// Chooses the output of this name, or the one that suits `head`.
///
/// # Errors
/// An output that is none, several that suit alike, none that is a network, with the reason.
pub fn select(
    file: &File<'_>,
    output: Option<&str>,
    head: Head,
    width: usize,
) -> Result<Selected, InputError> {
    let outputs = file.outputs();
    if outputs.is_empty() || outputs.len() > MAX_OUTPUTS {
        let found = outputs.len().to_string();
        return Err(InputError::new("output", format!("one output to {MAX_OUTPUTS}"), found, ADVICE));
    }
    let read = |name: &str| {
        let graph = Graph::of(file, name)?;
        let mut network = Network::from_graph(&graph, width)?;
        if network.labels.is_none() && head == Head::Class {
            network.labels =
                file.classes(network.outputs().max(if network.tail == Tail::Sigmoid { 2 } else { 1 }));
        }
        Ok(Selected { graph, network, note: None })
    };
    if let Some(output) = output {
        if !file.has_value(output) {
            return Err(InputError::new(
                "--output",
                format!("one of {outputs:?}"),
                format!("{output:?}"),
                ADVICE,
            ));
        }
        return read(output);
    }
    if let [only] = outputs[..] {
        return read(only);
    }
    let mut known = Vec::new();
    let mut errors = Vec::new();
    for name in &outputs {
        match read(name) {
            Ok(selected) => known.push(selected),
            Err(error) => errors.push(error),
        }
    }
    let best = known.iter().map(|selected| rank(&selected.network, head)).min();
    let mut chosen: Vec<Selected> =
        known.into_iter().filter(|selected| Some(rank(&selected.network, head)) == best).collect();
    match (chosen.pop(), chosen.first()) {
        (Some(one), None) => {
            let note =
                format!("output {:?} is taken of {outputs:?}; --output chooses another", one.graph.output);
            Ok(Selected { note: Some(note), ..one })
        }
        (Some(last), Some(_)) => {
            let all: Vec<&str> = chosen.iter().chain([&last]).map(|one| one.graph.output.as_str()).collect();
            let expected = format!("one output for --head {}", head.name());
            Err(InputError::new("output", expected, format!("{all:?}"), ADVICE))
        }
        // An output that is refused at a node says more than one that is refused as a label.
        (None, _) => {
            let place = errors.iter().position(|error| error.path != "output").unwrap_or_default();
            Err(errors.swap_remove(place))
        }
    }
}

/// How well an output suits a head; the least is best.
fn rank(network: &Network, head: Head) -> u8 {
    let reconstructs = network.outputs() == network.input.scale.len();
    match (head, network.tail) {
        (Head::Anomaly, Tail::MeanSquare) => 0,
        (Head::Anomaly, Tail::None) if reconstructs => 1,
        (Head::Anomaly, _) | (_, Tail::MeanSquare) => 3,
        (Head::Values, Tail::None) => 0,
        (Head::Values, _) => 2,
        (Head::Tags, Tail::Sigmoid)
        | (Head::Class, Tail::Softmax | Tail::LogSoftmax | Tail::Share | Tail::Sigmoid) => 0,
        (Head::Tags | Head::Class, Tail::None) => 1,
        (Head::Tags, Tail::Softmax | Tail::LogSoftmax | Tail::Share) => 2,
    }
}
