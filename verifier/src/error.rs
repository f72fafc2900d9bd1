//! Why a bundle is not accepted: one variant for each reason, with what was expected and what was found.

use std::fmt;

use foldproof_circuits::statement::{Oversize, Statement};
use halo2curves::bn256::Fr;

use crate::bundle::{BOUND_FORMAT_VERSION, FORMAT_VERSION};
use crate::codec::{StatementBytes, Truncated};
use crate::context::Context;
use crate::key::KeyError;
use crate::registry::Status;
use crate::scalar::to_hex;
use crate::scheme::Scheme;

/// Bytes of an unknown statement that a message shows.
const STATEMENT_SHOWN: usize = 64;

/// The bytes of an unknown statement in hex, the first of them if there are many.
pub(crate) fn shown(statement: &[u8]) -> String {
    let (shown, more) = statement.split_at(statement.len().min(STATEMENT_SHOWN));
    let more = if more.is_empty() { String::new() } else { format!("… and {} more", more.len()) };
    hex::encode(shown) + &more
}

/// Why no bundle can be judged by a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyFault {
    /// Something of which there can be one was asked for twice.
    Twice(&'static str),
    /// A key of another scheme than those that its place is for.
    KeyScheme {
        /// Whose key.
        statement: Statement,
        /// The scheme of the keys that have their place there.
        expected: Scheme,
        /// The scheme of the key.
        found: Scheme,
    },
}

impl fmt::Display for PolicyFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Twice(what) => write!(f, "{what}: expected to be asked for once, found twice"),
            Self::KeyScheme { statement, expected, found } => {
                write!(
                    f,
                    "the key of {statement}: expected one of the {expected} scheme, found one of {found}: "
                )?;
                f.write_str("trust_key takes transparent keys, a trusted setup those of kzg and evm")
            }
        }
    }
}

/// Why a bundle is not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "fields are what was expected and what was found")]
pub enum Error {
    /// The bytes are not a bundle.
    Magic { found: [u8; 8] },
    /// The bundle has another format.
    FormatVersion { found: u16 },
    /// The bundle ends inside a field.
    Truncated { field: &'static str, expected: usize, found: usize },
    /// Bytes after the bundle.
    TrailingBytes { found: usize },
    /// A statement this version does not know.
    UnknownStatement { found: Vec<u8> },
    /// A length of a statement that is written in more bytes than it takes.
    StatementLength { found: u32 },
    /// A scheme this version does not know.
    UnknownScheme { found: u8 },
    /// A flag that is neither 0 nor 1.
    Flag { field: &'static str, found: u8 },
    /// Another number of public inputs than the statement has.
    RowCount { expected: usize, found: usize },
    /// Format 3 and neither a context nor a header, or something else beside them.
    BoundTo { found: u8 },
    /// The context 0, which is none.
    ContextZero,
    /// More bytes than a header has.
    HeaderBytes { most: usize, found: usize },
    /// Bytes that are no header.
    HeaderEncoding { field: &'static str, expected: String, found: String },
    /// Headers beside a proof about no block.
    HeaderSubject { found: Statement },
    /// More or fewer headers than blocks.
    HeaderCount { expected: usize, found: usize },
    /// A public input not below the modulus.
    NotCanonical { row: usize, found: [u8; 32] },
    /// More proof than any statement has.
    ProofBytes { most: usize, found: usize },

    /// The policy does not take this statement.
    StatementNotAccepted { accepted: Vec<Statement>, found: Statement },
    /// The policy does not take this scheme.
    SchemeNotAccepted { accepted: Vec<Scheme>, found: Scheme },
    /// The policy trusts no such setup.
    SetupNotTrusted { trusted: Vec<[u8; 32]>, found: [u8; 32] },
    /// Bundle and setup disagree about whether the setup is insecure.
    SetupFlag { expected: bool, found: bool },
    /// Somebody knows the secret of the setup, and the policy does not allow that.
    SetupInsecure { id: [u8; 32] },
    /// The first public input is not that of the statement.
    StatementRow { expected: Fr, found: Fr },
    /// A public input outside its range.
    ClaimRange { claim: &'static str, bits: u32, found: Fr },
    /// An index that no class has, or no candidate of a top.
    Class { classes: usize, found: usize },
    /// Another codebook than the policy asks for.
    CodebookRoot { accepted: Vec<Fr>, found: Fr },
    /// Analytics under a configuration that the policy does not take.
    ZoneConfig { accepted: Vec<Fr>, found: Fr },
    /// Public inputs of analytics that no block has.
    Findings,
    /// A vector lies outside the codebook's error bound, and the policy asks for all to lie within.
    OutsideBound { within: [bool; 6] },
    /// The header beside the proof is that of another block.
    HeaderField { field: &'static str, expected: String, found: String },
    /// What stands for the state root before the block is not the parent hash, as in raw blocks that have a state root there.
    HeaderParent { expected: String, found: String },
    /// The policy asks for the block with that hash, and there is no header to tell.
    HeaderMissing { expected: [u8; 32] },
    /// The block has another hash than expected.
    BlockHash { expected: [u8; 32], found: [u8; 32] },
    /// The proof was made for another context than expected, or for none.
    Context { expected: Context, found: Option<Context> },
    /// Another header than the expected block has.
    BlockHeader { field: &'static str, expected: String, found: String },
    /// Another height than expected.
    Height { expected: u64, found: u64 },
    /// The statement cannot hold the expected block.
    BlockSize(Oversize),
    /// Another commitment than that of the expected block.
    BlockCommitment { expected: Fr, found: Fr },
    /// Another commitment to tag fields than that of the expected block.
    TagCommitment { expected: Fr, found: Fr },
    /// Another number of blocks than the policy expects.
    BlockCount { expected: usize, found: usize },
    /// Two blocks of a proof are the same: one block is not two.
    BlockRepeated { first: usize, second: usize },
    /// What is wrong with one of several blocks.
    InBlock { place: usize, error: Box<Self> },
    /// The policy contradicts itself.
    Policy(PolicyFault),
    /// The policy asks for another subject.
    Subject { expected: &'static str, found: Statement },
    /// Another number of values than expected.
    ValuesLength { expected: usize, found: usize },
    /// An expected value that nothing can be committed to with.
    ValueRange { index: usize, bits: u32, found: i64 },
    /// A proof among those of a history that is about no block.
    HistorySubject { place: usize, found: String },
    /// A block of a history at another height.
    HistoryHeight { place: usize, expected: u64, found: u64, gaps: bool },
    /// A block of a history that is not the child of the one before it, by their headers.
    HistoryParent { place: usize, expected: [u8; 32], found: [u8; 32] },
    /// Another commitment than that of the expected values.
    ValuesCommitment { expected: Fr, found: Fr },
    /// Other commitments than those of the expected sequence.
    SequenceCommitments { expected: Vec<Fr>, found: Vec<Fr> },
    /// A block of a history without a proof of its tags, which a decision is made from.
    HistoryTags { place: usize },
    /// The block of a history without a proof of the graph of its zones, which a matrix is held against.
    HistoryZoneGraph { place: usize },
    /// Another commitment than that to the graph of the block's zones: another graph, or another salt.
    ZoneGraphCommitment { expected: Fr, found: Fr },
    /// Other tags of a pending block than those that are proved.
    PendingTags { expected: u64, found: u64 },
    /// Public inputs of a decision that none has.
    Ruling,
    /// A decision from something else than the policy holds, or from nothing of that name.
    Evidence { name: String, expected: Fr, found: Option<Fr> },
    /// The policy knows no such model.
    ModelNotRegistered { found: Fr },
    /// The policy no longer takes the model.
    ModelStatus { model: String, found: Status },
    /// The model is not valid at the time of the block, or it cannot be told.
    ModelValidity { model: String, from: Option<u64>, until: Option<u64>, found: Option<u64> },
    /// The model is registered with another shape than that of the statement.
    ModelShape { model: String, expected: String, found: String },
    /// The policy's entry for the model says something else than its commitment.
    ModelEntry { model: String, what: &'static str },

    /// There is no key for this statement and scheme.
    NoKey { statement: Statement, scheme: Scheme },
    /// The key is unusable.
    Key(KeyError),
    /// The parameters of the commitment scheme are unusable.
    Params(String),
    /// The proof was made with another key.
    KeyDigest { expected: [u8; 32], found: [u8; 32] },
    /// The proof is shorter or longer than proofs of this statement are.
    ProofLength { expected: usize, found: usize },
    /// A point or field element of the proof is not in its one encoding, or is the point at infinity.
    ProofEncoding { position: usize },
    /// The proof does not prove the statement about these public inputs.
    ProofRejected,
}

impl Error {
    /// Whether the fault lies in the bundle. Otherwise the verifier lacks a key or parameters, or its
    /// policy is at fault, and it cannot tell.
    pub fn is_rejection(&self) -> bool {
        if let Self::InBlock { error, .. } = self {
            return error.is_rejection();
        }
        !matches!(
            self,
            Self::NoKey { .. }
                | Self::Key(_)
                | Self::Params(_)
                | Self::Policy(_)
                | Self::ModelEntry { .. }
                | Self::ValueRange { .. }
        )
    }
}

impl From<Truncated> for Error {
    fn from(Truncated { field, expected, found }: Truncated) -> Self {
        Self::Truncated { field, expected, found }
    }
}

impl From<StatementBytes> for Error {
    fn from(error: StatementBytes) -> Self {
        match error {
            StatementBytes::Truncated(truncated) => truncated.into(),
            StatementBytes::Length { found } => Self::StatementLength { found },
        }
    }
}

impl From<KeyError> for Error {
    fn from(error: KeyError) -> Self {
        Self::Key(error)
    }
}

/// A field element as people read it.
fn element(element: &Fr) -> String {
    format!("0x{}", to_hex(element))
}

/// Items with commas between.
fn list(items: impl Iterator<Item = String>) -> String {
    let items: Vec<String> = items.collect();
    if items.is_empty() { "none".into() } else { items.join(", ") }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Magic { found } => {
                write!(f, "not a proof bundle: expected it to start with \"foldprf\\0\", found ")?;
                write!(f, "\"{}\"", found.escape_ascii())
            }
            Self::FormatVersion { found } => {
                write!(f, "bundle format: expected {FORMAT_VERSION} or {BOUND_FORMAT_VERSION}, found {found}")
            }
            Self::Truncated { field, expected, found } => {
                write!(f, "{field}: expected {expected} bytes, found {found}")
            }
            Self::TrailingBytes { found } => {
                write!(f, "end of bundle: expected no more bytes, found {found}")
            }
            Self::UnknownStatement { found } => {
                write!(f, "statement: expected one that this version knows, found bytes {}", shown(found))
            }
            Self::StatementLength { found } => {
                write!(f, "statement: expected a length in two bytes, found {found} in four")
            }
            Self::UnknownScheme { found } => {
                let known = list(Scheme::ALL.iter().map(|s| s.number().to_string()));
                write!(f, "scheme: expected one of {known}, found {found}")
            }
            Self::Flag { field, found } => write!(f, "{field}: expected 0 or 1, found {found}"),
            Self::RowCount { expected, found } => {
                write!(f, "public inputs: expected {expected}, found {found}")
            }
            Self::BoundTo { found } => {
                write!(f, "bound to: expected 1 (a context), 2 (a header) or 3 (both), found {found}")
            }
            Self::ContextZero => f.write_str("context: expected any number but 0, which is none, found 0"),
            Self::HeaderBytes { most, found } => {
                write!(f, "header: expected at most {most} bytes, found {found}")
            }
            Self::HeaderEncoding { field, expected, found } => {
                write!(f, "the header's RLP, {field}: expected {expected}, found {found}")
            }
            Self::HeaderSubject { found } => {
                write!(f, "header: expected none beside a proof of {found}, which is about no block")
            }
            Self::HeaderCount { expected, found } => {
                write!(f, "headers: expected {expected}, one for each block of the proof, found {found}")
            }
            Self::NotCanonical { row, found } => {
                let found: Vec<u8> = found.iter().rev().copied().collect();
                write!(
                    f,
                    "public input {row}: expected less than the modulus, found 0x{}",
                    hex::encode(found)
                )
            }
            Self::ProofBytes { most, found } => {
                write!(f, "proof: expected at most {most} bytes, found {found}")
            }
            Self::StatementNotAccepted { accepted, found } => {
                let accepted = list(accepted.iter().map(Statement::to_string));
                write!(f, "statement: the policy accepts {accepted}, found {found}")
            }
            Self::SchemeNotAccepted { accepted, found } => {
                let accepted = list(accepted.iter().map(Scheme::to_string));
                write!(f, "scheme: the policy accepts {accepted}, found {found}")
            }
            Self::SetupNotTrusted { trusted, found } => {
                let trusted = list(trusted.iter().map(hex::encode));
                write!(f, "setup: the policy trusts {trusted}, found {}", hex::encode(found))
            }
            Self::SetupFlag { expected, found } => {
                write!(f, "insecure setup: the setup says {expected}, the bundle {found}")
            }
            Self::SetupInsecure { id } => {
                write!(f, "setup {} is insecure, and the policy does not allow that", hex::encode(id))
            }
            Self::StatementRow { expected, found } => {
                let (expected, found) = (element(expected), element(found));
                write!(f, "public input 0: the statement has {expected}, found {found}")
            }
            Self::ClaimRange { claim, bits, found } => {
                write!(f, "{claim}: expected at most {bits} bits, found {}", element(found))
            }
            Self::Class { classes, found } => {
                write!(f, "class: expected an index below {classes}, found {found}")
            }
            Self::CodebookRoot { accepted, found } => {
                let accepted = list(accepted.iter().map(element));
                write!(f, "codebook root: the policy accepts {accepted}, found {}", element(found))
            }
            Self::ZoneConfig { accepted, found } => {
                let accepted = list(accepted.iter().map(element));
                write!(
                    f,
                    "configuration of the analytics: the policy accepts those with a name and {accepted}, found {}",
                    element(found)
                )
            }
            Self::Findings => f.write_str(
                "public inputs of the analytics: expected what a block can have, found something else",
            ),
            Self::OutsideBound { within } => {
                write!(f, "error bound: expected all vectors within, found {within:?}")
            }
            Self::HeaderField { field, expected, found } => {
                write!(f, "{field}: the header beside the proof has {expected}, found {found}")
            }
            Self::HeaderParent { expected, found } => {
                write!(
                    f,
                    "previous state root: expected the parent hash of the header beside the proof, {expected}, found {found}: a raw \
                     block with a state root there is bound to no header"
                )
            }
            Self::HeaderMissing { expected } => {
                let expected = hex::encode(expected);
                write!(f, "block hash: the policy expects 0x{expected}, found no header to compute it from")
            }
            Self::BlockHash { expected, found } => {
                let (expected, found) = (hex::encode(expected), hex::encode(found));
                write!(f, "block hash: the policy expects 0x{expected}, found 0x{found}")
            }
            Self::Context { expected, found } => {
                let found = found.map_or_else(|| "none".to_owned(), |found| found.to_string());
                write!(f, "context: the policy expects {expected}, found {found}")
            }
            Self::BlockHeader { field, expected, found } => {
                write!(f, "{field}: the expected block has {expected}, found {found}")
            }
            Self::Height { expected, found } => write!(f, "height: expected {expected}, found {found}"),
            Self::BlockSize(oversize) => {
                write!(f, "the expected block does not fit the statement: {oversize}")
            }
            Self::BlockCommitment { expected, found } => {
                let (expected, found) = (element(expected), element(found));
                write!(f, "block commitment: the expected block has {expected}, found {found}")
            }
            Self::TagCommitment { expected, found } => {
                let (expected, found) = (element(expected), element(found));
                write!(
                    f,
                    "tag commitment: prices, values and fields of adapters of the expected block have {expected}, found {found}; a proof \
                     that hides them has a salt, which the policy needs too"
                )
            }
            Self::BlockCount { expected, found } => {
                write!(f, "blocks: the policy expects {expected}, the proof is about {found}")
            }
            Self::BlockRepeated { first, second } => {
                write!(f, "block {second}: expected another one than before, found block {first} again")
            }
            Self::InBlock { place, error } => write!(f, "block {place}: {error}"),
            Self::Policy(fault) => write!(f, "policy: {fault}"),
            Self::Subject { expected, found } => {
                write!(f, "subject: the policy expects {expected}, the statement is {found}")
            }
            Self::ValuesLength { expected, found } => {
                write!(f, "values: the policy expects {expected}, the statement is about {found}")
            }
            Self::ValueRange { index, bits, found } => {
                write!(f, "expected value {index}: a signed {bits}-bit integer was expected, found {found}")
            }
            Self::HistorySubject { place, found } => {
                write!(f, "history[{place}]: a proof about a block was expected, found one of {found}")
            }
            Self::HistoryHeight { place, expected, found, gaps } => {
                let least = if *gaps { " or more" } else { "" };
                write!(
                    f,
                    "history[{place}]: a block at height {expected}{least} was expected, found one at {found}"
                )
            }
            Self::HistoryParent { place, expected, found } => {
                let (expected, found) = (hex::encode(expected), hex::encode(found));
                write!(
                    f,
                    "history[{place}]: a child of the block before it, 0x{expected}, was expected, found one of 0x{found}"
                )
            }
            Self::ValuesCommitment { expected, found } => {
                let (expected, found) = (element(expected), element(found));
                write!(f, "values commitment: the expected values have {expected}, found {found}")
            }
            Self::SequenceCommitments { expected, found } => {
                let [expected, found] = [expected, found].map(|all| list(all.iter().map(element)));
                write!(f, "sequence: the expected fingerprints have {expected}, found {found}")
            }
            Self::HistoryTags { place } => write!(
                f,
                "history[{place}]: a proof of the block's tags was expected, found one without: `foldproof prove --analytics=rules` makes one"
            ),
            Self::HistoryZoneGraph { place } => write!(
                f,
                "history[{place}]: a proof of the graph of the block's zones was expected, found one without: `foldproof prove \
                 --analytics=zones,graph` makes one"
            ),
            Self::ZoneGraphCommitment { expected, found } => {
                let (expected, found) = (element(expected), element(found));
                write!(
                    f,
                    "zone graph: the block's proof commits to {expected}, the model's input to {found}: it is the graph of another block, \
                     codebook or configuration, or has another salt; of a block proved with --hide, `foldproof prove-model --salt-of \
                     BLOCK.proof.salt` gives it the same"
                )
            }
            Self::PendingTags { expected, found } => {
                write!(f, "tags of the pending block: {expected:#x} are proved, found {found:#x}")
            }
            Self::Ruling => f.write_str(
                "public inputs of the decision: expected what can be decided, found something else",
            ),
            Self::Evidence { name, expected, found } => {
                let found = found.as_ref().map_or("none of that name".to_owned(), element);
                write!(f, "commitment {name}: expected {}, found {found}", element(expected))
            }
            Self::ModelNotRegistered { found } => {
                write!(f, "model: no registered one has the commitment {}", element(found))
            }
            Self::ModelStatus { model, found } => {
                write!(f, "model {model}: expected an active one, it is {}", found.name())
            }
            Self::ModelValidity { model, from, until, found } => {
                let end =
                    |end: &Option<u64>| end.map_or_else(|| "any time".to_owned(), |end| end.to_string());
                let found = found.map_or_else(|| "no time at all".to_owned(), |found| found.to_string());
                write!(f, "model {model}: valid from {} until {}, found {found}", end(from), end(until))
            }
            Self::ModelShape { model, expected, found } => {
                write!(f, "model {model}: registered as {expected}, the statement has {found}")
            }
            Self::ModelEntry { model, what } => {
                write!(
                    f,
                    "model {model}: {what} in the registry: expected what the model is committed to, found something else"
                )
            }
            Self::NoKey { statement, scheme } => {
                write!(f, "there is no {scheme} key for statement {statement}: ")?;
                let option = if scheme.has_setup() { format!(" --scheme {scheme}") } else { String::new() };
                match statement.graphs().next() {
                    None => write!(f, "`foldproof keys make {statement}{option}` makes one, ")?,
                    // Its name does not give it back.
                    Some(_) => f.write_str("it is made from the model's file, ")?,
                }
                f.write_str(match scheme {
                    Scheme::Transparent => "for Policy::trust_key",
                    Scheme::Kzg | Scheme::Evm => "for the keys of the trusted setup",
                })
            }
            Self::Key(error) => write!(f, "verifying key: {error}"),
            Self::Params(message) => write!(f, "parameters: {message}"),
            Self::KeyDigest { expected, found } => {
                let (expected, found) = (hex::encode(expected), hex::encode(found));
                write!(f, "the proof was made with another key: expected {expected}, found {found}")
            }
            Self::ProofLength { expected, found } => {
                write!(f, "proof: expected {expected} bytes, found {found}")
            }
            Self::ProofEncoding { position } => {
                write!(f, "proof: no canonical point or field element at byte {position}")
            }
            Self::ProofRejected => {
                f.write_str("the proof does not prove the statement about these public inputs")
            }
        }
    }
}

impl std::error::Error for Error {}
