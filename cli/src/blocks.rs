//! Blocks as commands read them: how, what is told of them, and what they are held against.

use std::path::{Path, PathBuf};

use anyhow::Context;
use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::{Codebook, PQ_BITS};
use foldproof_circuits::models::QuantisedModel;
use foldproof_circuits::stages::pq::PqCode;
use foldproof_prover::input::{Checking, Mapping, Reading, Source, read_block_as};
use foldproof_prover::model::beyond_calibration;
use foldproof_prover::model::file::Meaning;
use foldproof_verifier::BlockHeader;
use serde_json::{Map, Value, json};

use super::{files, output};

/// How blocks are read: the options of every command that reads one.
#[derive(Clone, Copy, Debug, clap::Args)]
pub struct Options {
    /// What an answer of eth_getBlockByNumber is made into: indexer (as the data behind the codebook that ships) or full (all that
    /// it says); see docs/input.md
    #[arg(long, default_value = Mapping::default().name(), value_parser = mapping)]
    mapping: Mapping,
    /// Hashes, roots and senders to recompute of such an answer: what-is-known, off, or all (what cannot be is an error)
    #[arg(long, default_value = Checking::default().name(), value_parser = checking)]
    checks: Checking,
}

/// Files in order; folders stand for the *.json files in them. Whether there may be several.
pub fn files(given: &[PathBuf]) -> anyhow::Result<(Vec<PathBuf>, bool)> {
    let mut found = Vec::new();
    for path in given {
        match path.is_dir() {
            true => found.extend(files::in_folder(path, "json")?),
            false => found.push(path.clone()),
        }
    }
    Ok((found, given.len() > 1 || given.iter().any(|path| path.is_dir())))
}

/// Parses `--mapping`.
pub fn mapping(name: &str) -> Result<Mapping, String> {
    Mapping::from_name(name).ok_or_else(|| "indexer or full was expected".to_owned())
}

fn checking(name: &str) -> Result<Checking, String> {
    Checking::from_name(name).ok_or_else(|| "off, what-is-known or all was expected".to_owned())
}

/// A block and how it was read.
pub struct Known {
    pub block: Block,
    source: Source,
    name: String,
}

impl Options {
    /// Reads a block of either shape.
    pub fn read(self, file: &Path) -> anyhow::Result<Known> {
        let name = file.display().to_string();
        let reading = Reading { mapping: self.mapping, checks: self.checks };
        let bytes = files::read(file, files::BLOCK)?;
        let (block, source) = read_block_as(&bytes, reading).with_context(|| name.clone())?;
        Ok(Known { block, source, name })
    }
}

/// A codebook or model, and the mapping of the blocks it was made for.
pub struct MadeFor {
    /// What it is, for messages.
    pub name: String,
    /// The mapping, if it is known.
    pub mapping: Option<Mapping>,
}

impl MadeFor {
    /// A model of a file.
    pub fn model(file: &Path, meaning: &Meaning) -> Self {
        Self { name: format!("the model {}", file.display()), mapping: meaning.mapping }
    }
}

impl Known {
    /// The header of the block, where the document has all of it.
    pub fn header(&self) -> Option<&BlockHeader> {
        self.source.header()
    }

    /// What could not be checked, in lines that name the file.
    pub fn notes(&self) -> Vec<String> {
        let unchecked = match self.source {
            // That is so of every raw block.
            Source::Raw(_) => Vec::new(),
            Source::Rpc { .. } => self.source.unchecked(),
        };
        unchecked.into_iter().map(|(what, why)| format!("{}: {what} not checked: {why}", self.name)).collect()
    }

    /// What should make the user look twice before anything is computed.
    pub fn warnings(&self, used: &[MadeFor]) -> Vec<String> {
        let mut warnings = Vec::new();
        if let Source::Raw(uncounted) = &self.source
            && uncounted.count > 0
        {
            warnings.push(format!("{uncounted}; write numbers as JSON numbers if they are to count"));
        }
        let Some(mapping) = self.source.mapping() else { return warnings };
        warnings.extend(made_for_another(used, mapping));
        warnings
    }

    /// Tells warnings, each with the file.
    pub fn told(&self, warnings: &[String]) -> Vec<String> {
        warnings.iter().map(|warning| format!("{}: warning: {warning}", self.name)).collect()
    }

    /// How it was read and what was not checked, for programs.
    pub fn members(&self, warnings: &[String]) -> Map<String, Value> {
        let unchecked: Vec<Value> = self
            .source
            .unchecked()
            .into_iter()
            .map(|(what, why)| json!({ "what": what, "why": why }))
            .collect();
        output::object(json!({
            "mapping": self.source.mapping().map_or("raw", Mapping::name),
            "unchecked": unchecked,
            "warnings": warnings,
        }))
    }
}

/// What is told of codebooks and models that were made for blocks read otherwise.
pub fn made_for_another(used: &[MadeFor], mapping: Mapping) -> Vec<String> {
    let told = |MadeFor { name, mapping: made_for }: &MadeFor| {
        let made_for = made_for.filter(|made_for| *made_for != mapping)?;
        Some(format!(
            "{name} was made for blocks read by the mapping {made_for}, and this one is read by {mapping}: what it says \
             means nothing here; read the block with --mapping {made_for}, or use one made for {mapping}"
        ))
    };
    used.iter().filter_map(told).collect()
}

/// What is told of models to which these values are unlike all they were calibrated on.
pub fn unlike_calibration(files: &[PathBuf], models: &[QuantisedModel], values: &[i64]) -> Vec<String> {
    let told = |(file, model): (&PathBuf, &QuantisedModel)| {
        let beyond = beyond_calibration(model, values);
        let all = model.shape().inputs();
        (beyond > 0).then(|| {
            format!(
                "the model {}: {beyond} of {all} inputs lie beyond its quantisers' range, far outside what it was calibrated \
                 on: what it says of them was never measured",
                file.display()
            )
        })
    };
    files.iter().zip(models).filter_map(told).collect()
}

/// ε of a codebook, in normalised units.
pub fn bound(codebook: &Codebook) -> f64 {
    (codebook.bound_squared() as f64).sqrt() / 2f64.powi(PQ_BITS as i32)
}

/// That vectors lie outside the bound, if some do.
pub fn outside(code: &PqCode, codebook: &Codebook) -> Option<String> {
    let residuals = output::residuals(code);
    let outside: Vec<String> = output::VECTORS
        .iter()
        .zip(residuals)
        .zip(code.within_bound)
        .filter(|(_, within)| !within)
        .map(|((name, residual), _)| format!("{name} {residual:.6}"))
        .collect();
    if outside.is_empty() {
        return None;
    }
    Some(format!(
        "{} of 6 vectors lie outside the codebook's bound of {:.6}, with residuals of: {}; the proof says so, and a verifier who \
         requires the bound rejects it",
        outside.len(),
        bound(codebook),
        outside.join(", ")
    ))
}
