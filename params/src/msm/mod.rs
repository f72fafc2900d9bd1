//! Σ kᵢ·Pᵢ for the columns of a proof: many scalars are small, of either sign, or 0, and the points are always the same.
//!
//! Scalars are split by the curve's endomorphism into two halves of 127 bits (`glv`), which leaves small ones, and negatives of small
//! ones, as small as they are. Halves are taken apart into signed digits (`digits`). Of each point its multiples by 2^w, 2^2w, … are
//! stored, so that digits of all places go into the same buckets, which are summed once (`buckets`). Points are added in pairs in
//! affine coordinates, with one inversion for thousands of pairs: six multiplications an addition where projective coordinates
//! take eleven; eight pairs at a time where the processor can (`wide`, else `scalar`).

mod buckets;
mod digits;
mod scalar;
#[cfg(test)]
mod stress;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod wide;

use std::sync::OnceLock;

use group::prime::PrimeCurveAffine;
use halo2curves::CurveExt;
use halo2curves::bn256::{Fr, G1, G1Affine};
use rayon::prelude::*;

use crate::glv::Splitter;
use crate::lanes;
use digits::{Digits, HALF};

/// Affine points other than zero, as one kind of processor adds them.
trait Adder {
    /// A point.
    type Point: Copy + Default + Send + Sync;

    /// Takes points over.
    fn points(points: &[G1Affine]) -> Vec<Self::Point>;

    /// Gives points back.
    fn affine(points: &[Self::Point]) -> Vec<G1Affine>;

    /// Has a point fetched, where that helps.
    fn prefetch(_: &Self::Point) {}

    fn negated(point: Self::Point) -> Self::Point;

    /// Twice each point. None of them is zero.
    fn double(points: &mut [Self::Point]);

    /// Writes the sum of each pair; returns where nothing is written since the points are opposite.
    fn add(from: Terms<'_, Self::Point>, pairs: &[Pair], sums: &mut [Self::Point]) -> Vec<u32>;
}

/// Points to be added: a list, or one of multiples and signs of what is in a list.
#[derive(Clone, Copy)]
struct Terms<'p, P> {
    points: &'p [P],
    entries: Option<&'p [Entry]>,
}

/// A point's place, and whether its negative is meant.
#[derive(Clone, Copy, Default)]
struct Entry(u32);

/// Neighbours that become one point.
#[derive(Clone, Copy)]
struct Pair {
    /// The place of the first of them.
    from: u32,
    to: u32,
}

impl Entry {
    fn new(place: u32, negative: bool) -> Self {
        Self(place << 1 | u32::from(negative))
    }
}

impl<'p, P> Terms<'p, P> {
    /// The point, and whether its negative is meant.
    #[inline(always)]
    fn at(&self, index: usize) -> (&'p P, bool) {
        match self.entries {
            None => (&self.points[index], false),
            Some(entries) => {
                let Entry(entry) = entries[index];
                (&self.points[(entry >> 1) as usize], entry & 1 == 1)
            }
        }
    }
}

/// Points that are summed again and again.
#[derive(Debug)]
pub struct Bases {
    points: Vec<G1Affine>,
    /// Places of those that are zero.
    zeros: Vec<usize>,
    /// Of digits.
    width: u32,
    /// Made when it is first needed: keys need one basis of two, and who only reads parameters none.
    multiples: OnceLock<Multiples>,
    vectors: bool,
}

/// Of every point in turn, itself; then of every point 2^width times it, and so on.
#[derive(Debug)]
enum Multiples {
    Scalar(Vec<G1Affine>),
    #[cfg(target_arch = "x86_64")]
    Wide(Vec<wide::Line>),
}

impl Bases {
    /// Lays the points out for sums.
    pub fn new(points: Vec<G1Affine>) -> Self {
        Self { vectors: lanes::vectors(), ..Self::scalar(points) }
    }

    /// For any processor.
    fn scalar(points: Vec<G1Affine>) -> Self {
        let width = width(points.len());
        let zeros = (0..points.len()).filter(|i| bool::from(points[*i].is_identity())).collect();
        Self { points, zeros, width, multiples: OnceLock::new(), vectors: false }
    }

    /// The points.
    pub fn points(&self) -> &[G1Affine] {
        &self.points
    }

    /// Bytes that so many points take with their multiples.
    pub fn bytes(points: usize) -> usize {
        points * size_of::<G1Affine>() * (1 + digits::places(width(points)))
    }

    /// Σ scalarᵢ·pointᵢ, over as many points as there are scalars.
    ///
    /// # Panics
    /// If there are more scalars than points.
    pub fn sum(&self, scalars: &[Fr]) -> G1 {
        assert!(scalars.len() <= self.points.len(), "more scalars than points");
        let splitter = Splitter::get();
        let mut halves = vec![[HALF; 2]; scalars.len()];
        let pairs = halves.par_iter_mut().zip(scalars).with_min_len(1024);
        pairs.for_each(|(halves, scalar)| *halves = splitter.split(scalar));
        let zeros = self.zeros.iter().filter(|zero| **zero < scalars.len());
        zeros.for_each(|zero| halves[*zero] = [HALF; 2]);
        let sum = |turned: usize| {
            let halves = halves.iter().map(|halves| halves[turned]);
            let digits = Digits::new(halves, self.width, self.points.len());
            match self.multiples() {
                Multiples::Scalar(points) => buckets::sum::<scalar::Scalar>(points, digits),
                #[cfg(target_arch = "x86_64")]
                Multiples::Wide(lines) => buckets::sum::<wide::Wide>(lines, digits),
            }
        };
        let (own, turned) = rayon::join(|| sum(0), || sum(1));
        own + turned.endo()
    }

    /// Makes what sums are computed from, if it is not there: a sum does so itself, but while others wait.
    pub fn prepare(&self) {
        self.multiples();
    }

    /// Made outside the lock: threads of a pool share the work, and one that holds the lock may be given a sum that waits for it.
    fn multiples(&self) -> &Multiples {
        if let Some(made) = self.multiples.get() {
            return made;
        }
        let made = match self.vectors {
            #[cfg(target_arch = "x86_64")]
            true => Multiples::Wide(multiples::<wide::Wide>(&self.points, self.width)),
            _ => Multiples::Scalar(multiples::<scalar::Scalar>(&self.points, self.width)),
        };
        self.multiples.get_or_init(|| made)
    }
}

/// The width of digits that takes the fewest additions: one for each digit, and two for each bucket.
fn width(points: usize) -> u32 {
    let additions = |width: u32| 2 * (digits::places(width) * points + (2 << (width - 1)));
    (2..=16).min_by_key(|width| additions(*width)).unwrap_or(13)
}

fn multiples<A: Adder>(points: &[G1Affine], width: u32) -> Vec<A::Point> {
    /// Points that are doubled together, so that they stay in the cache.
    const CHUNK: usize = 1024;
    // Zero is never added, and could not be doubled: any point does for it.
    let other =
        |point: &G1Affine| if bool::from(point.is_identity()) { G1Affine::generator() } else { *point };
    let mut last = A::points(&points.iter().map(other).collect::<Vec<_>>());
    let mut all = last.clone();
    for _ in 1..digits::places(width) {
        last.par_chunks_mut(CHUNK).for_each(|points| (0..width).for_each(|_| A::double(points)));
        all.extend_from_slice(&last);
    }
    all
}
