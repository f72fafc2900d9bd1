//! What a proof is made of, measured on this machine as the prover does it: sums of points, transforms, multiplications.

use std::hint::black_box;
use std::time::Instant;

use ff::Field;
use foldproof_params::msm::Bases;
use group::{Curve, Group};
use halo2curves::bn256::{Fr, G1, G1Affine};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha20Rng;
use rayon::prelude::*;
use serde::Serialize;

use foldproof_prover::plonk::Sample;

/// Bits of a scalar that counts as narrow.
pub const NARROW_BITS: u32 = 16;
/// Times that each is measured; the best counts.
const RUNS: usize = 3;
/// Columns that are transformed, about as many as a circuit has.
const COLUMNS: usize = 64;
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
    /// Multiples of a basis, which sums are computed from.
    pub multiples: f64,
    /// A transform.
    pub fft: f64,
    /// A field multiplication among others, on one core.
    pub multiplication: f64,
    /// A field multiplication that waits for the one before.
    pub waiting_multiplication: f64,
}

impl Primitives {
    /// Measures, for circuits of 2^k rows: a second or two at most.
    pub fn measure(k: u32) -> Self {
        let n = 1 << k;
        let mut rng = generator(u64::from(k), 0);
        let bases = Bases::new(points(n, u64::from(k)));
        let wide: Vec<Fr> = (0..n).map(|_| Fr::random(&mut rng)).collect();
        let narrow = narrow(n, &mut rng);
        let mut sample = Sample::new(k, &wide, COLUMNS);
        Self {
            k,
            cores: rayon::current_num_threads(),
            wide_msm: best(|| keep(bases.sum(&wide))),
            narrow_msm: best(|| keep(bases.sum(&narrow))),
            multiples: best(|| Bases::new(bases.points().to_vec()).prepare()),
            fft: best(|| sample.transform()) / COLUMNS as f64,
            multiplication: best(|| keep(sample.multiply(MULTIPLICATIONS))) / MULTIPLICATIONS as f64,
            waiting_multiplication: best(|| keep(sample.evaluate())) / n as f64,
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

/// Scalars that are narrow, but not 0.
fn narrow(count: usize, rng: &mut ChaCha20Rng) -> Vec<Fr> {
    (0..count).map(|_| Fr::from(rng.gen_range(1..1 << NARROW_BITS))).collect()
}

/// Points drawn at random. Those in arithmetic progression would not do: sums of theirs are points of theirs, and meet where
/// others never do, which is dearer to add.
fn points(count: usize, seed: u64) -> Vec<G1Affine> {
    let all: Vec<G1> =
        (0..count as u64).into_par_iter().map(|index| G1::random(generator(seed, index + 1))).collect();
    let mut affine = vec![G1Affine::default(); count];
    G1::batch_normalize(&all, &mut affine);
    affine
}

/// Generator number `stream` of a seed.
fn generator(seed: u64, stream: u64) -> ChaCha20Rng {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use ff::PrimeField;
    use group::GroupEncoding;

    use super::*;

    /// Neither points nor scalars have a pattern that would make sums dearer, or cheaper, than those of a proof.
    #[test]
    fn points_and_scalars_have_no_pattern() {
        let points = points(64, 6);
        let bytes = |pair: &[G1Affine]| (pair[1] - pair[0]).to_affine().to_bytes().as_ref().to_vec();
        let differences: HashSet<Vec<u8>> = points.windows(2).map(bytes).collect();
        assert_eq!(differences.len(), 63, "no two steps are alike");
        let scalars = narrow(1 << 12, &mut generator(6, 0));
        assert!(scalars.iter().all(|scalar| *scalar != Fr::zero() && *scalar < Fr::from(1 << NARROW_BITS)));
        let steps: HashSet<[u8; 32]> = scalars.windows(2).map(|pair| (pair[1] - pair[0]).to_repr()).collect();
        assert!(steps.len() > 3000, "{} different steps", steps.len());
    }
}
