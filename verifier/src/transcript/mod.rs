//! Transcripts of a verifier, with one encoding for everything.

mod blake2b;
mod keccak;

use halo2_proofs::transcript::{EncodedChallenge, TranscriptRead};
use halo2curves::bn256::G1Affine;

pub use blake2b::Blake2bRead;
pub use keccak::{KeccakChallenge, KeccakRead, KeccakWrite, big_endian, point_words};

/// Reads a proof, refuses what a prover does not write, and knows how far it has come.
pub trait StrictRead<'a>: TranscriptRead<G1Affine, Self::Challenge> {
    /// How it encodes challenges.
    type Challenge: EncodedChallenge<G1Affine>;

    fn new(proof: &'a [u8]) -> Self;

    /// Whether the whole proof has been read.
    fn is_finished(&self) -> bool;

    /// Where the proof stopped being one, if it did.
    fn malformed(&self) -> Option<usize>;
}
