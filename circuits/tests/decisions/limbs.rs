//! Limbs wider than they should be, and a copy that is not there: other witnesses that take several cells at once. Of each it is seen that one part of the
//! circuit alone objects; `tests/mutants` leaves these parts out one at a time, and finds none of these.

use foldproof_circuits::assignment::{Cell, Free, Lies};
use foldproof_circuits::chips::{at, fixed_at, table};
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::fixed::{to_integer, to_u64};
use foldproof_circuits::public::SubjectInputs;
use foldproof_circuits::stages::consensus::Method;
use foldproof_circuits::stages::signals::Departure;
use foldproof_circuits::stages::simhash::{Signature, normalised};
use foldproof_circuits::testing::samples::codebook;
use foldproof_circuits::testing::samples::scores::consensus;
use foldproof_circuits::testing::{Examiner, Forger, Killer};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::nearest::limbs;
use super::signals::{departure, drawn, drift};

/// That a limb is not of so many bits.
fn limb(bits: u32) -> Killer {
    Killer::Limb(table::width(bits).unwrap())
}

/// Lies that nobody but these object to, which would commit to the same and tell something else.
fn only_these_object(forger: &Forger, lies: &Lies, expected: &[Killer]) {
    let lied = forger.lie(lies.clone());
    let parts = |inputs: SubjectInputs<Fr>| match inputs {
        SubjectInputs::Decision(inputs) => (inputs.commitments, inputs.outputs),
        _ => panic!("a decision"),
    };
    let [(committed, told), (honest, truth)] =
        [&lied, forger.honest()].map(|layout| parts(layout.instance().subject.clone()));
    assert_eq!(committed, honest, "{}", forger.honest().statement());
    assert_ne!(told, truth, "{}", forger.honest().statement());
    let killers = Examiner::new(forger.honest()).refusals(&lied);
    assert_eq!(killers.into_iter().collect::<Vec<_>>(), expected, "{}", forger.honest().statement());
}

/// An element has no second reading: a value more than its bits hold by one beyond, the next one less by what makes up for that.
#[test]
fn values_of_fingerprints_have_thirty_six_bits() {
    let all = [drift(vec![drawn(1, 33), drawn(2, 33), drawn(3, 33)]), {
        let centres = [drawn(5, 33), drawn(6, 33), drawn(6, 33)];
        departure(drawn(2, 33), &centres, Departure::USUAL, true)
    }];
    for evidence in all {
        let forger = Forger::of_decision(evidence);
        let assignment = forger.honest().assignment();
        let mut values = forger.free(Free::Input);
        values.retain(|cell| {
            let tag = |limb: usize| to_u64(assignment.fixed_at(fixed_at::TAG + limb, cell.row));
            cell.column == at::E && tag(3) == table::width(6)
        });
        values.sort_by_key(|cell| cell.row);
        for (high, expected) in [(36, limb(6)), (40, limb(0))] {
            let [one, next] = [values[0], values[1]].map(|cell| (cell, to_integer(assignment.read(cell))));
            let beyond = |low: u32| BigInt::from(1) << low;
            let lies = Lies::from([(one.0, one.1 + beyond(high)), (next.0, next.1 - beyond(high - 36))]);
            only_these_object(&forger, &lies, &[expected]);
        }
    }
}

/// The bit of the first centre is copied to where it is counted: without that none is the nearest, at no distance, and the first is told.
#[test]
fn the_bit_of_a_centre_is_the_one_that_is_counted() {
    let centres = [drawn(5, 33), drawn(6, 33), drawn(6, 33)];
    let forger = Forger::of_decision(departure(drawn(7, 33), &centres, Departure::USUAL, true));
    let assignment = forger.honest().assignment();
    let mut bits = forger.free(Free::Order);
    bits.sort_by_key(|cell| cell.row);
    assert_eq!(bits.len(), centres.len());
    // What is left of 1 after the first bit.
    let (place, counted) = assignment
        .copies()
        .iter()
        .enumerate()
        .find(|(_, (from, to))| *from == bits[0] && to.column == at::B && to.row != from.row)
        .map(|(place, (_, to))| (place, *to))
        .unwrap();
    let left = Cell { column: at::D, row: counted.row };
    let mut lies: Lies = bits.iter().map(|bit| (*bit, 0.into())).collect();
    lies.insert(left, 0.into());
    only_these_object(
        &forger,
        &lies,
        &[Killer::Gate("Arith / K0 ab + K1 a + K2 b + K3 c + K4 d + K7".to_owned())],
    );
    let lied = forger.lie(lies);
    let mut freed = lied.assignment().clone().without_copy(place);
    freed.write(counted.column, counted.row, Fr::one());
    let freed = lied.forged(freed);
    assert_eq!(Examiner::new(&freed).breaches(&freed).into_iter().collect::<Vec<_>>(), []);
}

/// A signature of 64 bits, and who is nearest to it in an index.
fn nearest(index: impl Fn(u64) -> Vec<u64>) -> (Forger, u64) {
    let (values, codebook) = (drawn(4, 34), codebook(4, 64));
    let query = Signature::of_values(&normalised(&values, &codebook)).bits;
    let index = index(query);
    let evidence = Evidence::Nearest { values: Box::new(values), codebook: Box::new(codebook), index };
    (Forger::of_decision(evidence), query)
}

/// A sum that is positive is so for a bit of 2 as well: the signature is another.
#[test]
fn bits_of_signatures_are_bits() {
    let (forger, query) = nearest(|query| vec![query, !query]);
    let mut bits = forger.free(Free::NotNegative);
    bits.sort_by_key(|cell| cell.row);
    let of_signature = &bits[bits.len() - 64..];
    // A bit of 2 in front of a 0 stands for both of them in the wrong order.
    let place = (0..63).find(|place| query >> place & 3 == 1).unwrap();
    let lies = Lies::from([(of_signature[place], 2.into())]);
    only_these_object(&forger, &lies, &[limb(1)]);
}

/// A distance to another signature, one more than that of the fingerprint: the key of an entry that is nearer than what is told is then past
/// all keys, and no longer below.
#[test]
fn differences_of_keys_have_seventeen_bits() {
    let far = |query: u64| query ^ ((1 << 40) - 1);
    let near = |query: u64| query ^ (0x1ff << 32);
    let (forger, query) = nearest(|query| vec![near(query), far(query)]);
    let least = forger.free(Free::Least);
    let honest = forger.honest().assignment();
    let [distance, position] =
        [9, 0].map(|value| *least.iter().find(|cell| honest.read(**cell) == Fr::from(value)).unwrap());
    let [stored, asked] = [near(query), query].map(|bits| bits & 15);
    assert!(asked < 15, "one more changes the first nibble only");
    let (first, tag) = (limbs(forger.honest())[0][0], table::distance(0));
    let lies = Lies::from([
        (distance, 40.into()),
        (position, 1.into()),
        (first, table::element(tag, table::pair(stored, asked + 1))),
    ]);
    only_these_object(&forger, &lies, &[limb(7)]);
}

/// A stake of 2⁶⁴ more, and a score of the next validator that is one less: the element is the same, but such a stake has no root of 56
/// bits, so that limbs of either object.
#[test]
fn stakes_have_sixty_four_bits() {
    let rows = [(100, 7, 9), (95, 1 << 20, 3), (105, 5, u64::MAX), (95, 9, 77)];
    for method in [Method::StakeWeighted, Method::Robust] {
        let forger = Forger::of_decision(consensus(&rows, method, (2, 1)));
        let assignment = forger.honest().assignment();
        let inputs = forger.free(Free::Input);
        let holds = |value: u64| {
            let is_it = |cell: &&Cell| cell.column == at::E && assignment.read(**cell) == Fr::from(value);
            *inputs.iter().find(is_it).unwrap()
        };
        let lies = Lies::from([(holds(9), (BigInt::from(1) << 64) + 9), (holds(95), 94.into())]);
        only_these_object(&forger, &lies, &[limb(4), limb(6)]);
    }
}
