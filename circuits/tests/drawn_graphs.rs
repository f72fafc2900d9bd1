//! Graphs drawn by chance: what occurs in them, and their encodings under hostile hands.

use std::collections::BTreeSet;
use std::sync::Arc;

use foldproof_circuits::graph::{Block, Function, Graph, GraphModel, MAX_ENCODING, Node, ParameterBlock};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::stages::graph::{Output, commitment, evaluate};
use foldproof_circuits::statement::{Statement, Subject};
use foldproof_circuits::testing::Examiner;
use foldproof_circuits::testing::graphs::{self, graph, model};
use foldproof_circuits::testing::samples::{Dice, seed};
use halo2curves::bn256::Fr;
use proptest::prelude::*;

/// What a graph has of each kind.
fn features(graph: &Graph, found: &mut BTreeSet<String>) {
    let mut add = |what: String| {
        found.insert(what);
    };
    add(format!("limb {}", graph.limb_bits()));
    for node in graph.nodes() {
        let then = match node {
            Node::Input => None,
            Node::Constant { .. } => {
                add("constant".to_owned());
                None
            }
            Node::Linear { operands, then, .. } => {
                add(format!("linear of {}", operands.len()));
                Some(then)
            }
            Node::Combine { terms, then, .. } => {
                for term in terms {
                    add(format!("term {:?}", term.b.map(|b| b == term.a)));
                }
                add(format!("combine, wide {}", then.is_none()));
                then.as_ref().map(|(_, then)| then)
            }
            Node::Index { views } => {
                views.iter().for_each(|view| add(format!("view of {}", view.dims.len())));
                None
            }
            Node::Product { a, b, then, .. } => {
                add(format!("product, square {}", a == b));
                Some(then)
            }
            Node::Aggregate { a, inner, then, .. } => {
                let same = |node: &&Node| matches!(node, Node::Aggregate { a: of, inner: width, .. } if (of, width) == (a, inner));
                add(format!("aggregate, shared {}", graph.nodes().iter().filter(same).count() > 1));
                Some(then)
            }
            Node::Maximum { width, .. } => {
                add(format!("maximum, one row {}", *width <= 4));
                None
            }
            Node::Softmax { width, .. } => {
                add(format!("softmax of one {}", *width == 1));
                None
            }
            Node::Norm { .. } => {
                add("norm".to_owned());
                None
            }
            Node::Forest { .. } => None,
        };
        if let Some(then) = then {
            match then.table {
                Some(table) => add(format!("table {} {}", table.function.name(), table.bits)),
                None => add(format!("range of {}", then.range.bits)),
            }
        }
    }
    for (index, block) in graph.blocks().iter().enumerate() {
        let of = |node: &&Node| matches!(node, Node::Linear { block, .. } if usize::from(*block) == index);
        if graph.nodes().iter().filter(of).count() > 1 {
            add("a shared block".to_owned());
        }
        if let Block::Forest { targets, .. } = block {
            add(format!("forest of {targets}"));
        }
    }
    graph.heads().iter().for_each(|head| add(format!("head {}", head.name())));
}

#[test]
fn everything_occurs_and_lies_in_its_interval() {
    let seed = seed();
    let mut found = BTreeSet::new();
    let mut clamped = 0;
    for case in 0..600 {
        let mut dice = Dice::new(seed + case);
        let graph = Arc::new(graph(&mut dice));
        features(&graph, &mut found);
        let model = model(&mut dice, &graph);
        for _ in 0..6 {
            let input = graphs::input(&mut dice, &model);
            let evaluation = evaluate(&model, &input, &[Fr::from(3)]);
            for (index, (elements, tensor)) in evaluation.tensors.iter().zip(graph.tensors()).enumerate() {
                let place = format!("seed {}, node {index}", seed + case);
                assert_eq!(elements.len(), tensor.count, "{place}");
                assert!(elements.iter().all(|x| (tensor.low..=tensor.high).contains(x)), "{place}");
                clamped += elements.iter().filter(|x| **x == tensor.low || **x == tensor.high).count();
            }
            for (output, head) in evaluation.outputs.iter().zip(graph.heads()) {
                let tensor = &graph.tensors()[usize::from(head.of())];
                let elements = output.elements(tensor, 0);
                assert!(!elements.is_empty());
                if let Output::Top(indices) = output {
                    assert!(indices.iter().collect::<BTreeSet<_>>().len() == indices.len());
                }
            }
        }
    }
    assert!(clamped > 1000, "seed {seed}: {clamped} elements at an end of their interval");
    let mut wanted: Vec<String> = [
        "aggregate, shared true",
        "aggregate, shared false",
        "constant",
        "a shared block",
        "combine, wide true",
        "combine, wide false",
    ]
    .map(String::from)
    .to_vec();
    wanted.extend((12..=14).map(|bits| format!("limb {bits}")));
    wanted.extend(
        (1..=4).flat_map(|n| [format!("linear of {n}"), format!("view of {n}"), format!("forest of {n}")]),
    );
    wanted.extend([1, 2, 4, 5, 6, 8, 10, 12, 13, 14].map(|bits| format!("range of {bits}")));
    wanted.extend(["None", "Some(true)", "Some(false)"].map(|b| format!("term {b}")));
    let tables = Function::ALL
        .into_iter()
        .flat_map(|f| (4..=graphs::most_bits(f)).map(move |bits| format!("table {} {bits}", f.name())));
    wanted.extend(tables);
    let heads = ["tags", "class", "top", "score", "flag", "values", "commitment"];
    wanted.extend(heads.map(|head| format!("head {head}")));
    let missing: Vec<&String> = wanted.iter().filter(|what| !found.contains(*what)).collect();
    assert!(missing.is_empty(), "seed {seed}: never drawn: {missing:?}");
}

/// Graphs that are laid out, and rows of them, in powers of two: larger ones take long, and say no more.
const LAID_OUT: usize = 60;
const MOST_ROWS: u32 = 14;

/// Lays a drawn model out and asks every constraint in every row, look-ups, sums of the second phase and copies; the circuit is that
/// of the graph alone.
fn holds(model: &GraphModel, statement: &Statement, values: &[i64], place: &str) {
    let salts: Vec<Fr> = (5..).map(Fr::from).take(ModelRef::from(model).salts().0).collect();
    let models = [ModelRef::Graph(model, &salts)];
    let layout = Layout::of_values(statement, values, Fr::from(3), &models).expect(place);
    let evaluation = evaluate(model, values, &salts);
    let heads = model.graph().heads().iter().zip(model.heads());
    let outputs = heads.zip(&evaluation.outputs).flat_map(|((head, meaning), output)| {
        output.elements(&model.graph().tensors()[usize::from(head.of())], meaning.threshold)
    });
    assert_eq!(layout.instance().models[0].outputs, outputs.collect::<Vec<_>>(), "{place}");
    let refused = Examiner::new(&layout).refusals(&layout);
    assert!(refused.is_empty(), "{place}: {refused:?}");
    let blank = Layout::blank(statement);
    let same = blank.assignment().fixed() == layout.assignment().fixed()
        && blank.assignment().copies() == layout.assignment().copies()
        && blank.assignment().enabled() == layout.assignment().enabled();
    assert!(same, "{place}: the circuit depends on the witness");
}

/// Whatever graph can be made has a proof for every input.
#[test]
fn drawn_graphs_are_laid_out() {
    let seed = seed();
    let mut found = BTreeSet::new();
    let (mut case, mut laid_out) = (seed, 0);
    while laid_out < LAID_OUT {
        case += 1;
        let mut dice = Dice::new(case);
        let graph = Arc::new(graph(&mut dice));
        let (positions, channels) = (graph.positions() as u16, graph.channels() as u16);
        let subject = match positions {
            1 => Subject::Vector(channels),
            _ => Subject::Matrix { positions, channels },
        };
        let statement = Statement::new(subject, [&graph]).expect("a statement");
        if statement.k() > MOST_ROWS {
            continue;
        }
        laid_out += 1;
        features(&graph, &mut found);
        let model = model(&mut dice, &graph);
        let input = graphs::input(&mut dice, &model);
        holds(&model, &statement, &input, &format!("seed {case}"));
    }
    for what in [
        "constant",
        "combine, wide true",
        "combine, wide false",
        "product, square",
        "maximum",
        "softmax",
        "norm",
    ] {
        assert!(found.iter().any(|has| has.starts_with(what)), "seed {seed}: never drawn: {what}");
    }
}

/// A commitment to zeros of a shape, and one with one parameter changed.
#[test]
fn every_parameter_is_committed_to() {
    let mut dice = Dice::new(7);
    for _ in 0..8 {
        let graph = Arc::new(graph(&mut dice));
        let model = model(&mut dice, &graph);
        let known = commitment(&model);
        for index in 0..model.blocks().len() {
            let mut blocks = model.blocks().to_vec();
            match &mut blocks[index] {
                ParameterBlock::Linear(block) => {
                    let weight = block.weights.last_mut().unwrap().last_mut().unwrap().last_mut().unwrap();
                    *weight -= weight.signum();
                    if *weight == 0 {
                        continue;
                    }
                }
                ParameterBlock::Forest(forest) => *forest.leaves.last_mut().unwrap().last_mut().unwrap() ^= 1,
            }
            let inputs = model.inputs().to_vec();
            let heads = model.heads().to_vec();
            let other = foldproof_circuits::graph::GraphModel::new(
                Arc::clone(&graph),
                inputs,
                blocks,
                heads,
                model.salt(),
            );
            assert_ne!(commitment(&other.unwrap()), known);
        }
    }
}

/// Reads bytes; whatever they are, nothing but what they encode comes out.
fn read(bytes: &[u8]) {
    if let Some(graph) = Graph::from_bytes(bytes) {
        assert_eq!(graph.to_bytes(), bytes);
    }
    let mut rest = bytes;
    match Graph::take(&mut rest) {
        Some(graph) => assert_eq!([&graph.to_bytes(), rest].concat(), bytes),
        None => assert_eq!(rest, bytes, "what is no graph is left alone"),
    }
}

proptest! {
    #[test]
    fn encodings_give_graphs_back(seed in any::<u64>()) {
        let graph = graph(&mut Dice::new(seed));
        prop_assert_eq!(Graph::from_bytes(&graph.to_bytes()), Some(graph));
    }

    #[test]
    fn random_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..400), limb in 12_u8..15) {
        read(&bytes);
        // Past the version, too.
        read(&[&[1, limb, 1, 0, 1, 0, 0, 0, 1, 0][..], &bytes].concat());
    }

    #[test]
    fn mutations_are_read_or_refused(
        seed in any::<u64>(),
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>(), 0..4_u8), 1..6),
    ) {
        let mut bytes = graph(&mut Dice::new(seed)).to_bytes();
        for (at, value, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = value,
                1 => bytes.insert(at, value),
                2 => { bytes.remove(at); }
                _ => bytes[at] ^= 1 << (value % 8),
            }
        }
        read(&bytes);
    }

    #[test]
    fn counts_beyond_the_bytes_are_refused(fill in any::<u8>(), at in 0..16_usize) {
        // Greatest counts, and as many bytes as an encoding has at most.
        let mut bytes = vec![fill; MAX_ENCODING + 8];
        bytes[..6].copy_from_slice(&[1, 12, 1, 0, 1, 0]);
        bytes[6 + at..8 + at].copy_from_slice(&[255, 255]);
        read(&bytes);
    }
}
