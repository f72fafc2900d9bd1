//! Blocks one after another, as a sequence of fingerprints is held against them.

use halo2curves::bn256::Fr;

use crate::error::Error;
use crate::policy::Policy;
use crate::verified::Verified;

/// What verified proofs about blocks say of a sequence: the commitments to their fingerprints, in order. A proof about a sequence
/// says nothing of blocks by itself; under a policy that [expects](Policy::expect_commitments) these, it is about these blocks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    commitments: Vec<Fr>,
    heights: Vec<u64>,
    hashes: Vec<Option<[u8; 32]>>,
}

impl History {
    /// Of blocks, oldest first, each at the height after the one before; with `gaps` only higher. Where two that follow each other have
    /// hashes, the second's parent is the first. A proof about several blocks stands for all of them, in its order.
    ///
    /// # Errors
    /// A proof about no block, by its place; a block at another height, or with another parent.
    pub fn of<'v>(proofs: impl IntoIterator<Item = &'v Verified>, gaps: bool) -> Result<Self, Error> {
        let (mut commitments, mut heights, mut hashes) = (Vec::new(), Vec::new(), Vec::new());
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
            }
        }
        Ok(Self { commitments, heights, hashes })
    }

    /// Heights of the blocks, oldest first.
    pub fn heights(&self) -> &[u64] {
        &self.heights
    }

    /// Hashes of the blocks whose proofs have a header beside them.
    pub fn block_hashes(&self) -> &[Option<[u8; 32]>] {
        &self.hashes
    }

    /// A policy that takes proofs about the fingerprints of these blocks only, in this order.
    #[must_use]
    pub fn expect(&self, policy: Policy) -> Policy {
        policy.expect_commitments(self.commitments.iter().copied())
    }
}
