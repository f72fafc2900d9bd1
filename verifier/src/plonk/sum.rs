//! The final equation of many proofs: each with a weight of its own, one sum on either side, one pairing.

use std::collections::BTreeMap;

use ff::FromUniformBytes;
use group::prime::PrimeCurveAffine;
use halo2_proofs::arithmetic::best_multiexp;
use halo2_proofs::poly::commitment::ParamsProver;
use halo2curves::bn256::{Bn256, Fr, G1, G1Affine, G2Prepared};
use halo2curves::pairing::{MillerLoopResult, MultiMillerLoop};
use rand_core::{OsRng, RngCore};
use rayon::prelude::*;

use super::Program;
use super::terms::Terms;
use crate::backend::{Claim, KzgParams};
use crate::key::VerifierKey;

/// A weight that nobody knows before; `None` if the system gives none.
pub fn random_weight() -> Option<Fr> {
    let mut bytes = [0; 64];
    OsRng.try_fill_bytes(&mut bytes).ok()?;
    Some(Fr::from_uniform_bytes(&bytes))
}

/// Whether proofs hold together with these weights, all under the same setup. A proof that does not hold makes them hold for one
/// weight at most, whatever the others are.
pub fn all_hold(params: &KzgParams, claims: &[Claim<'_>], mut weight: impl FnMut() -> Option<Fr>) -> bool {
    // All are drawn before any proof is read.
    let weights: Option<Vec<Fr>> = claims.iter().map(|_| weight()).collect();
    let terms: Option<Vec<Terms>> = weights.and_then(|weights| {
        let weighed = claims.par_iter().zip(weights);
        weighed.map(|(claim, weight)| claim.key.program()?.terms(*claim, weight)).collect()
    });
    terms.is_some_and(|terms| {
        let mut sum = Sum::default();
        claims.iter().zip(terms).for_each(|(claim, terms)| sum.add(claim.key, terms));
        sum.holds(params)
    })
}

/// Both sides. What all proofs share is counted once: the generator, and the points of each key.
#[derive(Default)]
struct Sum<'k> {
    keys: BTreeMap<[u8; 32], (&'k VerifierKey, Vec<Fr>)>,
    generator: Fr,
    right: Points,
    left: Points,
}

/// Points and their factors, infinity left out: it adds nothing, and the curve library's algorithm for 8,104 points and more does
/// not know it. Under kzg it is the commitment to a column of zeros.
#[derive(Default)]
struct Points {
    points: Vec<G1Affine>,
    factors: Vec<Fr>,
}

impl Points {
    fn add(&mut self, point: G1Affine, factor: Fr) {
        if !bool::from(point.is_identity()) {
            self.points.push(point);
            self.factors.push(factor);
        }
    }

    fn sum(&self) -> G1 {
        best_multiexp(&self.factors, &self.points)
    }
}

impl<'k> Sum<'k> {
    fn add(&mut self, key: &'k VerifierKey, terms: Terms) {
        let (_, factors) = self.keys.entry(key.digest()).or_insert_with(|| (key, Vec::new()));
        if factors.is_empty() {
            *factors = terms.key;
        } else {
            factors.iter_mut().zip(terms.key).for_each(|(sum, factor)| *sum += factor);
        }
        self.generator += terms.generator;
        terms.points.into_iter().for_each(|(point, factor)| self.right.add(point, factor));
        let (witness, weight) = terms.witness;
        self.left.add(witness, weight);
    }

    /// Whether both sides are equal.
    #[expect(clippy::arithmetic_side_effects, reason = "the negative of a point")]
    fn holds(mut self, params: &KzgParams) -> bool {
        for (key, factors) in self.keys.into_values() {
            let points = Program::key_points(key.halo2()).zip(factors);
            points.for_each(|(point, factor)| self.right.add(*point, factor));
        }
        let Some(generator) = params.get_g().first() else {
            return false;
        };
        self.right.add(*generator, self.generator);
        let (left, right) = rayon::join(|| self.left.sum(), || self.right.sum());
        let (left, right) = (G1Affine::from(left), G1Affine::from(right));
        let (tau, one) = (G2Prepared::from(params.s_g2()), G2Prepared::from(-params.g2()));
        let product = Bn256::multi_miller_loop(&[(&left, &tau), (&right, &one)]).final_exponentiation();
        product == halo2curves::bn256::Gt::identity()
    }
}
