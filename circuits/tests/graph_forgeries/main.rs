//! Forgeries of what graphs say: each clause of the definition broken alone, links and tables taken for each other, wrong winners,
//! paths through forests that are none, and what two challenges are for.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod aggregates;
mod choices;
mod clauses;
mod groups;
mod links;
mod paths;

use std::collections::BTreeSet;

use foldproof_circuits::assignment::{Assignment, Cell};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::testing::{Examiner, Forger, Killer};
use halo2curves::bn256::Fr;

/// Values of a matrix of two times two that leave some results in range.
const MATRIX: [i64; 4] = [100, -300, 2000, 44];

/// Who objects to a changed assignment.
fn refusals(forger: &Forger, change: impl FnOnce(&mut Assignment)) -> BTreeSet<Killer> {
    let mut assignment = forger.honest().assignment().clone();
    change(&mut assignment);
    Examiner::new(forger.honest()).refusals(&forger.honest().forged(assignment))
}

/// Who objects to `other`, told under the first `count` public inputs of a model of `honest`: its commitment, and what its heads mean.
fn told_as(honest: &Forger, other: &Layout, count: usize) -> BTreeSet<Killer> {
    let mut assignment = other.assignment().clone();
    let first =
        honest.honest().instance().rows().len() - honest.honest().instance().models[0].outputs.len() - 2;
    for row in first..first + count {
        let (_, beside) = honest.honest().assignment().public().nth(row).unwrap();
        let value = honest.honest().assignment().read(beside);
        assignment.write(beside.column, beside.row, value);
    }
    Examiner::new(honest.honest()).refusals(&other.forged(assignment))
}

fn rows(layout: &Layout, gate: foldproof_circuits::chips::Gate) -> Vec<usize> {
    (0..layout.assignment().rows()).filter(|row| layout.assignment().is_enabled(gate, *row)).collect()
}

fn cell(column: usize, row: usize) -> Cell {
    Cell { column, row }
}

fn one() -> Fr {
    Fr::one()
}
