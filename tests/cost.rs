//! `foldproof cost`: counts are those that are pinned, pictures and reports are whole, and nothing is guessed.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use foldproof_circuits::statement::Statement;
use foldproof_cost::{Cost, Estimate, Primitives, thousands};
use foldproof_verifier::Scheme;
use serde_json::Value;

/// A small statement, so that tests are quick.
const SMALL: &str = "fingerprint+tags-96-64-32-15";

fn cost(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foldproof"));
    command.current_dir(folder).env("FOLDPROOF_CACHE", folder).arg("cost").args(arguments).output().unwrap()
}

#[track_caller]
fn stdout(output: Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
    String::from_utf8(output.stdout).unwrap()
}

fn pinned() -> Vec<Value> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/cost.json");
    serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn counts_are_those_that_are_pinned() {
    let folder = tempfile::tempdir().unwrap();
    for statement in [SMALL, "core-small-64"] {
        let printed = stdout(cost(folder.path(), &[statement, "--json"]));
        let mut members: Value = serde_json::from_str(&printed).unwrap();
        let estimate = members.as_object_mut().unwrap().remove("estimate").unwrap();
        let on_chain = members.as_object_mut().unwrap().remove("on_chain").unwrap();
        assert!(on_chain["call_gas"].as_u64() > Some(700_000), "{on_chain}");
        let pinned = pinned().into_iter().find(|cost| cost["statement"] == statement).unwrap();
        assert_eq!(members, pinned);
        let parts = estimate["parts"].as_array().unwrap().iter();
        let names: Vec<&str> = parts.map(|part| part["name"].as_str().unwrap()).collect();
        assert_eq!(names.first(), Some(&"layout"));
        for name in
            ["advice commitments", "permutation", "quotient transforms", "quotient constraints", "opening"]
        {
            assert!(names.contains(&name), "{name}");
        }
    }
}

/// What a contract costs is told of one statement, in words and numbers.
#[test]
fn gas_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let members = stdout(cost(folder.path(), &[SMALL, "--json"]));
    let members: Value = serde_json::from_str(&members).unwrap();
    let call = thousands(usize::try_from(members["on_chain"]["call_gas"].as_u64().unwrap()).unwrap());
    let told = stdout(cost(folder.path(), &[SMALL]));
    assert!(told.contains(&format!("{call} gas a call")), "{told}");
}

#[test]
fn the_table_has_every_pinned_statement() {
    let folder = tempfile::tempdir().unwrap();
    let table = stdout(cost(folder.path(), &["--scheme", "evm"]));
    for key in foldproof_params::keys::PINNED {
        let row = table.lines().find(|line| line.split_whitespace().next() == Some(key.statement)).unwrap();
        let pinned = pinned().into_iter().find(|cost| cost["statement"] == key.statement).unwrap();
        for member in ["k", "usable_rows", "degree", "permuted"] {
            let count = thousands(usize::try_from(pinned[member].as_u64().unwrap()).unwrap());
            assert!(row.split_whitespace().any(|cell| cell == count), "{member} {count}: {row}");
        }
    }
    assert!(table.contains("evm proof is an estimate"), "{table}");
    // Of this scheme with gas: a word of six digits or more in every row.
    let is_gas =
        |cell: &str| cell.len() > 6 && cell.ends_with(|c: char| c.is_ascii_digit()) && cell.contains(',');
    assert!(
        table.lines().next().is_some_and(|line| line.contains("call gas") && line.contains("deployment gas"))
    );
    for key in foldproof_params::keys::PINNED {
        let row = table.lines().find(|line| line.split_whitespace().next() == Some(key.statement)).unwrap();
        // No contract holds the key of all analytics.
        let too_large = key.statement.ends_with("+analytics-all");
        let found = if too_large {
            row.trim_end().ends_with("none")
        } else {
            row.split_whitespace().filter(|cell| is_gas(cell)).count() >= 2
        };
        assert!(found, "{row}");
    }
}

#[test]
fn reports_and_pictures_are_whole() {
    let folder = tempfile::tempdir().unwrap();
    let (html, png) = (folder.path().join("a.html"), folder.path().join("a.png"));
    let said = stdout(cost(folder.path(), &[SMALL, "--html", "a.html", "--png", "a.png"]));
    assert!(said.contains("estimate of a transparent proof") && said.contains("made of"), "{said}");

    let page = fs::read_to_string(html).unwrap();
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    for outside in ["http:", "https:", "src=", "href=", "url(", "@import", "<script", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
    for (open, close) in
        [("<svg", "</svg>"), ("<section", "</section>"), ("<table", "</table>"), ("<g>", "</g>")]
    {
        let count = |what: &str| page.matches(what).count();
        assert!(count(open) > 0 && count(open) == count(close), "{open}");
    }
    let cost = Cost::of(&Statement::from_name(SMALL).unwrap());
    for gate in &cost.gates {
        assert!(page.contains(&format!("<td>{}</td>", gate.gate)), "{}", gate.gate);
    }

    let picture = fs::read(png).unwrap();
    assert!(picture.starts_with(b"\x89PNG\r\n\x1a\n") && picture.ends_with(b"IEND\xaeB`\x82"));
    let side = |at: usize| u32::from_be_bytes(picture[at..at + 4].try_into().unwrap());
    assert!(side(16) > 600 && side(20) > 1024, "{} x {}", side(16), side(20));
}

#[test]
fn what_cannot_be_done_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    for (arguments, message) in [
        (&["core-tiny-64"][..], "core-small-64"),
        (&["core-tiny-64"], "core-tiny-64"),
        (&["--png", "a.png"], "STATEMENT"),
        (&["--against", SMALL], "STATEMENT"),
        (&[SMALL, "--against", "core-tiny-64"], "core-tiny-64"),
        (&[SMALL, "--against", SMALL, "--png", "a.png"], "--png"),
        (&["core-small-64", "--scheme", "stark"], "transparent, kzg or evm"),
        (&[SMALL, "--growth"], "--growth"),
        (&["--growth", "--html", "a.html"], "--html"),
        (&["--svg", "a.svg"], "--growth"),
        (&["--growth", "--markdown", "--json"], "--json"),
        (&["--growth", "--svg", "no/such/folder.svg"], "no/such/folder.svg"),
        (&[SMALL, "--html", "no/such/folder.html"], "no/such/folder.html"),
        (&[SMALL, "--png", "."], "a file was expected"),
    ] {
        let output = cost(folder.path(), arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(said.contains(message) && output.stdout.is_empty(), "{arguments:?}: {said}");
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

/// Writes the page of a statement, made at a known time.
fn page(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_foldproof"));
    command.current_dir(folder).env("FOLDPROOF_CACHE", folder).env("SOURCE_DATE_EPOCH", "1700000000");
    stdout(command.arg("cost").args(arguments).args(["--html", "a.html"]).output().unwrap());
    fs::read_to_string(folder.join("a.html")).unwrap()
}

#[test]
fn a_page_says_when_and_with_what_it_was_made() {
    let folder = tempfile::tempdir().unwrap();
    let commit = foldproof_cost::COMMIT;
    let stamp = format!(
        "Foldproof {}, commit {}, made 2023-11-14 22:13 UTC",
        env!("CARGO_PKG_VERSION"),
        commit.unwrap_or("not recorded")
    );
    for arguments in [&[SMALL][..], &[SMALL, "--against", "vector-12+class-12-128-64-32-4"]] {
        assert!(page(folder.path(), arguments).contains(&stamp), "{stamp}");
    }
    // The commit is that of the checkout the program was built from, where there is one.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let head = Command::new("git").arg("-C").arg(&root).args(["rev-parse", "HEAD"]).output();
    match head {
        Ok(head)
            if head.status.success()
                && root.join(".git").exists()
                && std::env::var("FOLDPROOF_COMMIT").is_err() =>
        {
            let head = String::from_utf8(head.stdout).unwrap();
            assert!(
                commit.is_some_and(|commit| commit.len() == 12 && head.starts_with(commit)),
                "{commit:?} {head}"
            );
        }
        _ => println!("skipped: this is no checkout of a repository"),
    }
}

/// One count of gates, wherever they are counted: what has a selector of its own is called a selector.
#[test]
fn gates_are_counted_alike_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let counted = Cost::of(&Statement::from_name(SMALL).unwrap());
    assert_ne!(counted.gates.len(), counted.selectors, "else the test says nothing");
    let gates = counted.gates_in_words();
    assert_eq!(gates, format!("{} gates, {} constraints", counted.gates.len(), counted.constraints()));
    let page = page(folder.path(), &[SMALL]);
    for view in [&stdout(cost(folder.path(), &[SMALL])), &page] {
        assert!(view.contains(&gates), "{gates}: {view}");
        for (at, _) in view.match_indices(" gates") {
            let before = view[..at].rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap();
            assert!(
                before == counted.gates.len().to_string()
                    || !before.starts_with(|c: char| c.is_ascii_digit()),
                "{before}"
            );
        }
    }
    assert!(page.contains(&format!("{} selectors", counted.selectors)));
}

/// Letters keep their size on a narrow screen: charts are text and boxes, and the one drawing scrolls at its full width.
#[test]
fn pages_are_read_on_narrow_screens() {
    let folder = tempfile::tempdir().unwrap();
    let page = page(folder.path(), &[SMALL]);
    let drawings: Vec<&str> =
        page.match_indices("<svg viewBox=\"0 0 ").map(|(at, found)| &page[at + found.len()..]).collect();
    let [layout] = &drawings[..] else { panic!("{} drawings", drawings.len()) };
    let width = layout.split_once(' ').unwrap().0;
    assert!(layout.contains(&format!("style=\"min-width:{width}px\"")), "drawn smaller than it is");
    assert!(page.contains("@media (max-width: 640px)") && !page.contains("minmax(420px"));
    // Every stage is named beside its colour with its rows: not every bar has room for that.
    let cost = Cost::of(&Statement::from_name(SMALL).unwrap());
    for stage in &cost.stages {
        let name = stage.stage.trim_end_matches(" (beside the others)");
        assert!(
            page.contains(&format!("</i>{name}: {}, from {}", thousands(stage.rows), thousands(stage.start))),
            "{name}"
        );
    }
    for mark in ["pale to full", "rows that cannot be used", "ticks below", "look-ups, tables, second phase"]
    {
        assert!(page.contains(mark), "{mark} is in no legend");
    }
    // As people write numbers.
    assert!(cost.copies < 1000 && cost.usable_rows >= 1000);
    assert!(
        page.contains(&thousands(cost.usable_rows)) && !page.contains(&format!(">{}<", cost.usable_rows))
    );
}

#[test]
fn two_statements_are_compared() {
    let folder = tempfile::tempdir().unwrap();
    let other = "vector-12+class-12-128-64-32-4";
    let both = [SMALL, "--against", other];
    let lines = stdout(cost(folder.path(), &[&both[..], &["--json"]].concat()));
    let compared: Value = serde_json::from_str(&lines).unwrap();
    assert_eq!((compared["statement"].as_str(), compared["against"].as_str()), (Some(SMALL), Some(other)));
    let pinned = |name: &str| -> Cost {
        let found = pinned().into_iter().find(|cost| cost["statement"] == name).unwrap();
        serde_json::from_value(found).unwrap()
    };
    let (this, that) = (pinned(SMALL), pinned(other));
    let pair = |list: &str, name: &str| {
        let found = compared[list].as_array().unwrap().iter().find(|pair| pair["name"] == name).unwrap();
        [&found["statement"], &found["against"]]
            .map(|value| usize::try_from(value.as_u64().unwrap()).unwrap())
    };
    assert_eq!(pair("counts", "rows used"), [this.rows(), that.rows()]);
    assert_eq!(pair("counts", "gates"), [this.gates.len(), that.gates.len()]);
    assert_eq!(pair("counts", "bytes of a kzg proof"), [this.kzg.bytes, that.kzg.bytes]);
    let layers = |cost: &Cost| cost.stages.iter().find(|rows| rows.stage == "models: layers").unwrap().rows;
    assert_eq!(pair("rows", "models: layers"), [layers(&this), layers(&that)]);
    // A stage that one of them does not have.
    assert_eq!(pair("rows", "models: class")[0], 0);
    let seconds = compared["seconds"].as_array().unwrap();
    assert!(
        seconds
            .iter()
            .all(|pair| pair["statement"].as_f64() > Some(0.0) && pair["against"].as_f64() > Some(0.0))
    );
    assert_eq!(seconds.last().unwrap()["name"], "all");

    let table = stdout(cost(folder.path(), &both));
    let row = table.lines().find(|line| line.starts_with("rows used")).unwrap();
    for rows in [&this, &that].map(|cost| thousands(cost.rows())) {
        assert!(row.contains(&rows), "{row}");
    }
    assert!(row.ends_with('%'), "{row}");
    let page = page(folder.path(), &both);
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
    for shown in [SMALL, other, "rows used", "class=\"first\"", "class=\"second\""] {
        assert!(page.contains(shown), "{shown}");
    }
    for outside in ["http:", "https:", "src=", "href=", "url(", "<script", "<link"] {
        assert!(!page.contains(outside), "{outside}");
    }
}

/// Every step of the growth is a line, with an estimate, and its statement costs what it costs by itself.
#[test]
fn the_growth_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let lines = stdout(cost(folder.path(), &["--growth", "--scheme", "kzg", "--json", "--svg", "a.svg"]));
    let steps: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |of: &str| steps.iter().filter(|step| step["of"] == of).count();
    assert!(
        of("transactions") >= 20 && of("weights") >= 10 && of("transactions") + of("weights") == steps.len()
    );
    let mut compared = 0;
    for step in &steps {
        assert!(step["seconds"].as_f64() > Some(0.0) && step["scheme"] == "kzg", "{step}");
        assert!(step["memory_bytes"].as_u64() > Some(1 << 20), "{step}");
        if let Some(pinned) = pinned().iter().find(|pinned| pinned["statement"] == step["statement"]) {
            for (member, bytes) in [("kzg_bytes", "kzg"), ("transparent_bytes", "transparent")] {
                assert_eq!(step[member], pinned[bytes]["bytes"], "{step}");
            }
            assert_eq!(step["k"], pinned["k"], "{step}");
            compared += 1;
        }
    }
    assert!(compared >= 20, "{compared}");
    let picture = fs::read_to_string(folder.path().join("a.svg")).unwrap();
    assert!(picture.starts_with("<svg xmlns=") && picture.trim_end().ends_with("</svg>"));
    assert_eq!(picture.matches("<title>").count(), 1 + 3 * steps.len());
    assert_eq!(picture.matches("<text").count(), picture.matches("</text>").count());
    for outside in ["https:", "href=", "url(", "<script", "NaN", "inf"] {
        assert!(!picture.contains(outside), "{outside}");
    }
}

/// What is counted agrees with itself: proofs have a commitment for each multiplication that makes one.
#[test]
fn counts_fit_together() {
    for pinned in pinned() {
        let cost: Cost = serde_json::from_value(pinned).unwrap();
        let (msms, ffts, name) = (&cost.msms, &cost.ffts, &cost.statement);
        assert_eq!((msms.size, ffts.size), (1 << cost.k, 1 << cost.k), "{name}");
        let committed = cost.kzg.advice + cost.kzg.permutation + cost.kzg.quotient + cost.kzg.opening;
        assert_eq!(msms.full(), committed, "{name}");
        assert_eq!(ffts.advice, (1 + ffts.cosets) * msms.advice, "{name}");
        assert_eq!(ffts.cosets, cost.degree - 1, "{name}");
        let stages: usize = cost.stages.iter().map(|rows| rows.cells).sum();
        assert_eq!(cost.cells.stages, stages, "{name}");
        assert!(cost.cells.assigned() <= cost.cells.available, "{name}");
        assert!(cost.stages.iter().all(|rows| rows.cells > 0), "{name}");
        let constraints: usize = cost.gates.iter().map(|gate| gate.constraints).sum();
        assert!(cost.multiplications > constraints, "{name}");
    }
}

/// An estimate is counts times primitives: with all primitives 0 but one, it is that one's count.
#[test]
fn estimates_are_counts_times_primitives() {
    let statement = Statement::from_name(SMALL).unwrap();
    let cost = Cost::of(&statement);
    let nothing = Primitives {
        k: cost.k,
        cores: 1,
        wide_msm: 0.0,
        narrow_msm: 0.0,
        multiples: 0.0,
        fft: 0.0,
        multiplication: 0.0,
        waiting_multiplication: 0.0,
    };
    let seconds = |scheme, primitives: Primitives| {
        let estimate = Estimate::new(&statement, &cost, scheme, &primitives).unwrap();
        // The layout is measured, not counted.
        estimate.seconds - estimate.parts[0].seconds
    };
    let about = |found: f64, expected: usize| (found - expected as f64).abs() < 1e-6;
    for scheme in Scheme::ALL {
        assert!(about(seconds(scheme, nothing), 0));
        assert!(about(seconds(scheme, Primitives { fft: 1.0, ..nothing }), cost.ffts.total()));
        // Every MSM but those of first-phase columns is by wide scalars, for certain; of these the witness decides.
        let rounds = if scheme == Scheme::Transparent { cost.msms.transparent_rounds } else { 0 };
        let certain = (cost.msms.full() - cost.advice[0] + rounds) as f64;
        let wide = seconds(scheme, Primitives { wide_msm: 1.0, ..nothing });
        assert!((certain..certain + cost.advice[0] as f64).contains(&wide), "{wide}");
    }
}
