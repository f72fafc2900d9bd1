//! Isolation forests: sums of d·2²⁴ + C\[m\], flagged up to the greatest whose score is above the offset.

use foldproof_circuits::graph::{Head, HeadMeaning};

use super::forest::{Plan, fraction_bits};
use super::heads::Made;
use super::lowering::Lowering;
use super::threshold::single;
use super::{HeadKind, Output};
use crate::input::InputError;
use crate::model::graph::trees::isolation::{IsolationForest, IsolationNode};
use crate::model::isolation_score::{depth, greatest_flagged};

impl Lowering<'_> {
    /// A score or a flag of a forest.
    pub(super) fn isolation(
        &mut self,
        forest: &IsolationForest,
        output: &Output,
        path: &str,
    ) -> Result<Made, InputError> {
        let wrong =
            |expected: &str, found: String, advice: &str| Err(InputError::new(path, expected, found, advice));
        if !matches!(output.head, HeadKind::Anomaly | HeadKind::Score | HeadKind::Flag) {
            let found = format!("--head {}", output.head.name());
            return wrong("--head anomaly, score or flag for an isolation forest", found, "use one of them");
        }
        let offset = match (&output.thresholds[..], forest.offset) {
            ([], Some(offset)) => offset,
            // All of a flag is its threshold.
            ([], None) if output.head == HeadKind::Flag => {
                let advice =
                    "take the output with the label or the decision, or give --threshold SCORE, such as 0.5";
                return wrong("a threshold", "score_samples, which has none".into(), advice);
            }
            ([], None) => {
                self.notes.push(
                    "score_samples has no threshold: only a score of 1, the greatest there is, is flagged; --threshold SCORE \
                     sets another, such as 0.5"
                        .into(),
                );
                -1.0
            }
            ([one], _) => match one.trim().parse::<f64>() {
                Ok(score) if (0.0..=1.0).contains(&score) => -score,
                _ => {
                    return wrong(
                        "a score between 0 and 1",
                        format!("{one:?}"),
                        "correct it, or leave it out",
                    );
                }
            },
            _ => return wrong("one threshold", "several".into(), "give one"),
        };
        let mut plans = Vec::new();
        for tree in &forest.trees {
            let mut plan = Vec::new();
            for node in &tree.nodes {
                plan.push(match node {
                    IsolationNode::Split { feature, threshold, left, right } => {
                        let bits = fraction_bits(self.samples, *feature);
                        let Some(threshold) = single(*threshold, bits) else {
                            let found = format!("{threshold} of feature {feature}");
                            let advice = "train on samples in the units in which they are proved";
                            return wrong("thresholds that fit integers of 36 bits", found, advice);
                        };
                        Plan::Split { feature: *feature, threshold, left: *left, right: *right }
                    }
                    IsolationNode::Leaf { samples, depth: splits } => {
                        Plan::Leaf(vec![(i64::from(*splits) << 24) + depth(*samples)])
                    }
                });
            }
            plans.push(plan);
        }
        let trees = u64::try_from(forest.trees.len()).unwrap_or(u64::MAX);
        #[expect(clippy::cast_possible_truncation, reason = "an offset is within ±1")]
        let theta = (-offset * 2f64.powi(32) + 0.5).floor() as i64;
        // A score of 1 is that of E = 0.
        let greatest = if offset <= -1.0 { Some(0) } else { greatest_flagged(theta, trees, forest.psi) };
        let Some(greatest) = greatest else {
            return wrong("a threshold below 1", (-offset).to_string(), "choose a lower one");
        };
        let of = self.forest(&plans, 1)?;
        let head = match output.head {
            HeadKind::Flag => Head::Flag { of, low: true },
            _ => Head::Score { of, low: true },
        };
        self.notes.push(format!(
            "the score that is proved is E, the sum of 2^24·(depth + c(samples)) over the trees; the anomaly score is \
             2^(−E/({trees}·{})), flagged above {:.6}: E up to {greatest}",
            depth(forest.psi),
            -offset
        ));
        Ok(Made {
            head,
            meaning: HeadMeaning { labels: Vec::new(), fraction_bits: 24, threshold: greatest },
            scale: 2f64.powi(-24),
            shift: vec![0.0],
            thresholds: vec![offset],
        })
    }
}
