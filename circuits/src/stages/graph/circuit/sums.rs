//! Slots, and sums of products.

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::{Builder, Element};
use crate::assignment::{Cell, Free};
use crate::chips::graph::coefficients::{DIVISOR, QUOTIENT_GREATEST};
use crate::columns::{Gate, LIMBS, at, fixed_at, table};
use crate::fixed::to_field;
use crate::graph::size::{End, sum_rows};
use crate::graph::{Operand, Requantise, SUM_WIRES, Term};
use crate::model::Range;
use crate::stages::values::circuit::integer;

/// A division and what its quotient becomes.
#[derive(Clone, Copy, Debug)]
pub struct Division {
    pub divisor: i128,
    /// Excess in so many limbs of a row, and remainder in limbs of these widths, both from here on.
    pub excess: (usize, u32),
    pub remainder: (usize, [u32; 4]),
}

/// What a sum of products ends with.
#[derive(Clone, Copy, Debug)]
pub enum Finish {
    /// It stands on a wire.
    Wire,
    /// It is divided by an even number, half of which is added, and clamped.
    Quotient(u32, Requantise),
    /// It is four limbs.
    Digits,
    /// A wire says whether it is at least 0.
    Sign,
}

fn field(value: impl Into<BigInt>) -> Fr {
    to_field(&value.into())
}

impl Builder<'_> {
    /// Writes half a row: y = clamp(⌊sum / divisor⌋) with all that belongs to it; returns the result.
    pub(super) fn slot(
        &mut self,
        row: usize,
        half: usize,
        sum: i128,
        division: Division,
        then: Requantise,
    ) -> Element {
        let Division { divisor, excess: (excess_at, excess_limbs), remainder: (remainder_at, widths) } =
            division;
        let Requantise { range, table: function } = then;
        let limb = half * LIMBS / 2;
        let greatest = (1_i128 << range.bits) - 1;
        let quotient = sum.div_euclid(divisor);
        let small = |value: BigInt| i128::try_from(value).unwrap_or_default();
        let y = small(self.assignment.told(at::LIMB + limb, row, quotient.clamp(0, greatest).into()));
        let end = i128::from(quotient > greatest) - i128::from(quotient < 0);
        let end = small(self.assignment.free(Free::Flag, at::END[half], row, end));
        self.assignment.write_int(at::END[half], row, end);
        // The quotient is y + end·(excess + 1): with an end the excess takes what is left, without one the remainder.
        let (excess, remainder) = if end == 0 {
            (0, sum - y * divisor)
        } else {
            ((quotient - y).div_euclid(end) - 1, sum - quotient * divisor)
        };
        match function {
            None => self.limb(row, limb, y, range.bits),
            Some(function) => {
                let tag = table::function(self.assignment.bands(), function);
                let tag = tag.unwrap_or_else(|| panic!("no table of {function:?} is there"));
                self.assignment.fix(fixed_at::TAG + limb, row, tag);
                self.assignment.write_int(at::LIMB + limb, row, y);
            }
        }
        self.digits(row, excess_at, excess, &vec![self.limb; excess_limbs as usize]);
        let widths: Vec<u32> = widths.into_iter().filter(|width| *width > 0).collect();
        self.digits(row, remainder_at, remainder, &widths);
        let y = integer(self.assignment, Cell { column: at::LIMB + limb, row });
        let (out, offset) = match function {
            None => (y, range.low.into()),
            Some(function) => {
                let entries = self.entries.entry(function).or_insert_with(|| function.entries());
                let entry = usize::try_from(y).ok().and_then(|y| entries.get(y).copied());
                (entry.unwrap_or_default().into(), 0)
            }
        };
        let cell = self.assignment.write_int(at::OUT[half], row, out);
        Element::Cell { cell, offset }
    }

    /// Σ coefficient·a·b + Σ coefficient·a + constant over rows of its own; returns what it ends with.
    pub(super) fn sum(
        &mut self,
        pairs: &[(Fr, Element, Element)],
        singles: &[(Fr, Element)],
        constant: Fr,
        finish: Finish,
    ) -> Element {
        let end = match finish {
            Finish::Wire | Finish::Sign => End::Wire,
            Finish::Quotient(..) | Finish::Digits => End::Plain,
        };
        let rows = sum_rows(pairs.len(), singles.len(), end);
        let first = self.rows(rows);
        let mut constant = constant;
        if let Finish::Quotient(divisor, Requantise { range, .. }) = finish {
            constant += field(i64::from(divisor / 2) - i64::from(range.low) * i64::from(divisor));
        }
        // By row: coefficients of wires.
        let mut linear = vec![[Fr::zero(); SUM_WIRES]; rows];
        let pairs = pairs.iter().map(|(k, a, b)| (*k, *a, Some(*b)));
        let singles = singles.iter().map(|(k, a)| (*k, *a, None));
        let mut wire = 0;
        for (k, a, b) in pairs.chain(singles) {
            let (row, place) = (wire / SUM_WIRES, wire % SUM_WIRES);
            wire += if b.is_some() { 2 } else { 1 };
            let mut put = |element: Element, place: usize| match element {
                Element::Cell { cell, offset } => {
                    self.assignment.copy_to(cell, at::WIRE[place], first + row);
                    (true, field(offset))
                }
                Element::Constant(value) => (false, field(value)),
            };
            let (a, a_offset) = put(a, place);
            let (b, b_offset) = b.map_or((false, Fr::one()), |b| put(b, place + 1));
            // (a + a₀)(b + b₀), written over what stands in the cells.
            if a && b {
                self.assignment.fix_field(fixed_at::K + place / 2, first + row, k);
            }
            if a {
                linear[row][place] += k * b_offset;
            }
            if b {
                linear[row][place + 1] += k * a_offset;
            }
            constant += k * a_offset * b_offset;
        }
        let mut sum = Fr::zero();
        for (row, linear) in linear.iter().enumerate() {
            let at = first + row;
            let wires = at::WIRE.map(|column| self.assignment.read(Cell { column, row: at }));
            let k = |i: usize| self.assignment.fixed_at(fixed_at::K + i, at);
            sum += k(0) * wires[0] * wires[1] + k(1) * wires[2] * wires[3];
            sum += linear.iter().zip(wires).map(|(k, wire)| k * wire).sum::<Fr>();
            for (i, coefficient) in linear.iter().enumerate().filter(|(_, k)| **k != Fr::zero()) {
                self.assignment.fix_field(fixed_at::K + 2 + i, at, *coefficient);
            }
            if row == 0 {
                self.assignment.fix_field(fixed_at::K + 6, at, constant);
                sum += constant;
            }
            self.enable(if row == 0 { Gate::GraphSum } else { Gate::GraphSumOn }, at);
            if row + 1 == rows && matches!(finish, Finish::Wire) {
                break;
            }
            self.assignment.write(at::ACC[0], at, sum);
            sum = self.assignment.read(Cell { column: at::ACC[0], row: at });
        }
        self.finish(first + rows - 1, sum, finish)
    }

    fn finish(&mut self, row: usize, sum: Fr, finish: Finish) -> Element {
        let last = at::WIRE[SUM_WIRES - 1];
        match finish {
            Finish::Wire => {
                self.assignment.fix_field(fixed_at::K + 2 + SUM_WIRES - 1, row, -Fr::one());
                self.assignment.write_int(at::ACC[0], row, 0);
                self.enable(Gate::GraphSumZero, row);
                Element::Cell { cell: self.assignment.write(last, row, sum), offset: 0 }
            }
            Finish::Quotient(divisor, then) => {
                let sum = integer(self.assignment, Cell { column: at::ACC[0], row });
                let division = Division {
                    divisor: divisor.into(),
                    excess: (2, 2),
                    remainder: (1, [self.limb, 0, 0, 0]),
                };
                let result = self.slot(row, 0, sum, division, then);
                let remainder = integer(self.assignment, Cell { column: at::LIMB + 1, row });
                self.limb(row, 4, i128::from(divisor) - 1 - remainder, self.limb);
                self.zeros(row, 5);
                self.assignment.fix(fixed_at::K + DIVISOR, row, divisor);
                self.assignment.fix(QUOTIENT_GREATEST, row, (1_u32 << then.range.bits) - 1);
                self.enable(Gate::GraphQuotient, row);
                result
            }
            Finish::Digits => {
                let sum = integer(self.assignment, Cell { column: at::ACC[0], row });
                self.digits(row, 0, sum, &[self.limb; 4]);
                self.zeros(row, 4);
                self.enable(Gate::GraphDigits, row);
                Element::Constant(0)
            }
            Finish::Sign => {
                self.sign(row, 0);
                Element::Cell { cell: Cell { column: last, row }, offset: 0 }
            }
        }
    }

    /// Whether the sum of a row is at least 0; `before` bits have been 1 so far.
    pub(super) fn sign(&mut self, row: usize, before: i128) -> i128 {
        let sum = integer(self.assignment, Cell { column: at::ACC[0], row });
        let bit = self.assignment.free(Free::Chosen, at::END[0], row, u8::from(sum >= 0));
        self.assignment.write_int(at::END[0], row, bit.clone());
        let bit = i128::try_from(bit).unwrap_or_default();
        self.digits(row, 0, (2 * bit - 1) * sum - (1 - bit), &[self.limb; 4]);
        self.zeros(row, 4);
        self.assignment.write_int(at::ACC[1], row, before + bit);
        self.assignment.write_int(at::WIRE[SUM_WIRES - 1], row, bit);
        self.enable(Gate::GraphSign, row);
        bit
    }

    /// Element by element.
    pub(super) fn combine(
        &mut self,
        terms: &[Term],
        constant: i64,
        then: Option<&(u16, Requantise)>,
    ) -> Vec<Element> {
        let count = self.tensor(terms[0].a).len();
        let finish = match then {
            None => Finish::Wire,
            Some((divisor, then)) => Finish::Quotient((*divisor).into(), *then),
        };
        let mut elements = Vec::with_capacity(count);
        for element in 0..count {
            let (mut pairs, mut singles) = (Vec::new(), Vec::new());
            for Term { coefficient, a, b } in terms {
                let (k, a) = (field(*coefficient), self.tensor(*a)[element]);
                match b {
                    Some(b) => pairs.push((k, a, self.tensor(*b)[element])),
                    None => singles.push((k, a)),
                }
            }
            elements.push(self.sum(&pairs, &singles, field(constant), finish));
        }
        elements
    }

    pub(super) fn tensor(&self, operand: Operand) -> &[Element] {
        &self.tensors[usize::from(operand)]
    }

    /// Σ radix^i·(x_i − low), for as many elements as a field element holds.
    pub(super) fn pack(&mut self, elements: &[Element], low: i64, radix: Fr) -> Cell {
        let mut power = Fr::one();
        let (mut singles, mut constant) = (Vec::with_capacity(elements.len()), Fr::zero());
        for element in elements {
            singles.push((power, *element));
            constant -= power * field(low);
            power *= radix;
        }
        self.wire(&singles, constant)
    }

    /// A sum on a wire.
    pub(super) fn wire(&mut self, singles: &[(Fr, Element)], constant: Fr) -> Cell {
        match self.sum(&[], singles, constant, Finish::Wire) {
            Element::Cell { cell, .. } => cell,
            Element::Constant(_) => unreachable!("a sum on a wire is a cell"),
        }
    }

    /// The bit [y ≥ 0] of an activation, which is at most 2^λ.
    pub(super) fn not_negative(&mut self, y: Element) -> Element {
        let power = 1_u32 << self.limb;
        // ⌊y / 2^λ⌋ + 1, clamped to a bit; half of what is divided by is added by the quotient.
        let bit = Requantise { range: Range::unsigned(1), table: None };
        self.sum(&[], &[(Fr::one(), y)], field(power / 2), Finish::Quotient(power, bit))
    }
}
