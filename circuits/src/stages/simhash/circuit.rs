//! Signatures of fingerprints, and search among committed ones, in the circuit.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | value of a fingerprint; mean, inverse deviation | 36, 36 and 60 bits signed | committed to |
//! | bound and centroids of the codebook | field elements | committed to, and read by nothing else: whoever knows the root knows that they are in range |
//! | z without its limits | 57 bits signed | (f − μ)·inv + 2³⁹ = 2⁴⁰·z + e with e of 40 bits, both sides below 2⁹⁷ |
//! | whether z is above its greatest, or below its least value | one bit each | the other bit makes the remainder negative, in 57 bits |
//! | bit of the signature | one bit | Σ ± z − 1 is below 2³⁷ in magnitude, and the other bit makes it negative in 38 bits |
//! | limbs of a signature of the index beside the query | a table of each place | see below |
//! | signature of the index | 64 bits | committed to, three to an element |
//! | least key 1024·distance + position | 7 and 10 bits | no key is less, and one is equal, since the product of all differences is 0; keys are distinct |
//! | key less the least | 17 bits | see below |
//!
//! Σ limbs = S' + 2⁷⁴·D' + 2⁸⁴·Q' with signatures S' and Q' and their distance D', at most 64, whatever rows of the tables the 16 limbs are
//! in. It is to be S + 2⁶⁴·(r + least − position) + 2⁸⁴·Q with S in 64 bits, r and least in 17, and the query Q in 64, all of it below 2¹⁴⁹: lowest
//! bits first, S = S', and m = r + least − position, above −2¹⁰ and below 2¹⁸, is 2¹⁰·D' modulo 2²⁰. So m = 2¹⁰·D', r is the key less the
//! least one, and Q = Q'. The limbs are then those of S and Q.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::native::{PER_ELEMENT, SIGNATURE_BITS, signs};
use crate::assignment::{Cell, Free};
use crate::chips::arith::{Arith, NORMALISE_SHIFT, Wire, minus, one};
use crate::chips::table::{DISTANCE_AT, OTHER_AT};
use crate::codebook::{Codebook, DIM};
use crate::decision::MAX_SIGNATURES;
use crate::fingerprint::FINGERPRINT;
use crate::packing::{FOLDED_BITS, INVERSE_BITS};
use crate::poseidon::Domain;
use crate::public::DecisionInputs;
use crate::stages::commit::circuit::{Chains, CodebookColumns, pack};
use crate::stages::pq::NORMALISED_LIMIT;

/// Bits of a normalised value without its limits, with its sign, and of its difference to a limit.
const WIDE_BITS: u32 = 57;
/// Bits of a sum of 96 normalised values, less 1.
const SUM_BITS: u32 = 38;
/// Bits of a distance, and of a position.
const FOUND_BITS: [u32; 2] = [7, 10];
/// Bits of a key, and of a key less the least one.
const KEY_BITS: u32 = FOUND_BITS[0] + FOUND_BITS[1];
/// Values of which sums and differences are taken first, which several bits share.
const SHARED: usize = 3;

const _: () = assert!(FOLDED_BITS + INVERSE_BITS < WIDE_BITS + NORMALISE_SHIFT);
const _: () = assert!(
    FINGERPRINT as i64 * (NORMALISED_LIMIT + 1) < 1 << SUM_BITS && FINGERPRINT.is_multiple_of(SHARED)
);
const _: () =
    assert!(MAX_SIGNATURES == 1 << FOUND_BITS[1] && DISTANCE_AT == SIGNATURE_BITS as u32 + FOUND_BITS[1]);
const _: () = assert!(OTHER_AT >= SIGNATURE_BITS as u32 + KEY_BITS + 2, "m and Q do not meet");

/// The nearest to a fingerprint's signature in an index, the first among equals: where it is, and how far.
pub fn nearest(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    values: &[i64; FINGERPRINT],
    codebook: &Codebook,
    index: &[u64],
    salts: [Fr; 2],
) -> DecisionInputs<Cell> {
    let (fold, values) = chains.fingerprint(arith, values, salts[0]);
    let (root, columns) = chains.codebook(arith, codebook);
    let normalised = normalised(arith, &values, &columns);
    let query = signature(arith, &normalised);
    let bits = u64::try_from(&query.value).unwrap_or_default();
    let least = (0..).zip(index).map(|(position, one)| 1024 * (one ^ bits).count_ones() + position).min();
    let least = least.unwrap_or_default();
    let distance = arith.range_free(Free::Least, least >> FOUND_BITS[1], FOUND_BITS[0]);
    let position = arith.range_free(Free::Least, least % 1024, FOUND_BITS[1]);
    let least = arith.linear(&[(one() << FOUND_BITS[1], &distance), (one(), &position)], 0);
    let shared = arith.linear(&[(one() << SIGNATURE_BITS, &least), (one() << OTHER_AT, &query)], 0);
    let mut product: Option<Wire> = None;
    let mut signatures = Vec::with_capacity(index.len());
    for (place, one) in index.iter().enumerate() {
        let (signature, rest) = compared(arith, *one, bits, place, &shared);
        signatures.push(signature);
        product = Some(match product {
            Some(product) => arith.product(&product, &rest),
            None => rest,
        });
    }
    product.iter().for_each(|product| arith.zero(&[(one(), product)], 0));
    let elements: Vec<Cell> = signatures
        .chunks(PER_ELEMENT)
        .map(|part| pack(arith, part.iter().map(|wire| (wire, SIGNATURE_BITS as u32))))
        .collect();
    let committed = chains.salted(arith, Domain::Signatures, index.len() as u64, salts[1], &elements);
    let found = pack(arith, [&distance, &position].into_iter().zip(FOUND_BITS));
    DecisionInputs { commitments: vec![fold, root, committed], outputs: vec![found] }
}

/// Values under a codebook's normalisation.
fn normalised(arith: &mut Arith<'_>, values: &[Wire], columns: &CodebookColumns) -> Vec<Wire> {
    let CodebookColumns { mean, inverse } = columns;
    let shifts: Vec<Wire> =
        mean.iter().zip(inverse).map(|(mean, inverse)| arith.product(mean, inverse)).collect();
    let one_value = |(i, value): (usize, &Wire)| {
        let exact =
            arith.multiply_add(1, Some((value, &inverse[i % DIM])), &[(minus(1), &shifts[i % DIM])], 0);
        let half = one() << (NORMALISE_SHIFT - 1);
        let offset = one() << (WIDE_BITS - 1);
        let z: BigInt = (&exact.value + &half) >> NORMALISE_SHIFT;
        let z = arith.range_new(z + &offset, WIDE_BITS).shifted(offset);
        let terms = [(one(), &exact), (minus(one() << NORMALISE_SHIFT), &z)];
        arith.remainder(0, None, &terms, half, NORMALISE_SHIFT);
        let z = arith.at_most(&z, NORMALISED_LIMIT, WIDE_BITS);
        arith.at_least_zero(&z.less(-NORMALISED_LIMIT), WIDE_BITS).less(NORMALISED_LIMIT)
    };
    values.iter().enumerate().map(one_value).collect()
}

/// The signature of normalised values.
fn signature(arith: &mut Arith<'_>, values: &[Wire]) -> Wire {
    // Of three values those combinations in which the first counts once: all others are these, negated.
    let shared: Vec<Vec<Wire>> = values
        .chunks(SHARED)
        .map(|part| {
            let signed = |pattern: usize, i: usize| minus(1).pow((pattern >> i & 1) as u32);
            let sum = |pattern: usize| {
                let terms: Vec<_> =
                    part.iter().enumerate().map(|(i, z)| (signed(2 * pattern, i), z)).collect();
                arith.linear(&terms, 0)
            };
            (0..1 << (SHARED - 1)).map(sum).collect()
        })
        .collect();
    let bit = |row: &[bool; FINGERPRINT]| {
        let terms: Vec<_> = row
            .chunks(SHARED)
            .zip(&shared)
            .map(|(signs, sums)| {
                let others =
                    signs[1..].iter().rev().fold(0, |all, sign| 2 * all + usize::from(*sign != signs[0]));
                (if signs[0] { one() } else { minus(1) }, &sums[others])
            })
            .collect();
        let sum = arith.linear(&terms, 0);
        arith.not_negative(&sum.less(1), SUM_BITS)
    };
    let bits: Vec<Wire> = signs().iter().map(bit).collect();
    let terms: Vec<_> = bits.iter().enumerate().map(|(b, bit)| (one() << b, bit)).collect();
    arith.linear(&terms, 0)
}

/// A signature of the index, and its key less the least one. `shared` is 2⁶⁴·least + 2⁸⁴·query.
fn compared(
    arith: &mut Arith<'_>,
    signature: u64,
    query: u64,
    position: usize,
    shared: &Wire,
) -> (Wire, Wire) {
    let sum = arith.beside(signature, query);
    let constant = BigInt::from(position) << SIGNATURE_BITS;
    let rest: BigInt = &sum.value - &shared.value + &constant;
    let signature = arith.range_new(&rest & ((one() << SIGNATURE_BITS) - 1), SIGNATURE_BITS as u32);
    let rest = arith.range_new(rest >> SIGNATURE_BITS, KEY_BITS);
    let terms =
        [(one(), &sum), (minus(1), &signature), (minus(one() << SIGNATURE_BITS), &rest), (minus(1), shared)];
    arith.zero(&terms, constant);
    (signature, rest)
}
