//! TreeEnsemble, version 5 of ai.onnx.ml: splits and leaves in lists of their own, trees by their roots.

use super::build::{self, ADVICE, Branch, Link, Row};
use super::rows::{check_single, features};
use super::{Aggregate, MAX_NODES, MAX_TARGETS, Mode, Post, Precision, TreeEnsemble};
use crate::model::graph::Wrong;
use crate::model::graph::attributes::Attributes;
use crate::model::onnx;

/// A list of as many integers as there are splits or leaves.
fn each(a: &Attributes<'_>, name: &str, count: usize) -> Result<Vec<i64>, Wrong> {
    let values = a.integers(name).unwrap_or_default();
    if values.len() == count {
        return Ok(values);
    }
    Err(Wrong::with(format!("{count} numbers in {name}"), values.len().to_string(), ADVICE))
}

fn tensor(a: &Attributes<'_>, name: &str) -> Result<Vec<f64>, Wrong> {
    let tensor = a.tensor(name).ok_or_else(|| Wrong::with(format!("a tensor {name}"), "none", ADVICE))??;
    Ok(tensor.reals()?.into_owned())
}

fn mode(number: f64) -> Result<Mode, Wrong> {
    const MODES: [Mode; 6] =
        [Mode::LessOrEqual, Mode::Less, Mode::GreaterOrEqual, Mode::Greater, Mode::Equal, Mode::NotEqual];
    let known = MODES.iter().zip(0u8..).find(|(_, i)| f64::from(*i) == number);
    known.map(|(mode, _)| *mode).ok_or_else(|| {
        let advice = "export splits on sets of values as several splits on one value";
        Wrong::with(
            "modes from 0 (BRANCH_LEQ) to 5 (BRANCH_NEQ)",
            format!("{number}, where 6 is BRANCH_MEMBER"),
            advice,
        )
    })
}

/// A tree as it is grown: rows of splits, and of a leaf for each time one is named.
struct Lists {
    yes: Vec<i64>,
    no: Vec<i64>,
    yes_leaf: Vec<i64>,
    no_leaf: Vec<i64>,
    weights: Vec<(usize, f64)>,
}

impl TreeEnsemble {
    /// A TreeEnsemble.
    pub(in crate::model::graph) fn version_five(a: &Attributes<'_>) -> Result<Self, Wrong> {
        let found = a.integer("n_targets", 1);
        let targets = usize::try_from(found).ok().filter(|targets| (1..=MAX_TARGETS).contains(targets));
        let targets = targets
            .ok_or_else(|| Wrong::new(format!("n_targets from 1 to {MAX_TARGETS}"), found.to_string()))?;
        let aggregate = match a.integer("aggregate_function", 1) {
            0 => Aggregate::Average,
            1 => Aggregate::Sum,
            2 => Aggregate::Min,
            3 => Aggregate::Max,
            other => return Err(Wrong::new("aggregate_function from 0 to 3", other.to_string())),
        };
        let post = match a.integer("post_transform", 0) {
            0 => Post::None,
            1 => Post::Softmax,
            2 => Post::Logistic,
            3 => Post::SoftmaxZero,
            other => {
                let advice = "export with post_transform 0, and have what follows as nodes of its own";
                return Err(Wrong::with("post_transform from 0 to 3", other.to_string(), advice));
            }
        };
        check_single(post, targets)?;
        if a.tensor("membership_values").is_some() {
            let advice = "export splits on sets of values as several splits on one value";
            return Err(Wrong::with("no membership_values", "splits on sets of values", advice));
        }
        let splits = tensor(a, "nodes_splits")?;
        let count = splits.len();
        let leaf_weights = tensor(a, "leaf_weights")?;
        build::limited(count.saturating_add(leaf_weights.len()))?;
        let modes = tensor(a, "nodes_modes")?;
        if modes.len() != count {
            return Err(Wrong::with(format!("{count} nodes_modes"), modes.len().to_string(), ADVICE));
        }
        let list = |name| each(a, name, count);
        let mut weights = Vec::with_capacity(leaf_weights.len());
        for (id, weight) in each(a, "leaf_targetids", leaf_weights.len())?.iter().zip(&leaf_weights) {
            let target = usize::try_from(*id).ok().filter(|target| *target < targets);
            let expected =
                || Wrong::with(format!("a target from 0 to {}", targets - 1), id.to_string(), ADVICE);
            weights.push((target.ok_or_else(expected)?, *weight));
        }
        let lists = Lists {
            yes: list("nodes_truenodeids")?,
            no: list("nodes_falsenodeids")?,
            yes_leaf: list("nodes_trueleafs")?,
            no_leaf: list("nodes_falseleafs")?,
            weights,
        };
        let missing = match a.integers("nodes_missing_value_tracks_true") {
            Some(missing) if !missing.is_empty() => list("nodes_missing_value_tracks_true")?,
            _ => vec![0; count],
        };
        let feature_ids = list("nodes_featureids")?;
        let roots = a.integers("tree_roots").unwrap_or_default();
        let mut trees = Vec::new();
        let mut used = vec![false; count];
        let mut nodes = 0usize;
        for (id, root) in (0..).zip(&roots) {
            let wrong = |node: i64, expected: &str, found: String| {
                Wrong::with(expected, format!("{}: {found}", build::named(id, node)), ADVICE)
            };
            let split = |node: i64, from: i64| {
                let place = usize::try_from(node).ok().filter(|place| *place < count);
                place.ok_or_else(|| {
                    wrong(from, &format!("children from 0 to {}", count.saturating_sub(1)), node.to_string())
                })
            };
            let mut rows: Vec<Row> = Vec::new();
            // A row is made for each time a node is named, so a node that is named twice is one that is used twice.
            let mut waiting = vec![(split(*root, *root)?, None)];
            while let Some((place, parent)) = waiting.pop() {
                let own = rows.len();
                let node = i64::try_from(place).unwrap_or(i64::MAX);
                if std::mem::replace(&mut used[place], true) {
                    return Err(wrong(node, "one way to each node", "a second one, or a cycle".into()));
                }
                link(&mut rows, parent, own);
                let mode = mode(modes[place]).map_err(|bad| Wrong {
                    found: format!("{}: {}", build::named(id, node), bad.found),
                    ..bad
                })?;
                rows.push(Row {
                    id: node,
                    split: Some(Branch {
                        feature: feature_ids[place],
                        mode,
                        threshold: splits[place],
                        yes: own,
                        no: own,
                        missing_yes: missing[place] != 0,
                    }),
                    weights: Vec::new(),
                });
                // Backwards, so that the first child is taken up first.
                for yes in [false, true] {
                    let (child, leaf) = if yes {
                        (lists.yes[place], lists.yes_leaf[place])
                    } else {
                        (lists.no[place], lists.no_leaf[place])
                    };
                    if leaf == 0 {
                        waiting.push((split(child, node)?, Some((own, yes))));
                        continue;
                    }
                    let weight = usize::try_from(child).ok().and_then(|child| lists.weights.get(child));
                    let expected = format!("leaves from 0 to {}", lists.weights.len().saturating_sub(1));
                    let weight = *weight.ok_or_else(|| wrong(node, &expected, child.to_string()))?;
                    let at = rows.len();
                    link(&mut rows, Some((own, yes)), at);
                    rows.push(Row { id: node, split: None, weights: vec![weight] });
                }
                nodes += 3;
                build::limited(nodes.min(MAX_NODES + 1))?;
            }
            let members: Vec<usize> = (0..rows.len()).collect();
            trees.push(build::tree(id, &mut rows, &members)?);
        }
        if trees.is_empty() {
            return Err(Wrong::with("tree_roots", "none", ADVICE));
        }
        if let Some(place) = used.iter().position(|used| !used) {
            return Err(Wrong::with(
                "a way from a root to each node",
                format!("none to node {place}"),
                ADVICE,
            ));
        }
        // Splits of float64 are compared in it.
        let precision = match a.tensor_type("nodes_splits") {
            Some(onnx::DOUBLE) => Precision::Double,
            _ => Precision::Single,
        };
        let features = features(&trees);
        let base = Vec::new();
        Ok(Self { trees, targets, features, base, aggregate, post, precision, classes: None })
    }
}

/// Makes a row the child of another.
fn link(rows: &mut [Row], parent: Link, child: usize) {
    let Some((parent, yes)) = parent else { return };
    if let Some(branch) = rows.get_mut(parent).and_then(|row| row.split.as_mut()) {
        *(if yes { &mut branch.yes } else { &mut branch.no }) = child;
    }
}
