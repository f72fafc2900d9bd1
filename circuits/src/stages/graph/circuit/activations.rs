//! Products of two tensors, maxima, softmax and norms.

use std::sync::Arc;

use halo2curves::bn256::Fr;

use super::sums::Division;
use super::{Builder, Element};
use crate::assignment::{Cell, Free};
use crate::chips::graph::coefficients::{
    CARRY, COUNT, EPSILON, FACTOR, GREATEST, LAST, MULTIPLIER, NUMERATOR, SCALE, SHIFT, WIRES,
};
use crate::columns::{Gate, LIMBS, at, fixed_at, table};
use crate::fixed::{floor_sqrt, to_field};
use crate::graph::{Node, Operand, Requantise, SUM_WIRES, Table};
use crate::model::Range;
use crate::stages::values::circuit::integer;

/// Wires that all rows of a group share.
const SHARED: [usize; 2] = [at::WIRE[2], at::WIRE[3]];

fn small(value: num_bigint::BigInt) -> i128 {
    i128::try_from(value).unwrap_or_default()
}

impl Builder<'_> {
    /// Sums, then the elements of both factors.
    pub(super) fn product(&mut self, node: &Node) -> Vec<Element> {
        let Node::Product { a, b, inner, multiplier, then } = node else { return Vec::new() };
        let inner = usize::from(*inner);
        let [a, b] = [a, b].map(|operand| self.tensor(*operand).to_vec());
        let [x, y] =
            [&a, &b].map(|tensor| tensor.iter().map(|e| e.value(self.assignment)).collect::<Vec<_>>());
        let (positions, outputs) = (a.len() / inner, b.len() / inner);
        let pairs = positions.div_ceil(2);
        self.enable(Gate::LayerEdge, self.band.next);
        let mut elements = vec![Element::Constant(0); positions * outputs];
        for (output, y) in y.chunks(inner).enumerate() {
            let first = self.rows(pairs);
            for pair in 0..pairs {
                let row = first + pair;
                self.assignment.fix(fixed_at::K + CARRY, row, u8::from(pair > 0));
                self.assignment.fix(fixed_at::K + LAST, row, u8::from(pair + 1 == pairs));
                self.assignment.fix(fixed_at::K + MULTIPLIER, row, *multiplier);
                self.enable(Gate::GraphProduct, row);
                for half in 0..2 {
                    let position = 2 * pair + half;
                    // A position that only makes their number even has the sum 0.
                    let x = x.get(position * inner..(position + 1) * inner).unwrap_or(&[]);
                    let sum: i128 = x.iter().zip(y).map(|(x, y)| x * y).sum();
                    let element = self.requantised((row, half), sum, [0, (*multiplier).into()], *then);
                    if let Some(place) =
                        elements.get_mut(position * outputs + output).filter(|_| !x.is_empty())
                    {
                        *place = element;
                    }
                }
            }
        }
        let column =
            |tensor: &[Element], i: usize| tensor.iter().skip(i).step_by(inner).copied().collect::<Vec<_>>();
        for i in 0..inner {
            self.factor(Gate::GraphLeft, &column(&b, i));
            // Sums stand by two, also the last of an odd number.
            let mut elements = column(&a, i);
            elements.resize(2 * pairs, Element::Constant(0));
            self.factor(Gate::GraphRight, &elements);
        }
        let end = self.band.next;
        self.enable(Gate::LayerEdge, end);
        elements
    }

    /// One element of each row of a factor, in rows of its own.
    fn factor(&mut self, gate: Gate, values: &[Element]) {
        let first = self.rows(values.len().div_ceil(SUM_WIRES));
        self.factor_from(first, gate, values);
    }

    /// The same in rows from `first` on.
    pub(super) fn factor_from(&mut self, first: usize, gate: Gate, values: &[Element]) {
        let rows = values.len().div_ceil(SUM_WIRES);
        for row in first..first + rows {
            let last = row + 1 == first + rows && gate == Gate::GraphRight;
            self.assignment.fix(fixed_at::K + CARRY, row, u8::from(row > first));
            self.assignment.fix(fixed_at::K + FACTOR, row, u8::from(last));
            self.enable(gate, row);
        }
        self.project(first + rows - 1, values);
    }

    /// Cells of a tensor; there are no constants in groups.
    fn cells(&self, of: Operand) -> (Vec<Cell>, i64) {
        let mut base = 0;
        let cell = |element: &Element| match element {
            Element::Cell { cell, offset } => {
                base = *offset;
                *cell
            }
            Element::Constant(_) => panic!("a graph's groups have no constants"),
        };
        let cells = self.tensor(of).iter().map(cell).collect();
        (cells, base)
    }

    fn values(&self, cells: &[Cell]) -> Vec<i128> {
        cells.iter().map(|cell| integer(self.assignment, *cell)).collect()
    }

    pub(super) fn maximum(&mut self, of: Operand, width: u16) -> Vec<Element> {
        let (cells, base) = self.cells(of);
        let mut elements = Vec::new();
        for group in cells.chunks(width.into()) {
            let greatest = self.values(group).into_iter().max().unwrap_or_default();
            let mut before: Option<Cell> = None;
            let rows = group.len().div_ceil(SUM_WIRES);
            let mut product = Fr::one();
            for (index, xs) in group.chunks(SUM_WIRES).enumerate() {
                let row = self.row();
                let greatest = match before {
                    None => small(self.assignment.free(Free::Greatest, at::LIMB, row, greatest)),
                    Some(before) => integer(self.assignment, before),
                };
                self.limb(row, 0, greatest, self.limb);
                let greatest = integer(self.assignment, Cell { column: at::LIMB, row });
                before = Some(self.assignment.write_int(at::OUT[0], row, greatest));
                for wire in 0..SUM_WIRES {
                    // Where there are fewer elements, the last stands again.
                    let x = self.assignment.copy_to(xs[wire.min(xs.len() - 1)], at::WIRE[wire], row);
                    self.limb(row, 1 + wire, greatest - integer(self.assignment, x), self.limb);
                }
                self.zeros(row, 1 + SUM_WIRES);
                let [first, second, third, fourth] =
                    [1, 2, 3, 4].map(|i| self.assignment.read(Cell { column: at::LIMB + i, row }));
                let three = first * second * third;
                self.assignment.write(at::ACC[1], row, three);
                product *= three * fourth;
                self.assignment.write(at::ACC[0], row, product);
                self.assignment.fix(fixed_at::K + CARRY, row, u8::from(index > 0));
                self.enable(Gate::GraphMaximum, row);
                if index + 1 == rows {
                    self.enable(Gate::GraphSumZero, row);
                }
            }
            elements.extend(before.map(|cell| Element::Cell { cell, offset: base }));
        }
        elements
    }

    /// Writes what all rows of a group share: taken over from the row above, or `first`.
    fn shared(&mut self, row: usize, first: Option<[i128; 2]>) -> [i128; 2] {
        match first {
            Some(values) => {
                let cells = [0, 1].map(|i| self.assignment.write_int(SHARED[i], row, values[i]));
                cells.map(|cell| integer(self.assignment, cell))
            }
            None => self.stay(row),
        }
    }

    /// What a remainder lacks to its divisor, less 1, in two limbs from `first` on.
    fn lacks(&mut self, row: usize, first: usize, divisor: i128, remainder: i128) {
        self.digits(row, first, divisor - 1 - remainder, &[self.limb; 2]);
    }

    pub(super) fn softmax(&mut self, of: Operand, width: u16, table: Table, power: u8) -> Vec<Element> {
        let (cells, _) = self.cells(of);
        let entries = Arc::clone(self.entries.entry(table).or_insert_with(|| table.entries()));
        let entry = |y: i128| {
            let entry = usize::try_from(y).ok().and_then(|y| entries.get(y).copied());
            i128::from(entry.unwrap_or_default())
        };
        let tag = table::function(self.assignment.bands(), table);
        let tag = tag.unwrap_or_else(|| panic!("no table of {table:?} is there"));
        let last = (1_i128 << table.bits) - 1;
        let mut elements = Vec::with_capacity(cells.len());
        for group in cells.chunks(width.into()) {
            let xs = self.values(group);
            let start = self.rows(group.len());
            let greatest = xs.iter().copied().max().unwrap_or_default();
            let greatest = small(self.assignment.free(Free::Greatest, SHARED[0], start, greatest));
            let total: i128 = xs.iter().map(|x| entry((greatest - x).clamp(0, last))).sum();
            let (mut sum, mut product) = (0, Fr::one());
            for (row, cell) in (start..).zip(group) {
                let first = (row == start).then_some([greatest, total]);
                let [greatest, total] = self.shared(row, first);
                let x = self.assignment.copy_to(*cell, at::WIRE[0], row);
                let distance = greatest - integer(self.assignment, x);
                let y = small(self.assignment.told(at::LIMB, row, distance.clamp(0, last).into()));
                let end = small(self.assignment.free(Free::Flag, at::END[0], row, u8::from(distance > last)));
                self.assignment.write_int(at::END[0], row, end);
                self.assignment.fix(fixed_at::TAG, row, tag);
                self.assignment.write_int(at::LIMB, row, y);
                self.limb(row, 1, if end == 0 { 0 } else { distance - y - 1 }, self.limb);
                let y = integer(self.assignment, Cell { column: at::LIMB, row });
                let exponential = self.assignment.write_int(at::OUT[0], row, entry(y));
                let exponential = integer(self.assignment, exponential);
                sum += exponential;
                self.assignment.write_int(at::ACC[0], row, sum);
                product *= to_field(&distance.into());
                self.assignment.write(at::ACC[1], row, product);
                let (numerator, divisor) = ((exponential << (power + 1)) + total, 2 * total);
                let quotient = numerator.checked_div_euclid(divisor).unwrap_or_default();
                let quotient =
                    small(self.assignment.free(Free::Quotient, at::LIMB + LIMBS / 2, row, quotient));
                self.limb(row, LIMBS / 2, quotient, self.limb);
                let remainder = numerator - quotient * divisor;
                self.digits(row, 2, remainder, &[self.limb; 2]);
                self.lacks(row, 5, divisor, remainder);
                self.zeros(row, 7);
                self.assignment.fix(fixed_at::K + CARRY, row, u8::from(row > start));
                self.assignment.fix(fixed_at::K + NUMERATOR, row, 1_u64 << (power + 1));
                self.assignment.fix(fixed_at::K + GREATEST, row, last);
                self.enable(Gate::GraphSoftmax, row);
                let quotient = integer(self.assignment, Cell { column: at::LIMB + LIMBS / 2, row });
                let cell = self.assignment.write_int(at::OUT[1], row, quotient);
                elements.push(Element::Cell { cell, offset: 0 });
            }
            self.enable(Gate::GraphSoftmaxEnd, start + group.len() - 1);
        }
        elements
    }

    pub(super) fn norm(&mut self, of: Operand, width: u16, epsilon: u64, power: u8) -> Vec<Element> {
        let (cells, _) = self.cells(of);
        let then = Requantise { range: Range::signed(self.limb), table: None };
        let count = i128::from(width);
        // Half a unit is added, and what the least quotient lacks to 0: both in units of the root.
        let shift = 1 - 2 * i128::from(then.range.low);
        let mut elements = Vec::with_capacity(cells.len());
        for group in cells.chunks(width.into()) {
            let [sum, squares] = self.moments(group);
            let row = self.row();
            let radicand = count * squares - sum * sum + i128::from(epsilon);
            let root = small(floor_sqrt(&radicand.max(0).into()));
            let root = small(self.assignment.free(Free::Root, SHARED[1], row, root));
            let [_, root] = self.shared(row, Some([sum, root]));
            let rest = radicand - root * root;
            for (first, value) in [(0, root), (2, rest), (4, 2 * root - rest)] {
                self.digits(row, first, value, &[self.limb; 2]);
            }
            self.zeros(row, 6);
            self.assignment.fix(fixed_at::K + COUNT, row, width);
            self.assignment.fix(fixed_at::K + EPSILON, row, epsilon);
            self.enable(Gate::GraphDeviation, row);
            for cell in group {
                let row = self.row();
                let [sum, root] = self.shared(row, None);
                let x = self.assignment.copy_to(*cell, at::WIRE[0], row);
                let numerator = ((count * integer(self.assignment, x) - sum) << (power + 1)) + root * shift;
                // A root of 0 has no proof.
                let divisor = if root == 0 { 1 } else { 2 * root };
                let quotient = numerator.div_euclid(divisor);
                let quotient = small(self.assignment.free(Free::Quotient, at::WIRE[1], row, quotient));
                self.assignment.write_int(at::WIRE[1], row, quotient);
                let clamp = Division { divisor: 1, excess: (1, 2), remainder: (3, [0; 4]) };
                elements.push(self.slot(row, 0, quotient, clamp, then));
                let remainder = numerator - quotient * divisor;
                self.digits(row, 3, remainder, &[self.limb; 2]);
                self.lacks(row, 5, divisor, remainder);
                self.zeros(row, 7);
                self.assignment.fix(fixed_at::K + COUNT, row, width);
                self.assignment.fix(fixed_at::K + SCALE, row, 1_u64 << (power + 1));
                self.assignment.fix(fixed_at::K + SHIFT, row, shift);
                self.enable(Gate::GraphNorm, row);
            }
        }
        elements
    }

    /// Rows of four elements; returns Σx and Σx² of the cells.
    fn moments(&mut self, group: &[Cell]) -> [i128; 2] {
        let (mut sum, mut squares) = (0, 0);
        for (index, xs) in group.chunks(SUM_WIRES).enumerate() {
            let row = self.row();
            for (wire, cell) in xs.iter().enumerate() {
                let x = self.assignment.copy_to(*cell, at::WIRE[wire], row);
                let x = integer(self.assignment, x);
                sum += x;
                squares += x * x;
                self.assignment.fix(fixed_at::K + WIRES + wire, row, 1);
            }
            let cells = [(at::ACC[0], sum), (at::ACC[1], squares)];
            let [of_sum, of_squares] =
                cells.map(|(column, value)| self.assignment.write_int(column, row, value));
            (sum, squares) = (integer(self.assignment, of_sum), integer(self.assignment, of_squares));
            self.assignment.fix(fixed_at::K + CARRY, row, u8::from(index > 0));
            self.enable(Gate::GraphMoments, row);
        }
        [sum, squares]
    }
}
