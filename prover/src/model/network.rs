//! A dense network in floating point, and how an ONNX graph becomes one.
//!
//! Affine operators before the first layer are the input's normalisation, those after a layer become part of it, and those
//! after a ReLU part of the next layer. What ends the graph is its [`Tail`].

use std::collections::HashMap;
use std::rc::Rc;

use foldproof_circuits::model::{MAX_LAYERS, MAX_WIDTH};

use super::onnx::{Graph, Node, Op, Tensor};
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

    /// `self` first, then `next`.
    fn then(&mut self, next: &Self) {
        for ((a, b), (scale, shift)) in
            self.scale.iter_mut().zip(&mut self.shift).zip(next.scale.iter().zip(&next.shift))
        {
            *a *= scale;
            *b = *b * scale + shift;
        }
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
    /// Probabilities of classes.
    Softmax,
    /// Mean squared difference to the normalised input.
    MeanSquare,
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
    /// Name of the value in the graph that the last layer's output is, or the score.
    pub target: String,
}

impl Network {
    /// Whether the graph normalises its input.
    pub fn is_normalised(&self) -> bool {
        self.input != Affine::identity(self.input.scale.len())
    }
}

#[derive(Clone)]
struct Chain {
    input: Affine,
    layers: Vec<Rc<Dense>>,
    /// After the ReLU of the last layer.
    pending: Option<Affine>,
}

#[derive(Clone)]
enum Value {
    Chain(Chain),
    Difference(Chain),
    Squares(Chain),
    Score(Chain),
    Probability(Chain, Tail, String),
}

impl Value {
    fn describe(&self) -> &'static str {
        match self {
            Self::Chain(_) => "a layer's output",
            Self::Difference(_) => "a difference to the reconstruction",
            Self::Squares(_) => "squared differences",
            Self::Score(_) => "a mean of squares",
            Self::Probability(..) => "probabilities",
        }
    }
}

impl Network {
    /// The network that `graph` is, for rows of `width` features.
    ///
    /// # Errors
    /// Graphs that are no dense network of this kind, with the node.
    pub fn from_graph(graph: &Graph, width: usize) -> Result<Self, InputError> {
        if let Some(expected) = graph.width.filter(|expected| *expected != width) {
            let advice = "calibrate on samples of the model's own inputs";
            return Err(InputError::new(
                "samples",
                format!("{expected} features, as the model takes"),
                width.to_string(),
                advice,
            ));
        }
        let start = Chain { input: Affine::identity(width), layers: Vec::new(), pending: None };
        let mut values: HashMap<&str, Value> = HashMap::from([(graph.input.as_str(), Value::Chain(start))]);
        for node in &graph.nodes {
            let value = lower(node, graph, &values)?;
            values.insert(&node.output, value);
        }
        let advice =
            "end the graph with logits, Sigmoid, Softmax or the mean squared error of a reconstruction";
        let wrong = |expected: &str, found: &str| InputError::new("output", expected, found, advice);
        let (chain, tail, target) = match values.remove(graph.output.as_str()) {
            Some(Value::Chain(chain)) => (chain, Tail::None, graph.output.clone()),
            Some(Value::Probability(chain, tail, logits)) => (chain, tail, logits),
            Some(Value::Score(chain)) => (chain, Tail::MeanSquare, graph.output.clone()),
            Some(other) => return Err(wrong("logits, probabilities or a score", other.describe())),
            None => return Err(wrong("the output of a node", &format!("{:?}", graph.output))),
        };
        let layers: Vec<Dense> = chain.layers.iter().map(|layer| Dense::clone(layer)).collect();
        if chain.pending.is_some() || layers.last().is_none_or(|last| last.relu) {
            return Err(wrong("a last layer without ReLU", "a ReLU, or no layer"));
        }
        let finite = |x: &f64| x.is_finite();
        let normal = chain.input.scale.iter().chain(&chain.input.shift).all(finite);
        let dense = layers.iter().all(|l| l.weights.iter().flatten().chain(&l.bias).all(finite));
        if !normal || !dense {
            let found = "numbers that are not finite once operators are folded";
            return Err(InputError::new(
                "weights",
                "finite numbers",
                found,
                "look for divisions by 0 or a negative variance",
            ));
        }
        Ok(Self { input: chain.input, layers, tail, target })
    }
}

fn lower(node: &Node, graph: &Graph, values: &HashMap<&str, Value>) -> Result<Value, InputError> {
    let value = |index: usize| -> Result<&Value, InputError> {
        let name = node.input(index).unwrap_or("");
        values.get(name).ok_or_else(|| node.wrong("a value computed before", format!("{name:?}")))
    };
    let chain = |index: usize| match value(index)? {
        Value::Chain(chain) => Ok(chain.clone()),
        other => Err(node.wrong("a layer's output", other.describe())),
    };
    let tensor = |index: usize| -> Result<&Tensor, InputError> {
        let name = node.input(index).unwrap_or("");
        graph.constants.get(name).ok_or_else(|| node.wrong("a constant", format!("{name:?}")))
    };
    let constant = |index: usize, width: usize| -> Result<Vec<f64>, InputError> {
        let tensor = tensor(index)?;
        let found = || format!("dimensions {:?}", tensor.dims);
        tensor.broadcast(width).ok_or_else(|| node.wrong(format!("one value or {width}"), found()))
    };
    Ok(match &node.op {
        Op::Gemm { alpha, beta, trans_b } => {
            let matrix = if *trans_b { tensor(1)?.clone() } else { transposed(node, tensor(1)?)? };
            let rows = rows(node, &matrix, *alpha)?;
            let bias = match node.input(2) {
                Some(_) => constant(2, rows.len())?.into_iter().map(|c| beta * c).collect(),
                None => vec![0.0; rows.len()],
            };
            Value::Chain(dense(node, chain(0)?, rows, bias)?)
        }
        Op::MatMul => {
            let rows = rows(node, &transposed(node, tensor(1)?)?, 1.0)?;
            let bias = vec![0.0; rows.len()];
            Value::Chain(dense(node, chain(0)?, rows, bias)?)
        }
        Op::Relu => Value::Chain(relu(node, chain(0)?)?),
        Op::BatchNormalization { epsilon } => {
            let mut chain = chain(0)?;
            let width = chain.width();
            let [scale, bias, mean, variance] = [1, 2, 3, 4].map(|i| constant(i, width));
            let (scale, bias, mean, variance) = (scale?, bias?, mean?, variance?);
            let scale: Vec<f64> = scale
                .iter()
                .zip(variance)
                .map(|(scale, variance)| scale / (variance + epsilon).sqrt())
                .collect();
            let shift =
                bias.iter().zip(&scale).zip(mean).map(|((bias, scale), mean)| bias - mean * scale).collect();
            chain.affine(&Affine { scale, shift });
            Value::Chain(chain)
        }
        Op::Add | Op::Sub | Op::Mul | Op::Div => {
            let of = |index: usize| node.input(index).and_then(|name| values.get(name));
            match (of(0), of(1)) {
                (Some(a), Some(b)) => pair(node, a, b)?,
                (Some(Value::Chain(a)), None) => {
                    let mut chain = a.clone();
                    let affine = with_constant(node, &constant(1, a.width())?, false)?;
                    chain.affine(&affine);
                    Value::Chain(chain)
                }
                (None, Some(Value::Chain(b))) => {
                    let mut chain = b.clone();
                    let affine = with_constant(node, &constant(0, b.width())?, true)?;
                    chain.affine(&affine);
                    Value::Chain(chain)
                }
                (Some(other), None) | (None, Some(other)) => {
                    return Err(node.wrong("a layer's output", other.describe()));
                }
                (None, None) => {
                    return Err(node.wrong("a value computed before", format!("{:?}", node.inputs)));
                }
            }
        }
        Op::Pow => match value(0)? {
            Value::Difference(chain) if tensor(1)?.values == [2.0] => Value::Squares(chain.clone()),
            other => {
                let found = format!("{} to the power of {:?}", other.describe(), tensor(1)?.values);
                return Err(node.wrong("the square of a difference to the reconstruction", found));
            }
        },
        Op::ReduceMean { axes } => {
            let given = if node.input(1).is_some() { tensor(1)?.integers() } else { axes.clone() };
            match value(0)? {
                Value::Squares(chain) if Op::is_features(given.as_deref()) => Value::Score(chain.clone()),
                other => {
                    let found = format!("{} over axes {given:?}", other.describe());
                    return Err(node.wrong("a mean of squared differences over axis 1", found));
                }
            }
        }
        Op::Sigmoid | Op::Softmax => {
            let tail = if node.op == Op::Sigmoid { Tail::Sigmoid } else { Tail::Softmax };
            Value::Probability(chain(0)?, tail, node.input(0).unwrap_or("").to_owned())
        }
        Op::Identity => value(0)?.clone(),
        Op::Reshape => {
            let (chain, shape) = (chain(0)?, tensor(1)?);
            if !shape.integers().is_some_and(|shape| Op::keeps_rows(&shape, chain.width())) {
                return Err(node.wrong("a shape that keeps the rows", format!("{:?}", shape.values)));
            }
            Value::Chain(chain)
        }
        Op::Transpose => return Err(node.wrong("a constant matrix", "a value that depends on the input")),
    })
}

/// x∘c as scale and shift; `reversed` is c∘x.
fn with_constant(node: &Node, c: &[f64], reversed: bool) -> Result<Affine, InputError> {
    let identity = Affine::identity(c.len());
    Ok(match (&node.op, reversed) {
        (Op::Add, _) => Affine { shift: c.to_vec(), ..identity },
        (Op::Sub, false) => Affine { shift: c.iter().map(|c| -c).collect(), ..identity },
        (Op::Sub, true) => Affine { scale: vec![-1.0; c.len()], shift: c.to_vec() },
        (Op::Mul, _) => Affine { scale: c.to_vec(), ..identity },
        (Op::Div, false) => Affine { scale: c.iter().map(|c| 1.0 / c).collect(), ..identity },
        _ => return Err(node.wrong("a division by a constant", "a constant divided by a value")),
    })
}

/// Two values that both depend on the input: the tail of an autoencoder.
fn pair(node: &Node, a: &Value, b: &Value) -> Result<Value, InputError> {
    match (&node.op, a, b) {
        (Op::Sub, Value::Chain(a), Value::Chain(b)) => {
            let (norm, reconstruction) = if a.layers.is_empty() { (a, b) } else { (b, a) };
            let fits = norm.layers.is_empty()
                && reconstruction.pending.is_none()
                && !reconstruction.layers.is_empty()
                && norm.input == reconstruction.input
                && norm.width() == reconstruction.width();
            if fits {
                return Ok(Value::Difference(reconstruction.clone()));
            }
            Err(node.wrong("the normalised input less its reconstruction", "two other values"))
        }
        (Op::Mul, Value::Difference(chain), Value::Difference(_)) if node.input(0) == node.input(1) => {
            Ok(Value::Squares(chain.clone()))
        }
        _ => Err(node.wrong(
            "a constant, the normalised input less its reconstruction, or the square of that difference",
            format!("{} and {}", a.describe(), b.describe()),
        )),
    }
}

fn transposed(node: &Node, matrix: &Tensor) -> Result<Tensor, InputError> {
    matrix
        .transposed()
        .ok_or_else(|| node.wrong("a constant matrix", format!("dimensions {:?}", matrix.dims)))
}

fn rows(node: &Node, matrix: &Tensor, alpha: f64) -> Result<Vec<Vec<f64>>, InputError> {
    let most = usize::from(MAX_WIDTH);
    match matrix.matrix() {
        Some((rows, columns)) if (1..=most).contains(&rows) && (1..=most).contains(&columns) => {
            let row = |row: &[f64]| row.iter().map(|w| alpha * w).collect();
            Ok(matrix.values.chunks_exact(columns).map(row).collect())
        }
        _ => Err(node
            .wrong(format!("a matrix of at most {most} by {most}"), format!("dimensions {:?}", matrix.dims))),
    }
}

fn dense(
    node: &Node,
    mut chain: Chain,
    mut weights: Vec<Vec<f64>>,
    mut bias: Vec<f64>,
) -> Result<Chain, InputError> {
    let (width, columns) = (chain.width(), weights.first().map_or(0, Vec::len));
    if columns != width {
        return Err(node.wrong(format!("weights for {width} inputs"), format!("for {columns}")));
    }
    if chain.layers.len() == MAX_LAYERS {
        return Err(node.wrong(format!("at most {MAX_LAYERS} layers"), "one more"));
    }
    if let Some(affine) = chain.pending.take() {
        for (row, bias) in weights.iter_mut().zip(&mut bias) {
            *bias += row.iter().zip(&affine.shift).map(|(w, shift)| w * shift).sum::<f64>();
            row.iter_mut().zip(&affine.scale).for_each(|(w, scale)| *w *= scale);
        }
    }
    chain.layers.push(Rc::new(Dense { weights, bias, relu: false }));
    Ok(chain)
}

fn relu(node: &Node, mut chain: Chain) -> Result<Chain, InputError> {
    if chain.pending.is_some() {
        return Err(node.wrong("a layer between two ReLUs", "a scale and a shift alone"));
    }
    match chain.layers.last_mut() {
        Some(layer) => Rc::make_mut(layer).relu = true,
        None => return Err(node.wrong("a layer before it", "the model's input")),
    }
    Ok(chain)
}

impl Chain {
    fn width(&self) -> usize {
        self.layers.last().map_or(self.input.scale.len(), |layer| layer.bias.len())
    }

    fn affine(&mut self, next: &Affine) {
        let width = self.width();
        match self.layers.last_mut() {
            None => self.input.then(next),
            Some(layer) if layer.relu => {
                self.pending.get_or_insert_with(|| Affine::identity(width)).then(next)
            }
            Some(layer) => {
                let layer = Rc::make_mut(layer);
                let neurons = layer.weights.iter_mut().zip(&mut layer.bias);
                for ((row, bias), (scale, shift)) in neurons.zip(next.scale.iter().zip(&next.shift)) {
                    row.iter_mut().for_each(|w| *w *= scale);
                    *bias = *bias * scale + shift;
                }
            }
        }
    }
}
