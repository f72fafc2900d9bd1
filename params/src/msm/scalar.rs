//! Additions one pair at a time.

use ff::Field;
use halo2curves::bn256::{Fq, G1Affine};

use super::Adder;

/// Below so many pairs an inversion costs more than it saves.
const FEW_PAIRS: usize = 24;

/// Coordinates are field elements.
pub(super) struct Scalar;

type Point = (Fq, Fq);

impl Adder for Scalar {
    type Coordinate = Fq;
    const ADDITION: usize = 6;
    const BUCKET: usize = 27;
    const ZERO: Fq = Fq::ZERO;

    fn coordinates(values: &[Fq]) -> Vec<Fq> {
        values.to_vec()
    }

    fn affine(points: &[Point]) -> Vec<G1Affine> {
        points.iter().map(|(x, y)| G1Affine { x: *x, y: *y }).collect()
    }

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
}

/// Inverts all but zeros, by one inversion; `products` is scratch. The time depends on which are 0, which is nobody's secret
/// that the buckets' sizes do not tell as well.
pub(super) fn invert(values: &mut [Fq], products: &mut Vec<Fq>) {
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
