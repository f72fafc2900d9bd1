//! Normalisation of groups of elements: layers, instances, groups of channels, with the mean or without.
//!
//! The graph's operator takes the mean off. Where none is to be taken off, a group stands beside itself negated: the mean of both
//! together is 0, and their mean square that of the group, so that its half of the results is what is wanted.

use foldproof_circuits::graph::{Base, Operand};

use super::build::RealTerm;
use super::distances::reductions;
use super::lowering::{HEADROOM, Lowering};
use super::value::{Body, Element, uniform, unit_of};
use crate::input::InputError;
use crate::model::graph::kernel::{self, Inputs};
use crate::model::graph::op::Op;
use crate::model::graph::tensor::{Tensor, axis, strides};
use crate::model::graph::{Node, Wrong};

/// Groups and what is made of them.
struct Groups {
    /// The elements of each, all of one number.
    groups: Vec<Vec<usize>>,
    epsilon: f64,
    /// Whether it is taken off.
    mean: bool,
    /// Of each element.
    scale: Vec<f64>,
    bias: Vec<f64>,
}

impl Lowering<'_> {
    fn groups_of(&self, node: &Node, place: usize) -> Result<Groups, Wrong> {
        let dims = self.dims(place);
        let count: usize = dims.iter().product();
        let over = |axes: &[usize]| reductions(&dims, axes);
        let from = |along: i64| Ok((axis(along, dims.len())?..dims.len()).collect::<Vec<_>>());
        let parameter = |index: usize, other: f64, to: &[usize]| match self.trace.given(node, index) {
            None => Ok(vec![other; to.iter().product()]),
            Some(given) => given.broadcast(to).and_then(|given| Ok(given.reals()?.into_owned())),
        };
        // Of each element the parameter of its place within these dimensions.
        let repeated = |values: Vec<f64>, of: &dyn Fn(usize) -> usize| -> Vec<f64> {
            (0..count).map(|at| values[of(at)]).collect()
        };
        match &node.op {
            Op::LayerNormalization { axis: along, epsilon }
            | Op::RmsNormalization { axis: along, epsilon } => {
                let axes: Vec<usize> = from(*along)?;
                let inner = &dims[dims.len() - axes.len()..];
                let width: usize = inner.iter().product();
                let own = |at: usize| at % width.max(1);
                Ok(Groups {
                    groups: over(&axes),
                    epsilon: *epsilon,
                    mean: matches!(node.op, Op::LayerNormalization { .. }),
                    scale: repeated(parameter(1, 1.0, inner)?, &own),
                    bias: repeated(parameter(2, 0.0, inner)?, &own),
                })
            }
            Op::GroupNormalization { groups, epsilon, each } => {
                let (batch, channels) = (dims[0], dims[1]);
                let groups = groups.unwrap_or(channels);
                let size = count / (batch * groups).max(1);
                let known = if *each { channels } else { groups };
                let step = strides(&dims)[1].max(1);
                let own = |at: usize| at / step % channels * known / channels;
                let all: Vec<usize> = (0..count).collect();
                Ok(Groups {
                    groups: all.chunks(size.max(1)).map(<[usize]>::to_vec).collect(),
                    epsilon: *epsilon,
                    mean: true,
                    scale: repeated(parameter(1, 1.0, &[known])?, &own),
                    bias: repeated(parameter(2, 0.0, &[known])?, &own),
                })
            }
            Op::Normalization { axes, epsilon, mean } => Ok(Groups {
                groups: over(axes),
                epsilon: *epsilon,
                mean: *mean,
                scale: parameter(1, 1.0, &dims)?,
                bias: parameter(2, 0.0, &dims)?,
            }),
            _ => Err(Wrong::new("a normalisation", format!("{:?}", node.op))),
        }
    }

    pub(super) fn normalisation(&mut self, node: &Node) -> Result<(), InputError> {
        let (Some((0, place)), false) = (self.only(node), node.outputs.iter().skip(1).any(Option::is_some))
        else {
            return self.refuse(node, "LayerNormalization with its mean or deviation as outputs, or with a scale that depends on the data");
        };
        let Groups { groups, epsilon, mean, scale, bias } =
            self.groups_of(node, place).map_err(|wrong| wrong.at(&node.path))?;
        let width = groups.first().map_or(1, Vec::len).max(1);
        let order: Vec<usize> = groups.into_iter().flatten().collect();
        let elements = self.elements(place, &node.path)?;
        let elements: Vec<Element> = order.iter().map(|at| elements[*at]).collect();
        let (x, unit) = self.centred(&elements, mean, &node.path)?;
        let greatest = self.normalised(node, place, &order, width, (epsilon, mean))?;
        let power = (2f64.powi(self.b.limb as i32 - 1) / (greatest * HEADROOM).max(1.0)).log2().floor();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let power = power.clamp(1.0, f64::from(self.b.limb - 1)) as u8;
        let (x, both) = if mean { (x, width) } else { (self.mirrored(x, width)?, 2 * width) };
        #[expect(clippy::cast_precision_loss, reason = "a count")]
        let added = (epsilon * (both as f64 / unit).powi(2)).floor().max(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let made = self.b.norm(x, both, added as u64, power)?;
        let all = self.all(made, 2f64.powi(-i32::from(power)), 0.0);
        let made = all.chunks(both).flat_map(|group| group.iter().take(width));
        let mut turned = elements;
        for (at, element) in order.into_iter().zip(made) {
            turned[at] = element.then(scale[at], bias[at]);
        }
        self.set(node, Body::Known(turned));
        Ok(())
    }

    /// Elements of one unit, and of one low end, without a shift if `mean` is not taken off.
    fn centred(
        &mut self,
        elements: &[Element],
        mean: bool,
        path: &str,
    ) -> Result<(Operand, f64), InputError> {
        let (x, unit, shift) = match uniform(elements) {
            Some((scale, shift)) => (self.node_of(elements)?, scale, shift),
            None => self.same_unit(elements, path)?,
        };
        let shift = if mean { 0.0 } else { shift };
        let kept = self.b.tensor(x);
        if matches!(kept.base, Base::Of(_)) && !kept.wide && unit > 0.0 && shift == 0.0 {
            return Ok((x, unit));
        }
        let reach = self.b.reach(x) * unit.abs() + shift.abs();
        let (other, then) = (unit_of(reach * HEADROOM, self.b.limb - 1), self.b.signed());
        Ok((self.b.combine(&[RealTerm { coefficient: unit, a: x, b: None }], shift, other, then)?, other))
    }

    /// Each group, and after it the same negated.
    fn mirrored(&mut self, x: Operand, width: usize) -> Result<Operand, InputError> {
        let signed = self.b.signed();
        let own = if self.b.tensor(x).base == Base::Of(signed.range.low.into()) {
            x
        } else {
            self.b.combine(&[RealTerm { coefficient: 1.0, a: x, b: None }], 0.0, 1.0, signed)?
        };
        let negated = self.b.combine(&[RealTerm { coefficient: -1.0, a: own, b: None }], 0.0, 1.0, signed)?;
        let (own, negated) = (self.all(own, 1.0, 0.0), self.all(negated, 1.0, 0.0));
        let pairs = own.chunks(width).zip(negated.chunks(width));
        let both: Vec<Element> = pairs.flat_map(|(a, b)| a.iter().chain(b).copied()).collect();
        self.node_of(&both)
    }

    /// The greatest normalised magnitude of calibration, before scale and bias.
    fn normalised(
        &self,
        node: &Node,
        place: usize,
        order: &[usize],
        width: usize,
        (epsilon, mean): (f64, bool),
    ) -> Result<f64, InputError> {
        let op = Op::Normalization { axes: vec![1], epsilon, mean };
        let mut greatest = 0.0_f64;
        for sample in 0..self.samples.len() {
            let floats = self.floats(sample, place);
            let groups = order.iter().map(|at| floats.get(*at).copied().unwrap_or(0.0)).collect();
            let z = Tensor::real(vec![order.len() / width, width], groups).and_then(|groups| {
                let made = kernel::evaluate(&op, &Inputs(&[Some(&groups)]), 1)?;
                made.first().map_or_else(|| Ok(Vec::new()), |z| Ok(z.reals()?.into_owned()))
            });
            let z = z.map_err(|wrong| wrong.at(&node.path))?;
            greatest = z.iter().map(|z| z.abs()).fold(greatest, f64::max);
        }
        Ok(greatest)
    }
}
