//! The greatest of a list in the circuit.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | values | 48 bits signed | committed to, five to an element |
//! | value and index of each that is told | 48 bits signed, 14 bits | their keys 2¹⁴·(value + 2⁴⁷) + 2¹⁴ − 1 − index fall strictly, each is one of the list, and exactly so many of the list are as great as the last: [`entry`] |
//! | which of those that the walk leaves a told one is | one bit each, one of them 1 | entries have distinct keys, so only one is equal to it |
//!
//! Keys of the list that are at least the last of the told are k in number. The told ones are k of them, all different: so they are these,
//! and in order. Digits of a key are value and index, so none has a second pair.

use halo2curves::bn256::Fr;

use super::super::native::top as native_top;
use super::super::table::Table;
use super::pick::one_hot;
use crate::assignment::{Cell, Free};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::chips::entry::{self, INDEX_BITS, KEY_BITS};
use crate::packing::NUMBER_BITS;
use crate::poseidon::Domain;
use crate::public::DecisionInputs;
use crate::ruling;
use crate::stages::commit::circuit::{Chains, pack};

const _: () = assert!(INDEX_BITS == ruling::INDEX_BITS, "an index as public inputs hold it");

/// One that is told: its index, and its key.
fn told(arith: &mut Arith<'_>, value: i64, index: usize) -> [Wire; 2] {
    let value = arith.range_signed(Free::Order, value, NUMBER_BITS);
    let index = arith.range_free(Free::Order, index, INDEX_BITS);
    let high = one() << INDEX_BITS;
    let rest = (one() << (KEY_BITS - 1)) + &high - 1;
    let key = arith.linear(&[(high, &value), (minus(1), &index)], rest);
    [index, key]
}

/// The indices of the `count` greatest values, in order, the lower index first among equals.
pub fn top(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    list: &Table,
    count: usize,
    salt: Fr,
) -> DecisionInputs<Cell> {
    let values = list.values();
    let all: Vec<[Wire; 2]> =
        native_top(values, count).into_iter().map(|index| told(arith, values[index], index)).collect();
    for pair in all.windows(2) {
        let [[_, above], [_, below]] = pair else { continue };
        arith.remainder(0, None, &[(one(), above), (minus(1), below)], -1, KEY_BITS);
    }
    let first = arith.reserve(entry::rows(values.len()));
    let [_, least] = &all[all.len() - 1];
    let walked = entry::walk(arith.assignment, first, values, count, least, chains.zero().cell);
    let commitment = chains.salted(arith, Domain::Table, list.shape(), salt, &walked.elements);
    for [_, key] in &all {
        let place = walked.keys.iter().position(|walked| walked.value == key.value).unwrap_or_default();
        let bits = one_hot(arith, Free::Order, count, place);
        let found = arith.dot(&bits, &walked.keys);
        arith.zero(&[(one(), &found), (minus(1), key)], 0);
    }
    let indices = pack(arith, all.iter().map(|[index, _]| (index, INDEX_BITS)));
    DecisionInputs { commitments: vec![commitment], outputs: vec![indices] }
}
