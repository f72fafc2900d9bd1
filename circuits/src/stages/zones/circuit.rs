//! Hotzones in the circuit.
//!
//! Everything is laid out in the order of the zones: a link reads which row comes at each place, with the indices of its
//! centroids; further links read these, and the kernel sums must then fall from place to place.
//!
//! | value | range | why no second one fits |
//! |---|---|---|
//! | row at a place | 0 to 5 | the table of rows has no other; keys 8·S + 7 − row fall strictly, so that no row comes twice |
//! | indices at a place | 8 bits each | the links read the packed ones of that row |
//! | coordinates | 31 bits | the links read the codebook's by subspace and index |
//! | D | 67 bits | a sum of 16 squares of differences below 2³¹ |
//! | v | 60 bits | D·kernel + 2⁵⁵ = 2⁵⁶·v + r, with r of 56 bits; both sides below 2¹¹⁶ |
//! | E(v) | 53 bits | see [`exponential`](crate::chips::exponential) |
//! | S | below 2⁵⁵ | a sum of six |
//! | present | bits | S ≥ the least sum by a difference or its complement, in 56 bits |

use num_bigint::BigInt;

use super::native::{MASK_BITS, SCORED, SUM_BITS, TAG_LIMITS, Zones, centres as native_centres};
use crate::analytics::Configuration;
use crate::assignment::Free;
use crate::chips::arith::{Arith, PQ_OFFSET, Wire, minus, one};
use crate::chips::difference::{CARRY, PARTS, WIRES};
use crate::chips::exponential::Exponent;
use crate::codebook::{Codebook, DIM, PQ_BITS, SUBSPACE_DIM, SUBSPACES};
use crate::columns::{Gate, at, fixed_at};
use crate::exponential::ONE;
use crate::fingerprint::{PqIndices, VECTORS};
use crate::fixed::{floor_div, to_u64};
use crate::zone_config::{FIELDS, FIRST_FIELDS, ZoneConfig};

/// Kinds of links, beyond those to texts and those of forests: rows by number; and coordinates 1 and 2, 3 and 0 of the centroids of
/// each subspace.
const ROW_KIND: usize = 1 << 16;
const CENTRE_KIND: usize = ROW_KIND + 8;
/// Which searches are tables of centroids: their wires b and c hold these coordinates.
const SEARCHES: [(usize, [usize; 2]); 2] = [(4, [1, 2]), (5, [3, 0])];
/// Pairs of places.
const PAIRS: usize = VECTORS * (VECTORS - 1) / 2;
/// A walk over six centres that goes between every two of them.
const WALK: [usize; 18] = [5, 1, 0, 2, 1, 3, 0, 4, 2, 3, 4, 1, 2, 5, 3, 4, 5, 0];
/// Rows of the links and of the walk.
pub const OWN_ROWS: usize = 2 * VECTORS + VECTORS * SUBSPACES * SEARCHES.len() + WALK.len() * PARTS;

/// Bits rounded away from a squared distance times the kernel.
const KERNEL_SHIFT: u32 = 56;
/// Bits that differences of keys fit.
const KEY_BITS: u32 = 60;
/// Bits that differences of a coordinate and its limit fit.
const LIMIT_BITS: u32 = 34;
/// Bits of a row's number.
const ROW_BITS: u32 = 3;
/// Bits of a zone in a list: row, kernel sum, mask.
pub const ZONE_BITS: u32 = ROW_BITS + SUM_BITS + MASK_BITS;
/// Bits of the number of zones.
pub const COUNT_BITS: u32 = 3;
/// Bits of the least sum.
const LEAST_SUM_BITS: u32 = FIELDS[2].bits;
/// Bits that the most zones fit.
const ZONES_BITS: u32 = 4;
/// Zones in an element.
const PER_ELEMENT: usize = 3;

/// A configuration on the assignment.
#[derive(Debug)]
pub struct ConfigWires {
    pub kernel: Wire,
    pub reach: Wire,
    least_sum: Wire,
    zones: Wire,
    pub edges: [Wire; 3],
    pub baseline: Wire,
    pub scale: Wire,
    /// If it is fixed in the circuit.
    pub fixed: Option<ZoneConfig>,
}

/// The zones on the assignment, place by place.
#[derive(Debug)]
pub struct ZoneWires {
    /// Coordinates of the centre, whether or not there is a zone.
    pub centres: Vec<Vec<Wire>>,
    /// Squared distances of places, by pair in lexicographic order.
    pub distances: Vec<Wire>,
    /// S, whether or not there is a zone.
    pub sums: Vec<Wire>,
    /// Tags of the centre, bit by bit.
    pub tags: Vec<Vec<Wire>>,
    /// Whether there is a zone; under a configuration that has all six in any block they are there without a wire.
    pub present: Option<Vec<Wire>>,
    /// The list, packed.
    pub elements: [Wire; 2],
}

/// Puts a configuration on the assignment: constants, or witnesses in range.
pub fn config(arith: &mut Arith<'_>, source: Configuration, config: &ZoneConfig) -> ConfigWires {
    let fixed = matches!(source, Configuration::Named(_)).then_some(*config);
    let mut wires = FIELDS.iter().zip(config.integers()).map(|(field, value)| {
        if fixed.is_some() {
            return arith.constant(*value);
        }
        // The number of zones stops short of its bits, which no limb has: a wider range, and a bound.
        let whole = field.most + 1 == 1 << field.bits;
        let bits = if whole { field.bits } else { ZONES_BITS };
        let wire = arith.range_free(Free::Input, *value, bits);
        if field.least > 0 {
            arith.remainder(0, None, &[(one(), &wire)], minus(field.least), bits);
        }
        if !whole {
            arith.below(&wire, &[], field.most + 1, bits);
        }
        wire
    });
    let mut next = || wires.next().expect("as many fields as integers");
    ConfigWires {
        kernel: next(),
        reach: next(),
        least_sum: next(),
        zones: next(),
        edges: [next(), next(), next()],
        baseline: next(),
        scale: next(),
        fixed,
    }
}

impl ConfigWires {
    /// The numbers in the order of [`FIELDS`], with their bits, as the elements of a commitment have them.
    pub fn packed(&self) -> [Vec<(&Wire, u32)>; 2] {
        let Self { kernel, reach, least_sum, zones, edges: [two, three, four], baseline, scale, .. } = self;
        let all = [kernel, reach, least_sum, zones, two, three, four, baseline, scale];
        let mut first: Vec<_> = all.into_iter().zip(FIELDS.map(|field| field.bits)).collect();
        let second = first.split_off(FIRST_FIELDS);
        [first, second]
    }

    /// A value less one of the numbers.
    pub fn less(&self, arith: &mut Arith<'_>, value: &Wire, number: &Wire) -> Wire {
        match self.fixed {
            Some(_) => value.clone().less(number.value.clone()),
            None => arith.linear(&[(one(), value), (minus(1), number)], 0),
        }
    }
}

/// The zones of a PQ code: `indices` by vector and subspace, `searches` the row of the block's first search, `first` that of
/// [`OWN_ROWS`] rows set aside for links and distances.
pub fn zones(
    arith: &mut Arith<'_>,
    config: &ConfigWires,
    codebook: &Codebook,
    indices: &[Wire],
    searches: usize,
    first: usize,
) -> ZoneWires {
    let (rows, centres) = centres(arith, config, codebook, indices, searches, first);
    let distances = walk(arith, first + OWN_ROWS - WALK.len() * PARTS, &centres);
    let kernels: Vec<Wire> =
        distances.iter().map(|distance| kernel(arith, distance, &config.kernel)).collect();
    let sums: Vec<Wire> = (0..VECTORS)
        .map(|place| {
            let others = pairs().zip(&kernels).filter(|((a, b), _)| *a == place || *b == place);
            let terms: Vec<_> = others.map(|(_, kernel)| (one(), kernel)).collect();
            arith.linear(&terms, ONE)
        })
        .collect();
    for (above, below) in (0..VECTORS).zip(1..VECTORS) {
        let terms = [
            (8.into(), &sums[above]),
            (minus(1), &rows[above]),
            (minus(8), &sums[below]),
            (one(), &rows[below]),
        ];
        arith.remainder(0, None, &terms, -1, KEY_BITS);
    }
    let tags: Vec<Vec<Wire>> = centres.iter().map(|centre| tags(arith, centre)).collect();
    let present = present(arith, config, &sums);
    let elements = list(arith, &rows, &sums, &tags, present.as_deref());
    ZoneWires { centres, distances, sums, tags, present, elements }
}

/// Pairs of places in lexicographic order.
pub fn pairs() -> impl Iterator<Item = (usize, usize)> {
    (0..VECTORS).flat_map(|a| (a + 1..VECTORS).map(move |b| (a, b)))
}

/// Rows at each place, and the coordinates of their centroids.
fn centres(
    arith: &mut Arith<'_>,
    config: &ConfigWires,
    codebook: &Codebook,
    indices: &[Wire],
    searches: usize,
    first: usize,
) -> (Vec<Wire>, Vec<Vec<Wire>>) {
    // Two indices in each residue of a row's entry.
    let packed: Vec<Wire> =
        indices.chunks(2).map(|pair| arith.linear(&[(one(), &pair[0]), (256.into(), &pair[1])], 0)).collect();
    for (row, pair) in packed.chunks(2).enumerate() {
        entry(arith, first + row, row, ROW_KIND, fixed_at::LINKS, fixed_at::TEXT);
        for (column, wire) in [at::B, at::C].into_iter().zip(pair) {
            arith.assignment.copy_to(wire.cell, column, first + row);
        }
    }
    let order = order(arith, config, codebook, indices);
    let mut next = first + VECTORS;
    let mut rows = Vec::new();
    let mut places: Vec<Vec<Wire>> = Vec::new();
    for row in order {
        let row = usize::try_from(arith.assignment.free(Free::Order, at::A, next, row)).unwrap_or(VECTORS);
        rows.push(Wire::new(arith.assignment.write_int(at::A, next, row), row.into()));
        link(arith, next, ROW_KIND);
        let pair =
            |half: usize| packed.get(2 * row + half).map_or(BigInt::from(0), |wire| wire.value.clone());
        let pairs = [(at::B, pair(0)), (at::C, pair(1))];
        let pairs = pairs
            .map(|(column, value)| Wire::new(arith.assignment.write_int(column, next, value.clone()), value));
        places.push(pairs.iter().flat_map(|pair| unpack(arith, pair)).collect());
        next += 1;
    }
    for (subspace, search) in (0..SUBSPACES).flat_map(|s| SEARCHES.map(|(search, _)| (s, search))) {
        let start = searches + (subspace * VECTORS + search) * (1 + codebook.len()) + 1;
        for index in 0..codebook.len() {
            let half = SEARCHES.iter().position(|(other, _)| *other == search).unwrap_or_default();
            let kind = CENTRE_KIND + SEARCHES.len() * subspace + half;
            entry(arith, start + index, index, kind, fixed_at::CENTRES, 1);
        }
    }
    let mut centres = Vec::new();
    for indices in &places {
        let mut centre: Vec<Option<Wire>> = vec![None; DIM];
        for (subspace, index) in indices.iter().enumerate() {
            let found = usize::try_from(&index.value).ok().and_then(|index| codebook.centroids().get(index));
            for (half, (_, coordinates)) in SEARCHES.into_iter().enumerate() {
                arith.assignment.copy_to(index.cell, at::A, next);
                link(arith, next, CENTRE_KIND + SEARCHES.len() * subspace + half);
                for (column, coordinate) in [at::B, at::C].into_iter().zip(coordinates) {
                    let y = found.map_or(0, |row| i64::from(row[subspace][coordinate]));
                    let cell = arith.assignment.write_int(column, next, y + PQ_OFFSET.cast_signed());
                    let wire = Wire { cell, value: y.into(), offset: PQ_OFFSET.into() };
                    centre[subspace * SUBSPACE_DIM + coordinate] = Some(wire);
                }
                next += 1;
            }
        }
        centres.push(centre.into_iter().flatten().collect());
    }
    (rows, centres)
}

/// Rows in the order of their places, for who fills the assignment to know.
fn order(arith: &Arith<'_>, config: &ConfigWires, codebook: &Codebook, indices: &[Wire]) -> [usize; VECTORS] {
    let index =
        |wire: &Wire| to_u64(arith.assignment.read(wire.cell)).and_then(|index| u8::try_from(index).ok());
    let mut code: PqIndices = Default::default();
    let all = code.iter_mut().flatten();
    all.zip(indices).for_each(|(place, wire)| *place = index(wire).unwrap_or_default());
    let kernel = u64::try_from(&config.kernel.value).unwrap_or_default();
    Zones::order(&native_centres(&code, codebook), kernel)
}

fn entry(arith: &mut Arith<'_>, row: usize, index: usize, kind: usize, column: usize, flag: u64) {
    arith.assignment.fix(fixed_at::INDEX, row, index);
    arith.assignment.fix(fixed_at::KIND, row, kind);
    arith.assignment.fix(column, row, flag);
}

fn link(arith: &mut Arith<'_>, row: usize, kind: usize) {
    arith.assignment.fix(fixed_at::KIND, row, kind);
    arith.assignment.fix(fixed_at::LINKS, row, fixed_at::LINK);
}

/// Two indices.
fn unpack(arith: &mut Arith<'_>, pair: &Wire) -> [Wire; 2] {
    let low = arith.range_new(&pair.value & BigInt::from(255), 8);
    let high = arith.range_new(&pair.value >> 8, 8);
    arith.zero(&[(one(), pair), (minus(1), &low), (minus(256), &high)], 0);
    [low, high]
}

/// Squared distances of all pairs, from row `first` on.
fn walk(arith: &mut Arith<'_>, first: usize, centres: &[Vec<Wire>]) -> Vec<Wire> {
    let mut found: Vec<Option<Wire>> = vec![None; PAIRS];
    let mut before = None;
    for (step, place) in WALK.into_iter().enumerate() {
        let mut sum = BigInt::from(0);
        for (part, wires) in centres[place].chunks(SUBSPACE_DIM).enumerate() {
            let row = first + step * PARTS + part;
            for (column, wire) in WIRES.into_iter().zip(wires) {
                arith.assignment.copy_to(wire.cell, column, row);
            }
            let Some(other): Option<usize> = before else { continue };
            let others = &centres[other][part * SUBSPACE_DIM..][..SUBSPACE_DIM];
            sum += wires.iter().zip(others).map(|(a, b)| (&a.value - &b.value).pow(2)).sum::<BigInt>();
            arith.assignment.enable(Gate::Difference, row);
            arith.assignment.fix(fixed_at::K + CARRY, row, u8::from(part > 0));
            let told = arith.assignment.told(at::E, row, sum.clone());
            let cell = arith.assignment.write_int(at::E, row, told.clone());
            if part + 1 == PARTS {
                let pair = (place.min(other), place.max(other));
                let slot = pairs().position(|known| known == pair).expect("two places");
                found[slot].get_or_insert(Wire::new(cell, told));
            }
        }
        before = Some(place);
    }
    found.into_iter().flatten().collect()
}

/// k = E(⌊D·kernel / 2⁵⁶⌉).
fn kernel(arith: &mut Arith<'_>, distance: &Wire, kernel: &Wire) -> Wire {
    let half = one() << (KERNEL_SHIFT - 1);
    let exponent = Exponent::new(arith, &((&distance.value * &kernel.value + &half) >> KERNEL_SHIFT));
    let terms = [(minus(one() << KERNEL_SHIFT), &exponent.v)];
    arith.remainder(1, Some((distance, kernel)), &terms, half, KERNEL_SHIFT);
    exponent.power(arith)
}

/// Tags of a centre.
fn tags(arith: &mut Arith<'_>, centre: &[Wire]) -> Vec<Wire> {
    let mut bits: Vec<Wire> = Vec::with_capacity(MASK_BITS as usize);
    for (t, (wire, limit)) in centre.iter().zip(TAG_LIMITS).enumerate() {
        // 100·y > limit·2²⁴ if y ≥ ⌊limit·2²⁴/100⌋ + 1, and likewise with −y.
        let scaled = BigInt::from(limit) << PQ_BITS;
        let margin = if t < SCORED {
            wire.clone().less(floor_div(&scaled, &100.into()) + 1)
        } else {
            arith.linear(&[(minus(1), wire)], minus(floor_div(&-scaled, &100.into()) + 1))
        };
        bits.push(arith.not_negative(&margin, LIMIT_BITS));
    }
    let terms: Vec<_> = bits.iter().map(|bit| (minus(1), bit)).collect();
    let none = arith.linear(&terms, 0);
    bits.push(arith.not_negative(&none, 4));
    bits
}

/// Which places have a zone: those with the least sum, cut at the most zones there may be.
fn present(arith: &mut Arith<'_>, config: &ConfigWires, sums: &[Wire]) -> Option<Vec<Wire>> {
    let all = |config: ZoneConfig| config.min_sum() <= ONE && config.zones() >= VECTORS;
    if config.fixed.is_some_and(all) {
        return None;
    }
    let mut counted: Vec<Wire> = Vec::new();
    let most = usize::try_from(&config.zones.value).unwrap_or_default();
    for place in 0..VECTORS {
        let bit = arith.bit_free(Free::Order, place < most);
        // No 1 after a 0.
        if let Some(before) = counted.last() {
            arith.multiply_zero(-1, Some((before, &bit)), &[(one(), &bit)], 0);
        }
        counted.push(bit);
    }
    let mut terms: Vec<_> = counted.iter().map(|bit| (one(), bit)).collect();
    terms.push((minus(1), &config.zones));
    arith.zero(&terms, 0);
    let present = sums.iter().zip(&counted).map(|(sum, counted)| {
        let margin = config.less(arith, sum, &config.least_sum);
        let dense = arith.not_negative(&margin, LEAST_SUM_BITS);
        arith.product(&dense, counted)
    });
    Some(present.collect())
}

/// The list: number, then row, S and mask of each zone, 0 where there is none.
fn list(
    arith: &mut Arith<'_>,
    rows: &[Wire],
    sums: &[Wire],
    tags: &[Vec<Wire>],
    present: Option<&[Wire]>,
) -> [Wire; 2] {
    let count = match present {
        Some(present) => {
            let terms: Vec<_> = present.iter().map(|bit| (one(), bit)).collect();
            arith.linear(&terms, 0)
        }
        None => arith.constant(VECTORS),
    };
    let zones: Vec<Wire> = (0..VECTORS)
        .map(|place| {
            let mut terms = vec![(one(), &rows[place]), (one() << ROW_BITS, &sums[place])];
            let bits = tags[place].iter().zip(ROW_BITS + SUM_BITS..);
            terms.extend(bits.map(|(bit, low)| (one() << low, bit)));
            let zone = arith.linear(&terms, 0);
            present.map_or_else(|| zone.clone(), |present| arith.product(&present[place], &zone))
        })
        .collect();
    let mut elements = zones.chunks(PER_ELEMENT).zip([Some(&count), None]).map(|(zones, count)| {
        let start = if count.is_some() { COUNT_BITS } else { 0 };
        let mut terms: Vec<_> = count.iter().map(|count| (one(), *count)).collect();
        let places = (0..).map(|i| start + ZONE_BITS * i);
        terms.extend(zones.iter().zip(places).map(|(zone, low)| (one() << low, zone)));
        arith.linear(&terms, 0)
    });
    std::array::from_fn(|_| elements.next().expect("two elements of three zones"))
}

const _: () = assert!(COUNT_BITS + ZONE_BITS * PER_ELEMENT as u32 <= 253 && VECTORS == 2 * PER_ELEMENT);
const _: () = assert!(SUBSPACE_DIM == WIRES.len() && SUBSPACES * 2 == 8);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chips::search::ORDERS;

    #[test]
    fn the_walk_goes_between_every_two() {
        let steps = WALK.iter().zip(&WALK[1..]);
        let mut met: Vec<(usize, usize)> = steps.map(|(a, b)| (*a.min(b), *a.max(b))).collect();
        met.sort_unstable();
        met.dedup();
        assert!(met.iter().copied().eq(pairs()));
    }

    #[test]
    fn searches_hold_what_their_links_read() {
        let mut read: Vec<usize> = Vec::new();
        for (search, coordinates) in SEARCHES {
            assert_eq!(ORDERS[search][1..3], coordinates);
            read.extend(coordinates);
        }
        read.sort_unstable();
        assert_eq!(read, [0, 1, 2, 3]);
    }
}
