//! Zones in native integers.

use std::cmp::Reverse;

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use crate::codebook::{Codebook, DIM, PQ_BITS, SUBSPACE_DIM};
use crate::exponential::{Exponential, exponential};
use crate::fingerprint::{PqIndices, VECTORS};
use crate::fixed::{round_narrow, to_integer};
use crate::poseidon::{Domain, Packer, salted};
use crate::zone_config::ZoneConfig;

/// Places for zones: each row may be one.
pub const PLACES: usize = VECTORS;
/// Bits of v_ij.
pub const EXPONENT_BITS: u32 = 60;
/// Bits of S_i.
pub const SUM_BITS: u32 = 55;
/// Bits of a zone's row, and of the number of zones.
const PLACE_BITS: u32 = 3;
/// Bits of a zone's tags.
pub const MASK_BITS: u32 = 11;
/// D·kernel has so many fraction bits more than v.
const EXPONENT_SHIFT: u32 = 56;

/// Names of the tags of a zone, by bit.
pub const TAG_NAMES: [&str; MASK_BITS as usize] = [
    "HIGH_VALUE",
    "FEE_INTENSIVE",
    "DEX_ACTIVITY",
    "NFT_ACTIVITY",
    "BRIDGE_ACTIVITY",
    "TIME_CLUSTER",
    "LENDING_ACTIVITY",
    "AML_ALERT",
    "MEV_ACTIVITY",
    "VOLATILITY_CRUSH",
    "MIXED_ACTIVITY",
];
/// Names of the tags of a mask, in order.
pub fn tag_names(mask: u16) -> impl Iterator<Item = &'static str> {
    let names = TAG_NAMES.into_iter().enumerate();
    names.filter(move |(bit, _)| mask >> bit & 1 == 1).map(|(_, name)| name)
}

/// Hundredths that coordinates 0 to 8 are compared with, above, and that coordinate 9 is compared with, below.
pub const TAG_LIMITS: [i64; 10] = [65, 55, 55, 55, 45, 50, 50, 50, 55, -45];
/// Tags that count for the regime: the first so many.
pub const SCORED: usize = 9;
/// Tags of a regime, at most.
pub const REGIME: usize = 2;

/// A dense row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// The row.
    pub row: usize,
    /// S, at 2⁻⁵².
    pub sum: u64,
    /// Tags, by bit.
    pub mask: u16,
}

/// The zones of a code, and what they are computed through.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zones {
    /// y_i, at 2⁻²⁴.
    pub centres: [[i32; DIM]; VECTORS],
    /// D_ij, at 2⁻⁴⁸.
    pub distances: [[u128; VECTORS]; VECTORS],
    /// v_ij, at 2⁻²⁴.
    pub exponents: [[u64; VECTORS]; VECTORS],
    /// k_ij, with what shows it.
    pub kernels: [[Exponential; VECTORS]; VECTORS],
    /// S_i, at 2⁻⁵².
    pub sums: [u64; VECTORS],
    /// S_i ≥ min_sum.
    pub dense: [bool; VECTORS],
    /// All rows by falling keys 8·S_i + 7 − i.
    pub order: [usize; VECTORS],
    /// Tags of all rows.
    pub masks: [u16; VECTORS],
    /// The zones: the first of `order`.
    pub zones: Vec<Zone>,
    /// score_t, at 2⁻⁵².
    pub scores: [u64; SCORED],
    /// The tags of the regime, the greatest score first.
    pub regime: Vec<usize>,
}

/// The centres of a code's rows.
pub fn centres(indices: &PqIndices, codebook: &Codebook) -> [[i32; DIM]; VECTORS] {
    indices.map(|row| {
        std::array::from_fn(|t| {
            let (subspace, dimension) = (t / SUBSPACE_DIM, t % SUBSPACE_DIM);
            // The indices of a code are the codebook's; where they are not, nothing is computed from the row.
            codebook.centroids().get(usize::from(row[subspace])).map_or(0, |parts| parts[subspace][dimension])
        })
    })
}

/// The tags of a centre.
pub fn mask(centre: &[i32; DIM]) -> u16 {
    let set = |(t, limit): (usize, i64)| {
        let (y, limit) = (100 * i64::from(centre[t]), limit << PQ_BITS);
        u16::from(if t < SCORED { y > limit } else { y < limit }) << t
    };
    let mask = TAG_LIMITS.into_iter().enumerate().map(set).sum();
    if mask == 0 { 1 << TAG_LIMITS.len() } else { mask }
}

impl Zones {
    /// Of centres, each coordinate in \[−2³⁰, 2³⁰).
    pub fn new(centres: [[i32; DIM]; VECTORS], config: &ZoneConfig) -> Self {
        let pairs = |i: usize| std::array::from_fn(|j| squared_distance(&centres[i], &centres[j]));
        let distances: [[u128; VECTORS]; VECTORS] = std::array::from_fn(pairs);
        let exponents = distances.map(|row| row.map(|distance| exponent(distance, config.kernel())));
        let kernels = exponents.map(|row| row.map(Exponential::new));
        let sums = kernels.map(|row| row.iter().map(|kernel| kernel.value).sum());
        let dense = sums.map(|sum| sum >= config.min_sum());
        let order = by_sum(&sums);
        let masks = centres.each_ref().map(mask);
        // Dense rows are the first of the order: those whose sums are greatest.
        let zones: Vec<Zone> = order
            .into_iter()
            .filter(|row| dense[*row])
            .take(config.zones())
            .map(|row| Zone { row, sum: sums[row], mask: masks[row] })
            .collect();
        let scores = scores(&zones);
        let regime = by_score(&scores);
        Self { centres, distances, exponents, kernels, sums, dense, order, masks, zones, scores, regime }
    }

    /// All rows in the order of their sums, which follow from a kernel alone.
    pub fn order(centres: &[[i32; DIM]; VECTORS], kernel: u64) -> [usize; VECTORS] {
        let kernels = |i: usize| {
            centres
                .iter()
                .map(move |other| exponential(exponent(squared_distance(&centres[i], other), kernel)))
        };
        by_sum(&std::array::from_fn(|i| kernels(i).sum()))
    }

    /// The tags that some zone has.
    pub fn union(&self) -> u16 {
        self.zones.iter().fold(0, |mask, zone| mask | zone.mask)
    }

    /// Commitment to the list.
    pub fn commitment(&self, salt: Fr) -> Fr {
        salted(Domain::Zones, PLACES as u64, salt, packed(&self.zones))
    }
}

/// A list of zones as two elements.
pub fn packed(zones: &[Zone]) -> [Fr; 2] {
    let place = |packer: Packer, place: usize| {
        let absent = Zone { row: 0, sum: 0, mask: 0 };
        let zone = zones.get(place).unwrap_or(&absent);
        packer.put(zone.row, PLACE_BITS).put(zone.sum, SUM_BITS).put(zone.mask, MASK_BITS)
    };
    let first = Packer::new().put(zones.len(), PLACE_BITS);
    let (near, far) = (0..PLACES / 2, PLACES / 2..PLACES);
    [near.fold(first, place).element(), far.fold(Packer::new(), place).element()]
}

/// The inverse of [`packed`].
pub fn unpack(elements: &[Fr; 2]) -> Option<Vec<Zone>> {
    let mut rest = elements.map(to_integer);
    let mut take = |element: usize, bits: u32| {
        let digit = &rest[element] & BigInt::from((1u64 << bits) - 1);
        rest[element] >>= bits;
        u64::try_from(digit).ok()
    };
    let count = usize::try_from(take(0, PLACE_BITS)?).ok()?;
    let zone = |place: usize| {
        let element = place / (PLACES / 2);
        Some(Zone {
            row: usize::try_from(take(element, PLACE_BITS)?).ok()?,
            sum: take(element, SUM_BITS)?,
            mask: u16::try_from(take(element, MASK_BITS)?).ok()?,
        })
    };
    let mut zones: Vec<Zone> = (0..PLACES).map(zone).collect::<Option<_>>()?;
    zones.truncate(count);
    (packed(&zones) == *elements).then_some(zones)
}

/// Rows by falling keys 8·S + 7 − row.
fn by_sum(sums: &[u64; VECTORS]) -> [usize; VECTORS] {
    let mut order = std::array::from_fn(|row| row);
    order.sort_by_key(|row| (Reverse(sums[*row]), *row));
    order
}

/// D: at most 16·(2³¹)².
fn squared_distance(a: &[i32; DIM], b: &[i32; DIM]) -> u128 {
    let square = |(a, b): (&i32, &i32)| u128::from(a.abs_diff(*b)).pow(2);
    a.iter().zip(b).map(square).sum()
}

/// v: 67 and 48 bits less 56, rounded.
fn exponent(distance: u128, kernel: u64) -> u64 {
    let product = distance * u128::from(kernel);
    round_narrow(product, 1 << EXPONENT_SHIFT)
}

/// score_t of each tag that counts.
fn scores(zones: &[Zone]) -> [u64; SCORED] {
    std::array::from_fn(|t| zones.iter().filter(|zone| zone.mask >> t & 1 == 1).map(|zone| zone.sum).sum())
}

/// The tags of the regime that a list of zones makes, the greatest score first.
pub fn regime(zones: &[Zone]) -> Vec<usize> {
    by_score(&scores(zones))
}

fn by_score(scores: &[u64; SCORED]) -> Vec<usize> {
    let mut ranked: Vec<usize> = (0..SCORED).filter(|t| scores[*t] > 0).collect();
    ranked.sort_by_key(|t| (Reverse(scores[*t]), *t));
    ranked.truncate(REGIME);
    ranked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exponential::ONE;

    const UNIT: i32 = 1 << PQ_BITS;

    fn default() -> ZoneConfig {
        ZoneConfig::preset("default").unwrap()
    }

    /// Rows at `places` along coordinate 15, which no tag looks at.
    fn line(places: [i32; VECTORS]) -> [[i32; DIM]; VECTORS] {
        places.map(|place| {
            let mut centre = [0; DIM];
            centre[15] = place;
            centre
        })
    }

    #[test]
    fn equal_sums_keep_their_rows() {
        // Rows 1 and 4 are one, so are 2, 3 and 5; row 0 is alone.
        let zones = Zones::new(line([9, 3, 6, 6, 3, 6].map(|place| place * UNIT)), &default());
        assert_eq!(zones.sums, [ONE, 2 * ONE, 3 * ONE, 3 * ONE, 2 * ONE, 3 * ONE]);
        assert_eq!(zones.order, [2, 3, 5, 1, 4, 0]);
        assert_eq!(zones.zones.iter().map(|zone| zone.row).collect::<Vec<_>>(), zones.order);
        assert_eq!(zones.masks, [1 << 10; VECTORS]);
        assert!(zones.regime.is_empty() && zones.scores == [0; SCORED], "MIXED_ACTIVITY does not count");
    }

    #[test]
    fn a_row_is_dense_from_the_threshold_on() {
        let mut integers = *default().integers();
        let centres = line([9, 3, 6, 6, 3, 6].map(|place| place * UNIT));
        for (min_sum, expected) in
            [(2 * ONE, 5), (2 * ONE + 1, 3), (3 * ONE, 3), (3 * ONE + 1, 0), (0, 6), (ONE, 6), (ONE + 1, 5)]
        {
            integers[2] = min_sum;
            assert_eq!(Zones::new(centres, &ZoneConfig::new(integers).unwrap()).zones.len(), expected);
        }
        integers[2..4].copy_from_slice(&[ONE, 2]);
        let limited = Zones::new(centres, &ZoneConfig::new(integers).unwrap());
        assert_eq!(limited.zones.iter().map(|zone| zone.row).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn tags_compare_strictly() {
        for (t, limit) in TAG_LIMITS.into_iter().enumerate() {
            // Hundredths are no multiples of 2⁻²⁴, but for halves: the last place that is not beyond.
            let bound =
                if t < SCORED { (limit << PQ_BITS).div_euclid(100) } else { -((-limit << PQ_BITS) / 100) };
            let beyond = if t < SCORED { 1 } else { -1 };
            let with = |y: i64| {
                let mut centre = [0; DIM];
                centre[t] = i32::try_from(y).unwrap();
                mask(&centre)
            };
            assert_eq!((with(bound), with(bound + beyond)), (1 << 10, 1 << t), "{t}");
        }
        assert_eq!(TAG_LIMITS[5..8], [50; 3], "which are met exactly");
    }

    #[test]
    fn the_greatest_scores_make_the_regime() {
        assert_eq!(by_score(&[0, 5, 7, 7, 0, 5, 0, 0, 0]), [2, 3]);
        assert_eq!(by_score(&[5, 5, 7, 0, 0, 5, 0, 0, 0]), [2, 0]);
        assert_eq!(by_score(&[0, 0, 0, 0, 0, 0, 0, 0, 1]), [8]);
    }

    /// The greatest distance and kernel stay within their bits.
    #[test]
    fn widths_hold() {
        let (low, high) = ([-(1 << 30); DIM], [(1 << 30) - 1; DIM]);
        let mut integers = *default().integers();
        integers[0] = (1 << 48) - 1;
        let zones = Zones::new([low, high, low, low, low, low], &ZoneConfig::new(integers).unwrap());
        assert!(zones.distances[0][1] >> 67 == 0 && zones.exponents[0][1] >> EXPONENT_BITS == 0);
        assert_eq!(zones.sums, [5 * ONE, ONE, 5 * ONE, 5 * ONE, 5 * ONE, 5 * ONE]);
        let whole = Zones::new([low; VECTORS], &default());
        assert!(whole.sums == [6 * ONE; VECTORS] && (6 * ONE) >> SUM_BITS == 0);
    }

    /// Number, row, sum and mask are all bound, and in their place.
    #[test]
    fn commitments_differ() {
        let zones = Zones::new(line([9, 3, 6, 6, 3, 6].map(|place| place * UNIT)), &default());
        let commitment = |change: &dyn Fn(&mut Vec<Zone>)| {
            let mut changed = zones.clone();
            change(&mut changed.zones);
            changed.commitment(Fr::zero())
        };
        let all = [
            commitment(&|_| ()),
            commitment(&|zones| zones.truncate(5)),
            commitment(&|zones| zones[5] = Zone { row: 0, sum: 0, mask: 0 }),
            commitment(&|zones| zones[0].row = 1),
            commitment(&|zones| zones[3].sum += 1),
            commitment(&|zones| zones[5].mask = 3),
            commitment(&|zones| zones.swap(2, 3)),
            zones.commitment(Fr::one()),
        ];
        for (i, one) in all.iter().enumerate() {
            assert!(!all[..i].contains(one), "{i}");
        }
    }
}
