//! What is proved in one bundle: a block, or several together.

use std::fmt;
use std::path::{Path, PathBuf};

use anyhow::bail;
use foldproof_circuits::statement::MAX_BLOCKS;
use serde_json::{Map, Value, json};

use crate::output;

/// Blocks that one proof is about, mostly one, and where its bundle goes.
#[derive(Clone, Debug)]
pub struct Task {
    pub blocks: Vec<PathBuf>,
    pub out: PathBuf,
}

/// By the name of the block, or of the first and the last.
impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.blocks[..] {
            [first, .., last] => write!(f, "{} to {}", first.display(), last.display()),
            blocks => blocks.iter().try_for_each(|block| write!(f, "{}", block.display())),
        }
    }
}

impl Task {
    /// What tells programs which task it is: the block, or the blocks.
    pub fn members(&self) -> Map<String, Value> {
        let names: Vec<String> = self.blocks.iter().map(|block| block.display().to_string()).collect();
        output::object(match &names[..] {
            [block] => json!({ "block": block }),
            blocks => json!({ "blocks": blocks }),
        })
    }

    /// A task for each of the blocks.
    pub fn apart(&self, out: Option<&Path>) -> Vec<Self> {
        let one =
            |block: &PathBuf| Self { blocks: vec![block.clone()], out: out_file(block, None, out, true) };
        self.blocks.iter().map(one).collect()
    }
}

/// Tasks for blocks, `together` in each, but for the last of them. Without it, in the order of their names.
///
/// # Errors
/// If two bundles would have the same name, or a block is there twice.
pub fn tasks(
    blocks: Vec<PathBuf>,
    out: Option<&Path>,
    many: bool,
    together: Option<usize>,
) -> anyhow::Result<Vec<Task>> {
    let groups = blocks.chunks(together.unwrap_or(1));
    let mut tasks: Vec<Task> = groups
        .filter_map(|blocks| {
            let (first, last) = (blocks.first()?, blocks.last().filter(|_| blocks.len() > 1));
            Some(Task { out: out_file(first, last, out, many), blocks: blocks.to_vec() })
        })
        .collect();
    // What cannot be proved together is proved one by one.
    let alone = tasks.iter().filter(|task| task.blocks.len() > 1).flat_map(|task| task.apart(out));
    let alone: Vec<PathBuf> = alone.map(|task| task.out).collect();
    let mut outs: Vec<&PathBuf> = tasks.iter().map(|task| &task.out).chain(&alone).collect();
    outs.sort_unstable();
    if let Some(twice) = outs.windows(2).find(|pair| pair[0] == pair[1]) {
        bail!(
            "two blocks would be written to {}: rename one, or prove them into different folders",
            twice[0].display()
        );
    }
    // Every machine that proves a part of them has to see the same list.
    if many && together.is_none() {
        tasks.sort_by(|a, b| a.blocks.cmp(&b.blocks));
    }
    Ok(tasks)
}

/// BLOCK.proof, or FIRST-to-LAST.proof.
fn out_file(first: &Path, last: Option<&PathBuf>, out: Option<&Path>, many: bool) -> PathBuf {
    let stem = |block: &Path| block.file_stem().unwrap_or(block.as_os_str()).to_owned();
    let mut name = stem(first);
    if let Some(last) = last {
        name.push("-to-");
        name.push(stem(last));
    }
    name.push(".proof");
    match out {
        Some(folder) if many || folder.is_dir() => folder.join(name),
        Some(file) => file.to_owned(),
        None => name.into(),
    }
}

/// Parses `--together`.
pub fn together(text: &str) -> Result<usize, String> {
    let number = text.parse().ok().filter(|count| (2..=MAX_BLOCKS).contains(count));
    number.ok_or_else(|| {
        format!(
            "a whole number of blocks in a proof was expected, from 2 to {MAX_BLOCKS}, found {text:?}; leave it out for a proof of each"
        )
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    fn listed(names: &[&str], together: Option<usize>) -> anyhow::Result<Vec<(usize, String)>> {
        let blocks = names.iter().map(PathBuf::from).collect();
        let tasks = tasks(blocks, Some(Path::new("out")), true, together)?;
        Ok(tasks.iter().map(|task| (task.blocks.len(), task.out.display().to_string())).collect())
    }

    #[test]
    fn blocks_are_grouped_in_their_order() {
        let names = ["b/9.json", "b/10.json", "a/1.json", "c.json", "b/2.json"];
        let expected = [(2, "out/9-to-10.proof"), (2, "out/1-to-c.proof"), (1, "out/2.proof")];
        let expected = expected.map(|(count, name)| (count, name.to_owned()));
        assert_eq!(listed(&names, Some(2)).unwrap(), expected);
        let all = listed(&names, Some(16)).unwrap();
        assert_eq!(all, [(5, "out/9-to-2.proof".to_owned())]);
        // One by one, every machine has them in one order.
        let alone = listed(&names, None).unwrap();
        assert_eq!(alone[0], (1, "out/1.proof".to_owned()));
    }

    #[test]
    fn no_two_bundles_have_one_name() {
        for together in [None, Some(2), Some(3)] {
            let error = listed(&["a/1.json", "2.json", "b/1.json"], together).unwrap_err().to_string();
            assert!(error.starts_with("two blocks would be written to out/1.proof"), "{error}");
        }
        assert!(listed(&["a.json", "b.json", "a.json"], Some(3)).is_err(), "a block twice");
    }

    #[test]
    fn groups_have_2_to_16_blocks() {
        assert_eq!(together("8"), Ok(8));
        for bad in ["", "0", "1", "17", "-2", "x"] {
            assert!(together(bad).unwrap_err().contains(&format!("{bad:?}")));
        }
    }
}
