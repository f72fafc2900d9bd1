//! Blocks and codebooks.

use foldproof_circuits::block::Block as Records;
use foldproof_circuits::pipeline::{EvaluateError, evaluate, fold_and_encode};
use foldproof_circuits::stages::commit::{self, Salts};
use foldproof_circuits::statement::Statement;
use foldproof_prover::codebook::{Document, default_codebook, default_mapping};
use foldproof_prover::fingerprint::vectors;
use foldproof_prover::input::{Checking, Mapping, Reading, Source, read_block_as};
use foldproof_prover::sample::{self, Options, Style};
use foldproof_verifier::json::report::field;
use pyo3::prelude::*;
use serde_json::json;

use crate::errors::{Failure, chain};

/// A block as it was read.
#[pyclass(frozen, module = "foldproof._foldproof")]
#[derive(Debug)]
pub struct Block {
    pub records: Records,
    pub source: Source,
}

#[pymethods]
impl Block {
    /// Reads a block of either shape.
    #[staticmethod]
    fn read(document: &[u8], name: &str, mapping: &str, checks: &str) -> PyResult<Self> {
        let mapping = self::mapping(mapping)?;
        let checks = Checking::from_name(checks).ok_or_else(|| {
            let expected = "off, what-is-known or all";
            Failure::argument("checks", expected, format!("{checks:?}"), "leave it out")
        })?;
        let (records, source) = read_block_as(document, Reading { mapping, checks })
            .map_err(|error| Failure::within(name)(error))?;
        Ok(Self { records, source })
    }

    #[getter]
    fn height(&self) -> u64 {
        self.records.header.height
    }

    #[getter]
    fn timestamp(&self) -> u64 {
        self.records.header.timestamp
    }

    #[getter]
    fn transactions(&self) -> usize {
        self.records.transactions.len()
    }

    /// By what it was made into a raw block, or nothing if it was one.
    #[getter]
    fn mapping(&self) -> Option<&'static str> {
        self.source.mapping().map(Mapping::name)
    }

    #[getter]
    fn block_hash(&self) -> Option<String> {
        self.source.header().map(|header| format!("0x{}", hex::encode(header.hash())))
    }

    /// What was not checked, and why.
    #[getter]
    fn unchecked(&self) -> Vec<(String, String)> {
        self.source.unchecked().into_iter().map(|(what, why)| (what.to_owned(), why)).collect()
    }
}

/// Reads a name of a mapping.
pub fn mapping(name: &str) -> Result<Mapping, Failure> {
    Mapping::from_name(name).ok_or_else(|| {
        Failure::argument("mapping", "indexer or full", format!("{name:?}"), "see docs/input.md")
    })
}

/// A codebook.
#[pyclass(frozen, module = "foldproof._foldproof")]
#[derive(Debug)]
pub struct Codebook {
    pub inner: foldproof_circuits::codebook::Codebook,
    pub mapping: Option<Mapping>,
}

#[pymethods]
impl Codebook {
    /// Reads a codebook.
    #[staticmethod]
    fn read(document: &[u8], name: &str) -> PyResult<Self> {
        let document = Document::parse(document).map_err(|error| Failure::within(name)(error))?;
        let inner = document.quantise().map_err(|error| Failure::within(name)(error))?;
        Ok(Self { inner, mapping: document.mapping() })
    }

    /// The one that ships.
    #[staticmethod]
    fn default() -> Self {
        Self { inner: default_codebook().clone(), mapping: default_mapping() }
    }

    #[getter]
    fn root(&self) -> String {
        field(&commit::codebook(&self.inner))
    }

    #[getter]
    fn centroids(&self) -> usize {
        self.inner.len()
    }

    #[getter]
    fn mapping(&self) -> Option<&'static str> {
        self.mapping.map(Mapping::name)
    }
}

/// What a block folds to, as `foldproof fingerprint --json` prints it.
#[pyfunction]
pub fn fingerprint(py: Python<'_>, block: &Block, codebook: &Codebook) -> PyResult<String> {
    let made = py.detach(|| -> Result<String, Failure> {
        let (records, codebook) = (&block.records, &codebook.inner);
        let (folded, code, statement, commitment) = match evaluate(records, codebook, &Salts::none()) {
            Ok(found) => {
                let statement = Statement::core(found.core.size, found.core.centroids).name();
                let commitment = field(&found.inputs.block_commitment);
                (found.folded, found.code, json!(statement), json!(commitment))
            }
            // Commitments to blocks are of a size of circuit: without one there is none.
            Err(EvaluateError::Oversize(_)) => {
                let (folded, code) =
                    fold_and_encode(records, codebook).map_err(|error| Failure::Other(chain(&error)))?;
                (folded, code, json!(null), json!(null))
            }
            Err(error) => return Err(Failure::Other(chain(&error))),
        };
        let mut members = vectors(&folded, &code, codebook);
        members.insert("statement".to_owned(), statement);
        members.insert("block_commitment".to_owned(), commitment);
        members.insert("mapping".to_owned(), json!(block.source.mapping().map_or("raw", Mapping::name)));
        Ok(serde_json::Value::Object(members).to_string())
    });
    Ok(made?)
}

/// The JSON of a synthetic raw block.
#[pyfunction]
#[pyo3(signature = (transactions, seed, repeated_percent, failed_percent, style))]
pub fn sample_block(
    transactions: usize,
    seed: u64,
    repeated_percent: u8,
    failed_percent: u8,
    style: &str,
) -> PyResult<String> {
    let style = match style {
        "evm" => Style::Evm,
        "solana" => Style::Solana,
        other => {
            return Err(
                Failure::argument("style", "evm or solana", format!("{other:?}"), "leave it out").into()
            );
        }
    };
    Ok(sample::block(&Options { transactions, seed, repeated_percent, failed_percent, style }))
}
