//! What is told of dense models.

use std::collections::BTreeMap;

use foldproof_circuits::model::{EXCESS_BITS, Head, Model};
use foldproof_circuits::stages::model::{HeadOutput, commitment};
use foldproof_prover::model::agreement::Agreement;
use foldproof_prover::model::file::Meaning;
use foldproof_prover::model::samples::Units;
use foldproof_prover::model::{self, Imported};
use halo2curves::bn256::Fr;
use serde_json::{Map, Value, json};

use super::super::output;

/// Agreement for programs.
pub fn agreement(imported: &Imported) -> Value {
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

/// Agreement for people.
pub fn table(imported: &Imported) -> String {
    let agreement = &imported.agreement;
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let mut rows = vec![
        ("held-out samples".to_owned(), agreement.samples.to_string()),
        (
            "error of outputs".to_owned(),
            format!("mean {:.6}, max {:.6}", agreement.mean_error, agreement.max_error),
        ),
        ("decisions that agree".to_owned(), percent(agreement.decisions)),
    ];
    for (label, share) in &agreement.labels {
        rows.push((format!("  {label}"), share.map_or("no sample".into(), percent)));
    }
    if let Some(scores) = &agreement.scores {
        let (median, max) = (percent(scores.median_relative), percent(scores.max_relative));
        rows.push(("relative error of scores".into(), format!("median {median}, max {max}")));
        rows.push(("rank correlation".into(), format!("{:.4}", scores.spearman)));
        rows.push(("top 5 % preserved".into(), percent(scores.top)));
    }
    let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let lines: Vec<String> = rows.iter().map(|(name, value)| format!("{name:width$}  {value}")).collect();
    lines.join("\n")
}

/// What a model is, and what it is for.
pub fn inspect(model: &Model, meaning: &Meaning) -> Map<String, Value> {
    let Meaning { mapping, units } = meaning;
    let shape = model.shape();
    let head = model.head();
    let weights: usize = model.layers().iter().flat_map(|layer| &layer.weights).map(Vec::len).sum();
    let neurons: usize = model.layers().iter().map(|layer| layer.bias.len()).sum();
    let anomaly = shape.head() == Head::Anomaly;
    let unit = 2f64.powi(-i32::from(head.fraction_bits));
    let thresholds: Vec<f64> = head.offsets.iter().map(|offset| f64::from(*offset) * unit).collect();
    let mut members = output::object(json!({
        "shape": shape.to_string(),
        "weights": weights,
        "neurons": neurons,
        "inputs": shape.inputs(),
        "fraction_bits": head.fraction_bits,
        "bound_bits": model::bounds(model),
        "bound_bits_allowed": EXCESS_BITS,
        "salted": model.salt() != Fr::zero(),
        "commitment": output::field(&commitment(model)),
    }));
    if *units != Units::default() {
        members.insert("units".into(), json!(units.exponents()));
    }
    if anomaly {
        members.insert("threshold".into(), json!(model::model_threshold(model)));
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

/// Names of tags, flagged or not, or the name of a class.
pub fn decision(model: &Model, output: &HeadOutput) -> Value {
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

/// A decision for people.
pub fn readable(model: &Model, decision: &Value, outputs: &[f64]) -> String {
    match decision {
        Value::Array(tags) if tags.is_empty() => "no tag".to_owned(),
        Value::Array(tags) => tags.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        Value::Bool(flagged) => {
            let score = outputs.first().copied().unwrap_or_default();
            let verdict = if *flagged { "flagged" } else { "not flagged" };
            format!("{verdict}, score {score:.6}, threshold {:.6}", model::model_threshold(model))
        }
        Value::String(class) => class.clone(),
        Value::Object(values) => {
            values.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", ")
        }
        other => other.to_string(),
    }
}
