//! halo2's parameters with commitments computed by a multi-scalar multiplication of our own: the same points, sooner.

use std::io::{self, Read, Write};
use std::sync::Arc;

use group::Group;
use halo2_proofs::poly::commitment::{Blind, Params, ParamsProver};
use halo2_proofs::poly::ipa::commitment::ParamsIPA;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2_proofs::poly::{Coeff, LagrangeCoeff, Polynomial};
use halo2curves::bn256::{Bn256, Fr, G1, G1Affine};

use crate::fft;
use crate::glv::{self, Split};
use crate::msm::Bases;

/// halo2's parameters, with their points laid out for sums.
#[derive(Clone, Debug)]
pub struct Tuned<P> {
    halo2: P,
    monomial: Arc<Bases>,
    lagrange: Arc<Bases>,
    blinding: G1,
    next: Option<G1Affine>,
}

/// How a scheme blinds.
pub trait Blinded {
    /// What a commitment to zeros is for the blinding factor 1.
    fn blinding(&self) -> G1;
}

impl Blinded for ParamsKZG<Bn256> {
    /// Zero: the scheme ignores the factor.
    fn blinding(&self) -> G1 {
        G1::identity()
    }
}

impl Blinded for ParamsIPA<G1Affine> {
    fn blinding(&self) -> G1 {
        let zeros = Polynomial::from_backing(vec![Fr::zero(); self.get_g().len()]);
        ParamsProver::commit(self, &zeros, Blind(Fr::one()))
    }
}

impl<P: for<'p> ParamsProver<'p, G1Affine> + Blinded> Tuned<P> {
    /// `lagrange` must be the Lagrange basis of the parameters, and `next`, if there is one, the point for the coefficient after
    /// as many as there are rows.
    pub(crate) fn new(halo2: P, lagrange: Vec<G1Affine>, next: Option<G1Affine>) -> Self {
        let monomial = Arc::new(Bases::new(halo2.get_g().to_vec()));
        let blinding = halo2.blinding();
        Self { halo2, monomial, lagrange: Arc::new(Bases::new(lagrange)), blinding, next }
    }

    /// With the basis computed anew, which takes seconds.
    fn untuned(halo2: P) -> Self {
        let lagrange = fft::to_lagrange(halo2.get_g(), halo2.k(), "", &mut |_| {});
        Self::new(halo2, lagrange, None)
    }

    /// The commitment to a column of values.
    ///
    /// # Panics
    /// If there are more values than rows.
    pub fn commit_values(&self, values: &[Fr], blind: Fr) -> G1 {
        self.lagrange.sum(values) + self.blind(blind)
    }

    /// The commitment to a polynomial.
    ///
    /// # Panics
    /// If there are more coefficients than [`most_coefficients`](Self::most_coefficients).
    pub fn commit_coefficients(&self, coefficients: &[Fr], blind: Fr) -> G1 {
        assert!(coefficients.len() <= self.most_coefficients(), "more coefficients than points");
        let (low, last) = coefficients.split_at(coefficients.len().min(self.monomial.points().len()));
        let last =
            last.iter().zip(&self.next).map(|(last, next)| glv::mul(&(*next).into(), &Split::new(last)));
        self.monomial.sum(low) + last.sum::<G1>() + self.blind(blind)
    }

    /// The most coefficients of a polynomial that can be committed to: as many as there are rows, and one more with a setup that
    /// has the power for it.
    pub fn most_coefficients(&self) -> usize {
        self.monomial.points().len() + usize::from(self.next.is_some())
    }

    /// Makes what commitments are computed from; else the first commitments do.
    pub fn prepare(&self) {
        self.lagrange.prepare();
        self.monomial.prepare();
    }

    /// halo2's own parameters.
    pub fn halo2(&self) -> &P {
        &self.halo2
    }

    fn blind(&self, factor: Fr) -> G1 {
        if bool::from(self.blinding.is_identity()) {
            self.blinding
        } else {
            glv::mul(&self.blinding, &Split::new(&factor))
        }
    }
}

impl<'p, P> Params<'p, G1Affine> for Tuned<P>
where
    P: for<'q> ParamsProver<'q, G1Affine> + Blinded,
{
    type MSM = <P as Params<'p, G1Affine>>::MSM;

    fn k(&self) -> u32 {
        self.halo2.k()
    }

    fn n(&self) -> u64 {
        self.halo2.n()
    }

    fn downsize(&mut self, k: u32) {
        self.halo2.downsize(k);
        *self = Self::untuned(self.halo2.clone());
    }

    fn empty_msm(&'p self) -> Self::MSM {
        self.halo2.empty_msm()
    }

    fn commit_lagrange(&self, values: &Polynomial<Fr, LagrangeCoeff>, blind: Blind<Fr>) -> G1 {
        self.commit_values(values, blind.0)
    }

    fn write<W: Write>(&self, writer: &mut W) -> io::Result<()> {
        self.halo2.write(writer)
    }

    fn read<R: Read>(reader: &mut R) -> io::Result<Self> {
        P::read(reader).map(Self::untuned)
    }
}

impl<'p, P> ParamsProver<'p, G1Affine> for Tuned<P>
where
    P: for<'q> ParamsProver<'q, G1Affine> + Blinded,
{
    type ParamsVerifier = <P as ParamsProver<'p, G1Affine>>::ParamsVerifier;

    fn new(k: u32) -> Self {
        Self::untuned(<P as ParamsProver<'_, G1Affine>>::new(k))
    }

    fn commit(&self, coefficients: &Polynomial<Fr, Coeff>, blind: Blind<Fr>) -> G1 {
        self.commit_coefficients(coefficients, blind.0)
    }

    fn get_g(&self) -> &[G1Affine] {
        self.monomial.points()
    }

    fn verifier_params(&'p self) -> &'p Self::ParamsVerifier {
        self.halo2.verifier_params()
    }
}

#[cfg(test)]
mod tests {
    use ff::Field;
    use halo2_proofs::poly::EvaluationDomain;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    const K: u32 = 5;

    /// Commitments equal those of halo2, in both bases, blinded or not, and of fewer coefficients than rows.
    fn check<P: for<'p> ParamsProver<'p, G1Affine> + Blinded>(halo2: P) {
        let tuned = Tuned::untuned(halo2);
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let domain = EvaluationDomain::<Fr>::new(3, K);
        let values: Vec<Fr> =
            (0..1 << K).map(|i| if i % 3 == 0 { Fr::from(i) } else { Fr::random(&mut rng) }).collect();
        for blind in [Blind(Fr::zero()), Blind(Fr::random(&mut rng))] {
            let lagrange = domain.lagrange_from_vec(values.clone());
            let expected = tuned.halo2().commit_lagrange(&lagrange, blind);
            assert_eq!(tuned.commit_lagrange(&lagrange, blind), expected);
            let coefficients = domain.lagrange_to_coeff(lagrange);
            assert_eq!(ParamsProver::commit(&tuned, &coefficients, blind), expected);
        }
        let mut bytes = Vec::new();
        tuned.write(&mut bytes).unwrap();
        let again: Tuned<P> = Params::read(&mut &bytes[..]).unwrap();
        assert_eq!((again.k(), again.n(), again.get_g()), (K, 1 << K, tuned.get_g()));
        let mut smaller = tuned.clone();
        smaller.downsize(K - 1);
        assert_eq!(smaller.get_g(), &tuned.get_g()[..1 << (K - 1)]);
    }

    #[test]
    fn kzg_commitments_are_halo2s() {
        check(ParamsKZG::<Bn256>::setup(K, ChaCha20Rng::seed_from_u64(2)));
    }

    #[test]
    fn transparent_commitments_are_halo2s() {
        check(ParamsIPA::<G1Affine>::new(K));
    }
}
