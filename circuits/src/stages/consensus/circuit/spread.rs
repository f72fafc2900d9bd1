//! How far validators are apart: medians, outliers, and how sure the consensus is.

use super::places::Places;
use crate::assignment::Free;
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::chips::euclid::{Divisor, floor};
use crate::chips::middles::{middles, value_of};
use crate::stages::consensus::native::ONE;

/// Bits of a key: 2³² + i is the greatest.
pub(super) const KEY_BITS: u32 = 33;
/// Bits of what is in front of the place in a key.
pub(super) const VALUE_BITS: u32 = KEY_BITS - 6;
/// Bits of a sum of two of these.
const MEDIAN_BITS: u32 = VALUE_BITS + 1;
/// Bits that both sides of the comparison of a deviation fit, and those let off.
const LIMIT_BITS: u32 = 60;
/// What is more than any deviation times its factors: 13490·2¹⁶·2²⁶ < 2⁵⁶.
const OUT_OF_REACH: u32 = 58;
/// Bits of ⌊2¹⁶·V/n²⌋, of its root, and of the remainders of that.
const VARIANCE_BITS: u32 = 63;
const DEVIATION_BITS: u32 = 32;
const ROOT_SPARE_BITS: u32 = 34;
/// Bits of n² and of 200·n.
const SQUARE_BITS: u32 = 13;
const HUNDREDS_BITS: u32 = 14;
/// Bits of a confidence at 2⁻³².
const CONFIDENCE_BITS: u32 = 33;

/// What is known of scores together.
#[derive(Debug)]
pub(super) struct Spread {
    /// Keys of the scores.
    pub keys: Vec<Wire>,
    /// median₂.
    pub median: Wire,
    /// Of each validator whether it is an outlier; of too few none is.
    pub outliers: Vec<Wire>,
    /// How many are.
    pub far: Wire,
    /// The same as bits of a number.
    pub mask: Wire,
    /// Σ v.
    pub sum: Wire,
    /// Σ c.
    pub certain: Wire,
}

/// Medians and outliers for a threshold num/den.
pub(super) fn spread(arith: &mut Arith<'_>, places: &Places, [num, den]: [&Wire; 2]) -> Spread {
    let half = arith.range_new(&places.count.value >> 1, 6);
    let odd = arith.range_new(&places.count.value & one(), 1);
    arith.zero(&[(one(), &places.count), (minus(2), &half), (minus(1), &odd)], 0);
    // Of no validators the first place, so that there is one.
    let low = arith.linear(&[(one(), &half), (one(), &odd), (minus(1), &places.present[0])], 1);

    let keys = places.keys(arith, &places.scores);
    let median = double_middle(arith, &keys, &low, &odd);
    let deviations: Vec<Wire> = places
        .scores
        .iter()
        .zip(&places.present)
        .map(|(score, present)| {
            let signed = arith.multiply_add(-1, Some((present, &median)), &[(2.into(), score)], 0);
            let sign = arith.not_negative(&signed, MEDIAN_BITS);
            arith.multiply_add(2, Some((&sign, &signed)), &[(minus(1), &signed)], 0)
        })
        .collect();
    let deviation_keys = places.keys(arith, &deviations);
    let mad = double_middle(arith, &deviation_keys, &low, &odd);

    let spread = arith.not_negative(&mad.clone().less(1), MEDIAN_BITS);
    let counts = arith.product(&spread, places.enough());
    let limit = arith.multiply_add(10_000, Some((num, &mad)), &[], 0);
    let limit =
        arith.linear(&[(one(), &limit), (minus(one() << OUT_OF_REACH), &counts)], one() << OUT_OF_REACH);
    let outliers: Vec<Wire> = deviations
        .iter()
        .map(|deviation| {
            let beyond = arith.multiply_add(13_490, Some((den, deviation)), &[(minus(1), &limit)], -1);
            arith.not_negative(&beyond, LIMIT_BITS)
        })
        .collect();
    let terms: Vec<_> = (0..).zip(&outliers).map(|(place, bit)| (one() << place, bit)).collect();
    let mask = arith.linear(&terms, 0);
    Spread {
        keys,
        median,
        far: arith.sum(&outliers),
        mask,
        outliers,
        sum: arith.sum(&places.scores),
        certain: arith.sum(&places.confidences),
    }
}

/// The sum of the two middle values, twice the middle one if there is one.
fn double_middle(arith: &mut Arith<'_>, keys: &[Wire], low: &Wire, odd: &Wire) -> Wire {
    let [lower, upper] = middles(arith, keys, low, KEY_BITS).map(|key| value_of(arith, &key, VALUE_BITS));
    let gap = arith.linear(&[(one(), &upper), (minus(1), &lower)], 0);
    arith.multiply_add(-1, Some((odd, &gap)), &[(2.into(), &lower), (one(), &gap)], 0)
}

/// Confidence; of too few validators 0.
pub(super) fn confidence(arith: &mut Arith<'_>, places: &Places, spread: &Spread) -> Wire {
    let squares = arith.dot(&places.scores, &places.scores);
    let square = arith.product(&spread.sum, &spread.sum);
    let variance = arith.multiply_add(1, Some((&places.count, &squares)), &[(minus(1), &square)], 0);
    let count_square = arith.product(&places.divisor, &places.divisor);
    let by = Divisor { wire: &count_square, factor: 1, bits: SQUARE_BITS };
    let variance = floor(arith, &[(one() << 16, &variance)], 0, &by, VARIANCE_BITS);
    let deviation = arith.square_root(Free::Root, &variance, DEVIATION_BITS, ROOT_SPARE_BITS);
    // A = 2³² − min(2σ, 2³¹).
    let wide = arith.not_negative(&deviation.clone().less(ONE / 4), DEVIATION_BITS);
    let terms = [(minus(2), &deviation), (minus(ONE / 2), &wide)];
    let agreement = arith.multiply_add(2, Some((&wide, &deviation)), &terms, ONE);
    let terms =
        [(10_240.into(), &spread.certain), (20 * one() * ONE, &places.count), (minus(6 * ONE), &spread.far)];
    let parts = arith.multiply_add(40, Some((&places.count, &agreement)), &terms, 0);
    let by = Divisor { wire: &places.divisor, factor: 200, bits: HUNDREDS_BITS };
    let doubled = [(2.into(), &parts), (100.into(), &places.divisor)];
    let confidence = floor(arith, &doubled, 0, &by, CONFIDENCE_BITS);
    // It is at most 2³² by itself.
    let above = confidence.less(ONE / 2);
    let high = arith.not_negative(&above, CONFIDENCE_BITS);
    let confidence = arith.multiply_add(1, Some((&high, &above)), &[], ONE / 2);
    arith.product(&confidence, places.enough())
}
