//! The hypergraph in the circuit.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | d | 34 bits | d² ≤ D ≤ d² + 2·d, both sides below 2⁷⁰ |
//! | o | at most the reach | a bit says whether reach ≥ d, by the difference or its complement in 36 bits |
//! | g | 55 bits | g² ≤ S_a·S_b ≤ g² + 2·g, both sides below 2¹¹¹ |
//! | w | 44 bits | o·g + 2⁴³ = 2⁴⁴·w + r, with r of 44 bits; both sides below 2⁸⁹ |
//! | hyperedge | a bit | sum of weights less threshold, or its complement, in 48 bits |

use num_bigint::BigInt;

use super::native::{PAIRS, WEIGHT_BITS, WEIGHT_SHIFT, sets};
use crate::assignment::Free;
use crate::chips::arith::{Arith, Wire, one};
use crate::stages::zones::SUM_BITS;
use crate::stages::zones::circuit::{ConfigWires, ZoneWires, pairs};

/// Bits of a distance, and those that remainders of its root fit.
const DISTANCE_BITS: u32 = 34;
const DISTANCE_SPARE_BITS: u32 = 36;
/// Bits that remainders of the root of two kernel sums fit.
const SUM_SPARE_BITS: u32 = 56;
/// Bits that differences of sums of weights and thresholds fit.
const EDGE_BITS: u32 = 48;
/// Weights in an element.
const PER_ELEMENT: usize = 5;

/// The set of hyperedges, and the weights of all pairs, packed.
pub fn hypergraph(arith: &mut Arith<'_>, config: &ConfigWires, zones: &ZoneWires) -> [Wire; 4] {
    let present = |place: usize| zones.present.as_ref().map(|present| &present[place]);
    let weights: Vec<Wire> = pairs()
        .zip(&zones.distances)
        .map(|((a, b), distance)| {
            let weight = weight(arith, config, distance, [&zones.sums[a], &zones.sums[b]]);
            // A place without a zone comes after all that have one.
            present(b).map_or_else(|| weight.clone(), |present| arith.product(present, &weight))
        })
        .collect();
    let edges: Vec<Wire> = sets()
        .into_iter()
        .map(|set| {
            let among = pairs().zip(&weights).filter(|((a, b), _)| set.contains(a) && set.contains(b));
            let terms: Vec<_> = among.map(|(_, weight)| (one(), weight)).collect();
            let sum = match terms[..] {
                [(_, weight)] => weight.clone(),
                _ => arith.linear(&terms, 0),
            };
            let margin = config.less(arith, &sum, &config.edges[set.len() - 2]);
            let edge = arith.not_negative(&margin, EDGE_BITS);
            let last = set.last().and_then(|last| present(*last));
            last.map_or_else(|| edge.clone(), |present| arith.product(present, &edge))
        })
        .collect();
    let bits: Vec<_> = edges.iter().zip(0..).map(|(edge, i)| (one() << i, edge)).collect();
    let mask = arith.linear(&bits, 0);
    let mut packed = weights.chunks(PER_ELEMENT).map(|weights| {
        let terms: Vec<_> =
            weights.iter().zip(0..).map(|(weight, i)| (one() << (WEIGHT_BITS * i), weight)).collect();
        arith.linear(&terms, 0)
    });
    let [first, second, third] =
        std::array::from_fn(|_| packed.next().expect("fifteen weights are three times five"));
    [mask, first, second, third]
}

fn weight(arith: &mut Arith<'_>, config: &ConfigWires, distance: &Wire, sums: [&Wire; 2]) -> Wire {
    let d = arith.square_root(Free::Root, distance, DISTANCE_BITS, DISTANCE_SPARE_BITS);
    let overlap = arith.linear(&[(one(), &config.reach), (BigInt::from(-1), &d)], 0);
    let touches = arith.not_negative(&overlap, DISTANCE_SPARE_BITS);
    let overlap = arith.product(&touches, &overlap);
    let product = arith.product(sums[0], sums[1]);
    let mean = arith.square_root(Free::Root, &product, SUM_BITS, SUM_SPARE_BITS);
    arith.rounded_product(&overlap, &mean, WEIGHT_SHIFT, WEIGHT_BITS)
}

const _: () = assert!(PAIRS == 3 * PER_ELEMENT && WEIGHT_BITS * PER_ELEMENT as u32 <= 253);
