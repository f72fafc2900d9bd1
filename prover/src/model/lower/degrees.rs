//! Adjacencies from bits: degrees, their powers, normalised entries.
//!
//! Bits stay what they are through masks and constants; sums of them are degrees, exactly. What multiplies bits and powers of
//! degrees waits as a list of factors, which `factors` rounds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use foldproof_circuits::graph::{Operand, Term};

use super::attention::moves;
use super::distances::reductions;
use super::factors::{Factors, Product};
use super::lowering::Lowering;
use super::value::{Body, Element, Value, views};
use crate::input::InputError;
use crate::model::graph::Node;
use crate::model::graph::op::{Compare, Nary, Op, Reduce, Unary};

/// Bits of a sum, in order.
type Bits = Vec<(Operand, u32)>;

impl Lowering<'_> {
    /// Whether a value is made of bits, degrees, or products of those.
    fn is_counted(&self, place: usize) -> bool {
        match self.values.get(&place).map(|value| &value.body) {
            Some(Body::Factors(_)) => true,
            Some(Body::Known(elements)) => elements.iter().any(|e| {
                e.scale != 0.0 && (self.bits.contains(&e.tensor) || self.counts.contains_key(&e.tensor))
            }),
            _ => false,
        }
    }

    /// Lowers a node of an adjacency; whether it was one.
    pub(super) fn counted(&mut self, node: &Node) -> Result<bool, InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(false) };
        let given = |index: usize| self.trace.given(node, index).and_then(|given| given.single().ok());
        if let (Op::Nary(nary @ (Nary::Mul | Nary::Div)), [Some(a), Some(b)]) = (&node.op, &node.inputs[..])
            && [a, b].into_iter().any(|place| self.is_counted(*place))
        {
            let (a, b) = (*a, *b);
            // What constants multiply stays what it is.
            if (self.trace.constant(a).is_some() && *nary == Nary::Mul) || self.trace.constant(b).is_some() {
                return Ok(false);
            }
            if *nary == Nary::Div && !self.is_counted(b) {
                return Ok(false);
            }
            let to = self.dims(output);
            let (x, y) = (self.products(node, a, &to)?, self.products(node, b, &to)?);
            let y = if *nary == Nary::Div { self.raised(node, y, -1.0)? } else { y };
            let both = |(x, y): (Product, Product)| Product {
                scale: x.scale * y.scale,
                factors: [&x.factors[..], &y.factors].concat(),
            };
            let products = x.into_iter().zip(y).map(both).collect();
            self.set(node, Body::Factors(Rc::new(Factors { products, place: output })));
            return Ok(true);
        }
        if let (Op::DegreePower { halves, zero }, Some((_, place))) = (&node.op, self.only(node)) {
            let products = self.guarded(node, place, *halves, *zero)?;
            self.set(node, Body::Factors(Rc::new(Factors { products, place: output })));
            return Ok(true);
        }
        let Some((0, place)) = self.only(node).filter(|(_, place)| self.is_counted(*place)) else {
            return self.logical(node);
        };
        let exponent = match &node.op {
            Op::Unary(Unary::Sqrt) => Some(0.5),
            Op::Unary(Unary::Reciprocal) => Some(-1.0),
            Op::Nary(Nary::Pow) => given(1),
            _ => None,
        };
        if let Some(exponent) = exponent {
            let to = self.dims(output);
            let products = self.products(node, place, &to)?;
            let products = self.raised(node, products, exponent)?;
            self.set(node, Body::Factors(Rc::new(Factors { products, place: output })));
            return Ok(true);
        }
        let body = self.values.get(&place).map(|value| value.body.clone());
        match (&node.op, body) {
            (Op::Reduce { kind: Reduce::Sum, axes, noop, .. }, Some(Body::Known(elements))) => {
                let axes = self.reduced_axes(node, place, axes.as_deref(), *noop)?;
                let groups = reductions(&self.dims(place), &axes);
                let Some(made) = self.degrees(&elements, &groups)? else { return Ok(false) };
                self.set(node, Body::Known(made));
                Ok(true)
            }
            // Degrees that are never below a bound.
            (Op::Clip { .. } | Op::Nary(Nary::Max), Some(Body::Known(elements))) => {
                let bound = match &node.op {
                    Op::Clip { min, .. } => given(1).or(*min),
                    _ => given(1),
                };
                let open = match &node.op {
                    Op::Clip { max, .. } => given(2).or(*max).is_none_or(f64::is_infinite),
                    _ => true,
                };
                let least =
                    |e: &Element| self.counts.get(&e.tensor).map(|ends| ends.0 as f64 * e.scale + e.shift);
                let above = |bound: f64| {
                    elements.iter().all(|e| e.scale >= 0.0 && least(e).is_some_and(|x| x >= bound))
                };
                if !open || !bound.is_some_and(above) || self.dims(place) != self.dims(output) {
                    return Ok(false);
                }
                self.set(node, Body::Known(elements));
                Ok(true)
            }
            (op, Some(Body::Factors(factors))) if moves(op) => {
                let places = self.places(node, &[(0, self.dims(place), 0)])?;
                for (output, (dims, places)) in node.outputs.iter().flatten().zip(places) {
                    let products = places.iter().map(|at| factors.products[*at].clone()).collect();
                    let body = Body::Factors(Rc::new(Factors { products, place: *output }));
                    self.values.insert(*output, Value { dims, body });
                }
                Ok(true)
            }
            _ => self.logical(node),
        }
    }

    /// Truth values and constants: And, Or, and Where by a condition that depends on the data.
    fn logical(&mut self, node: &Node) -> Result<bool, InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(false) };
        let Some((index, place)) = self.only(node).filter(|(_, place)| self.is_counted(*place)) else {
            return Ok(false);
        };
        let to = self.dims(output);
        let reals = |index: usize| {
            let given = self.trace.given(node, index)?.broadcast(&to).ok()?;
            let bools = || Some(given.bools().ok()?.iter().map(|x| f64::from(u8::from(*x))).collect());
            given.reals().ok().map(|reals| reals.into_owned()).or_else(bools)
        };
        let (scale, shift): (Vec<f64>, Vec<f64>) = match (&node.op, index) {
            (Op::Cast(_), 0) => (vec![1.0; to.iter().product()], vec![0.0; to.iter().product()]),
            (Op::Not, 0) => (vec![-1.0; to.iter().product()], vec![1.0; to.iter().product()]),
            (Op::Where, 0) => match (reals(1), reals(2)) {
                (Some(yes), Some(no)) => (yes.iter().zip(&no).map(|(yes, no)| yes - no).collect(), no),
                _ => return Ok(false),
            },
            (Op::Compare(compare @ (Compare::And | Compare::Or)), index @ (0 | 1)) => {
                match reals(1 - index) {
                    Some(other) if *compare == Compare::And => (other.clone(), vec![0.0; other.len()]),
                    Some(other) => (other.iter().map(|x| 1.0 - x).collect(), other),
                    None => return Ok(false),
                }
            }
            _ => return Ok(false),
        };
        let elements = self.repeated(node, place, &to)?;
        let made = elements
            .iter()
            .zip(scale.iter().zip(&shift))
            .map(|(e, (scale, shift))| e.then(*scale, *shift))
            .collect();
        let made = self.flipped(made)?;
        self.set(node, Body::Known(made));
        Ok(true)
    }

    /// Bits taken from 1 as bits of their own, once each.
    fn flipped(&mut self, elements: Vec<Element>) -> Result<Vec<Element>, InputError> {
        let is_flipped = |e: &&Element| (e.scale, e.shift) == (-1.0, 1.0);
        let unique: BTreeSet<(Operand, u32)> =
            elements.iter().filter(is_flipped).map(|e| (e.tensor, e.place)).collect();
        if unique.is_empty() || !unique.iter().all(|(tensor, _)| self.bits.contains(tensor)) {
            return Ok(elements);
        }
        let a = self.b.index(views(&unique.iter().copied().collect::<Vec<_>>()))?;
        let made = self.b.exact(vec![Term { coefficient: -1, a, b: None }], 1, None)?;
        self.bits.insert(made);
        let places: HashMap<(Operand, u32), u32> = unique.into_iter().zip(0..).collect();
        let of = |e: Element| match places.get(&(e.tensor, e.place)) {
            Some(place) if is_flipped(&&e) => Element { tensor: made, place: *place, scale: 1.0, shift: 0.0 },
            _ => e,
        };
        Ok(elements.into_iter().map(of).collect())
    }

    /// Sums of bits, exactly, one for each set of them; nothing if others are among them.
    fn degrees(
        &mut self,
        elements: &[Element],
        groups: &[Vec<usize>],
    ) -> Result<Option<Vec<Element>>, InputError> {
        let whole = |x: f64| x.fract() == 0.0 && x.abs() < 1e6;
        let fits = |e: &Element| {
            whole(e.shift) && (e.scale == 0.0 || (e.scale == 1.0 && self.bits.contains(&e.tensor)))
        };
        if !elements.iter().all(fits) {
            return Ok(None);
        }
        if let Some(made) = self.summed_once(elements, groups)? {
            return Ok(Some(made));
        }
        let zero = self.b.zeros(1)?;
        let mut keys = Vec::with_capacity(groups.len());
        for group in groups {
            let own = group.iter().map(|at| &elements[*at]);
            #[expect(clippy::cast_possible_truncation, reason = "small whole numbers")]
            let constant = own.clone().map(|e| e.shift as i64).sum::<i64>();
            let mut terms: Bits = own.filter(|e| e.scale != 0.0).map(|e| (e.tensor, e.place)).collect();
            terms.sort_unstable();
            keys.push((terms, constant));
        }
        let mut alike: BTreeMap<(usize, i64), BTreeSet<&Bits>> = BTreeMap::new();
        keys.iter().for_each(|(terms, constant)| {
            alike.entry((terms.len(), *constant)).or_default().insert(terms);
        });
        let mut made = HashMap::new();
        for ((width, constant), unique) in alike {
            if width == 0 {
                continue;
            }
            let mut parts = Vec::new();
            for term in 0..width {
                let of: Vec<_> = unique.iter().map(|terms| terms[term]).collect();
                parts.push(self.b.index(views(&of))?);
            }
            let parts = self.b.total(&parts)?;
            let terms = parts.into_iter().map(|a| Term { coefficient: 1, a, b: None }).collect();
            let sum = self.b.exact(terms, constant, None)?;
            let most = i64::try_from(width).unwrap_or(i64::MAX);
            self.counts.insert(sum, (constant, constant + most));
            let of = |place| Element { tensor: sum, place, scale: 1.0, shift: 0.0 };
            unique.into_iter().zip(0..).for_each(|(terms, place)| {
                made.insert((terms, constant), of(place));
            });
        }
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let alone = |constant: i64| Element { tensor: zero, place: 0, scale: 0.0, shift: constant as f64 };
        let of = |(terms, constant): &(Vec<_>, i64)| {
            made.get(&(terms, *constant)).copied().unwrap_or(alone(*constant))
        };
        Ok(Some(keys.iter().map(of).collect()))
    }
}
