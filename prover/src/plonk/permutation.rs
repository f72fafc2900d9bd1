//! Products of the permutation argument.

use ff::{BatchInvert, Field, PrimeField};
use halo2curves::bn256::Fr;

use super::domain::{Domain, powers};
use super::lanes::Lanes;

/// Values of the running products, a column for each set of permuted columns: from 1 in row 0 by factors
/// (v + δ^j·β·ω^i + γ)/(v + β·σ + γ), each starting where the one before it ends, with `blinds` in the rows after the last.
pub(super) fn products(
    domain: &Domain<impl Lanes>,
    sets: &[Vec<(&[Fr], &[Fr])>],
    [beta, gamma]: [Fr; 2],
    last_row: usize,
    mut blind: impl FnMut() -> Fr,
) -> Vec<Vec<Fr>> {
    let rows = domain.size();
    let points: Vec<Fr> = powers(domain.omega()).take(rows).collect();
    let mut delta = beta;
    let mut start = Fr::ONE;
    let mut columns = Vec::with_capacity(sets.len());
    for set in sets {
        let mut denominators = vec![Fr::ONE; rows];
        let mut numerators = vec![Fr::ONE; rows];
        for (values, images) in set {
            for ((denominator, value), image) in denominators.iter_mut().zip(*values).zip(*images) {
                *denominator *= beta * image + gamma + value;
            }
            for ((numerator, value), point) in numerators.iter_mut().zip(*values).zip(&points) {
                *numerator *= delta * point + gamma + value;
            }
            delta *= Fr::DELTA;
        }
        denominators.iter_mut().batch_invert();
        let factors = numerators.iter().zip(&denominators).map(|(n, d)| n * d);
        let mut column: Vec<Fr> = std::iter::once(start)
            .chain(factors.scan(start, |product, factor| {
                *product *= factor;
                Some(*product)
            }))
            .take(rows)
            .collect();
        start = column[last_row];
        column[last_row + 1..].iter_mut().for_each(|value| *value = blind());
        columns.push(column);
    }
    columns
}
