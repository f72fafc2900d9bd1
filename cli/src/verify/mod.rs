//! `foldproof verify`: each file gets its verdict, whatever the others are.

mod asked;
mod history;
mod judge;
mod report;
mod trend;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;

use foldproof_prover::keys::MAX_K;
use foldproof_verifier::{Context, Fr, Verified};

use self::asked::Asked;
pub use self::asked::time;
use self::report::{Among, Finding, Why};
use super::shared::{self, Cache};
use super::why::why;
use super::{Verdict, blocks};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bundles; a folder stands for the *.proof files in it
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// The block the proof must be about; of a proof about several, each of them in its order (--block A --block B, or a folder of
    /// *.json blocks, in the order of names)
    #[arg(long = "block", value_name = "FILE")]
    blocks: Vec<PathBuf>,
    #[command(flatten)]
    reading: blocks::Options,
    /// Hash of the block the proof must be about: its header beside the proof must have it, and be that of the proof's height,
    /// timestamp and roots; of a proof about several, the hash of each of them in its order (--block-hash A --block-hash B)
    #[arg(long = "block-hash", value_name = "0xHEX", value_parser = asked::block_hash,
          conflicts_with_all = ["values", "values_commitment", "history", "at"])]
    block_hashes: Vec<[u8; 32]>,
    /// The context the proof must be made for, as `prove --context` had it
    #[arg(long, value_name = "0xHEX", value_parser = shared::context)]
    context: Option<Context>,
    /// The fingerprint or vector the proof must be about, as `prove-model` takes it
    #[arg(long, value_name = "FILE", conflicts_with = "blocks")]
    values: Option<PathBuf>,
    /// Commitment to the fingerprint or vector the proof must be about, e.g. the fold commitment of a verified block
    #[arg(long, value_name = "0xHEX", conflicts_with_all = ["blocks", "values", "salt"])]
    values_commitment: Option<String>,
    /// Commitment that a decision must be made from, by its name (scores, criteria, index, table, centres, tag_fields, fold); may be
    /// given several times
    #[arg(long, value_name = "NAME=0xHEX", value_parser = asked::evidence, conflicts_with_all = ["blocks", "values"])]
    evidence: Vec<(String, Fr)>,
    /// Proofs about blocks, oldest first, whose fingerprints the sequence must be of, or a decision from: each is verified as well, and its height must
    /// follow that of the one before
    #[arg(long, value_name = "BUNDLE", num_args = 1.., conflicts_with_all = ["blocks", "values", "values_commitment"])]
    history: Vec<PathBuf>,
    /// Accept a history, or blocks with a trend, with gaps between heights
    #[arg(long)]
    allow_gaps: bool,
    /// Say where counts of tags go over the blocks of these proofs, oldest first: of each a proof of its tags, three at least
    #[arg(long, conflicts_with = "history")]
    trend: bool,
    /// Accept proofs about no block: what models say of some fingerprint or vector, whoever it comes from
    #[arg(long)]
    allow_values: bool,
    /// Secret of the salts, as `prove --hide` or `prove-model --hide` kept it
    #[arg(long, value_name = "FILE")]
    salt: Option<PathBuf>,
    /// The codebook the proof must be under [default: the one that ships with foldproof]
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    /// Accept any codebook
    #[arg(long, conflicts_with = "codebook")]
    any_codebook: bool,
    /// Configuration of the analytics the proof may commit to; may be given several times [default: those with a name only]
    #[arg(long = "zone-config", value_name = "FILE")]
    zone_configs: Vec<PathBuf>,
    /// Registry of models (JSON): what other models say is not accepted; see docs/registry.md
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
    /// When models must be valid: seconds since 1970, a date of RFC 3339, or "now" [default: the timestamp of the block, and now for
    /// proofs about no block]
    #[arg(long, value_name = "TIME", conflicts_with = "blocks", value_parser = asked::time)]
    at: Option<u64>,
    /// Policy file (JSON); see the README
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Insist that all vectors lie within the codebook's error bound
    #[arg(long)]
    require_within_bound: bool,
    /// Trusted setup of the schemes kzg and evm [default: the imported one]
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// Largest circuit, as log2 of its rows, that keys are made for if there are none: a bundle names its statement
    #[arg(long, value_name = "K", default_value_t = MAX_K)]
    max_k: u32,
    /// Accept proofs under setups that were made for tests
    #[arg(long)]
    allow_insecure_setup: bool,
    /// Print JSON, a line per bundle
    #[arg(long)]
    json: bool,
}

/// Runs the command. What is wrong with the user's own policy, registry, codebook, block or values ends it at once; what is
/// wrong with a bundle, or lacking for it, is that bundle's verdict.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let mut asked = Asked::read(args)?;
    if let Some(verdict) = history::hold_against(&mut asked, cache)? {
        return Ok(verdict);
    }
    let mut findings: Vec<(PathBuf, Option<Finding>)> = Vec::new();
    let mut bundles = Vec::new();
    for argument in &args.bundles {
        let unknown = |error: anyhow::Error| Finding::Unknown(Why::new(&why(&error)));
        let files = match asked::bundles(argument) {
            Ok(files) => files,
            Err(error) => {
                findings.push((argument.clone(), Some(unknown(error))));
                continue;
            }
        };
        for file in files {
            let finding = match shared::bundle(&file) {
                Ok(Ok(bundle)) => {
                    bundles.push((findings.len(), bundle));
                    None
                }
                Ok(Err(error)) => Some(asked.finding(Err(error))),
                Err(error) => Some(unknown(error)),
            };
            findings.push((file, finding));
        }
    }
    for (place, finding) in judge::judge(&asked, cache, bundles) {
        findings[place].1 = Some(finding);
    }
    let several = findings.len() > 1;
    let mut verdict = Verdict::Success;
    let mut first: BTreeMap<_, &PathBuf> = BTreeMap::new();
    for (file, finding) in &findings {
        let Some(finding) = finding else { continue };
        // One claim is not two, however many proofs of it there are.
        let claimed = finding.verified().map(Verified::instance);
        let repeats = claimed.and_then(|claims| match first.entry(claims) {
            Entry::Vacant(entry) => {
                entry.insert(file);
                None
            }
            Entry::Occupied(entry) => Some(entry.get().as_path()),
        });
        report::show(&asked, file, finding, &Among { several, repeats })?;
        verdict = verdict.max(finding.verdict());
    }
    if args.trend && verdict == Verdict::Success {
        let verified = findings.iter().filter_map(|(_, finding)| finding.as_ref()?.verified());
        return trend::show(&asked, verified);
    }
    Ok(verdict)
}
