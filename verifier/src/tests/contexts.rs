//! Contexts: a proof holds for its own, and for none is not for 0.

use super::*;
use crate::backend::{self, Claim};
use crate::batch::verify_batch_with;
use crate::verify::{kzg_params, transparent_params};
use crate::{BatchError, Context};

pub fn context(number: u64) -> Context {
    Context::new(-Fr::from(number)).unwrap()
}

/// A bundle with these public inputs and a proof of them for that context.
pub fn bundle_for(scheme: Scheme, statement: &Statement, instance: Instance, context: Context) -> Bundle {
    let rows = [rows(&instance), vec![context.number()]].concat();
    let proof = Fixture::of(statement).prove(scheme, statement, &rows);
    bundle_with(scheme, statement, instance, proof).with_context(context)
}

#[test]
fn a_proof_holds_for_its_context_only() {
    for (scheme, statement) in everything() {
        let [one, other] = [1, 2].map(context);
        let bound = bundle_for(scheme, statement, instance(statement, 1), one);
        let verified = verify(&bound, &policy()).unwrap();
        assert_eq!((verified.context(), verified.instance()), (Some(one), &instance(statement, 1)));
        assert_eq!(Bundle::from_bytes(&bound.to_bytes()), Ok(bound.clone()));

        let with =
            |proof: &Bundle| bundle_with(scheme, statement, instance(statement, 1), proof.proof().into());
        let free = bundle(scheme, statement, 1);
        assert_eq!(verify(&free, &policy()).unwrap().context(), None);
        for wrong in [with(&bound), with(&bound).with_context(other), with(&free).with_context(one)] {
            assert_eq!(refused(&wrong, &policy()), Error::ProofRejected);
        }
    }
}

#[test]
fn policies_insist_on_a_context() {
    for (scheme, statement) in everything() {
        let [expected, other] = [1, 2].map(context);
        let strict = policy().expect_context(expected);
        let found = bundle_for(scheme, statement, instance(statement, 1), expected);
        assert_eq!(verify(&found, &strict).unwrap().context(), Some(expected));
        let bundles = [(None, bundle(scheme, statement, 1)), (Some(other), found.with_context(other))];
        for (found, bundle) in bundles {
            let error = refused(&bundle, &strict);
            assert_eq!(error, Error::Context { expected, found });
            assert!(error.is_rejection());
        }
    }
}

#[test]
fn zero_is_no_context_because_the_transparent_scheme_does_not_tell_it_from_none() {
    assert_eq!(Context::new(Fr::zero()), None);
    assert_eq!(Context::from_hex(&"0".repeat(64)), None);
    assert_eq!(Context::from_hex(&"f".repeat(64)), None);
    assert_eq!(Context::from_hex(&context(5).to_string()), Some(context(5)));
    for (scheme, statement) in everything() {
        let free = bundle(scheme, statement, 1);
        let key = Fixture::of(statement).key(scheme);
        let check = |rows: &[Fr]| {
            let claim = Claim { key, rows, proof: free.proof() };
            match scheme {
                Scheme::Transparent => {
                    backend::transparent(transparent_params(key.k(), rows.len()).unwrap(), claim)
                }
                Scheme::Kzg | Scheme::Evm => backend::kzg(&kzg_params(&setup([]), key.k()).unwrap(), claim),
            }
        };
        let rows = rows(free.unverified_instance());
        let followed_by = |number| [&rows[..], &[number]].concat();
        // This is what a bundle for the context 0 would be checked as, if there were one.
        let told = check(&followed_by(Fr::zero()));
        assert_eq!(told.is_ok(), scheme == Scheme::Transparent);
        assert_eq!(check(&followed_by(Fr::one())), Err(Error::ProofRejected));
        assert_eq!(check(&rows), Ok(()));

        let bound = free.with_context(context(99)).to_bytes();
        let at = bound.windows(32).position(|bytes| bytes == context(99).number().to_repr()).unwrap();
        let patched = |number: [u8; 32]| {
            let mut bytes = bound.clone();
            bytes[at..at + 32].copy_from_slice(&number);
            Bundle::from_bytes(&bytes)
        };
        assert_eq!(patched([0; 32]), Err(Error::ContextZero));
        let row = statement.rows();
        assert_eq!(patched([0xff; 32]), Err(Error::NotCanonical { row, found: [0xff; 32] }));
        assert!(patched(context(2).number().to_repr()).is_ok());
    }
}

#[test]
fn one_claim_is_not_two_by_two_contexts() {
    // Whoever does not ask for a context counts claims, and a context adds nothing to one; whoever asks gets but one.
    for (scheme, statement) in everything() {
        let bound =
            |height, number| bundle_for(scheme, statement, instance(statement, height), context(number));
        let batch = |bundles: &[Bundle]| verify_batch_with(bundles, &policy(), &ToyKeys);
        let verified = batch(&[bound(1, 1), bound(2, 1), bound(3, 2), bundle(scheme, statement, 4)]).unwrap();
        let found: Vec<_> = verified.iter().map(Verified::context).collect();
        assert_eq!(found, [Some(context(1)), Some(context(1)), Some(context(2)), None]);
        for same in [bound(1, 2), bundle(scheme, statement, 1)] {
            let error = BatchError::Repeated { first: 0, second: 1 };
            assert_eq!(batch(&[bound(1, 1), same]), Err(error));
        }
        // In a batch, too, it is the proof that tells.
        let lie = bound(1, 1).with_context(context(3));
        let error = BatchError::Bundle { index: 1, error: Error::ProofRejected };
        assert_eq!(batch(&[bound(2, 1), lie]), Err(error));
    }
}
