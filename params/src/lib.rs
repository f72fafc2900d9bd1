//! Parameters of Foldproof's two commitment schemes, and the little of them that a verifier needs.
//!
//! * [`transparent`]: generators hashed to the curve. Nobody knows a relation between them, nobody has to be trusted,
//!   and anybody can derive them again; digests of the usual sizes are pinned here.
//! * [`kzg`]: powers of a secret, made in a ceremony. Proofs are small and quick to check; the secret must be gone.
//!
//! ```
//! use foldproof_params::transparent;
//!
//! // Generators of 2^4 rows, for a verifier of proofs with up to two public inputs: derived, 32 bytes each when compressed.
//! let parameters = transparent::verifier_params(4, 2)?;
//! assert_eq!(transparent::generator_bytes(4)?.len(), 32 << 4);
//! # let _ = parameters;
//! # Ok::<(), foldproof_params::Error>(())
//! ```
//!
//! Without features this crate holds what a verifier uses, on halo2's own dependencies. The feature `prover` adds
//! the file cache, the import of ceremony files and the making of (insecure) test setups.
//!
//! Everything read from outside is checked before it is used: lengths before allocation, digests before content,
//! canonical coordinates, curve and subgroup membership. Nothing in this crate panics on bytes.

#![cfg_attr(not(feature = "prover"), forbid(unsafe_code))]
#![cfg_attr(test, expect(clippy::unwrap_used, reason = "a test that cannot go on should stop"))]
#![cfg_attr(not(test), deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::unreachable))]

#[cfg(feature = "prover")]
mod cache;
mod digest;
mod error;
#[cfg(feature = "prover")]
mod fft;
#[cfg(feature = "prover")]
mod glv;
pub mod keys;
pub mod kzg;
#[cfg(feature = "prover")]
pub mod lanes;
#[cfg(feature = "prover")]
pub mod msm;
mod points;
mod progress;
pub mod transparent;
#[cfg(feature = "prover")]
pub mod tuned;
mod words;

#[cfg(feature = "prover")]
pub use cache::{Loaded, Warning, move_file, read_sealed, write_sealed};
pub use digest::Digest;
pub use error::{Error, ErrorKind};
pub use progress::Progress;
pub use words::in_words;

/// Largest `k` (rows: 2^k) this crate reads or makes: 4 million generators, 256 MiB of coordinates.
pub const MAX_K: u32 = 22;

/// Checks `k` before anything is sized by it.
fn check_k(k: u32, field: &str) -> Result<usize, Error> {
    if (1..=MAX_K).contains(&k) {
        Ok(1 << k)
    } else {
        Err(Error::new(ErrorKind::Range, field)
            .expected(format!("1 to {MAX_K}"))
            .found(k)
            .advice("choose the k of the statement, 11 to 17 for those that ship with Foldproof"))
    }
}
