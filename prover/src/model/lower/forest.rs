//! Ensembles of trees as one forest over the integers of the subject.

use std::collections::HashMap;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use foldproof_circuits::graph::{
    Block, Child, Forest, LEAF_BITS, MAX_DEPTH, MAX_TARGETS, Operand, ParameterBlock, Split,
};
use foldproof_circuits::model::MAX_FRACTION_BITS;

use super::lowering::Lowering;
use super::threshold::{Side, at_most};
use super::value::{Body, Raw, Value};
use crate::input::InputError;
use crate::model::graph::trees::{Aggregate, Mode, Node as TreeNode, Scheme, Tree, TreeEnsemble};
use crate::model::graph::{Node, Wrong};
use crate::model::samples::Sample;

/// Sums over a forest.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub node: Operand,
    pub targets: usize,
    /// A sum q stands for q·2^−bits.
    pub bits: u8,
    pub trees: Arc<TreeEnsemble>,
    /// What the trees see of a sample.
    pub raw: Raw,
}

/// A node of a tree over integers, in an arena of its own.
pub(super) enum Plan {
    Split { feature: usize, threshold: i64, left: usize, right: usize },
    Leaf(Vec<i64>),
}

/// Fraction bits of number `place` of a sample.
pub(super) fn fraction_bits(samples: &[Sample], place: usize) -> i32 {
    samples.first().map_or(0, |s| s.kind.fraction_bits() as i32 - s.units.exponent(place))
}

/// A forest of these trees, each with its root first.
pub(super) fn assemble(trees: &[Vec<Plan>], targets: u8) -> Result<(Block, Forest), InputError> {
    let wrong = |expected: String, found: String| {
        InputError::new("the trees", expected, found, "train fewer or shallower trees")
    };
    let (mut splits, mut leaves): (Vec<Option<Split>>, Vec<Vec<i64>>) = (vec![None; trees.len()], Vec::new());
    let mut known: HashMap<Vec<i64>, u16> = HashMap::new();
    let mut deepest = 0;
    for (tree, nodes) in trees.iter().enumerate() {
        // Arena place, place among the splits, splits on the way.
        let mut waiting = vec![(0, tree, 1_usize)];
        while let Some((place, own, depth)) = waiting.pop() {
            deepest = deepest.max(depth);
            let mut child = |place: usize, splits: &mut Vec<Option<Split>>| match nodes.get(place) {
                Some(Plan::Split { .. }) => {
                    splits.push(None);
                    let next = u16::try_from(splits.len() - 1);
                    let next = next.map_err(|_| wrong("at most 65536 splits".into(), "more".into()))?;
                    waiting.push((place, next.into(), depth + 1));
                    Ok(Child::Split(next))
                }
                Some(Plan::Leaf(values)) => {
                    if let Some(known) = known.get(values) {
                        return Ok(Child::Leaf(*known));
                    }
                    let next = u16::try_from(leaves.len());
                    let next = next.map_err(|_| wrong("at most 65536 leaves".into(), "more".into()))?;
                    known.insert(values.clone(), next);
                    leaves.push(values.clone());
                    Ok(Child::Leaf(next))
                }
                None => Err(wrong("nodes that exist".into(), place.to_string())),
            };
            let split = match nodes.get(place) {
                Some(Plan::Split { feature, threshold, left, right }) => Split {
                    feature: u16::try_from(*feature).unwrap_or(u16::MAX),
                    threshold: *threshold,
                    left: child(*left, &mut splits)?,
                    right: child(*right, &mut splits)?,
                },
                // A tree that is a leaf: whatever the value, this one.
                _ => {
                    let leaf = child(place, &mut splits)?;
                    Split { feature: 0, threshold: 0, left: leaf, right: leaf }
                }
            };
            splits[own] = Some(split);
        }
    }
    if deepest > usize::from(MAX_DEPTH) {
        return Err(wrong(format!("paths of at most {MAX_DEPTH} splits"), deepest.to_string()));
    }
    let splits: Vec<Split> = splits.into_iter().flatten().collect();
    let count = |x: usize| u32::try_from(x).unwrap_or(u32::MAX);
    let block = Block::Forest {
        trees: u16::try_from(trees.len()).unwrap_or(u16::MAX),
        depth: u8::try_from(deepest).unwrap_or(u8::MAX),
        splits: count(splits.len()),
        leaves: count(leaves.len()),
        targets,
    };
    Ok((block, Forest { splits, leaves }))
}

/// The sums of a forest for an input.
fn sums(forest: &Forest, trees: usize, targets: usize, input: &[i64]) -> Vec<i64> {
    let mut sums = vec![0; targets];
    for tree in 0..trees {
        let mut at = tree;
        for _ in 0..=forest.splits.len() {
            let split = &forest.splits[at];
            let left = input.get(usize::from(split.feature)).is_some_and(|x| *x <= split.threshold);
            match if left { split.left } else { split.right } {
                Child::Split(next) => at = next.into(),
                Child::Leaf(leaf) => {
                    sums.iter_mut().zip(&forest.leaves[usize::from(leaf)]).for_each(|(sum, x)| *sum += x);
                    break;
                }
            }
        }
    }
    sums
}

/// Targets of each forest: as few forests as can be, of like sizes, so that none of several has one target, whose leaves have
/// other bits.
fn groups(targets: usize) -> impl Iterator<Item = Range<usize>> {
    let count = targets.div_ceil(MAX_TARGETS.into()).max(1);
    (0..count).map(move |group| group * targets / count..(group + 1) * targets / count)
}

impl Lowering<'_> {
    /// A forest of these trees, and its sums on the calibration samples.
    pub(super) fn forest(&mut self, trees: &[Vec<Plan>], targets: usize) -> Result<Operand, InputError> {
        let (block, forest) = assemble(trees, u8::try_from(targets).unwrap_or(u8::MAX))?;
        let of = |sample: &Sample| sums(&forest, trees.len(), targets, &sample.integers);
        let values = self.samples.iter().flat_map(of).collect();
        let block = self.b.block(block, ParameterBlock::Forest(forest))?;
        self.b.forest(block, targets, values)
    }

    pub(super) fn trees(&mut self, node: &Node, trees: &Arc<TreeEnsemble>) -> Result<(), InputError> {
        let wrong = |expected: &str, found: &str, advice: &'static str| {
            Err(Wrong::with(expected, found, advice).at(&node.path))
        };
        let place = node.inputs.first().copied().flatten().unwrap_or_default();
        let Some(Body::Raw(raw)) = self.values.get(&place).map(|value| value.body.clone()) else {
            return wrong(
                "trees over the input, or over each number of it scaled",
                "trees over other values",
                "train the trees on the input itself",
            );
        };
        let average = match trees.aggregate {
            Aggregate::Sum => 1.0,
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            Aggregate::Average => 1.0 / trees.trees.len().max(1) as f64,
            Aggregate::Min | Aggregate::Max => {
                return wrong("SUM or AVERAGE", "MIN or MAX", "train an ensemble whose trees are added");
            }
        };
        // Activations are made of sums by one division, which those of leaves of 36 bits are too far from.
        let targets = if trees.targets == 1 && self.activations { 2 } else { trees.targets };
        let leaf_bits = LEAF_BITS[usize::from(targets > 1)];
        let base = |target: usize| trees.base.get(target).copied().unwrap_or(0.0);
        let weights = |nodes: &[TreeNode], first: bool| {
            let leaves = nodes.iter().filter_map(|node| match node {
                TreeNode::Leaf(weights) => Some(weights.clone()),
                TreeNode::Split(_) => None,
            });
            let of = |weights: Vec<(usize, f64)>| {
                let mut all = vec![0.0; targets];
                weights.iter().for_each(|(target, w)| all[*target] += w * average);
                all.iter_mut().enumerate().filter(|_| first).for_each(|(t, w)| *w += base(t));
                all
            };
            leaves.map(of).collect::<Vec<Vec<f64>>>()
        };
        // Of several forests each has a first tree, which may be any.
        let first = |tree: usize| tree == 0 || targets > usize::from(MAX_TARGETS);
        let all =
            trees.trees.iter().enumerate().flat_map(|(i, tree)| weights(&tree.nodes, first(i))).flatten();
        let greatest = all.map(f64::abs).fold(f64::MIN_POSITIVE, f64::max);
        let mut bits = (2f64.powi(leaf_bits as i32 - 1) / greatest).log2().floor() - 1.0;
        if self.activations {
            // One division by 2^λ has to bring sums to an activation.
            #[expect(clippy::cast_precision_loss, reason = "a count")]
            let most = greatest * trees.trees.len() as f64;
            let limb = f64::from(self.b.limb);
            bits = bits.min((limb - 1.0 - most.log2()).floor() + limb);
        }
        if bits < 0.0 {
            return wrong("smaller values of leaves", &greatest.to_string(), "train on a scaled target");
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
        let bits = bits.clamp(0.0, MAX_FRACTION_BITS.into()) as u8;
        let greatest_scheme = trees.classes.as_ref().is_some_and(|c| c.scheme == Scheme::Greatest);
        let leaves = trees.trees.iter().flat_map(|tree| &tree.nodes);
        let negative =
            leaves.clone().any(|node| matches!(node, TreeNode::Leaf(w) if w.iter().any(|w| w.1 < 0.0)));
        if greatest_scheme && negative {
            self.notes.push("classes that no leaf mentions count as 0".into());
        }
        let mut sums = Vec::new();
        for group in groups(targets) {
            let made = self.targets(node, trees, &raw, group, average, bits)?;
            sums.extend(self.all(made, 1.0, 0.0));
        }
        let made = self.node_of(&sums)?;
        let sums = Rc::new(Sums { node: made, targets: trees.targets, bits, trees: Arc::clone(trees), raw });
        for place in node.outputs.iter().flatten() {
            let dims = self.dims(*place);
            self.values.insert(*place, Value { dims, body: Body::Forest(Rc::clone(&sums)) });
        }
        Ok(())
    }

    /// The sums of some targets: a forest of the trees that say something about them.
    fn targets(
        &mut self,
        node: &Node,
        trees: &TreeEnsemble,
        raw: &Raw,
        group: Range<usize>,
        average: f64,
        bits: u8,
    ) -> Result<Operand, InputError> {
        let speaks = |tree: &Tree| {
            let leaves = tree.nodes.iter().filter_map(|node| match node {
                TreeNode::Leaf(weights) => Some(weights),
                TreeNode::Split(_) => None,
            });
            leaves.flatten().any(|(target, weight)| group.contains(target) && *weight != 0.0)
        };
        let mut own: Vec<&Tree> = trees.trees.iter().filter(|tree| speaks(tree)).collect();
        if own.is_empty() {
            own.extend(trees.trees.first());
        }
        let mut plans = Vec::new();
        for (index, tree) in own.into_iter().enumerate() {
            plans.push(self.plan(node, trees, &tree.nodes, raw, |weights: &[(usize, f64)]| {
                let mut all = vec![0.0; group.len()];
                let of = weights.iter().filter(|(target, _)| group.contains(target));
                of.for_each(|(target, w)| all[target - group.start] += w * average);
                if index == 0 {
                    let base = group.clone().map(|target| trees.base.get(target).copied().unwrap_or(0.0));
                    all.iter_mut().zip(base).for_each(|(w, base)| *w += base);
                }
                #[expect(clippy::cast_possible_truncation, reason = "of so many bits")]
                all.iter().map(|w| (w * 2f64.powi(bits.into())).round() as i64).collect()
            })?);
        }
        self.forest(&plans, group.len())
    }

    /// A tree over integers: its splits with thresholds of the subject.
    fn plan(
        &self,
        node: &Node,
        trees: &TreeEnsemble,
        nodes: &[TreeNode],
        raw: &Raw,
        leaf: impl Fn(&[(usize, f64)]) -> Vec<i64>,
    ) -> Result<Vec<Plan>, InputError> {
        let mut plan: Vec<Plan> = Vec::new();
        // Arena of the file, and whose child it is.
        let mut waiting = vec![(0, None::<(usize, bool)>)];
        while let Some((mut place, parent)) = waiting.pop() {
            // What one side always takes is no split.
            let (side, split) = loop {
                let Some(TreeNode::Split(split)) = nodes.get(place) else { break (None, None) };
                let feature = split.feature;
                let (Some(of), Some(scale), Some(shift)) =
                    (raw.places.get(feature), raw.scale.get(feature), raw.shift.get(feature))
                else {
                    let found = format!("feature {feature}");
                    return Err(Wrong::new("features of the input", found).at(&node.path));
                };
                let strict = matches!(split.mode, Mode::Less | Mode::GreaterOrEqual);
                if matches!(split.mode, Mode::Equal | Mode::NotEqual) {
                    let advice = "train trees that compare with <=, <, >= or >";
                    return Err(Wrong::with("an order", "BRANCH_EQ or BRANCH_NEQ", advice).at(&node.path));
                }
                let bits = fraction_bits(self.samples, *of);
                let bounds = (raw.low, raw.high);
                let side = at_most(split.threshold, strict, trees.precision, (*scale, *shift), bounds, bits);
                let swapped = matches!(split.mode, Mode::Greater | Mode::GreaterOrEqual);
                let (low, high) = if swapped { (split.no, split.yes) } else { (split.yes, split.no) };
                match side {
                    Side::Always => place = low,
                    Side::Never => place = high,
                    Side::AtMost(threshold) => break (Some((*of, threshold)), Some((low, high))),
                    Side::Above(threshold) => break (Some((*of, threshold)), Some((high, low))),
                }
            };
            let own = plan.len();
            if let Some((parent, is_left)) = parent
                && let Some(Plan::Split { left, right, .. }) = plan.get_mut(parent)
            {
                *(if is_left { left } else { right }) = own;
            }
            match (side, split, nodes.get(place)) {
                (Some((feature, threshold)), Some((left, right)), _) => {
                    plan.push(Plan::Split { feature, threshold, left: own, right: own });
                    waiting.push((right, Some((own, false))));
                    waiting.push((left, Some((own, true))));
                }
                (_, _, Some(TreeNode::Leaf(weights))) => plan.push(Plan::Leaf(leaf(weights))),
                _ => return Err(Wrong::new("a node of the tree", "none").at(&node.path)),
            }
        }
        Ok(plan)
    }
}
