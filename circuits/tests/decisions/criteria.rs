//! Scores over criteria.

use std::collections::BTreeMap;

use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::stages::criteria::Method;
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::Examiner;
use foldproof_circuits::testing::samples::scores::{Measured, criteria, measured};
use foldproof_circuits::testing::samples::{Dice, seed};

use super::lay_out;

const ONE: u64 = 1 << 32;
const LEAST: i64 = -(1 << 47);
const MOST: i64 = (1 << 47) - 1;

/// Ties and limits, with a case on both sides of each.
fn made() -> Vec<Vec<Measured>> {
    // Below, at and above both ends; a range of one value, met and not.
    let ends: Vec<Measured> = (-1..=5).map(|raw: i64| (raw, 0, 4, raw.unsigned_abs() as u32)).collect();
    let single: Vec<Measured> = (6..=8).map(|raw| (raw, 7, 7, 1)).collect();
    let weightless =
        |rows: &[Measured]| rows.iter().map(|(raw, min, max, _)| (*raw, *min, *max, 0)).collect();
    let mut all: Vec<Vec<Measured>> = vec![
        ends.clone(),
        ends[..6].to_vec(),
        single.clone(),
        weightless(&ends),
        weightless(&ends[1..3]),
        weightless(&single[..1]),
        // One: whatever it is, the confidence is the same.
        vec![(1, 0, 4, 9)],
        vec![(1, 1, 1, 0)],
        // As far apart as two can be, and not at all.
        vec![(0, 0, 1, 1), (1, 0, 1, 1)],
        vec![(1, 0, 3, u32::MAX), (1, 0, 3, 1)],
        // Equal ones in the middle, and in the order of their places.
        vec![(1, 0, 1, 1), (0, 0, 1, 1), (1, 0, 1, 1)],
        vec![(2, 0, 8, 1), (1, 0, 4, 1), (4, 0, 16, 1), (8, 0, 8, 1), (0, 0, 8, 1), (3, 0, 12, 1)],
        // Halves that round up: 1/2·2³² in 3 parts, and weights that halve.
        vec![(1, 0, 3, 1), (2, 0, 3, 1)],
        vec![(LEAST, LEAST, MOST, u32::MAX), (MOST, LEAST, MOST, u32::MAX), (0, LEAST, MOST, 1)],
        vec![(MOST, LEAST, LEAST, 1), (LEAST, MOST, MOST, 1), (LEAST, LEAST + 1, MOST, 3)],
    ];
    // As much as there may be.
    all.push((0..64).map(|i| ([LEAST, MOST][i % 2], LEAST, MOST, u32::MAX)).collect());
    all.push(vec![(MOST, LEAST, MOST, u32::MAX); 64]);
    all
}

/// Lays everything out by every method: of so many criteria it is one circuit.
fn all_hold(cases: &[Vec<Measured>]) {
    let mut by_count: BTreeMap<usize, Vec<Evidence>> = BTreeMap::new();
    for rows in cases {
        let of = Method::ALL.map(|method| criteria(rows, method));
        by_count.entry(rows.len()).or_default().extend(of);
    }
    for (count, list) in by_count {
        let (first, _) = lay_out(&list[0]);
        let examiner = Examiner::new(&first);
        for evidence in list {
            let (layout, ruling) = lay_out(&evidence);
            let refusals = examiner.refusals(&layout);
            assert_eq!(refusals.into_iter().collect::<Vec<_>>(), [], "{evidence:?} {ruling:?}");
            let Ruling::Criteria { value, confidence, .. } = ruling else { panic!("{ruling:?}") };
            let single = 3_435_973_837;
            assert!(value <= ONE && (ONE / 2..=ONE).contains(&confidence));
            assert!(count > 1 || confidence == single);
        }
    }
}

#[test]
fn ties_and_limits_are_those_of_native_arithmetic() {
    all_hold(&made());
}

#[test]
fn drawn_criteria_are_scored_as_in_native_arithmetic() {
    let seed = seed();
    println!("FOLDPROOF_SEED={seed}");
    let mut dice = Dice::new(seed);
    let counts = [2, 3, 3, 8, 8, 33, 64, 64];
    all_hold(&counts.map(|count| measured(&mut dice, count)));
}

#[test]
fn circuits_have_their_sizes_and_shapes() {
    for count in 1..=64 {
        let statement = Statement::from_name(&format!("criteria-{count}")).unwrap();
        // That has as many rows as are counted.
        let blank = Layout::blank(&statement);
        assert_eq!(statement.k(), 12, "{count}");
        let rows: Vec<usize> = blank.stages().iter().map(|stage| stage.rows).collect();
        match count {
            16 => assert_eq!(rows, [401, 96]),
            64 => {
                assert_eq!(rows, [1_529, 320]);
                let (layout, _) = lay_out(&criteria(&measured(&mut Dice::new(1), 64), Method::Ensemble));
                assert_eq!(blank.digest(), layout.digest());
            }
            _ => {}
        }
    }
}
