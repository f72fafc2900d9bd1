//! Operators over groups: each constant is part of the statement, and no hint has a second value.

use std::collections::BTreeSet;

use foldproof_circuits::assignment::{Cell, Lies};
use foldproof_circuits::chips::{Gate, at, fixed_at};
use foldproof_circuits::fixed::{to_field, to_integer, to_u64};
use foldproof_circuits::graph::{Graph, Node, graph_digest as digest};
use foldproof_circuits::testing::samples::graphs::groups::groups;
use foldproof_circuits::testing::samples::graphs::of_groups;
use foldproof_circuits::testing::{Examiner, Forger, Killer};
use num_bigint::BigInt;

use crate::choices::{challenges, ends, zeros};
use crate::{cell, rows};

/// The gates, sums and look-ups that object to lies.
fn killers(forger: &Forger, lies: impl IntoIterator<Item = (Cell, BigInt)>) -> Vec<Killer> {
    Examiner::new(forger.honest()).judge(forger, lies.into_iter().collect::<Lies>()).killers
}

pub fn honest(forger: &Forger, cell: Cell) -> BigInt {
    let value = forger.honest().assignment().read(cell);
    if to_u64(value).is_some() { to_integer(value) } else { -to_integer(-value) }
}

#[test]
fn every_constant_of_a_group_is_part_of_the_graph() {
    let model = groups(12);
    let graph = model.graph();
    type Change = fn(&mut Node);
    let changes: [(usize, Change); 10] = [
        (2, |node| {
            if let Node::Product { multiplier, .. } = node {
                *multiplier += 1
            }
        }),
        (2, |node| {
            if let Node::Product { then, .. } = node {
                then.range.low += 1
            }
        }),
        (5, |node| {
            if let Node::Product { a, b, .. } = node {
                std::mem::swap(a, b)
            }
        }),
        (3, |node| {
            if let Node::Softmax { power, .. } = node {
                *power -= 1
            }
        }),
        (3, |node| {
            if let Node::Softmax { table, .. } = node {
                table.input += 1
            }
        }),
        (3, |node| {
            if let Node::Softmax { table, .. } = node {
                table.output -= 1
            }
        }),
        (3, |node| {
            if let Node::Softmax { width, .. } = node {
                *width = 9
            }
        }),
        (6, |node| {
            if let Node::Norm { epsilon, .. } = node {
                *epsilon += 1
            }
        }),
        (6, |node| {
            if let Node::Norm { power, .. } = node {
                *power += 1
            }
        }),
        (9, |node| {
            if let Node::Maximum { of, .. } = node {
                *of = 1
            }
        }),
    ];
    let mut seen = BTreeSet::from([digest(graph).to_bytes()]);
    for (index, (node, change)) in changes.into_iter().enumerate() {
        let mut nodes = graph.nodes().to_vec();
        change(&mut nodes[node]);
        assert_ne!(nodes, graph.nodes(), "change {index}");
        let other = Graph::new(12, 4, 3, graph.blocks().to_vec(), nodes, graph.heads().to_vec()).unwrap();
        assert!(seen.insert(digest(&other).to_bytes()), "change {index}");
    }
}

/// What hints there are one of, of each kind, in the first rows of their gates: greatest ones, a sum, quotients, a root.
fn hints(forger: &Forger) -> [Cell; 6] {
    let first = |gate: Gate| rows(forger.honest(), gate)[0];
    [
        cell(at::LIMB, first(Gate::GraphMaximum)),
        cell(at::WIRE[2], first(Gate::GraphSoftmax)),
        cell(at::WIRE[3], first(Gate::GraphSoftmax)),
        cell(at::LIMB + 4, first(Gate::GraphSoftmax)),
        cell(at::WIRE[3], first(Gate::GraphDeviation)),
        cell(at::WIRE[1], first(Gate::GraphNorm)),
    ]
}

/// Greatest ones that no element is or that some exceed, sums, quotients and roots: one off, negative, and of the field, with all that
/// follows from them.
#[test]
fn hints_have_one_value() {
    let half = to_integer(to_field(&BigInt::from(2)).invert().unwrap());
    // All alike, where every element is the greatest; and as far from each other as they can be.
    for sample in [1, 2] {
        let forger = of_groups(12, sample);
        for hint in hints(&forger) {
            let value = honest(&forger, hint);
            for lie in [&value + 1, &value - 1, -&value - 2, &value + &half] {
                let found = killers(&forger, [(hint, lie.clone())]);
                assert!(!found.is_empty(), "sample {sample}, {hint:?} as {lie}");
            }
        }
        // A greatest one that no element is: all distances are one more, and nothing but their product can tell.
        for (hint, gate) in [(0, "GraphSumZero / s = 0"), (1, "GraphSoftmaxEnd / some d is 0")] {
            let greatest = hints(&forger)[hint];
            let found = killers(&forger, [(greatest, honest(&forger, greatest) + 1)]);
            assert_eq!(found, [Killer::Gate(gate.to_owned())]);
        }
        assert!(killers(&forger, []).is_empty(), "a control");
    }
}

/// A distance beyond the table, told as one that is not clamped.
#[test]
fn distances_beyond_a_table_are_clamped() {
    let clamped = |sample: usize| {
        let forger = of_groups(12, sample);
        let is = |row: &usize| honest(&forger, cell(at::END[0], *row)) == BigInt::from(1);
        let row = rows(forger.honest(), Gate::GraphSoftmax).into_iter().find(is)?;
        Some((forger, row))
    };
    let (forger, row) = (0..5).find_map(clamped).unwrap();
    let distance = honest(&forger, cell(at::WIRE[2], row)) - honest(&forger, cell(at::WIRE[0], row));
    let found = killers(&forger, [(cell(at::LIMB, row), distance), (cell(at::END[0], row), BigInt::from(0))]);
    let tag = to_u64(forger.honest().assignment().fixed_at(fixed_at::TAG, row)).unwrap();
    assert_eq!(found, [Killer::Limb(tag)]);
}

/// Two sums of a product, at (output, position) (0, 1) and (1, 0), are exchanged in part, as those of a block in `choices`.
#[test]
fn products_want_two_challenges() {
    let forger = of_groups(12, 0);
    let examiner = Examiner::new(forger.honest());
    let sums = rows(forger.honest(), Gate::GraphProduct);
    // Three positions are two rows. Of the second product, whose results are public in the end.
    let (first, second) = (cell(at::ACC[1], sums[6]), cell(at::ACC[0], sums[8]));
    let forged = |over: i64| {
        let lies = [(first, honest(&forger, first) + 2000), (second, honest(&forger, second) - 2000 + over)];
        (examiner.judge(&forger, lies.clone().into()), forger.lie(lies.into()))
    };
    let (verdict, layout) = forged(0);
    assert!(verdict.public, "another result follows");
    assert_eq!(verdict.killers, [Killer::Sum("neurons")]);
    let [one, two] = [challenges(false), challenges(true)];
    assert!(zeros(&ends(forger.honest(), one)) && zeros(&ends(forger.honest(), two)));
    assert!(zeros(&ends(&layout, one)), "one challenge: it passes");
    assert!(!zeros(&ends(&layout, two)), "two: it does not");
    assert!(!zeros(&ends(&forged(1).1, one)), "a control");
}
