//! `foldproof evm`: contracts that verify proofs on chains with the EVM.

mod check;
mod contract;

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail};
use clap::Subcommand;
use foldproof_circuits::statement::Statement;
use foldproof_evm::{Contract, Trust, batch_calldata, calldata};
use foldproof_params::kzg::Setup;
use foldproof_verifier::{Bundle, Scheme, big_endian};
use halo2curves::bn256::Fr;
use serde_json::{Value, json};

use super::shared::{self, Cache};
use super::{Verdict, output};

/// Commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the contract that verifies proofs of a statement: Yul source, code that creates it, and ABI
    Contract(contract::Args),
    /// Print the calldata that hands proofs to the contract of their statement
    Calldata {
        /// Bundles of the evm scheme, all of one statement; several are verified in one call
        #[arg(required = true)]
        bundles: Vec<PathBuf>,
        /// Print JSON, with proofs and public inputs apart
        #[arg(long)]
        json: bool,
    },
    /// Verify proofs by the contract of their statement, in an EVM of this program's, and print the gas
    Check(check::Args),
}

/// Runs the command.
pub fn run(command: &Command, cache: &Cache) -> anyhow::Result<Verdict> {
    match command {
        Command::Contract(args) => contract::run(args, cache),
        Command::Calldata { bundles, json } => print_calldata(bundles, *json),
        Command::Check(args) => check::run(args, cache),
    }
}

/// Whose setup a contract is made for.
#[derive(Debug, clap::Args)]
struct SetupArgs {
    /// Setup file [default: the imported one]
    #[arg(long, value_name = "FILE")]
    params: Option<PathBuf>,
    /// Take a setup that was made for tests, whose secret somebody may know; the contract says so in its name
    #[arg(long)]
    allow_insecure_setup: bool,
}

impl SetupArgs {
    /// The setup, and whether it can be trusted.
    fn read(&self, cache: &Cache) -> anyhow::Result<(Setup, Trust)> {
        let setup = cache.setup(self.params.as_deref())?;
        match (setup.is_insecure(), self.allow_insecure_setup) {
            (false, _) => Ok((setup, Trust::Ceremony)),
            (true, true) => Ok((setup, Trust::Insecure)),
            (true, false) => bail!(
                "the setup was made for tests, and whoever made it can prove anything to its contracts: name a ceremony's with \
                 --params, or try contracts out with --allow-insecure-setup"
            ),
        }
    }
}

/// The contract of a statement under a setup.
fn contract_of(
    cache: &Cache,
    statement: &Statement,
    setup: &Setup,
    trust: Trust,
) -> anyhow::Result<Contract> {
    let verifier = setup.verifier();
    let mut key_store = cache.reporting(Scheme::Evm, Some(setup.clone())).unasked_up_to(statement.k());
    let key = key_store.verifying_key(statement)?.clone();
    key_store.keep(statement);
    Contract::new(&key, &verifier, trust).with_context(|| statement.to_string())
}

/// Bundles for one call of a contract: of the evm scheme, and of one statement, setup and key.
fn bundles_of(files: &[PathBuf]) -> anyhow::Result<Vec<Bundle>> {
    let mut bundles: Vec<Bundle> = Vec::new();
    for file in files {
        let name = || file.display().to_string();
        let bundle = shared::bundle(file)?.with_context(name)?;
        if bundle.scheme() != Scheme::Evm {
            bail!(
                "{}: scheme: expected evm, found {}; a contract cannot read this proof: make one with --scheme evm",
                name(),
                bundle.scheme()
            );
        }
        if let Some(first) = bundles.first() {
            let of = |bundle: &Bundle| (bundle.statement().clone(), bundle.setup(), bundle.key_digest());
            if of(first) != of(&bundle) {
                bail!(
                    "{}: expected statement, setup and key of {}, found {} under another; a contract is for one",
                    name(),
                    files.first().map(|file| file.display().to_string()).unwrap_or_default(),
                    bundle.statement()
                );
            }
        }
        bundles.push(bundle);
    }
    Ok(bundles)
}

/// The calldata of a call for these bundles.
fn data(bundles: &[Bundle]) -> Vec<u8> {
    let rows: Vec<Vec<Fr>> = bundles.iter().map(Bundle::unverified_rows).collect();
    match (bundles, &rows[..]) {
        ([bundle], [rows]) => calldata(bundle.proof(), rows),
        _ => {
            let claims: Vec<_> =
                bundles.iter().map(Bundle::proof).zip(rows.iter().map(Vec::as_slice)).collect();
            batch_calldata(&claims)
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    format!("0x{}", hex::encode(bytes))
}

fn print_calldata(files: &[PathBuf], as_json: bool) -> anyhow::Result<Verdict> {
    let bundles = bundles_of(files)?;
    let data = hexadecimal(&data(&bundles));
    if !as_json {
        output::line(data)?;
        return Ok(Verdict::Success);
    }
    let claim = |bundle: &Bundle| {
        let inputs: Vec<String> =
            bundle.unverified_rows().iter().map(|row| hexadecimal(&big_endian(row))).collect();
        json!({ "proof": hexadecimal(bundle.proof()), "inputs": inputs })
    };
    let claims: Vec<Value> = bundles.iter().map(claim).collect();
    let first = bundles.first();
    output::line(json!({
        "statement": first.map(|bundle| bundle.statement().name()),
        "key_digest": first.map(|bundle| hexadecimal(&bundle.key_digest())),
        "setup_id": first.and_then(Bundle::setup).map(|setup| hexadecimal(&setup.id)),
        "claims": claims,
        "calldata": data,
    }))?;
    Ok(Verdict::Success)
}

/// The statement of that name, or of the bundle in that file.
fn statement(given: &Path) -> anyhow::Result<Statement> {
    let text = given.to_string_lossy();
    if let Some(statement) = Statement::from_name(&text) {
        return Ok(statement);
    }
    if !given.is_file() {
        bail!(
            "{text}: a statement such as core-small-64 was expected, or a bundle of it; `foldproof keys list` shows statements"
        );
    }
    Ok(shared::bundle(given)?.with_context(|| text.clone().into_owned())?.statement().clone())
}
