//! A score over criteria in the circuit: every method in one, so that one key serves all.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | raw, min, max, weight | 48 bits signed, and 32 bits | committed to; max − min in 48 bits, so that no min is above its max |
//! | whether raw ≥ min, and whether raw ≥ max | bits | the difference or its complement in 49 bits; the second is 0 if the first is |
//! | whether max > min | bit | max − min − 1 or its complement in 48 bits |
//! | x | 33 bits | `chips::euclid`: 2³³·y + d = 2·d·x + r with y from 0 to d = max − min; if that is 0, 2³² + 1 = 2·x + r; both sides below 2⁸³ |
//! | middle ones | keys 64·x + i, 39 bits | `chips::middles`; ⌈k/2⌉ keys and no more up to the lower |
//! | method | one bit each, one of them 1 | public: the sum of their numbers |
//! | whether W > 0 | bit | W − 1 or its complement in 39 bits |
//! | value | 33 bits | `chips::euclid`, both sides below 2⁸¹; the divisor is k, W or 20·W, with 1 for a W of 0 |
//! | ⌊2·V/(k²·2³²)⌉ | 32 bits | 4·V + k²·2³² = 2·k²·2³²·q + r, where r and what lacks to the divisor are in 46 bits. It is at most 2³¹: no variance of numbers up to 2³² is above 2⁶² |

use halo2curves::bn256::Fr;

use super::native::{Criteria, Criterion, Method, ONE, SINGLE};
use crate::assignment::{Cell, Free};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::chips::euclid::{Divisor, floor};
use crate::chips::middles::{PLACE_BITS, middles, one_of, value_of};
use crate::packing::NUMBER_BITS;
use crate::poseidon::Domain;
use crate::public::DecisionInputs;
use crate::stages::commit::circuit::{Chains, pack};

/// Bits of a weight.
const WEIGHT_BITS: u32 = 32;
/// Bits that differences of raw and limits fit, and twice the longest range.
const SPAN_BITS: u32 = NUMBER_BITS + 1;
/// Bits of x, of a value and of the value in a key.
const VALUE_BITS: u32 = 33;
/// Bits of a sum of weights, with a place to spare.
const WEIGHTS_BITS: u32 = 39;
/// Bits of the greatest divisor, 40 times a sum of weights.
const DIVISOR_BITS: u32 = 44;
/// Bits of 2·k²·2³².
const SPREAD_BITS: u32 = 46;

/// Criteria on the assignment.
struct CriteriaWires {
    /// x.
    values: Vec<Wire>,
    weights: Vec<Wire>,
    commitment: Cell,
}

/// Score of committed criteria, at least one, by a public method.
pub fn criteria(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    criteria: &Criteria,
    method: Method,
    salt: Fr,
) -> DecisionInputs<Cell> {
    let wires = committed(arith, chains, criteria, salt);
    let methods = one_of(arith, Free::Input, Method::ALL.len(), method.number().into());
    let terms: Vec<_> = (0..).zip(&methods).map(|(number, bit)| (number.into(), bit)).skip(1).collect();
    let number = arith.linear(&terms, 0);
    let sum = arith.sum(&wires.values);
    let value = value(arith, &wires, &methods, &sum);
    let confidence = confidence(arith, &wires.values, &sum);
    let outputs = [&number, &value, &confidence].map(|wire| wire.cell).to_vec();
    DecisionInputs { commitments: vec![wires.commitment], outputs }
}

fn committed(arith: &mut Arith<'_>, chains: &mut Chains, criteria: &Criteria, salt: Fr) -> CriteriaWires {
    let list = criteria.list();
    let (mut values, mut weights, mut elements) = (Vec::new(), Vec::new(), Vec::new());
    for Criterion { raw, min, max, weight } in list {
        let [raw, min, max] =
            [raw, min, max].map(|number| arith.range_signed(Free::Input, *number, NUMBER_BITS));
        let weight = arith.range_free(Free::Input, *weight, WEIGHT_BITS);
        let numbers = [&raw, &min, &max].map(|wire| (wire, NUMBER_BITS));
        elements.push(pack(arith, numbers.into_iter().chain([(&weight, WEIGHT_BITS)])));
        values.push(normalised(arith, [&raw, &min, &max]));
        weights.push(weight);
    }
    let commitment = chains.salted(arith, Domain::Criteria, list.len() as u64, salt, &elements);
    CriteriaWires { values, weights, commitment }
}

/// x.
fn normalised(arith: &mut Arith<'_>, [raw, min, max]: [&Wire; 3]) -> Wire {
    let span = arith.remainder(0, None, &[(one(), max), (minus(1), min)], 0, NUMBER_BITS);
    let above = arith.linear(&[(one(), raw), (minus(1), min)], 0);
    let beyond = arith.linear(&[(one(), &above), (minus(1), &span)], 0);
    let from_min = arith.not_negative(&above, SPAN_BITS);
    let from_max = arith.not_negative(&beyond, SPAN_BITS);
    // Below min 0, from max on the whole span.
    let clamped = arith.product(&from_min, &above);
    let clamped = arith.multiply_add(-1, Some((&from_max, &beyond)), &[(one(), &clamped)], 0);
    let wide = arith.not_negative(&span.clone().less(1), NUMBER_BITS);
    let divisor = arith.linear(&[(one(), &span), (minus(1), &wide)], 1);
    let by = Divisor { wire: &divisor, factor: 2, bits: SPAN_BITS };
    let terms = [(2 * one() * ONE, &clamped), (one(), &divisor), (minus(ONE), &wide)];
    floor(arith, &terms, ONE, &by, VALUE_BITS)
}

/// The value, by each method.
fn value(arith: &mut Arith<'_>, wires: &CriteriaWires, methods: &[Wire], sum: &Wire) -> Wire {
    let CriteriaWires { values, weights, .. } = wires;
    let count = arith.constant(values.len());
    let middle = double_middle(arith, values);
    let weighted = arith.dot(weights, values);
    let whole = arith.sum(weights);
    let any = arith.not_negative(&whole.clone().less(1), WEIGHTS_BITS);
    let whole = arith.linear(&[(one(), &whole), (minus(1), &any)], 1);
    let twenty = arith.linear(&[(20.into(), &whole)], 0);
    let both = arith.multiply_add(3, Some((&middle, &whole)), &[(14.into(), &weighted)], 0);
    let dividend = arith.dot(methods, &[sum.clone(), weighted, both]);
    let divisor = arith.dot(methods, &[count, whole, twenty]);
    let by = Divisor { wire: &divisor, factor: 2, bits: DIVISOR_BITS };
    floor(arith, &[(2.into(), &dividend), (one(), &divisor)], 0, &by, VALUE_BITS)
}

/// The sum of the two middle values, twice the middle one if there is one.
fn double_middle(arith: &mut Arith<'_>, values: &[Wire]) -> Wire {
    if let [single] = values {
        return arith.linear(&[(2.into(), single)], 0);
    }
    let keys: Vec<Wire> = (0_u64..)
        .zip(values)
        .map(|(place, value)| arith.linear(&[(one() << PLACE_BITS, value)], place))
        .collect();
    let low = arith.constant(values.len().div_ceil(2));
    let [lower, upper] = middles(arith, &keys, &low, VALUE_BITS + PLACE_BITS);
    if values.len() % 2 == 1 {
        let middle = value_of(arith, &lower, VALUE_BITS);
        return arith.linear(&[(2.into(), &middle)], 0);
    }
    let [lower, upper] = [lower, upper].map(|key| value_of(arith, &key, VALUE_BITS));
    arith.linear(&[(one(), &lower), (one(), &upper)], 0)
}

/// Confidence; of a single criterion a constant.
fn confidence(arith: &mut Arith<'_>, values: &[Wire], sum: &Wire) -> Wire {
    if values.len() == 1 {
        return arith.constant(SINGLE);
    }
    let count = values.len() as u64;
    let squares = arith.dot(values, values);
    let terms = [(count.into(), &squares)];
    let variance = arith.multiply_add(-1, Some((sum, sum)), &terms, 0);
    let half = one() * (count * count) * ONE;
    let whole = 2 * &half;
    let spread = arith.range_new((4 * &variance.value + &half) / &whole, WEIGHT_BITS);
    let terms = [(4.into(), &variance), (-&whole, &spread)];
    let remainder = arith.remainder(0, None, &terms, half, SPREAD_BITS);
    arith.below(&remainder, &[], whole, SPREAD_BITS);
    arith.linear(&[(minus(1), &spread)], ONE)
}
