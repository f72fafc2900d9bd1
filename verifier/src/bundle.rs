//! The proof bundle: what a prover hands over.
//!
//! ```text
//! magic            8  "foldprf\0"
//! format version   2  2; 3 with a context or headers, and only then
//! statement        2  length of Statement::to_bytes, or 65535 and the length in 4 if it is no less; then that many bytes
//! scheme           1  1 transparent, 2 kzg, 3 evm
//! setup id        32  kzg and evm only
//! insecure setup   1  kzg and evm only: 0 or 1
//! key digest      32  which verifying key the prover used; selects nothing
//! rows             2  Statement::rows
//! public inputs    32 each, little-endian, below the modulus
//! bound to         1  format 3 only: 1 a context, 2 headers, 3 both
//! context         32  if so: as a public input, not 0
//! headers             if so: for each block, in the order of the statement
//!   length         2    at most 1024
//!   header              that many bytes, the RLP of a header of Ethereum
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
use crate::context::Context;
use crate::error::Error;
use crate::header::BlockHeader;
use crate::scalar;
use crate::scheme::Scheme;

/// First bytes of a bundle.
pub const MAGIC: [u8; 8] = *b"foldprf\0";
/// Format of bundles with neither a context nor headers.
pub const FORMAT_VERSION: u16 = 2;
/// Format of the others.
pub const BOUND_FORMAT_VERSION: u16 = 3;
/// Bits of what a bundle is bound to.
const CONTEXT: u8 = 1;
const HEADERS: u8 = 2;
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
    context: Option<Context>,
    headers: Vec<BlockHeader>,
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
        Ok(Self {
            statement,
            scheme: scheme.into(),
            key_digest,
            instance,
            context: None,
            headers: Vec::new(),
            proof,
        })
    }

    /// The same, its proof made for this context.
    #[must_use]
    pub fn with_context(self, context: Context) -> Self {
        Self { context: Some(context), ..self }
    }

    /// The same, about the blocks with these headers: one for each block, in their order. A proof does not depend on them.
    ///
    /// # Errors
    /// If the statement is about no block, or about more or fewer.
    pub fn with_headers(self, headers: impl IntoIterator<Item = BlockHeader>) -> Result<Self, Error> {
        let headers: Vec<BlockHeader> = headers.into_iter().collect();
        let Some((_, expected)) = self.statement.blocks() else {
            return Err(Error::HeaderSubject { found: self.statement });
        };
        match headers.len() {
            found if found != expected => Err(Error::HeaderCount { expected, found }),
            _ => Ok(Self { headers, ..self }),
        }
    }

    /// The encoding.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        out.extend(MAGIC);
        out.extend(self.version().to_le_bytes());
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
        self.encode_bound(&mut out);
        // Cannot be cut: `new` bounds the proof.
        out.extend(u32::try_from(self.proof.len()).unwrap_or(u32::MAX).to_le_bytes());
        out.extend(&self.proof);
        out
    }

    fn version(&self) -> u16 {
        if self.bound() == 0 { FORMAT_VERSION } else { BOUND_FORMAT_VERSION }
    }

    /// What it is bound to, in bits.
    fn bound(&self) -> u8 {
        let context = if self.context.is_some() { CONTEXT } else { 0 };
        let headers = if self.headers.is_empty() { 0 } else { HEADERS };
        context | headers
    }

    /// Context and headers, if there are any.
    fn encode_bound(&self, out: &mut Vec<u8>) {
        match self.bound() {
            0 => return,
            bound => out.push(bound),
        }
        out.extend(self.context.iter().flat_map(|context| context.number().to_repr()));
        for header in &self.headers {
            let rlp = header.rlp();
            // Cannot be cut: headers are bounded.
            out.extend(u16::try_from(rlp.len()).unwrap_or(u16::MAX).to_le_bytes());
            out.extend(rlp);
        }
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
        if ![FORMAT_VERSION, BOUND_FORMAT_VERSION].contains(&version) {
            return Err(Error::FormatVersion { found: version });
        }
        let found = input.statement()?;
        let unknown = || Error::UnknownStatement { found: found.to_vec() };
        let statement = Statement::from_bytes(found).ok_or_else(unknown)?;
        let number = input.u8("scheme")?;
        let unknown = || Error::UnknownScheme { found: number };
        let scheme = Scheme::from_number(number).ok_or_else(unknown)?;
        let setup = scheme.has_setup().then(|| read_setup(&mut input)).transpose()?;
        let scheme = SchemeClaim::new(scheme, setup).ok_or_else(unknown)?;
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
        let (context, headers) = match version {
            BOUND_FORMAT_VERSION => decode_bound(&mut input, &statement)?,
            _ => (None, None),
        };
        let length = usize::try_from(input.u32("proof length")?).unwrap_or(usize::MAX);
        check_proof_bytes(length)?;
        let proof = input.bytes("proof", length)?.to_vec();
        if input.left() > 0 {
            return Err(Error::TrailingBytes { found: input.left() });
        }
        let bundle = Self { context, ..Self::new(statement, scheme, key_digest, instance, proof)? };
        match headers {
            Some(headers) => bundle.with_headers(headers),
            None => Ok(bundle),
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

    /// What the proof is said to be made for.
    pub fn unverified_context(&self) -> Option<Context> {
        self.context
    }

    /// The headers of the blocks it is said to be about, one for each in their order, or none: headers by form, and compared with
    /// nothing yet.
    pub fn unverified_headers(&self) -> &[BlockHeader] {
        &self.headers
    }

    /// Rows of the instance column: the public inputs, and the context after them.
    pub fn unverified_rows(&self) -> Vec<Fr> {
        let context = self.context.map(Context::number);
        self.instance.rows().into_iter().copied().chain(context).collect()
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

/// Context, and headers of all blocks, of which there is one at least.
fn decode_bound(
    input: &mut Reader,
    statement: &Statement,
) -> Result<(Option<Context>, Option<Vec<BlockHeader>>), Error> {
    let bound = input.u8("bound to")?;
    if !(CONTEXT..=CONTEXT | HEADERS).contains(&bound) {
        return Err(Error::BoundTo { found: bound });
    }
    let mut context = None;
    if bound & CONTEXT != 0 {
        let found = input.array("context")?;
        // In the row after the public inputs.
        let number = scalar::from_le_bytes(found);
        let number = number.ok_or(Error::NotCanonical { row: statement.rows(), found })?;
        context = Some(Context::new(number).ok_or(Error::ContextZero)?);
    }
    if bound & HEADERS == 0 {
        return Ok((context, None));
    }
    let (_, count) = statement.blocks().ok_or_else(|| Error::HeaderSubject { found: statement.clone() })?;
    let mut headers = Vec::with_capacity(count);
    for _ in 0..count {
        let length = input.u16("header length")?.into();
        headers.push(BlockHeader::decode(input.bytes("header", length)?)?);
    }
    Ok((context, Some(headers)))
}

fn check_proof_bytes(found: usize) -> Result<(), Error> {
    if found > MAX_PROOF_BYTES { Err(Error::ProofBytes { most: MAX_PROOF_BYTES, found }) } else { Ok(()) }
}
