//! What a bundle is bound to beside what it proves: every byte of header and context, and everything that stands in for them.

use std::sync::Arc;

use foldproof_circuits::block::Header;
use foldproof_prover::input::{Checking, Reading, read_block_as};
use foldproof_verifier::{BlockHeader, Bundle, Context, Error, Policy, Scheme};
use halo2curves::bn256::Fr;
use serde_json::json;

use crate::exhibits::{BLOCK, Exhibit, Subject, TOGETHER, VALUES, exhibit, named};
use crate::malicious::{Forgery, Rig};
use crate::tally::{each, refused, refused_bytes};

/// A header that has the five fields of a block, as a node would answer with it.
fn header_of(block: &Header) -> BlockHeader {
    let hex = |bytes: &[u8]| format!("0x{}", hex::encode(bytes)).parse().unwrap();
    let header = alloy_consensus::Header {
        parent_hash: hex(&block.prev_state_root),
        state_root: hex(&block.new_state_root),
        transactions_root: hex(&block.tx_root),
        number: block.height,
        timestamp: block.timestamp,
        gas_limit: 45_000_000,
        base_fee_per_gas: Some(2),
        withdrawals_root: Some(hex(&[3; 32])),
        ..alloy_consensus::Header::default()
    };
    let mut document = serde_json::to_value(&header).unwrap();
    document["hash"] = json!(header.hash_slow());
    document["transactions"] = json!([]);
    let reading = Reading { checks: Checking::Off, ..Reading::default() };
    let (_, source) = read_block_as(document.to_string().as_bytes(), reading).unwrap();
    source.header().unwrap().clone()
}

/// Headers of an exhibit's blocks.
fn blocks(exhibit: &Exhibit) -> Vec<Header> {
    match &exhibit.witness.subject {
        Subject::Block(block, ..) => vec![block.header.clone()],
        Subject::Blocks(blocks, _) => blocks.iter().map(|(block, _)| block.header.clone()).collect(),
        Subject::Values(..) | Subject::Sequence(..) => Vec::new(),
    }
}

fn context(number: u64) -> Context {
    Context::new(-Fr::from(number)).unwrap()
}

/// An honest bundle of an exhibit, for a context.
fn for_context(exhibit: &Exhibit, context: Context, rig: Rig) -> Bundle {
    let mut forgery = Forgery::of(&exhibit.layout);
    forgery.rows.push(context.number());
    forgery.rig = rig;
    let proof = forgery.prove(exhibit.scheme, &exhibit.keys.parameters, &exhibit.keys.proving);
    exhibit.bundle(exhibit.rows(), proof.bytes).with_context(context)
}

/// Exhibits about blocks, each with a bundle that has a context and headers.
fn bound() -> Vec<(Arc<Exhibit>, Bundle, Policy)> {
    let made = |exhibit: Arc<Exhibit>| {
        let headers: Vec<BlockHeader> = blocks(&exhibit).iter().map(header_of).collect();
        let hashes: Vec<[u8; 32]> = headers.iter().map(BlockHeader::hash).collect();
        let bundle = for_context(&exhibit, context(7), Rig::Honest).with_headers(headers).unwrap();
        let policy = exhibit.policy().expect_context(context(7)).expect_block_hashes(hashes.iter().copied());
        let verified = foldproof_verifier::verify(&bundle, &policy).unwrap();
        assert_eq!(verified.block_hashes(), hashes);
        assert_eq!(verified.context(), Some(context(7)));
        (exhibit, bundle, policy)
    };
    let several = exhibit(TOGETHER, Scheme::Kzg);
    named(&[BLOCK]).into_iter().chain([several]).map(made).collect()
}

/// Where the parts of a bundle start that only format 3 has: what it is bound to, context, each header with its length, and what
/// follows.
fn parts(bundle: &Bundle) -> (usize, usize, Vec<usize>, usize) {
    let end = bundle.to_bytes().len() - bundle.proof().len() - 4;
    let mut starts = Vec::new();
    let mut at = end;
    for header in bundle.unverified_headers().iter().rev() {
        at -= header.rlp().len() + 2;
        starts.insert(0, at);
    }
    (at - 33, at - 32, starts, end)
}

/// Of several blocks, what is wrong with the one at this place.
fn of_block(place: usize, error: &Error) -> Option<&Error> {
    match error {
        Error::InBlock { place: found, error } => (*found == place).then_some(error),
        error => Some(error),
    }
}

#[test]
fn every_byte_of_header_and_context() {
    for (exhibit, bundle, policy) in bound() {
        let bytes = bundle.to_bytes();
        let (flags, context, headers, end) = parts(&bundle);
        let changes = (flags..end).flat_map(|at| [1, 0x80, 0xff].map(|change| (at, change)));
        each(
            &format!("bytes of header and context: {}", exhibit.title()),
            &changes.collect::<Vec<_>>(),
            |(at, change)| {
                let mut bytes = bytes.clone();
                bytes[*at] ^= change;
                refused_bytes(&bytes, &policy)
            },
            |(at, _), error| {
                use Error as E;
                let place = headers.iter().rposition(|start| start <= at);
                match (*at, place) {
                    // Read as the start of something else.
                    (at, _) if at < context => matches!(
                        error,
                        E::BoundTo { .. }
                            | E::HeaderEncoding { .. }
                            | E::ProofBytes { .. }
                            | E::Truncated { .. }
                    ),
                    (_, None) => matches!(error, E::NotCanonical { .. } | E::Context { .. }),
                    (at, Some(place)) if at < headers[place] + 2 => {
                        matches!(
                            error,
                            E::HeaderBytes { .. } | E::HeaderEncoding { .. } | E::Truncated { .. }
                        )
                    }
                    (_, Some(place)) => matches!(
                        of_block(place, error),
                        Some(
                            E::HeaderEncoding { .. }
                                | E::HeaderField { .. }
                                | E::HeaderParent { .. }
                                | E::BlockHash { .. }
                        )
                    ),
                }
            },
        );
        let cuts: Vec<usize> = (flags..end + 4).collect();
        each(
            &format!("prefixes that end in header or context: {}", exhibit.title()),
            &cuts,
            |cut| refused_bytes(&bytes[..*cut], &policy),
            |_, error| matches!(error, Error::Truncated { .. }),
        );
        for version in [2, 4] {
            let mut bytes = bytes.clone();
            bytes[8] = version;
            refused_bytes(&bytes, &policy).unwrap();
        }
    }
}

/// The transcript absorbs a context like every other public input, whatever a policy asks.
#[test]
fn a_proof_is_for_the_context_it_was_made_for() {
    for exhibit in named(&[VALUES[0], BLOCK]) {
        let [own, other] = [7, 8].map(context);
        let bundle = for_context(&exhibit, own, Rig::Honest);
        exhibit.check(&bundle).unwrap();
        let with = |proof: &Bundle| exhibit.bundle(exhibit.rows(), proof.proof().to_vec());
        let mut forged =
            vec![with(&bundle), with(&bundle).with_context(other), with(&exhibit.bundle).with_context(own)];
        // Somebody who does not absorb it: it is the last input, or moves the commitment to all of them, which is.
        let last = exhibit.proof.inputs - usize::from(exhibit.scheme == Scheme::Transparent);
        forged.push(for_context(&exhibit, own, Rig::Skip(last)));
        for forged in forged {
            assert_eq!(refused(|| exhibit.check(&forged)), Ok(Error::ProofRejected), "{}", exhibit.title());
        }
    }
}

#[test]
fn headers_of_other_blocks_are_refused_by_the_field_that_differs() {
    type Change = fn(&mut Header);
    let changes: [(&str, Change); 5] = [
        ("HeaderField", |header| header.height += 1),
        ("HeaderField", |header| header.timestamp += 1),
        ("HeaderField", |header| header.new_state_root[0] ^= 1),
        ("HeaderField", |header| header.tx_root[31] ^= 1),
        ("HeaderParent", |header| header.prev_state_root[15] ^= 1),
    ];
    for (exhibit, bundle, policy) in bound() {
        let blocks = blocks(&exhibit);
        let cases: Vec<(usize, usize)> =
            (0..blocks.len()).flat_map(|place| (0..changes.len()).map(move |index| (place, index))).collect();
        each(
            &format!("headers of other blocks: {}", exhibit.title()),
            &cases,
            |(place, index)| {
                let mut headers = blocks.clone();
                changes[*index].1(&mut headers[*place]);
                let swapped = bundle.clone().with_headers(headers.iter().map(header_of)).unwrap();
                refused(|| foldproof_verifier::verify(&swapped, &policy).map(drop))
            },
            |(place, index), error| {
                of_block(*place, error).is_some_and(|error| crate::tally::kind(error) == changes[*index].0)
            },
        );
        if blocks.len() > 1 {
            let turned = bundle.clone().with_headers(blocks.iter().rev().map(header_of)).unwrap();
            let error = refused(|| foldproof_verifier::verify(&turned, &policy).map(drop)).unwrap();
            assert!(
                matches!(of_block(0, &error), Some(Error::HeaderField { field: "height", .. })),
                "{error}"
            );
        }
    }
}
