//! Section 3 of the definition: normalisation, nearest centroids, residuals and bound.

use foldproof_circuits::assignment::{Cell, Free, Lies};
use foldproof_circuits::chips::search::{KEY_SCALE, LEAST, ORDERS, PART};
use foldproof_circuits::chips::{Gate, at};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::pipeline::{Fingerprint, evaluate};
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::samples::{block, codebook};
use foldproof_circuits::testing::{Examiner, Forger, Subject};
use num_bigint::BigInt;

use crate::{cell, refused};

const CORE: Statement = Statement::core(Size::Small, Centroids::K64);

fn forger(codebook: Codebook) -> Forger {
    Forger::new(CORE, Subject::Block(Box::new(block(1, 30, 20, 3)), Box::new(codebook)), Vec::new())
}

fn fingerprint(codebook: &Codebook) -> Fingerprint {
    evaluate(&block(1, 30, 20, 3), codebook, &Salts::none()).unwrap()
}

/// Cells of the 96 values before saturation.
fn normalised(forger: &Forger) -> Vec<Cell> {
    let assignment = forger.honest().assignment();
    let rows = (0..assignment.rows()).filter(|row| assignment.is_enabled(Gate::Normalise, *row));
    rows.map(|row| cell(at::NUMBER, row - 1)).collect()
}

fn read(forger: &Forger, cell: Cell) -> BigInt {
    let value = forger.honest().assignment().read(cell);
    let negative = to_integer(-value);
    if negative < to_integer(value) { -negative } else { to_integer(value) }
}

/// A codebook whose normalisation keeps values in range, or throws all of them out of it.
fn scaled(inverse: i64) -> Codebook {
    let usual = codebook(2, 64);
    Codebook::new([12_345; 16], [inverse; 16], usual.centroids().to_vec(), 1 << 50).unwrap()
}

#[test]
fn another_rounding_of_a_normalised_value_is_refused() {
    let codebook = scaled(1 << 34);
    let forger = forger(codebook.clone());
    let examiner = Examiner::new(forger.honest());
    let folded: Vec<i64> = fingerprint(&codebook).folded.into_iter().flatten().collect();
    // ⌊x⌋ instead of ⌊x⌉; without the mean; without the scale.
    let exact = |value: i64| BigInt::from(value - 12_345) << 34;
    type Way = fn(BigInt, i64) -> BigInt;
    let ways: [(&str, Way); 3] = [
        ("floor", |exact, _| exact >> 40),
        ("no mean", |_, value| ((BigInt::from(value) << 34) + (BigInt::from(1) << 39)) >> 40),
        ("no scale", |_, value| ((BigInt::from(value - 12_345) << 32) + (BigInt::from(1) << 39)) >> 40),
    ];
    for (clause, way) in ways {
        let cells = normalised(&forger).into_iter().zip(&folded);
        let lies: Lies = cells.map(|(cell, value)| (cell, way(exact(*value), *value))).collect();
        refused(&examiner, &forger, lies, clause, false);
    }
}

#[test]
fn another_saturation_is_refused() {
    let forger = forger(scaled(1 << 48));
    let examiner = Examiner::new(forger.honest());
    let limit = BigInt::from((1 << 30) - 1);
    let saturated: Vec<Cell> =
        normalised(&forger).into_iter().filter(|cell| read(&forger, *cell) > limit).collect();
    assert!(!saturated.is_empty());
    let clamped = |Cell { row, .. }: &Cell| cell(at::CLAMPED, *row);
    let to = |value: BigInt| saturated.iter().map(|cell| (clamped(cell), value.clone())).collect::<Lies>();
    refused(&examiner, &forger, to(&limit + 1), "saturated one unit above", false);
    refused(&examiner, &forger, to(&limit - 1), "saturated one unit below", false);
    let free = saturated.iter().map(|cell| (clamped(cell), read(&forger, *cell))).collect();
    refused(&examiner, &forger, free, "not saturated", false);
    // The flag with all that follows from it.
    let flags = saturated.iter().map(|Cell { row, .. }| (cell(at::OVER, *row), BigInt::from(0))).collect();
    refused(&examiner, &forger, flags, "not saturated, by its flag", false);
}

/// The key of centroid `k` in search `i`, whose least key stands in `first`.
fn key(forger: &Forger, codebook: &Codebook, i: usize, first: Cell, k: usize) -> BigInt {
    let parts = PART.map(|column| read(forger, cell(column, first.row)));
    let (subspace, vector) = (i / 6, i % 6);
    let centroid = codebook.centroids()[k][subspace];
    let squares = parts.iter().zip(ORDERS[vector]).map(|(z, coordinate)| {
        let difference: BigInt = z - (1 << 30) - centroid[coordinate];
        &difference * &difference
    });
    squares.sum::<BigInt>() * KEY_SCALE + k
}

#[test]
fn another_centroid_is_refused() {
    let codebook = codebook(2, 64);
    let forger = forger(codebook.clone());
    let examiner = Examiner::new(forger.honest());
    for (i, first) in forger.free(Free::Least).into_iter().enumerate().step_by(5) {
        let least = read(&forger, first);
        let mut keys: Vec<BigInt> = (0..64).map(|k| key(&forger, &codebook, i, first, k)).collect();
        keys.sort();
        assert_eq!(keys[0], least);
        // Nearest but one, furthest, and the right one at a distance less than it has.
        for (clause, wrong) in
            [("second", keys[1].clone()), ("furthest", keys[63].clone()), ("nearer", &least - KEY_SCALE)]
        {
            let verdict = refused(&examiner, &forger, Lies::from([(first, wrong)]), clause, false);
            assert!(verdict.public || clause == "nearer", "{clause}: the index is public");
        }
    }
}

#[test]
fn a_tie_goes_to_the_lowest_index() {
    // Each centroid twice, 32 apart.
    let usual = codebook(2, 64);
    let twice: Vec<_> = (0..64).map(|k| usual.centroids()[k % 32]).collect();
    let codebook = Codebook::new(*usual.mean(), *usual.inverse(), twice, usual.bound_squared()).unwrap();
    assert!(fingerprint(&codebook).code.indices.iter().flatten().all(|index| *index < 32));
    let forger = forger(codebook);
    let examiner = Examiner::new(forger.honest());
    for first in forger.free(Free::Least).into_iter().step_by(7) {
        assert_eq!(first.column, LEAST);
        let tied = read(&forger, first) + 32;
        refused(&examiner, &forger, Lies::from([(first, tied)]), "the higher index of a tie", true);
    }
}

#[test]
fn another_reading_of_a_key_is_refused() {
    let forger = forger(codebook(2, 64));
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let starts = (0..assignment.rows()).filter(|row| assignment.is_enabled(Gate::SearchStart, *row));
    // index + 256 and a distance one less; the index above with the distance left.
    for row in starts.step_by(5) {
        let least = cell(at::E, row);
        let readers = assignment.copies().iter().filter(|(from, _)| *from == least).map(|(_, to)| to);
        for to in readers {
            // The row that takes the key apart: key, distance, index.
            let wires = [at::A, at::B, at::C, at::D].map(|column| cell(column, to.row));
            let sources =
                wires.map(|wire| assignment.copies().iter().find(|copy| copy.1 == wire).map(|copy| copy.0));
            let [Some(_), Some(distance), Some(index), None] = sources else { continue };
            let (d, q) = (read(&forger, distance), read(&forger, index));
            for (clause, lies) in [
                ("index + 256", Lies::from([(distance, &d - 1), (index, &q + 256)])),
                ("index - 256", Lies::from([(distance, &d + 1), (index, &q - 256)])),
                ("index + 1", Lies::from([(index, &q + 1)])),
                ("distance + 1", Lies::from([(distance, &d + 1)])),
            ] {
                refused(&examiner, &forger, lies, clause, false);
            }
        }
    }
}

#[test]
fn the_bound_is_met_by_equality_and_by_no_unit_more() {
    let usual = codebook(2, 64);
    let residuals = fingerprint(&usual).code.residual_squared;
    let bound = u64::try_from(residuals[0]).unwrap();
    for (within, bound) in [(true, bound), (false, bound - 1)] {
        let centroids = usual.centroids().to_vec();
        let codebook = Codebook::new(*usual.mean(), *usual.inverse(), centroids, bound).unwrap();
        assert_eq!(fingerprint(&codebook).code.within_bound[0], within);
        let forger = forger(codebook);
        let examiner = Examiner::new(forger.honest());
        let flags = forger.free(Free::NotNegative);
        // The last six of them, one for each vector.
        let flag = flags[flags.len() - 6];
        assert_eq!(read(&forger, flag), BigInt::from(u8::from(within)));
        let lies = Lies::from([(flag, BigInt::from(u8::from(!within)))]);
        refused(&examiner, &forger, lies, "within bound", true);
    }
}
