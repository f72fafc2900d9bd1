//! Accumulators and packed elements, as whoever fills the assignment computes them: no gate of the first phase gives them.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::assignment::{Assignment, Cell};
use crate::chips::graph::coefficients;
use crate::chips::{Gate, LIMBS, at, fixed_at};
use crate::fixed::to_field;
use crate::testing::polynomial::signed;

/// Cells of accumulators and of messages that are packed elements, with what they should hold.
pub(super) fn hints(assignment: &Assignment) -> Vec<(Cell, Fr)> {
    let mut all = accumulators(assignment);
    if assignment.bands().graph.is_some() {
        all.extend(positions(assignment));
        all.extend(chosen(assignment));
    }
    all.extend(elements(assignment));
    all
}

/// A weighted sum of inputs for each accumulator of a layer: a row of weights holds those of eight neurons for one input, a further
/// row of the same input those of the next eight; the last limb is the last neuron's.
fn accumulators(assignment: &Assignment) -> Vec<(Cell, Fr)> {
    let mut all = Vec::new();
    let mut neurons: Vec<Cell> = Vec::new();
    let mut sums: Vec<Fr> = Vec::new();
    let mut weights: Vec<Fr> = Vec::new();
    for row in 0..assignment.rows() {
        let k = |i: usize| assignment.fixed_at(fixed_at::K + i, row);
        if assignment.is_enabled(Gate::LayerEdge, row) {
            all.extend(neurons.drain(..).zip(sums.drain(..)));
        }
        if assignment.is_enabled(Gate::Accumulator, row) {
            neurons.push(Cell { column: at::MODEL_SUM, row });
            sums.push(Fr::zero());
        }
        if assignment.is_enabled(Gate::Weights, row) {
            if k(0) == Fr::zero() {
                weights.clear();
            }
            let limb = |i: usize| assignment.read(Cell { column: at::LIMB + i, row }) - k(1);
            weights.extend((0..LIMBS).map(limb));
            let x = k(2) * (assignment.read(Cell { column: at::MODEL_X, row }) + k(3));
            sums.iter_mut().rev().zip(weights.iter().rev()).for_each(|(sum, weight)| *sum += x * weight);
        }
    }
    all
}

/// The same for graphs, at every position: rows of an output hold two positions each; rows of an input hold its weights, and four
/// positions, both ending in the last. Of products, elements of the second factor stand for weights, in rows of their own.
fn positions(assignment: &Assignment) -> Vec<(Cell, Fr)> {
    let mut all = Vec::new();
    // By output and position.
    let mut sums: Vec<Vec<(Cell, Fr)>> = Vec::new();
    let (mut weights, mut values): (Vec<Fr>, Vec<Fr>) = (Vec::new(), Vec::new());
    for row in 0..assignment.rows() {
        let k = |i: usize| assignment.fixed_at(fixed_at::K + i, row);
        let read = |column: usize| assignment.read(Cell { column, row });
        if assignment.is_enabled(Gate::LayerEdge, row) {
            all.extend(sums.drain(..).flatten());
        }
        if assignment.is_enabled(Gate::GraphPositions, row) || assignment.is_enabled(Gate::GraphProduct, row)
        {
            if k(coefficients::CARRY) == Fr::zero() {
                sums.push(Vec::new());
            }
            let cells = at::ACC.map(|column| (Cell { column, row }, Fr::zero()));
            sums.iter_mut().last().into_iter().for_each(|channel| channel.extend(cells));
        }
        let wires = at::WIRE.iter().enumerate();
        let wires =
            wires.map(|(i, column)| k(coefficients::WIRES + i) * (read(*column) + k(coefficients::LOW)));
        let starts = k(coefficients::CARRY) == Fr::zero();
        if assignment.is_enabled(Gate::GraphLeft, row) {
            if starts {
                weights.clear();
            }
            weights.extend(wires);
        } else if assignment.is_enabled(Gate::GraphWeights, row)
            || assignment.is_enabled(Gate::GraphRight, row)
        {
            if starts {
                values.clear();
            }
            values.extend(wires);
            if assignment.is_enabled(Gate::GraphWeights, row) {
                if starts {
                    weights.clear();
                }
                weights.extend((0..LIMBS).map(|i| read(at::LIMB + i) - k(coefficients::OFFSET)));
            }
            for (channel, weight) in sums.iter_mut().rev().zip(weights.iter().rev()) {
                let cells = channel.iter_mut().rev().zip(values.iter().rev());
                cells.for_each(|((_, sum), value)| *sum += k(coefficients::FACTOR) * weight * value);
            }
        }
    }
    all
}

/// Keys of the chosen, and the bits of candidates, for each choice: candidates stand above the chosen.
fn chosen(assignment: &Assignment) -> Vec<(Cell, Fr)> {
    let read = |column: usize, row: usize| assignment.read(Cell { column, row });
    let mut all = Vec::new();
    let mut row = 0;
    while row < assignment.rows() {
        let on = |gate: Gate, row: usize| row < assignment.rows() && assignment.is_enabled(gate, row);
        let candidates: Vec<usize> = (row..).take_while(|row| on(Gate::GraphCandidate, *row)).collect();
        let end = row + candidates.len();
        let chosen: Vec<usize> = (end..).take_while(|row| on(Gate::GraphChosen, *row)).collect();
        row = end + chosen.len().max(1);
        // A candidate's distance to the last of the chosen, and that one's key.
        let key = |row: &usize| signed(read(at::ACC[0], *row) + read(at::WIRE[1], *row));
        let keys: Vec<BigInt> = candidates.iter().map(key).collect();
        let mut falling = keys.clone();
        falling.sort_by(|a, b| b.cmp(a));
        let Some(last) = chosen.len().checked_sub(1).and_then(|last| falling.get(last).cloned()) else {
            continue;
        };
        all.extend(
            chosen
                .iter()
                .zip(&falling)
                .map(|(row, key)| (Cell { column: at::WIRE[3], row: *row }, to_field(key))),
        );
        all.extend(
            candidates.iter().zip(&keys).map(|(row, key)| {
                (Cell { column: at::END[0], row: *row }, Fr::from(u64::from(*key >= last)))
            }),
        );
    }
    all
}

/// Elements in the order of their messages: eight side by side made of limbs, or one of values.
fn elements(assignment: &Assignment) -> Vec<(Cell, Fr)> {
    let mut elements: Vec<Fr> = Vec::new();
    let mut messages = Vec::new();
    for row in 0..assignment.rows() {
        let read = |column: usize| assignment.read(Cell { column, row });
        let fixed = |column: usize| assignment.fixed_at(column, row);
        let (starts, packs) = (Fr::from(2), Fr::one());
        let weight = fixed(assignment.bands().packing_factor());
        let run = fixed(fixed_at::RUN);
        if run == starts {
            elements.extend([Fr::zero(); LIMBS]);
        }
        if run == starts || run == packs {
            let last = elements.len().saturating_sub(LIMBS);
            elements[last..].iter_mut().zip(0..).for_each(|(e, i)| *e += weight * read(at::LIMB + i));
        }
        let value = if assignment.bands().core { Fr::zero() } else { fixed(fixed_at::ELEMENT) };
        if value == starts {
            elements.push(Fr::zero());
        }
        if value == starts || value == packs {
            elements.iter_mut().last().into_iter().for_each(|e| *e += weight * read(at::MODEL_X));
        }
        if fixed(fixed_at::STREAM) == Fr::one() {
            messages.push(Cell { column: at::MESSAGE, row });
        }
    }
    messages.into_iter().zip(elements).collect()
}
