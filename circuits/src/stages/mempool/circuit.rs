//! Mempool scores in the circuit.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | price, value of a place | 96 bits each | committed to, both in an element |
//! | whether a place is taken | one bit | no bit is above the one in front of it, and their sum n is committed to; places that are not taken hold 0 |
//! | gwei | 67 bits | Euclid: Σ price = 10⁹·d·gwei + r with r from 0 to 10⁹·d − 1 and d = max(n, 1), both sides below 2¹¹⁰; with n = 0 the sum is 0 |
//! | tag of the block | one bit each | public, in a place of its own |
//! | time, time before | 53 bits each | likewise |
//! | what is at most a limit, or at least 0 | one bit, \[x ≥ limit\] | the other bit makes the remainder negative, see `Arith::not_negative` |
//! | value part, score, confidence, seconds | 30, 7, 7, 5 bits | Euclid by a constant, both sides below 2⁹³ |
//! | predicted tag | one bit each | a or b as a + b − a·b; whether there is any by \[Σ ≥ 1\] |
//!
//! The tags are not computed here: they are public, and whoever takes them asks for a proof of tags under the same commitment.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::native::{ACTIVITY, CADENCE, ETHER, GWEI, HIGH_TAGS, MOST, PREDICTED_TAGS, TIME_BITS, UNIT};
use crate::assignment::{Cell, Free};
use crate::block::{Block, QUANTITY_BITS};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::poseidon::Domain;
use crate::public::DecisionInputs;
use crate::size::Size;
use crate::stages::commit::circuit::Chains;
use crate::stages::tags::Tag;

/// Bits of a number of transactions.
const COUNT_BITS: u32 = 12;
/// Bits of a sum of prices or values.
const SUM_BITS: u32 = QUANTITY_BITS + COUNT_BITS;
/// Bits of a mean price in gwei.
const GWEI_BITS: u32 = 67;
/// Bits of 10⁹ for each transaction.
const DIVISOR_BITS: u32 = 30 + COUNT_BITS;
/// Bits of raw, without its limit.
const RAW_BITS: u32 = 33;
/// Bits of 10·dg, or of 2000·dg, and what is added.
const RISE_BITS: u32 = GWEI_BITS + 11;
/// Bits of 1200·dt.
const MORE_BITS: u32 = COUNT_BITS + 11;
/// Bits of a sum of a few bits, less 1.
const FEW_BITS: u32 = 3;
/// Places of score, predicted tags, confidence and seconds among what is public.
const PLACES: [u32; 4] = [0, 7, 13, 20];

const _: () = assert!((Size::ALL[4].capacity().transactions as u64) < 1 << COUNT_BITS);
const _: () = assert!((1 << QUANTITY_BITS) / GWEI < 1 << GWEI_BITS && GWEI < 1 << 30);
const _: () = assert!(78_000 * UNIT < 1 << RAW_BITS, "18,000 twice, 12,000 twice and 9,000 twice");

/// A block that is committed to by its tag fields, and what is told about it.
#[derive(Clone, Copy, Debug)]
pub struct Given<'b> {
    /// The block: no larger than its size.
    pub block: &'b Block,
    /// In seconds.
    pub time: u64,
    /// Of the commitment.
    pub salt: Fr,
}

/// A block on the assignment.
struct Summed {
    commitment: Cell,
    count: Wire,
    gwei: Wire,
    values: Vec<Wire>,
}

/// Whether one of at most five bits is 1.
fn any(arith: &mut Arith<'_>, bits: &[&Wire]) -> Wire {
    let terms: Vec<_> = bits.iter().map(|bit| (one(), *bit)).collect();
    let sum = arith.linear(&terms, 0);
    arith.not_negative(&sum.less(1), FEW_BITS)
}

fn summed(arith: &mut Arith<'_>, chains: &mut Chains, size: Size, given: &Given<'_>) -> Summed {
    let places = size.capacity().transactions;
    let (mut prices, mut values, mut taken) = (Vec::new(), Vec::new(), Vec::<Wire>::new());
    let mut packed = Vec::new();
    for place in 0..places {
        let transaction = given.block.transactions.get(place);
        let [price, value] = transaction.map_or([0; 2], |found| {
            [found.tag_fields.price, found.tag_fields.value].map(|quantity| quantity.get())
        });
        let [price, value] =
            [price, value].map(|quantity| arith.range_free(Free::Input, quantity, QUANTITY_BITS));
        let element = arith.linear(&[(one(), &price), (one() << QUANTITY_BITS, &value)], 0);
        let bit = arith.bit_free(Free::Input, transaction.is_some());
        arith.multiply_zero(-1, Some((&bit, &element)), &[(one(), &element)], 0);
        if let Some(before) = taken.last() {
            arith.multiply_zero(1, Some((&bit, before)), &[(minus(1), &bit)], 0);
        }
        prices.push(price);
        values.push(value);
        taken.push(bit);
        packed.push(element.cell);
    }
    let (count, prices) = (arith.sum(&taken), arith.sum(&prices));
    let divisor = arith.linear(&[(one(), &count), (minus(1), &taken[0])], 1);
    let whole = &divisor.value * GWEI;
    let gwei = if whole > BigInt::from(0) { &prices.value / whole } else { BigInt::from(0) };
    let gwei = arith.range_free(Free::Mean, gwei, GWEI_BITS);
    let factor = minus(GWEI);
    let remainder = arith.remainder(factor, Some((&divisor, &gwei)), &[(one(), &prices)], 0, DIVISOR_BITS);
    arith.below(&remainder, &[(GWEI.into(), &divisor)], 0, DIVISOR_BITS);
    let elements: Vec<Cell> = std::iter::once(count.cell).chain(packed).collect();
    let commitment = chains.salted(arith, Domain::TagFields, u64::from(size.number()), given.salt, &elements);
    Summed { commitment, count, gwei, values }
}

/// What has changed since the snapshot before: both not less than 0; whether the price has risen by more than 8; the time between.
struct Changed {
    gwei: Wire,
    transactions: Wire,
    jump: Wire,
    cadence: Wire,
    time: Wire,
    commitment: Cell,
}

fn changed(arith: &mut Arith<'_>, now: &Summed, time: &Wire, before: Summed, then: u64) -> Changed {
    let then = arith.range_free(Free::Input, then, TIME_BITS);
    let more = arith.linear(&[(one(), &now.gwei), (minus(1), &before.gwei)], 0);
    let jump = arith.not_negative(&more.clone().less(9), GWEI_BITS + 1);
    let gwei = arith.at_least_zero(&more, GWEI_BITS);
    let more = arith.linear(&[(one(), &now.count), (minus(1), &before.count)], 0);
    let transactions = arith.at_least_zero(&more, COUNT_BITS);
    let passed = arith.linear(&[(one(), time), (minus(1), &then)], 0);
    let back = arith.linear(&[(minus(1), &passed)], 0);
    let [forth, back] = [&passed, &back].map(|passed| arith.not_negative(passed, TIME_BITS + 1));
    // At the same time both are 1, and what is above 2 seconds is 0.
    let same = arith.product(&forth, &back);
    let above = arith.at_least_zero(&passed.less(2), TIME_BITS + 1);
    let above = arith.at_most(&above, 18, TIME_BITS + 1);
    let cadence = arith.linear(&[(one(), &above), (BigInt::from(CADENCE - 2), &same)], 2);
    Changed { gwei, transactions, jump, cadence, time: then, commitment: before.commitment }
}

/// What a pending block, and perhaps a snapshot before, says of the next block. Bit b of `mask` is tag b of the block.
pub fn mempool(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    size: Size,
    mask: u64,
    now: Given<'_>,
    before: Option<Given<'_>>,
) -> DecisionInputs<Cell> {
    let present = summed(arith, chains, size, &now);
    let value = arith.sum(&present.values);
    let time = arith.range_free(Free::Input, now.time, TIME_BITS);
    let changed = before.map(|before| {
        let past = summed(arith, chains, size, &before);
        changed(arith, &present, &time, past, before.time)
    });
    let tags: Vec<Wire> =
        Tag::ALL.into_iter().map(|tag| arith.bit_free(Free::Input, mask >> tag.bit() & 1 == 1)).collect();
    let high = any(arith, &HIGH_TAGS.map(|tag| &tags[tag as usize]));

    let count = arith.at_most(&present.count, 150, COUNT_BITS);
    let gwei = arith.at_most(&present.gwei, 80, GWEI_BITS);
    let value = arith.at_most(&value, 1500 * ETHER, SUM_BITS);
    let value = arith.divided(&[(BigInt::from(16 * UNIT), &value)], ETHER, 2 * ETHER, 30);
    let units = |count: u64| BigInt::from(UNIT * count);
    let mut terms = vec![(units(120), &count), (units(225), &gwei), (one(), &value), (units(12_000), &high)];
    let rises = changed.as_ref().map(|changed| {
        [(2000, &changed.gwei, RISE_BITS), (1200, &changed.transactions, MORE_BITS)].map(
            |(rate, by, bits)| {
                let rise = arith.linear(&[(BigInt::from(rate), by)], 0);
                arith.at_most(&rise, 9000, bits)
            },
        )
    });
    terms.extend(rises.iter().flatten().map(|rise| (units(1), rise)));
    let raw = arith.linear(&terms, 0);
    let raw = arith.at_most(&raw, u128::from(MOST * UNIT), RAW_BITS);
    let unit = u128::from(600 * UNIT);
    let score = arith.divided(&[(2.into(), &raw)], unit, 2 * unit, 7);

    let dear = arith.not_negative(&present.gwei.clone().less(61), GWEI_BITS);
    let dear = match &changed {
        Some(changed) => arith.either(&dear, &changed.jump),
        None => dear,
    };
    let mut predicted = vec![dear];
    for bit in ACTIVITY {
        let [a, b] = [0, 1].map(|place| &tags[PREDICTED_TAGS[bit].1[place] as usize]);
        predicted.push(arith.either(a, b));
    }
    let found = any(arith, &predicted.iter().collect::<Vec<_>>());

    let mut terms = vec![(6.into(), &score)];
    terms.extend(changed.as_ref().map(|changed| (10.into(), &changed.gwei)));
    let confidence = arith.linear(&terms, 200);
    let confidence = arith.at_most(&confidence, 1000, RISE_BITS);
    let confidence = arith.divided(&[(one(), &confidence)], 5, 10, 7);

    let rest = arith.linear(&[(minus(1), &score)], 200);
    let ahead = match &changed {
        Some(changed) => arith.product(&changed.cadence, &rest),
        None => arith.linear(&[(BigInt::from(CADENCE), &rest)], 0),
    };
    let eta = arith.divided(&[(one(), &ahead)], 100, 200, 5);
    let eta = arith.at_least_zero(&eta.less(3), 5).shifted(-3);

    let mut terms: Vec<_> = tags.iter().enumerate().map(|(bit, tag)| (one() << bit, tag)).collect();
    terms.push((one() << Tag::ALL.len(), &time));
    terms.extend(
        changed.as_ref().map(|changed| (one() << (Tag::ALL.len() as u32 + TIME_BITS), &changed.time)),
    );
    let told = arith.linear(&terms, 0);
    let mut terms = vec![(one(), &score)];
    terms.extend(predicted.iter().zip(PLACES[1]..).map(|(tag, place)| (one() << place, tag)));
    // Where there is none it is a mixture.
    let mixed = one() << (PLACES[2] - 1);
    terms.push((-mixed.clone(), &found));
    terms.extend([(one() << PLACES[2], &confidence), (one() << PLACES[3], &eta)]);
    let prediction = arith.linear(&terms, mixed);
    let commitments = std::iter::once(present.commitment).chain(changed.map(|changed| changed.commitment));
    DecisionInputs { commitments: commitments.collect(), outputs: vec![told.cell, prediction.cell] }
}
