//! Section 4 of the definition: what is committed to, and how.

use std::collections::BTreeMap;

use foldproof_circuits::assignment::{Assignment, Cell, Free, Lies};
use foldproof_circuits::chips::sponge::ROWS;
use foldproof_circuits::chips::{Gate, at};
use foldproof_circuits::fixed::to_integer;
use foldproof_circuits::poseidon::RATE;
use foldproof_circuits::testing::{Examiner, Forger, Killer};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::{cell, refused};

/// Messages of each chain of the core's sponge, by link.
fn chains(assignment: &Assignment) -> Vec<Vec<Cell>> {
    let mut chains: Vec<Vec<Cell>> = Vec::new();
    for row in (0..assignment.rows()).step_by(ROWS) {
        if assignment.is_enabled(Gate::SpongeStart, row) {
            chains.push(Vec::new());
        } else if !assignment.is_enabled(Gate::SpongeChain, row) {
            break;
        }
        let messages = (row..row + RATE).map(|row| cell(at::MESSAGE, row));
        chains.last_mut().unwrap().extend(messages);
    }
    chains
}

fn read(assignment: &Assignment, cell: Cell) -> BigInt {
    to_integer(assignment.read(cell))
}

/// Block, fold, PQ code, codebook: each element replaced in what is absorbed, and hashed on.
#[test]
fn a_commitment_to_something_else_is_refused() {
    let forger = Forger::of_sample_block("core-small-64", Vec::new());
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let chains = chains(assignment);
    assert_eq!(chains.len(), 4, "block, fold, PQ code, codebook");
    for chain in &chains {
        let last = chain.len() - 1;
        let swap = |one: usize, other: usize| {
            Lies::from([
                (chain[one], read(assignment, chain[other])),
                (chain[other], read(assignment, chain[one])),
            ])
        };
        let put = |at: usize, value: BigInt| Lies::from([(chain[at], value)]);
        let first = read(assignment, chain[1]);
        for (clause, lies) in [
            ("another salt than the one in its cell", put(0, read(assignment, chain[0]) + 1)),
            ("another first element", put(1, &first + 1)),
            ("two elements swapped", swap(0, 1)),
            ("an element left out", put(1, BigInt::from(0))),
            ("something after the end", put(last, read(assignment, chain[last]) + 5)),
        ] {
            let verdict = refused(&examiner, &forger, lies, clause, true);
            assert_eq!(verdict.killers, [Killer::Copy], "{clause}: everything else follows");
        }
    }
}

/// Of two blocks, each with salts of its own: elements of one commitment in that of the other block, and a whole commitment.
#[test]
fn commitments_of_blocks_are_not_mixed() {
    let forger = Forger::of_two_blocks();
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let chains = chains(assignment);
    assert_eq!(chains.len(), 7, "block, fold, PQ code, codebook; block, fold, PQ code");
    for (first, second) in [(0, 4), (1, 5), (2, 6)] {
        let (ours, theirs) = (&chains[first], &chains[second]);
        assert_eq!(ours.len(), theirs.len());
        let differ = |place: &usize| read(assignment, ours[*place]) != read(assignment, theirs[*place]);
        let places: Vec<usize> = (0..ours.len()).filter(differ).collect();
        let swap = |place: &usize| {
            [
                (ours[*place], read(assignment, theirs[*place])),
                (theirs[*place], read(assignment, ours[*place])),
            ]
        };
        for (clause, lies) in [
            ("salts swapped", Lies::from(swap(&places[0]))),
            ("an element swapped", Lies::from(swap(&places[1]))),
            ("commitments swapped", places.iter().flat_map(swap).collect()),
        ] {
            let verdict = refused(&examiner, &forger, lies, clause, true);
            assert_eq!(verdict.killers, [Killer::Copy], "{clause}: everything else follows");
        }
    }
}

/// The constant that tells domain, shape and length, the permutation, and the chaining.
#[test]
fn another_hash_is_refused() {
    let forger = Forger::of_sample_block("core-small-64", Vec::new());
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let rows = |gate: Gate| {
        (0..assignment.rows()).filter(|row| assignment.is_enabled(gate, *row)).collect::<Vec<_>>()
    };
    let [starts, links, ends] = [Gate::SpongeStart, Gate::SpongeChain, Gate::SpongeEnd].map(rows);
    let mut lies: BTreeMap<&str, (Cell, &str)> = BTreeMap::new();
    lies.insert("another domain, shape or length", (cell(at::SBOX, starts[1]), "SpongeStart"));
    lies.insert("a chain that starts anew", (cell(at::SBOX, links[0]), "SpongeChain"));
    lies.insert("another square", (cell(at::SQUARE + 2, starts[2] + 12), "Square"));
    lies.insert("a full round", (cell(at::SBOX + 3, starts[0] + 3), "SpongeFull"));
    lies.insert("the first partial round", (cell(at::SBOX, starts[0] + 8), "SpongeEntry"));
    lies.insert("a partial round", (cell(at::SBOX + 1, starts[0] + 15), "SpongePartial"));
    lies.insert("back to full rounds", (cell(at::SBOX + 1, starts[0] + 24), "SpongeExit"));
    lies.insert("a digest", (cell(at::MESSAGE, ends[2]), "SpongeEnd"));
    for (clause, (place, gate)) in lies {
        let lie = Lies::from([(place, read(assignment, place) + 1)]);
        let verdict = refused(&examiner, &forger, lie, clause, true);
        let others = |killer: &&Killer| !killer.to_string().contains(gate);
        assert!(verdict.killers.iter().filter(others).count() == 0, "{clause}: {:?}", verdict.killers);
    }
}

/// Packed pieces: one unit moved from a piece to the next, so that the element stays what it is.
#[test]
fn another_packing_is_refused() {
    let forger = Forger::of_sample_block("core-small-64", Vec::new());
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let inputs = forger.free(Free::Input);
    let number =
        |cell: &Cell| cell.column == at::NUMBER && assignment.is_enabled(Gate::ElementNumber, cell.row + 4);
    let first = *inputs.iter().find(|cell| number(cell)).unwrap();
    let next = cell(at::NUMBER, first.row + 1);
    let carried = |bits: u32| {
        let moved = read(assignment, first) - (BigInt::from(1) << bits);
        Lies::from([(first, moved), (next, read(assignment, next) + 1)])
    };
    refused(&examiner, &forger, carried(48), "numbers of 48 bits", false);
    let modulus: BigInt = to_integer(-Fr::one()) + 1;
    let wrapped = Lies::from([(first, read(assignment, first) + modulus)]);
    refused(&examiner, &forger, wrapped, "a number more than p", false);
    // Header: height and timestamp of 53 bits share an element with the counts.
    let heights: Vec<Cell> = inputs.into_iter().filter(|cell| cell.column == at::E).take(2).collect();
    let [height, timestamp] = [heights[0], heights[1]];
    let moved = Lies::from([
        (height, read(assignment, height) + (BigInt::from(1) << 53)),
        (timestamp, read(assignment, timestamp) - 1),
    ]);
    refused(&examiner, &forger, moved, "height of 53 bits", true);
}
