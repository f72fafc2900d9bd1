//! Chips: the only place that allocates columns and writes gates.
//!
//! A row does one thing in the columns that stages share, and one step of the sponge in columns of its own:
//!
//! ```text
//! first phase:  limbs 8 | signed numbers and running values 6 | wires a–e, pad 6 | sponge 8 + message 1 | counts 1
//! second phase: look-ups: helpers 2 or 3, running sum 1 | models: weights, neurons, packing, messages 4
//! graphs:       two columns beside limbs, in the first phase; positions, in the second
//! rules:        eight columns beside limbs, and one of masks, in the first phase
//! ```
//!
//! Rows of dense models use eight limbs and three of the other columns, those of graphs eight of the others; a circuit about no
//! block has only these. The layout assigns the rows.
//! All gates have degree at most 5 with their selector, which is what the configured degree is set to.

pub mod arith;
mod combination;
pub mod dense;
pub mod difference;
pub mod distance;
pub mod entry;
pub mod euclid;
pub mod exponential;
pub mod graph;
pub mod limits;
pub mod lookup;
pub mod middles;
pub mod models;
pub mod number;
mod order;
pub mod packing;
pub mod record;
pub mod rules;
pub mod search;
mod set;
pub mod sponge;
mod sponge_forms;
pub mod text;

use halo2_proofs::plonk::{ConstraintSystem, Expression, FirstPhase, SecondPhase};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

pub use order::ORDER;
pub use set::ChipSet;

pub use crate::columns::{
    ADVICE_COLUMNS, Area, Bands, FIXED_COLUMNS, Gate, LIMB_BITS, LIMBS, MODEL_SECOND_COLUMNS, UNUSABLE_ROWS,
    at, fixed_at, second_at, table,
};

/// Degree of the constraint system. Set explicitly, because halo2 would cap it by an environment variable.
pub const DEGREE: usize = 5;

impl ChipSet {
    /// Allocates the columns and creates the gates.
    ///
    /// # Side effects
    /// Enables equality on the columns of [`Bands::copied`]; sets the minimum degree to [`DEGREE`].
    ///
    /// # Panics
    /// If a gate has a higher degree, at configuration.
    pub fn configure(meta: &mut ConstraintSystem<Fr>, bands: Bands) -> Self {
        let advice: Vec<_> = (0..ADVICE_COLUMNS)
            .map(|column| bands.advice(column).then(|| meta.advice_column_in(FirstPhase)))
            .collect();
        let challenges = 2 + if bands.model { 2 } else { 0 } + usize::from(bands.graph.is_some());
        let challenges = (0..challenges).map(|_| meta.challenge_usable_after(FirstPhase)).collect();
        let second = lookup::columns(bands) + models::columns(bands);
        let second = (0..second).map(|_| meta.advice_column_in(SecondPhase)).collect();
        let fixed =
            (0..FIXED_COLUMNS).map(|column| bands.fixed(column).then(|| meta.fixed_column())).collect();
        let instance = meta.instance_column();
        let mut selectors = vec![None; Gate::ALL.len()];
        ORDER
            .iter()
            .filter(|gate| bands.gate(**gate))
            .for_each(|gate| selectors[*gate as usize] = Some(meta.selector()));
        let chips = Self { bands, advice, second, fixed, instance, selectors, challenges };
        let copied = (0..ADVICE_COLUMNS).filter(|column| bands.copied(*column));
        copied.for_each(|column| meta.enable_equality(chips.advice(column)));
        if bands.core {
            number::configure(meta, &chips);
            record::configure(meta, &chips);
            text::configure(meta, &chips);
            search::configure(meta, &chips);
        }
        if bands.core || bands.decision {
            arith::configure(meta, &chips);
        }
        sponge::configure(meta, &chips);
        difference::configure(meta, &chips);
        entry::configure(meta, &chips);
        rules::configure(meta, &chips);
        distance::configure(meta, &chips);
        if bands.dense {
            dense::configure(meta, &chips);
        }
        if bands.model {
            packing::configure(meta, &chips);
        }
        graph::configure(meta, &chips);
        // The instance column is not in the copy constraints: a column there is a commitment's evaluation, and each
        // three of them a product.
        chips.gate(meta, Gate::Public, |q| {
            let public = q.cells.query_instance(instance, Rotation::cur());
            vec![("e = public input", q.advice(at::PUBLIC, 0) - public)]
        });
        lookup::configure(meta, &chips);
        let highest = meta.gates().iter().flat_map(|gate| gate.polynomials()).map(Expression::degree).max();
        assert!(highest <= Some(DEGREE), "a gate has degree {highest:?}, above {DEGREE}");
        meta.set_minimum_degree(DEGREE);
        assert!(meta.blinding_factors() < UNUSABLE_ROWS, "rows halo2 keeps for itself");
        chips
    }
}
