//! Headers beside proofs about several blocks: one for each in their order, each held against its own block.

use super::contexts::context;
use super::headers::{CHANGES, give_header, headers, tells};
use super::several::{block_mut, in_block};
use super::*;
use crate::{BlockHeader, History};

/// Public inputs of the blocks with these two of the real headers.
fn instance_of(fixtures: [usize; 2]) -> Instance {
    let mut instance = instance(*TOGETHER, 0);
    for (place, fixture) in fixtures.into_iter().enumerate() {
        give_header(block_mut(&mut instance, place), fixture);
    }
    instance
}

fn headers_of<const N: usize>(fixtures: [usize; N]) -> [BlockHeader; N] {
    fixtures.map(|fixture| headers()[fixture].clone())
}

fn hashes_of<const N: usize>(fixtures: [usize; N]) -> [[u8; 32]; N] {
    headers_of(fixtures).map(|header| header.hash())
}

/// A proof about the blocks of two real headers, and the headers beside it.
fn with_headers(scheme: Scheme, fixtures: [usize; 2]) -> Bundle {
    bundle_of(scheme, *TOGETHER, instance_of(fixtures)).with_headers(headers_of(fixtures)).unwrap()
}

#[test]
fn each_block_has_the_hash_of_its_header() {
    for scheme in Scheme::ALL {
        let bundle = with_headers(scheme, [2, 3]);
        let told = |policy: &Policy| {
            let verified = verify(&bundle, policy).unwrap();
            assert_eq!(verified.block_hashes(), hashes_of([2, 3]));
            verified.blocks().iter().map(|block| block.block_hash_matched()).collect::<Vec<_>>()
        };
        assert_eq!(told(&policy()), [false, false]);
        assert_eq!(told(&policy().expect_block_hashes(hashes_of([2, 3]))), [true, true]);
        // All of them, in their order.
        let asked =
            |hashes: &[[u8; 32]]| refused(&bundle, &policy().expect_block_hashes(hashes.iter().copied()));
        let [first, second] = hashes_of([2, 3]);
        let other = |place, expected, found| in_block(place, Error::BlockHash { expected, found });
        assert_eq!(asked(&[second, first]), other(0, second, first));
        assert_eq!(asked(&[first, first]), other(1, first, second));
        for hashes in [&[][..], &[first], &[first, second, second]] {
            assert_eq!(asked(hashes), Error::BlockCount { expected: hashes.len(), found: 2 });
        }
        let count = Error::BlockCount { expected: 1, found: 2 };
        assert_eq!(refused(&bundle, &policy().expect_block_hash(first)), count);
        // Who names several blocks is given no single one.
        let single = super::bundle(scheme, NARROW, 1);
        let count = Error::BlockCount { expected: 2, found: 1 };
        assert_eq!(refused(&single, &policy().expect_block_hashes([first, second])), count);
        // Without headers there is nothing to tell by.
        let bare = bundle_of(scheme, *TOGETHER, instance_of([2, 3]));
        assert!(verify(&bare, &policy()).unwrap().block_hashes().is_empty());
        let error = in_block(0, Error::HeaderMissing { expected: first });
        assert_eq!(refused(&bare, &policy().expect_block_hashes([first, second])), error);
    }
}

#[test]
fn each_header_is_held_against_its_own_block() {
    for scheme in Scheme::ALL {
        // Each in the other's place, or twice.
        for (fixtures, place) in [([3, 2], 0), ([2, 2], 1), ([3, 3], 0), ([2, 1], 1)] {
            let bundle = bundle_of(scheme, *TOGETHER, instance_of([2, 3]));
            let swapped = bundle.with_headers(headers_of(fixtures)).unwrap();
            match refused(&swapped, &policy()) {
                Error::InBlock { place: found, error } => {
                    assert!(found == place && tells(&error, "height"), "{error}");
                }
                error => panic!("{error}"),
            }
        }
        // One field of one block.
        for (changed, change) in CHANGES {
            for place in [0, 1] {
                let mut instance = instance_of([2, 3]);
                change(block_mut(&mut instance, place));
                let bundle = bundle_of(scheme, *TOGETHER, instance);
                assert!(verify(&bundle, &policy()).is_ok());
                let bundle = bundle.with_headers(headers_of([2, 3])).unwrap();
                match refused(&bundle, &policy()) {
                    Error::InBlock { place: found, error } => {
                        assert!(found == place && tells(&error, changed) && error.is_rejection(), "{error}");
                    }
                    error => panic!("{error}"),
                }
            }
        }
        // A block under another salt has another commitment, and the same hash.
        let twice = bundle_of(scheme, *TOGETHER, instance_of([3, 3]));
        assert!(verify(&twice, &policy()).is_ok());
        let error = Error::BlockRepeated { first: 0, second: 1 };
        assert_eq!(refused(&twice.with_headers(headers_of([3, 3])).unwrap(), &policy()), error);
    }
}

#[test]
fn every_block_has_a_header_or_none_has() {
    let bundle = unproved(Scheme::Kzg, *TOGETHER, instance_of([2, 3]));
    let with = |headers: &[BlockHeader]| bundle.clone().with_headers(headers.iter().cloned());
    let [first, second] = headers_of([2, 3]);
    for headers in [&[][..], std::slice::from_ref(&first), &[first.clone(), second.clone(), second.clone()]] {
        assert_eq!(with(headers), Err(Error::HeaderCount { expected: 2, found: headers.len() }));
    }
    let single = unproved(Scheme::Kzg, NARROW, instance(NARROW, 1));
    let error = Error::HeaderCount { expected: 1, found: 2 };
    assert_eq!(single.with_headers([first.clone(), second.clone()]), Err(error));
    // As bytes: where the second is missing, or a third follows, other things are read as its length.
    let encoded =
        |header: &BlockHeader| [&(header.rlp().len() as u16).to_le_bytes()[..], header.rlp()].concat();
    for bundle in [with(&[first.clone(), second.clone()]).unwrap()] {
        let bytes = bundle.to_bytes();
        let [one, two] = [&first, &second].map(encoded);
        let both = [&one[..], &two].concat();
        let at = bytes.windows(both.len()).position(|window| window == both).unwrap();
        let (before, after) = (&bytes[..at], &bytes[at + both.len()..]);
        assert_eq!((&bytes[8..10], bytes[at - 1]), (&[3, 0][..], 2));
        assert!(Bundle::from_bytes(&[before, &one, after].concat()).is_err());
        assert!(Bundle::from_bytes(&[before, &both, &two, after].concat()).is_err());
        let swapped = Bundle::from_bytes(&[before, &two, &one, after].concat()).unwrap();
        assert_eq!(swapped.unverified_headers(), [second.clone(), first.clone()]);
        for cut in at..bytes.len() {
            let error = Bundle::from_bytes(&bytes[..cut]).unwrap_err();
            assert!(matches!(error, Error::Truncated { .. }), "{error}");
        }
        // With and without a context there is one encoding.
        for bundle in [bundle.clone(), bundle.with_context(context(5))] {
            let bytes = bundle.to_bytes();
            assert_eq!(Bundle::from_bytes(&bytes).map(|bundle| bundle.to_bytes()), Ok(bytes));
        }
    }
}

/// Within a proof as between proofs: the parent of the second block is the first.
#[test]
fn blocks_of_a_proof_follow_each_other_where_headers_tell() {
    let [header] = headers_of([3]);
    let child = |parent: [u8; 32]| {
        let mut rlp = header.rlp().to_vec();
        // The list's own bytes, and the length of the first field.
        rlp[4..36].copy_from_slice(&parent);
        let height = [0x84, 0x01, 0x77, 0xd3, 0x54];
        let at = rlp.windows(5).position(|bytes| bytes == height).unwrap();
        rlp[at + 4] += 1;
        BlockHeader::decode(&rlp).unwrap()
    };
    let proved = |parent: [u8; 32]| {
        let mut instance = instance_of([3, 3]);
        let block = block_mut(&mut instance, 1);
        block.height += Fr::one();
        block.prev_state_root = Root::from_bytes(&parent).map(Fr::from_u128);
        let bundle = bundle_of(Scheme::Kzg, *TOGETHER, instance);
        verify(&bundle.with_headers([header.clone(), child(parent)]).unwrap(), &policy()).unwrap()
    };
    let history = History::of([&proved(header.hash())], false).unwrap();
    assert_eq!(history.block_hashes(), [header.hash(), child(header.hash()).hash()].map(Some));
    let error = Error::HistoryParent { place: 0, expected: header.hash(), found: [7; 32] };
    assert_eq!(History::of([&proved([7; 32])], false), Err(error));
}
