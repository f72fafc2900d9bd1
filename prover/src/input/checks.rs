//! What of a block was recomputed: the answer of those who can.

/// Whether something was recomputed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Check {
    /// It was, and agrees.
    Passed,
    /// It was not, for this reason.
    Skipped(String),
}

/// What was recomputed from an Ethereum block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checks {
    /// `hash` is the Keccak hash of the header.
    pub block_hash: Check,
    /// `transactionsRoot` is the root of the transactions.
    pub transactions_root: Check,
    /// `hash` of each transaction is its Keccak hash.
    pub transaction_hashes: Check,
    /// `from` of each transaction signed it.
    pub senders: Check,
}

/// What can be checked, by name: the four parts of [`Checks`].
pub const CHECKED: [&str; 4] = ["block hash", "transactions root", "transaction hashes", "senders"];

impl Checks {
    /// None of them made, for one reason.
    pub fn none(reason: &str) -> Self {
        let skipped = || Check::Skipped(reason.to_owned());
        Self {
            block_hash: skipped(),
            transactions_root: skipped(),
            transaction_hashes: skipped(),
            senders: skipped(),
        }
    }

    /// What was not checked, and why.
    pub fn skipped(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let Self { block_hash, transactions_root, transaction_hashes, senders } = self;
        let all = CHECKED.into_iter().zip([block_hash, transactions_root, transaction_hashes, senders]);
        all.filter_map(|(name, check)| match check {
            Check::Passed => None,
            Check::Skipped(reason) => Some((name, reason.as_str())),
        })
    }
}
