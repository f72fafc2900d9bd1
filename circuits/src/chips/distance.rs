//! Signatures beside the one they are compared with, nibble by nibble: two rows of eight limbs, each from a table of its place, and their sum
//! on the wire e of the first.
//!
//! The limb of place i is s·2^(4·i) + d·2^74 + q·2^(84 + 4·i) for nibbles s and q, with d the number of bits in which they differ
//! ([`table::distance`]). So the sum of 16 limbs is S + 2^74·D + 2^84·Q with signatures S and Q and their distance D, at most 64.

use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::arith::{Arith, Wire};
use super::set::{ChipSet, constant};
use crate::assignment::{Cell, Free};
use crate::columns::{Gate, LIMBS, at, fixed_at, table};
use crate::fixed::to_integer;

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    for (gate, next) in [(Gate::LimbSum, false), (Gate::LimbSumOn, true)] {
        chips.gate(meta, gate, |q| {
            let rest = if next { q.advice(at::E, 1) } else { constant(0) };
            let sum = q.limbs().into_iter().fold(rest, |sum, limb| sum + limb);
            vec![("e = sum of limbs", q.advice(at::E, 0) - sum)]
        });
    }
}

impl Arith<'_> {
    /// The sum of the limbs of a signature beside another one: S + 2^74·D + 2^84·Q. Limbs are free, as parts of what is committed to.
    pub fn beside(&mut self, signature: u64, query: u64) -> Wire {
        let first = self.range_rows(table::PLACES / LIMBS);
        let mut sum = BigInt::from(0);
        for half in (0..table::PLACES / LIMBS).rev() {
            let row = first + half;
            for i in 0..LIMBS {
                let place = half * LIMBS + i;
                let [s, q] = [signature, query].map(|bits| bits >> (4 * place) & 15);
                let limb = table::element(table::distance(place), table::pair(s, q));
                let limb = self.assignment.free(Free::Input, at::LIMB + i, row, limb);
                self.assignment.write_int(at::LIMB + i, row, limb);
                self.assignment.fix(fixed_at::TAG + i, row, table::distance(place));
                sum += to_integer(self.assignment.read(Cell { column: at::LIMB + i, row }));
            }
            let gate = if half + 1 < table::PLACES / LIMBS { Gate::LimbSumOn } else { Gate::LimbSum };
            self.assignment.enable(gate, row);
            sum = self.assignment.told(at::E, row, sum);
            self.assignment.write_int(at::E, row, sum.clone());
        }
        Wire::new(Cell { column: at::E, row: first }, sum)
    }
}
