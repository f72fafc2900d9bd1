//! Records: which fields each class has, and where they go. `spec/pipeline.md` section 1 has the table.

use crate::block::{Block, NUMBER_FRACTION_BITS, Number, Text, TriState};

/// Numbers in a record, at most.
pub const NUMBERS: usize = 7;
/// Texts in a record, at most.
pub const TEXTS: usize = 5;
/// Links of a record: its texts, then its tri-state.
pub const LINKS: usize = TEXTS + 1;

/// Period of the time feature, in seconds.
pub const TIME_PERIOD: u64 = 864_000;
/// Height at which the height feature saturates.
pub const HEIGHT_SCALE: u64 = 10_000_000;

/// The three classes of record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// Transactions.
    Transaction,
    /// Execution traces.
    Trace,
    /// Witness bundles.
    Bundle,
}

/// A number feature: `lin(·, scale)` in column `feature`.
#[derive(Clone, Copy, Debug)]
pub struct NumberFeature {
    /// Column of the folded vector.
    pub feature: usize,
    /// M: the value that maps to 1.
    pub scale: u64,
}

impl NumberFeature {
    /// L = M·2¹⁶: largest numerator, and the denominator.
    pub fn limit(self) -> u64 {
        self.scale << NUMBER_FRACTION_BITS
    }
}

/// A text feature: `bkt(·, buckets)` in column `feature`.
#[derive(Clone, Copy, Debug)]
pub struct TextFeature {
    /// Column of the folded vector.
    pub feature: usize,
    /// B.
    pub buckets: u32,
}

/// Where the fields of a class of records go.
#[derive(Clone, Copy, Debug)]
pub struct ClassFeatures {
    /// Which class.
    pub class: Class,
    /// Numbers, in the order of [`Record::numbers`].
    pub numbers: &'static [NumberFeature],
    /// Texts, in the order of [`Record::texts`].
    pub texts: &'static [TextFeature],
    /// Column of the tri-state.
    pub tri_state: Option<usize>,
    /// Column of `pos(i, n)`.
    pub position: usize,
    /// Column of T.
    pub time: usize,
    /// Column of H.
    pub height: Option<usize>,
}

const fn number(feature: usize, scale: u64) -> NumberFeature {
    NumberFeature { feature, scale }
}

const fn text(feature: usize, buckets: u32) -> TextFeature {
    TextFeature { feature, buckets }
}

/// The table of features, class by class.
pub const CLASSES: [ClassFeatures; 3] = [
    ClassFeatures {
        class: Class::Transaction,
        numbers: &[
            number(0, 1_000_000_000),
            number(1, 1_000_000),
            number(2, 50_000_000),
            number(8, 1_000_000),
            number(10, 100_000),
            number(11, 1_000),
            number(12, 1_000_000),
        ],
        texts: &[text(6, 64), text(7, 256), text(13, 1024), text(14, 10_000), text(15, 10_000)],
        tri_state: Some(9),
        position: 3,
        time: 5,
        height: Some(4),
    },
    ClassFeatures {
        class: Class::Trace,
        numbers: &[
            number(1, 1_000_000_000),
            number(2, 1024),
            number(3, 1024),
            number(4, 512),
            number(8, 50_000_000),
            number(10, 100_000),
        ],
        texts: &[text(5, 50_000), text(6, 10_000), text(7, 128)],
        tri_state: Some(11),
        position: 0,
        time: 9,
        height: None,
    },
    ClassFeatures {
        class: Class::Bundle,
        numbers: &[number(1, 1_000_000), number(2, 4096), number(3, 1_000_000), number(4, 8192)],
        texts: &[text(5, 256), text(6, 128)],
        tri_state: None,
        position: 0,
        time: 7,
        height: None,
    },
];

/// A record's fields in the order of its class; absent ones are 0, empty, `No`.
#[derive(Clone, Debug, Default)]
pub struct Record {
    /// Numbers.
    pub numbers: [Number; NUMBERS],
    /// Texts.
    pub texts: [Text; TEXTS],
    /// Twice the tri-state feature.
    pub tri_state: u8,
}

impl Record {
    fn new<const N: usize, const T: usize>(
        numbers: [Number; N],
        texts: [&Text; T],
        tri: Option<TriState>,
    ) -> Self {
        let mut record = Self { tri_state: tri.map_or(0, TriState::halves), ..Self::default() };
        record.numbers.iter_mut().zip(numbers).for_each(|(to, from)| *to = from);
        record.texts.iter_mut().zip(texts).for_each(|(to, from)| *to = from.clone());
        record
    }
}

/// The records of one class, in order.
pub fn records(block: &Block, class: Class) -> Vec<Record> {
    match class {
        Class::Transaction => block
            .transactions
            .iter()
            .map(|t| {
                Record::new(
                    [t.amount, t.fee, t.gas_used, t.nonce, t.slot, t.chain_id, t.priority_fee],
                    [&t.contract_type, &t.asset, &t.function_selector, &t.sender, &t.receiver],
                    Some(t.status),
                )
            })
            .collect(),
        Class::Trace => block
            .traces
            .iter()
            .map(|t| {
                Record::new(
                    [
                        t.balance_delta,
                        t.storage_writes,
                        t.storage_reads,
                        t.log_events,
                        t.gas_consumed,
                        t.slot_index,
                    ],
                    [&t.contract, &t.asset, &t.trace_type],
                    Some(t.reverted),
                )
            })
            .collect(),
        Class::Bundle => block
            .bundles
            .iter()
            .map(|b| {
                Record::new(
                    [b.constraint_count, b.degree, b.gate_count, b.quotient_degree],
                    [&b.prover_label, &b.circuit_type],
                    None,
                )
            })
            .collect(),
    }
}
