//! Committed validators.

use halo2curves::bn256::Fr;

use crate::assignment::{Cell, Free};
use crate::chips::arith::{Arith, Wire, minus, one};
use crate::decision::MAX_VALIDATORS;
use crate::poseidon::Domain;
use crate::stages::commit::circuit::Chains;
use crate::stages::consensus::native::{MIN_VALIDATORS, SCORE_BITS, SCORE_ONE, STAKE_BITS, Validators};

/// Validators on the assignment, place by place; where there is none everything is 0.
#[derive(Debug)]
pub(super) struct Places {
    /// Whether there is one.
    pub present: Vec<Wire>,
    /// At 2⁻²⁴.
    pub scores: Vec<Wire>,
    /// At 2⁻²⁴.
    pub confidences: Vec<Wire>,
    /// 64 bits.
    pub stakes: Vec<Wire>,
    /// n.
    pub count: Wire,
    /// n, or 1 if that is 0.
    pub divisor: Wire,
    /// Commitment to all of it.
    pub commitment: Cell,
}

impl Places {
    /// Whether there are enough: whether there is a last one of the fewest.
    pub fn enough(&self) -> &Wire {
        &self.present[MIN_VALIDATORS - 1]
    }

    /// Keys 64·v + i of values; 2³² + i where there is no validator, whose value has to be 0.
    pub fn keys(&self, arith: &mut Arith<'_>, values: &[Wire]) -> Vec<Wire> {
        let all = (0_u64..).zip(values).zip(&self.present);
        all.map(|((place, value), present)| {
            let terms = [(64.into(), value), (minus(ABSENT), present)];
            arith.linear(&terms, ABSENT + place)
        })
        .collect()
    }
}

/// What a key has on top where there is no validator.
const ABSENT: u64 = 1 << 32;

/// Puts validators on the assignment, and commits to them.
pub(super) fn places(
    arith: &mut Arith<'_>,
    chains: &mut Chains,
    validators: &Validators,
    salt: Fr,
) -> Places {
    let list = validators.list();
    let (mut present, mut scores) = (Vec::<Wire>::new(), Vec::new());
    let (mut confidences, mut stakes, mut packed) = (Vec::new(), Vec::new(), Vec::new());
    for place in 0..MAX_VALIDATORS {
        let validator = list.get(place).copied().unwrap_or_default();
        let here = arith.range_free(Free::Input, u8::from(place < list.len()), 1);
        if let Some(before) = present.last() {
            // No 1 after a 0.
            arith.multiply_zero(-1, Some((before, &here)), &[(one(), &here)], 0);
        }
        let score = unit(arith, validator.score);
        let confidence = unit(arith, validator.confidence);
        let stake = arith.range_free(Free::Input, validator.stake, STAKE_BITS);
        let terms =
            [(one(), &score), (one() << SCORE_BITS, &confidence), (one() << (2 * SCORE_BITS), &stake)];
        let whole = arith.linear(&terms, 0);
        // None of them is negative, so that all are 0 if this is.
        arith.multiply_zero(-1, Some((&here, &whole)), &[(one(), &whole)], 0);
        present.push(here);
        scores.push(score);
        confidences.push(confidence);
        stakes.push(stake);
        packed.push(whole);
    }
    let count = arith.sum(&present);
    let divisor = arith.linear(&[(one(), &count), (minus(1), &present[0])], 1);
    let pairs = packed.chunks(2).map(|pair| {
        let places = pair.iter().zip([0, 2 * SCORE_BITS + STAKE_BITS]);
        let terms: Vec<_> = places.map(|(wire, low)| (one() << low, wire)).collect();
        arith.linear(&terms, 0).cell
    });
    let elements: Vec<Cell> = pairs.collect();
    let elements: Vec<Cell> = std::iter::once(count.cell).chain(elements).collect();
    let commitment = chains.salted(arith, Domain::Scores, MAX_VALIDATORS as u64, salt, &elements);
    Places { present, scores, confidences, stakes, count, divisor, commitment }
}

/// A number from 0 to 2²⁴.
fn unit(arith: &mut Arith<'_>, value: u32) -> Wire {
    let wire = arith.range_free(Free::Input, value, SCORE_BITS);
    arith.below(&wire, &[], SCORE_ONE + 1, SCORE_BITS);
    wire
}
