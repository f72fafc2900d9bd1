//! Keys do not depend on what they are made in. `scripts/same-keys.sh` compares builds; here it is threads and variables.

use std::process::{Command, Output};

use super::{cache, root};

/// Compares the pinned key of the smallest statement with one made in this environment.
fn check(variable: &str, value: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_foldproof"))
        .current_dir(root())
        .env("FOLDPROOF_CACHE", cache())
        .env(variable, value)
        .args(["keys", "pin", "--check", "fingerprint+tags-96-64-32-15"])
        .output()
        .unwrap()
}

#[test]
fn threads_and_max_degree_change_no_key() {
    let threads = ["1", "2", "3"].map(|count| ("RAYON_NUM_THREADS", count));
    let degrees = ["1", "3", "9", "1000"].map(|degree| ("MAX_DEGREE", degree));
    for (variable, value) in threads.into_iter().chain(degrees) {
        let output = check(variable, value);
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{variable}={value}: {said}{told}");
        assert!(said.contains("unchanged"), "{variable}={value}: {said}");
    }
}

#[test]
fn what_is_no_degree_is_an_error() {
    for garbage in ["", "five", "-1", "5 ", "99999999999999999999999"] {
        let output = check("MAX_DEGREE", garbage);
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{garbage:?}: {told}");
        assert!(told.contains("MAX_DEGREE") && !told.contains("panicked"), "{garbage:?}: {told}");
    }
}

#[test]
fn keys_are_not_written_without_the_switch() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_foldproof"))
        .env("FOLDPROOF_CACHE", cache())
        .env_remove("BLESS")
        .args(["keys", "pin", "fingerprint+tags-96-64-32-15", "--folder"])
        .arg(folder.path())
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("BLESS=1"));
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}
