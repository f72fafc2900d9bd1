//! Blocks one after another, as a sequence of fingerprints is held against them, or a graph of zones against one.

use foldproof_circuits::findings::RuleFindings;
use foldproof_circuits::stages::signals::Trend;
use foldproof_circuits::stages::tags::{CATEGORIES, Tag};
use halo2curves::bn256::Fr;

use crate::error::Error;
use crate::policy::{Policy, Tagged};
use crate::verified::Verified;

/// What verified proofs about blocks say of a sequence: the commitments to their fingerprints, in order. A proof about a sequence
/// says nothing of blocks by itself; under a policy that [expects](Policy::expect_commitments) these, it is about these blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    commitments: Vec<Fr>,
    heights: Vec<u64>,
    hashes: Vec<Option<[u8; 32]>>,
    tagged: Vec<Option<Tagged>>,
    zone_graphs: Vec<Option<Fr>>,
}

impl History {
    /// Of blocks, oldest first, each at the height after the one before; with `gaps` only higher. Where two that follow each other have
    /// hashes, the second's parent is the first. A proof about several blocks stands for all of them, in its order.
    ///
    /// # Errors
    /// A proof about no block, by its place; a block at another height, or with another parent.
    pub fn of<'v>(proofs: impl IntoIterator<Item = &'v Verified>, gaps: bool) -> Result<Self, Error> {
        let (mut commitments, mut heights, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
        let (mut tagged, mut zone_graphs) = (Vec::new(), Vec::new());
        for (place, verified) in proofs.into_iter().enumerate() {
            if verified.blocks().is_empty() {
                return Err(Error::HistorySubject { place, found: verified.statement().name() });
            }
            for block in verified.blocks() {
                if let Some(expected) = heights.last().and_then(|before: &u64| before.checked_add(1)) {
                    let found = block.height();
                    if found < expected || (found > expected && !gaps) {
                        return Err(Error::HistoryHeight { place, expected, found, gaps });
                    }
                    // With a header, the previous state root is the parent hash.
                    let parent = block.block_hash().map(|_| block.prev_state_root());
                    if let (true, Some(Some(expected)), Some(found)) =
                        (found == expected, hashes.last(), parent)
                        && *expected != found
                    {
                        return Err(Error::HistoryParent { place, expected: *expected, found });
                    }
                }
                commitments.push(block.fold_commitment());
                heights.push(block.height());
                hashes.push(block.block_hash());
                zone_graphs.push(block.zone_graph_commitment());
                let rules = block.findings().and_then(|findings| findings.rules);
                tagged.push(rules.map(|RuleFindings { commitment, mask, counts, .. }| Tagged {
                    commitment,
                    mask,
                    counts,
                }));
            }
        }
        Ok(Self { commitments, heights, hashes, tagged, zone_graphs })
    }

    /// Heights of the blocks, oldest first.
    pub fn heights(&self) -> &[u64] {
        &self.heights
    }

    /// Hashes of the blocks whose proofs have a header beside them.
    pub fn block_hashes(&self) -> &[Option<[u8; 32]>] {
        &self.hashes
    }

    /// A policy that takes proofs about the fingerprints of these blocks only, in this order; decisions about pending blocks if they
    /// are these, with the tags that are proved of them; and, if it is one block, proofs about a matrix that is the graph of its zones.
    #[must_use]
    pub fn expect(&self, policy: Policy) -> Policy {
        policy
            .expect_tagged(self.tagged.clone())
            .expect_zone_graphs(self.zone_graphs.clone())
            .expect_commitments(self.commitments.iter().copied())
    }

    /// Where each of [`CATEGORIES`] goes over these blocks, oldest first, with its counts: three blocks at least.
    ///
    /// # Errors
    /// If the tags of a block are not proved, or there are fewer than three blocks.
    pub fn trends(&self) -> Result<[(Tag, Vec<u64>, Trend); CATEGORIES.len()], Error> {
        let tagged = self.tagged.iter().enumerate();
        let counts: Vec<[u64; CATEGORIES.len()]> = tagged
            .map(|(place, tagged)| tagged.map(|tagged| tagged.counts).ok_or(Error::HistoryTags { place }))
            .collect::<Result<_, _>>()?;
        let mut trends = CATEGORIES.map(|tag| (tag, Vec::new(), Trend::Steady));
        for (category, (_, of_tag, trend)) in trends.iter_mut().enumerate() {
            *of_tag = counts.iter().filter_map(|counts| counts.get(category).copied()).collect();
            // A block has fewer than 2³² transactions.
            let narrow: Vec<u32> = of_tag.iter().map(|n| u32::try_from(*n).unwrap_or(u32::MAX)).collect();
            *trend = Trend::new(&narrow).ok_or(Error::BlockCount { expected: 3, found: narrow.len() })?;
        }
        Ok(trends)
    }
}
