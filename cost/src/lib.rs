//! What a statement costs: rows, columns, gates, commitments and bytes, from its circuit alone. No keys are made.
//!
//! ```
//! use foldproof_circuits::statement::Statement;
//! use foldproof_cost::Cost;
//!
//! let statement = Statement::from_name("vector-3+tags-3-2-w16").expect("a statement");
//! let cost = Cost::of(&statement);
//! println!("2^{} rows, {} advice columns in the first phase", cost.k, cost.advice[0]);
//! assert_eq!(cost.k, statement.k());
//! ```
//!
//! * [`Cost`] has what can be counted, the same everywhere: it is pinned in `benches/cost.json`;
//! * [`Estimate`] has what a proof would take on this machine, from primitives measured on it;
//! * [`OnChain`] has what verifying it on a chain costs, from its contract;
//! * [`Comparison`] holds a statement against another;
//! * [`growth`] follows both from small blocks and models to large ones;
//! * [`picture`] and [`report`] show where rows, cells and time go.

mod chain;
mod compare;
mod counts;
mod estimate;
pub mod growth;
mod json;
mod map;
mod markdown;
pub mod picture;
mod primitives;
pub mod report;
pub mod summary;

use foldproof_circuits::chips::LIMBS;
use foldproof_circuits::layout::{self, Layout, Stage};
use foldproof_circuits::statement::Statement;
use foldproof_verifier::{ProofShape, Scheme};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, Expression};
use halo2curves::bn256::Fr;
use serde::{Deserialize, Serialize};

pub use chain::{ChainError, OnChain};
pub use compare::{Comparison, Pair, change, change_of_count};
pub use counts::{Cells, Ffts, Msms};
pub use estimate::{Estimate, Part, Widths};
pub use json::to_json;
pub use markdown::{thousands, to_markdown};
pub use primitives::Primitives;

/// The commit that the program is built from, twelve digits, where that can be known.
pub const COMMIT: Option<&str> = option_env!("FOLDPROOF_COMMIT");

/// What a statement costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Name.
    pub statement: String,
    /// log₂ of the rows.
    pub k: u32,
    /// Rows that can be used: halo2 fills the others with randomness.
    pub usable_rows: usize,
    /// Rows by stage. Sponges stand beside the others.
    pub stages: Vec<Rows>,
    /// Advice columns by phase.
    pub advice: Vec<usize>,
    /// Fixed columns of our own.
    pub fixed: usize,
    /// Selectors, one per gate that is switched on row by row.
    pub selectors: usize,
    /// Fixed columns the selectors are combined into.
    pub selector_columns: usize,
    /// Columns in the copy constraints, that of the public inputs included.
    pub permuted: usize,
    /// Look-ups of halo2's own argument.
    pub built_in_lookups: usize,
    /// Fractions a row adds to the sum of our own argument: what it looks up, and rows of tables.
    pub lookups_per_row: usize,
    /// Gates by name.
    pub gates: Vec<GateCost>,
    /// Degree of the constraint system.
    pub degree: usize,
    /// Copy constraints, those to public inputs included.
    pub copies: usize,
    /// Public inputs.
    pub public_inputs: usize,
    /// Advice cells.
    pub cells: Cells,
    /// Multiplications for the value of all constraints at a point.
    pub multiplications: usize,
    /// Multi-scalar multiplications of a proof.
    pub msms: Msms,
    /// Transforms of a proof.
    pub ffts: Ffts,
    /// Parts of a proof under the transparent scheme.
    pub transparent: Proof,
    /// Parts of a proof under the kzg scheme.
    pub kzg: Proof,
    /// The same under the evm scheme, whose points are longer.
    pub evm: Proof,
}

/// The rows of a stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// Name.
    pub stage: String,
    /// First row.
    pub start: usize,
    /// Rows.
    pub rows: usize,
    /// Advice cells that are assigned.
    pub cells: usize,
}

/// A gate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateCost {
    /// Name.
    pub gate: String,
    /// Constraints.
    pub constraints: usize,
    /// The highest degree among them.
    pub degree: usize,
}

/// The parts of a proof, 32 bytes each, but points of the evm scheme 64.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// Commitments to advice columns.
    pub advice: usize,
    /// Commitments of built-in look-ups.
    pub lookups: usize,
    /// Commitments of the permutation.
    pub permutation: usize,
    /// Commitments to the quotient and a random polynomial.
    pub quotient: usize,
    /// Evaluations.
    pub evaluations: usize,
    /// Sets of points that polynomials are opened at.
    pub point_sets: usize,
    /// Elements of the opening.
    pub opening: usize,
    /// Bytes.
    pub bytes: usize,
}

impl From<ProofShape> for Proof {
    fn from(shape: ProofShape) -> Self {
        let ProofShape {
            advice,
            lookups,
            permutation,
            quotient,
            evaluations,
            point_sets,
            opening,
            point_bytes: _,
        } = shape;
        let bytes = shape.bytes();
        Self { advice, lookups, permutation, quotient, evaluations, point_sets, opening, bytes }
    }
}

impl Cost {
    /// Of a statement. Its circuit is laid out on the way: a second or two for the largest.
    ///
    /// # Panics
    /// If `MAX_DEGREE` in the environment is no number, on which halo2 insists.
    pub fn of(statement: &Statement) -> Self {
        let mut own = ConstraintSystem::<Fr>::default();
        Layout::configure_with_params(&mut own, statement.clone());
        let (fixed, selectors) = (own.num_fixed_columns(), own.num_selectors());
        let phases = own.advice_column_phase();
        let last = phases.iter().copied().max().unwrap_or(0);
        let advice = (0..=last).map(|phase| phases.iter().filter(|p| **p == phase).count()).collect();
        let layout = Layout::blank(statement);
        let (cs, _) = own.compress_selectors(layout::selectors(statement));
        let gates = cs.gates().iter().map(|gate| GateCost {
            gate: gate.name().to_owned(),
            constraints: gate.polynomials().len(),
            degree: gate.polynomials().iter().map(Expression::degree).max().unwrap_or_default(),
        });
        let stages = layout.stages().iter();
        let rows = |stage: &Stage| Rows {
            stage: stage.name.to_owned(),
            start: stage.start,
            rows: stage.rows,
            cells: counts::stage_cells(&layout, stage),
        };
        let (assignment, bands) = (layout.assignment(), statement.bands());
        // Limbs, one link, and the rows of the two tables.
        let lookups_per_row = LIMBS + if bands.core { 3 } else { 1 };
        let proof = |scheme| ProofShape::new(&cs, statement.k(), cs.degree() - 1, scheme).into();
        Self {
            statement: statement.name(),
            k: statement.k(),
            usable_rows: assignment.rows(),
            stages: stages.map(rows).collect(),
            advice,
            fixed,
            selectors,
            selector_columns: cs.num_fixed_columns() - fixed,
            permuted: cs.permutation().get_columns().len(),
            built_in_lookups: cs.lookups().len(),
            lookups_per_row,
            gates: gates.collect(),
            degree: cs.degree(),
            copies: assignment.copies().len(),
            public_inputs: assignment.instance().len(),
            cells: Cells::of(&layout, cs.num_advice_columns()),
            multiplications: foldproof_prover::plonk::multiplications(&cs),
            msms: Msms::of(&cs, statement.k()),
            ffts: Ffts::of(&cs, statement.k()),
            transparent: proof(Scheme::Transparent),
            kzg: proof(Scheme::Kzg),
            evm: proof(Scheme::Evm),
        }
    }

    /// Constraints of all gates.
    pub fn constraints(&self) -> usize {
        self.gates.iter().map(|gate| gate.constraints).sum()
    }

    /// How many gates there are, said alike wherever it is said. Not every gate has a selector of its own.
    pub fn gates_in_words(&self) -> String {
        format!("{} gates, {} constraints", self.gates.len(), self.constraints())
    }

    /// Rows down to the last one of any stage: bands, and a sponge and what it stands beside, share rows.
    pub fn rows(&self) -> usize {
        self.stages.iter().map(|stage| stage.start + stage.rows).max().unwrap_or(0)
    }
}
