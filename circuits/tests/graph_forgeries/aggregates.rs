//! Aggregates: what is part of the statement, and that sums which stand beside those of others are those of their own rows and channels.

use std::collections::BTreeSet;

use foldproof_circuits::assignment::{Cell, Lies};
use foldproof_circuits::chips::{Gate, LIMBS, at, fixed_at, table};
use foldproof_circuits::fixed::to_u64;
use foldproof_circuits::graph::{Graph, Node, graph_digest as digest};
use foldproof_circuits::testing::samples::graphs::groups::aggregates;
use foldproof_circuits::testing::samples::graphs::of_aggregates;
use foldproof_circuits::testing::{Examiner, Forger, Killer};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::groups::honest;
use crate::{cell, rows};

#[test]
fn every_part_of_an_aggregate_is_part_of_the_graph() {
    let model = aggregates(12);
    let graph = model.graph();
    type Change = fn(&mut Node);
    let changes: [Change; 4] = [
        |node| {
            if let Node::Aggregate { scale, .. } = node {
                *scale = 5
            }
        },
        |node| {
            if let Node::Aggregate { b, .. } = node {
                *b = 0
            }
        },
        |node| {
            if let Node::Aggregate { then, .. } = node {
                then.range.low += 1
            }
        },
        |node| {
            if let Node::Aggregate { a, .. } = node {
                *a = 11
            }
        },
    ];
    let mut seen = BTreeSet::from([digest(graph).to_bytes()]);
    for (index, change) in changes.into_iter().enumerate() {
        let mut nodes = graph.nodes().to_vec();
        change(&mut nodes[9]);
        assert_ne!(nodes, graph.nodes(), "change {index}");
        let made = Graph::new(12, 4, 3, graph.blocks().to_vec(), nodes, graph.heads().to_vec());
        match made {
            Ok(other) => assert!(seen.insert(digest(&other).to_bytes()), "change {index}"),
            // As many scales as rows, and operands that are computed before.
            Err(error) => assert_eq!((index, error.to_string().contains("nodes[9]")), (3, true), "{error}"),
        }
    }
}

/// Scales below 0, without a cell, and of other numbers than there are rows, make no graph.
#[test]
fn scales_are_held_to_what_the_circuit_takes() {
    let model = aggregates(12);
    let graph = model.graph();
    for (aggregate, other) in [(9, 2), (9, 4), (9, 0), (14, 6)] {
        let mut nodes = graph.nodes().to_vec();
        if let Node::Aggregate { scale, .. } = &mut nodes[aggregate] {
            *scale = other;
        }
        let made = Graph::new(12, 4, 3, graph.blocks().to_vec(), nodes, graph.heads().to_vec());
        let error = made.map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("multipliers that are not negative"), "{aggregate} {other}: {error}");
    }
}

/// Rows of sums of aggregates: those of blocks take their parameters from above.
fn sums(forger: &Forger) -> Vec<usize> {
    let stays: BTreeSet<usize> = rows(forger.honest(), Gate::GraphStay).into_iter().collect();
    rows(forger.honest(), Gate::GraphPositions).into_iter().filter(|row| !stays.contains(row)).collect()
}

/// Of the first three, which read one tensor, there are six rows to each of its rows: of one channel and three that fill its rows, of four, of four.
#[test]
fn sums_stay_with_their_rows_and_channels() {
    let forger = of_aggregates(12, 0);
    let sums = sums(&forger);
    assert_eq!(sums.len(), 3 * 6 + 4 * 2);
    let at = |row: usize, half: usize| cell(at::ACC[half], sums[row]);
    let exchanges: [(&str, Cell, Cell); 6] = [
        ("channels of one aggregate", at(2, 0), at(2, 1)),
        ("rows of one aggregate", at(2, 0), at(8, 0)),
        ("aggregates of one row", at(2, 0), at(4, 0)),
        ("neither row nor channel", at(2, 1), at(10, 0)),
        ("what only fills a row", at(2, 0), at(1, 1)),
        ("another tensor", at(2, 0), at(18, 0)),
    ];
    let examiner = Examiner::new(forger.honest());
    let killers =
        |lies: Vec<(Cell, BigInt)>| examiner.judge(&forger, lies.into_iter().collect::<Lies>()).killers;
    for (name, one, other) in exchanges {
        let lies = vec![(one, honest(&forger, one) + 300), (other, honest(&forger, other) - 300)];
        assert_eq!(killers(lies), [Killer::Sum("neurons")], "{name}");
    }
    for row in 0..sums.len() {
        for half in 0..2 {
            let lie = honest(&forger, at(row, half)) + 1;
            assert_eq!(killers(vec![(at(row, half), lie)]), [Killer::Sum("neurons")], "{row} {half}");
        }
    }
    assert!(killers(Vec::new()).is_empty(), "a control");
}

/// Entries of an adjacency above its range, and arguments of a table above its last, told as ones that are not clamped, with all that follows:
/// nothing but the limb objects.
#[test]
fn what_is_above_its_range_is_clamped() {
    let mut tried = BTreeSet::new();
    for sample in 0..5 {
        let forger = of_aggregates(12, sample);
        let examiner = Examiner::new(forger.honest());
        let all = [rows(forger.honest(), Gate::GraphProduct), sums(&forger)].concat();
        for (row, half) in all.into_iter().flat_map(|row| [(row, 0), (row, 1)]) {
            let limb = half * LIMBS / 2;
            let [y, low, high] = [0, 2, 3].map(|i| honest(&forger, cell(at::LIMB + limb + i, row)));
            let beyond = y + low + (high << 12) + 1;
            // Only what a full limb holds would pass for a wider one.
            if honest(&forger, cell(at::END[half], row)) != BigInt::from(1) || beyond >= BigInt::from(1 << 12)
            {
                continue;
            }
            let lies = [(cell(at::LIMB + limb, row), beyond), (cell(at::END[half], row), BigInt::from(0))];
            let found = examiner.judge(&forger, lies.into_iter().collect::<Lies>()).killers;
            let tag = to_u64(forger.honest().assignment().fixed_at(fixed_at::TAG + limb, row)).unwrap();
            assert_eq!(found, [Killer::Limb(tag)], "sample {sample}, row {row}, {half}");
            tried.insert(tag);
        }
    }
    assert!(tried.is_superset(&[table::width(2).unwrap(), 500].into()), "{tried:?}");
}

/// The bias of an aggregate is 0, and its multiplier the scale of its row.
#[test]
fn parameters_are_copies() {
    let forger = of_aggregates(12, 0);
    let examiner = Examiner::new(forger.honest());
    for row in sums(&forger) {
        for column in [at::WIRE[2], at::WIRE[3]] {
            let place = cell(column, row);
            let value = forger.honest().assignment().read(place) + Fr::one();
            let mut assignment = forger.honest().assignment().clone();
            assignment.write(column, row, value);
            let found = examiner.refusals(&forger.honest().forged(assignment));
            assert!(found.contains(&Killer::Copy), "{place:?}: {found:?}");
        }
    }
}
