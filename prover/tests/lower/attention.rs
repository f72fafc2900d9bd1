//! Transformers of `/work/shared/models`, and the parts of one made here.

use foldproof_circuits::graph::Node;
use foldproof_circuits::stages::graph::{Output as Said, evaluate};
use foldproof_prover::model::lower::{HeadKind, Imported, Output};

use crate::shared::{folder, imported, lines, request, samples};

/// Of the shared inputs: tags that differ from those of the shared outputs, the greatest error of a logit, and the mean error of
/// fingerprints over their mean deviation from the last one.
fn against_shared(model: &str, found: &Imported) -> (usize, f64, f64) {
    let inputs = samples("models/sequences.inputs.jsonl");
    let outputs = lines(&format!("models/{model}.outputs.jsonl"));
    assert_eq!(inputs.len(), outputs.len());
    let (mut wrong, mut worst, mut error, mut size) = (0, 0.0_f64, 0.0, 0.0);
    let numbers = |line: &serde_json::Value, name: &str| -> Vec<f64> {
        let list = line[name].as_array().unwrap_or_else(|| panic!("{name} in {line}"));
        list.iter()
            .flat_map(|x| x.as_array().cloned().unwrap_or_else(|| vec![x.clone()]))
            .map(|x| x.as_f64().unwrap())
            .collect()
    };
    for (sample, line) in inputs.iter().zip(&outputs) {
        let made = evaluate(&found.model, &sample.integers, &[0.into(); 2]);
        for (place, head) in found.model.graph().heads().iter().enumerate() {
            let unit = 2f64.powi(-i32::from(found.model.heads()[place].fraction_bits));
            let tensor = &made.tensors[usize::from(head.of())];
            let expected = numbers(line, &found.outputs[place]);
            assert_eq!(tensor.len(), expected.len());
            match &made.outputs[place] {
                Said::Tags(bits) => {
                    for ((bit, x), y) in bits.iter().zip(&expected).zip(tensor) {
                        wrong += usize::from(*bit != (*x > 0.0));
                        // Half a unit is taken off so that rounding decides as the graph does.
                        worst = worst.max((*y as f64 * unit + unit / 2.0 - x).abs());
                    }
                }
                _ => {
                    for (x, y) in expected.iter().zip(tensor) {
                        error += (*y as f64 * unit - x).abs();
                        size += x.abs();
                    }
                }
            }
        }
    }
    println!(
        "  {model} on shared inputs: {wrong} tags differ, logits within {worst:.4}, fingerprints {:.4}",
        error / size
    );
    (wrong, worst, error / size)
}

fn predictor(model: &str) {
    if folder().is_none() {
        println!("skipped: there are no shared models");
        return;
    }
    let outputs =
        vec![Output::named("fingerprint", HeadKind::Commitment), Output::named("tag_logits", HeadKind::Tags)];
    let found = imported(model, samples("data/fingerprints-train.jsonl"), &request(outputs, None));
    let graph = found.model.graph();
    assert_eq!(graph.limb_bits(), 14);
    let count = |of: fn(&Node) -> bool| graph.nodes().iter().filter(|node| of(node)).count();
    println!(
        "  {} products, {} softmaxes, {} norms, {} linear, {} combines, {} constants",
        count(|node| matches!(node, Node::Product { .. })),
        count(|node| matches!(node, Node::Softmax { .. })),
        count(|node| matches!(node, Node::Norm { .. })),
        count(|node| matches!(node, Node::Linear { .. })),
        count(|node| matches!(node, Node::Combine { .. })),
        count(|node| matches!(node, Node::Constant { .. })),
    );
    // Nothing of the model is a constant of its graph, however its biases are spelt.
    assert_eq!(count(|node| matches!(node, Node::Constant { .. })), 3);
    let (wrong, worst, _) = against_shared(model, &found);
    assert_eq!(wrong, 0);
    assert!(worst <= 0.03, "{worst}");
}

#[test]
fn the_transformer_predictor_agrees() {
    predictor("transformer_predictor");
}

#[test]
fn a_small_transformer_agrees() {
    predictor("transformer_d48");
}

#[test]
fn the_same_from_jax_agrees() {
    predictor("transformer_d48_jax2onnx");
}
