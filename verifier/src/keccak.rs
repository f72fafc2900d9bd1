//! Keccak-256: the sponge of SHA-3 with the padding it had before it was a standard, which is the one Ethereum hashes with.

/// Bytes that are absorbed before each permutation.
const RATE: usize = 136;
/// Lanes of the state, five by five.
const LANES: usize = 25;

/// Hashes what it is given piece by piece.
#[derive(Clone, Debug)]
pub struct Keccak256 {
    state: [u64; LANES],
    /// Where in the rate the next byte goes.
    position: usize,
}

impl Default for Keccak256 {
    fn default() -> Self {
        Self { state: [0; LANES], position: 0 }
    }
}

impl Keccak256 {
    /// Absorbs bytes: of how many pieces they are makes no difference.
    pub fn update(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.add(self.position, *byte);
            self.position = self.position.saturating_add(1);
            if self.position == RATE {
                permute(&mut self.state);
                self.position = 0;
            }
        }
    }

    /// The digest of all that was absorbed.
    pub fn finalize(mut self) -> [u8; 32] {
        self.add(self.position, 0x01);
        self.add(RATE - 1, 0x80);
        permute(&mut self.state);
        let mut digest = [0; 32];
        for (bytes, lane) in digest.chunks_exact_mut(8).zip(self.state) {
            bytes.copy_from_slice(&lane.to_le_bytes());
        }
        digest
    }

    /// Adds a byte to the state at a place in the rate.
    fn add(&mut self, position: usize, byte: u8) {
        let shift = position.wrapping_rem(8).saturating_mul(8);
        if let Some(lane) = self.state.get_mut(position / 8) {
            *lane ^= u64::from(byte) << shift;
        }
    }
}

/// The digest of these pieces, one after another.
pub fn keccak256(pieces: &[&[u8]]) -> [u8; 32] {
    let mut hash = Keccak256::default();
    for piece in pieces {
        hash.update(piece);
    }
    hash.finalize()
}

/// Constants of ι, one for each of the 24 rounds.
const ROUNDS: [u64; 24] = [
    0x0000_0000_0000_0001,
    0x0000_0000_0000_8082,
    0x8000_0000_0000_808a,
    0x8000_0000_8000_8000,
    0x0000_0000_0000_808b,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8009,
    0x0000_0000_0000_008a,
    0x0000_0000_0000_0088,
    0x0000_0000_8000_8009,
    0x0000_0000_8000_000a,
    0x0000_0000_8000_808b,
    0x8000_0000_0000_008b,
    0x8000_0000_0000_8089,
    0x8000_0000_0000_8003,
    0x8000_0000_0000_8002,
    0x8000_0000_0000_0080,
    0x0000_0000_0000_800a,
    0x8000_0000_8000_000a,
    0x8000_0000_8000_8081,
    0x8000_0000_0000_8080,
    0x0000_0000_8000_0001,
    0x8000_0000_8000_8008,
];

/// Keccak-f\[1600\]: lane (x, y) is the one at x + 5 y.
#[expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "indices modulo five, of 5 or 25"
)]
fn permute(state: &mut [u64; LANES]) {
    for constant in ROUNDS {
        // θ
        let columns: [u64; 5] = std::array::from_fn(|x| (0..5).fold(0, |sum, y| sum ^ state[x + 5 * y]));
        let sides: [u64; 5] =
            std::array::from_fn(|x| columns[(x + 4) % 5] ^ columns[(x + 1) % 5].rotate_left(1));
        for (index, lane) in state.iter_mut().enumerate() {
            *lane ^= sides[index % 5];
        }
        // ρ and π: one walk through all lanes but (0, 0), which moves each to where the next is and turns it further each time.
        let (mut x, mut y, mut turn) = (1, 0, 0);
        let mut moving = state[1];
        for step in 1..=24 {
            turn = (turn + step) % 64;
            (x, y) = (y, (2 * x + 3 * y) % 5);
            moving = std::mem::replace(&mut state[x + 5 * y], moving.rotate_left(turn));
        }
        // χ
        for row in state.chunks_exact_mut(5) {
            let before: [u64; 5] = std::array::from_fn(|x| row[x]);
            for (x, lane) in row.iter_mut().enumerate() {
                *lane ^= !before[(x + 1) % 5] & before[(x + 2) % 5];
            }
        }
        // ι
        state[0] ^= constant;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// From the submission to NIST and from Ethereum: the hash of no code, and of the empty trie's root.
    #[test]
    fn known_digests() {
        let known = [
            (&b""[..], "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
            (b"\x80", "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"),
            (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
            (
                b"The quick brown fox jumps over the lazy dog",
                "4d741b6f1eb29cb2a9b9911c82f56fa8d73b04959d3d9d222895df6c0b28aa15",
            ),
        ];
        for (bytes, digest) in known {
            assert_eq!(hex::encode(keccak256(&[bytes])), digest);
        }
    }

    /// Every length around the ends of the first blocks, where padding is one byte, two, or a block of its own.
    #[test]
    fn agrees_with_another_implementation() {
        let bytes: Vec<u8> = (0..1000_u32).map(|n| (n * n / 7).to_le_bytes()[0]).collect();
        let lengths = (0..=3 * RATE + 1).chain([bytes.len()]);
        for length in lengths {
            let bytes = &bytes[..length];
            assert_eq!(keccak256(&[bytes]), alloy_primitives::keccak256(bytes).0, "{length} bytes");
        }
    }

    #[test]
    fn pieces_make_no_difference() {
        let bytes: Vec<u8> = (0..=255).cycle().take(500).collect();
        let whole = keccak256(&[&bytes]);
        for cut in [0, 1, 7, 8, RATE - 1, RATE, RATE + 1, 2 * RATE, 500] {
            let (first, second) = bytes.split_at(cut);
            assert_eq!(keccak256(&[first, second]), whole, "cut at {cut}");
            assert_eq!(keccak256(&[first, &[], second]), whole, "cut at {cut}");
        }
        assert_ne!(keccak256(&[&bytes[1..]]), whole);
    }
}
