//! Paths through forests that no model has: whatever the table holds, there is one path or none.

use foldproof_circuits::assignment::{Cell, Lies};
use foldproof_circuits::chips::{Gate, at};
use foldproof_circuits::graph::{Child, Forest, GraphModel, ParameterBlock};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::statement::Subject;
use foldproof_circuits::testing::Examiner;
use foldproof_circuits::testing::samples::graphs::{forest, forger};
use halo2curves::bn256::Fr;

use crate::{cell, rows};

fn malformed(targets: u8, change: impl FnOnce(&mut Forest)) -> GraphModel {
    forest(targets).unchecked(|_, blocks| match &mut blocks[0] {
        ParameterBlock::Forest(forest) => change(forest),
        ParameterBlock::Linear(_) => panic!("a forest"),
    })
}

/// How many of all flags of the first tree's path the circuit takes: whether each step is at a leaf, which way it goes, and which leaf of
/// two is meant.
fn accepted(targets: u8, values: &[i64; 3], model: &GraphModel) -> usize {
    let honest = forger(Subject::Vector(3), vec![forest(targets).into()], values);
    let examiner = Examiner::new(honest.honest());
    let mut steps = rows(honest.honest(), Gate::GraphStep);
    steps.truncate(3);
    let mut flags: Vec<Cell> =
        steps.iter().flat_map(|row| at::END.map(|column| cell(column, *row))).collect();
    if targets == 1 {
        flags.push(cell(at::END[0], rows(honest.honest(), Gate::GraphEnd)[0]));
    }
    let statement = honest.honest().statement();
    let lay_out = |told: u32| {
        let lies: Lies = flags.iter().enumerate().map(|(i, cell)| (*cell, (told >> i & 1).into())).collect();
        let models = [ModelRef::from(model)];
        Layout::of_sequence_with(lies, statement, values, &[Fr::from(9)], &models).unwrap()
    };
    (0..1 << flags.len()).filter(|told| examiner.refusals(&lay_out(*told)).is_empty()).count()
}

#[test]
fn a_path_is_a_function_of_the_table() {
    let values = [10, 1, -4];
    for targets in [1, 3] {
        let taken = |change: fn(&mut Forest)| accepted(targets, &values, &malformed(targets, change));
        assert_eq!(taken(|_| ()), 1, "a control: the honest path, which has a step to spare");
    }
    let taken = |change: fn(&mut Forest)| accepted(3, &values, &malformed(3, change));
    assert_eq!(taken(|forest| forest.splits[2].right = Child::Split(0)), 0, "a circle");
    assert_eq!(taken(|forest| forest.splits[0].left = Child::Split(0)), 0, "a circle of one");
    assert_eq!(taken(|forest| forest.splits[0].left = Child::Split(9)), 0, "a split that is not there");
    assert_eq!(taken(|forest| forest.splits[2].right = Child::Leaf(9)), 0, "a leaf that is not there");
    assert_eq!(taken(|forest| forest.splits[0].feature = 3), 0, "a value that is not there");
    assert_eq!(taken(|forest| forest.splits[0].left = Child::Split(1)), 1, "the root of the other tree");
    assert_eq!(taken(|forest| forest.splits[2].left = forest.splits[2].right), 1, "one leaf twice");
}
