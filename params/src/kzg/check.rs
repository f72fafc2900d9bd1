//! Whether points are the powers of one secret, checked with pairings.

use group::Curve;
use halo2_proofs::arithmetic::best_multiexp;
use halo2curves::bn256::{Bn256, Fr, G1, G1Affine};
use halo2curves::pairing::Engine;

use super::VerifierSetup;
use crate::points::write_all_g1;
use crate::{Digest, Error, ErrorKind};

const ADVICE: &str = "the file is damaged or made to mislead: fetch it again from a source you trust";

/// `e(high, g2) = e(low, s_g2)`: `high` is τ times `low`, for the τ of `setup`.
fn is_tau_times(high: &G1Affine, low: &G1Affine, setup: &VerifierSetup) -> bool {
    Bn256::pairing(high, &setup.g2) == Bn256::pairing(low, &setup.s_g2)
}

/// Checks the first two powers: the two groups hold the same τ.
pub(super) fn first_step(powers: &[G1Affine], setup: &VerifierSetup) -> Result<(), Error> {
    match powers {
        [zeroth, first, ..] if is_tau_times(first, zeroth, setup) => Ok(()),
        _ => Err(Error::new(ErrorKind::Pairing, "g1[1]")
            .expected("the secret of s_g2 times g1[0]")
            .found("another point")
            .advice(ADVICE)),
    }
}

/// Checks the power after those that columns are committed with: proofs are blinded with it, and it shows whether the secret is
/// a row of the domain, of which a commitment to a column would be a commitment to its value there.
pub(super) fn power_after(powers: &[G1Affine], next: &G1Affine, setup: &VerifierSetup) -> Result<(), Error> {
    let field = || format!("g1[{}]", powers.len());
    if !powers.last().is_some_and(|last| is_tau_times(next, last, setup)) {
        return Err(Error::new(ErrorKind::Powers, field())
            .expected("the secret times the point before it")
            .found("another point")
            .advice(ADVICE));
    }
    if *next == setup.g {
        return Err(Error::new(ErrorKind::KnownSecret, field())
            .expected("another point than g1[0]")
            .found("g1[0]: the secret is a root of unity, which anybody finds by trying")
            .advice("take the file of another ceremony"));
    }
    Ok(())
}

/// Checks every power: each is τ times the one before it.
///
/// One equation for all, with 128-bit coefficients that are a hash of all the points, so that whoever chose the points
/// could not know them: wrong powers pass with probability 2^-128 per attempt.
pub(super) fn all_steps(powers: &[G1Affine], setup: &VerifierSetup) -> Result<(), Error> {
    let seed = Digest::of_parts(&[b"Foldproof powers check v1\0", &setup.to_bytes(), &write_all_g1(powers)]);
    let steps = powers.len().saturating_sub(1);
    let coefficients: Vec<Fr> = (0..steps as u64).map(|i| coefficient(&seed, i)).collect();
    let sum =
        |points: &[G1Affine]| -> G1Affine { best_multiexp::<G1Affine>(&coefficients, points).to_affine() };
    let (low, high): (G1Affine, G1Affine) = match powers {
        [low @ .., _] => (sum(low), sum(&powers[1..])),
        [] => (G1::default().to_affine(), G1::default().to_affine()),
    };
    if is_tau_times(&high, &low, setup) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Powers, format!("g1[0..{}]", powers.len()))
        .expected("each point to be the secret times the one before it")
        .found("points that are not")
        .advice(ADVICE))
}

fn coefficient(seed: &Digest, index: u64) -> Fr {
    let hash = Digest::of_parts(&[&seed.0, &index.to_le_bytes()]);
    let (low, _) = super::split::<16>(&hash.0);
    ff::PrimeField::from_u128(u128::from_le_bytes(low))
}
