//! What nodes make of maps: layers, activations, probabilities, differences.

use std::rc::Rc;

use foldproof_circuits::model::{MAX_LAYERS, MAX_WIDTH};

use super::{Base, Map, Recogniser, Stage, Value, diagonal};
use crate::model::graph::op::Norm;
use crate::model::graph::{Node, Wrong};
use crate::model::network::hinges::Hinges;
use crate::model::network::linear::Linear;
use crate::model::network::{Affine, Dense, Tail};

impl Recogniser<'_> {
    /// The same value with the normalisation of the input made a base of its own, so that layers come after it.
    pub(super) fn ground(&mut self, map: &Map) -> Result<Map, Wrong> {
        if !matches!(self.bases[map.base].kind, Stage::Input) {
            return Ok(map.clone());
        }
        let width = self.bases[map.base].width;
        if !map.linear.is_diagonal(width) {
            self.bases.push(Base { width, kind: Stage::Normalised(Affine::identity(width)) });
            return Ok(Map { base: self.bases.len() - 1, ..map.clone() });
        }
        let affine = diagonal(&map.linear);
        self.bases.push(Base { width, kind: Stage::Normalised(affine) });
        Ok(Map { base: self.bases.len() - 1, linear: Rc::new(Linear::identity(width)), product: map.product })
    }

    /// A layer that computes a value, with these hinges after it or none, and what it gives out.
    pub(super) fn layer(&mut self, map: &Map, hinges: Option<&Hinges>) -> Result<Map, Wrong> {
        let map = self.ground(map)?;
        let width = self.bases[map.base].width;
        let outputs = map.linear.rows.len();
        let mut dense = Dense { weights: Vec::new(), bias: Vec::new(), relu: hinges.is_some() };
        let mut linear = Linear::identity(outputs);
        match hinges {
            None => {
                dense.weights = (0..outputs).map(|i| map.linear.dense(i, width)).collect();
                dense.bias = map.linear.shift.clone();
            }
            Some(hinges) => {
                linear = Linear { rows: vec![Vec::new(); outputs], shift: hinges.shift.clone() };
                for hinge in &hinges.hinges {
                    for i in 0..outputs {
                        let (slope, offset) = (hinge.slope[i], hinge.offset[i]);
                        linear.rows[i].push((dense.bias.len(), hinge.coefficient[i]));
                        dense.weights.push(map.linear.dense(i, width).iter().map(|w| slope * w).collect());
                        dense.bias.push(slope * map.linear.shift[i] + offset);
                    }
                }
            }
        }
        if dense.bias.len() > usize::from(MAX_WIDTH) {
            let found = format!("{}, with two ReLUs for a bend that is none of ReLU's", dense.bias.len());
            return Err(Wrong::new(format!("at most {MAX_WIDTH} neurons"), found));
        }
        let depth = self.depth(map.base) + 1;
        if depth > MAX_LAYERS {
            return Err(Wrong::new(format!("at most {MAX_LAYERS} layers"), "one more"));
        }
        let width = dense.bias.len();
        let kind = Stage::Layer { parent: map.base, dense: Rc::new(dense) };
        self.bases.push(Base { width, kind });
        Ok(Map { base: self.bases.len() - 1, linear: Rc::new(linear), product: false })
    }

    fn depth(&self, base: usize) -> usize {
        match &self.bases[base].kind {
            Stage::Layer { parent, .. } => 1 + self.depth(*parent),
            _ => 0,
        }
    }

    /// A value after an activation of straight lines.
    pub(super) fn bend(&mut self, map: &Map, hinges: &Hinges) -> Result<Map, Wrong> {
        match &self.bases[map.base].kind {
            Stage::Probability { .. } => return Err(Wrong::new("a layer's output", "probabilities")),
            Stage::Squares { .. } => return Err(Wrong::new("a layer's output", "squared differences")),
            Stage::Layer { dense, .. }
                if dense.relu
                    && map.linear.is_identity(self.bases[map.base].width)
                    && *hinges == Hinges::relu(map.linear.rows.len()) =>
            {
                return Ok(map.clone());
            }
            Stage::Input | Stage::Normalised(_) | Stage::Layer { .. } => {}
        }
        self.layer(map, Some(hinges))
    }

    pub(super) fn probability(&mut self, node: &Node, logits: Map, tail: Tail) -> Result<Value, Wrong> {
        if let Stage::Probability { .. } | Stage::Squares { .. } = self.bases[logits.base].kind {
            return Err(Wrong::new("a layer's output", "probabilities, or squared differences"));
        }
        let width = logits.linear.rows.len();
        self.bases.push(Base { width, kind: Stage::Probability { logits, tail, path: node.path.clone() } });
        let linear = Rc::new(Linear::identity(width));
        Ok(Value::Map(Map { base: self.bases.len() - 1, linear, product: false }))
    }

    /// A Normalizer of probabilities changes nothing, or not which is greatest. One of anything else is no dense network.
    pub(super) fn normalizer(&mut self, norm: Norm, map: &Map) -> Result<Value, Wrong> {
        let wrong = || {
            Wrong::new(
                "a Scaler or another affine normalisation",
                "Normalizer, which divides by a sample's own size",
            )
        };
        let width = self.bases[map.base].width;
        let Stage::Probability { logits, tail, .. } = &self.bases[map.base].kind else { return Err(wrong()) };
        if norm != Norm::L1 {
            return Err(wrong());
        }
        // 1 − p beside p.
        let columns_cancel = (0..width).all(|j| {
            let factors = map.linear.rows.iter().flatten().filter(|(place, _)| *place == j);
            factors.map(|(_, factor)| factor).sum::<f64>() == 0.0
        });
        let sums_to_one = columns_cancel && map.linear.shift.iter().sum::<f64>() == 1.0;
        let is_plain = map.linear.is_identity(width);
        match tail {
            Tail::Softmax if is_plain => Ok(Value::Map(map.clone())),
            Tail::Sigmoid if sums_to_one || (is_plain && opposite(&logits.linear)) => {
                Ok(Value::Map(map.clone()))
            }
            Tail::Sigmoid if is_plain => {
                let (logits, linear) = (logits.clone(), Rc::clone(&map.linear));
                let kind = Stage::Probability { logits, tail: Tail::Share, path: String::new() };
                self.bases.push(Base { width, kind });
                Ok(Value::Map(Map { base: self.bases.len() - 1, linear, product: false }))
            }
            _ => Err(wrong()),
        }
    }

    /// What a reconstruction is compared with, less it, or the other way round.
    pub(super) fn difference(&self, a: &Map, b: &Map) -> Result<Value, Wrong> {
        let is_input = |map: &Map| {
            let base = &self.bases[map.base];
            !map.product
                && matches!(base.kind, Stage::Input | Stage::Normalised(_))
                && map.linear.is_diagonal(base.width)
        };
        let is_deep = |map: &Map| map.product && self.is_layered(map.base);
        let (input, deep) = match (is_input(a), is_input(b)) {
            (true, false) => (a, b),
            (false, true) => (b, a),
            _ => return Err(Wrong::new("the input less its reconstruction", "two other values")),
        };
        if !is_deep(deep) || input.linear.rows.len() != deep.linear.rows.len() {
            return Err(Wrong::new("the input less its reconstruction", "two other values"));
        }
        let compared = diagonal(&input.linear);
        Ok(Value::Difference { reconstruction: deep.clone(), compared })
    }

    fn is_layered(&self, base: usize) -> bool {
        matches!(self.bases[base].kind, Stage::Normalised(_) | Stage::Layer { .. })
    }

    pub(super) fn squares(&mut self, values: &[Option<Value>]) -> Result<Map, Wrong> {
        let Some(Some(Value::Difference { reconstruction, compared })) = values.first() else {
            return Err(Wrong::new("a difference to the reconstruction", "another value"));
        };
        let width = reconstruction.linear.rows.len();
        let kind = Stage::Squares { reconstruction: reconstruction.clone(), compared: compared.clone() };
        self.bases.push(Base { width, kind });
        Ok(Map { base: self.bases.len() - 1, linear: Rc::new(Linear::identity(width)), product: false })
    }
}

/// Whether a map gives −z and z.
fn opposite(linear: &Linear) -> bool {
    let [a, b] = &linear.rows[..] else { return false };
    let rows = a.len() == b.len() && a.iter().zip(b).all(|((i, x), (j, y))| i == j && *x == -y);
    rows && linear.shift[0] == -linear.shift[1]
}
