//! Models: only those the caller knows speak, in his words and while he lets them.

use super::*;
use crate::verify as verify_pinned;

/// A proof in which the model at `place` has these public inputs.
fn saying(statement: &Statement, place: usize, change: impl FnOnce(&mut ModelInputs<Fr>)) -> Bundle {
    let mut instance = instance(statement, 1);
    change(&mut instance.models[place]);
    bundle_of(Scheme::Transparent, statement, instance)
}

/// The policy with the entry of the model at `place` changed.
fn with_entry(statement: &Statement, place: usize, change: impl FnOnce(&mut RegisteredModel)) -> Policy {
    let mut entries = entries(statement);
    change(&mut entries[place]);
    unregistered().models(entries)
}

/// Every model there is.
fn places() -> impl Iterator<Item = (Known, usize)> {
    statements().into_iter().flat_map(|s| (0..s.models().count()).map(move |place| (s, place)))
}

fn title(statement: &Statement, place: usize) -> String {
    format!("{} 1", entry(statement, place).name)
}

#[test]
fn hints_are_in_the_order_of_the_statement() {
    for (scheme, statement) in everything() {
        let mut reversed = registry();
        reversed.reverse();
        for policy in [policy(), unregistered().models(reversed)] {
            let verified = verify(&bundle(scheme, statement, 1), &policy).unwrap();
            assert_eq!(verified.hints().len(), statement.models().count());
            for ((place, shape), hint) in statement.dense().enumerate().zip(verified.hints()) {
                let entry = entry(statement, place);
                assert_eq!((hint.name(), hint.version()), (&entry.name[..], "1"));
                assert_eq!(hint.commitment(), entry.commitment);
                let expected = match shape.head() {
                    Head::Tags => {
                        let last = entry.labels.last().unwrap().clone();
                        Opinion::Tags(vec![format!("{place}.0"), last])
                    }
                    Head::Anomaly => Opinion::Anomaly { score: u64::MAX, threshold: 700 },
                    Head::Class => Opinion::Class { index: 2, label: format!("{place}.2") },
                    Head::Values => {
                        let values = entry.labels.iter().cloned();
                        Opinion::Values(values.zip([-(1 << 15), -(1 << 15) + 1, -(1 << 15) + 2]).collect())
                    }
                };
                assert_eq!(hint.opinion(), &expected);
                assert_eq!(hint.opinion().flagged(), (shape.head() == Head::Anomaly).then_some(true));
            }
        }
    }
}

#[test]
fn without_a_registry_no_proof_with_a_model_is_taken() {
    for (scheme, statement) in everything() {
        let result = verify(&bundle(scheme, statement, 1), &unregistered());
        match entries(statement).first() {
            None => assert_eq!(result.unwrap().hints(), []),
            Some(first) => {
                let error = result.unwrap_err();
                assert_eq!(error, Error::ModelNotRegistered { found: first.commitment });
                assert!(error.is_rejection());
            }
        }
    }
}

#[test]
fn no_proof_without_a_registered_model_yields_a_hint() {
    let all = registry();
    let bundles: Vec<Bundle> = statements().map(|s| bundle(Scheme::Transparent, s, 1)).to_vec();
    for subset in 0..1_u32 << all.len() {
        let known: Vec<RegisteredModel> =
            (0..).zip(&all).filter(|(i, _)| subset >> i & 1 == 1).map(|(_, entry)| entry.clone()).collect();
        let policy = unregistered().models(known.clone());
        for bundle in &bundles {
            let models = &bundle.unverified_instance().models;
            let registered = |hint: &Hint| {
                known.iter().any(|entry| {
                    (hint.commitment(), hint.name(), hint.version())
                        == (entry.commitment, &entry.name, &entry.version)
                })
            };
            let missing = models.iter().find(|m| known.iter().all(|entry| entry.commitment != m.commitment));
            match (verify(bundle, &policy), missing) {
                (Ok(verified), None) => {
                    assert_eq!(verified.hints().len(), models.len());
                    assert!(verified.hints().iter().all(registered));
                }
                (Err(error), Some(missing)) => {
                    assert_eq!(error, Error::ModelNotRegistered { found: missing.commitment });
                }
                (result, missing) => panic!("{missing:?}: {result:?}"),
            }
        }
    }
}

#[test]
fn every_other_commitment_is_unregistered() {
    // Proofs of models nobody knows, also beside known ones; zero and the entries of other statements included.
    for (statement, place) in places() {
        for found in
            [Fr::zero(), Fr::one(), entry(statement, place).commitment + Fr::one() + Fr::from(1 << 20)]
        {
            let bundle = saying(statement, place, |model| model.commitment = found);
            assert_eq!(refused(&bundle, &policy()), Error::ModelNotRegistered { found });
        }
    }
}

#[test]
fn only_active_models_speak() {
    for (statement, place) in places() {
        let bundle = bundle(Scheme::Transparent, statement, 1);
        for found in [Status::Retired, Status::Revoked] {
            // Whatever its time says.
            for valid_from in [None, Some(0)] {
                let policy = with_entry(statement, place, |entry| {
                    *entry = RegisteredModel { status: found, valid_from, ..entry.clone() };
                });
                let error = refused(&bundle, &policy.at_time(1));
                assert_eq!(error, Error::ModelStatus { model: title(statement, place), found });
                assert!(error.is_rejection() && error.to_string().contains(found.name()));
            }
        }
    }
}

#[test]
fn statuses_have_names() {
    for status in Status::ALL {
        assert_eq!(Status::from_name(status.name()), Some(status));
    }
    assert_eq!(Status::from_name("Active"), None);
}

/// Bounds around `time`, and whether they hold then.
fn bounds(time: u64) -> [(Option<u64>, Option<u64>, bool); 10] {
    [
        (None, None, true),
        (Some(time), None, true),
        (Some(time + 1), None, false),
        (None, Some(time + 1), true),
        (None, Some(time), false),
        (Some(time), Some(time + 1), true),
        (Some(0), Some(u64::MAX), true),
        (Some(time), Some(time), false),
        (Some(time + 1), Some(time), false),
        (Some(u64::MAX), Some(0), false),
    ]
}

#[test]
fn models_are_valid_at_the_time_of_the_block() {
    for place in 0..4 {
        let bundle = bundle(Scheme::Transparent, *SEVERAL, 1);
        for (from, until, valid) in bounds(TIMESTAMP) {
            let policy = with_entry(*SEVERAL, place, |entry| {
                (entry.valid_from, entry.valid_until) = (from, until);
            });
            // The policy's own time is for proofs about no block.
            for policy in [policy.clone(), policy.clone().at_time(0), policy.at_time(u64::MAX)] {
                if valid {
                    assert_eq!(verify(&bundle, &policy).unwrap().hints().len(), 4);
                    continue;
                }
                let (model, found) = (title(*SEVERAL, place), Some(TIMESTAMP));
                assert_eq!(refused(&bundle, &policy), Error::ModelValidity { model, from, until, found });
            }
        }
    }
}

#[test]
fn models_of_values_are_valid_at_the_time_of_the_policy() {
    for statement in values() {
        let bundle = bundle(Scheme::Transparent, statement, 1);
        let model = || title(statement, 0);
        for time in [0, 1, TIMESTAMP, u64::MAX - 1] {
            for (from, until, valid) in bounds(time) {
                let policy = with_entry(statement, 0, |entry| {
                    (entry.valid_from, entry.valid_until) = (from, until);
                });
                let timed = policy.clone().at_time(time);
                let error = |found| Error::ModelValidity { model: model(), from, until, found };
                match valid {
                    true => assert_eq!(verify(&bundle, &timed).unwrap().hints().len(), 1),
                    false => assert_eq!(refused(&bundle, &timed), error(Some(time))),
                }
                // Without a time no bound holds.
                match (from, until) {
                    (None, None) => assert!(verify(&bundle, &policy).is_ok()),
                    _ => assert_eq!(refused(&bundle, &policy), error(None)),
                }
            }
        }
    }
}

#[test]
fn labels_are_those_of_the_commitment() {
    for (statement, place) in
        places().filter(|(s, place)| entry(s, *place).shape.dense().unwrap().head().has_labels())
    {
        let bundle = bundle(Scheme::Transparent, statement, 1);
        type Change = fn(&mut Vec<String>);
        let changes: [Change; 8] = [
            |labels| labels[0].push('x'),
            |labels| labels.swap(0, 1),
            |labels| labels.push("more".into()),
            |labels| drop(labels.pop()),
            Vec::clear,
            |labels| labels[2] = labels[1].clone(),
            // The same letters, cut elsewhere.
            |labels| {
                let moved = labels[0].pop().unwrap();
                labels[1].insert(0, moved);
            },
            |labels| labels[1] = labels[1].to_uppercase() + " ",
        ];
        for change in changes {
            let policy = with_entry(statement, place, |entry| change(&mut entry.labels));
            let error = refused(&bundle, &policy);
            assert_eq!(error, Error::ModelEntry { model: title(statement, place), what: "labels" });
            assert!(!error.is_rejection());
        }
    }
}

#[test]
fn labels_are_as_many_as_outputs_and_of_a_models_length() {
    // Committed to by somebody who did not use `Model::new`, and registered like that: no bit is without a label.
    let changes: [fn(&mut Vec<String>); 5] = [
        |labels| drop(labels.pop()),
        |labels| labels.push("more".into()),
        Vec::clear,
        |labels| labels[1].clear(),
        |labels| labels[1] = "x".repeat(65),
    ];
    for (statement, place) in
        places().filter(|(s, place)| entry(s, *place).shape.dense().unwrap().head().has_labels())
    {
        let digest = |labels: &[String]| match entry(statement, place).shape.dense().unwrap().head() {
            Head::Values => value_digest(labels, 7),
            _ => label_digest(labels),
        };
        for change in changes {
            let mut labels = entry(statement, place).labels;
            change(&mut labels);
            let bundle = saying(statement, place, |model| model.head = digest(&labels));
            let policy = with_entry(statement, place, |entry| entry.labels = labels);
            let error = Error::ModelEntry { model: title(statement, place), what: "labels" };
            assert_eq!(refused(&bundle, &policy), error);
        }
        let mut labels = entry(statement, place).labels;
        labels[0] = "x".repeat(64);
        let bundle = saying(statement, place, |model| model.head = digest(&labels));
        assert!(verify(&bundle, &with_entry(statement, place, |entry| entry.labels = labels)).is_ok());
    }
}

#[test]
fn shapes_are_those_of_the_registry() {
    // Of another head, of another width, and deeper.
    let others = ["tags-96-3", "anomaly-96-4-96", "class-5-4", "class-96-8-8-4"];
    let others = others.map(|name| ModelShape::from_name(name).unwrap());
    for (statement, place) in places() {
        let found = entry(statement, place).shape.dense().unwrap();
        for expected in others.into_iter().filter(|other| *other != found) {
            let policy = with_entry(statement, place, |entry| entry.shape = expected.into());
            let error = Error::ModelShape {
                model: title(statement, place),
                expected: expected.to_string(),
                found: found.to_string(),
            };
            assert!(error.is_rejection());
            assert_eq!(refused(&bundle(Scheme::Transparent, statement, 1), &policy), error);
            // Before a key is asked for, and whatever else the entry says.
            let unproved = unproved(Scheme::Transparent, statement, instance(statement, 1));
            assert_eq!(verify_pinned(&unproved, &policy), Err(error.clone()));
            let retired = with_entry(statement, place, |entry| {
                (entry.shape, entry.status) = (expected.into(), Status::Retired);
            });
            assert_eq!(refused(&unproved, &retired), error);
        }
    }
}

#[test]
fn outputs_are_in_range() {
    let power = |bits: u64| ff::Field::pow_vartime(&Fr::from(2), [bits]);
    // Statement, place, name and bits of the claim, first value that is none.
    let cases = [
        (*SEVERAL, 0, "tags", 3, power(3)),
        (*SEVERAL, 1, "score", 64, power(64)),
        (*SEVERAL, 2, "class", 8, Fr::from(4)),
        (*SEVERAL, 3, "tags", 3, power(3)),
        (*FINGERPRINT, 0, "tags", 128, power(128)),
        (*VECTOR, 0, "class", 8, Fr::from(4)),
    ];
    for (statement, place, claim, bits, least) in cases {
        for found in [least, least + Fr::one(), Fr::from(256), power(64), power(128), power(200), -Fr::one()]
        {
            let small = crate::scalar::to_u128(&found)
                .is_some_and(|found| crate::scalar::to_u128(&least).is_none_or(|least| found < least));
            let bundle = saying(statement, place, |model| model.outputs = vec![found]);
            match small {
                true => assert!(verify(&bundle, &policy()).is_ok()),
                false => {
                    let error = match crate::scalar::to_u128(&found) {
                        Some(index) if claim == "class" && index < 256 => {
                            Error::Class { classes: 4, found: index as usize }
                        }
                        _ => Error::ClaimRange { claim, bits, found },
                    };
                    assert_eq!(refused(&bundle, &policy()), error);
                }
            }
        }
        for output in [Fr::zero(), least - Fr::one()] {
            let bundle = saying(statement, place, |model| model.outputs = vec![output]);
            assert!(verify(&bundle, &policy()).is_ok());
        }
    }
    for found in [power(64), power(128), -Fr::one()] {
        let bundle = saying(*SEVERAL, 1, |model| model.head = found);
        let error = Error::ClaimRange { claim: "threshold", bits: 64, found };
        assert_eq!(refused(&bundle, &policy()), error);
    }
}

#[test]
fn each_bit_is_the_label_of_its_place() {
    let opinion = |statement, mask: u128| {
        let bundle = saying(statement, 0, |model| model.outputs = vec![Fr::from_u128(mask)]);
        verify(&bundle, &policy()).unwrap().hints()[0].opinion().clone()
    };
    for mask in 0..8 {
        let on = (0..3).filter(|bit| mask >> bit & 1 == 1).map(|bit| format!("0.{bit}"));
        assert_eq!(opinion(*SEVERAL, mask), Opinion::Tags(on.collect()));
    }
    for bit in [0, 1, 63, 64, 126, 127] {
        assert_eq!(opinion(*FINGERPRINT, 1 << bit), Opinion::Tags(vec![format!("0.{bit}")]));
    }
    assert_eq!(opinion(*FINGERPRINT, u128::MAX), Opinion::Tags(entry(*FINGERPRINT, 0).labels));
    for index in 0..4 {
        let class = opinion(*VECTOR, index as u128);
        assert_eq!(class, Opinion::Class { index, label: format!("0.{index}") });
        assert_eq!(class.flagged(), None);
    }
}

#[test]
fn a_score_is_flagged_from_its_threshold_on() {
    for (score, threshold, flagged) in [(699, 700, false), (700, 700, true), (701, 700, true), (0, 0, true)] {
        let bundle = saying(*SEVERAL, 1, |model| {
            (model.outputs, model.head) = (vec![Fr::from(score)], Fr::from(threshold));
        });
        let verified = verify(&bundle, &policy()).unwrap();
        let opinion = verified.hints()[1].opinion();
        assert_eq!(opinion, &Opinion::Anomaly { score, threshold });
        assert_eq!(opinion.flagged(), Some(flagged));
    }
}

#[test]
fn of_entries_with_one_commitment_each_can_refuse() {
    for (statement, place) in places() {
        let bundle = bundle(Scheme::Transparent, statement, 1);
        let second = RegisteredModel { version: "2".into(), ..entry(statement, place) };
        let registries = |second: &RegisteredModel| {
            let (first, second) = (entries(statement), second.clone());
            [
                unregistered().models(first.clone()).models([second.clone()]),
                unregistered().models([second]).models(first),
            ]
        };
        // All agree: the first one gives its name.
        for (policy, version) in registries(&second).into_iter().zip(["1", "2"]) {
            let verified = verify(&bundle, &policy.at_time(TIMESTAMP)).unwrap();
            assert_eq!(verified.hints().len(), statement.models().count());
            assert_eq!(verified.hints()[place].version(), version);
        }
        let refusals = [
            RegisteredModel { status: Status::Revoked, ..second.clone() },
            RegisteredModel { status: Status::Retired, ..second.clone() },
            RegisteredModel { valid_until: Some(TIMESTAMP), ..second.clone() },
            RegisteredModel { valid_from: Some(TIMESTAMP + 1), ..second },
        ];
        for second in refusals {
            for policy in registries(&second) {
                let error = refused(&bundle, &policy.at_time(TIMESTAMP));
                assert!(matches!(error, Error::ModelStatus { .. } | Error::ModelValidity { .. }), "{error}");
            }
        }
    }
}

#[test]
fn a_model_can_speak_twice() {
    // Both places of one shape taken by one model: two equal hints.
    let mut instance = instance(*SEVERAL, 1);
    instance.models[3] = instance.models[0].clone();
    let verified = verify(&bundle_of(Scheme::Kzg, *SEVERAL, instance), &policy()).unwrap();
    assert_eq!(verified.hints()[0], verified.hints()[3]);
}

#[test]
fn values_are_in_range_and_in_the_unit_of_the_digest() {
    let said = |change: &dyn Fn(&mut ModelInputs<Fr>)| saying(*VALUES, 0, change);
    let labels = entry(*VALUES, 0).labels;
    for (found, value) in [(0, -(1 << 15)), (1 << 15, 0), ((1 << 16) - 1, (1 << 15) - 1)] {
        let verified = verify(&said(&|model| model.outputs[1] = Fr::from(found)), &policy()).unwrap();
        let hint = &verified.hints()[0];
        assert_eq!(hint.fraction_bits(), Some(7));
        assert!(matches!(hint.opinion(), Opinion::Values(values) if values[1] == (labels[1].clone(), value)));
    }
    for found in [Fr::from(1 << 16), -Fr::one()] {
        let error = Error::ClaimRange { claim: "value", bits: 16, found };
        assert_eq!(refused(&said(&|model| model.outputs[2] = found), &policy()), error);
    }
    // Another unit is another meaning: the entry may say which, and the digest has to say the same.
    let entry_error = || Error::ModelEntry { model: title(*VALUES, 0), what: "labels" };
    let known = |bits| with_entry(*VALUES, 0, |entry| entry.fraction_bits = Some(bits));
    let bundle = said(&|_| ());
    assert!(verify(&bundle, &known(7)).is_ok());
    assert_eq!(refused(&bundle, &known(8)), entry_error());
    let eight = said(&|model| model.head = value_digest(&labels, 8));
    assert_eq!(verify(&eight, &policy()).unwrap().hints()[0].fraction_bits(), Some(8));
    for head in [label_digest(&labels), value_digest(&labels[..2], 7), value_digest(&labels, 32)] {
        assert_eq!(refused(&said(&|model| model.head = head), &policy()), entry_error());
    }
}
