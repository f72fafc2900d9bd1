//! Transcripts of a prover: halo2's own, and that of contracts. What is written is absorbed.

use std::io;

use foldproof_verifier::{KeccakWrite, Scheme};
use halo2_proofs::transcript::{
    Blake2bWrite, Challenge255, Transcript as _, TranscriptWrite as _, TranscriptWriterBuffer as _,
};
use halo2curves::bn256::{Fr, G1Affine};

/// A proof as far as it is written, and what challenges are drawn from.
#[expect(clippy::large_enum_variant, reason = "there is one for every proof")]
pub(crate) enum Transcript {
    Blake2b(Blake2bWrite<Vec<u8>, G1Affine, Challenge255<G1Affine>>),
    Keccak(KeccakWrite),
}

impl Transcript {
    pub fn new(scheme: Scheme) -> Self {
        match scheme {
            Scheme::Transparent | Scheme::Kzg => Self::Blake2b(Blake2bWrite::init(Vec::new())),
            Scheme::Evm => Self::Keccak(KeccakWrite::default()),
        }
    }

    pub fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        match self {
            Self::Blake2b(inner) => inner.common_scalar(scalar),
            Self::Keccak(inner) => inner.common_scalar(scalar),
        }
    }

    pub fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
        match self {
            Self::Blake2b(inner) => inner.common_point(point),
            Self::Keccak(inner) => inner.common_point(point),
        }
    }

    pub fn write_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        match self {
            Self::Blake2b(inner) => inner.write_scalar(scalar),
            Self::Keccak(inner) => inner.write_scalar(scalar),
        }
    }

    pub fn write_point(&mut self, point: G1Affine) -> io::Result<()> {
        match self {
            Self::Blake2b(inner) => inner.write_point(point),
            Self::Keccak(inner) => inner.write_point(point),
        }
    }

    pub fn squeeze(&mut self) -> Fr {
        match self {
            Self::Blake2b(inner) => *inner.squeeze_challenge_scalar::<()>(),
            Self::Keccak(inner) => *inner.squeeze_challenge_scalar::<()>(),
        }
    }

    pub fn finalize(self) -> Vec<u8> {
        match self {
            Self::Blake2b(inner) => inner.finalize(),
            Self::Keccak(inner) => inner.finalize(),
        }
    }
}
