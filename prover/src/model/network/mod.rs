//! A dense network in floating point, and how a graph becomes one.
//!
//! `recognise` goes through a [trace](super::graph::trace) and says of each value what affine map of which vector it is; a
//! product with a matrix makes a layer, whatever is affine around it becomes part of one. What ends the graph is its
//! [`Tail`].

mod hinges;
mod linear;
mod probe;
mod recognise;

use super::graph::Graph;
use crate::input::InputError;

/// A dense layer: W·x + b, then max(·, 0) or not.
#[derive(Clone, Debug, PartialEq)]
pub struct Dense {
    /// Neuron by neuron, one weight per input.
    pub weights: Vec<Vec<f64>>,
    /// One per neuron.
    pub bias: Vec<f64>,
    /// Whether a ReLU follows.
    pub relu: bool,
}

impl Dense {
    /// W·x + b, without the ReLU.
    pub fn linear(&self, x: &[f64]) -> Vec<f64> {
        let neuron = |(row, b): (&Vec<f64>, &f64)| row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + b;
        self.weights.iter().zip(&self.bias).map(neuron).collect()
    }

    /// The layer's output.
    pub fn evaluate(&self, x: &[f64]) -> Vec<f64> {
        let mut y = self.linear(x);
        if self.relu {
            y.iter_mut().for_each(|y| *y = y.max(0.0));
        }
        y
    }
}

/// scale·x + shift, feature by feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Affine {
    /// Factors.
    pub scale: Vec<f64>,
    /// Terms.
    pub shift: Vec<f64>,
}

impl Affine {
    /// Changes nothing.
    pub fn identity(width: usize) -> Self {
        Self { scale: vec![1.0; width], shift: vec![0.0; width] }
    }

    /// The values for x.
    pub fn evaluate(&self, x: &[f64]) -> Vec<f64> {
        x.iter()
            .zip(self.scale.iter().zip(&self.shift))
            .map(|(x, (scale, shift))| scale * x + shift)
            .collect()
    }
}

/// What follows the last layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tail {
    /// Nothing.
    None,
    /// Probabilities label by label.
    Sigmoid,
    /// The same, divided by their sum.
    Share,
    /// Probabilities of classes.
    Softmax,
    /// Their logarithms.
    LogSoftmax,
    /// Mean squared difference to the input, as [`Network::compared`] maps it.
    MeanSquare,
}

impl Tail {
    /// What the graph gives out for outputs of the last layer. A score is not made of them alone.
    pub fn evaluate(self, logits: &[f64]) -> Vec<f64> {
        let sigmoid = |x: &f64| 1.0 / (1.0 + (-x).exp());
        let shares = |values: Vec<f64>| {
            let sum: f64 = values.iter().sum();
            values.into_iter().map(|x| x / sum).collect::<Vec<f64>>()
        };
        let greatest = logits.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let softmax = || shares(logits.iter().map(|x| (x - greatest).exp()).collect());
        match self {
            Self::None | Self::MeanSquare => logits.to_vec(),
            Self::Sigmoid => logits.iter().map(sigmoid).collect(),
            Self::Share => shares(logits.iter().map(sigmoid).collect()),
            Self::Softmax => softmax(),
            Self::LogSoftmax => {
                let sum: f64 = logits.iter().map(|x| (x - greatest).exp()).sum();
                logits.iter().map(|x| x - greatest - sum.ln()).collect()
            }
        }
    }

    /// For messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "logits",
            Self::Sigmoid => "Sigmoid",
            Self::Share => "shares of probabilities",
            Self::Softmax => "Softmax",
            Self::LogSoftmax => "LogSoftmax",
            Self::MeanSquare => "a mean squared error",
        }
    }
}

/// Normalisation, layers, tail.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// The graph's normalisation of its input; identity if it has none.
    pub input: Affine,
    /// At least one, the last without ReLU.
    pub layers: Vec<Dense>,
    /// What follows.
    pub tail: Tail,
    /// What of the input a reconstruction is compared with. The graph says so if it ends with the score; else this is as
    /// `input`.
    pub compared: Affine,
    /// Names of the classes, where the graph has them.
    pub labels: Option<Vec<String>>,
}

impl Network {
    /// The network that `graph` is, for samples of `width` numbers.
    ///
    /// # Errors
    /// Graphs that are no dense network of this kind, with the node.
    pub fn from_graph(graph: &Graph, width: usize) -> Result<Self, InputError> {
        recognise::not_dense(graph.nodes())?;
        let dims = graph.input_dims(width)?;
        // One row of features, so that nothing can be mistaken for the batch.
        if dims.len() != 2 || dims.first() != Some(&1) {
            let path = format!("input {:?}", graph.input.name);
            let expected = "two dimensions, samples and features";
            return Err(InputError::new(path, expected, graph.show_dims(), recognise::ADVICE));
        }
        recognise::network(graph.trace(dims)?)
    }

    /// Whether the graph normalises its input.
    pub fn is_normalised(&self) -> bool {
        self.input != Affine::identity(self.input.scale.len())
    }

    /// How many outputs the last layer has.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.bias.len())
    }

    /// One probability made that of two classes: σ(−z) and σ(z).
    #[must_use]
    pub fn of_two_classes(mut self) -> Self {
        if let Some(last) = self.layers.last_mut() {
            let (weights, bias) = (last.weights.clone(), last.bias.clone());
            last.weights.iter_mut().flatten().for_each(|w| *w = -*w);
            last.bias.iter_mut().for_each(|b| *b = -*b);
            last.weights.extend(weights);
            last.bias.extend(bias);
        }
        self
    }
}
