//! `foldproof verify`.

use std::path::{Path, PathBuf};

use foldproof_circuits::stages::commit::{self, Salts};
use foldproof_verifier::{Bundle, Error, Policy, Scheme, Verified, verify, verify_batch};
use serde_json::{Value, json};

use super::policy::File;
use super::prove::read_salt;
use super::shared::{self, Cache};
use super::{Verdict, output};

/// Arguments.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Bundles
    #[arg(required = true, value_name = "BUNDLE")]
    bundles: Vec<PathBuf>,
    /// The block the proof must be about
    #[arg(long, value_name = "FILE")]
    block: Option<PathBuf>,
    /// Secret of the salts, as `prove --hide` kept it
    #[arg(long, value_name = "FILE", requires = "block")]
    salt: Option<PathBuf>,
    /// The codebook the proof must be under [default: the one that ships with foldproof]
    #[arg(long, value_name = "FILE")]
    codebook: Option<PathBuf>,
    /// Accept any codebook
    #[arg(long, conflicts_with = "codebook")]
    any_codebook: bool,
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
        Some(file) => File::read(file)?,
        None => File::default(),
    };
    file.require_within_bound |= args.require_within_bound;
    file.allow_insecure_setup |= args.allow_insecure_setup;
    if args.codebook.is_some() {
        file.codebook_roots = None;
    }
    let roots = match args.any_codebook {
        true => None,
        false => Some(vec![commit::codebook(&shared::codebook(args.codebook.as_deref())?)]),
    };
    let mut policy = file.policy(roots)?;
    if let Some(block) = &args.block {
        let block = shared::block(block)?;
        let salt = args.salt.as_deref().map(read_salt).transpose()?;
        policy = policy.expect_salted_block(block, salt.map_or_else(Salts::none, Salts::from_secret).block);
    }
    let mut statements: Vec<_> = bundles
        .iter()
        .filter(|(_, bundle)| bundle.scheme() == Scheme::Kzg)
        .map(|(_, bundle)| bundle.statement())
        .collect();
    statements.sort_unstable();
    statements.dedup();
    if !statements.is_empty() {
        let mut workshop = cache.workshop(Scheme::Kzg, args.params.as_deref())?;
        for statement in statements {
            workshop.keys(statement)?;
        }
        if let Some(trusted) = workshop.trusted() {
            file.check_setup(trusted.id())?;
            policy = policy.trust_setup(trusted);
        }
    }
    Ok(policy)
}

fn show_accepted(args: &Args, file: &Path, verified: &Verified) -> anyhow::Result<()> {
    let mut members = output::object(json!({ "bundle": file.display().to_string(), "verified": true }));
    members.append(&mut output::claims(verified));
    if args.json {
        return output::line(Value::Object(members));
    }
    output::line(output::table(&members) + "\n")
}

fn show_rejected(args: &Args, file: &Path, error: &Error) -> anyhow::Result<()> {
    if args.json {
        let file = file.display().to_string();
        return output::line(json!({ "bundle": file, "verified": false, "error": error.to_string() }));
    }
    output::line(format!("{}: REJECTED: {error}", file.display()))
}
