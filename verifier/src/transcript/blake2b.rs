//! The transcript of the schemes `transparent` and `kzg`: halo2's own, read strictly.
//!
//! halo2's reader takes more: the point at infinity (whose coordinates this curve library reports as (0, 0)), and any other point
//! with the infinity bit set, so that one proof has many encodings.

use std::io;

use group::prime::PrimeCurveAffine;
use halo2_proofs::transcript::{
    self as halo2, Challenge255, Transcript, TranscriptRead, TranscriptReadBuffer,
};
use halo2curves::bn256::{Fr, G1Affine};

use super::StrictRead;
use crate::key::encode_point;

type Challenge = Challenge255<G1Affine>;

/// Reads a proof.
pub struct Blake2bRead<'a> {
    inner: halo2::Blake2bRead<&'a [u8], G1Affine, Challenge>,
    proof: &'a [u8],
    position: usize,
    malformed: bool,
}

impl<'a> StrictRead<'a> for Blake2bRead<'a> {
    type Challenge = Challenge;

    fn new(proof: &'a [u8]) -> Self {
        Self { inner: halo2::Blake2bRead::init(proof), proof, position: 0, malformed: false }
    }

    fn is_finished(&self) -> bool {
        self.position == self.proof.len()
    }

    fn malformed(&self) -> Option<usize> {
        self.malformed.then_some(self.position)
    }
}

impl Blake2bRead<'_> {
    /// Moves on by `bytes` if they are what comes next, or remembers that they are not.
    fn advance(&mut self, bytes: Option<[u8; 32]>) -> io::Result<()> {
        let rest = self.proof.get(self.position..).and_then(|rest| rest.first_chunk());
        if bytes.is_some() && bytes.as_ref() == rest {
            self.position = self.position.saturating_add(32);
            Ok(())
        } else {
            self.malformed = true;
            Err(io::ErrorKind::InvalidData.into())
        }
    }
}

impl Transcript<G1Affine, Challenge> for Blake2bRead<'_> {
    fn squeeze_challenge(&mut self) -> Challenge {
        self.inner.squeeze_challenge()
    }

    fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
        self.inner.common_point(point)
    }

    fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.inner.common_scalar(scalar)
    }
}

impl TranscriptRead<G1Affine, Challenge> for Blake2bRead<'_> {
    fn read_point(&mut self) -> io::Result<G1Affine> {
        let point = self.inner.read_point();
        let bytes = point.as_ref().ok().filter(|point| !bool::from(point.is_identity())).map(encode_point);
        self.advance(bytes)?;
        point
    }

    fn read_scalar(&mut self) -> io::Result<Fr> {
        let scalar = self.inner.read_scalar();
        let bytes = scalar.as_ref().ok().map(Fr::to_bytes);
        self.advance(bytes)?;
        scalar
    }
}
