//! Gadgets: Poseidon, range checks, the nearest centroid, a dense layer; each in native integers and in the circuit.
//!
//! A core gadget cannot be proved alone: its chip's columns come with those of all chips, and the range table alone has 2^13
//! rows, so a proof of one would take what a proof of all takes. What it adds is its cells. `assignment` is laying them out, and
//! `commitments` is committing to the columns of a stage with nothing else on them. A dense layer can be proved alone: the
//! statements about a fingerprint or vector in `--bench proofs` do.

mod common;

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, Criterion, criterion_group, criterion_main};
use foldproof_circuits::assignment::Assignment;
use foldproof_circuits::block::Number;
use foldproof_circuits::chips::{Area, Bands, UNUSABLE_ROWS, number, sponge};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::models::QuantisedModel;
use foldproof_circuits::stages::model::evaluate;
use foldproof_circuits::stages::{commit, features, fold, pq};
use foldproof_circuits::statement::Statement;
use foldproof_prover::codebook::default_codebook;
use foldproof_prover::dummy::DummyWitness;
use foldproof_prover::keys::{Keys, Parameters};
use foldproof_verifier::Scheme;
use halo2curves::bn256::Fr;

/// Where the core gadgets are measured.
const CORE: &str = "core-small-64";
/// Where the dense layers are.
const MODEL: &str = "fingerprint+tags-96-64-32-15";
/// Permutations, and numbers, on an assignment.
const COUNT: usize = 240;

fn dummy(name: &str) -> DummyWitness {
    DummyWitness::new(&Statement::from_name(name).expect("a statement"), 1)
}

/// First-phase columns with the cells of a stage and nothing else.
fn columns(layout: &Layout, stage: &str) -> Vec<Vec<Fr>> {
    let assignment = layout.assignment();
    let stages = layout.stages().iter();
    let own: Vec<_> = stages.filter(|known| known.name.contains(stage)).collect();
    let all = (0..assignment.advice().len()).map(|column| {
        let mut values = vec![Fr::zero(); assignment.rows()];
        for stage in own.iter().filter(|stage| stage.area == Area::of_advice(column)) {
            let rows = stage.start..stage.start + stage.rows;
            if let (Some(to), Some(from)) =
                (values.get_mut(rows.clone()), assignment.advice()[column].get(rows))
            {
                to.copy_from_slice(from);
            }
        }
        values
    });
    all.filter(|values| values.iter().any(|value| *value != Fr::zero())).collect()
}

fn commit_all(keys: &Keys, columns: &[Vec<Fr>]) {
    for values in columns {
        match &keys.parameters {
            Parameters::Transparent(params) => std::hint::black_box(params.commit_values(values, Fr::one())),
            Parameters::Kzg(params) => std::hint::black_box(params.commit_values(values, Fr::one())),
        };
    }
}

fn commitments(group: &mut BenchmarkGroup<'_, WallTime>, keys: &Keys, dummy: &DummyWitness, stage: &str) {
    let columns = columns(&dummy.layout().expect("a dummy witness fits"), stage);
    group.bench_function(format!("commitments to {} columns", columns.len()), |bencher| {
        bencher.iter(|| commit_all(keys, &columns));
    });
}

fn core_assignment() -> Assignment {
    Assignment::new(Bands::BLOCK, (1 << 13) - UNUSABLE_ROWS)
}

fn gadgets(criterion: &mut Criterion) {
    let mut key_store = common::key_store(Scheme::Transparent, 13);
    let core = dummy(CORE);
    let folded = fold::fold(&features::sums(&core.blocks[0]));

    let mut group = criterion.benchmark_group(format!("Poseidon, {COUNT} permutations"));
    group.sample_size(common::SAMPLES);
    let elements: Vec<i64> = (0..COUNT * 7 * 7).map(|i| i as i64).collect();
    group.bench_function("native", |b| b.iter(|| commit::vector(&elements, Fr::one())));
    let messages: Vec<_> = (0..COUNT * 7).map(|i| sponge::Message::Free(Fr::from(i as u64))).collect();
    group.bench_function("assignment", |bencher| {
        bencher.iter(|| {
            let mut assignment = core_assignment();
            sponge::Sponge::default().chain(&mut assignment, Fr::one(), &messages, messages[0])
        });
    });
    commitments(&mut group, key_store.keys(&core.statement).expect("keys"), &core, "commit: sponge");
    group.finish();

    let mut group = criterion.benchmark_group(format!("range checks, {COUNT} clamped numbers"));
    group.sample_size(common::SAMPLES);
    let clamp = || number::Clamp { threshold: 1 << 40, limit: 1 << 40 };
    let feature = features::NumberFeature { feature: 0, scale: 1_000 };
    let numbers: Vec<Number> = (0..COUNT).map(|i| Number::saturating(i as i128 * 1_000_003)).collect();
    group.bench_function("native", |bencher| {
        bencher.iter(|| numbers.iter().map(|number| features::clamp_number(*number, feature)).sum::<i64>());
    });
    group.bench_function("assignment", |bencher| {
        bencher.iter(|| {
            let mut assignment = core_assignment();
            for row in 0..COUNT {
                number::assign(&mut assignment, row + 8, &(row as u64 * 1_000_003).into(), clamp());
            }
            assignment
        });
    });
    commitments(&mut group, key_store.keys(&core.statement).expect("keys"), &core, "records");
    group.finish();

    let mut group = criterion.benchmark_group("nearest centroids, 6 vectors");
    group.sample_size(common::SAMPLES);
    group.bench_function("native, 64", |b| b.iter(|| pq::encode(&folded, &core.codebook)));
    group.bench_function("native, 256", |b| b.iter(|| pq::encode(&folded, default_codebook())));
    commitments(&mut group, key_store.keys(&core.statement).expect("keys"), &core, "searches");
    group.finish();

    let dense = dummy(MODEL);
    let mut group = criterion.benchmark_group("dense layers, 96-64-32-15");
    group.sample_size(common::SAMPLES);
    let QuantisedModel::Dense(model) = &dense.models[0] else { panic!("a dense model") };
    group.bench_function("native", |b| b.iter(|| evaluate(model, &dense.values)));
    group.bench_function("assignment", |b| b.iter(|| dense.layout().expect("a dummy witness fits")));
    commitments(&mut group, key_store.keys(&dense.statement).expect("keys"), &dense, "layers");
    group.finish();
}

criterion_group!(benches, gadgets);
criterion_main!(benches);
