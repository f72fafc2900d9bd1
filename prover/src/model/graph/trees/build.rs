//! Trees out of rows that name their children.

use std::collections::HashMap;

use super::{MAX_DEPTH, MAX_FEATURES, MAX_NODES, Mode, Node, Split, Tree};
use crate::model::graph::Wrong;

pub(super) const ADVICE: &str = "export the ensemble again; one that was edited by hand is as it was made";

/// A node as a file has it.
pub(super) struct Row {
    /// What the file calls it.
    pub id: i64,
    /// None for a leaf.
    pub split: Option<Branch>,
    /// Of a leaf.
    pub weights: Vec<(usize, f64)>,
}

/// A split that names its children as places among the rows.
pub(super) struct Branch {
    pub feature: i64,
    pub mode: Mode,
    pub threshold: f64,
    pub yes: usize,
    pub no: usize,
    pub missing_yes: bool,
}

/// A child's parent, and whether it is the child for `yes`; none of the root.
pub(super) type Link = Option<(usize, bool)>;

/// `tree 3, node 17`, for messages.
pub(super) fn named(tree: i64, node: i64) -> String {
    format!("tree {tree}, node {node}")
}

/// The mode of a split by the name that versions 1 to 3 give it; none for a leaf.
pub(super) fn mode(name: &[u8]) -> Result<Option<Mode>, Wrong> {
    Ok(Some(match name {
        b"LEAF" => return Ok(None),
        b"BRANCH_LEQ" => Mode::LessOrEqual,
        b"BRANCH_LT" => Mode::Less,
        b"BRANCH_GTE" => Mode::GreaterOrEqual,
        b"BRANCH_GT" => Mode::Greater,
        b"BRANCH_EQ" => Mode::Equal,
        b"BRANCH_NEQ" => Mode::NotEqual,
        other => {
            let expected = "LEAF, or BRANCH_ with LEQ, LT, GTE, GT, EQ or NEQ";
            return Err(Wrong::new(expected, crate::model::onnx::short(&String::from_utf8_lossy(other))));
        }
    }))
}

/// The tree that the rows make, with the first of `members` for its root, of which every member has to be a part.
///
/// # Errors
/// Nodes that two ways lead to, or none; more than one root; features and thresholds that are none; ways that are too long.
pub(super) fn tree(id: i64, rows: &mut [Row], members: &[usize]) -> Result<Tree, Wrong> {
    let bad = |node: i64, expected: &str, found: String| {
        Wrong::with(expected, format!("{}: {found}", named(id, node)), ADVICE)
    };
    let mut parents: HashMap<usize, i64> = HashMap::new();
    for row in members.iter().filter_map(|place| rows.get(*place)) {
        let Some(split) = &row.split else { continue };
        for child in [split.yes, split.no] {
            let name = rows.get(child).map_or(-1, |row| row.id);
            if let Some(other) = parents.insert(child, row.id) {
                let found = format!("a child of node {other} and of node {}", row.id);
                return Err(bad(name, "one way to each node", found));
            }
        }
    }
    let roots: Vec<i64> = members
        .iter()
        .filter(|place| !parents.contains_key(place))
        .filter_map(|place| rows.get(*place).map(|row| row.id))
        .collect();
    let first = members.first().copied();
    match roots.as_slice() {
        [] => {
            let name = first.and_then(|place| rows.get(place)).map_or(-1, |row| row.id);
            return Err(bad(name, "a root", "a cycle: every node is a child".into()));
        }
        [_] => {}
        [one, other, ..] => {
            let found = format!("no node leads to it, nor to node {one}");
            return Err(bad(*other, "one root of each tree", found));
        }
    }
    if first.is_some_and(|first| parents.contains_key(&first)) {
        let found =
            "node ".to_owned() + &roots[0].to_string() + " is the root and is not the first of the tree";
        return Err(bad(roots[0], "the root first", found));
    }
    // Each node has at most one parent, so what is met here is met once, and what is not met hangs on a cycle.
    let mut nodes: Vec<Node> = Vec::with_capacity(members.len());
    let mut deepest = 0;
    let mut waiting: Vec<(usize, Link, usize)> = first.iter().map(|first| (*first, None, 0)).collect();
    while let Some((place, parent, depth)) = waiting.pop() {
        let own = nodes.len();
        if let Some((parent, yes)) = parent
            && let Some(Node::Split(split)) = nodes.get_mut(parent)
        {
            *(if yes { &mut split.yes } else { &mut split.no }) = own;
        }
        let Some(row) = rows.get_mut(place) else { continue };
        deepest = deepest.max(depth);
        let Some(branch) = &row.split else {
            if let Some((_, x)) = row.weights.iter().find(|(_, x)| !x.is_finite()) {
                return Err(bad(row.id, "finite weights", x.to_string()));
            }
            nodes.push(Node::Leaf(std::mem::take(&mut row.weights)));
            continue;
        };
        let feature = usize::try_from(branch.feature).ok().filter(|feature| *feature < MAX_FEATURES);
        let Some(feature) = feature else {
            let expected = format!("a feature from 0 to {}", MAX_FEATURES - 1);
            return Err(bad(row.id, &expected, branch.feature.to_string()));
        };
        if branch.threshold.is_nan() {
            return Err(bad(row.id, "a threshold", "what is no number".into()));
        }
        if depth >= MAX_DEPTH {
            return Err(bad(row.id, &format!("at most {MAX_DEPTH} splits on a way down"), "one more".into()));
        }
        nodes.push(Node::Split(Split {
            feature,
            mode: branch.mode,
            threshold: branch.threshold,
            yes: own,
            no: own,
            missing_yes: branch.missing_yes,
        }));
        waiting.push((branch.no, Some((own, false)), depth + 1));
        waiting.push((branch.yes, Some((own, true)), depth + 1));
    }
    if nodes.len() < members.len() {
        // The root's nodes are marked by what they have given away; a cycle has none of them.
        let met: std::collections::HashSet<usize> = reached(rows, first);
        let lost = members.iter().find(|place| !met.contains(place)).and_then(|place| rows.get(*place));
        let name = lost.map_or(-1, |row| row.id);
        return Err(bad(
            name,
            "a way from the root to each node",
            "a cycle, which the root does not lead to".into(),
        ));
    }
    Ok(Tree { id, nodes, depth: deepest })
}

fn reached(rows: &[Row], first: Option<usize>) -> std::collections::HashSet<usize> {
    let mut met = std::collections::HashSet::new();
    let mut waiting: Vec<usize> = first.into_iter().collect();
    while let Some(place) = waiting.pop() {
        if met.insert(place)
            && let Some(split) = rows.get(place).and_then(|row| row.split.as_ref())
        {
            waiting.extend([split.yes, split.no]);
        }
    }
    met
}

/// Refuses ensembles of too many nodes, and of none.
pub(super) fn limited(nodes: usize) -> Result<(), Wrong> {
    if (1..=MAX_NODES).contains(&nodes) {
        return Ok(());
    }
    let advice = "train fewer or shallower trees";
    Err(Wrong::with(format!("1 to {MAX_NODES} nodes in all trees"), nodes.to_string(), advice))
}
