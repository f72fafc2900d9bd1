//! What is decided by rule.

use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::stages::choice::{self, ACTIONS};
use foldproof_circuits::stages::mempool::PREDICTED_TAGS;
use foldproof_circuits::stages::simhash::SIMILAR;
use foldproof_circuits::stages::tags::Tag;
use serde_json::{Map, Value, json};

use super::{asked, bit, field, object};
use crate::verified::DecisionFacts;

/// What is decided, and from what, under the names of `analytics.py` where it has them: integers, at 2⁻³² where they are fractions.
pub fn members(facts: &DecisionFacts) -> Map<String, Value> {
    let commitments: Map<String, Value> =
        facts.commitments().map(|(name, found, _)| (name.to_owned(), json!(field(&found)))).collect();
    object(json!({
        "values_matched": asked(facts.matched()),
        "commitments": commitments,
        "decision": ruling(facts.ruling()),
    }))
}

fn ruling(ruling: &Ruling) -> Value {
    match ruling {
        Ruling::Consensus { method, threshold, value, confidence, outliers } => {
            let (num, den) = threshold.parts();
            json!({
                "method": method.name(),
                "threshold": [num, den],
                "insufficient": *confidence == 0,
                "value": value,
                "confidence": confidence,
                "outliers": (0..u64::BITS).filter(|i| bit(*outliers, *i)).collect::<Vec<_>>(),
            })
        }
        Ruling::Criteria { method, value, confidence } => {
            json!({ "method": method.name(), "value": value, "confidence": confidence })
        }
        Ruling::Nearest { position, distance } => {
            json!({ "position": position, "distance": distance, "matched": *distance <= u64::from(SIMILAR) })
        }
        Ruling::Top { indices } => json!({ "indices": indices }),
        Ruling::QTable { state, action } => {
            let (fan_out, ttl) = choice::meaning(usize::try_from(*action).unwrap_or(ACTIONS));
            json!({ "state": state, "action": action, "fanout": fan_out, "ttl": ttl })
        }
        Ruling::Bandit { arm } => json!({ "choice": arm }),
        Ruling::Contextual { features, arm } => json!({ "features": features, "choice": arm }),
        Ruling::Mempool { tags, time, before, score, predicted, confidence, eta } => {
            let predicted = PREDICTED_TAGS.iter().zip(0..).filter(|(_, place)| bit(*predicted, *place));
            let of_block = Tag::ALL.into_iter().filter(|tag| bit(*tags, tag.bit()));
            json!({
                "block_tags": of_block.map(Tag::name).collect::<Vec<_>>(),
                "time": time,
                "time_before": (*before > 0).then_some(before),
                "score": score,
                "tags": predicted.map(|((name, _), _)| *name).collect::<Vec<_>>(),
                "confidence": confidence,
                "eta": eta,
            })
        }
        Ruling::Drift { accelerating, distances } => json!({
            "accelerating": accelerating,
            "velocity": distances.map(|(velocity, _)| velocity),
            "acceleration": distances.map(|(_, acceleration)| acceleration),
        }),
        Ruling::Departure { usual, nearest, outlier, distance } => {
            json!({ "usual": usual, "nearest": nearest, "outlier": outlier, "distance": distance })
        }
    }
}
