//! `foldproof inspect`.

use std::path::PathBuf;

use anyhow::Context;
use serde_json::{Map, Value};

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
        without_headers(&mut members);
        members.remove("public_inputs");
        output::line(output::table(&members))?;
        output::say(format_args!("nothing here has been verified; `foldproof verify` does that"));
    }
    Ok(Verdict::Success)
}

/// Headers are for programs: people are shown their hashes.
fn without_headers(members: &mut Map<String, Value>) {
    members.remove("header");
    let blocks = members.get_mut("blocks").and_then(Value::as_array_mut);
    for block in blocks.into_iter().flatten().filter_map(Value::as_object_mut) {
        block.remove("header");
    }
}
