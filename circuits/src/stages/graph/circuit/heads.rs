//! What heads make public.

use halo2curves::bn256::Fr;

use super::sums::Finish;
use super::{Builder, Element};
use crate::assignment::{Cell, Free};
use crate::chips::graph::coefficients::{CHOSEN_LIMBS, DIVISOR, QUOTIENT_GREATEST};
use crate::chips::sponge::Message;
use crate::columns::{Gate, at, fixed_at};
use crate::fixed::{power_of_two, to_field};
use crate::graph::Head;
use crate::packing::{FOLDED_BITS, FOLDED_PER_ELEMENT};
use crate::poseidon::{Domain, initial_value};
use crate::stages::commit::vector_shape;
use crate::stages::values::circuit::integer;

impl Builder<'_> {
    /// Public cells of all heads, in order.
    pub(super) fn heads(&mut self, thresholds: &[Cell], salts: &[Fr]) -> Vec<Cell> {
        let model = self.model;
        let mut thresholds = thresholds.iter().copied();
        let mut salts = salts.iter().copied();
        let mut outputs = Vec::new();
        for head in model.graph().heads() {
            let elements = self.tensor(head.of()).to_vec();
            let tensor = &model.graph().tensors()[usize::from(head.of())];
            let mut threshold = || thresholds.next().unwrap_or_else(|| panic!("a head has its threshold"));
            match head {
                Head::Tags { .. } => {
                    let bits: Vec<Element> = elements.iter().map(|y| self.not_negative(*y)).collect();
                    outputs.push(self.pack(&bits, 0, Fr::from(2)));
                }
                Head::Class { .. } => {
                    let chosen = self.choose(&elements, tensor.low, 1);
                    outputs.extend(chosen);
                }
                Head::Top { count, .. } => {
                    let chosen = self.choose(&elements, tensor.low, (*count).into());
                    let chosen: Vec<Element> =
                        chosen.into_iter().map(|cell| Element::Cell { cell, offset: 0 }).collect();
                    outputs.push(self.pack(&chosen, 0, Fr::from(1 << 16)));
                }
                Head::Score { .. } => {
                    outputs.push(threshold());
                    outputs.push(self.pack(&elements, 0, Fr::one()));
                }
                Head::Flag { low, .. } => {
                    let cell = threshold();
                    outputs.push(cell);
                    outputs.push(self.flag(elements[0], cell, *low));
                }
                Head::Values { .. } => {
                    let (per, radix) = (tensor.per_element(), power_of_two(tensor.bits()));
                    let packed: Vec<Cell> =
                        elements.chunks(per).map(|chunk| self.pack(chunk, tensor.low, radix)).collect();
                    outputs.extend(packed);
                }
                Head::Commitment { .. } => {
                    let salt = salts.next().unwrap_or_else(|| panic!("a commitment has its salt"));
                    outputs.push(self.commitment(&elements, salt));
                }
            }
        }
        outputs
    }

    /// Whether a score is flagged.
    fn flag(&mut self, score: Element, threshold: Cell, low: bool) -> Cell {
        let threshold = Element::Cell { cell: threshold, offset: 0 };
        let (greater, less) = if low { (threshold, score) } else { (score, threshold) };
        let singles = [(Fr::one(), greater), (-Fr::one(), less)];
        match self.sum(&[], &singles, Fr::zero(), Finish::Sign) {
            Element::Cell { cell, .. } => cell,
            Element::Constant(_) => unreachable!("the sign of a sum is a cell"),
        }
    }

    /// As a vector of numbers is committed to.
    fn commitment(&mut self, elements: &[Element], salt: Fr) -> Cell {
        let half = 1_i64 << (FOLDED_BITS - 1);
        let mut messages = vec![Message::Free(salt)];
        for chunk in elements.chunks(FOLDED_PER_ELEMENT) {
            messages.push(Message::Copy(self.pack(chunk, -half, power_of_two(FOLDED_BITS))));
        }
        let initial = initial_value(Domain::Vector, vector_shape(elements.len()), messages.len());
        self.band.sponge.chain(self.assignment, initial, &messages, Message::Zero).digest
    }

    /// The indices of the `count` greatest, greatest first: keys N·x + N − 1 − i, with x less the least that an element can be.
    fn choose(&mut self, elements: &[Element], low: i64, count: usize) -> Vec<Cell> {
        let number = elements.len();
        let radix = number as i128;
        let keys: Vec<i128> = elements
            .iter()
            .zip(0..)
            .map(|(element, i)| radix * (element.value(self.assignment) - i128::from(low)) + radix - 1 - i)
            .collect();
        let mut order: Vec<usize> = (0..number).collect();
        order.sort_by_key(|i| std::cmp::Reverse(keys[*i]));
        self.row();
        let candidates = self.band.next;
        let chosen_at = candidates + number;
        // The chosen first, since the last of them is what the candidates are compared with.
        let rows = self.rows(number + count);
        self.enable(Gate::GraphOne, rows);
        let mut indices = Vec::with_capacity(count);
        let mut chosen = Vec::with_capacity(count);
        for (row, honest) in (chosen_at..).zip(order.into_iter().take(count)) {
            let honest = usize::try_from(self.assignment.told(at::LIMB, row, honest.into())).ok();
            let key = honest.and_then(|index| keys.get(index).copied()).unwrap_or_default();
            // Nothing but the product of the chosen ties the key to the candidates; its digits follow.
            let key = self.assignment.free(Free::Chosen, at::WIRE[3], row, key);
            let key = i128::try_from(key).unwrap_or_default();
            let lacks = key.rem_euclid(radix);
            let index = radix - 1 - lacks;
            self.limb(row, 0, index, self.limb);
            self.limb(row, 1, lacks, self.limb);
            self.digits(row, 2, key.div_euclid(radix), &[self.limb; CHOSEN_LIMBS]);
            self.zeros(row, 2 + CHOSEN_LIMBS);
            self.assignment.fix(fixed_at::K, row, radix);
            self.enable(Gate::GraphChosen, row);
            indices.push(self.assignment.write_int(at::WIRE[2], row, index));
            let cell = self.assignment.write_int(at::WIRE[3], row, key);
            chosen.push(Element::Cell { cell, offset: 0 });
        }
        let end = self.row();
        self.enable(Gate::GraphOne, end);
        let Some(Element::Cell { cell: last, .. }) = chosen.last().copied() else { return indices };
        self.candidates(candidates, elements, low, last);
        self.assignment.fix(QUOTIENT_GREATEST, chosen_at - 1, count);
        self.enable(Gate::GraphCount, chosen_at - 1);
        for pair in chosen.windows(2) {
            let singles = [(Fr::one(), pair[0]), (-Fr::one(), pair[1])];
            self.sum(&[], &singles, -Fr::one(), Finish::Digits);
        }
        indices
    }

    /// Compares every key with that of the last of the chosen.
    fn candidates(&mut self, first: usize, elements: &[Element], low: i64, last: Cell) {
        let radix = elements.len() as i128;
        let mut so_far = 0;
        for ((element, i), row) in elements.iter().zip(0..).zip(first..) {
            let mut constant = radix - 1 - i - radix * i128::from(low);
            match element {
                Element::Cell { cell, offset } => {
                    self.assignment.copy_to(*cell, at::WIRE[0], row);
                    self.assignment.fix(fixed_at::K + 2, row, radix);
                    constant += radix * i128::from(*offset);
                }
                Element::Constant(value) => constant += radix * i128::from(*value),
            }
            self.assignment.copy_to(last, at::WIRE[1], row);
            self.assignment.fix(fixed_at::K + 3, row, -1);
            self.assignment.fix(fixed_at::K + 6, row, constant);
            let [value, least] =
                [0, 1].map(|wire| self.assignment.read(Cell { column: at::WIRE[wire], row }));
            let factor = self.assignment.fixed_at(fixed_at::K + 2, row);
            let sum = factor * value - least + to_field(&constant.into());
            self.assignment.write(at::ACC[0], row, sum);
            self.enable(Gate::GraphSum, row);
            self.sign(row, so_far);
            so_far = integer(self.assignment, Cell { column: at::ACC[1], row });
            self.assignment.fix(fixed_at::K + DIVISOR, row, u8::from(i > 0));
            self.enable(Gate::GraphCandidate, row);
        }
    }
}
