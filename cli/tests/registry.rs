//! `foldproof registry`: what is added, retired and activated is what `verify` goes by.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/scene.rs"]
mod scene;

use scene::{MODEL, Said, Scene};
use serde_json::Value;

fn verify(scene: &Scene, registry: &str, code: i32) -> String {
    let said = scene.run(&["verify", "out.proof", "--allow-values", "--registry", registry]);
    said.ended(code).out
}

fn lines(said: &Said) -> Vec<Value> {
    said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_registry_is_made_and_edited() {
    let scene = Scene::warm();
    scene.run(&scene.prove(&[])).ended(0);
    let add = ["registry", "add", "models.json", MODEL, "block-tags", "1"];
    let added = scene.run(&[&add[..], &["--valid-until", "2100-01-01", "--json"]].concat()).ended(0);
    let entry = &lines(&added)[0];
    assert_eq!((&entry["name"], &entry["status"]), (&"block-tags".into(), &"active".into()));
    assert_eq!(entry["valid_until"], 4_102_444_800_u64);
    assert!(entry["shape"].as_str().unwrap().starts_with("tags-96-"));
    assert!(verify(&scene, "models.json", 0).contains("block-tags"));

    let list = scene.run(&["registry", "list", "models.json", "--json"]).ended(0);
    assert_eq!(lines(&list), std::slice::from_ref(entry));
    let list = scene.run(&["registry", "list", "models.json"]).ended(0).out;
    assert!(list.contains("block-tags 1") && list.contains("active"), "{list}");

    let change = |command: &str, more: &[&str]| {
        let arguments = ["registry", command, "models.json", "block-tags", "1", "--json"];
        lines(&scene.run(&[&arguments[..], more].concat()).ended(0))[0]["status"].clone()
    };
    assert_eq!(change("retire", &[]), "retired");
    assert!(verify(&scene, "models.json", 1).contains("retired"));
    assert_eq!(change("activate", &[]), "active");
    verify(&scene, "models.json", 0);
    assert_eq!(change("retire", &["--revoke"]), "revoked");
    assert!(verify(&scene, "models.json", 1).contains("revoked"));
}

#[test]
fn an_entry_by_itself_is_a_registry() {
    let scene = Scene::warm();
    scene.run(&scene.prove(&[])).ended(0);
    let entry = scene.run(&["model", "commit", MODEL, "--entry", "demo", "1"]).ended(0).out;
    scene.write("entry.json", &entry);
    assert!(verify(&scene, "entry.json", 0).contains("demo"));
    // What is wrong with it is told of the entry.
    scene.write("entry.json", entry.replace("\"active\"", "\"asleep\""));
    scene
        .run(&["registry", "list", "entry.json"])
        .ended(2)
        .told("status: expected active, retired or revoked");
}

#[test]
fn what_cannot_be_edited_stays_as_it_was() {
    let scene = Scene::warm();
    let add = |version: &str, more: &[&str]| {
        let arguments = ["registry", "add", "models.json", MODEL, "demo", version];
        scene.run(&[&arguments[..], more].concat())
    };
    add("1", &[]).ended(0);
    let before = scene.read("models.json");
    add("1", &[]).ended(2).told("a second one");
    add("2", &[]).ended(2).told("one entry per commitment");
    add("3", &["--valid-from", "20", "--valid-until", "10"]).ended(2);
    add("3", &["--valid-from", "soon"]).ended(2);
    let retire = ["registry", "retire", "models.json", "demo", "2"];
    scene.run(&retire).ended(2).told("found \"demo\" \"1\"");
    scene.run(&["registry", "list", "nowhere.json"]).ended(2);
    scene.run(&["registry", "add", "fp.json", MODEL, "demo", "1"]).ended(2).told("fp.json");
    assert_eq!(scene.read("models.json"), before);
    assert_eq!(scene.leftovers(), [""; 0]);
}
