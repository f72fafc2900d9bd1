//! A change of any pin changes a line of the changelog.

use std::fs;

use foldproof_params::Digest;

use super::{bless, root};

/// A short digest of the names and bytes of all files in these folders, or of these files.
fn digest(paths: &[&str]) -> String {
    let mut files = Vec::new();
    for path in paths {
        let path = root().join(path);
        if path.is_dir() {
            files.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else {
            files.push(path);
        }
    }
    files.sort();
    let mut list = Vec::new();
    for file in files {
        list.extend(file.file_name().unwrap().to_str().unwrap().as_bytes());
        list.push(0);
        list.extend(Digest::of(&fs::read(file).unwrap()).0);
    }
    format!("{:.12}", Digest::of(&list).to_string())
}

#[test]
fn the_changelog_names_the_pins() {
    if bless() {
        println!("skipped: other tests are writing the pins");
        return;
    }
    let keys = digest(&["params/pinned/keys", "params/pinned/lagrange.bin"]);
    let (bundles, costs) = (digest(&["tests/golden"]), digest(&["benches/cost.json"]));
    let expected = format!("* Pins: keys `{keys}`, bundles `{bundles}`, costs `{costs}`.");
    let text = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    // The newest version comes first.
    let found = text.lines().find(|line| line.starts_with("* Pins: ")).unwrap_or("no such line");
    assert_eq!(
        found, expected,
        "pinned keys, golden bundles or costs have changed: say in CHANGELOG.md, under Keys, what changed and why, and \
         let its first `* Pins:` line be the one expected"
    );
}
