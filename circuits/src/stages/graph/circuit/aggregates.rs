//! Aggregates: products of a tensor with several others, read once, with a computed multiplier for each of its rows.
//!
//! All aggregates of a tensor are one product in the circuit: its outputs are the rows of the tensor, its positions the channels of
//! all of them, one aggregate after another. Rows are dealt out where the first of them is met, sums are filled as their
//! aggregates are, and elements last, as for blocks: a circuit has no order of evaluation. So the gates are those of blocks, whose multiplier
//! stands on a wire, and of products.
//!
//! | hint | range | why no second value |
//! |---|---|---|
//! | sum s | any | D = Σ_t ρ^(T−1−t)·Σ_c σ^(C−1−c)·s_tc − Σ_i u_i·x̂_i starts and ends at 0, over the rows t and the channels c of all aggregates; both challenges are drawn when all of them stand |
//! | bias | 0, a copy of a sum of nothing | a copy |
//! | multiplier | a copy of a scale, an activation that is not negative and lacks nothing in its cell | a copy |
//! | slot | as in blocks | as in blocks: sums below 2⁶⁰, multipliers at most 2^λ |
//!
//! Channels that only fill a row have the factor 0, and so the sum 0; nothing reads what becomes of it.

use halo2curves::bn256::Fr;

use super::{Builder, Element, Shared};
use crate::assignment::Cell;
use crate::chips::graph::coefficients::{CARRY, LAST};
use crate::columns::{Gate, at, fixed_at};
use crate::graph::size::padded_channels;
use crate::graph::{Node, Operand, SUM_WIRES};
use crate::stages::values::circuit::integer;

/// Columns of bias and multiplier, as of blocks.
const PARAMETERS: [usize; 2] = [at::WIRE[2], at::WIRE[3]];

impl Builder<'_> {
    /// Rows for all aggregates of a tensor.
    fn deal_out_aggregates(&mut self, of: (Operand, u16)) -> usize {
        let inner = usize::from(of.1);
        let rows = self.tensor(of.0).len() / inner;
        let members = self.graph().nodes().iter().filter_map(|node| match node {
            Node::Aggregate { a, b, inner: width, .. } if (*a, *width) == of => {
                let count = self.graph().tensors()[usize::from(*b)].count;
                Some((*b, padded_channels(count / inner)))
            }
            _ => None,
        });
        let members: Vec<(Operand, usize)> = members.collect();
        let zero = self.wire(&[], Fr::zero());
        self.enable(Gate::LayerEdge, self.band.next);
        let mut shared = Shared { of, zero, sums: 0, elements: 0, members, met: 0 };
        let channels = shared.channels(shared.members.len());
        shared.sums = self.rows(rows * channels / 2);
        shared.elements = self.rows(inner * (rows.div_ceil(SUM_WIRES) + channels / SUM_WIRES));
        self.enable(Gate::LayerEdge, self.band.next);
        self.shared.push(shared);
        self.shared.len() - 1
    }

    /// The sums of an aggregate and what becomes of them.
    pub(super) fn aggregate(&mut self, node: &Node) -> Vec<Element> {
        let Node::Aggregate { a, b, inner, scale, then } = node else { return Vec::new() };
        let of = (*a, *inner);
        let known = self.shared.iter().position(|shared| shared.of == of);
        let index = known.unwrap_or_else(|| self.deal_out_aggregates(of));
        let shared = &mut self.shared[index];
        let (zero, sums) = (shared.zero, shared.sums);
        let (before, all) = (shared.channels(shared.met), shared.channels(shared.members.len()));
        let own = shared.members[shared.met].1;
        shared.met += 1;
        let inner = usize::from(*inner);
        let values = |of: &Operand| -> Vec<i128> {
            self.tensor(*of).iter().map(|element| element.value(self.assignment)).collect()
        };
        let [x, y] = [values(a), values(b)];
        let (rows, channels) = (x.len() / inner, y.len() / inner);
        let scales = self.tensor(*scale).to_vec();
        let mut elements = Vec::with_capacity(rows * channels);
        for (t, (x, scale)) in x.chunks(inner).zip(scales).enumerate() {
            for pair in 0..own / 2 {
                let row = sums + (t * all + before) / 2 + pair;
                self.assignment.copy_to(zero, PARAMETERS[0], row);
                match scale {
                    Element::Cell { cell, offset: 0 } => self.assignment.copy_to(cell, PARAMETERS[1], row),
                    _ => panic!("scales stand in their cells as they are"),
                };
                let first = before == 0 && pair == 0;
                let last = before + 2 * (pair + 1) == all;
                self.assignment.fix(fixed_at::K + CARRY, row, u8::from(!first));
                self.assignment.fix(fixed_at::K + LAST, row, u8::from(last));
                self.enable(Gate::GraphPositions, row);
                let parameters = PARAMETERS.map(|column| integer(self.assignment, Cell { column, row }));
                for half in 0..2 {
                    let channel = 2 * pair + half;
                    let y = y.get(channel * inner..(channel + 1) * inner).unwrap_or(&[]);
                    let sum: i128 = x.iter().zip(y).map(|(x, y)| x * y).sum();
                    let element = self.requantised((row, half), sum, parameters, *then);
                    if !y.is_empty() {
                        elements.push(element);
                    }
                }
            }
        }
        elements
    }

    /// The elements of what aggregates read, once all of it is there.
    pub(super) fn aggregated(&mut self) {
        for shared in std::mem::take(&mut self.shared) {
            let inner = usize::from(shared.of.1);
            let column = |tensor: &[Element], i: usize| -> Vec<Element> {
                tensor.iter().skip(i).step_by(inner).copied().collect()
            };
            let mut row = shared.elements;
            for i in 0..inner {
                let left = column(self.tensor(shared.of.0), i);
                let mut right = Vec::new();
                for (factor, channels) in &shared.members {
                    let end = right.len() + channels;
                    right.extend(column(self.tensor(*factor), i));
                    right.resize(end, Element::Constant(0));
                }
                for (gate, values) in [(Gate::GraphLeft, left), (Gate::GraphRight, right)] {
                    self.factor_from(row, gate, &values);
                    row += values.len().div_ceil(SUM_WIRES);
                }
            }
        }
    }
}
