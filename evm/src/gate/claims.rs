//! What a gate gives back.

use super::Head;
use crate::encoding::{Answer, Word};

/// What a proof says that a gate has taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// Same for every proof of the same claims.
    pub key: Word,
    /// Element of the statement.
    pub statement: Word,
    /// Root of the codebook.
    pub codebook_root: Word,
    /// Hash of the block.
    pub block_hash: Word,
    /// Its height.
    pub height: u64,
    /// Its time, in seconds.
    pub timestamp: u64,
    /// Commitments to the block, to its folded values and to its PQ indices.
    pub commitments: [Word; 3],
    /// Bit i: whether vector i lies within the codebook's error bound.
    pub within_bound: u64,
    /// What models say.
    pub models: Vec<ModelClaim>,
}

/// What a registered model says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelClaim {
    /// Commitment to the model.
    pub commitment: Word,
    /// What its outputs are.
    pub kind: Head,
    /// Digest of its labels, or the threshold of an anomaly head.
    pub head: Word,
    /// Its outputs.
    pub outputs: Vec<Word>,
}

impl Claims {
    /// Of what a call gave back; nothing if it is not that.
    pub fn from_output(output: &[u8]) -> Option<Self> {
        let claims = Answer::new(output).at(0)?;
        let (count, list) = claims.at(10)?.array()?;
        let models = (0..count).map(|index| ModelClaim::read(list.at(index)?)).collect::<Option<_>>()?;
        Some(Self {
            key: claims.word(0)?,
            statement: claims.word(1)?,
            codebook_root: claims.word(2)?,
            block_hash: claims.word(3)?,
            height: claims.number(4)?,
            timestamp: claims.number(5)?,
            commitments: [claims.word(6)?, claims.word(7)?, claims.word(8)?],
            within_bound: claims.number(9)?,
            models,
        })
    }
}

impl ModelClaim {
    fn read(claim: Answer<'_>) -> Option<Self> {
        let kind = claim.number(1)?;
        Some(Self {
            commitment: claim.word(0)?,
            kind: Head::ALL.into_iter().find(|head| head.number() == kind)?,
            head: claim.word(2)?,
            outputs: claim.at(3)?.words()?,
        })
    }
}
