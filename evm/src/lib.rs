//! Contracts that verify Foldproof's proofs on chains with the EVM.
//!
//! From a [`VerifierKey`] of the scheme `evm` and a [`VerifierSetup`], [`Contract::new`] makes Yul source, bytecode and ABI;
//! [`calldata`] is how a proof is handed over. Nothing else is needed to build, deploy or call one: no compiler, no prover.
//!
//! A contract is for one statement. Key and setup are in its code, or in a contract whose hash is: there is no owner, no storage,
//! and no way to hand it another key.
//!
//! Which statements, codebooks and models count, and that a block is one of a chain's, is what a [`gate`] adds.

#![forbid(unsafe_code)]

pub mod abi;
mod contract;
pub mod encoding;
mod error;
#[cfg(feature = "machine")]
mod gas;
pub mod gate;
#[cfg(feature = "machine")]
pub mod machine;
pub mod yul;

pub use abi::{batch_calldata, calldata};
pub use contract::{Contract, MAX_CODE, MAX_INIT_CODE, Refusal, Trust};
pub use error::Error;
pub use foldproof_verifier::{VerifierKey, VerifierSetup};
#[cfg(feature = "machine")]
pub use gas::{Gas, gas};
