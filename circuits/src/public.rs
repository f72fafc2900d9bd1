//! Every public input, once.
//!
//! One struct, generic over what a row holds: field elements in the verifier, cells in the circuit. The order
//! exists in [`PublicInputs::rows`] and [`PublicInputs::from_rows`] only.

use halo2curves::bn256::Fr;

/// How many rows the instance column of a core statement has.
pub const CORE_ROWS: usize = 14;

/// A 256-bit root as two 128-bit halves, high first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Root<T> {
    /// Bytes 0 to 15, big-endian.
    pub high: T,
    /// Bytes 16 to 31, big-endian.
    pub low: T,
}

impl Root<u128> {
    /// Splits 32 bytes.
    pub fn from_bytes(bytes: &[u8; 32]) -> Self {
        let half = |part: &[u8]| part.iter().fold(0, |sum, b| (sum << 8) | u128::from(*b));
        let (high, low) = bytes.split_at(16);
        Self { high: half(high), low: half(low) }
    }

    /// Joins the halves.
    pub fn to_bytes(self) -> [u8; 32] {
        let mut bytes = [0; 32];
        let (high, low) = bytes.split_at_mut(16);
        high.copy_from_slice(&self.high.to_be_bytes());
        low.copy_from_slice(&self.low.to_be_bytes());
        bytes
    }
}

impl<T> Root<T> {
    /// Applies `f` to both halves.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Root<U> {
        Root { high: f(self.high), low: f(self.low) }
    }
}

/// The public inputs of a core statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PublicInputs<T> {
    /// [`Statement::number`](crate::statement::Statement::number): fixed by the circuit.
    pub statement: T,
    /// Poseidon commitment to the canonical block: computed in the circuit.
    pub block_commitment: T,
    /// Poseidon commitment to the 96 folded values: computed in the circuit.
    pub fold_commitment: T,
    /// Poseidon commitment to the 24 PQ indices: computed in the circuit.
    pub pq_commitment: T,
    /// Poseidon root of the codebook: computed in the circuit.
    pub codebook_root: T,
    /// Block height: bound to the block commitment, and a feature.
    pub height: T,
    /// Block timestamp: bound to the block commitment, and a feature.
    pub timestamp: T,
    /// State root before: attested, bound to the block commitment.
    pub prev_state_root: Root<T>,
    /// State root after: attested, bound to the block commitment.
    pub new_state_root: Root<T>,
    /// Transactions root: attested, bound to the block commitment.
    pub tx_root: Root<T>,
    /// Bit i: whether vector i lies within the codebook's error bound. Computed in the circuit.
    pub within_bound: T,
}

impl<T> PublicInputs<T> {
    /// Row by row, as the instance column holds them.
    pub fn rows(&self) -> [&T; CORE_ROWS] {
        let Self {
            statement,
            block_commitment,
            fold_commitment,
            pq_commitment,
            codebook_root,
            height,
            timestamp,
            prev_state_root,
            new_state_root,
            tx_root,
            within_bound,
        } = self;
        [
            statement,
            block_commitment,
            fold_commitment,
            pq_commitment,
            codebook_root,
            height,
            timestamp,
            &prev_state_root.high,
            &prev_state_root.low,
            &new_state_root.high,
            &new_state_root.low,
            &tx_root.high,
            &tx_root.low,
            within_bound,
        ]
    }

    /// The inverse of [`rows`](Self::rows).
    pub fn from_rows(rows: [T; CORE_ROWS]) -> Self {
        let [
            statement,
            block_commitment,
            fold_commitment,
            pq_commitment,
            codebook_root,
            height,
            timestamp,
            prev_high,
            prev_low,
            new_high,
            new_low,
            tx_high,
            tx_low,
            within_bound,
        ] = rows;
        Self {
            statement,
            block_commitment,
            fold_commitment,
            pq_commitment,
            codebook_root,
            height,
            timestamp,
            prev_state_root: Root { high: prev_high, low: prev_low },
            new_state_root: Root { high: new_high, low: new_low },
            tx_root: Root { high: tx_high, low: tx_low },
            within_bound,
        }
    }
}

/// The public inputs as field elements.
pub type Instance = PublicInputs<Fr>;
