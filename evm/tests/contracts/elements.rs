//! Every element of a proof is read, checked and bound: another in its place is refused.

use foldproof_evm::Refusal;
use foldproof_verifier::point_words;
use halo2curves::bn256::G1Affine;
use halo2curves::group::Curve as _;
use num_bigint::BigUint;

use crate::fixture::{
    BOTH, CORE, Case, Claim, Fixture, TAGS, WORD, check, fixture, largest, p, r, with_word, word_at,
};

/// Bytes of a point.
const POINT: usize = 2 * WORD;

/// The bytes of a proof that are points: before the values, and the opening's two behind them. Counted from halo2's key, not as
/// the generator does.
fn is_point(fixture: &Fixture, place: usize) -> bool {
    let key = fixture.key.halo2();
    let cs = key.cs();
    let products = cs.permutation().get_columns().len().div_ceil(cs.degree() - 2);
    let random = 1;
    let before = cs.num_advice_columns() + products + random + key.get_domain().get_quotient_poly_degree();
    place < POINT * before || place >= fixture.contract.proof_length - 2 * POINT
}

/// What is said of a number in the place of a scalar.
fn of_scalar(number: &BigUint) -> Refusal {
    if *number < r() { Refusal::ProofRejected } else { Refusal::NotCanonical }
}

/// A claim with another proof.
fn changed(claim: &Claim, proof: Vec<u8>) -> Vec<u8> {
    Claim { proof, inputs: claim.inputs.clone() }.calldata()
}

/// One bit of every word, and every eighth of the first word of each kind.
pub fn flips(fixture: &Fixture) -> Vec<Case> {
    let claim = &fixture.claims[0];
    let mut cases = Vec::new();
    let last_point = fixture.contract.proof_length - 2 * POINT;
    let first_scalar = (0..last_point).step_by(WORD).find(|place| !is_point(fixture, *place)).unwrap();
    for place in (0..claim.proof.len()).step_by(WORD) {
        let whole = [0, first_scalar, last_point].contains(&place);
        // Another bit of each word, so that all 256 places come up.
        let one = place / WORD * 7 % 256;
        let bits = if whole { (0..256).step_by(8) } else { (one..one + 1).step_by(1) };
        for bit in bits {
            let mut proof = claim.proof.clone();
            proof[place + bit / 8] ^= 0x80 >> (bit % 8);
            let refusal = match is_point(fixture, place) {
                true => Refusal::Precompile,
                false => of_scalar(&word_at(&proof, place)),
            };
            cases.push(Case::refused(format!("byte {place}, bit {bit}"), changed(claim, proof), refusal));
        }
    }
    cases
}

/// Numbers at the ends of both fields and of words, in the place of each.
pub fn numbers(fixture: &Fixture, stride: usize) -> Vec<Case> {
    let claim = &fixture.claims[0];
    let zero = BigUint::ZERO;
    let one = BigUint::from(1_u64);
    let numbers = [zero, one, r() - 1_u64, r(), r() + 1_u64, p() - 1_u64, p(), largest()];
    let mut cases = Vec::new();
    for place in (0..claim.proof.len()).step_by(WORD * stride) {
        for number in &numbers {
            let refusal = if is_point(fixture, place) { Refusal::Precompile } else { of_scalar(number) };
            let proof = with_word(&claim.proof, place, number.clone());
            if proof != claim.proof {
                cases.push(Case::refused(
                    format!("byte {place}: {number:#x}"),
                    changed(claim, proof),
                    refusal,
                ));
            }
        }
        if !is_point(fixture, place) {
            let more = word_at(&claim.proof, place) + r();
            let proof = with_word(&claim.proof, place, more);
            cases.push(Case::refused(
                format!("byte {place} + r"),
                changed(claim, proof),
                Refusal::NotCanonical,
            ));
        }
    }
    cases
}

/// The point at a place of a proof.
pub fn point_at(proof: &[u8], place: usize) -> G1Affine {
    let coordinate = |place: usize| {
        let mut bytes: [u8; WORD] = *proof[place..].first_chunk().unwrap();
        bytes.reverse();
        ff::PrimeField::from_repr(bytes).unwrap()
    };
    G1Affine { x: coordinate(place), y: coordinate(place + WORD) }
}

/// A proof with another point at a place.
pub fn with_point(proof: &[u8], place: usize, point: &G1Affine) -> Vec<u8> {
    let mut proof = proof.to_vec();
    proof[place..place + POINT].copy_from_slice(point_words(point).unwrap().as_flattened());
    proof
}

/// Other points in the place of each: none, one off the curve, one whose coordinates are the same modulo p, and points on it.
pub fn points(fixture: &Fixture) -> Vec<Case> {
    let claim = &fixture.claims[0];
    let proof = &claim.proof;
    let places = (0..proof.len()).step_by(POINT).filter(|place| is_point(fixture, *place));
    // Points behind the scalars are whole points from there on, whatever the number of scalars.
    let behind = proof.len() - 2 * POINT;
    let places: Vec<usize> = places.filter(|place| *place < behind).chain([behind, behind + POINT]).collect();
    let mut cases = Vec::new();
    for (index, place) in places.iter().enumerate() {
        let place = *place;
        let mut case = |name: &str, proof: Vec<u8>, refusal| {
            cases.push(Case::refused(format!("point {index}: {name}"), changed(claim, proof), refusal));
        };
        let pair = |x: BigUint, y: BigUint| with_word(&with_word(proof, place, x), place + WORD, y);
        let [x, y] = [0, WORD].map(|at| word_at(proof, place + at));
        case("infinity", pair(BigUint::ZERO, BigUint::ZERO), Refusal::Infinity);
        case("(p, p)", pair(p(), p()), Refusal::Precompile);
        case("(1, 1)", pair(1_u64.into(), 1_u64.into()), Refusal::Precompile);
        case("coordinates changed about", pair(y.clone(), x.clone()), Refusal::Precompile);
        case("x + p", pair(&x + p(), y.clone()), Refusal::Precompile);
        case("y + p", pair(x.clone(), &y + p()), Refusal::Precompile);
        case("its negative", pair(x.clone(), p() - &y), Refusal::ProofRejected);
        case("the generator", pair(1_u64.into(), 2_u64.into()), Refusal::ProofRejected);
        let doubled = (point_at(proof, place) + point_at(proof, place)).to_affine();
        case("twice it", with_point(proof, place, &doubled), Refusal::ProofRejected);
        let neighbour = point_at(proof, places[(index + 1) % places.len()]);
        case("the next", with_point(proof, place, &neighbour), Refusal::ProofRejected);
    }
    cases
}

/// Proofs of the same statement put together from two, cut where another kind of element begins and elsewhere.
pub fn splices(fixture: &Fixture) -> Vec<Case> {
    let [claim, other] = &fixture.claims;
    let mut cases = Vec::new();
    for place in (WORD..claim.proof.len()).step_by(WORD * 5) {
        // A cut through a point leaves one off the curve.
        let through = is_point(fixture, place) && {
            let from_end = (claim.proof.len() - place) / WORD;
            let from_start = place / WORD;
            let behind = place >= claim.proof.len() - 2 * POINT;
            (if behind { from_end } else { from_start }) % 2 == 1
        };
        let refusal = if through { Refusal::Precompile } else { Refusal::ProofRejected };
        let proof = [&claim.proof[..place], &other.proof[place..]].concat();
        cases.push(Case::refused(format!("spliced at {place}"), changed(claim, proof), refusal));
    }
    cases.push(Case::refused(
        "inputs of another",
        changed(claim, other.proof.clone()),
        Refusal::ProofRejected,
    ));
    for place in (0..claim.proof.len()).step_by(WORD).filter(|place| !is_point(fixture, *place)) {
        let proof = with_word(&claim.proof, place, word_at(&other.proof, place));
        cases.push(Case::refused(
            format!("value at {place} of another"),
            changed(claim, proof),
            Refusal::ProofRejected,
        ));
    }
    cases
}

#[test]
fn a_flipped_bit_is_refused() {
    for which in [TAGS, CORE, BOTH] {
        let cases = flips(fixture(which));
        assert_eq!(cases.len(), fixture(which).contract.proof_length / WORD + 3 * 31);
        check(fixture(which), &cases);
    }
}

#[test]
fn another_number_is_refused() {
    check(fixture(TAGS), &numbers(fixture(TAGS), 1));
    check(fixture(CORE), &numbers(fixture(CORE), 5));
    check(fixture(BOTH), &numbers(fixture(BOTH), 11));
}

#[test]
fn another_point_is_refused() {
    for which in [TAGS, CORE, BOTH] {
        let cases = points(fixture(which));
        assert!(cases.len() > 200, "{}", cases.len());
        check(fixture(which), &cases);
    }
}

#[test]
fn spliced_proofs_are_refused() {
    for which in [TAGS, CORE, BOTH] {
        check(fixture(which), &splices(fixture(which)));
    }
}

/// A proof of one statement is not one of another, though the calldata fits.
#[test]
fn proofs_of_another_statement_are_refused() {
    let [tags, core] = [TAGS, CORE].map(fixture);
    let claim = &tags.claims[0];
    // As many bytes of points as this one has, and as many of values.
    let points =
        (0..claim.proof.len()).step_by(WORD).take_while(|place| is_point(tags, *place)).count() * WORD;
    let behind = core.claims[0].proof.len() - (claim.proof.len() - points);
    let proof = [&core.claims[0].proof[..points], &core.claims[0].proof[behind..]].concat();
    check(tags, &[Case::refused("another statement's", changed(claim, proof), Refusal::ProofRejected)]);
}
