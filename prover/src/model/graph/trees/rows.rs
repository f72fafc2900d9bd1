//! TreeEnsembleRegressor and TreeEnsembleClassifier, versions 1 to 3 of ai.onnx.ml: a row of attributes for each node.

use std::collections::HashMap;

use super::build::{self, ADVICE, Branch, Row, named};
use super::{Aggregate, Classes, MAX_TARGETS, Node, Post, Precision, Scheme, Tree, TreeEnsemble};
use crate::model::graph::Wrong;
use crate::model::graph::attributes::Attributes;
use crate::model::graph::op::Labels;
use crate::model::onnx;

/// What follows the scores, by name.
fn post(name: &str) -> Result<Post, Wrong> {
    Ok(match name {
        "NONE" => Post::None,
        "LOGISTIC" => Post::Logistic,
        "SOFTMAX" => Post::Softmax,
        "SOFTMAX_ZERO" => Post::SoftmaxZero,
        other => {
            let advice = "export with post_transform NONE, and have what follows as nodes of its own";
            let expected = "post_transform NONE, LOGISTIC, SOFTMAX or SOFTMAX_ZERO";
            return Err(Wrong::with(expected, onnx::short(other), advice));
        }
    })
}

/// One score with something after it: onnxruntime leaves it out, the specification does not.
pub(super) fn check_single(post: Post, targets: usize) -> Result<(), Wrong> {
    if targets > 1 || post == Post::None {
        return Ok(());
    }
    let advice = "export with post_transform NONE, and a Sigmoid after it if one is meant: onnxruntime leaves it out, others \
                  do not";
    Err(Wrong::with("post_transform NONE with one target", format!("{post:?}"), advice))
}

/// A list of doubles: the tensor `NAME_as_tensor` if it is there, else the float32 attribute. Which of the two it was.
fn list(a: &Attributes<'_>, name: &str) -> Result<(Vec<f64>, Precision), Wrong> {
    match a.tensor(&format!("{name}_as_tensor")) {
        Some(tensor) => {
            let double = a.tensor_type(&format!("{name}_as_tensor")) == Some(onnx::DOUBLE);
            let precision = if double { Precision::Double } else { Precision::Single };
            Ok((tensor?.reals()?.into_owned(), precision))
        }
        None => Ok((a.reals(name), Precision::Single)),
    }
}

/// A list with a number for each of `count` rows.
fn each(a: &Attributes<'_>, name: &str, count: usize) -> Result<Vec<i64>, Wrong> {
    let values = a.integers(name).unwrap_or_default();
    same(name, values.len(), count).map(|()| values)
}

fn same(name: &str, found: usize, count: usize) -> Result<(), Wrong> {
    if found == count {
        return Ok(());
    }
    Err(Wrong::with(format!("{count} numbers in {name}"), found.to_string(), ADVICE))
}

/// Nodes by the names that the file gives them, and the trees that they are of, in its order.
struct Table {
    rows: Vec<Row>,
    trees: Vec<(i64, Vec<usize>)>,
    places: HashMap<(i64, i64), usize>,
    precision: Precision,
}

impl Table {
    fn read(a: &Attributes<'_>) -> Result<Self, Wrong> {
        let ids = a.integers("nodes_nodeids").unwrap_or_default();
        let count = ids.len();
        build::limited(count)?;
        let each = |name| each(a, name, count);
        let (of, features) = (each("nodes_treeids")?, each("nodes_featureids")?);
        let (yes, no) = (each("nodes_truenodeids")?, each("nodes_falsenodeids")?);
        let (values, precision) = list(a, "nodes_values")?;
        same("nodes_values", values.len(), count)?;
        let modes = a.bytes("nodes_modes");
        same("nodes_modes", modes.len(), count)?;
        let missing = match a.integers("nodes_missing_value_tracks_true") {
            Some(missing) if !missing.is_empty() => {
                same("nodes_missing_value_tracks_true", missing.len(), count).map(|()| missing)?
            }
            _ => vec![0; count],
        };
        let mut places = HashMap::with_capacity(count);
        let mut trees: Vec<(i64, Vec<usize>)> = Vec::new();
        let mut known: HashMap<i64, usize> = HashMap::new();
        for (place, (tree, id)) in of.iter().zip(&ids).enumerate() {
            if places.insert((*tree, *id), place).is_some() {
                return Err(Wrong::with("each node once", format!("{} twice", named(*tree, *id)), ADVICE));
            }
            let at = *known.entry(*tree).or_insert_with(|| {
                trees.push((*tree, Vec::new()));
                trees.len() - 1
            });
            trees[at].1.push(place);
        }
        let mut rows = Vec::with_capacity(count);
        for place in 0..count {
            let (tree, id) = (of[place], ids[place]);
            let mode = build::mode(&modes[place])
                .map_err(|wrong| Wrong { found: format!("{}: {}", named(tree, id), wrong.found), ..wrong })?;
            let child = |name: &str, child: i64| {
                places.get(&(tree, child)).copied().ok_or_else(|| {
                    let found = format!("{}: {name} child {child}", named(tree, id));
                    Wrong::with("children that are nodes of the same tree", found, ADVICE)
                })
            };
            let split = match mode {
                None => None,
                Some(mode) => Some(Branch {
                    feature: features[place],
                    mode,
                    threshold: values[place],
                    yes: child("true", yes[place])?,
                    no: child("false", no[place])?,
                    missing_yes: missing[place] != 0,
                }),
            };
            rows.push(Row { id, split, weights: Vec::new() });
        }
        Ok(Self { rows, trees, places, precision })
    }

    /// Gives leaves their weights; `stem` is `target` or `class`. The targets that are named.
    fn weigh(&mut self, a: &Attributes<'_>, stem: &str, targets: usize) -> Result<Named, Wrong> {
        let (weights, _) = list(a, &format!("{stem}_weights"))?;
        let each = |part: &str| each(a, &format!("{stem}_{part}"), weights.len());
        let (trees, nodes, ids) = (each("treeids")?, each("nodeids")?, each("ids")?);
        let mut named_targets = Named { seen: vec![false; targets], negative: false };
        for (((tree, node), id), weight) in trees.iter().zip(&nodes).zip(&ids).zip(&weights) {
            let wrong = |expected: &str, found: &str| {
                Err(Wrong::with(expected, format!("{}: {found}", named(*tree, *node)), ADVICE))
            };
            let Some(place) = self.places.get(&(*tree, *node)) else {
                return wrong("weights of nodes that are there", "no such node");
            };
            let Some(target) = usize::try_from(*id).ok().filter(|target| *target < targets) else {
                return wrong(&format!("a {stem} from 0 to {}", targets - 1), &id.to_string());
            };
            named_targets.seen[target] = true;
            named_targets.negative |= *weight < 0.0;
            let row = &mut self.rows[*place];
            // What a split weighs is of no consequence, as in onnxruntime.
            if row.split.is_some() {
                continue;
            }
            row.weights.push((target, *weight));
        }
        for (tree, place) in
            self.trees.iter().flat_map(|(tree, all)| all.iter().map(move |place| (tree, place)))
        {
            let row = &mut self.rows[*place];
            row.weights.sort_by_key(|(target, _)| *target);
            if let Some(twice) = row.weights.windows(2).find(|pair| pair[0].0 == pair[1].0) {
                let found = format!("{}: two for {stem} {}", named(*tree, row.id), twice[0].0);
                return Err(Wrong::with("one weight of a leaf for each target", found, ADVICE));
            }
        }
        Ok(named_targets)
    }

    fn grow(mut self) -> Result<Vec<Tree>, Wrong> {
        let rows = &mut self.rows;
        self.trees.iter().map(|(id, members)| build::tree(*id, rows, members)).collect()
    }
}

/// Which targets have weights.
struct Named {
    seen: Vec<bool>,
    negative: bool,
}

pub(super) fn features(trees: &[Tree]) -> usize {
    let feature = |node: &Node| if let Node::Split(split) = node { split.feature + 1 } else { 0 };
    trees.iter().flat_map(|tree| &tree.nodes).map(feature).max().unwrap_or(0)
}

/// Leaves without a weight have no meaning that all agree on if there is one target: onnxruntime takes another number.
pub(super) fn check_leaves(trees: &[Tree]) -> Result<(), Wrong> {
    for tree in trees {
        if tree.nodes.iter().any(|node| matches!(node, Node::Leaf(weights) if weights.is_empty())) {
            return Err(Wrong::with(
                "a weight at each leaf",
                format!("a leaf of tree {} without", tree.id),
                ADVICE,
            ));
        }
    }
    Ok(())
}

/// Of a target that no leaf says anything of, onnxruntime leaves the base out: with one, each must have a tree that always does.
fn check_targets(trees: &[Tree], targets: usize) -> Result<(), Wrong> {
    let mut always = vec![false; targets];
    let mut found = vec![0usize; targets];
    for tree in trees {
        let leaves = || {
            tree.nodes.iter().filter_map(|n| if let Node::Leaf(weights) = n { Some(weights) } else { None })
        };
        let count = leaves().count();
        leaves().flatten().for_each(|(target, _)| found[*target] += 1);
        for (target, _) in leaves().flatten() {
            always[*target] |= found[*target] == count;
        }
        leaves().flatten().for_each(|(target, _)| found[*target] = 0);
    }
    match always.iter().position(|always| !always) {
        Some(target) => {
            let expected = "for each target a tree with a weight at each leaf, since there are base_values";
            let advice = "export without base_values, and add them with a node Add after the ensemble";
            Err(Wrong::with(expected, format!("none for target {target}"), advice))
        }
        None => Ok(()),
    }
}

fn finite(base: Vec<f64>) -> Result<Vec<f64>, Wrong> {
    match base.iter().find(|x| !x.is_finite()) {
        Some(x) => Err(Wrong::with("finite base_values", x.to_string(), ADVICE)),
        None => Ok(base),
    }
}

impl TreeEnsemble {
    /// A TreeEnsembleRegressor.
    pub(in crate::model::graph) fn regressor(a: &Attributes<'_>) -> Result<Self, Wrong> {
        let found = a.integer("n_targets", 1);
        let targets = usize::try_from(found).ok().filter(|targets| (1..=MAX_TARGETS).contains(targets));
        let targets = targets
            .ok_or_else(|| Wrong::new(format!("n_targets from 1 to {MAX_TARGETS}"), found.to_string()))?;
        let aggregate = match a.text("aggregate_function", "SUM").as_str() {
            "SUM" => Aggregate::Sum,
            "AVERAGE" => Aggregate::Average,
            "MIN" => Aggregate::Min,
            "MAX" => Aggregate::Max,
            other => {
                return Err(Wrong::new("aggregate_function SUM, AVERAGE, MIN or MAX", onnx::short(other)));
            }
        };
        let post = post(&a.text("post_transform", "NONE"))?;
        check_single(post, targets)?;
        let base = finite(list(a, "base_values")?.0)?;
        if !base.is_empty() {
            same("base_values", base.len(), targets)?;
        }
        let mut table = Table::read(a)?;
        let precision = table.precision;
        table.weigh(a, "target", targets)?;
        let trees = table.grow()?;
        if targets == 1 {
            check_leaves(&trees)?;
        } else if !base.is_empty() {
            check_targets(&trees, targets)?;
        }
        let features = features(&trees);
        Ok(Self { trees, targets, features, base, aggregate, post, precision, classes: None })
    }

    /// A TreeEnsembleClassifier.
    pub(in crate::model::graph) fn classifier(a: &Attributes<'_>, labels: Labels) -> Result<Self, Wrong> {
        let count = labels.len();
        if !(2..=MAX_TARGETS).contains(&count) {
            return Err(Wrong::new(format!("2 to {MAX_TARGETS} class labels"), count.to_string()));
        }
        let post = post(&a.text("post_transform", "NONE"))?;
        let base = finite(list(a, "base_values")?.0)?;
        let mut table = Table::read(a)?;
        let precision = table.precision;
        let Named { seen, negative } = table.weigh(a, "class", count)?;
        let mut trees = table.grow()?;
        let features = features(&trees);
        let threshold = if negative { 0.0 } else { 0.5 };
        let scheme = match (count, &seen[..]) {
            (2, [true, false]) => Scheme::One { threshold, complement: !negative },
            (2, [false, true]) => Scheme::Second { threshold },
            (2, _) => {
                let advice = "export with the weights of one of two classes, as skl2onnx and onnxmltools do: what runtimes \
                              make of two differs";
                return Err(Wrong::with("weights of one of two classes", "of both, or none", advice));
            }
            _ => Scheme::Greatest,
        };
        // Of two classes runtimes differ in what they make of what is not written here.
        let (bases, allowed): (&[usize], &[Post]) = match scheme {
            Scheme::One { .. } => (&[0, 1], &[Post::None, Post::Logistic]),
            Scheme::Second { .. } => (&[0], &[Post::None, Post::Logistic, Post::Softmax]),
            Scheme::Greatest => {
                (&[0, count], &[Post::None, Post::Logistic, Post::Softmax, Post::SoftmaxZero])
            }
        };
        if !bases.contains(&base.len()) {
            let expected = format!(
                "{bases:?} base_values with the weights of {} classes",
                seen.iter().filter(|s| **s).count()
            );
            return Err(Wrong::new(expected, base.len().to_string()));
        }
        if !allowed.contains(&post) {
            let expected = format!("post_transform of {allowed:?} with the weights of one of two classes");
            return Err(Wrong::new(expected, format!("{post:?}")));
        }
        let targets = if scheme == Scheme::Greatest { count } else { 1 };
        if targets == 1 {
            for node in trees.iter_mut().flat_map(|tree| &mut tree.nodes) {
                if let Node::Leaf(weights) = node {
                    weights.iter_mut().for_each(|(target, _)| *target = 0);
                }
            }
            check_leaves(&trees)?;
        }
        let classes = Some(Classes { labels, scheme });
        Ok(Self { trees, targets, features, base, aggregate: Aggregate::Sum, post, precision, classes })
    }
}
