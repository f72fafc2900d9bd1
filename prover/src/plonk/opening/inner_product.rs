//! The opening of the transparent scheme.

use std::io;

use ff::Field;
use foldproof_params::transparent;
use foldproof_params::tuned::Tuned;
use halo2_proofs::poly::ipa::commitment::ParamsIPA;
use halo2curves::bn256::{Fr, G1, G1Affine};
use rand_core::RngCore;
use rayon::prelude::*;

use super::super::domain::{evaluate, powers};
use super::super::{Transcript, write_point};
use super::{Committed, Opening, Query, add_scaled, combine, divide, point_sets};

/// The inner-product argument of Halo: <https://eprint.iacr.org/2019/1021>, after sets of points are collapsed to one.
impl Opening for Tuned<ParamsIPA<G1Affine>> {
    const COMMITMENTS_HIDE: bool = true;
    const COMMITS_TO_INSTANCE: bool = true;

    fn open(
        &self,
        transcript: &mut Transcript,
        rng: &mut impl RngCore,
        queries: &[Query<'_>],
    ) -> io::Result<()> {
        let [x_1, x_2] = [transcript.squeeze(), transcript.squeeze()];
        let sets = point_sets(queries);
        let combined: Vec<(Vec<Fr>, Fr)> =
            sets.iter().map(|set| combine(set.members.iter().map(|m| m.polynomial), x_1)).collect();
        let quotients: Vec<Vec<Fr>> = combined
            .par_iter()
            .zip(&sets)
            .map(|((polynomial, _), set)| divide(polynomial.clone(), &set.points))
            .collect();
        let quotients =
            quotients.iter().map(|quotient| Committed { coefficients: quotient, blind: Fr::ZERO });
        let (quotient, _) = combine(quotients, x_2);
        let blind = Fr::random(&mut *rng);
        write_point(transcript, self.commit_coefficients(&quotient, blind))?;
        let x_3 = transcript.squeeze();
        for (polynomial, _) in &combined {
            transcript.write_scalar(evaluate(polynomial, x_3))?;
        }
        let x_4 = transcript.squeeze();
        let parts = combined.iter().map(|(coefficients, blind)| Committed { coefficients, blind: *blind });
        let (all, blind) =
            combine(std::iter::once(Committed { coefficients: &quotient, blind }).chain(parts), x_4);
        prove_value(self, transcript, rng, all, blind, x_3)
    }
}

/// That the polynomial committed to with `blind` has the value at `point` that it has.
///
/// halo2 halves its generators in every round, which takes a multiplication for each that goes. Here they stay as they are: a
/// generator of a later round is a sum of those of the first, with products of the challenges for weights, so a round is
/// two sums over half of all generators.
fn prove_value(
    params: &Tuned<ParamsIPA<G1Affine>>,
    transcript: &mut Transcript,
    rng: &mut impl RngCore,
    polynomial: Vec<Fr>,
    blind: Fr,
    point: Fr,
) -> io::Result<()> {
    let n = polynomial.len();
    // A random polynomial with a root there hides this one.
    let mut mask: Vec<Fr> = (0..n).map(|_| Fr::random(&mut *rng)).collect();
    let value = evaluate(&mask, point);
    mask[0] -= value;
    let mask_blind = Fr::random(&mut *rng);
    write_point(transcript, params.commit_coefficients(&mask, mask_blind))?;
    let [xi, z] = [transcript.squeeze(), transcript.squeeze()];
    let mut a = polynomial;
    add_scaled(&mut a, &mask, xi);
    let value = evaluate(&a, point);
    a[0] -= value;
    let mut blind = mask_blind * xi + blind;
    let mut b: Vec<Fr> = powers(point).take(n).collect();
    let mut weights = vec![Fr::ONE];
    let value_generator = G1::from(transparent::value_generator());
    while a.len() > 1 {
        let half = a.len() / 2;
        let (a_low, a_high) = a.split_at(half);
        let (b_low, b_high) = b.split_at(half);
        let blinds = [Fr::random(&mut *rng), Fr::random(&mut *rng)];
        let commit = |scalars: Vec<Fr>, value: Fr, blind: Fr| {
            params.commit_coefficients(&scalars, blind) + value_generator * (value * z)
        };
        // The upper half of the coefficients on the lower half of each block of generators, and the other way round.
        let zeros = vec![Fr::ZERO; half];
        let spread = |low: &[Fr], high: &[Fr]| -> Vec<Fr> {
            let block = |weight: &Fr| low.iter().chain(high).map(|value| value * weight).collect::<Vec<_>>();
            weights.iter().flat_map(block).collect()
        };
        let (left, right) = rayon::join(
            || commit(spread(a_high, &zeros), product(a_high, b_low), blinds[0]),
            || commit(spread(&zeros, a_low), product(a_low, b_high), blinds[1]),
        );
        write_point(transcript, left)?;
        write_point(transcript, right)?;
        let u = transcript.squeeze();
        let inverse = u.invert().unwrap_or(Fr::ZERO);
        a = fold(a_low, a_high, inverse);
        b = fold(b_low, b_high, u);
        weights = weights.into_iter().flat_map(|weight| [weight, weight * u]).collect();
        blind += blinds[0] * inverse + blinds[1] * u;
    }
    transcript.write_scalar(a[0])?;
    transcript.write_scalar(blind)
}

fn product(a: &[Fr], b: &[Fr]) -> Fr {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn fold(low: &[Fr], high: &[Fr], factor: Fr) -> Vec<Fr> {
    low.iter().zip(high).map(|(low, high)| *low + *high * factor).collect()
}
