//! What an admin changes in a gate. Every edit is proposed, waits for the gate's delay, and is enacted.

use crate::encoding::{Address, Value, Word, address, call, number};

/// What the outputs of a registered model are. The gate's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are the heads of models")]
pub enum Head {
    Tags,
    Anomaly,
    Class,
    Values,
    Graph,
}

impl Head {
    /// Every one.
    pub const ALL: [Self; 5] = [Self::Tags, Self::Anomaly, Self::Class, Self::Values, Self::Graph];

    /// The gate's number for it.
    pub fn number(self) -> u64 {
        match self {
            Self::Tags => 1,
            Self::Anomaly => 2,
            Self::Class => 3,
            Self::Values => 4,
            Self::Graph => 5,
        }
    }
}

/// For which blocks a model is valid, by their timestamps, in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    /// The first second.
    pub from: u64,
    /// The first that is too late.
    pub until: u64,
}

impl Validity {
    /// At all times.
    pub const ALWAYS: Self = Self { from: 0, until: u64::MAX };
}

/// A change.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "fields are described with the contract's functions")]
pub enum Edit {
    /// Takes proofs of a statement: those that this verifier, of this code, accepts.
    RegisterStatement {
        statement: Word,
        verifier: Address,
        code_hash: Word,
        outputs: Vec<u8>,
        require_within_bound: bool,
    },
    /// Takes none of it any more.
    RemoveStatement(Word),
    /// Takes a codebook, by its root, or takes it no longer.
    AcceptCodebook { root: Word, accepted: bool },
    /// Takes a model, by its commitment.
    RegisterModel { commitment: Word, kind: Head, head: Word, validity: Validity },
    /// Takes it no longer, for any block and for ever.
    RevokeModel(Word),
    /// Lets edits wait longer, in seconds.
    RaiseDelay(u64),
}

impl Edit {
    /// The edit itself, which only the gate may call.
    pub fn calldata(&self) -> Vec<u8> {
        match self {
            Self::RegisterStatement { statement, verifier, code_hash, outputs, require_within_bound } => {
                let outputs: Vec<Word> = outputs.iter().map(|count| number((*count).into())).collect();
                call(
                    "registerStatement(uint256,address,bytes32,uint8[],bool)",
                    &[
                        Value::Word(*statement),
                        Value::Word(address(*verifier)),
                        Value::Word(*code_hash),
                        Value::Words(&outputs),
                        Value::Word(number((*require_within_bound).into())),
                    ],
                )
            }
            Self::RemoveStatement(statement) => call("removeStatement(uint256)", &[Value::Word(*statement)]),
            Self::AcceptCodebook { root, accepted } => call(
                "acceptCodebook(uint256,bool)",
                &[Value::Word(*root), Value::Word(number((*accepted).into()))],
            ),
            Self::RegisterModel { commitment, kind, head, validity } => {
                let numbers = [kind.number(), validity.from, validity.until].map(number);
                let [kind, from, until] = numbers;
                let words = [*commitment, kind, *head, from, until].map(Value::Word);
                call("registerModel(uint256,uint8,uint256,uint64,uint64)", &words)
            }
            Self::RevokeModel(commitment) => call("revokeModel(uint256)", &[Value::Word(*commitment)]),
            Self::RaiseDelay(seconds) => call("raiseDelay(uint256)", &[Value::Word(number(*seconds))]),
        }
    }

    /// The admin's first call.
    pub fn propose(&self) -> Vec<u8> {
        call("propose(bytes)", &[Value::Bytes(&self.calldata())])
    }

    /// The admin's second, when the delay is over.
    pub fn enact(&self) -> Vec<u8> {
        call("enact(bytes)", &[Value::Bytes(&self.calldata())])
    }
}
