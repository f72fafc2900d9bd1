//! The whole pipeline in native integers: what a proof claims about a block.

use ff::PrimeField;
use halo2curves::bn256::Fr;

use crate::block::Block;
use crate::codebook::Codebook;
use crate::public::{BlockInputs, Root};
use crate::stages::commit::Salts;
use crate::stages::fold::{Folded, fold};
use crate::stages::pq::{PqCode, encode};
use crate::stages::{commit, features};
use crate::statement::{Centroids, Core, Oversize, Size};

pub use crate::fingerprint::PqIndices;

/// What the pipeline computes from a block under a codebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fingerprint {
    /// The shape of the proof: the smallest that fits.
    pub core: Core,
    /// 6 × 16 values at 2⁻³²: mean, deviation, four components.
    pub folded: Folded,
    /// 6 × 4 indices, six residuals and six flags.
    pub code: PqCode,
    /// What a proof makes public about it.
    pub inputs: BlockInputs<Fr>,
}

/// Why there is nothing to evaluate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EvaluateError {
    /// The block has no record at all, so there is no mean to take.
    NoRecords,
    /// The block is larger than the circuit.
    Oversize(Oversize),
}

impl std::fmt::Display for EvaluateError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NoRecords => f.write_str(
                "the block has no transactions, no executionTraces and no witnessData.bundles: at least one record is needed",
            ),
            Self::Oversize(oversize) => oversize.fmt(f),
        }
    }
}

impl std::error::Error for EvaluateError {}

/// The fingerprint of `block` under `codebook`, committed to with `salts` (none unless the prover hides the block).
pub fn evaluate(block: &Block, codebook: &Codebook, salts: &Salts) -> Result<Fingerprint, EvaluateError> {
    let size = Size::for_block(block).map_err(EvaluateError::Oversize)?;
    evaluate_at(size, block, codebook, salts)
}

/// Like [`evaluate`], at a given size: commitments depend on it.
pub fn evaluate_at(
    size: Size,
    block: &Block,
    codebook: &Codebook,
    salts: &Salts,
) -> Result<Fingerprint, EvaluateError> {
    let (folded, code) = fold_and_encode(block, codebook)?;
    size.check(block).map_err(EvaluateError::Oversize)?;
    // A codebook has 64 or 256 centroids by construction.
    let centroids = Centroids::from_count(codebook.len()).unwrap_or(Centroids::K256);
    let block_commitment = commit::block(size, block, salts.block).map_err(EvaluateError::Oversize)?;
    let root = |bytes| Root::from_bytes(bytes).map(Fr::from_u128);
    let inputs = BlockInputs {
        block_commitment,
        fold_commitment: commit::folded(&folded, salts.fold),
        pq_commitment: commit::pq(&code.indices, salts.pq),
        codebook_root: commit::codebook(codebook),
        height: Fr::from(block.header.height),
        timestamp: Fr::from(block.header.timestamp),
        prev_state_root: root(&block.header.prev_state_root),
        new_state_root: root(&block.header.new_state_root),
        tx_root: root(&block.header.tx_root),
        within_bound: Fr::from(u64::from(code.within_mask())),
    };
    Ok(Fingerprint { core: Core { size, centroids }, folded, code, inputs })
}

/// The folded values and their code, which depend on no size: they are there for blocks that no circuit holds, too.
///
/// # Errors
/// If the block has no record.
pub fn fold_and_encode(block: &Block, codebook: &Codebook) -> Result<(Folded, PqCode), EvaluateError> {
    if block.records() == 0 {
        return Err(EvaluateError::NoRecords);
    }
    let folded = fold(&features::sums(block));
    let code = encode(&folded, codebook);
    Ok((folded, code))
}
