//! Σ kᵢ·Pᵢ for the columns of a proof: many scalars are small, of either sign, or 0, and the points are always the same.
//!
//! Scalars are split by the curve's endomorphism into two halves of 127 bits (`glv`), which leaves small ones, and
//! negatives of small ones, as small as they are. Halves are sorted by length, so that a few long ones (blinding) do not
//! make windows for all. Each window is Pippenger's: points by digit into buckets, buckets summed. In a bucket points are
//! added in pairs in affine coordinates, with one inversion for all pairs of a window: six multiplications an addition where
//! projective coordinates take eleven; eight pairs at a time where the processor can.

mod scalar;
#[cfg(test)]
mod stress;
#[cfg(target_arch = "x86_64")]
mod wide;

use group::Group;
use group::prime::PrimeCurveAffine;
use halo2_proofs::arithmetic::parallelize;
use halo2curves::CurveExt;
use halo2curves::bn256::{Fq, Fr, G1, G1Affine};

use crate::glv::Splitter;
#[cfg(target_arch = "x86_64")]
use crate::lanes::Wide;

/// Halves up to so many bits are summed together.
const CLASSES: [u32; 4] = [16, 40, 80, 128];

/// How points in buckets are added.
trait Adder {
    /// A coordinate of a point.
    type Coordinate: Copy + Send + Sync;
    /// Costs in multiplications: an affine addition in a batch, and the two additions that each bucket takes in the end.
    const ADDITION: usize;
    const BUCKET: usize;
    const ZERO: Self::Coordinate;

    fn coordinates(values: &[Fq]) -> Vec<Self::Coordinate>;

    /// Adds the points of each bucket in pairs, as long as there are enough of them.
    fn halve(points: &mut Vec<Point<Self>>, counts: &mut [usize]);

    fn affine(points: &[Point<Self>]) -> Vec<G1Affine>;
}

/// An affine point other than zero.
type Point<A> = (<A as Adder>::Coordinate, <A as Adder>::Coordinate);

/// Points that are summed again and again.
#[derive(Clone, Debug)]
pub struct Bases {
    points: Vec<G1Affine>,
    coordinates: Coordinates,
}

#[derive(Clone, Debug)]
enum Coordinates {
    Scalar(Table<Fq>),
    #[cfg(target_arch = "x86_64")]
    Wide(Table<wide::Limbs>),
}

/// What a point can come as: itself or turned by the endomorphism, which changes the abscissa, or its negative.
#[derive(Clone, Debug)]
struct Table<C> {
    x: Vec<C>,
    turned: Vec<C>,
    y: Vec<C>,
    negated: Vec<C>,
}

impl<C> Table<C> {
    fn new<A: Adder<Coordinate = C>>(points: &[G1Affine]) -> Self {
        // The endomorphism is a factor of x: read off the generator (1, 2), whatever its projective form.
        let beta = G1Affine::from(G1::generator().endo()).x;
        let column =
            |value: &dyn Fn(&G1Affine) -> Fq| A::coordinates(&points.iter().map(value).collect::<Vec<_>>());
        Self {
            x: column(&|point| point.x),
            turned: column(&|point| point.x * beta),
            y: column(&|point| point.y),
            negated: column(&|point| -point.y),
        }
    }
}

/// Half a scalar, for a point.
#[derive(Clone, Copy)]
struct Term {
    point: u32,
    turned: bool,
    negative: bool,
    size: u128,
}

impl Bases {
    /// Lays the points out for sums.
    pub fn new(points: Vec<G1Affine>) -> Self {
        #[cfg(target_arch = "x86_64")]
        if Wide::<Fq>::available() {
            let coordinates = Coordinates::Wide(Table::new::<wide::Wide>(&points));
            return Self { points, coordinates };
        }
        Self::scalar(points)
    }

    /// For any processor.
    fn scalar(points: Vec<G1Affine>) -> Self {
        let coordinates = Coordinates::Scalar(Table::new::<scalar::Scalar>(&points));
        Self { points, coordinates }
    }

    /// The points.
    pub fn points(&self) -> &[G1Affine] {
        &self.points
    }

    /// Σ scalarᵢ·pointᵢ, over as many points as there are scalars.
    ///
    /// # Panics
    /// If there are more scalars than points.
    pub fn sum(&self, scalars: &[Fr]) -> G1 {
        assert!(scalars.len() <= self.points.len(), "more scalars than points");
        let splitter = Splitter::get();
        let mut halves = vec![[(false, 0); 2]; scalars.len()];
        parallelize(&mut halves, |halves, start| {
            for (half, scalar) in halves.iter_mut().zip(&scalars[start..]) {
                *half = splitter.split(scalar);
            }
        });
        let mut classes: [Vec<Term>; CLASSES.len()] = Default::default();
        for (point, halves) in (0..).zip(halves) {
            for (turned, (negative, size)) in [false, true].into_iter().zip(halves) {
                if size == 0 || bool::from(self.points[point as usize].is_identity()) {
                    continue;
                }
                let bits = 128 - size.leading_zeros();
                let class = CLASSES.iter().position(|most| bits <= *most).unwrap_or(CLASSES.len() - 1);
                classes[class].push(Term { point, turned, negative, size });
            }
        }
        let sums = classes.iter().map(|terms| match &self.coordinates {
            Coordinates::Scalar(table) => pippenger::<scalar::Scalar>(table, terms),
            #[cfg(target_arch = "x86_64")]
            Coordinates::Wide(table) => pippenger::<wide::Wide>(table, terms),
        });
        sums.sum()
    }
}

/// Σ size·point.
fn pippenger<A: Adder>(table: &Table<A::Coordinate>, terms: &[Term]) -> G1 {
    let Some(bits) = terms.iter().map(|term| 128 - term.size.leading_zeros()).max() else {
        return G1::identity();
    };
    // Signed digits reach one bit higher.
    let windows = |width: u32| (bits + 1).div_ceil(width);
    let cost =
        |width: u32| windows(width) as usize * (terms.len() * A::ADDITION + (A::BUCKET << (width - 1)));
    let width = (2..=14).min_by_key(|width| cost(*width)).unwrap_or(8);
    let mut sums = vec![G1::identity(); windows(width) as usize];
    parallelize(&mut sums, |sums, start| {
        for (sum, window) in sums.iter_mut().zip(start as u32..) {
            *sum = window_sum::<A>(table, terms, width, window);
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

fn window_sum<A: Adder>(table: &Table<A::Coordinate>, terms: &[Term], width: u32, window: u32) -> G1 {
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
    let mut points: Vec<Point<A>> = vec![(A::ZERO, A::ZERO); counts.iter().sum()];
    for (term, digit) in terms.iter().zip(digits).filter(|(_, digit)| *digit != 0) {
        let start = &mut starts[bucket(digit) - 1];
        let point = term.point as usize;
        let x = if term.turned { table.turned[point] } else { table.x[point] };
        let y = if term.negative == (digit < 0) { table.y[point] } else { table.negated[point] };
        points[*start] = (x, y);
        *start += 1;
    }
    A::halve(&mut points, &mut counts);
    // Σ i·bucket_i: the highest bucket is in each of the running sums.
    let points = A::affine(&points);
    let mut rest = &points[..];
    let mut running = G1::identity();
    let mut sum = G1::identity();
    for count in counts.iter().rev() {
        let (others, own) = rest.split_at(rest.len() - count);
        rest = others;
        own.iter().for_each(|point| running += point);
        sum += running;
    }
    sum
}

#[cfg(test)]
mod tests {
    use ff::{Field, PrimeField, WithSmallOrderMulGroup};
    use halo2_proofs::arithmetic::best_multiexp;
    use rand_chacha::ChaCha20Rng;
    use rand_chacha::rand_core::{RngCore, SeedableRng};

    use super::*;

    fn bases(count: usize) -> Bases {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        Bases::new((0..count).map(|_| G1Affine::from(G1::random(&mut rng))).collect())
    }

    fn check(bases: &Bases, scalars: &[Fr]) {
        let expected = best_multiexp(scalars, &bases.points[..scalars.len()]);
        assert_eq!(bases.sum(scalars), expected);
        assert_eq!(Bases::scalar(bases.points.clone()).sum(scalars), expected);
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
