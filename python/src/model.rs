//! Models, and their import.

use std::path::{Path, PathBuf};

use ff::Field;
use foldproof_circuits::model::WeightBits;
use foldproof_circuits::models::QuantisedModel;
use foldproof_prover::input::mapping::of_samples;
use foldproof_prover::model::any::{self, AnyRequest, HeadOf};
use foldproof_prover::model::file::Meaning;
use foldproof_prover::model::graph_file::read_any;
use foldproof_prover::model::report;
use foldproof_prover::prove;
use foldproof_verifier::json::registry;
use foldproof_verifier::json::report::field;
use halo2curves::bn256::Fr;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use serde_json::Value;

use crate::block::mapping;
use crate::errors::Failure;
use crate::work::run;

/// A model of integers.
#[pyclass(frozen, module = "foldproof._foldproof")]
#[derive(Clone, Debug)]
pub struct Model {
    pub inner: QuantisedModel,
    pub meaning: Meaning,
}

#[pymethods]
impl Model {
    /// Reads a model file.
    #[staticmethod]
    fn read(document: &[u8], name: &str) -> PyResult<Self> {
        let (inner, meaning) = read_any(document).map_err(|error| Failure::within(name)(error))?;
        Ok(Self { inner, meaning })
    }

    /// The model file.
    fn to_text(&self) -> String {
        any::to_json(&self.inner, &self.meaning)
    }

    #[getter]
    fn commitment(&self) -> String {
        field(&self.inner.with_salts(&[]).commitment())
    }

    #[getter]
    fn salted(&self) -> bool {
        self.inner.is_salted()
    }

    #[getter]
    fn shape(&self) -> String {
        self.inner.shape().to_string()
    }

    /// Positions, and numbers at each.
    #[getter]
    fn dimensions(&self) -> (usize, usize) {
        self.inner.shape().dimensions()
    }

    /// An entry of a registry.
    fn entry(&self, name: &str, version: &str) -> PyResult<String> {
        let entry = prove::entry(self.inner.with_salts(&[]), name, version);
        Ok(registry::entry_to_json(&entry).map_err(Failure::from)?)
    }

    /// What `foldproof model inspect --json` prints.
    fn inspect(&self) -> String {
        Value::Object(report::inspect(&self.inner, &self.meaning)).to_string()
    }

    /// What `foldproof model eval --json` prints, as an array.
    fn evaluate(&self, py: Python<'_>, samples: PyBackedBytes, name: String) -> PyResult<String> {
        let model = self.clone();
        run(py, None, move |_, _| {
            let said = report::evaluations(&model.inner, &model.meaning, &samples);
            Ok(Value::Array(said.map_err(|error| Failure::within(&name)(error))?).to_string())
        })
    }
}

/// What to import.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
struct Import {
    name: String,
    folder: Option<PathBuf>,
    samples_name: String,
    heads: Vec<String>,
    weights: u32,
    activations: Option<u32>,
    output: Option<String>,
    labels: Option<Vec<String>>,
    thresholds: Vec<String>,
    hide: bool,
    mapping: Option<String>,
}

/// Imports an ONNX model: the model, the agreement, notes and warnings.
#[pyfunction]
pub fn import_onnx(
    py: Python<'_>,
    onnx: PyBackedBytes,
    samples: PyBackedBytes,
    options: &Bound<'_, PyAny>,
) -> PyResult<(Model, String, Vec<String>, Vec<String>)> {
    let options: Import = options.extract()?;
    run(py, None, move |_, _| import(&onnx, &samples, options))
}

fn import(
    onnx: &[u8],
    bytes: &[u8],
    options: Import,
) -> Result<(Model, String, Vec<String>, Vec<String>), Failure> {
    let weights = WeightBits::from_count(options.weights).ok_or_else(|| {
        Failure::argument("weights", "8, 12 or 16", options.weights.to_string(), "leave it out for 8")
    })?;
    let heads = options.heads.iter().map(|head| HeadOf::parse(head)).collect::<Result<Vec<_>, _>>()?;
    let request = AnyRequest {
        heads,
        weights,
        activations: options.activations,
        output: options.output,
        labels: options.labels,
        thresholds: options.thresholds,
        salt: if options.hide { Fr::random(rand::rngs::OsRng) } else { Fr::zero() },
    };
    let folder = options.folder.as_deref().unwrap_or(Path::new(""));
    let of_model = Failure::within(&options.name);
    let of_samples_file = Failure::within(&options.samples_name);
    let plan = request.plan(onnx, Some(folder)).map_err(&of_model)?;
    let told = options.mapping.as_deref().map(mapping).transpose()?;
    let mapping = of_samples(bytes, told).map_err(&of_samples_file)?;
    let samples = plan.read_samples(onnx, Some(folder), bytes).map_err(&of_samples_file)?;
    let imported = plan.import(onnx, Some(folder), samples, mapping).map_err(&of_model)?;
    let agreement = report::agreement(&imported).to_string();
    let (notes, warnings) = (imported.notes().to_vec(), imported.warnings().to_vec());
    let model = Model { inner: imported.model(), meaning: imported.meaning };
    Ok((model, agreement, notes, warnings))
}
