//! Import of snarkjs's powers-of-tau files (`.ptau`), the form in which ceremonies over BN254 are published.
//!
//! The file is `ptau`, version 1, a count, then sections `id: u32, size: u64, bytes`, little-endian. Read are the
//! header (1), the powers in G1 (2), the first two in G2 (3) and the number of contributions (7); the rest, which
//! other proof systems need or which can be computed (12 to 15), is skipped. Coordinates are in Montgomery form.

use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use ff::PrimeField;
use halo2curves::bn256::{Fq, G1Affine};

use super::published::{self, Hash, Published};
use super::setup::INSECURE;
use super::{Setup, VerifierSetup};
use crate::points::{G1_BYTES, G2_BYTES, read_all_g1, read_g1_montgomery, read_g2_montgomery};
use crate::{Error, ErrorKind, Progress, check_k};

/// Largest power of a file: the field has 2^28-th roots of unity, no more.
const MAX_POWER: u32 = 28;
/// snarkjs writes 7 or 11 sections.
const MAX_SECTIONS: u32 = 64;
/// Points read at once.
const BLOCK: usize = 1 << 14;

const DAMAGED: &str = "the file is damaged or of another kind: fetch it again and compare its published hash";

/// What to import.
#[derive(Clone, Copy, Debug)]
pub struct PtauImport<'a> {
    /// Size of the setup to make; at most the power of the file.
    pub k: u32,
    /// Who made the ceremony and where the file came from: kept in the setup, for people to read.
    pub note: &'a str,
    /// Marks the result as insecure: for files made for tests. A file cannot show that its contributors were honest.
    pub insecure: bool,
    /// The BLAKE2b-512 hash under which the file was published. If given, the whole file is read and compared; if not, and the
    /// file has the name or the length of one that is known to be published, with the hash of that one.
    pub blake2b: Option<[u8; 64]>,
}

/// Imports a setup from a `.ptau` file: see [`import_ptau_from`].
///
/// # Errors
/// As [`import_ptau_from`], and if the file cannot be opened.
pub fn import_ptau(
    file: &Path,
    options: PtauImport<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Setup, Error> {
    let source = File::open(file).map_err(|e| Error::io(file, "opening the ceremony file", e))?;
    import_ptau_from(BufReader::new(source), file, options, progress)
}

/// Imports a setup from the bytes of a `.ptau` file; `name` stands in messages.
///
/// Checked: the published hash if given; the prime; section bounds and exact sizes; canonical coordinates; every used
/// point in its group and not zero; standard generators; that somebody contributed; that G1 and G2 hold the same
/// secret; that every power is the secret times the one before it. Not checked, because no file can show it: that one
/// contributor forgot their part of the secret. Memory is bounded by `options.k`, whatever the file says.
///
/// # Errors
/// If a check fails or the source cannot be read.
pub fn import_ptau_from(
    source: impl Read + Seek,
    name: &Path,
    options: PtauImport<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Setup, Error> {
    let n = check_k(options.k, "k")?;
    let mut source = Source { inner: source, name };
    import(&mut source, n, options, progress).map_err(|error| match error.file() {
        Some(_) => error,
        None => error.in_file(name),
    })
}

/// The hash of the whole file, and which published file it is, as far as there is one to compare with.
fn hash(
    source: &mut Source<'_, impl Read + Seek>,
    length: u64,
    given: Option<[u8; 64]>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Option<(Hash, Option<Published>)>, Error> {
    if let Some(given) = given {
        published::check(source, length, Hash::Blake2b(given), progress)?;
        return Ok(Some((Hash::Blake2b(given), None)));
    }
    let Some(file) = published::find(source.name, length) else { return Ok(None) };
    let Some(hash) = file.hash() else { return Ok(None) };
    // A file of the right length and another hash is what somebody makes who wants it to be taken for the published one.
    published::check(source, length, hash, progress)?;
    Ok(Some((hash, Some(file))))
}

fn import(
    source: &mut Source<'_, impl Read + Seek>,
    n: usize,
    options: PtauImport<'_>,
    progress: &mut dyn FnMut(Progress),
) -> Result<Setup, Error> {
    let length = source.seek(SeekFrom::End(0))?;
    let hash = hash(source, length, options.blake2b, progress)?;
    let sections = sections(source, length)?;
    let header = header(source, &sections)?;
    let power = header.power;
    if options.k > power {
        return Err(Error::new(ErrorKind::Range, "power")
            .expected(format!("at least {}", options.k))
            .found(power)
            .advice("fetch a larger file of the ceremony, or import a smaller k"));
    }
    let tau_g1 = unique(&sections, 2, "tauG1", ((2u64 << power) - 1) * G1_BYTES as u64)?;
    let tau_g2 = unique(&sections, 3, "tauG2", (1u64 << power) * G2_BYTES as u64)?;
    let contributions = contributions(source, &sections)?;

    source.seek(SeekFrom::Start(tau_g2.start))?;
    let g2 = read_g2_montgomery(&source.array()?).map_err(|fault| fault.at("tauG2[0]"))?;
    let s_g2 = read_g2_montgomery(&source.array()?).map_err(|fault| fault.at("tauG2[1]"))?;
    source.seek(SeekFrom::Start(tau_g1.start))?;
    // The power after those of 2^k rows too, which proofs are blinded with: the file has almost twice as many.
    let powers = powers(source, n + 1, progress)?;
    let verifier = VerifierSetup::new(powers[0], g2, s_g2)?;

    let mut provenance = if options.insecure { format!("{INSECURE}: ") } else { String::new() };
    provenance += &format!(
        "snarkjs powers of tau, 2^{} of 2^{power} (ceremony 2^{}), {contributions} contributions",
        options.k, header.ceremony_power,
    );
    if let Some((hash, file)) = hash {
        provenance += &format!(", {} {}", hash.name(), hash.to_hex());
        provenance += &file.map_or_else(String::new, |file| format!(" of {}", file.name));
    }
    if !options.note.is_empty() {
        provenance += &format!("; {}", options.note);
    }
    let setup = Setup::assemble(options.k, options.insecure, provenance, verifier, powers)?;
    progress(Progress { stage: "checking the powers", done: 0, total: 1 });
    setup.check_powers()?;
    progress(Progress { stage: "checking the powers", done: 1, total: 1 });
    Ok(setup)
}

/// A reader whose errors name the file.
pub(super) struct Source<'a, R> {
    inner: R,
    pub(super) name: &'a Path,
}

impl<R: Read + Seek> Source<'_, R> {
    pub(super) fn seek(&mut self, to: SeekFrom) -> Result<u64, Error> {
        self.inner.seek(to).map_err(|e| Error::io(self.name, "reading the ceremony file", e))
    }

    pub(super) fn fill(&mut self, into: &mut [u8]) -> Result<(), Error> {
        self.inner.read_exact(into).map_err(|e| Error::io(self.name, "reading the ceremony file", e))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut bytes = [0; N];
        self.fill(&mut bytes)?;
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32, Error> {
        Ok(u32::from_le_bytes(self.array()?))
    }
}

/// One section: where its bytes are.
struct Section {
    id: u32,
    start: u64,
    size: u64,
}

/// Finds the sections without reading them. They must fill the file exactly.
fn sections(source: &mut Source<'_, impl Read + Seek>, length: u64) -> Result<Vec<Section>, Error> {
    let bad = |kind, field: String, expected: String, found: String| {
        Error::new(kind, field).expected(expected).found(found).advice(DAMAGED)
    };
    if length < 12 {
        return Err(Error::length("file", "at least 12", length));
    }
    source.seek(SeekFrom::Start(0))?;
    let magic = source.array::<4>()?;
    if magic != *b"ptau" {
        let found = format!("{:?}", String::from_utf8_lossy(&magic));
        return Err(bad(ErrorKind::Magic, "magic".into(), "\"ptau\"".into(), found));
    }
    let version = source.number()?;
    if version != 1 {
        return Err(bad(ErrorKind::Version, "version".into(), "1".into(), version.to_string()));
    }
    let count = source.number()?;
    if count > MAX_SECTIONS {
        let expected = format!("at most {MAX_SECTIONS}");
        return Err(bad(ErrorKind::Section, "number of sections".into(), expected, count.to_string()));
    }
    let mut sections = Vec::new();
    let mut at = 12;
    for index in 0..count {
        let start = at + 12;
        if start > length {
            return Err(bad(
                ErrorKind::Length,
                format!("section {index} of {count}"),
                "12 bytes of id and size".into(),
                format!("{} bytes", length - at),
            ));
        }
        let id = source.number()?;
        let size = u64::from_le_bytes(source.array()?);
        if size > length - start {
            let expected = format!("at most the {} bytes left", length - start);
            return Err(bad(ErrorKind::Section, format!("size of section {id}"), expected, size.to_string()));
        }
        sections.push(Section { id, start, size });
        at = source.seek(SeekFrom::Start(start + size))?;
    }
    if at != length {
        return Err(Error::length("file", at, length));
    }
    Ok(sections)
}

/// The only section of that id, of exactly that size.
fn unique<'a>(sections: &'a [Section], id: u32, name: &str, size: u64) -> Result<&'a Section, Error> {
    let section = any_size(sections, id, name)?;
    if section.size == size {
        Ok(section)
    } else {
        Err(Error::length(format!("section {id} ({name})"), size, section.size))
    }
}

fn any_size<'a>(sections: &'a [Section], id: u32, name: &str) -> Result<&'a Section, Error> {
    let mut found = sections.iter().filter(|section| section.id == id);
    match (found.next(), found.count()) {
        (Some(section), 0) => Ok(section),
        (first, more) => Err(Error::new(ErrorKind::Section, format!("section {id} ({name})"))
            .expected("once")
            .found(format!("{} times", more + usize::from(first.is_some())))
            .advice(DAMAGED)),
    }
}

struct Header {
    power: u32,
    ceremony_power: u32,
}

fn header(source: &mut Source<'_, impl Read + Seek>, sections: &[Section]) -> Result<Header, Error> {
    let section = unique(sections, 1, "header", 4 + 32 + 8)?;
    source.seek(SeekFrom::Start(section.start))?;
    let width = source.number()?;
    let prime = source.array::<32>()?;
    let expected = Fq::MODULUS.trim_start_matches("0x");
    let found = hex::encode(prime.iter().rev().copied().collect::<Vec<u8>>());
    if width != 32 || found != expected {
        return Err(Error::new(ErrorKind::Prime, "prime")
            .expected(format!("the 32-byte prime {expected} of BN254"))
            .found(format!("the {width}-byte prime {found}"))
            .advice("take a ceremony over BN254, which snarkjs calls bn128"));
    }
    let (power, ceremony_power) = (source.number()?, source.number()?);
    if power == 0 || power > ceremony_power || ceremony_power > MAX_POWER {
        return Err(Error::new(ErrorKind::Range, "power")
            .expected(format!("1 to the power of the ceremony, which is at most {MAX_POWER}"))
            .found(format!("{power} of {ceremony_power}"))
            .advice(DAMAGED));
    }
    Ok(Header { power, ceremony_power })
}

/// How many contributions the file records; none would mean that the secret is 1.
fn contributions(source: &mut Source<'_, impl Read + Seek>, sections: &[Section]) -> Result<u32, Error> {
    let section = any_size(sections, 7, "contributions")?;
    if section.size < 4 {
        return Err(Error::length("section 7 (contributions)", "at least 4", section.size));
    }
    source.seek(SeekFrom::Start(section.start))?;
    match source.number()? {
        0 => Err(Error::new(ErrorKind::KnownSecret, "contributions")
            .expected("at least one")
            .found("none: everybody knows the secret")
            .advice("take the file of a finished ceremony")),
        count => Ok(count),
    }
}

/// The first `n` points of the section that the reader stands at.
fn powers(
    source: &mut Source<'_, impl Read + Seek>,
    n: usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<Vec<G1Affine>, Error> {
    let stage = "reading the powers";
    let mut powers = Vec::with_capacity(n);
    let mut buffer = vec![0; BLOCK.min(n) * G1_BYTES];
    progress(Progress { stage, done: 0, total: n as u64 });
    while powers.len() < n {
        let count = BLOCK.min(n - powers.len());
        let bytes = &mut buffer[..count * G1_BYTES];
        source.fill(bytes)?;
        let first = powers.len();
        let points = read_all_g1(bytes, read_g1_montgomery)
            .map_err(|(i, fault)| fault.at(format!("tauG1[{}]", first + i)))?;
        powers.extend(points);
        progress(Progress { stage, done: powers.len() as u64, total: n as u64 });
    }
    Ok(powers)
}
