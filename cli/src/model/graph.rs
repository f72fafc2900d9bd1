//! `foldproof model import`, `inspect` and `eval` of models that are graphs.

use std::path::Path;

use anyhow::{Context, bail};
use foldproof_circuits::graph::{Block, GraphModel, Head, HeadMeaning};
use foldproof_circuits::model::WeightBits;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::stages::graph::{Output as Said, evaluate, flagged};
use foldproof_circuits::statement::ModelShape;
use foldproof_prover::model::file::Meaning;
use foldproof_prover::model::graph_file::to_json_with_meaning;
use foldproof_prover::model::lower::{self, Imported, Output, Request};
use foldproof_prover::model::samples::Units;
use foldproof_prover::model::series::read_series;
use halo2curves::bn256::Fr;
use serde_json::{Map, Value, json};

use super::super::{files, output};

/// Imports recurrent layers and trees, with any heads.
pub fn import(args: &super::Import, onnx: &[u8], folder: &Path) -> anyhow::Result<()> {
    if args.weights != WeightBits::W8 {
        bail!("--weights: graphs have weights of 8 bits, found {}", args.weights.count());
    }
    let several = args.heads.len() > 1;
    let labels = args.labels.as_deref().map(super::labels).transpose()?;
    if several && (labels.is_some() || !args.threshold.is_empty() || args.output.is_some()) {
        bail!("--labels, --threshold and --output are of one head; found {} heads", args.heads.len());
    }
    let outputs = args.heads.iter().map(|head| Output {
        name: head.output.clone().or_else(|| args.output.clone()),
        head: head.kind,
        labels: labels.clone(),
        thresholds: args.threshold.clone(),
    });
    let request = Request {
        limb_bits: args.activations,
        salt: super::salt(args),
        ..Request::for_outputs(outputs.collect())
    };
    let outputs: Vec<String> = request.outputs.iter().filter_map(|output| output.name.clone()).collect();
    let (samples, mapping) = super::calibration(args, lower::takes_vectors(onnx, Some(folder), &outputs))?;
    let imported = super::calibrating(args, || lower::import(onnx, Some(folder), samples, &request))?;
    let meaning = Meaning { mapping, units: imported.units.clone() };
    let text = to_json_with_meaning(&imported.model, &meaning);
    let mut members = super::write_model(args, &text, &imported.notes, &imported.warnings)?;
    members.append(&mut inspect(&imported.model, &meaning));
    members.insert("agreement".into(), agreement(&imported));
    let members = Value::Object(members);
    if args.json { output::line(members) } else { output::line(output::table(&output::object(members))) }
}

fn agreement(imported: &Imported) -> Value {
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

fn said(head: &Head, meaning: &HeadMeaning, said: &Said) -> Value {
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
            let low = matches!(head, Head::Score { low: true, .. });
            json!({ "score": score, "flagged": flagged(*score, meaning.threshold, low) })
        }
        Said::Flag(flag) => json!(flag),
        #[expect(clippy::cast_precision_loss, reason = "for display")]
        Said::Values(values) => {
            let named = meaning.labels.iter().zip(values);
            json!(named.map(|(name, y)| json!([name, *y as f64 * unit])).collect::<Vec<_>>())
        }
        Said::Commitment(commitment) => json!(output::field(commitment)),
    };
    json!({ "head": head.name(), "says": decision })
}
