//! The graph of zones in the circuit: the elements that its commitment has, from the centres and sums that zones have left on the
//! assignment in the order of places.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | coordinate y + 2³⁰ | 31 bits | a wire of the zones, read as it stands: ⌊(y + 2³⁰) / 2⁴⌉ = ⌊y / 2⁴⌉ + 2²⁶ |
//! | its q | 28 bits, 2²⁶ on top | y + 2³⁰ + 8 = 2⁴·q + r, with r of 4 bits; both sides below 2³³ |
//! | density d | 24 bits | S + 2³¹ = 2³²·d + r, with r of 32 bits; both sides below 2⁵⁷ |
//! | present | a bit | a wire of the zones, or the constant 1 |
//! | part of an element | below 2²⁵² on either side | a sum of determined values at 2³⁶ⁱ, times the bit of its place |
//! | element | below 2²⁵² | a sum of parts and constants; each value is between −2²⁶ and 2²⁶ and has 2³⁵ on top, so digits of 36 bits are values |
//!
//! A place's values come as one part for each element that they stand in: the bit is multiplied with parts, not values.

use num_bigint::BigInt;

use super::native::{CENTRE_SHIFT, DENSITY_SHIFT, FRACTION_BITS};
use crate::analytics::ZONE_CHANNELS;
use crate::assignment::Cell;
use crate::chips::arith::{Arith, PQ_OFFSET, Wire, minus, one};
use crate::codebook::{DIM, PQ_BITS};
use crate::fingerprint::VECTORS;
use crate::packing::{CENTROID_BITS, FOLDED_BITS, FOLDED_PER_ELEMENT};
use crate::stages::zones::SUM_BITS;
use crate::stages::zones::circuit::ZoneWires;

/// Bits of a rounded coordinate with its offset: 2²⁷ is one of them.
const CENTRE_BITS: u32 = CENTROID_BITS - CENTRE_SHIFT + 1;
/// What a rounded coordinate has on top.
const CENTRE_OFFSET: u64 = PQ_OFFSET >> CENTRE_SHIFT;
/// Bits of a rounded sum: limbs have no 11.
const DENSITY_BITS: u32 = 24;

/// The elements of the matrix.
pub fn zone_graph(arith: &mut Arith<'_>, zones: &ZoneWires) -> Vec<Cell> {
    let values = VECTORS * ZONE_CHANNELS;
    let mut terms: Vec<Vec<(BigInt, Wire)>> = vec![Vec::new(); values.div_ceil(FOLDED_PER_ELEMENT)];
    let mut constants = vec![BigInt::from(0); terms.len()];
    for index in 0..values {
        constants[index / FOLDED_PER_ELEMENT] += at(index) << (FOLDED_BITS - 1);
    }
    for place in 0..VECTORS {
        let first = place * ZONE_CHANNELS;
        let mut wires: Vec<Wire> = zones.centres[place].iter().map(|y| coordinate(arith, y)).collect();
        wires.push(rounded(arith, &zones.sums[place], DENSITY_SHIFT, DENSITY_BITS));
        let scale = at(first + DIM + 1) << FRACTION_BITS;
        let last = (first + DIM + 1) / FOLDED_PER_ELEMENT;
        let Some(present) = &zones.present else {
            for (index, wire) in (first..).zip(wires) {
                terms[index / FOLDED_PER_ELEMENT].push((at(index), wire));
            }
            constants[last] += scale;
            continue;
        };
        let present = &present[place];
        let mut rest = &wires[..];
        while !rest.is_empty() {
            let start = first + wires.len() - rest.len();
            let room = FOLDED_PER_ELEMENT - start % FOLDED_PER_ELEMENT;
            let (part, further) = rest.split_at(room.min(rest.len()));
            let parts: Vec<_> = (start..).map(at).zip(part).collect();
            let part = arith.linear(&parts, 0);
            terms[start / FOLDED_PER_ELEMENT].push((one(), arith.product(present, &part)));
            rest = further;
        }
        terms[last].push((scale, present.clone()));
    }
    let element = |(terms, constant): (&Vec<(BigInt, Wire)>, BigInt)| {
        let terms: Vec<_> = terms.iter().map(|(factor, wire)| (factor.clone(), wire)).collect();
        arith.linear(&terms, constant).cell
    };
    terms.iter().zip(constants).map(element).collect()
}

/// What a value is multiplied by in its element.
fn at(index: usize) -> BigInt {
    one() << (FOLDED_BITS * (index % FOLDED_PER_ELEMENT) as u32)
}

/// ⌊y / 2⁴⌉.
fn coordinate(arith: &mut Arith<'_>, y: &Wire) -> Wire {
    let lifted = y.clone().shifted(0);
    rounded(arith, &lifted, CENTRE_SHIFT, CENTRE_BITS).less(CENTRE_OFFSET)
}

/// ⌊x / 2^shift⌉ of `bits` bits, for x ≥ 0: x + 2^(shift − 1) = 2^shift·q + r with r in exactly `shift` bits.
fn rounded(arith: &mut Arith<'_>, x: &Wire, shift: u32, bits: u32) -> Wire {
    let half = one() << (shift - 1);
    let quotient = arith.range_new((&x.value + &half) >> shift, bits);
    arith.remainder(0, None, &[(one(), x), (minus(one() << shift), &quotient)], half, shift);
    quotient
}

const _: () = {
    // Both sides of a rounding are far below the field's size, and quotients have room for the greatest.
    assert!(PQ_OFFSET == 1 << (CENTROID_BITS - 1) && PQ_BITS == 24 && SUM_BITS == 55);
    assert!(CENTRE_BITS + CENTRE_SHIFT < 253 && CENTRE_BITS > CENTROID_BITS - CENTRE_SHIFT);
    assert!(DENSITY_BITS + DENSITY_SHIFT < 253 && DENSITY_BITS > SUM_BITS - DENSITY_SHIFT);
    // A value and its offset have the bits of a digit, and digits those of an element.
    assert!(CENTRE_BITS < FOLDED_BITS && DENSITY_BITS < FOLDED_BITS && FRACTION_BITS < FOLDED_BITS);
    assert!(FOLDED_BITS * FOLDED_PER_ELEMENT as u32 <= 252);
};
