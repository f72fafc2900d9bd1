//! Graphs in the circuit: the same integers as in `native.rs`, in rows below a block's or from the top.
//!
//! Rows of channels and weights are dealt out first, block by block, since nodes share them; each node then fills its sums, in
//! the order in which they are computed, and weights come last. The gates are in [`chips::graph`](crate::chips::graph).
//!
//! | rows | limbs | wires |
//! |---|---|---|
//! | a channel: one, and one for each position | mean and multiplier; x, excess, remainder | –, –, mean, multiplier; the first is the value |
//! | an output of a block: one, and one for two positions | bias and multiplier; two slots | –, –, bias, multiplier |
//! | an input of a block: one for eight outputs, or for four positions if those are more | weights | the input at four positions |
//! | an element of a combination: one for four factors | a slot in the last | the factors |
//! | a product of tensors: for each row of the second one for two of the first, then one for four of either, element by element | two slots; – | –; the elements |
//! | aggregates of a tensor: a zero; for each row of it, of each aggregate, one for two channels, then as a product | two slots; – | –, –, zero, scale; the elements |
//! | a maximum: one for four elements | the greatest, distances | the elements |
//! | a softmax: one for an element | distance and excess, remainder, quotient | the element, –, the greatest, the sum |
//! | a norm: one for four elements, one for the root, one for an element | –; the root; a slot | the elements; –, –, sum, root; the element, quotient, sum, root |
//! | a forest: one for each value, split, two leaves or a leaf | those of the split or leaf | what is looked up |
//! | a path: two for each step, one or two for its end | feature, distance, pointers | what is looked up |

mod activations;
mod aggregates;
mod forest;
mod heads;
mod linear;
mod sums;

use std::collections::HashMap;
use std::sync::Arc;

use halo2curves::bn256::Fr;

use super::native::{initial, parameter_elements, prefix};
use crate::assignment::{Assignment, Cell};
use crate::chips::sponge::Message;
use crate::columns::{Gate, LIMBS, at, fixed_at};
use crate::fixed::power_of_two;
use crate::graph::parameters::{Place, places, runs};
use crate::graph::{Block, Graph, GraphModel, Node, Operand, Table};
use crate::model::parameters::Holds;
use crate::public::ModelInputs;
use crate::stages::values::assign::tag;
use crate::stages::values::circuit::{ModelBand, integer};

/// An element of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    /// What stands in a cell, and so much more.
    Cell { cell: Cell, offset: i64 },
    /// A constant of the graph.
    Constant(i64),
}

impl Element {
    fn value(self, assignment: &Assignment) -> i128 {
        match self {
            Self::Cell { cell, offset } => integer(assignment, cell) + i128::from(offset),
            Self::Constant(value) => value.into(),
        }
    }
}

/// Rows of the aggregates of one tensor.
struct Shared {
    of: (Operand, u16),
    /// A cell that is 0.
    zero: Cell,
    /// First row of sums, and of elements.
    sums: usize,
    elements: usize,
    /// Of each aggregate its second factor, and its channels with those that fill rows; those that have been met.
    members: Vec<(Operand, usize)>,
    met: usize,
}

impl Shared {
    /// Channels of the first so many aggregates.
    fn channels(&self, members: usize) -> usize {
        self.members.iter().take(members).map(|(_, channels)| channels).sum()
    }
}

/// Lays a model out.
struct Builder<'a> {
    assignment: &'a mut Assignment,
    band: &'a mut ModelBand,
    model: &'a GraphModel,
    /// Which model of the statement: kinds of links differ.
    index: usize,
    /// Cells of the subject's values, each with half its range on top.
    values: &'a [Cell],
    limb: u32,
    /// Entries of each table that has been asked for.
    entries: HashMap<Table, Arc<[i32]>>,
    /// Position of each row of parameters in its run.
    positions: HashMap<Place, u32>,
    /// First row of each block.
    blocks: Vec<usize>,
    /// First row of the subject's values, if paths look them up.
    value_rows: Option<usize>,
    tensors: Vec<Vec<Element>>,
    /// What aggregates share.
    shared: Vec<Shared>,
}

/// What `model`, the `index`th of its statement, says of `values`, whose cells have half their range on top; `salts` are those of the
/// commitments among its heads.
pub fn lay_out(
    band: &mut ModelBand,
    assignment: &mut Assignment,
    model: &GraphModel,
    index: usize,
    values: &[Cell],
    salts: &[Fr],
) -> ModelInputs<Cell> {
    let graph: &Graph = model.graph();
    let prefix = prefix(model);
    let thresholds = prefix.len();
    let parameters = parameter_elements(model).into_iter().map(Message::Stream);
    let messages: Vec<Message> = prefix.into_iter().map(Message::Free).chain(parameters).collect();
    let absorbed = band.sponge.chain(assignment, initial(graph, messages.len()), &messages, Message::Zero);
    let thresholds = absorbed.messages[2..thresholds].to_vec();
    let places = places(graph);
    let positions = runs(graph, &places)
        .into_iter()
        .flat_map(|run| run.clone().zip(0_u32..).map(|(i, n)| (places[i], n)));
    let mut builder = Builder {
        assignment,
        model,
        index,
        values,
        limb: graph.limb_bits(),
        entries: HashMap::new(),
        positions: positions.collect(),
        blocks: Vec::new(),
        value_rows: None,
        tensors: Vec::new(),
        shared: Vec::new(),
        band,
    };
    let start = builder.band.next;
    let inputs = builder.inputs();
    builder.entries_of_values();
    builder.deal_out_blocks();
    for node in graph.nodes() {
        let tensor = match node {
            Node::Input => inputs.clone(),
            Node::Constant { count, value } => vec![Element::Constant((*value).into()); *count as usize],
            Node::Linear { block, operands, then } => builder.linear((*block).into(), operands, *then),
            Node::Combine { terms, constant, then } => builder.combine(terms, *constant, then.as_ref()),
            Node::Index { views } => {
                let view = |view: &crate::graph::View| {
                    let source = &builder.tensors[usize::from(view.of)];
                    view.places().map(|place| source[place]).collect::<Vec<_>>()
                };
                views.iter().flat_map(view).collect()
            }
            Node::Forest { block } => builder.paths((*block).into()),
            Node::Product { .. } => builder.product(node),
            Node::Aggregate { .. } => builder.aggregate(node),
            Node::Maximum { of, width } => builder.maximum(*of, *width),
            Node::Softmax { of, width, table, power } => builder.softmax(*of, *width, *table, *power),
            Node::Norm { of, width, epsilon, power } => builder.norm(*of, *width, *epsilon, *power),
        };
        builder.tensors.push(tensor);
    }
    builder.weights();
    builder.aggregated();
    let outputs = builder.heads(&thresholds, salts);
    let rows = builder.band.next - start;
    assert_eq!(rows, graph.rows(), "a graph takes the rows it is said to take");
    builder.band.stage("models: graph", start);
    ModelInputs { commitment: absorbed.digest, head: absorbed.messages[1], outputs }
}

impl Builder<'_> {
    fn graph(&self) -> &Graph {
        self.model.graph()
    }

    fn row(&mut self) -> usize {
        self.band.row(self.assignment)
    }

    fn rows(&mut self, count: usize) -> usize {
        let first = self.band.next;
        (0..count).for_each(|_| {
            self.row();
        });
        first
    }

    /// Writes limb `i` of a row: a number of so many bits that follows from other cells.
    fn limb(&mut self, row: usize, i: usize, value: i128, bits: u32) {
        self.assignment.fix(fixed_at::TAG + i, row, tag(Holds::Bits(bits)));
        self.assignment.write_int(at::LIMB + i, row, value);
    }

    /// Writes limbs from `first` on: digits, least significant first; what is left over makes the last too large.
    fn digits(&mut self, row: usize, first: usize, value: i128, widths: &[u32]) {
        let mut rest = value;
        for (i, width) in widths.iter().enumerate() {
            let last = i + 1 == widths.len();
            let digit = if last { rest } else { rest & ((1 << width) - 1) };
            self.limb(row, first + i, digit, *width);
            rest >>= width;
        }
    }

    /// Makes limbs from `first` on be 0.
    fn zeros(&mut self, row: usize, first: usize) {
        (first..LIMBS).for_each(|i| self.limb(row, i, 0, 0));
    }

    /// Writes a row of parameters.
    fn parameters(&mut self, row: usize, place: Place) {
        let limbs = place.limbs(self.model).into_iter().zip(place.holds(self.model.graph()));
        for (i, (value, holds)) in limbs.enumerate() {
            self.assignment.fix(fixed_at::TAG + i, row, tag(holds));
            self.assignment.write_input(at::LIMB + i, row, value);
        }
        let position = self.positions[&place];
        let factor = power_of_two(place.radix(self.model.graph()) * position);
        self.assignment.fix_field(self.assignment.bands().packing_factor(), row, factor);
        self.assignment.fix(fixed_at::RUN, row, if position == 0 { 2 } else { 1 });
    }

    /// Rows of channels and weights of every block.
    fn deal_out_blocks(&mut self) {
        for block in 0..self.graph().blocks().len() {
            self.blocks.push(self.band.next);
            match self.graph().blocks()[block] {
                Block::Linear { .. } => self.deal_out_linear(block),
                Block::Forest { .. } => self.forest(block),
            }
        }
    }

    /// Reads limbs as an integer.
    fn read_digits(&self, row: usize, first: usize, widths: &[u32]) -> i128 {
        let mut low = 0;
        let mut sum = 0;
        for (i, width) in widths.iter().enumerate() {
            sum += integer(self.assignment, Cell { column: at::LIMB + first + i, row }) << low;
            low += width;
        }
        sum
    }

    fn enable(&mut self, gate: Gate, row: usize) {
        self.assignment.enable(gate, row);
    }
}
