//! Which isolation forest a trace is.
//!
//! The end of the graph, from the sum over the trees to the output, is matched node by node. What makes a leaf's number into its
//! part of the sum is evaluated for every leaf instead, and has to be what depth and samples of the leaf say: however it is
//! spelt, it is right.

use std::collections::HashMap;

use super::{Gives, IsolationForest, IsolationNode, IsolationTree, mean_depth};
use crate::input::InputError;
use crate::model::graph::kernel::{self, Inputs};
use crate::model::graph::op::{Compare, Nary, Op, Unary};
use crate::model::graph::tensor::{Kind, Tensor};
use crate::model::graph::trace::Trace;
use crate::model::graph::trees::{Aggregate, Mode, Node as TreeNode, Post, Precision, Tree, TreeEnsemble};
use crate::model::graph::{MAX_TOTAL, Node, Wrong};

const ADVICE: &str =
    "export scikit-learn's IsolationForest with skl2onnx, target_opset {'': 18, 'ai.onnx.ml': 3}";
/// Constants are float32: what is computed from them is nearer than this.
const NEAR: f64 = 2e-6;

/// What a value depends on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Owner {
    Input,
    /// Of the trees in the order of the graph, which.
    Tree(usize),
    Many,
}

struct Reader<'a> {
    trace: &'a Trace,
    /// The node that makes a value.
    makers: HashMap<usize, &'a Node>,
    owners: HashMap<usize, Owner>,
}

/// A tree as the graph has it.
struct Part<'a> {
    node: &'a Node,
    tree: &'a Tree,
    /// Of each feature of the tree, which of the input it is.
    features: Option<Vec<usize>>,
    /// What depends on this tree alone.
    nodes: Vec<&'a Node>,
}

impl IsolationForest {
    /// Whether nodes have more to do with an isolation forest than with another model: trees, and tables of what they give out.
    pub fn resembles(nodes: &[Node]) -> bool {
        let has = |of: fn(&Op) -> bool| nodes.iter().any(|node| of(&node.op));
        has(|op| matches!(op, Op::Trees(_))) && has(|op| matches!(op, Op::LabelEncoder(_)))
    }

    /// The isolation forest that a trace is, if it is one.
    ///
    /// # Errors
    /// What is not as scikit-learn's exporter writes it, with the node.
    pub fn of(trace: &Trace) -> Result<Self, InputError> {
        let reader = Reader::new(trace);
        let (gives, offset, sum, divisor) = reader.end(trace.output)?;
        let order = reader.summands(sum)?;
        let parts = reader.parts()?;
        let mut trees = Vec::new();
        let mut seen = vec![false; parts.len()];
        let mut psi: Option<u32> = None;
        for place in order {
            let Some(Owner::Tree(own)) = reader.owners.get(&place) else {
                return Err(reader.wrong(place, "a sum over the trees, of each once", "something else"));
            };
            let (Some(part), Some(seen)) = (parts.get(*own), seen.get_mut(*own)) else { continue };
            if std::mem::replace(seen, true) {
                return Err(reader.wrong(place, "a sum over the trees, of each once", "one twice"));
            }
            let (tree, samples) = reader.tree(part, place)?;
            trees.push(tree);
            if *psi.get_or_insert(samples) != samples {
                let expected = "trees of as many training samples each";
                return Err(reader.wrong(place, expected, &format!("{samples} and others")));
            }
        }
        if seen.contains(&false) || trees.is_empty() {
            return Err(reader.wrong(sum, "a sum over all trees", "one that leaves some out"));
        }
        let psi = psi.unwrap_or_default();
        #[expect(clippy::cast_precision_loss, reason = "a count of trees")]
        let expected = trees.len() as f64 * mean_depth(psi);
        if (divisor - expected).abs() > NEAR * expected {
            let expected = format!("the mean depth of {psi} samples times the trees, {expected}");
            return Err(reader.wrong(sum, &expected, &divisor.to_string()));
        }
        let features = trace.facts.get(trace.input).and_then(Option::as_ref);
        let features = features.and_then(|fact| fact.dims.last().copied()).unwrap_or_default();
        Ok(Self { trees, features, psi, offset, gives })
    }
}

impl<'a> Reader<'a> {
    fn new(trace: &'a Trace) -> Self {
        let mut owners = HashMap::from([(trace.input, Owner::Input)]);
        let mut makers = HashMap::new();
        let mut trees = 0;
        for node in &trace.nodes {
            let mut all = node.inputs.iter().flatten().filter_map(|place| owners.get(place).copied());
            let first = all.next().unwrap_or(Owner::Many);
            let mut owner = if all.all(|other| other == first) { first } else { Owner::Many };
            if matches!(node.op, Op::Trees(_)) {
                owner = Owner::Tree(trees);
                trees += 1;
            }
            for place in node.outputs.iter().flatten() {
                owners.insert(*place, owner);
                makers.insert(*place, node);
            }
        }
        Self { trace, makers, owners }
    }

    fn wrong(&self, place: usize, expected: &str, found: &str) -> InputError {
        let path = self.makers.get(&place).map_or("output", |node| &node.path);
        Wrong::with(expected, found, ADVICE).at(path)
    }

    /// The tensor of a value, if it is a constant.
    fn tensor(&self, place: usize) -> Option<&'a Tensor> {
        self.trace.constant(place)
    }

    fn number(&self, place: usize) -> Option<f64> {
        self.tensor(place).and_then(|tensor| tensor.single().ok())
    }

    /// Input and constant of a node of two inputs, in this order.
    fn ordered(&self, place: usize, op: &Op) -> Option<(usize, f64)> {
        let node = self.makers.get(&place).filter(|node| node.op == *op)?;
        match node.inputs.as_slice() {
            [Some(a), Some(b)] if self.tensor(*a).is_none() => self.number(*b).map(|x| (*a, x)),
            _ => None,
        }
    }

    /// The same in any order.
    fn either(&self, place: usize, op: Nary) -> Option<(usize, f64)> {
        let node = self.makers.get(&place).filter(|node| node.op == Op::Nary(op))?;
        match node.inputs.as_slice() {
            [Some(a), Some(b)] if self.tensor(*a).is_none() => self.number(*b).map(|x| (*a, x)),
            [Some(a), Some(b)] if self.tensor(*b).is_none() => self.number(*a).map(|x| (*b, x)),
            _ => None,
        }
    }

    fn one(&self, place: usize, op: &Op) -> Option<usize> {
        let node = self.makers.get(&place).filter(|node| node.op == *op)?;
        node.inputs.first().copied().flatten()
    }

    /// From the output back to the sum over the trees: what is given out, the offset, the sum's place, what it is divided by.
    fn end(&self, output: usize) -> Result<(Gives, Option<f64>, usize, f64), InputError> {
        let label = self
            .either(output, Nary::Add)
            .filter(|(_, x)| *x == 1.0)
            .and_then(|(place, _)| self.either(place, Nary::Mul).filter(|(_, x)| *x == -2.0))
            .and_then(|(place, _)| self.one(place, &Op::Cast(Kind::Whole)))
            .and_then(|place| self.ordered(place, &Op::Compare(Compare::Less)).filter(|(_, x)| *x == 0.0));
        let decision = label.map_or(output, |(place, _)| place);
        let shifted = self.either(decision, Nary::Add);
        let gives = match (label, shifted) {
            (Some(_), Some(_)) => Gives::Label,
            (None, Some(_)) => Gives::Decision,
            (None, None) => Gives::ScoreSamples,
            (Some(_), None) => {
                return Err(self.wrong(decision, "score_samples less an offset", "something else"));
            }
        };
        let score = shifted.map_or(decision, |(place, _)| place);
        let exponent = self.one(score, &Op::Unary(Unary::Neg)).and_then(|power| {
            let node = self.makers.get(&power).filter(|node| node.op == Op::Nary(Nary::Pow))?;
            let [Some(base), Some(exponent)] = node.inputs.as_slice() else { return None };
            (self.number(*base) == Some(2.0)).then_some(*exponent)
        });
        let mean = exponent.and_then(|place| self.one(place, &Op::Unary(Unary::Neg)));
        let divided = mean.and_then(|place| self.ordered(place, &Op::Nary(Nary::Div)));
        let Some((sum, divisor)) = divided else {
            return Err(self.wrong(
                score,
                "an isolation forest's score, −2^(−sum/constant)",
                "something else",
            ));
        };
        Ok((gives, shifted.map(|(_, x)| -x), sum, divisor))
    }

    /// The values that are added up.
    fn summands(&self, sum: usize) -> Result<Vec<usize>, InputError> {
        if matches!(self.owners.get(&sum), Some(Owner::Tree(_))) {
            return Ok(vec![sum]);
        }
        let node = self.makers.get(&sum).filter(|node| node.op == Op::Nary(Nary::Add));
        let all: Option<Vec<usize>> = node.and_then(|node| node.inputs.iter().copied().collect());
        all.ok_or_else(|| self.wrong(sum, "a sum over the trees", "something else"))
    }

    fn parts(&self) -> Result<Vec<Part<'a>>, InputError> {
        let mut parts: Vec<Part<'a>> = Vec::new();
        for node in &self.trace.nodes {
            if let Op::Trees(ensemble) = &node.op {
                let tree = one_tree(ensemble).map_err(|wrong| wrong.at(&node.path))?;
                let features = self.features(node).map_err(|wrong| wrong.at(&node.path))?;
                parts.push(Part { node, tree, features, nodes: Vec::new() });
                continue;
            }
            let owner = node.outputs.iter().flatten().find_map(|place| self.owners.get(place));
            if let Some(Owner::Tree(own)) = owner
                && let Some(part) = parts.get_mut(*own)
            {
                part.nodes.push(node);
            }
        }
        Ok(parts)
    }

    /// Which features of the input a tree's are; none if they are the same.
    fn features(&self, node: &Node) -> Result<Option<Vec<usize>>, Wrong> {
        let wrong =
            || Wrong::with("a tree of the input, or of some of its features", "something else", ADVICE);
        let place = node.inputs.first().copied().flatten().ok_or_else(wrong)?;
        if place == self.trace.input {
            return Ok(None);
        }
        let gather = self.makers.get(&place).ok_or_else(wrong)?;
        let width = self.trace.facts.get(self.trace.input).and_then(Option::as_ref);
        let width = width.filter(|fact| fact.dims.len() == 2).and_then(|fact| fact.dims.last().copied());
        let (&Op::Gather { axis: 1 | -1 }, &[Some(from), Some(indices)], Some(width)) =
            (&gather.op, gather.inputs.as_slice(), width)
        else {
            return Err(wrong());
        };
        let indices =
            self.tensor(indices).filter(|tensor| tensor.dims().len() == 1 && from == self.trace.input);
        let signed = i64::try_from(width).unwrap_or(i64::MAX);
        let at = |i: &i64| usize::try_from(if *i < 0 { i.saturating_add(signed) } else { *i }).ok();
        indices
            .ok_or_else(wrong)?
            .integers()?
            .iter()
            .map(at)
            .collect::<Option<_>>()
            .map(Some)
            .ok_or_else(wrong)
    }

    /// The tree, and the training samples in it. `place` is the value that it adds to the sum.
    fn tree(&self, part: &Part<'_>, place: usize) -> Result<(IsolationTree, u32), InputError> {
        let mut ids = Vec::new();
        let mut depths: Vec<u32> = vec![0; part.tree.nodes.len()];
        for (own, node) in part.tree.nodes.iter().enumerate() {
            match node {
                TreeNode::Leaf(weights) => ids.push(weights.first().map_or(0.0, |(_, id)| *id)),
                TreeNode::Split(split) => {
                    depths[split.yes] = depths[own] + 1;
                    depths[split.no] = depths[own] + 1;
                }
            }
        }
        let leaves =
            part.tree.nodes.iter().zip(&depths).filter(|(node, _)| matches!(node, TreeNode::Leaf(_)));
        let own_depths: Vec<u32> = leaves.map(|(_, depth)| *depth).collect();
        let values = self.evaluate(part, &ids)?;
        let wrong = |found: &str| {
            let expected = "of each leaf its depth and the mean depth of its training samples";
            Err(self.wrong(place, expected, found))
        };
        let Some(added) = values.get(&place).and_then(|tensor| tensor.reals().ok()) else {
            return wrong("nothing");
        };
        let tables = part.nodes.iter().filter(|node| matches!(node.op, Op::LabelEncoder(_)));
        let tables =
            tables.flat_map(|node| node.outputs.iter().flatten()).filter_map(|place| values.get(place));
        let samples = tables.filter_map(whole).find(|samples| {
            let right = |((samples, depth), added): ((&u32, &u32), &f64)| {
                let expected = f64::from(*depth) + mean_depth(*samples);
                (expected - added).abs() <= NEAR * (1.0 + expected)
            };
            samples.len() == added.len() && samples.iter().zip(&own_depths).zip(added.iter()).all(right)
        });
        let Some(samples) = samples else {
            return wrong("something else, of some leaf");
        };
        let Some(all) = samples.iter().try_fold(0u32, |sum, samples| sum.checked_add(*samples)) else {
            return wrong("more training samples than there can be");
        };
        let mut left = samples.iter();
        let nodes = part.tree.nodes.iter().zip(&depths).map(|(node, depth)| match node {
            TreeNode::Leaf(_) => {
                Ok(IsolationNode::Leaf { samples: left.next().copied().unwrap_or_default(), depth: *depth })
            }
            TreeNode::Split(split) => {
                let feature = match &part.features {
                    None => Some(split.feature),
                    Some(features) => features.get(split.feature).copied(),
                };
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "of an ensemble of float32, which it is exactly"
                )]
                let threshold = split.threshold as f32;
                match feature {
                    Some(feature) => {
                        Ok(IsolationNode::Split { feature, threshold, left: split.yes, right: split.no })
                    }
                    None => Err(Wrong::with("a feature of the input", "another", ADVICE).at(&part.node.path)),
                }
            }
        });
        Ok((IsolationTree { nodes: nodes.collect::<Result<_, _>>()? }, all))
    }

    /// What depends on a tree, for every leaf at once: a row for each.
    fn evaluate(&self, part: &Part<'_>, ids: &[f64]) -> Result<HashMap<usize, Tensor>, InputError> {
        let mut values: HashMap<usize, Tensor> = HashMap::new();
        let start =
            Tensor::real(vec![ids.len(), 1], ids.to_vec()).map_err(|wrong| wrong.at(&part.node.path))?;
        if let Some(Some(place)) = part.node.outputs.first() {
            values.insert(*place, start);
        }
        let mut total = 0usize;
        for node in &part.nodes {
            let inputs: Vec<Option<&Tensor>> = node
                .inputs
                .iter()
                .map(|place| place.and_then(|place| values.get(&place).or_else(|| self.tensor(place))))
                .collect();
            let made = kernel::evaluate(&node.op, &Inputs(&inputs), node.outputs.len());
            let made = made.map_err(|wrong| wrong.at(&node.path))?;
            total += made.iter().map(Tensor::len).sum::<usize>();
            if total > MAX_TOTAL {
                let expected = format!("at most {MAX_TOTAL} elements of values for all leaves of a tree");
                return Err(Wrong::new(expected, "more").at(&node.path));
            }
            for (place, tensor) in node.outputs.iter().zip(made) {
                if let Some(place) = place {
                    values.insert(*place, tensor);
                }
            }
        }
        Ok(values)
    }
}

/// The tree of an ensemble that gives out the numbers of leaves.
fn one_tree(ensemble: &TreeEnsemble) -> Result<&Tree, Wrong> {
    let plain = ensemble.targets == 1
        && ensemble.base.iter().all(|base| *base == 0.0)
        && ensemble.aggregate == Aggregate::Sum
        && ensemble.post == Post::None
        && ensemble.precision == Precision::Single
        && ensemble.classes.is_none();
    let [tree] = ensemble.trees.as_slice() else {
        let found = format!("{} trees in one", ensemble.trees.len());
        return Err(Wrong::with("an ensemble for each tree", found, ADVICE));
    };
    let modes = tree.nodes.iter().all(|node| match node {
        TreeNode::Split(split) => split.mode == Mode::LessOrEqual,
        TreeNode::Leaf(_) => true,
    });
    if plain && modes {
        return Ok(tree);
    }
    let expected = "a tree of float32 with BRANCH_LEQ that gives out the number of a leaf";
    Err(Wrong::with(expected, "another ensemble", ADVICE))
}

/// Numbers of samples: whole and positive, or none.
fn whole(tensor: &Tensor) -> Option<Vec<u32>> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked beside it")]
    let of = |x: &f64| (x.fract() == 0.0 && (1.0..=2_147_483_648.0).contains(x)).then_some(*x as u32);
    tensor.reals().ok()?.iter().map(of).collect()
}
