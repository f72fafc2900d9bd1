//! What docs/zero-knowledge.md says of proofs under kzg, tried on a small circuit: pieces of the quotient are blinded by factors of
//! their own; two proofs of one witness share no commitment; and the page's simulator, which has no witness and does not know
//! the setup's secret, makes proofs that halo2's verifier takes if it is dealt the last challenge that the simulator chose.

use std::collections::BTreeSet;

use ff::PrimeField;
use foldproof_circuits::statement::Statement;
use foldproof_params::kzg::{Setup, insecure_test_setup};
use foldproof_verifier::Scheme;
use halo2_proofs::plonk::{ConstraintSystem, Expression, verify_proof};
use halo2_proofs::poly::kzg::commitment::{KZGCommitmentScheme, ParamsKZG};
use halo2_proofs::poly::kzg::multiopen::VerifierSHPLONK;
use halo2_proofs::poly::kzg::strategy::SingleStrategy;
use halo2_proofs::transcript::{
    Blake2bRead, Challenge255, EncodedChallenge as _, Transcript as Oracle, TranscriptRead,
    TranscriptReadBuffer as _,
};
use halo2curves::bn256::Bn256;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Error, SeedableRng};

use super::domain::evaluate;
use super::*;
use crate::dummy::DummyWitness;
use crate::keys::{KeyError, KeyStore, Keys, Parameters};
use crate::prove::Prover;

const STATEMENT: &str = "vector-2+tags-2-2";

/// Keys under kzg, a layout, its public inputs.
struct Scene {
    keys: std::sync::Arc<Keys>,
    layout: Layout,
    rows: Vec<Fr>,
}

impl Scene {
    fn new() -> Self {
        let statement = Statement::from_name(STATEMENT).expect("a statement");
        let layout = DummyWitness::new(&statement, 1).layout().expect("a layout");
        let rows = layout.instance().rows().into_iter().copied().collect();
        let cache = tempfile::tempdir().expect("a folder");
        let mut key_store = KeyStore::new(cache.path(), Some(setup(statement.k())), |_| {});
        Self { keys: key_store.keys(&statement).expect("keys").clone(), layout, rows }
    }

    fn params(&self) -> &Tuned<ParamsKZG<Bn256>> {
        match &self.keys.parameters {
            Parameters::Kzg(params) => params,
            Parameters::Transparent(_) => unreachable!("the key store has a setup"),
        }
    }

    fn cs(&self) -> &ConstraintSystem<Fr> {
        self.keys.proving.get_vk().cs()
    }

    /// A proof, as its elements.
    fn prove(&self, rng: &mut (impl RngCore + CryptoRng)) -> Vec<Vec<u8>> {
        let (key, layout) = (&self.keys.proving, self.layout.clone());
        let proof = create_proof(
            self.params(),
            key,
            layout,
            &self.rows,
            Transcript::new(Scheme::Kzg),
            rng,
            &mut Profile::start(),
        );
        proof.expect("a proof").chunks(32).map(<[u8]>::to_vec).collect()
    }

    /// Commitments before those to the pieces of the quotient, and how many pieces there are.
    fn commitments(&self) -> (usize, usize) {
        let cs = self.cs();
        let products = cs.permutation().get_columns().len().div_ceil(cs.degree() - 2);
        (cs.num_advice_columns() + products + 1, cs.degree() - 1)
    }

    fn verifies(
        &self,
        rows: &[Fr],
        transcript: &mut impl TranscriptRead<G1Affine, Challenge255<G1Affine>>,
    ) -> bool {
        let (params, key) = (self.params().halo2(), self.keys.proving.get_vk());
        let start = SingleStrategy::new(params);
        verify_proof::<KZGCommitmentScheme<Bn256>, VerifierSHPLONK<_>, _, _, _>(
            params,
            key,
            start,
            &[&[rows]],
            transcript,
        )
        .is_ok()
    }
}

fn setup(k: u32) -> Setup {
    insecure_test_setup(k, ChaCha20Rng::seed_from_u64(2)).expect("a setup")
}

/// One generator for so many calls, then another.
struct Forked {
    generators: [ChaCha20Rng; 2],
    fork: u64,
    calls: u64,
}

impl Forked {
    fn new(fork: u64, other: u64) -> Self {
        Self { generators: [1, other].map(ChaCha20Rng::seed_from_u64), fork, calls: 0 }
    }

    fn next(&mut self) -> &mut ChaCha20Rng {
        self.calls += 1;
        &mut self.generators[usize::from(self.calls > self.fork)]
    }
}

impl RngCore for Forked {
    fn next_u32(&mut self) -> u32 {
        self.next().next_u32()
    }
    fn next_u64(&mut self) -> u64 {
        self.next().next_u64()
    }
    fn fill_bytes(&mut self, bytes: &mut [u8]) {
        self.next().fill_bytes(bytes);
    }
    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Error> {
        self.next().try_fill_bytes(bytes)
    }
}

impl CryptoRng for Forked {}

/// Without factors of their own, pieces are a function of columns and challenges: two proofs whose randomness differs in what is
/// drawn after the columns would have the same.
#[test]
fn pieces_of_the_quotient_are_blinded_apart_from_columns() {
    let scene = Scene::new();
    let (before, pieces) = scene.commitments();
    let calls = |use_it: &dyn Fn(&mut Forked)| {
        let mut rng = Forked::new(u64::MAX, 0);
        use_it(&mut rng);
        rng.calls
    };
    // The last that is drawn: a factor for all pieces but one, and halo2's blinding factors, which kzg ignores.
    let late = (2 * pieces as u64 - 1) * calls(&|rng| assert_ne!(Fr::random(rng), Fr::ZERO));
    let fork = calls(&|rng| drop(scene.prove(rng))) - late;
    let [a, b] = [5, 6].map(|other| scene.prove(&mut Forked::new(fork, other)));
    assert!(a[..before] == b[..before], "columns are the same");
    for i in before..before + pieces {
        assert_ne!(a[i], b[i], "piece {}", i - before);
    }
}

#[test]
fn two_proofs_of_one_witness_share_no_commitment() {
    let scene = Scene::new();
    let (before, pieces) = scene.commitments();
    let mut seen = BTreeSet::new();
    for seed in [3, 4] {
        let proof = scene.prove(&mut ChaCha20Rng::seed_from_u64(seed));
        let (columns, rest) = proof.split_at(before + pieces);
        let opening = &rest[rest.len() - 2..];
        for commitment in columns.iter().chain(opening) {
            assert!(seen.insert(commitment.clone()));
        }
    }
    assert_eq!(seen.len(), 2 * (before + pieces + 2));
}

/// A setup without the power for it is told so before work goes into a proof, and the prover makes none if asked nevertheless.
#[test]
fn there_is_no_proof_that_is_not_blinded() {
    let scene = Scene::new();
    let statement = &scene.keys.statement;
    let new = setup(statement.k());
    let mut bytes = new.to_bytes();
    let powers = 12 + new.provenance().len() + 32;
    bytes.drain(powers + (64 << statement.k())..powers + (64 << statement.k()) + 64);
    bytes[6] = 1;
    let sealed = [&bytes[..powers - 32], &bytes[powers..]].concat();
    bytes[powers - 32..powers].copy_from_slice(&foldproof_params::Digest::of(&sealed).0);
    let old = Setup::from_bytes(&bytes).expect("a file without the last power");
    let cache = tempfile::tempdir().expect("a folder");
    let mut key_store = KeyStore::new(cache.path(), Some(old), |_| {});
    let error = Prover::new(&mut key_store, statement).expect_err("no power to blind with");
    assert!(matches!(&error, KeyError::Params(error) if error.to_string().contains("import")), "{error}");
    // Its keys are the same.
    let keys = key_store.keys(statement).expect("keys");
    assert_eq!(keys.verifying_bytes, scene.keys.verifying_bytes);
    let Parameters::Kzg(params) = &keys.parameters else { unreachable!("the key store has a setup") };
    let (rng, profile) = (&mut ChaCha20Rng::seed_from_u64(1), &mut Profile::start());
    let refused = create_proof(
        params,
        &keys.proving,
        scene.layout.clone(),
        &scene.rows,
        Transcript::new(Scheme::Kzg),
        rng,
        profile,
    );
    assert!(refused.expect_err("no power to blind with").to_string().contains("blinded"));
}

/// A proof from public inputs alone, and the last challenge it is for.
fn simulated(scene: &Scene, rows: &[Fr], rng: &mut ChaCha20Rng) -> (Vec<u8>, Fr) {
    let (key, cs, params) = (&scene.keys.proving, scene.cs(), scene.params());
    let domain = Domain::<Fr>::new(scene.keys.statement.k());
    let n = domain.size();
    let x = Fr::random(&mut *rng);
    let x_n = x.pow_vartime([n as u64]);
    let mut transcript = Transcript::new(Scheme::Kzg);
    transcript.common_scalar(key.get_vk().transcript_repr()).expect("a scalar");
    rows.iter().for_each(|row| transcript.common_scalar(*row).expect("a scalar"));
    // Values at so many points and at the secret are those of a random column.
    let mut draw = |points: usize| Column {
        coefficients: (0..=points).map(|_| Fr::random(&mut *rng)).collect(),
        blind: Fr::ZERO,
    };
    let commit = |transcript: &mut Transcript, column: &Column| {
        write_point(transcript, params.commit_coefficients(&column.coefficients, Fr::ZERO)).expect("a point");
    };
    let queries =
        |column: usize| cs.advice_queries().iter().filter(|(query, _)| query.index() == column).count();
    let advice: Vec<Column> = (0..cs.num_advice_columns()).map(|column| draw(queries(column))).collect();
    let (first, second) = advice.split_at(scene.layout.first_phase().len());
    first.iter().for_each(|column| commit(&mut transcript, column));
    let circuit: Vec<Fr> = (0..cs.num_challenges()).map(|_| transcript.squeeze()).collect();
    second.iter().for_each(|column| commit(&mut transcript, column));
    let [_theta, beta, gamma] = std::array::from_fn(|_| transcript.squeeze());
    let sets: Vec<_> = cs.permutation().get_columns().chunks(cs.degree() - 2).map(<[_]>::to_vec).collect();
    let products: Vec<Column> = sets.iter().map(|_| draw(3)).collect();
    products.iter().for_each(|column| commit(&mut transcript, column));
    let random = draw(1);
    commit(&mut transcript, &random);
    let y = transcript.squeeze();

    // What the verifier will want of the quotient at x.
    let mut instance = rows.to_vec();
    instance.resize(n, Fr::ZERO);
    let instance = domain.unpack(&domain.coefficients(&instance));
    let at = |coefficients: &[Fr], rotation: i32| evaluate(coefficients, domain.rotate(x, rotation));
    let (fixed, sigma) = (key.fixed_polys(), key.permutation().polys());
    let value = |expression: &Expression<Fr>| {
        expression.evaluate(
            &|constant| constant,
            &|_| unreachable!("selectors are fixed columns"),
            &|query| at(&fixed[query.column_index()], query.rotation().0),
            &|query| at(&advice[query.column_index()].coefficients, query.rotation().0),
            &|query| at(&instance, query.rotation().0),
            &|challenge| circuit[challenge.index()],
            &|a| -a,
            &|a, b| a + b,
            &|a, b| a * b,
            &|a, factor| a * factor,
        )
    };
    let mut values: Vec<Fr> = cs.gates().iter().flat_map(|gate| gate.polynomials()).map(value).collect();
    let last = -(cs.blinding_factors() as i32 + 1);
    // The polynomial that is 1 so many rows from the first one.
    let in_row = |rotation: i32| {
        let point = domain.rotate(Fr::ONE, rotation);
        point * (x_n - Fr::ONE) * (Fr::from(n as u64) * (x - point)).invert().expect("x is no row")
    };
    let active = Fr::ONE - (last..0).map(in_row).sum::<Fr>();
    let z = |set: usize, rotation: i32| at(&products[set].coefficients, rotation);
    let end = z(sets.len() - 1, 0);
    values.push(in_row(0) * (Fr::ONE - z(0, 0)));
    values.push(in_row(last) * (end.square() - end));
    values.extend((1..sets.len()).map(|set| in_row(0) * (z(set, 0) - z(set - 1, last))));
    let mut sigma_at = sigma.iter().map(|images| at(images, 0));
    let mut identity = beta * x;
    for (set, columns) in sets.iter().enumerate() {
        let (mut left, mut right) = (z(set, 1), z(set, 0));
        for column in columns {
            let value = at(&advice[column.index()].coefficients, 0) + gamma;
            left *= value + beta * sigma_at.next().expect("images of each column");
            right *= value + identity;
            identity *= Fr::DELTA;
        }
        values.push(active * (left - right));
    }
    let numerator = values.into_iter().fold(Fr::ZERO, |sum, value| sum * y + value);
    let expected = numerator * (x_n - Fr::ONE).invert().expect("x is no row");

    let mut pieces: Vec<Column> = (1..cs.degree()).map(|_| draw(1)).collect();
    pieces.iter_mut().skip(1).for_each(|piece| piece.coefficients[1] = Fr::ZERO);
    let found = evaluate(&collapse(&pieces, x_n).coefficients, x);
    pieces[0].coefficients[0] += expected - found;
    pieces.iter().for_each(|piece| commit(&mut transcript, piece));
    // Here the oracle is told to answer x.
    transcript.squeeze();
    let quotient = collapse(&pieces, x_n);
    let opened = Opened {
        advice: advice.iter().map(Column::committed).collect(),
        products: products.iter().map(Column::committed).collect(),
        fixed: fixed.iter().map(|polynomial| Committed::public(polynomial)).collect(),
        sigma: sigma.iter().map(|polynomial| Committed::public(polynomial)).collect(),
        instance: None,
        quotient: quotient.committed(),
        random: random.committed(),
    };
    let queries = opened.write_values(cs, &domain, x, &mut transcript).expect("values");
    params.open(&mut transcript, rng, &queries).expect("an opening");
    (transcript.finalize(), x)
}

/// A transcript whose challenge after so many others is this one.
struct Programmed<'p> {
    inner: Blake2bRead<&'p [u8], G1Affine, Challenge255<G1Affine>>,
    others: usize,
    challenge: Fr,
}

impl Oracle<G1Affine, Challenge255<G1Affine>> for Programmed<'_> {
    fn squeeze_challenge(&mut self) -> Challenge255<G1Affine> {
        let drawn = self.inner.squeeze_challenge();
        let Some(others) = self.others.checked_sub(1) else {
            self.others = usize::MAX;
            let mut wide = [0; 64];
            wide[..32].copy_from_slice(&self.challenge.to_repr());
            return Challenge255::new(&wide);
        };
        self.others = others;
        drawn
    }
    fn common_point(&mut self, point: G1Affine) -> io::Result<()> {
        self.inner.common_point(point)
    }
    fn common_scalar(&mut self, scalar: Fr) -> io::Result<()> {
        self.inner.common_scalar(scalar)
    }
}

impl TranscriptRead<G1Affine, Challenge255<G1Affine>> for Programmed<'_> {
    fn read_point(&mut self) -> io::Result<G1Affine> {
        self.inner.read_point()
    }
    fn read_scalar(&mut self) -> io::Result<Fr> {
        self.inner.read_scalar()
    }
}

/// Public inputs may even be ones that nothing satisfies. Without its say in the challenge the simulator convinces nobody.
#[test]
fn the_simulator_needs_neither_witness_nor_secret() {
    let scene = Scene::new();
    let rng = &mut ChaCha20Rng::seed_from_u64(7);
    let mut rows = scene.rows.clone();
    let length = scene.prove(rng).len();
    for _ in 0..2 {
        let (proof, challenge) = simulated(&scene, &rows, rng);
        assert_eq!(proof.len(), 32 * length);
        let read = |proof| Blake2bRead::<_, G1Affine, Challenge255<_>>::init(proof);
        // Those of the circuit, θ, β, γ and y come first.
        let others = scene.cs().num_challenges() + 4;
        let mut programmed = Programmed { inner: read(&proof[..]), others, challenge };
        assert!(scene.verifies(&rows, &mut programmed));
        assert!(!scene.verifies(&rows, &mut read(&proof[..])));
        rows.iter_mut().skip(1).for_each(|row| *row = Fr::random(&mut *rng));
    }
}
