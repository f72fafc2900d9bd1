//! Points as bytes: fixed length, one encoding per point, nothing accepted that is not a point of the group.
//!
//! The canonical form is `x ‖ y`, each coordinate the 32 little-endian bytes of the reduced integer, and for G2 each
//! coordinate `c0 ‖ c1` of `c0 + c1·u`. There is no encoding of the identity, which no setup may contain.

use ff::PrimeField;
use group::cofactor::CofactorGroup;
use group::prime::PrimeCurveAffine;
use halo2_proofs::arithmetic::parallelize;
use halo2curves::CurveAffine;
use halo2curves::bn256::{Fq, Fq2, G1Affine, G2Affine};
use halo2curves::group::GroupEncoding;
#[cfg(feature = "prover")]
use halo2curves::serde::SerdeObject;

use crate::{Error, ErrorKind};

/// Bytes of a G1 point in canonical form.
pub(crate) const G1_BYTES: usize = 64;
/// Bytes of a G2 point in canonical form.
pub(crate) const G2_BYTES: usize = 128;
/// Bytes of a compressed G1 point.
pub(crate) const COMPRESSED: usize = 32;

/// Why bytes are no acceptable point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    Coordinate,
    OffCurve,
    Identity,
    Subgroup,
}

impl Fault {
    /// The error of point `field`.
    pub(crate) fn at(self, field: impl Into<String>) -> Error {
        let (kind, expected, found) = match self {
            Self::Coordinate => {
                (ErrorKind::Coordinate, "coordinates below the field's prime", "a larger one")
            }
            Self::OffCurve => (ErrorKind::OffCurve, "a point of the curve", "coordinates off the curve"),
            Self::Identity => (ErrorKind::Identity, "a point other than zero", "the point at infinity"),
            Self::Subgroup => (ErrorKind::Subgroup, "a point of the group of prime order", "one outside it"),
        };
        Error::new(kind, field)
            .expected(expected)
            .found(found)
            .advice("the file is damaged or made to mislead: fetch it again from a source you trust")
    }
}

/// How one coordinate is written.
type Coordinate = fn(&[u8]) -> Option<Fq>;

/// The reduced integer, little-endian.
fn canonical(bytes: &[u8]) -> Option<Fq> {
    Fq::from_repr(bytes.try_into().ok()?).into()
}

/// The reduced integer times 2^256 modulo the prime, little-endian: what snarkjs writes.
#[cfg(feature = "prover")]
fn montgomery(bytes: &[u8]) -> Option<Fq> {
    Fq::from_raw_bytes(bytes)
}

fn g1(bytes: &[u8; G1_BYTES], coordinate: Coordinate) -> Result<G1Affine, Fault> {
    let (x, y) = bytes.split_at(32);
    let (x, y) = coordinate(x).zip(coordinate(y)).ok_or(Fault::Coordinate)?;
    let point = Option::<G1Affine>::from(G1Affine::from_xy(x, y)).ok_or(Fault::OffCurve)?;
    // The curve has prime order: every point of it other than zero generates the group.
    if bool::from(point.is_identity()) { Err(Fault::Identity) } else { Ok(point) }
}

fn g2(bytes: &[u8; G2_BYTES], coordinate: Coordinate) -> Result<G2Affine, Fault> {
    let mut parts = bytes.chunks_exact(32).map(coordinate);
    let mut next = || parts.next().flatten().ok_or(Fault::Coordinate);
    let x = Fq2 { c0: next()?, c1: next()? };
    let y = Fq2 { c0: next()?, c1: next()? };
    let point = Option::<G2Affine>::from(G2Affine::from_xy(x, y)).ok_or(Fault::OffCurve)?;
    if bool::from(point.is_identity()) {
        Err(Fault::Identity)
    } else if bool::from(point.to_curve().is_torsion_free()) {
        Ok(point)
    } else {
        Err(Fault::Subgroup)
    }
}

/// Reads a G1 point in canonical form.
pub(crate) fn read_g1(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, Fault> {
    g1(bytes, canonical)
}

/// Reads a G2 point in canonical form.
pub(crate) fn read_g2(bytes: &[u8; G2_BYTES]) -> Result<G2Affine, Fault> {
    g2(bytes, canonical)
}

/// Reads a G1 point in snarkjs's form.
#[cfg(feature = "prover")]
pub(crate) fn read_g1_montgomery(bytes: &[u8; G1_BYTES]) -> Result<G1Affine, Fault> {
    g1(bytes, montgomery)
}

/// Reads a G2 point in snarkjs's form.
#[cfg(feature = "prover")]
pub(crate) fn read_g2_montgomery(bytes: &[u8; G2_BYTES]) -> Result<G2Affine, Fault> {
    g2(bytes, montgomery)
}

/// Writes a G1 point in canonical form.
pub(crate) fn write_g1(point: &G1Affine) -> [u8; G1_BYTES] {
    concat([point.x, point.y])
}

/// Writes a G2 point in canonical form.
pub(crate) fn write_g2(point: &G2Affine) -> [u8; G2_BYTES] {
    concat([point.x.c0, point.x.c1, point.y.c0, point.y.c1])
}

fn concat<const PARTS: usize, const BYTES: usize>(parts: [Fq; PARTS]) -> [u8; BYTES] {
    const { assert!(BYTES == 32 * PARTS) };
    let mut bytes = [0; BYTES];
    for (to, part) in bytes.chunks_exact_mut(32).zip(parts) {
        to.copy_from_slice(&part.to_repr());
    }
    bytes
}

/// Reads as many G1 points as `bytes` holds, in parallel; on failure the index and the fault of the first bad one.
#[cfg(feature = "prover")]
pub(crate) fn read_all_g1(
    bytes: &[u8],
    read: fn(&[u8; G1_BYTES]) -> Result<G1Affine, Fault>,
) -> Result<Vec<G1Affine>, (usize, Fault)> {
    let (chunks, _) = bytes.as_chunks::<G1_BYTES>();
    let mut results = vec![Err(Fault::Identity); chunks.len()];
    parallelize(&mut results, |results, start| {
        for (result, chunk) in results.iter_mut().zip(chunks.iter().skip(start)) {
            *result = read(chunk);
        }
    });
    results.into_iter().enumerate().map(|(i, result)| result.map_err(|fault| (i, fault))).collect()
}

/// Canonical bytes of many G1 points.
#[cfg(feature = "prover")]
pub(crate) fn write_all_g1(points: &[G1Affine]) -> Vec<u8> {
    flatten(points, write_g1)
}

/// Compressed bytes of many G1 points: halo2's own encoding, 32 bytes each.
pub(crate) fn compress_all_g1(points: &[G1Affine]) -> Vec<u8> {
    flatten(points, |point| {
        let mut bytes = [0; COMPRESSED];
        bytes.copy_from_slice(point.to_bytes().as_ref());
        bytes
    })
}

fn flatten<const N: usize>(points: &[G1Affine], write: impl Fn(&G1Affine) -> [u8; N] + Sync) -> Vec<u8> {
    let mut out = vec![[0; N]; points.len()];
    let write = &write;
    parallelize(&mut out, |out, start| {
        for (to, point) in out.iter_mut().zip(points.iter().skip(start)) {
            *to = write(point);
        }
    });
    out.into_flattened()
}
