//! The real circuit, at its smallest.

use foldproof_circuits::block::{Block, Header, Transaction};
use foldproof_circuits::circuit::Core;
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::stages::commit::Salts;

use super::*;

/// Parameters and keys of the smallest statement under the test setup, through our format and back.
fn keys(statement: Statement) -> (ParamsKZG<Bn256>, ProvingKey<G1Affine>, VerifierKey) {
    let params = ParamsKZG::setup(statement.k(), ChaCha20Rng::seed_from_u64(1));
    let blank = Core::blank(statement);
    let made = keygen_vk_custom(&params, &blank, true).unwrap();
    let bytes = VerifierKey::to_bytes(statement, Scheme::Kzg, &made).unwrap();
    let key = VerifierKey::from_bytes(statement, Scheme::Kzg, &bytes).unwrap();
    // Gates, columns, selectors and all: this is a digest of everything halo2 knows of the key.
    assert_eq!(key.transcript_repr(), made.transcript_repr());
    (params.clone(), keygen_pk(&params, made, &blank).unwrap(), key)
}

#[test]
fn a_fingerprint_is_proved_and_verified() {
    let statement = Statement::default();
    let (params, proving, key) = keys(statement);
    let header = Header { height: 12, timestamp: 1_700_000_000, ..Header::default() };
    let block = Block { header, transactions: vec![Transaction::default(); 3], ..Block::default() };
    let centroids = vec![[[0; 4]; 4]; statement.centroids.count()];
    let codebook = Codebook::new([0; 16], [1 << 32; 16], centroids, 1 << 40).unwrap();
    let (circuit, fingerprint) = Core::new(statement, &block, &codebook, &Salts::none()).unwrap();
    let rows = fingerprint.instance.rows().map(|row| *row);
    let mut transcript = Blake2bWrite::<_, G1Affine, Challenge255<_>>::init(vec![]);
    let rng = ChaCha20Rng::seed_from_u64(2);
    create_proof::<KZGCommitmentScheme<_>, ProverSHPLONK<_>, _, _, _, _>(
        &params,
        &proving,
        &[circuit],
        &[&[&rows]],
        rng,
        &mut transcript,
    )
    .unwrap();
    let proof = transcript.finalize();
    let bundle = Bundle::new(statement, Some(claim()), key.digest(), fingerprint.instance, proof).unwrap();
    let policy = Policy::codebooks([fingerprint.instance.codebook_root])
        .trust_setup(setup([key]))
        .allow_insecure_setup()
        .expect_block(block);
    let bundle = Bundle::from_bytes(&bundle.to_bytes()).unwrap();
    let claims = crate::verify(&bundle, &policy).unwrap();
    assert_eq!((claims.height(), claims.timestamp()), (12, 1_700_000_000));
    assert!(claims.block_matched() && claims.insecure_setup());
    assert_eq!(crate::verify_batch(&[bundle.clone(), bundle], &policy), Ok(vec![claims.clone(), claims]));
}
