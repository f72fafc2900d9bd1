//! `foldproof evm check`.

use std::path::PathBuf;

use anyhow::{Context as _, bail};
use foldproof_evm::Refusal;
use foldproof_evm::machine::{FORK, Machine, Outcome};
use serde_json::json;

use super::{SetupArgs, bundles_of, contract_of, data, hexadecimal};
use crate::shared::Cache;
use crate::{Verdict, output};

/// Who deploys and calls: nobody in particular.
const CALLER: [u8; 20] = [0xca; 20];

/// Arguments.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The EVM has the rules, prices and limits of mainnet. What a contract verifies is the proof for its public inputs, \
                  and nothing of what `foldproof verify` compares them with.\n\nExit status: 0 the contract takes all, 1 it does not, \
                  2 could not tell."
)]
pub struct Args {
    /// Bundles of the evm scheme, all of one statement; several are verified in one call
    #[arg(required = true)]
    bundles: Vec<PathBuf>,
    #[command(flatten)]
    setup: SetupArgs,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub fn run(args: &Args, cache: &Cache) -> anyhow::Result<Verdict> {
    let bundles = bundles_of(&args.bundles)?;
    let first = bundles.first().context("a bundle was expected")?;
    let (setup, trust) = args.setup.read(cache)?;
    let (claimed, given) = (first.setup().map(|setup| setup.id), setup.id().digest.0);
    if claimed != Some(given) {
        let claimed = claimed.map(hex::encode).unwrap_or_default();
        bail!(
            "setup: the proofs are made under {claimed}, the one at hand is {}; name the file of theirs with --params",
            hex::encode(given)
        );
    }
    let contract = contract_of(cache, first.statement(), &setup, trust)?;
    let mut machine = Machine::default();
    let (address, deployment) = machine.create(CALLER, &contract.init_code)?;
    let Some(address) = address else { bail!("the contract cannot be created: {deployment:?}") };
    let data = data(&bundles);
    let call = machine.call(CALLER, address, &data)?;
    let (accepted, refusal) = match &call {
        Outcome::Success { output, .. } => (output.last() == Some(&1) && output.len() == 32, None),
        Outcome::Revert { output, .. } => {
            let told = Refusal::from_output(output).map(|refusal| refusal.name().to_owned());
            (false, Some(told.unwrap_or_else(|| hexadecimal(output))))
        }
        Outcome::Halt { reason, .. } => (false, Some(reason.clone())),
    };
    let members = output::object(json!({
        "verdict": if accepted { "accepted" } else { "refused" },
        "refusal": refusal,
        "contract": contract.name,
        "statement": first.statement().name(),
        "proofs": bundles.len(),
        "fork": FORK.to_string(),
        "gas": call.gas(),
        "gas_per_proof": call.gas() / bundles.len() as u64,
        "deployment_gas": deployment.gas(),
        "calldata_bytes": data.len(),
        "code_bytes": contract.code.len(),
        "insecure_setup": setup.is_insecure(),
    }));
    output::members(members, args.json)?;
    Ok(if accepted { Verdict::Success } else { Verdict::Rejected })
}
