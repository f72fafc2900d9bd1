//! Records: seven rows each, one number and one link a row, running sums in one column.
//!
//! Coefficients of a row: K_0 = 1 where a link stands, K_1..K_4 say which of the wires a–d is the summed
//! link u, by one 1 or none, K_5, K_6 the clamp, K_7 = 0 in the first record of a class and 1 in the others.
//!
//! * d ∈ {0, 1} says whether the record is there; it is the same in all its rows and never 1 after 0
//! * without d·K_0 the link a is 0; without d the number is 0: what is not there adds nothing
//! * the sum s of the row seven above goes on: s = K_7·s₋₇ + y + 2⁶⁰·y² + 2¹⁶⁸·u + 2²⁰⁴·u².
//!   [`SUMS`] keeps the four apart: |Σy| < 2⁵⁹, Σy² < 2¹⁰⁸, Σu < 2³⁶, Σu² < 2⁴⁸ for up to 2¹² records, so s + 2⁵⁹
//!   has one reading in 252 bits

use halo2_proofs::plonk::{ConstraintSystem, Expression};
use halo2curves::bn256::Fr;

use super::set::{ChipSet, Query, boolean, constant, digits};
use crate::columns::{Gate, RECORD_ROWS, at};
use crate::fixed::power_of_two;
use crate::packing::NUMBER_BITS;
use crate::records::LINKS;

/// Rows of a record.
pub const ROWS: usize = RECORD_ROWS;

/// A sum that shares the running column: lowest bit and width in bits.
#[derive(Clone, Copy, Debug)]
pub struct SumField {
    /// Lowest bit.
    pub low: u32,
    /// Bits; a multiple of a limb's.
    pub bits: u32,
}

/// Σy + 2⁵⁹, Σy², Σu, Σu².
pub const SUMS: [SumField; 4] = [
    SumField { low: 0, bits: 60 },
    SumField { low: 60, bits: 108 },
    SumField { low: 168, bits: 36 },
    SumField { low: 204, bits: 48 },
];

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    chips.gate(meta, Gate::Record, |q| {
        let [a, b, c, d] = [at::A, at::B, at::C, at::D].map(|column| q.advice(column, 0));
        let link = q.k(0);
        let weights = [1, 2, 3, 4].map(|i| q.k(i));
        let goes_on = q.k(7);
        let number = q.advice(at::NUMBER, 0);
        let y = q.advice(at::CLAMPED, 0);
        let sum = q.advice(at::SUM, 0);
        let before = q.advice(at::SUM, -(ROWS as i32));
        let wires = [a.clone(), b, c, d.clone()];
        // One weight is 1 or none is, so that u² is the square of that wire.
        let weigh = |power: &dyn Fn(Expression<Fr>) -> Expression<Fr>| {
            let terms = weights.iter().zip(&wires).map(|(w, x)| w.clone() * power(x.clone()));
            terms.reduce(|s, t| s + t).unwrap_or(constant(0))
        };
        let added = [y.clone(), y.clone() * y, weigh(&|x| x), weigh(&|x| x.clone() * x)];
        let added = added
            .into_iter()
            .zip(SUMS)
            .map(|(term, field)| term * power_of_two(field.low))
            .reduce(|s, t| s + t)
            .unwrap_or(constant(0));
        vec![
            ("d is 0 or 1", boolean(d.clone())),
            ("no link unless there", a * (constant(1) - d.clone() * link)),
            ("no number unless there", number * (constant(1) - d)),
            ("sums go on", sum - goes_on * before - added),
        ]
    });
    chips.gate(meta, Gate::SameRecord, |q| vec![("d = d'", q.advice(at::D, 0) - q.advice(at::D, -1))]);
    chips.gate(meta, Gate::NextRecord, |q| {
        vec![("d = 1 only if d' = 1", q.advice(at::D, 0) * (constant(1) - q.advice(at::D, -1)))]
    });
    chips.gate(meta, Gate::TriState, |q| {
        let a = q.advice(at::A, 0);
        vec![("a is 0, 1 or 2", a.clone() * (a.clone() - constant(1)) * (a - constant(2)))]
    });
    // Packed upwards: each row has its own number in the lowest bits, and above them what the row below has.
    let number = |q: &mut Query<'_, '_>| q.advice(at::NUMBER, 0) + constant(1u64 << (NUMBER_BITS - 1));
    let shift = power_of_two(NUMBER_BITS);
    chips.gate(meta, Gate::Element, |q| {
        let below = q.advice(at::E, 1) * shift;
        vec![("e = number + 2^48 e'", q.advice(at::E, 0) - number(q) - below)]
    });
    chips.gate(meta, Gate::ElementNumber, |q| vec![("e = number", q.advice(at::E, 0) - number(q))]);
    let link_bits = chips.bands.links;
    chips.gate(meta, Gate::ElementLinks, |q| {
        let links: Vec<_> = (0..LINKS).map(|j| q.advice(at::A, j as i32 - (ROWS as i32 - 1))).collect();
        vec![("e = number + 2^48 links", q.advice(at::E, 0) - number(q) - digits(links, link_bits) * shift)]
    });
    chips.gate(meta, Gate::Take, |q| {
        vec![("a = sum of the last record", q.advice(at::A, 0) - q.advice(at::SUM, -(ROWS as i32)))]
    });
}
