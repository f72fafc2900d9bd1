//! Cells that nobody wrote and some gate reads: to write into them is noticed, or changes nothing.

use std::collections::BTreeMap;

use foldproof_circuits::assignment::{Cell, Role};
use foldproof_circuits::chips::{LIMBS, at, record};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::testing::samples::{block_layout, graphs};
use foldproof_circuits::testing::{Examiner, Forger, Place, mock_breaches};
use halo2curves::bn256::Fr;

use crate::{altered, cell, large, models};

/// Transactions, traces, bundles.
const CLASSES: usize = 3;

/// How many blank cells are read, and how many of them nobody misses, by column: wires with coefficient 0 and wires beside records' numbers, by column.
fn harmless(layout: &Layout) -> (usize, BTreeMap<usize, usize>) {
    let examiner = Examiner::new(layout);
    let assignment = layout.assignment();
    let columns = (0..assignment.advice().len()).filter(|column| !assignment.advice()[*column].is_empty());
    // Limbs, what stands beside them and pads are looked up in every row: see the controls and the lies about pads. Counts are written.
    let looked_up = [&[at::PAD, at::COUNT][..], &at::OUT].concat();
    let columns = columns.filter(|column| *column >= LIMBS && !looked_up.contains(column));
    let cells = columns.flat_map(|column| (0..assignment.rows()).map(move |row| cell(column, row)));
    let blank = |cell: &Cell| assignment.role(*cell) == Role::Blank && examiner.is_read(Place::First(*cell));
    let blank: Vec<Cell> = cells.filter(blank).collect();
    let unnoticed = |cell: &&Cell| {
        let values = [Fr::one(), -Fr::one(), large(cell.row as u64 + 1)];
        values.into_iter().any(|value| examiner.gate_killer(Place::First(**cell), value).is_none())
    };
    let silent: Vec<Cell> = blank.iter().filter(unnoticed).copied().collect();
    assert!(silent.len() < blank.len(), "some are noticed");
    // All of them at once hold what no polynomial that depends on them would take.
    let forged = altered(layout, |assignment| {
        silent.iter().for_each(|cell| {
            assignment.write(cell.column, cell.row, large((cell.column * cell.row) as u64));
        });
    });
    let refusals = examiner.refusals(&forged);
    assert!(refusals.is_empty(), "{}: {refusals:?}", layout.statement());
    assert!(mock_breaches(&forged).is_empty(), "{}", layout.statement());
    assert_eq!(forged.instance(), layout.instance(), "what is claimed does not depend on them");
    let mut by_column = BTreeMap::new();
    silent.iter().for_each(|cell| *by_column.entry(cell.column).or_default() += 1);
    (blank.len(), by_column)
}

#[test]
fn what_nobody_wrote_is_noticed_or_harmless() {
    for forger in models() {
        let (read, silent) = harmless(forger.honest());
        println!(
            "{}: {read} blank cells are read, harmless by column {silent:?}",
            forger.honest().statement()
        );
        assert!(
            silent
                .keys()
                .all(|column| [at::MODEL_X, at::MODEL_SUM, at::MODEL_FLAG, at::MESSAGE].contains(column)),
            "{silent:?}"
        );
    }
    // Wires with coefficient 0, links that are none, and what carries 0 times the row above.
    for forger in graphs::all() {
        let (read, silent) = harmless(forger.honest());
        println!(
            "{}: {read} blank cells are read, harmless by column {silent:?}",
            forger.honest().statement()
        );
        let wires = [&at::WIRE[..], &at::ACC, &[at::A, at::END[0], at::MESSAGE]].concat();
        assert!(silent.keys().all(|column| wires.contains(column)), "{silent:?}");
    }
    for (layout, blocks) in [(&block_layout("core-small-64", &[]), 1), (Forger::of_two_blocks().honest(), 2)]
    {
        let (read, silent) = harmless(layout);
        println!("{}: {read} blank cells are read, harmless by column {silent:?}", layout.statement());
        // The sums that the first record of a class does not go on with: seven rows each.
        assert_eq!(silent.get(&at::SUM), Some(&(blocks * CLASSES * record::ROWS)));
        assert!(silent.keys().all(|column| (at::SUM..=at::D).contains(column)), "{silent:?}");
    }
}
