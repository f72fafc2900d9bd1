//! What verifying a proof on a chain costs: the contract of the statement is made for a key that is made up, and run.

use foldproof_circuits::layout::{self, Layout};
use foldproof_circuits::statement::Statement;
use foldproof_params::kzg::insecure_test_setup;
use foldproof_verifier::{Scheme, VerifierKey};
use halo2_proofs::plonk::{Circuit, ConstraintSystem, VerifyingKey, permutation};
use halo2_proofs::poly::EvaluationDomain;
use halo2curves::bn256::{Fr, G1, G1Affine};
use rand::SeedableRng as _;
use rand_chacha::ChaCha20Rng;
use serde::Serialize;

/// log₂ of the rows that the setup beside a made-up key has: a contract takes three of its points.
const SETUP_K: u32 = 8;

/// What a contract costs. Of no key and no proof: code and gas are those of real ones to a part in two hundred, since what differs is
/// how many of their bytes are zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct OnChain {
    /// Gas of a transaction that has one proof verified, with 21,000 and calldata.
    pub call_gas: u64,
    /// Gas of the transaction that creates the contract.
    pub deployment_gas: u64,
    /// Bytes of its code.
    pub code_bytes: usize,
    /// Bytes of the contract that holds its key.
    pub key_bytes: usize,
    /// Bytes of the calldata of a call.
    pub calldata_bytes: usize,
}

/// Why a statement has no contract.
#[derive(Debug, thiserror::Error)]
pub enum ChainError {
    /// The setup beside the made-up key.
    #[error(transparent)]
    Setup(#[from] foldproof_params::Error),
    /// The made-up key.
    #[error(transparent)]
    Key(#[from] foldproof_verifier::KeyError),
    /// No contract can be written for the circuit, or it does not run under a chain's limits.
    #[error(transparent)]
    Contract(#[from] foldproof_evm::Error),
}

impl OnChain {
    /// Of a statement.
    ///
    /// # Errors
    /// Why there is no contract.
    pub fn of(statement: &Statement) -> Result<Self, ChainError> {
        let setup = insecure_test_setup(SETUP_K, ChaCha20Rng::seed_from_u64(1))?;
        let gas = foldproof_evm::gas(&made_up(statement)?, &setup.verifier())?;
        Ok(Self {
            call_gas: gas.call,
            deployment_gas: gas.deployment,
            code_bytes: gas.code,
            key_bytes: gas.key,
            calldata_bytes: gas.calldata,
        })
    }
}

/// A key whose commitments are some points of the curve.
fn made_up(statement: &Statement) -> Result<VerifierKey, ChainError> {
    let mut cs = ConstraintSystem::<Fr>::default();
    Layout::configure_with_params(&mut cs, statement.clone());
    let degree = cs.degree() as u32; // a handful
    let (cs, _) = cs.compress_selectors(layout::selectors(statement));
    let mut points = (1..).map(|factor: u64| G1Affine::from(G1::generator() * -Fr::from(factor)));
    let fixed = points.by_ref().take(cs.num_fixed_columns()).collect();
    let permuted = points.take(cs.permutation().get_columns().len()).collect();
    let permuted = permutation::VerifyingKey::from_commitments(permuted);
    let domain = EvaluationDomain::new(degree, statement.k());
    let key = VerifyingKey::from_parts(domain, fixed, permuted, cs, Vec::new(), true);
    let bytes = VerifierKey::to_bytes(statement, Scheme::Evm, &key)?;
    Ok(VerifierKey::from_bytes(statement, Scheme::Evm, &bytes)?)
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    /// Of every contract that is pinned, within a part in two hundred of what is counted with real keys and proofs.
    #[test]
    fn costs_are_those_of_contracts_that_are_pinned() {
        let pins = include_str!("../../evm/tests/data/pins.json");
        let pins: Value = serde_json::from_str(pins).expect("pins");
        let contracts = pins["contracts"].as_object().expect("contracts");
        assert_eq!(contracts.len(), 4);
        for (name, pin) in contracts {
            let statement = Statement::from_name(name).expect("a statement");
            let found = serde_json::to_value(OnChain::of(&statement).expect("a contract")).expect("JSON");
            for member in ["call_gas", "deployment_gas", "code_bytes"] {
                let [expected, found] = [pin, &found].map(|value| value[member].as_u64().expect("a number"));
                assert!(
                    expected.abs_diff(found) * 200 <= expected,
                    "{name}: {member} {expected}, found {found}"
                );
            }
            for member in ["key_bytes", "calldata_bytes"] {
                let [expected, found] = [pin, &found].map(|value| value[member].as_u64().expect("a number"));
                assert!(expected.abs_diff(found) <= 64, "{name}: {member} {expected}, found {found}");
            }
        }
    }

    /// Four models beside a block are as much as statements without graphs have: they have a contract.
    #[test]
    fn statements_with_most_models_have_contracts() {
        let name = "core-small-64+tags-96-3+anomaly-96-96+class-96-4+tags-96-3";
        let statement = Statement::from_name(name).expect("a statement");
        let found = OnChain::of(&statement).expect("a contract");
        assert!(found.code_bytes <= foldproof_evm::MAX_CODE && found.call_gas < 1_100_000, "{found:?}");
    }
}
