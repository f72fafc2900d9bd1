//! What is told of models, as JSON: what they are, how an import agrees with the float model, what they say of samples.

use std::collections::BTreeMap;

use foldproof_circuits::graph::{Block, GraphModel, Head as GraphHead, HeadMeaning};
use foldproof_circuits::model::{EXCESS_BITS, Head, Model};
use foldproof_circuits::models::{ModelRef, QuantisedModel};
use foldproof_circuits::stages::graph::{self, Output as Said, flagged};
use foldproof_circuits::stages::model::{HeadOutput, commitment, evaluate};
use foldproof_circuits::statement::ModelShape;
use foldproof_verifier::json::report::{field, object};
use halo2curves::bn256::Fr;
use serde_json::{Map, Value, json};

use super::agreement::{Agreement, outputs};
use super::any::{AnyImported, Made};
use super::file::Meaning;
use super::samples::{self, Units};
use super::series::read_series;
use crate::input::InputError;

/// How an imported model agrees with the float model on the samples that were held out.
pub fn agreement(imported: &AnyImported) -> Value {
    match &imported.made {
        Made::Dense(imported) => dense_agreement(imported),
        Made::Graph(imported) => graph_agreement(imported),
    }
}

/// What a model is, and what it is for.
pub fn inspect(model: &QuantisedModel, meaning: &Meaning) -> Map<String, Value> {
    match model {
        QuantisedModel::Dense(model) => inspect_dense(model, meaning),
        QuantisedModel::Graph(model) => inspect_graph(model, meaning),
    }
}

/// What a model says of samples, one after another, as integers compute it: of a dense network `outputs` and a `decision`, of a graph,
/// which takes a sample a line, `heads`.
///
/// # Errors
/// What are no samples, or not of what the model takes.
pub fn evaluations(
    model: &QuantisedModel,
    meaning: &Meaning,
    bytes: &[u8],
) -> Result<Vec<Value>, InputError> {
    match model {
        QuantisedModel::Dense(model) => dense_evaluations(model, meaning, bytes),
        QuantisedModel::Graph(model) => graph_evaluations(model, meaning, bytes),
    }
}

fn dense_evaluations(model: &Model, meaning: &Meaning, bytes: &[u8]) -> Result<Vec<Value>, InputError> {
    let width = model.shape().inputs();
    let read = samples::cut(samples::read_in(bytes, &meaning.units)?, width);
    if let Some(sample) = read.first().filter(|sample| sample.values.len() != width) {
        let expected = format!("samples of {width} numbers, as the model takes");
        let found = sample.values.len().to_string();
        return Err(InputError::new("samples", expected, found, "use samples that the model was made for"));
    }
    let of = |sample: &samples::Sample| {
        let evaluation = evaluate(model, &sample.integers);
        let outputs = outputs(model, &evaluation);
        json!({ "outputs": outputs, "decision": decision(model, &evaluation.output) })
    };
    Ok(read.iter().map(of).collect())
}

fn graph_evaluations(model: &GraphModel, meaning: &Meaning, bytes: &[u8]) -> Result<Vec<Value>, InputError> {
    let graph = model.graph();
    let text = std::str::from_utf8(bytes).map_err(|error| {
        InputError::new("the file", "JSON Lines in UTF-8", error.to_string(), "write a sample a line")
    })?;
    let salts = vec![Fr::zero(); ModelRef::from(model).salts().0];
    let mut all = Vec::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let sample = [(format!("line {}", index + 1), line.as_bytes().to_vec())];
        let series = read_series(&sample, graph.positions(), graph.channels(), &meaning.units)?;
        let evaluation = graph::evaluate(model, &series.values, &salts);
        let heads = graph.heads().iter().zip(model.heads()).zip(&evaluation.outputs);
        let said: Vec<Value> = heads.map(|((head, meaning), output)| said(head, meaning, output)).collect();
        all.push(json!({ "heads": said }));
    }
    Ok(all)
}

fn dense_agreement(imported: &super::Imported) -> Value {
    let Agreement { samples, max_error, mean_error, decisions, labels, scores, clipped } =
        &imported.agreement;
    let labels: Map<String, Value> =
        labels.iter().map(|(label, share)| (label.clone(), json!(share))).collect();
    let scores = scores.map(|scores| {
        json!({
            "median_relative_error": scores.median_relative,
            "max_relative_error": scores.max_relative,
            "spearman": scores.spearman,
            "top_5_percent": scores.top,
        })
    });
    json!({
        "calibration_samples": imported.calibration,
        "held_out_samples": samples,
        "max_error": max_error,
        "mean_error": mean_error,
        "decisions": decisions,
        "labels": labels,
        "scores": scores,
        "clipped_samples": clipped,
        "notes": imported.notes,
        "warnings": imported.warnings,
    })
}

fn graph_agreement(imported: &super::lower::Imported) -> Value {
    let heads = imported.agreement.heads.iter().map(|head| {
        json!({
            "output": head.output,
            "head": head.head,
            "decisions": head.decisions,
            "sets": head.sets,
            "max_error": head.max_error,
            "mean_error": head.mean_error,
            "relative_error": head.relative_error,
        })
    });
    json!({
        "calibration_samples": imported.calibration,
        "held_out_samples": imported.agreement.samples,
        "clipped_samples": imported.agreement.clipped,
        "heads": heads.collect::<Vec<_>>(),
        "notes": imported.notes,
        "warnings": imported.warnings,
    })
}

fn inspect_dense(model: &Model, meaning: &Meaning) -> Map<String, Value> {
    let Meaning { mapping, units } = meaning;
    let shape = model.shape();
    let head = model.head();
    let weights: usize = model.layers().iter().flat_map(|layer| &layer.weights).map(Vec::len).sum();
    let neurons: usize = model.layers().iter().map(|layer| layer.bias.len()).sum();
    let anomaly = shape.head() == Head::Anomaly;
    let unit = 2f64.powi(-i32::from(head.fraction_bits));
    let thresholds: Vec<f64> = head.offsets.iter().map(|offset| f64::from(*offset) * unit).collect();
    let mut members = object(json!({
        "shape": shape.to_string(),
        "weights": weights,
        "neurons": neurons,
        "inputs": shape.inputs(),
        "fraction_bits": head.fraction_bits,
        "bound_bits": super::bounds(model),
        "bound_bits_allowed": EXCESS_BITS,
        "salted": model.salt() != Fr::zero(),
        "commitment": field(&commitment(model)),
    }));
    if *units != Units::default() {
        members.insert("units".into(), json!(units.exponents()));
    }
    if anomaly {
        members.insert("threshold".into(), json!(super::model_threshold(model)));
        members.insert("threshold_int".into(), json!(head.threshold));
    } else {
        members.insert("labels".into(), json!(head.labels));
    }
    if shape.head() == Head::Tags {
        members.insert("thresholds".into(), json!(thresholds));
    }
    members.extend(mapping.map(|mapping| ("mapping".to_owned(), json!(mapping.name()))));
    members
}

fn inspect_graph(model: &GraphModel, meaning: &Meaning) -> Map<String, Value> {
    let graph = model.graph();
    let mut weights = 0;
    for block in graph.blocks() {
        if let Block::Linear { outputs, operands } = block {
            let inputs: usize = operands.iter().map(|(inputs, _)| usize::from(*inputs)).sum();
            weights += usize::from(*outputs) * inputs;
        }
    }
    let heads = graph.heads().iter().zip(model.heads());
    let heads: Vec<Value> = heads
        .map(|(head, meaning)| {
            let mut members = json!({ "head": head.name(), "fraction_bits": meaning.fraction_bits });
            if head.has_labels() {
                members["labels"] = json!(meaning.labels);
            }
            if head.has_threshold() {
                members["threshold"] = json!(meaning.threshold);
            }
            members
        })
        .collect();
    let mut members = object(json!({
        "shape": ModelShape::from(graph).to_string(),
        "weights": weights,
        "nodes": graph.nodes().len(),
        "positions": graph.positions(),
        "channels": graph.channels(),
        "limb_bits": graph.limb_bits(),
        "rows": graph.rows(),
        "heads": heads,
        "salted": model.salt() != Fr::zero(),
        "commitment": field(&ModelRef::from(model).commitment()),
    }));
    let Meaning { mapping, units } = meaning;
    if *units != Units::default() {
        members.insert("units".into(), json!(units.exponents()));
    }
    members.extend(mapping.map(|mapping| ("mapping".to_owned(), json!(mapping.name()))));
    members
}

/// Names of tags, flagged or not, or the name of a class.
fn decision(model: &Model, output: &HeadOutput) -> Value {
    let head = model.head();
    match output {
        HeadOutput::Tags(bits) => {
            let set = head.labels.iter().zip(bits).filter(|(_, bit)| **bit);
            json!(set.map(|(label, _)| label).collect::<Vec<_>>())
        }
        HeadOutput::Anomaly(sum) => json!(*sum >= head.threshold),
        HeadOutput::Class(index) => json!(head.labels.get(*index)),
        HeadOutput::Values(values) => {
            let unit = 2f64.powi(-i32::from(head.fraction_bits));
            let named = head.labels.iter().zip(values);
            json!(named.map(|(name, y)| (name.clone(), f64::from(*y) * unit)).collect::<BTreeMap<_, _>>())
        }
    }
}

fn said(head: &GraphHead, meaning: &HeadMeaning, said: &Said) -> Value {
    let label = |index: &usize| meaning.labels.get(*index).cloned();
    let unit = 2f64.powi(-i32::from(meaning.fraction_bits));
    let decision = match said {
        Said::Tags(bits) => {
            let set = meaning.labels.iter().zip(bits).filter(|(_, bit)| **bit);
            json!(set.map(|(label, _)| label).collect::<Vec<_>>())
        }
        Said::Class(index) => json!(label(index)),
        Said::Top(indices) => json!(indices.iter().map(label).collect::<Vec<_>>()),
        Said::Score(score) => {
            let low = matches!(head, GraphHead::Score { low: true, .. });
            json!({ "score": score, "flagged": flagged(*score, meaning.threshold, low) })
        }
        Said::Flag(flag) => json!(flag),
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        Said::Values(values) => {
            let named = meaning.labels.iter().zip(values);
            json!(named.map(|(name, y)| json!([name, *y as f64 * unit])).collect::<Vec<_>>())
        }
        Said::Commitment(commitment) => json!(field(commitment)),
    };
    json!({ "head": head.name(), "says": decision })
}
