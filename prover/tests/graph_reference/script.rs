//! What the script says, and what it is expected to say.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use foldproof_circuits::graph::{GraphModel, Head};
use foldproof_circuits::stages::graph::{Output, evaluate};
use foldproof_verifier::scalar::to_hex;
use halo2curves::bn256::Fr;
use serde_json::{Value, json};

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/graph_reference.py")
}

/// What the script prints; none without an interpreter.
pub fn python(arguments: &[&str], input: &str) -> Option<String> {
    let child = Command::new("python3")
        .arg(script())
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn();
    let Ok(mut child) = child else {
        eprintln!("SKIPPED: there is no python3");
        return None;
    };
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_owned();
    // It may answer before it has read everything, or not read at all.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(input.as_bytes())));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    assert!(output.status.success(), "{arguments:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

pub fn field(element: &Fr) -> String {
    format!("0x{}", to_hex(element))
}

fn said(head: &Head, output: &Output) -> Value {
    let what = match output {
        Output::Tags(bits) => json!(bits),
        Output::Class(index) => json!(index),
        Output::Top(indices) => json!(indices),
        Output::Score(score) => json!(score),
        Output::Flag(flag) => json!(flag),
        Output::Values(values) => json!(values),
        Output::Commitment(commitment) => json!(field(commitment)),
    };
    json!({ head.name(): what })
}

/// The line that is expected of an input.
pub fn expected(model: &GraphModel, input: &[i64], salts: &[Fr]) -> Value {
    let evaluation = evaluate(model, input, salts);
    let heads = || model.graph().heads().iter().zip(&evaluation.outputs);
    let public = heads().zip(model.heads()).map(|((head, output), meaning)| {
        let tensor = &model.graph().tensors()[usize::from(head.of())];
        output.elements(tensor, meaning.threshold).iter().map(field).collect::<Vec<_>>()
    });
    json!({
        "outputs": heads().map(|(head, output)| said(head, output)).collect::<Vec<_>>(),
        "public": public.collect::<Vec<_>>(),
        "tensors": evaluation.tensors,
    })
}
