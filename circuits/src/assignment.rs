//! The assignment of a circuit: cells, fixed values, selectors and copies, before halo2 sees them.
//!
//! Rows are assigned here, not by a floor planner. The stages fill an assignment once, and the layout replays it to
//! halo2. Shape (fixed cells, selectors, copies) and witness (advice cells) are kept apart, so that a test can check
//! that the shape never depends on the witness.

#[cfg(feature = "testing")]
use std::collections::BTreeMap;

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::columns::{ADVICE_COLUMNS, Bands, FIXED_COLUMNS, Gate, at};
use crate::fixed::to_field;

/// A place: advice column and row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    /// Index of the advice column.
    pub column: usize,
    /// Row.
    pub row: usize,
}

/// What a malicious prover writes into cells instead of what is right.
#[cfg(feature = "testing")]
pub type Lies = BTreeMap<Cell, BigInt>;

/// Both ends of a copy constraint.
pub type Copy = (Cell, Cell);

/// What makes the value of a cell the only one. Whoever writes the cell says so; tests do not believe it: from the free cells
/// alone, gates, look-ups and copies must determine all others (`testing`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Nobody wrote it.
    Blank,
    /// Follows from other cells through a gate or a look-up.
    Derived,
    /// Equal to another cell by a copy constraint.
    Copied,
    /// No single equation determines it.
    Free(Free),
}

/// Cells that no single equation determines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Free {
    /// Part of the witness, committed to: of a block, a codebook, values or a model; or a salt.
    Input,
    /// Zeros in front of a row of bytes: where the first byte that is not 0 stands, or 8.
    Pad,
    /// Sign of a number: 0 and 1 give magnitudes m and p − m, of which one is below 2⁴⁷; 0 has the sign 0.
    Sign,
    /// Whether a number is clamped: the other value makes the gap negative, so that no limbs hold it.
    Clamp,
    /// Bit of `Arith::not_negative`: the other value makes the remainder negative.
    NotNegative,
    /// Mean: remainder and what it lacks to the divisor are in range.
    Mean,
    /// Deviation, a root: likewise, and the bound excludes negative ones.
    Deviation,
    /// Norm, a root: likewise.
    Norm,
    /// Component: as a mean.
    Component,
    /// Least key of a search: no difference to it is negative, one is 0.
    Least,
    /// Flag of a rescaling: without flags the quotient is in the activation's range, with one it is beyond that end by an excess
    /// that is in range. Flags given, remainder and quotient are digits.
    Flag,
    /// Accumulator of a neuron: tied to weights and inputs by a challenge drawn after it is committed.
    Accumulator,
    /// Message that is a packed element: likewise.
    Packed,
    /// Index and key of the greatest logit: distances of all keys to its key are in range, one is 0.
    Class,
    /// Whether a candidate is chosen, and the keys of those who are: the other bit makes a distance negative; the product of the
    /// keys is that of the candidates with bit 1, by a challenge.
    Chosen,
    /// A floor of a root: the remainder and what it lacks to twice the root are in range.
    Root,
    /// Which value comes first, or next: its key is above the others', and keys are distinct.
    Order,
    /// Flags of a step of a path: with another pointer or direction a look-up or a distance fails.
    Path,
    /// Whether a text has started: before it rows are empty, and the row it starts with is not.
    Started,
    /// Whether a difference is 0: it has no inverse then, or has one.
    Equal,
    /// Greatest of a group: no distance to it is negative, one is 0.
    Greatest,
    /// Quotient by what stands in a cell: remainder and what it lacks to the divisor are in range.
    Quotient,
}

impl Free {
    /// All kinds.
    pub const ALL: [Self; 22] = [
        Self::Input,
        Self::Pad,
        Self::Sign,
        Self::Clamp,
        Self::NotNegative,
        Self::Mean,
        Self::Deviation,
        Self::Norm,
        Self::Component,
        Self::Least,
        Self::Flag,
        Self::Accumulator,
        Self::Packed,
        Self::Class,
        Self::Chosen,
        Self::Root,
        Self::Order,
        Self::Path,
        Self::Started,
        Self::Equal,
        Self::Greatest,
        Self::Quotient,
    ];
}

/// Cells, fixed values, selectors and copies of a circuit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    bands: Bands,
    rows: usize,
    advice: Vec<Vec<Fr>>,
    roles: Vec<Vec<Role>>,
    #[cfg(feature = "testing")]
    lies: Lies,
    fixed: Vec<Vec<Fr>>,
    enabled: Vec<Vec<bool>>,
    copies: Vec<Copy>,
    instance: Vec<Cell>,
}

impl Assignment {
    /// An empty assignment of `rows` usable rows; columns and gates that are not there have none.
    pub fn new(bands: Bands, rows: usize) -> Self {
        let advice = |column| if bands.advice(column) { rows } else { 0 };
        let fixed = |column| if bands.fixed(column) { rows } else { 0 };
        let gate = |gate: &Gate| if bands.gate(*gate) { rows } else { 0 };
        Self {
            bands,
            rows,
            advice: (0..ADVICE_COLUMNS).map(|column| vec![Fr::zero(); advice(column)]).collect(),
            roles: (0..ADVICE_COLUMNS).map(|column| vec![Role::Blank; advice(column)]).collect(),
            #[cfg(feature = "testing")]
            lies: Lies::new(),
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

    /// Has a malicious prover fill the assignment: whatever is written into these cells becomes what is told here, and what
    /// is computed from them afterwards follows.
    #[cfg(feature = "testing")]
    pub fn with_lies(mut self, lies: Lies) -> Self {
        self.lies = lies;
        self
    }

    /// What is to be written into a cell: `honest`, unless a test lies.
    pub fn told(&self, column: usize, row: usize, honest: BigInt) -> BigInt {
        #[cfg(feature = "testing")]
        if let Some(lie) = self.lies.get(&Cell { column, row }) {
            return lie.clone();
        }
        let _ = (column, row);
        honest
    }

    /// Declares a cell free; returns what is to be written into it.
    pub fn free(&mut self, free: Free, column: usize, row: usize, honest: impl Into<BigInt>) -> BigInt {
        self.roles[column][row] = Role::Free(free);
        self.told(column, row, honest.into())
    }

    /// Writes an advice cell that follows from others, or has been declared free.
    pub fn write(&mut self, column: usize, row: usize, value: Fr) -> Cell {
        #[cfg(feature = "testing")]
        let value = self.lies.get(&Cell { column, row }).map_or(value, to_field);
        self.advice[column][row] = value;
        let role = &mut self.roles[column][row];
        if *role == Role::Blank {
            *role = Role::Derived;
        }
        Cell { column, row }
    }

    /// Writes a free advice cell.
    pub fn write_free(&mut self, free: Free, column: usize, row: usize, value: Fr) -> Cell {
        self.roles[column][row] = Role::Free(free);
        self.write(column, row, value)
    }

    /// Writes an integer into a free advice cell.
    pub fn write_input(&mut self, column: usize, row: usize, value: impl Into<BigInt>) -> Cell {
        self.write_free(Free::Input, column, row, to_field(&value.into()))
    }

    /// The same without one of its copies: what was assigned is no longer constrained to be equal.
    #[cfg(feature = "testing")]
    pub fn without_copy(mut self, index: usize) -> Self {
        self.copies.remove(index);
        self
    }

    /// What a cell is.
    pub fn role(&self, cell: Cell) -> Role {
        self.roles[cell.column][cell.row]
    }

    /// Every cell that was written, in order of columns.
    pub fn assigned(&self) -> Vec<Cell> {
        let cells = |(column, rows): (usize, &Vec<Role>)| {
            let rows = rows.iter().enumerate().filter(|(_, role)| **role != Role::Blank);
            rows.map(|(row, _)| Cell { column, row }).collect::<Vec<_>>()
        };
        self.roles.iter().enumerate().flat_map(cells).collect()
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

    /// Whether a gate is on in a row; one that is not there is on in none.
    pub fn is_enabled(&self, gate: Gate, row: usize) -> bool {
        self.enabled[gate as usize].get(row).is_some_and(|on| *on)
    }

    /// Constrains two cells to be equal.
    pub fn copy(&mut self, from: Cell, to: Cell) {
        self.copies.push((from, to));
    }

    /// Writes the value of `from` at (`column`, `row`) and constrains the two to be equal.
    pub fn copy_to(&mut self, from: Cell, column: usize, row: usize) -> Cell {
        let to = self.write(column, row, self.read(from));
        self.roles[column][row] = Role::Copied;
        self.copy(from, to);
        to
    }

    /// Binds the next row of the instance column to `cell`. What stands there is copied into a column from where a gate
    /// takes it: see [`Self::public`].
    pub fn expose(&mut self, cell: Cell) {
        let row = self.instance.len();
        self.enable(Gate::Public, row);
        let copy = self.write(at::PUBLIC, row, self.read(cell));
        self.roles[at::PUBLIC][row] = Role::Copied;
        // In front of the others: keys depend on the order of copies.
        self.copies.insert(row, (cell, copy));
        self.instance.push(cell);
    }

    /// Cells bound to the instance column, each with its copy that a gate compares with the public input.
    pub fn public(&self) -> impl Iterator<Item = (Cell, Cell)> {
        let copies = (0..).map(|row| Cell { column: at::PUBLIC, row });
        self.instance.iter().copied().zip(copies)
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

    /// Copy constraints; those of public inputs come first.
    pub fn copies(&self) -> &[Copy] {
        &self.copies
    }

    /// Cells bound to the instance column, row by row.
    pub fn instance(&self) -> &[Cell] {
        &self.instance
    }
}
