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
        // There is none of zero's ordinate, nor of others then: zero must not be here.
        batch.invert();
        Vector::run(
            #[inline(always)]
            || {
                for (group, lines) in lines.chunks_mut(LANES).enumerate().rev() {
                    let own = batch.inverse(group);
                    let (x, y) = Vector::from_words(|lane| lines.get(lane).unwrap_or(&lines[0]));
                    let square = x.times(x);
                    let slope = square.plus(square).plus(square).times(own);
                    let third = slope.times(slope).minus_both(x, x).canonical();
                    let rise = slope.times(x.minus(third));
                    let sums = Vector::to_words(third, rise.minus_reduced(y).canonical());
                    for (line, sum) in lines.iter_mut().zip(sums) {
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
                // Two groups, of which one is worked on while the other waits for its last product.
                for (number, pairs) in pairs.chunks(2 * LANES).enumerate().rev() {
                    let (first, second) = pairs.split_at(LANES.min(pairs.len()));
                    let group = 2 * number;
                    if second.is_empty() {
                        let own = batch.inverse(group);
                        let line = Ends::of(from, first);
                        let slope = line.y2.minus(line.y1).times(own);
                        let x = slope.times(slope).minus_both(line.x1, line.x2);
                        let y = slope.times(line.x1.minus(x)).minus_reduced(line.y1);
                        write(first, Vector::to_words(x, y), sums);
                        continue;
                    }
                    let (own, own_2) = (batch.inverse(group), batch.inverse(group + 1));
                    let (line, line_2) = (Ends::of(from, first), Ends::of(from, second));
                    let slope = line.y2.minus(line.y1).times(own);
                    let slope_2 = line_2.y2.minus(line_2.y1).times(own_2);
                    let (square, square_2) = (slope.times(slope), slope_2.times(slope_2));
                    let x = square.minus_both(line.x1, line.x2);
                    let x_2 = square_2.minus_both(line_2.x1, line_2.x2);
                    let rise = slope.times(line.x1.minus(x));
                    let rise_2 = slope_2.times(line_2.x1.minus(x_2));
                    write(first, Vector::to_words(x, rise.minus_reduced(line.y1)), sums);
                    write(second, Vector::to_words(x_2, rise_2.minus_reduced(line_2.y1)), sums);
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

/// Pairs of points.
struct Ends {
    x1: Vector,
    y1: Vector,
    x2: Vector,
    y2: Vector,
}

impl Ends {
    /// Lanes over repeat the first pair.
    #[inline(always)]
    fn of(from: Terms<'_, Line>, pairs: &[Pair]) -> Self {
        let at = |lane: usize| pairs.get(lane).unwrap_or(&pairs[0]).from as usize;
        let (x1, y1) = signed(
            #[inline(always)]
            |lane| from.at(at(lane)),
        );
        let (x2, y2) = signed(
            #[inline(always)]
            |lane| from.at(at(lane) + 1),
        );
        Self { x1, y1, x2, y2 }
    }
}

#[inline(always)]
fn write(pairs: &[Pair], found: [Line; LANES], sums: &mut [Line]) {
    for (pair, sum) in pairs.iter().zip(found) {
        sums[pair.to as usize] = sum;
    }
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
