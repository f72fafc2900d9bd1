//! Verifying keys: the commitments, in a format of ours.
//!
//! ```text
//! magic            8  "foldpkey"
//! format version   2  2
//! statement        2  length of Statement::to_bytes, or 65535 and the length in 4 if it is no less; then that many bytes
//! scheme           1  1 transparent, 2 kzg, 3 evm
//! k                1
//! fixed            2  how many commitments to fixed columns, selectors included; then 32 bytes each
//! permutation      2  how many commitments of the permutation; then 32 bytes each, and nothing after them
//! ```
//!
//! Everything else in a halo2 key follows from the statement and is rebuilt from the circuit, so a key read here
//! belongs to that circuit or fails. halo2's own reader is not used: it panics on bytes it does not like.

use std::fmt;
use std::sync::{Arc, OnceLock};

use foldproof_circuits::statement::Statement;
use group::GroupEncoding;
use halo2_proofs::plonk::{Circuit, ConstraintSystem, VerifyingKey, permutation};
use halo2_proofs::poly::EvaluationDomain;
use halo2curves::bn256::{Fr, G1Affine};
use sha2::{Digest, Sha256};

use crate::codec::{Reader, StatementBytes, Truncated, encode_statement};
use crate::core::Layout;
use crate::error::shown;
use crate::layout::proof_length;
use crate::plonk::Program;
use crate::scheme::Scheme;

/// First bytes of a key.
pub const KEY_MAGIC: [u8; 8] = *b"foldpkey";
/// Format written and read.
pub const KEY_FORMAT_VERSION: u16 = 2;

/// Whether the bytes of a key say that it is of this statement.
pub(crate) fn is_of(bytes: &[u8], statement: &Statement) -> bool {
    let version = bytes.strip_prefix(&KEY_MAGIC).and_then(|rest| rest.split_first_chunk::<2>());
    version.is_some_and(|(_, rest)| rest.starts_with(&encode_statement(statement)))
}

/// What a key is rebuilt from besides its commitments.
pub trait Shape: Circuit<Fr> {
    /// log₂ of the rows.
    fn k(statement: &Statement) -> u32;
    /// Parameters of the circuit.
    fn parameters(statement: &Statement) -> Self::Params;
    /// Selector by selector, the rows it is on: 2^k each.
    fn selectors(statement: &Statement) -> Vec<Vec<bool>>;
}

/// A verifying key of one statement under one scheme.
#[derive(Clone)]
pub struct VerifierKey {
    statement: Statement,
    scheme: Scheme,
    digest: [u8; 32],
    proof_length: usize,
    key: VerifyingKey<G1Affine>,
    /// Made when the first batch wants it, and shared by copies made after that.
    program: OnceLock<Option<Arc<Program>>>,
}

impl VerifierKey {
    /// Reads a key that must be for this statement and scheme, and rebuilds the rest of it (a second or less).
    ///
    /// # Errors
    /// If the bytes are anything but such a key.
    pub fn from_bytes(statement: &Statement, scheme: Scheme, bytes: &[u8]) -> Result<Self, KeyError> {
        Self::decode::<Layout>(statement, scheme, bytes)
    }

    /// Like [`from_bytes`](Self::from_bytes), of a key whose [`digest`](Self::digest) the caller knows: whoever gave him the
    /// bytes need not be trusted. `foldproof keys make` prints digests.
    ///
    /// # Errors
    /// If the bytes are anything but that key.
    pub fn from_bytes_with_digest(
        statement: &Statement,
        scheme: Scheme,
        bytes: &[u8],
        expected: [u8; 32],
    ) -> Result<Self, KeyError> {
        let key = Self::from_bytes(statement, scheme, bytes)?;
        let found = key.digest();
        if expected == found { Ok(key) } else { Err(KeyError::Digest { expected, found }) }
    }

    /// The bytes of a key halo2 made (`keygen_vk_custom` with compressed selectors).
    ///
    /// # Errors
    /// If it is not of the size of the statement's circuit.
    pub fn to_bytes(
        statement: &Statement,
        scheme: Scheme,
        key: &VerifyingKey<G1Affine>,
    ) -> Result<Vec<u8>, KeyError> {
        Self::encode::<Layout>(statement, scheme, key)
    }

    /// The statement.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// The scheme.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// SHA-256 of the key's bytes and of halo2's digest of the whole key, gates included.
    pub fn digest(&self) -> [u8; 32] {
        self.digest
    }

    /// Bytes of a proof.
    pub fn proof_length(&self) -> usize {
        self.proof_length
    }

    /// What halo2 absorbs first: equal for equal keys only.
    pub fn transcript_repr(&self) -> Fr {
        self.key.transcript_repr()
    }

    /// log₂ of the rows.
    pub(crate) fn k(&self) -> u32 {
        self.key.get_domain().k
    }

    /// halo2's key, for whoever writes a verifier in another language.
    pub fn halo2(&self) -> &VerifyingKey<G1Affine> {
        &self.key
    }

    /// How proofs of a batch are verified, if they can be.
    pub(crate) fn program(&self) -> Option<&Program> {
        self.program.get_or_init(|| Program::new(&self.key).map(Arc::new)).as_deref()
    }

    /// The same key, of which batches are verified in another way.
    #[cfg(test)]
    pub(crate) fn with_program(&self, program: Program) -> Self {
        Self { program: OnceLock::from(Some(Arc::new(program))), ..self.clone() }
    }

    pub(crate) fn encode<C: Shape>(
        statement: &Statement,
        scheme: Scheme,
        key: &VerifyingKey<G1Affine>,
    ) -> Result<Vec<u8>, KeyError> {
        let (expected, found) = (C::k(statement), key.get_domain().k);
        if expected != found {
            return Err(KeyError::Size { expected, found });
        }
        if !key.compress_selectors() {
            return Err(KeyError::Circuit("its selectors are not compressed"));
        }
        let mut out = Vec::new();
        out.extend(KEY_MAGIC);
        out.extend(KEY_FORMAT_VERSION.to_le_bytes());
        out.extend(encode_statement(statement));
        out.push(scheme.number());
        out.push(u8::try_from(expected).map_err(|_| KeyError::Circuit("it has too many rows"))?);
        for commitments in [key.fixed_commitments(), key.permutation().commitments()] {
            let count = u16::try_from(commitments.len());
            out.extend(count.map_err(|_| KeyError::Circuit("it has too many columns"))?.to_le_bytes());
            out.extend(commitments.iter().flat_map(encode_point));
        }
        Ok(out)
    }

    pub(crate) fn decode<C: Shape>(
        statement: &Statement,
        scheme: Scheme,
        bytes: &[u8],
    ) -> Result<Self, KeyError> {
        let mut input = Reader::new(bytes);
        let magic = input.array("magic")?;
        if magic != KEY_MAGIC {
            return Err(KeyError::Magic { found: magic });
        }
        let version = input.u16("format version")?;
        if version != KEY_FORMAT_VERSION {
            return Err(KeyError::FormatVersion { expected: KEY_FORMAT_VERSION, found: version });
        }
        let found = input.statement()?;
        if found != statement.to_bytes() {
            return Err(KeyError::Statement { expected: statement.clone(), found: found.to_vec() });
        }
        let number = input.u8("scheme")?;
        if number != scheme.number() {
            return Err(KeyError::Scheme { expected: scheme, found: number });
        }
        let k = u32::from(input.u8("k")?);
        if k != C::k(statement) {
            return Err(KeyError::Size { expected: C::k(statement), found: k });
        }
        let fixed = decode_points(&mut input, "fixed commitments")?;
        let permutation = decode_points(&mut input, "permutation commitments")?;
        if input.left() != 0 {
            return Err(KeyError::TrailingBytes { found: input.left() });
        }
        let key = rebuild::<C>(statement, fixed, permutation)?;
        let digest = Sha256::new().chain_update(bytes).chain_update(key.transcript_repr().to_bytes());
        Ok(Self {
            statement: statement.clone(),
            scheme,
            digest: digest.finalize().into(),
            proof_length: proof_length(&key, scheme),
            key,
            program: OnceLock::new(),
        })
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({}, {}, {})", self.statement, self.scheme, hex::encode(self.digest))
    }
}

/// A halo2 key from its commitments. Whatever halo2 would assert is checked here first.
fn rebuild<C: Shape>(
    statement: &Statement,
    fixed: Vec<G1Affine>,
    permutation: Vec<G1Affine>,
) -> Result<VerifyingKey<G1Affine>, KeyError> {
    check_environment()?;
    let k = C::k(statement);
    let mut cs = ConstraintSystem::default();
    C::configure_with_params(&mut cs, C::parameters(statement));
    let degree = cs.degree();
    if cs.minimum_degree() != Some(degree) {
        return Err(KeyError::Circuit("it does not state its degree"));
    }
    let rows = 1_usize.checked_shl(k).filter(|_| (1..=20).contains(&k));
    let rows = rows.ok_or(KeyError::Circuit("it has no reasonable number of rows"))?;
    if rows < cs.minimum_rows().max(cs.blinding_factors().saturating_add(1).saturating_add(statement.rows()))
    {
        return Err(KeyError::Circuit("it has too few rows"));
    }
    if cs.num_instance_columns() != 1 {
        return Err(KeyError::Circuit("it has not one instance column"));
    }
    let selectors = C::selectors(statement);
    if selectors.len() != cs.num_selectors() || selectors.iter().any(|s| s.len() != rows) {
        return Err(KeyError::Circuit("its selectors do not match its gates"));
    }
    let (cs, _) = cs.compress_selectors(selectors);
    if fixed.len() != cs.num_fixed_columns() {
        return Err(KeyError::FixedColumns { expected: cs.num_fixed_columns(), found: fixed.len() });
    }
    let columns = cs.permutation().get_columns().len();
    if permutation.len() != columns {
        return Err(KeyError::PermutedColumns { expected: columns, found: permutation.len() });
    }
    let degree = u32::try_from(degree).map_err(|_| KeyError::Circuit("its degree is too large"))?;
    let domain = EvaluationDomain::new(degree, k);
    let permutation = permutation::VerifyingKey::from_commitments(permutation);
    // The selectors themselves are kept by provers only.
    Ok(VerifyingKey::from_parts(domain, fixed, permutation, cs, vec![], true))
}

/// halo2 caps degrees at `MAX_DEGREE` of the environment and panics if that is no number. Circuits that state
/// their degree have that degree, whatever the environment says.
#[expect(clippy::disallowed_methods, reason = "halo2 reads it; here it can only turn a panic into an error")]
fn check_environment() -> Result<(), KeyError> {
    match std::env::var("MAX_DEGREE") {
        Ok(text) if text.parse::<usize>().is_err() => Err(KeyError::Environment),
        Ok(_) | Err(_) => Ok(()),
    }
}

pub(crate) fn encode_point(point: &G1Affine) -> [u8; 32] {
    let mut bytes = [0; 32];
    // The encoding of a point of this curve has 32 bytes.
    for (to, from) in bytes.iter_mut().zip(point.to_bytes().as_ref()) {
        *to = *from;
    }
    bytes
}

/// The point of these bytes, if they are its one encoding. The curve has no points of small order.
fn decode_point(bytes: &[u8; 32]) -> Option<G1Affine> {
    let mut encoding = <G1Affine as GroupEncoding>::Repr::default();
    encoding.as_mut().copy_from_slice(bytes);
    Option::<G1Affine>::from(G1Affine::from_bytes(&encoding)).filter(|point| encode_point(point) == *bytes)
}

fn decode_points(input: &mut Reader, field: &'static str) -> Result<Vec<G1Affine>, KeyError> {
    let count = input.u16(field)?;
    let bytes = input.bytes(field, usize::from(count).saturating_mul(32))?;
    let (points, _) = bytes.as_chunks::<32>();
    let decode = |(index, bytes)| decode_point(bytes).ok_or(KeyError::Point { field, index });
    points.iter().enumerate().map(decode).collect()
}

/// Why bytes are not a verifying key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields are what was expected and what was found")]
pub enum KeyError {
    /// The bytes are not a key.
    Magic { found: [u8; 8] },
    /// The key has another format.
    FormatVersion { expected: u16, found: u16 },
    /// The key ends inside a field.
    Truncated { field: &'static str, expected: usize, found: usize },
    /// Bytes after the key.
    TrailingBytes { found: usize },
    /// The key of another statement.
    Statement { expected: Statement, found: Vec<u8> },
    /// A length of a statement that is written in more bytes than it takes.
    StatementLength { found: u32 },
    /// The key of another scheme.
    Scheme { expected: Scheme, found: u8 },
    /// The key of a circuit of another size.
    Size { expected: u32, found: u32 },
    /// No point of the curve in its one encoding.
    Point { field: &'static str, index: usize },
    /// Another number of fixed columns than the circuit has.
    FixedColumns { expected: usize, found: usize },
    /// Another number of permuted columns than the circuit has.
    PermutedColumns { expected: usize, found: usize },
    /// Another digest than that of the key the caller knows.
    Digest { expected: [u8; 32], found: [u8; 32] },
    /// The circuit itself is at fault.
    Circuit(&'static str),
    /// `MAX_DEGREE` in the environment is not a number, which halo2 does not survive.
    Environment,
}

impl From<Truncated> for KeyError {
    fn from(Truncated { field, expected, found }: Truncated) -> Self {
        Self::Truncated { field, expected, found }
    }
}

impl From<StatementBytes> for KeyError {
    fn from(error: StatementBytes) -> Self {
        match error {
            StatementBytes::Truncated(truncated) => truncated.into(),
            StatementBytes::Length { found } => Self::StatementLength { found },
        }
    }
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic { found } => {
                write!(f, "expected it to start with \"foldpkey\", found \"{}\"", found.escape_ascii())
            }
            Self::FormatVersion { expected, found } => {
                write!(f, "format: expected {expected}, found {found}")
            }
            Self::Truncated { field, expected, found } => {
                write!(f, "{field}: expected {expected} bytes, found {found}")
            }
            Self::TrailingBytes { found } => write!(f, "end: expected no more bytes, found {found}"),
            Self::Statement { expected, found } => {
                let name = Statement::from_bytes(found).map(|statement| statement.name());
                let found = name.unwrap_or_else(|| shown(found));
                write!(f, "expected statement {expected}, found {found}")
            }
            Self::StatementLength { found } => {
                write!(f, "statement: expected a length in two bytes, found {found} in four")
            }
            Self::Scheme { expected, found } => {
                write!(f, "expected scheme {expected} ({}), found {found}", expected.number())
            }
            Self::Size { expected, found } => write!(f, "expected 2^{expected} rows, found 2^{found}"),
            Self::Point { field, index } => write!(f, "{field}: no canonical point at {index}"),
            Self::FixedColumns { expected, found } => {
                write!(f, "expected {expected} fixed columns, found {found}")
            }
            Self::PermutedColumns { expected, found } => {
                write!(f, "expected {expected} permuted columns, found {found}")
            }
            Self::Digest { expected, found } => {
                write!(f, "expected digest {}, found {}", hex::encode(expected), hex::encode(found))
            }
            Self::Circuit(fault) => write!(f, "the circuit cannot have one: {fault}"),
            Self::Environment => f.write_str("MAX_DEGREE in the environment is not a number"),
        }
    }
}

impl std::error::Error for KeyError {}
