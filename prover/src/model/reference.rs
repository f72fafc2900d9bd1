//! The float model that an import is measured against: the graph as it is written, on the samples as they are.
//!
//! What the importer takes a graph for has no part in this: no normalisation, layer or tail of its making is used. Only where
//! a graph ends with the reconstruction has it to be said what that is compared with.

use foldproof_circuits::model::Head;

use super::agreement::Expected;
use super::graph::Graph;
use super::network::{Affine, Network, Tail};
use super::samples::Sample;
use crate::input::InputError;

/// The float model of a head.
#[derive(Clone, Debug)]
pub struct Reference {
    graph: Graph,
    dims: Vec<usize>,
    head: Head,
    /// What the graph's reconstruction is compared with; none if it gives out the score.
    compared: Option<Affine>,
    /// Whether the graph gives out one probability for two classes.
    halves: bool,
}

/// What decides, in the graph's own units.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Thresholds {
    /// Least output that sets a tag, of each label.
    pub tags: Vec<f64>,
    /// Least score that is flagged.
    pub score: f64,
}

impl Reference {
    /// The model that `graph` is, for samples of `width` numbers. Of `network` only what a reconstruction is compared with.
    ///
    /// # Errors
    /// Shapes and types that do not go together, with the node.
    pub fn new(graph: Graph, network: &Network, head: Head, width: usize) -> Result<Self, InputError> {
        let compared =
            (head == Head::Anomaly && network.tail != Tail::MeanSquare).then(|| network.compared.clone());
        let dims = graph.input_dims(width)?;
        Ok(Self { graph: graph.prepared()?, dims, head, compared, halves: false })
    }

    /// What the graph gives out for a sample: logits, probabilities, values, or the score.
    ///
    /// # Errors
    /// As [`Graph::evaluate`].
    pub fn outputs(&self, sample: &Sample) -> Result<Vec<f64>, InputError> {
        let input = self.graph.feed(self.dims.clone(), &sample.values)?;
        let numbers = |wrong: super::graph::Wrong| wrong.at("output");
        let fed = input.reals().map_err(numbers)?.into_owned();
        let given = self.graph.evaluate(input)?;
        let given = given.reals().map_err(numbers)?.into_owned();
        if let Some(x) = given.iter().find(|x| !x.is_finite()) {
            let found = format!("{x} for the sample {:?}", sample.values.get(..4).unwrap_or(&sample.values));
            let advice = "look for samples that the model was not made for";
            return Err(InputError::new("output", "finite numbers", found, advice));
        }
        let Some(compared) = &self.compared else {
            return Ok(match given[..] {
                [p] if self.halves => vec![1.0 - p, p],
                _ => given,
            });
        };
        let input = compared.evaluate(&fed);
        #[expect(clippy::cast_precision_loss, reason = "a width")]
        let count = input.len().max(1) as f64;
        Ok(vec![input.iter().zip(given).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / count])
    }

    /// Whether the graph says of a sample the same in a batch as by itself. Where the file leaves the size of a batch open, a mean over it
    /// passes for one over nothing as long as there is one sample.
    ///
    /// # Errors
    /// If it does not.
    pub fn check_batch(&self, samples: &[Sample]) -> Result<(), InputError> {
        let first = samples.first();
        let pair =
            first.and_then(|one| Some((one, samples.iter().find(|other| other.values != one.values)?)));
        let Some((one, other)) = pair else { return Ok(()) };
        self.graph.check_batch(&self.dims, &one.values, &other.values)
    }

    /// Outputs and decisions for samples.
    ///
    /// # Errors
    /// As [`Self::outputs`].
    pub fn expected(&self, samples: &[Sample], thresholds: &Thresholds) -> Result<Vec<Expected>, InputError> {
        let one = |sample: &Sample| {
            let outputs = self.outputs(sample)?;
            Ok(Expected { decisions: self.decide(&outputs, thresholds), outputs })
        };
        samples.iter().map(one).collect()
    }

    /// One probability taken for those of two classes.
    #[must_use]
    pub fn of_two_classes(mut self) -> Self {
        self.halves = true;
        self
    }

    /// With another notion of what the reconstruction is compared with.
    #[must_use]
    pub fn compared_with(mut self, compared: Affine) -> Self {
        self.compared = Some(compared);
        self
    }

    /// The mean score of samples in mean variances of what the reconstruction is compared with.
    ///
    /// # Errors
    /// As [`Self::outputs`].
    pub fn unexplained(&self, samples: &[Sample]) -> Result<f64, InputError> {
        let Some(compared) = &self.compared else { return Ok(0.0) };
        let mut score = 0.0;
        let (mut sums, mut squares) = (vec![0.0; compared.scale.len()], vec![0.0; compared.scale.len()]);
        for sample in samples {
            score += self.outputs(sample)?.first().copied().unwrap_or(0.0);
            for ((sum, square), x) in sums.iter_mut().zip(&mut squares).zip(compared.evaluate(&sample.values))
            {
                *sum += x;
                *square += x * x;
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "counts")]
        let (count, width) = (samples.len().max(1) as f64, sums.len().max(1) as f64);
        let variance: f64 = sums.iter().zip(&squares).map(|(s, q)| q / count - (s / count).powi(2)).sum();
        Ok(score / count / (variance / width).max(f64::MIN_POSITIVE))
    }

    fn decide(&self, outputs: &[f64], thresholds: &Thresholds) -> Vec<bool> {
        match self.head {
            Head::Tags => outputs.iter().zip(&thresholds.tags).map(|(x, least)| x >= least).collect(),
            Head::Anomaly => outputs.iter().map(|x| *x >= thresholds.score).collect(),
            Head::Class => {
                let greatest = outputs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                let first = outputs.iter().position(|x| *x == greatest);
                (0..outputs.len()).map(|i| Some(i) == first).collect()
            }
            Head::Values => Vec::new(),
        }
    }
}
