//! Every element of a proof replaced by another, every public input changed: with a policy that takes the bundle's word for
//! all but the proof.

use foldproof_verifier::{Bundle, Error, Scheme};
use halo2curves::bn256::{Fq, Fr, G1Affine};
use halo2curves::ff::PrimeField;
use halo2curves::group::GroupEncoding;
use num_bigint::BigUint;

use crate::bytes::{Field as At, start};
use crate::exhibits::{Exhibit, VALUES, all, some};
use crate::malicious::Kind;
use crate::tally::{each, refused, sample};

type Bytes = [u8; 32];

/// What an element is replaced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Infinity,
    Zero,
    One,
    /// The same value or abscissa, not reduced.
    Unreduced,
    Negative,
    Double,
    Generator,
    /// Another element of the proof.
    Other(usize),
}

fn point(bytes: Bytes) -> G1Affine {
    let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
    encoding.as_mut().copy_from_slice(&bytes);
    G1Affine::from_bytes(&encoding).unwrap()
}

pub fn point_bytes(point: impl Into<G1Affine>) -> Bytes {
    point.into().to_bytes().as_ref().try_into().unwrap()
}

/// `bytes` as a little-endian integer, plus the modulus `minus_one` is one less than, if that leaves the top bits alone.
fn unreduced(bytes: Bytes, minus_one: Bytes, free: u32) -> Option<Bytes> {
    let mut value = bytes;
    let flags = value[31] & !(0xff >> free);
    value[31] ^= flags;
    let sum = BigUint::from_bytes_le(&value) + BigUint::from_bytes_le(&minus_one) + 1u8;
    let mut sum = sum.to_bytes_le();
    sum.resize(32.max(sum.len()), 0);
    let mut sum: Bytes = sum.try_into().ok()?;
    if sum[31] & !(0xff >> free) != 0 {
        return None;
    }
    sum[31] |= flags;
    Some(sum)
}

fn replaced(elements: &[Bytes], kinds: &[Kind], index: usize, by: By) -> Option<Bytes> {
    let element = elements[index];
    let scalar = || Fr::from_repr(element).unwrap();
    let is_point = kinds[index] == Kind::Point;
    let new = match by {
        By::Infinity => {
            let mut infinity = [0; 32];
            infinity[31] = 0x80;
            infinity
        }
        By::Zero => [0; 32],
        By::One => Fr::one().to_repr(),
        By::Unreduced if is_point => unreduced(element, (-Fq::one()).to_repr(), 2)?,
        By::Unreduced => unreduced(element, (-Fr::one()).to_repr(), 0)?,
        By::Negative if is_point => point_bytes(-point(element)),
        By::Negative => (-scalar()).to_repr(),
        By::Double if is_point => point_bytes(point(element) + point(element)),
        By::Double => scalar().double().to_repr(),
        By::Generator => point_bytes(G1Affine::generator()),
        By::Other(other) => elements[other % elements.len()],
    };
    (new != element).then_some(new)
}

fn replace_elements(exhibit: &Exhibit, count: Option<usize>) {
    let elements: Vec<Bytes> = exhibit.bundle.proof().as_chunks().0.to_vec();
    let kinds = &exhibit.proof.kinds;
    assert_eq!(elements.len(), kinds.len());
    let mut cases = Vec::new();
    for index in 0..elements.len() {
        let neighbours = [1, 2, elements.len() / 2].map(|step| By::Other(index + step));
        let values =
            [By::Infinity, By::Zero, By::One, By::Unreduced, By::Negative, By::Double, By::Generator];
        for by in values.into_iter().chain(neighbours) {
            cases.extend(replaced(&elements, kinds, index, by).map(|new| (index, by, new)));
        }
    }
    each(
        &format!("elements replaced: {}", exhibit.title()),
        &sample(cases, count),
        |(index, _, new)| {
            let mut elements = elements.clone();
            elements[*index] = *new;
            refused(|| exhibit.check(&exhibit.bundle(exhibit.rows(), elements.concat())))
        },
        |(index, by, _), error| match by {
            By::Infinity | By::Unreduced => *error == Error::ProofEncoding { position: 32 * index },
            _ => matches!(error, Error::ProofRejected | Error::ProofEncoding { .. }),
        },
    );
}

/// Proofs in which points meet themselves and their negatives, which sums of points have to be able to take.
fn flood(exhibit: &Exhibit) {
    let elements: Vec<Bytes> = exhibit.bundle.proof().as_chunks().0.to_vec();
    let first = point(elements[0]);
    let g = G1Affine::generator();
    let points: [[G1Affine; 2]; 4] = [[g, g], [g, -g], [first, first], [first, -first]];
    let scalars = [Fr::zero(), Fr::one(), -Fr::one()];
    let cases: Vec<_> = points.into_iter().flat_map(|pair| scalars.map(|scalar| (pair, scalar))).collect();
    each(
        &format!("proofs of two points and a number: {}", exhibit.title()),
        &cases,
        |(points, scalar)| {
            let bytes = (0..).zip(&exhibit.proof.kinds).flat_map(|(index, kind)| match kind {
                Kind::Point => point_bytes(points[index % 2]),
                Kind::Scalar => scalar.to_repr(),
            });
            refused(|| exhibit.check(&exhibit.bundle(exhibit.rows(), bytes.collect())))
        },
        |_, error| *error == Error::ProofRejected,
    );
}

/// What is done to public inputs, what they are then, and which row, if any, is no field element.
type RowsCase = (String, Vec<Bytes>, Option<usize>);

fn changed_rows(exhibit: &Exhibit) -> Vec<RowsCase> {
    let rows: Vec<Bytes> = exhibit.rows().iter().map(PrimeField::to_repr).collect();
    let mut cases = Vec::new();
    let mut case = |what: String, rows: Vec<Bytes>, bad| cases.push((what, rows, bad));
    for row in 0..rows.len() {
        let with = |new: Bytes| {
            let mut rows = rows.clone();
            rows[row] = new;
            rows
        };
        let value = exhibit.rows()[row];
        for new in
            [Fr::zero(), Fr::one(), -Fr::one(), value + Fr::one(), value - Fr::one(), -value, value.double()]
        {
            if new != value {
                case(format!("row {row} is {new:?}"), with(new.to_repr()), None);
            }
        }
        let minus_one = (-Fr::one()).to_repr();
        let noncanonical =
            [unreduced(rows[row], minus_one, 0), unreduced([0; 32], minus_one, 0), Some([0xff; 32])];
        for new in noncanonical.into_iter().flatten() {
            case(format!("row {row} is {new:x?}"), with(new), Some(row));
        }
        for other in (row + 1..rows.len()).filter(|other| rows[*other] != rows[row]) {
            let mut swapped = rows.clone();
            swapped.swap(row, other);
            case(format!("rows {row} and {other} swapped"), swapped, None);
        }
        let mut fewer = rows.clone();
        fewer.remove(row);
        case(format!("row {row} left out"), fewer, None);
        for new in [[0; 32], rows[row]] {
            let mut more = rows.clone();
            more.insert(row + 1, new);
            case(format!("another row after {row}"), more, None);
        }
    }
    cases
}

fn change_rows(exhibit: &Exhibit, count: Option<usize>) {
    let bytes = exhibit.bundle.to_bytes();
    let expected = exhibit.statement.rows();
    let (from, to) = (start(exhibit, At::RowCount), start(exhibit, At::ProofLength));
    each(
        &format!("public inputs changed: {}", exhibit.title()),
        &sample(changed_rows(exhibit), count),
        |(_, rows, _)| {
            let count = (rows.len() as u16).to_le_bytes();
            let bytes = [&bytes[..from], &count, &rows.concat(), &bytes[to..]].concat();
            refused(|| exhibit.check(&Bundle::from_bytes(&bytes)?))
        },
        |(_, rows, bad), error| match (error, bad) {
            (Error::NotCanonical { row, .. }, bad) => Some(*row) == *bad,
            (Error::RowCount { found, .. }, None) => *found == rows.len() && rows.len() != expected,
            (Error::StatementRow { .. }, None) => rows[0] != exhibit.rows()[0].to_repr(),
            (Error::ProofRejected | Error::ClaimRange { .. } | Error::Class { .. }, None) => true,
            // The policy takes the bundle's word for the commitment, not for the digest of the heads, nor for thresholds.
            (Error::ModelEntry { .. }, None) => exhibit.statement.graphs().next().is_some(),
            _ => false,
        },
    );
}

#[test]
fn some_elements_and_public_inputs() {
    for exhibit in some() {
        replace_elements(&exhibit, Some(30));
        change_rows(&exhibit, Some(20));
        flood(&exhibit);
    }
}

#[test]
#[ignore = "minutes"]
fn all_elements_and_public_inputs() {
    for exhibit in all() {
        let slow = exhibit.scheme == Scheme::Transparent && exhibit.statement.name() != VALUES[0];
        replace_elements(&exhibit, slow.then_some(400));
        change_rows(&exhibit, None);
        flood(&exhibit);
    }
}
