//! What tags are read from.

use halo2curves::bn256::Fr;

use crate::block::Block;
use crate::chips::arith::Wire;
use crate::fixed::to_u64;
use crate::size::Capacity;

/// What tags are read from.
pub struct Sources<'s> {
    /// The block.
    pub block: &'s Block,
    /// How many records and texts there are.
    pub capacity: Capacity,
    /// Row of the first record.
    pub records: usize,
    /// First row of the text table.
    pub texts: usize,
    /// Number of transactions.
    pub count: &'s Wire,
    /// Whether there are fields of adapters.
    pub adapter: bool,
}

/// An integer of 64 bits, or 0 instead of what is none: in an assignment with lies.
pub fn small(value: Fr) -> u64 {
    to_u64(value).unwrap_or_default()
}
