//! Nearest centroids.
//!
//! A search for vector part z goes down the centroids k, six searches interleaved. With D_k the squared distance,
//! the key 256·D_k + k orders centroids by (distance, index); keys are distinct. In every row
//!
//! * 256·D_k + k − R = Δ, six limbs: 0 ≤ Δ < 2⁷². As |z − c| < 2³¹, D_k < 2⁶⁴ and no key is lost
//! * m counts 1 from the row on where R was met: (m − m₋₆)·Δ = 0, m = 0 before the first row and 1 in the last, so
//!   some Δ is 0. R is the same in all rows of a search: it is the least key, and no second value fits
//!
//! z and c carry the same offset 2³⁰. c is range-checked by the limbs the search leaves over: six rows have twelve,
//! three for each of four coordinates.

use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;

use super::{ChipSet, Gate, LIMB_BITS, at, constant, digits};
use crate::codebook::SUBSPACE_DIM;
use crate::stages::commit::CENTROID_BITS;
use crate::stages::fold::VECTORS;

/// Limbs of a difference of keys.
pub const KEY_LIMBS: usize = 6;
/// Factor of the distance in a key.
pub const KEY_SCALE: u64 = 256;
/// Columns of a vector part.
pub const PART: [usize; SUBSPACE_DIM] = [at::A, at::B, at::C, at::D];
/// Columns of a centroid.
pub const CENTROID: [usize; SUBSPACE_DIM] = [at::SIGN, at::OVER, at::INVERSE, at::NUMBER];
/// Column of the flag m.
pub const MET: usize = at::CLAMPED;
/// Column of the least key R.
pub const LEAST: usize = at::SUM;
/// Limbs of a centroid coordinate.
pub const COORDINATE_LIMBS: usize = 3;

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    let period = VECTORS as i32;
    chips.gate(meta, Gate::Distance, |q| {
        let squares: Vec<_> = PART
            .iter()
            .zip(CENTROID)
            .map(|(z, c)| {
                let difference = q.advice(*z, 0) - q.advice(c, 0);
                difference.clone() * difference
            })
            .collect();
        let distance = squares.into_iter().reduce(|s, t| s + t).unwrap_or(constant(0));
        let delta = digits(q.limbs().into_iter().take(KEY_LIMBS), LIMB_BITS);
        let key = distance * Fr::from(KEY_SCALE) + q.k(6);
        let met = q.advice(MET, 0) - q.k(7) * q.advice(MET, -period);
        vec![
            ("key - least = limbs", key - q.advice(LEAST, 0) - delta.clone()),
            ("met where the difference is 0", met * delta),
        ]
    });
    chips.gate(meta, Gate::SameCentroid, |q| {
        CENTROID.map(|column| ("c' = c", q.advice(column, 1) - q.advice(column, 0))).to_vec()
    });
    chips.gate(meta, Gate::SameSearch, |q| {
        let columns = PART.into_iter().chain([LEAST]);
        columns.map(|column| ("same search", q.advice(column, period) - q.advice(column, 0))).collect()
    });
    chips.gate(meta, Gate::CentroidRange, |q| {
        let mut spare = Vec::new();
        for row in 0..period {
            spare.extend([6, 7].map(|i| q.advice(at::LIMB + i, row)));
        }
        let coordinates = CENTROID.iter().zip(spare.chunks(COORDINATE_LIMBS));
        coordinates
            .map(|(column, limbs)| {
                ("c = three limbs", q.advice(*column, 0) - digits(limbs.iter().cloned(), LIMB_BITS))
            })
            .collect()
    });
    chips.gate(meta, Gate::CentroidElement, |q| {
        let mut coordinates = Vec::new();
        for rotation in [0, period] {
            coordinates.extend(CENTROID.map(|column| q.advice(column, rotation)));
        }
        vec![("e = two centroids", q.advice(at::E, 0) - digits(coordinates, CENTROID_BITS))]
    });
    chips.gate(meta, Gate::SearchEnd, |q| {
        vec![
            ("least key met", q.advice(MET, 0) - constant(1)),
            ("e = least key", q.advice(at::E, 0) - q.advice(LEAST, 0)),
        ]
    });
}

const _: () = assert!(LIMB_BITS * KEY_LIMBS as u32 == 72 && CENTROID_BITS == 31);
