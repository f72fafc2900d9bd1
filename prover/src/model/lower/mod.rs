//! Lowering: float graphs of recurrent, convolutional and linear layers and of trees made integer graphs of `docs/graph.md`.
//!
//! The trace of a graph is gone through node by node. Each value becomes elements of integer tensors with their scales, or waits:
//! the input until its normalisation is known, so that quantisers contain it; sums of a layer until what follows them is
//! known, so that they are rounded once. Scales come from the calibration samples, weights are rounded for the integers that
//! the layers before them really give out.
//!
//! * `build` is the integer graph under construction, `lowering` what is known meanwhile, `walk`,
//!   `contraction` and `elementwise` the operators, `convolution` and `pooling` what slides, `recurrent` and `steps` LSTM and GRU,
//!   `attention`, `normal` and `norms` products of two values, softmax and normalisation, `curves` activations made of others, `tokens`
//!   rows of a table that integers choose, `forest` and `isolation` trees;
//! * `distances`, `degrees` and `factors` edges between elements that are near, and what layers of graph networks make of them;
//! * `finish` and `weights` round layers, `input` chooses quantisers, `heads` ends outputs;
//! * `kind` says what is imported as a graph, `agreement` compares with the float graph.

pub mod addition;
mod agreement;
mod attention;
mod build;
mod chunks;
mod contraction;
mod convolution;
mod curves;
mod degrees;
mod distances;
mod elementwise;
mod factors;
mod finish;
mod forest;
mod gram;
mod groups;
mod heads;
mod import;
mod input;
mod isolation;
mod kind;
mod lowering;
mod neighbours;
mod normal;
mod norms;
mod pooling;
mod prune;
mod recurrent;
mod steps;
mod threshold;
mod tokens;
mod value;
mod walk;
mod weights;

pub use import::{Imported, Request, import};
pub use kind::{applies, takes_vectors};

/// What to do about what is not supported.
const ADVICE: &str =
    "docs/model-import.md says which graphs are proved; end the graph before this node, or train without it";

/// What an output is taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeadKind {
    /// A bit for each output.
    Tags,
    /// The greatest output.
    Class,
    /// So many of the greatest, in order.
    Top(u8),
    /// A score that is flagged, in public.
    Anomaly,
    /// The same.
    Score,
    /// Only whether it is flagged.
    Flag,
    /// The outputs themselves.
    Values,
    /// A commitment to them.
    Commitment,
}

impl HeadKind {
    /// The kind with this name; `top` takes the best 5, `top-K` K.
    pub fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "tags" => Self::Tags,
            "class" => Self::Class,
            "top" => Self::Top(5),
            "anomaly" => Self::Anomaly,
            "score" => Self::Score,
            "flag" => Self::Flag,
            "values" => Self::Values,
            "commitment" => Self::Commitment,
            other => Self::Top(other.strip_prefix("top-")?.parse().ok()?),
        })
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tags => "tags",
            Self::Class => "class",
            Self::Top(_) => "top",
            Self::Anomaly => "anomaly",
            Self::Score => "score",
            Self::Flag => "flag",
            Self::Values => "values",
            Self::Commitment => "commitment",
        }
    }
}

/// An output and its head.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// Name of the output; without it, the one that suits.
    pub name: Option<String>,
    /// What it is taken for.
    pub head: HeadKind,
    /// Names of its elements; those of the graph or `tag-0`, … without.
    pub labels: Option<Vec<String>>,
    /// `NAME=LOGIT` for tags (`NAME=PROBABILITY` if the graph ends with Sigmoid), one score for a score.
    pub thresholds: Vec<String>,
}

impl Output {
    /// The output that suits, without labels and thresholds.
    pub fn of(head: HeadKind) -> Self {
        Self { name: None, head, labels: None, thresholds: Vec::new() }
    }

    /// This output, without labels and thresholds.
    pub fn named(name: &str, head: HeadKind) -> Self {
        Self { name: Some(name.to_owned()), ..Self::of(head) }
    }
}
