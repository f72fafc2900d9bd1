//! Setups: the 320 bytes that a verifier needs, or the file of the command line, of which it needs as many.
//!
//! A page need not hold the powers between: of a file it hands over the beginning and the end. Its digest is then not checked, and
//! need not be. What is read is `g ‖ g2 ‖ τg2`, and what a bundle is compared with is the digest of these.

use foldproof_verifier::VerifierSetup;

const MAGIC: &[u8] = b"FPKZG\0";
/// Bytes before the provenance, where the flags and the length of the provenance are among them, and bytes of digest behind it.
const HEADER: usize = 12;
const FLAGS: usize = 9;
const LENGTH: usize = 10;
const DIGEST: usize = 32;
/// Bytes of a point of G1, and of the two points of G2 that a file ends with.
const G1: usize = 64;
const END: usize = 256;

/// A setup, and whether its file says that it was made for tests. 320 bytes do not say.
pub fn read(bytes: &[u8]) -> Result<(VerifierSetup, Option<bool>), String> {
    let (points, insecure) = match file(bytes) {
        Some((points, insecure)) => (points, Some(insecure)),
        None => (bytes.to_vec(), None),
    };
    let setup = VerifierSetup::from_bytes(&points).map_err(|error| format!("setup: {error}"))?;
    Ok((setup, insecure))
}

/// The three points of a file, and its flag; `None` if it is no file.
fn file(bytes: &[u8]) -> Option<(Vec<u8>, bool)> {
    let rest = bytes.strip_prefix(MAGIC).map(|_| bytes)?;
    let length: [u8; 2] = rest.get(LENGTH..HEADER)?.try_into().ok()?;
    let start = HEADER.checked_add(u16::from_le_bytes(length).into())?.checked_add(DIGEST)?;
    let first = rest.get(start..start.checked_add(G1)?)?;
    let end = rest.get(rest.len().checked_sub(END)?..)?;
    Some(([first, end].concat(), rest.get(FLAGS)? & 1 == 1))
}
