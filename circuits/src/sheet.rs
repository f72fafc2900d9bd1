//! The sheet a circuit is drawn on: cells, fixed values, selectors and copies, before halo2 sees them.
//!
//! The floor planner of the proof system lays nothing out, so rows are ours to give. A sheet is filled once by
//! the stages and replayed by [`crate::circuit::Core`]; shape (fixed cells, selectors, copies) and witness
//! (advice cells) are kept apart, which is how a test sees that the first never depends on the second.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::chips::{ADVICE_COLUMNS, FIXED_COLUMNS, Gate};
use crate::fixed::to_field;

/// A place: advice column and row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Index of the advice column.
    pub column: usize,
    /// Row.
    pub row: usize,
}

/// One end of a copy constraint.
pub type Copy = (Cell, Cell);

/// Cells, fixed values, selectors and copies of a circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sheet {
    rows: usize,
    advice: Vec<Vec<Fr>>,
    assigned: Vec<Vec<bool>>,
    fixed: Vec<Vec<Fr>>,
    enabled: Vec<Vec<bool>>,
    copies: Vec<Copy>,
    instance: Vec<Cell>,
}

impl Sheet {
    /// An empty sheet of `rows` usable rows.
    pub fn new(rows: usize) -> Self {
        Self {
            rows,
            advice: vec![vec![Fr::zero(); rows]; ADVICE_COLUMNS],
            assigned: vec![vec![false; rows]; ADVICE_COLUMNS],
            fixed: vec![vec![Fr::zero(); rows]; FIXED_COLUMNS],
            enabled: vec![vec![false; rows]; Gate::ALL.len()],
            copies: Vec::new(),
            instance: Vec::new(),
        }
    }

    /// Usable rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Writes an advice cell.
    pub fn write(&mut self, column: usize, row: usize, value: Fr) -> Cell {
        self.advice[column][row] = value;
        self.assigned[column][row] = true;
        Cell { column, row }
    }

    /// Every cell that was written, in order of columns.
    pub fn assigned(&self) -> Vec<Cell> {
        let cells = |(column, rows): (usize, &Vec<bool>)| {
            let rows = rows.iter().enumerate().filter(|(_, assigned)| **assigned);
            rows.map(|(row, _)| Cell { column, row }).collect::<Vec<_>>()
        };
        self.assigned.iter().enumerate().flat_map(cells).collect()
    }

    /// Writes an integer into an advice cell.
    pub fn write_int(&mut self, column: usize, row: usize, value: impl Into<BigInt>) -> Cell {
        self.write(column, row, to_field(&value.into()))
    }

    /// Reads an advice cell.
    pub fn read(&self, cell: Cell) -> Fr {
        self.advice[cell.column][cell.row]
    }

    /// Writes a fixed cell.
    pub fn fix(&mut self, column: usize, row: usize, value: impl Into<BigInt>) {
        self.fixed[column][row] = to_field(&value.into());
    }

    /// Writes a field element into a fixed cell.
    pub fn fix_field(&mut self, column: usize, row: usize, value: Fr) {
        self.fixed[column][row] = value;
    }

    /// Reads a fixed cell.
    pub fn fixed_at(&self, column: usize, row: usize) -> Fr {
        self.fixed[column][row]
    }

    /// Switches a gate on in a row.
    pub fn enable(&mut self, gate: Gate, row: usize) {
        self.enabled[gate as usize][row] = true;
    }

    /// Constrains two cells to be equal.
    pub fn copy(&mut self, from: Cell, to: Cell) {
        self.copies.push((from, to));
    }

    /// Writes the value of `from` at (`column`, `row`) and constrains the two to be equal.
    pub fn copy_to(&mut self, from: Cell, column: usize, row: usize) -> Cell {
        let to = self.write(column, row, self.read(from));
        self.copy(from, to);
        to
    }

    /// Binds the next row of the instance column to `cell`.
    pub fn expose(&mut self, cell: Cell) {
        self.instance.push(cell);
    }

    /// Advice columns of the first phase.
    pub fn advice(&self) -> &[Vec<Fr>] {
        &self.advice
    }

    /// Fixed columns.
    pub fn fixed(&self) -> &[Vec<Fr>] {
        &self.fixed
    }

    /// Rows in which each gate is on, in the order of [`Gate::ALL`].
    pub fn enabled(&self) -> &[Vec<bool>] {
        &self.enabled
    }

    /// Copy constraints.
    pub fn copies(&self) -> &[Copy] {
        &self.copies
    }

    /// Cells bound to the instance column, row by row.
    pub fn instance(&self) -> &[Cell] {
        &self.instance
    }
}
