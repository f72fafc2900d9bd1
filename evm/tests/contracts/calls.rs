//! Good calls, from whom and on which chain ever; those that read; and calls with too little gas.

use foldproof_evm::abi::Entry;
use foldproof_evm::machine::{MAX_GAS, Machine, Outcome};
use foldproof_evm::{Contract, Error, Refusal, Trust, VerifierKey};
use foldproof_verifier::{Scheme, keccak256};
use revm::primitives::hardfork::SpecId;

use crate::fixture::{
    Answer, CORE, Deployed, Fixture, SENDER, TAGS, WORD, first_child, fixture, fixtures, word,
};

#[test]
fn proofs_are_accepted() {
    for fixture in fixtures() {
        let mut deployed = Deployed::new(&fixture.contract);
        for claim in &fixture.claims {
            assert_eq!(deployed.ask(&claim.calldata()), Answer::Accepted, "{}", fixture.name);
            assert_eq!(claim.proof.len(), fixture.contract.proof_length);
            assert_eq!(claim.inputs.len(), fixture.contract.inputs);
        }
        assert_eq!(deployed.machine.code(deployed.address), fixture.contract.code);
        assert_eq!(deployed.machine.code(first_child(deployed.address)), fixture.contract.key_code);
    }
}

/// All instructions are of Shanghai or older.
#[test]
fn proofs_are_accepted_under_the_rules_of_other_forks() {
    for fork in [SpecId::SHANGHAI, SpecId::CANCUN, SpecId::PRAGUE, SpecId::OSAKA] {
        for fixture in fixtures() {
            let mut deployed = Deployed::on(Machine::under(fork), &fixture.contract.init_code);
            let [good, other] = &fixture.claims;
            assert_eq!(deployed.ask(&good.calldata()), Answer::Accepted, "{fork:?} {}", fixture.name);
            let mut bad = good.clone();
            bad.inputs.clone_from(&other.inputs);
            assert_eq!(deployed.ask(&bad.calldata()), Answer::Refused(Refusal::ProofRejected));
        }
    }
}

#[test]
fn one_call_leaves_nothing_for_the_next() {
    let fixture = fixture(TAGS);
    let mut deployed = Deployed::new(&fixture.contract);
    let [good, other] = &fixture.claims;
    let mut bad = good.clone();
    bad.inputs.clone_from(&other.inputs);
    for _ in 0..3 {
        assert_eq!(deployed.ask(&good.calldata()), Answer::Accepted);
        assert_eq!(deployed.ask(&bad.calldata()), Answer::Refused(Refusal::ProofRejected));
    }
}

/// Whether a contract gives back what it has to of its key, its setup or its name.
pub fn says_what_it_is(fixture: &Fixture, deployed: &mut Deployed, entry: Entry) -> bool {
    let text = format!("INSECURE SETUP Foldproof {}", fixture.name);
    let expected = match entry {
        Entry::KeyDigest => fixture.key.digest().to_vec(),
        Entry::SetupId => fixture.setup.digest().0.to_vec(),
        _ => {
            let mut bytes = [word(WORD), word(text.len())].concat();
            bytes.extend(text.as_bytes());
            bytes.resize(WORD * (2 + text.len().div_ceil(WORD)), 0);
            bytes
        }
    };
    matches!(deployed.call(&entry.selector()), Outcome::Success { output, .. } if output == expected)
}

#[test]
fn contracts_say_what_they_are() {
    for fixture in fixtures() {
        let mut deployed = Deployed::new(&fixture.contract);
        for entry in [Entry::KeyDigest, Entry::SetupId, Entry::Name] {
            assert!(says_what_it_is(fixture, &mut deployed, entry), "{}: {entry:?}", fixture.name);
        }
        assert_eq!(fixture.contract.key_digest, fixture.key.digest());
        assert!(fixture.contract.name.starts_with("INSECURE_SETUP_Foldproof_"));
    }
}

#[test]
fn a_contract_of_a_ceremony_has_no_warning() {
    let fixture = fixture(TAGS);
    let contract = Contract::new(&fixture.key, &fixture.setup, Trust::Ceremony).unwrap();
    assert_eq!(contract.name, "Foldproof_fingerprint_tags_96_64_32_15");
    assert!(!contract.yul.contains("INSECURE"));
    // The same key, the same proofs: who knows the secret is not in them.
    assert_eq!(contract.key_code, fixture.contract.key_code);
    assert_eq!(Deployed::new(&contract).ask(&fixture.claims[0].calldata()), Answer::Accepted);
}

#[test]
fn keys_of_other_schemes_have_no_contract() {
    let golden = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/golden/core-small-64.kzg.vk");
    let statement = fixture(CORE).key.statement();
    let key = VerifierKey::from_bytes(statement, Scheme::Kzg, &std::fs::read(golden).unwrap()).unwrap();
    let error = Contract::new(&key, &fixture(CORE).setup, Trust::Insecure).unwrap_err();
    assert_eq!(error, Error::Scheme { found: Scheme::Kzg });
    assert_eq!(
        error.to_string(),
        "scheme: expected evm, found kzg; contracts read proofs of `--scheme evm` only"
    );
}

#[test]
fn the_abi_names_functions_and_errors() {
    let abi = &fixture(TAGS).contract.abi;
    let hashed = |signature: &str| keccak256(&[signature.as_bytes()])[..4].to_vec();
    assert_eq!(Entry::Verify.selector().to_vec(), hashed("verifyProof(bytes,uint256[])"));
    assert_eq!(Entry::VerifyBatch.selector().to_vec(), hashed("verifyProofs(bytes[],uint256[][])"));
    assert_eq!(Entry::KeyDigest.selector().to_vec(), hashed("keyDigest()"));
    for entry in [Entry::Verify, Entry::VerifyBatch, Entry::KeyDigest, Entry::SetupId, Entry::Name] {
        // Of a shorter calldata the missing bytes are read as zeros.
        assert_ne!(entry.selector()[3], 0, "{entry:?}");
    }
    for entry in ["verifyProof", "verifyProofs", "keyDigest", "setupId", "name"] {
        assert_eq!(abi.matches(&format!(r#""type":"function","name":"{entry}","#)).count(), 1);
    }
    let mut selectors: Vec<_> = Refusal::ALL.iter().map(|refusal| refusal.selector()).collect();
    for refusal in Refusal::ALL {
        assert_eq!(abi.matches(&format!(r#""type":"error","name":"{}","#, refusal.name())).count(), 1);
        assert_eq!(Refusal::from_output(&refusal.selector()), Some(refusal));
    }
    selectors.sort_unstable();
    selectors.dedup();
    assert_eq!(selectors.len(), Refusal::ALL.len());
    assert_eq!(Refusal::from_output(&[]), None);
}

/// A bad proof is never accepted and a good one only with the gas it takes: what little gas leads to is not taken for a yes.
#[test]
fn too_little_gas_is_never_a_yes() {
    let fixture = fixture(TAGS);
    let mut deployed = Deployed::new(&fixture.contract);
    let [good, other] = &fixture.claims;
    let mut bad = good.clone();
    bad.inputs.clone_from(&other.inputs);
    let [good, bad] = [good, &bad].map(|claim| claim.calldata());
    let used = deployed.call(&good).gas();
    let mut ask = |data: &[u8], gas: u64| {
        let outcome = deployed.machine.call_with(SENDER, deployed.address, data, 0, gas);
        outcome.map_or(None, |outcome| Some(Answer::of(outcome)))
    };
    let step = usize::try_from(used / 300).unwrap();
    let (mut starved, mut halted, mut limit) = (0, 0, None);
    for gas in (20_000..used + 200_000).step_by(step) {
        match ask(&good, gas) {
            Some(Answer::Accepted) => {
                assert!(gas >= used);
                limit = limit.or(Some(gas));
            }
            Some(Answer::Refused(Refusal::Precompile)) => starved += 1,
            // Not even enough to say so, or not to be included.
            None | Some(Answer::Other(Outcome::Halt { .. })) => halted += 1,
            answer => panic!("{gas} gas: {answer:?}"),
        }
        assert_ne!(ask(&bad, gas), Some(Answer::Accepted), "{gas} gas");
    }
    assert!(starved > 0 && halted > 0);
    assert!(limit.is_some_and(|limit| limit < used + 200_000));
    assert_eq!(ask(&bad, MAX_GAS), Some(Answer::Refused(Refusal::ProofRejected)));
}

/// Of both kinds of output there is one: a word that is 1, or four bytes.
#[test]
fn the_answer_is_one_word() {
    let fixture = fixture(TAGS);
    let mut deployed = Deployed::new(&fixture.contract);
    for data in [fixture.claims[0].calldata(), fixture.batch(&[0, 1])] {
        let Outcome::Success { output, .. } = deployed.call(&data) else { panic!("refused") };
        assert_eq!(output, word(1_u64));
    }
}
