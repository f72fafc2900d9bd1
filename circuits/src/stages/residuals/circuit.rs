//! Statistics of residuals in the circuit.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | r_i | 34 bits | r_i² ≤ Σ distances ≤ r_i² + 2·r_i, both sides below 2⁷³ |
//! | place of the greatest, and of the greatest of the others | one bit a residual, one of them 1 | keys 8·r_i + 7 − i are distinct, and no key is above the chosen |
//! | mean | 42 bits | 2⁹·Σ r + 6 = 12·q + r with r from 0 to 11 |

use num_bigint::BigInt;

use super::native::{MAX_BITS, MEAN_BITS, P95_BITS, ROOT_BITS};
use crate::assignment::Free;
use crate::chips::arith::{Arith, Wire, one};
use crate::fingerprint::VECTORS;

/// Bits that remainders of roots fit, and differences of keys, which have three more than residuals.
const SPARE_BITS: u32 = 36;
const KEY_BITS: u32 = 40;

/// Residual statistics on the assignment.
#[derive(Debug)]
pub struct ResidualWires {
    /// s_4 + 3·s_5.
    pub percentile: Wire,
    /// All three, packed.
    pub packed: Wire,
}

/// From the four squared distances of each vector.
pub fn residuals(arith: &mut Arith<'_>, distances: &[Vec<Wire>]) -> ResidualWires {
    let roots: Vec<Wire> = distances
        .iter()
        .map(|parts| {
            let terms: Vec<_> = parts.iter().map(|part| (one(), part)).collect();
            let square = arith.linear(&terms, 0);
            arith.square_root(Free::Root, &square, ROOT_BITS, SPARE_BITS)
        })
        .collect();
    let keys: Vec<Wire> = roots
        .iter()
        .zip((0..VECTORS).rev())
        .map(|(root, place)| arith.linear(&[(8.into(), root)], place))
        .collect();
    let greatest = greatest(arith, &roots, &keys, None);
    let second = self::greatest(arith, &roots, &keys, Some(&greatest.1));
    let (maximum, second) = (greatest.0, second.0);
    let percentile = arith.linear(&[(one(), &second), (3.into(), &maximum)], 0);
    let terms: Vec<_> = roots.iter().map(|root| (one(), root)).collect();
    let sum = arith.linear(&terms, 0);
    let mean = mean(arith, &sum);
    let terms =
        [(one(), &percentile), (one() << P95_BITS, &maximum), (one() << (P95_BITS + MAX_BITS), &mean)];
    let packed = arith.linear(&terms, 0);
    ResidualWires { percentile, packed }
}

/// The residual with the greatest key of those that are not out, and one bit each: which it is.
fn greatest(arith: &mut Arith<'_>, roots: &[Wire], keys: &[Wire], out: Option<&[Wire]>) -> (Wire, Vec<Wire>) {
    let is_out = |i: usize| out.is_some_and(|out| out[i].value == one());
    let chosen = (0..roots.len()).filter(|i| !is_out(*i)).max_by_key(|i| &keys[*i].value);
    let bits: Vec<Wire> = (0..roots.len()).map(|i| arith.bit_free(Free::Order, Some(i) == chosen)).collect();
    let terms: Vec<_> = bits.iter().map(|bit| (one(), bit)).collect();
    arith.zero(&terms, -1);
    let mut dot = |values: &[Wire]| {
        let start: Option<Wire> = None;
        bits.iter().zip(values).fold(start, |sum, (bit, value)| {
            let sum = sum.iter().map(|sum| (one(), sum)).collect::<Vec<_>>();
            Some(arith.multiply_add(1, Some((bit, value)), &sum, 0))
        })
    };
    let (root, key) = (dot(roots).expect("six residuals"), dot(keys).expect("six keys"));
    for (i, other) in keys.iter().enumerate() {
        // What is out is let off by more than any key.
        let mut terms = vec![(one(), &key), (BigInt::from(-1), other)];
        if let Some(out) = out {
            terms.push((one() << (KEY_BITS - 1), &out[i]));
            arith.multiply_zero(1, Some((&bits[i], &out[i])), &[], 0);
        }
        arith.remainder(0, None, &terms, 0, KEY_BITS);
    }
    (root, bits)
}

/// ⌊2⁸·sum / 6⌉.
fn mean(arith: &mut Arith<'_>, sum: &Wire) -> Wire {
    let doubled = (&sum.value << 9) + 6;
    let mean = arith.range_new(&doubled / 12, MEAN_BITS);
    let remainder = arith.remainder(0, None, &[(one() << 9, sum), (BigInt::from(-12), &mean)], 6, 4);
    arith.below(&remainder, &[], 12, 4);
    mean
}
