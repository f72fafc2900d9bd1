//! What a verified proof says, as JSON: the one form that the command line, the page and other languages print, under the names of
//! the README and of `docs/verifying.md`.
//!
//! Everything comes from [`Verified`], which only a verified proof gives. Elements of the field are 0x and 64 digits; integers that
//! may be beyond 64 bits are texts.

mod analytics;
mod decision;
mod heads;

use foldproof_circuits::model::{OUTPUT_BITS, Range};
use foldproof_circuits::statement::Subject;
use halo2curves::bn256::Fr;
use serde_json::{Map, Value, json};

use crate::error::Error;
use crate::header::BOUND_FIELDS;
use crate::scalar::to_hex;
use crate::verified::{BlockFacts, Facts, Hint, Opinion, Verified};

pub use heads::{score as head_score, value as head_value};

/// Words for the verdicts on a file.
pub const VERIFIED: &str = "verified";
/// Of what is no proof, or one of something else.
pub const REJECTED: &str = "rejected";
/// Where that cannot be told.
pub const UNKNOWN: &str = "unknown";

/// The time at which the models of a proof had to be valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Time {
    /// Timestamp of the block that the verifier has, or knows the hash of.
    Block(u64),
    /// Timestamp in the proof, which is its prover's word.
    Prover(u64),
    /// The verifier's own time.
    Verifier(u64),
}

impl Time {
    /// Of a proof verified under a policy that has this time of its own (`at_time`), and takes a prover's word for the time of a
    /// block or not (`require_known_time`).
    pub fn of(verified: &Verified, own: u64, provers_word: bool) -> Self {
        match verified.facts() {
            Facts::Block(block) if block.matched() || block.block_hash_matched() => {
                Self::Block(block.timestamp())
            }
            Facts::Block(block) if provers_word => Self::Prover(block.timestamp()),
            // No model speaks about several blocks.
            Facts::Block(_)
            | Facts::Blocks(_)
            | Facts::Values(_)
            | Facts::Sequence(_)
            | Facts::Decision(_) => Self::Verifier(own),
        }
    }

    /// Seconds since 1970, and whose time it is: `block`, `prover` or `verifier`.
    pub fn members(self) -> Value {
        let (seconds, source) = match self {
            Self::Block(seconds) => (seconds, "block"),
            Self::Prover(seconds) => (seconds, "prover"),
            Self::Verifier(seconds) => (seconds, "verifier"),
        };
        json!({ "seconds": seconds, "source": source })
    }
}

/// The whole of a verdict: its word, and what is verified or why not. Models are judged at a time that the caller tells.
pub fn verdict(told: &Result<Verified, Error>, time: impl FnOnce(&Verified) -> Time) -> Map<String, Value> {
    let mut members = Map::new();
    let (word, verified) = match told {
        Ok(verified) => (VERIFIED, Some(verified)),
        Err(error) if error.is_rejection() => (REJECTED, None),
        Err(_) => (UNKNOWN, None),
    };
    members.insert("verdict".to_owned(), json!(word));
    members.insert("verified".to_owned(), json!(verified.is_some()));
    match told {
        Ok(verified) => {
            members.insert("subject".to_owned(), json!(subject(verified)));
            members.append(&mut claims(verified));
            if !verified.hints().is_empty() {
                members.insert("models_valid_at".to_owned(), time(verified).members());
            }
        }
        Err(error) => drop(members.insert("error".to_owned(), json!(error.to_string()))),
    }
    members
}

/// What the proof is about, in a word.
pub fn subject(verified: &Verified) -> &'static str {
    match verified.statement().subject() {
        Subject::Block(_) => "block",
        Subject::Blocks { .. } => "blocks",
        Subject::Fingerprint => "fingerprint",
        Subject::Vector(_) => "vector",
        Subject::Sequence { .. } => "sequence",
        Subject::Matrix { .. } => "matrix",
        Subject::Decision(_) => "decision",
    }
}

/// The claims of a verified proof: facts, and in a member of their own the hints of models.
pub fn claims(verified: &Verified) -> Map<String, Value> {
    let mut members = object(json!({
        "statement": verified.statement().name(),
        "scheme": verified.scheme().name(),
        "insecure_setup": verified.insecure_setup(),
        "key_digest": hex::encode(verified.key_digest()),
    }));
    members.extend(verified.setup().map(|setup| ("setup_id".to_owned(), json!(hex::encode(setup)))));
    members.append(&mut facts(verified));
    members.append(&mut made_for(verified));
    members.append(&mut analytics(verified));
    if !verified.hints().is_empty() {
        members.insert("hints".to_owned(), hints(verified).into_iter().map(Value::Object).collect());
    }
    members
}

/// What is proved about the subject.
pub fn facts(verified: &Verified) -> Map<String, Value> {
    match verified.facts() {
        Facts::Decision(facts) => decision::members(facts),
        Facts::Block(block) => block_facts(block),
        // Whoever looks for the height of the block finds none.
        Facts::Blocks(blocks) => {
            let blocks: Vec<Value> = blocks.iter().map(|block| Value::Object(block_facts(block))).collect();
            object(json!({ "blocks": blocks }))
        }
        Facts::Values(values) => object(json!({
            "values_matched": asked(values.matched()),
            "values_commitment": field(&values.commitment()),
        })),
        Facts::Sequence(sequence) => object(json!({
            "values_matched": asked(sequence.matched()),
            "values_commitments": sequence.commitments().iter().map(field).collect::<Vec<_>>(),
        })),
    }
}

/// What is found in the block by rule: facts, as the rest of what is proved about it.
pub fn analytics(verified: &Verified) -> Map<String, Value> {
    let findings = verified.block().and_then(BlockFacts::findings).zip(verified.statement().analytics());
    let members = findings.map(|(findings, analytics)| analytics::members(analytics, findings));
    members.into_iter().map(|members| ("analytics".to_owned(), Value::Object(members))).collect()
}

/// What the proof was made for, if anything.
pub fn made_for(verified: &Verified) -> Map<String, Value> {
    verified.context().map(|context| ("context".to_owned(), json!(context.to_string()))).into_iter().collect()
}

/// The block that its header beside the proof names, if there is one, with the public inputs that are its.
pub fn header_of(block: &BlockFacts) -> Map<String, Value> {
    let Some(hash) = block.block_hash() else { return Map::new() };
    object(json!({
        "block_hash": bytes(&hash),
        "block_hash_matched": asked(block.block_hash_matched()),
        "header_binds": BOUND_FIELDS,
    }))
}

fn block_facts(block: &BlockFacts) -> Map<String, Value> {
    let mut members = object(json!({
        "block_matched": asked(block.matched()),
        "height": block.height(),
        "timestamp": block.timestamp(),
        "prev_state_root": bytes(&block.prev_state_root()),
        "new_state_root": bytes(&block.new_state_root()),
        "tx_root": bytes(&block.tx_root()),
        "within_bound": block.within_bound(),
        "block_commitment": field(&block.block_commitment()),
        "fold_commitment": field(&block.fold_commitment()),
        "pq_commitment": field(&block.pq_commitment()),
        "codebook_root": field(&block.codebook_root()),
    }));
    members.append(&mut header_of(block));
    members
}

/// Whether the subject is the one the verifier has: there is no proof that is verified and about another.
pub fn asked(matched: bool) -> Value {
    if matched { json!(true) } else { json!("not asked") }
}

/// What each registered model says.
pub fn hints(verified: &Verified) -> Vec<Map<String, Value>> {
    verified.hints().iter().map(hint).collect()
}

fn hint(hint: &Hint) -> Map<String, Value> {
    let mut members = object(json!({
        "model": hint.name(),
        "version": hint.version(),
        "commitment": field(&hint.commitment()),
    }));
    let mut opinion = object(match hint.opinion() {
        Opinion::Tags(tags) => json!({ "tags": tags }),
        Opinion::Anomaly { score: int, threshold: threshold_int } => {
            let flagged = hint.opinion().flagged();
            let integers = json!({ "flagged": flagged, "score_int": int, "threshold_int": threshold_int });
            match scores(hint, [*int, *threshold_int]) {
                None => integers,
                Some([score, threshold]) => {
                    let mut members = object(json!({ "score": score, "threshold": threshold }));
                    members.append(&mut object(integers));
                    Value::Object(members)
                }
            }
        }
        Opinion::Class { index, label } => json!({ "class": label, "index": index }),
        Opinion::Values(values) => {
            let bits = hint.fraction_bits().unwrap_or_default();
            let real: Map<String, Value> =
                values.iter().map(|(name, int)| (name.clone(), json!(value(*int, bits)))).collect();
            let integers: Map<String, Value> =
                values.iter().map(|(name, int)| (name.clone(), json!(int))).collect();
            let mut members =
                object(json!({ "values": real, "values_int": integers, "fraction_bits": bits }));
            // The ends stand for all that lies beyond them.
            let ends: Vec<&String> =
                values.iter().filter(|(_, int)| beyond(*int).is_some()).map(|(name, _)| name).collect();
            if !ends.is_empty() {
                members.insert("at_limit".to_owned(), json!(ends));
            }
            Value::Object(members)
        }
        Opinion::Graph(opinions) => {
            json!({ "flagged": hint.opinion().flagged(), "heads": opinions.iter().map(heads::members).collect::<Vec<_>>() })
        }
    });
    members.append(&mut opinion);
    members
}

/// Scores in the unit that `model import` prints them in, a mean of squared differences, if the registry says how long it is: it is
/// n·2^(2·fraction_bits) of n inputs.
pub fn scores(hint: &Hint, sums: [u64; 2]) -> Option<[f64; 2]> {
    let inputs = u32::try_from(hint.shape().dense()?.inputs()).ok()?;
    let per_unit = f64::from(inputs) * 4f64.powi(hint.fraction_bits()?.into());
    #[expect(clippy::cast_precision_loss, clippy::as_conversions, reason = "for people")]
    let score = |sum: u64| sum as f64 / per_unit;
    Some(sums.map(score))
}

/// How an output that is an end of its range compares with what the model gave.
pub fn beyond(int: i32) -> Option<char> {
    let range = Range::signed(OUTPUT_BITS);
    if int == range.low { Some('≤') } else { (int == range.high()).then_some('≥') }
}

/// What an output of a values head stands for.
pub fn value(int: i32, fraction_bits: u8) -> f64 {
    f64::from(int) * 2f64.powi(i32::from(fraction_bits).saturating_neg())
}

/// 0x and 64 digits.
pub fn field(element: &Fr) -> String {
    format!("0x{}", to_hex(element))
}

fn bytes(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

/// Whether a mask has a bit.
fn bit(mask: u64, place: u32) -> bool {
    mask.checked_shr(place).is_some_and(|rest| rest & 1 == 1)
}

/// The members of an object.
pub fn object(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::from_iter([("value".to_owned(), value)]) }
}
