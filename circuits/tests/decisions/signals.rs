//! Drift of fingerprints, and how far they are from centres.

use foldproof_circuits::assignment::{Cell, Free};
use foldproof_circuits::evidence::{Evidence, Values};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::layout::{Layout, LayoutError};
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::stages::choice::{Kind, Table};
use foldproof_circuits::stages::signals::Departure;
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::samples::Dice;
use foldproof_circuits::testing::{Examiner, Forger};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::scrutiny::{FEW, MANY, Share, is_refused, scrutinise};
use super::{holds, lay_out};

const ONE: i64 = 1 << 32;
/// Least and greatest value of a fingerprint, and of a table.
const ENDS: [i64; 2] = [-(1 << 35), (1 << 35) - 1];
const TABLE_ENDS: [i64; 2] = [-(1 << 47), (1 << 47) - 1];

fn at(place: i64) -> Values {
    let mut values = [0; 96];
    values[40] = place;
    values
}

pub fn drawn(seed: u64, bits: u32) -> Values {
    let mut dice = Dice::new(seed);
    [(); 96].map(|()| dice.signed(bits))
}

pub fn drift(fingerprints: Vec<Values>) -> Evidence {
    Evidence::Drift { fingerprints, distances: true }
}

pub fn departure(values: Values, centres: &[Values], usual: [u64; 2], distances: bool) -> Evidence {
    let centres = Table::new(Kind::Centres, centres.concat()).unwrap();
    Evidence::Departure { values: Box::new(values), centres, usual, distances }
}

#[test]
fn drift_is_that_of_native_arithmetic() {
    for seed in 0..4 {
        let all: Vec<Values> = (0..3).map(|place| drawn(10 * seed + place, 30 + seed as u32)).collect();
        lay_out(&drift(all[1..].to_vec()));
        lay_out(&drift(all));
    }
    let [least, most] = ENDS.map(|end| [end; 96]);
    for fingerprints in [
        vec![least, most],
        vec![most, least, most],
        vec![most, most, least],
        vec![least, most, most],
        vec![[0; 96]; 3],
        vec![at(0), at(1), at(3)],
    ] {
        holds(&drift(fingerprints.clone()));
        let flag = Evidence::Drift { fingerprints, distances: false };
        if flag.decision().check().is_ok() {
            lay_out(&flag);
        }
    }
}

/// A tenth of 2³² is no whole number: 429,496,729.6.
#[test]
fn drift_accelerates_above_its_limit() {
    let found = |acceleration: i64| {
        let evidence = drift(vec![at(ONE), at(0), at(ONE + acceleration)]);
        match holds(&evidence).1 {
            Ruling::Drift { accelerating, distances } => (accelerating, distances),
            other => panic!("{other:?}"),
        }
    };
    let velocity = |acceleration: i64| Some(((ONE + acceleration) as u64, acceleration));
    assert_eq!(found(429_496_729), (false, velocity(429_496_729)));
    assert_eq!(found(429_496_730), (true, velocity(429_496_730)));
    assert_eq!(found(-ONE), (false, velocity(-ONE)));
}

#[test]
fn the_first_of_the_nearest_centres_is_told() {
    let found = |place: i64, centres: &[Values]| match holds(&departure(
        at(place),
        centres,
        Departure::USUAL,
        true,
    ))
    .1
    {
        Ruling::Departure { nearest, outlier, distance, .. } => (nearest, outlier, distance),
        other => panic!("{other:?}"),
    };
    let centres = [at(9), at(-1), at(1)];
    assert_eq!(found(0, &centres), (1, false, Some(1)), "of equals the first");
    assert_eq!(found(1, &centres), (2, false, Some(0)));
    assert_eq!(found(-1 - 2 * ONE, &centres), (1, false, Some(2 * ONE as u64)));
    assert_eq!(found(-2 - 2 * ONE, &centres), (1, true, Some(2 * ONE as u64 + 1)));
    // Squares 5 and 4 have one floor of their roots, 2: the first counts, though the second is nearer.
    let mut five = at(2);
    five[41] = 1;
    assert_eq!(found(0, &[five, at(2)]), (0, false, Some(2)));
    assert_eq!(found(0, &[at(2), five]), (0, false, Some(2)));
    assert_eq!(found(0, &[at(3), five]), (1, false, Some(2)));
}

#[test]
fn departure_is_that_of_native_arithmetic() {
    let centres: Vec<Values> = (0..8).map(|place| drawn(place, 34)).collect();
    for seed in 20..24 {
        lay_out(&departure(drawn(seed, 34), &centres, [1 << seed, seed], seed % 2 == 0));
    }
    // Centres may lie where no fingerprint does.
    let [least, most] = ENDS.map(|end| [end; 96]);
    let ends = TABLE_ENDS.map(|end| [end; 96]);
    for (values, centres, usual) in [
        (most, vec![ends[0]], [0, 0]),
        (least, vec![ends[1], ends[0]], [(1 << 40) - 1; 2]),
        (most, vec![ends[0], ends[1], most, most], [0, 0]),
        (most, vec![most, least], [1, 0]),
    ] {
        holds(&departure(values, &centres, usual, true));
        holds(&departure(values, &centres, usual, false));
    }
}

#[test]
fn what_is_out_of_range_is_refused() {
    let lay_out = |evidence: &Evidence| {
        let statement = Statement::of_decision(evidence.decision()).unwrap();
        let salts = vec![Fr::one(); statement.subject().commitments()];
        Layout::of_decision(&statement, evidence, &salts).map(|_| ())
    };
    for end in [ENDS[0] - 1, ENDS[1] + 1] {
        let found = LayoutError::Value { index: 40, found: end };
        assert_eq!(lay_out(&drift(vec![at(0), at(end)])), Err(found.clone()));
        assert_eq!(lay_out(&departure(at(end), &[at(0)], [0; 2], true)), Err(found));
    }
    for (usual, of) in [([1 << 40, 0], "usual distance"), ([0, 1 << 40], "usual deviation")] {
        let found = LayoutError::Number { of, bits: 40, found: 1 << 40 };
        let evidence = departure(at(0), &[at(0)], usual, true);
        assert_eq!((lay_out(&evidence), Ruling::new(&evidence)), (Err(found), None));
    }
    let centres = Table::new(Kind::Values, vec![0; 8]).unwrap();
    let evidence = Evidence::Departure { values: Box::new(at(0)), centres, usual: [0; 2], distances: true };
    assert!(matches!(lay_out(&evidence), Err(LayoutError::Subject { .. })));
    assert_eq!(Ruling::new(&evidence), None);
}

#[test]
fn drift_lets_nothing_else_through() {
    drift_is_scrutinised(FEW);
}

#[test]
#[ignore = "minutes: many cells and copies"]
fn drift_lets_nothing_else_through_anywhere() {
    drift_is_scrutinised(MANY);
}

fn drift_is_scrutinised(share: Share) {
    for seed in 0..2 {
        scrutinise(share, drift(vec![drawn(seed, 36), drawn(seed + 1, 33), drawn(seed + 2, 33)]));
    }
    scrutinise(share, drift(vec![drawn(3, 33), drawn(4, 33)]));
    scrutinise(share, Evidence::Drift { fingerprints: vec![at(0), at(1), at(ONE)], distances: false });
}

#[test]
fn departure_lets_nothing_else_through() {
    departure_is_scrutinised(FEW);
}

#[test]
#[ignore = "minutes: many cells and copies"]
fn departure_lets_nothing_else_through_anywhere() {
    departure_is_scrutinised(MANY);
}

fn departure_is_scrutinised(share: Share) {
    let centres = [drawn(5, 33), drawn(6, 33), drawn(6, 33)];
    scrutinise(share, departure(drawn(7, 33), &centres, Departure::USUAL, true));
    scrutinise(share, departure(at(3), &[at(3), at(3)], [0, 0], false));
}

/// Another centre, with the root that it has, or with that of the nearest.
#[test]
fn no_other_centre_is_told() {
    let centres = [at(9), at(-4), at(4), at(7), at(5)];
    let forger = Forger::of_decision(departure(at(0), &centres, Departure::USUAL, true));
    let examiner = Examiner::new(forger.honest());
    let bits: Vec<Cell> = forger.free(Free::Order);
    let [root] = forger.free(Free::Root)[..] else { panic!("one root") };
    assert_eq!(to_integer(forger.honest().assignment().read(root)), 4.into());
    for set in 0..32_u8 {
        for distance in [4, 5, 7, 9, 3, 0] {
            let mut lies: Vec<(Cell, BigInt)> =
                bits.iter().enumerate().map(|(i, cell)| (*cell, (set >> i & 1).into())).collect();
            lies.push((root, distance.into()));
            let honest = set == 2 && distance == 4;
            assert_eq!(is_refused(&forger, &examiner, &lies), !honest, "{set:05b} {distance}");
        }
    }
}

#[test]
fn sizes_are_pinned() {
    for (name, rows, k) in [
        ("drift-2-distances", 281, 12),
        ("drift-3", 519, 12),
        ("drift-3-distances", 520, 12),
        ("departure-1", 292, 12),
        ("departure-16", 3838, 12),
        ("departure-64-distances", 15_185, 14),
        ("departure-256", 60_574, 16),
    ] {
        let statement = Statement::from_name(name).unwrap();
        let layout = Layout::blank(&statement);
        let taken = layout.stages().iter().find(|stage| stage.name == "decision").map(|stage| stage.rows);
        println!("{name}: {taken:?} rows, k = {}", statement.k());
        assert_eq!((taken, statement.k()), (Some(rows), k), "{name}");
    }
}
