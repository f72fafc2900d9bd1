//! The value, by each method.

use num_bigint::BigInt;

use super::method::MethodWires;
use super::places::Places;
use super::spread::{KEY_BITS, Spread, VALUE_BITS};
use crate::assignment::Free;
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::chips::euclid::{Divisor, floor};
use crate::chips::middles::{one_of, value_of};
use crate::fixed::floor_sqrt;
use crate::stages::consensus::native::Method;

/// Bits of a sum of confidences, with a place to spare.
const CERTAIN_BITS: u32 = 32;
/// Of n.
const COUNT_BITS: u32 = 7;
/// Of a sum of stakes.
const STAKES_BITS: u32 = 71;
/// Of the root of 2⁴⁸·stake, and of its remainders.
const ROOT_BITS: u32 = 56;
const ROOT_SPARE_BITS: u32 = 58;
/// Of a sum of confidences times roots, which is the widest of weights, and of twice that.
const WEIGHTS_BITS: u32 = 87;
/// Of a mean at 2⁻³².
const MEAN_BITS: u32 = 33;

/// The value at 2⁻³²; of too few validators 0.
pub(super) fn value(arith: &mut Arith<'_>, places: &Places, spread: &Spread, methods: &MethodWires) -> Wire {
    let certain = arith.not_negative(&spread.certain.clone().less(1), CERTAIN_BITS);
    let mean = mean(arith, places, spread, methods, &certain);
    let half = weighted_median(arith, places, spread, &certain);
    let by_half = arith.product(methods.is(Method::WeightedMedian), &certain);
    let terms = [
        (one(), methods.is(Method::Median)),
        (one(), methods.is(Method::WeightedMedian)),
        (minus(1), &by_half),
    ];
    let by_median = arith.linear(&terms, 0);
    let terms = [(minus(1), methods.is(Method::Median)), (minus(1), methods.is(Method::WeightedMedian))];
    let by_mean = arith.linear(&terms, 1);
    let value = arith.multiply_add(128, Some((&by_median, &spread.median)), &[], 0);
    let value = arith.multiply_add(256, Some((&by_half, &half)), &[(one(), &value)], 0);
    let value = arith.multiply_add(1, Some((&by_mean, &mean)), &[(one(), &value)], 0);
    arith.product(&value, places.enough())
}

/// The score of the first by (v, i) up to which there is half of the confidence; if there is none, of place 0.
fn weighted_median(arith: &mut Arith<'_>, places: &Places, spread: &Spread, certain: &Wire) -> Wire {
    let mut weights = places.confidences.clone();
    weights[0] = arith.linear(&[(one(), &weights[0]), (minus(1), certain)], 1);
    let whole = arith.linear(&[(one(), &spread.certain), (minus(1), certain)], 1);
    let bits = one_of(arith, Free::Order, weights.len(), reached(&spread.keys, &weights));
    let key = arith.dot(&bits, &spread.keys);
    let weight = arith.dot(&bits, &weights);
    let up_to: Vec<Wire> = spread
        .keys
        .iter()
        .map(|other| {
            let difference = arith.linear(&[(one(), &key), (minus(1), other)], 0);
            arith.not_negative(&difference, KEY_BITS + 1)
        })
        .collect();
    let up_to = arith.dot(&up_to, &weights);
    arith.remainder(0, None, &[(2.into(), &up_to), (minus(1), &whole)], 0, CERTAIN_BITS);
    let terms = [(one(), &whole), (minus(2), &up_to), (2.into(), &weight)];
    arith.remainder(0, None, &terms, -1, CERTAIN_BITS);
    value_of(arith, &key, VALUE_BITS)
}

/// The place at which half of the weight is reached, for who fills the assignment to know.
fn reached(keys: &[Wire], weights: &[Wire]) -> usize {
    let mut order: Vec<usize> = (0..keys.len()).collect();
    order.sort_by(|a, b| keys[*a].value.cmp(&keys[*b].value));
    let whole: BigInt = weights.iter().map(|weight| &weight.value).sum();
    let mut so_far = BigInt::from(0);
    let found = order.into_iter().find(|i| {
        so_far += &weights[*i].value;
        &so_far * 2 >= whole
    });
    found.unwrap_or_default()
}

/// M of the weights that the method asks for, or of those that stand in for them if they sum to 0.
fn mean(
    arith: &mut Arith<'_>,
    places: &Places,
    spread: &Spread,
    methods: &MethodWires,
    certain: &Wire,
) -> Wire {
    let Places { scores, confidences, stakes, .. } = places;
    let weights: Vec<Wire> = (0..scores.len())
        .map(|i| {
            let (outlier, confidence) = (&spread.outliers[i], &confidences[i]);
            let clean = arith.multiply_add(-1, Some((outlier, confidence)), &[(one(), confidence)], 0);
            let root = root(arith, &stakes[i]);
            arith.product(&clean, &root)
        })
        .collect();
    let staked = arith.sum(stakes);
    let robust = arith.sum(&weights);
    let clean = arith.linear(&[(one(), &places.count), (minus(1), &spread.far)], 0);
    let outliers = arith.dot(&spread.outliers, scores);
    // Products of weights and scores, their divisors, and which of them count.
    let products = [
        arith.linear(&[(one(), &spread.sum), (minus(1), &outliers)], 0),
        arith.dot(stakes, scores),
        arith.dot(confidences, scores),
        arith.dot(&weights, scores),
        spread.sum.clone(),
    ];
    let [clean_is, staked_is, robust_is] =
        [(&clean, COUNT_BITS), (&staked, STAKES_BITS), (&robust, WEIGHTS_BITS)]
            .map(|(sum, bits)| arith.not_negative(&sum.clone().less(1), bits));
    let by_stake = arith.product(methods.is(Method::StakeWeighted), &staked_is);
    let by_confidence = arith.product(methods.is(Method::ConfidenceWeighted), certain);
    let by_robust = arith.product(methods.is(Method::Robust), &robust_is);
    let terms = [
        (one(), methods.is(Method::TrimmedMean)),
        (one(), methods.is(Method::Robust)),
        (minus(1), &by_robust),
    ];
    let trimmed = arith.linear(&terms, 0);
    let by_clean = arith.product(&trimmed, &clean_is);
    let terms = [&by_clean, &by_stake, &by_confidence, &by_robust].map(|bit| (minus(1), bit));
    let by_none = arith.linear(&terms, 1);
    let chosen = [by_clean, by_stake, by_confidence, by_robust, by_none];
    let divisors = [clean, staked, spread.certain.clone(), robust, places.divisor.clone()];
    let product = arith.dot(&chosen, &products);
    let divisor = arith.dot(&chosen, &divisors);
    let by = Divisor { wire: &divisor, factor: 2, bits: WEIGHTS_BITS };
    floor(arith, &[(512.into(), &product), (one(), &divisor)], 0, &by, MEAN_BITS)
}

/// ⌊√(2⁴⁸·stake)⌋.
fn root(arith: &mut Arith<'_>, stake: &Wire) -> Wire {
    let square = one() << 48;
    let found: BigInt = &stake.value * &square;
    let root = arith.range_free(Free::Root, floor_sqrt(&found.max(0.into())), ROOT_BITS);
    let remainder = arith.remainder(-1, Some((&root, &root)), &[(square, stake)], 0, ROOT_SPARE_BITS);
    arith.below(&remainder, &[(2.into(), &root)], 1, ROOT_SPARE_BITS);
    root
}
