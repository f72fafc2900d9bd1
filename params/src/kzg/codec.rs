//! Our file format of a setup. All numbers are little-endian.
//!
//! | bytes | content |
//! |---|---|
//! | 6 | magic `FPKZG\0` |
//! | 2 | version, 2; 1 if there are 2^k powers |
//! | 1 | k, 1 to 22 |
//! | 1 | flags: bit 0 insecure, the others zero |
//! | 2 | length of the provenance, at most 1024 |
//! | … | provenance: one line of UTF-8 |
//! | 32 | SHA-256 of everything before and after it |
//! | 64·(2^k + 1) | powers `g1[i]`: `x ‖ y`, reduced integers; 2^k of them in version 1 |
//! | 128 | `g2`: `x.c0 ‖ x.c1 ‖ y.c0 ‖ y.c1` |
//! | 128 | `s_g2` |
//!
//! Version 1 is that of setups written before proofs were blinded with the last power. They are read, and verified with; what
//! they prove is a size smaller.

use super::setup::{MAX_PROVENANCE, Setup};
use super::{VerifierSetup, split};
use crate::points::{G1_BYTES, G2_BYTES, read_all_g1, read_g1, read_g2, write_all_g1, write_g2};
use crate::{Digest, Error, ErrorKind, MAX_K, check_k};

const MAGIC: &[u8; 6] = b"FPKZG\0";
const VERSION: u16 = 2;
/// Version of files that lack the last power.
const WITHOUT_LAST: u16 = 1;
const INSECURE: u8 = 1;
/// Bytes before the provenance.
const HEADER: usize = 12;

/// Largest file there can be.
pub(super) const MAX_BYTES: usize =
    HEADER + MAX_PROVENANCE + 32 + G1_BYTES * ((1 << MAX_K) + 1) + 2 * G2_BYTES;

fn header(setup: &Setup) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    let version = if setup.powers.len() > 1 << setup.k { VERSION } else { WITHOUT_LAST };
    bytes.extend(version.to_le_bytes());
    bytes.push(setup.k as u8); // at most MAX_K
    bytes.push(if setup.insecure { INSECURE } else { 0 });
    bytes.extend((setup.provenance.len() as u16).to_le_bytes()); // at most MAX_PROVENANCE
    bytes.extend(setup.provenance.as_bytes());
    bytes
}

fn body(setup: &Setup) -> Vec<u8> {
    let mut bytes = write_all_g1(&setup.powers);
    bytes.extend(write_g2(&setup.verifier.g2));
    bytes.extend(write_g2(&setup.verifier.s_g2));
    bytes
}

/// The digest that the file of `setup` carries.
pub(super) fn digest(setup: &Setup) -> Digest {
    Digest::of_parts(&[&header(setup), &body(setup)])
}

/// The file of `setup`.
pub(super) fn write(setup: &Setup) -> Vec<u8> {
    [&header(setup)[..], &setup.digest.0, &body(setup)].concat()
}

/// Reads a file that [`write`] wrote.
pub(super) fn parse(bytes: &[u8]) -> Result<Setup, Error> {
    let (fixed, rest) = bytes
        .split_first_chunk::<HEADER>()
        .ok_or_else(|| Error::length("header", format!("at least {HEADER}"), bytes.len()))?;
    let (magic, fields) = split::<6>(fixed);
    if magic != *MAGIC {
        return Err(Error::new(ErrorKind::Magic, "magic")
            .expected("a Foldproof setup (FPKZG)")
            .found(format!("{:?}", String::from_utf8_lossy(&magic)))
            .advice("import ceremony files (.ptau) before use"));
    }
    let (version, fields) = split::<2>(fields);
    let version = u16::from_le_bytes(version);
    if ![WITHOUT_LAST, VERSION].contains(&version) {
        return Err(Error::new(ErrorKind::Version, "version")
            .expected(format!("{WITHOUT_LAST} or {VERSION}"))
            .found(version)
            .advice("import the ceremony file again with this version of Foldproof"));
    }
    let ([k, flags], length) = split::<2>(fields);
    let k = u32::from(k);
    let count = check_k(k, "k")? + usize::from(version != WITHOUT_LAST);
    if flags & !INSECURE != 0 {
        return Err(Error::new(ErrorKind::Flags, "flags")
            .expected("0 or 1")
            .found(flags)
            .advice("the file is damaged or newer than this version of Foldproof"));
    }
    let (length, _) = split::<2>(length);
    let length = usize::from(u16::from_le_bytes(length));
    if length > MAX_PROVENANCE {
        return Err(Error::new(ErrorKind::Text, "provenance")
            .expected(format!("at most {MAX_PROVENANCE} bytes"))
            .found(length)
            .advice("the file is damaged: fetch or import it again"));
    }
    let expected = HEADER + length + 32 + G1_BYTES * count + 2 * G2_BYTES;
    if bytes.len() != expected {
        return Err(Error::length("file", expected, bytes.len()));
    }
    let (provenance, rest) = rest.split_at(length);
    let (stated, body) = split::<32>(rest);
    let found = Digest::of_parts(&[fixed, provenance, body]);
    if found.0 != stated {
        return Err(Error::new(ErrorKind::Digest, "digest")
            .expected(Digest(stated))
            .found(found)
            .advice("the file is damaged: fetch or import it again"));
    }
    let provenance = String::from_utf8(provenance.to_vec()).map_err(|error| {
        Error::new(ErrorKind::Text, "provenance")
            .expected("UTF-8")
            .found(error.utf8_error())
            .advice("import the ceremony file again")
    })?;
    let (powers, rest) = body.split_at(G1_BYTES * count);
    let (g2, rest) = split::<G2_BYTES>(rest);
    let (s_g2, _) = split::<G2_BYTES>(rest);
    let powers = read_all_g1(powers, read_g1).map_err(|(i, fault)| fault.at(format!("g1[{i}]")))?;
    let g2 = read_g2(&g2).map_err(|fault| fault.at("g2"))?;
    let s_g2 = read_g2(&s_g2).map_err(|fault| fault.at("s_g2"))?;
    let verifier = VerifierSetup::new(powers[0], g2, s_g2)?;
    Setup::assemble(k, flags & INSECURE != 0, provenance, verifier, powers)
}
