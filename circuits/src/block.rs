//! The block as the pipeline sees it: canonical numbers, texts and tri-states, nothing else.
//!
//! These types can only hold canonical values (`spec/pipeline.md` section 1), so every stage below may rely on
//! the ranges written here. JSON is read into them by `foldproof-prover`.

use std::fmt;

/// Fraction bits of a canonical number.
pub const NUMBER_FRACTION_BITS: u32 = 16;
/// Largest magnitude of a canonical number, in units of 2⁻¹⁶.
pub const NUMBER_LIMIT: i64 = (1 << 47) - 1;
/// Bits of a quantity.
pub const QUANTITY_BITS: u32 = 96;
/// Most bytes in a text.
pub const TEXT_BYTES: usize = 62;
/// Heights and timestamps stay below this.
pub const INTEGER_LIMIT: u64 = 1 << 53;

/// A canonical number: a multiple of 2⁻¹⁶ of magnitude at most 2³¹ − 2⁻¹⁶.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Number(i64);

impl Number {
    /// The number `units`·2⁻¹⁶, saturated to ±[`NUMBER_LIMIT`].
    pub fn saturating(units: i128) -> Self {
        let limit = i128::from(NUMBER_LIMIT);
        Self(i64::try_from(units.clamp(-limit, limit)).unwrap_or(NUMBER_LIMIT))
    }

    /// The whole number `value`, saturated.
    pub fn whole(value: u64) -> Self {
        Self::saturating(i128::from(value) << NUMBER_FRACTION_BITS)
    }

    /// In units of 2⁻¹⁶.
    pub fn units(self) -> i64 {
        self.0
    }
}

/// A canonical quantity, of a price or a value that [`Number`] has no room for: a whole number of at most [`QUANTITY_BITS`] bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Quantity(u128);

impl Quantity {
    /// The greatest.
    pub const MAX: Self = Self((1 << QUANTITY_BITS) - 1);

    /// `value`, or the greatest if it is beyond that.
    pub fn saturating(value: u128) -> Self {
        Self(value).min(Self::MAX)
    }

    /// The number.
    pub fn get(self) -> u128 {
        self.0
    }
}

/// A canonical text: at most 62 bytes, each 0x01–0x7f.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Box<[u8]>);

/// Why a string is not a canonical text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextError {
    /// Longer than [`TEXT_BYTES`] bytes.
    TooLong {
        /// Bytes found.
        bytes: usize,
    },
    /// A byte outside 0x01–0x7f.
    NotAscii {
        /// Where, counted in bytes.
        position: usize,
        /// The byte found.
        byte: u8,
    },
}

impl fmt::Display for TextError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong { bytes } => {
                write!(f, "a text of at most {TEXT_BYTES} bytes was expected, found {bytes}")
            }
            Self::NotAscii { position, byte } => {
                write!(f, "bytes 0x01 to 0x7f were expected, found 0x{byte:02x} at byte {position}")
            }
        }
    }
}

impl std::error::Error for TextError {}

impl Text {
    /// Checks length and bytes.
    pub fn new(text: &str) -> Result<Self, TextError> {
        let bytes = text.as_bytes();
        if bytes.len() > TEXT_BYTES {
            return Err(TextError::TooLong { bytes: bytes.len() });
        }
        match bytes.iter().position(|b| !(0x01..=0x7f).contains(b)) {
            Some(position) => Err(TextError::NotAscii { position, byte: bytes[position] }),
            None => Ok(Self(bytes.into())),
        }
    }

    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is the empty text, which a missing field becomes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{}", char::from(*b)))
    }
}

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

/// `status` and `reverted`: no, not said, yes. As a feature: 0, 1/2, 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TriState {
    /// The field is there and says no.
    No,
    /// The field is not there.
    #[default]
    Unknown,
    /// The field is there and says yes.
    Yes,
}

impl TriState {
    /// Twice the feature: 0, 1 or 2.
    pub fn halves(self) -> u8 {
        match self {
            Self::No => 0,
            Self::Unknown => 1,
            Self::Yes => 2,
        }
    }
}

/// The header fields the proof speaks about. Roots are attested: bound to the block commitment, not re-executed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Header {
    /// Block number, below 2⁵³.
    pub height: u64,
    /// Seconds, below 2⁵³.
    pub timestamp: u64,
    /// State root before the block (or the parent hash, where that is what the source has).
    pub prev_state_root: [u8; 32],
    /// State root after the block.
    pub new_state_root: [u8; 32],
    /// Root of the transactions.
    pub tx_root: [u8; 32],
}

/// The side of a trade.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Side {
    /// None is told, or another text than the two.
    #[default]
    None,
    /// Buy, in any case.
    Buy,
    /// Sell, in any case.
    Sell,
}

impl Side {
    /// 0, 1 or 2.
    pub fn number(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Buy => 1,
            Self::Sell => 2,
        }
    }
}

/// Fields that adapters of other sources add to a transaction. Nothing of a fingerprint depends on them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdapterFields {
    /// Risk score, if it is a number.
    pub risk: Option<Number>,
    /// Liquidity score, if it is a number.
    pub liquidity: Option<Number>,
    /// Spread in pips, if it is a number.
    pub spread: Option<Number>,
    /// Side.
    pub side: Side,
    /// Whether there is an alert's type.
    pub alert: bool,
    /// Whether there is a triggered rule.
    pub rule: bool,
}

/// What tags look at in a transaction beside its texts. The block commitment does not hold it; a commitment of its own does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagFields {
    /// Price of gas, rounded up.
    pub price: Quantity,
    /// Amount in wei, or else in whatever unit the source has, rounded up.
    pub value: Quantity,
    /// Of adapters.
    pub adapter: AdapterFields,
}

/// One transaction.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the table of features, spec/pipeline.md section 1")]
pub struct Transaction {
    pub amount: Number,
    pub fee: Number,
    pub gas_used: Number,
    pub nonce: Number,
    pub slot: Number,
    pub chain_id: Number,
    pub priority_fee: Number,
    pub contract_type: Text,
    pub asset: Text,
    pub function_selector: Text,
    pub sender: Text,
    pub receiver: Text,
    pub status: TriState,
    pub tag_fields: TagFields,
}

/// One execution trace.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the table of features, spec/pipeline.md section 1")]
pub struct Trace {
    pub balance_delta: Number,
    pub storage_writes: Number,
    pub storage_reads: Number,
    pub log_events: Number,
    pub gas_consumed: Number,
    pub slot_index: Number,
    pub contract: Text,
    pub asset: Text,
    pub trace_type: Text,
    pub reverted: TriState,
}

/// One witness bundle.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "named as in the table of features, spec/pipeline.md section 1")]
pub struct WitnessBundle {
    pub constraint_count: Number,
    pub degree: Number,
    pub gate_count: Number,
    pub quotient_degree: Number,
    pub prover_label: Text,
    pub circuit_type: Text,
}

/// A block in canonical form. At least one record of any kind is needed to fold it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Block {
    /// Header.
    pub header: Header,
    /// Transactions in order.
    pub transactions: Vec<Transaction>,
    /// Execution traces in order.
    pub traces: Vec<Trace>,
    /// Witness bundles in order.
    pub bundles: Vec<WitnessBundle>,
}

impl Block {
    /// N: how many vectors are folded.
    pub fn records(&self) -> usize {
        self.transactions.len() + self.traces.len() + self.bundles.len()
    }
}
