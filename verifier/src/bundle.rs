//! The proof bundle: what a prover hands over.
//!
//! ```text
//! magic            8  "foldprf\0"
//! format version   2  2
//! statement        2  length of Statement::to_bytes; then that many bytes
//! scheme           1  1 transparent, 2 kzg
//! setup id        32  kzg only
//! insecure setup   1  kzg only: 0 or 1
//! key digest      32  which verifying key the prover used; selects nothing
//! rows             2  Statement::rows
//! public inputs    32 each, little-endian, below the modulus
//! proof length     4
//! proof            that many bytes, and nothing after them
//! ```
//!
//! Integers are little-endian. A bundle has one encoding, and [`Bundle::from_bytes`] takes nothing else.
//! Nothing in a bundle is trusted before [`verify`](crate::verify()) has seen it.

use ff::PrimeField;
use foldproof_circuits::public::{Instance, PublicInputs};
use foldproof_circuits::statement::Statement;
use halo2curves::bn256::Fr;

use crate::codec::Reader;
use crate::error::Error;
use crate::key::encode_statement;
use crate::scalar;
use crate::scheme::Scheme;

/// First bytes of a bundle.
pub const MAGIC: [u8; 8] = *b"foldprf\0";
/// Format written and read.
pub const FORMAT_VERSION: u16 = 2;
/// Most bytes of proof a bundle may hold; real ones take a few thousand.
pub const MAX_PROOF_BYTES: usize = 1 << 18;

/// What a bundle says about its trusted setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupClaim {
    /// Digest of the setup.
    pub id: [u8; 32],
    /// Whether the setup is one whose secret somebody knows.
    pub insecure: bool,
}

/// A statement, its public inputs and a proof, none of it trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    statement: Statement,
    setup: Option<SetupClaim>,
    key_digest: [u8; 32],
    instance: Instance,
    proof: Vec<u8>,
}

impl Bundle {
    /// A bundle: with a setup the scheme is kzg, without it is transparent.
    ///
    /// # Errors
    /// If the public inputs are not those of the statement, or the proof is longer than [`MAX_PROOF_BYTES`].
    pub fn new(
        statement: Statement,
        setup: Option<SetupClaim>,
        key_digest: [u8; 32],
        instance: Instance,
        proof: Vec<u8>,
    ) -> Result<Self, Error> {
        check_proof_bytes(proof.len())?;
        let rows: Vec<Fr> = instance.rows().into_iter().copied().collect();
        let (expected, found) = (statement.rows(), rows.len());
        if PublicInputs::from_rows(&statement, rows).as_ref() != Some(&instance) {
            return Err(Error::RowCount { expected, found });
        }
        Ok(Self { statement, setup, key_digest, instance, proof })
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(MAGIC);
        out.extend(FORMAT_VERSION.to_le_bytes());
        out.extend(encode_statement(&self.statement));
        out.push(self.scheme().number());
        if let Some(setup) = self.setup {
            out.extend(setup.id);
            out.push(setup.insecure.into());
        }
        out.extend(self.key_digest);
        let rows = self.instance.rows();
        out.extend(u16::try_from(rows.len()).unwrap_or(u16::MAX).to_le_bytes());
        out.extend(rows.into_iter().flat_map(PrimeField::to_repr));
        // Cannot be cut: `new` bounds the proof.
        out.extend(u32::try_from(self.proof.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(&self.proof);
        out
    }

    /// The inverse of [`to_bytes`](Self::to_bytes).
    ///
    /// # Errors
    /// If the bytes are anything but the encoding of a bundle.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let mut input = Reader::new(bytes);
        let magic = input.array("magic")?;
        if magic != MAGIC {
            return Err(Error::Magic { found: magic });
        }
        let version = input.u16("format version")?;
        if version != FORMAT_VERSION {
            return Err(Error::FormatVersion { expected: FORMAT_VERSION, found: version });
        }
        let length = usize::from(input.u16("statement")?);
        let found = input.bytes("statement", length)?;
        let unknown = || Error::UnknownStatement { found: found.to_vec() };
        let statement = Statement::from_bytes(found).ok_or_else(unknown)?;
        let number = input.u8("scheme")?;
        let setup = match Scheme::from_number(number).ok_or(Error::UnknownScheme { found: number })? {
            Scheme::Transparent => None,
            Scheme::Kzg => {
                let id = input.array("setup id")?;
                let insecure = match input.u8("insecure setup")? {
                    0 => false,
                    1 => true,
                    found => {
                        return Err(Error::Flag { field: "insecure setup", found });
                    }
                };
                Some(SetupClaim { id, insecure })
            }
        };
        let key_digest = input.array("key digest")?;
        let (expected, found) = (statement.rows(), usize::from(input.u16("rows")?));
        if expected != found {
            return Err(Error::RowCount { expected, found });
        }
        let mut elements = Vec::with_capacity(expected);
        for row in 0..expected {
            let bytes = input.array("public inputs")?;
            elements.push(scalar::from_le_bytes(bytes).ok_or(Error::NotCanonical { row, found: bytes })?);
        }
        let instance = PublicInputs::from_rows(&statement, elements);
        let instance = instance.ok_or(Error::RowCount { expected, found })?;
        let length = usize::try_from(input.u32("proof length")?).unwrap_or(usize::MAX);
        check_proof_bytes(length)?;
        let proof = input.bytes("proof", length)?.to_vec();
        match input.left() {
            0 => Self::new(statement, setup, key_digest, instance, proof),
            found => Err(Error::TrailingBytes { found }),
        }
    }

    /// What the proof is said to be a proof of.
    pub fn statement(&self) -> Statement {
        self.statement
    }

    /// How its commitments are opened.
    pub fn scheme(&self) -> Scheme {
        match self.setup {
            Some(_) => Scheme::Kzg,
            None => Scheme::Transparent,
        }
    }

    /// The trusted setup it is said to be made under, for kzg.
    pub fn setup(&self) -> Option<SetupClaim> {
        self.setup
    }

    /// Digest of the key the prover used.
    pub fn key_digest(&self) -> [u8; 32] {
        self.key_digest
    }

    /// Public inputs, unverified: use [`Verified`](crate::Verified) to act on them.
    pub fn unverified_instance(&self) -> &Instance {
        &self.instance
    }

    /// The proof.
    pub fn proof(&self) -> &[u8] {
        &self.proof
    }
}

fn check_proof_bytes(found: usize) -> Result<(), Error> {
    if found > MAX_PROOF_BYTES { Err(Error::ProofBytes { most: MAX_PROOF_BYTES, found }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bundle(setup: Option<SetupClaim>) -> Bundle {
        let rows = std::array::from_fn(|row| -Fr::from(row as u64));
        let instance = PublicInputs::from_rows(rows);
        Bundle::new(Statement::ALL[3], setup, [7; 32], instance, (0..200).collect()).unwrap()
    }

    fn both() -> [Bundle; 2] {
        [bundle(None), bundle(Some(SetupClaim { id: [9; 32], insecure: true }))]
    }

    /// Where `field` starts, by the table above.
    fn offset(bundle: &Bundle, field: &str) -> usize {
        let setup = if bundle.setup().is_some() { 33 } else { 0 };
        match field {
            "version" => 8,
            "statement" => 10,
            "scheme" => 12,
            "insecure" => 13 + 32,
            "rows" => 13 + setup + 32,
            "inputs" => 13 + setup + 34,
            "length" => 13 + setup + 34 + 32 * CORE_ROWS,
            other => panic!("{other}"),
        }
    }

    fn patched(bundle: &Bundle, field: &str, bytes: &[u8]) -> Result<Bundle, Error> {
        let mut out = bundle.to_bytes();
        let at = offset(bundle, field);
        out[at..at + bytes.len()].copy_from_slice(bytes);
        Bundle::from_bytes(&out)
    }

    #[test]
    fn reads_what_it_writes() {
        for bundle in both() {
            assert_eq!(Bundle::from_bytes(&bundle.to_bytes()), Ok(bundle.clone()));
            assert_eq!(bundle.to_bytes().len(), offset(&bundle, "length") + 4 + 200);
        }
    }

    #[test]
    fn every_truncation_is_an_error() {
        for bundle in both() {
            let bytes = bundle.to_bytes();
            for length in 0..bytes.len() {
                let error = Bundle::from_bytes(&bytes[..length]).unwrap_err();
                assert!(
                    matches!(error, Error::Truncated { expected, found, .. } if found < expected),
                    "{error}"
                );
            }
        }
    }

    #[test]
    fn every_change_is_an_error_or_another_bundle_of_the_same_bytes() {
        for bundle in both() {
            let bytes = bundle.to_bytes();
            for at in 0..bytes.len() {
                for bit in 0..8 {
                    let mut changed = bytes.clone();
                    changed[at] ^= 1 << bit;
                    if let Ok(other) = Bundle::from_bytes(&changed) {
                        assert_ne!(other, bundle);
                        assert_eq!(other.to_bytes(), changed);
                    }
                }
            }
        }
    }

    #[test]
    fn each_fault_has_its_error() {
        for bundle in both() {
            let with = |field, bytes: &[u8]| patched(&bundle, field, bytes).unwrap_err();
            let mut magic = bundle.to_bytes();
            magic[0] = b'F';
            assert_eq!(Bundle::from_bytes(&magic), Err(Error::Magic { found: *b"Foldprf\0" }));
            assert_eq!(with("version", &[2, 0]), Error::FormatVersion { expected: 1, found: 2 });
            assert_eq!(with("statement", &[0x12, 0x02]), Error::UnknownStatement { found: 0x0212 });
            assert_eq!(with("scheme", &[3]), Error::UnknownScheme { found: 3 });
            assert_eq!(with("rows", &[15, 0]), Error::RowCount { expected: 14, found: 15 });
            assert_eq!(with("rows", &[13, 0]), Error::RowCount { expected: 14, found: 13 });
            let most = MAX_PROOF_BYTES;
            let long = u32::try_from(most + 1).unwrap();
            assert_eq!(with("length", &long.to_le_bytes()), Error::ProofBytes { most, found: most + 1 });
            assert!(matches!(with("length", &[0xff; 4]), Error::ProofBytes { .. }));
            assert_eq!(with("length", &[199, 0, 0, 0]), Error::TrailingBytes { found: 1 });
            let truncated = Error::Truncated { field: "proof", expected: 201, found: 200 };
            assert_eq!(with("length", &[201, 0, 0, 0]), truncated);
            let mut trailing = bundle.to_bytes();
            trailing.extend([0; 3]);
            assert_eq!(Bundle::from_bytes(&trailing), Err(Error::TrailingBytes { found: 3 }));
        }
        let kzg = &both()[1];
        let flag = Error::Flag { field: "insecure setup", found: 2 };
        assert_eq!(patched(kzg, "insecure", &[2]).unwrap_err(), flag);
        let proof = vec![0; MAX_PROOF_BYTES + 1];
        assert!(Bundle::new(kzg.statement(), None, [0; 32], *kzg.unverified_instance(), proof).is_err());
    }

    #[test]
    fn every_public_input_is_canonical() {
        let modulus = {
            let mut bytes = (-Fr::one()).to_repr();
            bytes[0] += 1;
            bytes
        };
        for bundle in both() {
            for row in 0..CORE_ROWS {
                for found in [modulus, [0xff; 32]] {
                    let mut bytes = bundle.to_bytes();
                    let at = offset(&bundle, "inputs") + 32 * row;
                    bytes[at..at + 32].copy_from_slice(&found);
                    assert_eq!(Bundle::from_bytes(&bytes), Err(Error::NotCanonical { row, found }));
                }
            }
        }
    }
}
