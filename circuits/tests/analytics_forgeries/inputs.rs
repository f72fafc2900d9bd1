//! Public inputs of analytics: each has one reading or none, and statements are told apart by what they have.

use std::collections::BTreeSet;

use foldproof_circuits::analytics::{Analytics, Configuration, Part, Preset};
use foldproof_circuits::findings::Findings;
use foldproof_circuits::fixed::to_field;
use foldproof_circuits::public::{AnalyticsInputs, PublicInputs};
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_circuits::testing::samples::{Dice, seed};
use foldproof_circuits::zone_config::{FIELDS, PRESETS, ZoneConfig};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::scene::{PARTS, Scene, config, spread};

/// Public inputs that are read, one by one, and the bits that each has.
fn rows(inputs: &AnalyticsInputs<Fr>) -> Vec<(Fr, u32)> {
    let AnalyticsInputs { residuals, zones, hypergraph, anomaly, .. } = inputs;
    let [_, near, far] = zones.unwrap();
    let [mask, weights @ ..] = hypergraph.unwrap();
    let mut rows = vec![(residuals.unwrap(), 36 + 34 + 42), (near, 3 + 3 * 69), (far, 3 * 69), (mask, 50)];
    rows.extend(weights.map(|weights| (weights, 5 * 44)));
    rows.push((anomaly.unwrap(), 7 + 2 + 3 + 41));
    rows
}

/// The inputs with another value in one of them.
fn with(inputs: &AnalyticsInputs<Fr>, place: usize, value: Fr) -> AnalyticsInputs<Fr> {
    let mut other = inputs.clone();
    let cell = match place {
        0 => other.residuals.as_mut(),
        1 | 2 => other.zones.as_mut().map(|zones| &mut zones[place]),
        3..=6 => other.hypergraph.as_mut().map(|hypergraph| &mut hypergraph[place - 3]),
        _ => other.anomaly.as_mut(),
    };
    *cell.unwrap() = value;
    other
}

/// No bit above those that an input has, no number of zones above six or beside zones that are not there, no variant that is none; and
/// whatever is read is what is written.
#[test]
fn an_input_has_one_reading_or_none() {
    let seed = seed();
    let mut dice = Dice::new(seed);
    let scene = Scene::committed(spread());
    for zones in [0, 2, 6] {
        let native = scene.native(&config(&[("zones", zones)]));
        let inputs = native.findings.inputs();
        let power = |bits: u32| to_field(&(BigInt::from(1) << bits));
        for (place, (value, bits)) in rows(&inputs).into_iter().enumerate() {
            let read = |value: Fr| Findings::from_inputs(&with(&inputs, place, value));
            assert_eq!(read(value).as_ref(), Some(&native.findings));
            for bit in bits..253 {
                assert_eq!(read(value + power(bit)), None, "input {place}, bit {bit}");
            }
            assert_eq!(read(-Fr::one()), None, "input {place}: p - 1");
            assert_eq!(read(-value - Fr::one()), None, "input {place}");
            // Whatever else is read is another finding, and written as it was.
            let mut seen: Vec<Findings> = vec![native.findings.clone()];
            for bit in (0..bits).chain((0..40).map(|_| dice.roll(bits.into()) as u32)) {
                let changed = with(&inputs, place, value + power(bit));
                let Some(found) = Findings::from_inputs(&changed) else { continue };
                assert_eq!(found.inputs(), changed, "input {place}, bit {bit}; FOLDPROOF_SEED={seed}");
                assert!(found != seen[0]);
                seen.push(found);
            }
        }
        let count = |count: u64| with(&inputs, 1, rows(&inputs)[1].0 + Fr::from(count) - Fr::from(zones));
        for other in (0..8).filter(|other| *other != zones) {
            let read = Findings::from_inputs(&count(other));
            // More zones than are listed are zones of nothing, which is another list; fewer leave something behind.
            let expected = if other > 6 || other < zones { None } else { Some(other as usize) };
            assert_eq!(read.map(|found| found.zones.unwrap().zones.len()), expected, "{other} of {zones}");
        }
        for variant in [0_u64, 1, 2, 3, 6, 7] {
            let own = 5_u64;
            let change = (Fr::from(variant) - Fr::from(own)) * Fr::from(1 << 9);
            let found = Findings::from_inputs(&with(&inputs, 7, rows(&inputs)[7].0 + change));
            assert_eq!(found.is_some(), variant < 2, "variant {variant}");
        }
    }
}

/// Each commits to what no other does, at both ends of every integer.
#[test]
fn commitments_to_configurations_are_injective() {
    let mut all: Vec<[u64; 9]> = PRESETS.iter().map(|(_, config)| *config.integers()).collect();
    for mask in 0..512_usize {
        all.push(std::array::from_fn(|i| if mask >> i & 1 == 1 { FIELDS[i].most } else { FIELDS[i].least }));
    }
    let commitments: BTreeSet<Fr> =
        all.iter().map(|integers| ZoneConfig::new(*integers).unwrap().commitment()).collect();
    assert_eq!(commitments.len(), all.len());
}

/// Parts, configuration and variant are in the encoding, in the name and in the first public input, and nothing else is one.
#[test]
fn statements_are_told_apart() {
    let configurations: Vec<Configuration> =
        Preset::all().map(Configuration::Named).chain([Configuration::Committed]).collect();
    // No encoding has the size for tests.
    let core = Statement::core(Size::Small, Centroids::K64);
    let mut all = vec![core.clone()];
    for mask in 1_usize..16 {
        let parts: Vec<Part> = (0..4).filter(|i| mask >> i & 1 == 1).map(|i| PARTS[i]).collect();
        for configuration in &configurations {
            for zone_tags in [false, true] {
                let Ok(analytics) = Analytics::new(&parts, *configuration, zone_tags) else { continue };
                let found = core.clone().with_analytics(analytics).unwrap();
                if !all.contains(&found) {
                    all.push(found);
                }
            }
        }
    }
    // Without analytics, and without zones, one each; with zones four sets of parts without a score and two with one, which has two
    // variants, under five configurations.
    assert_eq!(all.len(), 1 + 1 + 5 * (4 + 2 * 2));
    let distinct = |of: &dyn Fn(&Statement) -> Vec<u8>| all.iter().map(of).collect::<BTreeSet<_>>().len();
    assert_eq!(distinct(&|statement| statement.to_bytes()), all.len());
    assert_eq!(distinct(&|statement| statement.name().into_bytes()), all.len());
    let elements: BTreeSet<Fr> = all.iter().map(Statement::element).collect();
    assert_eq!(elements.len(), all.len());
    // Of all encodings of so many bytes those are read that are some statement's, and as that.
    let known: BTreeSet<Vec<u8>> = all.iter().map(Statement::to_bytes).collect();
    let [.., size, centroids, models] = all[0].to_bytes()[..] else { panic!("an encoding") };
    for parts in 0..=15 {
        for configuration in 0..=255 {
            for variant in [0, 1, 2, 255] {
                let bytes = vec![7, parts, configuration, variant, 1, size, centroids, models];
                let found = Statement::from_bytes(&bytes);
                assert_eq!(found.is_some(), known.contains(&bytes), "{bytes:?}");
                assert!(found.is_none_or(|found| found.to_bytes() == bytes));
            }
        }
    }
    let twice = [&[7, 1, 1, 0][..], &[7, 1, 1, 0], &all[0].to_bytes()].concat();
    assert_eq!(Statement::from_bytes(&twice), None);
}

/// As many rows as a statement has, no fewer and no more.
#[test]
fn rows_are_counted() {
    let scene = Scene::committed(spread());
    let layout = scene.forger.honest();
    let rows: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
    assert_eq!(rows.len(), 14 + 1 + 1 + 3 + 4 + 1);
    let read = |rows: &[Fr]| PublicInputs::from_rows(layout.statement(), rows.iter().copied());
    assert_eq!(read(&rows).as_ref(), Some(&layout.instance()));
    assert!(read(&rows[..rows.len() - 1]).is_none());
    assert!(read(&[&rows[..], &[Fr::zero()]].concat()).is_none());
}
