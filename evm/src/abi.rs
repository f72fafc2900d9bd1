//! How contracts are called: the functions of the verifier's ABI, and their arguments in the one encoding that it takes.

use foldproof_verifier::{big_endian, keccak256};
use halo2curves::bn256::Fr;

use crate::contract::Refusal;

/// Bytes of a word.
const WORD: usize = 32;

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
}

/// The first four bytes of a signature's hash.
pub fn selector(signature: &str) -> [u8; 4] {
    let [a, b, c, d, ..] = keccak256(&[signature.as_bytes()]);
    [a, b, c, d]
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

/// The calldata of `verifyProof`.
pub fn calldata(proof: &[u8], inputs: &[Fr]) -> Vec<u8> {
    let mut data = Entry::Verify.selector().to_vec();
    data.extend(number(2 * WORD));
    data.extend(number(proof.len().saturating_add(3 * WORD)));
    bytes(&mut data, proof);
    words(&mut data, inputs);
    data
}

/// The calldata of `verifyProofs`.
pub fn batch_calldata(claims: &[(&[u8], &[Fr])]) -> Vec<u8> {
    let count = claims.len();
    let mut proofs = number(count).to_vec();
    let mut inputs = number(count).to_vec();
    let mut places = [WORD.saturating_mul(count); 2];
    for (proof, elements) in claims {
        let [proof_at, inputs_at] = &mut places;
        proofs.extend(number(*proof_at));
        inputs.extend(number(*inputs_at));
        *proof_at = proof_at.saturating_add(WORD).saturating_add(proof.len());
        *inputs_at = inputs_at.saturating_add(WORD.saturating_mul(elements.len().saturating_add(1)));
    }
    claims.iter().for_each(|(proof, _)| bytes(&mut proofs, proof));
    claims.iter().for_each(|(_, elements)| words(&mut inputs, elements));
    let mut data = Entry::VerifyBatch.selector().to_vec();
    data.extend(number(2 * WORD));
    data.extend(number(proofs.len().saturating_add(2 * WORD)));
    data.extend(proofs);
    data.extend(inputs);
    data
}

fn number(number: usize) -> [u8; WORD] {
    big_endian(&Fr::from(u64::try_from(number).unwrap_or(u64::MAX)))
}

/// A length and so many bytes, which are whole words here.
fn bytes(data: &mut Vec<u8>, bytes: &[u8]) {
    data.extend(number(bytes.len()));
    data.extend(bytes);
}

/// A length and so many words.
fn words(data: &mut Vec<u8>, elements: &[Fr]) {
    data.extend(number(elements.len()));
    data.extend(elements.iter().flat_map(big_endian));
}
