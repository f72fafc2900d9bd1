//! The `foldproof` command: one file per command. Results go to stdout, everything else to stderr.

#![deny(clippy::print_stdout, clippy::print_stderr, reason = "they panic where the stream is closed or full")]

mod analytics;
mod blocks;
mod codebook;
mod completions;
mod cost;
mod decision;
mod demo;
mod evm;
mod files;
mod findings;
mod fingerprint;
mod heads;
mod inspect;
mod interrupt;
mod keys;
mod man;
mod model;
mod output;
mod params;
mod printable;
mod prove;
mod prove_model;
mod registry;
mod sample;
mod shared;
mod verify;
mod why;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use output::Verbosity;

fn main() -> ExitCode {
    match Cli::read().run() {
        Ok(verdict) => verdict.into(),
        Err(error) => {
            tell(&error);
            Verdict::Unknown.into()
        }
    }
}

/// Zero-knowledge proofs that a block's fingerprint and PQ code are what the public pipeline computes, and of what
/// quantised models say about it.
#[derive(Debug, Parser)]
#[command(
    name = "foldproof",
    version,
    about,
    after_help = "Exit status: 0 success, 1 proof rejected, 2 could not tell; ended by a signal when interrupted, 130 to a shell."
)]
pub struct Cli {
    /// Folder for parameters and keys [default: $FOLDPROOF_CACHE, else the user's cache folder]
    #[arg(long, global = true, value_name = "DIR")]
    cache: Option<PathBuf>,
    /// No progress, warnings or notes on stderr, only errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say on stderr what is read and made, and how long keys take
    #[arg(short, long, global = true)]
    verbose: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Prove and verify a sample block, and show what came out
    Demo(demo::Args),
    /// Compute the fingerprint, PQ code and commitments of a block
    Fingerprint(fingerprint::Args),
    /// Prove the fingerprint and PQ code of blocks
    Prove(prove::Args),
    /// Prove what models say of a fingerprint or another vector, without a block
    ProveModel(prove_model::Args),
    /// Prove what follows by rule from committed values: scores, choices from tables, signatures, signals
    ProveDecision(decision::Args),
    /// Prove the consensus of validators from their committed scores
    ProveConsensus(decision::Rest),
    /// Verify proofs
    Verify(verify::Args),
    /// Show what a bundle says, without verifying it
    Inspect(inspect::Args),
    /// Show what statements cost: rows, columns, cells, commitments, and an estimate of the time
    Cost(cost::Args),
    /// Make a synthetic block
    Sample(sample::Args),
    /// Train or inspect a codebook
    #[command(subcommand)]
    Codebook(codebook::Command),
    /// Import, evaluate, inspect and commit to quantised models
    #[command(subcommand)]
    Model(model::Command),
    /// The models that a verifier knows
    #[command(subcommand)]
    Registry(registry::Command),
    /// Commitment parameters: generators and trusted setups
    #[command(subcommand)]
    Params(params::Command),
    /// Contracts that verify proofs on chains with the EVM
    #[command(subcommand)]
    Evm(evm::Command),
    /// Proving and verifying keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Print completions for a shell
    Completions(completions::Args),
    /// Write the manual pages
    Man(man::Args),
}

/// What the exit status says, the worse the greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// 0.
    Success,
    /// 1.
    Rejected,
    /// 2.
    Unknown,
}

impl From<Verdict> for ExitCode {
    fn from(verdict: Verdict) -> Self {
        Self::from(match verdict {
            Verdict::Success => 0,
            Verdict::Rejected => 1,
            Verdict::Unknown => 2,
        })
    }
}

impl Cli {
    /// Reads the command line. Help and errors of usage end the program.
    pub fn read() -> Self {
        let raw = match Self::try_parse() {
            Ok(cli) => return cli,
            Err(error) => error,
        };
        // The message quotes arguments, and a pattern of the shell may have put in names of files that others chose: the same
        // arguments once more, as they may be shown.
        let arguments = std::env::args_os();
        let shown: Vec<String> =
            arguments.map(|argument| printable::shown(&argument.to_string_lossy()).into_owned()).collect();
        match Self::try_parse_from(shown) {
            Err(error) => error.exit(),
            Ok(_) => {
                output::complain(format_args!(
                    "an argument has characters that cannot be shown: {}",
                    raw.kind()
                ));
                std::process::exit(raw.exit_code());
            }
        }
    }

    /// Runs the command.
    ///
    /// # Errors
    /// Whatever kept it from telling: usage, files, input.
    pub fn run(self) -> anyhow::Result<Verdict> {
        output::set_verbosity(match (self.quiet, self.verbose) {
            (true, _) => Verbosity::Quiet,
            (false, false) => Verbosity::Usual,
            (false, true) => Verbosity::Verbose,
        });
        interrupt::watch();
        foldproof_prover::processor::check().map_err(anyhow::Error::msg)?;
        let cache = shared::Cache::new(self.cache)?;
        match self.command {
            Command::Demo(args) => demo::run(&args, &cache),
            Command::Fingerprint(args) => fingerprint::run(&args),
            Command::Prove(args) => prove::run(&args, &cache),
            Command::ProveModel(args) => prove_model::run(&args, &cache),
            Command::ProveDecision(args) => decision::run(&args, &cache),
            Command::ProveConsensus(args) => decision::consensus(&args, &cache),
            Command::Verify(args) => verify::run(&args, &cache),
            Command::Inspect(args) => inspect::run(&args),
            Command::Cost(args) => cost::run(&args),
            Command::Sample(args) => sample::run(&args),
            Command::Codebook(command) => codebook::run(&command),
            Command::Model(command) => model::run(&command),
            Command::Registry(command) => registry::run(&command),
            Command::Params(command) => params::run(&command, &cache),
            Command::Evm(command) => evm::run(&command, &cache),
            Command::Keys(command) => keys::run(&command, &cache),
            Command::Completions(args) => completions::run(&args),
            Command::Man(args) => man::run(&args),
        }
    }
}

/// Says on stderr why there is no verdict. That goes for results that nobody received, too: a proof must not pass for
/// verified because a pipe broke.
pub fn tell(error: &anyhow::Error) {
    output::complain(format_args!("{}", why::why(error)));
}
