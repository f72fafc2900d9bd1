//! What the caller asks for. Nothing in a bundle can loosen it.

use foldproof_circuits::block::Block;
use foldproof_circuits::statement::Statement;
use foldproof_params::kzg::VerifierSetup;
use halo2curves::bn256::Fr;

use crate::key::VerifierKey;
use crate::scheme::Scheme;

/// What the caller asks of a bundle.
///
/// There is no policy without a word on codebooks: a proof is worth nothing to whom any codebook will do without
/// his knowing it. Everything else has a default: all statements, the transparent scheme and any setup trusted by
/// [`trust_setup`](Self::trust_setup), no demand on the error bound or the block.
#[derive(Clone, Debug)]
pub struct Policy {
    pub(crate) codebooks: Codebooks,
    pub(crate) statements: Vec<Statement>,
    pub(crate) schemes: Vec<Scheme>,
    pub(crate) setups: Vec<KzgSetup>,
    pub(crate) allow_insecure_setup: bool,
    pub(crate) require_within_bound: bool,
    pub(crate) height: Option<u64>,
    pub(crate) block: Option<ExpectedBlock>,
}

/// Codebooks a policy takes.
#[derive(Clone, Debug)]
pub(crate) enum Codebooks {
    Any,
    Roots(Vec<Fr>),
}

/// A setup of the kzg scheme, and the keys made under it.
#[derive(Clone, Debug)]
pub struct KzgSetup {
    /// Its three points.
    pub verifier: VerifierSetup,
    /// Whether it was made for tests, by somebody who could have kept its secret.
    pub insecure: bool,
    /// Keys of the statements that can be verified under it.
    pub keys: Vec<VerifierKey>,
}

impl KzgSetup {
    /// Its digest, by which bundles name it.
    pub fn id(&self) -> [u8; 32] {
        self.verifier.digest().0
    }

    /// The key of a statement.
    pub(crate) fn key(&self, statement: Statement) -> Option<&VerifierKey> {
        self.keys.iter().find(|key| key.statement() == statement && key.scheme() == Scheme::Kzg)
    }
}

/// The block a proof is to be about, and the salt of its commitments.
#[derive(Clone, Debug)]
pub(crate) struct ExpectedBlock {
    pub(crate) block: Block,
    pub(crate) salt: Fr,
}

impl Policy {
    /// Takes proofs under these codebooks only.
    pub fn codebooks(roots: impl IntoIterator<Item = Fr>) -> Self {
        Self::new(Codebooks::Roots(roots.into_iter().collect()))
    }

    /// Takes proofs under any codebook: the prover chooses it, and the caller has to look at
    /// [`codebook_root`](crate::Verified::codebook_root) to know what the fingerprint means.
    pub fn any_codebook() -> Self {
        Self::new(Codebooks::Any)
    }

    fn new(codebooks: Codebooks) -> Self {
        Self {
            codebooks,
            statements: Statement::ALL.to_vec(),
            schemes: Scheme::ALL.to_vec(),
            setups: Vec::new(),
            allow_insecure_setup: false,
            require_within_bound: false,
            height: None,
            block: None,
        }
    }

    /// Takes these statements only.
    #[must_use]
    pub fn statements(self, statements: impl IntoIterator<Item = Statement>) -> Self {
        Self { statements: statements.into_iter().collect(), ..self }
    }

    /// Takes these schemes only.
    #[must_use]
    pub fn schemes(self, schemes: impl IntoIterator<Item = Scheme>) -> Self {
        Self { schemes: schemes.into_iter().collect(), ..self }
    }

    /// Takes proofs under this setup too.
    #[must_use]
    pub fn trust_setup(mut self, setup: KzgSetup) -> Self {
        self.setups.push(setup);
        self
    }

    /// Takes proofs under trusted setups that are insecure, too: whoever made them can prove anything.
    #[must_use]
    pub fn allow_insecure_setup(self) -> Self {
        Self { allow_insecure_setup: true, ..self }
    }

    /// Takes proofs only in which all six vectors lie within the codebook's error bound.
    #[must_use]
    pub fn require_within_bound(self) -> Self {
        Self { require_within_bound: true, ..self }
    }

    /// Takes proofs about this height only.
    #[must_use]
    pub fn expect_height(self, height: u64) -> Self {
        Self { height: Some(height), ..self }
    }

    /// Takes proofs about this block only, made without a salt.
    #[must_use]
    pub fn expect_block(self, block: Block) -> Self {
        self.expect_salted_block(block, Fr::zero())
    }

    /// Takes proofs about this block only, made with the salt the prover has disclosed.
    #[must_use]
    pub fn expect_salted_block(self, block: Block, salt: Fr) -> Self {
        Self { block: Some(ExpectedBlock { block, salt }), ..self }
    }
}
