//! Σ d·bucket_d, buckets being lists of points.
//!
//! First each bucket's points become one, thousands of entries at a time, so that they stay in the cache. Then
//! Σ d·B_d = Σ over odd d of B_d + 2·Σ i·(B_2i + B_2i+1): buckets become half as many, and so on. The odd ones of all rounds are summed
//! together in the end. All of these are additions in pairs; there are twice as many as buckets.

use group::Group;
use halo2curves::bn256::G1;
use rayon::prelude::*;

use super::digits::Digits;
use super::{Adder, Pair, Terms};

/// Below so many pairs an inversion costs more than it saves.
const FEW_PAIRS: usize = 32;
/// Entries that are worked on together, or more if a bucket has more.
const SEGMENT: usize = 1 << 13;

/// Points that are fetched before they are read.
const AHEAD: usize = 16;

/// Points of buckets one after the other, and how many each has.
struct Buckets<P> {
    points: Vec<P>,
    counts: Vec<u32>,
}

/// Σ digit·multiple.
pub(super) fn sum<A: Adder>(multiples: &[A::Point], digits: Digits) -> G1 {
    let Digits { entries, counts, width } = digits;
    let segments = segments(&counts);
    let of_segment = |segment: &Segment| {
        let terms = Terms { points: multiples, entries: Some(&entries[segment.entries.clone()]) };
        Buckets::of::<A>(terms, counts[segment.buckets.clone()].to_vec())
    };
    let parts: Vec<Buckets<A::Point>> = segments.par_iter().map(of_segment).collect();
    let points = parts.iter().flat_map(|part| part.points.iter().copied()).collect();
    let counts = parts.into_iter().flat_map(|part| part.counts).collect();
    let mut buckets = Buckets { points, counts };
    // Odd buckets of each round.
    let mut odd = Buckets { points: Vec::new(), counts: Vec::new() };
    for _ in 0..width {
        buckets.halve::<A>();
        let before = odd.points.len();
        let mut start = 0;
        for (bucket, count) in buckets.counts.iter().enumerate() {
            let end = start + *count as usize;
            if bucket % 2 == 1 {
                odd.points.extend_from_slice(&buckets.points[start..end]);
            }
            start = end;
        }
        odd.counts.push((odd.points.len() - before) as u32);
        buckets.join();
    }
    odd.halve::<A>();
    let points = A::affine(&odd.points);
    let mut rest = &points[..];
    odd.counts.iter().rev().fold(G1::identity(), |sum, count| {
        let (others, own) = rest.split_at(rest.len() - *count as usize);
        rest = others;
        own.iter().fold(sum.double(), |sum, point| sum + point)
    })
}

struct Segment {
    entries: std::ops::Range<usize>,
    buckets: std::ops::Range<usize>,
}

fn segments(counts: &[u32]) -> Vec<Segment> {
    let mut segments = Vec::new();
    let (mut entries, mut buckets) = (0..0, 0..0);
    for count in counts {
        entries.end += *count as usize;
        buckets.end += 1;
        if entries.len() >= SEGMENT || buckets.end == counts.len() {
            segments.push(Segment { entries: entries.clone(), buckets: buckets.clone() });
            (entries.start, buckets.start) = (entries.end, buckets.end);
        }
    }
    segments
}

impl<P: Copy + Default> Buckets<P> {
    /// Of terms, with as few points as it takes.
    fn of<A: Adder<Point = P>>(terms: Terms<'_, P>, counts: Vec<u32>) -> Self {
        let mut buckets = Self { points: Vec::new(), counts };
        buckets.round::<A>(terms);
        buckets.halve::<A>();
        buckets
    }

    /// Adds the points of each bucket, as long as there are enough pairs of them.
    fn halve<A: Adder<Point = P>>(&mut self) {
        while self.counts.iter().map(|count| *count as usize / 2).sum::<usize>() >= FEW_PAIRS {
            let points = std::mem::take(&mut self.points);
            self.round::<A>(Terms { points: &points, entries: None });
        }
    }

    /// Takes the sum of each pair of terms, which are in buckets as counted.
    fn round<A: Adder<Point = P>>(&mut self, terms: Terms<'_, P>) {
        let total: u32 = self.counts.iter().map(|count| count.div_ceil(2)).sum();
        let mut pairs = Vec::with_capacity(total as usize);
        let mut alone = Vec::with_capacity(self.counts.len());
        let (mut start, mut to) = (0, 0);
        for count in &mut self.counts {
            let end = start + *count;
            for from in (start..end - *count % 2).step_by(2) {
                pairs.push(Pair { from, to });
                to += 1;
            }
            if *count % 2 == 1 {
                alone.push((end as usize - 1, to as usize));
                to += 1;
            }
            start = end;
            *count = count.div_ceil(2);
        }
        self.points.clear();
        self.points.resize(total as usize, P::default());
        for (number, (from, to)) in alone.iter().enumerate() {
            if let Some((soon, _)) = alone.get(number + AHEAD) {
                A::prefetch(terms.at(*soon).0);
            }
            let (point, negative) = terms.at(*from);
            self.points[*to] = if negative { A::negated(*point) } else { *point };
        }
        let gone = A::add(terms, &pairs, &mut self.points);
        if !gone.is_empty() {
            self.remove(&gone);
        }
    }

    /// Removes points, whose places are in order.
    fn remove(&mut self, gone: &[u32]) {
        let mut gone = gone.iter().peekable();
        let (mut start, mut kept) = (0, 0);
        for count in &mut self.counts {
            let end = start + *count;
            for place in start..end {
                if gone.next_if(|gone| **gone == place).is_some() {
                    *count -= 1;
                } else {
                    self.points[kept] = self.points[place as usize];
                    kept += 1;
                }
            }
            start = end;
        }
        self.points.truncate(kept);
    }

    /// Buckets 2i and 2i + 1 become bucket i; bucket 0, which counts for nothing, is emptied.
    fn join(&mut self) {
        self.counts = self.counts.chunks(2).map(|counts| counts.iter().sum()).collect();
        let none = std::mem::take(&mut self.counts[0]);
        self.points.drain(..none as usize);
    }
}
