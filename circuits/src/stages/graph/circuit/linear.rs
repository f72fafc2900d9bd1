//! Inputs and linear blocks.

use super::sums::Division;
use super::{Builder, Element};
use crate::assignment::{Cell, Free};
use crate::chips::graph::coefficients::{ADDED, CARRY, FACTOR, GREATEST, LAST, LOW, OFFSET, WIRES};
use crate::columns::{Gate, LIMBS, at, fixed_at, table};
use crate::graph::parameters::{Place, widths};
use crate::graph::{BIAS_BITS, Block, Node, Operand, ParameterBlock, Requantise, SUM_WIRES};
use crate::model::{INPUT_BITS, INPUT_MULTIPLIER_BITS, INPUT_SHIFT, Range};
use crate::stages::values::circuit::integer;

/// Columns of the parameters of a channel.
const PARAMETERS: [usize; 2] = [at::WIRE[2], at::WIRE[3]];

/// Widths in an array; those that are not there are 0.
fn four(bits: u32, limb: u32) -> [u32; 4] {
    let widths = widths(bits, limb);
    std::array::from_fn(|i| widths.get(i).copied().unwrap_or(0))
}

impl Builder<'_> {
    /// Writes the parameters of a channel, read from the limbs of its row, and returns them.
    fn channel(&mut self, row: usize, first: i128, second: i128) -> [i128; 2] {
        let [a, b] = PARAMETERS;
        let cells = [self.assignment.write_int(a, row, first), self.assignment.write_int(b, row, second)];
        cells.map(|cell| integer(self.assignment, cell))
    }

    /// Takes the parameters over from the row above.
    pub(super) fn stay(&mut self, row: usize) -> [i128; 2] {
        self.enable(Gate::GraphStay, row);
        let above = PARAMETERS.map(|column| integer(self.assignment, Cell { column, row: row - 1 }));
        self.channel(row, above[0], above[1])
    }

    /// The values after their quantisers, channel by channel.
    pub(super) fn inputs(&mut self) -> Vec<Element> {
        let (channels, positions) = (self.graph().channels(), self.graph().positions());
        if !self.graph().quantises() {
            return Vec::new();
        }
        let mut elements = vec![Element::Constant(0); channels * positions];
        let then = Requantise { range: Range::signed(self.limb), table: None };
        for channel in 0..channels {
            let row = self.row();
            self.parameters(row, Place::Quantiser(channel));
            let mean = self.read_digits(row, 0, &widths(INPUT_BITS, self.limb)) - (1 << (INPUT_BITS - 1));
            let multiplier = self.read_digits(row, 4, &widths(INPUT_MULTIPLIER_BITS, self.limb));
            self.channel(row, mean, multiplier);
            self.enable(Gate::GraphQuantiser, row);
            for position in 0..positions {
                let row = self.row();
                let [mean, multiplier] = self.stay(row);
                let place = position * channels + channel;
                let cell = self.assignment.copy_to(self.values[place], at::WIRE[0], row);
                let value = integer(self.assignment, cell) - (1 << (INPUT_BITS - 1));
                let added = (1_i128 << (INPUT_SHIFT - 1)) - (i128::from(then.range.low) << INPUT_SHIFT);
                let division = Division {
                    divisor: 1 << INPUT_SHIFT,
                    excess: (1, 3),
                    remainder: (4, four(INPUT_SHIFT, self.limb)),
                };
                elements[place] = self.slot(row, 0, (value - mean) * multiplier + added, division, then);
                let used = widths(INPUT_SHIFT, self.limb).len();
                self.zeros(row, LIMBS / 2 + used);
                self.assignment.fix(fixed_at::K + ADDED, row, added);
                self.assignment.fix(fixed_at::K + GREATEST, row, (1_u32 << then.range.bits) - 1);
                self.enable(Gate::GraphInput, row);
            }
        }
        elements
    }

    /// Rows of a block: outputs, each with its positions, and weights.
    pub(super) fn deal_out_linear(&mut self, block: usize) {
        let Block::Linear { outputs, operands } = &self.graph().blocks()[block] else { return };
        let (outputs, operands) = (usize::from(*outputs), operands.clone());
        let positions = self.graph().padded_positions(block);
        let start = self.band.next;
        self.enable(Gate::LayerEdge, start);
        for output in 0..outputs {
            let row = self.row();
            self.parameters(row, Place::Channel { block, output });
            let bias = self.read_digits(row, 0, &widths(BIAS_BITS, self.limb)) - (1 << (BIAS_BITS - 1));
            let multiplier = integer(self.assignment, Cell { column: at::LIMB + 3, row });
            self.channel(row, bias, multiplier);
            self.enable(Gate::GraphChannel, row);
            for pair in 0..positions / 2 {
                let row = self.row();
                self.stay(row);
                self.assignment.fix(fixed_at::K + CARRY, row, u8::from(pair > 0));
                self.assignment.fix(fixed_at::K + LAST, row, u8::from(pair + 1 == positions / 2));
                self.enable(Gate::GraphPositions, row);
            }
        }
        let (weights, more) = self.graph().input_rows(block);
        for (operand, (inputs, power)) in operands.into_iter().enumerate() {
            for input in 0..usize::from(inputs) {
                for row in 0..weights + more {
                    let at = self.row();
                    match row.checked_sub(more) {
                        Some(group) => self.parameters(at, Place::Weights { block, operand, input, group }),
                        None => (0..LIMBS).for_each(|i| {
                            let tag = table::only(128).unwrap_or_else(|| panic!("no tag for 128 exists"));
                            self.assignment.fix(fixed_at::TAG + i, at, tag);
                            self.assignment.write_int(at::LIMB + i, at, 128);
                        }),
                    }
                    let last = row + 1 == weights + more;
                    self.assignment.fix(fixed_at::K + CARRY, at, u8::from(row > 0));
                    self.assignment.fix(fixed_at::K + OFFSET, at, 128);
                    self.assignment.fix(fixed_at::K + FACTOR, at, if last { 1_u32 << power } else { 0 });
                    self.enable(Gate::GraphWeights, at);
                }
            }
        }
        let end = self.band.next;
        self.enable(Gate::LayerEdge, end);
    }

    /// First position of a node among those of its block: the node that is laid out next.
    fn first_position(&self, block: usize, outputs: usize) -> usize {
        let before = self.graph().nodes()[..self.tensors.len()].iter().zip(self.graph().tensors());
        let of =
            |node: &Node| matches!(node, Node::Linear { block: used, .. } if usize::from(*used) == block);
        before.filter(|(node, _)| of(node)).map(|(_, tensor)| tensor.count / outputs).sum()
    }

    /// The sums of a node and what becomes of them.
    pub(super) fn linear(&mut self, block: usize, operands: &[Operand], then: Requantise) -> Vec<Element> {
        let Block::Linear { outputs, operands: shapes } = &self.graph().blocks()[block] else {
            return Vec::new();
        };
        let (outputs, shapes) = (usize::from(*outputs), shapes.clone());
        let first = self.first_position(block, outputs);
        let model = self.model;
        let ParameterBlock::Linear(parameters) = &model.blocks()[block] else { return Vec::new() };
        let values: Vec<Vec<i128>> = operands
            .iter()
            .map(|operand| {
                self.tensor(*operand).iter().map(|element| element.value(self.assignment)).collect()
            })
            .collect();
        let positions = values[0].len() / usize::from(shapes[0].0);
        let padded = self.graph().padded_positions(block);
        // Halves of rows below each output's parameters.
        let start = self.blocks[block] + 1;
        let place =
            |output: usize, position: usize| (start + output * (1 + padded / 2) + position / 2, position % 2);
        let mut elements = vec![Element::Constant(0); positions * outputs];
        for position in 0..positions {
            for output in 0..outputs {
                let mut sum = 0_i128;
                for ((x, weights), (inputs, power)) in values.iter().zip(&parameters.weights).zip(&shapes) {
                    let x = &x[position * usize::from(*inputs)..];
                    let products = weights[output].iter().zip(x).map(|(w, x)| i128::from(*w) * x);
                    sum += products.sum::<i128>() << power;
                }
                elements[position * outputs + output] =
                    self.position(place(output, first + position), sum, then);
            }
        }
        // The last node of a block fills the position that only makes their number even.
        if first + positions + 1 == padded {
            (0..outputs).for_each(|output| {
                self.position(place(output, first + positions), 0, then);
            });
        }
        elements
    }

    /// Fills a half of a row.
    fn position(&mut self, (row, half): (usize, usize), sum: i128, then: Requantise) -> Element {
        let [bias, multiplier] = PARAMETERS.map(|column| integer(self.assignment, Cell { column, row }));
        self.requantised((row, half), sum, [bias, multiplier], then)
    }

    /// Fills a half of a row: an accumulator, and what becomes of (it + bias)·multiplier / 2^λ.
    pub(super) fn requantised(
        &mut self,
        (row, half): (usize, usize),
        sum: i128,
        [bias, multiplier]: [i128; 2],
        then: Requantise,
    ) -> Element {
        let sum = self.assignment.free(Free::Accumulator, at::ACC[half], row, sum);
        self.assignment.write_int(at::ACC[half], row, sum.clone());
        let sum = i128::try_from(sum).unwrap_or_default();
        let added = (1_i128 << (self.limb - 1)) - (i128::from(then.range.low) << self.limb);
        self.assignment.fix(fixed_at::K + ADDED, row, added);
        self.assignment.fix(fixed_at::K + GREATEST, row, (1_u32 << then.range.bits) - 1);
        let first = half * LIMBS / 2;
        let division = Division {
            divisor: 1 << self.limb,
            excess: (first + 2, 2),
            remainder: (first + 1, [self.limb, 0, 0, 0]),
        };
        self.slot(row, half, (sum + bias) * multiplier + added, division, then)
    }

    /// The inputs of every block at all positions, beside its weights.
    pub(super) fn weights(&mut self) {
        for block in 0..self.graph().blocks().len() {
            let Block::Linear { outputs, operands } = &self.graph().blocks()[block] else { continue };
            let (outputs, operands) = (usize::from(*outputs), operands.clone());
            let positions = self.graph().padded_positions(block);
            let (weights, more) = self.graph().input_rows(block);
            let mut row = self.blocks[block] + outputs * (1 + positions / 2);
            let nodes = self.graph().nodes().iter().filter_map(|node| match node {
                Node::Linear { block: used, operands, .. } if usize::from(*used) == block => {
                    Some(operands.clone())
                }
                _ => None,
            });
            let nodes: Vec<Vec<Operand>> = nodes.collect();
            for (operand, (inputs, _)) in operands.into_iter().enumerate() {
                let inputs = usize::from(inputs);
                for input in 0..inputs {
                    let tensors = nodes.iter().map(|node| self.tensor(node[operand]));
                    let mut values: Vec<Element> = tensors
                        .flat_map(|tensor| tensor.iter().skip(input).step_by(inputs).copied())
                        .collect();
                    values.resize(positions, Element::Constant(0));
                    row += weights + more;
                    self.project(row - 1, &values);
                }
            }
        }
    }

    /// Copies values, the last of them onto the last wire of row `last`, the others in front.
    pub(super) fn project(&mut self, last: usize, values: &[Element]) {
        let rows = values.len().div_ceil(SUM_WIRES);
        let front = rows * SUM_WIRES - values.len();
        for (chunk, row) in (0..rows).zip(last + 1 - rows..) {
            let at = |wire: usize| (chunk * SUM_WIRES + wire).checked_sub(front).map(|index| values[index]);
            let elements: Vec<Option<Element>> = (0..SUM_WIRES).map(at).collect();
            let mut low = None;
            for (wire, element) in elements.into_iter().enumerate() {
                match element {
                    // Nothing, and 0, have no part in the sum.
                    None | Some(Element::Constant(0)) => {}
                    Some(Element::Cell { cell, offset }) => {
                        let same = *low.get_or_insert(offset) == offset;
                        assert!(same, "a graph's operands have one base at all positions");
                        self.assignment.copy_to(cell, at::WIRE[wire], row);
                        self.assignment.fix(fixed_at::K + WIRES + wire, row, 1);
                    }
                    Some(Element::Constant(_)) => panic!("a graph's operands have no constants but 0"),
                }
            }
            self.assignment.fix(fixed_at::K + LOW, row, low.unwrap_or(0));
        }
    }
}
