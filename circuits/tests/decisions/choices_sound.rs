//! Whether the circuits of choices let anything else through: what follows from their gates alone, changed cells, lies about hints one
//! by one and together, other public inputs.
//!
//! The normal run draws cells by a seed, which a failure names (`FOLDPROOF_SEED`). Every cell and every copy takes minutes:
//! `cargo test --release -p foldproof-circuits --test decisions -- --ignored --nocapture`.

use std::collections::{BTreeMap, BTreeSet};

use foldproof_circuits::assignment::{Cell, Free, Lies, Role};
use foldproof_circuits::chips::{Gate, LIMBS, at, fixed_at};
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::fixed::{to_field, to_integer};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::stages::choice::{ACTIONS, STATES};
use foldproof_circuits::testing::samples::{Dice, seed};
use foldproof_circuits::testing::{Analysis, Copies, Examiner, Forger, Place, given};
use halo2_proofs::dev::MockProver;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::choices::{LEAST, MOST, any, bandit, contextual, q_table, top};

/// Small evidence of every kind, with ties, and extremes.
fn samples() -> Vec<Evidence> {
    let mut dice = Dice::new(17);
    let q: Vec<i64> = (0..STATES * ACTIONS).map(|_| any(&mut dice)).collect();
    let mut arms = [[0; 20]; 3];
    arms.iter_mut().flatten().for_each(|value| *value = any(&mut dice));
    vec![
        top(&[3, 9, -4, 9, 0, 1, LEAST, MOST], 3),
        top(&[MOST, LEAST, MOST, 2, 2, 2, 1], 6),
        top(&[5], 1),
        q_table(q, 40),
        bandit(&[[1, 2], [2, 4], [(1 << 32) - 1, 1], [(1 << 32) - 1, 1]]),
        contextual(&arms, [MOST, LEAST, 3, -1]),
        contextual(&[[LEAST; 20], [MOST; 20], [MOST; 20]], [LEAST; 4]),
        contextual(&[[1 << 24; 20]], [1 << 24; 4]),
    ]
}

fn forgers() -> Vec<Forger> {
    samples().into_iter().map(Forger::of_decision).collect()
}

fn free(layout: &Layout, kind: Free) -> BTreeSet<Cell> {
    let assignment = layout.assignment();
    assignment.assigned().into_iter().filter(|cell| assignment.role(*cell) == Role::Free(kind)).collect()
}

fn dice() -> Dice {
    let seed = seed();
    println!("FOLDPROOF_SEED={seed}");
    Dice::new(seed)
}

fn check(layout: &Layout) {
    let analysis = Analysis::new(layout, &given(layout));
    let budget = analysis.budget();
    let (widest, bits) = budget.bits.iter().max_by_key(|(_, bits)| **bits).unwrap();
    println!("{}: up to {bits} bits, in {widest}", layout.statement());
    assert_eq!((budget.unbounded, budget.overflowing), (vec![], vec![]), "{}", layout.statement());
    assert_eq!(analysis.undetermined(), [], "{}", layout.statement());
}

#[test]
fn integers_stay_small_and_everything_is_determined() {
    forgers().iter().for_each(|forger| check(forger.honest()));
}

/// Hints that are declared free are: without the declaration something is not determined, in some of the samples.
#[test]
fn hints_are_free() {
    let forgers = forgers();
    let analyses = forgers.iter().map(|forger| Analysis::new(forger.honest(), &given(forger.honest())));
    let analyses: Vec<_> = analyses.collect();
    for kind in Free::ALL.into_iter().filter(|kind| *kind != Free::Input) {
        let cells: Vec<_> = forgers.iter().map(|forger| free(forger.honest(), kind)).collect();
        let lost =
            analyses.iter().zip(&cells).any(|(analysis, cells)| !analysis.undetermined_but(cells).is_empty());
        assert_eq!(lost, cells.iter().any(|cells| !cells.is_empty()), "{kind:?}");
    }
}

#[test]
#[ignore = "minutes: the largest"]
fn integers_of_the_largest_stay_small_and_everything_is_determined() {
    let mut dice = Dice::new(19);
    let values: Vec<i64> = (0..10_000).map(|_| any(&mut dice)).collect();
    check(Forger::of_decision(top(&values, 5)).honest());
    let arms: Vec<[i64; 20]> = (0..256).map(|_| [(); 20].map(|()| any(&mut dice))).collect();
    check(Forger::of_decision(contextual(&arms, [MOST, LEAST, 0, 1])).honest());
}

/// Whether less is determined without a copy: see `tests/analysis.rs`.
fn is_needed(layout: &Layout, index: usize) -> bool {
    let forged = layout.forged(layout.assignment().clone().without_copy(index));
    let given = given(layout);
    let without = Analysis::new(&forged, &given);
    if !without.undetermined().is_empty() {
        return true;
    }
    let hints = Free::ALL.into_iter().filter(|kind| *kind != Free::Input);
    let hints: BTreeSet<Cell> = hints.flat_map(|kind| free(layout, kind)).collect();
    let open = |analysis: &Analysis<'_>| BTreeSet::from_iter(analysis.undetermined_but(&hints));
    !open(&without).is_subset(&open(&Analysis::new(layout, &given)))
}

/// Rows of sums of bits that are constants. If all bits but one are given, such a sum gives that one, so determination does not miss its
/// copy; tests below lie about several bits at once.
fn sums_of_bits(layout: &Layout) -> BTreeSet<usize> {
    let assignment = layout.assignment();
    let mut rows = BTreeSet::new();
    for row in (0..assignment.rows()).rev().filter(|row| assignment.is_enabled(Gate::Arith, *row)) {
        let k = |i: usize| assignment.fixed_at(fixed_at::K + i, row);
        let mut cells = (at::A..=at::D).map(|column| Cell { column, row });
        let is_sum = match cells.find(|cell| assignment.role(*cell) == Role::Derived) {
            None => k(0) == Fr::zero() && (1..5).all(|i| k(i) == Fr::zero() || k(i) == Fr::one()),
            Some(new) => {
                let mut to = assignment
                    .copies()
                    .iter()
                    .filter(|(from, _)| *from == new)
                    .map(|(_, to)| to.row)
                    .peekable();
                to.peek().is_some() && to.all(|row| rows.contains(&row))
            }
        };
        if is_sum {
            rows.insert(row);
        }
    }
    rows
}

fn drop_each(layout: &Layout, copies: impl Iterator<Item = usize>) {
    let given = given(layout);
    let analysis = Analysis::new(layout, &given);
    let near = Copies::new(&analysis);
    let sums = sums_of_bits(layout);
    for index in copies {
        let copy = layout.assignment().copies()[index];
        // The copy of a bit that a·b − a = 0 is about: without it the free cell would be no bit, and would be as free.
        if copy.0.row == copy.1.row && copy.0.column == at::A && copy.1.column == at::B {
            continue;
        }
        let needed = near.lost_without(index).is_some() || is_needed(layout, index);
        let excused = near.is_said_by_a_gate(index) || sums.contains(&copy.1.row);
        assert!(needed || excused, "copy {index}, {copy:?}, is not needed");
    }
}

#[test]
fn drawn_copies_are_needed() {
    let mut dice = dice();
    for forger in forgers() {
        let layout = forger.honest();
        let (first, all) = (layout.assignment().instance().len(), layout.assignment().copies().len() as u64);
        drop_each(layout, 0..first);
        drop_each(layout, (0..12).map(|_| dice.roll(all) as usize).collect::<BTreeSet<_>>().into_iter());
    }
}

#[test]
#[ignore = "minutes: every copy"]
fn every_copy_is_needed() {
    for forger in forgers() {
        drop_each(forger.honest(), 0..forger.honest().assignment().copies().len());
    }
}

/// Changes cells alone; who notices first is counted.
fn change(layout: &Layout, sample: Option<usize>, dice: &mut Dice) {
    let examiner = Examiner::new(layout);
    let (gates, columns) = examiner.idle();
    // Where no number has more limbs than a row, and a commitment has one permutation; a list of one needs no third wire.
    assert!(gates.iter().all(|gate| [Gate::RangeWide, Gate::SpongeChain].contains(gate)), "{gates:?}");
    assert!(columns.is_empty() || layout.statement().name() == "top-1-1", "{columns:?}");
    let mut places = examiner.places();
    if let Some(count) = sample {
        places = (0..count).map(|_| places[dice.roll(places.len() as u64) as usize]).collect();
    }
    let mut killers: BTreeMap<String, usize> = BTreeMap::new();
    for place in places.into_iter().filter(|place| examiner.is_read(*place) || is_limb(*place)) {
        let honest = examiner.read(place);
        let random = Fr::from(dice.roll(1 << 31)) * Fr::from(dice.roll(1 << 31)).square().square();
        let mut values = vec![honest + Fr::one(), honest - Fr::one(), -honest, random];
        values.retain(|value| *value != honest);
        for value in values {
            let killer = examiner.killer(place, value);
            let killer = killer.unwrap_or_else(|| panic!("HOLE {place:?} may become {value:?}"));
            *killers.entry(killer.to_string()).or_default() += 1;
        }
    }
    println!("{}: {killers:?}", layout.statement());
}

fn is_limb(place: Place) -> bool {
    matches!(place, Place::First(cell) if cell.column < at::LIMB + LIMBS)
}

#[test]
fn sampled_cells_matter() {
    let mut dice = dice();
    for forger in forgers() {
        change(forger.honest(), Some(500), &mut dice);
    }
}

#[test]
#[ignore = "minutes: every cell"]
fn every_cell_matters() {
    for forger in forgers() {
        change(forger.honest(), None, &mut Dice::new(1));
    }
}

/// What a free cell is changed to.
fn lies(honest: &BigInt, dice: &mut Dice) -> BTreeSet<BigInt> {
    let one = BigInt::from(1);
    let modulus: BigInt = to_integer(-to_field(&one)) + 1;
    let all = [
        honest + 1,
        honest - 1,
        -honest.clone(),
        &one - honest,
        0.into(),
        2.into(),
        honest + (&one << 10),
        honest + (&one << 48),
        honest - (&one << 62),
        honest + (&one << 121),
        (&modulus + 1) / 2,
        BigInt::from(dice.roll(1 << 31)) << 200,
    ];
    let field = |value: &BigInt| ((value % &modulus) + &modulus) % &modulus;
    all.iter().map(field).filter(|value| value != honest).collect()
}

/// Lies about free cells one at a time, and computes what follows. An input may be another one, if the commitment or what is public of it
/// is; everything else is refused.
fn lie(forger: &Forger, sample: Option<usize>, dice: &mut Dice) {
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let mut refused = 0;
    for kind in Free::ALL {
        let mut cells: Vec<Cell> = free(forger.honest(), kind).into_iter().collect();
        if let Some(count) = sample.filter(|count| *count < cells.len()) {
            cells = (0..count).map(|_| cells[dice.roll(cells.len() as u64) as usize]).collect();
        }
        for cell in cells {
            for lie in lies(&to_integer(assignment.read(cell)), dice) {
                let verdict = examiner.judge(forger, Lies::from([(cell, lie.clone())]));
                assert!(verdict.changed, "{cell:?}");
                let input = kind == Free::Input && verdict.public;
                let what = format!("{}: {kind:?} {cell:?} may be {lie}", forger.honest().statement());
                assert!(!verdict.killers.is_empty() || input, "{what}");
                refused += usize::from(!verdict.killers.is_empty());
            }
        }
    }
    println!("{}: {refused} lies refused", forger.honest().statement());
}

#[test]
fn lies_about_hints_are_refused() {
    let mut dice = dice();
    for forger in forgers() {
        lie(&forger, Some(4), &mut dice);
    }
}

#[test]
#[ignore = "minutes: every free cell"]
fn lies_about_every_hint_are_refused() {
    for forger in forgers() {
        lie(&forger, None, &mut Dice::new(1));
    }
}

/// One of several: bits of other sets, and more or less of them than one.
#[test]
fn other_choices_are_refused() {
    let evidence = [
        bandit(&[[1, 2], [2, 4], [7, 2], [7, 2]]),
        contextual(&[[3; 20], [4; 20], [4; 20]], [5 << 20; 4]),
        q_table((0..STATES * ACTIONS).map(|i| (i % 7) as i64).collect(), 11),
    ];
    for evidence in evidence {
        let forger = Forger::of_decision(evidence);
        let examiner = Examiner::new(forger.honest());
        let bits = forger.free(Free::Order);
        for set in (0..1_usize << bits.len()).filter(|set| set.count_ones() <= 2) {
            let lies: Lies =
                bits.iter().enumerate().map(|(i, cell)| (*cell, (set >> i & 1).into())).collect();
            let verdict = examiner.judge(&forger, lies);
            assert_eq!(
                verdict.killers.is_empty(),
                !verdict.changed,
                "{}: {set:b}",
                forger.honest().statement()
            );
        }
    }
}

/// Quotients, remainders and differences: whoever tells another, with all that follows, is refused. They follow from what is free, so no other
/// is right.
#[test]
fn numbers_in_ranges_have_one_value() {
    for forger in forgers() {
        let examiner = Examiner::new(forger.honest());
        let assignment = forger.honest().assignment();
        let rows = (0..assignment.rows()).filter(|row| {
            [Gate::Range, Gate::RangeWide].iter().any(|gate| assignment.is_enabled(*gate, *row))
        });
        let cells = rows
            .map(|row| Cell { column: at::E, row })
            .filter(|cell| assignment.role(*cell) == Role::Derived);
        for cell in cells {
            let honest = to_integer(assignment.read(cell));
            for by in [1, -1, 1 << 24, -(1 << 24)] {
                let lies = Lies::from([(cell, &honest + by)]);
                assert!(
                    !examiner.judge(&forger, lies).killers.is_empty(),
                    "{}: {cell:?} {by}",
                    forger.honest().statement()
                );
            }
        }
    }
}

/// Bits of the state: any one of them says which state is public, and two or none are refused.
#[test]
fn one_state_is_public() {
    let forger = Forger::of_decision(q_table((0..STATES * ACTIONS).map(|i| (i % 7) as i64).collect(), 11));
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let mut bits = forger.free(Free::Input);
    bits.retain(|cell| cell.column == at::A && assignment.fixed_at(fixed_at::K, cell.row) == Fr::one());
    bits.sort_by_key(|cell| cell.row);
    assert_eq!(bits.len(), STATES);
    let tell = |set: &[usize]| -> Lies {
        bits.iter().enumerate().map(|(i, cell)| (*cell, BigInt::from(u8::from(set.contains(&i))))).collect()
    };
    for state in (0..STATES).filter(|state| *state != 11) {
        assert!(!examiner.judge(&forger, tell(&[11, state])).killers.is_empty(), "{state}");
        let verdict = examiner.judge(&forger, tell(&[state]));
        assert!(verdict.public && verdict.killers.is_empty(), "{state}: {:?}", verdict.killers);
    }
    assert!(!examiner.judge(&forger, tell(&[])).killers.is_empty());
}

/// The bit of a form and its root go together, where the form is at 0 and beside it.
#[test]
fn forms_have_one_root() {
    for entry in [-1, 0, 1, 2, 100, LEAST, MOST] {
        let mut arm = [0; 20];
        arm[4] = entry;
        let forger = Forger::of_decision(contextual(&[arm], [1 << 24, 0, 0, 0]));
        let examiner = Examiner::new(forger.honest());
        let ([bit], [root]) = (&forger.free(Free::NotNegative)[..], &forger.free(Free::Root)[..]) else {
            panic!("one of each")
        };
        let read = |cell: &Cell| to_integer(forger.honest().assignment().read(*cell));
        let (honest, width) = (read(bit), read(root));
        for told in [0, 1, 2] {
            for other in [BigInt::from(0), &width - 1, width.clone(), &width + 1, -width.clone(), 4096.into()]
            {
                let lies = Lies::from([(*bit, told.into()), (*root, other.clone())]);
                let verdict = examiner.judge(&forger, lies);
                let same = honest == told.into() && to_field(&other) == to_field(&width);
                assert_eq!(verdict.killers.is_empty(), same, "{entry}: {told} {other}");
            }
        }
    }
}

/// Each public input alone is another one.
#[test]
fn other_public_inputs_are_refused() {
    for forger in [0, 3, 4, 5].map(|i| Forger::of_decision(samples().swap_remove(i))) {
        let layout = forger.honest();
        let rows: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
        let holds = |rows: Vec<Fr>| {
            MockProver::run(layout.statement().k(), layout, vec![rows]).unwrap().verify().is_ok()
        };
        assert!(holds(rows.clone()), "the mock prover agrees");
        for place in 0..rows.len() {
            for by in [Fr::one(), -Fr::one()] {
                let mut other = rows.clone();
                other[place] += by;
                assert!(!holds(other), "{}: public input {place}", layout.statement());
            }
        }
    }
}
