//! PQ encoding in the circuit.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::native::NORMALISED_LIMIT;
use crate::assignment::{Assignment, Cell, Free};
use crate::chips::arith::{Arith, FOLDED_OFFSET, INVERSE_OFFSET, NORMALISE_SHIFT, PQ_OFFSET, Wire};
use crate::chips::number::{self, Clamp};
use crate::chips::search::{
    CENTROID, COORDINATE_LIMBS, GROUP, KEY_LIMBS, KEY_SCALE, LEAST, MET, ORDERS, PART, RANGES, SPARE,
};
use crate::chips::{Gate, LIMB_BITS, at, fixed_at, table};
use crate::codebook::{Codebook, DIM, PQ_BITS, SUBSPACE_DIM, SUBSPACES};
use crate::fingerprint::VECTORS;
use crate::fixed::{power_of_two, to_field, to_integer, to_u64};
use crate::packing::{CENTROID_BITS, INVERSE_BITS, MEAN_BITS};

/// Bits of residuals and bounds.
const RESIDUAL_BITS: u32 = 72;

/// Normalisation and bound on the assignment.
#[derive(Clone, Debug)]
pub struct CodebookWires {
    /// μ.
    pub mean: Vec<Wire>,
    /// inv.
    pub inverse: Vec<Wire>,
    /// μ·inv.
    pub shift: Vec<Wire>,
    /// ε².
    pub bound: Wire,
}

/// Puts normalisation and bound on the assignment, in range: once, for all blocks.
pub fn codebook(arith: &mut Arith<'_>, codebook: &Codebook) -> CodebookWires {
    let mean = codebook.mean().iter();
    let mean: Vec<_> = mean.map(|m| arith.range_signed(Free::Input, *m, MEAN_BITS)).collect();
    let inverse = codebook.inverse().iter();
    let inverse: Vec<_> = inverse.map(|i| arith.range_signed(Free::Input, *i, INVERSE_BITS)).collect();
    let bound = arith.range_free(Free::Input, codebook.bound_squared(), RESIDUAL_BITS);
    let shift = mean.iter().zip(&inverse).map(|(mean, inverse)| arith.product(mean, inverse)).collect();
    CodebookWires { mean, inverse, shift, bound }
}

/// Normalises every folded value: `rows` are pairs of rows set aside for it. Returns the values' cells, which
/// hold z + 2³⁰.
///
/// (f − μ)·inv + 2³⁹ = 2⁴⁰·z + e with 0 ≤ e < 2⁴⁰ has one solution; both sides stay below 2¹⁰⁰.
pub fn normalise_all(
    assignment: &mut Assignment,
    rows: &[usize],
    folded: &[Vec<Wire>],
    codebook: &CodebookWires,
) -> Vec<Vec<Cell>> {
    let mut rows = rows.iter();
    folded
        .iter()
        .map(|vector| {
            vector
                .iter()
                .enumerate()
                .map(|(j, value)| {
                    let row = rows.next().copied().expect("two rows were set aside for every value");
                    normalise_one(assignment, row, value, codebook, j)
                })
                .collect()
        })
        .collect()
}

fn normalise_one(
    assignment: &mut Assignment,
    row: usize,
    value: &Wire,
    codebook: &CodebookWires,
    column: usize,
) -> Cell {
    let CodebookWires { mean, inverse, shift, .. } = codebook;
    let [mean, inverse, shift] = [mean, inverse, shift].map(|wires| &wires[column]);
    debug_assert!(value.offset == FOLDED_OFFSET.into() && inverse.offset == INVERSE_OFFSET.into());
    let exact = (&value.value - &mean.value) * &inverse.value + (BigInt::from(1) << (NORMALISE_SHIFT - 1));
    let rounded: BigInt = &exact >> NORMALISE_SHIFT;
    let rounded = assignment.told(at::NUMBER, row, rounded);
    let remainder = exact - (&rounded << NORMALISE_SHIFT);
    let clamp = Clamp { threshold: 1 << 30, limit: NORMALISED_LIMIT.unsigned_abs() };
    let z = number::assign(assignment, row, &rounded, clamp);
    let second = row + 1;
    assignment.copy_to(value.cell, at::A, second);
    assignment.copy_to(inverse.cell, at::B, second);
    assignment.copy_to(shift.cell, at::C, second);
    let cell = assignment.write_int(at::D, second, z + PQ_OFFSET);
    assignment.write_int(at::E, second, remainder.clone());
    for i in 0..crate::chips::LIMBS {
        let left = NORMALISE_SHIFT.saturating_sub(LIMB_BITS * i as u32).min(LIMB_BITS);
        let tag = if left == 0 { table::ZERO } else { table::width(left).unwrap_or(table::ZERO) };
        assignment.fix(fixed_at::TAG + i, second, tag);
        let limb: BigInt = (&remainder >> (LIMB_BITS * i as u32)) & BigInt::from((1 << LIMB_BITS) - 1);
        assignment.write_int(at::LIMB + i, second, limb);
    }
    assignment.enable(Gate::Range, second);
    assignment.enable(Gate::Normalise, second);
    cell
}

/// The searches on the assignment.
#[derive(Debug, Default)]
pub struct Searches {
    /// Cells of the least keys by subspace, then vector.
    pub least: Vec<Vec<Cell>>,
    /// Packed centroids in order, of the first searches of a statement.
    pub elements: Vec<Cell>,
}

/// Assigns the searches from row `start` on. `parts` are the cells of z + 2³⁰ by vector. The searches from row `origin` on, the same
/// or those of another block, are the first: their centroids are ranged and packed, and all others are copies of them.
pub fn search(
    assignment: &mut Assignment,
    start: usize,
    origin: usize,
    codebook: &Codebook,
    parts: &[Vec<Cell>],
) -> Searches {
    let mut out = Searches::default();
    let rows = 1 + codebook.len();
    let original = start == origin;
    for s in 0..SUBSPACES {
        let [first, from] = [start, origin].map(|start| start + s * VECTORS * rows);
        let centroids: Vec<[i32; SUBSPACE_DIM]> = codebook.centroids().iter().map(|row| row[s]).collect();
        let mut ends = Vec::new();
        for (i, part) in parts.iter().enumerate() {
            let row = first + i * rows;
            let part = &part[s * SUBSPACE_DIM..(s + 1) * SUBSPACE_DIM];
            ends.push(search_one(assignment, row, part, &centroids, ORDERS[i]));
            // Coordinates are made in the first search of all.
            for (k, centroid) in (row + 1..).zip(&centroids) {
                for (column, coordinate) in CENTROID.into_iter().zip(ORDERS[i]) {
                    if original && i == 0 {
                        assignment.write_input(column, k, i64::from(centroid[coordinate]) + PQ_OFFSET as i64);
                    } else {
                        let from = Cell { column: CENTROID[coordinate], row: from + 1 + k - (row + 1) };
                        assignment.copy_to(from, column, k);
                    }
                }
            }
            if original {
                check_ranges(assignment, row, i, codebook.len());
            }
        }
        out.least.push(ends);
        if original {
            let pairs = centroids.chunks(2).enumerate();
            let element = |(pair, centroids)| assign_element(assignment, first + 2 + 2 * pair, centroids);
            out.elements.extend(pairs.map(element));
        }
    }
    out
}

/// One search from row `first` on, but for the centroids; returns the cell of the least key.
fn search_one(
    assignment: &mut Assignment,
    first: usize,
    part: &[Cell],
    centroids: &[[i32; SUBSPACE_DIM]],
    order: [usize; SUBSPACE_DIM],
) -> Cell {
    let z: [i128; SUBSPACE_DIM] = std::array::from_fn(|d| {
        i128::from(to_u64(assignment.read(part[d])).unwrap_or_default()) - i128::from(PQ_OFFSET)
    });
    let keys: Vec<i128> = (0..)
        .zip(centroids)
        .map(|(k, c)| {
            let squares = z.iter().zip(c).map(|(z, c)| (z - i128::from(*c)).pow(2));
            i128::from(KEY_SCALE) * squares.sum::<i128>() + k
        })
        .collect();
    let least = keys.iter().copied().min().unwrap_or_default();
    let least = i128::try_from(assignment.free(Free::Least, LEAST, first, least)).unwrap_or_default();
    let line = |assignment: &mut Assignment, row: usize, met: bool| {
        for (column, coordinate) in PART.into_iter().zip(order) {
            assignment.write_int(column, row, z[coordinate] + i128::from(PQ_OFFSET));
        }
        assignment.write_int(LEAST, row, least);
        assignment.write_int(MET, row, u8::from(met));
    };
    line(assignment, first, false);
    for (column, coordinate) in CENTROID.into_iter().zip(order) {
        assignment.copy_to(part[coordinate], column, first);
    }
    assignment.enable(Gate::SearchStart, first);
    let mut met = false;
    for ((k, key), row) in keys.iter().enumerate().zip(first + 1..) {
        met |= *key == least;
        line(assignment, row, met);
        for i in 0..KEY_LIMBS {
            let limb = (key - least) >> (LIMB_BITS * i as u32) & ((1 << LIMB_BITS) - 1);
            assignment.write_int(at::LIMB + i, row, limb);
        }
        assignment.fix(fixed_at::K + 6, row, k);
        assignment.enable(Gate::Distance, row);
    }
    assignment.enable(Gate::SearchEnd, first + centroids.len());
    assignment.write_int(at::E, first, least)
}

/// The ranges that search `i`, from row `first` on, checks of `centroids` centroids.
fn check_ranges(assignment: &mut Assignment, first: usize, i: usize, centroids: usize) {
    if i < SUBSPACE_DIM {
        let from = Cell { column: CENTROID[0], row: first + 1 };
        coordinate_limbs(assignment, from, first, 0);
        assignment.enable(Gate::CentroidRange, first + 1);
    }
    for group in (first + 2..=first + centroids).step_by(GROUP) {
        for (place, column) in CENTROID.into_iter().take(2).enumerate() {
            let from = Cell { column, row: group + i / 2 };
            coordinate_limbs(assignment, from, group, place * COORDINATE_LIMBS);
        }
        assignment.enable(RANGES[i / 2], group + GROUP - 1);
    }
}

/// The digits of a coordinate in spare limbs, counted row by row from row `first` on.
fn coordinate_limbs(assignment: &mut Assignment, from: Cell, first: usize, place: usize) {
    let stored = to_u64(assignment.read(from)).unwrap_or_default();
    for limb in 0..COORDINATE_LIMBS {
        let (row, spare) = (first + (place + limb) / SPARE.len(), (place + limb) % SPARE.len());
        assignment.write_int(SPARE[spare], row, stored >> (LIMB_BITS * limb as u32) & ((1 << LIMB_BITS) - 1));
        let bits = (CENTROID_BITS - LIMB_BITS * limb as u32).min(LIMB_BITS);
        let tag = table::width(bits).unwrap_or_else(|| panic!("no limb of {bits} bits"));
        assignment.fix(fixed_at::TAG + SPARE[spare] - at::LIMB, row, tag);
    }
}

/// Packs two centroids, the second of which stands in row `second` of a first search.
fn assign_element(assignment: &mut Assignment, second: usize, pair: &[[i32; SUBSPACE_DIM]]) -> Cell {
    let radix = power_of_two(CENTROID_BITS);
    let stored = |c: &i32| to_field(&(BigInt::from(*c) + PQ_OFFSET));
    let element = pair.iter().flatten().rev().fold(Fr::zero(), |sum, c| sum * radix + stored(c));
    assignment.enable(Gate::CentroidElement, second);
    assignment.write(at::E, second, element)
}

/// Indices and flags on the assignment.
#[derive(Debug)]
pub struct CodeWires {
    /// 6 × 4 indices, each below 2⁸.
    pub indices: Vec<Wire>,
    /// 6 × 4 squared distances, whose sums by vector are the squared residuals.
    pub distances: Vec<Vec<Wire>>,
    /// The six flags as a number.
    pub within_mask: Wire,
}

/// Takes the least keys apart into distances and indices, and compares residuals with the bound.
pub fn code(arith: &mut Arith<'_>, searches: &Searches, bound: &Wire) -> CodeWires {
    let one = || BigInt::from(1);
    let minus = |n: u64| -BigInt::from(n);
    let mut indices = Vec::new();
    let mut flags = Vec::new();
    let mut all = Vec::new();
    for i in 0..VECTORS {
        let mut distances = Vec::new();
        for s in 0..SUBSPACES {
            let cell = searches.least[s][i];
            let key = to_integer(arith.assignment.read(cell));
            // key = 256·distance + index with index < 2⁸ and distance < 2⁷²: one reading.
            let index = arith.range_new(&key & BigInt::from(KEY_SCALE - 1), 8);
            let distance = arith.range_new(&key >> 8, RESIDUAL_BITS);
            let key = Wire::new(cell, key);
            arith.zero(&[(one(), &key), (minus(KEY_SCALE), &distance), (minus(1), &index)], 0);
            indices.push(index);
            distances.push(distance);
        }
        // within ⇔ ε² − r² ≥ 0.
        let mut terms = vec![(one(), bound)];
        terms.extend(distances.iter().map(|distance| (minus(1), distance)));
        let margin = arith.linear(&terms, 0);
        flags.push(arith.not_negative(&margin, RESIDUAL_BITS));
        all.push(distances);
    }
    let terms: Vec<_> = flags.iter().zip(0u32..).map(|(flag, i)| (BigInt::from(1) << i, flag)).collect();
    let within_mask = arith.linear(&terms, 0);
    CodeWires { indices, distances: all, within_mask }
}

const _: () = assert!(DIM == SUBSPACES * SUBSPACE_DIM && PQ_BITS == 24);

#[cfg(test)]
mod tests {
    use super::super::native::{NORMALISED_LIMIT, normalise};

    #[test]
    fn saturation_is_the_native_one() {
        let limit = NORMALISED_LIMIT;
        assert_eq!(normalise(1 << 33, 0, 1 << 52), limit);
        assert_eq!(normalise(-(1 << 33), 0, 1 << 52), -limit);
    }
}
