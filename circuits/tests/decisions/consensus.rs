//! Consensus of validators.

use foldproof_circuits::chips::Gate;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::stages::consensus::{METHODS, Method, SCORE_ONE};
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::Examiner;
use foldproof_circuits::testing::samples::scores::{Said, consensus, validators};
use foldproof_circuits::testing::samples::{Dice, seed};

use super::lay_out;

const USUAL: (u16, u16) = (2, 1);

/// What validators say, and a threshold.
type Case = (Vec<Said>, (u16, u16));

fn with_scores(scores: &[u32]) -> Vec<Said> {
    (0..).zip(scores).map(|(i, score)| (*score, 1000 + i % 3, 5 + u64::from(i))).collect()
}

/// As many as a score each of them, half of them 0, and a confidence.
fn apart(score: u32, confidence: u32) -> Case {
    (vec![(0, confidence, 1), (score, confidence, 1), (0, confidence, 1), (score, confidence, 1)], USUAL)
}

/// Ties and limits, with a case on both sides of each.
fn made() -> Vec<Case> {
    let one = SCORE_ONE;
    let far = [100, 95, 105, 95, 80];
    let mut all: Vec<Case> = vec![
        // Too few, and just enough.
        (Vec::new(), USUAL),
        (with_scores(&[7]), USUAL),
        (with_scores(&[7, 9]), USUAL),
        (with_scores(&[7, 9, 8]), USUAL),
        // All of one score; two middle ones; equal scores in and beside the middle.
        (with_scores(&[5; 4]), USUAL),
        (with_scores(&[4, 1, 8, 3]), USUAL),
        (with_scores(&[4, 4, 8, 1, 4, 0, 9]), USUAL),
        (with_scores(&[1, 2, 2, 3, 3, 4]), USUAL),
        // Half that agree leave no outliers.
        (with_scores(&[5, 5, one]), USUAL),
        // An outlier at its threshold, and beyond it.
        (with_scores(&far), (20235, 10000)),
        (with_scores(&far), (20234, 10000)),
        (with_scores(&far), (1, u16::MAX)),
        (with_scores(&far), (u16::MAX, 1)),
        // All are outliers.
        (with_scores(&[0, 0, 10, 10]), (1, u16::MAX)),
        // No confidence, no stake, neither.
        (vec![(3, 0, 4), (6, 0, 9), (12, 0, 1)], USUAL),
        (vec![(3, 1, 0), (6, 2, 0), (12, 3, 0)], USUAL),
        (vec![(3, 0, 0), (6, 0, 0), (12, 0, 0), (13, 0, 0)], USUAL),
        // Half of the confidence reached exactly, almost, with the first and with the last.
        (vec![(4, 1, 1), (1, 1, 1), (8, 2, 1), (4, 0, 1)], USUAL),
        (vec![(4, 1, 1), (1, 1, 1), (8, 3, 1), (4, 0, 1)], USUAL),
        (vec![(4, 1, 1), (1, 9, 1), (8, 2, 1), (4, 0, 1)], USUAL),
        (vec![(4, 0, 1), (1, 0, 1), (8, 1, 1), (8, 0, 1)], USUAL),
        // Agreement of a half, and a little more; confidence of a half, and what is clamped to it.
        apart(one / 2, one / 4),
        apart(one / 2 - 1, one / 4),
        apart(one / 2 + 1, one / 4 - 1),
        apart(one, 0),
        apart(1, one),
        // A stake whose root is whole, and its neighbours.
        (vec![(1, one, 1 << 40), (9, one, (1 << 40) - 1), (5, one, (1 << 40) + 1)], USUAL),
    ];
    // As much as there may be.
    all.push((vec![(one, one, u64::MAX); 64], USUAL));
    let mut halves = vec![(one, one, u64::MAX); 64];
    halves[..32].fill((0, one, u64::MAX));
    all.push((halves.clone(), USUAL));
    all.push((halves[1..].to_vec(), (u16::MAX, u16::MAX)));
    all
}

fn outcome(ruling: &Ruling) -> (u64, u64, u64) {
    match ruling {
        Ruling::Consensus { value, confidence, outliers, .. } => (*value, *confidence, *outliers),
        other => panic!("{other:?}"),
    }
}

/// Lays everything out under every method: it is one circuit, whoever agrees on what.
fn all_hold(cases: &[Case]) {
    let layouts = |(rows, threshold): &Case| {
        let of = |(method, _): (Method, &str)| consensus(rows, method, *threshold);
        METHODS.map(of)
    };
    let first: Evidence = consensus(&[], Method::Median, USUAL);
    let (first, _) = lay_out(&first);
    let examiner = Examiner::new(&first);
    for case in cases {
        for evidence in layouts(case) {
            let (layout, ruling) = lay_out(&evidence);
            let refusals = examiner.refusals(&layout);
            assert_eq!(refusals.into_iter().collect::<Vec<_>>(), [], "{case:?} {ruling:?}");
            if case.0.len() < 3 {
                assert_eq!(outcome(&ruling), (0, 0, 0), "too few");
            }
        }
    }
}

#[test]
fn ties_and_limits_are_those_of_native_arithmetic() {
    all_hold(&made());
}

#[test]
fn drawn_validators_agree_as_in_native_arithmetic() {
    let seed = seed();
    println!("FOLDPROOF_SEED={seed}");
    let mut dice = Dice::new(seed);
    let cases: Vec<Case> = (0..6)
        .map(|_| {
            let count = 3 + dice.roll(62) as usize;
            let threshold =
                if dice.roll(2) == 0 { (1 + dice.roll(9) as u16, 1 + dice.roll(9) as u16) } else { USUAL };
            (validators(&mut dice, count), threshold)
        })
        .collect();
    all_hold(&cases);
}

#[test]
fn the_circuit_has_its_size_and_its_shape() {
    let evidence = consensus(&[(1, 2, 3); 64], Method::Robust, USUAL);
    let (layout, _) = lay_out(&evidence);
    let statement = Statement::from_name("consensus-64").unwrap();
    assert_eq!(Layout::blank(&statement).digest(), layout.digest());
    let rows: Vec<usize> = layout.stages().iter().map(|stage| stage.rows).collect();
    assert_eq!((statement.k(), &rows[..]), (12, &[2_731, 160][..]), "rows of the decision and of its sponge");
    let assignment = layout.assignment();
    let checked =
        |row: &usize| [Gate::Range, Gate::RangeWide].iter().any(|gate| assignment.is_enabled(*gate, *row));
    assert_eq!((0..assignment.rows()).filter(checked).count(), 1_717, "range checks beside multiply-adds");
}
