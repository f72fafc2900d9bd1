//! What is attacked: honest proofs of real circuits, each made once per process, and the policies of a user.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use foldproof_circuits::assignment::Lies;
use foldproof_circuits::block::{Block, Number};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::{ModelRef, QuantisedModel};
use foldproof_circuits::public::PublicInputs;
use foldproof_circuits::stages::commit::{self, Salts};
use foldproof_circuits::statement::{Core, FINGERPRINT, ModelShape, Statement};
use foldproof_circuits::testing::samples::{self, Numbers};
use foldproof_params::kzg::{Setup, insecure_test_setup};
use foldproof_prover::keys::{KeyStore, Keys};
use foldproof_prover::pins;
use foldproof_prover::prove::entry;
use foldproof_verifier::{
    Bundle, Error, KzgSetup, Policy, RegisteredModel, Scheme, SchemeClaim, SetupClaim, VerifierKey,
};
use halo2curves::bn256::Fr;
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;

use crate::encoding::{Element, split};
use crate::malicious::{Forgery, Proof};
use crate::tally::refused;

/// Statements of seconds: every kind of subject and head, k = 11.
pub const VALUES: [&str; 4] = [
    "fingerprint+tags-96-5-3-a8",
    "vector-3+class-3-4l-3-a8",
    "vector-2+anomaly-2-3-2-w12",
    "vector-2+values-2-3-2",
];
/// Of the models that ship with the project and are graphs, a recurrent one first: k = 13.
pub static GRAPHS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let alone = |model: &QuantisedModel| Statement::new(model.shape().subject(), [model.shape()]);
    pins::graphs().iter().map(|model| alone(model).unwrap().name()).collect()
});
/// About a block, k = 13.
pub const BLOCK: &str = "core-small-64";
/// About a block and a model, k = 13.
pub const BOTH: &str = "core-small-64+tags-96-5-3-a8";
/// About two blocks, k = 14: in the normal run under one scheme only.
pub const TOGETHER: &str = "core-small-64x2";

/// About a block, and what is found in it by rule, k = 14: in the normal run under one scheme only.
pub const ANALYTICS: &str = "core-small-64+analytics.zonetags";
/// The same under another configuration: a circuit with other constants.
pub const OTHER_ANALYTICS: &str = "core-small-64+analytics.eth.zonetags";

/// Every exhibit.
pub fn all() -> Vec<Arc<Exhibit>> {
    [named(&VALUES), graphs(), named(&[BLOCK, BOTH, TOGETHER, ANALYTICS])].concat()
}

/// The exhibits of the normal run.
pub fn some() -> Vec<Arc<Exhibit>> {
    let mut some = named(&[VALUES[0], VALUES[1], &GRAPHS[0], BLOCK]);
    some.extend([TOGETHER, ANALYTICS].map(|name| exhibit(name, Scheme::Kzg)));
    some
}

/// The exhibits of graphs.
pub fn graphs() -> Vec<Arc<Exhibit>> {
    named(&GRAPHS.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Of these statements, under all schemes.
pub fn named(names: &[&str]) -> Vec<Arc<Exhibit>> {
    let under = |name: &&str| Scheme::ALL.map(|scheme| exhibit(name, scheme));
    names.iter().flat_map(under).collect()
}

/// A statement under a scheme, with an honest proof.
pub struct Exhibit {
    pub statement: Statement,
    pub scheme: Scheme,
    pub witness: Witness,
    pub layout: Layout,
    pub keys: &'static Keys,
    pub bundle: Bundle,
    pub proof: Proof,
}

/// What a proof is about.
#[derive(Clone)]
pub struct Witness {
    pub models: Vec<QuantisedModel>,
    pub subject: Subject,
}

#[derive(Clone)]
pub enum Subject {
    Block(Box<Block>, Box<Codebook>, Salts),
    Blocks(Vec<(Block, Salts)>, Box<Codebook>),
    Values(Vec<i64>, Fr),
    Sequence(Vec<i64>, Vec<Fr>),
}

impl Witness {
    /// Two witnesses of a statement: blocks differ in one amount each, vectors in everything; codebook and models are the same.
    pub fn new(statement: &Statement, other: bool) -> Self {
        let model = |(seed, shape): (u64, &ModelShape)| match shape {
            ModelShape::Dense(shape) => samples::model(*shape, seed, Numbers::Random).into(),
            ModelShape::Graph(_) => {
                pins::graphs().iter().find(|model| model.shape() == *shape).unwrap().clone()
            }
        };
        let models: Vec<QuantisedModel> = (1..).zip(statement.models()).map(model).collect();
        let block = |seed| {
            let mut block = samples::block(seed, 30, 20, 3);
            if other {
                block.transactions[0].amount = Number::saturating(123_456);
            }
            block
        };
        // With analytics one under which zones overlap.
        let drawn = if statement.analytics().is_some() { samples::close_codebook } else { samples::codebook };
        let codebook = |core: Core| Box::new(drawn(2, core.centroids.count()));
        let subject = match statement.blocks() {
            Some((core, 1)) => {
                Subject::Block(Box::new(block(1)), codebook(core), Salts::from_secret(Fr::from(5)))
            }
            Some((core, count)) => {
                let salts = (0..).map(|place| Salts::of_place(Fr::from(5), place));
                Subject::Blocks((1..).map(block).zip(salts).take(count).collect(), codebook(core))
            }
            None => {
                let length = models[0].shape().inputs();
                let values = samples::values(length, 7 + u64::from(other), Numbers::Random);
                match statement.subject().commitments() {
                    1 => Subject::Values(values, Fr::from(9)),
                    count => Subject::Sequence(values, (9..).take(count).map(Fr::from).collect()),
                }
            }
        };
        Self { models, subject }
    }

    /// The same, committed to with another salt: another claim.
    pub fn salted(&self, salt: u64) -> Self {
        let subject = match self.subject.clone() {
            Subject::Block(block, codebook, _) => {
                Subject::Block(block, codebook, Salts::from_secret(Fr::from(salt)))
            }
            Subject::Blocks(blocks, codebook) => {
                let salts = (0..).map(|place| Salts::of_place(Fr::from(salt), place));
                Subject::Blocks(blocks.into_iter().map(|(block, _)| block).zip(salts).collect(), codebook)
            }
            Subject::Values(values, _) => Subject::Values(values, Fr::from(salt)),
            Subject::Sequence(values, salts) => {
                Subject::Sequence(values, salts.iter().map(|own| own + Fr::from(salt)).collect())
            }
        };
        Self { subject, ..self.clone() }
    }

    pub fn layout(&self, statement: &Statement) -> Layout {
        let models: Vec<ModelRef<'_>> = self.models.iter().map(|model| model.with_salts(&[])).collect();
        match &self.subject {
            Subject::Block(block, codebook, salts) => {
                Layout::of_block(statement, block, codebook, salts, &models).unwrap().0
            }
            Subject::Blocks(blocks, codebook) => {
                Layout::of_blocks(statement, &refs(blocks), codebook).unwrap().0
            }
            Subject::Values(values, salt) => Layout::of_values(statement, values, *salt, &models).unwrap(),
            Subject::Sequence(values, salts) => {
                Layout::of_sequence(statement, values, salts, &models).unwrap()
            }
        }
    }

    /// The layout of somebody who writes `lies` into cells and computes all that follows from them.
    pub fn lying(&self, statement: &Statement, lies: Lies) -> Layout {
        let models: Vec<ModelRef<'_>> = self.models.iter().map(|model| model.with_salts(&[])).collect();
        match &self.subject {
            Subject::Block(block, codebook, salts) => {
                Layout::of_block_with(lies, statement, block, codebook, salts, &models).unwrap()
            }
            Subject::Blocks(blocks, codebook) => {
                Layout::of_blocks_with(lies, statement, &refs(blocks), codebook).unwrap()
            }
            Subject::Values(values, salt) => {
                Layout::of_values_with(lies, statement, values, *salt, &models).unwrap()
            }
            Subject::Sequence(values, salts) => {
                Layout::of_sequence_with(lies, statement, values, salts, &models).unwrap()
            }
        }
    }

    /// A user's expectations, with everything that there is to expect.
    pub fn policy(&self) -> Policy {
        match &self.subject {
            Subject::Block(block, codebook, salts) => {
                let policy = Policy::codebooks([commit::codebook(codebook)]);
                policy.expect_salted_block((**block).clone(), salts.block)
            }
            Subject::Blocks(blocks, codebook) => {
                let blocks = blocks.iter().map(|(block, salts)| (block.clone(), salts.block));
                Policy::codebooks([commit::codebook(codebook)]).expect_salted_blocks(blocks)
            }
            Subject::Values(values, salt) => Policy::without_codebook().expect_values(values.clone(), *salt),
            Subject::Sequence(values, salts) => {
                let each = values.chunks(FINGERPRINT).zip(salts);
                let commitments = each.map(|(values, salt)| commit::fingerprint(values, *salt));
                Policy::without_codebook().expect_commitments(commitments)
            }
        }
    }

    pub fn entries(&self) -> Vec<RegisteredModel> {
        self.models.iter().map(|model| entry(model.with_salts(&[]), "registered", "1")).collect()
    }
}

fn refs(blocks: &[(Block, Salts)]) -> Vec<(&Block, &Salts)> {
    blocks.iter().map(|(block, salts)| (block, salts)).collect()
}

impl Exhibit {
    fn new(statement: &Statement, scheme: Scheme) -> Self {
        let witness = Witness::new(statement, false);
        let layout = witness.layout(statement);
        let keys = keys(statement, scheme);
        let proof = Forgery::of(&layout).prove(scheme, &keys.parameters, &keys.proving);
        let bundle = sealed(keys, rows_of(&layout), proof.bytes.clone());
        Self { statement: statement.clone(), scheme, witness, layout, keys, bundle, proof }
    }

    /// Accepts this bundle, and as little else as a policy can say.
    pub fn policy(&self) -> Policy {
        trusting(self.witness.policy().models(self.witness.entries()), [self.keys.verifying.clone()])
    }

    /// Trusts the genuine key, and takes the bundle's word for everything else that a policy could object to: what is
    /// left is the proof.
    pub fn lenient(&self, bundle: &Bundle) -> Policy {
        let said = bundle.unverified_instance().models.iter();
        let models = self.witness.entries().into_iter().zip(said);
        let models = models.map(|(entry, said)| RegisteredModel { commitment: said.commitment, ..entry });
        trusting(Policy::any_codebook().and_values().models(models), [self.keys.verifying.clone()])
    }

    /// Verifies with everything but the proof taken for granted.
    pub fn check(&self, bundle: &Bundle) -> Result<(), Error> {
        foldproof_verifier::verify(bundle, &self.lenient(bundle)).map(drop)
    }

    /// An honest bundle with another claim.
    pub fn another(&self, salt: u64) -> Bundle {
        let layout = self.witness.salted(salt).layout(&self.statement);
        let proof = self.prove(&Forgery::of(&layout));
        self.bundle(rows_of(&layout), proof)
    }

    /// A proof with the genuine key.
    pub fn prove(&self, forgery: &Forgery) -> Vec<u8> {
        forgery.prove(self.scheme, &self.keys.parameters, &self.keys.proving).bytes
    }

    /// Elements of a proof of this statement.
    pub fn elements(&self, proof: &[u8]) -> Vec<Element> {
        let elements = split(self.scheme, &self.proof.kinds, proof).into_iter().zip(&self.proof.kinds);
        elements.map(|(bytes, kind)| Element::read(self.scheme, *kind, bytes)).collect()
    }

    /// A proof of these elements, as the scheme writes them.
    pub fn write(&self, elements: impl IntoIterator<Item = Element>) -> Vec<u8> {
        elements.into_iter().flat_map(|element| element.write(self.scheme)).collect()
    }

    /// What becomes of a forgery, proved with the genuine key and presented as genuine.
    pub fn present(&self, forgery: &Forgery) -> Result<Error, String> {
        let bundle = self.bundle(forgery.rows.clone(), self.prove(forgery));
        refused(|| self.check(&bundle))
    }

    /// A bundle of this statement with a proof of somebody's.
    pub fn bundle(&self, rows: Vec<Fr>, proof: Vec<u8>) -> Bundle {
        sealed(self.keys, rows, proof)
    }

    pub fn rows(&self) -> Vec<Fr> {
        rows_of(&self.layout)
    }

    pub fn title(&self) -> String {
        format!("{}, {}", self.statement, self.scheme)
    }
}

pub fn rows_of(layout: &Layout) -> Vec<Fr> {
    layout.instance().rows().into_iter().copied().collect()
}

/// A bundle under the genuine key's digest and, where there is one, the setup of all exhibits.
pub fn sealed(keys: &Keys, rows: Vec<Fr>, proof: Vec<u8>) -> Bundle {
    let instance = PublicInputs::from_rows(&keys.statement, rows).unwrap();
    let claim = scheme_claim(keys.verifying.scheme());
    Bundle::new(keys.statement.clone(), claim, keys.verifying.digest(), instance, proof).unwrap()
}

/// The scheme, under the setup of all exhibits where it needs one.
pub fn scheme_claim(scheme: Scheme) -> SchemeClaim {
    SchemeClaim::new(scheme, scheme.has_setup().then(claim)).unwrap()
}

pub fn claim() -> SetupClaim {
    SetupClaim { id: setup().id().digest.0, insecure: true }
}

/// The policy with these keys, whatever their scheme.
pub fn trusting(policy: Policy, keys: impl IntoIterator<Item = VerifierKey>) -> Policy {
    let (under_setup, transparent): (Vec<_>, Vec<_>) =
        keys.into_iter().partition(|key| key.scheme().has_setup());
    let policy = transparent.into_iter().fold(policy, Policy::trust_key);
    policy.trust_setup(trusted(setup(), under_setup)).allow_insecure_setup()
}

pub fn trusted(setup: &Setup, keys: Vec<VerifierKey>) -> KzgSetup {
    KzgSetup { verifier: setup.verifier(), insecure: true, keys }
}

/// The setup of all exhibits: of a fixed secret, so that what is made under it can be cached.
pub fn setup() -> &'static Setup {
    static SETUP: OnceLock<Setup> = OnceLock::new();
    SETUP.get_or_init(|| insecure_test_setup(14, ChaCha20Rng::seed_from_u64(1)).unwrap())
}

/// Parameters and keys are made once per build folder.
pub fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache")
}

/// Makes keys of a scheme, under that setup where it needs one.
pub fn key_store(scheme: Scheme, setup: &Setup) -> KeyStore<'static> {
    match scheme {
        Scheme::Transparent => KeyStore::new(cache(), None, |_| {}),
        Scheme::Kzg => KeyStore::new(cache(), Some(setup.clone()), |_| {}),
        Scheme::Evm => KeyStore::evm(cache(), setup.clone(), |_| {}),
    }
}

pub fn statement(name: &str) -> Statement {
    pins::named(name).unwrap()
}

pub fn exhibit(name: &str, scheme: Scheme) -> Arc<Exhibit> {
    type Made = Mutex<HashMap<(Statement, Scheme), Arc<Exhibit>>>;
    static EXHIBITS: OnceLock<Made> = OnceLock::new();
    let statement = statement(name);
    let mut made = EXHIBITS.get_or_init(Mutex::default).lock().unwrap();
    Arc::clone(made.entry((statement.clone(), scheme)).or_insert_with(|| {
        let made = Exhibit::new(&statement, scheme);
        foldproof_verifier::verify(&made.bundle, &made.policy()).unwrap();
        Arc::new(made)
    }))
}

/// Keys of a statement. They are kept for as long as the process runs, so their key store is leaked.
pub fn keys(statement: &Statement, scheme: Scheme) -> &'static Keys {
    static KEYS: OnceLock<Mutex<HashMap<(Statement, Scheme), &'static Keys>>> = OnceLock::new();
    let mut made = KEYS.get_or_init(Mutex::default).lock().unwrap();
    made.entry((statement.clone(), scheme))
        .or_insert_with(|| Box::leak(Box::new(key_store(scheme, setup()))).keys(statement).unwrap())
}
