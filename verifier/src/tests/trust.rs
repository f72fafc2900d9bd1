//! Keys: pinned ones, those the caller trusts, and those that come with a setup.

use super::*;
use crate::core::Pinned;
use crate::{verify as verify_pinned, verify_batch};

/// Statements that have toys and no pinned key.
fn unpinned() -> [Statement; 3] {
    [*SEVERAL, *FINGERPRINT, *VECTOR]
}

fn transparent(statement: Statement) -> VerifierKey {
    Fixture::of(statement).transparent.clone()
}

#[test]
fn without_a_key_it_cannot_be_told() {
    for statement in unpinned() {
        let bundle = bundle(Scheme::Transparent, statement, 1);
        let error = verify_pinned(&bundle, &policy()).unwrap_err();
        assert_eq!(error, Error::NoKey { statement, scheme: Scheme::Transparent });
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
        assert_eq!(verify_batch(&[bundle.clone(), bundle.clone()], &all), Ok(vec![verified; 2]));
        // Trust in a key is no trust in a proof.
        let wrong =
            bundle_with(Scheme::Transparent, statement, instance(statement, 2), bundle.proof().to_vec());
        assert_eq!(verify_pinned(&wrong, &all), Err(Error::ProofRejected));
    }
}

#[test]
fn trusted_keys_of_other_statements_and_schemes_are_not_used() {
    for statement in unpinned() {
        let scheme = Scheme::Transparent;
        let made = bundle(scheme, statement, 1);
        let others = statements().into_iter().filter(|other| *other != statement);
        let policy = others.fold(policy(), |policy, other| policy.trust_key(transparent(other)));
        let policy = policy.trust_key(Fixture::of(statement).trusted.clone());
        assert_eq!(verify_pinned(&made, &policy), Err(Error::NoKey { statement, scheme }));
    }
}

#[test]
fn trusted_keys_are_for_the_transparent_scheme_only() {
    for statement in statements() {
        let scheme = Scheme::Kzg;
        let bundle = bundle(scheme, statement, 1);
        let keys = Policy::any_codebook().and_values().models(registry());
        let keys = keys.trust_key(Fixture::of(statement).trusted.clone()).trust_key(transparent(statement));
        let none = keys.clone().trust_setup(setup([])).allow_insecure_setup();
        assert_eq!(verify(&bundle, &none), Err(Error::NoKey { statement, scheme }));
        assert!(matches!(verify(&bundle, &keys), Err(Error::SetupNotTrusted { .. })));
    }
}

#[test]
fn nothing_is_pinned_for_toys() {
    let bundle = unproved(Scheme::Transparent, NARROW, instance(NARROW, 1));
    assert!(matches!(verify_pinned(&bundle, &policy()), Err(Error::KeyDigest { .. })));
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
    for statement in statements() {
        let scheme = Scheme::Kzg;
        let made = bundle(scheme, statement, 1);
        let others = statements().into_iter().filter(|other| *other != statement);
        let wrong = others.map(|other| Fixture::of(other).trusted.clone()).chain([transparent(statement)]);
        let policy = Policy::any_codebook()
            .and_values()
            .models(registry())
            .trust_setup(setup(wrong))
            .allow_insecure_setup();
        let error = refused(&made, &policy);
        assert_eq!(error, Error::NoKey { statement, scheme });
        assert!(!error.is_rejection());
    }
}
