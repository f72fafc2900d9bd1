//! Node by node from the trace to the integer graph: linear layers, and what only moves elements.

use std::rc::Rc;

use super::lowering::Lowering;
use super::value::{Body, Element, Raw, Sums, Value};
use crate::input::InputError;
use crate::model::graph::kernel::{self, Inputs};
use crate::model::graph::op::{Nary, Op, Unary};
use crate::model::graph::tensor::{Data, Kind, Tensor};
use crate::model::graph::{Node, Wrong};

const SUPPORTED: &str = "LSTM, GRU, Gemm, MatMul, Einsum, Conv and linear models by constants, MaxPool, AveragePool and both over all, Pad with a \
                         constant, BatchNormalization, Scaler, Add, Sub, Mul, \
                         Div by constants, Relu, LeakyRelu, PRelu, Abs, HardSigmoid, Clip, Min, Max, Sigmoid, Tanh, ReduceSum, \
                         ReduceMean, ReduceMax, ReduceMin, what moves elements, or an ensemble of trees on the input";

/// The dimensions of an output, and from where each of its elements comes.
type Places = (Vec<usize>, Vec<usize>);

/// Whether places are all of `count`, each once.
fn is_order(places: &[usize], count: usize) -> bool {
    let mut seen = vec![false; count];
    places.iter().for_each(|place| seen[*place] = true);
    places.len() == count && seen.into_iter().all(|seen| seen)
}

impl Lowering<'_> {
    /// Whether an input of a node depends on the input of the graph.
    pub(super) fn varies(&self, node: &Node, index: usize) -> bool {
        node.inputs.get(index).copied().flatten().is_some_and(|place| self.trace.constant(place).is_none())
    }

    pub(super) fn dims(&self, place: usize) -> Vec<usize> {
        self.trace.facts.get(place).and_then(Option::as_ref).map(|fact| fact.dims.clone()).unwrap_or_default()
    }

    pub(super) fn set(&mut self, node: &Node, body: Body) {
        if let Some(place) = node.outputs.first().copied().flatten() {
            let dims = self.dims(place);
            self.values.insert(place, Value { dims, body });
        }
    }

    /// The one input that depends on the data.
    pub(super) fn only(&self, node: &Node) -> Option<(usize, usize)> {
        let mut varying = (0..node.inputs.len()).filter(|index| self.varies(node, *index));
        match (varying.next(), varying.next()) {
            (Some(index), None) => Some((index, node.inputs[index]?)),
            _ => None,
        }
    }

    pub(super) fn refuse<T>(&self, node: &Node, found: &str) -> Result<T, InputError> {
        self.refuse_at(&node.path, found)
    }

    pub(super) fn refuse_at<T>(&self, path: &str, found: &str) -> Result<T, InputError> {
        Err(Wrong::with(SUPPORTED, found, super::ADVICE).at(path))
    }

    /// Lowers a node.
    pub(super) fn node(&mut self, node: &Node) -> Result<(), InputError> {
        match &node.op {
            Op::Recurrent(op) => self.recurrent(node, op),
            Op::Trees(trees) => self.trees(node, trees),
            Op::Conv { window, groups } => self.convolution(node, window, *groups),
            Op::Pool { window, pool } => self.pooled(node, window, *pool),
            Op::Global(kind) => self.global(node, *kind),
            Op::Pad { pads, value } => self.padded(node, pads.as_deref(), *value),
            Op::Gemm { .. }
            | Op::MatMul
            | Op::Einsum(_)
            | Op::LinearClassifier(..)
            | Op::LinearRegressor(_) => self.product(node),
            Op::Identity { .. }
            | Op::Cast(Kind::Real)
            | Op::Reshape { .. }
            | Op::Flatten { .. }
            | Op::Squeeze { .. }
            | Op::Unsqueeze { .. }
            | Op::Transpose { .. }
            | Op::Slice { .. }
            | Op::Gather { .. }
            | Op::Split { .. }
            | Op::Concat { .. }
            | Op::Expand => self.moved(node),
            Op::Unary(Unary::Neg)
            | Op::BatchNormalization { .. }
            | Op::Scaler { .. }
            | Op::Nary(Nary::Add | Nary::Sub | Nary::Mul | Nary::Div | Nary::Mean)
                if self.only(node).is_some_and(|(index, _)| index == 0 || node.op != Op::Nary(Nary::Div)) =>
            {
                self.affine(node)
            }
            _ => self.elementwise(node),
        }
    }

    /// What only moves elements: found out by moving their numbers.
    fn moved(&mut self, node: &Node) -> Result<(), InputError> {
        let outputs: Vec<usize> = node.outputs.iter().flatten().copied().collect();
        if let Some((0, place)) = self.only(node)
            && let Some(value) = self.values.get(&place).cloned()
        {
            let count = value.dims.iter().product::<usize>();
            let found = self.places(node, &[(0, value.dims.clone(), 0)])?;
            let same = |places: &[usize]| places.iter().copied().eq(0..count);
            let elements = match &value.body {
                Body::Raw(raw) => {
                    for (place, (dims, places)) in outputs.iter().zip(found) {
                        let pick = |values: &[f64]| places.iter().map(|i| values[*i]).collect();
                        let body = Body::Raw(Raw {
                            places: places.iter().map(|i| raw.places[*i]).collect(),
                            scale: pick(&raw.scale),
                            shift: pick(&raw.shift),
                            ..raw.clone()
                        });
                        self.values.insert(*place, Value { dims, body });
                    }
                    return Ok(());
                }
                // What is all there, in another order.
                Body::Sums(sums) if found.len() == 1 && is_order(&found[0].1, count) => {
                    let mut to = vec![0; count];
                    found[0].1.iter().enumerate().for_each(|(new, old)| to[*old] = new);
                    for (place, (dims, _)) in outputs.iter().zip(found) {
                        let order: Vec<usize> = (0..count).map(|index| to[sums.at(index)]).collect();
                        let in_order = order.iter().copied().eq(0..count);
                        let order = (!in_order).then_some(order);
                        let sums = Sums { order, place: *place, ..(**sums).clone() };
                        self.values.insert(*place, Value { dims, body: Body::Sums(Rc::new(sums)) });
                    }
                    return Ok(());
                }
                Body::Forest(_) if found.len() == 1 && same(&found[0].1) => {
                    for (place, (dims, _)) in outputs.iter().zip(found) {
                        self.values.insert(*place, Value { dims, body: value.body.clone() });
                    }
                    return Ok(());
                }
                _ => self.elements(place, &node.path)?,
            };
            for (place, (dims, places)) in outputs.iter().zip(found) {
                let body = Body::Known(places.iter().map(|i| elements[*i]).collect());
                self.values.insert(*place, Value { dims, body });
            }
            return Ok(());
        }
        let Op::Concat { .. } = node.op else {
            return self.refuse(node, "indices or sizes that depend on the data");
        };
        let (mut pool, mut parts) = (Vec::new(), Vec::new());
        for (index, place) in node.inputs.iter().enumerate() {
            let Some(place) = *place else { continue };
            parts.push((index, self.dims(place), pool.len()));
            match self.trace.constant(place).map(|tensor| tensor.reals().map(|reals| reals.into_owned())) {
                None => pool.extend(self.elements(place, &node.path)?),
                Some(reals) => {
                    let reals = reals.map_err(|wrong| wrong.at(&node.path))?;
                    let tensor = self.b.zeros(1)?;
                    let constant = |x: f64| Element { tensor, place: 0, scale: 0.0, shift: x };
                    pool.extend(reals.into_iter().map(constant));
                }
            }
        }
        let found = self.places(node, &parts)?;
        for (place, (dims, places)) in outputs.iter().zip(found) {
            let body = Body::Known(places.iter().map(|i| pool[*i]).collect());
            self.values.insert(*place, Value { dims, body });
        }
        Ok(())
    }

    /// Of each output of a node, from where its elements come: inputs, their dimensions, and the number of their first element.
    fn places(&self, node: &Node, parts: &[(usize, Vec<usize>, usize)]) -> Result<Vec<Places>, InputError> {
        let numbered = |(dims, first): (&Vec<usize>, usize)| {
            let count: usize = dims.iter().product();
            let numbers = (first..first + count).map(|x| i64::try_from(x).unwrap_or(0)).collect();
            Tensor::new(dims.clone(), Data::Whole(numbers))
        };
        let numbered = parts.iter().map(|(index, dims, first)| Ok((*index, numbered((dims, *first))?)));
        let numbered: Vec<(usize, Tensor)> =
            numbered.collect::<Result<_, Wrong>>().map_err(|wrong| wrong.at(&node.path))?;
        let op = if node.op == Op::Cast(Kind::Real) { &Op::Identity { training: None } } else { &node.op };
        let inputs: Vec<Option<&Tensor>> = (0..node.inputs.len())
            .map(|index| {
                let own = numbered.iter().find(|(place, _)| *place == index).map(|(_, tensor)| tensor);
                own.or_else(|| self.trace.given(node, index))
            })
            .collect();
        let made = kernel::evaluate(op, &Inputs(&inputs), node.outputs.len())
            .map_err(|wrong| wrong.at(&node.path))?;
        let named = made.into_iter().zip(&node.outputs).filter(|(_, name)| name.is_some());
        let of = |(tensor, _): (Tensor, _)| {
            let numbers = tensor.integers()?.iter().map(|x| usize::try_from(*x).unwrap_or(0)).collect();
            Ok((tensor.dims().to_vec(), numbers))
        };
        named.map(of).collect::<Result<_, Wrong>>().map_err(|wrong| wrong.at(&node.path))
    }

    /// Scale and shift of each element, found out by evaluating the node.
    fn affine(&mut self, node: &Node) -> Result<(), InputError> {
        let Some((varying, place)) = self.only(node) else { return self.refuse(node, "two inputs") };
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(()) };
        let (from, to) = (self.dims(place), self.dims(output));
        let count: usize = from.iter().product();
        let at = |x: f64| {
            let tensor = Tensor::real(from.clone(), vec![x; count])?;
            let inputs: Vec<Option<&Tensor>> = (0..node.inputs.len())
                .map(|index| if index == varying { Some(&tensor) } else { self.trace.given(node, index) })
                .collect();
            let made = kernel::evaluate(&node.op, &Inputs(&inputs), node.outputs.len())?;
            made.first().map_or_else(|| Ok(Vec::new()), |made| made.reals().map(|reals| reals.into_owned()))
        };
        let found = at(0.0).and_then(|zero| Ok((zero, at(1.0)?, at(-1.0)?)));
        let (shift, plus, minus) = found.map_err(|wrong| wrong.at(&node.path))?;
        let scale: Vec<f64> = plus.iter().zip(&minus).map(|(a, b)| (a - b) / 2.0).collect();
        if scale.iter().chain(&shift).any(|x| !x.is_finite()) {
            return self.refuse(node, "a constant that is no finite number");
        }
        let numbers = (0..count).map(|x| i64::try_from(x).unwrap_or(0)).collect();
        let numbers = Tensor::new(from.clone(), Data::Whole(numbers));
        let numbers = numbers.and_then(|numbers| {
            Ok(numbers.broadcast(&to)?.integers()?.iter().map(|x| usize::try_from(*x).unwrap_or(0)).collect())
        });
        let places: Vec<usize> = numbers.map_err(|wrong: Wrong| wrong.at(&node.path))?;
        let same = places.iter().copied().eq(0..count);
        match self.values.get(&place).map(|value| value.body.clone()) {
            Some(Body::Raw(raw)) if !raw.is_clipped() => {
                let of = |values: &[f64], k: usize| values[places[k]];
                let body = Body::Raw(Raw {
                    places: places.iter().map(|i| raw.places[*i]).collect(),
                    scale: (0..places.len()).map(|k| of(&raw.scale, k) * scale[k]).collect(),
                    shift: (0..places.len()).map(|k| of(&raw.shift, k) * scale[k] + shift[k]).collect(),
                    ..raw
                });
                self.set(node, body);
                return Ok(());
            }
            Some(Body::Sums(sums)) if same => {
                let outputs = sums.bias.len();
                let ordered =
                    |values: &[f64]| -> Vec<f64> { (0..count).map(|index| values[sums.at(index)]).collect() };
                let (scale, shift) = (ordered(&scale), ordered(&shift));
                let per_output = |values: &[f64]| {
                    values
                        .iter()
                        .zip(values.iter().skip(outputs))
                        .all(|(a, b)| (a - b).abs() <= 1e-12 * a.abs())
                };
                if per_output(&scale) && per_output(&shift) {
                    let mut sums = (*sums).clone();
                    for rows in &mut sums.weights {
                        for (row, scale) in rows.iter_mut().zip(&scale) {
                            row.iter_mut().for_each(|w| *w *= scale);
                        }
                    }
                    for ((bias, scale), shift) in sums.bias.iter_mut().zip(&scale).zip(&shift) {
                        *bias = *bias * scale + shift;
                    }
                    sums.place = output;
                    self.set(node, Body::Sums(Rc::new(sums)));
                    return Ok(());
                }
            }
            _ => {}
        }
        let elements = self.elements(place, &node.path)?;
        let made = places.iter().enumerate().map(|(k, i)| elements[*i].then(scale[k], shift[k]));
        self.set(node, Body::Known(made.collect()));
        Ok(())
    }
}
