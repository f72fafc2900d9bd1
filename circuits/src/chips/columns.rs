//! Columns by index, and what they are there for.

use super::{Gate, LIMBS, sponge};

/// Advice columns of the first phase, by index.
pub mod at {
    /// Eight limbs, each looked up in the range table in every row.
    pub const LIMB: usize = 0;
    /// Sign of a number; bit 6 of a text hash; first coordinate of a centroid.
    pub const SIGN: usize = 8;
    /// Whether a number is clamped; bit 7 of a text hash; second coordinate.
    pub const OVER: usize = 9;
    /// Inverse of a negative number's magnitude; third coordinate.
    pub const INVERSE: usize = 10;
    /// A number; fourth coordinate.
    pub const NUMBER: usize = 11;
    /// A clamped number; running text hash; whether the nearest centroid has been met.
    pub const CLAMPED: usize = 12;
    /// Running sums of a record; the least key of a search.
    pub const SUM: usize = 13;
    /// First wire; link of a record; how often a text is linked to.
    pub const A: usize = 14;
    /// Second wire; first residue of a text.
    pub const B: usize = 15;
    /// Third wire; second residue of a text.
    pub const C: usize = 16;
    /// Fourth wire; whether a record is there.
    pub const D: usize = 17;
    /// Range-checked wire; packed elements.
    pub const E: usize = 18;
    /// Zeros in front of the symbols of a row of bytes.
    pub const PAD: usize = 19;
    /// S-box inputs of the sponge, four.
    pub const SBOX: usize = 20;
    /// Their squares.
    pub const SQUARE: usize = 24;
    /// Message and digest of the sponge.
    pub const MESSAGE: usize = 28;
    /// How often each row of the range table is looked up.
    pub const COUNT: usize = 29;

    /// Rows of models: a value, an activation, or what is public.
    pub const MODEL_X: usize = E;
    /// A public input in each of the first rows.
    pub const PUBLIC: usize = E;

    /// Rows of models: which end of a range a value was clamped to; whether the greatest logit has been met.
    pub const MODEL_FLAG: usize = CLAMPED;
    /// Rows of models: an accumulator; what the head makes of the outputs so far.
    pub const MODEL_SUM: usize = B;
}

/// Advice columns of the first phase.
pub const ADVICE_COLUMNS: usize = 30;

/// Second-phase columns of models, by index.
pub mod second_at {
    /// Random combination of the weights of an input so far.
    pub const WEIGHTS: usize = 0;
    /// Random combination of the accumulators of a layer, less what the inputs explain.
    pub const NEURONS: usize = 1;
    /// Random combination of all committed limbs and values so far.
    pub const PACKED: usize = 2;
    /// The same of the messages of the sponge.
    pub const MESSAGES: usize = 3;
}

/// Second-phase columns of models.
pub const MODEL_SECOND_COLUMNS: usize = 4;

/// What rows a circuit has, and with them which columns and gates. It has a block's or models'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    /// For a block.
    pub core: bool,
    /// Bits of a packed link, 0 without a block.
    pub links: u32,
    /// For models.
    pub model: bool,
    /// Which heads the models have: for each of [`Head::ALL`](crate::model::Head::ALL).
    pub heads: [bool; 4],
}

impl Bands {
    /// For a block alone, of the smallest size.
    pub const BLOCK: Self = Self { core: true, links: 12, model: false, heads: [false; 4] };

    /// Whether first-phase column `column` exists.
    pub fn advice(self, column: usize) -> bool {
        self.core
            || match column {
                at::MODEL_X | at::MODEL_FLAG | at::MODEL_SUM => true,
                at::SBOX..=at::COUNT => true,
                column => column < at::LIMB + LIMBS,
            }
    }

    /// Whether copy constraints start or end in first-phase column `column`.
    pub fn copied(self, column: usize) -> bool {
        match column {
            at::MODEL_X | at::MESSAGE => true,
            at::A..=at::E => self.core,
            _ => false,
        }
    }

    /// Whether fixed column `column` exists.
    pub fn fixed(self, column: usize) -> bool {
        match column {
            fixed_at::KIND | fixed_at::LINKS => self.core,
            fixed_at::RUN | fixed_at::STREAM => self.model,
            fixed_at::ELEMENT => !self.core,
            column if (fixed_at::K + fixed_at::MODEL_KS..fixed_at::TABLE_VALUE).contains(&column) => {
                self.core
            }
            _ => true,
        }
    }

    /// Whether gate `gate` exists.
    pub fn gate(self, gate: Gate) -> bool {
        // A values head has none: its outputs are public as they stand.
        let [tags, anomaly, class, _] = self.heads;
        match gate {
            Gate::Value | Gate::Constant => !self.core,
            Gate::Tag => tags,
            Gate::Error => anomaly,
            Gate::Output => tags || anomaly,
            Gate::ClassFirst | Gate::ClassRow | Gate::ClassLast => class,
            gate if gate < Gate::SpongeStart => self.core,
            gate if gate <= Gate::Public => true,
            _ => self.model,
        }
    }
}

/// Columns that stand side by side in every row, for tables of costs: stages of an area share it by rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// What stages of a block and of models share.
    Shared,
    /// The sponge.
    Sponge,
    /// The look-ups, which are in every row.
    Lookup,
}

impl Area {
    /// Of a first-phase column.
    pub fn of_advice(column: usize) -> Self {
        match column {
            at::COUNT => Self::Lookup,
            at::SBOX..=at::MESSAGE => Self::Sponge,
            _ => Self::Shared,
        }
    }

    /// Of a fixed column.
    pub fn of_fixed(column: usize) -> Self {
        match column {
            fixed_at::TABLE_VALUE | fixed_at::TABLE_TAG => Self::Lookup,
            fixed_at::STREAM => Self::Sponge,
            column if (fixed_at::ROUND..fixed_at::ROUND + sponge::PER_ROW).contains(&column) => Self::Sponge,
            _ => Self::Shared,
        }
    }

    /// Of a gate's selector.
    pub fn of_gate(gate: Gate) -> Self {
        match gate {
            Gate::LookupActive | Gate::LookupEdge => Self::Lookup,
            Gate::MessageZero => Self::Sponge,
            gate if (Gate::SpongeStart..=Gate::SpongeEnd).contains(&gate) => Self::Sponge,
            _ => Self::Shared,
        }
    }
}

/// Fixed columns, by index.
pub mod fixed_at {
    /// Tag of each limb: which part of the range table it must be in.
    pub const TAG: usize = 0;
    /// Eight coefficients; what they mean is the row's business.
    pub const K: usize = 8;
    /// Values of the range table.
    pub const TABLE_VALUE: usize = 16;
    /// Tags of the range table.
    pub const TABLE_TAG: usize = 17;
    /// Index of a text in its rows of the text table; in rows of models, the factor of the row's limbs or value in the
    /// elements they are packed into.
    pub const INDEX: usize = 18;
    /// Kind of residues in a row of the text table, or asked for by a link.
    pub const KIND: usize = 19;
    /// [`LINK`] where a link is looked up, [`TEXT`] where the text table has a row.
    pub const LINKS: usize = 20;
    /// Four constants of the sponge.
    pub const ROUND: usize = 21;

    /// Models: 1 where a row of limbs is packed, 2 where one starts eight elements.
    pub const RUN: usize = 25;
    /// Models: 1 where a message must be a packed element.
    pub const STREAM: usize = 26;
    /// Committed values: 1 where a value is packed, 2 where one starts an element.
    pub const ELEMENT: usize = 27;

    /// A flag of a row that has a link.
    pub const LINK: u64 = 1;
    /// A flag of a row of the text table.
    pub const TEXT: u64 = 2;

    /// Coefficients that rows of models have; what they mean is the row's business.
    pub const MODEL_KS: usize = 4;
}

/// Fixed columns.
pub const FIXED_COLUMNS: usize = 28;
