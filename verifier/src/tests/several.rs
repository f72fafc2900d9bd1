//! Proofs about several blocks: every demand is met by each of them, and none is taken for the only one.

use ff::Field;
use foldproof_circuits::block::{Block, Header, Transaction};
use foldproof_circuits::stages::commit;
use foldproof_circuits::statement::{MAX_BLOCKS_K, Size};

use super::*;
use crate::{Facts, History};

/// Two blocks at these heights, each with a salt, and public inputs that fit them.
fn blocks_and_instance(heights: [u64; 2], salts: [Fr; 2]) -> (Vec<Block>, Instance) {
    let root = |n: u128| Root { high: n << 100, low: u128::MAX - n }.to_bytes();
    let block = |height: u64| Block {
        header: Header {
            height,
            timestamp: TIMESTAMP,
            prev_state_root: root(1),
            new_state_root: root(2),
            tx_root: root(3),
        },
        transactions: vec![Transaction::default(); 2],
        ..Block::default()
    };
    let blocks = heights.map(block).to_vec();
    let inputs = blocks.iter().zip(salts).map(|(block, salt)| BlockInputs {
        block_commitment: commit::block(Size::Small, block, salt).unwrap(),
        fold_commitment: Fr::from(block.header.height * 10),
        ..block_inputs(block.header.height)
    });
    let subject = SubjectInputs::Blocks(inputs.collect());
    (blocks, Instance { subject, ..instance(*TOGETHER, 1) })
}

pub(super) fn block_mut(instance: &mut Instance, place: usize) -> &mut BlockInputs<Fr> {
    match &mut instance.subject {
        SubjectInputs::Blocks(blocks) => &mut blocks[place],
        _ => panic!("not several blocks"),
    }
}

pub(super) fn in_block(place: usize, error: Error) -> Error {
    Error::InBlock { place, error: Box::new(error) }
}

#[test]
fn no_block_of_several_is_taken_for_the_only_one() {
    for scheme in Scheme::ALL {
        let verified = verify(&bundle(scheme, *TOGETHER, 5), &policy()).unwrap();
        assert_eq!(verified.block(), None);
        assert_eq!(verified.instance().block(), None);
        let heights: Vec<u64> = verified.blocks().iter().map(|block| block.height()).collect();
        assert_eq!(heights, [5, 6]);
        assert!(matches!(verified.facts(), Facts::Blocks(blocks) if blocks == verified.blocks()));
        assert!(verified.blocks().iter().all(|block| block.codebook_root() == codebook()));
        // Who asks for one block, by whatever, is not given several.
        let (blocks, _) = blocks_and_instance([5, 6], [Fr::zero(); 2]);
        let count = Error::BlockCount { expected: 1, found: 2 };
        for one in [policy().expect_height(5), policy().expect_block(blocks[0].clone())] {
            assert_eq!(refused(&bundle(scheme, *TOGETHER, 5), &one), count);
        }
        // Nor who asks for several given one.
        let two = policy().expect_blocks(blocks);
        let count = Error::BlockCount { expected: 2, found: 1 };
        assert!(count.is_rejection());
        for two in [two, policy().expect_heights([5, 6])] {
            assert_eq!(refused(&bundle(scheme, NARROW, 5), &two), count);
        }
        let values = policy().expect_commitment(-Fr::from(1000));
        let error = Error::Subject { expected: "values", found: TOGETHER.clone() };
        assert_eq!(refused(&bundle(scheme, *TOGETHER, 5), &values), error);
    }
}

/// What a policy asks of a block is asked of each: a fault of either is found.
#[test]
fn every_block_meets_the_policy() {
    let strict = policy().require_within_bound();
    let within = |instance: &mut Instance, place| block_mut(instance, place).within_bound = Fr::from(63);
    for scheme in Scheme::ALL {
        for place in [0, 1] {
            let mut instance = instance(*TOGETHER, 1);
            within(&mut instance, 1 - place);
            let found = Error::OutsideBound { within: [true, false, true, true, true, true] };
            assert_eq!(refused(&bundle_of(scheme, *TOGETHER, instance), &strict), in_block(place, found));
        }
        let mut instance = instance(*TOGETHER, 1);
        [0, 1].into_iter().for_each(|place| within(&mut instance, place));
        assert!(verify(&bundle_of(scheme, *TOGETHER, instance), &strict).is_ok());
    }
    type Set = fn(&mut BlockInputs<Fr>, Fr);
    let cases: [(&str, u32, Set); 6] = [
        ("height", 53, |i, v| i.height = v),
        ("timestamp", 53, |i, v| i.timestamp = v),
        ("previous state root", 128, |i, v| i.prev_state_root.high = v),
        ("new state root", 128, |i, v| i.new_state_root.low = v),
        ("transactions root", 128, |i, v| i.tx_root.high = v),
        ("within bound", 6, |i, v| i.within_bound = v),
    ];
    for (claim, bits, set) in cases {
        for place in [0, 1] {
            let found = Fr::from(2).pow_vartime([u64::from(bits)]);
            let mut instance = instance(*TOGETHER, 1);
            set(block_mut(&mut instance, place), found);
            let error = refused(&bundle_of(Scheme::Transparent, *TOGETHER, instance), &policy());
            assert_eq!(error, in_block(place, Error::ClaimRange { claim, bits, found }));
            assert!(
                error.is_rejection() && error.to_string().starts_with(&format!("block {place}: {claim}"))
            );
        }
    }
    // What is not the bundle's fault is not so inside of one of its blocks either.
    assert!(!in_block(1, Error::Params(String::new())).is_rejection());
}

/// The root that they share is that of each: there is no way to write another one down.
#[test]
fn blocks_are_under_one_codebook() {
    let mut two = instance(*TOGETHER, 1);
    block_mut(&mut two, 1).codebook_root += Fr::one();
    let made = Bundle::new(TOGETHER.clone(), None, [7; 32], two, vec![]);
    assert_eq!(made.unwrap_err(), Error::RowCount { expected: 26, found: 26 });
    let bundle = bundle(Scheme::Transparent, *TOGETHER, 1);
    let other = trusting(Policy::codebooks([Fr::one()]));
    let error = Error::CodebookRoot { accepted: vec![Fr::one()], found: codebook() };
    assert_eq!(refused(&bundle, &other), in_block(0, error));
    assert!(verify(&bundle, &trusting(Policy::any_codebook())).is_ok());
}

#[test]
fn one_block_is_not_two() {
    for scheme in Scheme::ALL {
        let mut twice = instance(*TOGETHER, 4);
        let first = *block_mut(&mut twice, 0);
        // With another salt of its fingerprint it is the same block still.
        *block_mut(&mut twice, 1) = BlockInputs { fold_commitment: Fr::one(), ..first };
        let error = refused(&bundle_of(scheme, *TOGETHER, twice), &policy());
        assert_eq!(error, Error::BlockRepeated { first: 0, second: 1 });
        assert!(error.is_rejection());
    }
}

#[test]
fn blocks_are_recomputed_in_their_order() {
    let salts = [Fr::from(3), -Fr::from(99)];
    for scheme in Scheme::ALL {
        let (blocks, instance) = blocks_and_instance([7, 9], salts);
        let bundle = bundle_of(scheme, *TOGETHER, instance);
        let salted = |places: &[usize]| {
            policy().expect_salted_blocks(places.iter().map(|place| (blocks[*place].clone(), salts[*place])))
        };
        let verified = verify(&bundle, &salted(&[0, 1])).unwrap();
        assert!(verified.blocks().iter().all(|block| block.matched()));
        let verified = verify(&bundle, &policy()).unwrap();
        assert!(!verified.blocks().iter().any(|block| block.matched()));
        // In another order, one twice, too few and too many.
        let header = |place, expected: u64, found: u64| {
            let [expected, found] = [expected, found].map(|height| height.to_string());
            in_block(place, Error::BlockHeader { field: "height", expected, found })
        };
        assert_eq!(refused(&bundle, &salted(&[1, 0])), header(0, 9, 7));
        assert_eq!(refused(&bundle, &salted(&[0, 0])), header(1, 7, 9));
        for places in [&[][..], &[0], &[0, 1, 1]] {
            let error = Error::BlockCount { expected: places.len(), found: 2 };
            assert_eq!(refused(&bundle, &salted(places)), error);
        }
        // Another block at the same height, or another salt: of either.
        for place in [0, 1] {
            let mut other = blocks.clone();
            other[place].transactions.push(Transaction::default());
            let policies = [
                policy().expect_salted_blocks(other.into_iter().zip(salts)),
                policy().expect_salted_blocks(
                    blocks.iter().cloned().zip((0..).map(|i| salts[i] + Fr::from(u64::from(i == place)))),
                ),
            ];
            for policy in policies {
                match refused(&bundle, &policy) {
                    Error::InBlock { place: found, error } => {
                        assert!(found == place && matches!(*error, Error::BlockCommitment { .. }), "{error}");
                    }
                    error => panic!("{error}"),
                }
            }
        }
        let heights = |heights: [u64; 2]| policy().expect_heights(heights);
        assert!(verify(&bundle, &heights([7, 9])).is_ok());
        let error = in_block(1, Error::Height { expected: 8, found: 9 });
        assert_eq!(refused(&bundle, &heights([7, 8])), error);
        assert_eq!(refused(&bundle, &heights([9, 7])), in_block(0, Error::Height { expected: 9, found: 7 }));
    }
}

/// Blocks in another order are another claim, and so is each public input moved to another block.
#[test]
fn a_proof_is_about_its_blocks_in_their_order() {
    for scheme in Scheme::ALL {
        let good = bundle(scheme, *TOGETHER, 1);
        let with = |instance: Instance| {
            verify(&bundle_with(scheme, *TOGETHER, instance, good.proof().to_vec()), &policy())
        };
        let mut turned = good.unverified_instance().clone();
        let SubjectInputs::Blocks(blocks) = &mut turned.subject else { panic!("not several blocks") };
        blocks.swap(0, 1);
        assert_eq!(with(turned), Err(Error::ProofRejected));
        let rows = rows(good.unverified_instance());
        for field in 0..12 {
            let mut mixed = rows.clone();
            mixed.swap(2 + field, 14 + field);
            let changed = mixed != rows;
            let told = with(PublicInputs::from_rows(*TOGETHER, mixed).unwrap());
            assert_eq!(told.is_err(), changed, "field {field}");
        }
    }
}

#[test]
fn histories_take_every_block_of_a_proof() {
    let of = |heights: [u64; 2]| {
        let (_, instance) = blocks_and_instance(heights, [Fr::zero(); 2]);
        verify(&bundle_of(Scheme::Transparent, *TOGETHER, instance), &policy()).unwrap()
    };
    let single = verify(&bundle(Scheme::Transparent, NARROW, 9), &policy()).unwrap();
    let all = [&of([7, 8]), &single, &of([10, 11])];
    let history = History::of(all, false).unwrap();
    assert_eq!(history.heights(), [7, 8, 9, 10, 11]);
    // Within a proof as between proofs, by the place of the proof.
    let error = |place, expected, found, gaps| Error::HistoryHeight { place, expected, found, gaps };
    assert_eq!(History::of([&of([7, 9])], false), Err(error(0, 8, 9, false)));
    assert_eq!(History::of([&of([7, 9])], true).unwrap().heights(), [7, 9]);
    assert_eq!(History::of([&of([8, 7])], true), Err(error(0, 9, 7, true)));
    assert_eq!(History::of([&of([7, 8]), &of([8, 9])], true), Err(error(1, 9, 8, true)));
    // The commitments of all of them, in order.
    let Some(crate::policy::Expected::Commitments(expected)) = history.expect(policy()).expected else {
        panic!("no commitments")
    };
    let folds: Vec<Fr> = [70, 80].into_iter().map(Fr::from).chain([-Fr::from(1000)]).collect();
    assert_eq!(expected[..3], folds[..]);
}

/// Statements about several blocks have more public inputs than there are generators for at sizes that are not pinned.
#[test]
fn sizes_of_several_blocks_are_pinned() {
    let pinned = |k: u32| foldproof_params::transparent::pinned_digest(k).is_some();
    assert!((14..=MAX_BLOCKS_K).all(pinned) && !pinned(MAX_BLOCKS_K + 1));
}
