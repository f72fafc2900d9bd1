//! Graphs that are read and evaluated, but not proved yet: recurrent layers, trees, isolation forests. Against onnxruntime's
//! outputs, of the models in `shared/models` where they are at hand, and of small graphs whose outputs stand here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod attention;
mod encoders;
mod isolation;
mod make;
mod malformed;
mod recurrent;
mod shared;
mod sliding;
mod trees;
