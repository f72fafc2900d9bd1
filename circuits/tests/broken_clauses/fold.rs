//! Sections 1 and 2 of the definition: features and fold.

use std::collections::BTreeMap;

use foldproof_circuits::assignment::{Free, Lies};
use foldproof_circuits::block::{Block, Number, Trace, WitnessBundle};
use foldproof_circuits::chips::record::ROWS;
use foldproof_circuits::chips::{Gate, at};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::pipeline::evaluate;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::samples::{block, codebook};
use foldproof_circuits::testing::{Examiner, Forger, Subject};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::cell;
use crate::plain::{self, Break, Values, fold, integers};
use crate::refused;

/// One unit in one of 128 traces: a mean of 1/2 before it is rounded.
fn halves() -> Block {
    let mut traces = vec![Trace::default(); 128];
    traces[0].storage_writes = Number::saturating(1);
    let mut block = Block { traces, ..Block::default() };
    block.header.height = 20_000_000;
    block
}

/// Blocks on which the clauses make a difference.
fn blocks() -> Vec<Block> {
    let mut low = block(8, 3, 2, 1);
    low.header.height = 1234;
    vec![block(1, 30, 20, 3), halves(), block(7, 1, 0, 0), low, block(9, 0, 60, 9)]
}

#[test]
fn the_plain_pipeline_is_the_native_one() {
    for block in blocks() {
        let native = evaluate(&block, &codebook(2, 64), &Salts::none()).unwrap();
        assert_eq!(fold(&block, Break::Nothing), integers(&native.folded));
    }
}

/// Cells of the 96 values in order, with what is added to each value in its cell.
fn hints(forger: &Forger) -> Vec<foldproof_circuits::assignment::Cell> {
    [Free::Mean, Free::Deviation, Free::Component].into_iter().flat_map(|kind| forger.free(kind)).collect()
}

#[test]
fn every_broken_clause_of_features_and_fold_is_refused() {
    let blocks = blocks();
    let right: Vec<Values> = blocks.iter().map(|block| fold(block, Break::Nothing)).collect();
    // By block, so that each is laid out and examined once.
    let mut broken: BTreeMap<usize, Vec<(Break, Values)>> = BTreeMap::new();
    for clause in plain::all() {
        let seen = (0..blocks.len()).find_map(|i| {
            let wrong = (clause != Break::Traces && clause != Break::Bundles || i == 0)
                .then(|| fold(&blocks[i], clause))?;
            (wrong != right[i]).then_some((i, wrong))
        });
        let (i, wrong) = seen.unwrap_or_else(|| panic!("{clause:?}: no block shows the difference"));
        broken.entry(i).or_default().push((clause, wrong));
    }
    let offset = BigInt::from(1) << 35;
    for (i, clauses) in broken {
        let subject = Subject::Block(Box::new(blocks[i].clone()), Box::new(codebook(2, 64)));
        let forger = Forger::new(Statement::core(Size::Small, Centroids::K64), subject, Vec::new());
        let examiner = Examiner::new(forger.honest());
        let cells = hints(&forger);
        assert_eq!(cells.len(), 96);
        for (clause, wrong) in clauses {
            let values = cells.iter().zip(wrong.iter().flatten().zip(right[i].iter().flatten()));
            let lies = values.filter(|(_, (wrong, right))| wrong != right);
            let lies: Lies = lies.map(|(cell, (wrong, _))| (*cell, wrong + &offset)).collect();
            refused(&examiner, &forger, lies, &format!("{clause:?}"), true);
        }
    }
}

/// A norm one unit off, by its root or by E, shows in no value of a usual block; it is refused all the same.
#[test]
fn a_norm_one_unit_off_is_refused() {
    let forger = Forger::of_sample_block("core-small-64", Vec::new());
    let examiner = Examiner::new(forger.honest());
    for cell in forger.free(Free::Norm) {
        for by in [-1, 1] {
            let root = to_integer(forger.honest().assignment().read(cell)) + by;
            refused(&examiner, &forger, Lies::from([(cell, root)]), "norm", false);
        }
    }
}

/// The fold needs a record: an empty block has no layout, and one whose records are all declared absent is refused.
#[test]
fn a_block_without_records_is_refused() {
    let subject = Block { bundles: vec![WitnessBundle::default()], ..Block::default() };
    assert!(evaluate(&Block::default(), &codebook(2, 64), &Salts::none()).is_err());
    let subject = Subject::Block(Box::new(subject), Box::new(codebook(2, 64)));
    let forger = Forger::new(Statement::core(Size::Small, Centroids::K64), subject, Vec::new());
    let assignment = forger.honest().assignment();
    let there = |row: &usize| {
        assignment.read(cell(at::D, *row)) == Fr::one() && assignment.is_enabled(Gate::Record, *row)
    };
    let lies: Lies =
        (0..assignment.rows()).filter(there).map(|row| (cell(at::D, row), BigInt::from(0))).collect();
    assert_eq!(lies.len(), ROWS);
    refused(&Examiner::new(forger.honest()), &forger, lies, "N >= 1", true);
}
