//! A proof, a header and a chain that agree.

use foldproof_evm::encoding::number;
use foldproof_evm::gate::{Claims, Head, ModelClaim};
use foldproof_verifier::keccak256;

use super::scene::*;

#[test]
fn the_claims_are_those_of_the_proof_and_the_header() {
    let scene = Scene::new();
    let inputs = &scene.open.inputs;
    assert_eq!(inputs.len(), ROWS);
    let (statement, root, model) = (inputs[0], inputs[CODEBOOK], inputs[MODEL]);
    // abi.encode(bytes32, uint256, uint256, uint256[]): the array stands behind four words, and has one.
    let key = keccak256(&[&scene.hash(), &statement, &root, &number(4 * 32), &number(1), &model]);
    let expected = Claims {
        key,
        statement,
        codebook_root: root,
        block_hash: scene.hash(),
        height: scene.height(),
        timestamp: scene.time(),
        commitments: [inputs[1], inputs[2], inputs[3]],
        within_bound: low(&inputs[WITHIN_BOUND]),
        models: vec![ModelClaim {
            commitment: model,
            kind: Head::Tags,
            head: inputs[MODEL + 1],
            outputs: vec![inputs[TAGS]],
        }],
    };
    assert_eq!(scene.own(&scene.open), Ok(expected.clone()));
    assert_eq!(scene.trusted(&scene.open), Ok(expected));
}

/// Salts and placement give a block many commitments; its claims have one key.
#[test]
fn the_key_does_not_depend_on_commitments_to_the_block() {
    let mut scene = Scene::new();
    let key = scene.own(&scene.open).unwrap().key;
    scene.replace_verifier(ALWAYS_TRUE);
    for row in [1, 2, 3, TAGS] {
        let other = scene.own(&scene.with(row, [0x11; 32])).unwrap();
        assert_eq!(other.key, key, "row {row}");
    }
}

/// Code that gives back the word 1.
pub const ALWAYS_TRUE: &[u8] = &[0x60, 1, 0x5f, 0x52, 0x60, 32, 0x5f, 0xf3];
