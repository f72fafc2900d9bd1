//! The functions that steps call, each alone.

use ff::Field;
use foldproof_verifier::keccak256;
use halo2curves::bn256::Fr;
use num_bigint::BigUint;

use super::super::code::store;
use super::super::library::library;
use super::super::memory::{FREE, MODULUS, WORD};
use super::super::{Refusal, modulus, number};
use crate::machine::{Machine, Outcome};
use crate::yul::{Statement, call, compile, run};

/// What comes of statements that may call the functions.
fn outcome(code: Vec<Statement>) -> Outcome {
    let mut program = vec![store(MODULUS, modulus())];
    program.extend(code);
    program.extend(library());
    let mut machine = Machine::default();
    machine.set_code([1; 20], &compile(&program, &[]).unwrap().code);
    machine.call([2; 20], [1; 20], &[]).unwrap()
}

/// Inverts numbers, and gives them back.
fn inverted(numbers: &[Fr]) -> Outcome {
    let end = FREE + WORD * numbers.len();
    let stores = numbers.iter().enumerate();
    let mut code: Vec<Statement> =
        stores.map(|(index, element)| store(FREE + WORD * index, number(element))).collect();
    code.push(run("invert", [FREE.into(), end.into()]));
    code.push(run("return", [FREE.into(), (WORD * numbers.len()).into()]));
    outcome(code)
}

#[test]
fn numbers_are_inverted() {
    let numbers = [Fr::from(2), -Fr::ONE, Fr::ONE, Fr::from(2), Fr::from(1 << 50)];
    for count in 1..=numbers.len() {
        let Outcome::Success { output, .. } = inverted(&numbers[..count]) else { panic!("{count} numbers") };
        for (word, element) in output.chunks(WORD).zip(&numbers) {
            assert_eq!(BigUint::from_bytes_be(word), number(&element.invert().unwrap()));
        }
    }
}

/// The inverse of 0 would be 0, and so would be all others.
#[test]
fn zeros_are_not_inverted() {
    for place in 0..3 {
        let mut numbers = [Fr::from(2), Fr::from(3), Fr::from(4)];
        numbers[place] = Fr::ZERO;
        let Outcome::Revert { output, .. } = inverted(&numbers) else { panic!("zero at {place}") };
        assert_eq!(Refusal::from_output(&output), Some(Refusal::ZeroDivisor), "zero at {place}");
    }
}

#[test]
fn a_hash_is_hashed_with_a_one_behind_it() {
    let hash = keccak256(&[b"hash"]);
    let code = vec![
        store(FREE, call("hash_again", [BigUint::from_bytes_be(&hash).into()])),
        run("return", [FREE.into(), WORD.into()]),
    ];
    let Outcome::Success { output, .. } = outcome(code) else { panic!("no hash") };
    assert_eq!(output, keccak256(&[&hash, &[1]]));
}

#[test]
fn refusals_are_four_bytes() {
    for refusal in Refusal::ALL {
        let Outcome::Revert { output, .. } = outcome(vec![super::super::refuse(refusal)]) else {
            panic!("{refusal:?}")
        };
        assert_eq!(output, refusal.selector());
    }
}
