//! Mutants of the program that proofs of batches are verified with: would a good proof tell if a step were another?

use ff::Field;

use super::*;
use crate::plonk::Node;

/// The same operands in another way.
fn changed(node: Node) -> Node {
    match node {
        Node::Input(_) => Node::Constant(Fr::from(5)),
        Node::Constant(constant) => Node::Constant(constant + Fr::ONE),
        // No difference: what is added may be the value of a column of zeros.
        Node::Sum(a, b) => Node::Product(a, b),
        Node::Difference(a, b) => Node::Difference(b, a),
        Node::Product(a, b) => Node::Sum(a, b),
    }
}

/// How many programs a good proof was tried against, each with one step changed.
#[derive(Debug, PartialEq, Eq)]
struct Mutants {
    values: usize,
    /// Values of which the good proof does not tell.
    unnoticed: usize,
    constraints: usize,
    members: usize,
    challenges: usize,
}

/// Changes a program in one step at a time: each value computed in another way, each constraint left out or 0, each member of a
/// set of points left out, each challenge not drawn. Every time the good proof has to be refused: what its prover committed to is
/// what the whole program computes.
fn mutants(case: &Case) -> Mutants {
    let whole = case.program();
    let missed = |change: &dyn Fn(&mut Program)| {
        let mut program = whole.clone();
        change(&mut program);
        case.with_program(program).holds()
    };
    assert!(missed(&|_| {}), "the whole program");
    let roots = whole.constraints.iter().copied().chain(whole.opening.roots());
    let uses = whole.values.uses(roots);
    let unnoticed = uses.keys().filter(|value| {
        let node = changed(whole.values.get(**value));
        missed(&|program| program.values = whole.values.with(**value, node))
    });
    let unnoticed = unnoticed.count();
    for index in 0..whole.constraints.len() {
        let without = |program: &mut Program| {
            program.constraints.remove(index);
        };
        assert!(!missed(&without), "constraint {index}");
        let zero = |program: &mut Program| program.constraints[index] = program.values.constant(Fr::ZERO);
        assert!(!missed(&zero), "constraint {index} as 0");
    }
    let mut members = 0;
    for (index, set) in whole.protocol.sets.iter().enumerate() {
        for member in 0..set.members.len() {
            let without = |program: &mut Program| {
                program.protocol.sets[index].members.remove(member);
            };
            assert!(!missed(&without), "member {member} of set {index}");
            members += 1;
        }
        assert!(index == 0 || !missed(&|program| program.protocol.sets.swap(0, index)), "set {index}");
    }
    for index in 0..whole.protocol.pieces.len() {
        let without = |program: &mut Program| {
            program.protocol.pieces.remove(index);
        };
        assert!(!missed(&without), "piece {index}");
    }
    assert!(!missed(&|program| program.protocol.opening.reverse()), "W and W′");
    for change in [-1, 1] {
        assert!(!missed(&|program| program.protocol.last_row += change), "the last row");
    }
    let mut challenges = 0;
    for (index, segment) in whole.protocol.segments.iter().enumerate() {
        for draw in 0..segment.draws.len() {
            let without = |program: &mut Program| {
                program.protocol.segments[index].draws.remove(draw);
            };
            assert!(!missed(&without), "{:?}", segment.draws[draw]);
            challenges += 1;
        }
    }
    Mutants { values: uses.len(), unnoticed, constraints: whole.constraints.len(), members, challenges }
}

#[test]
fn every_step_of_a_toy_is_noticed() {
    let cases = good(Scheme::Kzg);
    let toy =
        |values, constraints, members| Mutants { values, unnoticed: 0, constraints, members, challenges: 8 };
    assert_eq!(mutants(&cases[0]), toy(60, 4, 8));
    // With several products, look-ups and infinity.
    assert_eq!(mutants(&cases[1]), toy(271, 21, 37));
}

#[test]
fn every_step_of_a_circuit_is_noticed() {
    let cases = golden();
    let [block, graph] = [&cases[0], &cases[5]].map(mutants);
    assert_eq!(block, Mutants { values: 1939, unnoticed: 0, constraints: 122, members: 85, challenges: 10 });
    // This graph leaves a column of zeros, and one sum is multiplied by its value only.
    assert_eq!(graph, Mutants { values: 1748, unnoticed: 1, constraints: 112, members: 90, challenges: 13 });
}
