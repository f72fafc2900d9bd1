//! Openings: one short proof for the values of all polynomials at all their points.

mod inner_product;
mod shplonk;

use std::io;

use ff::Field;
use halo2_proofs::arithmetic::kate_division;
use halo2curves::bn256::Fr;
use rand_core::RngCore;
use rayon::prelude::*;

use super::Transcript;

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
    /// Whether a commitment is blinded, so that it says nothing of the polynomial.
    const COMMITMENTS_HIDE: bool;

    /// Whether public inputs are committed to, and opened, rather than hashed.
    const COMMITS_TO_INSTANCE: bool;

    fn open(
        &self,
        transcript: &mut Transcript,
        rng: &mut impl RngCore,
        queries: &[Query<'_>],
    ) -> io::Result<()>;
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
    // The quotient may have a coefficient more than the others.
    let length = polynomials.iter().map(|polynomial| polynomial.coefficients.len()).max();
    let mut sum = vec![Fr::ZERO; length.unwrap_or(0)];
    sum.par_chunks_mut(CHUNK).enumerate().for_each(|(chunk, sum)| {
        for polynomial in &polynomials {
            let own = polynomial.coefficients.get(chunk * CHUNK..).unwrap_or_default();
            let (low, high) = sum.split_at_mut(own.len().min(sum.len()));
            for (sum, coefficient) in low.iter_mut().zip(own) {
                *sum = *sum * factor + coefficient;
            }
            high.iter_mut().for_each(|sum| *sum *= factor);
        }
    });
    (sum, blind)
}

/// Adds a polynomial of no more coefficients.
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
