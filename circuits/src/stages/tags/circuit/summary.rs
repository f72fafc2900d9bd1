//! What the sums say of the block.

use num_bigint::BigInt;

use crate::assignment::Free;
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::chips::rules::record::{COUNT_BITS, GAS_BITS, GAS_LOW, ROWS};
use crate::findings::{RULE_COUNT_BITS, SHARE_BITS, TAG_BITS};
use crate::fixed::round_div;
use crate::sets::Tag;
use crate::sets::places::{CLASS_BITS, CLASS_TAGS, FIRST_CLASS, TEXT_CATEGORIES};
use crate::stages::tags::BUSY;

/// Fraction bits of a share.
const SHARE_FRACTION: u32 = 32;
/// Bits that a remainder by 2·G′ fits.
const SPARE_BITS: u32 = 64;
/// Tags that fields of adapters make: the first, and how many.
const ADAPTER_TAGS: (u32, usize) = (Tag::AmlAlert as u32, FIRST_CLASS as usize - Tag::AmlAlert as usize);

/// Tags of the block by bit, and what is public.
pub fn summary(
    arith: &mut Arith<'_>,
    count: &Wire,
    sums: &[Wire; ROWS],
    adapter: Option<&Wire>,
) -> (Vec<Option<Wire>>, [Wire; 4]) {
    let [classes, fees, categories, volumes, large] = sums;
    let mut tags: Vec<Option<Wire>> = vec![None; Tag::ALL.len()];
    let counts: Vec<u32> = std::iter::repeat_n(COUNT_BITS, TEXT_CATEGORIES).chain([GAS_BITS; 3]).collect();
    debug_assert_eq!(GAS_LOW[0], COUNT_BITS * TEXT_CATEGORIES as u32);
    let mut parts = digits(arith, categories, &counts);
    let [all, dex, nft] = [4, 5, 6].map(|i| parts[i].clone());
    parts.truncate(TEXT_CATEGORIES);
    parts.push(fees.clone());
    for (bit, part) in parts.iter().enumerate() {
        tags[bit] = Some(arith.not_negative(&part.clone().less(1), COUNT_BITS));
    }
    tags[Tag::LargeValue as usize] = Some(arith.not_negative(&large.clone().less(1), COUNT_BITS));
    let busy = count.clone().less(BUSY as u64 + 1);
    tags[Tag::HighThroughput as usize] = Some(arith.not_negative(&busy, COUNT_BITS));
    let of_records = |arith: &mut Arith<'_>, sum: &Wire, first: u32, found: usize| {
        let parts = digits(arith, sum, &vec![CLASS_BITS; found]);
        let bits = parts.iter().map(|part| Some(arith.not_negative(&part.clone().less(1), CLASS_BITS)));
        let bits: Vec<Option<Wire>> = bits.collect();
        (first as usize, bits)
    };
    let mut found = vec![of_records(arith, classes, FIRST_CLASS, CLASS_TAGS)];
    found.extend(adapter.map(|sum| of_records(arith, sum, ADAPTER_TAGS.0, ADAPTER_TAGS.1)));
    for (first, bits) in found {
        bits.into_iter().zip(&mut tags[first..]).for_each(|(bit, tag)| *tag = bit);
    }

    let bits = (0..).zip(&tags).filter_map(|(bit, tag)| Some((one() << bit, tag.as_ref()?)));
    let mut terms: Vec<(BigInt, &Wire)> = bits.collect();
    terms.push((one() << TAG_BITS, count));
    let mask = arith.linear(&terms, 0);
    let terms: Vec<_> = (0..).zip(&parts).map(|(i, part)| (one() << (RULE_COUNT_BITS * i), part)).collect();
    let counts = arith.linear(&terms, 0);
    // G, or 1 if it is 0, when both parts are.
    let some = arith.not_negative(&all.clone().less(1), GAS_BITS);
    let whole = arith.linear(&[(one(), &all), (minus(1), &some)], 1);
    let shares = [dex, nft].map(|part| share(arith, &part, &whole));
    let terms =
        [(one(), &all), (one() << GAS_BITS, &shares[0]), (one() << (GAS_BITS + SHARE_BITS), &shares[1])];
    let gas = arith.linear(&terms, 0);
    (tags, [mask, counts, gas, volumes.clone()])
}

/// Digits of so many bits each, low ones first.
fn digits(arith: &mut Arith<'_>, sum: &Wire, bits: &[u32]) -> Vec<Wire> {
    let mut low = 0;
    let (mut parts, mut factors) = (Vec::new(), Vec::new());
    for bits in bits {
        let digit = (&sum.value >> low) & ((one() << *bits) - 1);
        parts.push(arith.range_new(digit, *bits));
        factors.push(one() << low);
        low += bits;
    }
    assert!(low <= 252, "digits of {low} bits");
    let mut terms: Vec<_> = factors.into_iter().zip(&parts).collect();
    terms.push((minus(1), sum));
    arith.zero(&terms, 0);
    parts
}

/// ⌊2³²·part / whole⌉ for part ≤ whole, or part = 0 and whole = 1.
fn share(arith: &mut Arith<'_>, part: &Wire, whole: &Wire) -> Wire {
    let quotient = round_div(&(&part.value << SHARE_FRACTION), &whole.value.clone().max(one()));
    let quotient = arith.range_free(Free::Mean, quotient, SHARE_RANGE);
    let terms = [(one() << (SHARE_FRACTION + 1), part), (one(), whole)];
    let remainder = arith.remainder(-2, Some((whole, &quotient)), &terms, 0, SPARE_BITS);
    arith.below(&remainder, &[(2.into(), whole)], 0, SPARE_BITS);
    quotient
}

/// Bits that a share fits, at least [`SHARE_BITS`]: it is at most 1.
const SHARE_RANGE: u32 = 34;
const _: () = assert!(SHARE_RANGE >= SHARE_BITS && COUNT_BITS == RULE_COUNT_BITS);
