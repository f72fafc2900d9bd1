//! How results look: JSON for programs, tables for people. The same names everywhere.

use std::io::Write;
use std::sync::OnceLock;

use anyhow::Context;
use foldproof_circuits::codebook::FOLD_BITS;
use foldproof_circuits::public::{BlockInputs, Instance, Root, SubjectInputs};
use foldproof_circuits::stages::fold::Folded;
use foldproof_circuits::stages::pq::PqCode;
use foldproof_verifier::json::report::{beyond, scores, value};
use foldproof_verifier::scalar::to_be_bytes;
use foldproof_verifier::{BlockHeader, Bundle, Hint, Opinion};
use halo2curves::bn256::Fr;
use serde_json::{Map, Value, json};

use super::{findings, heads, printable};

pub use foldproof_prover::fingerprint::{VECTORS, residuals, vectors};
// What is verified looks the same wherever it is verified.
pub use foldproof_verifier::json::report::{
    analytics, claims, facts, field, header_of, hints, made_for, object,
};

/// Prints a line of results: JSON, or a text that may have lines of its own.
pub fn line(text: impl std::fmt::Display) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{}", printable::lines(&text.to_string()))
        .and_then(|()| out.flush())
        .context("writing to standard output")
}

/// Prints the members of a result: JSON, or a table.
pub fn members(members: Map<String, Value>, as_json: bool) -> anyhow::Result<()> {
    if as_json { line(Value::Object(members)) } else { line(table(&members)) }
}

/// Prints text of the program's own as it is.
pub fn raw(text: &[u8]) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text).and_then(|()| out.flush()).context("writing to standard output")
}

/// How much is told beside the results.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verbosity {
    /// Errors alone.
    Quiet,
    /// Warnings, notes and progress, too.
    #[default]
    Usual,
    /// And what is read, written and made, with the time it took.
    Verbose,
}

static VERBOSITY: OnceLock<Verbosity> = OnceLock::new();

/// Sets how much is told, once.
pub fn set_verbosity(verbosity: Verbosity) {
    // Nobody sets it twice: the command line does, before anything is told.
    let _ = VERBOSITY.set(verbosity);
}

/// How much is told.
pub fn verbosity() -> Verbosity {
    VERBOSITY.get().copied().unwrap_or_default()
}

/// Tells the user a warning or a note beside the results, in one line.
pub fn say(text: std::fmt::Arguments<'_>) {
    if verbosity() >= Verbosity::Usual {
        complain(text);
    }
}

/// Tells the user what is being done, in one line, if they want to know.
pub fn detail(text: std::fmt::Arguments<'_>) {
    if verbosity() == Verbosity::Verbose {
        complain(text);
    }
}

/// Tells the user an error, in one line. Where nobody can be told, work goes on: `eprintln!` would panic.
pub fn complain(text: std::fmt::Arguments<'_>) {
    drop(writeln!(std::io::stderr().lock(), "foldproof: {}", printable::shown(&text.to_string())));
}

fn bytes(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// A value at 2^-bits as the nearest double.
fn real(value: i64, bits: u32) -> f64 {
    value as f64 / 2f64.powi(bits as i32)
}

/// What a model says, in a few words.
pub fn opinion(hint: &Hint) -> String {
    match hint.opinion() {
        Opinion::Tags(tags) if tags.is_empty() => "no tag".to_owned(),
        Opinion::Tags(tags) => tags.join(", "),
        Opinion::Anomaly { score, threshold } => {
            let flagged = if score >= threshold { "flagged" } else { "not flagged" };
            match scores(hint, [*score, *threshold]) {
                Some([score, threshold]) => format!("{flagged}, score {score:.6}, threshold {threshold:.6}"),
                None => format!("{flagged}, score {score}, threshold {threshold}, both as integers"),
            }
        }
        Opinion::Class { label, .. } => label.clone(),
        Opinion::Values(values) => {
            let bits = hint.fraction_bits().unwrap_or_default();
            let one = |(name, int): &(String, i32)| {
                let sign = beyond(*int).map_or_else(String::new, |sign| format!("{sign} "));
                format!("{name} {sign}{}", value(*int, bits))
            };
            values.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Opinion::Graph(opinions) => opinions.iter().map(heads::words).collect::<Vec<_>>().join("; "),
    }
}

/// What a bundle says, unverified, under the names of the claims. What its models say is not told: nothing here has been
/// checked against a registry.
pub fn bundle(bundle: &Bundle) -> Map<String, Value> {
    let instance: &Instance = bundle.unverified_instance();
    let mut members = object(json!({
        "verified": false,
        "statement": bundle.statement().name(),
        "scheme": bundle.scheme().name(),
        "setup": bundle.setup().map(|setup| json!({ "id": hex::encode(setup.id), "insecure": setup.insecure })),
        "key_digest": hex::encode(bundle.key_digest()),
    }));
    let headers = bundle.unverified_headers();
    let mut subject = match &instance.subject {
        SubjectInputs::Values(commitment) => object(json!({ "values_commitment": field(commitment) })),
        SubjectInputs::Sequence(commitments) => {
            object(json!({ "values_commitments": commitments.iter().map(field).collect::<Vec<_>>() }))
        }
        SubjectInputs::Decision(inputs) => {
            let decision = bundle.statement().subject().decision();
            let names = decision.into_iter().flat_map(|decision| decision.commitments());
            let commitments = names.zip(&inputs.commitments);
            let commitments: Map<String, Value> =
                commitments.map(|(name, found)| ((*name).to_owned(), json!(field(found)))).collect();
            let outputs: Vec<String> = inputs.outputs.iter().map(field).collect();
            object(json!({ "commitments": commitments, "outputs": outputs }))
        }
        SubjectInputs::Block(inputs) => block_inputs(inputs, headers.first()),
        SubjectInputs::Blocks(blocks) => {
            let blocks = blocks.iter().enumerate();
            let blocks =
                blocks.map(|(place, inputs)| Value::Object(block_inputs(inputs, headers.get(place))));
            object(json!({ "blocks": blocks.collect::<Vec<_>>() }))
        }
    };
    members.append(&mut subject);
    let context = bundle.unverified_context();
    members.extend(context.map(|context| ("context".to_owned(), json!(context.to_string()))));
    let models: Vec<String> = instance.models.iter().map(|model| field(&model.commitment)).collect();
    let mut rest = object(json!({
        "model_commitments": models,
        "public_inputs": instance.rows().into_iter().map(field).collect::<Vec<_>>(),
        "proof_bytes": bundle.proof().len(),
        "proof": bytes(bundle.proof()),
    }));
    members.append(&mut rest);
    members
}

fn block_inputs(inputs: &BlockInputs<Fr>, header: Option<&BlockHeader>) -> Map<String, Value> {
    let number = |element: &Fr| {
        let big = to_be_bytes(element);
        let (high, low) = big.split_at(24);
        let small = high.iter().all(|byte| *byte == 0);
        let value = low.iter().fold(0u64, |sum, byte| sum << 8 | u64::from(*byte));
        if small { json!(value) } else { json!(field(element)) }
    };
    let root = |root: &Root<Fr>| {
        let halves = [&root.high, &root.low].map(to_be_bytes);
        let halves: Vec<&[u8]> = halves.iter().filter_map(|half| half.get(16..)).collect();
        bytes(&halves.concat())
    };
    let mask = to_be_bytes(&inputs.within_bound);
    let within: Vec<bool> = (0..6).map(|i| mask[31] >> i & 1 == 1).collect();
    let mut members = object(json!({
        "height": number(&inputs.height),
        "timestamp": number(&inputs.timestamp),
        "prev_state_root": root(&inputs.prev_state_root),
        "new_state_root": root(&inputs.new_state_root),
        "tx_root": root(&inputs.tx_root),
        "within_bound": within,
        "block_commitment": field(&inputs.block_commitment),
        "fold_commitment": field(&inputs.fold_commitment),
        "pq_commitment": field(&inputs.pq_commitment),
        "codebook_root": field(&inputs.codebook_root),
    }));
    if let Some(header) = header {
        let hash_and_header = [("block_hash", bytes(&header.hash())), ("header", bytes(header.rlp()))];
        members.extend(hash_and_header.map(|(name, value)| (name.to_owned(), json!(value))));
    }
    members
}

/// Names and values for people, those of several blocks one after another; after the facts, those of analytics under their own heading,
/// and the hints of models under theirs.
pub fn facts_and_hints(mut members: Map<String, Value>) -> String {
    if let Some(Value::Array(blocks)) = members.remove("blocks") {
        let count = blocks.len();
        let blocks = blocks.into_iter().zip(1..).map(|(block, number)| {
            let mut members = object(json!({ "block": format!("{number} of {count}") }));
            members.append(&mut object(block));
            table(&members)
        });
        let all: Vec<String> = std::iter::once(table(&members)).chain(blocks).collect();
        return all.join("\n\n");
    }
    let (analytics, hints) = (members.remove("analytics"), members.remove("hints"));
    let mut parts = vec![table(&members)];
    parts.extend(analytics.map(|analytics| findings::table(object(analytics))));
    if let Some(Value::Array(hints)) = hints {
        parts
            .push("hints: what registered models say, proved to be their output and nothing more".to_owned());
        parts.extend(hints.into_iter().map(|hint| table(&object(hint))));
    }
    parts.join("\n\n")
}

/// Names and values, aligned.
pub fn table(rows: &Map<String, Value>) -> String {
    let width = rows.keys().map(String::len).max().unwrap_or_default();
    let text = |value: &Value| match value {
        Value::String(text) => printable::shown(text).into_owned(),
        Value::Object(members) => {
            let members: Vec<String> =
                members.iter().map(|(name, value)| format!("{name} {value}")).collect();
            members.join(", ")
        }
        // Heads of a graph: objects, one after another.
        Value::Array(parts) if parts.iter().any(Value::is_object) => {
            let parts: Vec<String> = parts.iter().map(|part| part.to_string()).collect();
            printable::shown(&parts.join("; ")).into_owned()
        }
        other => other.to_string(),
    };
    let lines: Vec<String> =
        rows.iter().map(|(name, value)| format!("{name:width$}  {}", text(value))).collect();
    lines.join("\n")
}

/// The 6 × 16 folded values, four decimals, and the code of each row.
pub fn fold_table(folded: &Folded, code: &PqCode) -> String {
    let residuals = residuals(code);
    let rows = VECTORS.iter().zip(folded).zip(&code.indices).enumerate();
    let lines: Vec<String> = rows
        .map(|(i, ((name, row), indices))| {
            let values: Vec<String> = row.iter().map(|v| format!("{:7.4}", real(*v, FOLD_BITS))).collect();
            let residual = residuals[i];
            let within = if code.within_bound[i] { "within" } else { "OUTSIDE" };
            format!(
                "{name:12}{}\n{:12}code {indices:?}  residual {residual:.4} ({within} the bound)",
                values.join(" "),
                ""
            )
        })
        .collect();
    lines.join("\n")
}
