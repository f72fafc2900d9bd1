//! Mutants: would a test that is no pin notice if a part of a circuit were not there?
//!
//! The long run leaves out each part and looks for somebody who notices; with `BLESS=1` it writes down who. The normal run repeats what is
//! written: every attack, and a share of the analyses, drawn by a seed which a failure names (`FOLDPROOF_SEED`).
//! `cargo test --release -p foldproof-circuits --test mutants -- --ignored --nocapture` takes a quarter of an hour: who noticed last time
//! is asked first. Without the file (`killers.txt`), everybody is searched for, in three quarters of an hour.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod excused;
mod public;
mod record;
mod witnesses;

use std::collections::{BTreeMap, BTreeSet};
use std::{env, fs};

use foldproof_circuits::layout::Layout;
use foldproof_circuits::testing::mutation::{Bench, Matrix, Mutant, Share, mutants};
use foldproof_circuits::testing::samples::{Dice, seed};
use foldproof_circuits::testing::{Analysis, given};

use excused::{EXCUSED, Excused};
use record::Entry;
use witnesses::{
    aggregates, alone, analytics, blocks, consensus, graphs, groups, hybrid, rules, scores, signals,
    two_blocks, zone_graphs,
};

/// Statements about models, one of each head.
const MODELS: [&str; 3] = ["tags-4-2-3", "anomaly-4-4-4-w12", "class-4-4l-3-a8"];
/// Rows, copies and tags of each kind that are left out one at a time.
const OF_MODELS: Share = Share { rows: 4, copies: 3, tags: 48, stage: None };
const OF_A_BLOCK: Share = Share { rows: 1, copies: 1, tags: 24, stage: None };
const OF_GRAPHS: Share = Share { rows: 1, copies: 1, tags: 16, stage: None };
/// More rows and copies: aggregates have no gates of their own, and what they are is said by where those of blocks and products stand.
const OF_AGGREGATES: Share = Share { rows: 3, copies: 6, tags: 16, stage: None };
/// More rows: all of scores is said by two gates.
const OF_SCORES: Share = Share { rows: 16, copies: 2, tags: 32, stage: None };
/// What a score with a forest has beside one without, and beside a forest: nearly all of it.
const OF_A_BLEND: Share = Share { rows: 64, copies: 64, tags: 48, stage: Some("analytics: forest") };
/// What a graph of zones has beside the zones.
const OF_A_ZONE_GRAPH: Share =
    Share { rows: 40, copies: 40, tags: 60, stage: Some("analytics: graph of zones") };
/// Decisions from fingerprints, by the beginnings of their names.
const OF_SIGNALS: [&str; 3] = ["drift", "departure", "nearest"];
/// What rows are drawn by, so that mutants are the same in every run.
const ROWS_SEED: u64 = 1;
/// Attacks tried for a mutant with one witness.
const PATIENCE: usize = 400;

/// Benches of some witnesses of a statement.
fn with_benches<T>(
    layouts: &[Layout],
    patience: Option<usize>,
    then: impl FnOnce(&[Bench<'_, '_>], &mut [Matrix<'_, '_, '_>]) -> T,
) -> T {
    let given: Vec<_> = layouts.iter().map(given).collect();
    let analyses: Vec<Analysis<'_>> =
        layouts.iter().zip(&given).map(|(layout, given)| Analysis::new(layout, given)).collect();
    let benches: Vec<Bench<'_, '_>> =
        layouts.iter().zip(&analyses).map(|(layout, analysis)| Bench::new(layout, analysis)).collect();
    let matrix = |(bench, given)| match patience {
        Some(patience) => Matrix::new(bench, given, patience),
        None => Matrix::empty(bench, given),
    };
    let mut matrices: Vec<Matrix<'_, '_, '_>> =
        benches.iter().zip(given.iter().map(Vec::as_slice)).map(matrix).collect();
    then(&benches, &mut matrices)
}

/// What is written down about a statement.
fn written(statement: &str) -> Vec<Entry> {
    let lines = fs::read_to_string(record::lines_path()).unwrap_or_default();
    record::entries(&lines).into_iter().filter(|entry| entry.statement == statement).collect()
}

/// With `FOLDPROOF_ONLY=word,…` a long run looks at mutants whose names have one of these words, and writes nothing down.
fn only() -> Option<Vec<String>> {
    let words = env::var("FOLDPROOF_ONLY").ok()?;
    Some(words.split(',').map(str::to_owned).collect())
}

/// Looks for somebody who notices, mutant by mutant; whoever did last time is asked first.
fn search(layouts: &[Layout], share: Share) -> Vec<Entry> {
    let statement = layouts[0].statement().to_string();
    let before = written(&statement);
    with_benches(layouts, Some(PATIENCE), |benches, matrices| {
        let bench = &benches[0];
        let mut dice = Dice::new(ROWS_SEED);
        let mut all = mutants(bench, share, &mut dice);
        if let Some(words) = only() {
            all.retain(|mutant| words.iter().any(|word| mutant.name(bench).contains(word)));
        }
        let entries = all.into_iter().map(|mutant| {
            let name = mutant.name(bench);
            let again =
                before.iter().find(|entry| entry.mutant == name).and_then(|entry| entry.killer.as_ref());
            let again = again.and_then(|(i, killer)| Some((*i, matrices.get(*i)?.again(&mutant, killer)?)));
            let mut now = matrices.iter_mut().enumerate();
            let now = again.or_else(|| now.find_map(|(i, m)| Some((i, m.at_once(&mutant)?))));
            let mut others = matrices.iter_mut().enumerate();
            let killer = now.or_else(|| others.find_map(|(i, m)| Some((i, m.in_time(&mutant, &mut dice)?))));
            let (mutant, kind) = (name, mutant.kind(bench));
            let who = killer.as_ref().map_or("NOBODY".to_owned(), |(_, killer)| killer.to_string());
            println!("{statement}: {mutant}: {who}");
            Entry { statement: statement.clone(), mutant, kind, killer }
        });
        entries.collect()
    })
}

/// Holds what was found against what is excused, and writes it down if it is asked to.
fn conclude(all: Vec<Entry>, excuses: &[&Excused]) {
    let unnoticed: Vec<&Entry> = all.iter().filter(|entry| entry.killer.is_none()).collect();
    let holes: Vec<&str> =
        unnoticed.iter().filter(|entry| !entry.is_excused()).map(|entry| entry.mutant.as_str()).collect();
    let needed = |excused: &&Excused| unnoticed.iter().any(|entry| excused.is_for(entry));
    let idle: Vec<&str> =
        excuses.iter().copied().filter(|excused| !needed(excused)).map(|excused| excused.mutant).collect();
    if only().is_some() {
        assert_eq!(holes, [""; 0], "nobody notices these");
        return;
    }
    if env::var_os("BLESS").is_some_and(|value| value == "1") {
        let lines = fs::read_to_string(record::lines_path()).unwrap_or_default();
        let merged = record::merged(record::entries(&lines), all.clone());
        fs::write(record::lines_path(), record::lines(&merged)).unwrap();
        fs::write(record::table_path(), record::table(&merged)).unwrap();
    }
    assert_eq!(holes, [""; 0], "nobody notices these");
    assert_eq!(idle, [""; 0], "excused, and noticed or not there");
}

#[test]
#[ignore = "a quarter of an hour: every mutant"]
fn every_mutant_is_noticed() {
    let mut all: Vec<Entry> = MODELS.iter().flat_map(|name| search(&alone(name), OF_MODELS)).collect();
    all.extend(search(&blocks(), OF_A_BLOCK));
    let others = [
        "graph",
        "4x3-tags",
        "4x3-values",
        "x2",
        "analytics.",
        "zones-graph",
        "rules",
        "criteria",
        "consensus",
        "forest",
    ];
    let of_others = |excused: &&Excused| [&others[..], &OF_SIGNALS].concat().contains(&excused.statements);
    let excuses: Vec<&Excused> = EXCUSED.iter().filter(|excused| !of_others(excused)).collect();
    conclude(all, &excuses);
}

#[test]
#[ignore = "ten minutes: every mutant of two blocks"]
fn every_mutant_of_two_blocks_is_noticed() {
    let excuses: Vec<&Excused> = EXCUSED.iter().filter(|excused| excused.statements == "x2").collect();
    conclude(search(&two_blocks(), OF_A_BLOCK), &excuses);
}

#[test]
#[ignore = "a quarter of an hour: every mutant of analytics"]
fn every_mutant_of_analytics_is_noticed() {
    let excuses: Vec<&Excused> =
        EXCUSED.iter().filter(|excused| excused.statements == "analytics.").collect();
    conclude(search(&analytics(), OF_A_BLOCK), &excuses);
}

#[test]
#[ignore = "minutes: every mutant of a graph of zones"]
fn every_mutant_of_zone_graphs_is_noticed() {
    let excuses: Vec<&Excused> =
        EXCUSED.iter().filter(|excused| excused.statements == "zones-graph").collect();
    conclude(search(&zone_graphs(), OF_A_ZONE_GRAPH), &excuses);
}

#[test]
#[ignore = "a quarter of an hour: every mutant of rules"]
fn every_mutant_of_rules_is_noticed() {
    let excuses: Vec<&Excused> = EXCUSED.iter().filter(|excused| excused.statements == "rules").collect();
    conclude(search(&rules(), OF_A_BLOCK), &excuses);
}

#[test]
#[ignore = "half a minute: every mutant of decisions from fingerprints"]
fn every_mutant_of_signals_is_noticed() {
    let excuses: Vec<&Excused> =
        EXCUSED.iter().filter(|excused| OF_SIGNALS.contains(&excused.statements)).collect();
    conclude(signals().iter().flat_map(|layouts| search(layouts, OF_A_BLOCK)).collect(), &excuses);
}

#[test]
#[ignore = "half a minute: every mutant of a consensus"]
fn every_mutant_of_a_consensus_is_noticed() {
    let excuses: Vec<&Excused> = EXCUSED.iter().filter(|excused| excused.statements == "consensus").collect();
    conclude(search(&consensus(), OF_A_BLOCK), &excuses);
}

#[test]
#[ignore = "minutes: every mutant of a blended score"]
fn every_mutant_of_blended_scores_is_noticed() {
    let excuses: Vec<&Excused> = EXCUSED.iter().filter(|excused| excused.statements == "forest").collect();
    conclude(search(&hybrid(), OF_A_BLEND), &excuses);
}

#[test]
#[ignore = "ten minutes: every mutant of scores over criteria"]
fn every_mutant_of_scores_is_noticed() {
    let excuses: Vec<&Excused> = EXCUSED.iter().filter(|excused| excused.statements == "criteria").collect();
    conclude(search(&scores(), OF_SCORES), &excuses);
}

#[test]
#[ignore = "half an hour: every mutant of graphs"]
fn every_mutant_of_graphs_is_noticed() {
    let excuses: Vec<&Excused> = EXCUSED.iter().filter(|excused| excused.statements == "graph").collect();
    conclude(graphs().iter().flat_map(|layouts| search(layouts, OF_GRAPHS)).collect(), &excuses);
}

#[test]
#[ignore = "ten minutes: every mutant of operators over groups"]
fn every_mutant_of_groups_is_noticed() {
    let excuses: Vec<&Excused> = EXCUSED.iter().filter(|excused| excused.statements == "4x3-tags").collect();
    conclude(search(&groups(), OF_GRAPHS), &excuses);
}

#[test]
#[ignore = "a quarter of an hour: every mutant of aggregates"]
fn every_mutant_of_aggregates_is_noticed() {
    let excuses: Vec<&Excused> =
        EXCUSED.iter().filter(|excused| excused.statements == "4x3-values").collect();
    conclude(search(&aggregates(), OF_AGGREGATES), &excuses);
}

/// Repeats what is written down: all attacks, or one of `one_in`, which the circuit must refuse, and some of the analyses of what is left without a part.
fn repeat(layouts: &[Layout], share: Share, some: usize, one_in: u64) {
    let seed = seed();
    let mut dice = Dice::new(seed);
    let statement = layouts[0].statement().to_string();
    let written = written(&statement);
    with_benches(layouts, None, |benches, matrices| {
        // First what does not depend on which mutants there are.
        let mut tried = BTreeSet::new();
        let mut taken = Vec::new();
        for entry in &written {
            let Some((witness, killer)) = &entry.killer else { continue };
            // Second phases take long, and those of single limbs and rows are alike.
            let alike = entry.kind.ends_with("one row") || entry.kind.ends_with("one limb");
            if dice.roll(if alike { 8 * one_in } else { one_in }) > 0 || !tried.insert((*witness, killer)) {
                continue;
            }
            if matrices[*witness].is_taken(killer) {
                taken.push(format!("{killer}, which {} is there for", entry.mutant));
            }
        }
        assert_eq!(taken, [""; 0], "{statement}: the circuit takes these; FOLDPROOF_SEED={seed}");
        let all = mutants(&benches[0], share, &mut Dice::new(ROWS_SEED));
        let names: Vec<String> = all.iter().map(|mutant| mutant.name(&benches[0])).collect();
        let known: Vec<&str> = written.iter().map(|entry| entry.mutant.as_str()).collect();
        assert_eq!(
            names, known,
            "{statement}: other mutants than written down; run the long run with BLESS=1"
        );
        let mut by_kind: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (place, entry) in written.iter().enumerate() {
            if let Some((_, killer)) = &entry.killer {
                by_kind.entry(killer.kind()).or_default().push(place);
            }
        }
        for (kind, places) in &by_kind {
            for _ in 0..if *kind == "bounds" { 1 } else { some } {
                let place = places[dice.roll(places.len() as u64) as usize];
                let Some((witness, killer)) = &written[place].killer else { continue };
                let noticed = matrices[*witness].again(&all[place], killer).is_some();
                let mutant = &names[place];
                assert!(noticed, "{statement}: {killer} does not notice {mutant}; FOLDPROOF_SEED={seed}");
            }
        }
        println!("{statement}: {} mutants, {} attacks refused", all.len(), tried.len());
    });
}

#[test]
fn mutants_of_models_are_noticed() {
    for name in MODELS {
        repeat(&alone(name), OF_MODELS, 10, 1);
    }
}

#[test]
fn mutants_of_graphs_are_noticed() {
    for layouts in graphs().into_iter().chain([groups()]) {
        repeat(&layouts, OF_GRAPHS, 2, 4);
    }
}

#[test]
fn mutants_of_aggregates_are_noticed() {
    repeat(&aggregates(), OF_AGGREGATES, 1, 8);
}

#[test]
fn mutants_of_a_block_are_noticed() {
    repeat(&blocks(), OF_A_BLOCK, 5, 1);
}

#[test]
fn mutants_of_two_blocks_are_noticed() {
    repeat(&two_blocks(), OF_A_BLOCK, 2, 4);
}

#[test]
fn mutants_of_analytics_are_noticed() {
    repeat(&analytics(), OF_A_BLOCK, 2, 4);
}

#[test]
fn mutants_of_zone_graphs_are_noticed() {
    repeat(&zone_graphs(), OF_A_ZONE_GRAPH, 1, 8);
}

#[test]
fn mutants_of_signals_are_noticed() {
    for layouts in signals() {
        repeat(&layouts, OF_A_BLOCK, 1, 8);
    }
}

#[test]
fn mutants_of_a_consensus_are_noticed() {
    repeat(&consensus(), OF_A_BLOCK, 1, 8);
}

#[test]
fn mutants_of_blended_scores_are_noticed() {
    repeat(&hybrid(), OF_A_BLEND, 1, 16);
}

#[test]
fn mutants_of_rules_are_noticed() {
    repeat(&rules(), OF_A_BLOCK, 1, 8);
}

#[test]
fn mutants_of_scores_are_noticed() {
    repeat(&scores(), OF_SCORES, 5, 2);
}

/// `docs/mutants.md` counts what is written down.
#[test]
fn the_table_counts_what_is_written_down() {
    let lines = fs::read_to_string(record::lines_path()).unwrap_or_default();
    let table = record::table(&record::entries(&lines));
    if env::var_os("BLESS").is_some_and(|value| value == "1") {
        fs::write(record::table_path(), &table).unwrap();
    }
    assert_eq!(fs::read_to_string(record::table_path()).unwrap(), table);
}

/// Nobody notices that nothing is missing, and a constraint that stands there twice can do without one of them.
#[test]
fn controls_survive() {
    let layouts = alone("tags-4-2-3");
    let given = given(&layouts[0]);
    let analysis = Analysis::new(&layouts[0], &given);
    let bench = Bench::new(&layouts[0], &analysis);
    assert!(bench.second_phase_passes(true), "a prover who counts honestly can finish");
    assert!(!bench.second_phase_passes(false), "one who does not cannot");
    let mut matrix = Matrix::new(&bench, &given, 40);
    let mut dice = Dice::new(ROWS_SEED);
    let first: Vec<usize> = (0..bench.constraints()).filter(|c| !bench.is_second(*c)).collect();
    assert_eq!(
        matrix.at_once(&Mutant::Nothing).or_else(|| matrix.in_time(&Mutant::Nothing, &mut dice)),
        None
    );
    let mut doubled = 0;
    for constraint in first.into_iter().step_by(5) {
        let mutant = Mutant::Constraint(constraint);
        let Some(killer) = matrix.at_once(&mutant) else { continue };
        let twice = Analysis::new(&layouts[0], &given).doubled(constraint);
        let bench = Bench::new(&layouts[0], &twice);
        let mut matrix = Matrix::new(&bench, &given, 40);
        let name = bench.name(constraint);
        assert_eq!(matrix.at_once(&mutant), None, "{name} stands there twice; alone, {killer} notices");
        doubled += 1;
    }
    assert!(doubled >= 5, "{doubled} constraints doubled");
}
