//! What a verified proof says: facts about what it is about, and hints of models, kept apart.

use foldproof_circuits::decision::Decision;
use foldproof_circuits::findings::Findings;
use foldproof_circuits::public::{BlockInputs, Instance, Root};
use foldproof_circuits::ruling::Ruling;
use foldproof_circuits::stages::fold::VECTORS;
use foldproof_circuits::statement::{ModelShape, Statement};
use halo2curves::bn256::Fr;

use crate::context::Context;
use crate::error::Error;
use crate::heads::HeadOpinion;
use crate::scalar::to_u128;
use crate::scheme::Scheme;

/// The claims of a proof that has been verified. Only [`verify`](crate::verify()) and
/// [`verify_batch`](crate::verify_batch) make one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    pub(crate) statement: Statement,
    pub(crate) scheme: Scheme,
    pub(crate) setup: Option<[u8; 32]>,
    pub(crate) key_digest: [u8; 32],
    pub(crate) insecure_setup: bool,
    pub(crate) instance: Instance,
    pub(crate) context: Option<Context>,
    pub(crate) facts: Facts,
    pub(crate) hints: Vec<Hint>,
}

/// What is proved about the subject of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "one per proof")]
pub enum Facts {
    /// A block.
    Block(BlockFacts),
    /// Several blocks, in the order of the statement, no two of them the same.
    Blocks(Vec<BlockFacts>),
    /// Values behind a commitment: a fingerprint, or a vector or matrix of another kind.
    Values(ValuesFacts),
    /// Fingerprints, each behind a commitment of its own.
    Sequence(SequenceFacts),
    /// What is decided by rule from committed values.
    Decision(DecisionFacts),
}

/// What is proved about a block: public inputs as what they mean. They are in range, which the circuit proves as well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlockFacts {
    pub(crate) inputs: BlockInputs<Fr>,
    pub(crate) height: u64,
    pub(crate) timestamp: u64,
    pub(crate) roots: [[u8; 32]; 3],
    pub(crate) within_bound: [bool; VECTORS],
    pub(crate) matched: bool,
    pub(crate) block_hash: Option<[u8; 32]>,
    pub(crate) hash_matched: bool,
    pub(crate) findings: Option<Findings>,
}

/// What is proved about values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValuesFacts {
    pub(crate) commitment: Fr,
    pub(crate) matched: bool,
}

impl ValuesFacts {
    /// Commitment to the values. That of a fingerprint is the fold commitment of the block it comes from, and that of a graph of zones
    /// the block's [`zone_graph_commitment`](BlockFacts::zone_graph_commitment), if it comes from one: this proof does not say so.
    pub fn commitment(&self) -> Fr {
        self.commitment
    }

    /// Whether the values are those the policy held, and not merely some values.
    pub fn matched(&self) -> bool {
        self.matched
    }
}

/// What is proved about a sequence of fingerprints.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SequenceFacts {
    pub(crate) commitments: Vec<Fr>,
    pub(crate) matched: bool,
}

impl SequenceFacts {
    /// Commitments to the fingerprints, oldest first. Each is the fold commitment of the block its fingerprint comes from, if it
    /// comes from one: this proof does not say so, nor that those blocks follow each other.
    pub fn commitments(&self) -> &[Fr] {
        &self.commitments
    }

    /// Whether the commitments are those the policy held, and not merely some.
    pub fn matched(&self) -> bool {
        self.matched
    }
}

/// What is decided by rule from committed values. It is a fact about what is behind the commitments, and says nothing of where that
/// comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecisionFacts {
    pub(crate) decision: Decision,
    pub(crate) commitments: Vec<Fr>,
    pub(crate) matched: Vec<bool>,
    pub(crate) ruling: Ruling,
}

impl DecisionFacts {
    /// What it is decided from: of each commitment its name, the commitment, and whether it is one the policy held, and not merely
    /// some. That to a codebook is one of the policy's roots.
    pub fn commitments(&self) -> impl Iterator<Item = (&'static str, Fr, bool)> {
        let names = self.decision.commitments().iter();
        names
            .zip(&self.commitments)
            .zip(&self.matched)
            .map(|((name, found), matched)| (*name, *found, *matched))
    }

    /// Whether all of them are.
    pub fn matched(&self) -> bool {
        !self.matched.contains(&false)
    }

    /// What is decided.
    pub fn ruling(&self) -> &Ruling {
        &self.ruling
    }
}

/// What a registered model says: proved to be its output, which is not to say that it is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) shape: ModelShape,
    pub(crate) commitment: Fr,
    pub(crate) fraction_bits: Option<u8>,
    pub(crate) opinion: Opinion,
}

/// The output of a model's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opinion {
    /// The labels it gives.
    Tags(Vec<String>),
    /// How far the fingerprint is from what the model reconstructs.
    Anomaly {
        /// Sum of squared differences, in the model's units.
        score: u64,
        /// Least score that the model flags.
        threshold: u64,
    },
    /// The class it chooses.
    Class {
        /// Which one.
        index: usize,
        /// Its name.
        label: String,
    },
    /// Each output with its name, in units of 2^−[fraction_bits](Hint::fraction_bits). The ends of 16 bits stand for everything
    /// beyond them.
    Values(Vec<(String, i32)>),
    /// What each head of a graph says, in the order of the graph.
    Graph(Vec<HeadOpinion>),
}

impl Opinion {
    /// Whether an anomaly is flagged, of a graph by any of its heads. Tags, classes and values flag nothing, nor do they say that all is well: of them, `None`.
    pub fn flagged(&self) -> Option<bool> {
        match self {
            Self::Anomaly { score, threshold } => Some(score >= threshold),
            Self::Tags(_) | Self::Class { .. } | Self::Values(_) => None,
            Self::Graph(heads) => {
                let flags: Vec<bool> = heads.iter().filter_map(HeadOpinion::flagged).collect();
                (!flags.is_empty()).then(|| flags.contains(&true))
            }
        }
    }
}

impl Hint {
    /// Name of the model in the registry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Version of the model in the registry.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Commitment to the model.
    pub fn commitment(&self) -> Fr {
        self.commitment
    }

    /// Shape of the model.
    pub fn shape(&self) -> &ModelShape {
        &self.shape
    }

    /// Fraction bits of the model's outputs. Of values the proof says them; of others the registry, if it does: a score is in units
    /// of those outputs squared.
    pub fn fraction_bits(&self) -> Option<u8> {
        self.fraction_bits
    }

    /// What it says.
    pub fn opinion(&self) -> &Opinion {
        &self.opinion
    }
}

impl BlockFacts {
    pub(crate) fn new(inputs: &BlockInputs<Fr>) -> Result<Self, Error> {
        let BlockInputs {
            block_commitment: _,
            fold_commitment: _,
            pq_commitment: _,
            codebook_root: _,
            height,
            timestamp,
            prev_state_root,
            new_state_root,
            tx_root,
            within_bound,
        } = inputs;
        let root = |claim, Root { high, low }: &Root<Fr>| -> Result<[u8; 32], Error> {
            Ok(Root { high: integer(claim, high, 128)?, low: integer(claim, low, 128)? }.to_bytes())
        };
        let mask: u64 = integer("within bound", within_bound, 6)?;
        Ok(Self {
            inputs: *inputs,
            height: integer("height", height, 53)?,
            timestamp: integer("timestamp", timestamp, 53)?,
            roots: [
                root("previous state root", prev_state_root)?,
                root("new state root", new_state_root)?,
                root("transactions root", tx_root)?,
            ],
            within_bound: std::array::from_fn(|vector| mask & (1 << vector) != 0),
            matched: false,
            block_hash: None,
            hash_matched: false,
            findings: None,
        })
    }

    /// Whether it is the block the policy held, and not merely some block.
    pub fn matched(&self) -> bool {
        self.matched
    }

    /// Hash of the block, computed from its header beside the proof, if there is one and height, timestamp and the three roots are its:
    /// the previous state root is then the hash of the parent. Anybody can make up a header, so that this is to be compared with a
    /// hash that is known from elsewhere, by the policy ([`expect_block_hash`](crate::Policy::expect_block_hash)) or the caller.
    /// The block's records are not compared with its transactions.
    pub fn block_hash(&self) -> Option<[u8; 32]> {
        self.block_hash
    }

    /// Whether that is the hash the policy named.
    pub fn block_hash_matched(&self) -> bool {
        self.hash_matched
    }

    /// What is found in the block by rule, if the statement has analytics.
    pub fn findings(&self) -> Option<&Findings> {
        self.findings.as_ref()
    }

    /// Commitment to the graph of the block's zones, if the statement has the part `graph`: that of the input of a model that is proved
    /// about this graph, see [`History`](crate::History).
    pub fn zone_graph_commitment(&self) -> Option<Fr> {
        self.findings.as_ref().and_then(|findings| findings.zone_graph)
    }

    /// Height of the block.
    pub fn height(&self) -> u64 {
        self.height
    }

    /// Timestamp of the block, in seconds.
    pub fn timestamp(&self) -> u64 {
        self.timestamp
    }

    /// State root before the block: attested by the prover, bound to the block commitment.
    pub fn prev_state_root(&self) -> [u8; 32] {
        let [root, _, _] = self.roots;
        root
    }

    /// State root after the block: attested by the prover, bound to the block commitment.
    pub fn new_state_root(&self) -> [u8; 32] {
        let [_, root, _] = self.roots;
        root
    }

    /// Root of the transactions: attested by the prover, bound to the block commitment.
    pub fn tx_root(&self) -> [u8; 32] {
        let [_, _, root] = self.roots;
        root
    }

    /// Commitment to the block, at the size of the statement.
    pub fn block_commitment(&self) -> Fr {
        self.inputs.block_commitment
    }

    /// Commitment to the 96 folded values.
    pub fn fold_commitment(&self) -> Fr {
        self.inputs.fold_commitment
    }

    /// Commitment to the 24 indices of the fingerprint.
    pub fn pq_commitment(&self) -> Fr {
        self.inputs.pq_commitment
    }

    /// Root of the codebook the fingerprint is made with.
    pub fn codebook_root(&self) -> Fr {
        self.inputs.codebook_root
    }

    /// Vector by vector (mean, deviation, four components): whether it lies within the codebook's error bound.
    pub fn within_bound(&self) -> [bool; VECTORS] {
        self.within_bound
    }
}

/// A field element as an integer of at most `bits` bits.
pub(crate) fn integer<T: TryFrom<u128>>(claim: &'static str, found: &Fr, bits: u32) -> Result<T, Error> {
    to_u128(found)
        .filter(|value| value.checked_shr(bits).unwrap_or(0) == 0)
        .and_then(|value| value.try_into().ok())
        .ok_or(Error::ClaimRange { claim, bits, found: *found })
}

impl Verified {
    /// What was proved.
    pub fn statement(&self) -> &Statement {
        &self.statement
    }

    /// How it was proved.
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// Digest of the setup that the proof rests on, for kzg and evm: one of those the policy trusts.
    pub fn setup(&self) -> Option<[u8; 32]> {
        self.setup
    }

    /// Digest of the verifying key that the proof was checked with.
    pub fn key_digest(&self) -> [u8; 32] {
        self.key_digest
    }

    /// Whether the proof rests on a setup whose secret somebody knows, which the policy allowed.
    pub fn insecure_setup(&self) -> bool {
        self.insecure_setup
    }

    /// The public inputs as they are proved.
    pub fn instance(&self) -> &Instance {
        &self.instance
    }

    /// What the proof was made for: a public input that no gate reads, and means what prover and verifier agree on.
    pub fn context(&self) -> Option<Context> {
        self.context
    }

    /// What is proved about the subject.
    pub fn facts(&self) -> &Facts {
        &self.facts
    }

    /// What is proved about the block, if the statement is about one and no more: of several none is *the* block, and whoever
    /// took the first would miss the others. See [`blocks`](Self::blocks).
    pub fn block(&self) -> Option<&BlockFacts> {
        match &self.facts {
            Facts::Block(block) => Some(block),
            Facts::Blocks(_) | Facts::Values(_) | Facts::Sequence(_) | Facts::Decision(_) => None,
        }
    }

    /// What is proved about each block, in order, if the statement is about one or several; else nothing.
    pub fn blocks(&self) -> &[BlockFacts] {
        match &self.facts {
            Facts::Block(block) => std::slice::from_ref(block),
            Facts::Blocks(blocks) => blocks,
            Facts::Values(_) | Facts::Sequence(_) | Facts::Decision(_) => &[],
        }
    }

    /// Hash of each block, in order, by the headers beside the proof; nothing without them, or without blocks. Made-up headers have
    /// hashes, too: see [`BlockFacts::block_hash`].
    pub fn block_hashes(&self) -> Vec<[u8; 32]> {
        self.blocks().iter().filter_map(BlockFacts::block_hash).collect()
    }

    /// What registered models say, in the order of the statement. Never a part of the facts.
    pub fn hints(&self) -> &[Hint] {
        &self.hints
    }
}
