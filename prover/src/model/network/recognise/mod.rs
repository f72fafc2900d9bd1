//! Which dense network a trace is.

mod finish;
mod stages;

use std::collections::HashMap;
use std::rc::Rc;

use foldproof_circuits::model::MAX_WIDTH;

use super::hinges;
use super::linear::Linear;
use super::probe::{self, Operand};
use super::{Affine, Dense, Network, Tail};
use crate::input::InputError;
use crate::model::graph::op::{Labels, Linear as Scores, Nary, Op, Post, Reduce, Unary};
use crate::model::graph::tensor::Tensor;
use crate::model::graph::trace::{Fact, Trace};
use crate::model::graph::trees::isolation::IsolationForest;
use crate::model::graph::{Constant, Node, Wrong};

pub const ADVICE: &str = "export a dense network: docs/model-import.md says what one may consist of";
/// What there may be between input and output.
const DENSE: &str = "an operator of a dense network: products with constant matrices, affine operators, ReLU and other \
                     activations of straight lines, and Sigmoid, Softmax or LogSoftmax at the end";
/// Most nodes of a dense network once constants are folded.
const MAX_NODES: usize = 512;

/// A vector that others are affine maps of.
struct Base {
    width: usize,
    kind: Stage,
}

enum Stage {
    Input,
    /// The input, scaled and shifted.
    Normalised(Affine),
    Layer {
        parent: usize,
        dense: Rc<Dense>,
    },
    /// Of logits that a layer gives out. The path of the node that made them so.
    Probability {
        logits: Map,
        tail: Tail,
        path: String,
    },
    /// Of the reconstruction's difference to what it is compared with.
    Squares {
        reconstruction: Map,
        compared: Affine,
    },
}

/// An affine map of a base.
#[derive(Clone)]
struct Map {
    base: usize,
    linear: Rc<Linear>,
    /// Whether there is a product in it, which the next one does not join.
    product: bool,
}

#[derive(Clone)]
enum Value {
    Map(Map),
    Difference {
        reconstruction: Map,
        compared: Affine,
    },
    /// The name or index of a class. The path of the node that chose it.
    Label(String),
}

struct Recogniser<'a> {
    facts: &'a [Option<Fact>],
    bases: Vec<Base>,
    values: HashMap<usize, Value>,
    labels: Option<Labels>,
}

/// Reads the network out of a trace.
pub fn network(trace: Trace) -> Result<Network, InputError> {
    let wrong = |expected: &str, found: &str| InputError::new("output", expected, found, ADVICE);
    let fact = |place: usize| trace.facts.get(place).and_then(Option::as_ref);
    let width = fact(trace.input).map_or(0, |fact| fact.dims.iter().product());
    if trace.nodes.len() > MAX_NODES {
        let found = trace.nodes.len().to_string();
        return Err(wrong(&format!("a dense network, of at most {MAX_NODES} nodes"), &found));
    }
    if fact(trace.output).is_some_and(|fact| fact.constant.is_some()) {
        return Err(wrong("an output that depends on the input", "a constant"));
    }
    let mut recogniser = Recogniser {
        facts: &trace.facts,
        bases: vec![Base { width, kind: Stage::Input }],
        values: HashMap::new(),
        labels: None,
    };
    let identity = Map { base: 0, linear: Rc::new(Linear::identity(width)), product: false };
    recogniser.values.insert(trace.input, Value::Map(identity));
    // Maps between wide layers are large: each is kept until its last use.
    let mut uses: HashMap<usize, usize> = HashMap::from([(trace.output, 1)]);
    for place in trace.nodes.iter().flat_map(|node| node.inputs.iter().flatten()) {
        *uses.entry(*place).or_default() += 1;
    }
    for node in &trace.nodes {
        recogniser.node(node).map_err(|wrong| {
            let advice = wrong.advice.unwrap_or(ADVICE);
            InputError::new(&node.path, wrong.expected, wrong.found, advice)
        })?;
        for place in node.inputs.iter().flatten() {
            let left = uses.entry(*place).or_default();
            *left = left.saturating_sub(1);
            if *left == 0 {
                recogniser.values.remove(place);
            }
        }
    }
    match recogniser.values.remove(&trace.output) {
        Some(Value::Map(map)) => recogniser.finish(map),
        Some(Value::Difference { .. }) => {
            Err(wrong("logits, probabilities or a score", "a difference to the reconstruction"))
        }
        Some(Value::Label(path)) => {
            let found = format!("the name or index of a class, of {path}");
            Err(wrong("logits, probabilities or a score", &found))
        }
        None => Err(wrong("the output of a node", "another value")),
    }
}

/// Refuses what is read and evaluated, but is no dense network, by its own name.
pub(super) fn not_dense(nodes: &[Node]) -> Result<(), InputError> {
    for node in nodes {
        let found = match node.op {
            Op::Recurrent(_) => "a recurrent layer",
            Op::Trees(_) if IsolationForest::resembles(nodes) => "an isolation forest",
            Op::Trees(_) => "an ensemble of decision trees",
            _ => continue,
        };
        let advice =
            "it is read, but not proved yet: export a dense network, which docs/model-import.md describes";
        return Err(Wrong::with(DENSE, found, advice).at(&node.path));
    }
    Ok(())
}

impl Recogniser<'_> {
    fn node(&mut self, node: &Node) -> Result<(), Wrong> {
        let mut depends = Vec::new();
        let mut values = Vec::new();
        for place in &node.inputs {
            let value = place.and_then(|place| self.values.get(&place).cloned());
            depends.push(value.is_some());
            values.push(value);
        }
        self.check_constants(node, &values)?;
        let places: Vec<usize> = node.outputs.iter().flatten().copied().collect();
        let made = self.value(node, &values, &depends)?;
        let all = node.outputs.iter().zip(made);
        all.filter_map(|(place, value)| place.map(|place| (place, value))).for_each(|(place, value)| {
            self.values.insert(place, value);
        });
        match places.iter().all(|place| self.values.contains_key(place)) {
            true => Ok(()),
            false => Err(Wrong::new(DENSE, "outputs of another number")),
        }
    }

    /// Numbers that a network is made of have to be numbers. Bounds of a Clip may be infinite.
    fn check_constants(&self, node: &Node, values: &[Option<Value>]) -> Result<(), Wrong> {
        if matches!(node.op, Op::Clip { .. } | Op::Nary(Nary::Max | Nary::Min)) {
            return Ok(());
        }
        for (place, _) in node.inputs.iter().zip(values).filter(|(_, value)| value.is_none()) {
            let Some(Constant { tensor, path }) = place.and_then(|place| self.constant(place)) else {
                continue;
            };
            if let Some(x) = tensor.first_not_finite() {
                return Err(Wrong::with(
                    "finite numbers",
                    format!("{x} in {path}"),
                    if path.starts_with("initializer") {
                        "a training that diverged leaves such weights: look at the training; exporting again does not help"
                    } else {
                        "look for divisions by 0, or a negative variance"
                    },
                ));
            }
        }
        Ok(())
    }

    fn fact(&self, place: usize) -> Option<&Fact> {
        self.facts.get(place).and_then(Option::as_ref)
    }

    fn constant(&self, place: usize) -> Option<&Constant> {
        self.fact(place).and_then(|fact| fact.constant.as_ref())
    }

    fn dims(&self, place: Option<usize>) -> &[usize] {
        place.and_then(|place| self.fact(place)).map_or(&[], |fact| &fact.dims)
    }

    /// What the outputs of a node are.
    fn value(
        &mut self,
        node: &Node,
        values: &[Option<Value>],
        depends: &[bool],
    ) -> Result<Vec<Value>, Wrong> {
        let maps: Vec<&Map> = values
            .iter()
            .flatten()
            .filter_map(|v| if let Value::Map(map) = v { Some(map) } else { None })
            .collect();
        let given = depends.iter().filter(|depends| **depends).count();
        if maps.len() == given
            && node.op.is_affine(depends)
            && let Some(first) = maps.first()
            && maps.iter().all(|map| map.base == first.base)
        {
            let op = node.op.clone();
            if let Op::ZipMap(labels) = &op {
                self.labels.get_or_insert_with(|| labels.clone());
            }
            return Ok(self.affine(node, &op, values)?.into_iter().map(Value::Map).collect());
        }
        let constants: Vec<Option<&Tensor>> = {
            let others = node.inputs.iter().zip(depends).filter(|(_, depends)| !**depends);
            others
                .map(|(place, _)| place.and_then(|place| self.constant(place)).map(|c| &*c.tensor))
                .collect()
        };
        match (&node.op, values) {
            (Op::Nary(Nary::Sub), [Some(Value::Map(a)), Some(Value::Map(b))]) => {
                self.difference(a, b).map(|value| vec![value])
            }
            (Op::Nary(Nary::Mul), [Some(Value::Difference { .. }), Some(Value::Difference { .. })])
                if node.inputs.first() == node.inputs.get(1) =>
            {
                Ok(vec![Value::Map(self.squares(values)?)])
            }
            (Op::Nary(Nary::Pow), [Some(Value::Difference { .. }), None]) if matches!(constants[..], [Some(two)] if two.single() == Ok(2.0)) => {
                Ok(vec![Value::Map(self.squares(values)?)])
            }
            (
                Op::Reduce { kind: Reduce::SumSquare, axes, keep, noop },
                [Some(Value::Difference { .. }), ..],
            ) => {
                let sum = Op::Reduce { kind: Reduce::Sum, axes: axes.clone(), keep: *keep, noop: *noop };
                let mut rest = values.to_vec();
                rest[0] = Some(Value::Map(self.squares(values)?));
                Ok(self.affine(node, &sum, &rest)?.into_iter().map(Value::Map).collect())
            }
            (Op::Unary(Unary::Sigmoid), [Some(Value::Map(map))]) => {
                Ok(vec![self.probability(node, map.clone(), Tail::Sigmoid)?])
            }
            (Op::Softmax { axis, log, flat }, [Some(Value::Map(map))]) => {
                let dims = self.dims(node.inputs.first().copied().flatten());
                let rank = i64::try_from(dims.len()).unwrap_or_default();
                let at = usize::try_from(if *axis < 0 { axis + rank } else { *axis }).unwrap_or(dims.len());
                let from = dims.get(at..).unwrap_or_default();
                let along: usize =
                    if *flat { from.iter().product() } else { from.first().copied().unwrap_or(0) };
                if along != dims.iter().product::<usize>() || (at == 0 && dims.len() > 1) {
                    return Err(Wrong::new("axis = -1 or 1, that of the features", axis.to_string()));
                }
                let tail = if *log { Tail::LogSoftmax } else { Tail::Softmax };
                Ok(vec![self.probability(node, map.clone(), tail)?])
            }
            (Op::LinearClassifier(scores, labels), [Some(Value::Map(_))]) => {
                self.labels.get_or_insert_with(|| labels.clone());
                let plain = Scores { post: Post::None, ..scores.clone() };
                let logits = self.affine(node, &Op::LinearClassifier(plain, labels.clone()), values)?;
                let Some(logits) = logits.into_iter().nth(1) else {
                    return Err(Wrong::new("scores", "none"));
                };
                let scores = match scores.post {
                    Post::None => Value::Map(logits),
                    Post::Logistic => self.probability(node, logits, Tail::Sigmoid)?,
                    Post::Softmax => self.probability(node, logits, Tail::Softmax)?,
                };
                Ok(vec![Value::Label(node.path.clone()), scores])
            }
            (Op::Normalizer(norm), [Some(Value::Map(map))]) => {
                self.normalizer(*norm, map).map(|value| vec![value])
            }
            (Op::ArgMax { .. } | Op::Binarizer(_), _) => Ok(vec![Value::Label(node.path.clone())]),
            _ => {
                // What becomes of a label stays one: only an output of its own would be of interest.
                if let Some(Value::Label(path)) =
                    values.iter().flatten().find(|v| matches!(v, Value::Label(_)))
                {
                    return Ok(vec![Value::Label(path.clone()); node.outputs.len()]);
                }
                let mut dependent = node.inputs.iter().zip(values).filter(|(_, value)| value.is_some());
                if let (Some((place, Some(Value::Map(map)))), None) = (dependent.next(), dependent.next())
                    && let Some(hinges) = hinges::of(&node.op, &constants, self.dims(*place))?
                {
                    return Ok(vec![Value::Map(self.bend(map, &hinges)?)]);
                }
                Err(self.refuse(node, values))
            }
        }
    }

    fn refuse(&self, node: &Node, values: &[Option<Value>]) -> Wrong {
        let name = |value: &Value| match value {
            Value::Map(map) => match self.bases[map.base].kind {
                Stage::Probability { .. } => "probabilities",
                Stage::Squares { .. } => "squared differences",
                _ if map.product => "a layer's output",
                Stage::Input | Stage::Normalised(_) => "the input",
                Stage::Layer { .. } => "a layer's output",
            },
            Value::Difference { .. } => "a difference to the reconstruction",
            Value::Label(_) => "the name or index of a class",
        };
        let of: Vec<&str> = values.iter().flatten().map(name).collect();
        let operator = node.path.rsplit_once('(').map_or("", |(_, op)| op.trim_end_matches(')'));
        Wrong::new(DENSE, format!("{operator} of {}", of.join(" and ")))
    }

    /// The maps of an affine node whose inputs have one base.
    fn affine(&mut self, node: &Node, op: &Op, values: &[Option<Value>]) -> Result<Vec<Map>, Wrong> {
        let mut maps: Vec<Option<Map>> = Vec::new();
        for value in values {
            maps.push(match value {
                Some(Value::Map(map)) => Some(map.clone()),
                _ => None,
            });
        }
        if op.is_product() {
            for map in maps.iter_mut().flatten() {
                if let Stage::Probability { path, tail, .. } = &self.bases[map.base].kind {
                    let found = format!("{} at {path}, and a layer after it", tail.name());
                    return Err(Wrong::new("Sigmoid or Softmax at the end alone", found));
                }
                *map = if map.product { self.layer(map, None)? } else { self.ground(map)? };
            }
        }
        let base = maps.iter().flatten().next().map_or(0, |map| map.base);
        let product = op.is_product() || maps.iter().flatten().any(|map| map.product);
        let width = self.bases[base].width;
        let mut operands = Vec::new();
        for (place, map) in node.inputs.iter().zip(&maps) {
            operands.push(match (map, place) {
                (Some(map), _) => Operand::Map(&map.linear, self.dims(*place)),
                (None, None) => Operand::Missing,
                (None, Some(place)) => match self.constant(*place) {
                    Some(constant) => Operand::Constant(&constant.tensor),
                    None => return Err(Wrong::new("a constant", "a value that depends on the input")),
                },
            });
        }
        let outputs: usize =
            node.outputs.iter().flatten().map(|p| self.dims(Some(*p)).iter().product::<usize>()).sum();
        if outputs > 2 * usize::from(MAX_WIDTH) || width > usize::from(MAX_WIDTH) {
            let most = MAX_WIDTH;
            return Err(Wrong::new(
                format!("a matrix of at most {most} by {most}"),
                format!("{outputs} by {width}"),
            ));
        }
        let linear = probe::maps(op, &operands, width, node.outputs.len())?;
        let made: Vec<Map> =
            linear.into_iter().map(|linear| Map { base, linear: Rc::new(linear), product }).collect();
        for linear in made.iter().map(|map| &map.linear) {
            let numbers = linear.rows.iter().flatten().map(|(_, factor)| factor).chain(&linear.shift);
            if let Some(x) = numbers.copied().find(|x| !x.is_finite()) {
                let advice = "look for divisions by 0, or a negative variance";
                return Err(Wrong::with("finite numbers once operators are folded", x.to_string(), advice));
            }
        }
        Ok(made)
    }
}

/// A diagonal map as scale and shift.
fn diagonal(linear: &Linear) -> Affine {
    let scale = linear.rows.iter().map(|row| row.first().map_or(0.0, |(_, factor)| *factor)).collect();
    Affine { scale, shift: linear.shift.clone() }
}
