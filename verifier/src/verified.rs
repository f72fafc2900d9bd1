//! What a verified proof says.

use foldproof_circuits::public::{Instance, PublicInputs, Root};
use foldproof_circuits::stages::fold::VECTORS;
use foldproof_circuits::statement::Statement;
use halo2curves::bn256::Fr;

use crate::error::Error;
use crate::scalar::to_u128;
use crate::scheme::Scheme;

/// The claims of a proof that has been verified. Only [`verify`](crate::verify()) and
/// [`verify_batch`](crate::verify_batch) make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub(crate) statement: Statement,
    pub(crate) scheme: Scheme,
    pub(crate) insecure_setup: bool,
    pub(crate) block_matched: bool,
    pub(crate) claims: Claims,
}

/// Public inputs as what they mean. They are in range, which the circuit proves as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Claims {
    pub(crate) instance: Instance,
    pub(crate) height: u64,
    pub(crate) timestamp: u64,
    pub(crate) roots: [[u8; 32]; 3],
    pub(crate) within_bound: [bool; VECTORS],
}

impl Claims {
    pub(crate) fn new(instance: &Instance) -> Result<Self, Error> {
        let PublicInputs {
            statement: _,
            block_commitment: _,
            fold_commitment: _,
            pq_commitment: _,
            codebook_root: _,
            height,
            timestamp,
            prev_state_root,
            new_state_root,
            tx_root,
            within_bound,
        } = instance;
        let root = |claim, Root { high, low }: &Root<Fr>| -> Result<[u8; 32], Error> {
            Ok(Root { high: integer(claim, high, 128)?, low: integer(claim, low, 128)? }.to_bytes())
        };
        let mask: u64 = integer("within bound", within_bound, 6)?;
        Ok(Self {
            instance: *instance,
            height: integer("height", height, 53)?,
            timestamp: integer("timestamp", timestamp, 53)?,
            roots: [
                root("previous state root", prev_state_root)?,
                root("new state root", new_state_root)?,
                root("transactions root", tx_root)?,
            ],
            within_bound: std::array::from_fn(|vector| mask & (1 << vector) != 0),
        })
    }
}

/// A field element as an integer of at most `bits` bits.
fn integer<T: TryFrom<u128>>(claim: &'static str, found: &Fr, bits: u32) -> Result<T, Error> {
    to_u128(found)
        .filter(|value| value.checked_shr(bits).unwrap_or(0) == 0)
        .and_then(|value| value.try_into().ok())
        .ok_or(Error::ClaimRange { claim, bits, found: *found })
}

impl Verified {
    /// What was proved.
    pub fn statement(&self) -> Statement {
        self.statement
    }

    /// How it was proved.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Whether the proof rests on a setup whose secret somebody knows, which the policy allowed.
    pub fn insecure_setup(&self) -> bool {
        self.insecure_setup
    }

    /// Whether the proof is about the block the policy held, and not merely about some block.
    pub fn block_matched(&self) -> bool {
        self.block_matched
    }

    /// The public inputs as they are proved.
    pub fn instance(&self) -> &Instance {
        &self.claims.instance
    }

    /// Height of the block.
    pub fn height(&self) -> u64 {
        self.claims.height
    }

    /// Timestamp of the block, in seconds.
    pub fn timestamp(&self) -> u64 {
        self.claims.timestamp
    }

    /// State root before the block: attested by the prover, bound to the block commitment.
    pub fn prev_state_root(&self) -> [u8; 32] {
        let [root, _, _] = self.claims.roots;
        root
    }

    /// State root after the block: attested by the prover, bound to the block commitment.
    pub fn new_state_root(&self) -> [u8; 32] {
        let [_, root, _] = self.claims.roots;
        root
    }

    /// Root of the transactions: attested by the prover, bound to the block commitment.
    pub fn tx_root(&self) -> [u8; 32] {
        let [_, _, root] = self.claims.roots;
        root
    }

    /// Commitment to the block, at the size of the statement.
    pub fn block_commitment(&self) -> Fr {
        self.claims.instance.block_commitment
    }

    /// Commitment to the 96 folded values.
    pub fn fold_commitment(&self) -> Fr {
        self.claims.instance.fold_commitment
    }

    /// Commitment to the 24 indices of the fingerprint.
    pub fn pq_commitment(&self) -> Fr {
        self.claims.instance.pq_commitment
    }

    /// Root of the codebook the fingerprint is made with.
    pub fn codebook_root(&self) -> Fr {
        self.claims.instance.codebook_root
    }

    /// Vector by vector (mean, deviation, four components): whether it lies within the codebook's error bound.
    pub fn within_bound(&self) -> [bool; VECTORS] {
        self.claims.within_bound
    }
}
