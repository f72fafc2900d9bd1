//! The contextual bandit in the circuit.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | weights, matrix, features | 48 bits signed | committed to; features are public |
//! | mean q, remainder r | 74 bits signed, 24 | w·x + 2²³ = 2²⁴·q + r with r in exactly 24 bits; w·x has at most 2⁹⁶ |
//! | whether the form F = xᵀCx ≥ 0 | bit b | G = (b ? F : −F − 1) = 2²⁴·q′ + r′ is not negative, of which F and −F − 1 are one only; \|F\| is at most 2¹⁴⁵ and G has 145 bits, so neither wraps |
//! | q′ and r′ | 121 bits, 24 | digits of G, which says ⌊max(0, F) / 2²⁴⌋ = b·q′ |
//! | root | 61 bits | b·q′ − root² and 2·root less that are in 62 bits, and b·q′ < 2¹²¹ |
//! | which arm | one bit each, one of them 1 | no bound before it is as great, none after it is greater: best − bound_j − \[j before\] is in 74 bits, and bounds are in ±(2⁷² + 2⁶¹) |

use halo2curves::bn256::Fr;

use super::super::table::Table;
use super::pick::{greatest, table};
use crate::assignment::{Cell, Free};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::decision::FEATURES;
use crate::packing::NUMBER_BITS;
use crate::public::DecisionInputs;
use crate::ruling::FEATURE_BITS;
use crate::stages::commit::circuit::{Chains, pack};

/// Bits behind the point.
const SCALE: u32 = 24;
/// Bits of a sum of [`FEATURES`] products with a sign: at most 2⁹⁶.
const SUM_BITS: u32 = FEATURE_BITS + NUMBER_BITS + FEATURES.ilog2();
/// Bits of a mean with its sign, and one to spare for what is rounded up.
const MEAN_BITS: u32 = SUM_BITS - SCALE;
/// Bits of max(F, −F − 1), F of sixteen products of three numbers.
const FORM_BITS: u32 = 2 * (FEATURE_BITS - 1) + NUMBER_BITS - 1 + 2 * FEATURES.ilog2();
/// Bits of its whole part.
const WHOLE_BITS: u32 = FORM_BITS - SCALE;
/// Bits of the root.
const ROOT_BITS: u32 = WHOLE_BITS.div_ceil(2);
/// Bits of what a root leaves.
const SPARE_BITS: u32 = ROOT_BITS + 1;

// A root of so many bits holds that of the whole part.
const _: () = assert!(2 * ROOT_BITS > WHOLE_BITS && MEAN_BITS > SPARE_BITS);
// 2·b·F with what stands beside it, and sums of products with their rounding, are far below the field's size.
const _: () = assert!(FORM_BITS + 4 < 253 && SUM_BITS + 4 < 253);

/// Features, and every product of two of them, row by row.
struct Context {
    features: Vec<Wire>,
    of_two: Vec<Wire>,
}

impl Context {
    fn new(arith: &mut Arith<'_>, features: &[i64; FEATURES]) -> Self {
        let features = features.map(|feature| arith.range_signed(Free::Input, feature, FEATURE_BITS));
        let mut of_two: Vec<Wire> = Vec::with_capacity(FEATURES * FEATURES);
        for (i, feature) in features.iter().enumerate() {
            for (j, other) in features.iter().enumerate() {
                let known = (j < i).then(|| of_two[FEATURES * j + i].clone());
                of_two.push(known.unwrap_or_else(|| arith.product(feature, other)));
            }
        }
        Self { features: features.to_vec(), of_two }
    }
}

/// ⌊w·x / 2²⁴⌉.
fn mean(arith: &mut Arith<'_>, weights: &[Wire], features: &[Wire]) -> Wire {
    let sum = arith.dot(weights, features);
    let (half, offset) = (one() << (SCALE - 1), one() << (MEAN_BITS - 1));
    let mean = arith.range_new(((&sum.value + &half) >> SCALE) + &offset, MEAN_BITS).shifted(offset);
    arith.remainder(0, None, &[(one(), &sum), (minus(one() << SCALE), &mean)], half, SCALE);
    mean
}

/// ⌊√⌊max(0, xᵀCx) / 2²⁴⌋⌋.
fn width(arith: &mut Arith<'_>, matrix: &[Wire], of_two: &[Wire]) -> Wire {
    let form = arith.dot(matrix, of_two);
    let positive = arith.bit_free(Free::NotNegative, form.value >= 0.into());
    // As the bit says it, be it right or not.
    let above = &positive.value * (&form.value * 2 + 1) - &form.value - 1;
    let whole = arith.range_new(above >> SCALE, WHOLE_BITS);
    let terms = [(minus(1), &form), (one(), &positive), (minus(one() << SCALE), &whole)];
    arith.remainder(2, Some((&positive, &form)), &terms, -1, SCALE);
    let under = arith.product(&positive, &whole);
    arith.square_root(Free::Root, &under, ROOT_BITS, SPARE_BITS)
}

/// The arm of the greatest bound in a context, the lowest among equals.
pub fn contextual(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    arms: &Table,
    features: &[i64; FEATURES],
    salt: Fr,
) -> DecisionInputs<Cell> {
    let (commitment, values) = table(arith, chains, arms, salt);
    let context = Context::new(arith, features);
    let bounds = values.chunks(FEATURES * (1 + FEATURES)).map(|arm| {
        let (weights, matrix) = arm.split_at(FEATURES);
        let (mean, width) = (mean(arith, weights, &context.features), width(arith, matrix, &context.of_two));
        arith.linear(&[(one(), &mean), (one(), &width)], 0)
    });
    let bounds: Vec<Wire> = bounds.collect();
    let arm = greatest(arith, &bounds.iter().collect::<Vec<_>>(), MEAN_BITS);
    let context = pack(arith, context.features.iter().map(|feature| (feature, FEATURE_BITS)));
    DecisionInputs { commitments: vec![commitment], outputs: vec![context, arm.cell] }
}
