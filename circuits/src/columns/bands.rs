//! Which columns and gates a circuit has, and to which of them a stage belongs.

use super::gate::Gate;
use super::index::{DECISION_LIMB_BITS, LIMB_BITS, LIMBS, SPONGE_PER_ROW, at, fixed_at};
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
    /// For a decision from committed values.
    pub decision: bool,
    /// How many of a list are told by that decision, 0 without a list: so many keys are carried from entry to entry.
    pub top: u8,
    /// For those by rule, beside these or alone.
    pub rules: bool,
    /// For a decision that compares signatures.
    pub signatures: bool,
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
    /// Which operators over groups of activations there are.
    pub groups: Groups,
}

/// Which operators over groups of activations graphs have: each has gates of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Groups {
    /// Products of two tensors.
    pub products: bool,
    /// Maxima.
    pub maxima: bool,
    /// Softmax.
    pub softmax: bool,
    /// Norms.
    pub norms: bool,
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
        decision: false,
        top: 0,
        rules: false,
        signatures: false,
    };

    /// Bits of a full limb of [`Gate::Range`]. Decisions, whose tables are short, have limbs of dense models.
    pub fn limb_bits(self) -> u32 {
        if self.decision { DECISION_LIMB_BITS } else { LIMB_BITS }
    }

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

    fn groups(self) -> Groups {
        self.graph.map(|graph| graph.groups).unwrap_or_default()
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
            at::A..=at::E if self.decision => true,
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
            at::A..=at::E if self.core || self.decision => true,
            at::B..=at::E => self.graph.is_some(),
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
            fixed_at::ELEMENT => self.model && !self.core,
            fixed_at::INDEX => self.core || self.model,
            column if (fixed_at::K + fixed_at::MODEL_KS..fixed_at::TABLE_VALUE).contains(&column) => {
                self.core || self.graph.is_some() || self.decision
            }
            _ => true,
        }
    }

    /// Whether gate `gate` exists.
    pub fn gate(self, gate: Gate) -> bool {
        // A values head has none: its outputs are public as they stand.
        let [tags, anomaly, class, _] = self.heads;
        match gate {
            Gate::Value | Gate::Constant => self.model && !self.core,
            Gate::Arith | Gate::Range | Gate::RangeWide => self.core || self.decision,
            Gate::Difference => self.analytics,
            Gate::Entry => self.top > 0,
            Gate::LimbSum | Gate::LimbSumOn => self.signatures,
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
            Gate::GraphProduct | Gate::GraphLeft | Gate::GraphRight => self.groups().products,
            Gate::GraphMaximum => self.groups().maxima,
            Gate::GraphSoftmax | Gate::GraphSoftmaxEnd => self.groups().softmax,
            Gate::GraphMoments | Gate::GraphDeviation | Gate::GraphNorm => self.groups().norms,
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
