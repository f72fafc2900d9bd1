//! What a user is told who made a mistake or has had enough: the cause in words, the option that helps, how to go on.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../tests/support/scene.rs"]
mod scene;

use std::fs;

use scene::{Said, Scene};
use serde_json::{Value, json};

/// Nothing of the machinery: neither numbers of errors nor names of temporary files.
#[track_caller]
fn assert_in_words(said: &Said) {
    for inside in ["os error", ".foldproof-", "temporary file", "at path"] {
        assert!(
            !said.err.contains(inside) && !said.out.contains(inside),
            "{inside:?}: {}{}",
            said.err,
            said.out
        );
    }
}

#[test]
fn errors_of_files_are_in_words() {
    let scene = Scene::cold();
    scene.run(&["sample", "--transactions", "5", "-o", "a.json"]).ended(0);
    fs::create_dir(scene.path("folder")).unwrap();
    let model = ["prove-model", "fp.json", "--model", scene::MODEL, "-o"];
    for (arguments, message) in [
        (&["fingerprint", "folder"][..], "folder: a folder with *.json files was expected, found none"),
        (&["prove", "nowhere.json"], "nowhere.json: No such file or folder"),
        (&["prove", "a.json", "--codebook", "folder"], "folder: a file was expected, found a folder"),
        (&["prove", "a.json", "-o", "no/such/a.proof"], "the folder no/such does not exist; make it first"),
        (&["prove", "a.json", "-o", "a.json/a.proof"], "a.json: a folder was expected, found a file"),
        (&["sample", "-o", "no/b.json"], "writing no/b.json: the folder no does not exist"),
        (&["sample", "-o", "folder"], "a file was expected, found a folder"),
        (&["params", "info", "folder"], "a file was expected, found a folder"),
        (&["params", "info", "nowhere.kzg"], "No such file or folder"),
        (&["model", "inspect", "folder"], "folder: a file was expected, found a folder"),
        (&["codebook", "inspect", "nowhere.json"], "nowhere.json: No such file or folder"),
        (&["verify", "nowhere.proof"], "nowhere.proof: No such file or folder"),
        (
            &["cost", "core-small-64", "--html", "no/a.html"],
            "writing no/a.html: the folder no does not exist",
        ),
        (&[&model[..], &["folder"]].concat(), "folder: a file was expected, found a folder"),
    ] {
        let said = scene.run(arguments).ended(2);
        assert_in_words(&said);
        // A verdict is a result.
        let told = if arguments[0] == "verify" { &said.out } else { &said.err };
        assert!(told.contains(message), "{arguments:?}: {told}");
        // Libraries quote what the system says: it is told once all the same.
        assert!(told.matches("No such file").count() <= 1, "{told}");
    }
}

#[test]
fn a_cache_that_is_no_folder_is_told_of_in_words() {
    let scene = Scene::cold();
    let said = scene
        .run(&["--cache", "fp.json", "params", "transparent", "-k", "11"])
        .ended(0)
        .told("cannot be kept");
    assert_in_words(&said);
}

#[test]
fn training_on_too_few_lines_names_the_option() {
    let scene = Scene::cold();
    let line = String::from_utf8(scene.read("fp.json")).unwrap() + "\n";
    scene.write("lines.jsonl", line.repeat(12));
    let train = |more: &[&str]| {
        scene.run(&[&["codebook", "train", "lines.jsonl", "-o", "cb.json"], more].concat()).ended(2)
    };
    train(&[]).told("48 fingerprints at least").told("found 12;").told("--centroids 64 takes 13 lines");
    train(&["--centroids", "64"]).told("13 fingerprints at least").told("64 are the fewest");
    assert!(!scene.path("cb.json").exists());
}

#[test]
fn a_single_bad_block_has_a_line_for_programs() {
    let scene = Scene::cold();
    scene.write("bad.json", r#"{ "header": { "height": -1 } }"#);
    for block in ["bad.json", "nowhere.json"] {
        let said = scene.run(&["prove", block, "--json"]).ended(2);
        let lines: Vec<Value> = said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let [line] = &lines[..] else { panic!("{lines:?}") };
        assert_eq!(line["block"], block);
        let error = line["error"].as_str().unwrap();
        assert!(error.starts_with(block), "{error}");
        // People are told the same.
        assert_eq!(said.err, format!("foldproof: {error}\n"));
        assert_eq!(scene.run(&["prove", block]).ended(2).out, "");
    }
}

/// Commands below those of a line of the command, as its help lists them.
fn commands(scene: &Scene, line: &[&str]) -> Vec<String> {
    let help = scene.run(&[line, &["--help"]].concat()).ended(0).out;
    let listed =
        help.lines().skip_while(|text| *text != "Commands:").skip(1).take_while(|text| !text.is_empty());
    let names = listed.filter_map(|text| text.strip_prefix("  ")?.split(' ').next());
    names.filter(|name| !name.is_empty() && *name != "help").map(str::to_owned).collect()
}

/// Every command prints JSON, or docs/command-line.md excepts it by name.
#[test]
fn every_command_prints_json_or_is_excepted() {
    let scene = Scene::cold();
    let docs = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/command-line.md")).unwrap();
    let mut told = Vec::new();
    for command in commands(&scene, &[]) {
        let below = commands(&scene, &[&command]);
        let lines: Vec<Vec<&str>> = match &below[..] {
            [] => vec![vec![&command]],
            below => below.iter().map(|name| vec![command.as_str(), name]).collect(),
        };
        for line in lines {
            let json = scene.run(&[&line[..], &["--help"]].concat()).ended(0).out.contains("--json");
            let excepted = docs.contains(&format!("\n* `{}`: ", line.join(" ")));
            assert!(
                json != excepted,
                "{line:?}: {}",
                if json { "excepted in vain" } else { "neither JSON nor excepted" }
            );
            told.push(line.join(" "));
        }
    }
    for command in ["prove", "demo", "keys pin", "codebook train"] {
        assert!(told.iter().any(|line| line == command), "{command}: {told:?}");
    }
}

#[test]
fn pins_are_compared_in_json() {
    let scene = Scene::cold();
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../params/pinned/keys");
    let pin = ["keys", "pin", "fingerprint+tags-96-64-32-15", "--check", "--json", "--folder"];
    let line = |folder: &str, code: i32| -> Value {
        serde_json::from_str(&scene.run(&[&pin[..], &[folder]].concat()).ended(code).out).unwrap()
    };
    let same = line(folder, 0);
    assert_eq!((&same["statement"], &same["changed"]), (&pin[2].into(), &false.into()), "{same}");
    // A folder without the key.
    assert_eq!(line(".", 1)["changed"], true);
}

#[cfg(unix)]
mod interrupted {
    use std::os::unix::process::ExitStatusExt;
    use std::process::{Child, Output, Stdio};
    use std::time::Duration;

    use super::*;

    fn start(scene: &Scene, line: &str) -> Child {
        let mut command = scene.at_home("sh");
        command.args(["-c", line]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    }

    fn signal(scene: &Scene, child: Child, name: &str) -> Output {
        // Keys of a cold cache take longer than this.
        std::thread::sleep(Duration::from_millis(700));
        scene.shell(&format!("kill -{name} {}", child.id())).ended(0);
        child.wait_with_output().unwrap()
    }

    const LINE: &str = "exec $PROGRAM prove a.json --hide -o a.proof";

    fn scene() -> Scene {
        let scene = Scene::cold();
        scene.run(&["sample", "--transactions", "5", "-o", "a.json"]).ended(0);
        scene
    }

    #[test]
    fn a_single_proof_says_how_to_go_on() {
        let scene = scene();
        for (name, number) in [("INT", 2), ("TERM", 15)] {
            let ended = signal(&scene, start(&scene, LINE), name);
            assert_eq!((ended.status.signal(), ended.stdout.len()), (Some(number), 0), "{ended:?}");
            let said = String::from_utf8(ended.stderr).unwrap();
            assert!(said.starts_with("foldproof: interrupted; start the same command again"), "{said:?}");
            assert_eq!(said.lines().count(), 1, "nothing but the line: {said:?}");
            let (bundle, leftovers) = (scene.path("a.proof"), scene.leftovers());
            let ours: Vec<_> = leftovers.iter().filter(|name| name.starts_with(".foldproof-")).collect();
            assert!(!bundle.exists() && !scene.path("a.proof.salt").exists() && ours.is_empty(), "{ours:?}");
        }
        // The convention of shells.
        let line =
            "$PROGRAM prove a.json -o a.proof & child=$!; sleep 0.7; kill -TERM $child; wait $child; echo $?";
        assert_eq!(scene.shell(line).out.trim(), "143");
    }

    #[test]
    fn what_is_ignored_stays_ignored() {
        let scene = scene();
        let child = start(&scene, &format!("trap '' INT; {LINE}"));
        let ended = signal(&scene, child, "INT");
        assert!(ended.status.success(), "{ended:?}");
        assert!(
            scene.path("a.proof").exists() && !String::from_utf8_lossy(&ended.stderr).contains("interrupted")
        );
    }
}

#[test]
fn fingerprint_takes_folders() {
    let scene = Scene::cold();
    std::fs::create_dir(scene.path("blocks")).unwrap();
    for (name, seed) in [("a", "1"), ("b", "2")] {
        let out = format!("blocks/{name}.json");
        scene.run(&["sample", "--transactions", "40", "--seed", seed, "-o", &out]).ended(0);
    }
    let lines = |said: &Said| -> Vec<Value> {
        said.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let single = lines(&scene.run(&["fingerprint", "blocks/b.json", "--json"]).ended(0)).remove(0);
    assert_eq!(single.get("block"), None);
    let both = lines(&scene.run(&["fingerprint", "blocks", "--json"]).ended(0));
    assert_eq!(both.len(), 2);
    assert_eq!((&both[0]["block"], &both[1]["block"]), (&json!("blocks/a.json"), &json!("blocks/b.json")));
    assert_eq!(both[1]["pq"], single["pq"]);
    // One that is none does not silence the others.
    scene.write("blocks/aa.json", "{}");
    let three = lines(&scene.run(&["fingerprint", "blocks", "--json"]).ended(2).told("blocks/aa.json"));
    let found: Vec<bool> = three.iter().map(|line| line.get("pq").is_some()).collect();
    assert_eq!(found, [true, false, true]);
    assert!(three[1]["error"].as_str().unwrap().contains("an empty object"));
    std::fs::create_dir(scene.path("empty")).unwrap();
    scene.run(&["fingerprint", "empty"]).ended(2).told("a folder with *.json files was expected");
}

#[test]
fn a_model_is_not_asked_of_what_it_never_saw_without_a_word() {
    let scene = Scene::warm();
    let model = scene::MODEL;
    let write = |value: f64, more: &str| {
        let values = vec![value; 96];
        scene.write("values.json", format!("{{\"fingerprint\": {values:?}{more}}}"));
    };
    let prove = ["prove-model", "values.json", "--model", model, "-o", "out.proof", "--json"];
    write(-7.9, "");
    let said = scene.run(&prove).ended(0).told("far outside what it was calibrated on");
    let line: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(line["warnings"].as_array().unwrap().len(), 1);
    // The control: a fingerprint like those it was trained on.
    scene.run(&["sample", "--transactions", "60", "-o", "block.json"]).ended(0);
    let own = scene.run(&["fingerprint", "block.json", "--json"]).ended(0).out;
    scene.write("values.json", own);
    let said = scene.run(&prove).ended(0);
    assert!(!said.err.contains("warning"), "{}", said.err);
    assert!(!said.out.contains("warnings"), "{}", said.out);
}
