//! A header is the block's that the proof is about, or the proof is refused.

use foldproof_evm::encoding::Word;
use foldproof_evm::gate::Question;
use foldproof_verifier::keccak256;

use super::accepted::ALWAYS_TRUE;
use super::rlp::{fields, header};
use super::scene::*;

/// Places of the five fields in a header, and the rows they are compared with.
const COMPARED: [(usize, &[usize]); 5] = [(0, &[7, 8]), (3, &[9, 10]), (4, &[11, 12]), (8, &[5]), (11, &[6])];

/// Which row is at fault.
fn row(result: Result<impl std::fmt::Debug, foldproof_evm::gate::Refused>) -> u64 {
    let refused = result.expect_err("it was taken");
    assert_eq!(refused.name, "HeaderField", "{refused}");
    low(&refused.arguments[0])
}

#[test]
fn each_of_the_five_fields_is_compared() {
    let mut scene = Scene::new();
    // Whatever the verifier says.
    scene.replace_verifier(ALWAYS_TRUE);
    let honest = fields(&scene.open.header);
    for (field, rows) in COMPARED {
        // Another header, whose hash is the one that is trusted.
        let mut changed = honest.clone();
        *changed[field].last_mut().unwrap() ^= 1;
        let mut other = scene.open.clone();
        other.header = header(&changed);
        assert_eq!(row(scene.trusted(&other)), *rows.last().unwrap() as u64, "field {field}");
        // The same header, and other inputs.
        for at in rows {
            let other = scene.with(*at, flipped(scene.open.inputs[*at]));
            assert_eq!(row(scene.trusted(&other)), *at as u64);
            assert_eq!(row(scene.own(&other)), *at as u64);
        }
    }
    // What is not compared makes another block, which its hash tells.
    for field in (0..honest.len()).filter(|field| COMPARED.iter().all(|(at, _)| at != field)) {
        let mut changed = honest.clone();
        match changed[field].last_mut() {
            Some(byte) => *byte ^= 1,
            None => changed[field].push(1),
        }
        // A number that was 1 is the empty string.
        if changed[field] == [0] {
            changed[field].clear();
        }
        let mut other = scene.open.clone();
        other.header = header(&changed);
        let claims = scene.trusted(&other).unwrap();
        assert_eq!(claims.block_hash, keccak256(&[&other.header]));
        assert_ne!(claims.key, scene.own(&scene.open).unwrap().key, "field {field}");
        assert_eq!(refused(scene.own(&other)), "BlockHash", "field {field}");
    }
}

/// Halves of a root that mean the same in more than 128 bits.
#[test]
fn halves_of_roots_have_128_bits() {
    let mut scene = Scene::new();
    scene.replace_verifier(ALWAYS_TRUE);
    for at in 7..=12 {
        let mut wide = scene.open.inputs[at];
        wide[15] = 1;
        assert_eq!(row(scene.own(&scene.with(at, wide))), at as u64);
    }
}

#[test]
fn a_trusted_hash_is_the_headers() {
    let scene = Scene::new();
    let ask = |hash: Word| scene.ask(STRANGER, &scene.open, Question::Trusted(hash));
    assert!(ask(scene.hash()).is_ok());
    assert_eq!(refused(ask(flipped(scene.hash()))), "BlockHash");
    assert_eq!(refused(ask([0; 32])), "BlockHash");
}
