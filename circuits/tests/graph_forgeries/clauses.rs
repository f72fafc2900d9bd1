//! Each clause broken alone: another parameter under the honest commitment, another graph, label, salt or threshold.

use std::sync::Arc;

use foldproof_circuits::assignment::Lies;
use foldproof_circuits::chips::at;
use foldproof_circuits::graph::{
    Block, Child, Function, Graph, GraphModel, Head, HeadMeaning, Node, ParameterBlock, Table,
};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::stages::graph::{commitment, graph_digest, meaning_digest};
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_circuits::testing::samples::graphs::{forest, forger, of_operators, operators};
use foldproof_circuits::testing::{Examiner, Forger, Killer};
use halo2curves::bn256::Fr;

use crate::{MATRIX, told_as};

/// What `model` says of the values of a forger, laid out.
fn layout(forger: &Forger, model: &GraphModel, values: &[i64]) -> Layout {
    let salts: Vec<Fr> = (5..).map(Fr::from).take(ModelRef::from(model).salts().0).collect();
    let models = [ModelRef::Graph(model, &salts)];
    Layout::of_sequence_with(Lies::new(), forger.honest().statement(), values, &[Fr::from(9)], &models)
        .unwrap()
}

/// The assignment of another model, with the sponge, and so the commitment, of the honest one: only what ties parameters to
/// messages can tell.
fn told_with_honest_sponge(forger: &Forger, other: &Layout) -> Vec<Killer> {
    let honest = forger.honest().assignment();
    let mut assignment = other.assignment().clone();
    for column in (at::SBOX..=at::MESSAGE).chain([at::PUBLIC]) {
        for row in 0..assignment.rows() {
            let public = column == at::PUBLIC && row >= honest.instance().len();
            if !public {
                assignment.write(
                    column,
                    row,
                    honest.read(foldproof_circuits::assignment::Cell { column, row }),
                );
            }
        }
    }
    // What is public otherwise is the other model's.
    let first = 4;
    for row in first..honest.instance().len() {
        let (cell, beside) = other.assignment().public().nth(row).unwrap();
        assignment.write(beside.column, beside.row, other.assignment().read(cell));
    }
    Examiner::new(forger.honest()).refusals(&other.forged(assignment)).into_iter().collect()
}

type Change = Box<dyn Fn(&mut GraphModel)>;

fn linear(change: fn(&mut foldproof_circuits::graph::LinearBlock)) -> Change {
    Box::new(move |model| {
        *model = model.unchecked(|_, blocks| match &mut blocks[0] {
            ParameterBlock::Linear(block) => change(block),
            ParameterBlock::Forest(_) => panic!("a linear block"),
        });
    })
}

fn trees(change: fn(&mut foldproof_circuits::graph::Forest)) -> Change {
    Box::new(move |model| {
        *model = model.unchecked(|_, blocks| match &mut blocks[0] {
            ParameterBlock::Forest(forest) => change(forest),
            ParameterBlock::Linear(_) => panic!("a forest"),
        });
    })
}

#[test]
fn every_parameter_is_the_committed_one() {
    let changes: Vec<(&str, Change)> = vec![
        ("weight", linear(|block| block.weights[0][0][0] += 1)),
        ("weight of the last operand", linear(|block| block.weights[1][2][2] -= 1)),
        ("two weights exchanged", linear(|block| block.weights[0].swap(0, 2))),
        ("bias", linear(|block| block.channels[2].bias += 1)),
        ("multiplier", linear(|block| block.channels[0].multiplier += 1)),
        ("mean", Box::new(|model| *model = model.unchecked(|inputs, _| inputs[1].mean += 1))),
        ("quantiser", Box::new(|model| *model = model.unchecked(|inputs, _| inputs[0].multiplier += 1))),
        ("quantisers exchanged", Box::new(|model| *model = model.unchecked(|inputs, _| inputs.swap(0, 1)))),
    ];
    hold(&of_operators(12, &MATRIX), &operators(12), &MATRIX, &changes);
    for targets in [1, 3] {
        let values = [10, 1, -4];
        let honest = forger(Subject::Vector(3), vec![forest(targets).into()], &values);
        let changes: Vec<(&str, Change)> = vec![
            ("feature", trees(|forest| forest.splits[0].feature = 2)),
            ("threshold", trees(|forest| forest.splits[2].threshold += 1)),
            ("left", trees(|forest| forest.splits[2].left = Child::Leaf(1))),
            ("right", trees(|forest| forest.splits[1].right = Child::Leaf(0))),
            ("first leaf", trees(|forest| forest.leaves[0][0] += 1)),
            ("last leaf", trees(|forest| *forest.leaves.iter_mut().last().unwrap().last_mut().unwrap() -= 1)),
            ("splits exchanged", trees(|forest| forest.splits.swap(0, 1))),
        ];
        hold(&honest, &forest(targets), &values, &changes);
    }
}

fn hold(honest: &Forger, model: &GraphModel, values: &[i64], changes: &[(&str, Change)]) {
    // A control: the witness as it is passes both ways.
    let same = layout(honest, model, values);
    assert_eq!(told_with_honest_sponge(honest, &same), []);
    assert!(told_as(honest, &same, 2).is_empty());
    for (what, change) in changes {
        let mut other = model.clone();
        change(&mut other);
        assert_ne!(commitment(&other), commitment(model), "{what}");
        let other = layout(honest, &other, values);
        let killers = told_with_honest_sponge(honest, &other);
        assert_eq!(killers, [Killer::Sum("packed")], "{what}: nothing else can tell");
        let killers = told_as(honest, &other, 1);
        assert!(killers.contains(&Killer::Copy), "{what}: told under the honest commitment, {killers:?}");
    }
}

/// The same with other heads, salt, or graph.
fn remade(
    model: &GraphModel,
    change: impl FnOnce(&mut Vec<Block>, &mut Vec<Node>, &mut Vec<Head>, &mut Vec<HeadMeaning>, &mut Fr),
) -> GraphModel {
    let graph = model.graph();
    let (mut blocks, mut nodes, mut heads) =
        (graph.blocks().to_vec(), graph.nodes().to_vec(), graph.heads().to_vec());
    let (mut meanings, mut salt) = (model.heads().to_vec(), model.salt());
    change(&mut blocks, &mut nodes, &mut heads, &mut meanings, &mut salt);
    let (channels, positions) = (graph.channels() as u16, graph.positions() as u16);
    let graph = Graph::new(graph.limb_bits(), channels, positions, blocks, nodes, heads).unwrap();
    let (inputs, parameters) = (model.inputs().to_vec(), model.blocks().to_vec());
    GraphModel::new(Arc::new(graph), inputs, parameters, meanings, salt).unwrap()
}

#[test]
fn labels_salts_and_thresholds_are_the_committed_ones() {
    let (honest, model) = (of_operators(12, &MATRIX), operators(12));
    let labels = remade(&model, |_, _, _, meanings, _| meanings[0].labels.swap(0, 1));
    let unit = remade(&model, |_, _, _, meanings, _| meanings[5].fraction_bits += 1);
    let salt = remade(&model, |_, _, _, _, salt| *salt += Fr::one());
    let threshold = remade(&model, |_, _, _, meanings, _| meanings[3].threshold += 1);
    let thresholds = remade(&model, |_, _, _, meanings, _| {
        meanings[3].threshold = 101;
        meanings[4].threshold = 99;
    });
    for (what, other) in [
        ("labels", &labels),
        ("unit", &unit),
        ("salt", &salt),
        ("threshold", &threshold),
        ("two", &thresholds),
    ] {
        assert_ne!(commitment(other), commitment(&model), "{what}");
        let heads = ["labels", "unit"].contains(&what);
        assert_eq!(heads, meaning_digest(other) != meaning_digest(&model), "{what}");
        let other = layout(&honest, other, &MATRIX);
        for count in [1, 2] {
            let killers = told_as(&honest, &other, count);
            assert_eq!(killers.into_iter().collect::<Vec<_>>(), [Killer::Copy], "{what}");
        }
    }
}

#[test]
fn another_graph_is_another_statement_and_another_commitment() {
    let model = operators(12);
    let finish = |nodes: &mut Vec<Node>, node: usize, change: &dyn Fn(&mut Table)| match &mut nodes[node] {
        Node::Combine { then: Some((_, then)), .. } => {
            let mut table = then.table.unwrap();
            change(&mut table);
            then.table = Some(table);
            then.range = table.range();
        }
        other => panic!("{other:?}"),
    };
    let others = [
        remade(&model, |_, nodes, _, _, _| finish(nodes, 10, &|table| table.function = Function::Tanh)),
        remade(&model, |_, nodes, _, _, _| finish(nodes, 10, &|table| table.input += 1)),
        remade(&model, |_, nodes, _, _, _| finish(nodes, 10, &|table| table.output -= 1)),
        remade(&model, |_, nodes, _, _, _| finish(nodes, 10, &|table| table.bits += 1)),
        remade(&model, |blocks, _, _, _, _| match &mut blocks[0] {
            Block::Linear { operands, .. } => operands[1].1 = 2,
            Block::Forest { .. } => panic!("a linear block"),
        }),
        remade(&model, |_, nodes, _, _, _| match &mut nodes[6] {
            Node::Combine { terms, .. } => terms[1].coefficient = -15,
            other => panic!("{other:?}"),
        }),
        remade(&model, |_, nodes, _, _, _| match &mut nodes[6] {
            Node::Combine { constant, .. } => *constant += 1,
            other => panic!("{other:?}"),
        }),
        remade(&model, |_, nodes, _, _, _| match &mut nodes[2] {
            Node::Index { views } => views[0].offset = 1,
            other => panic!("{other:?}"),
        }),
        remade(&model, |_, _, heads, _, _| heads[4] = Head::Flag { of: 8, low: false }),
        remade(&model, |_, _, heads, _, _| heads[2] = Head::Top { of: 9, count: 2 }),
        operators(13),
    ];
    let subject = Subject::Matrix { positions: 2, channels: 2 };
    let element = |model: &GraphModel| Statement::new(subject, [model.graph()]).unwrap().element();
    let mut seen = vec![(graph_digest(model.graph()), commitment(&model), element(&model))];
    for other in &others {
        let found = (graph_digest(other.graph()), commitment(other), element(other));
        assert!(seen.iter().all(|known| known.0 != found.0 && known.1 != found.1 && known.2 != found.2));
        seen.push(found);
    }
}
