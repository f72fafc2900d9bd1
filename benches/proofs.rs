//! Keys, witnesses, proofs and their verification, for every statement and scheme.
//!
//! `FOLDPROOF_BENCH="core-small-64 core-large-64" cargo bench -p foldproof-prover --bench proofs` measures these statements,
//! `FOLDPROOF_BENCH=all` those with pinned keys; `-- /kzg/prove` only what has this in its name.

mod common;

use criterion::{BatchSize, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use foldproof_circuits::layout::Layout;
use foldproof_prover::dummy::DummyWitness;
use foldproof_prover::keys::{Keys, Parameters};
use foldproof_prover::prove::prove;
use foldproof_verifier::{Bundle, Scheme, verify, verify_batch};
use halo2_proofs::plonk::{ProvingKey, keygen_pk, keygen_vk_custom};
use halo2curves::bn256::{Fr, G1Affine};

/// Bundles of a batch.
const BATCH: u64 = 8;

fn witnesses(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("witness");
    group.sample_size(common::SAMPLES);
    for statement in common::statements() {
        let dummy = DummyWitness::new(&statement, 1);
        group.bench_function(statement.name(), |bencher| {
            bencher.iter(|| dummy.layout().expect("a dummy witness fits"));
        });
    }
}

fn proofs(criterion: &mut Criterion) {
    for scheme in Scheme::ALL {
        for statement in common::statements() {
            let mut group = criterion.benchmark_group(format!("{statement}/{}", scheme.name()));
            group.sample_size(common::SAMPLES);
            let dummy = DummyWitness::new(&statement, 1);
            let models = dummy.models();
            let mut key_store = common::key_store(scheme, statement.k());
            let keys = key_store.keys(&statement).expect("keys");
            group.bench_function("keygen", |bencher| {
                bencher.iter_batched(|| (), |()| keygen(keys), BatchSize::PerIteration);
            });
            // With the check that what was made verifies, which `prove` does not leave out.
            group.bench_function("prove", |bencher| {
                bencher
                    .iter(|| prove(&mut key_store, &statement, &dummy.witness(), &models).expect("a proof"));
            });
            // Batches are of different claims.
            let salted = |salt| dummy.salted(Fr::from(salt));
            let made = |dummy: DummyWitness| {
                prove(&mut key_store, &statement, &dummy.witness(), &models).expect("a proof").bundle
            };
            let bundles: Vec<Bundle> = (0..BATCH).map(salted).map(made).collect();
            let policy = common::policy(&mut key_store, &dummy);
            group.bench_function("verify", |bencher| {
                bencher.iter(|| verify(&bundles[0], &policy).expect("a proof that verifies"));
            });
            // Criterion shows proofs in a second beside the time of all.
            group.throughput(Throughput::Elements(BATCH));
            group.bench_with_input(BenchmarkId::new("verify batch", BATCH), &bundles, |bencher, bundles| {
                bencher.iter(|| verify_batch(bundles, &policy).expect("proofs that verify"));
            });
        }
    }
}

fn keygen(keys: &Keys) -> ProvingKey<G1Affine> {
    let blank = Layout::blank(&keys.statement);
    let made = match &keys.parameters {
        Parameters::Transparent(params) => {
            keygen_vk_custom(params, &blank, true).and_then(|key| keygen_pk(params, key, &blank))
        }
        Parameters::Kzg(params) => {
            keygen_vk_custom(params, &blank, true).and_then(|key| keygen_pk(params, key, &blank))
        }
    };
    made.expect("keys")
}

criterion_group!(benches, witnesses, proofs);
criterion_main!(benches);
