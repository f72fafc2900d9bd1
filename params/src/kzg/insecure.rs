//! Setups for tests and demonstrations.

use ff::Field;
use group::Curve;
use group::prime::PrimeCurveAffine;
use halo2_proofs::arithmetic::parallelize;
use halo2curves::bn256::{Fr, G1, G1Affine, G2Affine};
use rand_core::RngCore;

use super::setup::INSECURE;
use super::{Setup, VerifierSetup};
use crate::glv::{Split, mul};
use crate::{Error, check_k};

/// Makes a setup whose secret this process knows for a moment, and anybody who can repeat `rng` for ever.
///
/// **Proofs under it prove nothing to anybody else.** Its insecure flag is set and its provenance says so; there is no
/// way to make one without.
///
/// # Errors
/// If `k` is not in 1..=[`MAX_K`](crate::MAX_K).
pub fn insecure_test_setup(k: u32, mut rng: impl RngCore) -> Result<Setup, Error> {
    check_k(k, "k")?;
    let secret = loop {
        let secret = Fr::random(&mut rng);
        if secret != Fr::ZERO && secret != Fr::ONE {
            break secret;
        }
    };
    of_secret(k, secret)
}

/// The setup of this secret.
pub(super) fn of_secret(k: u32, secret: Fr) -> Result<Setup, Error> {
    let mut powers = vec![G1Affine::identity(); check_k(k, "k")? + 1];
    parallelize(&mut powers, |powers, start| {
        let mut scalar = secret.pow_vartime([start as u64]);
        let mut points = Vec::with_capacity(powers.len());
        for _ in powers.iter() {
            points.push(mul(&G1::generator(), &Split::new(&scalar)));
            scalar *= secret;
        }
        G1::batch_normalize(&points, powers);
    });
    let g2 = G2Affine::generator();
    let verifier = VerifierSetup::new(G1Affine::generator(), g2, (g2 * secret).to_affine())?;
    let provenance = format!("{INSECURE} test setup: whoever made it could know its secret and forge proofs");
    Setup::assemble(k, true, provenance, verifier, powers)
}
