//! What is asked of every circuit of a decision, beside what it decides: that a witness makes no difference to its shape, that its integers
//! stay small and everything is determined by what is declared free, that cells matter, that lies are refused, and that public inputs are
//! those of their cells.

use std::collections::BTreeSet;

use foldproof_circuits::assignment::{Cell, Free, Lies, Role};
use foldproof_circuits::chips::{at, fixed_at};
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::fixed::{to_field, to_integer};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::testing::samples::{Dice, seed};
use foldproof_circuits::testing::{Analysis, Copies, Examiner, Forger, given};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

/// How many cells are changed and copies left out of those that are drawn.
#[derive(Clone, Copy)]
pub struct Share {
    cells: usize,
    copies: usize,
}

/// In every run: what is drawn by its seed.
pub const FEW: Share = Share { cells: 500, copies: 12 };
/// In the long run.
pub const MANY: Share = Share { cells: 6000, copies: 240 };

/// Everything, of evidence for a small circuit.
pub fn scrutinise(share: Share, evidence: Evidence) {
    let forger = scrutinise_but_copies(share, evidence);
    copies_are_needed(forger.honest(), share.copies);
}

/// The same of a witness under which some copies are not needed: what is copied is 0 by something else.
pub fn scrutinise_but_copies(share: Share, evidence: Evidence) -> Forger {
    let forger = Forger::of_decision(evidence);
    let layout = forger.honest();
    assert_eq!(layout.digest(), Layout::blank(layout.statement()).digest(), "{}", layout.statement());
    is_determined(layout);
    cells_matter(layout, share.cells);
    public_inputs_bind(layout);
    lies_are_refused(&forger);
    forger
}

/// Whether a row says a·b = d and nothing else: a product that is 0 in the end, about the field.
fn is_product(layout: &Layout, row: usize) -> bool {
    let k: Vec<Fr> = (0..8).map(|i| layout.assignment().fixed_at(fixed_at::K + i, row)).collect();
    let zero = Fr::zero();
    k[..4] == [Fr::one(), zero, zero, zero] && [-Fr::one(), zero].contains(&k[4]) && k[7] == zero
}

pub fn is_determined(layout: &Layout) {
    let analysis = Analysis::new(layout, &given(layout));
    let budget = analysis.budget();
    let integers = |list: Vec<(String, usize)>| {
        list.into_iter()
            .filter(|(name, row)| !(name.starts_with("Arith") && is_product(layout, *row)))
            .collect::<Vec<_>>()
    };
    let none: Vec<(String, usize)> = Vec::new();
    assert_eq!(integers(budget.unbounded), none, "{}", layout.statement());
    assert_eq!(integers(budget.overflowing), none, "{}", layout.statement());
    assert_eq!(analysis.undetermined(), [], "{}", layout.statement());
    // Hints that are declared free are.
    for kind in Free::ALL.into_iter().filter(|kind| *kind != Free::Input) {
        let assignment = layout.assignment();
        let cells =
            assignment.assigned().into_iter().filter(|cell| assignment.role(*cell) == Role::Free(kind));
        let cells: BTreeSet<Cell> = cells.collect();
        let lost = analysis.undetermined_but(&cells);
        assert_eq!(cells.is_empty(), lost.is_empty(), "{kind:?}: {} cells declared free", cells.len());
    }
}

/// Whether a row only checks what was computed elsewhere: it determines nothing, so that an analysis of that sees no loss. Lies find
/// what it forbids.
fn is_check(layout: &Layout, row: usize) -> bool {
    let assignment = layout.assignment();
    let role = |column| assignment.role(Cell { column, row });
    [at::A, at::B, at::C, at::D].into_iter().all(|column| matches!(role(column), Role::Copied | Role::Blank))
}

/// Some copies left out, one at a time: less is determined, with hints or without, or a gate says the same.
pub fn copies_are_needed(layout: &Layout, count: usize) {
    let seed = seed();
    let mut dice = Dice::new(seed);
    let given = given(layout);
    let analysis = Analysis::new(layout, &given);
    let near = Copies::new(&analysis);
    let assignment = layout.assignment();
    let is_hint = |cell: &Cell| matches!(assignment.role(*cell), Role::Free(kind) if kind != Free::Input);
    let hints: BTreeSet<Cell> = assignment.assigned().into_iter().filter(is_hint).collect();
    let open = |analysis: &Analysis<'_>| BTreeSet::from_iter(analysis.undetermined_but(&hints));
    for _ in 0..count {
        let index = dice.roll(assignment.copies().len() as u64) as usize;
        let (from, to) = assignment.copies()[index];
        let is_seen = near.lost_without(index).is_some() || near.is_said_by_a_gate(index);
        // A bit beside itself is given where it is an input, and only checked to be one.
        if is_seen || is_check(layout, to.row) || from.row == to.row {
            continue;
        }
        let forged = layout.forged(assignment.clone().without_copy(index));
        let without = Analysis::new(&forged, &given);
        let needed = !without.undetermined().is_empty() || !open(&without).is_subset(&open(&analysis));
        let copy = assignment.copies()[index];
        assert!(needed, "{copy:?} of {} is not needed; FOLDPROOF_SEED={seed}", layout.statement());
    }
}

pub fn cells_matter(layout: &Layout, count: usize) {
    let seed = seed();
    let mut dice = Dice::new(seed);
    let examiner = Examiner::new(layout);
    let places = examiner.places();
    for _ in 0..count {
        let place = places[dice.roll(places.len() as u64) as usize];
        let honest = examiner.read(place);
        let random = Fr::from(dice.roll(1 << 31)).square().square() + Fr::from(dice.roll(1 << 31));
        for value in [honest + Fr::one(), honest - Fr::one(), -honest, random] {
            let noticed = value == honest || examiner.killer(place, value).is_some();
            assert!(
                noticed || !examiner.is_read(place),
                "{place:?} of {} may become {value:?}; FOLDPROOF_SEED={seed}",
                layout.statement()
            );
        }
    }
    let (gates, columns) = examiner.idle();
    assert!(columns.is_empty(), "{}: {gates:?} {columns:?}", layout.statement());
}

/// No public input is told otherwise alone, asked of halo2's own synthesis.
pub fn public_inputs_bind(layout: &Layout) {
    let accepted = |row: usize, added: Fr| {
        let mut public: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
        public[row] += added;
        let mut assignment = layout.assignment().clone();
        assignment.write(at::PUBLIC, row, public[row]);
        let told = layout.forged(assignment);
        MockProver::run(layout.statement().k(), &told, vec![public]).unwrap().verify().is_ok()
    };
    assert!(accepted(0, Fr::zero()), "{} as it is", layout.statement());
    for row in 0..layout.assignment().instance().len() {
        assert!(!accepted(row, Fr::one()), "{}: row {row} told otherwise", layout.statement());
    }
}

/// What a cell is changed to.
fn others(honest: &BigInt, dice: &mut Dice) -> Vec<BigInt> {
    let one = BigInt::from(1);
    let modulus: BigInt = to_integer(-to_field(&one)) + 1;
    let all = [
        honest + 1,
        honest - 1,
        &one - honest,
        -honest,
        &modulus - honest,
        honest + (&one << 8),
        honest + (&one << 36),
        honest - (&one << 40),
        honest + (&one << 64),
        honest + (&one << 80),
        BigInt::from(0),
        BigInt::from(2),
        (&modulus + 1) / 2,
        BigInt::from(dice.roll(1 << 31)) << 200,
    ];
    let field = |value: &BigInt| to_integer(to_field(&(((value % &modulus) + &modulus) % &modulus)));
    let mut seen = BTreeSet::from([field(honest)]);
    all.into_iter().filter(|value| seen.insert(field(value))).collect()
}

/// Whoever lies in a hint is refused; who lies in an input has another witness, and other public inputs, or is refused.
pub fn lies_are_refused(forger: &Forger) {
    let seed = seed();
    let mut dice = Dice::new(seed);
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    for kind in Free::ALL {
        let mut cells = forger.free(kind);
        let (most, tries) = if kind == Free::Input { (25, 4) } else { (40, 14) };
        while cells.len() > most {
            cells.swap_remove(dice.roll(cells.len() as u64) as usize);
        }
        for cell in cells {
            for value in others(&to_integer(assignment.read(cell)), &mut dice).into_iter().take(tries) {
                let verdict = examiner.judge(forger, Lies::from([(cell, value.clone())]));
                let refused = !verdict.killers.is_empty();
                assert!(
                    refused || kind == Free::Input && verdict.public,
                    "{kind:?} {cell:?} of {} may be {value}; FOLDPROOF_SEED={seed}",
                    forger.honest().statement()
                );
            }
        }
    }
}

/// Whether somebody is refused who tells these lies together.
pub fn is_refused(forger: &Forger, examiner: &Examiner<'_>, lies: &[(Cell, BigInt)]) -> bool {
    !examiner.judge(forger, lies.iter().cloned().collect()).killers.is_empty()
}
