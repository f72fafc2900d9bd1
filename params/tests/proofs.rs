//! Proofs made with the full parameters verify with the little that a verifier holds, in both schemes.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use foldproof_params::kzg::{VerifierSetup, insecure_test_setup};
use foldproof_params::transparent;
use halo2_proofs::circuit::{Layouter, SimpleFloorPlanner, Value};
use halo2_proofs::plonk::{
    Advice, Circuit, Column, ConstraintSystem, Error, Fixed, Instance, ProvingKey, create_proof, keygen_pk,
    keygen_vk, verify_proof,
};
use halo2_proofs::poly::Rotation;
use halo2_proofs::poly::VerificationStrategy;
use halo2_proofs::poly::commitment::{CommitmentScheme, Prover, Verifier};
use halo2_proofs::poly::ipa::commitment::IPACommitmentScheme;
use halo2_proofs::poly::ipa::multiopen::{ProverIPA, VerifierIPA};
use halo2_proofs::poly::ipa::strategy::SingleStrategy as SingleIPA;
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::{ProverSHPLONK, VerifierSHPLONK};
use halo2_proofs::poly::kzg::strategy::SingleStrategy as SingleKZG;
use halo2_proofs::transcript::{
    Blake2bRead, Blake2bWrite, Challenge255, TranscriptReadBuffer, TranscriptWriterBuffer,
};
use halo2curves::bn256::{Bn256, Fr, G1Affine};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

const K: u32 = 5;
const ROWS: usize = 3;

/// Public rows are the squares of private ones.
#[derive(Clone)]
struct Squares(Value<[Fr; ROWS]>);

#[derive(Clone)]
struct Config {
    on: Column<Fixed>,
    root: Column<Advice>,
    square: Column<Advice>,
    public: Column<Instance>,
}

impl Circuit<Fr> for Squares {
    type Config = Config;
    type FloorPlanner = SimpleFloorPlanner;
    type Params = ();

    fn without_witnesses(&self) -> Self {
        Self(Value::unknown())
    }

    fn configure(meta: &mut ConstraintSystem<Fr>) -> Config {
        let config = Config {
            on: meta.fixed_column(),
            root: meta.advice_column(),
            square: meta.advice_column(),
            public: meta.instance_column(),
        };
        meta.enable_equality(config.square);
        meta.enable_equality(config.public);
        meta.create_gate("square = root²", |meta| {
            let on = meta.query_fixed(config.on, Rotation::cur());
            let root = meta.query_advice(config.root, Rotation::cur());
            let square = meta.query_advice(config.square, Rotation::cur());
            vec![on * (root.clone() * root - square)]
        });
        config
    }

    fn synthesize(&self, config: Config, mut layouter: impl Layouter<Fr>) -> Result<(), Error> {
        let cells = layouter.assign_region(
            || "squares",
            |mut region| {
                Ok((0..ROWS)
                    .map(|row| {
                        let root = self.0.map(|roots| roots[row]);
                        region.assign_fixed(config.on, row, Fr::one());
                        region.assign_advice(config.root, row, root);
                        region.assign_advice(config.square, row, root.map(|root| root * root)).cell()
                    })
                    .collect::<Vec<_>>())
            },
        )?;
        for (row, cell) in cells.into_iter().enumerate() {
            layouter.constrain_instance(cell, config.public, row);
        }
        Ok(())
    }
}

fn roots() -> [Fr; ROWS] {
    [3, 5, 7].map(Fr::from)
}

fn squares() -> [Fr; ROWS] {
    roots().map(|root| root * root)
}

fn prove<'p, S, P>(params: &'p S::ParamsProver) -> (ProvingKey<G1Affine>, Vec<u8>)
where
    S: CommitmentScheme<Scalar = Fr, Curve = G1Affine, ParamsProver: Sync>,
    P: Prover<'p, S>,
{
    let circuit = Squares(Value::known(roots()));
    let key = keygen_vk(params, &circuit).unwrap();
    let key = keygen_pk(params, key, &circuit).unwrap();
    let mut transcript = Blake2bWrite::<_, G1Affine, Challenge255<G1Affine>>::init(Vec::new());
    let rng = ChaCha20Rng::seed_from_u64(1);
    create_proof::<S, P, _, _, _, _>(params, &key, &[circuit], &[&[&squares()]], rng, &mut transcript)
        .unwrap();
    (key, transcript.finalize())
}

fn verify<'p, S, V>(
    params: &'p S::ParamsVerifier,
    strategy: impl VerificationStrategy<'p, S, V>,
    key: &ProvingKey<G1Affine>,
    public: &[Fr],
    proof: &[u8],
) -> bool
where
    S: CommitmentScheme<Scalar = Fr, Curve = G1Affine>,
    V: Verifier<'p, S>,
{
    let mut transcript = Blake2bRead::<_, G1Affine, Challenge255<G1Affine>>::init(proof);
    verify_proof::<S, V, _, _, _>(params, key.get_vk(), strategy, &[&[public]], &mut transcript).is_ok()
}

/// Wrong values in each row, and a value too many.
fn wrong() -> Vec<Vec<Fr>> {
    let mut wrong: Vec<Vec<Fr>> = (0..ROWS)
        .map(|row| {
            let mut public = squares().to_vec();
            public[row] += Fr::one();
            public
        })
        .collect();
    wrong.push([&squares()[..], &[Fr::one()]].concat());
    wrong
}

#[test]
fn transparent_proofs_verify_with_bare_parameters() {
    let folder = tempfile::tempdir().unwrap();
    let full = transparent::prover_params(K, folder.path(), &mut |_| {}).unwrap().params;
    let (key, proof) = prove::<IPACommitmentScheme<G1Affine>, ProverIPA<_>>(full.halo2());
    let bare = transparent::verifier_params(K, ROWS).unwrap();
    for params in [full.halo2(), bare] {
        let verify = |public: &[Fr]| {
            verify::<IPACommitmentScheme<G1Affine>, VerifierIPA<_>>(
                params,
                SingleIPA::new(params),
                &key,
                public,
                &proof,
            )
        };
        assert!(verify(&squares()));
        assert!(wrong().iter().all(|public| !verify(public)));
    }
}

#[test]
fn kzg_proofs_verify_with_three_points() {
    let folder = tempfile::tempdir().unwrap();
    let setup = insecure_test_setup(K + 1, ChaCha20Rng::seed_from_u64(2)).unwrap();
    let full = setup.prover_params(K, folder.path(), &mut |_| {}).unwrap().params;
    let (key, proof) = prove::<KZGCommitmentScheme<Bn256>, ProverSHPLONK<_>>(full.halo2());
    let verify = |params, public: &[Fr]| {
        verify::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<_>>(
            params,
            SingleKZG::new(params),
            &key,
            public,
            &proof,
        )
    };
    let bare = VerifierSetup::from_bytes(&setup.verifier().to_bytes()).unwrap().verifier_params(K).unwrap();
    for params in [full.halo2(), &bare] {
        assert!(verify(params, &squares()));
        assert!(wrong().iter().all(|public| !verify(params, public)));
    }
    // Another setup: the same key and proof do not verify.
    let other = insecure_test_setup(2, ChaCha20Rng::seed_from_u64(3)).unwrap();
    assert!(!verify(&other.verifier().verifier_params(K).unwrap(), &squares()));
}
