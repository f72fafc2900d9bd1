//! Verifiers: what code is asked, what answer counts, and what the real one refuses.

use foldproof_evm::Refusal;
use foldproof_evm::gate::Edit;
use foldproof_verifier::keccak256;
use num_bigint::BigUint;

use super::accepted::ALWAYS_TRUE;
use super::scene::*;

#[test]
fn a_verifier_of_other_code_is_not_registered() {
    let mut scene = Scene::deployed();
    let Edit::RegisterStatement { statement, verifier, code_hash, outputs, .. } = scene.edits()[0].clone()
    else {
        panic!("a registration comes first")
    };
    let edit = |verifier, code_hash| Edit::RegisterStatement {
        statement,
        verifier,
        code_hash,
        outputs: outputs.clone(),
        require_within_bound: false,
    };
    assert_eq!(refused(scene.try_edit(&edit(verifier, flipped(code_hash)))), "VerifierCode");
    // No code: an account that is not there has the hash 0, one that is has that of no bytes.
    let nobody = [0xee; 20];
    for hash in [[0; 32], keccak256(&[])] {
        assert_eq!(refused(scene.try_edit(&edit(nobody, hash))), "VerifierCode");
        assert_eq!(refused(scene.try_edit(&edit(REPORTER, hash))), "VerifierCode");
    }
    scene.machine.call_with(DEPLOYER, nobody, &[], 1, 100_000).unwrap();
    for hash in [[0; 32], keccak256(&[])] {
        assert_eq!(refused(scene.try_edit(&edit(nobody, hash))), "VerifierCode");
    }
    assert_eq!(refused(scene.own(&scene.open)), "StatementUnknown");
    scene.edit(&edit(verifier, code_hash));
    assert_eq!(refused(scene.own(&scene.open)), "CodebookNotAccepted");
}

#[test]
fn code_that_has_changed_is_not_asked() {
    let mut scene = Scene::new();
    let code = scene.machine.code(scene.verifier);
    assert!(scene.own(&scene.open).is_ok());
    for other in [ALWAYS_TRUE.to_vec(), vec![], [&code[..], &[0]].concat()] {
        scene.machine.set_code(scene.verifier, &other);
        assert_eq!(refused(scene.own(&scene.open)), "VerifierCode");
    }
    scene.machine.set_code(scene.verifier, &code);
    assert!(scene.own(&scene.open).is_ok());
}

/// The same claim is taken of a verifier that answers 1, and of no other.
#[test]
fn only_the_word_one_is_a_yes() {
    let mut scene = Scene::new();
    scene.replace_verifier(ALWAYS_TRUE);
    assert!(scene.own(&scene.open).is_ok());
    // PUSH1 value, PUSH0, MSTORE, PUSH1 length, PUSH0, RETURN.
    let returns = |value, length| vec![0x60, value, 0x5f, 0x52, 0x60, length, 0x5f, 0xf3];
    for code in [
        returns(0, 32),
        returns(2, 32),
        returns(1, 31),
        returns(1, 33),
        returns(1, 64),
        // The word 2²⁴⁸: true in the first byte.
        vec![0x60, 1, 0x5f, 0x53, 0x60, 32, 0x5f, 0xf3],
        vec![0x00],
    ] {
        scene.replace_verifier(&code);
        assert_eq!(refused(scene.own(&scene.open)), "VerifierAnswer", "{code:02x?}");
    }
    // REVERT with the word 1, and an instruction that there is not.
    for code in [vec![0x60, 1, 0x5f, 0x52, 0x60, 32, 0x5f, 0xfd], vec![0xfe]] {
        scene.replace_verifier(&code);
        assert_eq!(refused(scene.own(&scene.open)), "VerifierRefused", "{code:02x?}");
    }
}

fn verifier_says(result: Result<impl std::fmt::Debug, foldproof_evm::gate::Refused>) -> Refusal {
    let refused = result.expect_err("it was taken");
    refused.verifier.unwrap_or_else(|| panic!("{refused}"))
}

#[test]
fn the_verifier_is_asked_about_this_proof_and_these_inputs() {
    let scene = Scene::new();
    for row in [1, 2, 3, WITHIN_BOUND, TAGS] {
        let other = scene.with(row, flipped(scene.open.inputs[row]));
        assert_eq!(verifier_says(scene.own(&other)), Refusal::ProofRejected, "row {row}");
    }
    let mut torn = scene.open.clone();
    *torn.proof.last_mut().unwrap() ^= 1;
    assert!(matches!(verifier_says(scene.own(&torn)), Refusal::Precompile | Refusal::ProofRejected));
    for cut in [1, 32] {
        let mut short = scene.open.clone();
        short.proof.truncate(short.proof.len() - cut);
        assert_eq!(verifier_says(scene.own(&short)), Refusal::Calldata);
    }
    // A proof for a context is none without.
    let mut less = scene.reporters.clone();
    less.inputs.pop();
    assert_eq!(verifier_says(scene.own(&less)), Refusal::ProofRejected);
}

/// x and x + r are one element of the field, and would be two claims.
#[test]
fn an_input_has_one_encoding() {
    let scene = Scene::new();
    let r = BigUint::parse_bytes(
        b"21888242871839275222246405745257275088548364400416034343698204186575808495617",
        10,
    );
    let r = r.unwrap();
    let mut by_verifier = 0;
    for row in 0..ROWS {
        for times in 1..=5_u32 {
            let alias = BigUint::from_bytes_be(&scene.open.inputs[row]) + &r * times;
            let bytes = alias.to_bytes_be();
            if bytes.len() > 32 {
                continue;
            }
            let mut word = [0; 32];
            word[32 - bytes.len()..].copy_from_slice(&bytes);
            let told = scene.own(&scene.with(row, word)).expect_err("an alias was taken");
            match told.verifier {
                Some(refusal) => {
                    assert_eq!(refusal, Refusal::NotCanonical, "row {row}");
                    by_verifier += 1;
                }
                None => {
                    assert!([0, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15].contains(&row), "row {row}: {told}")
                }
            }
        }
    }
    assert!(by_verifier >= 5, "{by_verifier}");
}
