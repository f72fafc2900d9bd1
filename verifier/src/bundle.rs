//! The proof bundle: what a prover hands over.
//!
//! ```text
//! magic            8  "foldprf\0"
//! format version   2  2
//! statement        2  length of Statement::to_bytes, or 65535 and the length in 4 if it is no less; then that many bytes
//! scheme           1  1 transparent, 2 kzg, 3 evm
//! setup id        32  kzg and evm only
//! insecure setup   1  kzg and evm only: 0 or 1
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

use crate::codec::{Reader, encode_statement};
use crate::error::Error;
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

/// How a bundle says that its proof is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchemeClaim {
    /// Without a setup.
    Transparent,
    /// Under kzg with this setup.
    Kzg(SetupClaim),
    /// The same, with the transcript of contracts.
    Evm(SetupClaim),
}

impl SchemeClaim {
    /// Of a scheme; none if there is no setup where the scheme needs one, or one where it has none.
    pub fn new(scheme: Scheme, setup: Option<SetupClaim>) -> Option<Self> {
        match (scheme, setup) {
            (Scheme::Transparent, None) => Some(Self::Transparent),
            (Scheme::Kzg, Some(setup)) => Some(Self::Kzg(setup)),
            (Scheme::Evm, Some(setup)) => Some(Self::Evm(setup)),
            (Scheme::Transparent, Some(_)) | (Scheme::Kzg | Scheme::Evm, None) => None,
        }
    }

    /// The scheme.
    pub fn scheme(self) -> Scheme {
        match self {
            Self::Transparent => Scheme::Transparent,
            Self::Kzg(_) => Scheme::Kzg,
            Self::Evm(_) => Scheme::Evm,
        }
    }

    /// The setup, where the scheme has one.
    pub fn setup(self) -> Option<SetupClaim> {
        match self {
            Self::Transparent => None,
            Self::Kzg(setup) | Self::Evm(setup) => Some(setup),
        }
    }
}

/// With a setup it is kzg, without it is transparent.
impl From<Option<SetupClaim>> for SchemeClaim {
    fn from(setup: Option<SetupClaim>) -> Self {
        setup.map_or(Self::Transparent, Self::Kzg)
    }
}

/// A statement, its public inputs and a proof, none of it trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    statement: Statement,
    scheme: SchemeClaim,
    key_digest: [u8; 32],
    instance: Instance,
    proof: Vec<u8>,
}

impl Bundle {
    /// A bundle. For a scheme, an optional setup will do: with it the scheme is kzg, without it is transparent.
    ///
    /// # Errors
    /// If the public inputs are not those of the statement, or the proof is longer than [`MAX_PROOF_BYTES`].
    pub fn new(
        statement: Statement,
        scheme: impl Into<SchemeClaim>,
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
        Ok(Self { statement, scheme: scheme.into(), key_digest, instance, proof })
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(MAGIC);
        out.extend(FORMAT_VERSION.to_le_bytes());
        out.extend(encode_statement(&self.statement));
        out.push(self.scheme().number());
        if let Some(setup) = self.setup() {
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
        let found = input.statement()?;
        let unknown = || Error::UnknownStatement { found: found.to_vec() };
        let statement = Statement::from_bytes(found).ok_or_else(unknown)?;
        let number = input.u8("scheme")?;
        let scheme = match Scheme::from_number(number).ok_or(Error::UnknownScheme { found: number })? {
            Scheme::Transparent => SchemeClaim::Transparent,
            Scheme::Kzg => SchemeClaim::Kzg(read_setup(&mut input)?),
            Scheme::Evm => SchemeClaim::Evm(read_setup(&mut input)?),
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
            0 => Self::new(statement, scheme, key_digest, instance, proof),
            found => Err(Error::TrailingBytes { found }),
        }
    }

    /// What the proof is said to be a proof of.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// How its commitments are opened.
    pub fn scheme(&self) -> Scheme {
        self.scheme.scheme()
    }

    /// The same, with its setup.
    pub fn scheme_claim(&self) -> SchemeClaim {
        self.scheme
    }

    /// The trusted setup it is said to be made under, where the scheme has one.
    pub fn setup(&self) -> Option<SetupClaim> {
        self.scheme.setup()
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

fn read_setup(input: &mut Reader) -> Result<SetupClaim, Error> {
    let id = input.array("setup id")?;
    let insecure = match input.u8("insecure setup")? {
        0 => false,
        1 => true,
        found => return Err(Error::Flag { field: "insecure setup", found }),
    };
    Ok(SetupClaim { id, insecure })
}

fn check_proof_bytes(found: usize) -> Result<(), Error> {
    if found > MAX_PROOF_BYTES { Err(Error::ProofBytes { most: MAX_PROOF_BYTES, found }) } else { Ok(()) }
}
