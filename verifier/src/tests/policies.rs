//! Policies: each demand refuses what it should, and says what it found.

use ff::Field;

use super::*;
use crate::scalar::to_hex;
use foldproof_circuits::block::{Block, Header, Transaction};
use foldproof_circuits::stages::commit;

/// A bundle with bytes in place of a proof: for policies that refuse before they look.
fn unproved(scheme: Scheme, statement: Statement, instance: Instance) -> Bundle {
    bundle_with(scheme, statement, instance, vec![])
}

fn refused(bundle: &Bundle, policy: &Policy) -> Error {
    let error = verify(bundle, policy).unwrap_err();
    assert!(!error.to_string().is_empty());
    error
}

#[test]
fn statements_and_schemes_are_chosen_by_the_caller() {
    for (scheme, statement) in everything() {
        let bundle = bundle(scheme, statement, 1);
        let other = if statement == NARROW { WIDE } else { NARROW };
        let only = policy().statements([other]);
        let error = Error::StatementNotAccepted { accepted: vec![other], found: statement };
        assert_eq!(refused(&bundle, &only), error);
        let error = Error::StatementNotAccepted { accepted: vec![], found: statement };
        assert_eq!(refused(&bundle, &policy().statements([])), error);
        assert!(verify(&bundle, &policy().statements([statement])).is_ok());

        let other = if scheme == Scheme::Kzg { Scheme::Transparent } else { Scheme::Kzg };
        let error = Error::SchemeNotAccepted { accepted: vec![other], found: scheme };
        assert_eq!(refused(&bundle, &policy().schemes([other])), error);
        assert!(verify(&bundle, &policy().schemes([scheme])).is_ok());
    }
}

#[test]
fn the_number_of_the_statement_is_a_public_input() {
    for (scheme, statement) in everything() {
        let other = if statement == NARROW { WIDE } else { NARROW };
        let found = Fr::from(u64::from(other.number()));
        // As a lie about a proof, and as a proof of a lie.
        let lie = Instance { statement: found, ..instance(statement, 1) };
        for bundle in [unproved(scheme, statement, lie), bundle_of(scheme, statement, lie)] {
            let error = Error::StatementRow { expected: statement.number(), found };
            assert_eq!(refused(&bundle, &policy()), error);
        }
    }
}

#[test]
fn proofs_of_one_statement_are_none_of_another() {
    for scheme in Scheme::ALL {
        let narrow = bundle(scheme, NARROW, 1);
        let honest = bundle_with(scheme, WIDE, instance(WIDE, 1), narrow.proof().to_vec());
        assert!(matches!(refused(&honest, &policy()), Error::ProofLength { .. }));
        let digest = narrow.key_digest();
        let setup = narrow.setup();
        let mixed = Bundle::new(WIDE, setup, digest, instance(WIDE, 1), narrow.proof().to_vec()).unwrap();
        let expected = Fixture::of(WIDE).key(scheme).digest();
        assert_eq!(refused(&mixed, &policy()), Error::KeyDigest { expected, found: digest });
    }
}

#[test]
fn claims_are_in_range() {
    type Set = fn(&mut Instance, Fr);
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
    for (claim, bits, set) in cases {
        let least = Fr::from(2).pow_vartime([u64::from(bits)]);
        for found in [least, -Fr::one()] {
            let mut instance = instance(NARROW, 1);
            set(&mut instance, found);
            // Even a proof does not make it right.
            let bundle = bundle_of(Scheme::Transparent, NARROW, instance);
            assert_eq!(refused(&bundle, &policy()), Error::ClaimRange { claim, bits, found });
        }
        let mut instance = instance(NARROW, 1);
        set(&mut instance, least - Fr::one());
        assert!(verify(&bundle_of(Scheme::Transparent, NARROW, instance), &policy()).is_ok());
    }
}

#[test]
fn codebooks_are_named_or_any_by_name() {
    for (scheme, statement) in everything() {
        let bundle = bundle(scheme, statement, 1);
        let with = |policy: Policy| {
            policy.trust_setup(setup([Fixture::of(statement).trusted.clone()])).allow_insecure_setup()
        };
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
    let bundle = bundle(Scheme::Kzg, NARROW, 1);
    let keys = || [Fixture::of(NARROW).trusted.clone()];
    let none = Policy::any_codebook();
    let error = Error::SetupNotTrusted { trusted: vec![], found: claim().id };
    assert_eq!(refused(&bundle, &none), error);
    let insecure = Policy::any_codebook().trust_setup(setup(keys()));
    assert_eq!(refused(&bundle, &insecure), Error::SetupInsecure { id: claim().id });
    let allowed = insecure.allow_insecure_setup();
    assert!(verify(&bundle, &allowed).unwrap().insecure_setup());

    let lie = SetupClaim { insecure: false, ..claim() };
    let (instance, proof) = (*bundle.unverified_instance(), bundle.proof().to_vec());
    let lying = Bundle::new(NARROW, Some(lie), bundle.key_digest(), instance, proof.clone()).unwrap();
    assert_eq!(refused(&lying, &allowed), Error::SetupFlag { expected: true, found: false });

    let other = SetupClaim { id: [6; 32], insecure: true };
    let unknown = Bundle::new(NARROW, Some(other), bundle.key_digest(), instance, proof).unwrap();
    let error = Error::SetupNotTrusted { trusted: vec![claim().id], found: [6; 32] };
    assert_eq!(refused(&unknown, &allowed), error);
}

#[test]
fn keys_of_a_setup_come_with_it() {
    let bundle = bundle(Scheme::Kzg, NARROW, 1);
    let wrong = [Fixture::of(WIDE).trusted.clone(), Fixture::of(NARROW).transparent.clone()];
    let policy = Policy::any_codebook().trust_setup(setup(wrong)).allow_insecure_setup();
    let error = refused(&bundle, &policy);
    assert_eq!(error, Error::NoKey { statement: NARROW, scheme: Scheme::Kzg });
    assert!(!error.is_rejection());
}

#[test]
fn the_error_bound_is_insisted_on() {
    for (scheme, statement) in everything() {
        let strict = policy().require_within_bound();
        let within = [true, false, true, true, true, true];
        assert_eq!(refused(&bundle(scheme, statement, 1), &strict), Error::OutsideBound { within });
        let instance = Instance { within_bound: Fr::from(0b111111), ..instance(statement, 1) };
        assert!(verify(&bundle_of(scheme, statement, instance), &strict).is_ok());
    }
}

#[test]
fn heights_are_compared() {
    for (scheme, statement) in everything() {
        let bundle = bundle(scheme, statement, 5);
        assert_eq!(refused(&bundle, &policy().expect_height(6)), Error::Height { expected: 6, found: 5 });
        assert!(verify(&bundle, &policy().expect_height(5)).is_ok());
    }
}

/// A block and public inputs that fit it.
fn block_and_instance(statement: Statement, salt: Fr) -> (Block, Instance) {
    let header = Header {
        height: 9,
        timestamp: 1_700_000_000,
        prev_state_root: Root { high: 1 << 100, low: u128::MAX - 1 }.to_bytes(),
        new_state_root: Root { high: 2 << 100, low: u128::MAX - 2 }.to_bytes(),
        tx_root: Root { high: 3 << 100, low: u128::MAX - 3 }.to_bytes(),
    };
    let block = Block { header, transactions: vec![Transaction::default(); 2], ..Block::default() };
    let block_commitment = commit::block(statement.size, &block, salt).unwrap();
    let instance = Instance { block_commitment, ..instance(statement, 9) };
    (block, instance)
}

#[test]
fn blocks_are_recomputed() {
    for (scheme, statement) in everything() {
        let salt = -Fr::from(99);
        let (block, plain) = block_and_instance(statement, Fr::zero());
        let (_, salted) = block_and_instance(statement, salt);
        let bundles = [plain, salted].map(|instance| bundle_of(scheme, statement, instance));
        assert!(verify(&bundles[0], &policy().expect_block(block.clone())).unwrap().block_matched());
        let opened = policy().expect_salted_block(block.clone(), salt);
        assert!(verify(&bundles[1], &opened).unwrap().block_matched());

        let (expected, found) = (plain.block_commitment, salted.block_commitment);
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
        huge.transactions.resize(241, Transaction::default());
        let error = refused(&bundles[0], &policy().expect_block(huge));
        assert!(matches!(error, Error::BlockSize(oversize) if oversize.found == 241));
    }
}

#[test]
fn headers_are_compared() {
    let (block, instance) = block_and_instance(NARROW, Fr::zero());
    let bundle = bundle_of(Scheme::Transparent, NARROW, instance);
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

#[test]
fn nothing_is_pinned_for_toys() {
    let bundle = unproved(Scheme::Transparent, NARROW, instance(NARROW, 1));
    assert!(crate::verify(&bundle, &policy()).is_err());
}
