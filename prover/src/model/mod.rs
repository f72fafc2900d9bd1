//! Models: imported from float ONNX files, and as files of integers.
//!
//! * [`onnx`] reads a file, [`graph`] what an output of it depends on, [`mod@network`] makes that a dense network in floating
//!   point, and [`mod@select`] chooses the output;
//! * [`reference`](mod@reference) is the graph as it is written, which the result is measured against;
//! * [`quantise`] turns that into the integers of `docs/model.md`, calibrated on [`samples`], with [`rounding`];
//! * [`agreement`] says how the two compare;
//! * [`lower`] makes graphs of recurrent layers and of trees integer graphs, with an agreement of its own;
//! * [`any`] imports whichever of the two a file is, [`report`] tells of models as JSON;
//! * [`mod@file`] is the file the integers are kept in, [`graph_file`] that of a model that is a graph.
//!
//! `docs/model-import.md` describes the import and the file.

use std::sync::LazyLock;

use foldproof_circuits::model::Model;

#[cfg(feature = "onnx")]
pub mod agreement;
#[cfg(feature = "onnx")]
pub mod any;
mod beyond;
mod bounds;
pub mod file;
#[cfg(feature = "onnx")]
pub mod graph;
pub mod graph_file;
#[cfg(feature = "onnx")]
mod import;
#[cfg(feature = "onnx")]
mod inputs;
pub(crate) mod isolation_score;
mod labels;
#[cfg(feature = "onnx")]
mod layer;
#[cfg(feature = "onnx")]
pub mod lower;
#[cfg(feature = "onnx")]
pub mod network;
#[cfg(feature = "onnx")]
pub mod onnx;
#[cfg(feature = "onnx")]
pub mod quantise;
#[cfg(feature = "onnx")]
pub mod reference;
#[cfg(feature = "onnx")]
pub mod report;
#[cfg(feature = "onnx")]
pub mod rounding;
pub mod samples;
#[cfg(feature = "onnx")]
pub mod select;
pub mod series;

pub use beyond::beyond_calibration;
pub use bounds::bounds;
pub use file::{read, read_with_meaning, to_json, to_json_with_meaning};
#[cfg(feature = "onnx")]
pub use import::{Imported, Request, import, model_threshold};
#[cfg(feature = "onnx")]
pub use inputs::Remarks;
pub use labels::labels;

/// The file of [`demo`], made by `examples/train_tags.rs` and `foldproof model import`.
pub const DEMO_FILE: &str = include_str!("../../artifacts/demo-tags.fpm");

/// A small tags model that ships with the project. It was trained on synthetic blocks and says nothing about real ones.
pub fn demo() -> &'static Model {
    static DEMO: LazyLock<Model> = LazyLock::new(|| {
        read(DEMO_FILE.as_bytes()).expect("the model of this crate is valid: a test reads it")
    });
    &DEMO
}
