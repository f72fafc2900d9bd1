//! The pipeline in native integers, step by step, on synthetic blocks.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use foldproof_circuits::block::Block;
use foldproof_circuits::pipeline::evaluate;
use foldproof_circuits::stages::commit::{self, Salts};
use foldproof_circuits::stages::{features, fold, pq};
use foldproof_circuits::statement::Size;
use foldproof_prover::codebook::default_codebook;
use foldproof_prover::input::read_block;
use foldproof_prover::sample::{self, Options};

/// Transactions of the blocks: few, as many as most have, many.
const SIZES: [usize; 3] = [12, 180, 1_000];

fn block(transactions: usize) -> (String, Block) {
    let text = sample::block(&Options { transactions, ..Options::default() });
    let (block, _) = read_block(text.as_bytes()).expect("a sample is a block");
    (text, block)
}

fn steps(criterion: &mut Criterion) {
    let codebook = default_codebook();
    let mut group = criterion.benchmark_group("pipeline");
    group.sample_size(20);
    for size in SIZES {
        let (text, block) = block(size);
        group.throughput(Throughput::Elements(size as u64));
        let id = |step| BenchmarkId::new(step, size);
        group.bench_function(id("parse"), |b| b.iter(|| read_block(text.as_bytes()).expect("a block")));
        group.bench_function(id("features"), |b| b.iter(|| features::sums(&block)));
        let sums = features::sums(&block);
        group.bench_function(id("fold"), |b| b.iter(|| fold::fold(&sums)));
        let folded = fold::fold(&sums);
        group.bench_function(id("pq"), |b| b.iter(|| pq::encode(&folded, codebook)));
        let circuit = Size::for_block(&block).expect("a size");
        group.bench_function(id("block commitment"), |b| {
            b.iter(|| commit::block(circuit, &block, Salts::none().block).expect("it fits"));
        });
        group.bench_function(id("all"), |b| {
            b.iter(|| evaluate(&block, codebook, &Salts::none()).expect("a fingerprint"));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("commitments");
    let folded = fold::fold(&features::sums(&block(180).1));
    let code = pq::encode(&folded, codebook);
    group.bench_function("fold", |b| b.iter(|| commit::folded(&folded, Salts::none().fold)));
    group.bench_function("pq", |b| b.iter(|| commit::pq(&code.indices, Salts::none().pq)));
    group.bench_function("codebook", |b| b.iter(|| commit::codebook(codebook)));
}

criterion_group!(benches, steps);
criterion_main!(benches);
