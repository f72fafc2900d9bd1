//! What the heads of a graph say, for people.

use foldproof_verifier::json::report::{field, head_score as score, head_value as value};
use foldproof_verifier::{HeadOpinion, HeadSays};

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
