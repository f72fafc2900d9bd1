//! SHA-256 digests of files and bytes.

use std::fmt;

use sha2::{Digest as _, Sha256};

/// A SHA-256 digest; prints as 64 hex characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// Digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_parts(&[bytes])
    }

    /// Digest of the concatenation of `parts`.
    pub(crate) fn of_parts(parts: &[&[u8]]) -> Self {
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(part);
        }
        Self(hash.finalize().into())
    }

    /// A digest written in the source as 64 lower-case hex characters; anything else does not compile.
    pub(crate) const fn pinned(hex: &str) -> Self {
        const fn nibble(c: u8) -> u8 {
            assert!(c.is_ascii_digit() || (b'a' <= c && c <= b'f'), "a pinned digest is lower-case hex");
            if c.is_ascii_digit() { c - b'0' } else { c - b'a' + 10 }
        }
        let hex = hex.as_bytes();
        assert!(hex.len() == 64, "a pinned digest has 64 characters");
        let mut bytes = [0; 32];
        let mut i = 0;
        while i < 32 {
            bytes[i] = nibble(hex[2 * i]) << 4 | nibble(hex[2 * i + 1]);
            i += 1;
        }
        Self(bytes)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Digest({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_and_parts_agree() {
        // FIPS 180-2, "abc".
        const ABC: Digest =
            Digest::pinned("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(Digest::of(b"abc"), ABC);
        assert_eq!(Digest::of_parts(&[b"a", b"", b"bc"]), ABC);
        assert_eq!(Digest::pinned(&ABC.to_string()), ABC);
    }
}
