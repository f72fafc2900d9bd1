//! Multiply-add over wires, and range checks: the small arithmetic of the fold and of the packing.
//!
//! A row says K_0·a·b + K_1·a + K_2·b + K_3·c + K_4·d + K_7 = 0; beside it, independently, the wire e may be
//! declared to be its limbs. Wires are copied from where they were made, never assigned twice.

use halo2_proofs::plonk::ConstraintSystem;
use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::set::{ChipSet, constant, digits};
use crate::assignment::{Assignment, Cell, Free};
use crate::codebook::{FOLD_BITS, PQ_BITS};
use crate::columns::{Gate, LIMBS, at, fixed_at, table};
use crate::fixed::{floor_sqrt, power_of_two};
use crate::packing::{FOLDED_BITS, INVERSE_BITS};

/// Offset of a folded value in its wire.
pub const FOLDED_OFFSET: u64 = 1 << (FOLDED_BITS - 1);
/// Offset of an inverse deviation in its wire.
pub const INVERSE_OFFSET: u64 = 1 << (INVERSE_BITS - 1);
/// Offset of normalised values and centroids in their cells.
pub const PQ_OFFSET: u64 = 1 << 30;
/// Bits rounded away by normalisation.
pub const NORMALISE_SHIFT: u32 = 2 * FOLD_BITS - PQ_BITS;

pub(super) fn configure(meta: &mut ConstraintSystem<Fr>, chips: &ChipSet) {
    chips.gate(meta, Gate::Arith, |q| {
        let [a, b, c, d] = [at::A, at::B, at::C, at::D].map(|column| q.advice(column, 0));
        let sum = q.k(0) * a.clone() * b.clone() + q.k(1) * a + q.k(2) * b + q.k(3) * c + q.k(4) * d + q.k(7);
        vec![("K0 ab + K1 a + K2 b + K3 c + K4 d + K7", sum)]
    });
    let limb_bits = chips.bands.limb_bits();
    chips.gate(meta, Gate::Range, |q| vec![("e = limbs", q.advice(at::E, 0) - digits(q.limbs(), limb_bits))]);
    chips.gate(meta, Gate::RangeWide, |q| {
        let above = q.advice(at::E, 1) * power_of_two(limb_bits * LIMBS as u32);
        vec![("e = limbs + 2^96 e'", q.advice(at::E, 0) - digits(q.limbs(), limb_bits) - above)]
    });
    chips.gate(meta, Gate::Normalise, |q| {
        let [a, b, c, d] = [at::A, at::B, at::C, at::D].map(|column| q.advice(column, 0));
        let exact = (a - constant(FOLDED_OFFSET)) * (b - constant(INVERSE_OFFSET)) - c;
        let half = constant(1u64 << (NORMALISE_SHIFT - 1));
        let rounded = q.advice(at::NUMBER, -1) * power_of_two(NORMALISE_SHIFT) + q.advice(at::E, 0);
        vec![
            ("(f - mean) inv + 2^39 = 2^40 z + e", exact + half - rounded),
            ("d = clamped z + 2^30", d - q.advice(at::CLAMPED, -1) - constant(PQ_OFFSET)),
        ]
    });
}

/// A value in the assignment: the cell holds `value + offset`.
#[derive(Clone, Debug)]
pub struct Wire {
    /// Where it stands.
    pub cell: Cell,
    /// The value.
    pub value: BigInt,
    /// What its cell has on top, to keep it non-negative.
    pub offset: BigInt,
}

impl Wire {
    /// A value that stands as it is.
    pub fn new(cell: Cell, value: BigInt) -> Self {
        Self { cell, value, offset: BigInt::from(0) }
    }

    /// Reads the same cell as the value less `bound`.
    pub fn less(self, bound: impl Into<BigInt>) -> Self {
        let bound = bound.into();
        Self { value: self.value - &bound, offset: self.offset + bound, ..self }
    }

    /// Reads the same cell with an offset.
    pub fn shifted(self, offset: impl Into<BigInt>) -> Self {
        let offset = offset.into();
        Self { value: self.value + &self.offset - &offset, offset, ..self }
    }
}

/// The coefficient 1.
pub fn one() -> BigInt {
    BigInt::from(1)
}

/// A coefficient below 0.
pub fn minus(value: impl Into<BigInt>) -> BigInt {
    -value.into()
}

/// What the range table has beside a digit, and the digit.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The digit.
    pub digit: Wire,
    /// What stands beside it.
    pub out: Wire,
}

/// What to put on a wire of a row.
enum Input<'w> {
    Copy(&'w Wire),
    New(BigInt),
    Free(Free, BigInt),
    Nothing,
}

/// Assigns rows of a range of the assignment to multiply-adds and range checks.
#[derive(Debug)]
pub struct Arith<'s> {
    /// The assignment.
    pub assignment: &'s mut Assignment,
    next: usize,
    taken: Vec<bool>,
    next_range: usize,
    end: usize,
}

impl<'s> Arith<'s> {
    /// Over the rows from `start` to before `end`.
    pub fn new(assignment: &'s mut Assignment, start: usize, end: usize) -> Self {
        Self { assignment, next: start, taken: vec![false; end], next_range: start, end }
    }

    /// First row that neither multiply-adds nor range checks have used.
    pub fn used_to(&self) -> usize {
        self.next.max(self.next_range)
    }

    /// Two rows for a normalisation; the wires of the second are taken.
    pub fn normalise_rows(&mut self) -> usize {
        let row = self.range_rows(2);
        assert!(self.next <= row + 1, "normalisations come before multiply-adds of their rows");
        self.taken[row + 1] = true;
        row
    }

    /// Rows of their own, in which there is neither a multiply-add nor a range check.
    pub fn reserve(&mut self, count: usize) -> usize {
        let first = self.used_to();
        self.taken[first..first + count].fill(true);
        self.next_range = first + count;
        assert!(self.next_range <= self.end, "rows of their own need more than {}", self.end);
        first
    }

    /// Has multiply-adds and range checks go on from the same row, so that rows add up whatever follows.
    pub fn level(&mut self) {
        self.next = self.used_to();
        self.next_range = self.next;
    }

    /// Rows for range checks: multiply-adds may stand beside them.
    pub(super) fn range_rows(&mut self, count: usize) -> usize {
        let row = self.next_range;
        self.next_range += count;
        assert!(self.next_range <= self.end, "range checks need more rows than {}", self.end);
        row
    }

    fn gate_row(&mut self) -> usize {
        while self.taken.get(self.next).copied().unwrap_or(false) {
            self.next += 1;
        }
        assert!(self.next < self.end, "multiply-adds need more rows than {}", self.end);
        self.next += 1;
        self.next - 1
    }

    /// product·a·b + Σ coefficient·input + constant = 0 on one row; returns the wire of the input that is new.
    fn row(&mut self, product: &BigInt, inputs: [(BigInt, Input<'_>); 4], constant: BigInt) -> Option<Wire> {
        let row = self.gate_row();
        let offsets: Vec<BigInt> = inputs
            .iter()
            .map(|(_, input)| match input {
                Input::Copy(wire) => wire.offset.clone(),
                Input::New(_) | Input::Free(..) | Input::Nothing => BigInt::from(0),
            })
            .collect();
        let mut coefficients: Vec<BigInt> = inputs.iter().map(|(k, _)| k.clone()).collect();
        // (a − o_a)(b − o_b) and k·(x − o) written over what stands in the cells.
        let linear: BigInt = coefficients.iter().zip(&offsets).map(|(k, o)| k * o).sum();
        let constant = constant - linear + product * &offsets[0] * &offsets[1];
        coefficients[0] -= product * &offsets[1];
        coefficients[1] -= product * &offsets[0];
        self.assignment.fix(fixed_at::K, row, product.clone());
        for (i, k) in coefficients.into_iter().enumerate() {
            self.assignment.fix(fixed_at::K + 1 + i, row, k);
        }
        self.assignment.fix(fixed_at::K + 7, row, constant);
        self.assignment.enable(Gate::Arith, row);
        let mut new = None;
        for ((_, input), column) in inputs.into_iter().zip([at::A, at::B, at::C, at::D]) {
            match input {
                Input::Copy(wire) => {
                    self.assignment.copy_to(wire.cell, column, row);
                }
                Input::New(value) => {
                    let value = self.assignment.told(column, row, value);
                    let cell = self.assignment.write_int(column, row, value.clone());
                    new = Some(Wire::new(cell, value));
                }
                Input::Free(free, value) => {
                    let value = self.assignment.free(free, column, row, value);
                    let cell = self.assignment.write_int(column, row, value.clone());
                    new = Some(Wire::new(cell, value));
                }
                Input::Nothing => {}
            }
        }
        new
    }

    fn nothing<'w>() -> (BigInt, Input<'w>) {
        (BigInt::from(0), Input::Nothing)
    }

    /// A witness that no gate here constrains: its consumers must.
    pub fn witness(&mut self, value: BigInt) -> Wire {
        let witness = (BigInt::from(0), Input::Free(Free::Input, value));
        let inputs = [witness, Self::nothing(), Self::nothing(), Self::nothing()];
        self.row(&BigInt::from(0), inputs, BigInt::from(0)).expect("a new wire was asked for")
    }

    /// A constant.
    pub fn constant(&mut self, value: impl Into<BigInt>) -> Wire {
        self.linear(&[], value)
    }

    /// Σ coefficient·wire + constant.
    pub fn linear(&mut self, terms: &[(BigInt, &Wire)], constant: impl Into<BigInt>) -> Wire {
        self.multiply_add(0, None, terms, constant)
    }

    /// factor·a·b + Σ coefficient·wire + constant.
    pub fn multiply_add(
        &mut self,
        factor: impl Into<BigInt>,
        pair: Option<(&Wire, &Wire)>,
        terms: &[(BigInt, &Wire)],
        constant: impl Into<BigInt>,
    ) -> Wire {
        let factor = factor.into();
        let mut constant = constant.into();
        let mut terms = terms.iter();
        let mut carried: Option<Wire> = None;
        let mut pair = pair;
        loop {
            let mut value = std::mem::take(&mut constant);
            let added = value.clone();
            let mut inputs: Vec<(BigInt, Input<'_>)> = Vec::with_capacity(4);
            let mut product = BigInt::from(0);
            if let Some((a, b)) = pair.take() {
                value += &factor * &a.value * &b.value;
                product = factor.clone();
                inputs.push((BigInt::from(0), Input::Copy(a)));
                inputs.push((BigInt::from(0), Input::Copy(b)));
            }
            if let Some(wire) = &carried {
                value += &wire.value;
                inputs.push((BigInt::from(1), Input::Copy(wire)));
            }
            while inputs.len() < 3 {
                let Some((k, wire)) = terms.next() else { break };
                value += k * &wire.value;
                inputs.push((k.clone(), Input::Copy(wire)));
            }
            while inputs.len() < 3 {
                inputs.push(Self::nothing());
            }
            inputs.push((BigInt::from(-1), Input::New(value)));
            let inputs: [_; 4] =
                inputs.try_into().unwrap_or_else(|_| std::array::from_fn(|_| Self::nothing()));
            let wire = self.row(&product, inputs, added).expect("a new wire was asked for");
            if terms.len() == 0 {
                return wire;
            }
            carried = Some(wire);
        }
    }

    /// a·b.
    pub fn product(&mut self, a: &Wire, b: &Wire) -> Wire {
        self.multiply_add(1, Some((a, b)), &[], 0)
    }

    /// Constrains Σ coefficient·wire + constant = 0.
    pub fn zero(&mut self, terms: &[(BigInt, &Wire)], constant: impl Into<BigInt>) {
        self.multiply_zero(0, None, terms, constant);
    }

    /// Constrains factor·a·b + Σ coefficient·wire + constant = 0. Terms over a or b share its wire.
    pub fn multiply_zero(
        &mut self,
        factor: impl Into<BigInt>,
        pair: Option<(&Wire, &Wire)>,
        terms: &[(BigInt, &Wire)],
        constant: impl Into<BigInt>,
    ) {
        let mut inputs: Vec<(BigInt, Input<'_>)> = Vec::with_capacity(4);
        let mut product = BigInt::from(0);
        let mut others = terms.to_vec();
        if let Some((a, b)) = pair {
            product = factor.into();
            for wire in [a, b] {
                let mut coefficient = BigInt::from(0);
                others.retain(|(k, other)| {
                    let same = other.cell == wire.cell;
                    if same {
                        assert_eq!(other.offset, wire.offset, "two readings of one cell");
                        coefficient += k;
                    }
                    !same
                });
                inputs.push((coefficient, Input::Copy(wire)));
            }
        }
        let room = 4 - inputs.len();
        let head = if others.len() > room { others.len() + 1 - room } else { 0 };
        let rest = (head > 0).then(|| self.linear(&others[..head], 0));
        inputs.extend(rest.iter().map(|wire| (BigInt::from(1), Input::Copy(wire))));
        inputs.extend(others[head..].iter().map(|(k, wire)| (k.clone(), Input::Copy(wire))));
        inputs.resize_with(4, Self::nothing);
        let inputs: [_; 4] = inputs.try_into().unwrap_or_else(|_| std::array::from_fn(|_| Self::nothing()));
        self.row(&product, inputs, constant.into());
    }

    /// factor·a·b + Σ coefficient·wire + constant as a new wire in [0, 2^bits).
    pub fn remainder(
        &mut self,
        factor: impl Into<BigInt>,
        pair: Option<(&Wire, &Wire)>,
        terms: &[(BigInt, &Wire)],
        constant: impl Into<BigInt>,
        bits: u32,
    ) -> Wire {
        let (factor, constant) = (factor.into(), constant.into());
        let product = pair.map_or(BigInt::from(0), |(a, b)| &factor * &a.value * &b.value);
        let sum: BigInt = terms.iter().map(|(k, wire)| k * &wire.value).sum();
        let value = self.range_new(product + sum + &constant, bits);
        let mut terms = terms.to_vec();
        terms.push((BigInt::from(-1), &value));
        self.multiply_zero(factor, pair, &terms, constant);
        value
    }

    /// A new wire in [0, 2^bits) that another row determines; `bits` must end in a width of limb that exists.
    pub fn range_new(&mut self, value: BigInt, bits: u32) -> Wire {
        self.range(None, value, bits)
    }

    /// A free wire in [0, 2^bits).
    pub fn range_free(&mut self, free: Free, value: impl Into<BigInt>, bits: u32) -> Wire {
        self.range(Some(free), value.into(), bits)
    }

    fn range(&mut self, free: Option<Free>, value: BigInt, bits: u32) -> Wire {
        let limb_bits = self.assignment.bands().limb_bits();
        let per_row = limb_bits * LIMBS as u32;
        let rows = bits.div_ceil(per_row) as usize;
        let first = self.range_rows(rows);
        let value = match free {
            Some(free) => self.assignment.free(free, at::E, first, value),
            None => self.assignment.told(at::E, first, value),
        };
        let mut rest = value.clone();
        let mut left = bits;
        for row in first..first + rows {
            self.assignment.write_int(at::E, row, rest.clone());
            self.assignment.enable(if row + 1 < first + rows { Gate::RangeWide } else { Gate::Range }, row);
            for i in 0..LIMBS {
                let width = left.min(limb_bits);
                left -= width;
                let tag = if width == 0 { Some(table::ZERO) } else { table::width(width) };
                let tag = tag.unwrap_or_else(|| panic!("no limb of {width} bits exists"));
                self.assignment.fix(fixed_at::TAG + i, row, tag);
                let limb: BigInt = &rest & BigInt::from((1 << limb_bits) - 1);
                self.assignment.write_int(at::LIMB + i, row, limb);
                rest >>= limb_bits;
            }
        }
        Wire::new(Cell { column: at::E, row: first }, value)
    }

    /// A free wire in [−2^(bits−1), 2^(bits−1)).
    pub fn range_signed(&mut self, free: Free, value: impl Into<BigInt>, bits: u32) -> Wire {
        let offset = BigInt::from(1) << (bits - 1);
        self.range_free(free, value.into() + &offset, bits).shifted(offset)
    }

    /// A new digit of a function of the range table that another row determines, and what stands beside it there.
    pub fn function(&mut self, tag: u64, digit: BigInt, entry: impl Fn(usize) -> u64) -> Entry {
        let row = self.range_rows(1);
        let digit = self.assignment.told(at::E, row, digit);
        let cell = self.assignment.write_int(at::E, row, digit.clone());
        self.assignment.enable(Gate::Range, row);
        for i in 0..LIMBS {
            self.assignment.fix(fixed_at::TAG + i, row, if i == 0 { tag } else { table::ZERO });
            self.assignment.write_int(
                at::LIMB + i,
                row,
                if i == 0 { digit.clone() } else { BigInt::from(0) },
            );
        }
        let value = usize::try_from(&digit).map_or(0, entry);
        let value = self.assignment.told(at::OUT[0], row, value.into());
        let out = self.assignment.write_int(at::OUT[0], row, value.clone());
        Entry { digit: Wire::new(cell, digit), out: Wire::new(out, value) }
    }

    /// A free wire that is 0 or 1.
    pub fn bit_free(&mut self, free: Free, bit: bool) -> Wire {
        let row = self.gate_row();
        // a·b − a = 0 with b a copy of a.
        self.assignment.fix(fixed_at::K, row, 1);
        self.assignment.fix(fixed_at::K + 1, row, -1);
        self.assignment.enable(Gate::Arith, row);
        let value = self.assignment.free(free, at::A, row, u8::from(bit));
        let cell = self.assignment.write_int(at::A, row, value.clone());
        self.assignment.copy_to(cell, at::B, row);
        Wire::new(cell, value)
    }

    /// ⌊√x⌋ for 0 ≤ x < 2^(2·bits − 1), with `spare` bits for remainders: x − r² and 2r − (x − r²) are in range, so r² ≤ x ≤ r² + 2r,
    /// for r of `bits` bits.
    pub fn square_root(&mut self, free: Free, x: &Wire, bits: u32, spare: u32) -> Wire {
        assert!(spare > bits && 2 * bits < 250, "a root of {bits} bits with remainders of {spare}");
        let root = self.range_free(free, floor_sqrt(&x.value.clone().max(0.into())), bits);
        let remainder = self.remainder(-1, Some((&root, &root)), &[(BigInt::from(1), x)], 0, spare);
        self.below(&remainder, &[(BigInt::from(2), &root)], 1, spare);
        root
    }

    /// ⌊a·b / 2^shift⌉ of `bits` bits, for a·b ≥ 0: a·b + 2^(shift − 1) = 2^shift·q + r with r in exactly `shift` bits.
    pub fn rounded_product(&mut self, a: &Wire, b: &Wire, shift: u32, bits: u32) -> Wire {
        let half = one() << (shift - 1);
        let quotient = self.range_new((&a.value * &b.value + &half) >> shift, bits);
        let terms = [(minus(one() << shift), &quotient)];
        self.remainder(1, Some((a, b)), &terms, half, shift);
        quotient
    }

    /// Constrains wire < Σ coefficient·bound + constant, for a wire that is not negative and a bound of at most 2^bits.
    pub fn below(&mut self, wire: &Wire, bound: &[(BigInt, &Wire)], constant: impl Into<BigInt>, bits: u32) {
        let mut terms = bound.to_vec();
        terms.push((BigInt::from(-1), wire));
        self.remainder(0, None, &terms, constant.into() - 1, bits);
    }

    /// The bit [wire ≥ 0], for |wire| < 2^bits.
    pub fn not_negative(&mut self, wire: &Wire, bits: u32) -> Wire {
        // bit ? wire : −wire − 1 = 2·bit·wire − wire − 1 + bit is in range for one bit only.
        let bit = self.range_free(Free::NotNegative, u8::from(wire.value >= BigInt::from(0)), 1);
        let terms = [(BigInt::from(-1), wire), (BigInt::from(1), &bit)];
        self.remainder(2, Some((&bit, wire)), &terms, -1, bits);
        bit
    }
}
