//! Models of all kinds, as proofs take them.

use halo2curves::bn256::Fr;

use crate::graph::{GraphModel, Head};
use crate::model::Model;
use crate::shapes::ModelShape;

/// A model to be laid out.
#[derive(Clone, Copy, Debug)]
pub enum ModelRef<'m> {
    /// Dense layers.
    Dense(&'m Model),
    /// A graph, with a salt for each commitment among its heads.
    Graph(&'m GraphModel, &'m [Fr]),
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
