//! Mutants of choices: would anybody notice if a part of a circuit were not there? See `tests/mutants`.
//!
//! `cargo test --release -p foldproof-circuits --test decisions -- --ignored --nocapture mutants` takes minutes.

use std::collections::{BTreeMap, BTreeSet};

use foldproof_circuits::chips::Gate;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::testing::mutation::{Bench, Matrix, Mutant, Share, mutants};
use foldproof_circuits::testing::samples::Dice;
use foldproof_circuits::testing::{Analysis, Forger, given};

use super::choices::{LEAST, MOST, contextual, top};

const SHARE: Share = Share { rows: 2, copies: 2, tags: 24, stage: None };
/// Attacks tried for a mutant with one witness.
const PATIENCE: usize = 400;

/// Of which statement, a part, and why nobody here notices that it is not there: it is not needed, or takes lies about several cells at
/// once, which are told in the tests that are named.
const EXCUSED: &[[&str; 3]] = &[
    [
        "top",
        "Arith, off in row 54",
        "The second of those that are told is in the list: `what_is_told_is_in_the_list`.",
    ],
    ["top", "Arith, off in row 58", "One bit for each of them: likewise."],
    ["top", "copy from a 39 to a 42", "A bit in their sum: likewise."],
    ["top", "copy from a 41 to c 42", "Likewise."],
    ["top", "copy from a 57 to c 58", "Likewise."],
    ["top", "copies from column a to c", "Likewise, all of them."],
    [
        "top",
        "copy from a 57 to a 61",
        "A bit in the sum of keys, which is a key that is told: without it that is any.",
    ],
    ["top", "copy from d 60 to c 61", "That sum, so far: likewise."],
    ["top", "copy from d 61 to a 62", "That sum: likewise."],
    ["top", "copy from d 19 to b 62", "That key: likewise."],
    [
        "top",
        "copy from e 15 to a 17",
        "A value in its key: without it the key is another than what is told has.",
    ],
    ["top", "copy from e 16 to b 17", "An index in its key: likewise."],
    ["top", "tag: 1 bits", "`bits_are_bits`."],
    [
        "top",
        "tag widened: 1 bits",
        "Bits of up to 1,023 make as many as are told from fewer entries. Then a 0 is left among what is carried, so the last that is \
         told is 0; as keys are not negative no bit is 0, and as bits add up to no more than there are entries, none is more than 1.",
    ],
    ["top", "tag widened: 2 bits", "The top limb of a difference of keys, which is below 2^62 or negative."],
    ["top", "tag widened: 4 bits", "The top limb of an index: `indices_have_fourteen_bits`."],
    ["top", "tag widened: 8 bits", "The top limb of a value: `values_have_forty_eight_bits`."],
    [
        "top",
        "tag widened: only 0",
        "Limbs above an index: `indices_have_fourteen_bits`. How many are left in the end: as with bits of more than 1, fewer cannot be chosen.",
    ],
    [
        "top",
        "tag of limb 5 in row 26",
        "How many are left falls by bits and is 0 in the end, so it is never less.",
    ],
    ["top", "tag of limb 5 in row 36", "Likewise."],
    ["top", "tag of limb 5 in row 38", "`no_more_are_chosen_than_are_told`."],
    [
        "contextual",
        "copy from a 73 to b 73",
        "The copy of a bit in a·b - a = 0; the bit is given. Others than 0 and 1 are told in `lies_about_hints_are_refused`.",
    ],
    ["contextual", "copy from a 135 to b 142", "A bit in a sum that is 1: `other_choices_are_refused`."],
    [
        "contextual",
        "tag widened: 1 bits",
        "The top limbs of root and whole part. Of 70 and 130 bits they come no nearer to the field's size, and what they are determined by \
         has one solution whatever their size.",
    ],
    ["contextual", "tag widened: 2 bits", "The top limb of what a root leaves: likewise."],
];

/// Ties, extremes, and all the same.
fn lists() -> Vec<Evidence> {
    [[3, 9, -4, 9, 0, 1, LEAST], [5; 7], [LEAST, MOST, MOST, LEAST, -1, 0, MOST]]
        .map(|values| top(&values, 3))
        .to_vec()
}

/// Forms above 0 and below it, and none.
fn arms() -> Vec<Evidence> {
    let (mut above, mut below) = ([1 << 24; 20], [-(1 << 24); 20]);
    (above[7], below[1]) = (3, 5);
    let features = [[1 << 24, -3, 1 << 20, 5], [0; 4]];
    features.map(|features| contextual(&[above, below, [0; 20]], features)).to_vec()
}

/// Parts that nobody notices.
fn unnoticed(evidence: Vec<Evidence>, asked: impl Fn(&Bench<'_, '_>, &Mutant) -> bool) -> Vec<String> {
    let forgers: Vec<Forger> = evidence.into_iter().map(Forger::of_decision).collect();
    let layouts: Vec<_> = forgers.iter().map(Forger::honest).collect();
    let given: Vec<_> = layouts.iter().map(|layout| given(layout)).collect();
    let analyses: Vec<_> =
        layouts.iter().zip(&given).map(|(layout, given)| Analysis::new(layout, given)).collect();
    let benches: Vec<_> =
        layouts.iter().zip(&analyses).map(|(layout, analysis)| Bench::new(layout, analysis)).collect();
    let mut matrices: Vec<_> =
        benches.iter().zip(&given).map(|(bench, given)| Matrix::new(bench, given, PATIENCE)).collect();
    let mut dice = Dice::new(1);
    let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
    let mut nobody = Vec::new();
    let all = mutants(&benches[0], SHARE, &mut dice);
    for mutant in all.into_iter().filter(|mutant| asked(&benches[0], mutant)) {
        let now = matrices.iter_mut().find_map(|matrix| matrix.at_once(&mutant));
        let killer =
            now.or_else(|| matrices.iter_mut().find_map(|matrix| matrix.in_time(&mutant, &mut dice)));
        let name = mutant.name(&benches[0]);
        match killer {
            Some(killer) => {
                println!("{name}: {killer}");
                *kinds.entry(killer.kind()).or_default() += 1;
            }
            None => nobody.push(name),
        }
    }
    println!("{}: {kinds:?}, nobody: {nobody:?}", layouts[0].statement());
    nobody
}

/// Holds what nobody notices against what is excused.
fn conclude(statement: &str, nobody: &[String]) {
    let excused = EXCUSED.iter().filter(|[of, ..]| *of == statement).map(|[_, name, _]| *name);
    let excused: BTreeSet<&str> = excused.collect();
    assert_eq!(nobody.iter().map(String::as_str).collect::<BTreeSet<_>>(), excused);
}

#[test]
fn constraints_of_entries_are_needed() {
    let entry = |bench: &Bench<'_, '_>, mutant: &Mutant| match mutant {
        Mutant::Constraint(constraint) => bench.gates(*constraint) == [Gate::Entry],
        Mutant::Gate(gate) | Mutant::GateRow(gate, _) => *gate == Gate::Entry,
        _ => false,
    };
    assert_eq!(unnoticed(lists(), entry), [""; 0]);
}

#[test]
#[ignore = "minutes: every mutant"]
fn every_mutant_of_a_list_is_noticed() {
    conclude("top", &unnoticed(lists(), |_, _| true));
}

#[test]
#[ignore = "minutes: every mutant"]
fn every_mutant_of_a_contextual_bandit_is_noticed() {
    conclude("contextual", &unnoticed(arms(), |_, _| true));
}
