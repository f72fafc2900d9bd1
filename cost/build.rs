//! Tells the program which commit it is built from, where that can be known: `FOLDPROOF_COMMIT` of the environment, for those
//! who build from an archive or in a container, or else that of the repository this crate lies in. Without either, and without
//! git, the program is built all the same. One commit gives one program: local changes are not looked for.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-env-changed=FOLDPROOF_COMMIT");
    let given = env::var("FOLDPROOF_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = given.or_else(|| of_repository(Path::new(&env::var_os("CARGO_MANIFEST_DIR")?)));
    // Nothing else reaches cargo: a line of its own would be an instruction to it.
    let is_hash = |commit: &String| commit.len() >= 7 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    if let Some(commit) = commit.filter(is_hash) {
        println!("cargo::rustc-env=FOLDPROOF_COMMIT={}", &commit[..commit.len().min(12)]);
    }
}

/// The commit that is checked out, if the repository is Foldproof's and not one that has a copy of it somewhere below.
fn of_repository(krate: &Path) -> Option<String> {
    let root = krate.parent()?.canonicalize().ok()?;
    if PathBuf::from(git(&root, &["rev-parse", "--show-toplevel"])?).canonicalize().ok()? != root {
        return None;
    }
    // HEAD names a branch; its log grows with every commit. A file that is not there would have cargo build each time.
    for file in ["HEAD", "logs/HEAD"] {
        let file = root.join(git(&root, &["rev-parse", "--git-path", file])?);
        if file.is_file() {
            println!("cargo::rerun-if-changed={}", file.display());
        }
    }
    git(&root, &["rev-parse", "HEAD"])
}

fn git(root: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").arg("-C").arg(root).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim_end().to_owned())
}
