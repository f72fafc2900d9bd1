//! Models that are graphs, in their circuit.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;

use foldproof_circuits::graph::{Function, Graph, GraphModel, Head, Node, Table, Term, View};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::stages::graph::{commitment, evaluate, meaning_digest};
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_circuits::testing::samples::graphs::groups::{self, aggregates, groups};
use foldproof_circuits::testing::samples::graphs::{forest, operators, widths};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;

fn proves(model: &GraphModel, subject: Subject, values: &[i64]) {
    let statement = Statement::new(subject, [model.graph()]).unwrap();
    let model_ref = ModelRef::from(model);
    let salts = vec![Fr::from(5); model_ref.salts().0];
    let layout =
        Layout::of_values(&statement, values, Fr::from(3), &[ModelRef::Graph(model, &salts)]).unwrap();
    let evaluation = evaluate(model, values, &salts);
    let instance = layout.instance();
    let public = &instance.models[0];
    assert_eq!(public.commitment, commitment(model));
    assert_eq!(public.head, meaning_digest(model));
    let heads = model.graph().heads().iter().zip(model.heads());
    let outputs = heads.zip(&evaluation.outputs).flat_map(|((head, meaning), output)| {
        output.elements(&model.graph().tensors()[usize::from(head.of())], meaning.threshold)
    });
    assert_eq!(public.outputs, outputs.collect::<Vec<_>>());
    let rows = instance.rows().into_iter().copied().collect();
    let prover = MockProver::run(statement.k(), &layout, vec![rows]).unwrap();
    prover.assert_satisfied();
    let blank = Layout::blank(&statement);
    assert_eq!(blank.assignment().fixed(), layout.assignment().fixed());
    assert_eq!(blank.assignment().copies(), layout.assignment().copies());
    assert_eq!(blank.assignment().enabled(), layout.assignment().enabled());
}

#[test]
fn every_operator_and_head_is_proved() {
    let matrix = Subject::Matrix { positions: 2, channels: 2 };
    let most = (1 << 35) - 1;
    for values in [[100, -300, 2000, 44], [0; 4], [most, -most - 1, most, most], [-most - 1; 4]] {
        proves(&operators(12), matrix, &values);
    }
}

#[test]
fn forests_are_proved() {
    for targets in [1, 3] {
        for values in [[10, 0, -5], [10, 1, -4], [11, 0, 0], [1 << 34, -(1 << 34), 5]] {
            proves(&forest(targets), Subject::Vector(3), &values);
        }
    }
}

#[test]
fn operators_over_groups_are_proved() {
    for limb_bits in [12, 14] {
        for values in groups::values() {
            proves(&groups(limb_bits), Subject::Matrix { positions: 3, channels: 4 }, &values);
        }
    }
}

#[test]
fn aggregates_are_proved() {
    for limb_bits in [12, 14] {
        for values in groups::values() {
            proves(&aggregates(limb_bits), Subject::Matrix { positions: 3, channels: 4 }, &values);
        }
    }
}

/// Every width that an activation may have is in the table of its circuit.
#[test]
fn activations_of_every_width_are_proved() {
    for limb_bits in [12, 13, 14] {
        for values in [[6000, -1], [-300, 12_000]] {
            proves(&widths(limb_bits), Subject::Vector(2), &values);
        }
    }
}

#[test]
fn encodings_give_the_graph_back() {
    for model in [operators(12), forest(3), groups(13), aggregates(13)] {
        let graph = &**model.graph();
        let bytes = graph.to_bytes();
        assert_eq!(Graph::from_bytes(&bytes).as_ref(), Some(graph));
        for cut in 0..bytes.len() {
            assert_eq!(Graph::from_bytes(&bytes[..cut]), None, "cut at {cut}");
        }
        let longer = [&bytes[..], &[0]].concat();
        assert_eq!(Graph::from_bytes(&longer), None);
        assert_eq!(Graph::take(&mut &longer[..]).as_ref(), Some(graph));
        // Whatever a byte is changed to: another graph whose encoding is these bytes, or none.
        for at in 0..bytes.len() {
            for value in [0, 1, 2, 127, 128, 255] {
                let mut changed = bytes.clone();
                changed[at] = value;
                if let Some(graph) = Graph::from_bytes(&changed) {
                    assert_eq!(graph.to_bytes(), changed, "byte {at} as {value}");
                }
            }
        }
    }
}

#[test]
fn paths_end_at_leaves() {
    let model = forest(1);
    let sum = |input: [i64; 3]| evaluate(&model, &input, &[]).tensors[0][0];
    assert_eq!(sum([10, 0, -5]), (1 << 20) - 3);
    assert_eq!(sum([10, 1, -4]), 7 - (1 << 35));
    assert_eq!(sum([11, 0, 0]), 100 + 7);
}

/// Zeros of constants have no cells, so that groups with some are no graph; combined by themselves first, they are.
#[test]
fn groups_have_no_constants() {
    let index = Node::Index { views: vec![View::slice(0, 0, 2), View::slice(1, 0, 1)] };
    let table = Table { function: Function::Decay, bits: 6, input: 3, output: 8 };
    let over = |of: u16| {
        [
            Node::Maximum { of, width: 3 },
            Node::Softmax { of, width: 3, table, power: 9 },
            Node::Norm { of, width: 3, epsilon: 1, power: 4 },
        ]
    };
    let graph = |nodes: Vec<Node>| {
        let of = nodes.len() as u16 - 1;
        Graph::new(12, 2, 1, Vec::new(), nodes, vec![Head::Values { of }])
    };
    let zeros = || vec![Node::Input, Node::Constant { count: 1, value: 0 }, index.clone()];
    for (refused, taken) in over(2).into_iter().zip(over(3)) {
        let error = graph([zeros(), vec![refused]].concat()).unwrap_err().to_string();
        assert!(error.contains("no constants"), "{error}");
        let terms = vec![Term { coefficient: 1, a: 2, b: None }];
        let combined = Node::Combine { terms, constant: 0, then: None };
        let graph = graph([zeros(), vec![combined, taken.clone()]].concat());
        if matches!(taken, Node::Maximum { .. }) {
            // Of sums whose least is below what their cells lack.
            assert!(graph.is_err());
            continue;
        }
        let blank = GraphModel::blank(Arc::new(graph.unwrap()));
        drop(Layout::blank(&Statement::new(Subject::Vector(2), [blank.graph()]).unwrap()));
    }
}
