//! Rules: which sets a text is in, and what records of a block have of them.

pub mod record;
pub mod text;
mod zero;

use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;

use super::set::ChipSet;

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    text::configure(meta, chips);
    record::configure(meta, chips);
}
