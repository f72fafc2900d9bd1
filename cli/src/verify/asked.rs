//! What the user asks of the bundles: options and policy file in one policy, to which only setups and keys are missing.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, bail};
use foldproof_circuits::stages::commit::{self, Salts};
use foldproof_prover::instant;
use foldproof_prover::model::samples::read_one;
use foldproof_prover::secret::Secret;
use foldproof_verifier::json::PolicyFile;
use foldproof_verifier::json::report::Time;
use foldproof_verifier::scalar::from_hex;
use foldproof_verifier::{Policy, Verified};
use halo2curves::bn256::Fr;

use super::Args;
use crate::blocks::MadeFor;
use crate::{analytics, blocks, files, output, shared};

/// What is asked.
pub struct Asked<'a> {
    /// The options.
    pub args: &'a Args,
    /// The policy, without setups and without keys that are made.
    pub policy: Policy,
    /// Setups that the policy file trusts; without any, the one given.
    pub setups: Option<Vec<[u8; 32]>>,
    /// Whether a registry is given.
    pub registry: bool,
    /// Whether a history may have gaps.
    pub gaps: bool,
    /// Heights of the blocks whose fingerprints the proof must be about.
    pub heights: Vec<u64>,
    /// Their hashes, where there are headers.
    pub hashes: Vec<Option<[u8; 32]>>,
    /// Whether models are judged by the timestamp of a block that the verifier does not have.
    provers_time: bool,
    /// The verifier's time.
    time: u64,
}

impl<'a> Asked<'a> {
    /// Reads the files that options name.
    pub fn read(args: &'a Args) -> anyhow::Result<Self> {
        let mut file = match &args.policy {
            Some(file) => policy_file(file)?,
            None => PolicyFile::default(),
        };
        file.require_within_bound |= args.require_within_bound;
        file.allow_insecure_setup |= args.allow_insecure_setup;
        file.values |= args.allow_values;
        file.require_known_time |= args.at.is_some();
        file.registry = args.registry.clone().or(file.registry);
        if args.codebook.is_some() {
            file.codebook_roots = None;
        }
        if !args.block_hashes.is_empty() {
            file.block_hash = None;
            file.block_hashes = Some(args.block_hashes.iter().map(hex::encode).collect());
        }
        if let Some(context) = args.context {
            file.context = Some(context.to_string());
        }
        if args.at.is_some() && (file.block_hash.is_some() || file.block_hashes.is_some()) {
            bail!(
                "--at: the policy gives a block hash, and models are judged at that block's time; leave one of the two out"
            );
        }
        let otherwise = match args.any_codebook {
            true => Policy::any_codebook(),
            false => Policy::codebooks([commit::codebook(&shared::codebook(args.codebook.as_deref())?)]),
        };
        let in_file = || args.policy.as_deref().unwrap_or(Path::new("policy")).display().to_string();
        let mut policy = expect_subject(args, file.policy(otherwise).with_context(in_file)?)?;
        for file in &args.zone_configs {
            policy = policy.zone_configs([analytics::config(file)?.commitment()]);
        }
        for (name, commitment) in &args.evidence {
            policy = policy.expect_evidence(name, *commitment);
        }
        if let Some(registry) = &file.registry {
            policy = policy.models(shared::registry(registry)?);
        }
        let time = args.at.unwrap_or_else(now);
        Ok(Self {
            args,
            policy: policy.at_time(time),
            setups: file.setups().with_context(in_file)?,
            registry: file.registry.is_some(),
            gaps: file.allow_gaps || args.allow_gaps,
            heights: Vec::new(),
            hashes: Vec::new(),
            provers_time: !file.require_known_time,
            time,
        })
    }

    /// At which time the models of a proof had to be valid.
    pub fn time_of_models(&self, verified: &Verified) -> Time {
        Time::of(verified, self.time, self.provers_time)
    }
}

/// Parses `--at`.
pub fn time(text: &str) -> Result<u64, String> {
    let expected =
        || "seconds since 1970, a date such as 2026-11-26 or 2026-11-26T23:00:00Z, or now".to_owned();
    if text == "now" { Ok(now()) } else { instant::parse(text).ok_or_else(expected) }
}

/// Parses `--evidence`.
pub fn evidence(text: &str) -> Result<(String, Fr), String> {
    let found = text.split_once('=').and_then(|(name, hex)| Some((name.to_owned(), from_hex(hex)?)));
    found.ok_or_else(|| "NAME=0x and 64 digits were expected, e.g. scores=0x…".to_owned())
}

/// Parses `--block-hash`.
pub fn block_hash(text: &str) -> Result<[u8; 32], String> {
    let mut hash = [0; 32];
    let digits = text.strip_prefix("0x").unwrap_or(text);
    let read = hex::decode_to_slice(digits, &mut hash);
    read.map(|()| hash).map_err(|_| "0x and 64 digits were expected, as block explorers show them".to_owned())
}

/// A clock before 1970 is wrong, and nothing is valid then.
fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs())
}

fn policy_file(file: &Path) -> anyhow::Result<PolicyFile> {
    let bytes = files::read(file, files::POLICY)?;
    let mut policy = PolicyFile::parse(&bytes).with_context(|| file.display().to_string())?;
    if let (Some(registry), Some(folder)) = (&mut policy.registry, file.parent()) {
        *registry = folder.join(&registry);
    }
    Ok(policy)
}

fn expect_subject(args: &Args, policy: Policy) -> anyhow::Result<Policy> {
    let secret = args.salt.as_deref().map(shared::secret).transpose()?;
    if !args.blocks.is_empty() {
        let (files, _) = blocks::files(&args.blocks)?;
        let mut used = Vec::new();
        if !args.any_codebook {
            let (_, mapping) = shared::codebook_and_mapping(args.codebook.as_deref())?;
            used.push(MadeFor { name: "the codebook".to_owned(), mapping });
        }
        let salts = match (secret, files.len()) {
            (None, count) => vec![Salts::none(); count],
            (Some(secret), 1) => vec![secret.salts()],
            (Some(secret), count) => secret.salts_of_blocks(count),
        };
        // Only a statement about one block has tags.
        let policy = policy.tags_salt(salts.first().map_or(Fr::zero(), |salts| salts.tags));
        let mut expected = Vec::with_capacity(files.len());
        for (file, salts) in files.iter().zip(salts) {
            let known = args.reading.read(file)?;
            let told = [known.notes(), known.told(&known.warnings(&used))].concat();
            told.iter().for_each(|line| output::say(format_args!("{line}")));
            expected.push((known.block, salts.block));
        }
        return Ok(policy.expect_salted_blocks(expected));
    }
    if let Some(file) = &args.values {
        let sample =
            read_one(&files::read(file, files::VALUES)?).with_context(|| file.display().to_string())?;
        return Ok(policy.expect_values(sample.integers, secret.map_or(Fr::zero(), Secret::salt)));
    }
    if secret.is_some() {
        bail!("--salt: it opens the commitment to --block or --values; give one of them");
    }
    let Some(text) = &args.values_commitment else { return Ok(policy) };
    let commitment = from_hex(text)
        .with_context(|| format!("--values-commitment: 0x and 64 digits were expected, found {text:?}"))?;
    Ok(policy.expect_commitment(commitment))
}

/// Bundles of an argument: the file, or the *.proof files of a folder.
pub fn bundles(argument: &Path) -> anyhow::Result<Vec<PathBuf>> {
    if argument.is_dir() { files::in_folder(argument, "proof") } else { Ok(vec![argument.to_owned()]) }
}
