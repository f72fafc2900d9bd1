//! Isolation forests as a list of splits, made a model.
//!
//! `{"psi": 256, "threshold": θ at 2⁻³², "trees": [[[feature, threshold at 2⁻³², left, right], …], …]}`. The splits of a tree stand in preorder, and
//! leaves in their parents: left is 0 for the next split or a leaf's number of samples, right a leaf's number of samples up to 255, else the split
//! right − 255 places on.

use std::sync::Arc;

use foldproof_circuits::graph::{
    Block, Child, Forest, Graph, GraphError, GraphModel, Head, HeadMeaning, Node, ParameterBlock, Split,
};
use foldproof_circuits::stages::anomaly::{SAMPLES, mean_depth};
use halo2curves::bn256::Fr;

use super::{DEPTH_BITS, IsolationForest};
use crate::codebook::train::FINGERPRINT;
use crate::input::json::Json;
use crate::input::record::{Path, Record};
use crate::input::{InputError, number};
use crate::model::isolation_score::greatest_flagged;

/// Most trees.
const MAX_TREES: usize = 256;
/// Most splits of a tree.
const MAX_SPLITS: usize = 255;
/// Most splits of a path.
const MAX_DEPTH: u32 = 8;
/// Fewest samples of a tree.
const MIN_SAMPLES: u64 = 3;
/// From here on the right of a split is another split.
const RIGHT_SPLITS: i64 = 256;
/// Beyond the greatest right.
const RIGHT_END: i64 = 384;
/// Thresholds lie in ± this, at 2⁻³².
const THRESHOLD_LIMIT: i64 = 1 << 33;
const ADVICE: &str = "write the forest again from the model it comes from";

/// A split as it is listed.
#[derive(Clone, Copy)]
struct Listed {
    feature: u16,
    threshold: i64,
    left: i64,
    right: i64,
}

/// The forest of a graph, being made.
#[derive(Default)]
struct Made {
    splits: Vec<Split>,
    leaves: Vec<Vec<i64>>,
}

impl IsolationForest {
    /// Reads a list of splits.
    pub(super) fn listed(json: &Json) -> Result<Self, InputError> {
        let record = Record::new(json, Path::Root)?;
        let whole = |key: &'static str, least: u64, most: u64| match record.whole(key)? {
            Some(found) if (least..=most).contains(&found) => Ok(found),
            found => {
                let found = found.map_or("nothing".into(), |found| found.to_string());
                Err(record.wrong(key, format!("a whole number from {least} to {most}"), found, ADVICE))
            }
        };
        let samples = whole("psi", MIN_SAMPLES, SAMPLES as u64)?;
        let threshold = whole("threshold", 0, 1 << 32)?;
        let path = Path::Key(&Path::Root, "trees");
        let trees = array(record.object().get("trees").unwrap_or(&Json::Null), path, 1..=MAX_TREES)?;
        let mut listed = Vec::with_capacity(trees.len());
        for (t, tree) in trees.iter().enumerate() {
            let path = Path::Index(&path, t);
            let splits = array(tree, path, 1..=MAX_SPLITS)?.iter().enumerate();
            let splits: Result<Vec<_>, _> =
                splits.map(|(s, split)| read(split, Path::Index(&path, s))).collect();
            listed.push(splits?);
        }
        let mut made = Made::default();
        // Tree t of a graph starts at split t.
        let nowhere = Split { feature: 0, threshold: 0, left: Child::Split(0), right: Child::Split(0) };
        made.splits.resize(listed.len(), nowhere);
        let mut deepest = 0;
        for (t, splits) in listed.iter().enumerate() {
            deepest = deepest.max(made.tree(t, splits, Path::Index(&path, t))?);
        }
        let (trees, samples) = (listed.len(), usize::try_from(samples).unwrap_or(SAMPLES));
        let model = made.model(trees, deepest, threshold, samples);
        let wrong = |error: GraphError| {
            InputError::new(path, "a forest that a graph holds", error.to_string(), ADVICE)
        };
        Ok(Self { model: model.map_err(wrong)?, trees, samples, threshold })
    }
}

fn array<'a>(
    value: &'a Json,
    path: Path<'_>,
    lengths: std::ops::RangeInclusive<usize>,
) -> Result<&'a [Json], InputError> {
    let expected = || format!("an array of {} to {}", lengths.start(), lengths.end());
    match value {
        Json::Array(items) if lengths.contains(&items.len()) => Ok(items),
        other => Err(InputError::new(path, expected(), other.describe(), ADVICE)),
    }
}

fn read(value: &Json, path: Path<'_>) -> Result<Listed, InputError> {
    let items = array(value, path, 4..=4)?;
    let field = |place: usize, least: i64, end: i64| match number::integer(&items[place]) {
        Some(found) if (least..end).contains(&found) => Ok(found),
        _ => {
            let expected = format!("a whole number from {least} to {}", end - 1);
            Err(InputError::new(Path::Index(&path, place), expected, items[place].describe(), ADVICE))
        }
    };
    Ok(Listed {
        feature: u16::try_from(field(0, 0, FINGERPRINT as i64)?).unwrap_or_default(),
        threshold: field(1, -THRESHOLD_LIMIT, THRESHOLD_LIMIT)?,
        left: field(2, 0, RIGHT_SPLITS)?,
        right: field(3, 1, RIGHT_END)?,
    })
}

impl Made {
    /// Adds a tree whose first split has place `root`, and gives the splits of its longest path.
    fn tree(&mut self, root: usize, listed: &[Listed], path: Path<'_>) -> Result<u32, InputError> {
        // The first split is where the graph looks for it; the others follow one another.
        let after = self.splits.len();
        let place = |split: usize| if split == 0 { root } else { after + split - 1 };
        let pointer = |place: usize| u16::try_from(place).unwrap_or(u16::MAX);
        let mut depths = vec![None; listed.len()];
        depths[0] = Some(1);
        self.splits.extend(vec![self.splits[root]; listed.len() - 1]);
        for (at, split) in listed.iter().enumerate() {
            let here = Path::Index(&path, at);
            let wrong = |expected: &str, found: String| Err(InputError::new(here, expected, found, ADVICE));
            // Parents stand before their children: what has no depth yet is reached by no path.
            let Some(depth) = depths[at] else {
                return wrong("a split that a path reaches", "one that no path does".into());
            };
            if depth > MAX_DEPTH {
                return wrong(&format!("paths of at most {MAX_DEPTH} splits"), depth.to_string());
            }
            let next = (split.left == 0).then_some(at + 1);
            let far = usize::try_from(split.right + 1 - RIGHT_SPLITS).ok().filter(|places| *places > 0);
            let mut children = [Child::Leaf(0); 2];
            for ((child, split_at), samples) in
                children.iter_mut().zip([next, far.map(|places| at + places)]).zip([split.left, split.right])
            {
                *child = match split_at {
                    Some(to) => {
                        match depths.get_mut(to) {
                            None => return wrong("splits that are in the tree", format!("split {to}")),
                            Some(Some(_)) => {
                                return wrong("splits with one path to them", format!("split {to} again"));
                            }
                            Some(depth_of) => *depth_of = Some(depth + 1),
                        }
                        Child::Split(pointer(place(to)))
                    }
                    None => {
                        let usual =
                            mean_depth(usize::try_from(samples).unwrap_or(usize::MAX)).unwrap_or_default();
                        let value = (u64::from(depth) << DEPTH_BITS) + usual;
                        self.leaves.push(vec![i64::try_from(value).unwrap_or(i64::MAX)]);
                        Child::Leaf(pointer(self.leaves.len() - 1))
                    }
                };
            }
            let [left, right] = children;
            let (feature, threshold) = (split.feature, split.threshold);
            self.splits[place(at)] = Split { feature, threshold, left, right };
        }
        Ok(depths.into_iter().flatten().max().unwrap_or(1))
    }

    fn model(
        self,
        trees: usize,
        depth: u32,
        threshold: u64,
        samples: usize,
    ) -> Result<GraphModel, GraphError> {
        let narrow = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let block = Block::Forest {
            trees: u16::try_from(trees).unwrap_or(u16::MAX),
            depth: u8::try_from(depth).unwrap_or(u8::MAX),
            splits: narrow(self.splits.len()),
            leaves: narrow(self.leaves.len()),
            targets: 1,
        };
        let inputs = u16::try_from(FINGERPRINT).unwrap_or(u16::MAX);
        let heads = vec![Head::Score { of: 0, low: true }];
        let graph = Graph::new(14, inputs, 1, vec![block], vec![Node::Forest { block: 0 }], heads)?;
        // A score that not even a sum of 0 is above flags the least sum there is.
        let theta = i64::try_from(threshold).unwrap_or(i64::MAX);
        let flagged = greatest_flagged(theta, trees as u64, narrow(samples)).unwrap_or(0);
        let meaning = HeadMeaning {
            labels: Vec::new(),
            fraction_bits: DEPTH_BITS.try_into().unwrap_or(0),
            threshold: flagged,
        };
        let forest = ParameterBlock::Forest(Forest { splits: self.splits, leaves: self.leaves });
        GraphModel::new(Arc::new(graph), Vec::new(), vec![forest], vec![meaning], Fr::zero())
    }
}
