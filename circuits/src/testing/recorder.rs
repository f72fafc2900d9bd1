//! Witnesses and forgeries in files, with the verdict they were given: for a second program to judge. `docs/circuit-file.md` describes
//! the files.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use halo2curves::bn256::Fr;

use super::system::{Place, System};
use crate::assignment::{Assignment, Cell};
use crate::layout::Layout;

/// Forgeries of a kind that are kept if the environment does not say.
const EACH: usize = 2;

/// A forgery, and what was said of it.
#[derive(Clone, Copy, Debug)]
pub struct Case<'c> {
    /// Cells of the first phase.
    pub assignment: &'c Assignment,
    /// A cell of the second phase that is not what follows from them.
    pub second: Option<(Cell, Fr)>,
    /// Public inputs.
    pub public: &'c [Fr],
    /// Who refuses it; nobody, if it is accepted.
    pub killers: &'c [String],
}

/// Keeps cases in a folder, some of each kind: those of one test that the same killers refuse.
#[derive(Debug)]
pub struct Recorder {
    folder: PathBuf,
    each: usize,
    seen: Mutex<HashMap<u64, usize>>,
}

impl Recorder {
    /// In a folder that is there, up to `each` of a kind.
    pub fn new(folder: impl Into<PathBuf>, each: usize) -> Self {
        Self { folder: folder.into(), each, seen: Mutex::default() }
    }

    /// The recorder of a run whose environment names a folder, `FOLDPROOF_EYES`, and how many of a kind, `FOLDPROOF_EYES_EACH`.
    ///
    /// # Panics
    /// If the latter is no number.
    pub fn of_environment() -> Option<&'static Self> {
        static RECORDER: OnceLock<Option<Recorder>> = OnceLock::new();
        let new = || {
            let folder = std::env::var_os("FOLDPROOF_EYES")?;
            let each = std::env::var("FOLDPROOF_EYES_EACH")
                .map_or(EACH, |each| each.parse().expect("FOLDPROOF_EYES_EACH is a number"));
            Some(Self::new(folder, each))
        };
        RECORDER.get_or_init(new).as_ref()
    }

    /// Keeps a case, unless there are enough of its kind.
    ///
    /// # Panics
    /// If the folder cannot be written.
    pub fn keep(&self, honest: &Layout, case: &Case<'_>) {
        let thread = std::thread::current();
        let test = thread.name().unwrap_or_default();
        let kind = hash(&(test, honest.statement().name(), case.killers));
        {
            let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            let count = seen.entry(kind).or_default();
            *count += 1;
            if *count > self.each {
                return;
            }
        }
        let system = System::new(honest);
        let written =
            self.base(honest, &system).and_then(|base| self.append(&base, test, honest, &system, case));
        written.unwrap_or_else(|error| panic!("{}: {error}", self.folder.display()));
    }

    /// Writes the honest witness once; returns its name.
    fn base(&self, honest: &Layout, system: &System) -> io::Result<String> {
        let assignment = honest.assignment();
        let bytes: Vec<[u8; 32]> = assignment.advice().iter().flatten().map(Fr::to_bytes).collect();
        let name = format!("{:016x}", hash(&(honest.statement().name(), bytes)));
        let file = self.folder.join(format!("{name}.witness.json"));
        if !file.exists() {
            let columns: Vec<String> =
                system.values(assignment).0.iter().map(|column| joined(column)).collect();
            let mut text = format!("{{\"statement\":\"{}\",\n", honest.statement());
            let public: Vec<Fr> = exposed(assignment);
            write!(
                text,
                "\"challenges\":\"{}\",\n\"public\":\"{}\",\n",
                joined(&system.challenges),
                joined(&public)
            )
            .map_err(io::Error::other)?;
            text += &format!("\"advice\":[\n\"{}\"]}}\n", columns.join("\",\n\""));
            whole(&file, text.as_bytes())?;
        }
        Ok(name)
    }

    fn append(
        &self,
        base: &str,
        test: &str,
        honest: &Layout,
        system: &System,
        case: &Case<'_>,
    ) -> io::Result<()> {
        let change = |place: Place, value: Fr| {
            let (column, row) = system.index(place);
            format!("[{column},{row},\"{}\"]", hexadecimal(&value))
        };
        let mut first = Vec::new();
        for (column, (old, new)) in
            honest.assignment().advice().iter().zip(case.assignment.advice()).enumerate()
        {
            for (row, (old, new)) in old.iter().zip(new).enumerate() {
                if old != new {
                    first.push(change(Place::First(Cell { column, row }), *new));
                }
            }
        }
        let second = case.second.iter().map(|(cell, value)| change(Place::Second(*cell), *value));
        let quoted = case.killers.iter().map(|killer| format!("\"{killer}\"")).collect::<Vec<_>>();
        let line = format!(
            "{{\"base\":\"{base}\",\"test\":\"{test}\",\"accept\":{},\"by\":[{}],\"public\":\"{}\",\"second\":[{}],\"first\":[{}]}}\n",
            case.killers.is_empty(),
            quoted.join(","),
            joined(case.public),
            second.collect::<Vec<_>>().join(","),
            first.join(","),
        );
        let file = self.folder.join(format!("{}.cases.jsonl", std::process::id()));
        OpenOptions::new().create(true).append(true).open(file)?.write_all(line.as_bytes())
    }
}

/// What an assignment exposes.
pub(super) fn exposed(assignment: &Assignment) -> Vec<Fr> {
    assignment.instance().iter().map(|cell| assignment.read(*cell)).collect()
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

fn whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = file.with_extension(format!("{}-{:?}", std::process::id(), std::thread::current().id()));
    fs::write(&part, bytes)?;
    fs::rename(part, file)
}

fn joined(values: &[Fr]) -> String {
    values.iter().map(hexadecimal).collect::<Vec<_>>().join(" ")
}

/// Without leading zeros.
fn hexadecimal(value: &Fr) -> String {
    let mut digits = String::new();
    for byte in value.to_bytes().iter().rev() {
        if !digits.is_empty() {
            digits += &format!("{byte:02x}");
        } else if *byte > 0 {
            digits += &format!("{byte:x}");
        }
    }
    if digits.is_empty() { "0".to_owned() } else { digits }
}
