//! Proofs that halo2's own verifier takes.

use foldproof_circuits::statement::Statement;
use foldproof_params::kzg::insecure_test_setup;
use halo2_proofs::plonk::verify_proof;
use halo2_proofs::poly::VerificationStrategy;
use halo2_proofs::poly::commitment::{CommitmentScheme, Verifier};
use halo2_proofs::poly::ipa::commitment::IPACommitmentScheme;
use halo2_proofs::poly::ipa::multiopen::VerifierIPA;
use halo2_proofs::poly::ipa::strategy::SingleStrategy as SingleIpa;
use halo2_proofs::poly::kzg::commitment::KZGCommitmentScheme;
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy as SingleKzg;
use halo2_proofs::transcript::{Blake2bRead, Challenge255, TranscriptReadBuffer as _};
use halo2curves::bn256::Bn256;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use super::*;
use crate::dummy::DummyWitness;
use crate::keys::{KeyStore, Keys, Parameters};

fn made<V: Lanes<Field = Fr>>(keys: &Keys, layout: &Layout, rows: &[Fr]) -> Vec<u8> {
    let (rng, profile) = (&mut ChaCha20Rng::seed_from_u64(1), &mut Profile::start());
    let (key, layout) = (&keys.proving, layout.clone());
    let transcript = Transcript::new(keys.verifying.scheme());
    let proof = match &keys.parameters {
        Parameters::Transparent(params) => {
            create_proof_with::<V, _>(params, key, layout, rows, transcript, rng, profile)
        }
        Parameters::Kzg(params) => {
            create_proof_with::<V, _>(params, key, layout, rows, transcript, rng, profile)
        }
    };
    proof.expect("a proof")
}

fn holds<'p, S, C, T>(params: &'p S::ParamsVerifier, start: T, keys: &Keys, rows: &[Fr], proof: &[u8]) -> bool
where
    S: CommitmentScheme<Curve = G1Affine, Scalar = Fr>,
    C: Verifier<'p, S>,
    T: VerificationStrategy<'p, S, C>,
{
    let mut transcript = Blake2bRead::<_, G1Affine, Challenge255<_>>::init(proof);
    let key = keys.proving.get_vk();
    verify_proof::<S, C, _, _, T>(params, key, start, &[&[rows]], &mut transcript).is_ok()
}

/// halo2's verifier takes what is computed one element at a time and eight at a time, which is the same from the same
/// randomness, and does not take it for other public inputs.
#[test]
fn halo2_verifies_both_ways_of_computing() {
    let statement = Statement::from_name("vector-2+tags-2-2").expect("a statement");
    let layout = DummyWitness::new(&statement, 1).layout().expect("a layout");
    let rows: Vec<Fr> = layout.instance().rows().into_iter().copied().collect();
    let cache = tempfile::tempdir().expect("a folder");
    let setup = insecure_test_setup(statement.k(), ChaCha20Rng::seed_from_u64(2)).expect("a setup");
    for setup in [None, Some(setup)] {
        let mut key_store = KeyStore::new(cache.path(), setup, |_| {});
        let keys = key_store.keys(&statement).expect("keys");
        let proof = made::<Fr>(keys, &layout, &rows);
        #[cfg(target_arch = "x86_64")]
        if Wide::<Fr>::available() {
            assert_eq!(made::<Wide<Fr>>(keys, &layout, &rows), proof);
        }
        let verifies = |rows: &[Fr]| match &keys.parameters {
            Parameters::Transparent(params) => {
                let params = params.halo2();
                holds::<IPACommitmentScheme<_>, VerifierIPA<_>, _>(
                    params,
                    SingleIpa::new(params),
                    keys,
                    rows,
                    &proof,
                )
            }
            Parameters::Kzg(params) => {
                let params = params.halo2();
                holds::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<_>, _>(
                    params,
                    SingleKzg::new(params),
                    keys,
                    rows,
                    &proof,
                )
            }
        };
        assert!(verifies(&rows));
        for row in 0..rows.len() {
            let mut other = rows.clone();
            other[row] += Fr::ONE;
            assert!(!verifies(&other), "row {row}");
        }
    }
}
