//! Keys: pinned ones, those the caller trusts, and those that come with a setup.

use sha2::{Digest, Sha256};

use super::*;
use crate::core::{Pinned, pinned_key};
use crate::key::is_of;
use crate::{KeyError, PolicyFault, verify as verify_pinned, verify_batch};

/// Statements that have toys and no pinned key.
fn unpinned() -> [Known; 3] {
    [*SEVERAL, *FINGERPRINT, *VECTOR]
}

fn transparent(statement: &Statement) -> VerifierKey {
    Fixture::of(statement).key(Scheme::Transparent).clone()
}

#[test]
fn without_a_key_it_cannot_be_told() {
    for statement in unpinned() {
        let bundle = bundle(Scheme::Transparent, statement, 1);
        let error = verify_pinned(&bundle, &policy()).unwrap_err();
        assert_eq!(error, Error::NoKey { statement: statement.clone(), scheme: Scheme::Transparent });
        assert!(!error.is_rejection());
    }
}

#[test]
fn trusted_keys_are_used_where_none_is_pinned() {
    let all = unpinned().into_iter().fold(policy(), |policy, s| policy.trust_key(transparent(s)));
    for statement in unpinned() {
        let bundle = bundle(Scheme::Transparent, statement, 1);
        let verified = verify_pinned(&bundle, &policy().trust_key(transparent(statement))).unwrap();
        assert_eq!(Ok(&verified), verify(&bundle, &policy()).as_ref());
        assert_eq!(verify_pinned(&bundle, &all), Ok(verified.clone()));
        assert_eq!(verify_batch(std::slice::from_ref(&bundle), &all), Ok(vec![verified]));
        // Trust in a key is no trust in a proof.
        let wrong =
            bundle_with(Scheme::Transparent, statement, instance(statement, 2), bundle.proof().to_vec());
        assert_eq!(verify_pinned(&wrong, &all), Err(Error::ProofRejected));
    }
}

#[test]
fn trusted_keys_of_other_statements_are_not_used() {
    for statement in unpinned() {
        let scheme = Scheme::Transparent;
        let made = bundle(scheme, statement, 1);
        let others = statements().into_iter().filter(|other| *other != statement);
        let policy = others.fold(policy(), |policy, other| policy.trust_key(transparent(other)));
        assert_eq!(verify_pinned(&made, &policy), Err(Error::NoKey { statement: statement.clone(), scheme }));
    }
}

#[test]
fn trusted_keys_are_for_the_transparent_scheme_only() {
    for (scheme, statement) in everything().filter(|(scheme, _)| scheme.has_setup()) {
        let bundle = bundle(scheme, statement, 1);
        let keys = Policy::any_codebook().and_values().models(registry());
        let keys = keys.trust_key(transparent(statement));
        let none = keys.clone().trust_setup(setup([])).allow_insecure_setup();
        assert_eq!(verify(&bundle, &none), Err(Error::NoKey { statement: statement.clone(), scheme }));
        assert!(matches!(verify(&bundle, &keys), Err(Error::SetupNotTrusted { .. })));
    }
}

#[test]
fn nothing_is_pinned_for_toys() {
    let bundle = unproved(Scheme::Transparent, NARROW, instance(NARROW, 1));
    assert!(matches!(verify_pinned(&bundle, &policy()), Err(Error::KeyDigest { .. })));
}

/// A name has 32 bits of a graph's digest: whoever finds another graph of that name has found no pinned key, nor spoilt it.
#[test]
fn a_pinned_key_is_of_a_graph_and_not_of_a_name() {
    let [one, other] = graphs::statements();
    let key = transparent(one);
    let bytes = VerifierKey::encode::<Toy>(one, Scheme::Transparent, key.halo2()).unwrap();
    assert!(is_of(&bytes, one) && !is_of(&bytes, other) && !is_of(&bytes, NARROW));
    let end = 12 + one.to_bytes().len();
    assert!(is_of(&bytes[..end], one) && !is_of(&bytes[..end - 1], one) && !is_of(&[], one));
    let (mut pinned, mut with_graphs) = (0, 0);
    for key in foldproof_params::keys::PINNED.iter().filter(|key| !key.bytes.is_empty()) {
        let length = usize::from(u16::from_le_bytes([key.bytes[10], key.bytes[11]]));
        let statement = Statement::from_bytes(&key.bytes[12..12 + length]).unwrap();
        assert_eq!(pinned_key(&statement).unwrap().statement, key.statement);
        pinned += 1;
        with_graphs += statement.graphs().count();
    }
    assert_eq!((pinned, with_graphs), (23, 2));
}

#[test]
fn no_key_takes_the_place_of_a_pinned_one() {
    let pinned = Pinned.key(NARROW).unwrap().digest();
    let bundle = bundle(Scheme::Transparent, NARROW, 1);
    let policy = policy().trust_key(transparent(NARROW));
    let error = Error::KeyDigest { expected: pinned, found: bundle.key_digest() };
    assert_eq!(verify_pinned(&bundle, &policy), Err(error));
    assert!(verify_batch(&[bundle], &policy).is_err());
}

#[test]
fn keys_of_a_setup_come_with_it() {
    for (scheme, statement) in everything().filter(|(scheme, _)| scheme.has_setup()) {
        let made = bundle(scheme, statement, 1);
        // Every key but the one: those of the statement under other schemes, those of other statements.
        let all = statements().into_iter().flat_map(|statement| Fixture::of(statement).trusted());
        let wrong = all.filter(|key| (key.scheme(), key.statement()) != (scheme, statement));
        let policy = Policy::any_codebook()
            .and_values()
            .models(registry())
            .trust_setup(setup(wrong))
            .allow_insecure_setup();
        let error = refused(&made, &policy);
        assert_eq!(error, Error::NoKey { statement: statement.clone(), scheme });
        assert!(!error.is_rejection());
    }
}

#[test]
fn keys_have_their_place() {
    for statement in statements() {
        let base = || trusting(Policy::any_codebook().and_values()).models(registry());
        let under_setup = Fixture::of(statement).trusted().map(|key| {
            let found = key.scheme();
            (base().trust_key(key), Scheme::Transparent, found)
        });
        let transparent = Policy::any_codebook().and_values().trust_setup(setup([transparent(statement)]));
        let misplaced = under_setup.chain([(transparent, Scheme::Kzg, Scheme::Transparent)]);
        for (policy, expected, found) in misplaced {
            let error =
                Error::Policy(PolicyFault::KeyScheme { statement: statement.clone(), expected, found });
            // Whatever the bundle.
            for (scheme, other) in everything() {
                assert_eq!(refused(&bundle(scheme, other, 1), &policy), error);
            }
            assert!(!error.is_rejection());
        }
    }
}

#[test]
fn a_key_is_taken_by_its_digest() {
    // The pinned key, as somebody handed it over.
    let name = "vector-12+class-12-128-64-32-4";
    let (statement, scheme) = (statement(name), Scheme::Transparent);
    let bytes = foldproof_params::keys::transparent(name).unwrap().bytes;
    let expected = Pinned.key(statement).unwrap().digest();
    let read = |expected| VerifierKey::from_bytes_with_digest(statement, scheme, bytes, expected);
    assert_eq!(read(expected).unwrap().digest(), expected);
    for other in [[0; 32], Sha256::digest(bytes).into()] {
        assert_eq!(read(other).unwrap_err(), KeyError::Digest { expected: other, found: expected });
    }
    let cut = &bytes[..bytes.len() - 1];
    let error = VerifierKey::from_bytes_with_digest(statement, scheme, cut, expected).unwrap_err();
    assert!(matches!(error, KeyError::Truncated { .. }));
}
