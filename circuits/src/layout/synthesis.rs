//! A layout as halo2 takes it: one region of all rows, and one for the second phase.

use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{Advice, Circuit, Column, ConstraintSystem, Error};
use halo2curves::bn256::Fr;

use super::{Layout, second_phase};
use crate::assignment::Cell;
use crate::chips::ChipSet;
use crate::statement::Statement;

impl Circuit<Fr> for Layout {
    type Config = ChipSet;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = Statement;

    fn without_witnesses(&self) -> Self {
        Self::blank(&self.statement)
    }

    fn params(&self) -> Statement {
        self.statement.clone()
    }

    fn configure_with_params(meta: &mut ConstraintSystem<Fr>, statement: Statement) -> ChipSet {
        ChipSet::configure(meta, statement.bands())
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> ChipSet {
        Self::configure_with_params(meta, Statement::default())
    }

    fn synthesize(&self, chips: ChipSet, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let assignment = &self.assignment;
        let column = |index: usize| -> Column<Advice> { chips.advice(index) };
        let place = |cell: &Cell| halo2_proofs::circuit::Cell {
            row_offset: cell.row,
            column: column(cell.column).into(),
        };
        layouter.assign_region(
            || "statement",
            |mut region| {
                for (index, column) in chips.fixed_columns() {
                    let values = assignment.fixed()[index].iter().enumerate();
                    for (row, value) in values.filter(|(_, value)| **value != Fr::zero()) {
                        region.assign_fixed(column, row, *value);
                    }
                }
                for (gate, selector) in chips.selectors() {
                    for row in (0..assignment.rows()).filter(|row| assignment.is_enabled(gate, *row)) {
                        selector.enable(&mut region, row)?;
                    }
                }
                for (index, column) in chips.advice_columns() {
                    for (row, value) in assignment.advice()[index].iter().enumerate() {
                        region.assign_advice(column, row, Value::known(*value));
                    }
                }
                for (from, to) in assignment.copies() {
                    region.constrain_equal(place(from), place(to));
                }
                Ok(())
            },
        )?;
        layouter.next_phase();
        let challenges: Value<Vec<Fr>> =
            chips.challenges.iter().map(|challenge| layouter.get_challenge(*challenge)).collect();
        let columns = challenges.map(|challenges| second_phase(assignment, &challenges));
        layouter.assign_region(
            || "second phase",
            |mut region| {
                let columns = columns.clone().transpose_vec(chips.second.len());
                for (column, values) in chips.second.iter().zip(columns) {
                    let rows = values.transpose_vec(assignment.rows());
                    for (row, value) in rows.into_iter().enumerate() {
                        region.assign_advice(*column, row, value);
                    }
                }
                Ok(())
            },
        )
    }
}
