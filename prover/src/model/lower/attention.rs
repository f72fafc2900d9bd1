//! Products of two values that depend on the data, as attention has them.
//!
//! A product is rounded by a public constant M of λ bits, which is small where factors have all their bits: the units of the factors
//! make it exact. What is only multiplied by constants on its way to the softmax, a scale on the factors or on the scores, is
//! part of the units. So a layer whose outputs are factors is rounded for the products that they go to.

use std::rc::Rc;

use foldproof_circuits::graph::{Base, Operand, View};

use super::build::{RealTerm, limits};
use super::chunks::{Chunk, chunks};
use super::contraction::{Axis, equation_axes, matrix_axes};
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element, Scores, Sums, unit_of};
use crate::input::InputError;
use crate::model::graph::Node;
use crate::model::graph::kernel::spelt_out;
use crate::model::graph::op::{Nary, Op};
use crate::model::graph::tensor::strides;

/// What is added to a score that is left out of a softmax is lower than this below 0.
pub(super) const LEFT_OUT: f64 = 1000.0;
/// How near to a whole number a multiplier has to be.
const WHOLE: f64 = 1e-6;
/// Most values on the way from a layer to its products.
const MAX_STEPS: usize = 256;

/// Units of the factors of a product.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    units: [f64; 2],
}

/// Whether an operator only moves elements of its first input.
pub(super) fn moves(op: &Op) -> bool {
    matches!(
        op,
        Op::Identity { .. }
            | Op::Reshape { .. }
            | Op::Flatten { .. }
            | Op::Squeeze { .. }
            | Op::Unsqueeze { .. }
            | Op::Transpose { .. }
            | Op::Slice { .. }
            | Op::Gather { .. }
            | Op::Split { .. }
            | Op::Expand
            | Op::Tile
            | Op::GatherElements { .. }
            | Op::GatherNd { .. }
            | Op::DepthToSpace { .. }
            | Op::SpaceToDepth { .. }
    )
}

impl Lowering<'_> {
    /// What a node multiplies its one varying input by, if it does no more than that.
    fn factor(&self, node: &Node) -> Option<f64> {
        let (index, _) = self.only(node)?;
        let other = || self.trace.given(node, 1 - index.min(1))?.single().ok();
        match node.op {
            Op::Nary(Nary::Mul) => other(),
            Op::Nary(Nary::Div) if index == 0 => other().map(|x| 1.0 / x),
            _ => None,
        }
    }

    pub(super) fn takers(&self, place: usize) -> impl Iterator<Item = &Node> {
        self.trace.nodes.iter().filter(move |node| node.inputs.contains(&Some(place)))
    }

    /// What scores are multiplied by before a softmax takes them, if one does.
    fn before_softmax(&self, place: usize) -> Option<f64> {
        let (mut place, mut scale) = (place, 1.0);
        for _ in 0..MAX_STEPS {
            let node = self.takers(place).next()?;
            match &node.op {
                Op::Softmax { .. } => return Some(scale),
                Op::Nary(Nary::Add) | Op::Where if self.only(node).is_some() => {}
                op if moves(op) => {}
                _ => scale *= self.factor(node)?,
            }
            place = node.outputs.first().copied().flatten()?;
        }
        None
    }

    /// Whether a value is shares of a softmax, moved.
    fn is_shares(&self, place: usize) -> bool {
        let mut place = place;
        for _ in 0..MAX_STEPS {
            let maker = self.trace.nodes.iter().find(|node| node.outputs.contains(&Some(place)));
            match maker.map(|node| (&node.op, node.inputs.first().copied().flatten())) {
                Some((Op::Softmax { log: false, .. }, _)) => return true,
                Some((op, Some(input))) if moves(op) => place = input,
                _ => return false,
            }
        }
        false
    }

    /// The unit of shares of a softmax.
    pub(super) fn share(&self) -> (u8, f64) {
        let power = u8::try_from(self.b.limb - 1).unwrap_or(1);
        (power, 2f64.powi(-i32::from(power)))
    }

    /// Units of the factors of a product of two values.
    fn factors_of(&mut self, node: &Node) -> Option<Plan> {
        let output = node.outputs.first().copied().flatten()?;
        if let Some(known) = self.plans.get(&output) {
            return Some(*known);
        }
        let (a, b) = (node.inputs.first().copied().flatten()?, node.inputs.get(1).copied().flatten()?);
        let bits = self.b.limb - 1;
        let mut units = [a, b].map(|place| {
            if self.is_shares(place) {
                self.share().1
            } else {
                unit_of(self.greatest(place, 0.0) * HEADROOM, bits)
            }
        });
        if let Some(scale) = self.before_softmax(output) {
            let scale = scale.abs() * if let Op::Gemm { alpha, .. } = node.op { alpha } else { 1.0 };
            let unit = 2f64.powi(-i32::from(self.decay().input));
            let exact = units[0] * units[1] * scale * 2f64.powi(self.b.limb as i32) / unit;
            if exact > 0.0 {
                let more = (exact.max(1.0).ceil() / exact).sqrt();
                units = units.map(|unit| unit * more);
            }
        }
        let plan = Plan { units };
        self.plans.insert(output, plan);
        Some(plan)
    }

    /// The unit of each output of a layer: one for all, or those that products of its outputs want.
    pub(super) fn units(&mut self, sums: &Sums) -> Vec<f64> {
        let trace = self.trace;
        let outputs = sums.bias.len();
        let count = sums.positions * outputs;
        let mut output_of: Vec<usize> = (0..count).map(|index| index % outputs.max(1)).collect();
        if let Some(order) = &sums.order {
            order.iter().enumerate().for_each(|(index, to)| output_of[*to] = index % outputs.max(1));
        }
        let mut wanted: Vec<Option<f64>> = vec![None; outputs];
        let mut steps = vec![(sums.place, (0..count).collect::<Vec<usize>>(), 1.0)];
        let mut next = 0;
        while let Some((place, from, scale)) = steps.get(next).cloned() {
            next += 1;
            for node in trace.nodes.iter().filter(|node| node.inputs.contains(&Some(place))) {
                if next + steps.len() > MAX_STEPS {
                    break;
                }
                if moves(&node.op) && self.only(node).is_some_and(|(index, _)| index == 0) {
                    let Ok(found) = self.places(node, &[(0, self.dims(place), 0)]) else { continue };
                    for (place, (_, places)) in node.outputs.iter().flatten().zip(found) {
                        steps.push((*place, places.iter().map(|i| from[*i]).collect(), scale));
                    }
                } else if let Some(factor) = self.factor(node) {
                    let Some(place) = node.outputs.first().copied().flatten() else { continue };
                    steps.push((place, from.clone(), scale * factor));
                } else if matches!(node.op, Op::MatMul | Op::Einsum(_) | Op::Gemm { .. })
                    && self.varies(node, 0)
                    && self.varies(node, 1)
                {
                    let Some(plan) = self.factors_of(node) else { continue };
                    let side = usize::from(node.inputs.first() != Some(&Some(place)));
                    let unit = plan.units[side] / scale.abs();
                    for source in &from {
                        let wanted = &mut wanted[output_of[*source]];
                        *wanted = Some(wanted.map_or(unit, |known| known.max(unit)));
                    }
                }
            }
        }
        let mut rest = 0.0_f64;
        if wanted.contains(&None) {
            for sample in 0..self.samples.len() {
                let floats = self.floats(sample, sums.place);
                let others = floats.iter().zip(&output_of).filter(|(_, output)| wanted[**output].is_none());
                rest = others.map(|(x, _)| x.abs()).fold(rest, f64::max);
            }
        }
        let rest = unit_of(rest * HEADROOM, self.b.limb - 1);
        if wanted.iter().all(Option::is_none) {
            return vec![rest];
        }
        wanted.into_iter().map(|unit| unit.filter(|unit| unit.is_finite()).unwrap_or(rest)).collect()
    }

    /// A product of two values: MatMul, Gemm or Einsum.
    pub(super) fn activations(&mut self, node: &Node) -> Result<(), InputError> {
        let (Some(Some(a)), Some(Some(b))) = (node.inputs.first().copied(), node.inputs.get(1).copied())
        else {
            return self.refuse(node, "a product of other than two values");
        };
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        if !self.varies(node, 0) || !self.varies(node, 1) || self.varies(node, 2) {
            return self.refuse(node, "a bias that depends on the data: write it as an Add");
        }
        let (a_dims, b_dims, out_dims) = (self.dims(a), self.dims(b), self.dims(output));
        let mut scale = 1.0;
        let ([x, y], result) = match &node.op {
            Op::Gemm { alpha, beta, trans_a, trans_b } => {
                if *beta != 0.0
                    && self
                        .trace
                        .given(node, 2)
                        .is_some_and(|c| c.reals().is_ok_and(|c| c.iter().any(|x| *x != 0.0)))
                {
                    return self.refuse(node, "a Gemm of two values and a bias: write it as MatMul and Add");
                }
                scale = *alpha;
                let turned = |turned: &bool, axes: [Axis; 2]| {
                    if *turned { vec![axes[1], axes[0]] } else { axes.to_vec() }
                };
                ([turned(trans_a, [0, 1]), turned(trans_b, [1, 2])], vec![0, 2])
            }
            Op::Einsum(equation) => {
                match equation_axes(&spelt_out(equation, &[a_dims.len(), b_dims.len()])) {
                    Some(axes) => axes,
                    None => return self.refuse(node, "an Einsum of other than two factors"),
                }
            }
            _ => matrix_axes([&a_dims, &b_dims]),
        };
        let once = |axes: &[Axis]| axes.iter().enumerate().all(|(i, axis)| !axes[..i].contains(axis));
        let fits = (x.len(), y.len(), result.len()) == (a_dims.len(), b_dims.len(), out_dims.len());
        if !fits || ![&x, &y, &result].into_iter().all(|axes| once(axes)) {
            return self.refuse(node, "an axis that is named twice in one factor");
        }
        let size = |axis: &Axis| {
            let of =
                |axes: &[Axis], dims: &[usize]| axes.iter().position(|own| own == axis).map(|at| dims[at]);
            of(&x, &a_dims).or_else(|| of(&y, &b_dims)).unwrap_or(1)
        };
        let chosen = |axes: &[Axis], in_x: bool, in_y: bool| -> Vec<Axis> {
            axes.iter().copied().filter(|axis| (x.contains(axis), y.contains(axis)) == (in_x, in_y)).collect()
        };
        let kept = |axis: &Axis| result.contains(axis);
        let alone = x.iter().chain(&y).filter(|axis| !(x.contains(axis) && y.contains(axis)));
        if alone.clone().any(|axis| !kept(axis) && size(axis) > 1) {
            return self.refuse(node, "a product summed over an axis of one factor");
        }
        let walk = |axes: &[Axis], own: &[Axis], dims: &[usize]| -> Vec<usize> {
            let steps = strides(dims);
            let step = |axis: &Axis| own.iter().position(|own| own == axis).map_or(0, |at| steps[at]);
            axes.iter().fold(vec![0], |places, axis| {
                places.iter().flat_map(|at| (0..size(axis)).map(move |i| at + i * step(axis))).collect()
            })
        };
        let (batch, rows, columns) =
            (chosen(&result, true, true), chosen(&result, true, false), chosen(&result, false, true));
        let inner: Vec<Axis> = chosen(&x, true, true).into_iter().filter(|axis| !kept(axis)).collect();
        if let Some(sums) = self.neighboured(node, [a, b], output)? {
            self.set(node, Body::Sums(Rc::new(sums)));
            return Ok(());
        }
        let (left, right) = (self.elements(a, &node.path)?, self.elements(b, &node.path)?);
        let take =
            |elements: &[Element], own: &[Axis], dims: &[usize], lines: &[Axis]| -> Vec<Vec<Element>> {
                let (starts, lines, inner) =
                    (walk(&batch, own, dims), walk(lines, own, dims), walk(&inner, own, dims));
                let line = |start: usize| {
                    let each = lines.iter().flat_map(|line| inner.iter().map(move |i| start + line + i));
                    each.map(|place| elements[place]).collect()
                };
                starts.into_iter().map(line).collect()
            };
        let pairs = take(&left, &x, &a_dims, &rows).into_iter().zip(take(&right, &y, &b_dims, &columns));
        let all: Vec<Axis> = batch.iter().chain(&rows).chain(&columns).copied().collect();
        let order = walk(&all, &result, &out_dims);
        let in_order = order.iter().copied().eq(0..order.len());
        let scores = Scores {
            groups: pairs.map(|(a, b)| [a, b]).collect(),
            inner: inner.iter().map(size).product(),
            scale,
            mask: Vec::new(),
            place: output,
            order: (!in_order).then_some(order),
            path: node.path.clone(),
        };
        self.set(node, Body::Scores(Rc::new(scores)));
        Ok(())
    }

    /// A factor of a product: its node and unit, without a shift.
    pub(super) fn side(&mut self, elements: &[Element], path: &str) -> Result<(Operand, f64), InputError> {
        let (node, scale, shift) = self.same_unit(elements, path)?;
        let kept = self.b.tensor(node);
        if shift == 0.0 && scale > 0.0 && kept.base != Base::Mixed && !kept.wide {
            return Ok((node, scale));
        }
        let reach = self.b.reach(node) * scale.abs() + shift.abs();
        let (unit, then) = (unit_of(reach * HEADROOM, self.b.limb - 1), self.b.signed());
        Ok((self.b.combine(&[RealTerm { coefficient: scale, a: node, b: None }], shift, unit, then)?, unit))
    }

    /// Rounds products of two values, to units by calibration.
    pub(super) fn finish_scores(&mut self, scores: &Scores) -> Result<Vec<Element>, InputError> {
        let unit = unit_of(self.greatest(scores.place, 0.0) * HEADROOM, self.b.limb - 1);
        self.rounded_scores(scores, unit, false)
    }

    /// The same to units of `unit`, or to the next greater ones in which M is whole.
    pub(super) fn rounded_scores(
        &mut self,
        scores: &Scores,
        unit: f64,
        exact: bool,
    ) -> Result<Vec<Element>, InputError> {
        let then = self.b.signed();
        let power = 2f64.powi(self.b.limb as i32);
        let mut made = Vec::new();
        for [a, b] in &scores.groups {
            let ((mut a, mut of_a), (b, of_b)) = (self.side(a, &scores.path)?, self.side(b, &scores.path)?);
            let found = of_a * of_b * scores.scale.abs() * power / unit;
            let multiplier = if !exact {
                found.floor().max(1.0)
            } else if (found - found.round()).abs() <= WHOLE * found {
                found.round()
            } else {
                // A factor in other units.
                let multiplier = found.max(1.0).ceil();
                let coarser = of_a * multiplier / found;
                a = self.b.combine(&[RealTerm { coefficient: of_a, a, b: None }], 0.0, coarser, then)?;
                of_a = coarser;
                multiplier
            };
            if !(1.0..power).contains(&multiplier) {
                let found = format!("a factor of {found:.3} between products and their results");
                return Err(limits(&scores.path, format!("one of 1 to {power}"), found));
            }
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "λ bits")]
            let small = multiplier as u16;
            let unit = of_a * of_b * scores.scale.abs() * power / multiplier;
            let lines = [a, b].map(|of| self.b.tensor(of).count / scores.inner.max(1));
            let whole = [Chunk { rows: (0, lines[0]), columns: (0, lines[1]) }];
            let chunks = if exact { chunks(scores, made.len(), lines) } else { whole.to_vec() };
            // What no chunk has is left out of the softmax.
            let gone = Element { tensor: a, place: 0, scale: 0.0, shift: f64::MIN };
            let mut group = vec![gone; lines[0] * lines[1]];
            for Chunk { rows, columns } in chunks {
                let sides = [(a, rows), (b, columns)].map(|(of, (first, end))| {
                    let at = |line: usize| u32::try_from(line * scores.inner).unwrap_or(u32::MAX);
                    View::slice(of, at(first), at(end - first))
                });
                let [left, right] = sides.map(|view| self.b.index(vec![view]));
                let node = self.b.product([left?, right?], scores.inner, small, then)?;
                let elements = self.all(node, unit.copysign(scores.scale), 0.0);
                let places = (rows.0..rows.1)
                    .flat_map(|row| (columns.0..columns.1).map(move |column| row * lines[1] + column));
                places.zip(elements).for_each(|(place, element)| group[place] = element);
            }
            made.extend(group);
        }
        if let Some(order) = &scores.order {
            let mut turned = made.clone();
            order.iter().zip(&made).for_each(|(to, element)| turned[*to] = *element);
            made = turned;
        }
        made.iter_mut().zip(&scores.mask).for_each(|(element, mask)| element.shift += mask);
        Ok(made)
    }
}
