//! `foldproof demo`: a block from seed to verified claims, with the tags of a small model.

use std::time::Instant;

use anyhow::Context;
use foldproof_circuits::stages::commit::Salts;
use foldproof_prover::codebook::default_codebook;
use foldproof_prover::input::read_block;
use foldproof_prover::model::demo;
use foldproof_prover::prove::{Witness, entry, prove, statement_for};
use foldproof_prover::sample::{Options, block};
use foldproof_verifier::{Bundle, Policy, Scheme, verify};

use super::shared::{self, Cache};
use super::{Verdict, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Transactions of the sample block
    #[arg(long, default_value_t = 40)]
    transactions: usize,
    /// Seed of the sample block
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

/// Runs the command.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let options = Options { transactions: args.transactions, seed: args.seed, ..Options::default() };
    let (block, _) = read_block(block(&options).as_bytes())?;
    let codebook = default_codebook();
    let statement = statement_for(&block, codebook, &[demo()])?;
    let mut key_store = cache.key_store(Scheme::Transparent, None)?;
    let started = Instant::now();
    key_store.keys(&statement)?;
    let keys_time = started.elapsed();
    let spinner = shared::spinner(format!("proving a block of {} transactions", args.transactions));
    let witness = Witness::Block { block: &block, codebook, config: None, salts: &Salts::none() };
    let proved = prove(&mut key_store, &statement, &witness, &[demo()])?;
    spinner.finish_and_clear();
    let bytes = proved.bundle.to_bytes();
    let bundle = Bundle::from_bytes(&bytes)?;
    let fingerprint = proved.fingerprints.first().context("a proof about a block has a fingerprint")?;
    let root = fingerprint.inputs.codebook_root;
    let registered = entry(demo(), "demo-tags", "1");
    let policy = Policy::codebooks([root]).expect_block(block.clone()).models([registered]);
    let started = Instant::now();
    let verified = verify(&bundle, &policy)?;
    let verify_time = started.elapsed();
    output::line(format!(
        "A sample block: {} transactions, {} traces, {} bundles (seed {})\n",
        block.transactions.len(),
        block.traces.len(),
        block.bundles.len(),
        args.seed
    ))?;
    output::line("Its fingerprint\n")?;
    output::line(output::fold_table(&fingerprint.folded, &fingerprint.code))?;
    if fingerprint.code.within_bound.contains(&false) {
        output::line(
            "\nVectors lie outside the bound of the codebook, as one in twenty of a usual one does: the proof says so too. Another \
             --seed or more --transactions give a block within.",
        )?;
    }
    output::line("\nWhat the proof shows to whoever has only the proof\n")?;
    output::line(output::facts_and_hints(output::claims(&verified)))?;
    output::line(
        "\nThe hint comes from a small model that ships with Foldproof; the project trained it on synthetic blocks like this one \
         (examples/train_tags.rs), and it says nothing about real ones.",
    )?;
    output::line(format!(
        "\nkeys     {:.2} s (made once, then cached)\nprove    {:.2} s\nverify   {:.3} s\nproof    {} bytes\nmemory   {} MiB at most",
        keys_time.as_secs_f64(),
        proved.profile.total().as_secs_f64(),
        verify_time.as_secs_f64(),
        bundle.proof().len(),
        shared::peak_memory_mib().map_or_else(|| "?".into(), |mib| mib.to_string()),
    ))?;
    Ok(Verdict::Success)
}
