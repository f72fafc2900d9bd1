//! Lowering of recurrent layers and trees to integer graphs, and how the integers agree with the float files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::cast_precision_loss, reason = "figures")]

mod models;
mod shared;
mod trees;
