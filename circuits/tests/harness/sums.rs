//! Sums of the second phase: each is tied in every row and pinned at both ends.

use std::collections::BTreeMap;

use foldproof_circuits::chips::{Gate, fixed_at, lookup, second_at};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::testing::samples::{Dice, Numbers, block_layout, graphs, model, seed, shape};
use foldproof_circuits::testing::{Examiner, Place};
use halo2curves::bn256::Fr;

use crate::{cell, large, models};

/// The sum of an input's weights, or of positions, starts at 0 times the cell above.
fn starts(layout: &Layout, column: usize, row: usize) -> bool {
    let assignment = layout.assignment();
    let summed: &[Gate] = match column.checked_sub(lookup::columns(assignment.bands())) {
        Some(second_at::WEIGHTS) => &[Gate::Weights, Gate::GraphWeights],
        Some(second_at::POSITIONS) => &[Gate::GraphPositions, Gate::GraphWeights],
        _ => return false,
    };
    !summed.iter().any(|gate| assignment.is_enabled(*gate, row))
        && row + 1 < assignment.rows()
        && assignment.fixed_at(fixed_at::K, row + 1) == Fr::zero()
}

/// Everything from a row on, or up to it, holds more than it should; returns how many such shifts there were.
fn shift(layout: &Layout, step: usize) -> usize {
    let examiner = Examiner::new(layout);
    let (rows, by) = (layout.assignment().rows(), large(5));
    let mut noticed: BTreeMap<String, usize> = BTreeMap::new();
    for column in 0..examiner.second_columns() {
        let ends = [0, rows - 2, rows - 1];
        for row in (0..rows).step_by(step).chain(ends) {
            if !examiner.is_read(Place::Second(cell(column, row))) || starts(layout, column, row) {
                continue;
            }
            for shifted in [row..rows, 0..row + 1] {
                let killer = examiner.seam(column, row, shifted.clone(), by);
                let killer =
                    killer.unwrap_or_else(|| panic!("column {column}: nobody sees the seam of {shifted:?}"));
                *noticed.entry(killer.to_string()).or_default() += 1;
            }
        }
    }
    println!("{}: shifts noticed by {noticed:?}", layout.statement());
    noticed.into_values().sum()
}

/// With any one pin forgotten, everything follows from the others; without a tie, or with a pin alone, it does not.
fn follow(layout: &Layout) {
    let examiner = Examiner::new(layout);
    assert_eq!(examiner.loose(), []);
    let assignment = layout.assignment();
    let row = |gate: Gate| (0..assignment.rows()).find(|row| assignment.is_enabled(gate, *row));
    let last = Some(assignment.rows() - 1);
    let mut cases = vec![
        ("LookupActive / sums go on", Some(5)),
        ("LookupActive / helper = sum of fractions", Some(9)),
        ("LookupEdge", Some(0)),
        ("LookupEdge", last),
    ];
    if assignment.bands().model {
        cases.extend([
            ("Packing / packed so far", Some(7)),
            ("Packing / absorbed so far", Some(7)),
            ("PackingEdge", Some(0)),
            ("PackingEdge", last),
        ]);
    }
    if assignment.bands().graph.is_some() && row(Gate::GraphPositions).is_some() {
        cases.extend([
            ("GraphPositionsSum / A", row(Gate::GraphPositions)),
            ("GraphPositionsSum / D", row(Gate::GraphPositions)),
            ("GraphChannelSum", row(Gate::GraphChannel)),
            ("GraphWeights / u", row(Gate::GraphWeights)),
            ("GraphWeights / x", row(Gate::GraphWeights)),
            ("GraphWeights / D", row(Gate::GraphWeights)),
        ]);
    }
    if row(Gate::GraphCandidate).is_some() {
        cases.extend([
            ("GraphCandidate / P", row(Gate::GraphCandidate)),
            ("GraphChosenProduct", row(Gate::GraphChosen)),
            ("GraphOne", row(Gate::GraphOne)),
        ]);
    }
    if assignment.bands().dense {
        cases.extend([
            ("AccumulatorSum", row(Gate::Accumulator)),
            ("NeuronSum", row(Gate::Neuron)),
            ("Weights / u", row(Gate::Weights)),
            ("Weights / D", row(Gate::Weights)),
        ]);
    }
    for (gate, row) in cases {
        let row = row.unwrap();
        let loose = examiner.loose_without(&|name, at| name.starts_with(gate) && at == row);
        assert!(!loose.is_empty(), "{gate} in row {row} is not needed");
    }
    // Layers go on from each other: one pin of several more or less leaves two.
    if let Some(first) = row(Gate::LayerEdge) {
        let loose = examiner.loose_without(&|name, at| name.starts_with("LayerEdge") && at != first);
        assert!(!loose.is_empty(), "the first pin of the layers is enough");
    }
}

fn both() -> Layout {
    let model = model(shape("tags-96-5-3-a8"), 5, Numbers::Random);
    block_layout("core-small-64+tags-96-5-3-a8", &[model])
}

#[test]
fn shifted_sums_are_noticed_where_they_are_shifted() {
    for forger in models() {
        assert!(shift(forger.honest(), 1) > 1000);
    }
    for forger in graphs::all() {
        assert!(shift(forger.honest(), 5) > 1000);
    }
    shift(&both(), 7);
}

/// Of all models, of one graph, and of a block.
#[test]
fn first_phase_and_challenges_determine_the_second() {
    let seed = seed();
    println!("FOLDPROOF_SEED={seed}");
    models().iter().for_each(|forger| follow(forger.honest()));
    let graphs = graphs::all();
    follow(graphs[Dice::new(seed).roll(graphs.len() as u64) as usize].honest());
    follow(&block_layout("core-small-64", &[]));
}

#[test]
#[ignore = "a minute: every graph"]
fn first_phase_and_challenges_determine_the_second_of_every_graph() {
    graphs::all().iter().for_each(|forger| follow(forger.honest()));
}

#[test]
#[ignore = "a minute: every row"]
fn every_shifted_sum_is_noticed() {
    let shifts = [both(), block_layout("core-small-64", &[])].map(|layout| {
        follow(&layout);
        shift(&layout, 1)
    });
    println!("{shifts:?}");
}
