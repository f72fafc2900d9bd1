//! What follows from the gates alone: no integer comes near the field's size, and the cells that are declared free determine all
//! others.
//!
//! All sizes and every copy take minutes: `cargo test --release -p foldproof-circuits --test analysis -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use foldproof_circuits::analytics::{Configuration, Preset};
use foldproof_circuits::assignment::{Cell, Free, Role};
use foldproof_circuits::chips::{Gate, at};
use foldproof_circuits::decision::{Decision, MAX_VALIDATORS};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::Model;
use foldproof_circuits::stages::consensus::METHODS;
use foldproof_circuits::stages::criteria::Method;
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_circuits::testing::samples::{
    Dice, Numbers, block_layout, graphs, model, model_layout, scores, seed, shape, values,
};
use foldproof_circuits::testing::{Analysis, Copies, Forger, given};

fn alone(name: &str, seed: u64) -> Layout {
    let model = model(shape(name), seed, Numbers::Random);
    let values = values(model.shape().inputs(), seed + 1, Numbers::Random);
    model_layout(&[model], &values)
}

fn models() -> Vec<Layout> {
    let names = ["tags-3-2", "tags-2-9l-3-w16", "anomaly-2-3-2-w12", "class-3-4l-3-a8", "values-3-4-2-w12"];
    (1..).zip(names).map(|(seed, name)| alone(name, seed)).collect()
}

fn free(layout: &Layout, kind: Free) -> Vec<Cell> {
    let assignment = layout.assignment();
    assignment.assigned().into_iter().filter(|cell| assignment.role(*cell) == Role::Free(kind)).collect()
}

fn check(layout: &Layout) {
    let analysis = Analysis::new(layout, &given(layout));
    let budget = analysis.budget();
    let (widest, bits) = budget.bits.iter().max_by_key(|(_, bits)| **bits).unwrap();
    println!("{}: up to {bits} bits, in {widest}", layout.statement());
    assert_eq!(budget.unbounded, []);
    assert_eq!(budget.overflowing, []);
    assert_eq!(analysis.undetermined(), []);
}

#[test]
fn integers_of_models_stay_small_and_everything_is_determined() {
    models().iter().for_each(check);
}

#[test]
fn integers_of_graphs_stay_small_and_everything_is_determined() {
    graphs::all().iter().for_each(|forger| check(forger.honest()));
    check(graphs::of_sequence().honest());
}

#[test]
#[ignore = "a minute: a block and a graph"]
fn integers_of_a_block_with_a_graph_stay_small_and_everything_is_determined() {
    check(graphs::of_block().honest());
}

#[test]
fn integers_of_a_block_stay_small_and_everything_is_determined() {
    check(&block_layout("core-small-64", &[]));
}

#[test]
fn integers_of_two_blocks_stay_small_and_everything_is_determined() {
    check(Forger::of_two_blocks().honest());
}

#[test]
fn integers_of_analytics_stay_small_and_everything_is_determined() {
    for configuration in [Configuration::Named(Preset::default()), Configuration::Committed] {
        let forger = Forger::of_analytics(configuration);
        check(forger.honest());
        forget(forger.honest());
        drop_each(forger.honest(), 0..forger.honest().assignment().instance().len());
        // Those of the analytics are the last but for the commitments.
        let copies = all(forger.honest());
        drop_each(forger.honest(), (copies.end - 1500..copies.end).step_by(7));
    }
}

#[test]
fn integers_of_zone_graphs_stay_small_and_everything_is_determined() {
    for configuration in [Configuration::Named(Preset::default()), Configuration::Committed] {
        let forger = Forger::of_zone_graph(configuration);
        check(forger.honest());
        forget(forger.honest());
        drop_each(forger.honest(), 0..forger.honest().assignment().instance().len());
        // Those of the graph are the last but for the commitments, of which its own comes last.
        let copies = all(forger.honest());
        drop_each(forger.honest(), (copies.end - 700..copies.end).step_by(3));
    }
}

#[test]
fn integers_of_scores_stay_small_and_everything_is_determined() {
    for forger in scores::all() {
        check(forger.honest());
        forget(forger.honest());
        drop_each(forger.honest(), 0..forger.honest().assignment().instance().len());
    }
    let seed = seed();
    println!("FOLDPROOF_SEED={seed}");
    let mut dice = Dice::new(seed);
    for layouts in scores() {
        let copies = all(&layouts[0]).len() as u64;
        drop_of_several(&layouts, (0..200).map(|_| dice.roll(copies) as usize));
    }
}

/// Witnesses of the same circuit, of a consensus and of a score over criteria: the last one is empty.
fn scores() -> [Vec<Layout>; 2] {
    let mut all = scores::all().into_iter().map(|forger| forger.honest().clone());
    [all.by_ref().take(2).collect(), all.take(1).collect()].map(|mut layouts: Vec<Layout>| {
        layouts.push(Layout::blank(layouts[0].statement()));
        layouts
    })
}

/// Rows of the sum of the bits that say which method it is: those that the first copies of these bits go to. All of it is committed to or public, so
/// that without one of its copies nothing is undetermined, and yet several bits could be 1: every combination is tried in
/// `tests/decisions/forged_scores.rs`.
fn sum_of_methods(layout: &Layout) -> BTreeSet<usize> {
    let (first, count) = match layout.statement().subject() {
        Subject::Decision(Decision::Consensus) => (4 * MAX_VALIDATORS, METHODS.len()),
        Subject::Decision(Decision::Criteria(criteria)) => (4 * usize::from(criteria), Method::ALL.len()),
        other => panic!("{other:?} has no method"),
    };
    let mut inputs = free(layout, Free::Input);
    inputs.retain(|cell| cell.column == at::E);
    let bits = &inputs[first..first + count];
    let copies = layout.assignment().copies();
    let to = |bit: &Cell| copies.iter().find(|(from, _)| from == bit).map(|(_, to)| to.row);
    bits.iter().filter_map(to).collect()
}

/// Copies left out, one at a time: each is needed in one of the witnesses. (Where there is no validator, that its numbers add up to 0 says what
/// copies of them do; where there is one, that there is one before it.)
fn drop_of_several(layouts: &[Layout], copies: impl Iterator<Item = usize>) {
    let given: Vec<_> = layouts.iter().map(given).collect();
    let analyses: Vec<_> =
        layouts.iter().zip(&given).map(|(layout, given)| Analysis::new(layout, given)).collect();
    let near: Vec<_> = analyses.iter().map(Copies::new).collect();
    let methods = sum_of_methods(&layouts[0]);
    let mut missed = Vec::new();
    for index in copies {
        let copy = layouts[0].assignment().copies()[index];
        let lost = near.iter().any(|near| near.lost_without(index).is_some());
        let needed = lost || methods.contains(&copy.1.row) || near[0].is_said_by_a_gate(index);
        if !needed && !layouts.iter().any(|layout| is_needed(layout, index)) {
            missed.push((index, copy));
        }
    }
    assert_eq!(missed, [], "{}: these are not needed", layouts[0].statement());
}

#[test]
#[ignore = "minutes: every copy of a consensus and of a score over criteria"]
fn every_copy_of_scores_is_needed() {
    for layouts in scores() {
        drop_of_several(&layouts, all(&layouts[0]));
    }
}

#[test]
fn integers_of_rules_stay_small_and_everything_is_determined() {
    for (all, adapter) in [(false, false), (true, true)] {
        let forger = Forger::of_rules(all, adapter);
        check(forger.honest());
        forget(forger.honest());
        drop_each(forger.honest(), 0..forger.honest().assignment().instance().len());
        let copies = self::all(forger.honest());
        // Of a price that is not 0 the gate says by itself that the record is there: those of records that are not are lied about in
        // `tests/rules.rs`.
        let assignment = forger.honest().assignment();
        let is_there = |index: &usize| {
            let (_, to) = assignment.copies()[*index];
            to.column == at::D && assignment.is_enabled(Gate::RuleValue, to.row)
        };
        let some = (copies.end - 2000..copies.end).step_by(7).filter(|index| !is_there(index));
        drop_each(forger.honest(), some);
    }
}

/// The least and greatest weights, biases, multipliers and inputs.
#[test]
fn extreme_models_stay_small() {
    for (name, numbers) in [("tags-2-9l-3-w16", Numbers::Least), ("anomaly-2-3-2-w12", Numbers::Greatest)] {
        let model = model(shape(name), 1, numbers);
        let values = values(model.shape().inputs(), 1, numbers);
        check(&model_layout(&[model], &values));
    }
}

/// Hints that are declared free are: without the declaration, something is not determined any more. (Of the witness proper, some
/// cells follow from the others once hints are given.)
fn forget(layout: &Layout) {
    let analysis = Analysis::new(layout, &given(layout));
    for kind in Free::ALL.into_iter().filter(|kind| *kind != Free::Input) {
        let cells: BTreeSet<Cell> = free(layout, kind).into_iter().collect();
        let lost = analysis.undetermined_but(&cells);
        assert_eq!(
            cells.is_empty(),
            lost.is_empty(),
            "{kind:?}: {} cells declared free, {lost:?}",
            cells.len()
        );
    }
}

/// Whether less is determined if a copy is left out, so that its cell is assigned only. Hints may give what the copy did: who knows a mean
/// knows the number of records. So what is determined without any hint is compared as well.
fn is_needed(layout: &Layout, index: usize) -> bool {
    let forged = layout.forged(layout.assignment().clone().without_copy(index));
    let given = given(layout);
    let without = Analysis::new(&forged, &given);
    if !without.undetermined().is_empty() {
        return true;
    }
    let hints = Free::ALL.into_iter().filter(|kind| *kind != Free::Input);
    let hints: BTreeSet<Cell> = hints.flat_map(|kind| free(layout, kind)).collect();
    let open = |analysis: &Analysis<'_>| BTreeSet::from_iter(analysis.undetermined_but(&hints));
    !open(&without).is_subset(&open(&Analysis::new(layout, &given)))
}

/// Copies left out, one at a time: what is lost is mostly found near the copy, else by an analysis of all that is left. Returns how
/// many there were of each, and how many lose nothing since a gate says by itself what they say.
fn drop_each(layout: &Layout, copies: impl Iterator<Item = usize>) -> [usize; 3] {
    let given = given(layout);
    let analysis = Analysis::new(layout, &given);
    let near = Copies::new(&analysis);
    let mut found = [0; 3];
    for index in copies {
        let kind = match near.lost_without(index).is_some() {
            true => 0,
            false if is_needed(layout, index) => 1,
            false => 2,
        };
        let copy = layout.assignment().copies()[index];
        assert!(kind < 2 || near.is_said_by_a_gate(index), "copy {index}, {copy:?}, is not needed");
        if kind == 2 {
            println!("copy {index}, {copy:?}, is what a gate says as well");
        }
        found[kind] += 1;
    }
    println!("{}: copies found needed near by, by all, and not: {found:?}", layout.statement());
    found
}

fn all(layout: &Layout) -> std::ops::Range<usize> {
    0..layout.assignment().copies().len()
}

/// Some of the copies, drawn by a seed.
fn drop_some(layout: &Layout, count: usize) {
    let seed = seed();
    println!("FOLDPROOF_SEED={seed}");
    let mut dice = Dice::new(seed);
    drop_each(layout, (0..count).map(|_| dice.roll(all(layout).len() as u64) as usize));
}

#[test]
fn free_cells_and_copies_are_needed() {
    for layout in &models() {
        forget(layout);
        assert_eq!(drop_each(layout, all(layout))[2], 0);
    }
    let block = block_layout("core-small-64", &[]);
    forget(&block);
    // Those of public inputs come first.
    drop_each(&block, 0..block.assignment().instance().len());
    drop_some(&block, 200);
}

#[test]
fn free_cells_and_copies_of_two_blocks_are_needed() {
    let forger = Forger::of_two_blocks();
    let layout = forger.honest();
    forget(layout);
    drop_each(layout, 0..layout.assignment().instance().len());
    drop_some(layout, 200);
}

#[test]
fn free_cells_and_copies_of_graphs_are_needed() {
    for forger in graphs::all() {
        forget(forger.honest());
        drop_each(forger.honest(), all(forger.honest()));
    }
}

#[test]
#[ignore = "minutes: copies of a block and a graph"]
fn copies_of_a_block_with_a_graph_are_needed() {
    let forger = graphs::of_block();
    drop_some(forger.honest(), 100);
    // Those of the graph come last.
    let copies = all(forger.honest());
    drop_each(forger.honest(), copies.end - 150..copies.end);
    drop_each(graphs::of_sequence().honest(), all(graphs::of_sequence().honest()).step_by(3));
}

/// A copy that is there twice is not needed, and nobody finds that it is.
#[test]
fn a_copy_that_is_there_twice_is_not_needed() {
    let layout = alone("tags-3-2", 1);
    let given = given(&layout);
    let found = |layout: &Layout, index: usize| {
        let analysis = Analysis::new(layout, &given);
        let near = Copies::new(&analysis);
        assert!(!near.is_said_by_a_gate(index));
        [near.lost_without(index).is_some(), is_needed(layout, index)]
    };
    let index = layout.assignment().instance().len();
    assert_eq!(found(&layout, index), [true; 2]);
    let mut assignment = layout.assignment().clone();
    let (from, to) = assignment.copies()[index];
    assignment.copy(to, from);
    assert_eq!(found(&layout.forged(assignment), index), [false; 2]);
}

fn with_models(name: &str) -> Layout {
    let statement = Statement::from_name(name).unwrap();
    let models: Vec<Model> = statement.dense().map(|shape| model(shape, 5, Numbers::Random)).collect();
    block_layout(name, &models)
}

#[test]
#[ignore = "minutes: every size, and the reference models"]
fn all_sizes_stay_small_and_everything_is_determined() {
    for name in ["core-small-256", "core-medium-64", "core-large-64", "core-full-64", "core-full-256"] {
        check(&block_layout(name, &[]));
    }
    let both = "core-small-64+tags-96-64-32-15+anomaly-96-64-32-16-32-64-96";
    check(&with_models(both));
    check(&alone("class-12-128-64-32-4", 3));
}

#[test]
#[ignore = "minutes: every copy of a block and a model"]
fn every_copy_is_needed() {
    let block = with_models("core-small-64+tags-96-5-3-a8");
    forget(&block);
    // Not needed are those of sums in rows of a bundle where nothing is summed.
    drop_each(&block, all(&block));
    // What is found near a copy is found by the analysis of what is left as well.
    for layout in models() {
        assert_eq!(all(&layout).filter(|index| is_needed(&layout, *index)).count(), all(&layout).len());
    }
}
