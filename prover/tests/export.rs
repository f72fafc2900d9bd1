//! Circuits in files: they say what key generation has, and a second program that reads nothing else judges witnesses and forgeries
//! as the examiner does. `scripts/second-eyes.sh` has it judge many more.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use foldproof_circuits::assignment::{Free, Lies};
use foldproof_circuits::layout::Layout;
use foldproof_circuits::statement::Statement;
use foldproof_circuits::testing::samples::{Dice, Numbers, block_layout, model, seed, shape};
use foldproof_circuits::testing::{Case, Examiner, Forger, Recorder};
use foldproof_prover::export::Export;
use foldproof_prover::keys::KeyStore;
use foldproof_verifier::scalar::to_hex;
use halo2_proofs::dev::{CellValue, MockProver};
use halo2_proofs::plonk::{Circuit, ConstraintSystem};
use halo2curves::bn256::Fr;
use num_bigint::BigInt;
use rayon::prelude::*;
use serde_json::{Value, json};

/// Parameters and keys are made once per build folder.
fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("foldproof-cache")
}

fn export(statement: Statement) -> String {
    let mut key_store = KeyStore::new(cache(), None, |_| {});
    let keys = key_store.keys(&statement).unwrap();
    Export::new(&statement, "transparent", &keys.verifying.digest(), &keys.proving)
        .unwrap()
        .to_json()
        .unwrap()
}

fn numbers(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|n| n.as_u64().unwrap() as usize).collect()
}

#[track_caller]
fn says_what_keygen_has(layout: &Layout) {
    let statement = layout.statement();
    let file: Value = serde_json::from_str(&export(statement.clone())).unwrap();
    let public = layout.instance().rows().into_iter().copied().collect();
    let mock = MockProver::run(statement.k(), layout, vec![public]).unwrap();

    let mut cs = ConstraintSystem::<Fr>::default();
    Layout::configure_with_params(&mut cs, statement.clone());
    let polynomials = cs.gates().iter().map(|gate| gate.polynomials().len()).sum::<usize>();
    assert_eq!(file["constraints"].as_array().unwrap().len(), polynomials);
    assert_eq!(file["advice"].as_array().unwrap().len(), cs.num_advice_columns());
    assert_eq!(file["challenges"].as_array().unwrap().len(), cs.num_challenges());
    assert_eq!(file["usable_rows"], (1 << statement.k()) - cs.blinding_factors() - 1);

    let values: Vec<&str> = file["values"].as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect();
    let columns = file["fixed"].as_array().unwrap();
    assert_eq!(columns.len(), mock.fixed().len(), "fixed columns, combined selectors among them");
    for (column, (runs, cells)) in columns.iter().zip(mock.fixed()).enumerate() {
        let runs = runs.as_array().unwrap().iter().map(numbers);
        let found: Vec<&str> = runs.flat_map(|run| vec![values[run[1]]; run[0]]).collect();
        assert_eq!(found.len(), cells.len(), "column {column}");
        for (row, (found, cell)) in found.iter().zip(cells).enumerate() {
            let expected = match cell {
                CellValue::Assigned(value) => to_hex(value),
                CellValue::Unassigned | CellValue::Poison(_) => to_hex(&Fr::zero()),
            };
            assert_eq!(format!("{found:0>64}"), expected, "column {column}, row {row}");
        }
    }

    let next: Vec<Vec<(usize, usize)>> =
        mock.permutation().mapping().map(|column| column.collect()).collect();
    let mut cells = 0;
    for cycle in file["cycles"].as_array().unwrap() {
        let flat = numbers(cycle);
        let cycle: Vec<(usize, usize)> = flat.chunks(2).map(|cell| (cell[0], cell[1])).collect();
        for (cell, following) in cycle.iter().zip(cycle.iter().cycle().skip(1)) {
            assert_eq!(next[cell.0][cell.1], *following);
        }
        cells += cycle.len();
    }
    let moved =
        next.iter().zip(0..).flat_map(|(column, i)| column.iter().zip(0..).map(move |(to, j)| *to != (i, j)));
    assert_eq!(cells, moved.filter(|moved| *moved).count(), "copied cells");
}

#[test]
fn files_say_what_keygen_has() {
    says_what_keygen_has(&block_layout("core-small-64", &[]));
    says_what_keygen_has(Forger::of_model(model(shape("class-3-4l-3-a8"), 1, Numbers::Random), 2).honest());
}

/// Cases of a forger: cells changed alone, and hints with all that follows from them.
fn record(forger: &Forger, recorder: &Recorder, changes: usize) {
    let examiner = Examiner::new(forger.honest());
    let mut dice = Dice::new(seed());
    let places = examiner.places();
    for _ in 0..changes {
        let place = places[dice.roll(places.len() as u64) as usize];
        let value = examiner.read(place) + Fr::from(1 + dice.roll(3));
        examiner.record_change(recorder, place, value, examiner.killer(place, value).as_ref());
    }
    for kind in Free::ALL {
        let cells = forger.free(kind);
        let Some(cell) = cells.get(dice.roll(cells.len().max(1) as u64) as usize) else { continue };
        let honest = foldproof_circuits::fixed::to_integer(forger.honest().assignment().read(*cell));
        let forged = forger.lie(Lies::from([(*cell, honest + BigInt::from(1))]));
        let killers: Vec<String> = examiner.refusals(&forged).iter().map(ToString::to_string).collect();
        let public: Vec<Fr> = forged.instance().rows().into_iter().copied().collect();
        recorder.keep(
            forger.honest(),
            &Case { assignment: forged.assignment(), second: None, public: &public, killers: &killers },
        );
    }
}

fn check(folder: &Path, more: &[&str]) -> (Option<i32>, Value) {
    let program = Path::new(env!("CARGO_MANIFEST_DIR")).join("../scripts/second_eyes/check.py");
    let output = Command::new("python3")
        .arg("-B")
        .arg(program)
        .args([folder, folder])
        .args(["--controls", "--json", "--costs"])
        .arg(folder.join("cost.json"))
        .args(more)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    let report = serde_json::from_slice(&output.stdout);
    (output.status.code(), report.unwrap_or_else(|_| panic!("seed {}: {said}", seed())))
}

#[test]
fn a_second_program_agrees() {
    if !Command::new("python3").arg("--version").output().is_ok_and(|output| output.status.success()) {
        println!("skipped: python3 is not on this machine");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let recorder = Recorder::new(at, 4);
    let names = ["tags-3-2", "anomaly-2-3-2-w12", "class-3-4l-3-a8"];
    let mut forgers: Vec<(Forger, usize)> = (1..)
        .zip(names)
        .map(|(seed, name)| (Forger::of_model(model(shape(name), seed, Numbers::Random), seed + 1), 100))
        .collect();
    forgers.push((Forger::of_sample_block("core-small-64", Vec::new()), 100));
    let mut files = BTreeMap::new();
    for (forger, changes) in &forgers {
        record(forger, &recorder, *changes);
        let statement = forger.honest().statement();
        let file = at.join(format!("{statement}.circuit.json"));
        fs::write(&file, export(statement.clone())).unwrap();
        files.insert(statement.name(), file);
    }
    let costs = |names: &[String]| {
        let entries: Vec<Value> = names.iter().map(|name| json!({ "statement": name })).collect();
        fs::write(at.join("cost.json"), Value::from(entries).to_string()).unwrap();
    };
    let mut pinned: Vec<String> = files.keys().cloned().collect();
    costs(&pinned);
    let (status, report) = check(at, &[]);
    assert_eq!(status, Some(0), "seed {}: {report}", seed());
    assert_eq!(report["honest"], forgers.len());
    assert!(report["refused"].as_u64() >= Some(80), "{report}");
    // Something was refused by one gate alone, and passed without it. Copies and sums have such controls in the long run.
    let controls: Vec<&String> = report["controls"].as_object().unwrap().keys().collect();
    assert!(controls.iter().any(|control| control.starts_with("gate ")), "{controls:?}");

    // A statement whose cost is pinned and that nobody judged.
    pinned.push("core-small-256".to_owned());
    costs(&pinned);
    let (status, report) = check(at, &["--at-most", "1"]);
    assert_eq!(status, Some(1), "{report}");
    let missing = report["disagreements"].to_string();
    assert!(missing.contains("core-small-256: a witness was expected"), "{missing}");
    pinned.pop();
    costs(&pinned);

    // Where files lack that gate's constraint, the forgery passes, and the two no longer agree.
    let gate = controls.iter().find_map(|control| control.strip_prefix("gate ")).unwrap();
    let (gate, name) = gate.split_once(" / ").unwrap();
    for file in files.values() {
        let mut circuit: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
        let constraints = circuit["constraints"].as_array_mut().unwrap();
        constraints
            .retain(|constraint| (&constraint["gate"], &constraint["name"]) != (&gate.into(), &name.into()));
        fs::write(file, circuit.to_string()).unwrap();
    }
    let (status, report) = check(at, &[]);
    assert_eq!(status, Some(1), "{gate} / {name}: {report}");
    assert_ne!(report["disagreements"].as_array().unwrap().len(), 0);
}
