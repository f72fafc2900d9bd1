//! What circuits are laid out from, and whether it suits the statement.

use std::sync::Arc;

use halo2curves::bn256::Fr;

use super::error::LayoutError;
use crate::analytics::{Configuration, Preset};
use crate::block::Block;
use crate::codebook::Codebook;
use crate::graph::GraphModel;
use crate::model::Model;
use crate::models::ModelRef;
use crate::stages::commit::Salts;
use crate::statement::{ModelShape, Statement};
use crate::zone_config::ZoneConfig;

/// What a proof about blocks is laid out from.
pub(super) struct Witness<'w> {
    pub blocks: &'w [(&'w Block, &'w Salts)],
    pub codebook: &'w Codebook,
    pub config: Option<&'w ZoneConfig>,
    pub models: &'w [ModelRef<'w>],
}

/// The configuration of the analytics; of a statement without them any.
pub(super) fn check_config(
    statement: &Statement,
    given: Option<&ZoneConfig>,
) -> Result<ZoneConfig, LayoutError> {
    let configuration = statement.analytics().map(|analytics| analytics.configuration());
    match (configuration, given) {
        (Some(Configuration::Committed), Some(config)) => Ok(*config),
        (Some(Configuration::Committed), None) => Err(LayoutError::NoConfig),
        (_, Some(_)) => Err(LayoutError::UselessConfig),
        (Some(Configuration::Named(preset)), None) => Ok(preset.config()),
        (None, None) => Ok(Preset::default().config()),
    }
}

/// Whether models have the statement's shapes, and as many salts as they commit to outputs.
pub(super) fn check_models(statement: &Statement, models: &[ModelRef<'_>]) -> Result<(), LayoutError> {
    if !statement.models().cloned().eq(models.iter().map(|model| model.shape())) {
        let found = models.iter().map(|model| model.shape().to_string()).collect();
        return Err(LayoutError::Models { expected: statement.name(), found });
    }
    let wrong = models.iter().map(|model| model.salts()).find(|(expected, found)| expected != found);
    wrong.map_or(Ok(()), |(expected, found)| Err(LayoutError::Salts { expected, found }))
}

/// A model of zeros.
pub(super) enum Blank {
    Dense(Box<Model>),
    Graph(GraphModel, Vec<Fr>),
}

impl Blank {
    pub fn of(shape: &ModelShape) -> Self {
        match shape {
            ModelShape::Dense(shape) => Self::Dense(Box::new(Model::blank(*shape))),
            ModelShape::Graph(graph) => {
                let model = GraphModel::blank(Arc::clone(graph));
                let (salts, _) = ModelRef::from(&model).salts();
                Self::Graph(model, vec![Fr::zero(); salts])
            }
        }
    }

    pub fn as_ref(&self) -> ModelRef<'_> {
        match self {
            Self::Dense(model) => ModelRef::Dense(model),
            Self::Graph(model, salts) => ModelRef::Graph(model, salts),
        }
    }
}
