//! What a proof is made of, measured on this machine as the prover does it: sums of points, transforms, multiplications.

use std::hint::black_box;
use std::time::Instant;

use ff::{Field, PrimeField};
use foldproof_params::msm::Bases;
use group::Curve;
use halo2curves::bn256::{Fr, G1, G1Affine};
use rand::SeedableRng;
use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;
use serde::Serialize;

use crate::plonk::Sample;

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
    /// A field multiplication, on one core.
    pub multiplication: f64,
}

impl Primitives {
    /// Measures, for circuits of 2^k rows: a second or two at most.
    pub fn measure(k: u32) -> Self {
        let n = 1 << k;
        let mut rng = ChaCha20Rng::seed_from_u64(u64::from(k));
        let bases = Bases::new(points(n));
        let wide: Vec<Fr> = (0..n).map(|_| Fr::random(&mut rng)).collect();
        let narrow: Vec<Fr> = (1..).map(|i: u64| Fr::from(i * 40_503 % (1 << NARROW_BITS))).take(n).collect();
        let sample = Sample::new(k, &wide);
        let at_once = 4 * rayon::current_num_threads();
        Self {
            k,
            cores: rayon::current_num_threads(),
            wide_msm: best(|| keep(bases.sum(&wide))),
            narrow_msm: best(|| keep(bases.sum(&narrow))),
            fft: best(|| {
                // As many at a time as there are columns enough for.
                (0..at_once).into_par_iter().for_each(|_| keep(sample.transform()));
            }) / at_once as f64,
            multiplication: best(|| keep(sample.multiply(MULTIPLICATIONS))) / MULTIPLICATIONS as f64,
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
