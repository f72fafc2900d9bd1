//! What a proof is about: a block or values the caller holds, and never the other kind.

use super::*;
use crate::Facts;
use crate::scalar::to_hex;
use foldproof_circuits::block::{Block, Header, Transaction};
use foldproof_circuits::stages::commit;
use foldproof_circuits::statement::Subject;
use foldproof_circuits::statement::{Excess, Oversize};

/// A block and public inputs that fit it.
fn block_and_instance(statement: &Statement, salt: Fr) -> (Block, Instance) {
    let header = Header {
        height: 9,
        timestamp: TIMESTAMP,
        prev_state_root: Root { high: 1 << 100, low: u128::MAX - 1 }.to_bytes(),
        new_state_root: Root { high: 2 << 100, low: u128::MAX - 2 }.to_bytes(),
        tx_root: Root { high: 3 << 100, low: u128::MAX - 3 }.to_bytes(),
    };
    let block = Block { header, transactions: vec![Transaction::default(); 2], ..Block::default() };
    let mut instance = instance(statement, 9);
    let size = statement.block().unwrap().size;
    block_mut(&mut instance).block_commitment = commit::block(size, &block, salt).unwrap();
    (block, instance)
}

fn matched(verified: &Verified) -> bool {
    match verified.facts() {
        Facts::Block(facts) => facts.matched(),
        Facts::Blocks(facts) => facts.iter().all(|facts| facts.matched()),
        Facts::Values(facts) => facts.matched(),
        Facts::Sequence(facts) => facts.matched(),
        Facts::Decision(facts) => facts.matched(),
    }
}

#[test]
fn blocks_are_recomputed() {
    for (scheme, statement) in under_all_schemes(blocks()) {
        let salt = -Fr::from(99);
        let (block, plain) = block_and_instance(statement, Fr::zero());
        let (_, salted) = block_and_instance(statement, salt);
        let commitments = [&plain, &salted].map(|instance| instance.block().unwrap().block_commitment);
        let bundles = [plain, salted].map(|instance| bundle_of(scheme, statement, instance));
        assert!(matched(&verify(&bundles[0], &policy().expect_block(block.clone())).unwrap()));
        assert!(!matched(&verify(&bundles[0], &policy()).unwrap()));
        let opened = policy().expect_salted_block(block.clone(), salt);
        assert!(matched(&verify(&bundles[1], &opened).unwrap()));

        let [expected, found] = commitments;
        let error = Error::BlockCommitment { expected, found };
        assert!(error.to_string().contains(&to_hex(&expected)));
        assert_eq!(refused(&bundles[1], &policy().expect_block(block.clone())), error);
        let error = Error::BlockCommitment { expected: found, found: expected };
        assert_eq!(refused(&bundles[0], &opened), error);

        let mut longer = block.clone();
        longer.transactions.push(Transaction::default());
        let error = refused(&bundles[0], &policy().expect_block(longer));
        assert!(matches!(error, Error::BlockCommitment { .. }));
        let mut huge = block.clone();
        let most = statement.block().unwrap().size.capacity().transactions;
        huge.transactions.resize(most + 1, Transaction::default());
        let error = refused(&bundles[0], &policy().expect_block(huge));
        let Error::BlockSize(Oversize { excess: Excess::Records { found, .. }, .. }) = error else {
            panic!("{error}")
        };
        assert_eq!(found, most + 1);
    }
}

#[test]
fn headers_are_compared() {
    for statement in blocks() {
        let (block, instance) = block_and_instance(statement, Fr::zero());
        let bundle = bundle_of(Scheme::Transparent, statement, instance);
        type Change = fn(&mut Header);
        let cases: [(&str, Change); 5] = [
            ("height", |h| h.height += 1),
            ("timestamp", |h| h.timestamp += 1),
            ("previous state root", |h| h.prev_state_root[0] ^= 1),
            ("new state root", |h| h.new_state_root[31] ^= 1),
            ("transactions root", |h| h.tx_root[16] ^= 1),
        ];
        for (name, change) in cases {
            let mut other = block.clone();
            change(&mut other.header);
            match refused(&bundle, &policy().expect_block(other)) {
                Error::BlockHeader { field, expected, found } => {
                    assert_eq!(field, name);
                    assert_ne!(expected, found);
                }
                error => panic!("{error}"),
            }
        }
    }
}

/// Values of a statement's length, with both ends of the range.
fn some_values(statement: &Statement) -> Vec<i64> {
    let length = statement.models().next().unwrap().inputs();
    let mut values: Vec<i64> = (0..length).map(|i| (i as i64 - 5) * 1_000_003).collect();
    (values[0], values[1]) = (-(1 << 35), (1 << 35) - 1);
    values
}

fn commitment(statement: &Statement, values: &[i64], salt: Fr) -> Fr {
    match statement.subject() {
        Subject::Fingerprint => commit::fingerprint(values, salt),
        Subject::Vector(_) => commit::vector(values, salt),
        Subject::Matrix { positions, .. } => commit::matrix(values, positions, salt),
        Subject::Block(_) | Subject::Blocks { .. } | Subject::Sequence { .. } | Subject::Decision(_) => {
            panic!("no values")
        }
    }
}

/// A proof about what is behind this commitment.
fn about(scheme: Scheme, statement: &Statement, commitment: Fr) -> Bundle {
    let instance = Instance { subject: SubjectInputs::Values(commitment), ..instance(statement, 1) };
    bundle_of(scheme, statement, instance)
}

#[test]
fn values_are_recomputed() {
    for (scheme, statement) in under_all_schemes(values()) {
        let held = some_values(statement);
        for salt in [Fr::zero(), -Fr::from(99)] {
            let found = commitment(statement, &held, salt);
            let bundle = about(scheme, statement, found);
            let expecting = |values: &[i64], salt| policy().expect_values(values.to_vec(), salt);
            let verified = verify(&bundle, &expecting(&held, salt)).unwrap();
            assert!(matched(&verified) && verified.block().is_none());
            assert_eq!(verified.hints().len(), 1);
            assert!(!matched(&verify(&bundle, &policy()).unwrap()));

            let refuses = |values: &[i64], salt| {
                let expected = commitment(statement, values, salt);
                let error = Error::ValuesCommitment { expected, found };
                assert_eq!(refused(&bundle, &expecting(values, salt)), error);
            };
            refuses(&held, salt + Fr::one());
            for index in 2..held.len() {
                let mut other = held.clone();
                other[index] += 1;
                refuses(&other, salt);
            }
            let mut swapped = held.clone();
            swapped.swap(0, 1);
            refuses(&swapped, salt);
        }
    }
}

#[test]
fn values_of_one_kind_are_none_of_the_other() {
    // The right numbers and salt under the commitment of the other kind, and under that of another length.
    for statement in values() {
        let held = some_values(statement);
        let other = match statement.subject() {
            Subject::Fingerprint => commit::vector,
            _ => commit::fingerprint,
        };
        let found = other(&held, Fr::zero());
        let bundle = about(Scheme::Transparent, statement, found);
        let expected = commitment(statement, &held, Fr::zero());
        let error = refused(&bundle, &policy().expect_values(held, Fr::zero()));
        assert_eq!(error, Error::ValuesCommitment { expected, found });
    }
    for statement in values() {
        for other in values().into_iter().filter(|other| *other != statement) {
            let held = some_values(other);
            let bundle = about(Scheme::Transparent, statement, commitment(other, &held, Fr::zero()));
            let (expected, found) = (held.len(), some_values(statement).len());
            let error = refused(&bundle, &policy().expect_values(held, Fr::zero()));
            assert_eq!(error, Error::ValuesLength { expected, found });
            assert!(error.is_rejection());
        }
    }
}

#[test]
fn no_other_list_of_values_has_the_same_commitment() {
    // Packed without a look, these are alike: a value too long reaches into its neighbour, and −2³⁵ is no bits at all.
    for statement in values() {
        let held = some_values(statement);
        let found = commitment(statement, &held, Fr::zero());
        let bundle = about(Scheme::Transparent, statement, found);
        let refuses = |values: Vec<i64>| refused(&bundle, &policy().expect_values(values, Fr::zero()));
        let mut carried = held.clone();
        carried[2] += 1 << 36;
        carried[3] -= 1;
        assert_eq!(commitment(statement, &carried, Fr::zero()), found);
        let error = refuses(carried.clone());
        assert_eq!(error, Error::ValueRange { index: 2, bits: 36, found: carried[2] });
        assert!(!error.is_rejection());
        for value in [1 << 35, -(1 << 35) - 1, i64::MAX, i64::MIN] {
            let mut other = held.clone();
            *other.last_mut().unwrap() = value;
            let index = other.len() - 1;
            assert_eq!(refuses(other), Error::ValueRange { index, bits: 36, found: value });
        }
        let longer = [held.clone(), vec![-(1 << 35)]].concat();
        if statement == *FINGERPRINT {
            assert_eq!(commitment(statement, &longer, Fr::zero()), found);
        }
        let length = held.len();
        for other in [longer, held[..length - 1].to_vec(), vec![], vec![0; 100_000]] {
            let expected = other.len();
            assert_eq!(refuses(other), Error::ValuesLength { expected, found: length });
        }
    }
}

#[test]
fn commitments_are_compared() {
    for (scheme, statement) in under_all_schemes(values()) {
        let found = Fr::from(31);
        let bundle = about(scheme, statement, found);
        assert!(matched(&verify(&bundle, &policy().expect_commitment(found)).unwrap()));
        for expected in [Fr::zero(), Fr::from(30), -found] {
            let error = refused(&bundle, &policy().expect_commitment(expected));
            assert_eq!(error, Error::ValuesCommitment { expected, found });
        }
    }
}

#[test]
fn who_expects_values_gets_no_block() {
    for (scheme, statement) in under_all_schemes(blocks()) {
        let bundle = bundle(scheme, statement, 1);
        // Its fold commitment is no way around that.
        let fold = bundle.unverified_instance().block().unwrap().fold_commitment;
        for policy in [policy().expect_values(vec![0; 96], Fr::zero()), policy().expect_commitment(fold)] {
            let error = Error::Subject { expected: "values", found: statement.clone() };
            assert_eq!(refused(&bundle, &policy), error);
        }
    }
}

#[test]
fn who_asks_for_anything_of_a_block_gets_no_values() {
    for (scheme, statement) in under_all_schemes(values()) {
        let bundle = bundle(scheme, statement, 1);
        let (block, _) = block_and_instance(NARROW, Fr::zero());
        let demands = [
            policy().expect_block(block.clone()),
            policy().expect_salted_block(block, -Fr::one()),
            policy().expect_height(1),
            policy().expect_height(0),
            policy().require_within_bound(),
            policy().require_within_bound().expect_commitment(-Fr::one()),
            policy().expect_height(1).expect_commitment(-Fr::one()),
        ];
        for policy in demands {
            let error = refused(&bundle, &policy);
            assert_eq!(error, Error::Subject { expected: "a block", found: statement.clone() });
            assert!(error.is_rejection());
            // Cheaper than models, keys and proofs.
            let bundle = unproved(scheme, statement, instance(statement, 1));
            assert_eq!(refused(&bundle, &policy), error);
            let unknown = Instance {
                models: vec![model_inputs(*SEVERAL, 0, statement.dense().next().unwrap())],
                ..instance(statement, 1)
            };
            assert_eq!(refused(&unproved(scheme, statement, unknown), &policy), error);
        }
    }
}

#[test]
fn without_a_codebook_no_block_is_taken() {
    let policy = trusting(Policy::without_codebook()).models(registry());
    for (scheme, statement) in everything() {
        let result = verify(&bundle(scheme, statement, 1), &policy);
        match statement.blocks() {
            Some((_, count)) => {
                let error = Error::CodebookRoot { accepted: vec![], found: codebook() };
                let in_block = |error| Error::InBlock { place: 0, error: Box::new(error) };
                assert_eq!(result, Err(if count == 1 { error } else { in_block(error) }));
            }
            None => assert!(result.is_ok()),
        }
    }
}

#[test]
fn a_policy_on_codebooks_takes_values_only_if_it_says_so() {
    for (scheme, statement) in under_all_schemes(values()) {
        for policy in [Policy::any_codebook(), Policy::codebooks([Fr::one()])] {
            let policy = trusting(policy).models(registry());
            let bundle = bundle(scheme, statement, 1);
            let error = Error::Subject { expected: "a block", found: statement.clone() };
            assert_eq!(verify(&bundle, &policy), Err(error));
            assert!(verify(&bundle, &policy.and_values()).unwrap().block().is_none());
        }
    }
}

#[test]
fn the_timestamp_of_an_unknown_block_is_its_provers_word() {
    let (block, instance) = block_and_instance(*SEVERAL, Fr::zero());
    let bundle = bundle_of(Scheme::Transparent, *SEVERAL, instance);
    let mut entries = registry();
    let ends = Some(TIMESTAMP + 1);
    entries.iter_mut().for_each(|entry| entry.valid_until = ends);
    let policy = unregistered().models(entries);
    let error = |found| {
        let model = format!("{} 1", entry(*SEVERAL, 0).name);
        Error::ModelValidity { model, from: None, until: ends, found }
    };
    // By the prover's word the models are valid still.
    assert!(verify(&bundle, &policy.clone().at_time(TIMESTAMP + 1)).is_ok());
    let known = policy.require_known_time();
    assert_eq!(refused(&bundle, &known), error(None));
    assert_eq!(refused(&bundle, &known.clone().at_time(TIMESTAMP + 1)), error(Some(TIMESTAMP + 1)));
    assert!(verify(&bundle, &known.clone().at_time(TIMESTAMP)).is_ok());
    // Of a block that the policy has, the timestamp is known.
    assert!(verify(&bundle, &known.at_time(TIMESTAMP + 1).expect_block(block)).is_ok());
    // What has no end needs no time.
    assert!(verify(&bundle, &self::policy().require_known_time()).is_ok());
}
