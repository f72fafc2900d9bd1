//! Deploys a verifier, a gate and an alarm, tells the gate what to take, and shows it a proof.
//!
//! In the embedded EVM, with the kept proof of the tests:
//!
//! ```sh
//! cargo run --release -p foldproof-evm --example gate
//! ```
//!
//! At a node that signs for `--from`, such as anvil, by JSON-RPC (`eth_sendTransaction`):
//!
//! ```sh
//! cargo run --release -p foldproof-evm --example gate -- --rpc http://127.0.0.1:8545 --from 0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266
//! ```
//!
//! The block of the kept proof is none of the node's, so that there the hash of its header is trusted, and nothing is reported.

mod deploy;
mod embedded;
mod node;

use std::fs;
use std::path::Path;
use std::process::ExitCode;

use deploy::{Chain, Deployed, Fault};
use embedded::Embedded;
use foldproof_circuits::statement::Statement;
use foldproof_evm::encoding::{Address, address};
use foldproof_evm::gate::{Question, Submission, context};
use foldproof_evm::{Contract, Trust, VerifierKey, VerifierSetup};
use foldproof_verifier::{Bundle, Fr, Scheme, keccak256, scalar};
use node::Node;

/// Where the kept proof was made for, in the embedded EVM.
const DEPLOYER: Address = [0x07; 20];
const REPORTER: Address = [0x09; 20];
const STATEMENT: &str = "core-small-64+tags-96-64-32-15";
const USAGE: &str = "usage: gate [--rpc http://HOST:PORT --from 0x…]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match words[..] {
        [] => embedded(),
        ["--rpc", url, "--from", from] | ["--from", from, "--rpc", url] => at_node(url, from),
        _ => Err(Fault(USAGE.to_owned())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(fault) => {
            eprintln!("{fault}");
            ExitCode::from(2)
        }
    }
}

fn embedded() -> Result<(), Fault> {
    let bundle = bundle("block.proof")?;
    let open = submission("block.proof")?;
    let block = bundle.unverified_instance().block().ok_or_else(|| Fault("no block".to_owned()))?;
    let [height, time] = [block.height, block.timestamp].map(|row| low(&row));
    let mut chain = Embedded::after(DEPLOYER, keccak256(&[&open.header]), height, time);
    let deployed = deployed(&mut chain, &open)?;
    deploy::show(&deploy::ask(&mut chain, deployed.gate, &open, Question::Own)?);
    chain.sender = REPORTER;
    deploy::report(&mut chain, deployed.alarm, &submission("block-for-reporter.proof")?)?;
    println!("reported to the alarm; a second time changes nothing");
    deploy::report(&mut chain, deployed.alarm, &submission("block-for-reporter.proof")?)
}

fn at_node(url: &str, from: &str) -> Result<(), Fault> {
    let open = submission("block.proof")?;
    let hash = keccak256(&[&open.header]);
    let mut chain = Node::new(url, from)?;
    let deployed = deployed(&mut chain, &open)?;
    deploy::show(&deploy::ask(&mut chain, deployed.gate, &open, Question::Trusted(hash))?);
    let reporters = context(chain.number()?, deployed.gate, deployed.alarm, &address(chain.sender()));
    println!("a proof that {from} can report to the alarm is made by");
    println!(
        "  foldproof prove BLOCK.json --scheme evm --params SETUP --context 0x{}",
        scalar::to_hex(&reporters)
    );
    Ok(())
}

fn deployed(chain: &mut impl Chain, open: &Submission) -> Result<Deployed, Fault> {
    let deployed = deploy::deploy(chain, &contract()?, open)?;
    for (name, address) in
        [("verifier", deployed.verifier), ("gate", deployed.gate), ("alarm", deployed.alarm)]
    {
        println!("{name:<9} 0x{}", hex::encode(address));
    }
    Ok(deployed)
}

fn file(name: &str) -> Result<Vec<u8>, Fault> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gate/data").join(name);
    fs::read(&path).map_err(|error| Fault(format!("{}: {error}", path.display())))
}

fn bundle(name: &str) -> Result<Bundle, Fault> {
    Bundle::from_bytes(&file(name)?).map_err(|error| Fault(format!("{name}: {error}")))
}

fn submission(name: &str) -> Result<Submission, Fault> {
    Submission::of(&bundle(name)?).map_err(|error| Fault(format!("{name}: {error}")))
}

/// A number of at most 64 bits.
fn low(row: &Fr) -> u64 {
    let [.., a, b, c, d, e, f, g, h] = scalar::to_be_bytes(row);
    u64::from_be_bytes([a, b, c, d, e, f, g, h])
}

/// The verifier of the statement. The setup's secret is known to everybody, and the contract's name says so.
fn contract() -> Result<Contract, Fault> {
    let statement =
        Statement::from_name(STATEMENT).ok_or_else(|| Fault(format!("no statement {STATEMENT}")))?;
    let key = VerifierKey::from_bytes(&statement, Scheme::Evm, &file(&format!("{STATEMENT}.vk"))?);
    let key = key.map_err(|error| Fault(error.to_string()))?;
    let setup = VerifierSetup::from_bytes(&file("setup.bin")?).map_err(|error| Fault(error.to_string()))?;
    Contract::new(&key, &setup, Trust::Insecure).map_err(|error| Fault(error.to_string()))
}
