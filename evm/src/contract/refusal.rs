//! Why a contract refuses: errors of its ABI, without arguments.

/// A reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Not exactly the bytes of a call of one of its functions, in the one encoding it takes, or value sent along. Functions
    /// without arguments do not look at what follows their selector.
    Calldata,
    /// A public input or a value of the proof that is not below r.
    NotCanonical,
    /// A point of the proof that is infinity.
    Infinity,
    /// A precompile failed: a point of the proof is off the curve, there is too little gas, or the chain has no such precompile.
    /// It says nothing of the proof, then: whoever calls with a limit of gas must not take it for a no.
    Precompile,
    /// A challenge is a row of the domain, for which there is no proof: one in 2²³⁰ is.
    ZeroDivisor,
    /// The contract with the key is not there, or not the one this contract was made for. Also where another contract borrows
    /// this one's code with DELEGATECALL: the key lies beside the contract, and the code runs under another address.
    Key,
    /// The proof does not prove these public inputs.
    ProofRejected,
}

impl Refusal {
    /// All.
    pub const ALL: [Self; 7] = [
        Self::Calldata,
        Self::NotCanonical,
        Self::Infinity,
        Self::Precompile,
        Self::ZeroDivisor,
        Self::Key,
        Self::ProofRejected,
    ];

    /// Its name in the ABI.
    pub fn name(self) -> &'static str {
        match self {
            Self::Calldata => "WrongCalldata",
            Self::NotCanonical => "NotCanonical",
            Self::Infinity => "PointAtInfinity",
            Self::Precompile => "PrecompileFailed",
            Self::ZeroDivisor => "ZeroDivisor",
            Self::Key => "WrongKey",
            Self::ProofRejected => "ProofRejected",
        }
    }

    /// The four bytes that a call gives back.
    pub fn selector(self) -> [u8; 4] {
        crate::encoding::selector(&format!("{}()", self.name()))
    }

    /// The reason that a call gave.
    pub fn from_output(output: &[u8]) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.selector() == output)
    }
}
