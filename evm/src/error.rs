//! Why there is no contract.

use std::fmt;

use foldproof_verifier::Scheme;

use crate::yul::CompileError;

/// Why there is no contract, or no calldata.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields are what was expected and what was found")]
pub enum Error {
    /// A key or proof of another scheme.
    Scheme { found: Scheme },
    /// A bundle without the header of its block, which gates read.
    Header,
    /// The contract would have more code than Ethereum allows.
    Code { most: usize, found: usize },
    /// The transaction that creates it would have more data than Ethereum allows.
    InitCode { most: usize, found: usize },
    /// The circuit is not one that contracts are made for.
    Circuit(&'static str),
    /// The code that was made is none: a defect of this crate.
    Compile(CompileError),
}

impl From<CompileError> for Error {
    fn from(error: CompileError) -> Self {
        Self::Compile(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Scheme { found } => {
                write!(f, "scheme: expected evm, found {found}; contracts read proofs of `--scheme evm` only")
            }
            Self::Header => write!(
                f,
                "header: there is none in the bundle; `foldproof prove` puts it there when the block is an answer of a node \
                 (eth_getBlockByNumber)"
            ),
            Self::Code { most, found } => write!(
                f,
                "the contract would have {found} bytes of code, of which EIP-170 allows {most}: take a statement with fewer models, or \
                 prove them apart"
            ),
            Self::InitCode { most, found } => {
                write!(
                    f,
                    "creating the contract would take {found} bytes of code, of which EIP-3860 allows {most}"
                )
            }
            Self::Circuit(fault) => write!(f, "there is no contract for this circuit: {fault}"),
            Self::Compile(error) => write!(f, "the contract's code: {error}"),
        }
    }
}

impl std::error::Error for Error {}
