//! Consensus in the circuit: every method and threshold in one, so that one key serves all.
//!
//! All 64 places are laid out. Method and threshold are public; how many validators there are is not, but it is committed to.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | score, confidence | 0 to 2²⁴ | committed to; 25 bits, and so has what lacks to 2²⁴ |
//! | stake | 64 bits | committed to |
//! | whether there is a validator | bits, no 1 after a 0 | their sum is n, which is committed to; where the bit is 0, so are score, confidence and stake |
//! | method | one bit each, one of them 1 | public: the sum of their numbers |
//! | both parts of the threshold | 16 bits each | public: packed with the method, as digits |
//! | ⌊n/2⌋, and whether n is odd | 6 bits, 1 bit | digits |
//! | middle scores, middle deviations | keys 64·v + i, 33 bits; 2³² + i where there is no validator | `chips::middles`; below ⌈n/2⌉ keys and no more, 1 if n = 0 |
//! | whether 2·v_i − median₂ is negative | bit | the number or its complement in 28 bits; there it is 0 without a validator |
//! | whether mad₄ > 0, i is an outlier, a sum of weights is not 0 | bits | likewise, in 28, 60, and as many as the sum has |
//! | ⌊2¹⁶·V/n²⌋ | 63 bits | `chips::euclid`; both sides below 2⁷⁸ |
//! | σ, root of a stake | 32 and 56 bits | floors of roots |
//! | whether 2σ ≥ 2³¹ | bit | σ − 2³⁰ or its complement in 32 bits |
//! | confidence before it is clamped | 33 bits | `chips::euclid`. It is at most 2³²: .4·(1 + 1) + .2 |
//! | the validator at which half of the confidence is reached | one bit each, one of them 1 | 2·(sum before) < Σ c ≤ 2·(sum up to) holds for one place of an order. If Σ c = 0, place 0 has a confidence of 1 there |
//! | whether a key is at most that validator's | bits | the difference or its complement in 34 bits |
//! | M(u) | 33 bits | `chips::euclid`: 512·N + D = 2·D·q + r, both sides below 2¹²²; weights whose sum is 0 are not those of D |
//!
//! Of fewer than three validators everything is computed, and then value, confidence and mask are multiplied by 0. That needs all sums
//! to have a solution there, too: a divisor n is 1 if n = 0.

mod method;
mod places;
mod spread;
mod value;

use halo2curves::bn256::Fr;

use super::native::{Method, Threshold, Validators};
use crate::assignment::Cell;
use crate::chips::arith::{Arith, one};
use crate::public::DecisionInputs;
use crate::ruling::CONSENSUS_BITS;
use crate::stages::commit::circuit::Chains;

/// Consensus of committed validators by a public method and threshold.
pub fn consensus(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    validators: &Validators,
    (method, threshold): (Method, Threshold),
    salt: Fr,
) -> DecisionInputs<Cell> {
    let places = places::places(arith, chains, validators, salt);
    let methods = method::methods(arith, method);
    let [num, den] = method::threshold(arith, threshold);
    let spread = spread::spread(arith, &places, [&num, &den]);
    let confidence = spread::confidence(arith, &places, &spread);
    let value = value::value(arith, &places, &spread, &methods);
    let [method_bits, num_bits, _] = CONSENSUS_BITS;
    let settings =
        [(one(), &methods.number), (one() << method_bits, &num), (one() << (method_bits + num_bits), &den)];
    let settings = arith.linear(&settings, 0);
    let outputs = [&settings, &value, &confidence, &spread.mask].map(|wire| wire.cell).to_vec();
    DecisionInputs { commitments: vec![places.commitment], outputs }
}
