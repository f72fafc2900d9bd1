//! `foldproof completions`: made from the command line itself, so that they cannot be out of date.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Verdict, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Shell; write what is printed to where it looks for completions (docs/command-line.md)
    #[arg(value_enum)]
    shell: Shell,
}

/// Prints completions.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "foldproof", &mut script);
    output::raw(&script)?;
    Ok(Verdict::Success)
}
