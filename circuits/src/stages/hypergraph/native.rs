//! The hypergraph of zones in native integers.

use crate::fixed::{narrow, round_narrow};
use crate::stages::zones::{PLACES, Zones};
use crate::zone_config::ZoneConfig;

/// Pairs of places.
pub const PAIRS: usize = 15;
/// Sets of two, three or four places.
pub const SETS: usize = 50;
/// Bits of the weight of a pair.
pub const WEIGHT_BITS: u32 = 44;
/// o·g has so many fraction bits more than w.
pub const WEIGHT_SHIFT: u32 = 44;

/// Two zones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pair {
    /// d, at 2⁻²⁴.
    pub distance: u64,
    /// o, at 2⁻²⁴.
    pub overlap: u64,
    /// g, at 2⁻⁵².
    pub mean: u64,
    /// w, at 2⁻³².
    pub weight: u64,
}

/// A hyperedge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Its zones, by place.
    pub nodes: Vec<usize>,
    /// W, at 2⁻³².
    pub sum: u64,
}

/// The hyperedges of zones, and what they are computed through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hypergraph {
    /// Pairs of places in lexicographic order, 0 where a zone is absent.
    pub pairs: [Pair; PAIRS],
    /// W of every set, 0 from absent pairs.
    pub sums: [u64; SETS],
    /// Which sets are hyperedges: bit i is set i.
    pub mask: u64,
    /// The hyperedges.
    pub edges: Vec<Edge>,
}

/// The sets of places, in order.
pub fn sets() -> Vec<Vec<usize>> {
    (2..=4).flat_map(|size| subsets(size, PLACES)).collect()
}

/// Sets of `size` of the first `places` places, in lexicographic order.
fn subsets(size: usize, places: usize) -> Vec<Vec<usize>> {
    if size == 0 {
        return vec![Vec::new()];
    }
    let extend = |set: Vec<usize>| {
        let next = set.last().map_or(0, |last| last + 1);
        (next..places).map(move |place| [&set[..], &[place]].concat())
    };
    subsets(size - 1, places).into_iter().flat_map(extend).collect()
}

/// The place of a pair a < b in lexicographic order.
fn pair_index(a: usize, b: usize) -> usize {
    a * (2 * PLACES - a - 1) / 2 + b - a - 1
}

/// W of a set of places, each above the one before, from the weights of all pairs.
pub fn set_weight(weights: &[u64; PAIRS], set: &[usize]) -> u64 {
    let with = |(b, second): (usize, &usize)| -> u64 {
        set[..b].iter().map(|first| weights[pair_index(*first, *second)]).sum()
    };
    set.iter().enumerate().map(with).sum()
}

impl Hypergraph {
    /// Of zones under the configuration they were found by.
    pub fn new(zones: &Zones, config: &ZoneConfig) -> Self {
        let mut pairs = [Pair::default(); PAIRS];
        for (b, second) in zones.zones.iter().enumerate() {
            for (a, first) in zones.zones[..b].iter().enumerate() {
                // 34 bits of 67, 55 of 110.
                let distance = narrow(zones.distances[first.row][second.row].isqrt());
                let overlap = config.reach().saturating_sub(distance);
                let mean = narrow((u128::from(first.sum) * u128::from(second.sum)).isqrt());
                let product = u128::from(overlap) * u128::from(mean);
                let weight = round_narrow(product, 1 << WEIGHT_SHIFT);
                pairs[pair_index(a, b)] = Pair { distance, overlap, mean, weight };
            }
        }
        let sets = sets();
        let weights = pairs.map(|pair| pair.weight);
        let sums: [u64; SETS] = std::array::from_fn(|i| set_weight(&weights, &sets[i]));
        let (mut mask, mut edges) = (0, Vec::new());
        for (i, (nodes, sum)) in sets.into_iter().zip(sums).enumerate() {
            let present = nodes.iter().all(|place| *place < zones.zones.len());
            if present && sum >= config.edges()[nodes.len() - 2] {
                mask |= 1 << i;
                edges.push(Edge { nodes, sum });
            }
        }
        Self { pairs, sums, mask, edges }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codebook::DIM;
    use crate::fingerprint::VECTORS;

    /// Rows at `places` along one coordinate.
    fn line(places: [i32; VECTORS]) -> [[i32; DIM]; VECTORS] {
        places.map(|place| {
            let mut centre = [0; DIM];
            centre[15] = place;
            centre
        })
    }

    fn with(change: impl Fn(&mut [u64; 9])) -> ZoneConfig {
        let mut integers = *ZoneConfig::preset("default").unwrap().integers();
        change(&mut integers);
        ZoneConfig::new(integers).unwrap()
    }

    #[test]
    fn sets_stand_in_order() {
        let sets = sets();
        assert_eq!(sets.len(), SETS);
        assert_eq!((&sets[0][..], &sets[14][..]), (&[0, 1][..], &[4, 5][..]));
        assert_eq!((&sets[15][..], &sets[34][..]), (&[0, 1, 2][..], &[3, 4, 5][..]));
        assert_eq!((&sets[35][..], &sets[49][..]), (&[0, 1, 2, 3][..], &[2, 3, 4, 5][..]));
        for (i, set) in sets[..PAIRS].iter().enumerate() {
            assert_eq!(pair_index(set[0], set[1]), i);
        }
        let sizes = [&sets[..15], &sets[15..35], &sets[35..]];
        assert!(sizes.iter().all(|sets| sets.is_sorted()));
    }

    /// One pair within reach makes every set with it an edge, four triples and six quadruples.
    #[test]
    fn an_overlap_is_an_edge_of_every_set_around_it() {
        let apart = 1 << 28;
        let reach = 1 << 20;
        let config = with(|integers| integers[1] = reach);
        for (gap, edges) in [(reach, 0), (reach - 1, 11)] {
            let gap = i32::try_from(gap).unwrap();
            let centres = line([0, gap, -apart, apart, 2 * apart, -2 * apart]);
            let zones = Zones::new(centres, &config);
            let graph = Hypergraph::new(&zones, &config);
            assert_eq!(graph.edges.len(), edges);
            assert_eq!(graph.mask.count_ones() as usize, edges);
        }
    }

    #[test]
    fn a_weight_reaches_its_threshold_exactly() {
        let centres = line([0; VECTORS]);
        let config = with(|_| ());
        let graph = Hypergraph::new(&Zones::new(centres, &config), &config);
        // o is all of the reach, g all of 6·2⁵².
        let weight = (6 * 10_066_330) << 8;
        assert!(graph.pairs.iter().all(|pair| pair.weight == weight && pair.distance == 0));
        assert_eq!((graph.sums[0], graph.sums[15], graph.sums[35]), (weight, 3 * weight, 6 * weight));
        for (size, range) in [(0, 0..15), (1, 15..35), (2, 35..50)] {
            let bits: u64 = range.map(|i| 1 << i).sum();
            for (above, missing) in [(0, 0), (1, bits)] {
                let config = with(|integers| integers[4 + size] = weight * [1, 3, 6][size] + above);
                let graph = Hypergraph::new(&Zones::new(centres, &config), &config);
                assert_eq!(!graph.mask & ((1 << SETS) - 1), missing);
            }
        }
    }

    /// Even a threshold of 0 makes no edge of zones that are not there.
    #[test]
    fn absent_zones_have_no_edges() {
        let config = with(|integers| {
            integers[3] = 3;
            integers[4..7].fill(0);
        });
        let graph = Hypergraph::new(&Zones::new(line([0; VECTORS]), &config), &config);
        let nodes: Vec<&[usize]> = graph.edges.iter().map(|edge| &edge.nodes[..]).collect();
        assert_eq!(nodes, [&[0, 1][..], &[0, 2], &[1, 2], &[0, 1, 2]]);
        assert_eq!(graph.mask, 1 | 2 | 1 << 5 | 1 << 15);
    }

    #[test]
    fn widths_hold() {
        let config = with(|integers| integers[1] = (1 << 32) - 1);
        let graph = Hypergraph::new(&Zones::new(line([0; VECTORS]), &config), &config);
        assert!(graph.pairs[0].weight >> WEIGHT_BITS == 0 && graph.sums[49] >> 47 == 0);
    }
}
