//! What `deploy/` gives to schedulers, as far as it can be tried without one: the Slurm script runs in a plain shell, and the
//! command in the Kubernetes manifest runs here.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

#[path = "../../tests/support/scene.rs"]
mod scene;

use std::fs;
use std::process::Command;

use foldproof_prover::many::memory::Bytes;
use saphyr::{LoadableYamlNode, Yaml};
use scene::{PROGRAM, Said, Scene};

const DEPLOY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../deploy");
const CODEBOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../prover/tests/vectors/learned-64.json");

fn folder() -> Scene {
    let scene = Scene::cold();
    for name in ["blocks", "proofs", "params"] {
        fs::create_dir(scene.path(name)).unwrap();
    }
    for (name, seed) in [("a", "1"), ("b", "2"), ("c", "3")] {
        let out = format!("blocks/{name}.json");
        scene.run(&["sample", "--transactions", "9", "--seed", seed, "-o", &out]).ended(0);
    }
    scene.run(&["params", "insecure-test-setup", "-k", "13", "-o", "params/setup.kzg"]).ended(0);
    scene
}

/// A task of an array, with the variables Slurm sets.
fn task(scene: &Scene, variables: &[(&str, &str)]) -> Said {
    let mut command = scene.at_home("bash");
    command.env("FOLDPROOF", PROGRAM).arg(format!("{DEPLOY}/slurm.sh")).args(["blocks", "proofs"]);
    command.args(["--codebook", CODEBOOK, "--scheme", "kzg", "--params", "params/setup.kzg"]);
    let variables = variables.iter().map(|(name, value)| (format!("SLURM_{name}"), *value));
    command.envs(variables.map(|(name, value)| (name.replace("SLURM_SHARDS", "SHARDS"), value)));
    command.output().unwrap().into()
}

/// `at`, a path of members and places in it.
#[track_caller]
fn at<'a>(yaml: &'a Yaml<'a>, path: &str) -> &'a Yaml<'a> {
    path.split('.').fold(yaml, |node, step| {
        let found = match step.parse() {
            Ok(place) => node.as_sequence_get(place),
            Err(_) => node.as_mapping_get(step),
        };
        found.unwrap_or_else(|| panic!("no {step} of {path}"))
    })
}

#[track_caller]
fn text<'a>(yaml: &'a Yaml<'a>, path: &str) -> &'a str {
    at(yaml, path).as_str().unwrap_or_else(|| panic!("{path} is no text"))
}

#[test]
fn schedulers_prove_every_block_once() {
    let scene = folder();
    if Command::new("bash").arg("--version").output().is_err() {
        return println!("skipped: no bash");
    }
    slurm(&scene);
    assert_eq!(scene.names("proofs"), ["a.proof", "b.proof", "c.proof"]);
    kubernetes(&scene);
}

fn slurm(scene: &Scene) {
    for (variables, message) in [
        (&[][..], "SLURM_ARRAY_TASK_ID"),
        (&[("ARRAY_TASK_ID", "1")], "SHARDS"),
        (&[("ARRAY_TASK_ID", "1"), ("ARRAY_TASK_COUNT", "2"), ("ARRAY_TASK_MIN", "1")], "SHARDS"),
        (&[("ARRAY_TASK_ID", "3"), ("ARRAY_TASK_COUNT", "2"), ("ARRAY_TASK_MAX", "3")], "SHARDS"),
        (&[("ARRAY_TASK_ID", "2"), ("ARRAY_TASK_COUNT", "2")], "2/2"),
        (&[("ARRAY_TASK_ID", "0"), ("ARRAY_TASK_COUNT", "1"), ("MEM_PER_NODE", "50")], "45 MiB"),
    ] {
        task(scene, variables).ended(2).told(message);
        assert_eq!(scene.names("proofs"), [""; 0]);
    }
    let usual = [("ARRAY_TASK_MIN", "0"), ("ARRAY_TASK_MAX", "1"), ("ARRAY_TASK_COUNT", "2")];
    let granted = [("MEM_PER_NODE", "4096"), ("CPUS_PER_TASK", "2")];
    let run = |index| task(scene, &[&usual[..], &granted, &[("ARRAY_TASK_ID", index)]].concat());
    run("1").ended(0).told("1 of 1 blocks proved");
    assert_eq!(scene.names("proofs"), ["b.proof"]);
    run("0").ended(0).told("2 of 2 blocks proved");
    // One of them again, in an array of its own.
    let again = [("ARRAY_TASK_ID", "1"), ("ARRAY_TASK_COUNT", "1"), ("ARRAY_TASK_MIN", "1"), ("SHARDS", "2")];
    task(scene, &again).ended(0).told("1 of 1 blocks proved, 1 of them before this run");
}

fn kubernetes(scene: &Scene) {
    let manifest = fs::read_to_string(format!("{DEPLOY}/kubernetes.yaml")).unwrap();
    let documents = Yaml::load_from_str(&manifest).unwrap();
    let [job] = &documents[..] else { panic!("one document was expected") };
    assert_eq!((text(job, "kind"), text(job, "apiVersion")), ("Job", "batch/v1"));
    assert_eq!(text(job, "spec.completionMode"), "Indexed");
    // `backoffLimitPerIndex` asks for it.
    assert_eq!(text(job, "spec.template.spec.restartPolicy"), "Never");
    let completions = at(job, "spec.completions").as_integer().unwrap();
    let container = at(job, "spec.template.spec.containers.0");
    let words: Vec<&str> = ["command", "args"]
        .iter()
        .flat_map(|name| at(container, name).as_sequence().unwrap().iter().map(|word| word.as_str().unwrap()))
        .collect();
    let shard = format!("--shard=$(JOB_COMPLETION_INDEX)/{completions}");
    assert!(words.contains(&shard.as_str()), "{shard} was expected in {words:?}");
    let memory = words.iter().find_map(|word| word.strip_prefix("--memory=")).unwrap();
    let limit = text(container, "resources.limits.memory");
    assert!(memory.parse::<Bytes>().unwrap() < limit.parse().unwrap(), "{memory} of {limit}");

    // Every mount has its volume and its claim, and inputs cannot be written to.
    let volumes = at(job, "spec.template.spec.volumes").as_sequence().unwrap();
    let mut mounts = Vec::new();
    for mount in at(container, "volumeMounts").as_sequence().unwrap() {
        let (name, path) = (text(mount, "name"), text(mount, "mountPath"));
        let volume = volumes.iter().find(|volume| text(volume, "name") == name).unwrap();
        let read_only =
            |yaml: &Yaml<'_>| yaml.as_mapping_get("readOnly").and_then(Yaml::as_bool) == Some(true);
        assert_eq!(read_only(mount), ["blocks", "params"].contains(&name), "{name}");
        assert_eq!(read_only(at(volume, "persistentVolumeClaim")), read_only(mount), "{name}");
        mounts.push((path, scene.path(name)));
    }
    assert_eq!(mounts.len(), volumes.len());

    // The command, with the paths of the scene in place of the mounts: what Slurm has proved is skipped, and two indices
    // of the eight have no more than nothing to do.
    for (index, blocks) in [("0", 1), ("2", 1), ("7", 0)] {
        let here = words.iter().map(|word| {
            let mut word = word.replace("$(JOB_COMPLETION_INDEX)", index);
            for (mount, path) in &mounts {
                word = word.replace(mount, path.to_str().unwrap());
            }
            assert!(!word.contains("/foldproof/"), "{word} is nowhere mounted");
            word
        });
        let here: Vec<String> = here.collect();
        assert_eq!(here[0], "foldproof");
        let said: Said =
            scene.at_home(PROGRAM).args(&here[1..]).args(["--codebook", CODEBOOK]).output().unwrap().into();
        said.ended(0).told(&format!("{blocks} of {blocks} blocks proved, {blocks} of them before this run"));
    }
}
