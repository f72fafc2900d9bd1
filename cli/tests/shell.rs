//! What people expect of any command line: completions, manual pages, more and less on stderr, no colours where nobody wants them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::process::Command;

#[path = "../../tests/support/scene.rs"]
mod scene;

use scene::{MODEL, Said, Scene};

const SHELLS: [&str; 5] = ["bash", "elvish", "fish", "powershell", "zsh"];

#[test]
fn every_shell_completes_every_command() {
    let scene = Scene::cold();
    for shell in SHELLS {
        let script = scene.run(&["completions", shell]).ended(0).out;
        for word in ["prove-model", "registry", "--require-within-bound"] {
            assert!(script.contains(word.trim_start_matches('-')), "{shell}: {word}");
        }
    }
    scene.run(&["completions", "tcsh"]).ended(2).told("bash");
}

#[test]
fn every_command_has_a_page() {
    let scene = Scene::cold();
    let folder = scene.path("man1");
    let listed = scene.run(&["man", "--out", folder.to_str().unwrap()]).ended(0).out;
    let pages: Vec<String> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(listed.lines().count(), pages.len());
    for page in ["foldproof.1", "foldproof-prove.1", "foldproof-model-import.1", "foldproof-evm-check.1"] {
        assert!(pages.iter().any(|name| name == page), "{page}: {pages:?}");
        let text = fs::read_to_string(folder.join(page)).unwrap();
        assert!(text.contains(".SH SYNOPSIS") && text.contains(".SH OPTIONS"), "{page}");
    }
    assert!(!pages.iter().any(|name| name.contains("help")), "{pages:?}");
}

/// What a command that has something to warn of says.
fn inspected(scene: &Scene, more: &[&str]) -> Said {
    scene.run(&[&["model", "commit", MODEL], more].concat())
}

#[test]
fn quiet_leaves_errors_and_verbose_says_what_is_read() {
    let scene = Scene::cold();
    let usual = inspected(&scene, &[]).ended(0);
    let quiet = inspected(&scene, &["--quiet"]).ended(0);
    let verbose = inspected(&scene, &["--verbose"]).ended(0);
    assert_eq!((&usual.out, &usual.out), (&quiet.out, &verbose.out));
    assert_eq!((usual.err.as_str(), quiet.err.as_str()), ("", ""));
    assert!(verbose.err.contains("demo-tags.fpm: ") && verbose.err.contains(" bytes"), "{}", verbose.err);

    // A sample block has a note on its checks; an error is one with --quiet, too.
    let block = scene.run(&["sample", "--transactions", "3"]).ended(0).out;
    fs::write(scene.path("block.json"), block).unwrap();
    scene.run(&["--quiet", "fingerprint", "nothing.json"]).ended(2).told("nothing.json");
    assert_eq!(scene.run(&["-q", "fingerprint", "block.json"]).ended(0).err, "");
    scene.run(&["-q", "-v", "fingerprint", "block.json"]).ended(2).told("cannot be used with");
}

#[test]
fn help_has_no_colours_for_those_who_want_none() {
    let help = |name: &str| {
        Command::new(scene::PROGRAM)
            .arg("--help")
            .env("CLICOLOR_FORCE", "1")
            .env(name, "1")
            .output()
            .unwrap()
            .stdout
    };
    assert!(help("OTHER").contains(&0x1b), "forced colours are there");
    assert!(!Command::new(scene::PROGRAM).arg("--help").output().unwrap().stdout.contains(&0x1b));
    let plain = Command::new(scene::PROGRAM).arg("--help").env("NO_COLOR", "1").output().unwrap().stdout;
    assert!(!plain.contains(&0x1b));
}
