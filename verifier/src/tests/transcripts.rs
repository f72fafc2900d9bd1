//! The transcript of contracts: what it takes, and what it draws.

use ff::Field;
use halo2_proofs::transcript::{Transcript, TranscriptRead};
use halo2curves::bn256::Fq;

use super::*;
use crate::transcript::{KeccakRead, StrictRead};
use crate::{KeccakChallenge, big_endian, point_words};

/// The number of which this is the word.
fn number(hex: &str) -> Fr {
    let mut bytes: [u8; 32] = hex::decode(hex).unwrap().try_into().unwrap();
    bytes.reverse();
    Fr::from_repr(bytes).unwrap()
}

/// The word of the modulus that is one more than this.
fn modulus(less_one: [u8; 32]) -> [u8; 32] {
    let mut word = less_one;
    word[31] += 1;
    word
}

fn points() -> [G1Affine; 2] {
    [Fr::one(), Fr::from(2)].map(|factor| (G1Affine::generator() * factor).into())
}

fn squeeze(transcript: &mut impl Transcript<G1Affine, KeccakChallenge>) -> Fr {
    transcript.squeeze_challenge().get_scalar()
}

/// Where a proof of these bytes stops being one, if what is read of it is a point.
fn malformed_point(proof: &[u8]) -> Option<usize> {
    let mut transcript = KeccakRead::new(proof);
    assert_eq!(transcript.read_point().is_err(), transcript.malformed().is_some());
    transcript.malformed()
}

/// The same, if it is a number.
fn malformed_number(proof: &[u8]) -> Option<usize> {
    let mut transcript = KeccakRead::new(proof);
    assert_eq!(transcript.read_scalar().is_err(), transcript.malformed().is_some());
    transcript.malformed()
}

/// Computed by a program in another language, with a Keccak of its own.
#[test]
fn challenges_are_those_of_the_specification() {
    let mut transcript = KeccakWrite::default();
    transcript.common_scalar(Fr::from(5)).unwrap();
    transcript.common_scalar(-Fr::one()).unwrap();
    let first = "2932cd41cf771956d127ac0b8dbe9626187a7719e4b52c5cf07eb24a56600dda";
    let second = "189212bbea58576a7fe0bcd6a05762c2fd66b3c51c3c7b94b08198d88d28c7db";
    let third = "1ba236846a08917814d503be7717985d3575cb7c81cc9ced1b6ebdec46ebc4da";
    for expected in [first, second, third] {
        assert_eq!(squeeze(&mut transcript), number(expected));
    }
    transcript.write_point(points()[1]).unwrap();
    transcript.write_scalar(Fr::from(7)).unwrap();
    let fourth = "196f44cff9fc77488371b977d9a40ccdb5d6faa5a05ef9c1333caa6f71fc6abc";
    assert_eq!(squeeze(&mut transcript), number(fourth));
    transcript.common_scalar(Fr::from(7)).unwrap();
    let fifth = "298682093473da0bbde9b6ec755edb4f5ebb4dc50d715f829079774aeb08c6c2";
    assert_eq!(squeeze(&mut transcript), number(fifth));
}

/// The same rule, with another's Keccak: a hash with nothing behind it is hashed with the byte 1.
#[test]
fn a_second_challenge_is_of_the_hash_and_one() {
    let mut transcript = KeccakWrite::default();
    let words = [5, 6].map(Fr::from);
    words.iter().for_each(|word| transcript.common_scalar(*word).unwrap());
    let mut hash = alloy_primitives::keccak256(words.map(|word| big_endian(&word)).concat()).0;
    for _ in 0..3 {
        assert_eq!(squeeze(&mut transcript), KeccakChallenge::new(&hash).get_scalar());
        let again = alloy_primitives::keccak256([&hash[..], &[1]].concat()).0;
        assert_ne!(again, alloy_primitives::keccak256(hash).0);
        hash = again;
    }
}

/// A hash is a number modulo r, and the numbers of two hashes are one only if the hashes differ by a multiple of r.
#[test]
fn hashes_are_reduced() {
    let value = |hash: [u8; 32]| KeccakChallenge::new(&hash).get_scalar();
    let minus_one = big_endian(&-Fr::one());
    assert_eq!(value([0; 32]), Fr::ZERO);
    assert_eq!(value(minus_one), -Fr::one());
    assert_eq!(value(modulus(minus_one)), Fr::ZERO);
    let most = Fr::from(2).pow_vartime([256]) - Fr::one();
    assert_eq!(value([0xff; 32]), most);
}

/// What is written is what is read, under the same challenges, to the end.
#[test]
fn reads_what_is_written() {
    let [g, double] = points();
    let mut written = KeccakWrite::default();
    written.common_point(double).unwrap();
    written.write_point(g).unwrap();
    written.write_scalar(Fr::from(300)).unwrap();
    let expected = squeeze(&mut written);
    written.write_point(double).unwrap();
    let last = squeeze(&mut written);
    let proof = written.finalize();
    let words = [point_words(&g).unwrap().concat(), big_endian(&Fr::from(300)).to_vec()];
    let words = [words.concat(), point_words(&double).unwrap().concat()].concat();
    assert_eq!((proof.len(), &proof), (64 + 32 + 64, &words));

    let mut read = KeccakRead::new(&proof);
    read.common_point(double).unwrap();
    assert_eq!(read.read_point().unwrap(), g);
    assert_eq!(read.read_scalar().unwrap(), Fr::from(300));
    assert_eq!(squeeze(&mut read), expected);
    assert!(!read.is_finished());
    assert_eq!(read.read_point().unwrap(), double);
    assert_eq!(squeeze(&mut read), last);
    assert!(read.is_finished() && read.malformed().is_none());
    assert!(read.read_scalar().is_err());
    assert_eq!(read.malformed(), Some(proof.len()));
}

/// All that goes in counts, and its place.
#[test]
fn challenges_depend_on_everything() {
    let [g, double] = points();
    let challenge = |absorb: &dyn Fn(&mut KeccakWrite)| {
        let mut transcript = KeccakWrite::default();
        transcript.common_scalar(Fr::from(5)).unwrap();
        absorb(&mut transcript);
        squeeze(&mut transcript)
    };
    let scalar = |value: u64| move |t: &mut KeccakWrite| t.common_scalar(Fr::from(value)).unwrap();
    let point = |point: G1Affine| move |t: &mut KeccakWrite| t.common_point(point).unwrap();
    let two = |one: u64, other: u64| {
        move |t: &mut KeccakWrite| {
            scalar(one)(t);
            scalar(other)(t);
        }
    };
    let made = [
        challenge(&|_| ()),
        challenge(&scalar(0)),
        challenge(&scalar(1)),
        challenge(&two(1, 3)),
        challenge(&two(3, 1)),
        challenge(&point(g)),
        challenge(&point(-g)),
        challenge(&point(double)),
        challenge(&|t| assert_ne!(squeeze(t), Fr::ZERO)),
    ];
    for (index, one) in made.iter().enumerate() {
        assert!(made[index + 1..].iter().all(|other| other != one), "{index}");
    }
    // A point is its coordinates: which of the two it was, the protocol knows.
    assert_eq!(challenge(&point(g)), challenge(&two(1, 2)));
    // What is in a proof and what is not are absorbed alike.
    assert_eq!(challenge(&|t| t.write_point(g).unwrap()), challenge(&point(g)));
    assert_eq!(challenge(&|t| t.write_scalar(Fr::one()).unwrap()), challenge(&scalar(1)));
}

#[test]
fn infinity_has_no_encoding() {
    let infinity = G1Affine::default();
    assert_eq!(point_words(&infinity), None);
    let mut written = KeccakWrite::default();
    assert!(written.common_point(infinity).is_err());
    assert!(written.write_point(infinity).is_err());
    assert_eq!(written.finalize(), Vec::<u8>::new());
    assert!(KeccakRead::new(&[]).common_point(infinity).is_err());
    assert_eq!(malformed_point(&[0; 64]), Some(0));
    // Nor is it what halo2 and others write for it: no word of a coordinate has flags.
    for flag in [0x80, 0x40, 0xc0] {
        for at in [0, 31, 32, 63] {
            let mut bytes = [0; 64];
            bytes[at] = flag;
            assert_eq!(malformed_point(&bytes), Some(0));
        }
    }
}

#[test]
fn points_are_on_the_curve_and_reduced() {
    let p = modulus(big_endian(&-Fq::one()));
    let word = |value: u64| big_endian(&Fq::from(value));
    let [g, double] = points();
    assert_eq!(point_words(&g), Some([word(1), word(2)]));
    assert_eq!(malformed_point(&[word(1), word(2)].concat()), None);
    // (1, 2) with p added to a coordinate.
    let mut x = p;
    x[31] += 1;
    let mut y = p;
    y[31] += 2;
    let [double_x, double_y] = point_words(&double).unwrap();
    for words in [
        [x, word(2)],
        [word(1), y],
        [x, y],
        [p, word(2)],
        [word(1), p],
        [p, p],
        [[0xff; 32], word(2)],
        [word(1), [0xff; 32]],
        // Off the curve: y² = x³ + 3.
        [word(1), word(3)],
        [word(2), word(1)],
        [word(0), word(2)],
        [word(1), word(0)],
        [double_x, word(2)],
        [word(1), double_y],
        [double_y, double_x],
    ] {
        assert_eq!(malformed_point(&words.concat()), Some(0), "{words:?}");
    }
}

#[test]
fn numbers_are_reduced() {
    let minus_one = big_endian(&-Fr::one());
    assert_eq!(malformed_number(&minus_one), None);
    let r = modulus(minus_one);
    let mut more = r;
    more[31] += 1;
    for word in [r, more, big_endian(&-Fq::one()), [0xff; 32]] {
        assert_eq!(malformed_number(&word), Some(0));
    }
}

#[test]
fn what_is_cut_off_is_malformed_where_it_starts() {
    let good = [point_words(&points()[0]).unwrap().concat(), big_endian(&Fr::from(9)).to_vec()].concat();
    for length in 0..=good.len() {
        let mut read = KeccakRead::new(&good[..length]);
        let point = read.read_point();
        assert_eq!((point.is_ok(), read.malformed()), (length >= 64, (length < 64).then_some(0)));
        if point.is_ok() {
            assert_eq!(read.read_scalar().is_ok(), length == good.len());
            assert_eq!(read.malformed(), (length < good.len()).then_some(64));
        }
        assert_eq!(read.is_finished(), [64, good.len()].contains(&length) || length == 0);
    }
}

#[test]
fn what_is_refused_is_not_absorbed() {
    // Whoever reads on after an error draws what he would have drawn; the verdict is `malformed`.
    let draw = |proof: &[u8]| {
        let mut read = KeccakRead::new(proof);
        read.common_scalar(Fr::from(5)).unwrap();
        assert!(read.read_point().is_err() && read.read_scalar().is_err());
        squeeze(&mut read)
    };
    assert_eq!(draw(&[0xff; 64]), draw(&[]));
}
