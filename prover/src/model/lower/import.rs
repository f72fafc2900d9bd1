//! The import: graph, calibration, integers, agreement.

use std::path::Path;
use std::sync::Arc;

use foldproof_circuits::graph::{Graph as IntegerGraph, GraphError, GraphModel, Head, Node};
use halo2curves::bn256::Fr;

use super::agreement::{Agreement, Expected, Reading};
use super::forest::Sums as ForestSums;
use super::heads::{End, Made, end};
use super::lowering::Lowering;
use super::prune::prune;
use super::value::Body;
use super::{HeadKind, Output};
use crate::input::InputError;
use crate::model::graph::op::Op;
use crate::model::graph::tensor::Kind;
use crate::model::graph::trace::Trace;
use crate::model::graph::trees::isolation::{Gives, IsolationForest};
use crate::model::graph::{Dim, Graph};
use crate::model::onnx::File;
use crate::model::samples::{Sample, Units, check_enough, split, split_windows, windows};

/// Most samples that weights are rounded for.
const MAX_CALIBRATION: usize = 768;
/// Fewer only where samples are.
const MIN_CALIBRATION: usize = 64;
/// Most values of the float graph and under windows that are kept: large images are calibrated on fewer samples.
const MAX_VALUES: usize = 1 << 25;
/// Parameters from which a proof has 2^15 rows at least, in which 14 bits and tables of 12 find room.
const LARGE: usize = 60_000;

/// What to import, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Outputs with their heads, at least one.
    pub outputs: Vec<Output>,
    /// Bits of activations, 12 to 14; by the size of the model without.
    pub limb_bits: Option<u32>,
    /// Bits of the inputs of tables, 8 to λ; by the size of the model without.
    pub table_bits: Option<u32>,
    /// What blinds the commitment, 0 for nothing.
    pub salt: Fr,
}

impl Request {
    /// One head for the output that suits it.
    pub fn of(head: HeadKind) -> Self {
        Self::for_outputs(vec![Output::of(head)])
    }

    /// These outputs.
    pub fn for_outputs(outputs: Vec<Output>) -> Self {
        Self { outputs, limb_bits: None, table_bits: None, salt: Fr::zero() }
    }
}

/// An imported model and what there is to say about it.
#[derive(Clone, Debug)]
pub struct Imported {
    /// The model.
    pub model: GraphModel,
    /// Names of the outputs, head by head.
    pub outputs: Vec<String>,
    /// Units of the vectors it takes.
    pub units: Units,
    /// With the float graph, on samples that were held out.
    pub agreement: Agreement,
    /// Samples it was calibrated on.
    pub calibration: usize,
    /// What was assumed or dropped.
    pub notes: Vec<String>,
    /// Where it falls short of what a model should reach.
    pub warnings: Vec<String>,
}

fn unsuitable(error: &GraphError) -> InputError {
    let found = error.to_string();
    InputError::new("the graph", "a model that docs/graph.md allows", found, "make the model smaller")
}

/// Imports a float ONNX model as a graph, calibrated on four fifths of `samples` and measured on the rest. `folder` is where
/// weights in files beside the model are looked for. Fingerprints in order become windows of as many as the graph takes.
///
/// # Errors
/// Nodes that are not supported, with what is; heads, labels and thresholds that do not suit; models beyond the limits of
/// `docs/graph.md`.
pub fn import(
    onnx: &[u8],
    folder: Option<&Path>,
    samples: Vec<Sample>,
    request: &Request,
) -> Result<Imported, InputError> {
    let file = File::read(onnx, folder)?;
    let (names, mut notes) = outputs(&file, request)?;
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let graph = Graph::of_all(&file, &names)?.prepared()?;
    let (samples, positions) = sequences(&graph, samples);
    check_enough(&samples)?;
    let dims = graph.input_dims(samples.first().map_or(0, |sample| sample.values.len()))?;
    let pair = samples.first().and_then(|one| Some((one, samples.iter().find(|x| x.values != one.values)?)));
    if let Some((one, other)) = pair {
        graph.check_batch(&dims, &one.values, &other.values)?;
    }
    let trace = graph.trace(dims.clone())?.fused();
    let (calibration, held_out) = match positions {
        Some(positions) => split_windows(samples, positions),
        None => split(samples),
    };
    let most = (MAX_VALUES / size(&trace)).clamp(MIN_CALIBRATION, MAX_CALIBRATION);
    let every = calibration.len().div_ceil(most).max(1);
    let calibration: Vec<Sample> = calibration.into_iter().step_by(every).collect();
    let ends: Vec<End> = request
        .outputs
        .iter()
        .zip(&trace.outputs)
        .map(|(output, place)| end(&trace, *place, output.head))
        .collect();
    let (limb, table_bits) = bits(&trace, request)?;
    let mut lowering = Lowering::new(&graph, &trace, dims.clone(), &calibration, limb, table_bits);
    let activating =
        |output: &Output| matches!(output.head, HeadKind::Tags | HeadKind::Values | HeadKind::Commitment);
    lowering.activations = request.outputs.iter().any(activating);
    let isolation = isolation(&trace);
    let mut heads = Vec::new();
    match &isolation {
        Some(forest) => {
            for (output, name) in request.outputs.iter().zip(&names) {
                heads.push(lowering.isolation(forest, output, &format!("output {name:?}"))?);
            }
        }
        None => {
            let needed = needed(&trace, &ends);
            // What tokens are, then what distances are between.
            let (tokens, distances) = (lowering.before_tokens()?, lowering.before_distances());
            let turn = |index: usize| if tokens[index] { 0 } else { 1 + u8::from(!distances[index]) };
            for own in 0..3 {
                let now = needed.iter().enumerate().map(|(index, needed)| *needed && turn(index) == own);
                for (node, _) in trace.nodes.iter().zip(now).filter(|(_, now)| *now) {
                    lowering.node(node)?;
                }
            }
            for ((output, end), name) in request.outputs.iter().zip(&ends).zip(&names) {
                let mut end = end.clone();
                if end.labels.is_none() && output.head == HeadKind::Class {
                    let count = lowering.dims(end.place).iter().product();
                    let classes = file.classes(count);
                    end.labels = classes.map(crate::model::graph::op::Labels::Text);
                }
                heads.push(lowering.head(output, &end, &format!("output {name:?}"))?);
            }
        }
    }
    let expected: Vec<Vec<Expected>> = match &isolation {
        Some(forest) => vec![flags(forest, &heads, &held_out)?; heads.len()],
        None => expected(&graph, &lowering, &dims, &ends, &held_out)?,
    };
    notes.append(&mut lowering.notes);
    let model = build(lowering, &heads, request.salt)?;
    let reading = |(made, name): (&Made, &&str)| Reading {
        output: (*name).to_owned(),
        scale: made.scale,
        shift: made.shift.clone(),
        thresholds: made.thresholds.clone(),
    };
    let readings: Vec<Reading> = heads.iter().zip(&names).map(reading).collect();
    let agreement = Agreement::measure(&model, &readings, &held_out, &expected);
    if agreement.clipped > 0 {
        let clipped = agreement.clipped;
        notes.push(format!("{clipped} held-out samples have an input beyond its quantiser's range"));
    }
    let warnings = agreement.shortcomings();
    let units = held_out.first().map_or_else(Units::default, |sample| sample.units.clone());
    let outputs = names.iter().map(|name| (*name).to_owned()).collect();
    Ok(Imported { model, outputs, units, agreement, calibration: calibration.len(), notes, warnings })
}

/// How many values the graph has for a sample.
fn size(trace: &Trace) -> usize {
    let count = |place: &usize| {
        let fact = trace.facts.get(*place).and_then(Option::as_ref);
        fact.map_or(0, |fact| fact.dims.iter().product::<usize>())
    };
    let of = |node: &crate::model::graph::Node| {
        let made: usize = node.outputs.iter().flatten().map(count).sum();
        let under = match &node.op {
            Op::Conv { .. } => trace.given(node, 1).map_or(0, |weights| {
                let outputs = weights.dims().first().copied().unwrap_or(1).max(1);
                made / outputs * (weights.len() / outputs)
            }),
            // Candidates, and what is made of them.
            Op::Pool { window, .. } => {
                let size = window.kernel.iter().flatten().fold(1, |size: i64, n| size.saturating_mul(*n));
                made.saturating_mul(usize::try_from(size).unwrap_or(1).saturating_mul(2))
            }
            _ => 0,
        };
        made.saturating_add(under)
    };
    trace.nodes.iter().map(of).fold(1, usize::saturating_add)
}

/// Names of the outputs that are asked for, with a note where one was chosen.
fn outputs(file: &File<'_>, request: &Request) -> Result<(Vec<String>, Vec<String>), InputError> {
    let all = file.outputs();
    let advice = "choose one with --output NAME";
    if request.outputs.is_empty() || all.is_empty() {
        return Err(InputError::new("output", "an output", "none", advice));
    }
    let (mut names, mut notes) = (Vec::new(), Vec::new());
    for output in &request.outputs {
        if let Some(name) = &output.name {
            if !file.has_value(name) {
                let expected = format!("one of {all:?}");
                return Err(InputError::new("--output", expected, format!("{name:?}"), advice));
            }
            names.push(name.clone());
            continue;
        }
        // Labels say less than the numbers they are chosen by.
        let is_real = |name: &&&str| {
            let graph = Graph::of(file, name).ok()?;
            let trace = graph.trace(graph.input_dims(0).or_else(|_| declared(&graph)).ok()?).ok()?;
            let fact = trace.facts.get(trace.output)?.as_ref()?;
            Some(fact.kind == Kind::Real)
        };
        let real: Vec<&&str> = all.iter().filter(|name| is_real(name) != Some(false)).collect();
        match (&all[..], &real[..]) {
            ([only], _) => names.push((*only).to_owned()),
            (_, [first, rest @ ..])
                if rest.is_empty()
                    || matches!(output.head, HeadKind::Anomaly | HeadKind::Score | HeadKind::Flag) =>
            {
                notes.push(format!("output {first:?} is taken of {all:?}; --output chooses another"));
                names.push((**first).to_owned());
            }
            _ => {
                let expected = format!("one output for --head {}", output.head.name());
                return Err(InputError::new("output", expected, format!("{all:?}"), advice));
            }
        }
    }
    Ok((names, notes))
}

/// The dimensions that a file says, with 1 for what is free.
fn declared(graph: &Graph) -> Result<Vec<usize>, InputError> {
    let dims = graph.input.dims.as_deref().unwrap_or_default();
    let width = dims.iter().map(|dim| if let Dim::Fixed(n) = dim { *n } else { 1 }).product();
    graph.input_dims(width)
}

/// Samples as the graph takes them: fingerprints in order become windows of so many.
fn sequences(graph: &Graph, samples: Vec<Sample>) -> (Vec<Sample>, Option<usize>) {
    let width = samples.first().map_or(0, |sample| sample.values.len());
    let dims = graph.input.dims.as_deref().unwrap_or_default();
    let fixed = dims.iter().map(|dim| if let Dim::Fixed(n) = dim { *n } else { 1 });
    let total = fixed.fold(1_usize, usize::saturating_mul);
    let last = matches!(dims.last(), Some(Dim::Fixed(n)) if *n == width);
    if last && width > 0 && total > width && total.is_multiple_of(width) {
        return (windows(&samples, total / width), Some(total / width));
    }
    (samples, None)
}

/// λ and the bits of tables: what fits beside the rows that the parameters take.
fn bits(trace: &Trace, request: &Request) -> Result<(u32, u32), InputError> {
    let constants = trace.nodes.iter().flat_map(|node| {
        let used = node.inputs.iter().flatten().filter_map(|place| trace.constant(*place));
        let product = node.op.is_product() || matches!(node.op, Op::Recurrent(_) | Op::Conv { .. });
        used.filter(move |_| product).map(|tensor| tensor.len())
    });
    let parameters: usize = constants.sum();
    let normalised = trace.nodes.iter().any(|node| {
        matches!(
            node.op,
            Op::LayerNormalization { .. }
                | Op::RmsNormalization { .. }
                | Op::GroupNormalization { .. }
                | Op::Normalization { .. }
        )
    });
    let (limb, table) = if parameters >= LARGE || normalised { (14, 12) } else { (12, 11) };
    let limb = request.limb_bits.unwrap_or(limb);
    let table = request.table_bits.unwrap_or(table);
    if !foldproof_circuits::graph::LIMB_BITS.contains(&limb) || !(8..=limb).contains(&table) {
        let expected = "12 to 14 bits of activations, and 8 to as many of tables";
        let advice = "leave them out";
        return Err(InputError::new("bits", expected, format!("{limb} and {table}"), advice));
    }
    Ok((limb, table))
}

/// The isolation forest that a trace is, if it is one.
fn isolation(trace: &Trace) -> Option<IsolationForest> {
    let has = |wanted: fn(&Op) -> bool| trace.nodes.iter().any(|node| wanted(&node.op));
    let looks = has(|op| matches!(op, Op::Trees(_))) && has(|op| matches!(op, Op::LabelEncoder(_)));
    if looks { IsolationForest::of(trace).ok() } else { None }
}

/// Which nodes the values before the ends depend on.
fn needed(trace: &Trace, ends: &[End]) -> Vec<bool> {
    let mut wanted: std::collections::HashSet<usize> = ends.iter().map(|end| end.place).collect();
    let mut needed = vec![false; trace.nodes.len()];
    for (node, needed) in trace.nodes.iter().zip(&mut needed).rev() {
        if node.outputs.iter().flatten().any(|place| wanted.contains(place)) {
            *needed = true;
            wanted.extend(node.inputs.iter().flatten());
        }
    }
    needed
}

/// What an isolation forest says of samples.
fn flags(forest: &IsolationForest, heads: &[Made], samples: &[Sample]) -> Result<Vec<Expected>, InputError> {
    let offset = heads.first().and_then(|made| made.thresholds.first()).copied();
    let forest = IsolationForest { gives: Gives::Decision, offset, ..forest.clone() };
    let of = |sample: &Sample| {
        let values: Vec<f64> = sample.values.clone();
        let decision = forest.output(&values)?;
        Ok(Expected { outputs: Vec::new(), class: None, flag: Some(decision < 0.0) })
    };
    let all: Result<Vec<Expected>, crate::model::graph::Wrong> = samples.iter().map(of).collect();
    all.map_err(|wrong| wrong.at("samples"))
}

/// What the float graph, as it is written, says of samples: before the ends that change no decision.
fn expected(
    graph: &Graph,
    lowering: &Lowering<'_>,
    dims: &[usize],
    ends: &[End],
    samples: &[Sample],
) -> Result<Vec<Vec<Expected>>, InputError> {
    let mut all = vec![Vec::with_capacity(samples.len()); ends.len()];
    for sample in samples {
        let input = graph.feed(dims.to_vec(), &sample.values)?;
        let values = graph.values(input)?;
        for (end, all) in ends.iter().zip(&mut all) {
            if let Some(Body::Forest(sums)) = lowering.values.get(&end.place).map(|value| &value.body) {
                all.push(of_forest(sums, sample)?);
                continue;
            }
            let tensor = values.get(end.place).and_then(Option::as_ref);
            let outputs = tensor.map(|tensor| tensor.reals().map(|reals| reals.into_owned())).transpose();
            let outputs = outputs.map_err(|wrong| wrong.at("output"))?.unwrap_or_default();
            if let Some(x) = outputs.iter().find(|x| !x.is_finite()) {
                let advice = "look for samples that the model was not made for";
                return Err(InputError::new("output", "finite numbers", x.to_string(), advice));
            }
            all.push(Expected { outputs, ..Expected::default() });
        }
    }
    Ok(all)
}

fn of_forest(sums: &ForestSums, sample: &Sample) -> Result<Expected, InputError> {
    let of = |((place, scale), shift): ((&usize, &f64), &f64)| {
        let x = sample.values.get(*place).copied().unwrap_or(0.0);
        (scale * x + shift).clamp(sums.raw.low, sums.raw.high)
    };
    let raw = &sums.raw;
    let seen: Vec<f64> = raw.places.iter().zip(&raw.scale).zip(&raw.shift).map(of).collect();
    let scores = sums.trees.scores(&seen).map_err(|wrong| wrong.at("samples"))?;
    let class = sums.trees.classes.as_ref().map(|classes| classes.choose(&scores)).transpose();
    let class = class.map_err(|wrong| wrong.at("samples"))?;
    Ok(Expected { outputs: scores.iter().map(|s| s.unwrap_or(0.0)).collect(), class, flag: None })
}

/// The model that was built.
fn build(lowering: Lowering<'_>, heads: &[Made], salt: Fr) -> Result<GraphModel, InputError> {
    let total: usize = lowering.dims.iter().product();
    let last = lowering.dims.last().copied().unwrap_or(1).max(1);
    let channels = lowering.input.as_ref().map_or(last, |input| input.channels);
    let small = |x: usize| u16::try_from(x).unwrap_or(u16::MAX);
    let (mut nodes, mut own): (Vec<Node>, Vec<Head>) =
        (lowering.b.nodes, heads.iter().map(|made| made.head.clone()).collect());
    let grouped =
        |node: &Node| matches!(node, Node::Product { .. } | Node::Softmax { .. } | Node::Norm { .. });
    if nodes.iter().any(grouped) {
        let counts: Vec<usize> = lowering.b.kept.iter().map(|kept| kept.count).collect();
        (nodes, own) = prune(&lowering.b.blocks, &nodes, &counts, &own).unwrap_or((nodes, own));
    }
    let graph = IntegerGraph::new(
        lowering.b.limb,
        small(channels),
        small(total / channels.max(1)),
        lowering.b.blocks,
        nodes,
        own,
    );
    let graph = graph.map_err(|error| unsuitable(&error))?;
    let inputs = lowering.input.map(|input| input.quantisers).unwrap_or_default();
    let meanings = heads.iter().map(|made| made.meaning.clone()).collect();
    GraphModel::new(Arc::new(graph), inputs, lowering.b.parameters, meanings, salt)
        .map_err(|error| unsuitable(&error))
}
