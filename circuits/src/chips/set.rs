//! Columns, selectors and challenges as halo2 hands them out, and what gates are written with.

use halo2_proofs::plonk::{
    Advice, Challenge, Column, ConstraintSystem, Expression, Fixed, Instance, Selector, VirtualCells,
};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use crate::columns::{Bands, Gate, LIMBS, at, fixed_at};
use crate::fixed::{power_of_two, to_field};

/// Columns, selectors and challenges of a circuit.
#[derive(Clone, Debug)]
pub struct ChipSet {
    /// What rows there are.
    pub bands: Bands,
    pub(super) advice: Vec<Option<Column<Advice>>>,
    /// Second phase: helpers of the look-ups, their running sum; then the columns of models.
    pub second: Vec<Column<Advice>>,
    pub(super) fixed: Vec<Option<Column<Fixed>>>,
    /// Public inputs.
    pub instance: Column<Instance>,
    pub(super) selectors: Vec<Option<Selector>>,
    /// α and β of the look-ups; with models ρ of the layers and τ of the packing.
    pub challenges: Vec<Challenge>,
}

impl ChipSet {
    /// First-phase column `column`.
    ///
    /// # Panics
    /// If the rows it is for are not there, which is a defect of the layout.
    pub fn advice(&self, column: usize) -> Column<Advice> {
        self.advice[column].unwrap_or_else(|| panic!("column {column} belongs to rows that are not there"))
    }

    /// First-phase columns that are there, with their indices.
    pub fn advice_columns(&self) -> impl Iterator<Item = (usize, Column<Advice>)> {
        self.advice.iter().enumerate().filter_map(|(index, column)| column.map(|column| (index, column)))
    }

    /// Fixed columns that are there, with their indices.
    pub fn fixed_columns(&self) -> impl Iterator<Item = (usize, Column<Fixed>)> {
        self.fixed.iter().enumerate().filter_map(|(index, column)| column.map(|column| (index, column)))
    }

    /// Selectors that are there, with their gates.
    pub fn selectors(&self) -> impl Iterator<Item = (Gate, Selector)> {
        Gate::ALL.iter().zip(&self.selectors).filter_map(|(gate, selector)| selector.map(|s| (*gate, s)))
    }

    pub(super) fn fixed(&self, column: usize) -> Column<Fixed> {
        self.fixed[column].unwrap_or_else(|| panic!("column {column} belongs to rows that are not there"))
    }

    pub(super) fn selector(&self, gate: Gate) -> Selector {
        self.selectors[gate as usize].unwrap_or_else(|| panic!("{gate:?} belongs to rows that are not there"))
    }

    /// Creates the gate `gate`, if it is one of the circuit's: each named expression is 0 wherever its selector is on.
    pub(super) fn gate(
        &self,
        meta: &mut ConstraintSystem<Fr>,
        gate: Gate,
        constraints: impl FnOnce(&mut Query<'_, '_>) -> Vec<(&'static str, Expression<Fr>)>,
    ) {
        if !self.bands.gate(gate) {
            return;
        }
        meta.create_gate(format!("{gate:?}"), |cells| {
            let selector = cells.query_selector(self.selector(gate));
            let constraints = constraints(&mut Query { chips: self, cells });
            constraints
                .into_iter()
                .map(|(name, expression)| (name, selector.clone() * expression))
                .collect::<Vec<_>>()
        });
    }
}

/// Reads cells relative to the row of a gate.
pub(super) struct Query<'q, 'm> {
    pub chips: &'q ChipSet,
    pub cells: &'q mut VirtualCells<'m, Fr>,
}

impl Query<'_, '_> {
    pub fn advice(&mut self, column: usize, rotation: i32) -> Expression<Fr> {
        self.cells.query_advice(self.chips.advice(column), Rotation(rotation))
    }

    pub fn fixed(&mut self, column: usize, rotation: i32) -> Expression<Fr> {
        self.cells.query_fixed(self.chips.fixed(column), Rotation(rotation))
    }

    /// The eight limbs of a row.
    pub fn limbs(&mut self) -> [Expression<Fr>; LIMBS] {
        std::array::from_fn(|i| self.advice(at::LIMB + i, 0))
    }

    /// Coefficient `i` of the row.
    pub fn k(&mut self, i: usize) -> Expression<Fr> {
        self.fixed(fixed_at::K + i, 0)
    }
}

/// A constant expression.
pub(super) fn constant(value: impl Into<num_bigint::BigInt>) -> Expression<Fr> {
    Expression::Constant(to_field(&value.into()))
}

/// Σ 2^(bits·i)·terms_i: `terms` are digits, least significant first.
pub(super) fn digits(terms: impl IntoIterator<Item = Expression<Fr>>, bits: u32) -> Expression<Fr> {
    terms
        .into_iter()
        .zip(0..)
        .map(|(term, i)| if i == 0 { term } else { term * power_of_two(bits * i) })
        .reduce(|sum, term| sum + term)
        .unwrap_or(Expression::Constant(Fr::zero()))
}

/// 0 exactly for 0 and 1.
pub(super) fn boolean(x: Expression<Fr>) -> Expression<Fr> {
    x.clone() * (constant(1) - x)
}
