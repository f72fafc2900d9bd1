//! Nearest centroids.
//!
//! A search for a vector part z takes a row in which it starts and one for each centroid k. With D_k the squared distance,
//! the key 256·D_k + k orders centroids by (distance, index); keys are distinct. In every row
//!
//! * 256·D_k + k − R = Δ, six limbs: 0 ≤ Δ < 2⁷². As |z − c| < 2³¹, D_k < 2⁶⁴ and no key is lost
//! * m counts 1 from the row on where R was met: (m − m₋₁)·Δ = 0, m = 0 in the first row and 1 in the last, so
//!   some Δ is 0. R is the same in all rows of a search: it is the least key, and no second value fits
//!
//! z stands on the wires of the first row, copied from where it was made, and goes down columns of its own; c stands on the
//! wires and is copied from the first of the six searches in which it occurs.
//!
//! z and c carry the same offset 2³⁰. c is range-checked by the two limbs that a row leaves over, a coordinate in three of
//! them: in three rows of a search there are six, for two coordinates of one of three centroids, so that the six searches check
//! all twelve. Centroid 0, in front of the first three, has its first coordinate checked by two limbs of the first row and one
//! of its own; four searches check all. [`ORDERS`] puts onto the first two wires what a search checks.

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;

use super::set::{ChipSet, Query, constant, digits};
use crate::codebook::SUBSPACE_DIM;
use crate::columns::{Gate, LIMB_BITS, at};
use crate::fingerprint::VECTORS;
use crate::packing::CENTROID_BITS;

/// Limbs of a difference of keys.
pub const KEY_LIMBS: usize = 6;
/// Factor of the distance in a key.
pub const KEY_SCALE: u64 = 256;
/// Columns of a vector part.
pub const PART: [usize; SUBSPACE_DIM] = [at::SIGN, at::OVER, at::INVERSE, at::NUMBER];
/// Columns of a centroid.
pub const CENTROID: [usize; SUBSPACE_DIM] = [at::A, at::B, at::C, at::D];
/// Which coordinate stands in each of these columns, for each of the vectors. The first two columns change between the halves
/// of a part, for ranges of three centroids; the first column goes through all coordinates, for that of centroid 0.
pub const ORDERS: [[usize; SUBSPACE_DIM]; VECTORS] =
    [[0, 1, 2, 3], [2, 3, 0, 1], [1, 0, 3, 2], [3, 2, 1, 0], [0, 1, 2, 3], [2, 3, 0, 1]];
/// Column of the flag m.
pub const MET: usize = at::CLAMPED;
/// Column of the least key R.
pub const LEAST: usize = at::SUM;
/// Limbs of a centroid coordinate.
pub const COORDINATE_LIMBS: usize = 3;

/// Limbs that a search leaves over in a row.
pub const SPARE: [usize; 2] = [at::LIMB + KEY_LIMBS, at::LIMB + KEY_LIMBS + 1];
/// Rows that share their spare limbs, and as many pairs of searches.
pub const GROUP: usize = 3;

/// Gates that check two coordinates of the first, second and third centroid of three, in the row of the last.
pub const RANGES: [Gate; GROUP] =
    [Gate::CentroidRangeFirst, Gate::CentroidRangeSecond, Gate::CentroidRangeThird];

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    chips.gate(meta, Gate::SearchStart, |q| {
        let wires = PART.into_iter().zip(CENTROID);
        let mut constraints: Vec<_> =
            wires.map(|(z, wire)| ("z = wires", q.advice(z, 0) - q.advice(wire, 0))).collect();
        constraints.push(("not met yet", q.advice(MET, 0)));
        constraints.push(("e = least key", q.advice(at::E, 0) - q.advice(LEAST, 0)));
        constraints
    });
    chips.gate(meta, Gate::Distance, |q| {
        let squares = PART.into_iter().zip(CENTROID).map(|(z, c)| {
            let difference = q.advice(z, 0) - q.advice(c, 0);
            difference.clone() * difference
        });
        let distance = squares.reduce(|s, t| s + t).unwrap_or(constant(0));
        let delta = digits(q.limbs().into_iter().take(KEY_LIMBS), LIMB_BITS);
        let key = distance * Fr::from(KEY_SCALE) + q.k(6);
        let met = q.advice(MET, 0) - q.advice(MET, -1);
        let same = PART.into_iter().chain([LEAST]);
        let mut constraints: Vec<_> =
            same.map(|column| ("same search", q.advice(column, 0) - q.advice(column, -1))).collect();
        constraints.push(("key - least = limbs", key - q.advice(LEAST, 0) - delta.clone()));
        constraints.push(("met where the difference is 0", met * delta));
        constraints
    });
    chips.gate(meta, Gate::SearchEnd, |q| vec![("least key met", q.advice(MET, 0) - constant(1))]);
    let spare = |q: &mut Query<'_, '_>, rows: i32| -> Vec<Expression<Fr>> {
        (1 - rows..=0)
            .flat_map(|row| SPARE.map(|limb| (limb, row)))
            .map(|(limb, row)| q.advice(limb, row))
            .collect()
    };
    chips.gate(meta, Gate::CentroidRange, |q| {
        let limbs = spare(q, 2).into_iter().take(COORDINATE_LIMBS);
        vec![("c = three limbs", q.advice(CENTROID[0], 0) - digits(limbs, LIMB_BITS))]
    });
    for (gate, row) in RANGES.into_iter().zip(1 - GROUP as i32..) {
        chips.gate(meta, gate, |q| {
            let limbs = spare(q, GROUP as i32);
            let coordinates = CENTROID.iter().zip(limbs.chunks(COORDINATE_LIMBS));
            coordinates
                .map(|(column, limbs)| {
                    ("c = three limbs", q.advice(*column, row) - digits(limbs.iter().cloned(), LIMB_BITS))
                })
                .collect()
        });
    }
    chips.gate(meta, Gate::CentroidElement, |q| {
        let coordinates = [-1, 0].into_iter().flat_map(|row| CENTROID.map(|column| (column, row)));
        let coordinates: Vec<_> = coordinates.map(|(column, row)| q.advice(column, row)).collect();
        vec![("e = two centroids", q.advice(at::E, 0) - digits(coordinates, CENTROID_BITS))]
    });
}

const _: () = assert!(LIMB_BITS * KEY_LIMBS as u32 == 72 && CENTROID_BITS == 31);
const _: () = assert!(2 * GROUP == VECTORS && 2 * COORDINATE_LIMBS == SPARE.len() * GROUP);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn searches_check_every_coordinate() {
        let sorted = |mut all: Vec<usize>| {
            all.sort_unstable();
            all
        };
        assert!(ORDERS.iter().all(|order| sorted(order.to_vec()) == [0, 1, 2, 3]));
        // Of centroid 0 in the first column of four searches, of others in the first two of a pair.
        assert_eq!(sorted(ORDERS[..SUBSPACE_DIM].iter().map(|order| order[0]).collect()), [0, 1, 2, 3]);
        for pair in ORDERS.chunks(2) {
            assert_eq!(sorted(pair.iter().flat_map(|order| order[..2].to_vec()).collect()), [0, 1, 2, 3]);
        }
    }
}
