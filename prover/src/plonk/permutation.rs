//! Products of the permutation argument.

use ff::{BatchInvert, Field, PrimeField};
use foldproof_params::lanes::Lanes;
use halo2curves::bn256::Fr;
use rayon::prelude::*;

use super::domain::{Domain, powers};

/// Values of the running products, a column for each set of permuted columns: from 1 in row 0 by factors
/// (v + δ^j·β·ω^i + γ)/(v + β·σ + γ), each starting where the one before it ends, with `blinds` in the rows after the last.
pub(super) fn products(
    domain: &Domain<impl Lanes<Field = Fr>>,
    sets: &[Vec<(&[Fr], &[Fr])>],
    challenges: [Fr; 2],
    last_row: usize,
    mut blind: impl FnMut() -> Fr,
) -> Vec<Vec<Fr>> {
    let points: Vec<Fr> = powers(domain.omega()).take(domain.size()).collect();
    let mut first = 0;
    let numbered = sets.iter().map(|set| {
        first += set.len() as u64;
        (first - set.len() as u64, set)
    });
    let numbered: Vec<_> = numbered.collect();
    // Each from 1, side by side, and then from where it starts.
    let column =
        |(first, set): &(u64, &Vec<_>)| product(&points, set, Fr::DELTA.pow_vartime([*first]), challenges);
    let mut columns: Vec<Vec<Fr>> = numbered.par_iter().map(column).collect();
    let starts: Vec<Fr> = running(columns.iter().map(|column| column[last_row])).collect();
    columns.par_iter_mut().zip(starts).filter(|(_, start)| *start != Fr::ONE).for_each(|(column, start)| {
        column.iter_mut().for_each(|value| *value *= start);
    });
    for column in &mut columns {
        column[last_row + 1..].iter_mut().for_each(|value| *value = blind());
    }
    columns
}

/// A running product from 1 for columns of which the first is the one with δ^j = `delta`.
fn product(points: &[Fr], set: &[(&[Fr], &[Fr])], mut delta: Fr, [beta, gamma]: [Fr; 2]) -> Vec<Fr> {
    let mut denominators = vec![Fr::ONE; points.len()];
    let mut numerators = vec![Fr::ONE; points.len()];
    for (values, images) in set {
        for ((denominator, value), image) in denominators.iter_mut().zip(*values).zip(*images) {
            *denominator *= beta * image + gamma + value;
        }
        let factor = delta * beta;
        for ((numerator, value), point) in numerators.iter_mut().zip(*values).zip(points) {
            *numerator *= factor * point + gamma + value;
        }
        delta *= Fr::DELTA;
    }
    denominators.iter_mut().batch_invert();
    running(numerators.iter().zip(&denominators).map(|(n, d)| n * d)).collect()
}

/// Of each factor the product of all before it.
fn running(factors: impl Iterator<Item = Fr>) -> impl Iterator<Item = Fr> {
    factors.scan(Fr::ONE, |product, factor| {
        let before = *product;
        *product *= factor;
        Some(before)
    })
}
