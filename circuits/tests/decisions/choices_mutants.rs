//! Mutants of choices: would anybody notice if a part of a circuit were not there? See `tests/mutants`.
//!
//! `cargo test --release -p foldproof-circuits --test decisions -- --ignored --nocapture mutants` takes minutes.

use std::collections::BTreeMap;

use foldproof_circuits::chips::Gate;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::testing::mutation::{Bench, Matrix, Mutant, Share, mutants};
use foldproof_circuits::testing::samples::Dice;
use foldproof_circuits::testing::{Analysis, Forger, given};

use super::choices::{LEAST, MOST, contextual, top};

const SHARE: Share = Share { rows: 2, copies: 2, tags: 24 };
/// Attacks tried for a mutant with one witness.
const PATIENCE: usize = 400;

/// What nobody here notices: a part that is not needed, or one that takes lies about several cells at once, which are told elsewhere; and why.
const EXCUSED: &[(&str, &str)] = &[
    // Of lists.
    (
        "Arith, off in row 54",
        "The second of those that are told is in the list: `what_is_told_is_in_the_list`.",
    ),
    ("Arith, off in row 58", "One bit for each of them: likewise."),
    ("copy from a 39 to a 42", "A bit in their sum: likewise."),
    ("copy from a 41 to c 42", "Likewise."),
    ("copy from a 57 to c 58", "Likewise."),
    ("copies from column a to c", "Likewise, all of them."),
    (
        "copy from a 57 to a 61",
        "A bit in the sum of keys, which is a key that is told: without it that is any.",
    ),
    ("copy from d 60 to c 61", "That sum, so far: likewise."),
    ("copy from d 61 to a 62", "That sum: likewise."),
    ("copy from d 19 to b 62", "That key: likewise."),
    (
        "copy from e 15 to a 17",
        "A value in its key, and the index: without them others are told than those that are public.",
    ),
    ("copy from e 16 to b 17", "Likewise."),
    ("tag: 1 bits", "`bits_are_bits`."),
    (
        "tag widened: 1 bits",
        "Bits of up to 1,023 make as many as are told from fewer entries. Then a 0 is left, and the last that is told is \
                             0; as all keys are at least 0, no bit is 0, and as they add up to no more than there are entries, none is more than 1.",
    ),
    ("tag widened: 2 bits", "The top limb of a difference of keys, which has 62 bits or is negative."),
    ("tag widened: 4 bits", "The top limb of an index: `indices_have_fourteen_bits`."),
    ("tag widened: 8 bits", "The top limb of a value: `values_have_forty_eight_bits`."),
    (
        "tag widened: only 0",
        "Limbs above an index: `indices_have_fourteen_bits`. How many are left in the end: as with bits of more than 1.",
    ),
    ("tag of limb 5 in row 26", "How many are left falls by bits and is 0 in the end, so it is never less."),
    ("tag of limb 5 in row 36", "Likewise."),
    ("tag of limb 5 in row 38", "`no_more_are_chosen_than_are_told`."),
    // Of contextual bandits.
    (
        "copy from a 73 to b 73",
        "The copy of a bit in a·b − a = 0; the bit is given. Lies of 2 are told in `lies_about_hints_are_refused`.",
    ),
    (
        "copy from a 135 to b 142",
        "A bit in a sum that is 1: several bits at once are told in `other_choices_are_refused`.",
    ),
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

/// Those that are not excused.
fn holes(nobody: Vec<String>) -> Vec<String> {
    nobody.into_iter().filter(|name| EXCUSED.iter().all(|(excused, _)| excused != name)).collect()
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
    assert_eq!(holes(unnoticed(lists(), |_, _| true)), [""; 0]);
}

#[test]
#[ignore = "minutes: every mutant"]
fn every_mutant_of_a_contextual_bandit_is_noticed() {
    assert_eq!(holes(unnoticed(arms(), |_, _| true)), [""; 0]);
}
