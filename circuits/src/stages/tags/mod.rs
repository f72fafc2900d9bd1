//! Tags of a block by rules, and its behaviour: what its transactions do, by sets of selectors, addresses and classes, by prices and values.
//!
//! A *tag commitment* stands beside the block commitment, over the same transactions, because numbers in that saturate at 2³¹: the number of
//! transactions, then of each place price + 2⁹⁶·value in 192 bits, and where a shape has fields of adapters a second element of risk,
//! liquidity and spread, each as num + 2⁴⁷ in 48 bits and one bit that it is a number, of the side in two bits, and of two bits that there
//! are an alert and a rule: 151 bits. Absent places are 0, as all places of a size are committed to.
//!
//! A transaction has a bit of the mask for each of its sources, at most three to a bit: selector, receiver and sender make categories 0 to 3,
//! a price above 5·10¹⁰ bit 4, a value above 10²¹ bit 5, its class one of bits 20 to 33, fields of adapters bits 7 to 19. The block has those that
//! some transaction has, and bit 6 with more than 400 transactions. So that a circuit adds sources up, a record is Σ 2^(12·bit) over its sources.
//!
//! Behaviour counts transactions by categories 0 to 4. With gas_i = max(0, gasUsed) and G = Σ gas_i, 60 bits, the shares of categories 0 and 1 are
//! ⌊2³²·Σ gas_i / G⌉, 0 if G = 0; the volumes of categories 2 and 3 are Σ value_i, 108 bits. The dominant category is the first of the most
//! frequent ones, none if all counts are 0.

mod behaviour;
pub(crate) mod circuit;
mod native;
mod sets;

pub use behaviour::{Behaviour, CATEGORIES, dominant};
pub(crate) use native::commitment_shape;
pub use native::{
    ADAPTER_TAGS, BUSY, HIGH_PRICE, LARGE_VALUE, LIQUIDITY_LIMITS, RISK_LIMITS, RecordTags, SPREAD_LIMITS,
    Tags, commitment,
};
pub use sets::{
    Entry, SetTable, TABLE_ROWS, address_table, address_tag, class_row, class_table, class_tag, hex_row,
    selector_table, selector_tag,
};

pub use crate::sets::places::SELECTOR_BYTES;
pub use crate::sets::{ADDRESSES, CLASSES, SELECTORS, Tag};
