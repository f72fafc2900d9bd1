//! What a circuit is drawn in, as data: columns, gates, limbs and the table they are looked up in, before any of them is halo2's.
//!
//! Stages count rows with it, an assignment is made of it, and `chips` gives it its meaning.

mod bands;
mod gate;
mod index;
pub mod table;

pub use bands::{Area, Bands, GraphBands, Groups, Stage};
pub use gate::Gate;
pub use index::{
    ADVICE_COLUMNS, BLOCK_ROWS, CORE_ROWS, FIXED_COLUMNS, LIMB_BITS, LIMBS, MAX_BLOCKS, MAX_ROWS,
    MAX_VALUE_ROWS, MODEL_HEAD_ROWS, MODEL_ROWS, MODEL_SECOND_COLUMNS, RECORD_ROWS, RULE_RECORD_ROWS,
    RULE_TEXT_ROWS, SHARED_ROWS, SPONGE_PER_ROW, SPONGE_ROWS, UNUSABLE_ROWS, at, fixed_at, second_at,
};
