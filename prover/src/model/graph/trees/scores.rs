//! What an ensemble gives out.

use super::{Aggregate, Classes, Post, Scheme, Tree, TreeEnsemble};
use crate::model::graph::Wrong;
use crate::model::graph::op::Labels;
use crate::model::graph::tensor::{Data, Tensor, count};

/// Most steps down trees of one node of a graph.
const MAX_STEPS: usize = 1 << 30;
/// What SOFTMAX_ZERO takes for 0, as onnxruntime does.
const ZERO: f64 = 1e-7;

/// A score, if a leaf gave one or there is a base.
type Score = Option<f64>;

impl TreeEnsemble {
    /// The aggregate of each target with its base, of one sample. None where neither a leaf nor a base says anything.
    pub fn scores(&self, sample: &[f64]) -> Result<Vec<Score>, Wrong> {
        let sample: Vec<f64> = sample.iter().map(|x| self.rounded(*x)).collect();
        let mut scores: Vec<Score> = vec![None; self.targets];
        for tree in &self.trees {
            for (target, weight) in tree.weights(&sample)? {
                let Some(score) = scores.get_mut(*target) else { continue };
                *score = Some(match (*score, self.aggregate) {
                    (None, _) => *weight,
                    (Some(score), Aggregate::Sum | Aggregate::Average) => score + weight,
                    (Some(score), Aggregate::Min) => score.min(*weight),
                    (Some(score), Aggregate::Max) => score.max(*weight),
                });
            }
        }
        if self.aggregate == Aggregate::Average {
            #[expect(clippy::cast_precision_loss, reason = "a count of trees")]
            let trees = self.trees.len() as f64;
            scores.iter_mut().flatten().for_each(|score| *score /= trees);
        }
        for (score, base) in scores.iter_mut().zip(&self.base) {
            *score = Some(score.unwrap_or(0.0) + base);
        }
        Ok(scores)
    }

    /// The outputs for samples: scores, or labels and scores.
    pub(in crate::model::graph) fn evaluate(&self, x: &Tensor) -> Result<Vec<Tensor>, Wrong> {
        let (rows, width) = match x.dims() {
            [width] => (1, *width),
            [rows, width] => (*rows, *width),
            dims => return Err(Wrong::new("two dimensions, samples and features", format!("{dims:?}"))),
        };
        if width < self.features {
            return Err(Wrong::new(
                format!("samples of {} features or more", self.features),
                width.to_string(),
            ));
        }
        // Down to a leaf, and through its weights.
        let steps = |tree: &Tree| (tree.depth + 1).checked_add(self.targets);
        let steps = self.trees.iter().try_fold(0usize, |sum, tree| sum.checked_add(steps(tree)?));
        if steps.and_then(|steps| steps.checked_mul(rows)).is_none_or(|steps| steps > MAX_STEPS) {
            return Err(Wrong::new(format!("at most {MAX_STEPS} steps down trees"), "more"));
        }
        let outputs = self.classes.as_ref().map_or(self.targets, |classes| classes.labels.len());
        let dims = vec![rows, outputs];
        let mut all = Vec::with_capacity(count(&dims)?);
        let mut chosen = Vec::new();
        let values = x.reals()?;
        for row in 0..rows {
            let sample = values.get(row * width..(row + 1) * width).unwrap_or_default();
            let scores = self.scores(sample)?;
            if let Some(classes) = &self.classes {
                chosen.push(classes.choose(&scores)?);
            }
            let scores: Vec<f64> = scores.iter().map(|score| score.unwrap_or(0.0)).collect();
            all.extend(self.given(scores));
        }
        let scores = Tensor::real(dims, all)?;
        let Some(Classes { labels, .. }) = &self.classes else { return Ok(vec![scores]) };
        let of = vec![labels.len()];
        let names = match labels {
            Labels::Text(names) => Tensor::new(of, Data::Text(names.clone()))?,
            Labels::Whole(names) => Tensor::new(of, Data::Whole(names.clone()))?,
        };
        Ok(vec![names.pick(vec![rows], &chosen)?, scores])
    }

    /// What is given out of the scores of a sample.
    fn given(&self, scores: Vec<f64>) -> Vec<f64> {
        let s = scores.first().copied().unwrap_or(0.0);
        let scores = match self.classes.as_ref().map(|classes| classes.scheme) {
            Some(Scheme::One { complement: true, .. }) if self.post == Post::None => vec![1.0 - s, s],
            Some(Scheme::One { .. }) => vec![-s, s],
            Some(Scheme::Second { .. }) => vec![0.0, s],
            Some(Scheme::Greatest) | None => scores,
        };
        match self.post {
            Post::None => scores,
            Post::Logistic => scores.iter().map(|s| 1.0 / (1.0 + (-s).exp())).collect(),
            Post::Softmax => softmax(&scores, |_| true),
            Post::SoftmaxZero => softmax(&scores, |s| s.abs() > ZERO),
        }
    }
}

/// Softmax over what counts. The rest is scaled as onnxruntime does, which leaves it at almost nothing.
fn softmax(scores: &[f64], counts: impl Fn(f64) -> bool) -> Vec<f64> {
    let greatest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let of = |s: f64| if counts(s) { (s - greatest).exp() } else { s * (-greatest).exp() };
    let sum: f64 = scores.iter().filter(|s| counts(**s)).map(|s| of(*s)).sum();
    scores.iter().map(|s| of(*s) / sum).collect()
}

impl Classes {
    /// The place of the class for the scores of a sample.
    pub fn choose(&self, scores: &[Score]) -> Result<usize, Wrong> {
        let first = scores.first().copied().flatten().unwrap_or(0.0);
        match self.scheme {
            Scheme::One { threshold, .. } | Scheme::Second { threshold } => {
                Ok(usize::from(first > threshold))
            }
            Scheme::Greatest => {
                let mut best: Option<(usize, f64)> = None;
                for (place, score) in scores.iter().enumerate() {
                    if let Some(score) = score
                        && best.is_none_or(|(_, most)| *score > most)
                    {
                        best = Some((place, *score));
                    }
                }
                best.map(|(place, _)| place)
                    .ok_or_else(|| Wrong::new("a score of some class", "none at these leaves"))
            }
        }
    }
}
