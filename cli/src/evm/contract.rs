//! `foldproof evm contract`.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use foldproof_evm::{MAX_CODE, MAX_INIT_CODE};
use foldproof_verifier::keccak256;
use serde_json::json;

use super::{SetupArgs, contract_of, hexadecimal, statement};
use crate::files::{self, Readers};
use crate::shared::Cache;
use crate::{Verdict, output};

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "DIR gets NAME.yul (the source), NAME.bin (in hex, what a transaction that creates the contract has for data), \
                  NAME.abi.json, and NAME.json (digests of key, setup and code). The contract has no owner and no storage; key and \
                  setup are part of its code, so compare the code at an address with `code_hash` and you know what it verifies.\n\nExit \
                  status: 0 written, 2 there is no contract."
)]
pub struct Args {
    /// Statement, e.g. core-small-64, or a bundle of it
    #[arg(value_name = "STATEMENT")]
    statement: PathBuf,
    #[command(flatten)]
    setup: SetupArgs,
    /// Folder to write to
    #[arg(short, long, value_name = "DIR")]
    out: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let statement = statement(&args.statement)?;
    let (setup, trust) = args.setup.read(cache)?;
    let contract = contract_of(cache, &statement, &setup, trust)?;
    fs::create_dir_all(&args.out).with_context(|| args.out.display().to_string())?;
    let file = |extension: &str| args.out.join(format!("{}.{extension}", contract.name));
    let members = output::object(json!({
        "name": contract.name,
        "statement": statement.name(),
        "statement_element": output::field(&statement.element()),
        "insecure_setup": setup.is_insecure(),
        "setup_id": hex::encode(setup.id().digest.0),
        "key_digest": hex::encode(contract.key_digest),
        "code_hash": hexadecimal(&keccak256(&[&contract.code])),
        "public_inputs": contract.inputs,
        "proof_bytes": contract.proof_length,
        "code_bytes": contract.code.len(),
        "key_code_bytes": contract.key_code.len(),
        "init_code_bytes": contract.init_code.len(),
        "code_limits": [MAX_CODE, MAX_INIT_CODE],
    }));
    let about = serde_json::to_string_pretty(&members)? + "\n";
    let written: [(&str, Vec<u8>); 4] = [
        ("yul", contract.yul.clone().into_bytes()),
        ("bin", (hex::encode(&contract.init_code) + "\n").into_bytes()),
        ("abi.json", contract.abi.clone().into_bytes()),
        ("json", about.into_bytes()),
    ];
    let inputs: Vec<&Path> =
        args.setup.params.as_deref().into_iter().chain([args.statement.as_path()]).collect();
    for (extension, _) in &written {
        files::check_out(&file(extension), &inputs)?;
    }
    for (extension, bytes) in &written {
        files::write(&file(extension), bytes, Readers::Usual)?;
    }
    output::members(members, args.json)?;
    Ok(Verdict::Success)
}
