//! Models: imported from float ONNX files, and as files of integers.
//!
//! * [`onnx`] reads the graph, [`network`] makes it a dense network in floating point;
//! * [`quantise`] turns that into the integers of `docs/model.md`, calibrated on [`samples`], with [`rounding`];
//! * [`agreement`] says how the two compare;
//! * [`file`] is the file the integers are kept in.
//!
//! `docs/model-import.md` describes the import and the file.

pub mod agreement;
mod bounds;
pub mod file;
mod import;
pub mod network;
pub mod onnx;
pub mod quantise;
pub mod rounding;
pub mod samples;

pub use bounds::bounds;
pub use file::{read, to_json};
pub use import::{Imported, Request, float_outputs, import, model_threshold};
