//! The two middle ones of a list, without sorting it.
//!
//! Keys are distinct: each is a value in front of [`PLACE_BITS`] bits of its place.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | which key is the lower one, which the upper | one bit each, one of them 1 | the lower is below the upper, by a difference in range |
//! | whether a key is at most the lower one | bits, as many of them 1 as are asked for | a key with bit 1 is not above the lower one, one with bit 0 not below the upper: differences in range. So those with bit 1 are exactly the keys up to the lower one, and there is one key that has so many up to it; the upper is the next |
//! | value of a key | the key without its last bits | value and place are digits |

use num_bigint::BigInt;

use super::arith::{Arith, Wire, minus, one};
use crate::assignment::Free;

/// Bits of a place.
pub const PLACE_BITS: u32 = 6;

/// So many bits, one of which is 1.
pub fn one_of(arith: &mut Arith<'_>, free: Free, count: usize, chosen: usize) -> Vec<Wire> {
    // Bits of their own rows: there are fewer range checks than multiply-adds.
    let bits: Vec<Wire> = (0..count).map(|i| arith.range_free(free, u8::from(i == chosen), 1)).collect();
    let terms: Vec<_> = bits.iter().map(|bit| (one(), bit)).collect();
    arith.zero(&terms, -1);
    bits
}

/// The value in a key whose value has `bits` bits.
pub fn value_of(arith: &mut Arith<'_>, key: &Wire, bits: u32) -> Wire {
    let value = arith.range_new(&key.value >> PLACE_BITS, bits);
    let place = arith.range_new(&key.value & BigInt::from((1 << PLACE_BITS) - 1), PLACE_BITS);
    arith.zero(&[(one(), key), (minus(1 << PLACE_BITS), &value), (minus(1), &place)], 0);
    value
}

/// Of two and more distinct keys below 2^bits the one up to which there are `count`, and the next, for a `count` from 1 to all but one.
pub fn middles(arith: &mut Arith<'_>, keys: &[Wire], count: &Wire, bits: u32) -> [Wire; 2] {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|a, b| keys[*a].value.cmp(&keys[*b].value));
    let low = usize::try_from(&count.value).unwrap_or_default().clamp(1, keys.len() - 1);
    let is_low = |i: usize| order[..low].contains(&i);
    let flags: Vec<Wire> =
        (0..keys.len()).map(|i| arith.range_free(Free::Order, u8::from(is_low(i)), 1)).collect();
    let mut terms: Vec<_> = flags.iter().map(|flag| (one(), flag)).collect();
    terms.push((minus(1), count));
    arith.zero(&terms, 0);
    let [lower, upper] = [order[low - 1], order[low]].map(|place| {
        let chosen = one_of(arith, Free::Order, keys.len(), place);
        arith.dot(&chosen, keys)
    });
    // What is on the other side is let off by more than any key.
    let off = one() << bits;
    for (key, flag) in keys.iter().zip(&flags) {
        let terms = [(one(), &lower), (minus(1), key), (minus(off.clone()), flag)];
        arith.remainder(0, None, &terms, off.clone(), bits + 1);
        let terms = [(one(), key), (minus(1), &upper), (off.clone(), flag)];
        arith.remainder(0, None, &terms, 0, bits + 1);
    }
    arith.below(&lower, &[(one(), &upper)], 0, bits);
    [lower, upper]
}
