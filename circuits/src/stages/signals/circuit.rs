//! Signals in the circuit.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | value of a fingerprint | 36 bits signed | committed to, seven to an element |
//! | value of a centre | 48 bits signed | committed to, five to an element |
//! | distance of fingerprints | 40 bits | r² ≤ Σ (f_j − g_j)² ≤ r² + 2·r: differences are below 2³⁶, 96 squares below 2⁷⁹ |
//! | accelerating | one bit | 10·acceleration − 2³² − 1 is below 2⁴⁴ in magnitude, and the other bit makes it negative in 44 bits |
//! | which centre i, and its distance r | one bit a centre, one of them 1; 51 bits | with squares s_j below 2¹⁰¹, since differences are at most 2⁴⁷ + 2³⁵: s_i ≤ r² + 2·r, and s_j ≥ r², in front of i even s_j ≥ (r + 1)², in 102 bits. So r is the floor of the root of s_i, no floor is less, and none in front of i is as small |
//! | usual distance and deviation | 40 bits each | public, packed in 80 bits |
//! | outlier | one bit | distance − usual − 2·deviation − 1 is below 2⁵² in magnitude, likewise |

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::native::{Departure, ONE, USUAL_BITS};
use crate::assignment::{Cell, Free};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::fingerprint::FINGERPRINT;
use crate::fixed::floor_sqrt;
use crate::packing::{FOLDED_BITS, NUMBER_BITS};
use crate::public::DecisionInputs;
use crate::stages::choice::Table;
use crate::stages::choice::circuit::pick::{one_of, table};
use crate::stages::commit::circuit::{Chains, pack};

/// Bits of the distance of two fingerprints.
pub(crate) const VELOCITY_BITS: u32 = 40;
/// Bits of a difference of two of them, with its sign.
pub(crate) const ACCELERATION_BITS: u32 = VELOCITY_BITS + 1;
/// Bits that remainders of such a root fit.
const SPARE_BITS: u32 = VELOCITY_BITS + 2;
/// Bits of ten times an acceleration less 1.
const TENFOLD_BITS: u32 = VELOCITY_BITS + 4;
/// Bits of the distance to a centre.
const DISTANCE_BITS: u32 = 51;
/// Bits of a difference of its square to another, with a place to spare.
const SQUARE_BITS: u32 = 2 * DISTANCE_BITS;
/// Bits of a nearest centre.
const NEAREST_BITS: u32 = 8;

/// Greatest sum of squares of differences of numbers of so many bits, signed.
const fn most(bits: [u32; 2]) -> u128 {
    let difference = (1 << (bits[0] - 1)) + (1 << (bits[1] - 1));
    FINGERPRINT as u128 * (difference * difference)
}
const _: () =
    assert!(most([FOLDED_BITS; 2]) < 1 << (2 * VELOCITY_BITS - 1), "roots of differences of fingerprints");
const _: () =
    assert!(most([FOLDED_BITS, NUMBER_BITS]) < 1 << (2 * DISTANCE_BITS - 1), "and of those to centres");
const _: () = assert!(USUAL_BITS + 2 <= DISTANCE_BITS, "what is usual is no further than anything can be");

/// Σ (f_j − g_j)².
fn squared(arith: &mut Arith<'_>, f: &[Wire], g: &[Wire]) -> Wire {
    let start: Option<Wire> = None;
    let sum = f.iter().zip(g).fold(start, |sum, (f, g)| {
        let difference = arith.linear(&[(one(), f), (minus(1), g)], 0);
        let sum = sum.iter().map(|sum| (one(), sum)).collect::<Vec<_>>();
        Some(arith.multiply_add(1, Some((&difference, &difference)), &sum, 0))
    });
    sum.expect("a fingerprint has values")
}

/// How fast the last of two or three fingerprints moves, each behind a commitment of its own.
pub fn drift(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    fingerprints: &[[i64; FINGERPRINT]],
    distances: bool,
    salts: &[Fr],
) -> DecisionInputs<Cell> {
    let (commitments, values): (Vec<Cell>, Vec<Vec<Wire>>) = fingerprints
        .iter()
        .zip(salts)
        .map(|(fingerprint, salt)| chains.fingerprint(arith, fingerprint, *salt))
        .unzip();
    let velocities: Vec<Wire> = values
        .windows(2)
        .map(|pair| {
            let square = squared(arith, &pair[1], &pair[0]);
            arith.square_root(Free::Root, &square, VELOCITY_BITS, SPARE_BITS)
        })
        .collect();
    let velocity = velocities.last().expect("two fingerprints or three");
    // Of two there is no acceleration, and what is not there is not fast.
    let acceleration = match &velocities[..] {
        [before, velocity] => arith.linear(&[(one(), velocity), (minus(1), before)], 0),
        _ => chains.zero().clone(),
    };
    let accelerating = if velocities.len() > 1 {
        let beyond = arith.linear(&[(10.into(), &acceleration)], minus(ONE) - 1);
        arith.not_negative(&beyond, TENFOLD_BITS)
    } else {
        chains.zero().clone()
    };
    let mut outputs = vec![accelerating.cell];
    if distances {
        let terms = [(one(), velocity), (one() << VELOCITY_BITS, &acceleration)];
        let half = one() << (VELOCITY_BITS + ACCELERATION_BITS - 1);
        outputs.push(arith.linear(&terms, half).cell);
    }
    DecisionInputs { commitments, outputs }
}

/// How far a fingerprint is from the nearest of committed centres, the lowest among equals, and whether that is more than usual.
pub fn departure(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    values: &[i64; FINGERPRINT],
    centres: &Table,
    usual: [u64; 2],
    distances: bool,
    salts: [Fr; 2],
) -> DecisionInputs<Cell> {
    let (fold, f) = chains.fingerprint(arith, values, salts[0]);
    let (committed, wires) = table(arith, chains, centres, salts[1]);
    let squares: Vec<Wire> = wires.chunks(FINGERPRINT).map(|centre| squared(arith, &f, centre)).collect();
    let rows: Vec<_> = centres.rows().filter_map(|row| row.try_into().ok()).collect();
    let nearest = Departure::new(values, &rows, usual).map_or(0, |found| found.nearest);
    let chosen = one_of(arith, squares.len(), nearest);
    let square = arith.dot(&chosen.bits, &squares);
    let root = floor_sqrt(&square.value.clone().max(BigInt::from(0)));
    let root = arith.range_free(Free::Root, root, DISTANCE_BITS);
    let low = arith.product(&root, &root);
    let step = arith.linear(&[(2.into(), &root)], 1);
    let above = [(one(), &low), (one(), &step), (minus(1), &square)];
    arith.remainder(0, None, &above, -1, DISTANCE_BITS + 2);
    for (before, square) in chosen.before.iter().zip(&squares) {
        let terms = [(one(), square), (minus(1), &low)];
        arith.remainder(-1, Some((before, &step)), &terms, 0, SQUARE_BITS);
    }
    let [typical, deviation] = usual.map(|part| arith.range_free(Free::Input, part, USUAL_BITS));
    let terms = [(one(), &root), (minus(1), &typical), (minus(2), &deviation)];
    let beyond = arith.linear(&terms, -1);
    let outlier = arith.not_negative(&beyond, DISTANCE_BITS + 1);
    let mut outputs = vec![
        pack(arith, [(&typical, USUAL_BITS), (&deviation, USUAL_BITS)].into_iter()),
        pack(arith, [(&chosen.index, NEAREST_BITS), (&outlier, 1)].into_iter()),
    ];
    outputs.extend(distances.then_some(root.cell));
    DecisionInputs { commitments: vec![fold, committed], outputs }
}
