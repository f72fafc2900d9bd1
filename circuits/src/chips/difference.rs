//! Squared distances of centres: a part of four coordinates on the wires a to d of each row.
//!
//! In rows of a walk from centre to centre, of [`PARTS`] rows each, e = K_6·e₋₁ + Σ (x − x₋₄)² over the four wires: what the
//! parts before have, and the squared distance of this part to that of the centre before.

use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;

use super::set::{ChipSet, constant};
use crate::codebook::SUBSPACES;
use crate::columns::{Gate, at};

/// Rows of a centre.
pub const PARTS: usize = SUBSPACES;
/// Wires of a part.
pub const WIRES: [usize; 4] = [at::A, at::B, at::C, at::D];
/// Coefficient of what the parts before have.
pub const CARRY: usize = 6;

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    chips.gate(meta, Gate::Difference, |q| {
        let squares = WIRES.into_iter().map(|wire| {
            let difference = q.advice(wire, 0) - q.advice(wire, -(PARTS as i32));
            difference.clone() * difference
        });
        let squares = squares.reduce(|sum, square| sum + square).unwrap_or(constant(0));
        vec![(
            "e = K6 e' + squared distance",
            q.advice(at::E, 0) - q.k(CARRY) * q.advice(at::E, -1) - squares,
        )]
    });
}
