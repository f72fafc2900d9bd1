//! Why there are no keys.

use foldproof_circuits::statement::Statement;
use foldproof_params::Digest;

/// Why there are no keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// Parameters or setup.
    #[error(transparent)]
    Params(#[from] foldproof_params::Error),
    /// The proof system refused to make keys.
    #[error("making the keys of {statement}: {message}")]
    Keygen {
        /// Which statement.
        statement: Statement,
        /// What halo2 said.
        message: String,
    },
    /// A key that the verifier cannot read.
    #[error("the key of {statement}: {message}")]
    Key {
        /// Which statement.
        statement: Statement,
        /// What the verifier said.
        message: String,
    },
    /// halo2 reads `MAX_DEGREE` and panics if it is no number. Any number will do: circuits state their degree.
    #[error("MAX_DEGREE in the environment is {found:?}, which is no number: unset it")]
    Environment {
        /// What it is.
        found: String,
    },
    /// A key that only a bundle asks for, of a larger circuit than such keys are made for.
    #[error(
        "there is no key for {statement}, and at 2^{} rows it is larger than those that are made unasked, of at most 2^{most}",
        statement.k()
    )]
    Unasked {
        /// Which statement.
        statement: Statement,
        /// log2 of the most rows.
        most: u32,
    },
    /// Somebody asked for it ([`Cancel`](crate::cancel::Cancel)).
    #[error("cancelled before the keys were made")]
    Cancelled,
    /// There is no place for what is made before it is kept.
    #[error("a folder for temporary files: {0}")]
    Scratch(std::io::Error),
    /// The circuit of this build is not the pinned one.
    #[error(
        "the verifying key of {statement} that this build makes (SHA-256 of its file {found}) is not the pinned one ({expected}): \
         build an unmodified release, or pin the new key with scripts/bless.sh"
    )]
    NotPinned {
        /// Which statement.
        statement: Statement,
        /// Digest of the pinned key.
        expected: Digest,
        /// Digest of the key made.
        found: Digest,
    },
}
