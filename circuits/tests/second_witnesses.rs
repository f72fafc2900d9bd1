//! Second witnesses: a prover lies about one hint, or about several that belong together, computes everything that follows from
//! it, and must be refused.
//!
//! The normal run lies about a few cells of each kind, drawn by a seed, which a failure names (`FOLDPROOF_SEED`). All cells of all
//! kinds take minutes: `cargo test --release -p foldproof-circuits --test second_witnesses -- --ignored --nocapture`.

use std::collections::{BTreeMap, BTreeSet};

use foldproof_circuits::analytics::{Configuration, Preset};
use foldproof_circuits::assignment::{Cell, Free, Lies};
use foldproof_circuits::chips::at;
use foldproof_circuits::fixed::{to_field, to_integer};
use foldproof_circuits::testing::samples::{Dice, Numbers, graphs, model, scores, seed, shape};
use foldproof_circuits::testing::{Examiner, Forger};
use num_bigint::BigInt;

/// What a hint is changed to.
fn values(honest: &BigInt, kind: Free, dice: &mut Dice) -> Vec<BigInt> {
    let one = BigInt::from(1);
    let modulus: BigInt = to_integer(-to_field(&one)) + 1;
    let mut all: Vec<BigInt> = vec![
        honest + 1,
        honest - 1,
        honest + 2,
        honest - 2,
        -honest,
        &modulus - honest,
        &one - honest,
        honest + (&one << 8),
        honest + (&one << 36),
        honest + (&one << 72),
        honest - (&one << 40),
        BigInt::from(0),
        BigInt::from(2),
        // 1/2, and something else that is no small integer.
        (&modulus + 1) / 2,
        BigInt::from(dice.roll(1 << 31)) << 200,
    ];
    if matches!(kind, Free::Sign | Free::Clamp | Free::NotNegative | Free::Flag) {
        all.retain(|value| *value >= BigInt::from(-2));
        all.truncate(9);
    }
    // As the field sees them: what is written is an integer, but −x and p − x are one element.
    let field = |value: &BigInt| to_integer(to_field(&(((value % &modulus) + &modulus) % &modulus)));
    let mut seen = BTreeSet::from([field(honest)]);
    all.retain(|value| seen.insert(field(value)));
    all
}

/// Cells whose hints go together with that of a cell.
fn family(kind: Free, cell: Cell) -> Vec<Cell> {
    let beside = |column: usize, row: usize| Cell { column, row };
    match kind {
        Free::Sign => vec![beside(at::OVER, cell.row)],
        Free::Clamp => vec![beside(at::SIGN, cell.row)],
        // Both flags of a step.
        Free::Path if cell.column == at::END[0] => vec![beside(at::END[1], cell.row)],
        _ => Vec::new(),
    }
}

/// Lies about `count` cells of each kind, or all; returns how many lies there were of each kind.
fn attack(forger: &Forger, count: Option<usize>) -> BTreeMap<Free, usize> {
    let seed = seed();
    let mut dice = Dice::new(seed);
    let examiner = Examiner::new(forger.honest());
    let assignment = forger.honest().assignment();
    let mut told = BTreeMap::new();
    let mut objections: BTreeMap<(Free, String), usize> = BTreeMap::new();
    for kind in Free::ALL.into_iter().filter(|kind| *kind != Free::Input) {
        let all = forger.free(kind);
        let cells: Vec<Cell> = match count {
            Some(count) if !all.is_empty() => {
                (0..count).map(|_| all[dice.roll(all.len() as u64) as usize]).collect()
            }
            _ => all,
        };
        for cell in cells {
            let honest = to_integer(assignment.read(cell));
            for value in values(&honest, kind, &mut dice) {
                let mut lies = vec![Lies::from([(cell, value.clone())])];
                for other in family(kind, cell) {
                    let flipped = BigInt::from(1) - to_integer(assignment.read(other));
                    lies.push(Lies::from([(cell, value.clone()), (other, flipped)]));
                }
                for lies in lies {
                    let verdict = examiner.judge(forger, lies.clone());
                    assert!(
                        !verdict.killers.is_empty(),
                        "{kind:?}: nobody objects to {lies:?} instead of {honest}; FOLDPROOF_SEED={seed}"
                    );
                    *told.entry(kind).or_default() += 1;
                    for killer in verdict.killers {
                        *objections.entry((kind, killer.to_string())).or_default() += 1;
                    }
                }
            }
        }
    }
    println!("{}: lies {told:?}", forger.honest().statement());
    objections.iter().for_each(|((kind, killer), count)| println!("  {kind:?}: {count} {killer}"));
    told
}

fn forgers() -> Vec<Forger> {
    let alone = (1..).zip([
        "tags-3-2",
        "tags-2-9l-3-w16",
        "anomaly-2-3-2-w12",
        "class-3-4l-3-a8",
        "values-3-4-2-w12",
    ]);
    alone.map(|(seed, name)| Forger::of_model(model(shape(name), seed, Numbers::Random), seed + 1)).collect()
}

#[test]
fn lies_about_a_block_are_noticed() {
    let told = attack(&Forger::of_sample_block("core-small-64", Vec::new()), Some(1));
    let core = [
        Free::Pad,
        Free::Sign,
        Free::Clamp,
        Free::NotNegative,
        Free::Mean,
        Free::Deviation,
        Free::Norm,
        Free::Component,
        Free::Least,
    ];
    assert_eq!(told.into_keys().collect::<Vec<_>>(), core);
    let told = attack(&Forger::of_two_blocks(), Some(1));
    assert_eq!(told.into_keys().collect::<Vec<_>>(), core, "of two blocks, the same");
}

#[test]
fn lies_about_analytics_are_noticed() {
    for configuration in [Configuration::Named(Preset::default()), Configuration::Committed] {
        let told = attack(&Forger::of_analytics(configuration), Some(1));
        assert!(told.contains_key(&Free::Root) && told.contains_key(&Free::Order));
    }
}

#[test]
fn lies_about_zone_graphs_are_noticed() {
    for configuration in [Configuration::Named(Preset::default()), Configuration::Committed] {
        let told = attack(&Forger::of_zone_graph(configuration), Some(1));
        assert!(told.contains_key(&Free::NotNegative) && told.contains_key(&Free::Order));
    }
}

#[test]
fn lies_about_scores_are_noticed() {
    let hints = [Free::NotNegative, Free::Mean, Free::Root, Free::Order];
    for forger in scores::all() {
        let told = attack(&forger, Some(4));
        assert!(told.keys().all(|kind| hints.contains(kind)), "{told:?}");
    }
}

#[test]
#[ignore = "minutes: every hint of consensus and of scores over criteria"]
fn every_lie_about_scores_is_noticed() {
    for forger in scores::all() {
        attack(&forger, None);
    }
}

#[test]
fn lies_about_models_are_noticed() {
    let told: BTreeSet<Free> =
        forgers().iter().flat_map(|forger| attack(forger, Some(1)).into_keys()).collect();
    let model = [Free::Flag, Free::Accumulator, Free::Packed, Free::Class];
    assert_eq!(told.into_iter().collect::<Vec<_>>(), model);
}

#[test]
fn lies_about_rules_are_noticed() {
    for (all, adapter) in [(false, false), (true, true)] {
        let told = attack(&Forger::of_rules(all, adapter), Some(3));
        assert!([Free::Started, Free::Equal].iter().all(|kind| told[kind] > 0));
    }
}

#[test]
fn lies_about_graphs_are_noticed() {
    let told: BTreeSet<Free> =
        graphs::all().iter().flat_map(|forger| attack(forger, Some(1)).into_keys()).collect();
    let graph = [
        Free::Flag,
        Free::Accumulator,
        Free::Packed,
        Free::Chosen,
        Free::Root,
        Free::Path,
        Free::Greatest,
        Free::Quotient,
    ];
    assert_eq!(told.into_iter().collect::<Vec<_>>(), graph);
}

#[test]
#[ignore = "minutes: every hint of graphs"]
fn every_lie_about_graphs_is_noticed() {
    for forger in graphs::all() {
        attack(&forger, None);
    }
    attack(&graphs::of_sequence(), Some(20));
    attack(&graphs::of_block(), Some(6));
}

#[test]
#[ignore = "minutes: every hint of each kind"]
fn every_lie_is_noticed() {
    for forger in forgers() {
        attack(&forger, None);
    }
    attack(&Forger::of_analytics(Configuration::Committed), None);
    attack(&Forger::of_zone_graph(Configuration::Committed), None);
    attack(&Forger::of_rules(false, true), None);
    let model = model(shape("tags-96-5-3-a8"), 5, Numbers::Random);
    attack(&Forger::of_sample_block("core-small-64+tags-96-5-3-a8", vec![model]), Some(12));
}
