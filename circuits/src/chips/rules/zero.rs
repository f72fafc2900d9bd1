//! Zero tests.
//!
//! A difference δ is 0 or it is not by a bit z and an inverse i: z ∈ {0, 1}, δ·i = 1 − z, z·(δ + i) = 0. With z = 0 the difference has an
//! inverse, which is i; with z = 1 i = −δ and δ·i = 0, so that both are 0. One z and one i fit.

use halo2_proofs::plonk::Expression;
use halo2curves::bn256::Fr;

use super::super::lookup;
use super::super::set::{Query, boolean, constant};

/// What stands beside limb `i` of the row.
pub(super) fn beside(q: &mut Query<'_, '_>, i: usize) -> Expression<Fr> {
    q.advice(lookup::beside(i), 0)
}

/// z = \[δ = 0\].
pub(super) fn is_zero(
    difference: Expression<Fr>,
    inverse: Expression<Fr>,
    bit: Expression<Fr>,
) -> [(&'static str, Expression<Fr>); 3] {
    [
        ("equal is 0 or 1", boolean(bit.clone())),
        (
            "inverse: difference * inverse = 1 - equal",
            difference.clone() * inverse.clone() + bit.clone() - constant(1),
        ),
        ("inverse: both 0 if equal", bit * (difference + inverse)),
    ]
}
