//! Openings: one short proof for the values of all polynomials at all their points.

use std::io;

use ff::Field;
use foldproof_params::tuned::Tuned;
use halo2_proofs::arithmetic::kate_division;
use halo2_proofs::poly::Polynomial;
use halo2_proofs::poly::commitment::Blind;
use halo2_proofs::poly::ipa::commitment::{ParamsIPA, create_proof};
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2_proofs::transcript::TranscriptWrite as _;
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use rand_core::RngCore;
use rayon::prelude::*;

use super::domain::{evaluate, powers};
use super::{Transcript, squeeze, write_point};

/// A committed polynomial.
#[derive(Clone, Copy)]
pub(crate) struct Committed<'p> {
    pub coefficients: &'p [Fr],
    pub blind: Fr,
}

impl<'p> Committed<'p> {
    /// A polynomial of the key: halo2 blinds these by 1.
    pub(super) fn public(coefficients: &'p [Fr]) -> Self {
        Self { coefficients, blind: Fr::ONE }
    }
}

/// A polynomial's value.
pub(crate) struct Query<'p> {
    pub polynomial: Committed<'p>,
    pub point: Fr,
    pub value: Fr,
}

/// Polynomials that are opened at the same points.
struct PointSet<'p> {
    points: Vec<Fr>,
    members: Vec<Member<'p>>,
}

struct Member<'p> {
    polynomial: Committed<'p>,
    /// At the points of the set.
    values: Vec<Fr>,
}

/// A scheme's opening.
pub(crate) trait Opening {
    /// Whether public inputs are committed to, and opened, rather than hashed.
    const COMMITS_TO_INSTANCE: bool;

    fn open(
        &self,
        transcript: &mut Transcript,
        rng: &mut impl RngCore,
        queries: &[Query<'_>],
    ) -> io::Result<()>;
}

/// SHPLONK: <https://eprint.iacr.org/2020/081>, section 4.
impl Opening for Tuned<ParamsKZG<Bn256>> {
    const COMMITS_TO_INSTANCE: bool = false;

    fn open(
        &self,
        transcript: &mut Transcript,
        _: &mut impl RngCore,
        queries: &[Query<'_>],
    ) -> io::Result<()> {
        let y = squeeze(transcript);
        let sets = point_sets(queries);
        let v = squeeze(transcript);
        let weights: Vec<Fr> = powers(v).take(sets.len()).collect();
        let combined: Vec<Vec<Fr>> =
            sets.iter().map(|set| combine(set.members.iter().rev().map(|m| m.polynomial), y).0).collect();
        // Σ v^i·(P_i − R_i)/Z_i. R_i, which has P_i's values at the roots of Z_i, is what division leaves over.
        let quotients: Vec<Vec<Fr>> = combined
            .par_iter()
            .zip(&sets)
            .map(|(polynomial, set)| divide(polynomial.clone(), &set.points))
            .collect();
        let mut quotient = vec![Fr::ZERO; combined[0].len()];
        for (part, weight) in quotients.iter().zip(&weights) {
            add_scaled(&mut quotient, part, *weight);
        }
        write_point(transcript, self.commit_coefficients(&quotient, Fr::ZERO))?;
        let u = squeeze(transcript);
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

/// The inner-product argument of Halo: <https://eprint.iacr.org/2019/1021>, after sets of points are collapsed to one.
impl Opening for Tuned<ParamsIPA<G1Affine>> {
    const COMMITS_TO_INSTANCE: bool = true;

    fn open(
        &self,
        transcript: &mut Transcript,
        rng: &mut impl RngCore,
        queries: &[Query<'_>],
    ) -> io::Result<()> {
        let [x_1, x_2] = [squeeze(transcript), squeeze(transcript)];
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
        let x_3 = squeeze(transcript);
        for (polynomial, _) in &combined {
            transcript.write_scalar(evaluate(polynomial, x_3))?;
        }
        let x_4 = squeeze(transcript);
        let parts = combined.iter().map(|(coefficients, blind)| Committed { coefficients, blind: *blind });
        let (all, blind) =
            combine(std::iter::once(Committed { coefficients: &quotient, blind }).chain(parts), x_4);
        create_proof(self.halo2(), rng, transcript, &Polynomial::from_backing(all), Blind(blind), x_3)
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

/// Queries by the points of their polynomials; sets, and polynomials in a set, in the order they first come in.
fn point_sets<'p>(queries: &[Query<'p>]) -> Vec<PointSet<'p>> {
    let mut points: Vec<Fr> = Vec::new();
    let mut polynomials: Vec<(Committed<'p>, Vec<(usize, Fr)>)> = Vec::new();
    for Query { polynomial, point, value } in queries {
        let index = points.iter().position(|other| other == point).unwrap_or_else(|| {
            points.push(*point);
            points.len() - 1
        });
        let same = |other: &Committed<'_>| std::ptr::eq(other.coefficients, polynomial.coefficients);
        match polynomials.iter_mut().find(|(other, _)| same(other)) {
            Some((_, values)) => values.push((index, *value)),
            None => polynomials.push((*polynomial, vec![(index, *value)])),
        }
    }
    let mut sets: Vec<(Vec<usize>, PointSet<'p>)> = Vec::new();
    for (polynomial, mut values) in polynomials {
        values.sort_unstable_by_key(|(index, _)| *index);
        let (indices, values): (Vec<usize>, Vec<Fr>) = values.into_iter().unzip();
        let member = Member { polynomial, values };
        match sets.iter_mut().find(|(other, _)| *other == indices) {
            Some((_, set)) => set.members.push(member),
            None => {
                let points = indices.iter().map(|index| points[*index]).collect();
                sets.push((indices, PointSet { points, members: vec![member] }));
            }
        }
    }
    sets.into_iter().map(|(_, set)| set).collect()
}

/// Σ factor^(m−1−j)·polynomial_j over m polynomials, and of their blinding factors.
fn combine<'p>(polynomials: impl Iterator<Item = Committed<'p>>, factor: Fr) -> (Vec<Fr>, Fr) {
    const CHUNK: usize = 512;
    let polynomials: Vec<Committed<'p>> = polynomials.collect();
    let blind = polynomials.iter().fold(Fr::ZERO, |sum, polynomial| sum * factor + polynomial.blind);
    let mut sum = vec![Fr::ZERO; polynomials.first().map_or(0, |first| first.coefficients.len())];
    sum.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, sum)| {
        for polynomial in &polynomials {
            for (sum, coefficient) in sum.iter_mut().zip(&polynomial.coefficients[chunk * CHUNK..]) {
                *sum = *sum * factor + coefficient;
            }
        }
    });
    (sum, blind)
}

fn add_scaled(sum: &mut [Fr], polynomial: &[Fr], factor: Fr) {
    sum.iter_mut().zip(polynomial).for_each(|(sum, coefficient)| *sum += *coefficient * factor);
}

/// The quotient by Π (X − point), with zeros up to the length it had.
fn divide(polynomial: Vec<Fr>, points: &[Fr]) -> Vec<Fr> {
    let length = polynomial.len();
    let mut quotient = points.iter().fold(polynomial, |polynomial, point| kate_division(&polynomial, *point));
    quotient.resize(length, Fr::ZERO);
    quotient
}
