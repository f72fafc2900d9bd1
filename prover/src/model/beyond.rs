//! Inputs beyond what a model was calibrated on.

use foldproof_circuits::model::Model;
use foldproof_circuits::models::QuantisedModel;
use foldproof_circuits::stages::graph::saturated;
use foldproof_circuits::stages::model::{Evaluation, evaluate};

/// How many of the values lie beyond the range that calibration gave the model's inputs, where its agreement was never measured.
pub fn beyond_calibration(model: &QuantisedModel, values: &[i64]) -> usize {
    match model {
        QuantisedModel::Dense(model) => clipped(model, &evaluate(model, values)),
        QuantisedModel::Graph(model) => saturated(model, values),
    }
}

/// How many inputs are at an end of their quantiser's range, far outside what the model was calibrated on.
pub(super) fn clipped(model: &Model, evaluation: &Evaluation) -> usize {
    let range = model.shape().input_range(0);
    let ends = [range.low, range.high()];
    evaluation.normalised.iter().filter(|x| ends.contains(x)).count()
}
