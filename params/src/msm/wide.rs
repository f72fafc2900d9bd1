//! Additions eight pairs at a time.
//!
//! Coordinates of multiples are below p, those of sums below 1.7p.

use ff::Field;
use halo2curves::bn256::{Fq, G1Affine};

use super::scalar::{Scalar, invert};
use super::{Adder, Pair, Terms};
use crate::lanes::{self, Lanes, Words};

type Vector = lanes::Wide<Fq>;

/// Both coordinates of a point.
pub(super) type Line = Words;

/// Pairs in a vector.
const LANES: usize = Vector::COUNT;

/// Groups of pairs that are fetched before they are read.
const AHEAD: usize = 4;

/// Points are lines of a cache.
pub(super) struct Wide;

impl Adder for Wide {
    type Point = Line;

    fn points(points: &[G1Affine]) -> Vec<Line> {
        let mut lines = vec![Line::default(); points.len()];
        Vector::run(
            #[inline(always)]
            || {
                for (lines, points) in lines.chunks_mut(LANES).zip(points.chunks(LANES)) {
                    let at = |lane: usize| points.get(lane).unwrap_or(&points[0]);
                    let x = Vector::pack(|lane| at(lane).x).canonical();
                    let y = Vector::pack(|lane| at(lane).y).canonical();
                    let both = Vector::to_words(x, y);
                    for (line, words) in lines.iter_mut().zip(both) {
                        *line = words;
                    }
                }
            },
        );
        lines
    }

    fn affine(lines: &[Line]) -> Vec<G1Affine> {
        let mut points = vec![G1Affine { x: Fq::ZERO, y: Fq::ZERO }; lines.len()];
        Vector::run(
            #[inline(always)]
            || {
                for (points, lines) in points.chunks_mut(LANES).zip(lines.chunks(LANES)) {
                    let (x, y) = Vector::from_words(|lane| lines.get(lane).unwrap_or(&lines[0]));
                    x.unpack(
                        #[inline(always)]
                        |lane, x| {
                            if let Some(point) = points.get_mut(lane) {
                                point.x = x;
                            }
                        },
                    );
                    y.unpack(
                        #[inline(always)]
                        |lane, y| {
                            if let Some(point) = points.get_mut(lane) {
                                point.y = y;
                            }
                        },
                    );
                }
            },
        );
        points
    }

    fn prefetch(line: &Line) {
        line.prefetch();
    }

    fn negated(line: Line) -> Line {
        line.with_second_negated::<Fq>()
    }

    fn double(lines: &mut [Line]) {
        let mut batch = Batch::new(lines.len().div_ceil(LANES));
        Vector::run(
            #[inline(always)]
            || {
                for (group, lines) in lines.chunks(LANES).enumerate() {
                    let (_, y) = Vector::from_words(|lane| lines.get(lane).unwrap_or(&lines[0]));
                    batch.push(group, y.plus(y));
                }
            },
        );
        // Zero's ordinate has no inverse, and would leave none to the others: it must not be here.
        batch.invert();
        Vector::run(
            #[inline(always)]
            || {
                for (number, lines) in lines.chunks_mut(2 * LANES).enumerate().rev() {
                    let (first, second) = lines.split_at_mut(LANES.min(lines.len()));
                    let one = Chord::tangent(first, batch.inverse(2 * number));
                    let other = if second.is_empty() {
                        one
                    } else {
                        Chord::tangent(second, batch.inverse(2 * number + 1))
                    };
                    let [(x1, y1), (x2, y2)] = thirds(one, other);
                    for (line, sum) in first.iter_mut().zip(Vector::to_words(x1.canonical(), y1.canonical()))
                    {
                        *line = sum;
                    }
                    for (line, sum) in second.iter_mut().zip(Vector::to_words(x2.canonical(), y2.canonical()))
                    {
                        *line = sum;
                    }
                }
            },
        );
    }

    fn add(from: Terms<'_, Line>, pairs: &[Pair], sums: &mut [Line]) -> Vec<u32> {
        let mut batch = Batch::new(pairs.len().div_ceil(LANES));
        Vector::run(
            #[inline(always)]
            || {
                for (group, own) in pairs.chunks(LANES).enumerate() {
                    // Multiples lie anywhere in a table that only the last cache holds.
                    for pair in pairs.iter().skip((group + AHEAD) * LANES).take(LANES) {
                        from.at(pair.from as usize).0.prefetch();
                        from.at(pair.from as usize + 1).0.prefetch();
                    }
                    // Lanes over repeat the first pair.
                    let at = |lane: usize| own.get(lane).unwrap_or(&own[0]).from as usize;
                    let (x1, x2) = Vector::firsts_of_words(
                        #[inline(always)]
                        |lane| [from.at(at(lane)).0, from.at(at(lane) + 1).0],
                    );
                    batch.push(group, x2.minus(x1));
                }
            },
        );
        if !batch.invert() {
            return add_any(from, pairs, sums);
        }
        Vector::run(
            #[inline(always)]
            || {
                for (number, pairs) in pairs.chunks(2 * LANES).enumerate().rev() {
                    let (first, second) = pairs.split_at(LANES.min(pairs.len()));
                    let one = Chord::of(from, first, batch.inverse(2 * number));
                    let other = if second.is_empty() {
                        one
                    } else {
                        Chord::of(from, second, batch.inverse(2 * number + 1))
                    };
                    let [(x1, y1), (x2, y2)] = thirds(one, other);
                    for (pair, sum) in first.iter().zip(Vector::to_words(x1, y1)) {
                        sums[pair.to as usize] = sum;
                    }
                    for (pair, sum) in second.iter().zip(Vector::to_words(x2, y2)) {
                        sums[pair.to as usize] = sum;
                    }
                }
            },
        );
        Vec::new()
    }
}

/// [`Adder::add`] where points of a pair may have the same abscissa, which happens only to somebody who looks for it.
#[cold]
fn add_any(from: Terms<'_, Line>, pairs: &[Pair], sums: &mut [Line]) -> Vec<u32> {
    let ends = pairs.iter().flat_map(|pair| [pair.from, pair.from + 1]);
    let ends: Vec<Line> = ends
        .map(|index| {
            let (line, negative) = from.at(index as usize);
            if negative { Wide::negated(*line) } else { *line }
        })
        .collect();
    let points = Wide::affine(&ends);
    let in_order = |number: u32| Pair { from: 2 * number, to: number };
    let neighbours: Vec<Pair> = (0..pairs.len() as u32).map(in_order).collect();
    let mut found = vec![G1Affine::default(); pairs.len()];
    let gone = Scalar::add(Terms { points: &points, entries: None }, &neighbours, &mut found);
    for (pair, line) in pairs.iter().zip(Wide::points(&found)) {
        sums[pair.to as usize] = line;
    }
    gone.into_iter().map(|number| pairs[number as usize].to).collect()
}

/// Lines through points (x, y) with the abscissa of another point of each.
#[derive(Clone, Copy)]
struct Chord {
    /// By how much they rise, and the inverse of what they do so over.
    rise: Vector,
    inverse: Vector,
    x: Vector,
    y: Vector,
    other: Vector,
}

impl Chord {
    /// Lanes over repeat the first pair.
    #[inline(always)]
    fn of(from: Terms<'_, Line>, pairs: &[Pair], inverse: Vector) -> Self {
        let at = |lane: usize| pairs.get(lane).unwrap_or(&pairs[0]).from as usize;
        let (x, y) = signed(
            #[inline(always)]
            |lane| from.at(at(lane)),
        );
        let (other, end) = signed(
            #[inline(always)]
            |lane| from.at(at(lane) + 1),
        );
        Self { rise: end.minus(y), inverse, x, y, other }
    }

    #[inline(always)]
    fn tangent(lines: &[Line], inverse: Vector) -> Self {
        let (x, y) = Vector::from_words(|lane| lines.get(lane).unwrap_or(&lines[0]));
        let square = x.times(x);
        Self { rise: square.plus(square).plus(square), inverse, x, y, other: x }
    }
}

/// The negatives of the third points of the curve on lines: of two groups, of which one is worked on while the other waits for its last
/// product.
#[inline(always)]
fn thirds(a: Chord, b: Chord) -> [(Vector, Vector); 2] {
    let (a_slope, b_slope) = (a.rise.times(a.inverse), b.rise.times(b.inverse));
    let (a_square, b_square) = (a_slope.times(a_slope), b_slope.times(b_slope));
    let (a_x, b_x) = (a_square.minus_both(a.x, a.other), b_square.minus_both(b.x, b.other));
    let (a_rise, b_rise) = (a_slope.times(a.x.minus(a_x)), b_slope.times(b.x.minus(b_x)));
    [(a_x, a_rise.minus_reduced(a.y)), (b_x, b_rise.minus_reduced(b.y))]
}

/// Points with their signs.
#[inline(always)]
fn signed<'l>(at: impl Fn(usize) -> (&'l Line, bool)) -> (Vector, Vector) {
    let mut negative = 0;
    let (x, y) = Vector::from_words(
        #[inline(always)]
        |lane| {
            let (line, sign) = at(lane);
            negative |= u8::from(sign) << lane;
            line
        },
    );
    (x, if negative == 0 { y } else { y.negated_where(negative) })
}

/// Inverses of many vectors by one inversion. Vectors form two chains of products, so that one need not wait for the other.
struct Batch {
    values: Vec<Vector>,
    /// Of all values of the chain before, lane by lane.
    products: Vec<Vector>,
    /// Of the chains; then the inverses of what is not done of them.
    ends: [Vector; 2],
}

impl Batch {
    fn new(count: usize) -> Self {
        let one = Vector::run(
            #[inline(always)]
            || Vector::pack(|_| Fq::ONE),
        );
        Self { values: vec![one; count], products: vec![one; count], ends: [one; 2] }
    }

    #[inline(always)]
    fn push(&mut self, index: usize, value: Vector) {
        let end = &mut self.ends[index % 2];
        self.values[index] = value;
        self.products[index] = *end;
        *end = end.times(value);
    }

    /// Whether all values have an inverse.
    fn invert(&mut self) -> bool {
        let mut lanes = Vec::with_capacity(2 * LANES);
        for end in self.ends {
            Vector::run(
                #[inline(always)]
                || {
                    end.unpack(
                        #[inline(always)]
                        |_, value| lanes.push(value),
                    );
                },
            );
        }
        invert(&mut lanes);
        for (end, lanes) in self.ends.iter_mut().zip(lanes.chunks(LANES)) {
            *end = Vector::run(
                #[inline(always)]
                || Vector::pack(|lane| lanes[lane]),
            );
        }
        lanes.iter().all(|lane| *lane != Fq::ZERO)
    }

    /// The inverse of a value, those behind it being done.
    #[inline(always)]
    fn inverse(&mut self, index: usize) -> Vector {
        let end = &mut self.ends[index % 2];
        let own = end.times(self.products[index]);
        *end = end.times(self.values[index]);
        own
    }
}
