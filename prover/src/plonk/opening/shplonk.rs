//! The opening of the schemes kzg and evm.

use std::io;

use ff::Field;
use foldproof_params::tuned::Tuned;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::{Bn256, Fr};
use rand_core::RngCore;
use rayon::prelude::*;

use super::super::domain::powers;
use super::super::{Transcript, write_point};
use super::{Opening, PointSet, Query, add_scaled, combine, divide, point_sets};

/// SHPLONK: <https://eprint.iacr.org/2020/081>, section 4.
impl Opening for Tuned<ParamsKZG<Bn256>> {
    /// A commitment is p(τ)·G: of a polynomial without random coefficients, whoever guesses it sees that he is right.
    const COMMITMENTS_HIDE: bool = false;
    const COMMITS_TO_INSTANCE: bool = false;

    fn open(
        &self,
        transcript: &mut Transcript,
        _: &mut impl RngCore,
        queries: &[Query<'_>],
    ) -> io::Result<()> {
        let y = transcript.squeeze();
        let sets = point_sets(queries);
        let v = transcript.squeeze();
        let weights: Vec<Fr> = powers(v).take(sets.len()).collect();
        let combined: Vec<Vec<Fr>> =
            sets.iter().map(|set| combine(set.members.iter().rev().map(|m| m.polynomial), y).0).collect();
        // Σ v^i·(P_i − R_i)/Z_i. R_i, which has P_i's values at the roots of Z_i, is what division leaves over.
        let quotients: Vec<Vec<Fr>> = combined
            .par_iter()
            .zip(&sets)
            .map(|(polynomial, set)| divide(polynomial.clone(), &set.points))
            .collect();
        // The set of the circuit's quotient has a coefficient more than the others; divided, none has.
        let length = combined.iter().map(Vec::len).max().unwrap_or_default();
        let mut quotient = vec![Fr::ZERO; length];
        for (part, weight) in quotients.iter().zip(&weights) {
            add_scaled(&mut quotient, part, *weight);
        }
        write_point(transcript, self.commit_coefficients(&quotient, Fr::ZERO))?;
        let u = transcript.squeeze();
        // Σ v^i·Z_{T∖S_i}(u)·(P_i − R_i(u)) − Z_T(u)·quotient, which is 0 at u.
        let mut all: Vec<Fr> = Vec::new();
        for point in sets.iter().flat_map(|set| &set.points) {
            if !all.contains(point) {
                all.push(*point);
            }
        }
        let vanishing = |points: &mut dyn Iterator<Item = &Fr>| points.map(|point| u - point).product::<Fr>();
        let mut sum = vec![Fr::ZERO; quotient.len()];
        let mut first = None;
        for ((set, polynomial), weight) in sets.iter().zip(&combined).zip(&weights) {
            let others = vanishing(&mut all.iter().filter(|point| !set.points.contains(point)));
            add_scaled(&mut sum, polynomial, others * weight);
            sum[0] -= others * weight * set.remainder(y, u);
            first.get_or_insert(others);
        }
        add_scaled(&mut sum, &quotient, -vanishing(&mut all.iter()));
        let mut witness = divide(sum, &[u]);
        // The verifier divides by the first set's factor.
        let scale = first.and_then(|first| Option::from(first.invert())).unwrap_or(Fr::ONE);
        witness.iter_mut().for_each(|coefficient| *coefficient *= scale);
        write_point(transcript, self.commit_coefficients(&witness, Fr::ZERO))
    }
}

impl PointSet<'_> {
    /// At u, the polynomial of low degree that has at the points the values of Σ y^j·member_j.
    fn remainder(&self, y: Fr, u: Fr) -> Fr {
        let points = self.points.iter().enumerate();
        let terms = points.map(|(i, point)| {
            let weights = powers(y).zip(&self.members);
            let value: Fr = weights.map(|(weight, member)| weight * member.values[i]).sum();
            let others = self.points.iter().filter(|other| *other != point);
            let (above, below) = others.fold((Fr::ONE, Fr::ONE), |(above, below), other| {
                (above * (u - other), below * (point - other))
            });
            value * above * below.invert().unwrap_or(Fr::ZERO)
        });
        terms.sum()
    }
}
