//! Signatures in native integers.

use std::fmt;
use std::sync::LazyLock;

use halo2curves::bn256::Fr;
use sha2::{Digest, Sha256};

use crate::codebook::{Codebook, DIM};
use crate::decision::MAX_SIGNATURES;
use crate::fingerprint::{FINGERPRINT, Folded};
use crate::poseidon::{Domain, Packer, salted};
use crate::stages::pq::normalise;

/// Bits of a signature.
pub const SIGNATURE_BITS: usize = 64;
/// Greatest distance of what is similar.
pub const SIMILAR: u32 = 9;
/// Bands of four bits.
pub const BANDS: usize = 16;
/// Bytes that are hashed at a time.
const SHINGLE: usize = 4;
/// Signatures in an element.
pub(super) const PER_ELEMENT: usize = 3;

/// R: whether R_bj is +1, by b, then j.
type Signs = [[bool; FINGERPRINT]; SIGNATURE_BITS];

static SIGNS: LazyLock<Signs> = LazyLock::new(|| {
    std::array::from_fn(|b| {
        let digest = Sha256::digest(format!("foldproof.simhash.{b}"));
        std::array::from_fn(|j| digest[j / 8] >> (7 - j % 8) & 1 == 1)
    })
});

/// R: whether R_bj is +1, by b, then j.
pub fn signs() -> &'static [[bool; FINGERPRINT]; SIGNATURE_BITS] {
    &SIGNS
}

/// A signature, and the sums whose signs it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// By bit.
    pub sums: [i64; SIGNATURE_BITS],
    /// Bit b is \[sum b > 0\].
    pub bits: u64,
}

impl Signature {
    fn new(sums: [i64; SIGNATURE_BITS]) -> Self {
        let bits = sums.iter().rev().fold(0, |bits, sum| bits << 1 | u64::from(*sum > 0));
        Self { sums, bits }
    }

    /// Of normalised values, each below 2³⁰ in magnitude.
    pub fn of_values(values: &[i64; FINGERPRINT]) -> Self {
        let sum = |row: &[bool; FINGERPRINT]| {
            row.iter().zip(values).map(|(plus, value)| if *plus { *value } else { -value }).sum()
        };
        Self::new(SIGNS.each_ref().map(sum))
    }

    /// Of folded values under a codebook's normalisation.
    pub fn of_fingerprint(folded: &Folded, codebook: &Codebook) -> Self {
        let folded: Vec<i64> = folded.iter().flatten().copied().collect();
        Self::of_values(&normalised(&std::array::from_fn(|i| folded[i]), codebook))
    }

    /// Of bytes.
    pub fn of_bytes(bytes: &[u8]) -> Self {
        let mut sums = [0; SIGNATURE_BITS];
        for run in bytes.windows(SHINGLE) {
            let digest = Sha256::digest(run);
            let hash = digest.iter().take(8).fold(0, |hash: u64, byte| hash << 8 | u64::from(*byte));
            for (b, sum) in sums.iter_mut().enumerate() {
                *sum += if hash >> b & 1 == 1 { 1 } else { -1 };
            }
        }
        Self::new(sums)
    }
}

/// Folded values under a codebook's normalisation.
pub fn normalised(folded: &[i64; FINGERPRINT], codebook: &Codebook) -> [i64; FINGERPRINT] {
    std::array::from_fn(|i| normalise(folded[i], codebook.mean()[i % DIM], codebook.inverse()[i % DIM]))
}

/// In how many bits two signatures differ.
pub fn distance(a: u64, b: u64) -> u32 {
    (a ^ b).count_ones()
}

/// The nibbles that two signatures share.
pub fn bands(a: u64, b: u64) -> impl Iterator<Item = usize> {
    (0..BANDS).filter(move |band| (a ^ b) >> (4 * band) & 15 == 0)
}

/// An index that is too large to be searched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IndexError {
    /// Its signatures.
    pub found: usize,
}

impl fmt::Display for IndexError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = self.found;
        write!(
            f,
            "index: at most {MAX_SIGNATURES} signatures were expected, found {found}; search it in parts"
        )
    }
}

impl std::error::Error for IndexError {}

/// What of an index is nearest to a signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nearest {
    /// To every signature of the index.
    pub distances: Vec<u32>,
    /// Position and distance of the nearest: none of an empty index.
    pub nearest: Option<(usize, u32)>,
    /// Whether it is similar.
    pub matched: bool,
}

impl Nearest {
    /// To `query`.
    ///
    /// # Errors
    /// If the index is too large.
    pub fn new(query: u64, index: &[u64]) -> Result<Self, IndexError> {
        check(index)?;
        let distances: Vec<u32> = index.iter().map(|signature| distance(query, *signature)).collect();
        let nearest =
            distances.iter().copied().enumerate().min_by_key(|(position, distance)| (*distance, *position));
        let matched = nearest.is_some_and(|(_, distance)| distance <= SIMILAR);
        Ok(Self { distances, nearest, matched })
    }
}

/// Commitment to an index.
///
/// # Errors
/// If it is too large.
pub fn commitment(index: &[u64], salt: Fr) -> Result<Fr, IndexError> {
    check(index)?;
    let element =
        |part: &[u64]| part.iter().fold(Packer::new(), |packer, bits| packer.put(*bits, 64)).element();
    Ok(salted(Domain::Signatures, index.len() as u64, salt, index.chunks(PER_ELEMENT).map(element)))
}

fn check(index: &[u64]) -> Result<(), IndexError> {
    if index.len() > MAX_SIGNATURES { Err(IndexError { found: index.len() }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first twelve bytes of the two hashes, by another program.
    #[test]
    fn planes_are_pinned() {
        let row = |b: usize| signs()[b].iter().fold(0, |bits: u128, plus| bits << 1 | u128::from(*plus));
        assert_eq!((row(0), row(63)), (0x0494_23dd_2224_498a_65a9_5687, 0x0de6_2a5e_643c_e0c9_110f_c5da));
    }

    #[test]
    fn bits_are_set_above_zero() {
        let mut values = [0; FINGERPRINT];
        assert_eq!(Signature::of_values(&values).bits, 0, "a sum of 0 sets none");
        values[0] = 1;
        let found = Signature::of_values(&values);
        assert!(found.sums.iter().zip(signs()).all(|(sum, row)| (*sum == 1) == row[0]));
        values[0] = -1;
        assert_eq!(Signature::of_values(&values).bits, !found.bits);
        let most = Signature::of_values(&[(1 << 30) - 1; FINGERPRINT]);
        assert!(most.sums.iter().all(|sum| sum.unsigned_abs() >> 37 == 0));
    }

    #[test]
    fn few_bytes_have_no_signature() {
        assert_eq!(Signature::of_bytes(b"abc").bits, 0);
        assert_eq!(Signature::of_bytes(b"abcd").bits, 0x88d4_266f_d4e6_338d);
    }

    #[test]
    fn the_first_of_the_nearest_is_found() {
        let query = 0xffff_0000_ffff_0000;
        let with = |distance: u32| query ^ ((1 << distance) - 1);
        let found = |index: &[u64]| Nearest::new(query, index).map(|found| (found.nearest, found.matched));
        assert_eq!(found(&[with(9), with(12), with(9)]), Ok((Some((0, 9)), true)));
        assert_eq!(found(&[with(12), with(10)]), Ok((Some((1, 10)), false)));
        assert_eq!(found(&[]), Ok((None, false)));
        assert_eq!(found(&[0; 1025]), Err(IndexError { found: 1025 }));
        assert!(found(&[0; 1024]).is_ok());
        // Nine bits touch at most nine bands.
        assert_eq!(bands(query, query ^ 0x1_1111_1111).count(), 7);
        assert_eq!(bands(query, with(9)).collect::<Vec<_>>(), (3..16).collect::<Vec<_>>());
    }

    #[test]
    fn commitments_differ() {
        let commitment = |index: &[u64]| commitment(index, Fr::zero());
        let all = [
            commitment(&[]),
            commitment(&[0]),
            commitment(&[0, 0]),
            commitment(&[0, 1]),
            commitment(&[1, 0]),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(one.is_ok() && !all[..i].contains(one), "{i}");
        }
        assert!(commitment(&[0; 1025]).is_err());
    }
}
