//! The gate: the contract that says which proofs a chain believes (`evm/contracts/FoldproofGate.sol`), and how it is called.
//!
//! Its code is compiled once and kept in the tree; `scripts/contracts.sh` compiles it again. Nothing here is needed to use a gate:
//! any library that reads its [`ABI`] will do.

mod claims;
mod edit;
mod refusal;

use foldproof_verifier::{Bundle, Scheme, big_endian, keccak256, scalar};
use halo2curves::bn256::Fr;

pub use claims::{Claims, ModelClaim};
pub use edit::{Edit, Head, Validity};
pub use refusal::Refused;

use crate::encoding::{Address, Value, Word, address, arguments, call, number};
use crate::error::Error;

/// Functions, events and errors, as JSON.
pub const ABI: &str = include_str!("../../contracts/out/FoldproofGate.abi.json");
/// What creates it, in hexadecimal digits.
const CODE: &str = include_str!("../../contracts/out/FoldproofGate.bin");

/// What a transaction that creates a gate has for data.
pub fn init_code(admin: Address) -> Vec<u8> {
    // Digits of our own, which a test reads as well.
    let code = hex::decode(CODE.trim_end()).unwrap_or_default();
    [code, arguments(&[Value::Word(address(admin))])].concat()
}

/// What a proof is made for that one sender may show to one gate of one chain, once he tells the nonce: see the gate's `context`.
pub fn context(chain: u64, gate: Address, sender: Address, nonce: &Word) -> Fr {
    let hash = keccak256(&[&number(chain), &address(gate), &address(sender), nonce]);
    let [shifted @ .., _] = hash;
    let mut digits = "00".to_owned();
    digits.push_str(&hex::encode(shifted));
    // 248 bits are below the modulus.
    scalar::from_hex(&digits).unwrap_or_default()
}

/// A proof about a block as a gate takes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The proof.
    pub proof: Vec<u8>,
    /// The public inputs, and the context if it is made for one.
    pub inputs: Vec<Word>,
    /// The header of the block, RLP.
    pub header: Vec<u8>,
}

/// Which block a gate is to take, and who may show the proof.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// One of the chain's own.
    Own,
    /// The same, with a proof made for the sender and this nonce.
    OwnFor(Word),
    /// The one with this hash, which the caller trusts.
    Trusted(Word),
    /// The same, with a proof made for the sender and the second, a nonce.
    TrustedFor(Word, Word),
}

impl Submission {
    /// What is in a bundle. Nothing of it is verified here.
    ///
    /// # Errors
    /// If its proof is not for contracts, or it has no header.
    pub fn of(bundle: &Bundle) -> Result<Self, Error> {
        if bundle.scheme() != Scheme::Evm {
            return Err(Error::Scheme { found: bundle.scheme() });
        }
        let [header] = bundle.unverified_headers() else { return Err(Error::Header) };
        let inputs = bundle.unverified_rows().iter().map(big_endian).collect();
        Ok(Self { proof: bundle.proof().to_vec(), inputs, header: header.rlp().to_vec() })
    }

    /// Proof, inputs and header, as functions of gates and of contracts that call them take them.
    pub fn values(&self) -> [Value<'_>; 3] {
        [Value::Bytes(&self.proof), Value::Words(&self.inputs), Value::Bytes(&self.header)]
    }

    /// The calldata of the gate's function for a question.
    pub fn calldata(&self, question: Question) -> Vec<u8> {
        let (name, more): (_, Vec<Word>) = match question {
            Question::Own => ("verifyBlock", vec![]),
            Question::OwnFor(nonce) => ("verifyBlockFor", vec![nonce]),
            Question::Trusted(hash) => ("verifyBlockTrusted", vec![hash]),
            Question::TrustedFor(hash, nonce) => ("verifyBlockTrustedFor", vec![hash, nonce]),
        };
        let types = match question {
            Question::Own => "",
            Question::OwnFor(_) => ",uint256",
            Question::Trusted(_) => ",bytes32",
            Question::TrustedFor(..) => ",bytes32,uint256",
        };
        let values: Vec<Value<'_>> =
            self.values().into_iter().chain(more.into_iter().map(Value::Word)).collect();
        call(&format!("{name}(bytes,uint256[],bytes{types})"), &values)
    }
}
