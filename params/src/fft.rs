//! The change from powers to the Lagrange basis: an inverse Fourier transform over points, layer by layer.
//!
//! Equal to halo2's `g_to_lagrange`, but says how far it is and multiplies faster (see [`crate::glv`]).

use ff::Field;
use group::prime::PrimeCurveAffine;
use group::{Curve, Group};
use halo2_proofs::arithmetic::{bitreverse, parallelize};
use halo2curves::bn256::{Fr, G1, G1Affine};

use crate::Progress;
use crate::glv::{Split, mul};
use crate::transparent::inverse_domain;

/// Products between two reports.
const BLOCK: usize = 2048;

/// The Lagrange basis over the 2^`k`-th roots of unity of the first 2^`k` of `powers`.
///
/// `powers` must hold at least that many.
pub(crate) fn to_lagrange(
    powers: &[G1Affine],
    k: u32,
    stage: &'static str,
    progress: &mut dyn FnMut(Progress),
) -> Vec<G1Affine> {
    let n = 1usize << k;
    let (omega_inv, n_inv) = inverse_domain(k);
    let mut points: Vec<G1> = (0..n).map(|i| powers[bitreverse(i, k as usize)].to_curve()).collect();

    // Layer 0 multiplies by one only, the last also divides by n, once per sum and once per difference.
    let half = n / 2;
    let total = (u64::from(k) * half as u64).max(1);
    let mut done = 0;
    let mut report = |products: usize| {
        done += products as u64;
        progress(Progress { stage, done, total });
    };
    report(0);

    let twiddles = powers_of(omega_inv, half);
    let mut products = vec![G1::identity(); half];
    for layer in 0..k {
        let width = 1usize << layer;
        let last = layer + 1 == k;
        if last {
            scale(&mut points, half, &Split::new(&n_inv), &mut report);
        }
        let stride = half / width;
        let splits: Vec<Split> = splits(&twiddles, stride, if last { n_inv } else { Fr::ONE });
        for (block, out) in products.chunks_mut(BLOCK).enumerate() {
            let first = block * BLOCK;
            let (points, splits) = (&points, &splits);
            parallelize(out, |out, start| {
                for (index, product) in (first + start..).zip(out.iter_mut()) {
                    let (group, j) = (index / width, index % width);
                    let point = &points[group * 2 * width + width + j];
                    *product = if j == 0 && !last { *point } else { mul(point, &splits[j]) };
                }
            });
            if layer > 0 {
                report(out.len());
            }
        }
        let products = &products;
        butterflies(&mut points, products, width);
    }

    let mut lagrange = vec![G1Affine::identity(); n];
    let points = &points;
    parallelize(&mut lagrange, |out, start| G1::batch_normalize(&points[start..start + out.len()], out));
    lagrange
}

/// Multiplies the points that the last layer does not: the lower half.
fn scale(points: &mut [G1], half: usize, by: &Split, report: &mut impl FnMut(usize)) {
    for block in points[..half].chunks_mut(BLOCK) {
        parallelize(block, |block, _| {
            for point in block {
                *point = mul(point, by);
            }
        });
        report(block.len());
    }
}

/// `(a, b)` becomes `(a + t, a − t)` for every pair `width` apart, `t` being b's product.
fn butterflies(points: &mut [G1], products: &[G1], width: usize) {
    let piece = width.min(BLOCK);
    let mut pieces = Vec::with_capacity(products.len() / piece);
    for (pair, products) in points.chunks_mut(2 * width).zip(products.chunks(width)) {
        let (low, high) = pair.split_at_mut(width);
        pieces.extend(low.chunks_mut(piece).zip(high.chunks_mut(piece)).zip(products.chunks(piece)));
    }
    parallelize(&mut pieces, |pieces, _| {
        for ((low, high), products) in pieces {
            for ((low, high), product) in low.iter_mut().zip(high.iter_mut()).zip(*products) {
                *high = *low - product;
                *low += product;
            }
        }
    });
}

/// Every `stride`-th twiddle times `by`, split for multiplication.
fn splits(twiddles: &[Fr], stride: usize, by: Fr) -> Vec<Split> {
    let mut splits = vec![Split::new(&by); twiddles.len() / stride];
    parallelize(&mut splits, |splits, start| {
        for (split, twiddle) in splits.iter_mut().zip(twiddles.iter().step_by(stride).skip(start)) {
            *split = Split::new(&(by * twiddle));
        }
    });
    splits
}

/// `1, base, base², …`
fn powers_of(base: Fr, count: usize) -> Vec<Fr> {
    std::iter::successors(Some(Fr::ONE), |power| Some(*power * base)).take(count).collect()
}

#[cfg(test)]
mod tests {
    use halo2_proofs::arithmetic::g_to_lagrange;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::SeedableRng;

    use super::*;

    #[test]
    fn equals_halo2_and_counts_to_the_end() {
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        let points: Vec<G1Affine> = (0..256).map(|_| G1Affine::random(&mut rng)).collect();
        for k in 1..=8 {
            let mut seen = Vec::new();
            let ours = to_lagrange(&points, k, "test", &mut |progress| seen.push(progress));
            let curve: Vec<G1> = points[..1 << k].iter().map(|point| point.to_curve()).collect();
            assert_eq!(ours, g_to_lagrange::<G1Affine>(curve, k), "k = {k}");
            assert!(seen.windows(2).all(|pair| pair[0].done <= pair[1].done));
            assert!(seen.iter().all(|progress| progress.done <= progress.total));
            assert_eq!(seen.last().map(|last| last.done), seen.last().map(|last| last.total), "k = {k}");
        }
    }
}
