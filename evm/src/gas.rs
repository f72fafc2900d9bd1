//! What a contract costs, found by running it: whether a proof holds is told by its last step, so that one that is made up takes the gas
//! of one that holds.

use ff::PrimeField as _;
use foldproof_verifier::{
    BlockInputs, Fr, Instance, Root, Statement, SubjectInputs, VerifierKey, VerifierSetup, big_endian,
    point_words,
};
use halo2curves::bn256::{G1, G1Affine};

use crate::abi::calldata;
use crate::contract::{Contract, Refusal, Trust, pattern};
use crate::error::Error;
use crate::machine::{Machine, Outcome};

/// Who sends transactions.
const SENDER: [u8; 20] = [7; 20];

/// What a contract takes of a chain, under the rules and prices of [`FORK`](crate::machine::FORK).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gas {
    /// Gas of a transaction that has one proof verified, with 21,000 and calldata.
    pub call: u64,
    /// Gas of the transaction that creates the contract.
    pub deployment: u64,
    /// Bytes of its code.
    pub code: usize,
    /// Bytes of the contract that holds its key.
    pub key: usize,
    /// Bytes of the calldata of a call.
    pub calldata: usize,
}

/// The gas of a contract, to a part in two hundred: of other proofs other bytes are zero, and those are cheaper.
///
/// # Errors
/// If there is no such contract, or it is too large to be created.
pub fn gas(key: &VerifierKey, setup: &VerifierSetup) -> Result<Gas, Error> {
    let contract = Contract::new(key, setup, Trust::Ceremony)?;
    let unexpected = || Error::Circuit("its contract does not run");
    let mut machine = Machine::default();
    let (address, created) = machine.create(SENDER, &contract.init_code).map_err(|_| unexpected())?;
    let address = address.ok_or_else(unexpected)?;
    let data = calldata(&made_up(key)?, &usual_inputs(key.statement()));
    match machine.call(SENDER, address, &data).map_err(|_| unexpected())? {
        Outcome::Revert { gas, output } if Refusal::from_output(&output) == Some(Refusal::ProofRejected) => {
            Ok(Gas {
                call: gas,
                deployment: created.gas(),
                code: contract.code.len(),
                key: contract.key_code.len(),
                calldata: data.len(),
            })
        }
        Outcome::Success { .. } | Outcome::Revert { .. } | Outcome::Halt { .. } => Err(unexpected()),
    }
}

/// Numbers of all widths that are nothing in particular.
struct Numbers(u64);

impl Iterator for Numbers {
    type Item = Fr;

    fn next(&mut self) -> Option<Fr> {
        self.0 = self.0.saturating_add(1);
        Option::from(Fr::from(self.0).invert())
    }
}

/// Points of the curve and numbers where a proof has some.
fn made_up(key: &VerifierKey) -> Result<Vec<u8>, Error> {
    let mut numbers = Numbers(1);
    let mut proof = Vec::with_capacity(key.proof_length());
    for (points, count) in pattern(key)? {
        for number in numbers.by_ref().take(count) {
            if points {
                let point = G1Affine::from(G1::generator() * number);
                proof.extend(point_words(&point).unwrap_or_default().as_flattened());
            } else {
                proof.extend(big_endian(&number));
            }
        }
    }
    Ok(proof)
}

/// Public inputs as wide as such are: commitments fill their words, what stands for integers does not.
fn usual_inputs(statement: &Statement) -> Vec<Fr> {
    let rows = Numbers(1000).take(statement.rows());
    let Some(mut inputs) = Instance::from_rows(statement, rows) else { return Vec::new() };
    match &mut inputs.subject {
        SubjectInputs::Block(block) => narrow(block),
        SubjectInputs::Blocks(blocks) => blocks.iter_mut().for_each(narrow),
        SubjectInputs::Decision(inputs) => inputs.outputs.fill(Fr::from(0xabcd)),
        SubjectInputs::Values(_) | SubjectInputs::Sequence(_) => {}
    }
    let outputs = inputs.models.iter_mut().flat_map(|model| &mut model.outputs);
    outputs.for_each(|output| *output = Fr::from(0xabcd));
    inputs.rows().into_iter().copied().collect()
}

fn narrow(block: &mut BlockInputs<Fr>) {
    block.height = Fr::from(23_850_369);
    block.timestamp = Fr::from(1_763_773_000);
    block.within_bound = Fr::from(63);
    let half = Fr::from_u128(u128::MAX / 3);
    for root in [&mut block.prev_state_root, &mut block.new_state_root, &mut block.tx_root] {
        *root = Root { high: half, low: half };
    }
}
