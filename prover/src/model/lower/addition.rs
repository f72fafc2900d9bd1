//! Sums of values element by element.

use std::rc::Rc;

use foldproof_circuits::graph::{MAX_OPERANDS, MAX_TERMS, Operand};

use super::build::RealTerm;
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element, Sums, unit_of};
use crate::input::InputError;
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
            };
            self.set(node, Body::Sums(Rc::new(sums)));
            return Ok(());
        }
        let to = self.dims(output);
        let (x, y) = (self.repeated(node, a, &to)?, self.repeated(node, b, &to)?);
        let (x, y) = (self.same_unit(&x, &node.path)?, self.same_unit(&y, &node.path)?);
        let terms = [
            RealTerm { coefficient: x.1, a: x.0, b: None },
            RealTerm { coefficient: sign * y.1, a: y.0, b: None },
        ];
        let made = self.summed(&terms, x.2 + sign * y.2, output)?;
        self.set(node, Body::Known(made));
        Ok(())
    }
}
