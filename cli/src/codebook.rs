//! `foldproof codebook`.

use std::path::PathBuf;

use anyhow::Context;
use clap::Subcommand;
use foldproof_circuits::stages::commit;
use foldproof_circuits::statement::Centroids;
use foldproof_prover::codebook::train::{Dataset, Options, Residuals, TrainError, needed, train};
use foldproof_prover::input::Mapping;
use serde_json::{Value, json};

use super::files::{self, Readers};
use super::{Verdict, blocks, output, shared};

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Train a codebook by k-means++ on normalised sub-vectors
    Train {
        /// Fingerprints: a line of JSON each, with the 96 values as "fingerprint"
        fingerprints: PathBuf,
        /// Centroids per subspace: 64 or 256
        #[arg(long, default_value_t = 256)]
        centroids: usize,
        /// Seed: the same seed gives the same codebook
        #[arg(long, default_value_t = Options::default().seed)]
        seed: u64,
        /// Error bound ε, in normalised units
        #[arg(long, default_value_t = Options::default().error_bound)]
        error_bound: f64,
        /// By which mapping the blocks were read, indexer or full [default: as the lines say]
        #[arg(long, value_parser = blocks::mapping)]
        mapping: Option<Mapping>,
        /// Codebook to write
        #[arg(short, long, value_name = "FILE")]
        out: PathBuf,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show shape, bound and root of a codebook
    Inspect {
        /// Codebook [default: the one that ships with foldproof]
        codebook: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

fn residuals(residuals: &Residuals) -> Value {
    json!({ "vectors": residuals.count, "mean": residuals.mean, "p95": residuals.p95, "max": residuals.max })
}

/// The error with the option that helps, where one does.
fn advised(error: TrainError, options: &Options) -> anyhow::Error {
    let fewest = Options { centroids: Centroids::K64, ..*options };
    let advice = match error {
        TrainError::TooFew { .. } if options.centroids != Centroids::K64 => {
            format!("--centroids 64 takes {} lines", needed(&fewest))
        }
        TrainError::TooFew { .. } => "64 are the fewest that --centroids takes".to_owned(),
        _ => return error.into(),
    };
    anyhow::anyhow!("{error}: {advice}")
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<Verdict> {
    let (members, as_json) = match command {
        Command::Train { fingerprints, centroids, seed, error_bound, mapping, out, json } => {
            let centroids = Centroids::from_count(*centroids)
                .with_context(|| format!("--centroids: 64 or 256 was expected, found {centroids}"))?;
            let name = || fingerprints.display().to_string();
            let dataset_name = fingerprints.file_name().unwrap_or_default().to_string_lossy().into_owned();
            files::check_out(out, &[fingerprints])?;
            let bytes = files::read(fingerprints, files::SAMPLES)?;
            let dataset = Dataset::parse(&dataset_name, &bytes, *mapping).with_context(name)?;
            let options = Options { centroids, seed: *seed, error_bound: *error_bound, ..Options::default() };
            let spinner = shared::spinner(format!("training {} centroids", centroids.count()));
            let trained =
                train(&dataset, &options).map_err(|error| advised(error, &options)).with_context(name)?;
            spinner.finish_and_clear();
            let codebook = trained.document.quantise().with_context(name)?;
            files::write(out, trained.document.to_json().as_bytes(), Readers::Usual)?;
            let members = json!({
                "codebook": out.display().to_string(),
                "codebook_root": output::field(&commit::codebook(&codebook)),
                "mapping": trained.document.mapping().map(Mapping::name),
                "held_out": residuals(&trained.held_out),
                "training": residuals(&trained.training),
            });
            (members, *json)
        }
        Command::Inspect { codebook, json } => {
            let file = codebook.as_deref();
            let (codebook, mapping) = shared::codebook_and_mapping(file)?;
            let bound = blocks::bound(&codebook);
            let members = json!({
                "codebook": file.map_or_else(|| "the one that ships with foldproof".into(), |f| f.display().to_string()),
                "subspaces": 4,
                "centroids": codebook.len(),
                "error_bound": bound,
                "mapping": mapping.map(Mapping::name),
                "codebook_root": output::field(&commit::codebook(&codebook)),
            });
            (members, *json)
        }
    };
    output::members(output::object(members), as_json)?;
    Ok(Verdict::Success)
}
