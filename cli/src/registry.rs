//! `foldproof registry`: the models that a verifier knows.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use foldproof_prover::prove::entry;
use foldproof_verifier::json::registry;
use foldproof_verifier::{RegisteredModel, Status};
use serde_json::json;

use super::files::{self, Readers};
use super::verify::time;
use super::{Verdict, output, printable, shared};

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Add a model to a registry, which is made if it is not there
    Add {
        /// Registry (JSON)
        registry: PathBuf,
        /// Model file
        model: PathBuf,
        /// Its name
        name: String,
        /// Its version
        version: String,
        /// First second at which it is valid: seconds since 1970, a date of RFC 3339, or "now"
        #[arg(long, value_name = "TIME", value_parser = time)]
        valid_from: Option<u64>,
        /// First second at which it is no longer valid
        #[arg(long, value_name = "TIME", value_parser = time)]
        valid_until: Option<u64>,
        /// Print the entry as JSON
        #[arg(long)]
        json: bool,
    },
    /// List the models of a registry
    List {
        /// Registry (JSON)
        registry: PathBuf,
        /// Print JSON, a line per model
        #[arg(long)]
        json: bool,
    },
    /// Take no more proofs with a model
    Retire {
        /// Registry (JSON)
        registry: PathBuf,
        /// The model's name
        name: String,
        /// The model's version
        version: String,
        /// It must not be believed about any block, rather than being replaced
        #[arg(long)]
        revoke: bool,
        /// Print the entry as JSON
        #[arg(long)]
        json: bool,
    },
    /// Take proofs with a retired model again
    Activate {
        /// Registry (JSON)
        registry: PathBuf,
        /// The model's name
        name: String,
        /// The model's version
        version: String,
        /// Print the entry as JSON
        #[arg(long)]
        json: bool,
    },
}

/// Runs the command.
pub fn run(command: &Command) -> anyhow::Result<Verdict> {
    match command {
        Command::Add { registry, model, name, version, valid_from, valid_until, json } => {
            let added = RegisteredModel {
                valid_from: *valid_from,
                valid_until: *valid_until,
                ..entry(shared::model(model)?.with_salts(&[]), name, version)
            };
            let mut models =
                if registry.symlink_metadata().is_ok() { shared::registry(registry)? } else { Vec::new() };
            files::check_out(registry, &[model])?;
            models.push(added.clone());
            write(registry, &models)?;
            show(&added, *json)?;
        }
        Command::List { registry, json } => {
            for model in shared::registry(registry)? {
                show(&model, *json)?;
            }
        }
        Command::Retire { registry, name, version, revoke, json } => {
            let status = if *revoke { Status::Revoked } else { Status::Retired };
            set(registry, name, version, status, *json)?;
        }
        Command::Activate { registry, name, version, json } => {
            set(registry, name, version, Status::Active, *json)?;
        }
    }
    Ok(Verdict::Success)
}

fn write(file: &Path, models: &[RegisteredModel]) -> anyhow::Result<()> {
    let text = registry::to_json(models).with_context(|| file.display().to_string())?;
    files::write(file, text.as_bytes(), Readers::Usual)
}

fn set(file: &Path, name: &str, version: &str, status: Status, as_json: bool) -> anyhow::Result<()> {
    let mut models = shared::registry(file)?;
    let Some(model) = models.iter_mut().find(|model| model.name == name && model.version == version) else {
        let titles: Vec<String> =
            models.iter().map(|model| format!("{:?} {:?}", model.name, model.version)).collect();
        let known = if titles.is_empty() { "none".to_owned() } else { titles.join(", ") };
        bail!("{}: a model {name:?} {version:?} was expected, found {known}", file.display());
    };
    model.status = status;
    let model = model.clone();
    write(file, &models)?;
    show(&model, as_json)
}

fn show(model: &RegisteredModel, as_json: bool) -> anyhow::Result<()> {
    let entry = registry::entry_to_json(model)?;
    if as_json {
        return output::line(entry);
    }
    let time = |at: Option<u64>| at.map_or_else(|| json!("any time"), |at| json!(at));
    // Of a graph, head by head.
    let heads = model.shape.graph().map(|graph| graph.heads.iter().map(|head| head.labels.join(", ")));
    let labels = heads.map_or_else(|| model.labels.join(", "), |heads| heads.collect::<Vec<_>>().join("; "));
    let members = output::object(json!({
        "model": printable::shown(&format!("{} {}", model.name, model.version)),
        "status": model.status.name(),
        "shape": model.shape.to_string(),
        "commitment": output::field(&model.commitment),
        "labels": printable::shown(&labels),
        "valid_from": time(model.valid_from),
        "valid_until": time(model.valid_until),
    }));
    output::line(output::table(&members) + "\n")
}
