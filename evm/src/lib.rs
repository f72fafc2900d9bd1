//! Contracts that verify Foldproof's proofs on chains with the EVM.
//!
//! From a [`VerifierKey`] of the scheme `evm` and a [`VerifierSetup`], [`Contract::new`] makes Yul source, bytecode and ABI;
//! [`calldata`] is how a proof is handed over. Nothing else is needed to build, deploy or call one: no compiler, no prover.
//!
//! ```no_run
//! use foldproof_evm::{Contract, Trust, VerifierKey, VerifierSetup, calldata};
//! use halo2curves::bn256::Fr;
//!
//! /// What a transaction that creates the contract has for data, and what a call that has a proof verified has.
//! fn transactions(
//!     key: &VerifierKey,
//!     setup: &VerifierSetup,
//!     proof: &[u8],
//!     inputs: &[Fr],
//! ) -> Result<[Vec<u8>; 2], foldproof_evm::Error> {
//!     let contract = Contract::new(key, setup, Trust::Ceremony)?;
//!     Ok([contract.init_code, calldata(proof, inputs)])
//! }
//! ```
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
