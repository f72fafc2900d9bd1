//! Configurations at both ends of every integer, and numbers that are no configuration.

use std::collections::BTreeSet;

use foldproof_circuits::analytics::{Configuration, Part, Preset};
use foldproof_circuits::assignment::{Cell, Free, Lies};
use foldproof_circuits::chips::at;
use foldproof_circuits::findings::Findings;
use foldproof_circuits::layout::{Layout, LayoutError};
use foldproof_circuits::models::NONE;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::samples::{Dice, seed};
use foldproof_circuits::testing::{Analysis, Examiner, Forger, Subject, given};
use foldproof_circuits::zone_config::{FIELDS, ZoneConfig};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::scene::{Judge, PARTS, Scene, one_centre, spread, statement};

/// The integers with those of a mask at their greatest, the others at their least.
fn corner(mask: usize) -> [u64; 9] {
    std::array::from_fn(|i| if mask >> i & 1 == 1 { FIELDS[i].most } else { FIELDS[i].least })
}

/// Each integer at both ends, beside the default's and beside the ends of all others, each number of zones, and some of all 512
/// corners: the circuit takes what native arithmetic finds.
#[test]
fn both_ends_of_every_integer() {
    let honest = *Preset::default().config().integers();
    let mut all: Vec<[u64; 9]> = vec![corner(0), corner(511)];
    for (field, bounds) in FIELDS.iter().enumerate() {
        for value in [bounds.least, bounds.most] {
            let mut integers = honest;
            integers[field] = value;
            all.push(integers);
        }
        all.extend([corner(1 << field), corner(511 ^ 1 << field)]);
    }
    all.extend((0..=6).map(|zones| {
        let mut integers = honest;
        integers[3] = zones;
        integers
    }));
    let seed = seed();
    let mut dice = Dice::new(seed);
    all.extend((0..20).map(|_| corner(dice.roll(512) as usize)));
    let greatest = one_centre([[(1 << 30) - 1; 4]; 4]);
    for scene in [Scene::committed(spread()), Scene::committed(greatest)] {
        let judge = Judge::new(&scene);
        let mut zones = BTreeSet::new();
        for integers in &all {
            let case = judge.case(&ZoneConfig::new(*integers).unwrap());
            zones.insert(case.native.zones.zones.len());
        }
        assert!(zones.contains(&0) && zones.contains(&6), "{zones:?}; FOLDPROOF_SEED={seed}");
    }
}

/// Numbers beyond their bits, below their least, or negative, with all that follows: refused, each by its own range.
#[test]
fn numbers_that_are_no_configuration() {
    let scene = Scene::committed(spread());
    let examiner = Examiner::new(scene.forger.honest());
    let modulus: BigInt = foldproof_circuits::fixed::to_integer(-Fr::one()) + 1;
    for (bounds, cell) in FIELDS.iter().zip(&scene.places.config) {
        let most = BigInt::from(bounds.most);
        let mut wrong: Vec<BigInt> = vec![
            &most + 1,
            &most + 2,
            &most * 2 + 2,
            BigInt::from(1) << bounds.bits,
            BigInt::from(1) << 96,
            BigInt::from(1) << 200,
            &modulus - 1,
            (&modulus + 1) / 2,
        ];
        wrong.extend((0..bounds.least).map(BigInt::from));
        for value in wrong {
            let verdict = examiner.judge(&scene.forger, Lies::from([(*cell, value.clone())]));
            assert!(verdict.public, "{} = {value}: nothing public changes", bounds.name);
            assert!(!verdict.killers.is_empty(), "{} = {value} is taken", bounds.name);
        }
    }
}

/// No layout has a configuration where its statement has one by name, or none where it commits to one.
#[test]
fn configurations_go_with_statements() {
    let ((block, codebook), salts) = (spread(), Salts::none());
    let config = Preset::default().config();
    let lay_out = |configuration, config: Option<&ZoneConfig>| {
        let statement = statement(&PARTS, configuration, false);
        Layout::of_block_under(&statement, &block, &codebook, config, &salts, NONE).map(drop)
    };
    for preset in Preset::all() {
        let named = Configuration::Named(preset);
        assert!(lay_out(named, None).is_ok());
        assert!(matches!(lay_out(named, Some(&config)), Err(LayoutError::UselessConfig)));
    }
    assert!(lay_out(Configuration::Committed, Some(&config)).is_ok());
    assert!(matches!(lay_out(Configuration::Committed, None), Err(LayoutError::NoConfig)));
}

/// What there is of parts.
fn subsets() -> Vec<Vec<Part>> {
    let all = (1_usize..16).map(|mask| {
        let parts = PARTS.into_iter().enumerate().filter(|(i, _)| mask >> i & 1 == 1);
        parts.map(|(_, part)| part).collect::<Vec<_>>()
    });
    all.filter(|parts| parts.iter().all(|part| part.needs().iter().all(|needs| parts.contains(needs))))
        .collect()
}

/// The statements with some of the parts, by name and behind a commitment; without zones there is no configuration.
fn statements() -> Vec<(Vec<Part>, Statement)> {
    let mut all: Vec<(Vec<Part>, Statement)> = Vec::new();
    for parts in subsets() {
        for configuration in [Configuration::Committed, Configuration::Named(Preset::default())] {
            let statement = statement(&parts, configuration, parts.contains(&Part::Anomaly));
            if all.iter().all(|(_, other)| *other != statement) {
                all.push((parts.clone(), statement));
            }
        }
    }
    assert_eq!(all.len(), 1 + 2 * 6);
    all
}

fn forger(statement: &Statement) -> Forger {
    let (block, codebook) = spread();
    Forger::new(statement.clone(), Subject::Block(Box::new(block), Box::new(codebook)), Vec::new())
}

/// The free cells determine all others, and no integer comes near the field's size.
fn determined(statement: &Statement) {
    let forger = forger(statement);
    let layout = forger.honest();
    let analysis = Analysis::new(layout, &given(layout));
    let budget = analysis.budget();
    assert!(budget.unbounded.is_empty() && budget.overflowing.is_empty(), "{statement}");
    assert_eq!(analysis.undetermined(), [], "{statement}");
}

#[test]
fn one_statement_with_some_of_the_parts_is_determined() {
    let statements = statements();
    let drawn = Dice::new(seed()).roll(statements.len() as u64) as usize;
    determined(&statements[drawn].1);
}

#[test]
#[ignore = "a minute: every set of parts"]
fn statements_with_some_of_the_parts_are_determined() {
    statements().iter().for_each(|(_, statement)| determined(statement));
}

/// Every statement with some of the parts says of them what all of them together say, and lies in free cells are noticed.
#[test]
fn statements_with_some_of_the_parts() {
    let whole = Scene::committed(spread());
    let config = Preset::default().config();
    let expected = whole.native(&config).findings;
    let mut dice = Dice::new(seed());
    for (parts, statement) in statements() {
        let forger = forger(&statement);
        let layout = forger.honest();
        let inputs = layout.instance().analytics.unwrap();
        let found = Findings::from_inputs(&inputs).unwrap();
        let committed = statement.analytics().unwrap().commits_to_config();
        assert_eq!(found.configuration, committed.then(|| config.commitment()));
        let has = |part: Part| parts.contains(&part);
        assert_eq!(found.residuals, expected.residuals.filter(|_| has(Part::Residuals)));
        assert_eq!(found.zones, expected.zones.clone().filter(|_| has(Part::Zones)));
        assert_eq!(found.hypergraph, expected.hypergraph.filter(|_| has(Part::Hypergraph)));
        assert_eq!(found.anomaly, expected.anomaly.filter(|_| has(Part::Anomaly)));
        let examiner = Examiner::new(layout);
        let own = layout.stages().iter().find(|stage| stage.name == "analytics").unwrap();
        let hints = Free::ALL.into_iter().filter(|kind| *kind != Free::Input);
        let hints: Vec<Cell> =
            hints.flat_map(|kind| forger.free(kind)).filter(|cell| cell.row >= own.start).collect();
        for _ in 0..8 {
            let cell = hints[dice.roll(hints.len() as u64) as usize];
            let honest = foldproof_circuits::fixed::to_integer(layout.assignment().read(cell));
            let bit = cell.column == at::A || honest < BigInt::from(2);
            let lies = [&honest + 1, if bit { BigInt::from(1) - &honest } else { &honest - 1 }];
            for lie in lies.into_iter().filter(|lie| *lie != honest) {
                let verdict = examiner.judge(&forger, Lies::from([(cell, lie.clone())]));
                assert!(!verdict.killers.is_empty(), "{statement}: {cell:?} may be {lie}");
            }
        }
    }
}
