//! Why a gate, or a contract that asks one, takes a call back.

use std::fmt;

use crate::contract::Refusal;
use crate::encoding::selector;
use crate::encoding::{Answer, Word};

/// The gate's errors, with the types of their arguments.
const ERRORS: [&str; 18] = [
    "BlockHash(bytes32,bytes32)",
    "BlockHashUnknown(uint256)",
    "CodebookNotAccepted(uint256)",
    "Context(uint256,uint256)",
    "HeaderEncoding(uint256)",
    "HeaderField(uint256,uint256,uint256)",
    "InputCount(uint256,uint256)",
    "ModelHead(uint256,uint256,uint256)",
    "ModelNotActive(uint256,uint8)",
    "ModelNotValid(uint256,uint64,uint64,uint256)",
    "NotAdmin()",
    "NotDue(uint256)",
    "NotEnacted()",
    "NotProposed(bytes32)",
    "OutsideBound(uint256)",
    "StatementUnknown(uint256)",
    "WrongDelay(uint256)",
    "WrongEntry()",
];
/// Those with bytes of others, and one of an address.
const VERIFIER: [&str; 3] =
    ["VerifierAnswer(bytes)", "VerifierCode(address,bytes32,bytes32)", "VerifierRefused(bytes)"];

/// An error of a gate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// Its name in the ABI.
    pub name: &'static str,
    /// Its arguments as they are encoded.
    pub arguments: Vec<Word>,
    /// What the verifier said, where it is the verifier that refuses.
    pub verifier: Option<Refusal>,
}

impl Refused {
    /// The signatures of a gate's errors.
    pub fn signatures() -> impl Iterator<Item = &'static str> {
        ERRORS.into_iter().chain(VERIFIER)
    }

    /// Of what a call gave back; nothing if it is no error of a gate.
    pub fn from_output(output: &[u8]) -> Option<Self> {
        let (found, rest) = output.split_at_checked(4)?;
        let signature = Self::signatures().find(|signature| selector(signature) == found)?;
        let name = signature.split('(').next()?;
        let reason = || Answer::new(rest).at(0)?.bytes();
        let verifier = if name == "VerifierRefused" { reason().and_then(Refusal::from_output) } else { None };
        Some(Self { name, arguments: rest.as_chunks().0.to_vec(), verifier })
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)?;
        match self.verifier {
            Some(refusal) => write!(f, ": {}", refusal.name()),
            None => self.arguments.iter().try_for_each(|word| write!(f, " 0x{}", hex::encode(word))),
        }
    }
}
