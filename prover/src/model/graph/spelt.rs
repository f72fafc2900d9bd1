//! Normalisations over any axes, with the mean or without, that are spelt out.

use std::collections::HashMap;

use super::Node;
use super::fuse::{MAX_NODES, Part, grouped};
use super::op::{Nary, Op, Reduce, Unary};
use super::tensor::{Tensor, axis, strides};
use super::trace::Trace;

/// Most elements that are tried.
const MAX_TRIED: usize = 1 << 18;
/// What constants of float32 leave.
const NEAR: f64 = 2e-4;
/// Draws whose differences say scale and bias of each element.
const DRAWS: usize = 4;
/// Least difference of two normalised values.
const APART: f64 = 1e-3;

/// Most nodes between a root and the end of a normalisation.
const MAX_AFTER: usize = 6;

/// What stands around the root of what may be a normalisation.
pub(super) struct Spelt<'a> {
    pub part: Part<'a>,
    /// Values behind the root.
    pub values: Vec<usize>,
    pub nodes: Vec<usize>,
    pub epsilons: Vec<f64>,
    /// What follows the root: first that which not all goes through, each part in order.
    pub after: Vec<usize>,
}

impl Trace {
    /// The surroundings of a node that takes a root of what reductions give.
    pub(super) fn spelt<'a>(&'a self, index: usize, makers: &'a HashMap<usize, usize>) -> Option<Spelt<'a>> {
        let node = &self.nodes[index];
        let root_of = match node.op {
            Op::Unary(Unary::Sqrt) => true,
            Op::Nary(Nary::Pow) => self
                .given(node, 1)
                .and_then(|power| power.single().ok())
                .is_some_and(|power| power.abs() == 0.5),
            Op::Reduce { kind: Reduce::L2, .. } => true,
            // By a mean and a variance of the data's own: Keras' layers.
            Op::BatchNormalization { .. } => self.given(node, 4).is_none(),
            _ => false,
        };
        let seed = node.outputs.first().copied().flatten().filter(|_| root_of)?;
        let part = Part { trace: self, makers, allowed: grouped, single: false };
        let (values, nodes) = part.behind(seed);
        if !nodes.iter().any(|node| matches!(self.nodes[*node].op, Op::Reduce { .. } | Op::Global(_))) {
            return None;
        }
        let constants = nodes.iter().flat_map(|node| self.nodes[*node].inputs.iter().flatten());
        let mut epsilons: Vec<f64> = constants
            .filter_map(|place| self.constant(*place)?.single().ok())
            .filter(|x| *x > 0.0 && *x <= 0.1)
            .collect();
        if let Op::BatchNormalization { epsilon } = node.op {
            epsilons.push(epsilon);
        }
        epsilons.push(0.0);
        // What follows the root, the furthest first: an affine map of the normalised values may be part of it.
        let (mut after, mut reached) = (Vec::new(), vec![seed]);
        for _ in 0..MAX_AFTER {
            let takes = |node: &Node| node.inputs.iter().flatten().any(|place| reached.contains(place));
            let next: Vec<usize> = (0..self.nodes.len())
                .filter(|index| grouped(&self.nodes[*index].op) && !after.contains(index))
                .filter(|index| takes(&self.nodes[*index]))
                .collect();
            reached.extend(next.iter().flat_map(|index| self.nodes[*index].outputs.iter().flatten()));
            after.extend(next);
            if after.len() > MAX_NODES {
                return None;
            }
        }
        after.sort_unstable();
        // Those first that all goes through: else what stands before them is still asked for.
        let through = |node: &usize| {
            let Some(place) = self.nodes[*node].outputs.first().copied().flatten() else { return false };
            let (_, own) = part.behind(place);
            let values = own.iter().filter(|index| after.contains(index)).chain([&index]);
            let mut values = values.flat_map(|index| self.nodes[*index].outputs.iter().flatten());
            let takes = |node: &Node, value: &usize| node.inputs.contains(&Some(*value));
            values.all(|value| {
                let mut takers = (0..self.nodes.len()).filter(|node| takes(&self.nodes[*node], value));
                *value == place || takers.all(|taker| own.contains(&taker))
            })
        };
        let (mut after, last): (Vec<usize>, Vec<usize>) = after.iter().partition(|node| !through(node));
        after.extend(last);
        Some(Spelt { part, values, nodes, epsilons, after })
    }
}

/// What was found: where it ends, what it takes, which operator it is.
pub(super) struct Over {
    pub node: usize,
    pub root: usize,
    pub op: Op,
    pub scale: Tensor,
    pub bias: Tensor,
}

impl Trace {
    /// The normalisation whose root a node takes, where it is none over the last dimension.
    pub(super) fn normalised_over(&self, index: usize, makers: &HashMap<usize, usize>) -> Option<Over> {
        let spelt = self.spelt(index, makers)?;
        let mut all: Vec<(Vec<usize>, Vec<usize>)> = Vec::new();
        for node in spelt.nodes.iter().map(|node| &self.nodes[*node]) {
            let dims = spelt.part.dims(node.inputs.first().copied().flatten()?).to_vec();
            let axes = match &node.op {
                Op::Reduce { axes, .. } => axes.clone(),
                Op::Global(_) => Some((2..i64::try_from(dims.len()).unwrap_or(2)).collect()),
                _ => continue,
            };
            let given = self.given(node, 1).and_then(|axes| Some(axes.integers().ok()?.to_vec()));
            let axes: Option<Vec<usize>> = match given.or(axes) {
                Some(axes) => axes.iter().map(|a| axis(*a, dims.len()).ok()).collect(),
                None => Some((0..dims.len()).collect()),
            };
            let known = (dims, axes?);
            if !all.contains(&known) {
                all.push(known);
            }
        }
        for mean in [true, false] {
            for node in spelt.after.iter().rev() {
                let Some(place) = self.nodes[*node].outputs.first().copied().flatten() else { continue };
                let dims = spelt.part.dims(place);
                for root in spelt.values.iter().skip(1).filter(|root| spelt.part.dims(**root) == dims) {
                    for (_, axes) in all.iter().filter(|(own, _)| own == dims) {
                        for epsilon in &spelt.epsilons {
                            let op = Op::Normalization { axes: axes.clone(), epsilon: *epsilon, mean };
                            if let Some((scale, bias)) = normalises(&spelt, place, *root, &op, *epsilon) {
                                return Some(Over { node: *node, root: *root, op, scale, bias });
                            }
                        }
                    }
                }
            }
        }
        None
    }
}

/// Scale and bias of each element, if `place` is this normalisation of `root`.
fn normalises(
    spelt: &Spelt<'_>,
    place: usize,
    root: usize,
    op: &Op,
    epsilon: f64,
) -> Option<(Tensor, Tensor)> {
    let dims = spelt.part.dims(root).to_vec();
    let count: usize = dims.iter().product();
    let Op::Normalization { axes, .. } = op else { return None };
    if count > MAX_TRIED || axes.iter().map(|axis| dims[*axis]).product::<usize>() < 2 {
        return None;
    }
    let mut state = 1_u64;
    let mut tried = |size: f64| spelt.part.tried(place, root, op, &mut state, size);
    let mut draws = (0..DRAWS).map(|_| tried(1.0)).collect::<Option<Vec<_>>>()?;
    let pairs = || (0..DRAWS).flat_map(|a| (0..a).map(move |b| (a, b)));
    let of = |at: usize| {
        let apart = |(a, b): &(usize, usize)| (draws[*a].0[at] - draws[*b].0[at]).abs();
        let (a, b) = pairs().max_by(|x, y| apart(x).total_cmp(&apart(y)))?;
        let scale = (draws[a].1[at] - draws[b].1[at]) / (draws[a].0[at] - draws[b].0[at]);
        (scale.is_finite() && apart(&(a, b)) > APART)
            .then(|| (scale, draws[a].1[at] - scale * draws[a].0[at]))
    };
    let (mut scale, mut bias): (Vec<f64>, Vec<f64>) =
        (0..count).map(of).collect::<Option<Vec<_>>>()?.into_iter().unzip();
    // Small ones tell epsilons apart.
    draws.push(tried(epsilon.sqrt().max(1e-3))?);
    level(&mut scale, &dims);
    level(&mut bias, &dims);
    let is = |(z, y): &(Vec<f64>, Vec<f64>)| {
        z.iter().zip(y).enumerate().all(|(at, (z, y))| {
            (scale[at] * z + bias[at] - y).abs() <= NEAR * (1.0 + scale[at].abs() + bias[at].abs())
        })
    };
    if !scale.iter().any(|scale| *scale != 0.0) || !draws.iter().all(is) {
        return None;
    }
    Some((Tensor::real(dims.clone(), scale).ok()?, Tensor::real(dims, bias).ok()?))
}

/// Makes numbers the same that are so but for rounding, axis by axis.
fn level(values: &mut [f64], dims: &[usize]) {
    let steps = strides(dims);
    for (step, size) in steps.into_iter().zip(dims) {
        let first = |at: usize| at - at / step % size * step;
        let near = |at: usize| (values[at] - values[first(at)]).abs() <= 1e-7 * (1.0 + values[at].abs());
        if (0..values.len()).all(near) {
            (0..values.len()).for_each(|at| values[at] = values[first(at)]);
        }
    }
}
