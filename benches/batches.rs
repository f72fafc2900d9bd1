//! Verification of many bundles at once: wall and processor time a proof, and what of it are steps that cannot be left out.
//!
//! `cargo bench -p foldproof-prover --bench batches`; statements as for `--bench proofs`. Proofs are kept in the folder of keys.

mod common;

use std::fs;
use std::hint::black_box;
use std::time::Instant;

use foldproof_circuits::statement::Statement;
use foldproof_prover::dummy::DummyWitness;
use foldproof_prover::prove::prove;
use foldproof_verifier::{Bundle, Policy, Scheme, verify_batch};
use group::GroupEncoding;
use halo2_proofs::arithmetic::best_multiexp;
use halo2curves::bn256::{Fr, G1Affine, G2Affine, pairing};

/// Bundles of a batch.
const SIZES: [usize; 3] = [1, 10, 100];
/// Proofs that are verified for one figure.
const PROOFS: usize = 1000;

fn main() {
    println!("load {}", fs::read_to_string("/proc/loadavg").unwrap_or_default().trim());
    println!("{:44} {:8} {:>6} {:>12} {:>12}", "statement", "scheme", "batch", "wall", "processor");
    for statement in common::statements() {
        for scheme in [Scheme::Kzg, Scheme::Evm] {
            let (bundles, policy) = bundles(&statement, scheme);
            for size in SIZES {
                let batch = &bundles[..size];
                let (wall, processor) = time(PROOFS.div_ceil(size), || {
                    verify_batch(batch, &policy).expect("proofs that verify");
                });
                let each = |seconds: f64| seconds / size as f64 * 1e3;
                let (wall, processor) = (each(wall), each(processor));
                let name = statement.name();
                println!("{name:44} {:8} {size:>6} {wall:>9.2} ms {processor:>9.2} ms", scheme.name());
            }
        }
    }
    primitives();
}

/// As many bundles of different claims as the largest batch has, and a policy that takes them.
fn bundles(statement: &Statement, scheme: Scheme) -> (Vec<Bundle>, Policy) {
    let dummy = DummyWitness::new(statement, 1);
    let models = dummy.models();
    let mut key_store = common::key_store(scheme, statement.k());
    let digest = key_store.keys(statement).expect("keys").verifying.digest();
    let folder = common::cache().join("batches");
    fs::create_dir_all(&folder).expect("a folder");
    let bundle = |salt: usize| {
        let file = folder.join(format!("{statement}.{scheme}.{salt}.proof"));
        let kept = fs::read(&file).ok().and_then(|bytes| Bundle::from_bytes(&bytes).ok());
        kept.filter(|bundle| bundle.key_digest() == digest).unwrap_or_else(|| {
            let dummy = dummy.salted(Fr::from(salt as u64));
            let made = prove(&mut key_store, statement, &dummy.witness(), &models).expect("a proof").bundle;
            fs::write(&file, made.to_bytes()).expect("a file");
            made
        })
    };
    let bundles = (0..SIZES[SIZES.len() - 1]).map(bundle).collect();
    (bundles, common::policy(&mut key_store, &dummy))
}

/// Median wall seconds of some runs, and the mean of the processor seconds that all threads took.
fn time(runs: usize, mut work: impl FnMut()) -> (f64, f64) {
    // What is made once is made here: keys, threads.
    work();
    let before = processor();
    let mut walls: Vec<f64> = (0..runs)
        .map(|_| {
            let started = Instant::now();
            work();
            started.elapsed().as_secs_f64()
        })
        .collect();
    let processor = (processor() - before) / runs as f64;
    walls.sort_by(f64::total_cmp);
    (walls[runs / 2], processor)
}

/// Processor seconds of this process's threads; nothing where the system does not say.
fn processor() -> f64 {
    let tasks = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let nanoseconds = tasks.filter_map(|task| {
        let text = fs::read_to_string(task.path().join("schedstat")).ok()?;
        text.split_whitespace().next()?.parse::<f64>().ok()
    });
    nanoseconds.sum::<f64>() / 1e9
}

/// What proofs of a batch are made of: points that are read, sums of them, one pairing.
fn primitives() {
    let scalar = |n: usize| Fr::from(n as u64 + 2).invert().unwrap_or(Fr::zero());
    let points: Vec<G1Affine> =
        (0..10_000).map(|n| G1Affine::from(G1Affine::generator() * scalar(n))).collect();
    let encodings: Vec<_> = points.iter().map(GroupEncoding::to_bytes).collect();
    let (_, decode) = time(3, || {
        encodings.iter().for_each(|bytes| {
            black_box(G1Affine::from_bytes(black_box(bytes)).unwrap());
        });
    });
    println!("{:60} {:>9.2} µs", "processor time to decompress a point", decode / points.len() as f64 * 1e6);
    for count in [100, 1_000, 5_000, 10_000] {
        let scalars: Vec<Fr> = (0..count).map(scalar).collect();
        let (_, sum) = time(5, || {
            black_box(best_multiexp(black_box(&scalars), &points[..count]));
        });
        let name = format!("processor time of a point in a sum of {count}");
        println!("{name:60} {:>9.2} µs", sum / count as f64 * 1e6);
    }
    let (_, both) = time(50, || {
        black_box(pairing(&points[0], &G2Affine::generator()));
        black_box(pairing(&points[1], &G2Affine::generator()));
    });
    println!("{:60} {:>9.2} µs", "processor time of two pairings", both * 1e6);
}
