//! Examiner and mock prover say the same of lies: the same constraints in the same rows, the same copies.

use std::collections::BTreeSet;

use foldproof_circuits::assignment::Lies;
use foldproof_circuits::chips::at;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::testing::samples::{Dice, block, graphs, seed};
use foldproof_circuits::testing::{Breach, Examiner, Forger, mock_breaches};
use num_bigint::BigInt;

use crate::{altered, large, models, of_block};

/// A lie: a cell with all that follows, a cell alone, or two of them.
fn lie(forger: &Forger, dice: &mut Dice) -> Layout {
    let assignment = forger.honest().assignment();
    let assigned = assignment.assigned();
    let mut draw = || assigned[dice.roll(assigned.len() as u64) as usize];
    let (one, other) = (draw(), draw());
    match dice.roll(4) {
        0 => forger.lie(Lies::from([(one, BigInt::from(dice.roll(1 << 30)))])),
        1 => altered(forger.honest(), |assignment| {
            assignment.write(one.column, one.row, large(dice.roll(99)));
        }),
        2 => altered(forger.honest(), |assignment| {
            assignment.write(one.column, one.row, assignment.read(other));
        }),
        _ => {
            // Look-ups are not counted anew.
            let mut assignment = forger.honest().assignment().clone();
            assignment.write(one.column, one.row, large(1));
            assignment.write(at::COUNT, dice.roll(100) as usize, large(2));
            forger.honest().forged(assignment)
        }
    }
}

/// How many different constraints the lies broke.
fn agree(forger: &Forger, count: usize) -> BTreeSet<String> {
    let seed = seed();
    let mut dice = Dice::new(seed);
    let examiner = Examiner::new(forger.honest());
    let mut broken = BTreeSet::new();
    for _ in 0..count {
        let forged = lie(forger, &mut dice);
        let (ours, theirs) = (examiner.breaches(&forged), mock_breaches(&forged));
        let apart: Vec<_> = ours.symmetric_difference(&theirs).take(5).collect();
        assert!(apart.is_empty(), "{}: {apart:?}; FOLDPROOF_SEED={seed}", forged.statement());
        assert_eq!(ours.is_empty(), examiner.refusals(&forged).is_empty(), "FOLDPROOF_SEED={seed}");
        broken.extend(ours.into_iter().map(|breach| match breach {
            Breach::Constraint { name, .. } => name,
            Breach::Copies(_) => "copies".into(),
        }));
    }
    println!("{}: {count} lies, {} constraints", forger.honest().statement(), broken.len());
    broken
}

#[test]
fn examiner_and_mock_prover_agree() {
    models().iter().for_each(|forger| drop(agree(forger, 8)));
    graphs::all().iter().for_each(|forger| drop(agree(forger, 2)));
    agree(&of_block(block(1, 30, 20, 3)), 2);
    agree(&Forger::of_two_blocks(), 2);
}

#[test]
#[ignore = "minutes: many lies"]
fn examiner_and_mock_prover_agree_on_many_lies() {
    models().iter().for_each(|forger| drop(agree(forger, 300)));
    graphs::all().iter().for_each(|forger| drop(agree(forger, 60)));
    // A mock prover takes some ten seconds for each lie about a block.
    agree(&of_block(block(1, 30, 20, 3)), 10);
}

/// An examiner that does not ask one constraint says something else than the mock prover, whichever it is.
#[test]
fn an_examiner_that_leaves_a_constraint_out_disagrees() {
    let forger = &models()[0];
    let assignment = forger.honest().assignment();
    let rows = (0..assignment.rows() - 1).step_by(3);
    // Every column of the first phase is wrong in every third row.
    let forged = altered(forger.honest(), |assignment| {
        let columns =
            (0..assignment.advice().len()).filter(|column| !assignment.advice()[*column].is_empty());
        let cells: Vec<_> = columns.flat_map(|column| rows.clone().map(move |row| (column, row))).collect();
        cells.into_iter().for_each(|(column, row)| {
            assignment.write(column, row, large((column * row) as u64));
        });
    });
    let truth = mock_breaches(&forged);
    let broken: BTreeSet<(&str, usize)> = truth
        .iter()
        .filter_map(|breach| match breach {
            Breach::Constraint { name, index, .. } => Some((&name[..], *index)),
            Breach::Copies(_) => None,
        })
        .collect();
    assert!(broken.len() > 40, "{} constraints are broken", broken.len());
    for (name, index) in &broken {
        let examiner = Examiner::new(forger.honest()).deaf_to(name, *index);
        assert!(examiner.breaches(&forged) != truth, "{index} {name}");
    }
    assert!(Examiner::new(forger.honest()).breaches(&forged) == truth);
}
