//! Whether a proof is about what the policy holds: the commitments to it are computed.

use foldproof_circuits::block::Block;
use foldproof_circuits::model::INPUT_BITS;
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::stages::{commit, tags, zone_graph};
use foldproof_circuits::statement::{Core, Statement, Subject};
use halo2curves::bn256::Fr;

use super::facts::in_block;
use crate::error::Error;
use crate::policy::{Expected, Policy, Tagged};
use crate::verified::{BlockFacts, DecisionFacts, Facts, ValuesFacts};

/// Whether the commitments are those of what is expected, which takes some milliseconds of hashing for a block.
pub(super) fn check_subject(
    statement: &Statement,
    facts: &mut Facts,
    expected: &Expected,
    policy: &Policy,
) -> Result<(), Error> {
    match (facts, expected, statement.subject()) {
        (Facts::Block(facts), Expected::Blocks(blocks), Subject::Block(core)) => {
            // As many as there are, as has been checked.
            for (block, salt) in blocks {
                check_commitment_to(facts, core, block, *salt)?;
                check_tag_commitment(statement, facts, core, block, policy.tags_salt)?;
            }
        }
        (Facts::Blocks(facts), Expected::Blocks(blocks), Subject::Blocks { core, .. }) => {
            for (place, (facts, (block, salt))) in facts.iter_mut().zip(blocks).enumerate() {
                check_commitment_to(facts, core, block, *salt).map_err(in_block(place))?;
            }
        }
        (Facts::Values(facts), Expected::Values(values, salt), subject) => {
            let expected = values_commitment(subject, values, *salt)?;
            check_commitment(facts, expected)?;
        }
        (Facts::Values(facts), Expected::Commitment(expected), _) => check_commitment(facts, *expected)?,
        (Facts::Sequence(facts), Expected::Commitments(expected), _) => {
            if *expected != facts.commitments {
                let (expected, found) = (expected.clone(), facts.commitments.clone());
                return Err(Error::SequenceCommitments { expected, found });
            }
            facts.matched = true;
        }
        (Facts::Values(facts), Expected::Commitments(_), Subject::Matrix { positions, channels })
            if !policy.zone_graphs.is_empty() =>
        {
            if (positions, channels) != (zone_graph::POSITIONS, zone_graph::CHANNELS) {
                let expected = "the graph of a block's zones, matrix-6x18";
                return Err(Error::Subject { expected, found: statement.clone() });
            }
            check_zone_graph(facts, &policy.zone_graphs)?;
        }
        (Facts::Decision(facts), Expected::Commitments(expected), _) => {
            if let Ruling::Mempool { tags, .. } = facts.ruling {
                check_pending(facts, tags, &policy.tagged)?;
            } else {
                check_fingerprints(facts, expected)?;
            }
        }
        (_, Expected::Blocks(..), _) => {
            return Err(Error::Subject { expected: "a block", found: statement.clone() });
        }
        (_, Expected::Values(..) | Expected::Commitment(_), _) => {
            return Err(Error::Subject { expected: "values", found: statement.clone() });
        }
        (_, Expected::Commitments(_), _) => {
            return Err(Error::Subject { expected: "a sequence of fingerprints", found: statement.clone() });
        }
    }
    Ok(())
}

/// Whether a prediction is about these blocks, the pending one last, and has its tags.
fn check_pending(facts: &mut DecisionFacts, tags: u64, tagged: &[Option<Tagged>]) -> Result<(), Error> {
    let (expected, found) = (facts.commitments.len(), tagged.len());
    if expected != found {
        return Err(Error::BlockCount { expected, found });
    }
    let names = facts.decision.commitments().iter().zip(&facts.commitments).zip(&mut facts.matched);
    // Its own block comes first among its commitments.
    for ((place, tagged), ((name, found), matched)) in tagged.iter().enumerate().rev().zip(names) {
        let tagged = tagged.ok_or(Error::HistoryTags { place })?;
        if tagged.commitment != *found {
            let (name, expected, found) = ((*name).to_owned(), tagged.commitment, Some(*found));
            return Err(Error::Evidence { name, expected, found });
        }
        *matched = true;
    }
    match tagged.last().copied().flatten() {
        Some(Tagged { mask, .. }) if mask != tags => Err(Error::PendingTags { expected: mask, found: tags }),
        _ => Ok(()),
    }
}

/// Whether the matrix is the graph of zones of the block, which is one and has a proof of it.
fn check_zone_graph(facts: &mut ValuesFacts, graphs: &[Option<Fr>]) -> Result<(), Error> {
    let [graph] = graphs else { return Err(Error::BlockCount { expected: graphs.len(), found: 1 }) };
    let expected = graph.ok_or(Error::HistoryZoneGraph { place: 0 })?;
    let found = facts.commitment;
    if expected != found {
        return Err(Error::ZoneGraphCommitment { expected, found });
    }
    facts.matched = true;
    Ok(())
}

/// Whether the fingerprints that something is decided from are those expected, all of them and in order.
fn check_fingerprints(facts: &mut DecisionFacts, expected: &[Fr]) -> Result<(), Error> {
    let folds: Vec<usize> = facts.decision.fingerprints().collect();
    let found: Vec<Fr> = folds.iter().filter_map(|place| facts.commitments.get(*place).copied()).collect();
    if found != expected {
        return Err(Error::SequenceCommitments { expected: expected.to_vec(), found });
    }
    for place in folds {
        facts.matched.get_mut(place).into_iter().for_each(|matched| *matched = true);
    }
    Ok(())
}

fn check_commitment_to(facts: &mut BlockFacts, core: Core, block: &Block, salt: Fr) -> Result<(), Error> {
    let found = facts.inputs.block_commitment;
    core.size.check(block).map_err(Error::BlockSize)?;
    let expected = commit::block(core.size, block, salt).map_err(Error::BlockSize)?;
    if expected != found {
        return Err(Error::BlockCommitment { expected, found });
    }
    facts.matched = true;
    Ok(())
}

/// Prices, values and fields of adapters are no part of the block commitment.
fn check_tag_commitment(
    statement: &Statement,
    facts: &BlockFacts,
    core: Core,
    block: &Block,
    salt: Fr,
) -> Result<(), Error> {
    let rules = facts.findings.as_ref().and_then(|findings| findings.rules.as_ref());
    let Some((rules, analytics)) = rules.zip(statement.analytics()) else { return Ok(()) };
    let expected = tags::commitment(core.size, block, analytics.adapter(), salt).map_err(Error::BlockSize)?;
    let found = rules.commitment;
    if expected == found { Ok(()) } else { Err(Error::TagCommitment { expected, found }) }
}

fn check_commitment(facts: &mut ValuesFacts, expected: Fr) -> Result<(), Error> {
    let found = facts.commitment;
    if expected != found {
        return Err(Error::ValuesCommitment { expected, found });
    }
    facts.matched = true;
    Ok(())
}

/// The commitment to values, of which there are as many as the subject has and each in its range: no others have it.
fn values_commitment(subject: Subject, values: &[i64], salt: Fr) -> Result<Fr, Error> {
    let (positions, channels) = subject.dimensions();
    let length = positions.saturating_mul(channels);
    // Of a sequence, each fingerprint has a commitment of its own.
    if values.len() != length || subject.commitments() != 1 {
        return Err(Error::ValuesLength { expected: values.len(), found: length });
    }
    let half = 1_i64 << INPUT_BITS.saturating_sub(1);
    let range = half.saturating_neg()..half;
    if let Some((index, found)) = values.iter().enumerate().find(|(_, value)| !range.contains(value)) {
        return Err(Error::ValueRange { index, bits: INPUT_BITS, found: *found });
    }
    Ok(match subject {
        Subject::Vector(_) => commit::vector(values, salt),
        Subject::Matrix { positions, .. } => commit::matrix(values, positions, salt),
        Subject::Fingerprint
        | Subject::Block(_)
        | Subject::Blocks { .. }
        | Subject::Sequence { .. }
        | Subject::Decision(_) => commit::fingerprint(values, salt),
    })
}
