//! The `foldproof` command.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(verdict) => verdict.into(),
        Err(error) => {
            cli::tell(&error);
            cli::Verdict::Unknown.into()
        }
    }
}
