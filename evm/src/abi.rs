//! How contracts are called: the functions of the verifier's ABI, and their arguments in the one encoding that it takes.

use foldproof_verifier::big_endian;
use halo2curves::bn256::Fr;

use crate::contract::Refusal;
use crate::encoding::{Value, Word, arguments, selector};

/// A function of the contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// `verifyProof(bytes,uint256[]) returns (bool)`: true, or it reverts.
    Verify,
    /// `verifyProofs(bytes[],uint256[][]) returns (bool)`: true if all hold, or it reverts.
    VerifyBatch,
    /// `keyDigest() returns (bytes32)`: SHA-256 of the key, as bundles name it.
    KeyDigest,
    /// `setupId() returns (bytes32)`: digest of the trusted setup, as bundles name it.
    SetupId,
    /// `name() returns (string)`: the statement, and whether the setup is insecure.
    Name,
}

impl Entry {
    fn signature(self) -> (&'static str, &'static [(&'static str, &'static str)], &'static str) {
        match self {
            Self::Verify => ("verifyProof", &[("proof", "bytes"), ("inputs", "uint256[]")], "bool"),
            Self::VerifyBatch => {
                ("verifyProofs", &[("proofs", "bytes[]"), ("inputs", "uint256[][]")], "bool")
            }
            Self::KeyDigest => ("keyDigest", &[], "bytes32"),
            Self::SetupId => ("setupId", &[], "bytes32"),
            Self::Name => ("name", &[], "string"),
        }
    }

    /// The four bytes that a call begins with.
    pub fn selector(self) -> [u8; 4] {
        let (name, inputs, _) = self.signature();
        let types: Vec<&str> = inputs.iter().map(|(_, kind)| *kind).collect();
        selector(&format!("{name}({})", types.join(",")))
    }

    fn call(self, values: &[Value<'_>]) -> Vec<u8> {
        [&self.selector()[..], &arguments(values)].concat()
    }
}

/// The ABI of a contract.
pub(crate) fn json() -> String {
    let entries = [Entry::Verify, Entry::VerifyBatch, Entry::KeyDigest, Entry::SetupId, Entry::Name];
    let mut lines: Vec<String> = entries
        .into_iter()
        .map(|entry| {
            let (name, inputs, output) = entry.signature();
            let inputs: Vec<String> =
                inputs.iter().map(|(name, kind)| format!(r#"{{"name":"{name}","type":"{kind}"}}"#)).collect();
            format!(
                r#"{{"type":"function","name":"{name}","stateMutability":"view","inputs":[{}],"outputs":[{{"name":"","type":"{output}"}}]}}"#,
                inputs.join(",")
            )
        })
        .collect();
    let errors = Refusal::ALL.iter();
    lines.extend(
        errors.map(|refusal| format!(r#"{{"type":"error","name":"{}","inputs":[]}}"#, refusal.name())),
    );
    format!("[\n  {}\n]\n", lines.join(",\n  "))
}

/// The calldata of `verifyProof`. Proofs are whole words, so that nothing is padded.
pub fn calldata(proof: &[u8], inputs: &[Fr]) -> Vec<u8> {
    let inputs = words(inputs);
    Entry::Verify.call(&[Value::Bytes(proof), Value::Words(&inputs)])
}

/// The calldata of `verifyProofs`.
pub fn batch_calldata(claims: &[(&[u8], &[Fr])]) -> Vec<u8> {
    let inputs: Vec<Vec<Word>> = claims.iter().map(|(_, inputs)| words(inputs)).collect();
    let proofs: Vec<Value<'_>> = claims.iter().map(|(proof, _)| Value::Bytes(proof)).collect();
    let inputs: Vec<Value<'_>> = inputs.iter().map(|inputs| Value::Words(inputs)).collect();
    Entry::VerifyBatch.call(&[Value::Array(&proofs), Value::Array(&inputs)])
}

fn words(elements: &[Fr]) -> Vec<Word> {
    elements.iter().map(big_endian).collect()
}
