//! k-means with k-means++ seeding on points of four dimensions.
//!
//! Written here rather than taken from `linfa-clustering`: that brings more than sixty crates, and a codebook must
//! come out the same, byte for byte, wherever and whenever it is trained. Below there are only sums, products and
//! comparisons of doubles, in one order, so it does.

use foldproof_circuits::codebook::SUBSPACE_DIM;
use rand::Rng;

/// Points drawn for each centroid of the seeding.
const CANDIDATES: usize = 8;

/// A point of a subspace.
pub(super) type Point = [f64; SUBSPACE_DIM];

/// Centroids and how well they serve.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Clustering {
    /// As many as were asked for.
    pub centroids: Vec<Point>,
    /// Sum of the squared distances of all points to their centroids.
    pub inertia: f64,
    /// Rounds until nothing moved, or the limit.
    pub rounds: usize,
}

/// Squared distance.
pub(super) fn distance(a: &Point, b: &Point) -> f64 {
    let square = |i: usize| (a[i] - b[i]) * (a[i] - b[i]);
    square(0) + square(1) + square(2) + square(3)
}

/// Index of the nearest centroid, the lowest on a tie, and its squared distance. There is at least one.
pub(super) fn nearest(point: &Point, centroids: &[Point]) -> (usize, f64) {
    let mut best = (0, f64::INFINITY);
    for (i, centroid) in centroids.iter().enumerate() {
        let distance = distance(point, centroid);
        if distance < best.1 {
            best = (i, distance);
        }
    }
    best
}

/// Clusters `points`, of which there are some, around `k` centroids, in at most `limit` rounds.
pub(super) fn cluster(points: &[Point], k: usize, limit: usize, rng: &mut impl Rng) -> Clustering {
    let mut centroids = seed(points, k, rng);
    let mut assigned = vec![usize::MAX; points.len()];
    let mut rounds = 0;
    loop {
        let found: Vec<(usize, f64)> = points.iter().map(|point| nearest(point, &centroids)).collect();
        let moved = found.iter().zip(&assigned).any(|((now, _), before)| now != before);
        if !moved || rounds == limit {
            return Clustering {
                centroids,
                inertia: found.iter().map(|(_, distance)| distance).sum(),
                rounds,
            };
        }
        assigned = found.iter().map(|(index, _)| *index).collect();
        recentre(points, &found, &mut centroids);
        rounds += 1;
    }
}

/// Greedy k-means++: for each further centroid, several points are drawn with probability in proportion to their
/// squared distance from the centroids there are, and the one that leaves the least distance is kept.
fn seed(points: &[Point], k: usize, rng: &mut impl Rng) -> Vec<Point> {
    let first = points[rng.gen_range(0..points.len())];
    let mut centroids = vec![first];
    let mut distances: Vec<f64> = points.iter().map(|point| distance(point, &first)).collect();
    while centroids.len() < k {
        let total: f64 = distances.iter().sum();
        let mut best = (f64::INFINITY, first, Vec::new());
        for _ in 0..CANDIDATES {
            let mut left = total * rng.r#gen::<f64>();
            let drawn = distances.iter().position(|distance| {
                left -= distance;
                left < 0.0
            });
            // Nothing is drawn when every point is a centroid already: then any will do.
            let candidate = points[drawn.unwrap_or(0)];
            let closer = |(least, point): (&f64, &Point)| least.min(distance(point, &candidate));
            let remaining: Vec<f64> = distances.iter().zip(points).map(closer).collect();
            let sum = remaining.iter().sum();
            if sum < best.0 {
                best = (sum, candidate, remaining);
            }
        }
        centroids.push(best.1);
        distances = best.2;
    }
    centroids
}

/// Moves centroids to the means of their points; those without points to the points farthest from theirs.
fn recentre(points: &[Point], found: &[(usize, f64)], centroids: &mut [Point]) {
    let mut sums = vec![[0.0; SUBSPACE_DIM]; centroids.len()];
    let mut counts = vec![0u32; centroids.len()];
    for (point, (index, _)) in points.iter().zip(found) {
        counts[*index] += 1;
        sums[*index].iter_mut().zip(point).for_each(|(sum, x)| *sum += x);
    }
    let mut farthest: Vec<usize> = (0..points.len()).collect();
    farthest.sort_by(|a, b| found[*b].1.total_cmp(&found[*a].1));
    let mut farthest = farthest.into_iter();
    for ((centroid, sum), count) in centroids.iter_mut().zip(sums).zip(counts) {
        match (count, farthest.as_slice().first()) {
            (0, Some(point)) => {
                *centroid = points[*point];
                farthest.next();
            }
            (0, None) => {}
            (count, _) => *centroid = sum.map(|sum| sum / f64::from(count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha20Rng;

    fn corners() -> Vec<Point> {
        let corner = |i: u32| -> Point { std::array::from_fn(|d| f64::from(i >> d & 1) * 10.0) };
        let near = |i: u32| corner(i % 16).map(|x| x + f64::from(i / 16) * 0.01);
        (0..160).map(near).collect()
    }

    #[test]
    fn separate_groups_are_found() {
        let clustering = cluster(&corners(), 16, 100, &mut ChaCha20Rng::seed_from_u64(1));
        assert!(clustering.inertia < 1.0, "{clustering:?}");
        assert!(clustering.rounds < 100);
    }

    #[test]
    fn the_seed_decides() {
        let run = |seed| cluster(&corners(), 20, 100, &mut ChaCha20Rng::seed_from_u64(seed));
        assert_eq!(run(7), run(7));
        assert_ne!(run(7).centroids, run(8).centroids);
    }

    #[test]
    fn fewer_points_than_centroids_will_do() {
        let clustering = cluster(&[[1.0; 4], [2.0; 4]], 64, 100, &mut ChaCha20Rng::seed_from_u64(1));
        assert_eq!((clustering.centroids.len(), clustering.inertia), (64, 0.0));
    }

    #[test]
    fn the_limit_holds() {
        assert_eq!(cluster(&corners(), 30, 1, &mut ChaCha20Rng::seed_from_u64(3)).rounds, 1);
    }
}
