//! Digests of the transparent parameters, made by `scripts/bless.sh`.

use super::{Digest, PUBLIC_ROWS};
use crate::points::COMPRESSED;

/// What is pinned for one size.
pub(super) struct Pin {
    pub k: u32,
    /// SHA-256 of the compressed monomial generators.
    pub generators: Digest,
    /// SHA-256 of the complete parameters as halo2 writes them.
    pub params: Digest,
}

/// One size per statement that ships.
pub(super) const PINS: [Pin; 7] = [
    Pin {
        k: 11,
        generators: Digest::pinned("dbf5f555b6faf49c20b281776d28148e6400a90edb8814258c177d28f86fd112"),
        params: Digest::pinned("f8066f78d53f9f53d3ab22362f15aba58b8a87f4d81750f6eef3fd1248af2313"),
    },
    Pin {
        k: 12,
        generators: Digest::pinned("f8561e762a426aad8a672dbe8945ec89a48b48d295937b88090b029be3466445"),
        params: Digest::pinned("3d99e109a2ad144c247d12708da4710b344f8318309cd296dd7be5e9c2c2fc25"),
    },
    Pin {
        k: 13,
        generators: Digest::pinned("3efeca9b2201afa3047ac59f3613fd601affab076307828194df6b6f59178d65"),
        params: Digest::pinned("d74a1c777a27c5148f16c2ee7d356106ba53e403c2784d29bae1f8b6deae02e0"),
    },
    Pin {
        k: 14,
        generators: Digest::pinned("0b7c82c5f54b203593afbdd51fb7efc3a4db904b94ed06bd42836a0109a00d92"),
        params: Digest::pinned("d3e86a2fa3dc63e861f9e8f6ba78528b47418e859cd236ba0520e098311d34f7"),
    },
    Pin {
        k: 15,
        generators: Digest::pinned("89a3a7df311112880d2c4aa013e51a0627b1f0971fef0e51ca4b89616d66033b"),
        params: Digest::pinned("ee8a94e0e3168a06a595b24f1f3b0fea410958f8ab9f2701641ef9bf26ab0077"),
    },
    Pin {
        k: 16,
        generators: Digest::pinned("5892aca29bc47cf3cdca2d51d162ff094c841c675816e9e948637d07575f2d30"),
        params: Digest::pinned("444a3c3aa8c19c0c997371c0e2babbdf14ef74deeb7d55b0ec1630282c2941f0"),
    },
    Pin {
        k: 17,
        generators: Digest::pinned("2f3d691d9d7816191609fbc73ac9ffd0aa89f348982667531c394a9c9031da2d"),
        params: Digest::pinned("40fd2c62f72dfc1a59604aaf1f5c4d1d55547dfccd92177ba8228e3edc534f61"),
    },
];

/// The first Lagrange generators of every pinned size, in the order of [`PINS`].
const LAGRANGE: &[u8; PINS.len() * PUBLIC_ROWS * COMPRESSED] = include_bytes!("../../pinned/lagrange.bin");

/// The pin of size `k`.
pub(super) fn find(k: u32) -> Option<&'static Pin> {
    PINS.iter().find(|pin| pin.k == k)
}

impl Pin {
    /// The first [`PUBLIC_ROWS`] Lagrange generators, compressed.
    pub(super) fn lagrange(&self) -> Vec<u8> {
        let bytes = PUBLIC_ROWS * COMPRESSED;
        let at = PINS.iter().position(|pin| pin.k == self.k).unwrap_or(0);
        LAGRANGE.iter().skip(at * bytes).take(bytes).copied().collect()
    }
}
