//! A setup with its powers, and where it came from.

use std::fmt;
use std::path::{Path, PathBuf};

use halo2curves::bn256::G1Affine;

use super::{SetupId, VerifierSetup, check, codec};
use crate::cache::{read_at_most, write_atomically};
use crate::points::G1_BYTES;
use crate::{Digest, Error, ErrorKind, check_k};

/// Longest provenance text, in bytes.
pub const MAX_PROVENANCE: usize = 1024;

/// How the provenance of every insecure setup begins, and no other.
pub(super) const INSECURE: &str = "INSECURE";

/// A setup of size `k`: read from our file, imported from a ceremony, or made for tests.
///
/// It has 2^k + 1 powers: as many as a column has rows, and one that proofs are blinded with. Files written before that was
/// done have no last one: circuits of 2^k rows can be verified with them, and proved up to half that size.
#[derive(Clone)]
pub struct Setup {
    pub(super) k: u32,
    pub(super) insecure: bool,
    pub(super) provenance: String,
    pub(super) verifier: VerifierSetup,
    pub(super) powers: Vec<G1Affine>,
    pub(super) digest: Digest,
    /// Where it was read from.
    file: Option<PathBuf>,
}

impl Setup {
    /// Puts a setup together and checks what is cheap to check; `powers` are 2^k + 1 points of the group, or 2^k.
    pub(super) fn assemble(
        k: u32,
        insecure: bool,
        provenance: String,
        verifier: VerifierSetup,
        powers: Vec<G1Affine>,
    ) -> Result<Self, Error> {
        let n = check_k(k, "k")?;
        if ![n, n + 1].contains(&powers.len()) {
            return Err(Error::length("g1", (n + 1) * G1_BYTES, powers.len() * G1_BYTES));
        }
        check_provenance(&provenance, insecure)?;
        if powers.first() != Some(&verifier.g) {
            return Err(Error::new(ErrorKind::Generator, "g1[0]")
                .expected("the generator (1, 2) of G1")
                .found("another point")
                .advice("only setups on the standard generators of BN254 are taken; fetch the file again"));
        }
        check::first_step(&powers, &verifier)?;
        let mut setup =
            Self { k, insecure, provenance, verifier, powers, digest: Digest([0; 32]), file: None };
        setup.digest = codec::digest(&setup);
        Ok(setup)
    }

    /// Reads and checks a setup file: see [`Self::from_bytes`].
    ///
    /// # Errors
    /// As [`Self::from_bytes`], and if the file cannot be read.
    pub fn read(file: &Path) -> Result<Self, Error> {
        let bytes =
            read_at_most(file, codec::MAX_BYTES).map_err(|e| Error::io(file, "reading the setup", e))?;
        let setup = Self::from_bytes(&bytes).map_err(|error| error.in_file(file))?;
        Ok(Self { file: Some(file.to_owned()), ..setup })
    }

    /// Reads and checks the bytes of a setup file.
    ///
    /// Checked: format, exact length, digest, canonical coordinates, every point in its group and not zero, standard
    /// generators, and that both groups hold the same secret. Not checked: that all powers are powers, which takes
    /// longer ([`Self::check_powers`]); it was checked at import, and [`Self::prover_params`] checks it again before
    /// it computes anything from a setup that this machine has not seen.
    ///
    /// # Errors
    /// If any of these checks fails.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        codec::parse(bytes)
    }

    /// The bytes of a setup file.
    pub fn to_bytes(&self) -> Vec<u8> {
        codec::write(self)
    }

    /// Writes a setup file, whole or not at all.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, file: &Path) -> Result<(), Error> {
        write_atomically(file, &[&self.to_bytes()]).map_err(|e| Error::io(file, "writing the setup", e))
    }

    /// Checks that every point is the secret times the one before it.
    ///
    /// # Errors
    /// If one is not.
    pub fn check_powers(&self) -> Result<(), Error> {
        check::all_steps(&self.powers, &self.verifier)
    }

    /// The same setup for smaller circuits: its first 2^`k` + 1 powers, or 2^`k` if there are no more.
    ///
    /// # Errors
    /// If `k` is zero or larger than this setup's.
    pub fn trim(&self, k: u32) -> Result<Self, Error> {
        let powers = self.first_powers(k)?.iter().chain(self.power_after(k)).copied().collect();
        Self::assemble(k, self.insecure, self.provenance.clone(), self.verifier, powers)
    }

    /// The first 2^`k` powers.
    pub(super) fn first_powers(&self, k: u32) -> Result<&[G1Affine], Error> {
        let n = check_k(k, "k")?;
        self.powers.get(..n).ok_or_else(|| {
            Error::new(ErrorKind::Range, "k")
                .expected(format!("at most {}, the size of the setup", self.k))
                .found(k)
                .advice("import a larger file of the same ceremony")
        })
    }

    /// The power after the first 2^`k`, which proofs are blinded with.
    pub(super) fn power_after(&self, k: u32) -> Option<&G1Affine> {
        self.powers.get(1_usize.checked_shl(k)?)
    }

    /// The most rows it can prove a circuit of, as a power of two: `k`, or one less if its file lacks the last power.
    pub fn proves_up_to(&self) -> u32 {
        if self.power_after(self.k).is_some() { self.k } else { self.k - 1 }
    }

    /// Whether circuits of 2^`k` rows can be proved with it, and not only verified: that takes 2^`k` + 1 powers.
    ///
    /// # Errors
    /// If `k` is zero or larger than this setup's, or the last power is lacking.
    pub fn check_proves(&self, k: u32) -> Result<(), Error> {
        let enough = self.first_powers(k).and_then(|powers| match self.power_after(k) {
            Some(_) => Ok(()),
            None => Err(Error::new(ErrorKind::Length, "g1")
                .expected(format!("{} powers, for proofs of 2^{k} rows that give nothing away", powers.len() + 1))
                .found(self.powers.len())
                .advice(
                    "the file was written before setups had the last one: import the ceremony file again (`foldproof params \
                     import`), make the test setup again, or take a larger setup",
                )),
        });
        enough.map_err(|error| match &self.file {
            Some(file) => error.in_file(file),
            None => error,
        })
    }

    /// Size: the setup is for up to 2^k rows.
    pub fn k(&self) -> u32 {
        self.k
    }

    /// Whether it was made for tests, by somebody who could have kept its secret.
    pub fn is_insecure(&self) -> bool {
        self.insecure
    }

    /// Where it came from, in the words of whoever made the file.
    pub fn provenance(&self) -> &str {
        &self.provenance
    }

    /// SHA-256 over the whole file except the digest itself.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Which setup it is, whatever its size.
    pub fn id(&self) -> SetupId {
        SetupId { digest: self.verifier.digest(), insecure: self.insecure }
    }

    /// What a verifier needs of it.
    pub fn verifier(&self) -> VerifierSetup {
        self.verifier
    }
}

impl fmt::Debug for Setup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Setup {{ k: {}, id: {}, digest: {}, {:?} }}",
            self.k,
            self.id(),
            self.digest,
            self.provenance
        )
    }
}

/// A bounded line of text that says so if, and only if, the setup is insecure.
fn check_provenance(text: &str, insecure: bool) -> Result<(), Error> {
    if text.len() > MAX_PROVENANCE || text.chars().any(char::is_control) {
        return Err(Error::new(ErrorKind::Text, "provenance")
            .expected(format!("at most {MAX_PROVENANCE} bytes without control characters"))
            .found(format!("{} bytes: {:.60}", text.len(), text.escape_debug().to_string()))
            .advice("shorten it to one line"));
    }
    if text.starts_with(INSECURE) != insecure {
        return Err(Error::new(ErrorKind::Flags, "insecure")
            .expected(format!("the flag exactly if the provenance begins with {INSECURE}"))
            .found(format!("flag {insecure}, provenance {text:.60?}"))
            .advice("somebody changed the file: do not use it"));
    }
    Ok(())
}
