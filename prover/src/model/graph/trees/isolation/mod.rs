//! Isolation forests. scikit-learn's exporter writes one as an ensemble for each tree, which gives out the number of a leaf,
//! tables from that to the leaf's depth and samples, and the arithmetic of scikit-learn's score over all of them. Here it
//! is one thing again.

mod recognise;

use crate::model::graph::Wrong;
pub use crate::model::isolation_score::mean_depth;

/// What the output that was recognised gives out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// scikit-learn's `score_samples`, the score with a minus.
    ScoreSamples,
    /// scikit-learn's `decision_function`: `score_samples` less the offset.
    Decision,
    /// −1 where the decision is less than 0, else 1.
    Label,
}

/// A node of a tree.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum IsolationNode {
    /// Left if the feature, as float32, is not greater than the threshold.
    Split {
        /// Of the forest's own input.
        feature: usize,
        /// Exactly what the file has.
        threshold: f32,
        /// A place in the tree, the next one.
        left: usize,
        /// A place in the tree, further on.
        right: usize,
    },
    /// A leaf.
    Leaf {
        /// Training samples that came here.
        samples: u32,
        /// Splits on the way here.
        depth: u32,
    },
}

/// A tree, in preorder, with the left child right after its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct IsolationTree {
    /// The root first.
    pub nodes: Vec<IsolationNode>,
}

/// An isolation forest.
#[derive(Clone, Debug, PartialEq)]
pub struct IsolationForest {
    /// The trees, in scikit-learn's order.
    pub trees: Vec<IsolationTree>,
    /// Numbers of a sample.
    pub features: usize,
    /// Training samples of each tree.
    pub psi: u32,
    /// scikit-learn's `offset_`; none if the output is [`Gives::ScoreSamples`], which has no part in it.
    pub offset: Option<f64>,
    /// What the output gives out.
    pub gives: Gives,
}

impl IsolationTree {
    /// Samples and depth of the leaf that a sample comes to.
    pub fn leaf(&self, sample: &[f64]) -> Result<(u32, u32), Wrong> {
        let mut place = 0;
        loop {
            match self.nodes.get(place) {
                Some(IsolationNode::Leaf { samples, depth }) => return Ok((*samples, *depth)),
                Some(IsolationNode::Split { feature, threshold, left, right }) => {
                    let x = sample.get(*feature).copied();
                    let x = x.ok_or_else(|| {
                        Wrong::new(format!("a feature {feature}"), sample.len().to_string())
                    })?;
                    #[expect(clippy::cast_possible_truncation, reason = "what is compared is float32")]
                    let x = x as f32;
                    place = if x <= *threshold { *left } else { *right };
                }
                None => return Err(Wrong::new("a leaf", "none")),
            }
        }
    }
}

impl IsolationForest {
    /// 2^(−E/(n·c(ψ))), E the sum of d + c(m) over the trees, of a leaf at depth d with m samples: near 1 for an anomaly.
    ///
    /// # Errors
    /// A sample of too few numbers.
    pub fn score(&self, sample: &[f64]) -> Result<f64, Wrong> {
        let mut sum = 0.0;
        for tree in &self.trees {
            let (samples, depth) = tree.leaf(sample)?;
            sum += f64::from(depth) + mean_depth(samples);
        }
        #[expect(clippy::cast_precision_loss, reason = "a count of trees")]
        let trees = self.trees.len() as f64;
        Ok((-sum / (trees * mean_depth(self.psi))).exp2())
    }

    /// What the output gives out for a sample.
    ///
    /// # Errors
    /// As [`Self::score`].
    pub fn output(&self, sample: &[f64]) -> Result<f64, Wrong> {
        let decision = -self.score(sample)? - self.offset.unwrap_or(0.0);
        Ok(match self.gives {
            Gives::ScoreSamples | Gives::Decision => decision,
            Gives::Label if decision < 0.0 => -1.0,
            Gives::Label => 1.0,
        })
    }
}
