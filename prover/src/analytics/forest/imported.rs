//! Isolation forests as `foldproof model import` makes them: what they were grown of stands in their leaves.

use foldproof_circuits::graph::{Child, Forest, GraphModel, ParameterBlock};
use foldproof_circuits::stages::anomaly::{Isolation, mean_depths};

use super::{DEPTH_BITS, IsolationForest};
use crate::codebook::train::FINGERPRINT;
use crate::input::InputError;
use crate::input::record::Path;

pub(super) const ADVICE: &str = "import an IsolationForest over fingerprints with --head anomaly";

impl IsolationForest {
    /// Of a model whose first head is the score of an isolation forest over a fingerprint.
    pub(super) fn imported(model: GraphModel) -> Result<Self, InputError> {
        let wrong = |path: &'static str, expected: &str, found: String| {
            Err(InputError::new(Path::Key(&Path::Root, path), expected, found, ADVICE))
        };
        let graph = model.graph();
        if (graph.channels(), graph.positions()) != (FINGERPRINT, 1) {
            let found = format!("{} channels at {} positions", graph.channels(), graph.positions());
            return wrong("channels", "a model of one fingerprint", found);
        }
        let expected = "the score of a forest, flagged if it is low";
        let Some((block, trees)) = graph.isolation_forest() else {
            return wrong("heads", expected, "another head first".to_owned());
        };
        let Some(ParameterBlock::Forest(forest)) = model.blocks().get(block) else {
            return wrong("blocks", expected, "another block".to_owned());
        };
        let grown: Option<Vec<usize>> = (0..trees).map(|tree| samples(forest, tree)).collect();
        let expected = "leaves of an isolation forest whose trees are of 2 to 256 samples, each of as many";
        let samples = match grown.as_deref() {
            Some([first, rest @ ..])
                if (2..mean_depths().len()).contains(first) && rest.iter().all(|of| of == first) =>
            {
                *first
            }
            _ => return wrong("parameters", expected, "others".to_owned()),
        };
        // A score is above that of the least sum that is not flagged exactly if its sum is flagged.
        let flagged = model.heads().first().map_or(0, |meaning| meaning.threshold);
        let threshold =
            Isolation::new(flagged.saturating_add(1), trees, samples, 0).map_or(0, |least| least.score);
        Ok(Self { model, trees, samples, threshold })
    }
}

/// How many samples the leaves of a tree have, a path each; none if they are no depths of an isolation forest.
fn samples(forest: &Forest, tree: usize) -> Option<usize> {
    let mut sum = 0;
    let mut open = vec![(tree, 1u64)];
    while let Some((split, depth)) = open.pop() {
        let split = forest.splits.get(split)?;
        for child in [split.left, split.right] {
            match child {
                Child::Split(to) => open.push((usize::from(to), depth + 1)),
                Child::Leaf(leaf) => {
                    let value = u64::try_from(*forest.leaves.get(usize::from(leaf))?.first()?).ok()?;
                    let rest = value.checked_sub(depth << DEPTH_BITS)?;
                    // C[1] = 0, and greater ones rise.
                    sum += 1 + mean_depths()[1..].binary_search(&rest).ok()?;
                }
            }
        }
    }
    Some(sum)
}
