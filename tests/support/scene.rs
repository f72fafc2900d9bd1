//! A folder with a small statement to prove, and a cache of its own: what the tests of faults and of secrets happen in.

#![allow(dead_code, clippy::allow_attributes, reason = "each test program uses a part of it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_foldproof");
pub const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../prover/artifacts/demo-tags.fpm");

pub struct Scene {
    folder: tempfile::TempDir,
}

/// How a command ended, and what it said.
pub struct Said {
    pub code: Option<i32>,
    pub out: String,
    pub err: String,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Said {
    #[track_caller]
    pub fn ended(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "{}{}", self.out, self.err);
        assert!(!self.err.contains("panicked"), "{}", self.err);
        self
    }

    #[track_caller]
    pub fn told(self, message: &str) -> Self {
        assert!(self.err.contains(message), "{message:?} was expected in {:?}", self.err);
        self
    }
}

impl Scene {
    /// With an empty cache.
    pub fn cold() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["cache", "temporary"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        let fingerprint: Vec<f64> = (0..96).map(|i| f64::from(i) / 64.0 - 0.75).collect();
        fs::write(folder.path().join("fp.json"), format!("{{\"fingerprint\": {fingerprint:?}}}")).unwrap();
        Self { folder }
    }

    /// With a cache that has what the statement needs; made once per test program.
    pub fn warm() -> Self {
        static MADE: OnceLock<PathBuf> = OnceLock::new();
        let made = MADE.get_or_init(|| {
            let scene = Self::cold();
            scene.run(&scene.prove(&[])).ended(0);
            let program = std::env::current_exe().unwrap();
            let kept = Path::new(env!("CARGO_TARGET_TMPDIR")).join(program.file_stem().unwrap());
            drop(fs::remove_dir_all(&kept));
            copy(&scene.path("cache"), &kept);
            kept
        });
        let scene = Self::cold();
        copy(made, &scene.path("cache"));
        scene
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap()
    }

    /// Arguments that prove the small statement, and more.
    pub fn prove<'a>(&self, more: &[&'a str]) -> Vec<&'a str> {
        [&["prove-model", "fp.json", "--model", MODEL, "-o", "out.proof"], more].concat()
    }

    /// `program` in the folder, with its cache and a place for temporary files.
    pub fn at_home(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(self.folder.path())
            .env("FOLDPROOF_CACHE", self.path("cache"))
            .env("TMPDIR", self.path("temporary"))
            .env("PROGRAM", PROGRAM)
            .env("MODEL", MODEL);
        command
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.at_home(PROGRAM);
        command.args(arguments);
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Said {
        self.command(arguments).output().unwrap().into()
    }

    /// A line for the shell, in which `$PROGRAM` is the program and `$MODEL` the model.
    pub fn shell(&self, line: &str) -> Said {
        self.at_home("sh").args(["-c", line]).output().unwrap().into()
    }

    /// Names of the files in a folder, hidden ones too.
    pub fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// What writers left behind, anywhere.
    pub fn leftovers(&self) -> Vec<String> {
        let folders = [".", "cache", "temporary"].into_iter().filter(|name| self.path(name).is_dir());
        folders.flat_map(|folder| self.names(folder)).filter(|name| name.ends_with(".tmp")).collect()
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Whether this is root, for whom permissions are no obstacle.
pub fn is_root() -> bool {
    let own = fs::read_to_string("/proc/self/status").unwrap_or_default();
    own.lines()
        .any(|line| line.strip_prefix("Uid:").is_some_and(|ids| ids.split_whitespace().nth(1) == Some("0")))
}
