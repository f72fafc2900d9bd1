//! The `foldproof` command.

mod cli;

use std::process::ExitCode;

fn main() -> ExitCode {
    match cli::Cli::read().run() {
        Ok(verdict) => verdict.into(),
        Err(error) => {
            cli::tell(&error);
            cli::Verdict::Unknown.into()
        }
    }
}
