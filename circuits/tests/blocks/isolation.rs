//! What a prover of several blocks could try with the rows where one ends and the next begins: no gate, sum or chain goes on
//! there.

use std::ops::Range;

use foldproof_circuits::assignment::{Assignment, Cell, Lies};
use foldproof_circuits::chips::{ADVICE_COLUMNS, Area, FIXED_COLUMNS, Gate, LIMBS, at, fixed_at};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::{Core, MAX_BLOCKS, Statement};
use foldproof_circuits::testing::samples::{Dice, toys};
use foldproof_circuits::testing::{Breach, Examiner, Forger, Killer};
use halo2curves::bn256::Fr;

use crate::{TOY, cell, lay_out, second};

/// Rows of the stages of that name, block by block.
fn stages(layout: &Layout, name: &str) -> Vec<Range<usize>> {
    let stages = layout.stages().iter().filter(|stage| stage.name == name);
    stages.map(|stage| stage.start..stage.start + stage.rows).collect()
}

/// Whether a breach is of somebody who reads the rows of all blocks, as he should: a public input is compared with what it is a copy
/// of, and the sum of all look-ups ends in the last row.
fn reads_everywhere(name: &str) -> bool {
    [Gate::Public, Gate::LookupEdge].iter().any(|gate| name.starts_with(&format!("{gate:?} /")))
}

/// Rows of the constraints that fail when the cells that columns of an area have in `rows` hold anything.
fn shaken(layout: &Layout, area: Area, rows: Range<usize>) -> Vec<(String, usize)> {
    let mut dice = Dice::new(1);
    let mut assignment = layout.assignment().clone();
    let columns = (0..ADVICE_COLUMNS).filter(|column| assignment.bands().advice(*column));
    for column in columns.filter(|column| Area::of_advice(*column) == area).collect::<Vec<_>>() {
        for row in rows.clone() {
            assignment.write_int(column, row, dice.roll(1 << 40));
        }
    }
    let breaches = Examiner::new(layout).breaches(&layout.forged(assignment));
    let failing = breaches.into_iter().filter_map(|breach| match breach {
        Breach::Constraint { name, row, .. } if !reads_everywhere(&name) => Some((name, row)),
        Breach::Constraint { .. } | Breach::Copies(_) => None,
    });
    failing.collect()
}

/// Sums, presence, packing, hashes, searches and chains: whatever one block has in its rows, gates in those of the other hold as
/// before.
#[test]
fn no_gate_reaches_into_another_block() {
    let layout = lay_out(&toys(1, 2));
    let rows = layout.assignment().rows();
    let shared = stages(&layout, "features: records")[1].start;
    let sponge = stages(&layout, "commit: sponge (beside the others)")[1].start;
    for (area, border) in [(Area::Shared, shared), (Area::Sponge, sponge)] {
        let outside = |shaken_rows: Range<usize>| -> Vec<_> {
            let failing = shaken(&layout, area, shaken_rows.clone());
            assert!(failing.len() > border, "{area:?}: {} constraints fail", failing.len());
            failing.into_iter().filter(|(_, row)| !shaken_rows.contains(row)).collect()
        };
        // Below the public inputs, which stand above the first block.
        let first = if area == Area::Shared { stages(&layout, "features: records")[0].start } else { 0 };
        assert_eq!(outside(first..border), [], "{area:?}: the second block reads the first");
        assert_eq!(outside(border..rows), [], "{area:?}: the first block reads the second");
        // A border through a block is crossed.
        assert!(!outside(first..border + 1).is_empty() && !outside(border + 1..rows).is_empty(), "{area:?}");
    }
}

/// Messages of a block's chains are copies of its own cells. Those of the codebook are the first block's.
#[test]
fn chains_absorb_cells_of_their_own_block() {
    let layout = lay_out(&toys(1, 3));
    let assignment = layout.assignment();
    let borders =
        |name: &str| -> Vec<usize> { stages(&layout, name).iter().map(|rows| rows.start).collect() };
    let (shared, sponge) = (borders("features: records"), borders("commit: sponge (beside the others)"));
    let block = |cell: &Cell| {
        let starts = if cell.column == at::MESSAGE { &sponge } else { &shared };
        starts.iter().filter(|start| **start <= cell.row).count()
    };
    // Those of public inputs come first.
    let absorbed = assignment.copies().iter().skip(assignment.instance().len());
    let absorbed: Vec<_> =
        absorbed.filter(|(from, to)| [from.column, to.column].contains(&at::MESSAGE)).collect();
    assert!(absorbed.len() > 3 * 100, "{} messages", absorbed.len());
    let foreign: Vec<_> = absorbed.into_iter().filter(|(from, to)| block(from) != block(to)).collect();
    assert_eq!(foreign, Vec::<&(Cell, Cell)>::new());
    // Each commitment is a digest of its own block's chains.
    for (place, inputs) in (1..).zip(assignment.instance()[2..].chunks(12)) {
        let blocks: Vec<usize> = inputs.iter().map(block).collect();
        assert_eq!(blocks, vec![place; 12], "public inputs of block {place}");
    }
}

/// Records and texts of a further block have the gates and constants of a block alone, row by row, but for the kinds that keep their
/// links apart.
#[test]
fn records_and_texts_of_a_further_block_are_those_of_a_block_alone() {
    let alone = Layout::blank(&Statement::core(TOY.size, TOY.centroids));
    let several = Layout::blank(&Statement::of_blocks(TOY, 3).unwrap());
    let rows = |layout: &Layout| -> Vec<Range<usize>> {
        let ends = stages(layout, "features: texts").into_iter().map(|texts| texts.end);
        stages(layout, "features: records").into_iter().zip(ends).map(|(from, end)| from.start..end).collect()
    };
    let shape = |assignment: &Assignment, row: usize, place: u64| {
        let constants = (0..FIXED_COLUMNS).filter(|column| {
            let own = fixed_at::TAG..fixed_at::TAG + LIMBS;
            let coefficients = fixed_at::K..fixed_at::K + 8;
            own.contains(column)
                || coefficients.contains(column)
                || [fixed_at::INDEX, fixed_at::LINKS].contains(column)
        });
        let constants: Vec<Fr> = constants.map(|column| assignment.fixed_at(column, row)).collect();
        let linked = assignment.fixed_at(fixed_at::LINKS, row) != Fr::zero();
        let kind = to_integer(assignment.fixed_at(fixed_at::KIND, row)) - if linked { 4 * place } else { 0 };
        let own = |gate: &&Gate| Area::of_gate(**gate) == Area::Shared;
        let gates: Vec<Gate> =
            Gate::ALL.iter().filter(own).filter(|gate| assignment.is_enabled(**gate, row)).copied().collect();
        (constants, kind, gates)
    };
    let [expected] = &rows(&alone)[..] else { panic!("one block") };
    for (place, rows) in (0..).zip(rows(&several)) {
        assert_eq!(rows.len(), expected.len());
        for (one, other) in expected.clone().zip(rows) {
            assert!(
                shape(alone.assignment(), one, 0) == shape(several.assignment(), other, place),
                "block {place}, row {other}"
            );
        }
    }
}

/// Somebody who has the sums of the second block go on from those of the first is refused by the first record there.
#[test]
fn sums_start_anew_in_every_block() {
    let forger = Forger::of_two_blocks();
    let (examiner, assignment) = (Examiner::new(forger.honest()), forger.honest().assignment());
    let border = second(assignment);
    let last = (0..border).rev().find(|row| assignment.is_enabled(Gate::Take, *row)).unwrap() - 6;
    let lies: Lies = (0..7)
        .map(|j| {
            let [above, here] = [cell(at::A, last + j), cell(at::SUM, border + j)];
            (here, to_integer(assignment.read(here)) + to_integer(assignment.read(above)))
        })
        .collect();
    assert!(lies.iter().any(|(cell, sum)| to_integer(assignment.read(*cell)) != *sum));
    let verdict = examiner.judge(&forger, lies);
    let expected = Killer::Gate("Record / sums go on".to_owned());
    assert!(verdict.killers.contains(&expected), "{:?}", verdict.killers);
}

/// A proof of some blocks is no proof of fewer or more: the first public input is another one for each number of them.
#[test]
fn statements_about_other_numbers_of_blocks_have_other_elements() {
    let elements = |core: Core| (2..=MAX_BLOCKS).map(move |count| Statement::of_blocks(core, count).unwrap());
    let mut elements: Vec<Fr> = elements(TOY).map(|statement| statement.element()).collect();
    elements.push(Statement::core(TOY.size, TOY.centroids).element());
    for (place, element) in elements.iter().enumerate() {
        assert!(!elements[..place].contains(element), "{}", place + 2);
    }
}
