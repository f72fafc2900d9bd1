//! Policies: each demand refuses what it should, and says what it found.

use ff::Field;
use foldproof_circuits::block::Block;

use super::contexts::context;
use super::*;
use crate::PolicyFault;

#[test]
fn statements_and_schemes_are_chosen_by_the_caller() {
    for (scheme, statement) in everything() {
        let bundle = bundle(scheme, statement, 1);
        let other = other(statement);
        let only = policy().statements([other.clone()]);
        let error = Error::StatementNotAccepted { accepted: vec![other.clone()], found: statement.clone() };
        assert_eq!(refused(&bundle, &only), error);
        let error = Error::StatementNotAccepted { accepted: vec![], found: statement.clone() };
        assert_eq!(refused(&bundle, &policy().statements([])), error);
        assert!(verify(&bundle, &policy().statements([statement.clone()])).is_ok());

        let others: Vec<Scheme> = Scheme::ALL.into_iter().filter(|other| *other != scheme).collect();
        for accepted in [vec![], vec![others[0]], vec![others[1]], others] {
            let only = policy().schemes(accepted.iter().copied());
            assert_eq!(refused(&bundle, &only), Error::SchemeNotAccepted { accepted, found: scheme });
        }
        assert!(verify(&bundle, &policy().schemes([scheme])).is_ok());
    }
}

/// Another statement than that one.
fn other(statement: Known) -> Known {
    if statement == NARROW { WIDE } else { NARROW }
}

#[test]
fn the_statement_is_a_public_input() {
    for (scheme, statement) in everything() {
        for other in statements().into_iter().filter(|other| *other != statement) {
            let found = other.element();
            // As a lie about a proof, and as a proof of a lie.
            let lie = Instance { statement: found, ..instance(statement, 1) };
            let proved = bundle_of(scheme, statement, lie.clone());
            for bundle in [unproved(scheme, statement, lie), proved] {
                let error = Error::StatementRow { expected: statement.element(), found };
                assert_eq!(refused(&bundle, &policy()), error);
            }
        }
    }
}

#[test]
fn proofs_of_one_statement_are_none_of_another() {
    for (scheme, statement) in everything() {
        let made = bundle(scheme, statement, 1);
        for other in statements().into_iter().filter(|other| *other != statement) {
            let honest = bundle_with(scheme, other, instance(other, 1), made.proof().to_vec());
            let error = refused(&honest, &policy());
            let lengths = [statement, other].map(|s| Fixture::of(s).key(scheme).proof_length());
            match lengths[0] == lengths[1] {
                true => assert_eq!(error, Error::ProofRejected),
                false => assert!(matches!(error, Error::ProofLength { .. })),
            }
            let (digest, proof) = (made.key_digest(), made.proof().to_vec());
            let claim = made.scheme_claim();
            let mixed = Bundle::new(other.clone(), claim, digest, instance(other, 1), proof).unwrap();
            let expected = Fixture::of(other).key(scheme).digest();
            assert_eq!(refused(&mixed, &policy()), Error::KeyDigest { expected, found: digest });
        }
    }
}

#[test]
fn claims_are_in_range() {
    type Set = fn(&mut BlockInputs<Fr>, Fr);
    let cases: [(&str, u32, Set); 9] = [
        ("height", 53, |i, v| i.height = v),
        ("timestamp", 53, |i, v| i.timestamp = v),
        ("previous state root", 128, |i, v| i.prev_state_root.high = v),
        ("previous state root", 128, |i, v| i.prev_state_root.low = v),
        ("new state root", 128, |i, v| i.new_state_root.high = v),
        ("new state root", 128, |i, v| i.new_state_root.low = v),
        ("transactions root", 128, |i, v| i.tx_root.high = v),
        ("transactions root", 128, |i, v| i.tx_root.low = v),
        ("within bound", 6, |i, v| i.within_bound = v),
    ];
    for statement in [NARROW, *SEVERAL] {
        for (claim, bits, set) in cases {
            let least = Fr::from(2).pow_vartime([u64::from(bits)]);
            let with = |value| {
                let mut instance = instance(statement, 1);
                set(block_mut(&mut instance), value);
                bundle_of(Scheme::Transparent, statement, instance)
            };
            for found in [least, -Fr::one()] {
                // Even a proof does not make it right.
                assert_eq!(refused(&with(found), &policy()), Error::ClaimRange { claim, bits, found });
            }
            assert!(verify(&with(least - Fr::one()), &policy()).is_ok());
        }
    }
}

#[test]
fn codebooks_are_named_or_any_by_name() {
    for (scheme, statement) in under_all_schemes(blocks()) {
        let bundle = bundle(scheme, statement, 1);
        let with = |policy: Policy| trusting(policy).models(registry());
        for accepted in [vec![], vec![Fr::one()], vec![Fr::one(), Fr::from(2)]] {
            let error = Error::CodebookRoot { accepted: accepted.clone(), found: codebook() };
            assert_eq!(refused(&bundle, &with(Policy::codebooks(accepted))), error);
        }
        assert!(verify(&bundle, &with(Policy::codebooks([Fr::one(), codebook()]))).is_ok());
        assert!(verify(&bundle, &with(Policy::any_codebook())).is_ok());
    }
}

#[test]
fn setups_are_trusted_by_name() {
    for scheme in with_setup() {
        let bundle = bundle(scheme, NARROW, 1);
        let keys = || Fixture::of(NARROW).trusted();
        let none = Policy::any_codebook();
        let error = Error::SetupNotTrusted { trusted: vec![], found: claim().id };
        assert_eq!(refused(&bundle, &none), error);
        let insecure = Policy::any_codebook().trust_setup(setup(keys()));
        assert_eq!(refused(&bundle, &insecure), Error::SetupInsecure { id: claim().id });
        let allowed = insecure.allow_insecure_setup();
        assert!(verify(&bundle, &allowed).unwrap().insecure_setup());

        // One that is given and not among those that are named does not count, and the other way round.
        let named = |ids: &[[u8; 32]]| allowed.clone().setups(ids.iter().copied());
        assert!(verify(&bundle, &named(&[[6; 32], claim().id])).is_ok());
        for ids in [vec![], vec![[6; 32]]] {
            let error = Error::SetupNotTrusted { trusted: ids.clone(), found: claim().id };
            assert_eq!(refused(&bundle, &named(&ids)), error);
        }
        assert!(verify(&bundle, &none.setups([claim().id])).is_err());

        let under = |claim| {
            let (instance, proof) = (bundle.unverified_instance().clone(), bundle.proof().to_vec());
            let scheme = SchemeClaim::new(scheme, Some(claim)).unwrap();
            Bundle::new(NARROW.clone(), scheme, bundle.key_digest(), instance, proof).unwrap()
        };
        let lying = under(SetupClaim { insecure: false, ..claim() });
        assert_eq!(refused(&lying, &allowed), Error::SetupFlag { expected: true, found: false });
        let unknown = under(SetupClaim { id: [6; 32], insecure: true });
        let error = Error::SetupNotTrusted { trusted: vec![claim().id], found: [6; 32] };
        assert_eq!(refused(&unknown, &allowed), error);
    }
}

#[test]
fn the_error_bound_is_insisted_on() {
    for (scheme, statement) in under_all_schemes(blocks()) {
        let strict = policy().require_within_bound();
        let within = [true, false, true, true, true, true];
        assert_eq!(refused(&bundle(scheme, statement, 1), &strict), Error::OutsideBound { within });
        let mut instance = instance(statement, 1);
        block_mut(&mut instance).within_bound = Fr::from(0b111111);
        assert!(verify(&bundle_of(scheme, statement, instance), &strict).is_ok());
    }
}

#[test]
fn heights_are_compared() {
    for (scheme, statement) in under_all_schemes(blocks()) {
        let bundle = bundle(scheme, statement, 5);
        assert_eq!(refused(&bundle, &policy().expect_height(6)), Error::Height { expected: 6, found: 5 });
        assert!(verify(&bundle, &policy().expect_height(5)).is_ok());
    }
}

#[test]
fn what_can_be_asked_for_once_is_asked_for_once() {
    let block = Block::default();
    let subject = "a block, values or a commitment to be about";
    let about = [
        policy().expect_block(block.clone()),
        policy().expect_values(vec![0; 96], Fr::zero()),
        policy().expect_commitment(Fr::one()),
    ];
    let mut twice: Vec<(Policy, &str)> = Vec::new();
    for policy in about {
        twice.extend([
            (policy.clone().expect_block(block.clone()), subject),
            (policy.clone().expect_salted_block(block.clone(), Fr::one()), subject),
            (policy.clone().expect_values(vec![], Fr::zero()), subject),
            (policy.expect_commitment(Fr::one()), subject),
        ]);
    }
    twice.extend([
        (policy().expect_height(1).expect_height(1), "a height"),
        (policy().expect_block_hash([1; 32]).expect_block_hash([1; 32]), "a block hash"),
        (policy().expect_context(context(1)).expect_context(context(1)), "a context"),
        (policy().at_time(1).at_time(2), "a time"),
        (policy().statements([NARROW.clone()]).statements([WIDE.clone()]), "statements"),
        (policy().schemes([Scheme::Kzg]).schemes(Scheme::ALL), "schemes"),
        (policy().setups([]).setups([[1; 32]]), "setups by their digests"),
        (trusting(policy()), "a setup"),
        // The first mistake is told.
        (policy().at_time(1).at_time(1).expect_height(1).expect_height(1), "a time"),
    ]);
    for (policy, what) in twice {
        for (scheme, statement) in everything() {
            let error = refused(&unproved(scheme, statement, instance(statement, 1)), &policy);
            assert_eq!(error, Error::Policy(PolicyFault::Twice(what)));
            assert!(!error.is_rejection() && error.to_string().contains(what));
        }
    }
    // Each once, in any order.
    let bundle = bundle(Scheme::Kzg, NARROW, 1);
    let once = policy().schemes([Scheme::Kzg]).at_time(3).statements([NARROW.clone()]).expect_height(1);
    assert!(verify(&bundle, &once).is_ok());
}

#[test]
fn claims_say_what_they_rest_on() {
    for (scheme, statement) in everything() {
        let bundle = bundle(scheme, statement, 1);
        let verified = verify(&bundle, &policy()).unwrap();
        assert_eq!(verified.key_digest(), Fixture::of(statement).key(scheme).digest());
        assert_eq!(verified.setup(), scheme.has_setup().then(|| claim().id));
    }
}
