//! Signatures of 64 bits that are near where what they are of is near, and search among them.
//!
//! * Of a fingerprint: z are its 96 normalised values ([`pq`](crate::stages::pq), at 2⁻²⁴, signed 31 bits). R_bj = +1 if bit 95 − j of the first 12
//!   bytes, big-endian, of the SHA-256 of `foldproof.simhash.` and b in decimal is 1, else −1. Bit b is \[Σ_j R_bj·z_j > 0\], 38 bits.
//! * Of bytes: each run of four counts +1 or −1 for bit b by the first eight bytes, big-endian, of its SHA-256; bit b is \[sum > 0\]. Of fewer than four
//!   bytes the signature is 0.
//! * The distance of two is the number of bits in which they differ; they are similar up to 9. Bands are the 16 nibbles.
//! * Nearest in an index of m ≤ 1024: the least key 1024·distance + position. It matches if it is similar, and then shares at least 7 bands.
//!
//! Committed to is an index: three signatures to an element, in 64 bits each.

pub mod circuit;
mod native;

pub use native::{
    BANDS, IndexError, Nearest, SIGNATURE_BITS, SIMILAR, Signature, bands, commitment, distance, normalised,
    signs,
};
