//! `foldproof fingerprint`.

use std::path::PathBuf;

use anyhow::Context;
use foldproof_circuits::pipeline::evaluate;
use foldproof_circuits::stages::commit::Salts;
use serde_json::Value;

use super::{Verdict, output, shared};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Block: raw-block JSON, or an answer of eth_getBlockByNumber with full transactions
    block: PathBuf,
    /// Codebook [default: the one that ships with foldproof]
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let block = shared::block(&args.block)?;
    let codebook = shared::codebook(args.codebook.as_deref())?;
    let fingerprint =
        evaluate(&block, &codebook, &Salts::none()).with_context(|| args.block.display().to_string())?;
    let mut members = output::fingerprint(&fingerprint);
    if args.json {
        output::line(Value::Object(members))?;
    } else {
        output::line(output::fold_table(&fingerprint))?;
        ["folded", "folded_int", "fingerprint", "pq", "residuals", "within_bound"].iter().for_each(|name| {
            members.remove(*name);
        });
        output::line(output::table(&members))?;
    }
    Ok(Verdict::Success)
}
