//! What is told of models, for people.

use foldproof_circuits::model::Model;
use foldproof_prover::model::{self, Imported};
use serde_json::Value;

/// Agreement of a dense network.
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
