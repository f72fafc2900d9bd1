//! Slots of the text table: what kinds there are, and how many symbols and rows each has. What goes into them is the business of
//! `stages::commit::texts`.

/// Bits of a symbol.
pub const SYMBOL_BITS: u32 = 11;
/// Symbols of an address.
pub const ADDRESS_SYMBOLS: usize = 20;
/// Bytes of a short text.
pub const SHORT_BYTES: usize = 16;
/// Places in a long slot; the first two are always 0.
pub const LONG_SYMBOLS: usize = 64;
/// Symbols in a row of the circuit.
pub const ROW_SYMBOLS: usize = 8;
/// Symbols in the row before the last of a slot.
pub const TAIL_SYMBOLS: usize = 5;
/// Smallest value of 31·a + b over lower-case hex digits.
pub const PAIR_OFFSET: u16 = 31 * 48 + 48;

/// Kinds of rows of residues that a block has in the text table, and one more: links of a block ask for its own kinds only, so that
/// they reach no text of another block. At most three neighbouring kinds exist: no pad of a row of bytes reaches them.
pub const TEXT_KINDS: u64 = 4;

/// Kinds of slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotKind {
    /// The empty text, at index 0 only.
    Empty,
    /// `0x` and 40 lower-case hex digits.
    Address,
    /// At most 16 bytes.
    Short,
    /// At most 62 bytes.
    Long,
}

impl SlotKind {
    /// Full rows of eight symbols, before the two rows of the tail.
    pub fn full_rows(self) -> usize {
        match self {
            Self::Empty | Self::Address | Self::Short => 2,
            Self::Long => LONG_SYMBOLS / ROW_SYMBOLS,
        }
    }

    /// Rows of a slot.
    pub fn rows(self) -> usize {
        self.full_rows() + 2
    }

    /// Factor in the text hash of symbol `place`, modulo 2³².
    pub fn weight(self, place: usize) -> u32 {
        let exponent = match self {
            Self::Address => 2 * ADDRESS_SYMBOLS.saturating_sub(1 + place),
            Self::Empty | Self::Short => SHORT_BYTES.saturating_sub(1 + place),
            Self::Long => LONG_SYMBOLS.saturating_sub(1 + place),
        };
        31u32.wrapping_pow(exponent as u32)
    }

    /// What the text hash adds to the weighted symbols, modulo 2³²: the prefix and the offset of the pairs.
    pub fn constant(self) -> u32 {
        if self != Self::Address {
            return 0;
        }
        let prefix = (31 * u32::from(b'0') + u32::from(b'x')).wrapping_mul(31u32.wrapping_pow(40));
        (0..ADDRESS_SYMBOLS)
            .map(|place| self.weight(place).wrapping_mul(PAIR_OFFSET.into()))
            .fold(prefix, u32::wrapping_add)
    }
}
