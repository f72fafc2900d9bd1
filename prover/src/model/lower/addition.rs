//! Sums of values element by element.

use std::rc::Rc;

use foldproof_circuits::graph::{MAX_OPERANDS, MAX_TERMS, Operand};

use super::build::RealTerm;
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element, Sums, Value, unit_of};
use crate::input::InputError;
use crate::model::graph::op::{Nary, Op};
use crate::model::graph::tensor::strides;
use crate::model::graph::{Node, Wrong};

/// Least coefficient of a term in a division by 2^λ, so that it is rounded by little.
const FINE: f64 = 64.0;

/// Offsets of both, where there are some.
fn offsets(x: &[f64], y: &[f64], sign: f64) -> Vec<f64> {
    let at = |offsets: &[f64], index: usize| offsets.get(index).copied().unwrap_or(0.0);
    (0..x.len().max(y.len())).map(|index| at(x, index) + sign * at(y, index)).collect()
}

impl Lowering<'_> {
    pub(super) fn sum_of_all(&mut self, node: &Node) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let operands = self.operands(node, output)?;
        if operands.len() > MAX_TERMS {
            return self.refuse(node, &format!("a sum of {} values: at most {MAX_TERMS}", operands.len()));
        }
        let term = |x: &(Operand, f64, f64)| RealTerm { coefficient: x.1, a: x.0, b: None };
        let terms: Vec<RealTerm> = operands.iter().map(term).collect();
        let made = self.summed(&terms, operands.iter().map(|x| x.2).sum(), output)?;
        self.set(node, Body::Known(made));
        Ok(())
    }

    /// A combination whose result is the float value of this place.
    pub(super) fn summed(
        &mut self,
        terms: &[RealTerm],
        constant: f64,
        place: usize,
    ) -> Result<Vec<Element>, InputError> {
        self.summed_within(terms, constant, self.greatest(place, 0.0) * HEADROOM)
    }

    /// A combination whose result is at most so great.
    pub(super) fn summed_within(
        &mut self,
        terms: &[RealTerm],
        constant: f64,
        greatest: f64,
    ) -> Result<Vec<Element>, InputError> {
        let wanted = unit_of(greatest, self.b.limb - 1);
        // A coefficient of few units would be rounded by much: then the unit is such that the least is whole.
        let terms: Vec<RealTerm> = terms.iter().copied().filter(|term| term.coefficient != 0.0).collect();
        let least = terms.iter().map(|term| term.coefficient.abs()).fold(f64::INFINITY, f64::min);
        let power = 2f64.powi(self.b.limb as i32);
        let units = least / wanted * power;
        let unit = if units < FINE { least * power / units.floor().max(1.0) } else { wanted };
        let then = self.b.signed();
        let made = self.b.combine(&terms, constant, unit, then)?;
        Ok(self.all(made, unit, 0.0))
    }

    /// The elements of a value, repeated to the dimensions of another.
    pub(super) fn repeated(
        &mut self,
        node: &Node,
        place: usize,
        to: &[usize],
    ) -> Result<Vec<Element>, InputError> {
        let elements = self.elements(place, &node.path)?;
        let from = self.dims(place);
        if from == to {
            return Ok(elements);
        }
        let missing = to.len().saturating_sub(from.len());
        let (own, all) = (strides(&from), strides(to));
        let pick = |index: usize| {
            let of = |(axis, size): (usize, &usize)| {
                let at = index / all[axis + missing] % to[axis + missing];
                if *size == 1 { 0 } else { at * own[axis] }
            };
            from.iter().enumerate().map(of).sum::<usize>()
        };
        let count: usize = to.iter().product();
        (0..count)
            .map(|index| elements.get(pick(index)).copied())
            .collect::<Option<Vec<Element>>>()
            .ok_or_else(|| Wrong::new("dimensions that go together", "others").at(&node.path))
    }

    pub(super) fn added(&mut self, node: &Node, a: usize, b: usize, sign: f64) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let body = |place: usize| self.values.get(&place).map(|value| value.body.clone());
        if let (Some(Body::Sums(x)), Some(Body::Sums(y))) = (body(a), body(b))
            && self.dims(a) == self.dims(b)
            && (x.bias.len(), &x.order) == (y.bias.len(), &y.order)
            && x.operands.len()
                + y.operands.len()
                + usize::from(!x.offsets.is_empty() || !y.offsets.is_empty())
                <= MAX_OPERANDS
        {
            let signed = |weights: &Vec<Vec<Vec<f64>>>| -> Vec<Vec<Vec<f64>>> {
                let row = |row: &Vec<f64>| row.iter().map(|w| w * sign).collect();
                weights.iter().map(|rows| rows.iter().map(row).collect()).collect()
            };
            let sums = Sums {
                operands: [&x.operands[..], &y.operands].concat(),
                weights: [&x.weights[..], &signed(&y.weights)].concat(),
                bias: x.bias.iter().zip(&y.bias).map(|(x, y)| x + sign * y).collect(),
                offsets: offsets(&x.offsets, &y.offsets, sign),
                positions: x.positions,
                place: output,
                order: x.order.clone(),
                path: node.path.clone(),
                scaled: false,
                roots: None,
            };
            self.set(node, Body::Sums(Rc::new(sums)));
            return Ok(());
        }
        let to = self.dims(output);
        let mut output = output;
        let mut added = [None, None];
        let bodies = [(body(a), a, 1.0), (body(b), b, sign)];
        if let Some((bias, end)) = self.bias_after(output) {
            // A layer whose bias is added later has it all the same.
            for (index, (body, place, sign)) in bodies.into_iter().enumerate() {
                if let Some(Body::Sums(sums)) = body
                    && self.dims(place) == to
                    && sums.order.is_none()
                    && added == [None, None]
                    && let Some(made) = self.with_bias(&sums, &bias, sign)?
                {
                    added[index] = Some(made);
                    output = end;
                }
            }
        }
        let mut sides = Vec::new();
        for (made, place) in added.into_iter().zip([a, b]) {
            let elements = match made {
                Some(elements) => elements,
                None => self.repeated(node, place, &to)?,
            };
            sides.push(self.same_unit(&elements, &node.path)?);
        }
        let (x, y) = (sides[0], sides[1]);
        let terms = [
            RealTerm { coefficient: x.1, a: x.0, b: None },
            RealTerm { coefficient: sign * y.1, a: y.0, b: None },
        ];
        let made = self.summed(&terms, x.2 + sign * y.2, output)?;
        self.values.insert(output, Value { dims: to, body: Body::Known(made) });
        Ok(())
    }

    /// What is added to a value by the one node that takes it, and what that gives.
    fn bias_after(&self, place: usize) -> Option<(Vec<f64>, usize)> {
        let mut takers = self.trace.nodes.iter().filter(|node| node.inputs.contains(&Some(place)));
        let (taker, None) = (takers.next()?, takers.next()) else { return None };
        let (index, _) = self.only(taker)?;
        let end = taker.outputs.first().copied().flatten()?;
        let asked = self.trace.outputs.contains(&place) || self.dims(end) != self.dims(place);
        if taker.op != Op::Nary(Nary::Add) || taker.inputs.len() != 2 || asked {
            return None;
        }
        let given = self.trace.given(taker, 1 - index)?.broadcast(&self.dims(place)).ok()?;
        Some((given.reals().ok()?.into_owned(), end))
    }

    /// A layer rounded with what is added to it after `sign` times it is added to something else, if that is a bias.
    fn with_bias(
        &mut self,
        sums: &Sums,
        bias: &[f64],
        sign: f64,
    ) -> Result<Option<Vec<Element>>, InputError> {
        let outputs = sums.bias.len();
        if bias.iter().zip(bias.iter().skip(outputs)).any(|(a, b)| a != b) {
            return Ok(None);
        }
        let shifts: Vec<f64> = bias.iter().take(outputs).map(|bias| -sign * bias).collect();
        if self.input.is_none() {
            return Ok(None);
        }
        let mut greatest = 0.0_f64;
        for sample in 0..self.samples.len() {
            let floats = self.floats(sample, sums.place);
            let with = floats.iter().enumerate().map(|(i, x)| (x - shifts[i % outputs]).abs());
            greatest = with.fold(greatest, f64::max);
        }
        let unit = unit_of(greatest * HEADROOM, self.b.limb - 1);
        let mut made = self.finish(sums, unit, &shifts, self.b.signed())?;
        made.iter_mut().for_each(|element| element.shift = 0.0);
        Ok(Some(made))
    }
}
