//! `foldproof model inspect` and `eval` of models that are graphs.

use std::path::Path;

use anyhow::Context;
use foldproof_circuits::graph::{Block, GraphModel, Head, HeadMeaning};
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::stages::graph::{Output, evaluate, flagged};
use foldproof_circuits::statement::ModelShape;
use foldproof_prover::model::file::Meaning;
use foldproof_prover::model::samples::Units;
use foldproof_prover::model::series::read_series;
use halo2curves::bn256::Fr;
use serde_json::{Map, Value, json};

use super::super::{files, output};

/// What there is to say of a model.
pub fn inspect(model: &GraphModel, meaning: &Meaning) -> Map<String, Value> {
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
    let mut members = output::object(json!({
        "shape": ModelShape::from(graph).to_string(),
        "weights": weights,
        "nodes": graph.nodes().len(),
        "positions": graph.positions(),
        "channels": graph.channels(),
        "limb_bits": graph.limb_bits(),
        "rows": graph.rows(),
        "heads": heads,
        "salted": model.salt() != Fr::zero(),
        "commitment": output::field(&ModelRef::from(model).commitment()),
    }));
    let Meaning { mapping, units } = meaning;
    if *units != Units::default() {
        members.insert("units".into(), json!(units.exponents()));
    }
    members.extend(mapping.map(|mapping| ("mapping".to_owned(), json!(mapping.name()))));
    members
}

/// What it says of samples: one a line, each of all positions.
pub fn eval(model: &GraphModel, meaning: &Meaning, samples: &Path, as_json: bool) -> anyhow::Result<()> {
    let graph = model.graph();
    let name = || samples.display().to_string();
    let bytes = files::read(samples, files::SAMPLES)?;
    let text = std::str::from_utf8(&bytes).with_context(name)?;
    for (index, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let place = format!("{}: line {}", samples.display(), index + 1);
        let sample = [(place, line.as_bytes().to_vec())];
        let series = read_series(&sample, graph.positions(), graph.channels(), &meaning.units)?;
        let salts = vec![Fr::zero(); ModelRef::from(model).salts().0];
        let evaluation = evaluate(model, &series.values, &salts);
        let heads = graph.heads().iter().zip(model.heads()).zip(&evaluation.outputs);
        let said: Vec<Value> = heads.map(|((head, meaning), output)| said(head, meaning, output)).collect();
        let line = if as_json { json!({ "heads": said }) } else { json!(said) };
        output::line(line)?;
    }
    Ok(())
}

fn said(head: &Head, meaning: &HeadMeaning, said: &Output) -> Value {
    let label = |index: &usize| meaning.labels.get(*index).cloned();
    let unit = 2f64.powi(-i32::from(meaning.fraction_bits));
    let decision = match said {
        Output::Tags(bits) => {
            let set = meaning.labels.iter().zip(bits).filter(|(_, bit)| **bit);
            json!(set.map(|(label, _)| label).collect::<Vec<_>>())
        }
        Output::Class(index) => json!(label(index)),
        Output::Top(indices) => json!(indices.iter().map(label).collect::<Vec<_>>()),
        Output::Score(score) => {
            let low = matches!(head, Head::Score { low: true, .. });
            json!({ "score": score, "flagged": flagged(*score, meaning.threshold, low) })
        }
        Output::Flag(flag) => json!(flag),
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        Output::Values(values) => {
            let named = meaning.labels.iter().zip(values);
            json!(named.map(|(name, y)| json!([name, *y as f64 * unit])).collect::<Vec<_>>())
        }
        Output::Commitment(commitment) => json!(output::field(commitment)),
    };
    json!({ "head": head.name(), "says": decision })
}
