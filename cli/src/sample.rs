//! `foldproof sample`.

use std::path::PathBuf;

use foldproof_prover::sample::{Options, Style, block};

use super::{Verdict, files, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Transactions
    #[arg(long, default_value_t = Options::default().transactions)]
    transactions: usize,
    /// Seed: the same seed gives the same block
    #[arg(long, default_value_t = Options::default().seed)]
    seed: u64,
    /// Share of senders that sent before, in percent
    #[arg(long, default_value_t = Options::default().repeated_percent)]
    repeated: u8,
    /// Share of transactions that fail, in percent, beyond what is usual
    #[arg(long, default_value_t = Options::default().failed_percent)]
    failed: u8,
    /// evm (like Ethereum's main network, within the bound of the codebook that ships) or solana
    #[arg(long, default_value = "evm", value_parser = style)]
    style: Style,
    /// File to write [default: standard output]
    #[arg(short, long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn style(name: &str) -> Result<Style, String> {
    match name {
        "evm" => Ok(Style::Evm),
        "solana" => Ok(Style::Solana),
        _ => Err("evm or solana was expected".to_owned()),
    }
}

/// Runs the command.
pub fn run(args: &Args) -> anyhow::Result<Verdict> {
    let options = Options {
        transactions: args.transactions,
        seed: args.seed,
        repeated_percent: args.repeated,
        failed_percent: args.failed,
        style: args.style,
    };
    let text = block(&options);
    match &args.out {
        Some(file) => files::write(file, text.as_bytes(), files::Readers::Usual)?,
        None => output::line(text)?,
    }
    Ok(Verdict::Success)
}
