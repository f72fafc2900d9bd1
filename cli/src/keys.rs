//! `foldproof keys`.

mod export;

use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Subcommand;
use foldproof_circuits::statement::{NAMES, Statement};
use foldproof_cost::Cost;
use foldproof_cost::summary::summary;
use foldproof_params::{Digest, keys};
use foldproof_prover::pins;
use foldproof_verifier::{Scheme, VerifierKey, pinned_key};
use serde_json::{Value, json};

use super::files::{self, Readers};
use super::shared::{self, Cache};
use super::{Verdict, output};

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List statements and the digests of their pinned keys
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make the keys of a statement ahead of time
    Make {
        /// Statement, e.g. core-small-64
        #[arg(value_parser = statement)]
        statement: Statement,
        /// transparent, kzg or evm
        #[arg(long, default_value = "transparent", value_parser = shared::scheme)]
        scheme: Scheme,
        /// Setup file of the schemes kzg and evm [default: the imported one]
        #[arg(long, value_name = "FILE")]
        params: Option<PathBuf>,
        /// Also write the verifying key, for Rust programs that verify proofs of kzg and evm
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a statement's circuit, as its keys have it, into a file for auditors and other programs
    Export(export::Args),
    /// Write verifying keys of the transparent scheme into a source tree, if BLESS=1 is set: for developers who changed a circuit
    Pin {
        /// Statements [default: all]
        #[arg(value_parser = statement)]
        statements: Vec<Statement>,
        /// Folder of pinned keys
        #[arg(long, default_value = "params/pinned/keys", value_name = "DIR")]
        folder: PathBuf,
        /// Only compare; exit with 1 if a key differs
        #[arg(long)]
        check: bool,
        /// Print JSON, a line per statement
        #[arg(long)]
        json: bool,
    },
}

/// Parses a statement's name.
pub(super) fn statement(name: &str) -> Result<Statement, String> {
    let names = || keys::PINNED.iter().map(|key| key.statement).collect::<Vec<_>>().join(", ");
    pins::named(name)
        .ok_or_else(|| format!("a statement was expected, {NAMES}; those with pinned keys: {}", names()))
}

/// Runs the command.
pub fn run(command: &Command, cache: &Cache) -> anyhow::Result<Verdict> {
    match command {
        Command::List { json } => list(*json),
        Command::Make { statement, scheme, params, out, json } => {
            let mut key_store = cache.key_store(*scheme, params.as_deref())?;
            out.as_deref().map_or(Ok(()), |out| files::check_out(out, params.as_deref().as_slice()))?;
            let made = key_store.keys(statement)?;
            if let Some(out) = out {
                files::write(out, &made.verifying_bytes, Readers::Usual)?;
            }
            let members = json!({
                "statement": statement.name(),
                "scheme": scheme.name(),
                "k": statement.k(),
                "proof_bytes": made.verifying.proof_length(),
                "key_digest": hex::encode(made.verifying.digest()),
            });
            output::members(output::object(members), *json)?;
            Ok(Verdict::Success)
        }
        Command::Export(args) => export::run(args, cache),
        Command::Pin { statements, folder, check, json } => pin(statements, folder, *check, *json, cache),
    }
}

fn list(as_json: bool) -> anyhow::Result<Verdict> {
    for statement in pins::statements() {
        let digest = pinned_key(&statement).and_then(keys::PinnedKey::key_digest);
        let mut members = output::object(json!({
            "statement": statement.name(),
            "k": statement.k(),
            "models": statement.models().map(|shape| shape.to_string()).collect::<Vec<_>>(),
            "key_digest": digest,
        }));
        if let Some((core, count)) = statement.blocks() {
            // Of each of its blocks.
            let capacity = core.size.capacity();
            members.append(&mut output::object(json!({
                "blocks": count,
                "transactions": capacity.transactions,
                "traces": capacity.traces,
                "bundles": capacity.bundles,
                "texts": capacity.addresses + capacity.short + capacity.long,
                "centroids": core.centroids.count(),
            })));
        }
        if as_json {
            output::line(Value::Object(members))?;
        } else {
            let digest = digest.unwrap_or_default();
            output::line(format!("{:44} k = {}  key {digest:.16}…", statement.name(), statement.k()))?;
        }
    }
    Ok(Verdict::Success)
}

fn pin(
    statements: &[Statement],
    folder: &std::path::Path,
    check: bool,
    as_json: bool,
    cache: &Cache,
) -> anyhow::Result<Verdict> {
    if !folder.is_dir() {
        bail!(
            "{}: the folder of pinned keys was expected; run this from the root of the source tree",
            folder.display()
        );
    }
    if !check && std::env::var_os("BLESS").is_none_or(|value| value != "1") {
        bail!("pins change only where BLESS=1 is set: run scripts/bless.sh, or compare with --check");
    }
    let all = if statements.is_empty() { pins::statements().collect() } else { statements.to_vec() };
    let mut differ = false;
    for statement in &all {
        let mut key_store = cache.key_store(Scheme::Transparent, None)?;
        let bytes = key_store.verifying_bytes(statement)?;
        let file = folder.join(format!("{statement}.vk"));
        let same = std::fs::read(&file).is_ok_and(|pinned| pinned == bytes);
        differ |= !same;
        let verifying = VerifierKey::from_bytes(statement, Scheme::Transparent, &bytes)
            .with_context(|| format!("the new key of {statement}"))?;
        let digest = hex::encode(verifying.digest());
        output::line(match as_json {
            true => {
                json!({ "statement": statement.name(), "key_digest": digest, "changed": !same }).to_string()
            }
            false => format!("{statement} {digest} {}", if same { "unchanged" } else { "CHANGED" }),
        })?;
        if !check {
            files::write(&file, &bytes, Readers::Usual)?;
            let text = summary(&Cost::of(statement), &verifying, Digest::of(&bytes));
            files::write(&file.with_extension("txt"), text.as_bytes(), Readers::Usual)?;
        }
    }
    Ok(if check && differ { Verdict::Rejected } else { Verdict::Success })
}
