//! Every element of a proof replaced by another, every public input changed: with a policy that takes the bundle's word for
//! all but the proof.

use foldproof_verifier::{Bundle, Error, Scheme, big_endian};
use halo2curves::bn256::{Fq, Fr, G1Affine};
use halo2curves::ff::PrimeField;
use num_bigint::BigUint;

use crate::bytes::{Field as At, start};
use crate::encoding::{Element, Kind, split};
use crate::exhibits::{Exhibit, VALUES, all, some};
use crate::tally::{each, refused, sample};

type Bytes = [u8; 32];

/// What an element is replaced by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum By {
    Infinity,
    Zero,
    One,
    /// The same value, abscissa or, where there is one, ordinate, not reduced.
    Unreduced,
    UnreducedOrdinate,
    /// The next ordinate, where there is one.
    OffCurve,
    Negative,
    Double,
    Generator,
    /// Another element of the proof, if it is of the same size.
    Other(usize),
}

impl By {
    const VALUES: [Self; 9] = [
        Self::Infinity,
        Self::Zero,
        Self::One,
        Self::Unreduced,
        Self::UnreducedOrdinate,
        Self::OffCurve,
        Self::Negative,
        Self::Double,
        Self::Generator,
    ];

    /// Whether nothing is read there.
    fn is_no_element(self) -> bool {
        matches!(self, Self::Infinity | Self::Unreduced | Self::UnreducedOrdinate | Self::OffCurve)
    }
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

/// The same of a big-endian integer without flags.
fn unreduced_word(word: &[u8], minus_one: Bytes) -> Vec<u8> {
    let sum = BigUint::from_bytes_be(word) + BigUint::from_bytes_be(&minus_one) + 1u8;
    let sum = sum.to_bytes_be();
    [&vec![0; 32 - sum.len()][..], &sum].concat()
}

/// Replacements that are no matter of values but of their encoding, if the scheme has them.
fn miswritten(scheme: Scheme, kind: Kind, bytes: &[u8], by: By) -> Option<Vec<u8>> {
    if scheme == Scheme::Evm {
        let p = big_endian(&-Fq::one());
        let [x, y] = [&bytes[..32], &bytes[bytes.len() - 32..]];
        return match (by, kind) {
            (By::Infinity, Kind::Point) => Some(vec![0; 64]),
            (By::Unreduced, Kind::Point) => Some([&unreduced_word(x, p), y].concat()),
            (By::UnreducedOrdinate, Kind::Point) => Some([x, &unreduced_word(y, p)].concat()),
            (By::OffCurve, Kind::Point) => Some([x, &[&y[..31], &[y[31] ^ 1]].concat()].concat()),
            (By::Unreduced, Kind::Scalar) => Some(unreduced_word(x, big_endian(&-Fr::one()))),
            _ => None,
        };
    }
    let word: Bytes = bytes.try_into().ok()?;
    let new = match (by, kind) {
        (By::Infinity, _) => {
            let mut infinity = [0; 32];
            infinity[31] = 0x80;
            infinity
        }
        (By::Unreduced, Kind::Point) => unreduced(word, (-Fq::one()).to_repr(), 2)?,
        (By::Unreduced, Kind::Scalar) => unreduced(word, (-Fr::one()).to_repr(), 0)?,
        _ => return None,
    };
    Some(new.to_vec())
}

fn replaced(scheme: Scheme, elements: &[&[u8]], kinds: &[Kind], index: usize, by: By) -> Option<Vec<u8>> {
    let (bytes, kind) = (elements[index], kinds[index]);
    let element = Element::read(scheme, kind, bytes);
    let mut one = vec![0; bytes.len()];
    let ones_place = if scheme == Scheme::Evm { bytes.len() - 1 } else { 0 };
    one[ones_place] = 1;
    let new = match (by, element) {
        (by, _) if by.is_no_element() => miswritten(scheme, kind, bytes, by)?,
        (By::Zero, _) => vec![0; bytes.len()],
        (By::One, _) => one,
        (By::Negative, Element::Point(point)) => Element::Point(-point).write(scheme),
        (By::Negative, Element::Scalar(scalar)) => Element::Scalar(-scalar).write(scheme),
        (By::Double, Element::Point(point)) => Element::Point((point + point).into()).write(scheme),
        (By::Double, Element::Scalar(scalar)) => Element::Scalar(scalar.double()).write(scheme),
        (By::Generator, _) => Element::Point(G1Affine::generator()).write(scheme),
        (By::Other(other), _) => elements[other % elements.len()].to_vec(),
        (by, _) => unreachable!("{by:?} is an element"),
    };
    (new != bytes && new.len() == bytes.len()).then_some(new)
}

fn replace_elements(exhibit: &Exhibit, count: Option<usize>) {
    let kinds = &exhibit.proof.kinds;
    let elements = split(exhibit.scheme, kinds, exhibit.bundle.proof());
    let mut cases = Vec::new();
    for index in 0..elements.len() {
        let neighbours = [1, 2, elements.len() / 2].map(|step| By::Other(index + step));
        for by in By::VALUES.into_iter().chain(neighbours) {
            let new = replaced(exhibit.scheme, &elements, kinds, index, by);
            cases.extend(new.map(|new| (index, by, new)));
        }
    }
    each(
        &format!("elements replaced: {}", exhibit.title()),
        &sample(cases, count),
        |(index, _, new)| {
            let mut elements = elements.clone();
            elements[*index] = new;
            refused(|| exhibit.check(&exhibit.bundle(exhibit.rows(), elements.concat())))
        },
        |(index, by, _), error| match by.is_no_element() {
            true => {
                let position = elements[..*index].iter().map(|element| element.len()).sum();
                *error == Error::ProofEncoding { position }
            }
            false => matches!(error, Error::ProofRejected | Error::ProofEncoding { .. }),
        },
    );
}

/// Proofs in which points meet themselves and their negatives, which sums of points have to be able to take.
fn flood(exhibit: &Exhibit) {
    let elements = exhibit.elements(exhibit.bundle.proof());
    let Element::Point(first) = elements[0] else { panic!("a commitment comes first") };
    let g = G1Affine::generator();
    let points: [[G1Affine; 2]; 4] = [[g, g], [g, -g], [first, first], [first, -first]];
    let scalars = [Fr::zero(), Fr::one(), -Fr::one()];
    let cases: Vec<_> = points.into_iter().flat_map(|pair| scalars.map(|scalar| (pair, scalar))).collect();
    each(
        &format!("proofs of two points and a number: {}", exhibit.title()),
        &cases,
        |(points, scalar)| {
            let elements = (0..).zip(&exhibit.proof.kinds).map(|(index, kind)| match kind {
                Kind::Point => Element::Point(points[index % 2]),
                Kind::Scalar => Element::Scalar(*scalar),
            });
            refused(|| exhibit.check(&exhibit.bundle(exhibit.rows(), exhibit.write(elements))))
        },
        |_, error| *error == Error::ProofRejected,
    );
}

/// What is wrong, of several blocks with any of them.
fn of_block(error: &Error) -> &Error {
    if let Error::InBlock { error, .. } = error { error } else { error }
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
        |(_, rows, bad), error| match (of_block(error), bad) {
            (Error::NotCanonical { row, .. }, bad) => Some(*row) == *bad,
            (Error::RowCount { found, .. }, None) => *found == rows.len() && rows.len() != expected,
            (Error::StatementRow { .. }, None) => rows[0] != exhibit.rows()[0].to_repr(),
            (Error::ProofRejected | Error::ClaimRange { .. } | Error::Class { .. }, None) => true,
            (Error::BlockRepeated { .. }, None) => exhibit.statement.blocks().is_some(),
            (Error::Findings, None) => exhibit.statement.analytics().is_some(),
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
