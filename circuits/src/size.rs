//! Sizes of the circuit about a block.

use std::fmt;

use crate::block::Block;
use crate::stages::commit::texts::TextTable;

/// How many records and distinct texts a circuit holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Transactions.
    pub transactions: usize,
    /// Execution traces.
    pub traces: usize,
    /// Witness bundles.
    pub bundles: usize,
    /// Texts of the form `0x` and 40 lower-case hex digits. Further ones overflow into `long`.
    pub addresses: usize,
    /// Texts of at most 16 bytes. Further ones overflow into `long`.
    pub short: usize,
    /// Texts of any kind.
    pub long: usize,
}

/// Sizes of circuit, smallest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Size {
    /// 240 transactions.
    Small,
    /// 512 transactions.
    Medium,
    /// 1,280 transactions, most of the texts addresses or short.
    Large,
    /// 1,280 transactions and 2,048 distinct texts of any kind.
    Full,
}

impl Size {
    /// Every size, smallest first.
    pub const ALL: [Self; 4] = [Self::Small, Self::Medium, Self::Large, Self::Full];

    /// Name in statements and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::Full => "full",
        }
    }

    /// What the size holds.
    pub fn capacity(self) -> Capacity {
        let [transactions, traces, bundles, addresses, short, long] = match self {
            Self::Small => [240, 240, 16, 448, 96, 16],
            Self::Medium => [512, 512, 16, 832, 192, 64],
            Self::Large => [1280, 1280, 16, 1312, 288, 56],
            Self::Full => [1280, 1280, 16, 0, 0, 2048],
        };
        Capacity { transactions, traces, bundles, addresses, short, long }
    }

    /// Number of the size inside commitments and statement numbers.
    pub fn number(self) -> u8 {
        match self {
            Self::Small => 1,
            Self::Medium => 2,
            Self::Large => 3,
            Self::Full => 4,
        }
    }

    /// The smallest size that holds `block`.
    pub fn for_block(block: &Block) -> Result<Self, Oversize> {
        Self::ALL.into_iter().find(|size| size.check(block).is_ok()).map_or_else(
            || Err(Self::Full.check(block).err().unwrap_or(Oversize { what: "records", held: 0, found: 0 })),
            Ok,
        )
    }

    /// Whether `block` fits, and if not, what does not.
    ///
    /// # Errors
    /// With the first thing there is too much of.
    pub fn check(self, block: &Block) -> Result<(), Oversize> {
        self.check_records(block)?;
        TextTable::new(self, block).map(|_| ())
    }

    /// Whether the records of `block` fit, whatever their texts.
    ///
    /// # Errors
    /// With the first class that has too many.
    pub fn check_records(self, block: &Block) -> Result<(), Oversize> {
        let capacity = self.capacity();
        let counts = [
            ("transactions", capacity.transactions, block.transactions.len()),
            ("executionTraces", capacity.traces, block.traces.len()),
            ("witnessData.bundles", capacity.bundles, block.bundles.len()),
        ];
        for (what, held, found) in counts {
            if found > held {
                return Err(Oversize { what, held, found });
            }
        }
        Ok(())
    }
}

/// A block that no circuit, or not this one, holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oversize {
    /// Field or kind of thing there is too much of.
    pub what: &'static str,
    /// How many fit.
    pub held: usize,
    /// How many there are.
    pub found: usize,
}

impl fmt::Display for Oversize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: the circuit holds {}, the block has {}", self.what, self.held, self.found)
    }
}

impl std::error::Error for Oversize {}
