//! Lowering of recurrent layers and trees to integer graphs, and how the integers agree with the float files.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attention;
mod blocks;
mod breadth;
mod causal;
mod convolution;
mod edges;
mod exporters;
#[path = "../float_graphs/make.rs"]
#[expect(dead_code, reason = "the other test uses the rest")]
mod make;
mod models;
mod neighbours;
mod pools;
mod positions;
mod shared;
mod sliding;
mod small;
mod trees;
