//! The sheet a circuit is drawn on: cells, fixed values, selectors and copies, before halo2 sees them.
//!
//! The floor planner of the proof system lays nothing out, so rows are ours to give. A sheet is filled once by
//! the stages and replayed by [`crate::layout::Layout`]; shape (fixed cells, selectors, copies) and witness
//! (advice cells) are kept apart, which is how a test sees that the first never depends on the second.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::chips::{ADVICE_COLUMNS, Bands, FIXED_COLUMNS, Gate};
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
    bands: Bands,
    rows: usize,
    advice: Vec<Vec<Fr>>,
    assigned: Vec<Vec<bool>>,
    fixed: Vec<Vec<Fr>>,
    enabled: Vec<Vec<bool>>,
    copies: Vec<Copy>,
    instance: Vec<Cell>,
}

impl Sheet {
    /// An empty sheet of `rows` usable rows; columns and gates of other bands have none.
    pub fn new(bands: Bands, rows: usize) -> Self {
        let advice = |column| if bands.advice(column) { rows } else { 0 };
        let fixed = |column| if bands.fixed(column) { rows } else { 0 };
        let gate = |gate: &Gate| if bands.gate(*gate) { rows } else { 0 };
        Self {
            bands,
            rows,
            advice: (0..ADVICE_COLUMNS).map(|column| vec![Fr::zero(); advice(column)]).collect(),
            assigned: (0..ADVICE_COLUMNS).map(|column| vec![false; advice(column)]).collect(),
            fixed: (0..FIXED_COLUMNS).map(|column| vec![Fr::zero(); fixed(column)]).collect(),
            enabled: Gate::ALL.iter().map(|g| vec![false; gate(g)]).collect(),
            copies: Vec::new(),
            instance: Vec::new(),
        }
    }

    /// What there is of columns and gates.
    pub fn bands(&self) -> Bands {
        self.bands
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

    /// Whether a gate is on in a row.
    pub fn is_enabled(&self, gate: Gate, row: usize) -> bool {
        self.enabled[gate as usize][row]
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
