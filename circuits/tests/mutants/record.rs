//! Who noticed which mutant, as it is written down: one line each for the test to repeat, and a table for readers.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use foldproof_circuits::testing::mutation::Killer;

use crate::excused::EXCUSED;

/// One mutant of a statement.
#[derive(Clone)]
pub struct Entry {
    pub statement: String,
    pub mutant: String,
    pub kind: String,
    /// By which witness, and who.
    pub killer: Option<(usize, Killer)>,
}

impl Entry {
    /// Whether nobody has to notice it.
    pub fn is_excused(&self) -> bool {
        EXCUSED.iter().any(|excused| excused.is_for(self))
    }
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Where the lines are.
pub fn lines_path() -> PathBuf {
    path("tests/mutants/killers.txt")
}

/// Where the table is.
pub fn table_path() -> PathBuf {
    path("../docs/mutants.md")
}

/// `statement | mutant | kind | witness | killer`, a line each.
pub fn lines(entries: &[Entry]) -> String {
    let mut out = String::new();
    for entry in entries {
        let Entry { statement, mutant, kind, killer } = entry;
        let (witness, killer) = match killer {
            Some((witness, killer)) => (witness.to_string(), killer.to_string()),
            None if entry.is_excused() => ("-".to_owned(), "excused".to_owned()),
            None => ("-".to_owned(), "nobody".to_owned()),
        };
        let _ = writeln!(out, "{statement} | {mutant} | {kind} | {witness} | {killer}");
    }
    out
}

/// The inverse of [`lines`].
///
/// # Panics
/// If a line cannot be read.
pub fn entries(lines: &str) -> Vec<Entry> {
    let entry = |line: &str| {
        let parts: Vec<&str> = line.split(" | ").collect();
        let [statement, mutant, kind, witness, killer] = parts[..] else { panic!("five parts: {line}") };
        let killer = witness.parse().ok().map(|witness| {
            let killer = Killer::from_name(killer);
            (witness, killer.unwrap_or_else(|| panic!("a killer: {line}")))
        });
        Entry { statement: statement.into(), mutant: mutant.into(), kind: kind.into(), killer }
    };
    lines.lines().map(entry).collect()
}

/// What was written down, with what is found now in its place.
pub fn merged(mut before: Vec<Entry>, now: Vec<Entry>) -> Vec<Entry> {
    before.retain(|entry| !now.iter().any(|other| other.statement == entry.statement));
    before.extend(now);
    before
}

/// The table, by kind of mutant.
pub fn table(entries: &[Entry]) -> String {
    let statements: BTreeSet<&str> = entries.iter().map(|entry| entry.statement.as_str()).collect();
    let mut out = String::from(HEAD);
    let _ = writeln!(
        out,
        "\nStatements: {}.\n",
        statements.into_iter().map(|s| format!("`{s}`")).collect::<Vec<_>>().join(", ")
    );
    let mut kinds: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    entries.iter().for_each(|entry| kinds.entry(&entry.kind).or_default().push(entry));
    let noticed = entries.iter().filter(|entry| entry.killer.is_some()).count();
    let excused = entries.iter().filter(|entry| entry.killer.is_none() && entry.is_excused()).count();
    let _ = writeln!(
        out,
        "{} mutants of {} kinds: {noticed} noticed, {excused} excused, {} neither.\n",
        entries.len(),
        kinds.len(),
        entries.len() - noticed - excused
    );
    out.push_str("| left out | mutants | noticed by | for example |\n|---|---|---|---|\n");
    for (kind, entries) in &kinds {
        let mut by: BTreeMap<&str, usize> = BTreeMap::new();
        for entry in entries {
            let nobody = if entry.is_excused() { "excused" } else { "**nobody**" };
            let who = entry.killer.as_ref().map_or(nobody, |(_, killer)| killer.kind());
            *by.entry(who).or_default() += 1;
        }
        let by: Vec<String> = by.into_iter().map(|(who, count)| format!("{who} {count}")).collect();
        // An attack tells most.
        let killers = entries.iter().filter_map(|entry| entry.killer.as_ref());
        let example = killers.max_by_key(|(_, killer)| matches!(killer, Killer::Attack(_)));
        let example = example.map_or(String::new(), |(_, killer)| format!("`{killer}`"));
        let _ = writeln!(out, "| {kind} | {} | {} | {example} |", entries.len(), by.join(", "));
    }
    out.push_str("\n## Excused\n\n");
    for excused in EXCUSED {
        let _ = writeln!(out, "* *{}.* {}", excused.mutant, excused.reason);
    }
    out
}

const HEAD: &str = "\
# Mutants of the circuits

Written by the long run of [`circuits/tests/mutants`](../circuits/tests/mutants/main.rs) with `BLESS=1`; what it means is in
[soundness.md](soundness.md#mutants). Cells are named by column and row.
";
