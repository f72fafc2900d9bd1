//! Isolation forests, each the forest of a graph: one evaluator for all.

mod imported;
mod listed;

use foldproof_circuits::graph::GraphModel;
use foldproof_circuits::models::QuantisedModel;
use foldproof_circuits::stages::anomaly::Isolation;
use foldproof_circuits::stages::fold::Folded;
use foldproof_circuits::stages::graph::{self, Output};

use crate::input::InputError;
use crate::input::json::parse;
use crate::model::graph_file;

/// Fraction bits of depths.
const DEPTH_BITS: u32 = 24;

/// A forest over fingerprints.
#[derive(Clone, Debug)]
pub struct IsolationForest {
    model: GraphModel,
    trees: usize,
    samples: usize,
    threshold: u64,
}

impl IsolationForest {
    /// Reads a forest: a list of splits, or a model file of an imported isolation forest.
    ///
    /// # Errors
    /// What is neither, with the place.
    pub fn parse(bytes: &[u8]) -> Result<Self, InputError> {
        let json = parse(bytes)?;
        if json.get("kind").is_none() {
            return Self::listed(&json);
        }
        let (model, _) = graph_file::read_with_meaning(bytes)?;
        Self::imported(model)
    }

    /// Of a model, as it is imported.
    ///
    /// # Errors
    /// If its first head is not the score of an isolation forest over a fingerprint.
    pub fn of_model(model: &QuantisedModel) -> Result<Self, InputError> {
        match model {
            QuantisedModel::Graph(model) => Self::imported(model.clone()),
            QuantisedModel::Dense(_) => {
                Err(InputError::new("kind", "a graph with a forest", "dense layers", imported::ADVICE))
            }
        }
    }

    /// The forest as a model that can be proved.
    pub fn model(&self) -> &GraphModel {
        &self.model
    }

    /// How many trees it has, and how many samples each was grown of.
    pub fn shape(&self) -> (usize, usize) {
        (self.trees, self.samples)
    }

    /// What it says of a fingerprint.
    pub fn evaluate(&self, folded: &Folded) -> Isolation {
        let evaluation = graph::evaluate(&self.model, folded.as_flattened(), &[]);
        let sum = match evaluation.outputs.first() {
            Some(Output::Score(sum)) => *sum,
            // The first head is a score.
            _ => u64::MAX,
        };
        // A forest has a tree, and a tree as many samples as the table of depths knows.
        let found = Isolation::new(sum, self.trees, self.samples, self.threshold);
        found.unwrap_or_else(|| unreachable!("the forest has been checked"))
    }
}
