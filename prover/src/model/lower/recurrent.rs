//! LSTM and GRU unrolled over their steps: a linear block for each gate, shared by all steps.

use foldproof_circuits::graph::{Function, Operand, Requantise, Table};
use foldproof_circuits::model::Range;

use super::finish::{DAMPING, mean, powers, refit};
use super::lowering::Lowering;
use super::steps::Steps;
use super::value::{Body, Element, Value};
use super::weights::Task;
use crate::input::InputError;
use crate::model::graph::recurrent::{Cell, Direction, Recurrent};
use crate::model::graph::{Node, Wrong};
use crate::model::rounding::{Hessian, dot};

/// Most steps whose inputs make a covariance.
const MAX_ROWS: usize = 1 << 13;
/// Greatest state and cell before the first step: states have units of 2^(3−λ) in λ − 1 bits.
const MAX_START: f64 = 4.0;
/// Bits by which a state's unit is coarser than its range would allow. Multipliers of the gates' rows grow with it: at 0 they are
/// 1 to 3, and steps between those would be lost.
const SPARE: i32 = 2;

/// One gate: rows for x and h, and the bias of both.
pub(super) struct Gate {
    pub x: Vec<Vec<f64>>,
    pub h: Vec<Vec<f64>>,
    pub bias: Vec<f64>,
    /// The part of the bias that is the state's.
    pub state_bias: Vec<f64>,
}

/// What the float layer does on calibration samples, a row for each sample and step.
#[derive(Default)]
pub(super) struct Floats {
    /// State and cell before the first step.
    pub start: [Vec<f64>; 2],
    /// Sample and step.
    pub at: Vec<(usize, usize)>,
    pub x: Vec<Vec<f64>>,
    /// The state before the step.
    pub h: Vec<Vec<f64>>,
    /// What the reset gate leaves of it, if it does so before the product.
    pub reset: Vec<Vec<f64>>,
    /// Greatest cell.
    pub cell: f64,
    /// Greatest sums of a GRU's hidden gate, of x and of h.
    pub hidden: [f64; 2],
}

/// A layer with its units.
pub(super) struct Units {
    /// Of the state.
    pub h: f64,
    pub sigma: Table,
    pub tanh: Table,
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

fn affine(rows: &[Vec<f64>], x: &[f64], bias: &[f64]) -> Vec<f64> {
    rows.iter().zip(bias).map(|(row, bias)| dot(row, x) + bias).collect()
}

fn gates(direction: &Direction<'_>, count: usize, inputs: usize, hidden: usize) -> Vec<Gate> {
    let rows = |values: &[f64], gate: usize, width: usize| -> Vec<Vec<f64>> {
        values.chunks(width.max(1)).skip(gate * hidden).take(hidden).map(<[f64]>::to_vec).collect()
    };
    let bias = |values: &[f64], gate: usize| -> Vec<f64> {
        (0..hidden).map(|i| values.get(gate * hidden + i).copied().unwrap_or(0.0)).collect()
    };
    (0..count)
        .map(|gate| {
            let state_bias = bias(direction.state_bias, gate);
            Gate {
                x: rows(direction.weights, gate, inputs),
                h: rows(direction.recurrence, gate, hidden),
                bias: bias(direction.input_bias, gate).iter().zip(&state_bias).map(|(a, b)| a + b).collect(),
                state_bias,
            }
        })
        .collect()
}

impl Lowering<'_> {
    pub(super) fn recurrent(&mut self, node: &Node, op: &Recurrent) -> Result<(), InputError> {
        let wrong = |expected: &str, found: &str, advice: &'static str| {
            Err(Wrong::with(expected, found, advice).at(&node.path))
        };
        let place = node.inputs.first().copied().flatten().unwrap_or_default();
        let weights = [1, 2].map(|index| self.trace.given(node, index));
        let [Some(w), Some(r)] = weights else {
            return wrong("constant weights", "others", "export the layer with its weights as constants");
        };
        let layer = op.layer(w, r, self.trace.given(node, 3)).map_err(|wrong| wrong.at(&node.path))?;
        let mut starts = [Vec::new(), Vec::new()];
        for (start, index) in starts.iter_mut().zip([5, 6]) {
            let Some(state) = node.inputs.get(index).copied().flatten() else { continue };
            let Some(state) = self.trace.constant(state).and_then(|state| state.reals().ok()) else {
                let advice = "export the layer without initial states, or with constant ones";
                return wrong("a constant initial state", "one that depends on the data", advice);
            };
            // Beyond that, a state would be clamped at once.
            if let Some(beyond) = state.iter().find(|x| x.abs().is_nan() || x.abs() > MAX_START) {
                let expected = format!("an initial state within ±{MAX_START}");
                return wrong(&expected, &beyond.to_string(), "train the layer with states that it can have");
            }
            *start = state.into_owned();
        }
        let elements = self.elements(place, &node.path)?;
        let (inputs, hidden) = (layer.inputs, layer.hidden);
        let steps = elements.len() / inputs;
        let dims = self.values.get(&place).map(|value| value.dims.clone()).unwrap_or_default();
        if dims != [steps, 1, inputs] {
            return wrong("one sequence", "a batch", "export the model for a batch of one");
        }
        let count = op.cell.gates();
        let (mut y, mut last, mut cells) = (vec![Vec::new(); steps], Vec::new(), Vec::new());
        for (turn, direction) in layer.directions().into_iter().enumerate() {
            let own = |start: &Vec<f64>| {
                let own = start.get(turn * hidden..(turn + 1) * hidden);
                own.map_or_else(|| vec![0.0; hidden], <[f64]>::to_vec)
            };
            let start = starts.each_ref().map(own);
            let gates = gates(&direction, count, inputs, hidden);
            let order: Vec<usize> =
                if direction.reversed { (0..steps).rev().collect() } else { (0..steps).collect() };
            let made =
                self.direction(op.cell, &gates, start, place, &elements, inputs, &order, &node.path)?;
            for (step, h) in order.iter().zip(&made.0) {
                y[*step].extend(h.iter().copied());
            }
            last.extend(made.0.last().into_iter().flatten().copied());
            cells.extend(made.1);
        }
        let directions = op.order.reversed().len();
        let outputs = [
            (vec![steps, directions, 1, hidden], y.concat()),
            (vec![directions, 1, hidden], last),
            (vec![directions, 1, hidden], cells),
        ];
        for (place, (dims, elements)) in node.outputs.iter().zip(outputs) {
            if let Some(place) = place {
                self.values.insert(*place, Value { dims, body: Body::Known(elements) });
            }
        }
        Ok(())
    }

    /// Of each step the state, in the order of the steps, and the last cell.
    #[expect(clippy::too_many_arguments, reason = "what a layer is")]
    fn direction(
        &mut self,
        cell: Cell,
        gates: &[Gate],
        start: [Vec<f64>; 2],
        place: usize,
        elements: &[Element],
        inputs: usize,
        order: &[usize],
        path: &str,
    ) -> Result<Steps, InputError> {
        let limb = self.b.limb;
        let output = u8::try_from(limb - 2).unwrap_or(0);
        let units = Units {
            h: 2f64.powi(1 + SPARE - limb as i32),
            sigma: self.table(Function::Sigmoid, output),
            tanh: self.table(Function::Tanh, output),
        };
        let mut xs = Vec::new();
        let mut x_units: Vec<(f64, f64)> = Vec::new();
        for step in order {
            let own = &elements[step * inputs..(step + 1) * inputs];
            let of: Vec<(f64, f64)> = own.iter().map(|e| (e.scale, e.shift)).collect();
            if !x_units.is_empty() && x_units != of {
                let advice = "normalise all steps of the sequence alike";
                return Err(Wrong::with("one unit at all steps", "several", advice).at(path));
            }
            x_units = of;
            xs.push(self.node_of(own)?);
        }
        let floats = self.run(cell, gates, start, place, inputs, order);
        match cell {
            Cell::Lstm => self.lstm(gates, &floats, &xs, &x_units, &units),
            Cell::Gru { linear_before_reset } => {
                let made = self.gru(gates, linear_before_reset, &floats, &xs, &x_units, &units)?;
                Ok((made, Vec::new()))
            }
        }
    }

    /// The float layer on the calibration samples.
    fn run(
        &self,
        cell: Cell,
        gates: &[Gate],
        start: [Vec<f64>; 2],
        place: usize,
        inputs: usize,
        order: &[usize],
    ) -> Floats {
        let hidden = gates[0].bias.len();
        let every = (self.samples.len() * order.len()).div_ceil(MAX_ROWS).max(1);
        let cell_at_first = start[1].iter().map(|x| x.abs()).fold(0.0, f64::max);
        let mut out = Floats { start, cell: cell_at_first, ..Floats::default() };
        for sample in 0..self.samples.len() {
            let values = self.floats(sample, place);
            let [mut h, mut c] = out.start.clone();
            for (turn, step) in order.iter().enumerate() {
                let x = values.get(step * inputs..(step + 1) * inputs).unwrap_or_default();
                let keep = (sample * order.len() + turn).is_multiple_of(every);
                if keep {
                    out.at.push((sample, turn));
                    out.x.push(x.to_vec());
                    out.h.push(h.clone());
                }
                let zero = vec![0.0; hidden];
                let both = |gate: &Gate| -> Vec<f64> {
                    let of_h = affine(&gate.h, &h, &zero);
                    affine(&gate.x, x, &gate.bias).iter().zip(of_h).map(|(a, b)| a + b).collect()
                };
                match cell {
                    Cell::Lstm => {
                        let [input, output, forget, new] = [0, 1, 2, 3].map(|g| both(&gates[g]));
                        for i in 0..hidden {
                            c[i] = sigmoid(forget[i]) * c[i] + sigmoid(input[i]) * new[i].tanh();
                            out.cell = out.cell.max(c[i].abs());
                            h[i] = sigmoid(output[i]) * c[i].tanh();
                        }
                    }
                    Cell::Gru { linear_before_reset } => {
                        let [update, reset] = [0, 1].map(|g| both(&gates[g]));
                        let reset: Vec<f64> = reset.into_iter().map(sigmoid).collect();
                        let gate = &gates[2];
                        let new: Vec<f64> = if linear_before_reset {
                            let of_h = affine(&gate.h, &h, &gate.state_bias);
                            let of_x: Vec<f64> = affine(&gate.x, x, &gate.bias)
                                .iter()
                                .zip(&gate.state_bias)
                                .map(|(sum, b)| sum - b)
                                .collect();
                            let most = |part: &[f64]| part.iter().map(|x| x.abs()).fold(0.0, f64::max);
                            out.hidden = [out.hidden[0].max(most(&of_x)), out.hidden[1].max(most(&of_h))];
                            (0..hidden).map(|i| of_x[i] + reset[i] * of_h[i]).collect()
                        } else {
                            let left: Vec<f64> = reset.iter().zip(&h).map(|(r, h)| r * h).collect();
                            let of_h = affine(&gate.h, &left, &zero);
                            if keep {
                                out.reset.push(left);
                            }
                            affine(&gate.x, x, &gate.bias).iter().zip(of_h).map(|(a, b)| a + b).collect()
                        };
                        for i in 0..hidden {
                            let update = sigmoid(update[i]);
                            h[i] = (1.0 - update) * new[i].tanh() + update * h[i];
                        }
                    }
                }
            }
        }
        out
    }

    /// What `x` is in integers at each row of `floats`.
    pub(super) fn integers(&self, floats: &Floats, xs: &[Operand]) -> Vec<Vec<f64>> {
        let row = |(sample, turn): &(usize, usize)| {
            let kept = self.b.tensor(xs[*turn]);
            let own = &kept.values[sample * kept.count..(sample + 1) * kept.count];
            #[expect(clippy::cast_precision_loss, reason = "λ bits")]
            own.iter().map(|x| *x as f64).collect()
        };
        floats.at.iter().map(row).collect()
    }

    /// Rounds gates that share their operands.
    pub(super) fn blocks(
        &mut self,
        gates: &[(&Gate, f64, Requantise)],
        parts: &[Part<'_>],
    ) -> Result<Vec<u16>, InputError> {
        let weights: Vec<Vec<Vec<f64>>> = parts
            .iter()
            .map(|part| gates.iter().flat_map(|(gate, ..)| part.rows(gate).iter().cloned()).collect())
            .collect();
        let units: Vec<Vec<(f64, f64)>> = parts.iter().map(|part| part.units.clone()).collect();
        let powers = powers(&weights, &units);
        let factors: Vec<f64> = powers.iter().map(|power| 2f64.powi((*power).into())).collect();
        let count = parts.first().map_or(0, |part| part.integers.len());
        let rows: Vec<Vec<f64>> = (0..count)
            .map(|row| {
                let all = parts.iter().zip(&factors);
                all.flat_map(|(part, factor)| part.integers[row].iter().map(move |x| x * factor)).collect()
            })
            .collect();
        let widths: Vec<usize> = parts.iter().map(|part| part.units.len()).collect();
        let hessian = Hessian::new(&rows, widths.iter().sum(), DAMPING, true);
        let limit = 2f64.powi(self.b.limb as i32);
        let reach: Vec<f64> = widths
            .iter()
            .zip(&factors)
            .flat_map(|(width, factor)| std::iter::repeat_n(factor * limit, *width))
            .collect();
        let mut blocks = Vec::new();
        for (gate, unit, then) in gates {
            let hidden = gate.bias.len();
            let row = |o: usize| -> Vec<f64> {
                let all = parts.iter().zip(&factors);
                all.flat_map(|(part, factor)| {
                    let scaled = part.rows(gate)[o].iter().zip(&part.units);
                    scaled.map(move |(w, (scale, _))| w * scale / factor)
                })
                .collect()
            };
            // The float sums of the same rows.
            let bias = parts.first().map_or_else(Vec::new, |part| part.bias(gate));
            let sums = |index: usize| -> Vec<f64> {
                let of = |part: &Part<'_>, o: usize| dot(&part.rows(gate)[o], &part.floats[index]);
                (0..hidden).map(|o| bias[o] + parts.iter().map(|part| of(part, o)).sum::<f64>()).collect()
            };
            let targets: Vec<Vec<f64>> = (0..count).map(sums).collect();
            let zero = |o: usize| -> f64 {
                let of = |part: &Part<'_>| -> f64 {
                    part.rows(gate)[o].iter().zip(&part.units).map(|(w, (_, shift))| w * shift).sum()
                };
                bias[o] + parts.iter().map(of).sum::<f64>()
            };
            let zeros: Vec<f64> = (0..hidden).map(zero).collect();
            let mut fitted: Vec<Vec<f64>> = (0..hidden).map(row).collect();
            refit(&mut fitted, &zeros, &rows, &targets, &hessian);
            let task = Task {
                rows: fitted,
                means: (0..hidden).map(|o| mean(targets.iter().map(|t| t[o]))).collect(),
                hessian: &hessian,
                unit: *unit,
                limb: self.b.limb,
                range: then.range,
                reach: &reach,
                widths: &widths,
                units: &[],
                classes: &[],
            };
            let (block, _) = task.round();
            blocks.push(self.b.linear_block(&widths, &powers, block)?);
        }
        Ok(blocks)
    }
}

/// Which rows of a gate an operand has.
#[derive(Clone, Copy)]
pub(super) enum Of {
    X,
    H,
    /// With the input's part of the bias alone.
    XAlone,
    /// With the state's.
    HAlone,
}

/// An operand of gates on the calibration samples.
pub(super) struct Part<'a> {
    pub integers: Vec<Vec<f64>>,
    pub floats: &'a [Vec<f64>],
    pub units: Vec<(f64, f64)>,
    pub of: Of,
}

impl Part<'_> {
    fn rows<'g>(&self, gate: &'g Gate) -> &'g [Vec<f64>] {
        match self.of {
            Of::X | Of::XAlone => &gate.x,
            Of::H | Of::HAlone => &gate.h,
        }
    }

    /// The bias of the gate that has this as its first operand.
    fn bias(&self, gate: &Gate) -> Vec<f64> {
        match self.of {
            Of::X | Of::H => gate.bias.clone(),
            Of::XAlone => gate.bias.iter().zip(&gate.state_bias).map(|(all, state)| all - state).collect(),
            Of::HAlone => gate.state_bias.clone(),
        }
    }
}

pub(super) fn after(table: Table) -> Requantise {
    Requantise { range: table.range(), table: Some(table) }
}

/// Floats as integers of a signed activation.
pub(super) fn scaled(values: &[Vec<f64>], unit: f64, limb: u32) -> Vec<Vec<f64>> {
    let range = Range::signed(limb);
    let one = |x: &f64| (x / unit).round().clamp(range.low.into(), range.high().into());
    values.iter().map(|row| row.iter().map(one).collect()).collect()
}
