//! What the heads of a graph say, for programs and for people.

use foldproof_verifier::{HeadOpinion, HeadSays};
use serde_json::{Map, Value, json};

use super::output::{field, object};

/// An element of a head as the number it stands for.
#[expect(clippy::cast_precision_loss, reason = "for people; the integers are told beside it")]
fn value(int: i64, fraction_bits: u8) -> f64 {
    int as f64 * 2f64.powi(-i32::from(fraction_bits))
}

/// A score, which is never negative, as the number it stands for.
#[expect(clippy::cast_precision_loss, reason = "for people; the integers are told beside it")]
fn score(int: u64, fraction_bits: u8) -> f64 {
    int as f64 * 2f64.powi(-i32::from(fraction_bits))
}

/// Members of a head, for programs.
pub fn members(opinion: &HeadOpinion) -> Map<String, Value> {
    let bits = opinion.fraction_bits();
    let mut members = object(json!({ "head": opinion.head() }));
    let mut says = object(match opinion.says() {
        HeadSays::Tags(tags) => json!({ "tags": tags }),
        HeadSays::Class { index, label } => json!({ "class": label, "index": index }),
        HeadSays::Top(top) => {
            let (indices, labels): (Vec<_>, Vec<_>) = top.iter().cloned().unzip();
            json!({ "top": labels, "indices": indices })
        }
        HeadSays::Score { score: int, threshold, low } => json!({
            "flagged": opinion.flagged(),
            "score": score(*int, bits),
            "threshold": score(*threshold, bits),
            "flagged_if": if *low { "at most" } else { "at least" },
            "score_int": int,
            "threshold_int": threshold,
            "fraction_bits": bits,
        }),
        HeadSays::Flag { flagged, threshold, low } => json!({
            "flagged": flagged,
            "threshold": score(*threshold, bits),
            "flagged_if": if *low { "at most" } else { "at least" },
            "threshold_int": threshold,
            "fraction_bits": bits,
        }),
        HeadSays::Values(values) => {
            let real: Map<String, Value> =
                values.iter().map(|(name, int)| (name.clone(), json!(value(*int, bits)))).collect();
            let integers: Map<String, Value> =
                values.iter().map(|(name, int)| (name.clone(), json!(int))).collect();
            json!({ "values": real, "values_int": integers, "fraction_bits": bits })
        }
        HeadSays::Commitment(commitment) => json!({ "commitment": field(commitment) }),
    });
    members.append(&mut says);
    members
}

/// What a head says, in a few words.
pub fn words(opinion: &HeadOpinion) -> String {
    let bits = opinion.fraction_bits();
    match opinion.says() {
        HeadSays::Tags(tags) if tags.is_empty() => "no tag".to_owned(),
        HeadSays::Tags(tags) => tags.join(", "),
        HeadSays::Class { label, .. } => label.clone(),
        HeadSays::Top(top) => {
            let labels: Vec<&str> = top.iter().map(|(_, label)| label.as_str()).collect();
            format!("most likely {}", labels.join(", "))
        }
        HeadSays::Score { score: int, threshold, .. } => {
            let (int, threshold) = (score(*int, bits), score(*threshold, bits));
            format!("{}, score {int:.6}, threshold {threshold:.6}", flagged(opinion))
        }
        HeadSays::Flag { threshold, .. } => {
            format!("{}, threshold {:.6}", flagged(opinion), score(*threshold, bits))
        }
        HeadSays::Values(values) => {
            let one = |(name, int): &(String, i64)| format!("{name} {}", value(*int, bits));
            values.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        HeadSays::Commitment(commitment) => format!("commitment {}", field(commitment)),
    }
}

fn flagged(opinion: &HeadOpinion) -> &'static str {
    if opinion.flagged() == Some(true) { "flagged" } else { "not flagged" }
}
