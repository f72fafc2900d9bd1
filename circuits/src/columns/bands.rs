//! Which columns and gates a circuit has, and to which of them a stage belongs.

use super::gate::Gate;
use super::index::{LIMBS, SPONGE_PER_ROW, at, fixed_at};

/// What rows a circuit has, and with them which columns and gates. It has a block's or models'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    /// For a block.
    pub core: bool,
    /// Bits of a packed link, 0 without a block.
    pub links: u32,
    /// For models.
    pub model: bool,
    /// Which heads the models have: for each of `model::Head::ALL`.
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
            column if (fixed_at::ROUND..fixed_at::ROUND + SPONGE_PER_ROW).contains(&column) => Self::Sponge,
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

/// The rows a stage takes, for tables of costs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    /// Name.
    pub name: &'static str,
    /// Whose columns.
    pub area: Area,
    /// First row.
    pub start: usize,
    /// Rows.
    pub rows: usize,
}
