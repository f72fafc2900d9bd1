//! What is done on whatever chain: three contracts, three edits, a question and a report.

use std::fmt;

use foldproof_evm::Contract;
use foldproof_evm::encoding::{Address, Value, Word, address, arguments, call};
use foldproof_evm::gate::{Claims, Edit, Head, Question, Refused, Submission, Validity, init_code};
use foldproof_verifier::keccak256;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault(pub String);

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A chain that one account sends transactions to.
pub trait Chain {
    /// Who sends.
    fn sender(&self) -> Address;
    /// Creates a contract.
    fn create(&mut self, code: &[u8]) -> Result<Address, Fault>;
    /// Sends a transaction, which must not be taken back.
    fn send(&mut self, to: Address, data: &[u8]) -> Result<(), Fault>;
    /// Calls without a transaction.
    fn read(&mut self, to: Address, data: &[u8]) -> Result<Vec<u8>, Fault>;
    /// Code at an address.
    fn code(&mut self, of: Address) -> Result<Vec<u8>, Fault>;
}

/// Where the contracts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deployed {
    pub verifier: Address,
    pub gate: Address,
    pub alarm: Address,
}

/// Rows of public inputs.
const CODEBOOK: usize = 4;
const MODEL: usize = 14;
const TAGS: usize = 16;

/// Deploys the contracts, and lets the gate take proofs like this one. What a gate takes is for its admin to say: whoever copies this
/// puts the roots and commitments there that he knows, not those of a proof that he was given.
pub fn deploy(chain: &mut impl Chain, contract: &Contract, like: &Submission) -> Result<Deployed, Fault> {
    let row = |row: usize| {
        like.inputs.get(row).copied().ok_or_else(|| Fault(format!("the proof has no row {row}")))
    };
    let (statement, root, model, head, tags) =
        (row(0)?, row(CODEBOOK)?, row(MODEL)?, row(MODEL + 1)?, row(TAGS)?);
    let verifier = chain.create(&contract.init_code)?;
    let gate = chain.create(&init_code(chain.sender()))?;
    let alarm = chain.create(&alarm_code(gate, model, tags)?)?;
    let code_hash = keccak256(&[&chain.code(verifier)?]);
    if code_hash != keccak256(&[&contract.code]) {
        return Err(Fault("the verifier that was created has other code than was meant".to_owned()));
    }
    for edit in [
        Edit::RegisterStatement {
            statement,
            verifier,
            code_hash,
            outputs: vec![1],
            require_within_bound: false,
        },
        Edit::AcceptCodebook { root, accepted: true },
        Edit::RegisterModel { commitment: model, kind: Head::Tags, head, validity: Validity::ALWAYS },
        // The last one at once; from here on, two days.
        Edit::RaiseDelay(2 * 86_400),
    ] {
        chain.send(gate, &edit.propose())?;
        chain.send(gate, &edit.enact())?;
    }
    Ok(Deployed { verifier, gate, alarm })
}

/// What creates an alarm that listens to any of these tags.
fn alarm_code(gate: Address, model: Word, tags: Word) -> Result<Vec<u8>, Fault> {
    let code = include_str!("../../contracts/out/BlockAlarm.bin").trim_end();
    let code = hex::decode(code).map_err(|error| Fault(format!("BlockAlarm.bin: {error}")))?;
    Ok([code, arguments(&[address(gate), model, tags].map(Value::Word))].concat())
}

/// Shows the gate a proof.
pub fn ask(
    chain: &mut impl Chain,
    gate: Address,
    proof: &Submission,
    question: Question,
) -> Result<Claims, Fault> {
    let output = chain.read(gate, &proof.calldata(question))?;
    Claims::from_output(&output).ok_or_else(|| Fault("what the gate gave back are no claims".to_owned()))
}

/// Shows the alarm one.
pub fn report(chain: &mut impl Chain, alarm: Address, proof: &Submission) -> Result<(), Fault> {
    chain.send(alarm, &call("report(bytes,uint256[],bytes)", &proof.values()))
}

/// Tells what the gate has taken.
pub fn show(claims: &Claims) {
    println!("the gate has taken a proof about block {} of time {}", claims.height, claims.timestamp);
    println!("  hash      0x{}", hex::encode(claims.block_hash));
    println!("  codebook  0x{}", hex::encode(claims.codebook_root));
    for model in &claims.models {
        let outputs: Vec<String> = model.outputs.iter().map(|word| format!("0x{}", trimmed(word))).collect();
        println!("  model     0x{}: {:?} {}", hex::encode(model.commitment), model.kind, outputs.join(" "));
    }
    println!("  claims    0x{}", hex::encode(claims.key));
}

/// Digits without leading zeros.
fn trimmed(word: &Word) -> String {
    let digits = hex::encode(word);
    let rest = digits.trim_start_matches('0');
    if rest.is_empty() { "0".to_owned() } else { rest.to_owned() }
}

/// Why a call was taken back.
pub fn reason(output: &[u8]) -> Fault {
    let known = Refused::from_output(output).map(|refused| refused.to_string());
    Fault(format!("taken back: {}", known.unwrap_or_else(|| format!("0x{}", hex::encode(output)))))
}
