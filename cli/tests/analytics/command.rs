//! `foldproof fingerprint --analytics`.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::blocks::{expected, shared, without_forest};
use super::vectors;

/// Exit status, stdout and stderr.
fn foldproof(arguments: &[&str]) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_foldproof")).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn fingerprint(blocks: &Path, more: &[&str]) -> (Option<i32>, String, String) {
    let codebook = vectors().join("learned-64.json");
    let names = [blocks.to_str().unwrap(), "--codebook", codebook.to_str().unwrap()];
    foldproof(&[&["fingerprint"], &names[..], more].concat())
}

#[test]
fn a_line_ends_with_the_analytics() {
    let block = vectors().join("blocks/eth-23850710.json");
    let (code, line, _) = fingerprint(&block, &["--analytics", "--json"]);
    assert_eq!(code, Some(0));
    let (_, default, _) = expected().into_iter().find(|(name, ..)| name == "eth-23850710").unwrap();
    let end = format!(",\"analytics\":{}}}\n", without_forest(&default));
    assert!(line.starts_with("{\"") && line.ends_with(&end), "{line}\n{end}");
    // Without the option nothing else has changed.
    let (_, plain, _) = fingerprint(&block, &["--json"]);
    assert_eq!(plain.trim_end(), format!("{}}}", line.strip_suffix(&end).unwrap()));
    let (code, table, _) = fingerprint(&block, &["--analytics", "--preset", "normalised"]);
    assert_eq!(code, Some(0));
    for row in ["zones", "hyperedges", "regime", "tags", "anomaly", "anomaly_with_zone_tags"] {
        assert!(table.lines().any(|line| line.starts_with(&format!("{row} "))), "{row}: {table}");
    }
}

#[test]
fn what_is_refused() {
    let block = vectors().join("blocks/mock-1tx.json");
    let refused = |more: &[&str], message: &str| {
        let (code, _, said) = fingerprint(&block, more);
        assert!(code == Some(2) && said.contains(message), "{more:?}: {said}");
    };
    refused(&["--analytics", "--preset", "Eth"], "one of default, eth, avax, normalised was expected");
    refused(&["--preset", "eth"], "--analytics");
    refused(&["--forest", "forest.json"], "--analytics");
    let folder = tempfile::tempdir().unwrap();
    let forest = folder.path().join("forest.json");
    let name = forest.to_str().unwrap();
    refused(&["--analytics", "--forest", name], "forest.json");
    fs::write(&forest, r#"{"psi": 256, "threshold": 0, "trees": [[[0, 0, 0, 1]]]}"#).unwrap();
    refused(
        &["--analytics", "--forest", name],
        "trees[0][0]: expected splits that are in the tree, found split 1",
    );
    fs::write(&forest, r#"{"psi": 256, "threshold": 0, "trees": [[[0, 0, 1, 1]]]}"#).unwrap();
    let (code, line, _) = fingerprint(&block, &["--analytics", "--json", "--forest", name]);
    assert!(code == Some(0) && line.contains("\"hybrid\":{\"forest\":"), "{line}");
}

#[test]
fn all_blocks_at_once() {
    let Some(shared) = shared() else {
        println!("skipped: there is no ../shared beside the workspace");
        return;
    };
    let forest = shared.join("spec/forest-200.json");
    let more = ["--analytics", "--json", "--forest", forest.to_str().unwrap()];
    let (code, lines, _) = fingerprint(&shared.join("data/blocks"), &more);
    assert_eq!(code, Some(0));
    let expected = expected();
    assert_eq!(lines.lines().count(), expected.len());
    // Both are in the order of names.
    for (line, (name, default, _)) in lines.lines().zip(expected) {
        assert!(line.contains(&format!("{name}.json\"")), "{name}");
        assert!(line.ends_with(&format!(",\"analytics\":{default}}}")), "{name}");
    }
}
