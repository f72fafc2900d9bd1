//! No two things lie in the same memory.

use std::ops::Range;

use foldproof_verifier::plonk::{Opened, Polynomial};

use super::super::arithmetic::Constants;
use super::super::memory::{
    ARGUMENTS, COMBINER, FREE, KeyPlaces, MODULUS, Memory, POINT, SUM, TERM, TWICE_MODULUS, WEIGHT,
    WITNESSES, WORD,
};
use super::super::protocol::Protocol;
use super::super::verifier::Verifier;
use super::super::{Error, MAX_CODE, creation_code};
use super::keys;

/// Bytes from a place on.
fn at(name: &str, place: usize, bytes: usize) -> (String, Range<usize>) {
    (name.to_owned(), place..place + bytes)
}

/// Places that are the same in all contracts.
fn fixed() -> Vec<(String, Range<usize>)> {
    vec![
        at("r", MODULUS, WORD),
        at("2 r", TWICE_MODULUS, WORD),
        at("combiner", COMBINER, WORD),
        at("weight", WEIGHT, WORD),
        at("sum", SUM, POINT),
        at("term", TERM, POINT + WORD),
        at("witnesses", WITNESSES, POINT),
        at("arguments", ARGUMENTS, 12 * WORD),
    ]
}

/// The two that overlap, if any do.
fn overlap(mut places: Vec<(String, Range<usize>)>) -> Option<String> {
    places.retain(|(_, range)| !range.is_empty());
    places.sort_by_key(|(_, range)| range.start);
    let pairs = places.windows(2).find(|pair| pair[0].1.end > pair[1].1.start);
    pairs.map(|pair| format!("{:?} and {:?}", pair[0], pair[1]))
}

#[test]
fn all_places_are_disjoint() {
    for key in keys() {
        let inputs = key.statement().rows();
        // As many constants as there are, which a first round counts.
        let mut count = 0;
        for round in 0..2 {
            let mut memory = Memory::default();
            let protocol = Protocol::new(key.halo2(), inputs, &mut memory).unwrap();
            let verifier = Verifier::new(&protocol, &mut memory);
            let points = protocol.key_points() + 1;
            let behind = KeyPlaces::new(&mut memory, points, count);
            let mut constants = Constants::starting_at(behind.constants);
            let mut next = behind.free;
            verifier.check(&mut next, &mut constants);
            assert_eq!(round == 0, constants.numbers.len() != count, "{}", key.statement());
            count = constants.numbers.len();
            if round == 0 {
                continue;
            }
            let mut places = fixed();
            for (index, segment) in protocol.segments.iter().enumerate() {
                // In front of each its hash, and of the first the key's and public inputs, with a context.
                let before = if index == 0 { inputs + 2 } else { 1 };
                let length = WORD * before + segment.length;
                places.push(at(&format!("segment {index}"), segment.place - WORD * before, length));
            }
            places.extend(verifier.places().all(&protocol));
            places.push(at("points of the key", behind.points, POINT * points));
            places.push(at("pairing", behind.pairing, 8 * WORD));
            places.push(at("constants", behind.constants, WORD * count));
            places.push(at(
                "kept numbers, and the calldata of a batch behind",
                behind.free,
                next - behind.free,
            ));
            assert!(next > behind.free);
            assert_eq!(overlap(places.clone()), None, "{}", key.statement());
            // A check that finds nothing would pass too.
            places.push(at("stray", behind.free - 1, 2));
            assert!(overlap(places).unwrap().contains("stray"));
            assert!(protocol.segments.iter().all(|segment| segment.place > FREE));
        }
    }
}

/// Every element that the program names lies in one segment of its kind, no two in the same place, and they fill the segments.
#[test]
fn elements_fill_their_segments() {
    for key in keys() {
        let places = Protocol::new(key.halo2(), key.statement().rows(), &mut Memory::default()).unwrap();
        let protocol = &places.program.protocol;
        let mut points: Vec<usize> =
            [&protocol.advice_points[..], &protocol.pieces, &protocol.opening, &[protocol.random.0]].concat();
        let mut numbers =
            [&protocol.advice[..], &protocol.fixed, &protocol.sigma, &[protocol.random.1]].concat();
        for product in &protocol.products {
            points.push(product.commitment);
            numbers.extend([product.here, product.next].into_iter().chain(product.last));
        }
        let sized = |(place, is_point): (usize, bool)| at("", place, if is_point { POINT } else { WORD });
        let mut elements: Vec<(usize, bool)> =
            points.iter().map(|point| (places.point(*point), true)).collect();
        elements.extend(numbers.iter().map(|number| (places.number(*number), false)));
        assert_eq!(overlap(elements.iter().copied().map(sized).collect()), None);
        // No constraint reads the random polynomial.
        assert!(
            numbers.iter().all(|number| places.name(*number).is_empty() == (*number == protocol.random.1))
        );
        let mut bytes = 0;
        for segment in &places.segments {
            let range = segment.place..segment.place + segment.length;
            let own = elements.iter().filter(|(place, _)| range.contains(place));
            let size = if segment.points { POINT } else { WORD };
            assert!(own.clone().all(|(_, is_point)| *is_point == segment.points));
            assert_eq!(own.count() * size, segment.length);
            assert_eq!(segment.offset, bytes);
            bytes += segment.length;
        }
        assert_eq!(bytes, places.length);
        assert_eq!(places.length, key.proof_length());
        // What is opened is what was read: nothing is left out, and the quotient comes once.
        let members = || protocol.sets.iter().flat_map(|set| &set.members);
        let mut opened: Vec<usize> = Vec::new();
        for value in members().flat_map(|(_, values)| values) {
            opened.extend(match value {
                Opened::Proof(number) => Some(*number),
                Opened::Quotient => None,
            });
        }
        opened.sort_unstable();
        numbers.sort_unstable();
        assert_eq!(opened, numbers);
        assert_eq!(members().filter(|(polynomial, _)| *polynomial == Polynomial::Quotient).count(), 1);
    }
}

#[test]
fn a_key_too_large_for_a_contract_is_refused() {
    assert_eq!(creation_code(&vec![0; MAX_CODE]).unwrap().len(), MAX_CODE + 10);
    let found = MAX_CODE + 1;
    assert_eq!(creation_code(&vec![0; found]), Err(Error::Code { most: MAX_CODE, found }));
}
