//! The ceremony scheme: KZG over BN254 with SHPLONK, halo2's [`ParamsKZG`].
//!
//! A setup is `g, τg, τ²g, …` and `g2, τg2` for a secret τ that nobody may know: whoever does can prove anything.
//! It is made in a ceremony of many contributors, of whom one honest one suffices. Proving needs the powers; verifying
//! needs the three points of [`VerifierSetup`] and no more.
//!
//! A caller that verifies must choose whose setup it trusts, by [`SetupId`]: the proof does not say.

#[cfg(feature = "prover")]
mod check;
#[cfg(feature = "prover")]
mod codec;
#[cfg(feature = "prover")]
mod insecure;
#[cfg(feature = "prover")]
mod lagrange;
#[cfg(feature = "prover")]
mod ptau;
#[cfg(feature = "prover")]
mod published;
#[cfg(feature = "prover")]
mod setup;

use std::fmt;

use halo2_proofs::SerdeFormat;
use halo2_proofs::poly::kzg::commitment::ParamsKZG;
use halo2curves::bn256::{Bn256, G1Affine, G2Affine};
use halo2curves::serde::SerdeObject;

use crate::points::{G1_BYTES, G2_BYTES, read_g1, read_g2, write_g1, write_g2};
use crate::{Digest, Error, ErrorKind, check_k};

#[cfg(feature = "prover")]
pub use insecure::insecure_test_setup;
#[cfg(feature = "prover")]
pub use ptau::{PtauImport, import_ptau, import_ptau_from};
#[cfg(feature = "prover")]
pub use setup::{MAX_PROVENANCE, Setup};

/// What [`SetupId`] digests begin with.
const ID_DOMAIN: &[u8] = b"Foldproof KZG setup v1\0";

/// Which setup: equal for all sizes cut from one ceremony, different for different secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SetupId {
    /// SHA-256 of a domain and the 320 bytes of the [`VerifierSetup`].
    pub digest: Digest,
    /// Whether the setup was made for tests, by somebody who could have kept its secret.
    pub insecure: bool,
}

impl fmt::Display for SetupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", if self.insecure { "INSECURE " } else { "" }, self.digest)
    }
}

/// All that a verifier needs of a setup of any size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifierSetup {
    g: G1Affine,
    g2: G2Affine,
    s_g2: G2Affine,
}

impl VerifierSetup {
    /// Length of the byte form.
    pub const BYTES: usize = G1_BYTES + 2 * G2_BYTES;

    /// The three points, if they can belong to a setup: the standard generators and a τ other than 0 and 1.
    pub(crate) fn new(g: G1Affine, g2: G2Affine, s_g2: G2Affine) -> Result<Self, Error> {
        let wrong = |field, expected| {
            Error::new(ErrorKind::Generator, field)
                .expected(expected)
                .found("another point")
                .advice("only setups on the standard generators of BN254 are taken; fetch the file again")
        };
        if g != G1Affine::generator() {
            return Err(wrong("g", "the generator (1, 2) of G1"));
        }
        if g2 != G2Affine::generator() {
            return Err(wrong("g2", "the standard generator of G2"));
        }
        if s_g2 == g2 {
            return Err(Error::new(ErrorKind::KnownSecret, "s_g2")
                .expected("a secret that contributors chose")
                .found("the secret 1 of a ceremony without contributions")
                .advice("take the file of a finished ceremony"));
        }
        Ok(Self { g, g2, s_g2 })
    }

    /// Reads the byte form: `g ‖ g2 ‖ s_g2` in canonical coordinates, exactly [`Self::BYTES`] bytes.
    ///
    /// # Errors
    /// If the length differs, a coordinate is not reduced, a point is zero, off the curve or outside the group of
    /// prime order, `g` or `g2` is not the standard generator, or `s_g2` is `g2`.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let fixed: &[u8; Self::BYTES] =
            bytes.try_into().map_err(|_| Error::length("verifier setup", Self::BYTES, bytes.len()))?;
        let (g, rest) = split(fixed);
        let (g2, rest) = split(rest);
        let (s_g2, _) = split(rest);
        Self::new(
            read_g1(&g).map_err(|fault| fault.at("g"))?,
            read_g2(&g2).map_err(|fault| fault.at("g2"))?,
            read_g2(&s_g2).map_err(|fault| fault.at("s_g2"))?,
        )
    }

    /// The byte form.
    pub fn to_bytes(&self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        let (g, rest) = bytes.split_at_mut(G1_BYTES);
        let (g2, s_g2) = rest.split_at_mut(G2_BYTES);
        g.copy_from_slice(&write_g1(&self.g));
        g2.copy_from_slice(&write_g2(&self.g2));
        s_g2.copy_from_slice(&write_g2(&self.s_g2));
        bytes
    }

    /// The digest half of the setup's [`SetupId`]. Whether a setup is insecure cannot be seen from its points.
    pub fn digest(&self) -> Digest {
        Digest::of_parts(&[ID_DOMAIN, &self.to_bytes()])
    }

    /// Parameters with which halo2 verifies a proof of 2^`k` rows. They hold one generator: nothing else is read by
    /// SHPLONK's verifier, and they cannot commit to anything.
    ///
    /// # Errors
    /// If `k` is not in 1..=[`MAX_K`](crate::MAX_K).
    pub fn verifier_params(&self, k: u32) -> Result<ParamsKZG<Bn256>, Error> {
        check_k(k, "k")?;
        self.halo2_params(k, vec![self.g], Vec::new())
    }

    /// halo2's parameters from their parts. Its constructor wants an instance to start from; the smallest one is read
    /// from bytes rather than drawn at random.
    fn halo2_params(
        &self,
        k: u32,
        g: Vec<G1Affine>,
        lagrange: Vec<G1Affine>,
    ) -> Result<ParamsKZG<Bn256>, Error> {
        let g_raw = self.g.to_raw_bytes();
        let smallest =
            [&0u32.to_le_bytes()[..], &g_raw, &g_raw, &self.g2.to_raw_bytes(), &self.s_g2.to_raw_bytes()]
                .concat();
        let smallest = ParamsKZG::<Bn256>::read_custom(&mut &smallest[..], SerdeFormat::RawBytes)
            .map_err(|e| Error::backend("kzg parameters", e))?;
        Ok(smallest.from_parts(k, g, Some(lagrange), self.g2, self.s_g2))
    }
}

/// The first `N` bytes and the rest; zeros stand for what is missing, so callers check lengths first.
fn split<const N: usize>(bytes: &[u8]) -> ([u8; N], &[u8]) {
    match bytes.split_first_chunk() {
        Some((first, rest)) => (*first, rest),
        None => ([0; N], &[]),
    }
}

#[cfg(test)]
mod ptau_tests;
#[cfg(test)]
mod tests;
