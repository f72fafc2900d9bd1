//! LSTM and GRU: attributes as a file has them, and weights with the names of their gates.

use std::borrow::Cow;

use super::Wrong;
use super::attributes::Attributes;
use super::tensor::Tensor;
use crate::model::onnx;

const DEFAULTS: &str = "export the layer with its default activations, Sigmoid for gates and Tanh for states";

/// What a step computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell {
    /// Gates in the order input, output, forget, cell.
    Lstm,
    /// Gates in the order update, reset, hidden.
    Gru {
        /// Whether the reset gate scales `R·h + bias` (PyTorch, Keras' `reset_after`), not `h`.
        linear_before_reset: bool,
    },
}

impl Cell {
    /// Blocks of rows of each matrix.
    pub fn gates(self) -> usize {
        match self {
            Self::Lstm => 4,
            Self::Gru { .. } => 3,
        }
    }

    fn activations(self) -> &'static [&'static str] {
        match self {
            Self::Lstm => &["sigmoid", "tanh", "tanh"],
            Self::Gru { .. } => &["sigmoid", "tanh"],
        }
    }
}

/// In which order steps are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// From the first to the last.
    Forward,
    /// From the last to the first.
    Reverse,
    /// Both, each with weights of its own.
    Both,
}

impl Order {
    /// Of each direction, whether it goes from the last step to the first.
    pub fn reversed(self) -> &'static [bool] {
        match self {
            Self::Forward => &[false],
            Self::Reverse => &[true],
            Self::Both => &[false, true],
        }
    }
}

/// An LSTM or GRU node. Inputs: X, W, R, B, `sequence_lens`, `initial_h`, and `initial_c` of an LSTM. Outputs: Y, `Y_h`, and `Y_c`
/// of an LSTM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recurrent {
    /// What a step computes.
    pub cell: Cell,
    /// Numbers of the state, where the file says.
    pub hidden: Option<usize>,
    /// Directions.
    pub order: Order,
}

/// Weights of a node, all directions.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer<'a> {
    /// The node's attributes.
    pub recurrent: Recurrent,
    /// Numbers of an input.
    pub inputs: usize,
    /// Numbers of the state.
    pub hidden: usize,
    weights: Cow<'a, [f64]>,
    recurrence: Cow<'a, [f64]>,
    biases: Option<Cow<'a, [f64]>>,
}

/// Weights of one direction. Rows of all gates stand one after the other, in the order of [`Cell`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Direction<'a> {
    /// Whether it goes from the last step to the first.
    pub reversed: bool,
    /// gates·hidden rows of `inputs` numbers.
    pub weights: &'a [f64],
    /// gates·hidden rows of `hidden` numbers.
    pub recurrence: &'a [f64],
    /// gates·hidden, added to the input's part; empty if there is none.
    pub input_bias: &'a [f64],
    /// gates·hidden, added to the state's part; empty if there is none.
    pub state_bias: &'a [f64],
}

impl Recurrent {
    /// The attributes of a node.
    pub(super) fn read(cell: Cell, a: &Attributes<'_>, version: i64) -> Result<Self, Wrong> {
        if version < 7 {
            let expected = "operators of version 7 or later, since when LSTM and GRU are what they are";
            return Err(Wrong::with(expected, version.to_string(), "export with a later opset"));
        }
        let order = match a.text("direction", "forward").as_str() {
            "forward" => Order::Forward,
            "reverse" => Order::Reverse,
            "bidirectional" => Order::Both,
            other => {
                return Err(Wrong::new("direction forward, reverse or bidirectional", onnx::short(other)));
            }
        };
        let found: Vec<String> = a.texts("activations").iter().map(|name| name.to_lowercase()).collect();
        let usual = cell.activations().iter().cycle().take(cell.activations().len() * order.reversed().len());
        if !found.is_empty() && !found.iter().eq(usual) {
            let found: Vec<String> = found.iter().take(6).map(|name| onnx::short(name)).collect();
            return Err(Wrong::with(
                format!("activations {:?} in each direction", cell.activations()),
                format!("{found:?}"),
                DEFAULTS,
            ));
        }
        if a.optional("clip").is_some_and(|clip| clip != 0.0) {
            let advice = "export the layer without clip (recurrent_clip); clip its input before it if that is what matters";
            return Err(Wrong::with("gates that are not clipped", "clip", advice));
        }
        if a.integer("input_forget", 0) != 0 {
            let advice = "export an LSTM whose input and forget gates have weights of their own";
            return Err(Wrong::with("input_forget = 0", "gates that are coupled", advice));
        }
        if a.integer("layout", 0) != 0 {
            let advice = "export with layout 0, steps first, and a Transpose before the layer";
            return Err(Wrong::with("layout = 0", "layout = 1, batches first", advice));
        }
        if cell == Cell::Lstm && a.0.input.get(7).is_some_and(|name| !name.is_empty()) {
            let advice = "train an LSTM without peepholes, as PyTorch's and Keras' are";
            return Err(Wrong::with("no input P", "peephole weights", advice));
        }
        let hidden = a.integers_or_one("hidden_size").map(usize::try_from).transpose();
        let hidden = hidden.map_err(|_| Wrong::new("hidden_size of 1 or more", "a negative number"))?;
        Ok(Self { cell, hidden, order })
    }

    /// The weights, taken from the inputs W, R and B.
    pub fn layer<'a>(&self, w: &'a Tensor, r: &'a Tensor, b: Option<&'a Tensor>) -> Result<Layer<'a>, Wrong> {
        let (count, gates) = (self.order.reversed().len(), self.cell.gates());
        let wrong = |name: &str, expected: String, dims: &[usize]| {
            Wrong::new(format!("{name} of dimensions {expected}"), format!("{dims:?}"))
        };
        let &[directions, rows, hidden] = r.dims() else {
            return Err(wrong("R", "[directions, rows, hidden]".into(), r.dims()));
        };
        let hidden = self.hidden.unwrap_or(hidden);
        let rows_wanted = gates.saturating_mul(hidden);
        if hidden == 0 || [directions, rows] != [count, rows_wanted] || r.dims()[2] != hidden {
            return Err(wrong("R", format!("[{count}, {rows_wanted}, {hidden}]"), r.dims()));
        }
        let inputs = match *w.dims() {
            [directions, rows, inputs] if inputs > 0 && [directions, rows] == [count, rows_wanted] => inputs,
            _ => return Err(wrong("W", format!("[{count}, {rows_wanted}, inputs]"), w.dims())),
        };
        let biases = match b {
            Some(b) if b.dims() != [count, 2 * rows_wanted] => {
                return Err(wrong("B", format!("[{count}, {}]", 2 * rows_wanted), b.dims()));
            }
            b => b.map(Tensor::reals).transpose()?,
        };
        let (weights, recurrence) = (w.reals()?, r.reals()?);
        Ok(Layer { recurrent: *self, inputs, hidden, weights, recurrence, biases })
    }
}

impl Layer<'_> {
    /// Each direction's part.
    pub fn directions(&self) -> Vec<Direction<'_>> {
        let rows = self.recurrent.cell.gates() * self.hidden;
        let part = |values, place: usize, size: usize| -> &[f64] {
            <[f64]>::get(values, place * size..(place + 1) * size).unwrap_or_default()
        };
        let all = self.recurrent.order.reversed().iter().enumerate();
        all.map(|(i, reversed)| Direction {
            reversed: *reversed,
            weights: part(&self.weights, i, rows * self.inputs),
            recurrence: part(&self.recurrence, i, rows * self.hidden),
            input_bias: self.biases.as_deref().map_or(&[], |biases| part(biases, 2 * i, rows)),
            state_bias: self.biases.as_deref().map_or(&[], |biases| part(biases, 2 * i + 1, rows)),
        })
        .collect()
    }
}
