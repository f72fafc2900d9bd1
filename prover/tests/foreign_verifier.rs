//! A second opinion: snark-verifier, whose native verifier reads the transcript of contracts, takes proofs of the scheme evm for
//! what ours does. Its transcript, its opening and its protocol, derived from halo2's key, are written by others.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::Path;
use std::sync::Arc;

use foldproof_circuits::statement::Statement;
use foldproof_params::kzg::{Setup, insecure_test_setup};
use foldproof_prover::dummy::DummyWitness;
use foldproof_prover::keys::{KeyStore, Keys, Parameters};
use foldproof_prover::prove::prove;
use foldproof_verifier::{Bundle, ProofShape, Scheme, point_words};
use halo2_proofs::poly::commitment::ParamsProver;
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use snark_verifier::loader::native::NativeLoader;
use snark_verifier::pcs::kzg::{Bdfg21, KzgAs, KzgDecidingKey};
use snark_verifier::system::halo2::transcript::evm::EvmTranscript;
use snark_verifier::system::halo2::{Config, compile};
use snark_verifier::verifier::SnarkVerifier;
use snark_verifier::verifier::plonk::{PlonkProtocol, PlonkVerifier};

type Foreign = PlonkVerifier<KzgAs<Bn256, Bdfg21>>;

/// The setup of the attacks' exhibits, so that its keys are made once.
fn setup() -> Setup {
    insecure_test_setup(14, ChaCha20Rng::seed_from_u64(1)).unwrap()
}

/// A proof, and what the other verifier knows.
struct Scene {
    keys: Arc<Keys>,
    bundle: Bundle,
    protocol: PlonkProtocol<G1Affine>,
    deciding: KzgDecidingKey<Bn256>,
}

impl Scene {
    fn new(name: &str) -> Self {
        let statement = Statement::from_name(name).unwrap();
        let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache");
        let mut key_store = KeyStore::evm(cache, setup(), |_| {});
        let dummy = DummyWitness::new(&statement, 1);
        let bundle = prove(&mut key_store, &statement, &dummy.witness(), &dummy.models()).unwrap().bundle;
        assert_eq!(bundle.scheme(), Scheme::Evm);
        let keys = Arc::clone(key_store.keys(&statement).unwrap());
        let Parameters::Kzg(params) = &keys.parameters else { panic!("a setup") };
        let params = params.halo2();
        let config = Config::kzg().with_num_instance(vec![statement.rows()]);
        let protocol = compile(params, keys.proving.get_vk(), config);
        let deciding = KzgDecidingKey::new(params.get_g()[0], params.g2(), params.s_g2());
        Self { keys, bundle, protocol, deciding }
    }

    fn rows(&self) -> Vec<Fr> {
        self.bundle.unverified_instance().rows().into_iter().copied().collect()
    }

    /// Whether the other verifier takes it.
    fn holds(&self, rows: &[Fr], proof: &[u8]) -> bool {
        let instances = [rows.to_vec()];
        let mut transcript = EvmTranscript::<G1Affine, NativeLoader, _, _>::new(proof);
        let proof = Foreign::read_proof(&self.deciding, &self.protocol, &instances, &mut transcript);
        proof.is_ok_and(|proof| Foreign::verify(&self.deciding, &self.protocol, &instances, &proof).is_ok())
    }

    /// The proof with each element that is asked for replaced by another, of which there are so many.
    fn altered(&self, asked: impl Fn(usize) -> bool) -> (Vec<Vec<u8>>, usize) {
        let key = self.keys.proving.get_vk();
        let domain = key.get_domain();
        let shape = ProofShape::new(key.cs(), domain.k(), domain.get_quotient_poly_degree(), Scheme::Evm);
        let kinds = [(shape.commitments(), true), (shape.evaluations, false), (shape.opening, true)];
        let kinds: Vec<bool> = kinds.into_iter().flat_map(|(count, point)| vec![point; count]).collect();
        let other = point_words(&G1Affine::generator()).unwrap().concat();
        let (mut at, mut altered) = (0, Vec::new());
        for (index, is_point) in kinds.iter().enumerate() {
            let bytes = if *is_point { 64 } else { 32 };
            let mut proof = self.bundle.proof().to_vec();
            match is_point {
                true => proof[at..at + bytes].copy_from_slice(&other),
                false => proof[at + 31] ^= 1,
            }
            at += bytes;
            altered.extend(asked(index).then_some(proof));
        }
        assert_eq!(at, self.bundle.proof().len());
        (altered, kinds.len())
    }

    /// Takes the proof and none of these, nor the proof for other public inputs.
    fn judges(&self, asked: impl Fn(usize) -> bool) -> usize {
        let (rows, proof) = (self.rows(), self.bundle.proof());
        assert!(self.holds(&rows, proof));
        for row in 0..rows.len() {
            let mut other = rows.clone();
            other[row] += Fr::one();
            assert!(!self.holds(&other, proof), "row {row}");
        }
        let (altered, elements) = self.altered(asked);
        assert!(!altered.is_empty());
        for (index, proof) in altered.iter().enumerate() {
            assert!(!self.holds(&rows, proof), "alteration {index} of {}", altered.len());
        }
        elements
    }
}

#[test]
fn a_foreign_verifier_takes_our_proofs_and_no_altered_one() {
    let scene = Scene::new("vector-2+tags-2-2");
    let elements = scene.judges(|_| true);
    assert!(elements > 50, "{elements}");
}

#[test]
fn a_foreign_verifier_takes_proofs_of_blocks() {
    let scene = Scene::new("core-small-64");
    let elements = scene.judges(|index| index % 20 == 0);
    assert!(elements > 100, "{elements}");
    // A proof of kzg is none.
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache");
    let mut key_store = KeyStore::new(cache, Some(setup()), |_| {});
    let statement = scene.bundle.statement();
    let dummy = DummyWitness::new(statement, 1);
    let kzg = prove(&mut key_store, statement, &dummy.witness(), &dummy.models()).unwrap().bundle;
    assert!(!scene.holds(&scene.rows(), kzg.proof()));
}
