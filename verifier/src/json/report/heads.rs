//! What the heads of a graph say.

use serde_json::{Map, Value, json};

use super::{field, object};
use crate::heads::{HeadOpinion, HeadSays};

/// An element of a head as the number it stands for.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "for people; the integers are told beside it"
)]
pub fn value(int: i64, fraction_bits: u8) -> f64 {
    int as f64 * 2f64.powi(i32::from(fraction_bits).saturating_neg())
}

/// A score, which is never negative, as the number it stands for.
#[expect(
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "for people; the integers are told beside it"
)]
pub fn score(int: u64, fraction_bits: u8) -> f64 {
    int as f64 * 2f64.powi(i32::from(fraction_bits).saturating_neg())
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
