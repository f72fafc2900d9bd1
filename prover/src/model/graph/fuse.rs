//! What exporters spell out, found again: activations and layer normalisation, whatever their order and form.
//!
//! Spellings are told by what they compute. A part of the trace that depends on one value alone is evaluated on numbers of its
//! own, and where it gives what the operator would give, to the precision of float32, the operator takes its place. Values keep
//! their places, so that the float graph as it is written still says what they are.

use std::collections::HashMap;
use std::sync::Arc;

use super::kernel::{self, Inputs};
use super::op::{Nary, Op, Unary};
use super::spelt::Spelt;
use super::tensor::{Kind, Tensor, axis};
use super::trace::{Fact, Trace};
use super::{Constant, Node};

/// Most nodes of a spelling.
pub(super) const MAX_NODES: usize = 32;
/// Most elements that normalisation is tried on.
const MAX_TRIED: usize = 1 << 18;
/// What constants of float32 leave.
const NEAR: f64 = 2e-5;

/// The part of a trace around one value.
pub(super) struct Part<'a> {
    pub trace: &'a Trace,
    /// Which node makes a value.
    pub makers: &'a HashMap<usize, usize>,
    pub allowed: fn(&Op) -> bool,
    /// Constants have one element, so that every element goes the same way.
    pub single: bool,
}

fn elementwise(op: &Op) -> bool {
    matches!(op, Op::Unary(_) | Op::Nary(_) | Op::Identity { .. } | Op::Cast(Kind::Real))
}

/// The same with choices by comparisons.
pub(super) fn piecewise(op: &Op) -> bool {
    elementwise(op)
        || matches!(
            op,
            Op::Where
                | Op::Compare(_)
                | Op::Not
                | Op::Clip { .. }
                | Op::IsInf { .. }
                | Op::IsNan
                | Op::Cast(Kind::Bool)
        )
}

/// The number that all elements are.
fn alike(tensor: &Tensor) -> Option<f64> {
    let reals = tensor.reals().ok()?;
    let first = *reals.first()?;
    reals.iter().all(|x| *x == first).then_some(first)
}

pub(super) fn grouped(op: &Op) -> bool {
    elementwise(op)
        || matches!(
            op,
            Op::Clip { .. }
                | Op::Where
                | Op::BatchNormalization { .. }
                | Op::Global(_)
                | Op::Reduce { .. }
                | Op::Reshape { .. }
                | Op::Squeeze { .. }
                | Op::Unsqueeze { .. }
                | Op::Expand
        )
}

impl Part<'_> {
    fn maker(&self, place: usize) -> Option<&Node> {
        let node = &self.trace.nodes[*self.makers.get(&place)?];
        (self.allowed)(&node.op).then_some(node)
    }

    /// Values that `place` is made of, itself among them, and the nodes between.
    pub fn behind(&self, place: usize) -> (Vec<usize>, Vec<usize>) {
        let (mut values, mut nodes) = (vec![place], Vec::new());
        let mut next = 0;
        while let Some(value) = values.get(next).copied() {
            next += 1;
            if nodes.len() >= MAX_NODES {
                break;
            }
            let Some(node) = self.maker(value) else { continue };
            nodes.push(self.makers[&value]);
            for input in node.inputs.iter().flatten() {
                if self.trace.constant(*input).is_none() && !values.contains(input) {
                    values.push(*input);
                }
            }
        }
        (values, nodes)
    }

    /// The value at `place` where the value at a root is this one, if it depends on nothing else.
    fn evaluate(&self, place: usize, known: &mut HashMap<usize, Tensor>) -> Option<Tensor> {
        if let Some(tensor) = known.get(&place) {
            return Some(tensor.clone());
        }
        if let Some(constant) = self.trace.constant(place) {
            return match (self.single, constant.kind()) {
                (true, Kind::Text) => None,
                (true, _) => alike(constant).map(Tensor::scalar),
                (false, _) => Some(constant.clone()),
            };
        }
        if known.len() > MAX_NODES {
            return None;
        }
        let node = self.maker(place)?;
        let inputs: Vec<Option<Tensor>> = node
            .inputs
            .iter()
            .map(|input| match input {
                Some(input) => self.evaluate(*input, known).map(Some),
                None => Some(None),
            })
            .collect::<Option<_>>()?;
        let inputs: Vec<Option<&Tensor>> = inputs.iter().map(Option::as_ref).collect();
        let made = kernel::evaluate(&node.op, &Inputs(&inputs), node.outputs.len()).ok()?;
        let at = node.outputs.iter().position(|output| *output == Some(place))?;
        let tensor = made.into_iter().nth(at)?;
        known.insert(place, tensor.clone());
        Some(tensor)
    }

    pub fn of(&self, place: usize, root: usize, value: &Tensor) -> Option<Tensor> {
        self.evaluate(place, &mut HashMap::from([(root, value.clone())]))
    }

    pub fn dims(&self, place: usize) -> &[usize] {
        self.trace.facts.get(place).and_then(Option::as_ref).map_or(&[], |fact| &fact.dims)
    }
}

/// What a function may be that has these values: those with parameters as far as values tell them.
fn candidates(grid: &[f64], found: &[f64]) -> Vec<Unary> {
    let mut all = vec![
        Unary::Gelu,
        Unary::GeluTanh,
        Unary::Silu,
        Unary::Sigmoid,
        Unary::HardSwish,
        Unary::Mish,
        Unary::Softplus,
    ];
    let at = |wanted: f64| {
        let near = |x: &&(f64, f64)| (x.0 - wanted).abs() < 0.125;
        grid.iter().copied().zip(found.iter().copied()).collect::<Vec<_>>().iter().find(near).copied()
    };
    if let (Some((x, y)), Some((low, z))) = (at(1.0), at(-5.0)) {
        // y = x·σ(a·x)
        let share = y / x;
        if share > 0.5 && share < 1.0 {
            // To as many digits as constants have that people write.
            let steepness = ((share / (1.0 - share)).ln() / x * 1e5).round() / 1e5;
            all.push(Unary::Swish(steepness));
        }
        let c = y / x;
        // The identity is no activation.
        if (y - x).abs() > NEAR || (z - low).abs() > NEAR {
            all.push(Unary::LeakyRelu(z / low));
            all.push(Unary::Elu(z / low.exp_m1(), 1.0, c));
        }
    }
    all
}

impl Trace {
    /// The same with operators for what is spelt out.
    pub fn fused(mut self) -> Self {
        // Ensembles of trees have an arithmetic of their own around them, which is recognised as it is.
        if self.nodes.iter().any(|node| matches!(node.op, Op::Trees(_))) {
            return self;
        }
        self.lengths();
        // Which node makes a value stays as it is.
        let makers = self.makers();
        self.paired(&makers);
        for index in (0..self.nodes.len()).rev() {
            if let Some((unary, root)) = self.activation(index, &makers) {
                let node = &mut self.nodes[index];
                node.op = Op::Unary(unary);
                node.inputs = vec![Some(root)];
            }
        }
        for index in 0..self.nodes.len() {
            if let Some(found) = self.normalised(index, &makers) {
                let mut place = |values: Vec<f64>| {
                    let tensor = Arc::new(Tensor::vector(values));
                    let dims = tensor.dims().to_vec();
                    let path = self.nodes[found.node].path.clone();
                    let constant = Some(Constant { tensor, path });
                    self.facts.push(Some(Fact { dims, kind: Kind::Real, constant }));
                    Some(self.facts.len() - 1)
                };
                let (scale, bias) = (place(found.scale), place(found.bias));
                let node = &mut self.nodes[found.node];
                node.op = Op::LayerNormalization { axis: -1, epsilon: found.epsilon };
                node.inputs = vec![Some(found.root), scale, bias];
            } else if let Some(found) = self.normalised_over(index, &makers) {
                let path = self.nodes[found.node].path.clone();
                let mut place = |tensor: Tensor| {
                    let dims = tensor.dims().to_vec();
                    let constant = Some(Constant { tensor: Arc::new(tensor), path: path.clone() });
                    self.facts.push(Some(Fact { dims, kind: Kind::Real, constant }));
                    Some(self.facts.len() - 1)
                };
                let inputs = vec![Some(found.root), place(found.scale), place(found.bias)];
                let node = &mut self.nodes[found.node];
                (node.op, node.inputs) = (found.op, inputs);
            }
        }
        self
    }

    /// Divisions by lengths as normalisations: x / √(Σx²) is that of the root of the mean square, less a factor.
    fn lengths(&mut self) {
        for index in 0..self.nodes.len() {
            let node = &self.nodes[index];
            let (Op::LpNormalization { axis: along }, Some(place)) = (&node.op, node.inputs[0]) else {
                continue;
            };
            let dims = self.facts.get(place).and_then(Option::as_ref).map(|fact| fact.dims.clone());
            let Some(dims) = dims else { continue };
            let Ok(along) = axis(*along, dims.len()) else { continue };
            #[expect(clippy::cast_precision_loss, reason = "a dimension")]
            let scale = 1.0 / (dims[along] as f64).sqrt();
            let constant = Constant { tensor: Arc::new(Tensor::scalar(scale)), path: node.path.clone() };
            self.facts.push(Some(Fact { dims: Vec::new(), kind: Kind::Real, constant: Some(constant) }));
            let scale = self.facts.len() - 1;
            let node = &mut self.nodes[index];
            node.op = Op::Normalization { axes: vec![along], epsilon: 0.0, mean: false };
            node.inputs = vec![Some(place), Some(scale)];
        }
    }

    fn makers(&self) -> HashMap<usize, usize> {
        let each = self.nodes.iter().enumerate();
        each.flat_map(|(index, node)| node.outputs.iter().flatten().map(move |place| (*place, index)))
            .collect()
    }

    /// The activation that a node ends, and of what.
    fn activation(&self, index: usize, makers: &HashMap<usize, usize>) -> Option<(Unary, usize)> {
        let node = &self.nodes[index];
        let ends = matches!(
            node.op,
            Op::Nary(Nary::Mul | Nary::Div | Nary::Add | Nary::Sub)
                | Op::Unary(Unary::Reciprocal)
                | Op::Where
        );
        let place = node.outputs.first().copied().flatten().filter(|_| ends)?;
        let part = Part { trace: self, makers, allowed: piecewise, single: true };
        let (values, nodes) = part.behind(place);
        let curved = |op: &Op| {
            matches!(op, Op::Unary(Unary::Erf | Unary::Tanh | Unary::Sigmoid | Unary::Exp | Unary::Softplus))
                || *op == Op::Where
        };
        if !nodes.iter().any(|node| curved(&self.nodes[*node].op)) {
            return None;
        }
        let grid: Vec<f64> = (-24..=24).map(|x| f64::from(x) / 4.0 + 1.0 / 32.0).collect();
        let x = Tensor::vector(grid.clone());
        for root in values.into_iter().skip(1).filter(|root| part.dims(*root) == part.dims(place)) {
            let Some(found) = part.of(place, root, &x) else { continue };
            let Ok(found) = found.reals() else { continue };
            if found.len() != grid.len() {
                continue;
            }
            let is =
                |unary: &Unary| grid.iter().zip(found.iter()).all(|(x, y)| (unary.of(*x) - y).abs() < NEAR);
            if let Some(unary) = candidates(&grid, &found).into_iter().find(is) {
                return Some((unary, root));
            }
        }
        None
    }

    /// The normalisation whose root a node takes.
    fn normalised(&self, index: usize, makers: &HashMap<usize, usize>) -> Option<Normalised> {
        let Spelt { part, values, epsilons, after, .. } = self.spelt(index, makers)?;
        for node in after.into_iter().rev() {
            let Some(place) = self.nodes[node].outputs.first().copied().flatten() else { continue };
            for root in values.iter().skip(1).filter(|root| part.dims(**root) == part.dims(place)) {
                for epsilon in &epsilons {
                    if let Some((scale, bias)) = part.normalises(place, *root, *epsilon) {
                        return Some(Normalised { node, root: *root, epsilon: *epsilon, scale, bias });
                    }
                }
            }
        }
        None
    }
}

/// A normalisation over the last dimension that is spelt out: where it ends, what it takes.
struct Normalised {
    node: usize,
    root: usize,
    epsilon: f64,
    scale: Vec<f64>,
    bias: Vec<f64>,
}

impl Part<'_> {
    /// What `op` makes of numbers drawn around 0, and what stands at `place` if `root` has them; nothing if that is of another shape.
    pub(super) fn tried(
        &self,
        place: usize,
        root: usize,
        op: &Op,
        state: &mut u64,
        size: f64,
    ) -> Option<(Vec<f64>, Vec<f64>)> {
        let dims = self.dims(root).to_vec();
        let mut draw = || {
            *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            #[expect(clippy::cast_precision_loss, reason = "31 bits")]
            let x = (*state >> 33) as f64;
            (x / f64::from(1_u32 << 30) - 0.9) * size
        };
        let x = Tensor::real(dims.clone(), (0..dims.iter().product()).map(|_| draw()).collect()).ok()?;
        let z = kernel::evaluate(op, &Inputs(&[Some(&x)]), 1).ok()?.into_iter().next()?;
        let y = self.of(place, root, &x)?;
        (y.dims() == dims).then_some(())?;
        Some((z.reals().ok()?.into_owned(), y.reals().ok()?.into_owned()))
    }

    /// Scale and bias of each channel, if `place` is a normalisation of `root`.
    fn normalises(&self, place: usize, root: usize, epsilon: f64) -> Option<(Vec<f64>, Vec<f64>)> {
        let dims = self.dims(root).to_vec();
        let (count, width) = (dims.iter().product::<usize>(), *dims.last()?);
        if width < 2 || count > MAX_TRIED {
            return None;
        }
        let mut state = 1_u64;
        let layer = Op::LayerNormalization { axis: -1, epsilon };
        let mut tried = |size: f64| self.tried(place, root, &layer, &mut state, size);
        let (first, second) = (tried(1.0)?, tried(1.0)?);
        let channel = |c: usize| {
            let apart = |place: &usize| (first.0[*place] - second.0[*place]).abs();
            let most = (c..count).step_by(width).max_by(|a, b| apart(a).total_cmp(&apart(b)))?;
            let scale = (first.1[most] - second.1[most]) / (first.0[most] - second.0[most]);
            (scale.is_finite() && apart(&most) > 1e-3)
                .then_some((scale, first.1[most] - scale * first.0[most]))
        };
        let (scale, bias): (Vec<f64>, Vec<f64>) =
            (0..width).map(channel).collect::<Option<Vec<_>>>()?.into_iter().unzip();
        // Small ones tell epsilons apart.
        let small = tried(epsilon.sqrt().max(1e-3))?;
        let is = |(z, y): &(Vec<f64>, Vec<f64>)| {
            z.iter().zip(y).enumerate().all(|(place, (z, y))| {
                let (scale, bias) = (scale[place % width], bias[place % width]);
                (scale * z + bias - y).abs() <= 10.0 * NEAR * (1.0 + scale.abs() + bias.abs())
            })
        };
        let all = [first, second, small];
        (scale.iter().any(|scale| *scale != 0.0) && all.iter().all(is)).then_some((scale, bias))
    }
}
