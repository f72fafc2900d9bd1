//! Columns by index, and the bands they belong to.

use super::Gate;

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
    /// How often each row of the range table is looked up; belongs to no band.
    pub const COUNT: usize = 29;

    /// Model band: eight limbs, each looked up in the range table in every row.
    pub const MODEL_LIMB: usize = 30;
    /// Model band: a value, an activation, or what is public.
    pub const MODEL_X: usize = 38;
    /// Model band: which end of a range a value was clamped to; whether the greatest logit has been met.
    pub const MODEL_FLAG: usize = 39;
    /// Model band: an accumulator; what the head makes of the outputs so far.
    pub const MODEL_SUM: usize = 40;
    /// Model band: S-box inputs of its sponge, four.
    pub const MODEL_SBOX: usize = 41;
    /// Model band: their squares.
    pub const MODEL_SQUARE: usize = 45;
    /// Model band: message and digest of its sponge.
    pub const MODEL_MESSAGE: usize = 49;
}

/// Advice columns of the first phase in all bands.
pub const ADVICE_COLUMNS: usize = 50;
/// Advice columns in which copy constraints start or end.
pub const COPIED: [usize; 8] =
    [at::A, at::B, at::C, at::D, at::E, at::MESSAGE, at::MODEL_X, at::MODEL_MESSAGE];

/// Second-phase columns of the model band, by index.
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

/// Second-phase columns of the model band.
pub const MODEL_SECOND_COLUMNS: usize = 4;

/// Which bands a circuit has. It has at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    /// For a block.
    pub core: bool,
    /// For models.
    pub model: bool,
}

impl Bands {
    /// Whether first-phase column `column` exists.
    pub fn advice(self, column: usize) -> bool {
        match column {
            at::COUNT => true,
            column if column < at::MODEL_LIMB => self.core,
            _ => self.model,
        }
    }

    /// Whether fixed column `column` exists.
    pub fn fixed(self, column: usize) -> bool {
        match column {
            fixed_at::TABLE_VALUE | fixed_at::TABLE_TAG => true,
            column if column < fixed_at::MODEL_TAG => self.core,
            _ => self.model,
        }
    }

    /// Whether gate `gate` exists.
    pub fn gate(self, gate: Gate) -> bool {
        match gate {
            Gate::LookupActive | Gate::LookupEdge => true,
            gate if gate < Gate::LookupActive => self.core,
            _ => self.model,
        }
    }
}

/// Columns that stand side by side in every row, for tables of costs: stages of an area share it by rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Area {
    /// Of a block.
    Core,
    /// The sponge of a block.
    CoreSponge,
    /// Of models.
    Model,
    /// The sponge of models.
    ModelSponge,
    /// The look-ups, which are in every row.
    Lookup,
}

impl Area {
    /// Of a first-phase column.
    pub fn of_advice(column: usize) -> Self {
        match column {
            at::COUNT => Self::Lookup,
            at::SBOX..at::COUNT => Self::CoreSponge,
            ..at::SBOX => Self::Core,
            at::MODEL_LIMB..at::MODEL_SBOX => Self::Model,
            _ => Self::ModelSponge,
        }
    }

    /// Of a fixed column.
    pub fn of_fixed(column: usize) -> Self {
        match column {
            fixed_at::TABLE_VALUE | fixed_at::TABLE_TAG => Self::Lookup,
            fixed_at::ROUND..fixed_at::MODEL_TAG => Self::CoreSponge,
            ..fixed_at::ROUND => Self::Core,
            fixed_at::MODEL_ROUND.. => Self::ModelSponge,
            _ => Self::Model,
        }
    }

    /// Of a gate's selector.
    pub fn of_gate(gate: Gate) -> Self {
        match gate {
            Gate::LookupActive | Gate::LookupEdge => Self::Lookup,
            gate if gate < Gate::Square => Self::Core,
            gate if gate <= Gate::SpongeEnd => Self::CoreSponge,
            gate if gate < Gate::MessageZero => Self::Model,
            _ => Self::ModelSponge,
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
    /// Index of a text in its rows of the text table.
    pub const INDEX: usize = 18;
    /// Kind of residues in a row of the text table, or asked for by a link.
    pub const KIND: usize = 19;
    /// 1 where a link is looked up.
    pub const LINKS: usize = 20;
    /// 1 where the text table has a row.
    pub const TEXTS: usize = 21;
    /// Four constants of the sponge.
    pub const ROUND: usize = 22;

    /// Model band: tag of each limb.
    pub const MODEL_TAG: usize = 26;
    /// Model band: four coefficients; what they mean is the row's business.
    pub const MODEL_K: usize = 34;
    /// Model band: factor of the row's limbs in the elements they are packed into.
    pub const LIMB_WEIGHT: usize = 38;
    /// Model band: factor of the row's value in the element it is packed into.
    pub const VALUE_WEIGHT: usize = 39;
    /// Model band: 1 where a run of rows starts that is packed into eight elements.
    pub const RUN: usize = 40;
    /// Model band: 1 where an element of values starts.
    pub const ELEMENT: usize = 41;
    /// Model band: four constants of its sponge.
    pub const MODEL_ROUND: usize = 42;
    /// Model band: 1 where a message must be a packed element.
    pub const STREAM: usize = 46;
}

/// Fixed columns in all bands.
pub const FIXED_COLUMNS: usize = 47;
