//! Proving: lay out, commit, open, and verify what was made before anyone else sees it.

use std::sync::Arc;
use std::{fmt, io};

use foldproof_circuits::block::Block;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::decision::CODEBOOK;
use foldproof_circuits::evidence::Evidence;
use foldproof_circuits::layout::{Layout, LayoutError};
use foldproof_circuits::model::Head;
use foldproof_circuits::models::ModelRef;
use foldproof_circuits::pipeline::Fingerprint;
use foldproof_circuits::stages::commit::{Salts, fingerprint};
use foldproof_circuits::statement::{
    Centroids, Core, FINGERPRINT, Oversize, Size, Statement, StatementError, Subject,
};
use foldproof_circuits::zone_config::ZoneConfig;
use foldproof_verifier::{
    BlockHeader, Bundle, Context, KzgSetup, Policy, RegisteredGraph, RegisteredModel, RegisteredShape,
    SchemeClaim, Status, Verified, verify,
};
use halo2curves::bn256::Fr;
use rand::rngs::OsRng;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use crate::cancel::Cancel;
use crate::keys::{KeyError, KeyStore, Keys, Parameters};
use crate::plonk::{Phase, Profile, Transcript, Watch, create_proof};

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProveError {
    /// No circuit holds the block.
    #[error("{0}")]
    Oversize(Oversize),
    /// No circuit holds each of several blocks.
    #[error("no size of circuit holds all of these blocks: prove them one by one")]
    Apart,
    /// No statement is about such a subject and such models.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// Block, values or models do not fit the statement.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// No keys.
    #[error(transparent)]
    Keys(KeyError),
    /// Somebody asked for it ([`Cancel`]).
    #[error("cancelled before the proof was made")]
    Cancelled,
    /// The proof system failed.
    #[error("proving: {0}")]
    Plonk(#[from] io::Error),
    /// The proof does not verify: nothing was written. This is a defect of the program or the machine.
    #[error("the proof that was made does not verify ({0}); nothing was written")]
    SelfCheck(#[from] foldproof_verifier::Error),
}

impl From<KeyError> for ProveError {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::Cancelled => Self::Cancelled,
            error => Self::Keys(error),
        }
    }
}

/// What a proof is about. Its `Debug` form says which, and nothing of what is in it.
#[derive(Clone, Copy)]
pub enum Witness<'a> {
    /// A block, under a codebook.
    Block {
        /// The block.
        block: &'a Block,
        /// The codebook.
        codebook: &'a Codebook,
        /// The configuration of the analytics, if the statement commits to one.
        config: Option<&'a ZoneConfig>,
        /// Salts of its commitments.
        salts: &'a Salts,
    },
    /// A fingerprint at 2⁻³², or another vector or matrix at 2⁻²⁰.
    Values {
        /// As many as the models take.
        values: &'a [i64],
        /// Salt of their commitment.
        salt: Fr,
    },
    /// Several blocks, in order.
    Blocks {
        /// As many as the statement is about.
        blocks: &'a [Block],
        /// The codebook.
        codebook: &'a Codebook,
        /// Salts of the commitments of each.
        salts: &'a [Salts],
    },
    /// What a decision is made from.
    Decision {
        /// Suits the statement.
        evidence: &'a Evidence,
        /// Salt of each commitment; that of a codebook is not read.
        salts: &'a [Fr],
    },
    /// Fingerprints, oldest first.
    Sequence {
        /// One after another.
        values: &'a [i64],
        /// Salt of each commitment.
        salts: &'a [Fr],
    },
}

impl fmt::Debug for Witness<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Block { block, .. } => write!(f, "Block({} transactions)", block.transactions.len()),
            Self::Blocks { blocks, .. } => write!(f, "Blocks({})", blocks.len()),
            Self::Values { values, .. } => write!(f, "Values({} numbers)", values.len()),
            Self::Decision { evidence, .. } => write!(f, "Decision({:?})", evidence.decision()),
            Self::Sequence { salts, .. } => write!(f, "Sequence({} fingerprints)", salts.len()),
        }
    }
}

/// What a bundle is bound to beside what is proved.
#[derive(Clone, Debug, Default)]
pub struct Binding {
    /// What the proof is made for.
    pub context: Option<Context>,
    /// Headers of the blocks it is about, one for each in their order, or none.
    pub headers: Vec<BlockHeader>,
}

impl<'a> Witness<'a> {
    /// The blocks it is about, in order, each with its salts, and their codebook; nothing if it is about values.
    pub(crate) fn blocks(&self) -> Option<(Vec<(&'a Block, &'a Salts)>, &'a Codebook)> {
        match *self {
            Self::Block { block, codebook, salts, .. } => Some((vec![(block, salts)], codebook)),
            Self::Blocks { blocks, codebook, salts } => Some((blocks.iter().zip(salts).collect(), codebook)),
            Self::Values { .. } | Self::Sequence { .. } | Self::Decision { .. } => None,
        }
    }
}

/// A proof that has been verified.
#[derive(Clone, Debug)]
pub struct Proved {
    /// What to give away.
    pub bundle: Bundle,
    /// What it claims about each block, in order, if it is about one or several.
    pub fingerprints: Vec<Fingerprint>,
    /// What the verifier made of it.
    pub verified: Verified,
    /// How long it took, without keys and verification.
    pub profile: Profile,
}

/// The statement that proves `block` under a codebook of that shape, and what `models` say of it: the smallest that fits.
///
/// # Errors
/// If none does.
pub fn statement_for<'m>(
    block: &Block,
    codebook: &Codebook,
    models: &[impl Copy + Into<ModelRef<'m>>],
) -> Result<Statement, ProveError> {
    let size = Size::for_block(block).map_err(ProveError::Oversize)?;
    // A codebook has 64 or 256 centroids by construction.
    let centroids = Centroids::from_count(codebook.len()).unwrap_or(Centroids::K256);
    let shapes = models.iter().map(|model| (*model).into().shape());
    Ok(Statement::new(Subject::Block(Core { size, centroids }), shapes)?)
}

/// The statement that proves blocks together under a codebook of that shape, from the sizes that hold each of them (see
/// [`Size::all_for`]): the smallest that is among all of these.
///
/// # Errors
/// If there are too few or too many blocks, no size holds them all, or no circuit so many of it.
pub fn statement_together(sizes: &[Vec<Size>], codebook: &Codebook) -> Result<Statement, ProveError> {
    let common = Size::ALL.into_iter().find(|size| sizes.iter().all(|of_one| of_one.contains(size)));
    let size = common.ok_or(ProveError::Apart)?;
    let centroids = Centroids::from_count(codebook.len()).unwrap_or(Centroids::K256);
    Ok(Statement::of_blocks(Core { size, centroids }, sizes.len())?)
}

/// Proves `statement` about a block or values, with what `models` say of it, and verifies the proof.
///
/// # Errors
/// If the statement does not fit, keys cannot be had, or anything fails on the way.
pub fn prove<'m>(
    key_store: &mut KeyStore<'_>,
    statement: &Statement,
    witness: &Witness<'_>,
    models: &[impl Copy + Into<ModelRef<'m>>],
) -> Result<Proved, ProveError> {
    Prover::new(key_store, statement)?.prove(witness, models, &Binding::default())
}

/// What proofs of one statement are made and checked with. Several threads may use it at once.
#[derive(Clone, Debug)]
pub struct Prover {
    pub(crate) keys: Arc<Keys>,
    pub(crate) scheme: SchemeClaim,
    trusted: Option<KzgSetup>,
    cancel: Cancel,
    watch: Option<Watch>,
}

impl Prover {
    /// With keys from a key store.
    ///
    /// # Errors
    /// If keys cannot be had, or the setup cannot blind proofs of this size.
    pub fn new(key_store: &mut KeyStore<'_>, statement: &Statement) -> Result<Self, KeyError> {
        if let Some(setup) = key_store.setup() {
            setup.check_proves(statement.k()).map_err(KeyError::from)?;
        }
        let keys = Arc::clone(key_store.keys(statement)?);
        let (scheme, trusted) = (key_store.scheme_claim(), key_store.trusted());
        Ok(Self { keys, scheme, trusted, cancel: key_store.cancel().clone(), watch: None })
    }

    /// `heard` is told of the phases of proofs as they end.
    #[must_use]
    pub fn on_phase(self, heard: impl Fn(Phase) + Send + Sync + 'static) -> Self {
        Self { watch: Some(Watch::new(heard)), ..self }
    }

    /// Proves with the threads of the pool it is called in, and verifies the proof.
    ///
    /// # Errors
    /// If the statement does not fit, or anything fails on the way.
    pub fn prove<'m>(
        &self,
        witness: &Witness<'_>,
        models: &[impl Copy + Into<ModelRef<'m>>],
        binding: &Binding,
    ) -> Result<Proved, ProveError> {
        let models: Vec<ModelRef<'m>> = models.iter().map(|model| (*model).into()).collect();
        let models = &models[..];
        let statement = &self.keys.statement;
        let mut profile = Profile::watched(self.watch.clone(), self.cancel.clone());
        let (laid_out, ()) =
            rayon::join(|| lay_out(statement, witness, models), || self.keys.parameters.prepare());
        let (layout, fingerprints) = laid_out?;
        let instance = layout.instance();
        let context = binding.context.map(Context::number);
        let rows: Vec<Fr> = instance.rows().into_iter().copied().chain(context).collect();
        profile.end(Phase::Layout);
        let proof = match prove_layout(&self.keys, layout, &rows, &mut profile) {
            Err(_) if self.cancel.is_cancelled() => return Err(ProveError::Cancelled),
            proof => proof?,
        };
        let digest = self.keys.verifying.digest();
        let mut bundle = Bundle::new(statement.clone(), self.scheme, digest, instance, proof)?;
        if let Some(context) = binding.context {
            bundle = bundle.with_context(context);
        }
        if !binding.headers.is_empty() {
            bundle = bundle.with_headers(binding.headers.iter().cloned())?;
        }
        let verified = verify(&bundle, &self.own_policy(witness, models))?;
        Ok(Proved { bundle, fingerprints, verified, profile })
    }

    /// A policy that accepts what this witness proves, and nothing else.
    pub(crate) fn own_policy(&self, witness: &Witness<'_>, models: &[ModelRef<'_>]) -> Policy {
        let policy = match witness {
            Witness::Block { codebook, .. } | Witness::Blocks { codebook, .. } => {
                let root = foldproof_circuits::stages::commit::codebook(codebook);
                let blocks = witness.blocks().into_iter().flat_map(|(blocks, _)| blocks);
                let blocks = blocks.map(|(block, salts)| (block.clone(), salts.block));
                let policy = Policy::codebooks([root]).expect_salted_blocks(blocks);
                match witness {
                    Witness::Block { config, salts, .. } => {
                        policy.zone_configs(config.map(ZoneConfig::commitment)).tags_salt(salts.tags)
                    }
                    _ => policy,
                }
            }
            Witness::Values { values, salt } => {
                Policy::without_codebook().expect_values(values.to_vec(), *salt)
            }
            Witness::Decision { evidence, salts } => {
                // What does not fit the size was not laid out.
                let commitments = evidence.commitments(salts).unwrap_or_default();
                let named: Vec<_> = evidence.decision().commitments().iter().zip(commitments).collect();
                let roots = named.iter().filter(|(name, _)| **name == CODEBOOK).map(|(_, root)| *root);
                let policy = Policy::codebooks(roots).and_values();
                named.iter().fold(policy, |policy, (name, found)| policy.expect_evidence(**name, *found))
            }
            Witness::Sequence { values, salts } => {
                let fingerprints = values.chunks(FINGERPRINT).zip(*salts);
                let commitments = fingerprints.map(|(values, salt)| fingerprint(values, *salt));
                Policy::without_codebook().expect_commitments(commitments)
            }
        };
        let policy = policy.statements([self.keys.statement.clone()]);
        let policy = policy.models(models.iter().map(|model| entry(*model, "own", "")));
        match &self.trusted {
            Some(trusted) => policy.trust_setup(trusted.clone()).allow_insecure_setup(),
            None => policy.trust_key(self.keys.verifying.clone()),
        }
    }
}

/// A witness laid out, with the fingerprints of its blocks.
pub(crate) fn lay_out(
    statement: &Statement,
    witness: &Witness<'_>,
    models: &[ModelRef<'_>],
) -> Result<(Layout, Vec<Fingerprint>), LayoutError> {
    let without = |layout| (layout, Vec::new());
    match witness {
        Witness::Block { block, codebook, config, salts } => {
            let (layout, fingerprint) =
                Layout::of_block_under(statement, block, codebook, *config, salts, models)?;
            Ok((layout, vec![fingerprint]))
        }
        Witness::Blocks { blocks, codebook, salts } => {
            let blocks: Vec<_> = blocks.iter().zip(*salts).collect();
            Layout::of_blocks(statement, &blocks, codebook)
        }
        Witness::Values { values, salt } => Layout::of_values(statement, values, *salt, models).map(without),
        Witness::Decision { evidence, salts } => Layout::of_decision(statement, evidence, salts).map(without),
        Witness::Sequence { values, salts } => {
            Layout::of_sequence(statement, values, salts, models).map(without)
        }
    }
}

/// The registry entry of a model, active and without end.
pub fn entry<'m>(model: impl Into<ModelRef<'m>>, name: &str, version: &str) -> RegisteredModel {
    let model = model.into();
    let commitment = model.commitment();
    let (shape, labels, fraction_bits) = match model {
        ModelRef::Dense(model) => {
            let head = model.head();
            let unit = (model.shape().head() == Head::Anomaly).then_some(head.fraction_bits);
            (model.shape().into(), head.labels.clone(), unit)
        }
        ModelRef::Graph(model, _) => {
            let shape = RegisteredGraph::new(model.graph(), model.heads().to_vec());
            (RegisteredShape::Graph(shape), Vec::new(), None)
        }
    };
    RegisteredModel {
        name: name.to_owned(),
        version: version.to_owned(),
        shape,
        commitment,
        labels,
        fraction_bits,
        status: Status::Active,
        valid_from: None,
        valid_until: None,
    }
}

/// The proof itself.
fn prove_layout(keys: &Keys, layout: Layout, rows: &[Fr], profile: &mut Profile) -> io::Result<Vec<u8>> {
    let rng = &mut ChaCha20Rng::from_rng(OsRng).map_err(io::Error::other)?;
    let transcript = Transcript::new(keys.verifying.scheme());
    match &keys.parameters {
        Parameters::Transparent(params) => {
            create_proof(params, &keys.proving, layout, rows, transcript, rng, profile)
        }
        Parameters::Kzg(params) => {
            create_proof(params, &keys.proving, layout, rows, transcript, rng, profile)
        }
    }
}
