//! LSTM and GRU over all steps.

use super::{Inputs, linear};
use crate::model::graph::Wrong;
use crate::model::graph::recurrent::{Cell, Direction, Layer, Recurrent};
use crate::model::graph::tensor::{Tensor, count};

/// The state of one sequence of a batch.
struct State {
    h: Vec<f64>,
    /// Of an LSTM.
    c: Vec<f64>,
}

/// Y, the last state, and of an LSTM the last cell.
pub(super) fn evaluate(op: &Recurrent, inputs: &Inputs<'_>) -> Result<Vec<Tensor>, Wrong> {
    let x = inputs.get(0)?;
    let layer = op.layer(inputs.get(1)?, inputs.get(2)?, inputs.optional(3))?;
    let (hidden, width) = (layer.hidden, layer.inputs);
    let &[steps, batch, found] = x.dims() else {
        let expected = format!("X of dimensions [steps, batch, {width}]");
        return Err(Wrong::new(expected, format!("{:?}", x.dims())));
    };
    if found != width {
        return Err(Wrong::new(format!("X of {width} numbers a step, as W takes"), found.to_string()));
    }
    if let Some(lengths) = inputs.optional(4) {
        let whole = i64::try_from(steps).unwrap_or(i64::MAX);
        if lengths.dims() != [batch] || lengths.integers()?.iter().any(|length| *length != whole) {
            return Err(Wrong::with(
                format!("sequence_lens of {steps} for each of {batch} sequences, or none"),
                "other lengths",
                "export for sequences of one length, without lengths, masks or packing",
            ));
        }
    }
    let directions = layer.directions();
    let rows = op.cell.gates() * hidden;
    linear::check(&[steps, batch, directions.len(), rows, width.saturating_add(hidden)])?;
    let states = [directions.len(), batch, hidden];
    let initial = |index: usize| match inputs.optional(index) {
        Some(state) if state.dims() != states => {
            let expected = format!("an initial state of dimensions {states:?}");
            Err(Wrong::new(expected, format!("{:?}", state.dims())))
        }
        Some(state) => state.reals().map(|values| values.into_owned()),
        None => Ok(vec![0.0; count(&states)?]),
    };
    let (h, c) = (initial(5)?, initial(6)?);
    let dims = vec![steps, directions.len(), batch, hidden];
    let mut y = vec![0.0; count(&dims)?];
    let (mut last, mut cells) = (Vec::new(), Vec::new());
    let values = x.reals()?;
    for (d, direction) in directions.iter().enumerate() {
        for b in 0..batch {
            let own = (d * batch + b) * hidden..(d * batch + b + 1) * hidden;
            let mut state = State { h: h[own.clone()].to_vec(), c: c[own].to_vec() };
            for step in 0..steps {
                let step = if direction.reversed { steps - 1 - step } else { step };
                let place = (step * batch + b) * width;
                take(&layer, direction, &values[place..place + width], &mut state);
                let place = ((step * directions.len() + d) * batch + b) * hidden;
                y[place..place + hidden].copy_from_slice(&state.h);
            }
            last.extend(state.h);
            cells.extend(state.c);
        }
    }
    let mut outputs = vec![Tensor::real(dims, y)?, Tensor::real(states.to_vec(), last)?];
    if op.cell == Cell::Lstm {
        outputs.push(Tensor::real(states.to_vec(), cells)?);
    }
    Ok(outputs)
}

/// `matrix·x + bias`, of a matrix given by rows.
fn affine(matrix: &[f64], x: &[f64], bias: &[f64]) -> Vec<f64> {
    let row = |(i, row): (usize, &[f64])| {
        row.iter().zip(x).map(|(w, x)| w * x).sum::<f64>() + bias.get(i).copied().unwrap_or(0.0)
    };
    matrix.chunks(x.len().max(1)).enumerate().map(row).collect()
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// One step.
fn take(layer: &Layer<'_>, direction: &Direction<'_>, x: &[f64], state: &mut State) {
    let n = layer.hidden;
    let given = affine(direction.weights, x, direction.input_bias);
    let kept = affine(direction.recurrence, &state.h, direction.state_bias);
    match layer.recurrent.cell {
        Cell::Lstm => {
            for i in 0..n {
                let [input, output, forget, cell] =
                    [0, 1, 2, 3].map(|gate| given[gate * n + i] + kept[gate * n + i]);
                state.c[i] = sigmoid(forget) * state.c[i] + sigmoid(input) * cell.tanh();
                state.h[i] = sigmoid(output) * state.c[i].tanh();
            }
        }
        Cell::Gru { linear_before_reset } => {
            let gate = |gate: usize, i: usize| sigmoid(given[gate * n + i] + kept[gate * n + i]);
            let reset: Vec<f64> = (0..n).map(|i| gate(1, i)).collect();
            let inner: Vec<f64> = if linear_before_reset {
                (0..n).map(|i| reset[i] * kept[2 * n + i]).collect()
            } else {
                let scaled: Vec<f64> = reset.iter().zip(&state.h).map(|(r, h)| r * h).collect();
                let bias = direction.state_bias.get(2 * n..).unwrap_or_default();
                affine(&direction.recurrence[2 * n * n..], &scaled, bias)
            };
            for i in 0..n {
                let update = gate(0, i);
                let hidden = (given[2 * n + i] + inner[i]).tanh();
                state.h[i] = (1.0 - update) * hidden + update * state.h[i];
            }
        }
    }
}
