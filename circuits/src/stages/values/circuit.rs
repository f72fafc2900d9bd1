//! The rows of models, dealt out downwards, and committed values, which stand first: one to a row, in four limbs.

use halo2curves::bn256::Fr;

use super::assign::LimbRow;
use crate::assignment::{Assignment, Cell};
use crate::chips::sponge::{self, Message, Sponge};
use crate::columns::{Area, Gate, Stage, at, fixed_at};
use crate::fixed::{power_of_two, to_u64};
use crate::model::INPUT_BITS;
use crate::model::parameters::MEAN_LIMBS;
use crate::packing::{FOLDED_BITS, FOLDED_PER_ELEMENT};
use crate::poseidon::{Domain, initial_value};
use crate::rows::{first_row, statement_row};
use crate::stages::commit::values_packed;
use crate::statement::Statement;

const _: () = assert!(
    INPUT_BITS == FOLDED_BITS && INPUT_BITS == MEAN_LIMBS[0] + MEAN_LIMBS[1] + MEAN_LIMBS[2] + MEAN_LIMBS[3],
    "values, means and folded values have the same bits, and the same offset"
);

/// The rows of models, dealt out downwards, and the sponge.
#[derive(Debug)]
pub struct ModelBand {
    pub(crate) next: usize,
    pub(crate) sponge: Sponge,
    /// Permutations that are not of models.
    before: usize,
    stages: Vec<Stage>,
}

/// What stands in a cell, if it is a small integer of either sign: below 2⁶⁴.
pub(crate) fn integer(assignment: &Assignment, cell: Cell) -> i128 {
    let value = assignment.read(cell);
    let small = |value| to_u64(value).map(i128::from);
    small(value).or_else(|| Some(-small(-value)?)).unwrap_or_default()
}

impl ModelBand {
    /// Nothing laid out of a statement about no block.
    pub fn new(statement: &Statement) -> Self {
        Self::below(first_row(statement.rows()), Sponge::default())
    }

    /// From row `next` on, with a sponge that has been used above.
    pub fn below(next: usize, sponge: Sponge) -> Self {
        Self { next, before: sponge.permutations(), sponge, stages: Vec::new() }
    }

    /// Rows by stage.
    pub fn stages(&self) -> Vec<Stage> {
        let mut stages = self.stages.clone();
        if !stages.is_empty() {
            let start = self.before * sponge::ROWS;
            let rows = self.sponge.permutations() * sponge::ROWS - start;
            let name = "models: sponge (beside the others)";
            stages.push(Stage { name, area: Area::Sponge, start, rows });
        }
        stages
    }

    pub(crate) fn row(&mut self, assignment: &Assignment) -> usize {
        self.next += 1;
        assert!(self.next < assignment.rows(), "models need more rows than {}", assignment.rows());
        self.next - 1
    }

    /// The rows from `start` on are those of a stage, which may go on from just above: values of a sequence are one.
    pub(crate) fn stage(&mut self, name: &'static str, start: usize) {
        match self.stages.last_mut() {
            Some(last) if last.name == name && last.start + last.rows == start => {
                last.rows = self.next - last.start;
            }
            _ => self.stages.push(Stage { name, area: Area::Shared, start, rows: self.next - start }),
        }
    }

    /// A constant, at the top.
    pub fn constant(&self, assignment: &mut Assignment, statement: &Statement) -> Cell {
        let (row, value) = (statement_row(statement.rows()), statement.element());
        assignment.fix_field(fixed_at::K, row, value);
        assignment.enable(Gate::Constant, row);
        assignment.write(at::MODEL_X, row, value)
    }

    /// Commits to values; returns the commitment and the values' cells, each with half its range on top.
    pub fn values(
        &mut self,
        assignment: &mut Assignment,
        values: &[i64],
        salt: Fr,
        domain: Domain,
        shape: u64,
    ) -> (Cell, Vec<Cell>) {
        let mut messages = vec![Message::Free(salt)];
        messages.extend(values_packed(values).map(Message::Stream));
        let initial = initial_value(domain, shape, messages.len());
        let commitment = self.sponge.chain(assignment, initial, &messages, Message::Zero).digest;
        let start = self.next;
        let mut cells = Vec::with_capacity(values.len());
        for (index, value) in values.iter().enumerate() {
            let row = self.row(assignment);
            // In range, as the layout has checked.
            let offset = u64::try_from(value + (1 << (INPUT_BITS - 1))).unwrap_or_default();
            LimbRow::default().put(offset, &MEAN_LIMBS).write(assignment, row);
            cells.push(assignment.write_input(at::MODEL_X, row, offset));
            assignment.enable(Gate::Value, row);
            let position = index % FOLDED_PER_ELEMENT;
            let weight = power_of_two(INPUT_BITS * position as u32);
            assignment.fix_field(assignment.bands().packing_factor(), row, weight);
            assignment.fix(fixed_at::ELEMENT, row, if position == 0 { 2 } else { 1 });
        }
        self.stage("models: values", start);
        (commitment, cells)
    }
}
