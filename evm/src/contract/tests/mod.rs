//! What a contract is made of: places in memory, arithmetic, and which circuits it is for. What contracts do is tested from
//! outside, in `tests/contracts`.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod arithmetic;
mod circuits;
mod functions;
mod places;

use foldproof_circuits::statement::Statement;
use foldproof_verifier::{Scheme, VerifierKey};

/// The keys that fixtures are under.
fn keys() -> Vec<VerifierKey> {
    let data = |name| std::fs::read(format!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/{}.vk"), name));
    ["fingerprint+tags-96-64-32-15", "core-small-64", "core-small-64+tags-96-64-32-15"]
        .map(|name| {
            let statement = Statement::from_name(name).unwrap();
            VerifierKey::from_bytes(&statement, Scheme::Evm, &data(name).unwrap()).unwrap()
        })
        .into()
}
