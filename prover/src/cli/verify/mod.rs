//! `foldproof verify`.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, bail};
use foldproof_circuits::stages::commit::{self, Salts};
use foldproof_params::keys;
use foldproof_prover::model::samples::read_one;
use foldproof_prover::policy::PolicyFile;
use foldproof_prover::registry;
use foldproof_prover::secret::Secret;
use foldproof_verifier::scalar::from_hex;
use foldproof_verifier::{Bundle, Error, Policy, Scheme, Verified, verify, verify_batch};
use halo2curves::bn256::Fr;
use serde_json::{Value, json};

use super::shared::{self, Cache};
use super::{Verdict, files, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bundles
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// The block the proof must be about
    #[arg(long, value_name = "FILE")]
    block: Option<PathBuf>,
    /// The fingerprint or vector the proof must be about, as `prove-model` takes it
    #[arg(long, value_name = "FILE", conflicts_with = "block")]
    values: Option<PathBuf>,
    /// Commitment to the fingerprint or vector the proof must be about, e.g. the fold commitment of a verified block
    #[arg(long, value_name = "0xHEX", conflicts_with_all = ["block", "values", "salt"])]
    values_commitment: Option<String>,
    /// Secret of the salts, as `prove --hide` or `prove-model --hide` kept it
    #[arg(long, value_name = "FILE")]
    salt: Option<PathBuf>,
    /// The codebook the proof must be under [default: the one that ships with foldproof]
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    /// Accept any codebook
    #[arg(long, conflicts_with = "codebook")]
    any_codebook: bool,
    /// Registry of models (JSON): what other models say is not accepted; see docs/registry.md
    #[arg(long, value_name = "FILE")]
    registry: Option<PathBuf>,
    /// Policy file (JSON); see the README
    #[arg(long, value_name = "FILE")]
    policy: Option<PathBuf>,
    /// Insist that all vectors lie within the codebook's error bound
    #[arg(long)]
    require_within_bound: bool,
    /// Trusted setup of the kzg scheme [default: the imported one]
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// Accept proofs under setups that were made for tests
    #[arg(long)]
    allow_insecure_setup: bool,
    /// Print JSON, a line per bundle
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let mut bundles = Vec::new();
    let mut rejected = Vec::new();
    for file in &args.bundles {
        match shared::bundle(file)? {
            Ok(bundle) => bundles.push((file.as_path(), bundle)),
            Err(error) => rejected.push((file.as_path(), error)),
        }
    }
    let policy = policy(args, cache, &bundles)?;
    let mut accepted = Vec::new();
    let all: Vec<Bundle> = bundles.iter().map(|(_, bundle)| bundle.clone()).collect();
    match verify_batch(&all, &policy) {
        Ok(verified) => accepted.extend(bundles.iter().map(|(file, _)| *file).zip(verified)),
        // One by one, so that each gets its own verdict.
        Err(_) => {
            for (file, bundle) in &bundles {
                match verify(bundle, &policy) {
                    Ok(verified) => accepted.push((*file, verified)),
                    Err(error) => rejected.push((*file, error)),
                }
            }
        }
    }
    accepted.iter().try_for_each(|(file, verified)| show_accepted(args, file, verified))?;
    rejected.iter().try_for_each(|(file, error)| show_rejected(args, file, error))?;
    Ok(match rejected.iter().all(|(_, error)| error.is_rejection()) {
        true if rejected.is_empty() => Verdict::Success,
        true => Verdict::Rejected,
        false => Verdict::Unknown,
    })
}

fn policy(args: &Args, cache: &Cache, bundles: &[(&Path, Bundle)]) -> anyhow::Result<Policy> {
    let mut file = match &args.policy {
        Some(file) => policy_file(file)?,
        None => PolicyFile::default(),
    };
    file.require_within_bound |= args.require_within_bound;
    file.allow_insecure_setup |= args.allow_insecure_setup;
    file.registry = args.registry.clone().or(file.registry);
    if args.codebook.is_some() {
        file.codebook_roots = None;
    }
    let roots = match args.any_codebook {
        true => None,
        false => Some(vec![commit::codebook(&shared::codebook(args.codebook.as_deref())?)]),
    };
    let in_file = || args.policy.as_deref().unwrap_or(Path::new("policy")).display().to_string();
    let mut policy = expect_subject(args, file.policy(roots).with_context(in_file)?.and_values())?;
    if let Some(registry) = &file.registry {
        let bytes = files::read(registry, files::REGISTRY)?;
        policy = policy.models(registry::parse(&bytes).with_context(|| registry.display().to_string())?);
    }
    // Models in proofs about no block must be valid now.
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |time| time.as_secs());
    let mut policy = policy.at_time(now);
    for scheme in Scheme::ALL {
        let needed = |bundle: &Bundle| bundle.scheme() == scheme && lacks_key(bundle, &policy);
        let mut statements: Vec<_> = bundles
            .iter()
            .filter(|(_, bundle)| needed(bundle))
            .map(|(_, bundle)| bundle.statement())
            .collect();
        statements.sort_unstable();
        statements.dedup();
        if statements.is_empty() {
            continue;
        }
        let params = args.params.as_deref().filter(|_| scheme == Scheme::Kzg);
        let mut workshop = cache.workshop(scheme, params)?;
        for statement in statements {
            let key = workshop.verifying_key(statement)?.clone();
            if scheme == Scheme::Transparent {
                policy = policy.trust_key(key);
            }
        }
        if let Some(trusted) = workshop.trusted() {
            file.check_setup(trusted.id()).with_context(in_file)?;
            policy = policy.trust_setup(trusted);
        }
    }
    Ok(policy)
}

fn policy_file(file: &Path) -> anyhow::Result<PolicyFile> {
    let bytes = files::read(file, files::POLICY)?;
    let mut policy = PolicyFile::parse(&bytes).with_context(|| file.display().to_string())?;
    if let (Some(registry), Some(folder)) = (&mut policy.registry, file.parent()) {
        *registry = folder.join(&registry);
    }
    Ok(policy)
}

/// Whether a key has to be made for the bundle. A bundle names its statement, and with it how much work its key is, so of
/// transparent ones, which carry no trusted setup, those are refused first that the policy would not take with any key.
fn lacks_key(bundle: &Bundle, policy: &Policy) -> bool {
    match bundle.scheme() {
        Scheme::Kzg => true,
        Scheme::Transparent => {
            let pinned = keys::transparent(&bundle.statement().name()).is_some();
            !pinned && matches!(verify(bundle, policy), Err(Error::NoKey { .. }))
        }
    }
}

fn expect_subject(args: &Args, policy: Policy) -> anyhow::Result<Policy> {
    let secret = args.salt.as_deref().map(shared::secret).transpose()?;
    if let Some(block) = &args.block {
        let salts = secret.map_or_else(Salts::none, Secret::salts);
        return Ok(policy.expect_salted_block(shared::block(block)?, salts.block));
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

fn show_accepted(args: &Args, file: &Path, verified: &Verified) -> anyhow::Result<()> {
    let mut members = output::object(json!({ "bundle": file.display().to_string(), "verified": true }));
    members.append(&mut output::claims(verified));
    if args.json {
        return output::line(Value::Object(members));
    }
    output::line(output::facts_and_hints(members) + "\n")
}

fn show_rejected(args: &Args, file: &Path, error: &Error) -> anyhow::Result<()> {
    if args.json {
        let file = file.display().to_string();
        return output::line(json!({ "bundle": file, "verified": false, "error": error.to_string() }));
    }
    output::line(format!("{}: REJECTED: {error}", file.display()))
}
