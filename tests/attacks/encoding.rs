//! Elements of a proof as a scheme writes them: compressed points and little-endian numbers, or, for contracts, both coordinates
//! and everything big-endian.

use foldproof_verifier::{Scheme, big_endian, point_words};
use halo2curves::CurveAffine;
use halo2curves::bn256::{Fq, Fr, G1Affine};
use halo2curves::ff::PrimeField;
use halo2curves::group::GroupEncoding;

type Word = [u8; 32];

/// What an element of a proof is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Point,
    Scalar,
}

/// An element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    Point(G1Affine),
    Scalar(Fr),
}

impl Element {
    /// As the scheme writes it. Points are not infinity.
    pub fn write(self, scheme: Scheme) -> Vec<u8> {
        match (self, scheme) {
            (Self::Point(point), Scheme::Evm) => point_words(&point).unwrap().concat(),
            (Self::Point(point), _) => point.to_bytes().as_ref().to_vec(),
            (Self::Scalar(scalar), Scheme::Evm) => big_endian(&scalar).to_vec(),
            (Self::Scalar(scalar), _) => scalar.to_repr().to_vec(),
        }
    }

    /// What the scheme wrote.
    pub fn read(scheme: Scheme, kind: Kind, bytes: &[u8]) -> Self {
        match (kind, scheme) {
            (Kind::Point, Scheme::Evm) => {
                let [x, y] = [&bytes[..32], &bytes[32..]].map(|word| Fq::from_repr(reversed(word)).unwrap());
                Self::Point(G1Affine::from_xy(x, y).unwrap())
            }
            (Kind::Point, _) => {
                let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
                encoding.as_mut().copy_from_slice(bytes);
                Self::Point(G1Affine::from_bytes(&encoding).unwrap())
            }
            (Kind::Scalar, Scheme::Evm) => Self::Scalar(Fr::from_repr(reversed(bytes)).unwrap()),
            (Kind::Scalar, _) => Self::Scalar(Fr::from_repr(bytes.try_into().unwrap()).unwrap()),
        }
    }
}

fn reversed(bytes: &[u8]) -> Word {
    let mut word: Word = bytes.try_into().unwrap();
    word.reverse();
    word
}

/// Bytes of an element.
pub fn bytes_of(scheme: Scheme, kind: Kind) -> usize {
    if scheme == Scheme::Evm && kind == Kind::Point { 64 } else { 32 }
}

/// A proof of these kinds of elements, cut into them.
pub fn split<'p>(scheme: Scheme, kinds: &[Kind], proof: &'p [u8]) -> Vec<&'p [u8]> {
    let mut rest = proof;
    let elements = kinds.iter().map(|kind| {
        let (element, behind) = rest.split_at(bytes_of(scheme, *kind));
        rest = behind;
        element
    });
    let elements = elements.collect();
    assert!(rest.is_empty());
    elements
}
