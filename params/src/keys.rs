//! Verifying keys of the transparent scheme, pinned in this repository: bytes of the verifier's key format, digest and
//! a readable summary beside them. Nothing regenerates them silently: `scripts/bless.sh` writes them, a test
//! compares them with the circuits.

use crate::Digest;

/// Name of the line of a summary that has the digest by which bundles name the key.
pub const KEY_DIGEST: &str = "key digest";

/// A pinned verifying key.
#[derive(Clone, Copy, Debug)]
pub struct PinnedKey {
    /// Name of the statement.
    pub statement: &'static str,
    /// The key in the verifier's format.
    pub bytes: &'static [u8],
    /// What the key is of, for people.
    pub summary: &'static str,
}

impl PinnedKey {
    /// SHA-256 of the bytes.
    pub fn file_digest(&self) -> Digest {
        Digest::of(self.bytes)
    }

    /// The digest by which bundles name the key, in hex. It is more than that of the bytes: the verifier makes it of the rebuilt key,
    /// gates included. Here it is read from the summary, which the tests compare with the key.
    pub fn key_digest(&self) -> Option<&'static str> {
        let line = self.summary.lines().find_map(|line| line.strip_prefix(KEY_DIGEST));
        line.map(str::trim)
    }
}

macro_rules! pinned {
    ($($name:literal),* $(,)?) => {
        /// All pinned keys.
        pub const PINNED: &[PinnedKey] = &[
            $(PinnedKey {
                statement: $name,
                bytes: include_bytes!(concat!("../pinned/keys/", $name, ".vk")),
                summary: include_str!(concat!("../pinned/keys/", $name, ".txt")),
            }),*
        ];
    };
}

pinned!(
    "core-small-64",
    "core-small-256",
    "core-medium-64",
    "core-medium-256",
    "core-large-64",
    "core-large-256",
    "core-full-64",
    "core-full-256",
    "core-huge-64",
    "core-huge-256",
    "core-small-64x8",
    "core-small-64+analytics",
    "core-small-256+analytics",
    "core-small-64+analytics-all",
    "core-small-256+analytics-all",
    "consensus-64",
    "core-small-256+tags-96-16-4",
    "core-small-256+tags-96-64-32-15",
    "fingerprint+tags-96-64-32-15",
    "fingerprint+anomaly-96-64-32-16-32-64-96",
    "vector-12+class-12-128-64-32-4",
    "sequence-2+graph-96x2-class-score-1b7b1307",
    "vector-3+graph-3-class-score-0f21b114",
);

/// The pinned key of the statement of that name; a file that is still empty is none.
pub fn transparent(statement: &str) -> Option<&'static PinnedKey> {
    PINNED.iter().find(|key| key.statement == statement && !key.bytes.is_empty())
}
