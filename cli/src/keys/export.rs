//! `foldproof keys export`.

use std::path::PathBuf;

use foldproof_circuits::statement::Statement;
use foldproof_prover::export::Export;
use foldproof_verifier::Scheme;
use serde_json::json;

use crate::files::{self, Readers};
use crate::shared::{self, Cache};
use crate::{Verdict, output};

/// Options.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Statement, e.g. core-small-64
    #[arg(value_parser = super::statement)]
    statement: Statement,
    /// File to write: JSON, described in docs/circuit-file.md
    #[arg(short, long, value_name = "FILE")]
    out: PathBuf,
    /// transparent, kzg or evm: keys of one statement differ in their commitments only, those of kzg and evm not even there
    #[arg(long, default_value = "transparent", value_parser = shared::scheme)]
    scheme: Scheme,
    /// Setup file of the schemes kzg and evm [default: the imported one]
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let Args { statement, out, scheme, params, json: as_json } = args;
    files::check_out(out, params.as_deref().as_slice())?;
    let mut key_store = cache.key_store(*scheme, params.as_deref())?;
    let keys = key_store.keys(statement)?;
    output::say(format_args!("writing down the circuit of {statement}"));
    let digest = keys.verifying.digest();
    let export = Export::new(statement, scheme.name(), &digest, &keys.proving)?;
    let text = export.to_json()?;
    files::write(out, text.as_bytes(), Readers::Usual)?;
    let members = json!({
        "file": out.display().to_string(),
        "statement": statement.name(),
        "scheme": scheme.name(),
        "k": statement.k(),
        "key_digest": hex::encode(digest),
        "constraints": export.constraints(),
        "fixed_columns": export.fixed_columns(),
        "cycles": export.cycles(),
        "bytes": text.len(),
    });
    output::members(output::object(members), *as_json)?;
    Ok(Verdict::Success)
}
