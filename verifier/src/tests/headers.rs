//! Headers beside proofs: five of their fields are public inputs, or the bundle is refused.

use super::contexts::context;
use super::*;
use crate::batch::verify_batch_with;
use crate::header::tests::fixtures;
use crate::{BatchError, BlockHeader, History};

/// Gives a block what one of the real headers says of it.
pub(super) fn give_header(block: &mut BlockInputs<Fr>, fixture: usize) {
    let fields = [
        (0, 0, "00".repeat(32), "d7f8974fb5ac78d9ac099b9ad5018bedc2ce0a72dad1827a1709da30580f0544", EMPTY),
        (
            3_814_317,
            1_688_361_192,
            "db557161e52f5becee1483e3bbd5714baca9a940a11433d101546ac77977beff".to_owned(),
            "8125b0d797b82408652a90255e7f7059314552a00b9587890e39cc3fed83f7f3",
            "a87c27d6395631c8c779f9070b319268740355579f3b11d9454c2834b5943951",
        ),
        (
            20_013_090,
            1_717_439_363,
            "b2b49c99cba41ed96ab53ff2b172cd867b7d6784fe8ca3c147d211529cde4482".to_owned(),
            "62a02785cda0dc514aee2019d96eaefaee29d40428971940e21965805aa5136d",
            "6365226abe9c20b7754d2b71212edf4815dd6ae80f8e0086ce051f126cc5e478",
        ),
        (
            24_630_100,
            1_773_182_315,
            "63ce16602b2afe4089fa8e0a2c16be1a2dea1c4d30b65bd717d9398ddd5fba23".to_owned(),
            "41ebb402f36d0ce15799e98d1aca83bbb5d4b08d1b6572e73b388e4ece192916",
            "3b889eb9fa0713d2e1d9e90725d45fd04ec4a550a7a390639c243c5f3b2c6215",
        ),
    ];
    let (height, timestamp, parent, state, transactions) = &fields[fixture];
    block.height = Fr::from(*height);
    block.timestamp = Fr::from(*timestamp);
    block.prev_state_root = root(parent);
    block.new_state_root = root(state);
    block.tx_root = root(transactions);
}

/// Public inputs of the block with one of the real headers.
fn instance_of(statement: &Statement, fixture: usize) -> Instance {
    let mut instance = instance(statement, 0);
    give_header(block_mut(&mut instance), fixture);
    instance
}

/// Root of the empty trie.
const EMPTY: &str = "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421";

fn root(text: &str) -> Root<Fr> {
    Root::from_bytes(&hash(text)).map(Fr::from_u128)
}

fn hash(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

pub(super) fn headers() -> [BlockHeader; 4] {
    fixtures().map(|fixture| fixture.header)
}

/// A proof about the block of a real header, and the header beside it.
fn with_header(scheme: Scheme, statement: &Statement, fixture: usize) -> Bundle {
    let bundle = bundle_of(scheme, statement, instance_of(statement, fixture));
    bundle.with_headers([headers()[fixture].clone()]).unwrap()
}

#[test]
fn headers_give_blocks_their_hash() {
    for (scheme, statement) in under_all_schemes(blocks()) {
        for (fixture, known) in fixtures().into_iter().enumerate() {
            let bundle = with_header(scheme, statement, fixture);
            assert_eq!(Bundle::from_bytes(&bundle.to_bytes()), Ok(bundle.clone()));
            let told = |policy: &Policy| verify(&bundle, policy).unwrap().block().unwrap().clone();
            let expected = hash(known.hash);
            let open = told(&policy());
            assert_eq!((open.block_hash(), open.block_hash_matched()), (Some(expected), false));
            let asked = told(&policy().expect_block_hash(expected));
            assert_eq!((asked.block_hash(), asked.block_hash_matched()), (Some(expected), true));
            assert!(!asked.matched(), "records are not compared");

            for at in [0, 31] {
                let mut other = expected;
                other[at] ^= 1;
                let error = refused(&bundle, &policy().expect_block_hash(other));
                assert_eq!(error, Error::BlockHash { expected: other, found: expected });
                assert!(error.is_rejection());
            }
            let bare = bundle_of(scheme, statement, instance_of(statement, fixture));
            assert_eq!(verify(&bare, &policy()).unwrap().block().unwrap().block_hash(), None);
            let error = refused(&bare, &policy().expect_block_hash(expected));
            assert_eq!(error, Error::HeaderMissing { expected });
            assert!(error.is_rejection());
        }
    }
}

type Change = fn(&mut BlockInputs<Fr>);

/// Every way in which one of the five fields may be another than the header's, by what is told of it.
pub(super) const CHANGES: [(&str, Change); 8] = [
    ("height", |block| block.height += Fr::one()),
    ("timestamp", |block| block.timestamp += Fr::one()),
    ("parent", |block| block.prev_state_root.high += Fr::one()),
    ("parent", |block| block.prev_state_root.low += Fr::one()),
    ("new state root", |block| block.new_state_root.high += Fr::one()),
    ("new state root", |block| block.new_state_root.low += Fr::one()),
    ("transactions root", |block| block.tx_root.high += Fr::one()),
    ("transactions root", |block| block.tx_root.low += Fr::one()),
];

/// Whether an error says that this field is not the header's.
pub(super) fn tells(error: &Error, changed: &str) -> bool {
    match error {
        Error::HeaderField { field, .. } => *field == changed,
        Error::HeaderParent { .. } => changed == "parent",
        _ => false,
    }
}

#[test]
fn each_of_the_five_fields_is_compared() {
    for (scheme, statement) in under_all_schemes(blocks()) {
        for (fixture, header) in headers().into_iter().enumerate() {
            for (changed, change) in CHANGES {
                let mut instance = instance_of(statement, fixture);
                change(block_mut(&mut instance));
                // Of such a block there is a proof, and without the header it is verified.
                let bundle = bundle_of(scheme, statement, instance);
                assert!(verify(&bundle, &policy()).is_ok());
                // Whether or not the policy asks for a hash.
                let bundle = bundle.with_headers([header.clone()]).unwrap();
                for policy in [policy(), policy().expect_block_hash(header.hash())] {
                    let error = refused(&bundle, &policy);
                    assert!(tells(&error, changed) && error.is_rejection(), "{error}");
                }
            }
        }
    }
}

#[test]
fn a_state_root_where_the_parent_hash_should_be_has_an_error_of_its_own() {
    let [.., header] = headers();
    let mut instance = instance_of(NARROW, 3);
    block_mut(&mut instance).prev_state_root = root(EMPTY);
    let bundle = unproved(Scheme::Kzg, NARROW, instance).with_headers([header]).unwrap();
    let error = refused(&bundle, &policy());
    let expected = "63ce16602b2afe4089fa8e0a2c16be1a2dea1c4d30b65bd717d9398ddd5fba23".to_owned();
    assert_eq!(error, Error::HeaderParent { expected, found: EMPTY.to_owned() });
    assert!(error.to_string().contains("raw block"));
}

#[test]
fn headers_are_not_interchangeable() {
    for (scheme, statement) in under_all_schemes(blocks()) {
        for own in 0..4 {
            let bundle = with_header(scheme, statement, own);
            for other in (0..4).filter(|other| *other != own) {
                let swapped = bundle.clone().with_headers([headers()[other].clone()]).unwrap();
                let error = refused(&swapped, &policy());
                assert!(matches!(error, Error::HeaderField { field: "height", .. }), "{error}");
            }
        }
    }
}

#[test]
fn what_is_about_no_block_has_no_header() {
    let [header, ..] = headers();
    for (scheme, statement) in under_all_schemes(values()) {
        let free = bundle(scheme, statement, 1);
        let error = Error::HeaderSubject { found: statement.clone() };
        assert_eq!(free.clone().with_headers([header.clone()]), Err(error.clone()));
        // As bytes: behind a context, whose bundle says that there is one.
        let bytes = free.clone().with_context(context(99)).to_bytes();
        let at = bytes.windows(32).position(|bytes| bytes == context(99).number().to_repr()).unwrap();
        let length = (header.rlp().len() as u16).to_le_bytes();
        let (before, after) = bytes.split_at(at + 32);
        let mut forged = [before, &length, header.rlp(), after].concat();
        forged[at - 1] = 3;
        assert_eq!(Bundle::from_bytes(&forged), Err(error));
        let policy = policy().expect_block_hash(header.hash());
        assert!(matches!(refused(&free, &policy), Error::Subject { expected: "a block", .. }));
    }
}

#[test]
fn models_are_judged_by_the_time_of_a_block_with_a_known_hash() {
    let statement = *SEVERAL;
    let [.., header] = headers();
    let bundle = with_header(Scheme::Kzg, statement, 3);
    let timestamp = 1_773_182_315;
    let valid = |from, until| {
        let entries = entries(statement).into_iter();
        let entries = entries.map(|entry| RegisteredModel { valid_from: from, valid_until: until, ..entry });
        unregistered().models(entries).require_known_time()
    };
    let during = valid(Some(timestamp), Some(timestamp + 1));
    // The timestamp is the prover's word, header or not, as long as nobody knows the hash.
    assert!(matches!(refused(&bundle, &during), Error::ModelValidity { found: None, .. }));
    let known = |policy: Policy| verify(&bundle, &policy.expect_block_hash(header.hash()));
    assert_eq!(known(during.clone()).unwrap().hints().len(), 4);
    assert!(known(during.at_time(5)).is_ok());
    let error = known(valid(Some(timestamp + 1), None)).unwrap_err();
    assert!(matches!(error, Error::ModelValidity { found: Some(1_773_182_315), .. }), "{error}");
}

#[test]
fn a_header_makes_no_second_claim() {
    for scheme in Scheme::ALL {
        let pair = [with_header(scheme, NARROW, 3), bundle_of(scheme, NARROW, instance_of(NARROW, 3))];
        let error = BatchError::Repeated { first: 0, second: 1 };
        assert_eq!(verify_batch_with(&pair, &policy(), &ToyKeys), Err(error));
        let other = with_header(scheme, NARROW, 2);
        let verified = verify_batch_with(&[pair[0].clone(), other], &policy(), &ToyKeys).unwrap();
        let hashes: Vec<_> = verified.iter().map(|one| one.block().unwrap().block_hash()).collect();
        assert_eq!(hashes, [3, 2].map(|fixture| Some(headers()[fixture].hash())));
    }
}

#[test]
fn blocks_of_a_history_are_children_of_each_other_where_headers_tell() {
    let verified = |bundle: &Bundle| verify(bundle, &policy()).unwrap();
    let proved = |header: &BlockHeader, parent: [u8; 32]| {
        // The fixture with another height and parent: as bytes, both have their places.
        let mut rlp = header.rlp().to_vec();
        let old = hash("63ce16602b2afe4089fa8e0a2c16be1a2dea1c4d30b65bd717d9398ddd5fba23");
        let at = rlp.windows(32).position(|bytes| bytes == old).unwrap();
        rlp[at..at + 32].copy_from_slice(&parent);
        let at = rlp.windows(5).position(|bytes| bytes == [0x84, 0x01, 0x77, 0xd3, 0x54]).unwrap();
        rlp[at + 4] += 1;
        let mut instance = instance_of(NARROW, 3);
        let block = block_mut(&mut instance);
        block.height += Fr::one();
        block.prev_state_root = Root::from_bytes(&parent).map(Fr::from_u128);
        let bundle = bundle_of(Scheme::Kzg, NARROW, instance);
        (bundle.clone(), bundle.with_headers([BlockHeader::decode(&rlp).unwrap()]).unwrap())
    };
    let [.., header] = headers();
    let first = verified(&with_header(Scheme::Kzg, NARROW, 3));
    let (_, child) = proved(&header, header.hash());
    let (bare, stranger) = proved(&header, [7; 32]);
    let [child, bare, stranger] = [child, bare, stranger].map(|bundle| verified(&bundle));

    let history = History::of([&first, &child], false).unwrap();
    let found = child.block().unwrap().block_hash();
    assert_eq!(history.block_hashes(), [Some(header.hash()), found]);
    assert!(found.is_some());
    let error = Error::HistoryParent { place: 1, expected: header.hash(), found: [7; 32] };
    assert!(error.is_rejection() && error.to_string().contains("history[1]"));
    for gaps in [false, true] {
        assert_eq!(History::of([&first, &stranger], gaps), Err(error.clone()));
    }
    // Without a header nobody says that it is the parent hash.
    let history = History::of([&first, &bare], false).unwrap();
    assert_eq!(history.block_hashes(), [Some(header.hash()), None]);
}
