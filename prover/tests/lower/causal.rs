//! The causal transformer of `examples/causal`: `scripts/train_causal.py` trains it.

use std::path::Path;

use foldproof_circuits::stages::graph;
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_prover::model::lower::{HeadKind, Output, import};
use foldproof_prover::model::samples;
use serde_json::{Value, json};

use crate::shared::request;

/// Tokens of a window, and how many there are.
const WINDOW: usize = 64;
const VOCABULARY: usize = 64;

fn tokens(line: &Value, key: &str) -> Vec<usize> {
    line[key].as_array().unwrap().iter().map(|token| token.as_u64().unwrap() as usize).collect()
}

/// The same next token as onnxruntime's at 99 of 100 places, and a proof of k = 18.
#[test]
fn the_causal_transformer_says_the_same_next_token() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/causal");
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let text = String::from_utf8(read("causal.samples.jsonl")).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let onehot = |line: &Value| -> Vec<u8> {
        let places = tokens(line, "tokens");
        places.iter().flat_map(|token| (0..VOCABULARY).map(move |at| u8::from(at == *token))).collect()
    };
    let inputs: Vec<String> = lines.iter().map(|line| json!({ "input": onehot(line) }).to_string()).collect();
    let samples = samples::read(inputs.join("\n").as_bytes()).unwrap();
    let request = request(vec![Output::of(HeadKind::Commitment)], None);
    let imported = import(&read("causal.onnx"), None, samples.clone(), &request).unwrap();
    let shape = imported.model.graph();
    let subject = Subject::Matrix { positions: WINDOW as u16, channels: VOCABULARY as u16 };
    assert_eq!((shape.rows(), Statement::new(subject, [shape]).unwrap().k()), (229_075, 18));
    let (mut same, mut all) = (0, 0);
    // Every fifth is held out.
    for (line, sample) in lines.iter().zip(&samples).skip(4).step_by(5) {
        let evaluation = graph::evaluate(&imported.model, &sample.integers, &[]);
        let logits = &evaluation.tensors[usize::from(shape.heads()[0].of())];
        let next = logits
            .chunks(VOCABULARY)
            .map(|logits| (0..VOCABULARY).rev().max_by_key(|at| logits[*at]).unwrap());
        same += next.zip(tokens(line, "next")).filter(|(a, b)| a == b).count();
        all += WINDOW;
    }
    println!("{same} of {all} next tokens");
    assert!(same * 100 >= all * 99, "{same} of {all}");
}
