//! `foldproof inspect`.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::Value;

use super::{Verdict, output, shared};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bundle
    bundle: PathBuf,
    /// Print JSON, with proof and header in hex
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let bundle = shared::bundle(&args.bundle)?.with_context(|| args.bundle.display().to_string())?;
    let mut members = output::bundle(&bundle);
    if args.json {
        output::line(Value::Object(members))?;
    } else {
        members.remove("proof");
        members.remove("header");
        members.remove("public_inputs");
        output::line(output::table(&members))?;
        output::say(format_args!("nothing here has been verified; `foldproof verify` does that"));
    }
    Ok(Verdict::Success)
}
