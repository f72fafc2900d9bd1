//! What can be counted without a witness.

use foldproof_circuits::chips::{Area, MODEL_SECOND_COLUMNS};
use foldproof_circuits::layout::{Layout, Stage};
use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;
use serde::{Deserialize, Serialize};

/// Advice cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cells {
    /// That stages assign.
    pub stages: usize,
    /// Of constants at the top, which belong to no stage.
    pub constants: usize,
    /// Of the look-ups: counts, helpers and the running sum.
    pub lookups: usize,
    /// Of the second-phase columns of models.
    pub second_phase: usize,
    /// That there are: columns times usable rows.
    pub available: usize,
}

impl Cells {
    pub(super) fn of(layout: &Layout, advice_columns: usize) -> Self {
        let assignment = layout.assignment();
        let (mut written, mut counts) = (0, 0);
        for cell in assignment.assigned() {
            *(if Area::of_advice(cell.column) == Area::Lookup { &mut counts } else { &mut written }) += 1;
        }
        let stages = layout.stages().iter().map(|stage| stage_cells(layout, stage)).sum();
        let first = layout.first_phase().len();
        let models = if assignment.bands().model { MODEL_SECOND_COLUMNS } else { 0 };
        Self {
            stages,
            constants: written - stages,
            lookups: counts + (advice_columns - first - models) * assignment.rows(),
            second_phase: models * assignment.rows(),
            available: advice_columns * assignment.rows(),
        }
    }

    /// Cells that are assigned.
    pub fn assigned(&self) -> usize {
        self.stages + self.constants + self.lookups + self.second_phase
    }
}

/// Cells that a stage assigns: those in its rows, in its columns.
pub(super) fn stage_cells(layout: &Layout, stage: &Stage) -> usize {
    let rows = stage.start..stage.start + stage.rows;
    let cells = layout.assignment().assigned().into_iter();
    cells.filter(|cell| rows.contains(&cell.row) && Area::of_advice(cell.column) == stage.area).count()
}

/// Multi-scalar multiplications of a proof, by what is committed to. All but the rounds have a scalar for every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Msms {
    /// Scalars: 2^k.
    pub size: usize,
    /// Advice columns.
    pub advice: usize,
    /// Products of the permutation.
    pub permutation: usize,
    /// The random polynomial that blinds the quotient.
    pub random: usize,
    /// Pieces of the quotient.
    pub quotient: usize,
    /// The opening: the quotient of the opened polynomials, and a witness (kzg) or a random polynomial (transparent).
    pub opening: usize,
    /// Rounds of the inner-product argument, transparent only: two multiplications each, with half the scalars.
    pub transparent_rounds: usize,
}

impl Msms {
    pub(super) fn of(cs: &ConstraintSystem<Fr>, k: u32) -> Self {
        Self {
            size: 1 << k,
            advice: cs.num_advice_columns(),
            permutation: products(cs),
            random: 1,
            quotient: cs.degree() - 1,
            opening: 2,
            transparent_rounds: k as usize,
        }
    }

    /// Those with a scalar for every row.
    pub fn full(&self) -> usize {
        self.advice + self.permutation + self.random + self.quotient + self.opening
    }
}

/// Transforms of a proof, all of one size: a coset of the domain is taken at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ffts {
    /// Values: 2^k.
    pub size: usize,
    /// Cosets that constraints are evaluated on.
    pub cosets: usize,
    /// Of advice columns: to coefficients, and to each coset.
    pub advice: usize,
    /// Of fixed columns, permuted columns' images and the polynomial that marks the first row: to each coset.
    pub keys: usize,
    /// Of products of the permutation: to coefficients, and to each coset.
    pub products: usize,
    /// Of public inputs: likewise.
    pub instance: usize,
    /// Of the quotient: back from each coset.
    pub quotient: usize,
}

impl Ffts {
    /// As the prover (`foldproof_prover::plonk`) does it, which keeps no columns on cosets from one proof to the next.
    pub(super) fn of(cs: &ConstraintSystem<Fr>, k: u32) -> Self {
        let cosets = cs.degree() - 1;
        let keys = cs.num_fixed_columns() + cs.permutation().get_columns().len() + 1;
        Self {
            size: 1 << k,
            cosets,
            advice: cs.num_advice_columns() * (1 + cosets),
            keys: keys * cosets,
            products: products(cs) * (1 + cosets),
            instance: cs.num_instance_columns() * (1 + cosets),
            quotient: cosets,
        }
    }

    /// All of them.
    pub fn total(&self) -> usize {
        self.advice + self.keys + self.products + self.instance + self.quotient
    }
}

fn products(cs: &ConstraintSystem<Fr>) -> usize {
    cs.permutation().get_columns().len().div_ceil(cs.degree() - 2)
}
