//! The end of a graph, and with it the network.

use std::rc::Rc;

use super::{Map, Recogniser, Stage};
use crate::input::InputError;
use crate::model::graph::op::Labels;
use crate::model::network::linear::Linear;
use crate::model::network::{Affine, Dense, Network, Tail};

impl Recogniser<'_> {
    /// The network that ends with a value.
    pub(super) fn finish(mut self, map: Map) -> Result<Network, InputError> {
        let wrong = |expected: &str, found: &str| {
            let advice =
                "end the graph with logits, Sigmoid, Softmax or the mean squared error of a reconstruction";
            Err(InputError::new("output", expected, found, advice))
        };
        let width = self.bases[map.base].width;
        let (mut last, mut tail, mut compared) = (map.clone(), Tail::None, None);
        match &self.bases[map.base].kind {
            Stage::Input | Stage::Normalised(_) | Stage::Layer { .. } => {}
            Stage::Probability { logits, tail: kind, .. } => {
                tail = *kind;
                last = logits.clone();
                if !map.linear.is_identity(width) {
                    let Some(signs) = signs(&map.linear).filter(|_| tail == Tail::Sigmoid) else {
                        return wrong("probabilities as they are", "scaled or shifted probabilities");
                    };
                    last.linear = Rc::new(signed(&logits.linear, &signs));
                }
            }
            Stage::Squares { reconstruction, compared: with } => {
                #[expect(clippy::cast_precision_loss, reason = "a width")]
                let share = 1.0 / width as f64;
                let near = |(_, factor): &(usize, f64)| (factor - share).abs() <= 1e-6 * share;
                let is_mean = matches!(&map.linear.rows[..], [row] if row.len() == width && row.iter().all(near))
                    && map.linear.shift == [0.0];
                if !is_mean {
                    return wrong(
                        "the mean of squared differences over axis 1, the features",
                        "another function",
                    );
                }
                tail = Tail::MeanSquare;
                last = reconstruction.clone();
                compared = Some(with.clone());
            }
        }
        if !last.product {
            return wrong("a last layer without ReLU", "a ReLU, or no layer");
        }
        let made = self.layer(&last, None).map_err(|wrong| wrong.at("output"))?;
        let mut layers = Vec::new();
        let mut base = made.base;
        let input = loop {
            match &self.bases[base].kind {
                Stage::Layer { parent, dense } => {
                    layers.push(Dense::clone(dense));
                    base = *parent;
                }
                Stage::Normalised(affine) => break affine.clone(),
                _ => break Affine::identity(self.bases[base].width),
            }
        };
        layers.reverse();
        let labels = self.labels.map(|labels| match labels {
            Labels::Text(labels) => labels,
            Labels::Whole(labels) => labels.iter().map(|label| format!("class-{label}")).collect(),
        });
        Ok(Network { compared: compared.unwrap_or_else(|| input.clone()), input, layers, tail, labels })
    }
}

/// For each output which probability it is, and whether it is what is left of it: p or 1 − p.
fn signs(linear: &Linear) -> Option<Vec<(usize, bool)>> {
    let sign = |(row, shift): (&Vec<(usize, f64)>, &f64)| match (&row[..], shift) {
        ([(j, 1.0)], 0.0) => Some((*j, false)),
        ([(j, -1.0)], 1.0) => Some((*j, true)),
        _ => None,
    };
    linear.rows.iter().zip(&linear.shift).map(sign).collect()
}

/// The logits of such probabilities: 1 − σ(z) = σ(−z).
fn signed(logits: &Linear, signs: &[(usize, bool)]) -> Linear {
    let mut out = Linear { rows: Vec::new(), shift: Vec::new() };
    for (j, negative) in signs {
        let sign = if *negative { -1.0 } else { 1.0 };
        out.rows.push(logits.rows[*j].iter().map(|(place, factor)| (*place, sign * factor)).collect());
        out.shift.push(sign * logits.shift[*j]);
    }
    out
}
