//! Σ kᵢ·Pᵢ for the columns of a proof: many scalars are small, of either sign, or 0, and the points are always the same.
//!
//! Scalars are split by the curve's endomorphism into two halves of 127 bits ([`glv`](crate::glv)), which leaves small ones, and
//! negatives of small ones, as small as they are. Halves are sorted by length, so that a few long ones (blinding) do not
//! make windows for all. Each window is Pippenger's: points by digit into buckets, buckets summed. In a bucket points are
//! added in pairs in affine coordinates, with one inversion for all pairs of a window: six multiplications an addition where
//! projective coordinates take eleven.

use ff::Field;
use group::Group;
use group::prime::PrimeCurveAffine;
use halo2_proofs::arithmetic::parallelize;
use halo2curves::CurveExt;
use halo2curves::bn256::{Fq, Fr, G1, G1Affine};

use crate::glv::Splitter;

/// Halves up to so many bits are summed together.
const CLASSES: [u32; 4] = [16, 40, 80, 128];
/// Costs in multiplications: an affine addition in a batch, and the two additions that each bucket takes in the end.
const ADDITION: usize = 6;
const BUCKET: usize = 27;
/// Below so many pairs an inversion costs more than it saves.
const FEW_PAIRS: usize = 24;

/// Points that are summed again and again.
#[derive(Clone, Debug)]
pub(crate) struct Bases {
    points: Vec<G1Affine>,
    /// Abscissae of the points turned by the endomorphism; ordinates stay.
    turned: Vec<Fq>,
}

/// A point times half a scalar.
#[derive(Clone, Copy)]
struct Term {
    x: Fq,
    y: Fq,
    size: u128,
}

/// An affine point other than zero, without its type.
type Point = (Fq, Fq);

impl Bases {
    pub(crate) fn new(points: Vec<G1Affine>) -> Self {
        let beta = G1::generator().endo();
        // The endomorphism is a factor of x: read off the generator (1, 2), whatever its projective form.
        let beta = G1Affine::from(beta).x;
        let turned = points.iter().map(|point| point.x * beta).collect();
        Self { points, turned }
    }

    pub(crate) fn points(&self) -> &[G1Affine] {
        &self.points
    }

    /// Σ scalars[i]·points[i], over as many points as there are scalars.
    ///
    /// # Panics
    /// If there are more scalars than points.
    pub(crate) fn sum(&self, scalars: &[Fr]) -> G1 {
        assert!(scalars.len() <= self.points.len(), "more scalars than points");
        let splitter = Splitter::get();
        let mut halves = vec![[(false, 0); 2]; scalars.len()];
        parallelize(&mut halves, |halves, start| {
            for (half, scalar) in halves.iter_mut().zip(&scalars[start..]) {
                *half = splitter.split(scalar);
            }
        });
        let mut classes: [Vec<Term>; CLASSES.len()] = Default::default();
        for (i, [(a_negative, a), (b_negative, b)]) in halves.into_iter().enumerate() {
            let point = &self.points[i];
            let terms = [(point.x, a, a_negative), (self.turned[i], b, b_negative)];
            for (x, size, negative) in terms.into_iter().filter(|(_, size, _)| *size != 0) {
                if bool::from(point.is_identity()) {
                    continue;
                }
                let bits = 128 - size.leading_zeros();
                let class = CLASSES.iter().position(|most| bits <= *most).unwrap_or(CLASSES.len() - 1);
                classes[class].push(Term { x, y: if negative { -point.y } else { point.y }, size });
            }
        }
        classes.iter().map(|terms| pippenger(terms)).sum()
    }
}

/// Σ size·point.
fn pippenger(terms: &[Term]) -> G1 {
    let Some(bits) = terms.iter().map(|term| 128 - term.size.leading_zeros()).max() else {
        return G1::identity();
    };
    // Signed digits reach one bit higher.
    let windows = |width: u32| (bits + 1).div_ceil(width);
    let cost = |width: u32| windows(width) as usize * (terms.len() * ADDITION + (BUCKET << (width - 1)));
    let width = (2..=14).min_by_key(|width| cost(*width)).unwrap_or(8);
    let mut sums = vec![G1::identity(); windows(width) as usize];
    parallelize(&mut sums, |sums, start| {
        for (sum, window) in sums.iter_mut().zip(start as u32..) {
            *sum = window_sum(terms, width, window);
        }
    });
    sums.into_iter()
        .rev()
        .reduce(|high, low| (0..width).fold(high, |sum, _| sum.double()) + low)
        .unwrap_or_default()
}

/// Digit `window` of a size, from −2^(width−1) to 2^(width−1): the bits of the window, with what the window below carries.
fn digit(size: u128, width: u32, window: u32) -> i32 {
    let bit = |at: u32| if at < 128 { (size >> at & 1) as i32 } else { 0 };
    let low = width * window;
    let own = if low < 128 { (size >> low & ((1 << width) - 1)) as i32 } else { 0 };
    let carried = if low == 0 { 0 } else { bit(low - 1) };
    own + carried - (bit(low + width - 1) << width)
}

fn window_sum(terms: &[Term], width: u32, window: u32) -> G1 {
    let buckets = 1 << (width - 1);
    let digits: Vec<i32> = terms.iter().map(|term| digit(term.size, width, window)).collect();
    let mut counts = vec![0_usize; buckets];
    let bucket = |digit: i32| digit.unsigned_abs() as usize;
    digits.iter().filter(|digit| **digit != 0).for_each(|digit| counts[bucket(*digit) - 1] += 1);
    let mut starts: Vec<usize> = counts
        .iter()
        .scan(0, |next, count| {
            *next += count;
            Some(*next - count)
        })
        .collect();
    let mut points: Vec<Point> = vec![(Fq::ZERO, Fq::ZERO); counts.iter().sum()];
    for (term, digit) in terms.iter().zip(digits).filter(|(_, digit)| *digit != 0) {
        let start = &mut starts[bucket(digit) - 1];
        points[*start] = (term.x, if digit < 0 { -term.y } else { term.y });
        *start += 1;
    }
    halve(&mut points, &mut counts);
    // Σ i·bucket_i: the highest bucket is in each of the running sums.
    let mut rest = &points[..];
    let mut running = G1::identity();
    let mut sum = G1::identity();
    for count in counts.iter().rev() {
        let (others, own) = rest.split_at(rest.len() - count);
        rest = others;
        own.iter().for_each(|(x, y)| running += G1Affine { x: *x, y: *y });
        sum += running;
    }
    sum
}

/// Adds the points of each bucket in pairs, as long as there are enough of them.
fn halve(points: &mut Vec<Point>, counts: &mut [usize]) {
    let (mut slopes, mut products): (Vec<Fq>, Vec<Fq>) = Default::default();
    loop {
        let pairs: usize = counts.iter().map(|count| count / 2).sum();
        if pairs < FEW_PAIRS {
            return;
        }
        slopes.clear();
        each_pair(points, counts, |(x1, y1), (x2, y2)| {
            slopes.push(if x1 != x2 {
                x2 - x1
            } else if y1 == y2 {
                y1.double()
            } else {
                Fq::ZERO
            });
        });
        invert(&mut slopes, &mut products);
        let mut next = 0;
        let mut start = 0;
        let mut inverses = slopes.iter();
        for count in counts.iter_mut() {
            let mut kept = 0;
            for pair in 0..*count / 2 {
                let (one, other) = (points[start + 2 * pair], points[start + 2 * pair + 1]);
                let inverse = inverses.next().copied().unwrap_or_default();
                // Opposite points have no inverse here, and no sum.
                if inverse != Fq::ZERO {
                    points[next + kept] = add(one, other, inverse);
                    kept += 1;
                }
            }
            if *count % 2 == 1 {
                points[next + kept] = points[start + *count - 1];
                kept += 1;
            }
            start += *count;
            next += kept;
            *count = kept;
        }
        points.truncate(next);
    }
}

/// Inverts all but zeros, by one inversion; `products` is scratch. The time depends on which are 0, which is nobody's secret
/// that the buckets' sizes do not tell as well.
fn invert(values: &mut [Fq], products: &mut Vec<Fq>) {
    products.clear();
    let mut product = Fq::ONE;
    for value in values.iter().filter(|value| **value != Fq::ZERO) {
        products.push(product);
        product *= value;
    }
    let mut inverse = product.invert().unwrap_or(Fq::ZERO);
    for value in values.iter_mut().rev().filter(|value| **value != Fq::ZERO) {
        let own = inverse * products.pop().unwrap_or(Fq::ZERO);
        inverse *= *value;
        *value = own;
    }
}

fn each_pair(points: &[Point], counts: &[usize], mut visit: impl FnMut(Point, Point)) {
    let mut start = 0;
    for count in counts {
        points[start..start + count].chunks_exact(2).for_each(|pair| visit(pair[0], pair[1]));
        start += count;
    }
}

/// The sum of two points that are not opposite; `inverse` is that of the difference of their abscissae, or of twice the ordinate if
/// they are equal.
fn add((x1, y1): Point, (x2, y2): Point, inverse: Fq) -> Point {
    let slope = inverse
        * if x1 != x2 {
            y2 - y1
        } else {
            let square = x1.square();
            square.double() + square
        };
    let x = slope.square() - x1 - x2;
    (x, slope * (x1 - x) - y1)
}

#[cfg(test)]
mod tests {
    use ff::{PrimeField, WithSmallOrderMulGroup};
    use halo2_proofs::arithmetic::best_multiexp;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    use super::*;

    fn bases(count: usize) -> Bases {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        Bases::new((0..count).map(|_| G1Affine::from(G1::random(&mut rng))).collect())
    }

    fn check(bases: &Bases, scalars: &[Fr]) {
        assert_eq!(bases.sum(scalars), best_multiexp(scalars, &bases.points[..scalars.len()]));
    }

    #[test]
    fn equals_the_curve_crate_on_columns_of_every_kind() {
        let mut rng = ChaCha20Rng::seed_from_u64(2);
        let bases = bases(600);
        let mut column = |value: &dyn Fn(u64) -> Fr| {
            let mut scalars: Vec<Fr> = (0..594).map(|_| value(rng.next_u64())).collect();
            scalars.extend((0..6).map(|_| Fr::random(&mut rng)));
            check(&bases, &scalars);
            check(&bases, &scalars[..100]);
        };
        column(&|_| Fr::ZERO);
        column(&|_| Fr::ONE);
        column(&|_| -Fr::ONE);
        column(&|n| Fr::from(n % 2));
        column(&|n| Fr::from(n >> 52));
        column(&|n| -Fr::from(n >> 52));
        column(&|n| Fr::from(n >> 16) * if n % 2 == 0 { Fr::ONE } else { -Fr::ONE });
        column(&|n| Fr::from(n).square());
        column(&|n| Fr::from(n).square().square());
        column(&|n| Fr::from(n % 3) * Fr::ZETA);
        column(&|n| Fr::from_u128(u128::MAX >> (n % 128)));
    }

    #[test]
    fn equal_and_opposite_points_are_added() {
        let generator = G1Affine::generator();
        let points: Vec<G1Affine> =
            (0..400).map(|i| if i % 3 == 0 { -generator } else { generator }).collect();
        let mut points = points;
        points[7] = G1Affine::identity();
        let bases = Bases::new(points);
        let mut rng = ChaCha20Rng::seed_from_u64(3);
        check(&bases, &vec![Fr::ONE; 400]);
        check(&bases, &(0..400).map(|i| Fr::from(i % 5)).collect::<Vec<_>>());
        check(&bases, &(0..400).map(|_| Fr::random(&mut rng)).collect::<Vec<_>>());
        check(&bases, &[]);
    }

    #[test]
    fn digits_add_up() {
        for size in [0_u128, 1, 5, 255, 256, u128::MAX >> 1, u128::MAX, 1 << 127, 0x8080_8080] {
            for width in 2..=14 {
                let windows = 129_u32.div_ceil(width);
                let digits = (0..windows).rev().map(|window| digit(size, width, window));
                let sum = digits.fold(num_bigint::BigInt::ZERO, |sum, digit| (sum << width) + digit);
                assert_eq!(sum, size.into(), "{size} {width}");
            }
        }
    }
}
