//! The real circuits, at their smallest.

use foldproof_circuits::block::{Block, Header, Transaction};
use foldproof_circuits::codebook::Codebook;
use foldproof_circuits::layout::Layout;
use foldproof_circuits::model::{HeadParameters, Layer, Model};
use foldproof_circuits::models::NONE;
use foldproof_circuits::stages::commit::Salts;
use foldproof_circuits::stages::model;

use super::*;

/// A proof of this layout under the test setup, its key through our format and back.
pub(super) fn proved(layout: Layout) -> (Bundle, VerifierKey) {
    let statement = layout.statement().clone();
    let params = ParamsKZG::<Bn256>::setup(statement.k(), ChaCha20Rng::seed_from_u64(1));
    let blank = Layout::blank(&statement);
    let made = keygen_vk_custom(&params, &blank, true).unwrap();
    let bytes = VerifierKey::to_bytes(&statement, Scheme::Kzg, &made).unwrap();
    let key = VerifierKey::from_bytes(&statement, Scheme::Kzg, &bytes).unwrap();
    // Gates, columns, selectors and all: this is a digest of everything halo2 knows of the key.
    assert_eq!(key.transcript_repr(), made.transcript_repr());
    let proving = keygen_pk(&params, made, &blank).unwrap();
    let instance = layout.instance();
    let mut transcript = Blake2bWrite::<_, G1Affine, Challenge255<_>>::init(vec![]);
    let rng = ChaCha20Rng::seed_from_u64(2);
    create_proof::<KZGCommitmentScheme<_>, ProverSHPLONK<_>, _, _, _, _>(
        &params,
        &proving,
        &[layout],
        &[&[&rows(&instance)]],
        rng,
        &mut transcript,
    )
    .unwrap();
    let proof = transcript.finalize();
    let bundle = Bundle::new(statement, Some(claim()), key.digest(), instance, proof).unwrap();
    (Bundle::from_bytes(&bundle.to_bytes()).unwrap(), key)
}

/// A model of one layer without weights: its outputs are these biases.
fn constant(shape: &str, outputs: &[i32]) -> Model {
    let shape = ModelShape::from_name(shape).unwrap();
    let blank = Model::blank(shape);
    let layer = Layer {
        bias: outputs.to_vec(),
        multiplier: vec![1 << 29; outputs.len()],
        ..blank.layers()[0].clone()
    };
    let labels = (0..outputs.len()).map(|label| format!("label {label}")).collect();
    let head = HeadParameters { labels, ..blank.head().clone() };
    Model::new(shape, blank.inputs().to_vec(), vec![layer], head, Fr::zero()).unwrap()
}

fn registered(model: &Model) -> RegisteredModel {
    RegisteredModel {
        name: "constant".into(),
        version: "3".into(),
        shape: model.shape().into(),
        fraction_bits: Some(7),
        commitment: model::commitment(model),
        labels: model.head().labels.clone(),
        status: Status::Active,
        valid_from: Some(TIMESTAMP),
        valid_until: Some(TIMESTAMP + 1),
    }
}

fn block_and_codebook(statement: &Statement) -> (Block, Codebook) {
    let header = Header { height: 12, timestamp: TIMESTAMP, ..Header::default() };
    let block = Block { header, transactions: vec![Transaction::default(); 3], ..Block::default() };
    let centroids = vec![[[0; 4]; 4]; statement.block().unwrap().centroids.count()];
    (block, Codebook::new([0; 16], [1 << 32; 16], centroids, 1 << 40).unwrap())
}

#[test]
fn a_fingerprint_is_proved_and_verified() {
    let statement = Statement::default();
    let (block, codebook) = block_and_codebook(&statement);
    let (layout, fingerprint) =
        Layout::of_block(&statement, &block, &codebook, &Salts::none(), NONE).unwrap();
    let (bundle, key) = proved(layout);
    let policy = Policy::codebooks([fingerprint.inputs.codebook_root])
        .trust_setup(setup([key]))
        .allow_insecure_setup()
        .expect_block(block);
    let verified = crate::verify(&bundle, &policy).unwrap();
    let facts = verified.block().unwrap();
    assert_eq!((facts.height(), facts.timestamp()), (12, TIMESTAMP));
    assert!(facts.matched() && verified.insecure_setup());
    assert_eq!(verified.hints(), []);
    assert_eq!(crate::verify_batch(&[bundle], &policy), Ok(vec![verified]));
}

#[test]
fn a_block_is_proved_and_what_a_model_says_of_it() {
    let model = constant("tags-96-3", &[5, -5, 0]);
    let statement = statement("core-small-64+tags-96-3");
    let (block, codebook) = block_and_codebook(statement);
    let (layout, fingerprint) =
        Layout::of_block(statement, &block, &codebook, &Salts::none(), &[&model]).unwrap();
    let (bundle, key) = proved(layout);
    let unregistered = Policy::codebooks([fingerprint.inputs.codebook_root])
        .trust_setup(setup([key]))
        .allow_insecure_setup()
        .expect_block(block);
    let found = model::commitment(&model);
    assert_eq!(crate::verify(&bundle, &unregistered), Err(Error::ModelNotRegistered { found }));
    let policy = unregistered.models([registered(&model)]);
    let verified = crate::verify(&bundle, &policy).unwrap();
    assert!(verified.block().unwrap().matched());
    let [hint] = verified.hints() else { panic!("{:?}", verified.hints()) };
    assert_eq!((hint.name(), hint.version(), hint.commitment()), ("constant", "3", found));
    assert_eq!((hint.shape(), hint.fraction_bits()), (&model.shape().into(), Some(7)));
    assert_eq!(hint.opinion(), &Opinion::Tags(vec!["label 0".into(), "label 2".into()]));
    assert_eq!(crate::verify_batch(&[bundle], &policy), Ok(vec![verified]));
}

#[test]
fn values_are_proved_and_what_a_model_says_of_them() {
    for (name, shape, length) in
        [("vector-5+class-5-4", "class-5-4", 5), ("fingerprint+class-96-4", "class-96-4", 96)]
    {
        let model = constant(shape, &[-9, 7, 7, 0]);
        let (values, salt) = ((0..length).map(|i| i * i - 7).collect::<Vec<i64>>(), Fr::from(8));
        let layout = Layout::of_values(statement(name), &values, salt, &[&model]).unwrap();
        let (bundle, key) = proved(layout);
        let policy = Policy::without_codebook()
            .trust_setup(setup([key]))
            .allow_insecure_setup()
            .models([registered(&model)]);
        let late = policy.clone().at_time(TIMESTAMP + 1);
        let policy = policy.at_time(TIMESTAMP);
        let verified = crate::verify(&bundle, &policy.clone().expect_values(values.clone(), salt)).unwrap();
        let [hint] = verified.hints() else { panic!("{:?}", verified.hints()) };
        assert_eq!(hint.opinion(), &Opinion::Class { index: 1, label: "label 1".into() });
        assert!(matches!(verified.facts(), crate::Facts::Values(facts) if facts.matched()));
        assert!(crate::verify(&bundle, &policy.expect_values(values, Fr::zero())).is_err());
        assert!(matches!(crate::verify(&bundle, &late), Err(Error::ModelValidity { .. })));
    }
}
