//! Node by node from the trace to the integer graph: linear layers, and what only moves elements.

use std::rc::Rc;

use foldproof_circuits::graph::MAX_OPERANDS;

use super::attention::{LEFT_OUT, moves};
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
                         ReduceMean, ReduceMax, ReduceMin, MatMul and Einsum of two values, Softmax, LayerNormalization, RMSNormalization, \
                         GroupNormalization, InstanceNormalization, Gelu, SiLU, Elu, Selu, HardSwish, Gather by tokens, OneHot, Where by \
                         constants, what moves elements, or an ensemble of trees on the input";

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

    /// Whether what a node takes are integers already.
    fn is_whole(&self, node: &Node) -> bool {
        let place = node.inputs.first().copied().flatten().unwrap_or_default();
        let fact = self.trace.facts.get(place).and_then(Option::as_ref);
        let tokens = || match self.values.get(&place).map(|value| &value.body) {
            Some(Body::Raw(raw)) => raw.places.iter().all(|place| self.whole.contains(place)),
            _ => false,
        };
        fact.is_some_and(|fact| matches!(fact.kind, Kind::Whole | Kind::Bool)) || tokens()
    }

    /// Lowers a node.
    pub(super) fn node(&mut self, node: &Node) -> Result<(), InputError> {
        let known = |place: &usize| self.values.contains_key(place);
        if node.outputs.iter().flatten().all(known) {
            // A bias that the layer before has been given.
            return Ok(());
        }
        if self.token(node)? || self.curved(node)? || self.distance(node)? || self.counted(node)? {
            return Ok(());
        }
        match &node.op {
            Op::Recurrent(op) => self.recurrent(node, op),
            Op::Softmax { log: false, .. } => self.softmax(node),
            Op::LayerNormalization { .. }
            | Op::RmsNormalization { .. }
            | Op::GroupNormalization { .. }
            | Op::Normalization { .. } => self.normalisation(node),
            Op::Where => self.chosen(node),
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
            Op::Cast(Kind::Whole) if !self.is_whole(node) => {
                self.refuse(node, "a Cast of numbers to integers: only tokens of the input may be integers")
            }
            Op::Cast(Kind::Real | Kind::Whole) | Op::Concat { .. } => self.moved(node),
            op if moves(op) => self.moved(node),
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

    /// Rows of a layer and constant ones, one after another: a layer whose bias differs between positions.
    fn joined(&mut self, node: &Node) -> Result<Option<Sums>, InputError> {
        let Some(output) = node.outputs.first().copied().flatten() else { return Ok(None) };
        let (mut parts, mut pool, mut first) = (Vec::new(), Vec::new(), None);
        for (index, place) in node.inputs.iter().enumerate() {
            let Some(place) = *place else { continue };
            parts.push((index, self.dims(place), pool.len()));
            match self.trace.constant(place).map(|tensor| tensor.reals().map(|reals| reals.into_owned())) {
                Some(reals) => pool.extend(reals.map_err(|wrong| wrong.at(&node.path))?.into_iter().map(Err)),
                None => match self.values.get(&place).map(|value| &value.body) {
                    Some(Body::Sums(sums)) if first.is_none() && sums.order.is_none() => {
                        pool.extend((0..sums.positions * sums.bias.len()).map(Ok));
                        first = Some(Rc::clone(sums));
                    }
                    _ => return Ok(None),
                },
            }
        }
        let Some(sums) = first.filter(|sums| sums.operands.len() < MAX_OPERANDS) else { return Ok(None) };
        let found =
            self.places(node, &parts)?.into_iter().next().map(|(_, places)| places).unwrap_or_default();
        let outputs = sums.bias.len();
        if outputs == 0 || !found.len().is_multiple_of(outputs) {
            return Ok(None);
        }
        let mut made = Sums {
            operands: sums.operands.iter().map(|(_, inputs)| (Vec::new(), *inputs)).collect(),
            offsets: Vec::new(),
            positions: found.len() / outputs,
            place: output,
            path: node.path.clone(),
            scaled: false,
            roots: None,
            ..(*sums).clone()
        };
        let zeros = self.b.zeros(1)?;
        for row in found.chunks(outputs) {
            let own: Vec<Result<usize, f64>> = row.iter().map(|place| pool[*place]).collect();
            let constants: Option<Vec<f64>> = own.iter().map(|x| x.as_ref().err().copied()).collect();
            let operands = made.operands.iter_mut().zip(&sums.operands);
            if let Some(constants) = constants {
                // Inputs of 0 as the first position has it.
                let mut bias = sums.bias.clone();
                for (((to, _), (from, inputs)), weights) in operands.zip(&sums.weights) {
                    let blank = |e: &Element| Element { tensor: zeros, place: 0, ..*e };
                    to.extend(from.iter().take(*inputs).map(blank));
                    for (bias, row) in bias.iter_mut().zip(weights) {
                        *bias += row.iter().zip(from).map(|(w, e)| w * e.shift).sum::<f64>();
                    }
                }
                made.offsets.extend(constants.iter().zip(&bias).map(|(constant, bias)| constant - bias));
                continue;
            }
            let whole: Option<Vec<usize>> = own.into_iter().map(Result::ok).collect();
            let Some(position) = whole
                .filter(|row| row[0] % outputs == 0)
                .filter(|row| row.iter().enumerate().all(|(o, place)| *place == row[0] + o))
            else {
                return Ok(None);
            };
            let position = position[0] / outputs;
            for ((to, _), (from, inputs)) in operands {
                to.extend(&from[position * inputs..(position + 1) * inputs]);
            }
            let old = sums.offsets.get(position * outputs..(position + 1) * outputs);
            made.offsets.extend(old.map_or_else(|| vec![0.0; outputs], <[f64]>::to_vec));
        }
        Ok(Some(made))
    }

    /// What only moves elements: found out by moving their numbers.
    fn moved(&mut self, node: &Node) -> Result<(), InputError> {
        let outputs: Vec<usize> = node.outputs.iter().flatten().copied().collect();
        if let Some((0, place)) = self.only(node)
            && !matches!(node.op, Op::Concat { .. })
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
                Body::Scores(_) | Body::Forest(_) if found.len() == 1 && same(&found[0].1) => {
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
        if let Some(sums) = self.joined(node)? {
            self.set(node, Body::Sums(Rc::new(sums)));
            return Ok(());
        }
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
    pub(super) fn places(
        &self,
        node: &Node,
        parts: &[(usize, Vec<usize>, usize)],
    ) -> Result<Vec<Places>, InputError> {
        let numbered = |(dims, first): (&Vec<usize>, usize)| {
            let count: usize = dims.iter().product();
            let numbers = (first..first + count).map(|x| i64::try_from(x).unwrap_or(0)).collect();
            Tensor::new(dims.clone(), Data::Whole(numbers))
        };
        let numbered = parts.iter().map(|(index, dims, first)| Ok((*index, numbered((dims, *first))?)));
        let numbered: Vec<(usize, Tensor)> =
            numbered.collect::<Result<_, Wrong>>().map_err(|wrong| wrong.at(&node.path))?;
        let op = if let Op::Cast(_) = node.op { &Op::Identity { training: None } } else { &node.op };
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
        let (mut shift, plus, minus) = found.map_err(|wrong| wrong.at(&node.path))?;
        let mut scale: Vec<f64> = plus.iter().zip(&minus).map(|(a, b)| (a - b) / 2.0).collect();
        // A mask is so low that what it is added to is lost.
        if node.op == Op::Nary(Nary::Add) && shift.iter().any(|shift| *shift <= -LEFT_OUT) {
            scale.iter_mut().for_each(|scale| *scale = 1.0);
            shift.iter_mut().for_each(|shift| *shift = shift.max(f64::MIN));
        }
        if scale.iter().chain(&shift).any(|x| !x.is_finite()) {
            return self.refuse(node, "a constant that is not finite");
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
                if per_output(&scale) && shift.iter().all(|shift| shift.abs() < LEFT_OUT) {
                    let mut sums = (*sums).clone();
                    if !per_output(&shift) || !sums.offsets.is_empty() {
                        sums.offsets.resize(shift.len(), 0.0);
                        let added = shift.iter().enumerate().map(|(i, x)| x - shift[i % outputs]);
                        sums.offsets
                            .iter_mut()
                            .zip(&scale)
                            .zip(added)
                            .for_each(|((x, scale), added)| *x = *x * scale + added);
                    }
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
            Some(Body::Scores(scores)) if same => {
                let first = scale.first().copied().unwrap_or(1.0);
                let alike = scale.iter().all(|x| (x - first).abs() <= 1e-12 * first.abs());
                if alike && first > 0.0 {
                    let mut scores = (*scores).clone();
                    scores.scale *= first;
                    if shift.iter().any(|x| *x != 0.0) || !scores.mask.is_empty() {
                        scores.mask.resize(shift.len(), 0.0);
                        scores.mask.iter_mut().zip(&shift).for_each(|(x, shift)| *x = *x * first + shift);
                    }
                    scores.place = output;
                    self.set(node, Body::Scores(Rc::new(scores)));
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
