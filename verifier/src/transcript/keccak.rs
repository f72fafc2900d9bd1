//! The transcript of the `evm` scheme: what a contract absorbs and draws with the least gas, and what snark-verifier's
//! `EvmTranscript` does.
//!
//! Field elements and coordinates are words of 32 bytes, big-endian; a point is x and y. A challenge is the Keccak-256 of the
//! challenge before it, as hashed, and all words since, or, if there are none, of that hash and the byte 1; the number itself
//! is taken modulo r, so that a challenge stands for 5 or 6 of the 2²⁵⁶ hashes.

use std::io;

use ff::{FromUniformBytes, PrimeField};
use group::prime::PrimeCurveAffine;
use halo2_proofs::transcript::{EncodedChallenge, Transcript, TranscriptRead, TranscriptWrite};
use halo2curves::CurveAffine;
use halo2curves::bn256::{Fq, Fr, G1Affine};

use super::StrictRead;
use crate::keccak::keccak256;

/// Bytes of a word.
const WORD: usize = 32;

/// What has been absorbed since the last challenge, after its hash: the state of prover and verifier alike.
#[derive(Clone, Debug, Default)]
struct Chain {
    absorbed: Vec<u8>,
}

impl Chain {
    /// Absorbs a field element and returns its word.
    fn scalar(&mut self, scalar: &Fr) -> [u8; 32] {
        let word = big_endian(scalar);
        self.absorbed.extend(word);
        word
    }

    /// Absorbs a point and returns its words; infinity, which has none, is not absorbed.
    fn point(&mut self, point: &G1Affine) -> Option<[[u8; 32]; 2]> {
        let words = point_words(point)?;
        self.absorbed.extend(words.as_flattened());
        Some(words)
    }

    /// Draws a challenge.
    fn squeeze(&mut self) -> Fr {
        let one: &[u8] = if self.absorbed.len() == WORD { &[1] } else { &[] };
        let hash = keccak256(&[&self.absorbed, one]);
        self.absorbed = hash.to_vec();
        reduced(hash)
    }
}

/// A number of 32 bytes, big-endian, modulo r.
fn reduced(mut bytes: [u8; 32]) -> Fr {
    bytes.reverse();
    let mut wide = [0; 64];
    wide.first_chunk_mut().into_iter().for_each(|low| *low = bytes);
    Fr::from_uniform_bytes(&wide)
}

/// The word of a field element.
pub fn big_endian<F: PrimeField<Repr: Into<[u8; 32]>>>(element: &F) -> [u8; 32] {
    let mut word: [u8; 32] = element.to_repr().into();
    word.reverse();
    word
}

/// The words of a point; infinity has none.
pub fn point_words(point: &G1Affine) -> Option<[[u8; 32]; 2]> {
    if point.is_identity().into() {
        return None;
    }
    let coordinates = Option::from(point.coordinates());
    coordinates.map(|c: halo2curves::Coordinates<G1Affine>| [big_endian(c.x()), big_endian(c.y())])
}

/// A challenge, as the number it is.
#[derive(Debug)]
pub struct KeccakChallenge(Fr);

impl EncodedChallenge<G1Affine> for KeccakChallenge {
    type Input = [u8; 32];

    fn new(hash: &[u8; 32]) -> Self {
        Self(reduced(*hash))
    }

    fn get_scalar(&self) -> Fr {
        self.0
    }
}

/// The transcript over a proof that is read or written.
#[derive(Clone, Debug, Default)]
pub struct Keccak<P> {
    chain: Chain,
    proof: P,
}

/// Reads a proof.
pub type KeccakRead<'a> = Keccak<Unread<'a>>;
/// Writes a proof. For provers, which are held to what this verifier reads.
pub type KeccakWrite = Keccak<Vec<u8>>;

/// A proof, and how far it has been read.
#[derive(Clone, Copy, Debug)]
pub struct Unread<'a> {
    bytes: &'a [u8],
    position: usize,
    malformed: bool,
}

impl Unread<'_> {
    fn word<F: PrimeField<Repr: From<[u8; 32]>>>(&self, offset: usize) -> Option<F> {
        let rest = self.bytes.get(self.position.saturating_add(offset)..)?;
        let mut bytes: [u8; 32] = *rest.first_chunk()?;
        bytes.reverse();
        F::from_repr(bytes.into()).into()
    }

    /// Moves on by `bytes` if something was read, or remembers that there is nothing.
    fn advance<T>(&mut self, bytes: usize, read: Option<T>) -> io::Result<T> {
        match read {
            Some(_) => self.position = self.position.saturating_add(bytes),
            None => self.malformed = true,
        }
        read.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

impl<P> Transcript<G1Affine, KeccakChallenge> for Keccak<P> {
    fn squeeze_challenge(&mut self) -> KeccakChallenge {
        KeccakChallenge(self.chain.squeeze())
    }

    fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
        self.chain.point(&point).map(|_| ()).ok_or_else(infinity)
    }

    fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.chain.scalar(&scalar);
        Ok(())
    }
}

impl<'a> StrictRead<'a> for KeccakRead<'a> {
    type Challenge = KeccakChallenge;

    fn new(proof: &'a [u8]) -> Self {
        Self { chain: Chain::default(), proof: Unread { bytes: proof, position: 0, malformed: false } }
    }

    fn is_finished(&self) -> bool {
        self.proof.position == self.proof.bytes.len()
    }

    fn malformed(&self) -> Option<usize> {
        self.proof.malformed.then_some(self.proof.position)
    }
}

impl TranscriptRead<G1Affine, KeccakChallenge> for KeccakRead<'_> {
    fn read_point(&mut self) -> io::Result<G1Affine> {
        let coordinates = self.proof.word::<Fq>(0).zip(self.proof.word::<Fq>(WORD));
        // Checks the curve's equation. Infinity has the coordinates (0, 0) in this library, and no words.
        let point = coordinates.and_then(|(x, y)| Option::<G1Affine>::from(G1Affine::from_xy(x, y)));
        let absorbed = point.and_then(|point| self.chain.point(&point).and(Some(point)));
        self.proof.advance(2 * WORD, absorbed)
    }

    fn read_scalar(&mut self) -> io::Result<Fr> {
        let scalar = self.proof.word::<Fr>(0);
        if let Some(scalar) = &scalar {
            self.chain.scalar(scalar);
        }
        self.proof.advance(WORD, scalar)
    }
}

impl KeccakWrite {
    /// The proof.
    pub fn finalize(self) -> Vec<u8> {
        self.proof
    }
}

impl TranscriptWrite<G1Affine, KeccakChallenge> for KeccakWrite {
    fn write_point(&mut self, point: G1Affine) -> io::Result<()> {
        let words = self.chain.point(&point).ok_or_else(infinity)?;
        self.proof.extend(words.as_flattened());
        Ok(())
    }

    fn write_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        let word = self.chain.scalar(&scalar);
        self.proof.extend(word);
        Ok(())
    }
}

fn infinity() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the point at infinity has no encoding")
}
