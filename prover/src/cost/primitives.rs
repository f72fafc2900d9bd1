//! What a proof is made of, measured on this machine: sums of points, transforms, multiplications. They are halo2's, an element
//! at a time. The prover has its own, which are quicker: sums a little, and transforms about three times where the processor
//! multiplies eight 52-bit integers at once.

use std::hint::black_box;
use std::time::Instant;

use ff::{Field, PrimeField};
use group::Curve;
use halo2_proofs::arithmetic::best_multiexp;
use halo2_proofs::poly::EvaluationDomain;
use halo2curves::bn256::{Fr, G1, G1Affine};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;
use serde::Serialize;

/// Bits of a scalar that counts as narrow.
pub const NARROW_BITS: u32 = 16;
/// Times that each is measured; the best counts.
const RUNS: usize = 3;
/// Multiplications in a run.
const MULTIPLICATIONS: usize = 1 << 20;

/// Seconds, on all cores unless it says otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Primitives {
    /// log₂ of the size of multi-scalar multiplications and transforms.
    pub k: u32,
    /// Cores.
    pub cores: usize,
    /// A multi-scalar multiplication by full-width scalars.
    pub wide_msm: f64,
    /// The same by scalars of 16 bits.
    pub narrow_msm: f64,
    /// A transform.
    pub fft: f64,
    /// A field multiplication with an addition, on one core.
    pub multiplication: f64,
}

impl Primitives {
    /// Measures, for circuits of 2^k rows: a second or two at most.
    pub fn measure(k: u32) -> Self {
        let n = 1 << k;
        let mut rng = ChaCha20Rng::seed_from_u64(u64::from(k));
        let points = points(n);
        let wide: Vec<Fr> = (0..n).map(|_| Fr::random(&mut rng)).collect();
        let narrow: Vec<Fr> = (1..).map(|i: u64| Fr::from(i * 40_503 % (1 << NARROW_BITS))).take(n).collect();
        let domain = EvaluationDomain::<Fr>::new(1, k);
        Self {
            k,
            cores: rayon::current_num_threads(),
            wide_msm: best(|| keep(best_multiexp(&wide, &points))),
            narrow_msm: best(|| keep(best_multiexp(&narrow, &points))),
            fft: best(|| {
                // As many at a time as there are columns enough for.
                let all = 4 * rayon::current_num_threads();
                (0..all).into_par_iter().for_each(|_| {
                    black_box(domain.lagrange_to_coeff(domain.lagrange_from_vec(wide.clone())));
                });
            }) / (4 * rayon::current_num_threads()) as f64,
            multiplication: multiplication(&wide),
        }
    }
}

/// Whatever is computed is needed, as far as the compiler can tell.
fn keep<T>(value: T) {
    let _ = black_box(value);
}

/// Seconds of the best run.
fn best(mut run: impl FnMut()) -> f64 {
    let seconds = (0..RUNS).map(|_| {
        let started = Instant::now();
        run();
        started.elapsed().as_secs_f64()
    });
    seconds.fold(f64::INFINITY, f64::min)
}

/// Different points; which does not matter.
fn points(count: usize) -> Vec<G1Affine> {
    let step = G1::generator() * Fr::MULTIPLICATIVE_GENERATOR;
    let all: Vec<G1> =
        std::iter::successors(Some(G1::generator()), |point| Some(point + step)).take(count).collect();
    let mut affine = vec![G1Affine::default(); count];
    G1::batch_normalize(&all, &mut affine);
    affine
}

/// With values read from memory as gates read columns.
fn multiplication(values: &[Fr]) -> f64 {
    let all = best(|| {
        let mut sums = [Fr::ZERO; 4];
        let factors = values.iter().rev().cycle();
        for (index, (a, b)) in values.iter().cycle().zip(factors).take(MULTIPLICATIONS).enumerate() {
            sums[index % 4] += a * b;
        }
        black_box(sums);
    });
    all / MULTIPLICATIONS as f64
}
