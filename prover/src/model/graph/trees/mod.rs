//! Ensembles of decision trees: the operators TreeEnsembleRegressor, TreeEnsembleClassifier and TreeEnsemble in one form.
//!
//! What is read from a file is checked once: every tree has one root, every node is reached by one path, every child stands
//! after its parent. Walking down a tree ends whatever the input.

mod build;
mod five;
pub mod isolation;
mod rows;
mod scores;

use super::Wrong;
use super::op::Labels;

/// Most nodes of all trees of an ensemble.
pub const MAX_NODES: usize = 1 << 20;
/// Most targets, or classes.
pub const MAX_TARGETS: usize = 1 << 12;
/// Most features.
pub const MAX_FEATURES: usize = 1 << 16;
/// Most nodes on a way down; onnxruntime's own limit.
pub const MAX_DEPTH: usize = 1000;

/// Which values go to the first child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of ONNX")]
pub enum Mode {
    LessOrEqual,
    Less,
    GreaterOrEqual,
    Greater,
    Equal,
    NotEqual,
}

impl Mode {
    /// Whether a value goes to the first child.
    pub fn holds(self, x: f64, threshold: f64) -> bool {
        match self {
            Self::LessOrEqual => x <= threshold,
            Self::Less => x < threshold,
            Self::GreaterOrEqual => x >= threshold,
            Self::Greater => x > threshold,
            Self::Equal => x == threshold,
            Self::NotEqual => x != threshold,
        }
    }
}

/// A node with two children.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Split {
    /// Which number of the input is compared.
    pub feature: usize,
    /// How.
    pub mode: Mode,
    /// With what; a number that float32 holds if the ensemble is [`Precision::Single`].
    pub threshold: f64,
    /// Where to go if the comparison holds: a place in the tree.
    pub yes: usize,
    /// Where to go if not.
    pub no: usize,
    /// Whether what is no number goes to `yes`, besides what the comparison says of it.
    pub missing_yes: bool,
}

/// A node of a tree.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// With two children.
    Split(Split),
    /// Weights, each of another target.
    Leaf(Vec<(usize, f64)>),
}

/// A tree, in preorder: the root first, the child `yes` right after its parent.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// What the file calls it.
    pub id: i64,
    /// At least one. Children stand after their parents.
    pub nodes: Vec<Node>,
    /// Most splits on a way down.
    pub depth: usize,
}

/// In what values are compared with thresholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// float32: values are rounded to it.
    Single,
    /// float64.
    Double,
}

/// What is made of the trees' weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "names of ONNX")]
pub enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// What is made of the scores.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Post {
    /// Nothing.
    None,
    /// The logistic function of each.
    Logistic,
    /// Softmax over all.
    Softmax,
    /// Softmax over those that are not 0; the others stay 0.
    SoftmaxZero,
}

/// How a class comes of the scores.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scheme {
    /// One target, the score s of the second of two classes, which is chosen if s > threshold. Given out are 1 − s and s if
    /// `complement`, else −s and s, before the logistic function if that follows.
    One {
        /// 1/2 if no weight is negative, else 0.
        threshold: f64,
        /// Whether the scores are probabilities.
        complement: bool,
    },
    /// As [`Self::One`], but given out are 0 and s: weights are all said to be those of the second class.
    Second {
        /// 1/2 if no weight is negative, else 0.
        threshold: f64,
    },
    /// The first of the greatest scores, of three classes or more.
    Greatest,
}

/// Classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Classes {
    /// Their names.
    pub labels: Labels,
    /// How one is chosen.
    pub scheme: Scheme,
}

/// An ensemble. Its outputs are the scores, or of a classifier the label and the scores.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeEnsemble {
    /// The trees, at least one.
    pub trees: Vec<Tree>,
    /// Sums of weights that the trees make. One for the two classes of [`Scheme::One`] and [`Scheme::Second`].
    pub targets: usize,
    /// One more than the greatest feature that is compared.
    pub features: usize,
    /// Added to the aggregate of each target; none, or as many as targets.
    pub base: Vec<f64>,
    /// What is made of the trees' weights.
    pub aggregate: Aggregate,
    /// What is made of the scores.
    pub post: Post,
    /// In what values are compared.
    pub precision: Precision,
    /// Of a classifier.
    pub classes: Option<Classes>,
}

impl Tree {
    /// The place of the leaf that a sample comes to. Values have to be rounded to the ensemble's precision.
    pub fn place(&self, sample: &[f64]) -> Result<usize, Wrong> {
        let mut place = 0;
        while let Some(Node::Split(split)) = self.nodes.get(place) {
            let x = sample.get(split.feature).copied();
            let missing = || Wrong::new(format!("a feature {}", split.feature), sample.len().to_string());
            let x = x.ok_or_else(missing)?;
            let yes = split.mode.holds(x, split.threshold) || (split.missing_yes && x.is_nan());
            place = if yes { split.yes } else { split.no };
        }
        Ok(place)
    }

    /// The weights that a sample gets. Values have to be rounded to the ensemble's precision.
    pub fn weights(&self, sample: &[f64]) -> Result<&[(usize, f64)], Wrong> {
        match self.nodes.get(self.place(sample)?) {
            Some(Node::Leaf(weights)) => Ok(weights),
            _ => Err(Wrong::new("a leaf", "none")),
        }
    }
}

impl TreeEnsemble {
    /// Nodes of all trees.
    pub fn nodes(&self) -> usize {
        self.trees.iter().map(|tree| tree.nodes.len()).sum()
    }

    /// A value as it is compared.
    pub fn rounded(&self, x: f64) -> f64 {
        #[expect(clippy::cast_possible_truncation, reason = "this is the rounding")]
        match self.precision {
            Precision::Single => f64::from(x as f32),
            Precision::Double => x,
        }
    }
}
