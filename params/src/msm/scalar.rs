//! Additions one pair at a time.

use ff::Field;
use group::Curve;
use halo2curves::bn256::{Fq, G1, G1Affine};

use super::{Adder, Pair, Terms};

/// Points are those of the curve crate.
pub(super) struct Scalar;

impl Adder for Scalar {
    type Point = G1Affine;

    fn points(points: &[G1Affine]) -> Vec<G1Affine> {
        points.to_vec()
    }

    fn affine(points: &[G1Affine]) -> Vec<G1Affine> {
        points.to_vec()
    }

    fn negated(point: G1Affine) -> G1Affine {
        -point
    }

    fn double(points: &mut [G1Affine]) {
        let mut slopes: Vec<Fq> = points.iter().map(|point| point.y.double()).collect();
        invert(&mut slopes);
        for (point, inverse) in points.iter_mut().zip(slopes) {
            let square = point.x.square();
            let slope = inverse * (square.double() + square);
            *point = third(slope, *point, point.x);
        }
    }

    fn add(from: Terms<'_, G1Affine>, pairs: &[Pair], sums: &mut [G1Affine]) -> Vec<u32> {
        let read = |index: u32| {
            let (point, negative) = from.at(index as usize);
            if negative { -point } else { *point }
        };
        let difference = |pair: &Pair| from.at(pair.from as usize + 1).0.x - from.at(pair.from as usize).0.x;
        let mut slopes: Vec<Fq> = pairs.iter().map(difference).collect();
        invert(&mut slopes);
        let mut gone = Vec::new();
        for (pair, inverse) in pairs.iter().zip(slopes) {
            let (one, other) = (read(pair.from), read(pair.from + 1));
            if inverse == Fq::ZERO {
                match rare_sum(one, other) {
                    Some(sum) => sums[pair.to as usize] = sum,
                    None => gone.push(pair.to),
                }
            } else {
                sums[pair.to as usize] = third(inverse * (other.y - one.y), one, other.x);
            }
        }
        gone
    }
}

/// The sum of two points with the same abscissa, unless it is zero.
#[cold]
fn rare_sum(one: G1Affine, other: G1Affine) -> Option<G1Affine> {
    let sum = (G1::from(one) + other).to_affine();
    (one.y == other.y).then_some(sum)
}

/// The negative of the third point of the curve on a line through `one` and a point with the abscissa `x`.
fn third(slope: Fq, one: G1Affine, x: Fq) -> G1Affine {
    let third = slope.square() - one.x - x;
    G1Affine { x: third, y: slope * (one.x - third) - one.y }
}

/// Inverts all but zeros, by one inversion. The time depends on which are 0, which is nobody's secret that the buckets' sizes do not
/// tell as well.
pub(super) fn invert(values: &mut [Fq]) {
    let mut products = Vec::with_capacity(values.len());
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
