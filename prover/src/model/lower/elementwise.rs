//! Activations, sums and products of values, reductions.

use foldproof_circuits::graph::{Function, MAX_TERMS, Operand, Requantise, Table};

use super::build::{Builder, RealTerm};
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element, Raw, Value, uniform, unit_of};
use crate::input::InputError;
use crate::model::graph::Node;
use crate::model::graph::op::{Nary, Op, Reduce, Unary};
use crate::model::graph::tensor::{Tensor, strides};

/// A value x = scale·q + shift, and max(x, 0) = unit·p.
pub(super) struct Hinge {
    pub x: Operand,
    pub scale: f64,
    pub shift: f64,
    pub positive: Operand,
    pub unit: f64,
}

impl Lowering<'_> {
    pub(super) fn elementwise(&mut self, node: &Node) -> Result<(), InputError> {
        let only = self.only(node);
        let output = node.outputs.first().copied().flatten().unwrap_or_default();
        match (&node.op, only) {
            (Op::Unary(Unary::Relu), Some((0, place))) => self.clipped(node, place, 0.0, f64::INFINITY),
            (Op::Unary(Unary::Sigmoid), Some((0, place))) => self.tabled(node, place, Function::Sigmoid),
            (Op::Unary(Unary::Tanh), Some((0, place))) => self.tabled(node, place, Function::Tanh),
            (Op::Unary(unary @ (Unary::Gelu | Unary::GeluTanh | Unary::Silu)), Some((0, place))) => {
                let Some((function, of)) = Self::function(*unary) else { return Ok(()) };
                if self.input.is_none() {
                    self.elements(place, &node.path)?;
                }
                let table = self.growing(function, of);
                self.looked_up(node, place, table, 1.0)
            }
            (Op::Unary(Unary::LeakyRelu(slope)), Some((0, place))) => self.leaky(node, place, *slope),
            (Op::Unary(Unary::Abs), Some((0, place))) => self.leaky(node, place, -1.0),
            (Op::Nary(Nary::PRelu), Some((0, place))) => {
                let slopes = self.trace.given(node, 1).and_then(|slopes| slopes.reals().ok());
                match slopes.as_deref() {
                    Some([first, rest @ ..]) if rest.iter().all(|slope| slope == first) => {
                        let slope = *first;
                        self.leaky(node, place, slope)
                    }
                    Some(slopes) => {
                        let slopes = slopes.to_vec();
                        self.leaky_each(node, place, &slopes)
                    }
                    None => self.refuse(node, "a PRelu with slopes that are not constant"),
                }
            }
            (Op::Unary(Unary::HardSigmoid(alpha, beta)), Some((0, place))) => {
                let elements = self.elements(place, &node.path)?;
                let scaled: Vec<Element> = elements.iter().map(|e| e.then(*alpha, *beta)).collect();
                let made = self.clip(&scaled, 0.0, 1.0, &node.path)?;
                self.set(node, Body::Known(made));
                Ok(())
            }
            (Op::Clip { min, max }, Some((0, place))) => {
                let bound = |index: usize, attribute: &Option<f64>| match self.trace.given(node, index) {
                    Some(bound) => bound.single().map(Some),
                    None => Ok(*attribute),
                };
                let bounds = bound(1, min).and_then(|low| Ok((low, bound(2, max)?)));
                let (low, high) = bounds.map_err(|wrong| wrong.at(&node.path))?;
                self.clipped(node, place, low.unwrap_or(f64::NEG_INFINITY), high.unwrap_or(f64::INFINITY))
            }
            (Op::Nary(nary @ (Nary::Min | Nary::Max)), Some((index, place))) if node.inputs.len() == 2 => {
                let bound = self.trace.given(node, 1 - index).and_then(|bound| bound.reals().ok());
                let bound = bound.as_deref().and_then(|bound| match bound {
                    [first, rest @ ..] => rest.iter().all(|x| x == first).then_some(*first),
                    [] => None,
                });
                let same = self.dims(place) == self.dims(output);
                match (bound.filter(|_| same), nary) {
                    (Some(high), Nary::Min) => self.clipped(node, place, f64::NEG_INFINITY, high),
                    (Some(low), _) => self.clipped(node, place, low, f64::INFINITY),
                    (None, _) => self.extreme(node, *nary),
                }
            }
            (Op::Nary(nary @ (Nary::Min | Nary::Max)), _) => self.extreme(node, *nary),
            (Op::Nary(Nary::Add), _) if node.inputs.len() > 2 => self.sum_of_all(node),
            (Op::Normalizer(_), _) => {
                self.refuse(node, "a Normalizer: it divides by a number that depends on the data")
            }
            (Op::Nary(Nary::Pow), Some((0, place))) => {
                let exponent = self.trace.given(node, 1).and_then(|exponent| exponent.single().ok());
                match exponent {
                    Some(2.0) => self.multiplied(node, place, place),
                    _ => self.refuse(node, "a power other than 2"),
                }
            }
            (Op::Nary(nary @ (Nary::Add | Nary::Sub | Nary::Mul)), None) => match node.inputs[..] {
                [Some(a), Some(b)] if *nary == Nary::Mul => self.multiplied(node, a, b),
                [Some(a), Some(b)] => self.added(node, a, b, if *nary == Nary::Sub { -1.0 } else { 1.0 }),
                _ => self.refuse(node, "more than two inputs that depend on the data"),
            },
            (Op::Reduce { kind: kind @ (Reduce::Max | Reduce::Min), axes, noop, .. }, Some((0, place))) => {
                let axes = self.reduced_axes(node, place, axes.as_deref(), *noop)?;
                self.grouped_over(node, place, &axes, *kind)
            }
            (Op::Reduce { kind: Reduce::Sum | Reduce::Mean, .. }, Some((0, place))) => {
                self.reduced(node, place)
            }
            _ => self.refuse(node, "another operator"),
        }
    }

    fn clipped(&mut self, node: &Node, place: usize, low: f64, high: f64) -> Result<(), InputError> {
        let body = self.values.get(&place).map(|value| value.body.clone());
        if let (Some(Body::Scores(scores)), 0.0) = (&body, low)
            && let Some(made) = self.activated(scores, high)?
        {
            self.set(node, Body::Known(made));
            return Ok(());
        }
        let made = match body {
            Some(Body::Raw(raw)) if raw.scale.iter().any(|s| *s != 1.0) || self.input.is_none() => {
                let (low, high) = (low.max(raw.low), high.min(raw.high));
                self.set(node, Body::Raw(Raw { low, high, ..raw }));
                return Ok(());
            }
            Some(Body::Sums(sums)) if sums.roots.is_some() => return self.hidden(node, &sums),
            Some(Body::Sums(sums)) if low.is_finite() => {
                let (unit, then) = self.between(sums.place, low, high);
                self.finish(&sums, unit, &[low], then)?
            }
            _ => {
                let elements = self.elements(place, &node.path)?;
                self.clip(&elements, low, high, &node.path)?
            }
        };
        self.set(node, Body::Known(made));
        Ok(())
    }

    /// Unit and range of what lies between two bounds, the lower of which becomes 0.
    fn between(&self, place: usize, low: f64, high: f64) -> (f64, Requantise) {
        let then = self.b.unsigned();
        if high.is_finite() {
            return ((high - low) / f64::from(then.range.high()), then);
        }
        let of = |s: usize| self.floats(s, place).iter().map(|x| x - low).fold(0.0, f64::max);
        let greatest = (0..self.samples.len()).map(of).fold(0.0, f64::max);
        (unit_of(greatest * HEADROOM, self.b.limb), then)
    }

    /// Elements between bounds.
    pub(super) fn clip(
        &mut self,
        elements: &[Element],
        low: f64,
        high: f64,
        path: &str,
    ) -> Result<Vec<Element>, InputError> {
        let (a, scale, shift) = self.same_unit(elements, path)?;
        let then = self.b.unsigned();
        // Counted up from the lower bound, or down from the upper one.
        let (sign, bound) = if low.is_finite() { (1.0, low) } else { (-1.0, high) };
        let reach = if low.is_finite() && high.is_finite() {
            high - low
        } else {
            self.b.reach(a) * scale.abs() + (shift - bound).abs()
        };
        let unit =
            unit_of(reach, self.b.limb) * f64::from(1_u32 << self.b.limb) / f64::from(then.range.high());
        let term = RealTerm { coefficient: sign * scale, a, b: None };
        let made = self.b.combine(&[term], sign * (shift - bound), unit, then)?;
        Ok(self.all(made, sign * unit, bound))
    }

    fn tabled(&mut self, node: &Node, place: usize, function: Function) -> Result<(), InputError> {
        let table = self.table(function, u8::try_from(self.b.limb - 2).unwrap_or(0));
        self.looked_up(node, place, table, 1.0)
    }

    /// f(a·x)/a of a table's f and the steepness a.
    pub(super) fn looked_up(
        &mut self,
        node: &Node,
        place: usize,
        table: Table,
        steepness: f64,
    ) -> Result<(), InputError> {
        let then = Requantise { range: table.range(), table: Some(table) };
        let unit = 2f64.powi(-i32::from(table.input)) / steepness;
        let mut made = match self.values.get(&place).map(|value| value.body.clone()) {
            Some(Body::Sums(sums)) => self.finish(&sums, unit, &[0.0], then)?,
            _ => {
                let elements = self.elements(place, &node.path)?;
                let (a, scale, shift) = self.same_unit(&elements, &node.path)?;
                let term = RealTerm { coefficient: scale, a, b: None };
                let made = self.b.combine(&[term], shift, unit, then)?;
                self.all(made, 2f64.powi(-i32::from(table.output)), 0.0)
            }
        };
        if steepness != 1.0 {
            made = made.into_iter().map(|e| e.then(1.0 / steepness, 0.0)).collect();
        }
        self.set(node, Body::Known(made));
        Ok(())
    }

    /// A value and its positive part.
    pub(super) fn hinge(&mut self, node: &Node, place: usize) -> Result<Hinge, InputError> {
        let elements = self.elements(place, &node.path)?;
        let (x, scale, shift) = self.same_unit(&elements, &node.path)?;
        let above = self.clip(&elements, 0.0, f64::INFINITY, &node.path)?;
        let unit = above.first().map_or(1.0, |e| e.scale);
        Ok(Hinge { x, scale, shift, positive: self.node_of(&above)?, unit })
    }

    /// slope·x + (1 − slope)·max(x, 0).
    fn leaky(&mut self, node: &Node, place: usize, slope: f64) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let Hinge { x, scale, shift, positive, unit } = self.hinge(node, place)?;
        let terms = [
            RealTerm { coefficient: slope * scale, a: x, b: None },
            RealTerm { coefficient: (1.0 - slope) * unit, a: positive, b: None },
        ];
        let made = self.summed(&terms, slope * shift, output)?;
        self.set(node, Body::Known(made));
        Ok(())
    }

    /// The same with a slope for each element, or for each channel.
    fn leaky_each(&mut self, node: &Node, place: usize, slopes: &[f64]) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let given = self.trace.given(node, 1).map(|given| given.dims().to_vec()).unwrap_or_default();
        let slopes = Tensor::real(given, slopes.to_vec())
            .and_then(|slopes| Ok(slopes.broadcast(&self.dims(place))?.reals()?.into_owned()));
        let slopes = slopes.map_err(|wrong| wrong.at(&node.path))?;
        let elements = self.elements(place, &node.path)?;
        let above = self.clip(&elements, 0.0, f64::INFINITY, &node.path)?;
        let below: Vec<Element> =
            elements.iter().zip(&slopes).map(|(e, slope)| e.then(*slope, 0.0)).collect();
        let above: Vec<Element> =
            above.iter().zip(&slopes).map(|(e, slope)| e.then(1.0 - slope, 0.0)).collect();
        let (x, y) = (self.same_unit(&below, &node.path)?, self.same_unit(&above, &node.path)?);
        let terms =
            [RealTerm { coefficient: x.1, a: x.0, b: None }, RealTerm { coefficient: y.1, a: y.0, b: None }];
        let made = self.summed(&terms, x.2 + y.2, output)?;
        self.set(node, Body::Known(made));
        Ok(())
    }

    /// All inputs of a node, constants too, repeated to the dimensions of its output: node, scale and shift of each.
    pub(super) fn operands(
        &mut self,
        node: &Node,
        output: usize,
    ) -> Result<Vec<(Operand, f64, f64)>, InputError> {
        let to = self.dims(output);
        let mut operands = Vec::new();
        for (index, place) in node.inputs.iter().enumerate() {
            let Some(place) = *place else { continue };
            let elements = match self.trace.given(node, index).map(|given| given.broadcast(&to)) {
                None => self.repeated(node, place, &to)?,
                Some(given) => {
                    let values = given.and_then(|given| Ok(given.reals()?.into_owned()));
                    let (constants, unit) = self.constants(&values.map_err(|wrong| wrong.at(&node.path))?)?;
                    self.all(constants, unit, 0.0)
                }
            };
            operands.push(self.same_unit(&elements, &node.path)?);
        }
        Ok(operands)
    }

    /// The greatest or least of several values: b + max(a − b, 0), b − max(b − a, 0).
    fn extreme(&mut self, node: &Node, nary: Nary) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let sign = if nary == Nary::Max { 1.0 } else { -1.0 };
        let mut operands = self.operands(node, output)?.into_iter();
        let Some(mut best) = operands.next() else { return self.refuse(node, "no input") };
        let rest: Vec<_> = operands.collect();
        let greatest = |x: (Operand, f64, f64), b: &Builder| b.reach(x.0) * x.1.abs() + x.2.abs();
        for (index, (x, scale, shift)) in rest.iter().copied().enumerate() {
            let (y, own, zero) = best;
            let difference = [
                RealTerm { coefficient: sign * scale, a: x, b: None },
                RealTerm { coefficient: -sign * own, a: y, b: None },
            ];
            let reach = greatest((x, scale, shift), &self.b) + greatest(best, &self.b);
            let (unit, then) = (unit_of(reach, self.b.limb), self.b.unsigned());
            let beyond = self.b.combine(&difference, sign * (shift - zero), unit, then)?;
            let terms = [
                RealTerm { coefficient: own, a: y, b: None },
                RealTerm { coefficient: sign * unit, a: beyond, b: None },
            ];
            // What the last one makes has a float value to be like.
            let reach = if index + 1 == rest.len() { self.greatest(output, 0.0) * HEADROOM } else { reach };
            let made = self.summed_within(&terms, zero, reach)?;
            best = self.same_unit(&made, &node.path)?;
        }
        let made = self.all(best.0, best.1, best.2);
        self.set(node, Body::Known(made));
        Ok(())
    }

    fn multiplied(&mut self, node: &Node, a: usize, b: usize) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let to = self.dims(output);
        let (x, y) = (self.repeated(node, a, &to)?, self.repeated(node, b, &to)?);
        self.times(node, &x, &y)
    }

    /// Products of elements, one by one.
    pub(super) fn times(&mut self, node: &Node, x: &[Element], y: &[Element]) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let (x, y) = (self.same_unit(x, &node.path)?, self.same_unit(y, &node.path)?);
        let terms = [
            RealTerm { coefficient: x.1 * y.1, a: x.0, b: Some(y.0) },
            RealTerm { coefficient: x.1 * y.2, a: x.0, b: None },
            RealTerm { coefficient: x.2 * y.1, a: y.0, b: None },
        ];
        let made = self.summed(&terms, x.2 * y.2, output)?;
        self.set(node, Body::Known(made));
        Ok(())
    }

    fn reduced(&mut self, node: &Node, place: usize) -> Result<(), InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let Op::Reduce { kind, axes, noop, .. } = &node.op else { return Ok(()) };
        let axes = self.reduced_axes(node, place, axes.as_deref(), *noop)?;
        let dims = self.dims(place);
        let elements = self.elements(place, &node.path)?;
        if uniform(&elements).is_none() && !axes.is_empty() {
            return self.grouped_over(node, place, &axes, *kind);
        }
        let steps = strides(&dims);
        let walk = |taken: bool| -> Vec<usize> {
            (0..dims.len()).filter(|i| axes.contains(i) == taken).fold(vec![0], |places, i| {
                places
                    .iter()
                    .flat_map(|at| (0..dims[i]).map(move |x| (at, x)))
                    .map(|(at, x)| at + x * steps[i])
                    .collect()
            })
        };
        let (kept, gone) = (walk(false), walk(true));
        if gone.is_empty() || gone.len() > MAX_TERMS * MAX_TERMS {
            let found = format!("{} numbers in one sum: at most {}", gone.len(), MAX_TERMS * MAX_TERMS);
            return self.refuse(node, &found);
        }
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let factor = if *kind == Reduce::Mean { 1.0 / gone.len() as f64 } else { 1.0 };
        // All of one unit first, then picked apart.
        let (whole, scale, shift) = self.same_unit(&elements, &node.path)?;
        let all = self.all(whole, scale, shift);
        let mut parts = Vec::new();
        for offset in &gone {
            let part: Vec<Element> = kept.iter().map(|at| all[at + offset]).collect();
            parts.push(self.node_of(&part)?);
        }
        let parts = self.b.total(&parts)?;
        let term = |a: &Operand| RealTerm { coefficient: scale * factor, a: *a, b: None };
        let terms: Vec<RealTerm> = parts.iter().map(term).collect();
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let constant = shift * factor * gone.len() as f64;
        let made = self.summed(&terms, constant, output)?;
        let dims = self.dims(output);
        self.values.insert(output, Value { dims, body: Body::Known(made) });
        Ok(())
    }
}
