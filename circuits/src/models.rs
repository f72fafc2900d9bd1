//! Models of all kinds, as proofs take them.

use halo2curves::bn256::Fr;

use crate::graph::{GraphModel, Head};
use crate::model::Model;
use crate::shapes::ModelShape;
use crate::stages;

/// A model to be laid out.
#[derive(Clone, Copy, Debug)]
pub enum ModelRef<'m> {
    /// Dense layers.
    Dense(&'m Model),
    /// A graph, with a salt for each commitment among its heads.
    Graph(&'m GraphModel, &'m [Fr]),
}

/// A model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QuantisedModel {
    /// Dense layers.
    Dense(Model),
    /// A graph.
    Graph(GraphModel),
}

impl From<Model> for QuantisedModel {
    fn from(model: Model) -> Self {
        Self::Dense(model)
    }
}

impl From<GraphModel> for QuantisedModel {
    fn from(model: GraphModel) -> Self {
        Self::Graph(model)
    }
}

impl QuantisedModel {
    /// What a statement says of it.
    pub fn shape(&self) -> ModelShape {
        self.with_salts(&[]).shape()
    }

    /// Whether its commitment is blinded.
    pub fn is_salted(&self) -> bool {
        match self {
            Self::Dense(model) => model.salt() != Fr::zero(),
            Self::Graph(model) => model.salt() != Fr::zero(),
        }
    }

    /// To be laid out, with a salt for each commitment among its heads.
    pub fn with_salts<'m>(&'m self, salts: &'m [Fr]) -> ModelRef<'m> {
        match self {
            Self::Dense(model) => ModelRef::Dense(model),
            Self::Graph(model) => ModelRef::Graph(model, salts),
        }
    }

    /// Commitments among its heads.
    pub fn commitments(&self) -> usize {
        self.with_salts(&[]).salts().0
    }
}

/// Models with the salts of their commitments.
pub fn with_salts<'m>(models: &'m [QuantisedModel], salts: &'m [Vec<Fr>]) -> Vec<ModelRef<'m>> {
    models.iter().zip(salts).map(|(model, salts)| model.with_salts(salts)).collect()
}

/// No models: what a statement about a block alone has.
pub const NONE: &[ModelRef<'static>] = &[];

impl<'m> From<&'m Model> for ModelRef<'m> {
    fn from(model: &'m Model) -> Self {
        Self::Dense(model)
    }
}

impl<'m> From<&'m GraphModel> for ModelRef<'m> {
    /// A graph without commitments among its heads.
    fn from(model: &'m GraphModel) -> Self {
        Self::Graph(model, &[])
    }
}

impl ModelRef<'_> {
    /// What it is committed to by.
    pub fn commitment(self) -> Fr {
        match self {
            Self::Dense(model) => stages::model::commitment(model),
            Self::Graph(model, _) => stages::graph::commitment(model),
        }
    }

    /// What a statement says of it.
    pub fn shape(self) -> ModelShape {
        match self {
            Self::Dense(model) => model.shape().into(),
            Self::Graph(model, _) => model.graph().into(),
        }
    }

    /// Salts that it should have and those it has.
    pub fn salts(self) -> (usize, usize) {
        match self {
            Self::Dense(_) => (0, 0),
            Self::Graph(model, salts) => {
                let commitments =
                    model.graph().heads().iter().filter(|head| matches!(head, Head::Commitment { .. }));
                (commitments.count(), salts.len())
            }
        }
    }
}
