//! What public inputs say of the subject, and whether it is what the policy asks for, as far as that is cheap.

use std::collections::BTreeMap;

use foldproof_circuits::block::Header;
use foldproof_circuits::findings::Findings;
use foldproof_circuits::plausible::plausible;
use foldproof_circuits::public::{AnalyticsInputs, BlockInputs, SubjectInputs};
use halo2curves::bn256::Fr;

use crate::bundle::Bundle;
use crate::error::Error;
use crate::header::BlockHeader;
use crate::policy::{Codebooks, Expected, Policy};
use crate::verified::{BlockFacts, Facts, SequenceFacts, ValuesFacts};

/// Public inputs about the subject, as far as that is cheap.
pub(super) fn check_facts(bundle: &Bundle, policy: &Policy) -> Result<Facts, Error> {
    let instance = bundle.unverified_instance();
    let expected = bundle.statement().element();
    if instance.statement != expected {
        return Err(Error::StatementRow { expected, found: instance.statement });
    }
    match &instance.subject {
        SubjectInputs::Values(commitment) => {
            check_no_block(bundle, policy)?;
            Ok(Facts::Values(ValuesFacts { commitment: *commitment, matched: false }))
        }
        SubjectInputs::Sequence(commitments) => {
            check_no_block(bundle, policy)?;
            Ok(Facts::Sequence(SequenceFacts { commitments: commitments.clone(), matched: false }))
        }
        SubjectInputs::Block(inputs) => {
            let header = bundle.unverified_headers().first();
            let mut facts = check_block(inputs, header, policy)?;
            facts.findings = check_analytics(instance.analytics.as_ref(), policy)?;
            check_expected(bundle, std::slice::from_mut(&mut facts), policy)?;
            Ok(Facts::Block(facts))
        }
        SubjectInputs::Blocks(blocks) => {
            let mut facts = check_blocks(blocks, bundle.unverified_headers(), policy)?;
            check_expected(bundle, &mut facts, policy)?;
            Ok(Facts::Blocks(facts))
        }
    }
}

/// What analytics found, under a configuration that the policy takes.
fn check_analytics(inputs: Option<&AnalyticsInputs<Fr>>, policy: &Policy) -> Result<Option<Findings>, Error> {
    let Some(inputs) = inputs else { return Ok(None) };
    let findings = Findings::from_inputs(inputs).filter(plausible).ok_or(Error::Findings)?;
    match findings.configuration {
        Some(found) if !policy.zone_configs.contains(&found) => {
            Err(Error::ZoneConfig { accepted: policy.zone_configs.clone(), found })
        }
        Some(_) | None => Ok(Some(findings)),
    }
}

/// Says of several blocks which one is at fault.
pub(super) fn in_block(place: usize) -> impl FnOnce(Error) -> Error {
    move |error| Error::InBlock { place, error: Box::new(error) }
}

/// What each of several blocks has to meet, and that no two of them are the same: with other salts a block has other commitments,
/// but no other hash.
fn check_blocks(
    blocks: &[BlockInputs<Fr>],
    headers: &[BlockHeader],
    policy: &Policy,
) -> Result<Vec<BlockFacts>, Error> {
    let mut all = Vec::with_capacity(blocks.len());
    let (mut commitments, mut hashes) = (BTreeMap::new(), BTreeMap::new());
    for (second, inputs) in blocks.iter().enumerate() {
        let facts = check_block(inputs, headers.get(second), policy).map_err(in_block(second))?;
        let committed = commitments.insert(inputs.block_commitment, second);
        let hashed = facts.block_hash.and_then(|hash| hashes.insert(hash, second));
        if let Some(first) = committed.or(hashed) {
            return Err(Error::BlockRepeated { first, second });
        }
        all.push(facts);
    }
    Ok(all)
}

/// What every block has to meet; the header is the one beside the proof, if there is one.
fn check_block(
    inputs: &BlockInputs<Fr>,
    header: Option<&BlockHeader>,
    policy: &Policy,
) -> Result<BlockFacts, Error> {
    let mut facts = BlockFacts::new(inputs)?;
    match &policy.codebooks {
        Codebooks::Any => {}
        Codebooks::Roots(roots) if roots.contains(&inputs.codebook_root) => {}
        Codebooks::Roots(roots) => {
            let (accepted, found) = (roots.clone(), inputs.codebook_root);
            return Err(Error::CodebookRoot { accepted, found });
        }
    }
    if policy.require_within_bound && facts.within_bound.contains(&false) {
        return Err(Error::OutsideBound { within: facts.within_bound });
    }
    if let Some(header) = header {
        header.check(&facts)?;
        facts.block_hash = Some(header.hash());
    }
    Ok(facts)
}

/// Whether these are the blocks that are expected, by what is cheap: all of them, in order, and no others.
fn check_expected(bundle: &Bundle, facts: &mut [BlockFacts], policy: &Policy) -> Result<(), Error> {
    let one = facts.len() == 1;
    let at = |place| move |error| if one { error } else { in_block(place)(error) };
    if let Some(hashes) = &policy.block_hashes {
        check_count(hashes.len(), facts.len())?;
        for (place, (facts, expected)) in facts.iter_mut().zip(hashes).enumerate() {
            check_hash(facts, *expected).map_err(at(place))?;
        }
    }
    if let Some(heights) = &policy.heights {
        check_count(heights.len(), facts.len())?;
        for (place, (facts, expected)) in facts.iter().zip(heights).enumerate() {
            if *expected != facts.height {
                return Err(at(place)(Error::Height { expected: *expected, found: facts.height }));
            }
        }
    }
    match &policy.expected {
        Some(Expected::Blocks(blocks)) => {
            check_count(blocks.len(), facts.len())?;
            for (place, (facts, (block, _))) in facts.iter().zip(blocks).enumerate() {
                check_header(facts, &block.header).map_err(at(place))?;
            }
            Ok(())
        }
        Some(Expected::Values(..) | Expected::Commitment(_) | Expected::Commitments(_)) => {
            Err(Error::Subject { expected: "values", found: bundle.statement().clone() })
        }
        None => Ok(()),
    }
}

fn check_count(expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::BlockCount { expected, found }) }
}

/// Holds the hash of a block against the one the policy expects.
fn check_hash(facts: &mut BlockFacts, expected: [u8; 32]) -> Result<(), Error> {
    match facts.block_hash {
        None => Err(Error::HeaderMissing { expected }),
        Some(found) if found != expected => Err(Error::BlockHash { expected, found }),
        Some(_) => {
            facts.hash_matched = true;
            Ok(())
        }
    }
}

/// Whether the policy takes a proof about no block.
fn check_no_block(bundle: &Bundle, policy: &Policy) -> Result<(), Error> {
    // Whoever asks for anything of a block wants one.
    let block = matches!(policy.expected, Some(Expected::Blocks(..)));
    let block = block || policy.heights.is_some() || policy.block_hashes.is_some();
    if block || !policy.values || policy.require_within_bound {
        return Err(Error::Subject { expected: "a block", found: bundle.statement().clone() });
    }
    Ok(())
}

/// Whether an expected block has these public inputs.
fn check_header(facts: &BlockFacts, header: &Header) -> Result<(), Error> {
    let Header { height, timestamp, prev_state_root, new_state_root, tx_root } = header;
    let [prev, new, tx] = &facts.roots;
    let fields = [
        ("height", height.to_string(), facts.height.to_string()),
        ("timestamp", timestamp.to_string(), facts.timestamp.to_string()),
        ("previous state root", hex::encode(prev_state_root), hex::encode(prev)),
        ("new state root", hex::encode(new_state_root), hex::encode(new)),
        ("transactions root", hex::encode(tx_root), hex::encode(tx)),
    ];
    match fields.into_iter().find(|(_, expected, found)| expected != found) {
        Some((field, expected, found)) => Err(Error::BlockHeader { field, expected, found }),
        None => Ok(()),
    }
}
