//! Numbers come out right and within their bounds, whatever is added to what.

use ff::{Field, PrimeField};
use foldproof_verifier::big_endian;
use foldproof_verifier::plonk::{Input, Value, Values};
use halo2curves::bn256::Fr;
use num_bigint::BigUint;

use super::super::arithmetic::{Bounded, Constants, MOST, Writer};
use super::super::code::store;
use super::super::memory::{MODULUS, TWICE_MODULUS, WORD};
use super::super::{modulus, number};
use crate::machine::{Machine, Outcome};
use crate::yul::{Expr, Statement, call, compile, run};

/// Where numbers that are given lie; then those that are constants, and those that are kept.
const GIVEN: usize = 0x100;
const CONSTANTS: usize = 0x400;
const KEPT: usize = 0x4000;
/// Where results lie.
const RESULTS: usize = 0x40000;

/// The words that a program leaves behind.
fn words(mut code: Vec<Statement>, count: usize) -> Vec<BigUint> {
    code.push(run("return", [RESULTS.into(), (WORD * count).into()]));
    let mut machine = Machine::default();
    machine.set_code([1; 20], &compile(&code, &[]).unwrap().code);
    let outcome = machine.call([2; 20], [1; 20], &[]).unwrap();
    let Outcome::Success { output, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(output.len(), WORD * count);
    output.chunks(WORD).map(BigUint::from_bytes_be).collect()
}

fn beginning() -> Vec<Statement> {
    vec![store(MODULUS, modulus()), store(TWICE_MODULUS, modulus() * 2_u64)]
}

/// The next of a sequence that looks random.
fn draw(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    usize::try_from(*state >> 33).unwrap() % below
}

/// Expressions drawn at random over numbers at the ends of the field, of which many are shared.
#[test]
fn values_are_right_and_within_their_bounds() {
    let given = [Fr::ZERO, Fr::ONE, -Fr::ONE, Fr::from(7).invert().unwrap(), -Fr::from(2), Fr::from(1 << 40)];
    let mut widest = 0;
    for seed in 0..40 {
        let state = &mut (seed + 1);
        let mut values = Values::default();
        let mut known: Vec<(Value, Fr)> = Vec::new();
        for (index, value) in given.iter().enumerate() {
            known.push((values.input(Input::Number(index)), *value));
            known.push((values.constant(*value), *value));
        }
        for _ in 0..60 {
            let [(a, x), (b, y)] = [0; 2].map(|_| known[draw(state, known.len())]);
            known.push(match draw(state, 7) {
                0 => (values.product(a, b), x * y),
                1 => (values.negative(a), -x),
                2 | 3 => (values.difference(a, b), x - y),
                _ => (values.sum(a, b), x + y),
            });
        }
        let roots = &known[known.len() - 40..];
        let mut constants = Constants::starting_at(CONSTANTS);
        let mut next = KEPT;
        let place = |input| match input {
            Input::Number(index) => (GIVEN + WORD * index, "given".to_owned()),
            other => panic!("{other:?}"),
        };
        let evaluated = values.evaluate(|input, _| match input {
            Input::Number(index) => given.get(index).copied(),
            _ => None,
        });
        let evaluated = evaluated.unwrap();
        assert!(known.iter().all(|(value, expected)| evaluated.get(*value) == Some(*expected)));
        let numbers = roots.iter().map(|(value, _)| *value);
        let mut writer = Writer::new(&values, numbers, &place, &mut next, &mut constants);
        let mut written = Vec::new();
        let mut bounds = Vec::new();
        for (index, (value, _)) in roots.iter().enumerate() {
            let Bounded { expr, bound } = writer.write(*value, &mut written);
            written.push(store(RESULTS + WORD * index, expr));
            bounds.push(bound);
        }
        let mut code = beginning();
        code.extend(
            given.iter().enumerate().map(|(index, value)| store(GIVEN + WORD * index, number(value))),
        );
        let data = constants.numbers.iter().enumerate();
        code.extend(data.map(|(index, constant)| store(CONSTANTS + WORD * index, number(constant))));
        code.extend(written);
        for ((found, (_, expected)), bound) in words(code, roots.len()).iter().zip(roots).zip(bounds) {
            assert_eq!(found % modulus(), number(expected), "seed {seed}");
            assert!(*found < modulus() * bound, "seed {seed}: {bound}");
            assert!(bound <= MOST);
            widest = widest.max(bound);
        }
    }
    // Nothing would be tested if all were reduced.
    assert_eq!(widest, MOST);
}

/// Each operation at the largest numbers that its operands may be.
#[test]
fn operations_hold_at_their_bounds() {
    type Operation = (fn(Bounded, Bounded) -> Bounded, fn(Fr, Fr) -> Fr);
    let operations: [Operation; 3] =
        [(Bounded::plus, |a, b| a + b), (Bounded::minus, |a, b| a - b), (Bounded::times, |a, b| a * b)];
    let mut code = beginning();
    let mut expected = Vec::new();
    let field = |number: &BigUint| {
        let mut repr = [0; 32];
        for (to, from) in repr.iter_mut().zip((number % modulus()).to_bytes_le()) {
            *to = from;
        }
        Fr::from_repr(repr).unwrap()
    };
    for left in 1..=MOST {
        for right in 1..=MOST {
            for [a, b] in [[1_u64, 1], [0, 1], [1, 0], [0, 0]] {
                // The largest number below so many times r, or 0.
                let [a, b] =
                    [(a, left), (b, right)].map(|(is_large, bound)| (modulus() * bound - 1_u64) * is_large);
                for (operation, field_operation) in operations {
                    let [x, y] = [(&a, left), (&b, right)]
                        .map(|(number, bound)| Bounded { expr: number.clone().into(), bound });
                    let result = operation(x, y);
                    assert!(result.bound <= MOST);
                    let place = RESULTS + 2 * WORD * expected.len();
                    code.push(store(place, result.clone().expr));
                    code.push(store(place + WORD, result.clone().reduce()));
                    expected.push((number(&field_operation(field(&a), field(&b))), result.bound));
                }
            }
        }
    }
    for (found, (expected, bound)) in words(code, 2 * expected.len()).chunks(2).zip(expected) {
        assert!(found[0] < modulus() * bound);
        assert_eq!(found[1], expected);
    }
}

/// Six times r does not fit in a word, five times do.
#[test]
fn most_is_the_most() {
    let word = BigUint::from(1_u64) << 256_u32;
    assert!(modulus() * MOST < word && modulus() * (MOST + 1) > word);
}

#[test]
fn numbers_of_data_lie_there_once() {
    let mut constants = Constants::starting_at(CONSTANTS);
    let [large, other] = [-Fr::ONE, -Fr::from(2)];
    let load = |place: usize| call("mload", [place.into()]);
    assert_eq!(constants.load(Fr::from(0xff_ffff)), Expr::from(0xff_ffff_u64));
    assert_eq!(constants.load(Fr::from(0x100_0000)), load(CONSTANTS));
    assert_eq!(constants.load(large), load(CONSTANTS + WORD));
    assert_eq!(constants.load(other), load(CONSTANTS + 2 * WORD));
    assert_eq!(constants.load(large), load(CONSTANTS + WORD));
    assert_eq!(constants.numbers, [Fr::from(0x100_0000), large, other]);
    assert_eq!(big_endian(&constants.numbers[1])[31], 0);
}
