//! What the caller asks for. Nothing in a bundle can loosen it.

use std::fmt;

use foldproof_circuits::block::Block;
use foldproof_circuits::stages::tags::CATEGORIES;
use foldproof_circuits::statement::Statement;
use foldproof_params::kzg::VerifierSetup;
use halo2curves::bn256::Fr;

use crate::context::Context;
use crate::error::PolicyFault;
use crate::key::VerifierKey;
use crate::registry::RegisteredModel;
use crate::scheme::Scheme;

/// What the caller asks of a bundle.
///
/// There is no policy without a word on codebooks: a proof is worth nothing to whom any codebook will do without
/// his knowing it. Everything else has a default: all statements with a pinned or trusted key, no model, the
/// transparent scheme and any setup trusted by [`trust_setup`](Self::trust_setup), no demand on the error bound or the
/// block.
///
/// What can be asked for once and is asked for twice, or a key where keys of its scheme have no place, is the caller's mistake.
/// No bundle is judged by such a policy: verification fails with [`Error::Policy`](crate::Error::Policy).
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) fault: Option<PolicyFault>,
    pub(crate) codebooks: Codebooks,
    pub(crate) zone_configs: Vec<Fr>,
    pub(crate) evidence: Vec<(String, Fr)>,
    pub(crate) tagged: Vec<Option<Tagged>>,
    pub(crate) zone_graphs: Vec<Option<Fr>>,
    pub(crate) values: bool,
    pub(crate) statements: Option<Vec<Statement>>,
    pub(crate) schemes: Option<Vec<Scheme>>,
    pub(crate) setups: Vec<KzgSetup>,
    pub(crate) setup_ids: Option<Vec<[u8; 32]>>,
    pub(crate) allow_insecure_setup: bool,
    pub(crate) require_within_bound: bool,
    pub(crate) heights: Option<Vec<u64>>,
    pub(crate) block_hashes: Option<Vec<[u8; 32]>>,
    pub(crate) context: Option<Context>,
    pub(crate) expected: Option<Expected>,
    pub(crate) tags_salt: Fr,
    pub(crate) keys: Vec<VerifierKey>,
    pub(crate) models: Vec<RegisteredModel>,
    pub(crate) time: Option<u64>,
    pub(crate) known_time: bool,
}

/// Codebooks a policy takes.
#[derive(Clone, Debug)]
pub(crate) enum Codebooks {
    Any,
    Roots(Vec<Fr>),
}

/// A setup of the schemes kzg and evm, and the keys made under it.
#[derive(Clone, Debug)]
pub struct KzgSetup {
    /// Its three points.
    pub verifier: VerifierSetup,
    /// Whether it was made for tests, by somebody who could have kept its secret.
    pub insecure: bool,
    /// Keys of the schemes kzg and evm, of the statements that can be verified under it.
    pub keys: Vec<VerifierKey>,
}

impl KzgSetup {
    /// Its digest, by which bundles name it.
    pub fn id(&self) -> [u8; 32] {
        self.verifier.digest().0
    }

    /// The key of a statement under a scheme.
    pub(crate) fn key(&self, statement: &Statement, scheme: Scheme) -> Option<&VerifierKey> {
        self.keys.iter().find(|key| (key.statement(), key.scheme()) == (statement, scheme))
    }
}

/// What a proof is to be about, and the salt of its commitment. Neither is for logs.
#[derive(Clone)]
pub(crate) enum Expected {
    Blocks(Vec<(Block, Fr)>),
    Values(Vec<i64>, Fr),
    Commitment(Fr),
    Commitments(Vec<Fr>),
}

/// What the proof of a block's tags says, as far as decisions are made from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tagged {
    /// Commitment to the tag fields.
    pub commitment: Fr,
    /// Tags by bit.
    pub mask: u64,
    /// Transactions of each category.
    pub counts: [u64; CATEGORIES.len()],
}

impl fmt::Debug for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Blocks(blocks) => write!(f, "Blocks({}, hidden)", blocks.len()),
            Self::Values(..) => f.write_str("Values(hidden)"),
            Self::Commitment(commitment) => write!(f, "Commitment({commitment:?})"),
            Self::Commitments(commitments) => write!(f, "Commitments({commitments:?})"),
        }
    }
}

impl Policy {
    /// Takes proofs about blocks under these codebooks only; of proofs about no block none, unless
    /// [`and_values`](Self::and_values) or an expectation says so.
    pub fn codebooks(roots: impl IntoIterator<Item = Fr>) -> Self {
        Self::new(Codebooks::Roots(roots.into_iter().collect()))
    }

    /// Takes proofs about blocks under any codebook: the prover chooses it, and the caller has to look at
    /// [`codebook_root`](crate::BlockFacts::codebook_root) to know what the fingerprint means.
    pub fn any_codebook() -> Self {
        Self::new(Codebooks::Any)
    }

    /// Takes proofs about no block only: what models say of committed fingerprints or vectors.
    pub fn without_codebook() -> Self {
        Self::codebooks([]).and_values()
    }

    /// Takes proofs about no block, too.
    #[must_use]
    pub fn and_values(self) -> Self {
        Self { values: true, ..self }
    }

    fn new(codebooks: Codebooks) -> Self {
        Self {
            fault: None,
            codebooks,
            zone_configs: Vec::new(),
            evidence: Vec::new(),
            tagged: Vec::new(),
            zone_graphs: Vec::new(),
            values: false,
            statements: None,
            schemes: None,
            setups: Vec::new(),
            setup_ids: None,
            allow_insecure_setup: false,
            require_within_bound: false,
            heights: None,
            block_hashes: None,
            context: None,
            expected: None,
            tags_salt: Fr::zero(),
            keys: Vec::new(),
            models: Vec::new(),
            time: None,
            known_time: false,
        }
    }

    /// Takes these statements only.
    #[must_use]
    pub fn statements(mut self, statements: impl IntoIterator<Item = Statement>) -> Self {
        let again = self.statements.replace(statements.into_iter().collect()).is_some();
        self.once("statements", again)
    }

    /// Takes these schemes only.
    #[must_use]
    pub fn schemes(mut self, schemes: impl IntoIterator<Item = Scheme>) -> Self {
        let again = self.schemes.replace(schemes.into_iter().collect()).is_some();
        self.once("schemes", again)
    }

    /// Takes proofs under this setup, with its keys, too. Its keys must be of the schemes that have one, kzg and evm.
    #[must_use]
    pub fn trust_setup(self, setup: KzgSetup) -> Self {
        let again = self.setups.iter().any(|other| other.id() == setup.id());
        let mut policy = self.once("a setup", again);
        for key in &setup.keys {
            let expected = if key.scheme().has_setup() { key.scheme() } else { Scheme::Kzg };
            policy = policy.of_scheme(expected, key);
        }
        policy.setups.push(setup);
        policy
    }

    /// Takes proofs under the setups with these digests only. Each has to be given by [`trust_setup`](Self::trust_setup), too.
    #[must_use]
    pub fn setups(mut self, ids: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let again = self.setup_ids.replace(ids.into_iter().collect()).is_some();
        self.once("setups by their digests", again)
    }

    /// Takes proofs under trusted setups that are insecure, too: whoever made them can prove anything.
    #[must_use]
    pub fn allow_insecure_setup(self) -> Self {
        Self { allow_insecure_setup: true, ..self }
    }

    /// Takes analytics under the configurations behind these commitments, too, beside those under presets, which the statement names.
    #[must_use]
    pub fn zone_configs(mut self, commitments: impl IntoIterator<Item = Fr>) -> Self {
        self.zone_configs.extend(commitments);
        self
    }

    /// Takes proofs only in which all six vectors of the block, of several of each, lie within the codebook's error bound.
    #[must_use]
    pub fn require_within_bound(self) -> Self {
        Self { require_within_bound: true, ..self }
    }

    /// Takes proofs about one block only, of this height.
    #[must_use]
    pub fn expect_height(self, height: u64) -> Self {
        self.expect_heights([height])
    }

    /// Takes proofs about as many blocks only, of these heights in this order.
    #[must_use]
    pub fn expect_heights(mut self, heights: impl IntoIterator<Item = u64>) -> Self {
        let again = self.heights.replace(heights.into_iter().collect()).is_some();
        self.once("a height", again)
    }

    /// Takes proofs about one block only, the block of Ethereum with this hash, which the header beside the proof has: height,
    /// timestamp, parent hash, state root and transactions root are its, and models are judged by its timestamp. That the records are
    /// those of its transactions is another matter: see [`expect_block`](Self::expect_block).
    #[must_use]
    pub fn expect_block_hash(self, hash: [u8; 32]) -> Self {
        self.expect_block_hashes([hash])
    }

    /// Takes proofs about as many blocks only, of these hashes in this order, as [`expect_block_hash`](Self::expect_block_hash) of
    /// each.
    #[must_use]
    pub fn expect_block_hashes(mut self, hashes: impl IntoIterator<Item = [u8; 32]>) -> Self {
        let again = self.block_hashes.replace(hashes.into_iter().collect()).is_some();
        self.once("a block hash", again)
    }

    /// Takes proofs only that were made for this context.
    #[must_use]
    pub fn expect_context(mut self, context: Context) -> Self {
        let again = self.context.replace(context).is_some();
        self.once("a context", again)
    }

    /// Takes proofs about this block only, made without a salt.
    #[must_use]
    pub fn expect_block(self, block: Block) -> Self {
        self.expect_salted_block(block, Fr::zero())
    }

    /// Takes proofs about this block only, made with the salt the prover has disclosed.
    #[must_use]
    pub fn expect_salted_block(self, block: Block, salt: Fr) -> Self {
        self.expect_salted_blocks([(block, salt)])
    }

    /// Takes proofs about these blocks only, in this order and no others, made without salts.
    #[must_use]
    pub fn expect_blocks(self, blocks: impl IntoIterator<Item = Block>) -> Self {
        self.expect_salted_blocks(blocks.into_iter().map(|block| (block, Fr::zero())))
    }

    /// Takes proofs about these blocks only, in this order and no others, each with the salt of its commitment.
    #[must_use]
    pub fn expect_salted_blocks(self, blocks: impl IntoIterator<Item = (Block, Fr)>) -> Self {
        self.expect(Expected::Blocks(blocks.into_iter().collect()))
    }

    /// Salt of the commitment to the tag fields of the expected block, which a proof with rules has beside that to the block; 0 unless
    /// the prover has disclosed another.
    #[must_use]
    pub fn tags_salt(self, salt: Fr) -> Self {
        Self { tags_salt: salt, ..self }
    }

    /// Takes proofs about these values only: a fingerprint at 2⁻³², or a vector or matrix at 2⁻²⁰, committed to with that salt (0
    /// unless the prover has disclosed another).
    #[must_use]
    pub fn expect_values(self, values: Vec<i64>, salt: Fr) -> Self {
        self.and_values().expect(Expected::Values(values, salt))
    }

    /// Takes proofs about the fingerprint, vector or matrix behind this commitment only.
    #[must_use]
    pub fn expect_commitment(self, commitment: Fr) -> Self {
        self.and_values().expect(Expected::Commitment(commitment))
    }

    /// Takes decisions only from what is behind this commitment, among others: of scores, criteria, a table, centres, an index,
    /// tag fields or a fingerprint, under the name that
    /// [`DecisionFacts::commitments`](crate::DecisionFacts::commitments) gives it.
    #[must_use]
    pub fn expect_evidence(self, name: impl Into<String>, commitment: Fr) -> Self {
        let name = name.into();
        let again = self.evidence.iter().any(|(known, _)| *known == name);
        let mut policy = self.and_values().once("a commitment of a decision", again);
        policy.evidence.push((name, commitment));
        policy
    }

    /// Takes proofs about the sequence of fingerprints behind these commitments only, oldest first; of decisions those whose
    /// fingerprints they are.
    #[must_use]
    pub fn expect_commitments(self, commitments: impl IntoIterator<Item = Fr>) -> Self {
        self.and_values().expect(Expected::Commitments(commitments.into_iter().collect()))
    }

    /// Takes decisions about pending blocks only if they are these, oldest first, with the tags that are proved of them.
    pub(crate) fn expect_tagged(self, tagged: Vec<Option<Tagged>>) -> Self {
        Self { tagged, ..self }
    }

    /// Takes proofs about a matrix only if it is the graph of zones of the block, if it is one, by the commitment that is proved of it.
    pub(crate) fn expect_zone_graphs(self, zone_graphs: Vec<Option<Fr>>) -> Self {
        Self { zone_graphs, ..self }
    }

    fn expect(mut self, expected: Expected) -> Self {
        let again = self.expected.replace(expected).is_some();
        self.once("a block, values or a commitment to be about", again)
    }

    /// Notes the mistake if something of which there can be one was there before.
    fn once(self, what: &'static str, again: bool) -> Self {
        let fault = again.then_some(PolicyFault::Twice(what));
        Self { fault: self.fault.or(fault), ..self }
    }

    /// Notes the mistake if a key is of another scheme.
    fn of_scheme(self, expected: Scheme, key: &VerifierKey) -> Self {
        let found = key.scheme();
        let fault = (found != expected).then(|| PolicyFault::KeyScheme {
            statement: key.statement().clone(),
            expected,
            found,
        });
        Self { fault: self.fault.or(fault), ..self }
    }

    /// Takes what these models say, if their entries allow it: all entries of a commitment, if there are several. Without
    /// it, and of other models, no proof is taken.
    #[must_use]
    pub fn models(mut self, models: impl IntoIterator<Item = RegisteredModel>) -> Self {
        self.models.extend(models);
        self
    }

    /// The time, in seconds since 1970, at which models must be valid in proofs that are about no block.
    #[must_use]
    pub fn at_time(mut self, time: u64) -> Self {
        let again = self.time.replace(time).is_some();
        self.once("a time", again)
    }

    /// A block's timestamp is its prover's word unless the block is the expected one. With this, models must be valid at the
    /// time of [`at_time`](Self::at_time) in proofs about other blocks, too; without one, none is that has a first or last
    /// second.
    #[must_use]
    pub fn require_known_time(self) -> Self {
        Self { known_time: true, ..self }
    }

    /// Takes proofs of the transparent scheme under this key too, for statements without a pinned one. Keys of the other schemes
    /// come with their setup: see [`KzgSetup::keys`].
    #[must_use]
    pub fn trust_key(self, key: VerifierKey) -> Self {
        let mut policy = self.of_scheme(Scheme::Transparent, &key);
        policy.keys.push(key);
        policy
    }
}
