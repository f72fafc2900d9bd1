//! Which blocks are the chain's: BLOCKHASH for 256, EIP-2935 for 8,191, and 0 for none.

use foldproof_evm::encoding::Word;

use super::scene::*;

const HISTORY: [u8; 20] = [
    0, 0, 0xf9, 0x08, 0x27, 0xf1, 0xc5, 0x3a, 0x10, 0xcb, 0x7a, 0x02, 0x33, 0x5b, 0x17, 0x53, 0x20, 0, 0x29,
    0x35,
];
/// Who tells that contract the hash of the block before, at the start of each.
const SYSTEM: [u8; 20] = {
    let mut address = [0xff; 20];
    address[19] = 0xfe;
    address
};
/// The contract's code, from the standard.
const CODE: &str = "3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";

/// The scene, so many blocks later; with the history, if it has been told a hash.
pub fn later(blocks: u64, told: Option<Word>) -> Scene {
    let mut scene = Scene::new();
    let height = scene.height();
    if let Some(hash) = told {
        scene.machine.set_code(HISTORY, &hex::decode(CODE).unwrap());
        scene.machine.set_block(height + 1, 0);
        scene.machine.call(SYSTEM, HISTORY, &hash).unwrap();
    }
    scene.machine.set_block(height + blocks, scene.time() + 12 * blocks);
    scene
}

fn taken(blocks: u64, told: Option<Word>) -> Result<(), &'static str> {
    let scene = later(blocks, told);
    scene.own(&scene.open).map(drop).map_err(|refused| refused.name)
}

#[test]
fn blockhash_knows_256_blocks() {
    for blocks in [1, 2, 256] {
        assert_eq!(taken(blocks, None), Ok(()), "{blocks}");
    }
    for blocks in [257, 8191, 100_000] {
        assert_eq!(taken(blocks, None), Err("BlockHashUnknown"), "{blocks}");
    }
    // This block's own hash is not known, and a later one's is not.
    let mut scene = Scene::new();
    for height in [scene.height(), scene.height() - 1] {
        scene.machine.set_block(height, scene.time());
        assert_eq!(refused(scene.own(&scene.open)), "BlockHashUnknown");
    }
}

#[test]
fn eip_2935_knows_8191_blocks() {
    let hash = Scene::new().hash();
    for blocks in [257, 5000, 8191] {
        assert_eq!(taken(blocks, Some(hash)), Ok(()), "{blocks}");
        // Not told: it gives back 0.
        assert_eq!(taken(blocks, Some([0; 32])), Err("BlockHashUnknown"), "{blocks}");
        assert_eq!(taken(blocks, Some(flipped(hash))), Err("BlockHash"), "{blocks}");
    }
    for blocks in [8192, 8191 + 257, 100_000] {
        assert_eq!(taken(blocks, Some(hash)), Err("BlockHashUnknown"), "{blocks}");
    }
    // It says nothing of this block and later ones, where it could hold a hash of 8,191 blocks before.
    for blocks in [0, 1] {
        let mut scene = later(300, Some(hash));
        let height = scene.height();
        scene.machine.set_block(height - blocks, scene.time());
        assert_eq!(refused(scene.own(&scene.open)), "BlockHashUnknown");
    }
}

/// What answers at that address on a chain without the standard.
#[test]
fn half_an_answer_is_none() {
    // RETURN of 31 bytes of the right hash; of 64; nothing.
    let mut scene = later(300, None);
    let hash = scene.hash();
    let code = |length| [&[0x7f][..], &hash, &[0x5f, 0x52, 0x60, length, 0x5f, 0xf3]].concat();
    for length in [0, 31, 64] {
        scene.machine.set_code(HISTORY, &code(length));
        assert_eq!(refused(scene.own(&scene.open)), "BlockHashUnknown");
    }
    // The right hash, taken back.
    let mut revert = code(32);
    *revert.last_mut().unwrap() = 0xfd;
    scene.machine.set_code(HISTORY, &revert);
    assert_eq!(refused(scene.own(&scene.open)), "BlockHashUnknown");
    scene.machine.set_code(HISTORY, &code(32));
    assert!(scene.own(&scene.open).is_ok());
}

/// A hash that the chain has for the height, of another block.
#[test]
fn another_blocks_hash_is_refused() {
    let mut scene = Scene::new();
    scene.machine.set_block_hash(scene.height(), flipped(scene.hash()));
    assert_eq!(refused(scene.own(&scene.open)), "BlockHash");
    // Whoever trusts the hash asks by it.
    assert!(scene.trusted(&scene.open).is_ok());
}
