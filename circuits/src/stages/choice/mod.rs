//! Choices from committed tables: of all, the same lowest index among equals.
//!
//! * **Top-k**, k ≤ 8, of m ≤ 2¹⁴ values: by falling keys 2¹⁴·value + (2¹⁴ − 1 − index), 64 bits
//! * **Q table**, 54 states by 9 actions: state = ((size·3 + latency)·2 + partition)·3 + loss, with buckets size < 50, < 200; latency < 100, < 500 ms;
//!   loss < 5 %, < 15 %. Action a = 3·i + j has the fan-out {4, 6, 8}\[i\] and the time to live {8, 10, 12}\[j\].
//! * **Bandit**, m ≤ 256 arms (α, β) of 32 bits, at least 1: the greatest mean α/(α + β), compared as α_i·(α_j + β_j), 66 bits
//! * **Contextual bandit**, m ≤ 256 arms with weights w and a 4 × 4 matrix C, of 4 features x, all at 2⁻²⁴ in 48 bits: the greatest bound
//!   ⌊w·x / 2²⁴⌉ + ⌊√⌊max(0, xᵀCx) / 2²⁴⌋⌋, 145 bits before the root
//! * **Without a table**, the algorithm that compresses content: none below 1,024 bytes, lz4 below 102,400, else zstd
//!
//! A table is committed to as values + 2⁴⁷ in 48 bits, five to an element; its shape is its kind, then its rows and its columns.

pub mod circuit;
mod native;
mod table;

pub use crate::decision::{ACTIONS, FEATURES, STATES};
pub use native::{
    Arm, Bounds, NetworkState, QChoice, bandit, compression, contextual, meaning, q_choice, top,
};
pub use table::{Kind, Table, TableError};
