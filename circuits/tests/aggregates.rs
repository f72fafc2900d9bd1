//! Aggregates at their edges.

use std::collections::BTreeMap;
use std::sync::Arc;

use foldproof_circuits::graph::{Function, Graph, Head, Node, Requantise, Table, Term, View};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::Range;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::stages::graph::evaluate;
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_circuits::testing::samples::Dice;
use foldproof_circuits::testing::samples::graphs::groups::aggregates;
use foldproof_circuits::testing::{Examiner, graphs};
use halo2curves::bn256::Fr;

fn subject(graph: &Graph) -> Subject {
    let (positions, channels) = (graph.positions() as u16, graph.channels() as u16);
    match positions {
        1 => Subject::Vector(channels),
        _ => Subject::Matrix { positions, channels },
    }
}

fn holds(graph: &Arc<Graph>, seed: u64, place: &str) -> bool {
    let Ok(statement) = Statement::new(subject(graph), [graph]) else { return false };
    if statement.k() > if graph.limb_bits() == 14 { 15 } else { 14 } {
        return false;
    }
    let mut dice = Dice::new(seed);
    let model = graphs::model(&mut dice, graph);
    let values = graphs::input(&mut dice, &model);
    let salts: Vec<Fr> = (5..).map(Fr::from).take(ModelRef::from(&model).salts().0).collect();
    let layout =
        Layout::of_values(&statement, &values, Fr::from(3), &[ModelRef::Graph(&model, &salts)]).expect(place);
    let evaluation = evaluate(&model, &values, &salts);
    for (elements, tensor) in evaluation.tensors.iter().zip(graph.tensors()) {
        assert!(elements.iter().all(|x| (tensor.low..=tensor.high).contains(x)), "{place}");
    }
    let heads = model.graph().heads().iter().zip(model.heads());
    let outputs = heads.zip(&evaluation.outputs).flat_map(|((head, meaning), output)| {
        output.elements(&graph.tensors()[usize::from(head.of())], meaning.threshold)
    });
    assert_eq!(layout.instance().models[0].outputs, outputs.collect::<Vec<_>>(), "{place}");
    let refused = Examiner::new(&layout).refusals(&layout);
    assert!(refused.is_empty(), "{place}: {refused:?}");
    let blank = Layout::blank(&statement);
    assert!(blank.assignment().fixed() == layout.assignment().fixed(), "{place}");
    assert!(blank.assignment().copies() == layout.assignment().copies(), "{place}");
    true
}

fn term(coefficient: i32, a: u16, b: Option<u16>) -> Term {
    Term { coefficient, a, b }
}

/// Value with a cell of base 0, so many times: nodes 2i and 2i + 1 from `at`.
fn cells(nodes: &mut Vec<Node>, value: i64, count: u32) -> u16 {
    nodes.push(Node::Constant { count, value: 0 });
    let a = nodes.len() as u16 - 1;
    nodes.push(Node::Combine { terms: vec![term(1, a, None)], constant: value, then: None });
    nodes.len() as u16 - 1
}

fn plain(low: i32, bits: u32) -> Requantise {
    Requantise { range: Range { low, bits }, table: None }
}

#[test]
fn one_of_everything() {
    let mut made = 0;
    for limb in [12_u32, 13, 14] {
        let top = 1_i64 << limb;
        for (x, y, s) in [
            (top, top, top),
            (-top, top, top),
            (-top, -top, top),
            (1, 1, 0),
            (0, 5, top),
            (-1, 1, top / 2),
            (1, 1, top / 2),
        ] {
            for low in [0, -1, 1, -(1 << (limb - 1)), 1 << 24, -(1 << 24)] {
                for bits in [1, 2, 4, 5, 6, 8, 10, 12, limb] {
                    for (rows, channels, inner) in [(1, 1, 1), (1, 5, 1), (3, 4, 2)] {
                        let mut nodes = Vec::new();
                        let a = cells(&mut nodes, x, rows * inner);
                        let b = cells(&mut nodes, y, channels * inner);
                        let scale = cells(&mut nodes, s, rows);
                        let inner = inner as u16;
                        nodes.push(Node::Aggregate { a, b, inner, scale, then: plain(low, bits) });
                        let of = nodes.len() as u16 - 1;
                        // Once more, and by another width.
                        nodes.push(Node::Aggregate { a, b, inner, scale, then: plain(low, bits) });
                        nodes.push(Node::Aggregate { a, b: a, inner, scale, then: plain(low, bits) });
                        if inner > 1 {
                            let scale = cells(&mut nodes, s, rows * u32::from(inner));
                            nodes.push(Node::Aggregate { a, b, inner: 1, scale, then: plain(low, bits) });
                        }
                        let heads = vec![Head::Class { of }];
                        let Ok(graph) = Graph::new(limb, 1, 1, vec![], nodes, heads) else { continue };
                        if made % if limb == 14 { 53 } else { 11 } == 0
                            || limb == 12 && inner == 1 && made % 3 == 0
                        {
                            assert!(holds(
                                &Arc::new(graph),
                                1,
                                &format!("{limb} {x} {y} {s} {low} {bits} {rows} {channels} {inner}")
                            ));
                        }
                        made += 1;
                    }
                }
            }
        }
    }
    println!("{made} edges");
    assert!(made > 200);
}

/// Quotients as far beyond the range as intervals let them be.
#[test]
fn quotients_at_the_end_of_the_room() {
    let limb = 12;
    let then = plain(-2048, 12);
    let mut met = 0;
    for (inner, s) in [(3_i64, 4096_i64), (7, 1000), (17, 4095), (5, 3333), (2, 2500), (1, 4096), (33, 77)] {
        for sign in [1, -1] {
            let mut last: Option<(i64, Graph)> = None;
            let edge = (1 << 24) + 2047;
            for y in [4096, 4093, 3001, 2999, 4001] {
                let x = ((edge * 4096) as f64 / (inner * s * y) as f64).floor() as i64;
                for x in (x - 2..=x + 2).filter(|x| (1..=4096).contains(x)) {
                    let mut nodes = Vec::new();
                    let a = cells(&mut nodes, sign * x, 2 * inner as u32);
                    let b = cells(&mut nodes, y, inner as u32);
                    let scale = cells(&mut nodes, s, 2);
                    nodes.push(Node::Aggregate { a, b, inner: inner as u16, scale, then });
                    let of = nodes.len() as u16 - 1;
                    let q = (inner * x * y * s) / 4096;
                    if let Ok(graph) = Graph::new(limb, 1, 1, vec![], nodes, vec![Head::Values { of }])
                        && last.as_ref().is_none_or(|(known, _)| q > *known)
                    {
                        last = Some((q, graph));
                    }
                }
            }
            if let Some((q, graph)) = last {
                println!("{inner} {s} {sign}: {q}, {} below the edge", edge - q);
                assert!(holds(&Arc::new(graph), 1, &format!("{inner} {s}")));
                met += 1;
            }
        }
    }
    assert!(met > 5);
}

/// Same tensor three times, zeros of constants for either factor, chains within one group, other groups between.
#[test]
#[ignore = "a minute and a half together"]
fn shapes() {
    for limb in [12_u32, 14] {
        let unsigned = plain(0, limb);
        let nodes = vec![
            Node::Input,
            Node::Combine { terms: vec![term(1, 0, Some(0))], constant: 0, then: Some((64, unsigned)) },
            // a = b = scale
            Node::Aggregate { a: 1, b: 1, inner: 1, scale: 1, then: plain(-3, 8) },
            Node::Index { views: vec![View::slice(2, 0, 5)] },
            Node::Aggregate { a: 1, b: 3, inner: 1, scale: 1, then: plain(-100, 8) },
            Node::Constant { count: 5, value: 0 },
            Node::Aggregate { a: 1, b: 5, inner: 1, scale: 1, then: plain(7, 5) },
            Node::Aggregate { a: 5, b: 1, inner: 1, scale: 1, then: plain(-7, 5) },
            Node::Product { a: 1, b: 1, inner: 5, multiplier: 3, then: unsigned },
            Node::Maximum { of: 1, width: 5 },
            // a row of five, a softmax for scales, a factor with zeros among
            Node::Softmax {
                of: 9,
                width: 1,
                table: Table { function: Function::Decay, bits: 4, input: 0, output: 4 },
                power: (limb - 1) as u8,
            },
            Node::Index {
                views: vec![
                    View::slice(0, 0, 3),
                    View::slice(5, 0, 2),
                    View::slice(0, 1, 2),
                    View::slice(5, 0, 3),
                ],
            },
            Node::Aggregate { a: 3, b: 11, inner: 5, scale: 10, then: plain(0, limb) },
            Node::Aggregate { a: 11, b: 3, inner: 5, scale: 14, then: plain(0, limb) },
        ];
        // Two scales for two rows, before the last.
        let mut nodes = nodes;
        let last = nodes.pop().unwrap();
        nodes.push(Node::Index { views: vec![View::slice(10, 0, 1), View::slice(9, 0, 1)] });
        let Node::Aggregate { a, b, inner, then, .. } = last else { panic!() };
        nodes.push(Node::Aggregate { a, b, inner, scale: 13, then });
        let heads = vec![
            Head::Class { of: 4 },
            Head::Top { of: 2, count: 3 },
            Head::Tags { of: 14 },
            Head::Values { of: 12 },
            Head::Commitment { of: 7 },
        ];
        let made = Graph::new(limb, 5, 1, vec![], nodes.clone(), heads);
        let graph = Arc::new(made.unwrap_or_else(|error| panic!("{error}")));
        assert_eq!(Graph::from_bytes(&graph.to_bytes()).as_ref(), Some(&*graph));
        for seed in 0..4 {
            assert!(holds(&graph, seed, &format!("limb {limb} seed {seed}")));
        }
    }
}

/// Drawn ones with aggregates.
#[test]
#[ignore = "a minute and a half together"]
fn drawn() {
    let (mut laid_out, mut met) = (0, BTreeMap::new());
    for seed in 90_000..92_000_u64 {
        if laid_out == 25 {
            break;
        }
        let graph = Arc::new(graphs::graph(&mut Dice::new(seed)));
        let count = graph.nodes().iter().filter(|node| matches!(node, Node::Aggregate { .. })).count();
        if count == 0 {
            continue;
        }
        if holds(&graph, seed, &format!("seed {seed}")) {
            laid_out += 1;
            *met.entry((graph.limb_bits(), count, graph.aggregated().len())).or_insert(0) += 1;
        }
    }
    println!("{met:?}");
    assert_eq!(laid_out, 25);
}

/// Encodings with bytes changed: what is read is laid out.
#[test]
#[ignore = "a minute and a half together"]
fn changed_encodings() {
    let (mut read, mut laid) = (0, 0);
    let mut dice = Dice::new(18);
    for limb in [12, 13, 14] {
        let bytes = aggregates(limb).graph().to_bytes();
        for _ in 0..60_000 {
            let mut changed = bytes.clone();
            for _ in 0..=dice.roll(3) {
                let at = dice.roll(changed.len() as u64) as usize;
                changed[at] = match dice.roll(3) {
                    0 => dice.roll(16) as u8,
                    1 => changed[at].wrapping_add(1),
                    _ => dice.roll(256) as u8,
                };
            }
            let Some(graph) = Graph::from_bytes(&changed) else { continue };
            assert_eq!(graph.to_bytes(), changed);
            if changed == bytes {
                continue;
            }
            read += 1;
            if read % 97 == 0 && laid < 60 {
                let graph = Arc::new(graph);
                let Ok(statement) = Statement::new(subject(&graph), [&graph]) else { continue };
                if statement.k() <= 14 {
                    let _ = Layout::blank(&statement);
                    laid += 1;
                    if laid % 3 == 0 {
                        holds(&graph, 3, "changed");
                    }
                }
            }
        }
    }
    println!("{read} read, {laid} laid out");
}
