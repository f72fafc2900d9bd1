//! Real proofs of a toy circuit, under all schemes.

mod batches;
mod bundles;
mod contexts;
mod core;
mod graphs;
mod headers;
mod headers_of_several;
mod keys;
mod models;
mod plonk;
mod policies;
mod pools;
mod proofs;
mod several;
mod subjects;
mod toy;
mod transcripts;
mod trust;
mod zone_graphs;

use std::sync::{LazyLock, OnceLock};

use ff::PrimeField;
use foldproof_circuits::model::{Head, Shape as ModelShape};
use foldproof_circuits::public::{BlockInputs, Instance, ModelInputs, PublicInputs, Root, SubjectInputs};
use foldproof_circuits::stages::model::{label_digest, value_digest};
use foldproof_circuits::statement::{Centroids, Size, Statement};
use foldproof_params::kzg::VerifierSetup;
use halo2_proofs::plonk::{ProvingKey, VerifyingKey, create_proof, keygen_pk, keygen_vk_custom};
use halo2_proofs::poly::commitment::{CommitmentScheme, Params, ParamsProver, Prover};
use halo2_proofs::poly::ipa::commitment::{IPACommitmentScheme, ParamsIPA};
use halo2_proofs::poly::ipa::multiopen::ProverIPA;
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::ProverSHPLONK;
use halo2_proofs::transcript::{
    Blake2bWrite, Challenge255, EncodedChallenge, TranscriptWrite, TranscriptWriterBuffer,
};
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use crate::error::Error;
use crate::key::{Shape, VerifierKey};
use crate::scheme::Scheme;
use crate::verify::Keys;
use crate::{
    Bundle, Hint, KeccakWrite, KzgSetup, Opinion, Policy, RegisteredModel, SchemeClaim, SetupClaim, Status,
    Verified,
};
use toy::Toy;

/// A statement that is kept for the whole run, so that tests can hand it around.
type Known = &'static Statement;

/// Two statements about a block alone, with circuits of different shape and size.
const NARROW: Known = &Statement::core(Size::Small, Centroids::K64);
const WIDE: Known = &Statement::core(Size::Small, Centroids::K256);

/// A block and as many models as there may be, two of the same shape.
static SEVERAL: LazyLock<Known> =
    LazyLock::new(|| statement("core-medium-64+tags-96-3+anomaly-96-96+class-96-4+tags-96-3"));
/// A fingerprint, under the model with most labels; the circuit is narrow.
static FINGERPRINT: LazyLock<Known> = LazyLock::new(|| statement("fingerprint+tags-96-128"));
/// Another vector.
static VECTOR: LazyLock<Known> = LazyLock::new(|| statement("vector-12+class-12-4"));

/// Outputs that are public one by one.
static VALUES: LazyLock<Known> = LazyLock::new(|| statement("vector-5+values-5-3"));

/// Two blocks.
static TOGETHER: LazyLock<Known> = LazyLock::new(|| statement("core-small-64x2"));

fn statement(name: &str) -> Known {
    Box::leak(Box::new(Statement::from_name(name).unwrap()))
}

/// Every statement that has a toy circuit.
fn statements() -> [Known; 7] {
    [NARROW, WIDE, *SEVERAL, *FINGERPRINT, *VECTOR, *VALUES, *TOGETHER]
}

/// Those about one block.
fn blocks() -> [Known; 3] {
    [NARROW, WIDE, *SEVERAL]
}

/// Those about values.
fn values() -> [Known; 3] {
    [*FINGERPRINT, *VECTOR, *VALUES]
}

/// Everything needed to prove and verify one toy statement.
struct Fixture {
    ipa: ParamsIPA<G1Affine>,
    ipa_key: ProvingKey<G1Affine>,
    kzg: ParamsKZG<Bn256>,
    kzg_key: ProvingKey<G1Affine>,
    /// One of each scheme.
    keys: [VerifierKey; Scheme::ALL.len()],
}

impl Fixture {
    fn new(statement: &Statement) -> Self {
        let k = Toy::k(statement);
        let ipa = ParamsIPA::new(k);
        let kzg = ParamsKZG::setup(k, ChaCha20Rng::seed_from_u64(1));
        let (ipa_key, kzg_key) = (keygen(&ipa, statement), keygen(&kzg, statement));
        let keys = Scheme::ALL.map(|scheme| {
            let key = if scheme.has_setup() { &kzg_key } else { &ipa_key };
            let bytes = VerifierKey::encode::<Toy>(statement, scheme, key.get_vk()).unwrap();
            VerifierKey::decode::<Toy>(statement, scheme, &bytes).unwrap()
        });
        Self { ipa, ipa_key, kzg, kzg_key, keys }
    }

    fn of(statement: &Statement) -> &'static Self {
        static MADE: [OnceLock<Fixture>; 10] = [const { OnceLock::new() }; 10];
        let graphs = graphs::statements().into_iter().chain([zone_graphs::statement()]);
        let mut known = statements().into_iter().chain(graphs);
        let index = known.position(|s| s == statement).unwrap();
        MADE[index].get_or_init(|| Self::new(statement))
    }

    fn key(&self, scheme: Scheme) -> &VerifierKey {
        self.keys.iter().find(|key| key.scheme() == scheme).unwrap()
    }

    /// Those that come with a setup.
    fn trusted(&self) -> impl Iterator<Item = VerifierKey> {
        self.keys.iter().filter(|key| key.scheme().has_setup()).cloned()
    }

    /// What halo2 made of the circuit.
    fn made(&self, scheme: Scheme) -> &VerifyingKey<G1Affine> {
        if scheme.has_setup() { self.kzg_key.get_vk() } else { self.ipa_key.get_vk() }
    }

    fn prove(&self, scheme: Scheme, statement: &Statement, rows: &[Fr]) -> Vec<u8> {
        type Kzg = KZGCommitmentScheme<Bn256>;
        let circuit = Toy::new(statement, rows);
        let mut blake2b = Blake2bWrite::<_, G1Affine, Challenge255<_>>::init(vec![]);
        let mut keccak = KeccakWrite::default();
        match scheme {
            Scheme::Transparent => prove::<IPACommitmentScheme<_>, ProverIPA<_>, _, _>(
                &self.ipa,
                &self.ipa_key,
                circuit,
                rows,
                &mut blake2b,
            ),
            Scheme::Kzg => {
                prove::<Kzg, ProverSHPLONK<_>, _, _>(&self.kzg, &self.kzg_key, circuit, rows, &mut blake2b)
            }
            Scheme::Evm => {
                prove::<Kzg, ProverSHPLONK<_>, _, _>(&self.kzg, &self.kzg_key, circuit, rows, &mut keccak)
            }
        }
        if scheme == Scheme::Evm { keccak.finalize() } else { blake2b.finalize() }
    }
}

fn keygen<'p, P: Params<'p, G1Affine> + Sync>(params: &P, statement: &Statement) -> ProvingKey<G1Affine> {
    let circuit = Toy::empty(statement);
    let key = keygen_vk_custom(params, &circuit, true).unwrap();
    keygen_pk(params, key, &circuit).unwrap()
}

fn prove<'p, S, P, E, T>(
    params: &'p S::ParamsProver,
    key: &ProvingKey<G1Affine>,
    circuit: Toy,
    rows: &[Fr],
    transcript: &mut T,
) where
    S: CommitmentScheme<Curve = G1Affine, Scalar = Fr>,
    S::ParamsProver: Sync,
    P: Prover<'p, S>,
    E: EncodedChallenge<G1Affine>,
    T: TranscriptWrite<G1Affine, E>,
{
    let rng = ChaCha20Rng::seed_from_u64(2);
    create_proof::<S, P, E, _, T, _>(params, key, &[circuit], &[&[rows]], rng, transcript).unwrap();
}

/// The keys of the toy statements.
struct ToyKeys;

impl Keys for ToyKeys {
    fn key(&self, statement: &Statement) -> Result<&VerifierKey, Error> {
        Ok(Fixture::of(statement).key(Scheme::Transparent))
    }
}

/// Public inputs in range, the same for equal arguments.
fn instance(statement: &Statement, height: u64) -> Instance {
    let subject = match statement.blocks() {
        Some((_, 1)) => SubjectInputs::Block(block_inputs(height)),
        Some((_, count)) => SubjectInputs::Blocks((height..).map(block_inputs).take(count).collect()),
        None => SubjectInputs::Values(-Fr::from(height)),
    };
    let models = (0..)
        .zip(statement.models())
        .map(|(place, shape)| model_inputs(statement, place, shape.dense().unwrap()));
    PublicInputs { statement: statement.element(), subject, analytics: None, models: models.collect() }
}

fn block_inputs(height: u64) -> BlockInputs<Fr> {
    let root = |n: u128| Root { high: n << 100, low: u128::MAX - n }.map(Fr::from_u128);
    BlockInputs {
        block_commitment: -Fr::from(height),
        fold_commitment: -Fr::from(1000),
        pq_commitment: -Fr::from(2000),
        codebook_root: codebook(),
        height: Fr::from(height),
        timestamp: Fr::from(TIMESTAMP),
        prev_state_root: root(1),
        new_state_root: root(2),
        tx_root: root(3),
        within_bound: Fr::from(0b111101),
    }
}

/// Timestamp of all blocks here.
const TIMESTAMP: u64 = 1_700_000_000;

/// What the model at `place` says everywhere.
fn model_inputs(statement: &Statement, place: usize, shape: ModelShape) -> ModelInputs<Fr> {
    let entry = entry(statement, place);
    let (head, outputs) = match shape.head() {
        Head::Tags => (label_digest(&entry.labels), vec![Fr::from_u128(1 << (shape.outputs() - 1) | 1)]),
        Head::Anomaly => (Fr::from(700), vec![Fr::from(u64::MAX)]),
        Head::Class => (label_digest(&entry.labels), vec![Fr::from(2)]),
        Head::Values => (value_digest(&entry.labels, 7), (0..shape.outputs() as u64).map(Fr::from).collect()),
    };
    ModelInputs { commitment: entry.commitment, head, outputs }
}

/// Of the model at `place`, the registry's entry.
fn entry(statement: &Statement, place: usize) -> RegisteredModel {
    let shape = statement.dense().nth(place).unwrap();
    let name = format!("{statement} {place}");
    let labels = if shape.head().has_labels() { shape.outputs() } else { 0 };
    let number = statements().iter().position(|s| *s == statement).unwrap() * 10 + place;
    RegisteredModel {
        labels: (0..labels).map(|label| format!("{place}.{label}")).collect(),
        name,
        version: "1".into(),
        shape: shape.into(),
        fraction_bits: None,
        commitment: -Fr::from(5000 + number as u64),
        status: Status::Active,
        valid_from: None,
        valid_until: None,
    }
}

/// The entries of a statement's models, in order.
fn entries(statement: &Statement) -> Vec<RegisteredModel> {
    (0..statement.models().count()).map(|place| entry(statement, place)).collect()
}

/// Those of all statements.
fn registry() -> Vec<RegisteredModel> {
    statements().into_iter().flat_map(entries).collect()
}

/// What is public about the block.
fn block_mut(instance: &mut Instance) -> &mut BlockInputs<Fr> {
    match &mut instance.subject {
        SubjectInputs::Block(inputs) => inputs,
        SubjectInputs::Blocks(_)
        | SubjectInputs::Values(_)
        | SubjectInputs::Sequence(_)
        | SubjectInputs::Decision(_) => panic!("not one block"),
    }
}

fn rows(instance: &Instance) -> Vec<Fr> {
    instance.rows().into_iter().copied().collect()
}

fn codebook() -> Fr {
    -Fr::from(3000)
}

/// The three points of the setup that [`Fixture`] proves under.
fn verifier_setup() -> VerifierSetup {
    let made = ParamsKZG::<Bn256>::setup(1, ChaCha20Rng::seed_from_u64(1));
    let g = G1Affine::generator();
    let coordinates = [made.g2(), made.s_g2()].map(|point| [point.x.c0, point.x.c1, point.y.c0, point.y.c1]);
    let coordinates = [g.x, g.y].into_iter().chain(coordinates.into_iter().flatten());
    let bytes: Vec<u8> = coordinates.flat_map(|coordinate| coordinate.to_repr()).collect();
    VerifierSetup::from_bytes(&bytes).unwrap()
}

fn setup(keys: impl IntoIterator<Item = VerifierKey>) -> KzgSetup {
    KzgSetup { verifier: verifier_setup(), insecure: true, keys: keys.into_iter().collect() }
}

fn claim() -> SetupClaim {
    SetupClaim { id: verifier_setup().digest().0, insecure: true }
}

/// A bundle with these public inputs and a proof of them.
fn bundle_of(scheme: Scheme, statement: &Statement, instance: Instance) -> Bundle {
    let proof = Fixture::of(statement).prove(scheme, statement, &rows(&instance));
    bundle_with(scheme, statement, instance, proof)
}

/// A bundle with these public inputs and this proof.
fn bundle_with(scheme: Scheme, statement: &Statement, instance: Instance, proof: Vec<u8>) -> Bundle {
    let digest = Fixture::of(statement).key(scheme).digest();
    Bundle::new(statement.clone(), scheme_claim(scheme), digest, instance, proof).unwrap()
}

/// The scheme, under the setup of all fixtures where it needs one.
fn scheme_claim(scheme: Scheme) -> SchemeClaim {
    SchemeClaim::new(scheme, scheme.has_setup().then(claim)).unwrap()
}

fn bundle(scheme: Scheme, statement: &Statement, height: u64) -> Bundle {
    bundle_of(scheme, statement, instance(statement, height))
}

/// A bundle with bytes in place of a proof: for policies that refuse before they look.
fn unproved(scheme: Scheme, statement: &Statement, instance: Instance) -> Bundle {
    bundle_with(scheme, statement, instance, vec![])
}

/// Accepts the bundles above.
fn policy() -> Policy {
    unregistered().models(registry())
}

/// Accepts them if there is no model in them.
fn unregistered() -> Policy {
    trusting(Policy::codebooks([codebook()]).and_values())
}

/// With the setup of all fixtures.
fn trusting(policy: Policy) -> Policy {
    let keys = statements().into_iter().flat_map(|statement| Fixture::of(statement).trusted());
    policy.trust_setup(setup(keys)).allow_insecure_setup()
}

fn verify(bundle: &Bundle, policy: &Policy) -> Result<Verified, Error> {
    crate::verify::verify_with(bundle, policy, &ToyKeys)
}

fn refused(bundle: &Bundle, policy: &Policy) -> Error {
    let error = verify(bundle, policy).unwrap_err();
    assert!(!error.to_string().is_empty());
    error
}

/// All statements under all schemes.
fn everything() -> impl Iterator<Item = (Scheme, Known)> {
    under_all_schemes(statements())
}

/// Schemes whose keys come with a setup.
fn with_setup() -> impl Iterator<Item = Scheme> {
    Scheme::ALL.into_iter().filter(|scheme| scheme.has_setup())
}

fn under_all_schemes<const N: usize>(statements: [Known; N]) -> impl Iterator<Item = (Scheme, Known)> {
    Scheme::ALL.into_iter().flat_map(move |scheme| statements.map(|statement| (scheme, statement)))
}
