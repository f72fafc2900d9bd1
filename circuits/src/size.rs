//! Sizes of the circuit about a block.

use std::fmt;

use crate::block::Block;
use crate::columns::LIMB_BITS;

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

impl Capacity {
    /// Records of all classes.
    pub fn records(&self) -> usize {
        self.transactions + self.traces + self.bundles
    }

    /// Slots of the text table, that of the empty text included.
    pub fn slots(&self) -> usize {
        1 + self.addresses + self.short + self.long
    }

    /// Bits of a packed link: enough to name every slot.
    pub fn link_bits(&self) -> u32 {
        usize::BITS.saturating_sub((self.slots() - 1).leading_zeros()).max(LEAST_LINK_BITS)
    }

    /// Bits, in whole limbs, that counts of records fit.
    pub fn count_bits(&self) -> u32 {
        let bits = usize::BITS - self.records().leading_zeros();
        bits.div_ceil(LIMB_BITS) * LIMB_BITS
    }
}

/// Links of the smaller sizes have bits to spare: their commitments are older than the need for more.
const LEAST_LINK_BITS: u32 = 12;

/// Centroids per subspace of the codebook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Centroids {
    /// 64.
    K64,
    /// 256.
    K256,
}

impl Centroids {
    /// Both.
    pub const ALL: [Self; 2] = [Self::K64, Self::K256];

    /// K.
    pub fn count(self) -> usize {
        match self {
            Self::K64 => 64,
            Self::K256 => 256,
        }
    }

    /// Number of the shape in encodings.
    pub fn number(self) -> u8 {
        match self {
            Self::K64 => 1,
            Self::K256 => 2,
        }
    }

    /// The shape with `count` centroids, if there is one.
    pub fn from_count(count: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.count() == count)
    }
}

/// Sizes of circuit, smallest first. (`Toy`, for tests of several blocks, is in no list: no name or encoding gives it.)
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
    /// 3,328 transactions, each with a sender, a receiver and a selector of its own.
    Huge,
    /// A few records.
    #[cfg(feature = "testing")]
    Toy,
}

impl Size {
    /// Every size, smallest first.
    pub const ALL: [Self; 5] = [Self::Small, Self::Medium, Self::Large, Self::Full, Self::Huge];

    /// Name in statements and messages.
    pub fn name(self) -> &'static str {
        match self {
            Self::Small => "small",
            Self::Medium => "medium",
            Self::Large => "large",
            Self::Full => "full",
            Self::Huge => "huge",
            #[cfg(feature = "testing")]
            Self::Toy => "toy",
        }
    }

    /// What the size holds.
    pub const fn capacity(self) -> Capacity {
        let [transactions, traces, bundles, addresses, short, long] = match self {
            Self::Small => [240, 240, 16, 448, 96, 16],
            Self::Medium => [512, 512, 16, 832, 192, 64],
            Self::Large => [1280, 1280, 16, 1312, 288, 56],
            Self::Full => [1280, 1280, 16, 0, 0, 2048],
            Self::Huge => [3328, 3328, 16, 6784, 3456, 128],
            #[cfg(feature = "testing")]
            Self::Toy => [6, 5, 3, 12, 4, 3],
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
            Self::Huge => 5,
            #[cfg(feature = "testing")]
            Self::Toy => u8::MAX,
        }
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
                let excess = Excess::Records { what, held, found };
                return Err(Oversize { size: self, excess, no_larger: false });
            }
        }
        Ok(())
    }
}

/// A block that no circuit, or not this one, holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Oversize {
    /// The size.
    pub size: Size,
    /// What there is too much of.
    pub excess: Excess,
    /// Whether no size holds the block.
    pub no_larger: bool,
}

/// What there is too much of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Excess {
    /// Records of a field.
    Records {
        /// The field.
        what: &'static str,
        /// How many fit.
        held: usize,
        /// How many there are.
        found: usize,
    },
    /// Distinct texts.
    Texts {
        /// How many addresses, other texts of at most 16 bytes and longer ones there are.
        found: [usize; 3],
    },
}

impl Excess {
    pub(crate) fn is_texts(&self) -> bool {
        matches!(self, Self::Texts { .. })
    }
}

impl Oversize {
    /// How many records or texts have no place.
    pub(crate) fn lacking(&self) -> usize {
        match self.excess {
            Excess::Records { held, found, .. } => found.saturating_sub(held),
            Excess::Texts { found: [addresses, short, long] } => {
                let capacity = self.size.capacity();
                let over =
                    addresses.saturating_sub(capacity.addresses) + short.saturating_sub(capacity.short);
                (over + long).saturating_sub(capacity.long)
            }
        }
    }
}

impl fmt::Display for Oversize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let size = self.size.name();
        match self.excess {
            Excess::Records { what, held, found } => {
                write!(f, "{what}: expected at most {held} (size {size}), found {found}")?;
            }
            Excess::Texts { found: [addresses, short, long] } => {
                let Capacity { addresses: places, short: short_places, long: any, .. } = self.size.capacity();
                write!(f, "distinct texts (addresses, types, assets, selectors, labels): expected at most ")?;
                if places + short_places > 0 {
                    write!(f, "{places} addresses, {short_places} others of at most 16 bytes and ")?;
                }
                write!(
                    f,
                    "{any} of any kind (size {size}), found {addresses} addresses, {short} others of at most 16 bytes and {long} longer ones"
                )?;
            }
        }
        if self.no_larger {
            f.write_str("; no larger statement exists: leave out what need not be proved, or take the fingerprint without a proof")?;
        }
        Ok(())
    }
}

impl std::error::Error for Oversize {}
