//! `foldproof fingerprint`.

use std::path::{Path, PathBuf};

use anyhow::Context;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::pipeline::{EvaluateError, evaluate, fold_and_encode};
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::statement::Statement;
use foldproof_prover::input::Mapping;
use serde_json::{Value, json};

use super::blocks::{self, MadeFor};
use super::why::why;
use super::{Verdict, output, shared};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Blocks: raw-block JSON, or an answer of eth_getBlockByNumber with full transactions; a folder stands for the *.json files in it
    #[arg(required = true, value_name = "BLOCK")]
    blocks: Vec<PathBuf>,
    /// Codebook [default: the one that ships with foldproof]
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    #[command(flatten)]
    reading: blocks::Options,
    /// Print JSON, a line per block
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let (codebook, mapping) = shared::codebook_and_mapping(args.codebook.as_deref())?;
    let (blocks, several) = blocks::files(&args.blocks)?;
    let mut verdict = Verdict::Success;
    for block in &blocks {
        let Err(error) = one(args, block, &codebook, mapping, several) else { continue };
        if !several {
            return Err(error);
        }
        // The others are not to wait for one that is none.
        verdict = Verdict::Unknown;
        if args.json {
            output::line(json!({ "block": block.display().to_string(), "error": why(&error) }))?;
        }
        output::say(format_args!("{}", why(&error)));
    }
    Ok(verdict)
}

fn one(
    args: &Args,
    file: &Path,
    codebook: &Codebook,
    mapping: Option<Mapping>,
    several: bool,
) -> anyhow::Result<()> {
    let known = args.reading.read(file)?;
    let name = || file.display().to_string();
    let (folded, code, statement, commitment, no_size) =
        match evaluate(&known.block, codebook, &Salts::none()) {
            Ok(found) => {
                let statement = Statement::core(found.core.size, found.core.centroids).name();
                let commitment = output::field(&found.inputs.block_commitment);
                (found.folded, found.code, json!(statement), json!(commitment), None)
            }
            // Commitments to blocks are of a size of circuit: without one there is none.
            Err(EvaluateError::Oversize(oversize)) => {
                let (folded, code) = fold_and_encode(&known.block, codebook).with_context(name)?;
                let no_size = format!("no statement holds the block, so it cannot be proved: {oversize}");
                (folded, code, Value::Null, Value::Null, Some(no_size))
            }
            Err(error) => return Err(error).with_context(name),
        };
    let mut members = output::vectors(&folded, &code, codebook);
    let mut warnings = known.warnings(&[MadeFor { name: "the codebook".to_owned(), mapping }]);
    warnings.extend(blocks::outside(&code, codebook));
    warnings.extend(no_size);
    members.insert("statement".to_owned(), statement);
    members.insert("block_commitment".to_owned(), commitment);
    let told = [known.notes(), known.told(&warnings)].concat();
    told.iter().for_each(|line| output::say(format_args!("{line}")));
    members.append(&mut known.members(&warnings));
    if several {
        members.insert("block".to_owned(), json!(name()));
    }
    if args.json {
        return output::line(Value::Object(members));
    }
    output::line(output::fold_table(&folded, &code))?;
    let shown = ["folded", "folded_int", "fingerprint", "pq", "residuals", "within_bound"];
    shown.iter().chain(&["unchecked", "warnings"]).for_each(|name| {
        members.remove(*name);
    });
    let table = output::table(&members);
    output::line(if several { table + "\n" } else { table })
}
