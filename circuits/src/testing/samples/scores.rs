//! What consensus and scores over criteria are made from: ties, limits, and numbers drawn from a seed.

use super::Dice;
use crate::decision::MAX_VALIDATORS;
use crate::evidence::Evidence;
use crate::stages::consensus::{self, SCORE_ONE, Threshold, Validator, Validators};
use crate::stages::criteria::{self, Criteria, Criterion};
use crate::testing::Forger;

/// A score with its confidence, and a stake.
pub type Said = (u32, u32, u64);
/// raw, min, max and weight.
pub type Measured = (i64, i64, i64, u32);

/// Consensus of validators who say this, by a threshold of two numbers.
///
/// # Panics
/// If a number is out of its range.
pub fn consensus(rows: &[Said], method: consensus::Method, (num, den): (u16, u16)) -> Evidence {
    let validator = |(score, confidence, stake): &Said| Validator {
        score: *score,
        confidence: *confidence,
        stake: *stake,
    };
    let validators = Validators::new(rows.iter().map(validator).collect()).expect("in range");
    Evidence::Consensus { validators, method, threshold: Threshold::new(num, den).expect("in range") }
}

/// A score over these criteria.
///
/// # Panics
/// If a number is out of its range.
pub fn criteria(rows: &[Measured], method: criteria::Method) -> Evidence {
    let criterion =
        |(raw, min, max, weight): &Measured| Criterion { raw: *raw, min: *min, max: *max, weight: *weight };
    let criteria = Criteria::new(rows.iter().map(criterion).collect()).expect("in range");
    Evidence::Criteria { criteria, method }
}

/// So many validators; every third says one of few scores, so that there are ties.
pub fn validators(dice: &mut Dice, count: usize) -> Vec<Said> {
    let unit = |dice: &mut Dice| dice.roll(u64::from(SCORE_ONE) + 1) as u32;
    let validator = |_| {
        let score = if dice.roll(3) == 0 {
            [0, 1, SCORE_ONE / 2, SCORE_ONE][dice.roll(4) as usize]
        } else {
            unit(dice)
        };
        let confidence = if dice.roll(4) == 0 { 0 } else { unit(dice) };
        (score, confidence, dice.roll(1 << 31) << dice.roll(34))
    };
    (0..count).map(validator).collect()
}

/// So many criteria, around their limits and some with a single value.
pub fn measured(dice: &mut Dice, count: usize) -> Vec<Measured> {
    let criterion = |_| {
        let min = dice.signed(40);
        let span = if dice.roll(5) == 0 { 0 } else { dice.roll(1 << 31) as i64 };
        let raw = match dice.roll(4) {
            0 => min + dice.roll(3) as i64 - 1,
            1 => min + span + dice.roll(3) as i64 - 1,
            _ => min + (dice.roll(1 << 31) as i64) % (span + 1),
        };
        (raw, min, min + span, dice.roll(1 << 31) as u32)
    };
    (0..count).map(criterion).collect()
}

/// A witness of each: a consensus of as many as there are places, with ties and outliers; one of few without confidence; and scores over
/// six criteria and over one.
pub fn all() -> Vec<Forger> {
    let mut dice = Dice::new(4);
    let said = validators(&mut dice, MAX_VALIDATORS);
    let quiet: Vec<Said> = said[..7].iter().map(|(score, ..)| (*score, 0, 0)).collect();
    vec![
        Forger::of_decision(consensus(&said, consensus::Method::Robust, (1, 2))),
        Forger::of_decision(consensus(&quiet, consensus::Method::WeightedMedian, (2, 1))),
        Forger::of_decision(criteria(&measured(&mut dice, 6), criteria::Method::Ensemble)),
        Forger::of_decision(criteria(&measured(&mut dice, 1), criteria::Method::Weighted)),
    ]
}
