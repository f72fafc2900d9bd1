//! Which columns and gates a circuit has, and to which of them a stage belongs.

use super::gate::Gate;
use super::index::{LIMBS, SPONGE_PER_ROW, at, fixed_at};
use crate::graph::limits::MAX_TABLES;
use crate::graph::table::Table;

/// What rows a circuit has, and with them which columns and gates. It has a block's or models'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bands {
    /// For a block.
    pub core: bool,
    /// Bits of a packed link, 0 without a block.
    pub links: u32,
    /// For models of any kind.
    pub model: bool,
    /// For dense models.
    pub dense: bool,
    /// Which heads the models have: for each of `model::Head::ALL`.
    pub heads: [bool; 4],
    /// For graphs.
    pub graph: Option<GraphBands>,
    /// For analytics of the code of a block, beside it.
    pub analytics: bool,
    /// For those by rule, beside these or alone.
    pub rules: bool,
}

/// What rows graphs have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GraphBands {
    /// Bits of a full limb.
    pub limb_bits: u32,
    /// Tables of functions, in the order of their tags.
    pub tables: [Option<Table>; MAX_TABLES],
    /// Whether there are forests, whose paths look up splits, values and leaves.
    pub forest: bool,
    /// Whether an activation has 12 bits and no table: of full limbs of 13 bits, none else needs that width.
    pub twelve: bool,
}

impl Bands {
    /// For a block alone, of the smallest size.
    pub const BLOCK: Self = Self {
        core: true,
        links: 12,
        model: false,
        dense: false,
        heads: [false; 4],
        graph: None,
        analytics: false,
        rules: false,
    };

    /// Whether rows look up links: those of records to texts, those of paths to splits and leaves.
    pub fn has_links(self) -> bool {
        self.core || self.has_forest()
    }

    /// Fixed column of the factor that limbs and values have in the elements they are packed into.
    pub fn packing_factor(self) -> usize {
        if self.has_forest() { fixed_at::FACTOR } else { fixed_at::INDEX }
    }

    /// Whether there are forests.
    pub fn has_forest(self) -> bool {
        self.graph.is_some_and(|graph| graph.forest)
    }

    /// How many limbs of a row have a cell for what the range table has beside them.
    pub fn outs(self) -> usize {
        if self.rules { at::OUT.len() } else { self.copied_outs() }
    }

    /// How many of these cells copy constraints start or end in.
    fn copied_outs(self) -> usize {
        match (self.graph, self.analytics) {
            (Some(_), _) => 2,
            (None, true) => 1,
            (None, false) => 0,
        }
    }

    /// Whether first-phase column `column` exists.
    pub fn advice(self, column: usize) -> bool {
        let graph = self.graph.is_some();
        match column {
            column if at::OUT.contains(&column) => at::OUT[..self.outs()].contains(&column),
            at::MASK => self.rules,
            _ if self.core => true,
            column if column < at::LIMB + LIMBS => true,
            at::SBOX..=at::COUNT => true,
            at::MODEL_X => true,
            at::MODEL_FLAG | at::MODEL_SUM => self.dense || graph,
            at::A => self.has_forest(),
            column => graph && [at::WIRE.as_slice(), &at::ACC, &at::END].concat().contains(&column),
        }
    }

    /// Whether copy constraints start or end in first-phase column `column`.
    pub fn copied(self, column: usize) -> bool {
        match column {
            at::MODEL_X | at::MESSAGE => true,
            at::A => self.core,
            at::B..=at::E => self.core || self.graph.is_some(),
            at::MASK => self.rules,
            column => at::OUT[..self.copied_outs()].contains(&column),
        }
    }

    /// Whether fixed column `column` exists.
    pub fn fixed(self, column: usize) -> bool {
        match column {
            fixed_at::KIND | fixed_at::LINKS => self.has_links(),
            fixed_at::TABLE_OUT => self.outs() > 0,
            fixed_at::CENTRES => self.analytics,
            fixed_at::FACTOR => self.has_forest(),
            fixed_at::RUN | fixed_at::STREAM => self.model,
            fixed_at::ELEMENT => !self.core,
            column if (fixed_at::K + fixed_at::MODEL_KS..fixed_at::TABLE_VALUE).contains(&column) => {
                self.core || self.graph.is_some()
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
            Gate::Difference => self.analytics,
            gate if gate > Gate::Difference => self.rules,
            Gate::Tag => tags,
            Gate::Error => anomaly,
            Gate::Output => tags || anomaly,
            Gate::ClassFirst | Gate::ClassRow | Gate::ClassLast => class,
            gate if gate < Gate::SpongeStart => self.core,
            gate if gate <= Gate::Public => true,
            Gate::LayerEdge | Gate::MessageZero => self.model,
            gate if gate < Gate::MessageZero => self.dense,
            gate if gate < Gate::GraphSplit => self.graph.is_some(),
            _ => self.has_forest(),
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
            column if at::OUT.contains(&column) => Self::Shared,
            at::SBOX..=at::MESSAGE => Self::Sponge,
            _ => Self::Shared,
        }
    }

    /// Of a fixed column.
    pub fn of_fixed(column: usize) -> Self {
        match column {
            fixed_at::TABLE_VALUE | fixed_at::TABLE_TAG | fixed_at::TABLE_OUT => Self::Lookup,
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
