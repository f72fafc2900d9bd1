//! Additions eight pairs at a time.

use ff::Field;
use group::Curve;
use halo2curves::bn256::{Fq, G1, G1Affine};

use super::Adder;
use super::scalar::invert;
use crate::lanes::{self, Lanes};

type Vector = lanes::Wide<Fq>;

/// A coordinate: the limbs of its one representative below p.
pub(super) type Limbs = [u64; 5];

type Point = (Limbs, Limbs);

/// Below so many pairs an inversion costs more than it saves.
const FEW_PAIRS: usize = 64;
/// Pairs in a vector.
const LANES: usize = Vector::COUNT;

/// Coordinates are limbs.
pub(super) struct Wide;

/// A pair of neighbours that is to become one point.
#[derive(Clone, Copy)]
struct Pair {
    from: u32,
    to: u32,
}

impl Adder for Wide {
    type Coordinate = Limbs;
    // In multiplications one at a time, of which one of eight costs a quarter.
    const ADDITION: usize = 3;
    const BUCKET: usize = 30;
    const ZERO: Limbs = [0; 5];

    fn coordinates(values: &[Fq]) -> Vec<Limbs> {
        let mut all = vec![[0; 5]; values.len()];
        Vector::run(
            #[inline(always)]
            || {
                for (limbs, values) in all.chunks_mut(LANES).zip(values.chunks(LANES)) {
                    let packed = Vector::pack(|lane| values.get(lane).copied().unwrap_or(Fq::ZERO));
                    packed.canonical().scatter(limbs);
                }
            },
        );
        all
    }

    fn affine(points: &[Point]) -> Vec<G1Affine> {
        let mut all = vec![G1Affine { x: Fq::ZERO, y: Fq::ZERO }; points.len()];
        Vector::run(
            #[inline(always)]
            || {
                for (all, points) in all.chunks_mut(LANES).zip(points.chunks(LANES)) {
                    let at = |lane: usize| points.get(lane).copied().unwrap_or((Self::ZERO, Self::ZERO));
                    let x = Vector::gather(|lane| at(lane).0);
                    let y = Vector::gather(|lane| at(lane).1);
                    x.unpack(
                        #[inline(always)]
                        |lane, x| {
                            if let Some(point) = all.get_mut(lane) {
                                point.x = x;
                            }
                        },
                    );
                    y.unpack(
                        #[inline(always)]
                        |lane, y| {
                            if let Some(point) = all.get_mut(lane) {
                                point.y = y;
                            }
                        },
                    );
                }
            },
        );
        all
    }

    fn halve(points: &mut Vec<Point>, counts: &mut [usize]) {
        let (mut pairs, mut sums): (Vec<Pair>, Vec<Point>) = Default::default();
        loop {
            if counts.iter().map(|count| count / 2).sum::<usize>() < FEW_PAIRS {
                return;
            }
            pairs.clear();
            sums.clear();
            let mut start = 0;
            for count in counts.iter_mut() {
                let first = sums.len();
                let (even, odd) = points[start..start + *count].as_chunks::<2>();
                for (from, [one, other]) in (start..).step_by(2).zip(even) {
                    if one.0 == other.0 {
                        sums.extend(rare_sum(*one, *other));
                    } else {
                        pairs.push(Pair { from: from as u32, to: sums.len() as u32 });
                        sums.push((Self::ZERO, Self::ZERO));
                    }
                }
                sums.extend(odd);
                start += *count;
                *count = sums.len() - first;
            }
            add_pairs(points, &pairs, &mut sums);
            std::mem::swap(points, &mut sums);
        }
    }
}

/// Of two points with the same abscissa: twice the one, or none.
#[cold]
fn rare_sum(one: Point, other: Point) -> Option<Point> {
    let affine = Wide::affine(&[one, other]);
    let sum = (G1::from(affine[0]) + affine[1]).to_affine();
    let limbs = Wide::coordinates(&[sum.x, sum.y]);
    (sum.x != Fq::ZERO || sum.y != Fq::ZERO).then(|| (limbs[0], limbs[1]))
}

/// Writes the sum of each pair of points.
fn add_pairs(points: &[Point], pairs: &[Pair], sums: &mut [Point]) {
    let groups = pairs.len().div_ceil(LANES);
    // Differences of abscissae, and products of all before them, lane by lane.
    let one = Vector::run(
        #[inline(always)]
        || Vector::pack(|_| Fq::ONE),
    );
    let mut differences = vec![one; groups];
    let mut products = vec![one; groups];
    let mut inverse = one;
    Vector::run(
        #[inline(always)]
        || {
            for ((difference, product), group) in
                differences.iter_mut().zip(&mut products).zip(pairs.chunks(LANES))
            {
                *product = inverse;
                if group.len() == LANES {
                    let x1 = Vector::gather(|lane| points[group[lane].from as usize].0);
                    let x2 = Vector::gather(|lane| points[group[lane].from as usize + 1].0);
                    *difference = x2.minus(x1);
                } else {
                    // Lanes over repeat the first pair.
                    let at = |lane: usize| group.get(lane).unwrap_or(&group[0]).from as usize;
                    let x1 = Vector::gather(|lane| points[at(lane)].0);
                    let x2 = Vector::gather(|lane| points[at(lane) + 1].0);
                    *difference = x2.minus(x1);
                }
                inverse = inverse.times(*difference);
            }
        },
    );
    let mut lanes = Vec::with_capacity(LANES);
    Vector::run(
        #[inline(always)]
        || {
            inverse.unpack(
                #[inline(always)]
                |_, value| lanes.push(value),
            );
        },
    );
    invert(&mut lanes, &mut Vec::new());
    Vector::run(
        #[inline(always)]
        || {
            let mut inverse = Vector::pack(|lane| lanes[lane]);
            for ((difference, product), group) in
                differences.iter().zip(&products).zip(pairs.chunks(LANES)).rev()
            {
                let own = inverse.times(*product);
                inverse = inverse.times(*difference);
                let at = |lane: usize| group.get(lane).unwrap_or(&group[0]).from as usize;
                let x1 = Vector::gather(|lane| points[at(lane)].0);
                let y1 = Vector::gather(|lane| points[at(lane)].1);
                let x2 = Vector::gather(|lane| points[at(lane) + 1].0);
                let y2 = Vector::gather(|lane| points[at(lane) + 1].1);
                let slope = y2.minus(y1).times(own);
                let x = slope.times(slope).minus(x1).minus(x2).canonical();
                let y = slope.times(x1.minus(x)).minus(y1).canonical();
                let (mut xs, mut ys) = ([[0; 5]; LANES], [[0; 5]; LANES]);
                x.scatter(&mut xs);
                y.scatter(&mut ys);
                for ((pair, x), y) in group.iter().zip(xs).zip(ys) {
                    sums[pair.to as usize] = (x, y);
                }
            }
        },
    );
}
