//! What goes wrong around the program: full disks, kills, damaged caches, races, files that cannot be read or written, readers
//! that go away. Nothing of it may panic, leave half a file, lose one, or make a wrong result.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(unix)]

#[path = "../../tests/support/scene.rs"]
mod scene;

use std::fs;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::process::Stdio;
use std::time::Duration;

use foldproof_verifier::Bundle;
use scene::{MODEL, PROGRAM, Said, Scene};

/// User and group of nobody: as root, permissions are tried in their name.
const NOBODY: u32 = 65_534;

/// Whether a bundle is there, and whole.
#[track_caller]
fn assert_bundle(scene: &Scene, name: &str) {
    Bundle::from_bytes(&scene.read(name)).unwrap();
}

#[test]
fn a_full_disk_costs_no_file() {
    let scene = Scene::warm();
    scene.write("out.proof", "the one before");
    // The secret of the salts would still fit, the bundle would not.
    let line =
        "trap '' XFSZ; ulimit -f 1; exec $PROGRAM prove-model fp.json --model $MODEL --hide -o out.proof";
    scene.shell(line).ended(2).told("writing out.proof");
    assert_eq!(scene.read("out.proof"), b"the one before");
    assert!(!scene.path("out.proof.salt").exists());
    assert_eq!(scene.leftovers(), [""; 0]);

    for device in ["/dev/full", "/dev/null"] {
        let ended = if device == "/dev/full" { 2 } else { 0 };
        let said = scene.run(&["sample", "-o", device]).ended(ended);
        assert_eq!(said.err.contains("No space left"), ended == 2, "{}", said.err);
        assert!(fs::metadata(device).unwrap().file_type().is_char_device(), "{device} was replaced");
    }
    scene.shell("exec $PROGRAM sample >/dev/full").ended(2).told("standard output");
    // Nobody can be told, and that is no reason to panic.
    scene.shell("exec $PROGRAM verify nowhere.proof 2>/dev/full").ended(2);
    scene
        .shell("exec $PROGRAM prove-model fp.json --model $MODEL --cache fp.json -o b.proof 2>/dev/full")
        .ended(0);
    assert_bundle(&scene, "b.proof");
}

#[test]
fn a_full_file_system_costs_no_file() {
    let scene = Scene::cold();
    fs::create_dir(scene.path("small")).unwrap();
    // A file system of 16 KiB that goes away with the shell.
    let line = "unshare -m sh -c 'mount -t tmpfs -o size=16k none small || exit 77; echo before > small/b.json; \
                $PROGRAM sample --transactions 400 -o small/b.json; echo $?; cat small/b.json; ls -A small'";
    let said = scene.shell(line);
    if said.code != Some(0) {
        println!("skipped: no file system can be mounted here ({})", said.err.trim());
        return;
    }
    assert_eq!(said.out, "2\nbefore\nb.json\n", "{}", said.err);
    said.told("No space left");
}

#[test]
fn a_full_cache_costs_time_only() {
    let scene = Scene::cold();
    // 32 KiB: enough for the bundle and a verifying key, not for parameters and proving key.
    let line = "trap '' XFSZ; ulimit -f 64; exec $PROGRAM prove-model fp.json --model $MODEL -o out.proof";
    let said = scene.shell(line).ended(0).told("cannot be kept");
    assert_eq!(said.err.matches("cannot be kept").count(), 2, "{}", said.err);
    assert_bundle(&scene, "out.proof");
    assert!(scene.names("cache").iter().all(|name| name.ends_with(".vk")), "{:?}", scene.names("cache"));
}

#[test]
fn a_kill_leaves_nothing_that_matters() {
    let scene = Scene::cold();
    scene.write("out.proof", "the one before");
    for milliseconds in [5, 100, 400, 900, 1500, 2200] {
        // A little apart in every run of the tests.
        let jitter = u64::from(std::process::id()) % 80;
        let mut child = scene
            .command(&scene.prove(&["--hide"]))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds + jitter));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            assert_bundle(&scene, "out.proof");
            fs::remove_file(scene.path("out.proof.salt")).unwrap();
            scene.write("out.proof", "the one before");
            continue;
        }
        assert_eq!(scene.read("out.proof"), b"the one before");
        assert!(!scene.path("out.proof.salt").exists());
    }
    // As if killed in the middle of keeping a key: the next writer sweeps it away.
    scene.run(&scene.prove(&["--hide"])).ended(0);
    assert_bundle(&scene, "out.proof");
    let key = scene.names("cache").into_iter().find(|name| name.ends_with(".pk")).unwrap();
    scene.write(&format!("cache/.{key}.1-0.tmp"), "half a key");
    fs::remove_file(scene.path("cache").join(&key)).unwrap();
    scene.run(&["keys", "make", "fingerprint+tags-96-16-4"]).ended(0);
    assert!(scene.names("cache").iter().all(|name| !name.ends_with(".tmp")));
}

/// Damages the cached files, all at once, and proves: they are named, made again to the bit, and the proof is right.
fn damage_and_prove(scene: &Scene, arguments: &[&str], ends: &[&str], damage: impl Fn(usize, &mut Vec<u8>)) {
    // Verifying keys are not read here.
    let ours = |name: &String| ends.iter().any(|end| name.contains(end)) && !name.ends_with(".vk");
    let names: Vec<String> = scene.names("cache").into_iter().filter(ours).collect();
    assert_eq!(names.len(), ends.len(), "{names:?}");
    let mut good = Vec::new();
    for (i, name) in names.iter().enumerate() {
        let file = format!("cache/{name}");
        good.push(scene.read(&file));
        let mut bad = good[i].clone();
        damage(i, &mut bad);
        scene.write(&file, bad);
    }
    let said = scene.run(arguments).ended(0);
    for (name, good) in names.iter().zip(&good) {
        let told = said.err.lines().any(|line| line.contains(name.as_str()) && line.contains("made again"));
        assert!(told, "{name}: {}", said.err);
        assert!(scene.read(&format!("cache/{name}")) == *good, "{name} is another file than before");
    }
    assert_bundle(scene, "out.proof");
}

#[test]
fn a_damaged_cache_is_made_again() {
    let cut = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() / 2);
    let flip = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 4;
    };
    let scene = Scene::warm();
    let files = ["ipa-bn256-k", ".transparent."];
    let prove = scene.prove(&[]);
    damage_and_prove(&scene, &prove, &files, |i, bytes| if i == 0 { cut(bytes) } else { flip(bytes) });
    damage_and_prove(&scene, &prove, &files, |i, bytes| if i == 0 { flip(bytes) } else { bytes.clear() });

    scene.run(&["params", "insecure-test-setup", "-k", "11", "-o", "setup.kzg"]).ended(0);
    let kzg = scene.prove(&["--scheme", "kzg", "--params", "setup.kzg"]);
    scene.run(&kzg).ended(0);
    let files = ["kzg-lagrange-", ".kzg."];
    damage_and_prove(&scene, &kzg, &files, |i, bytes| if i == 0 { cut(bytes) } else { flip(bytes) });
    damage_and_prove(&scene, &kzg, &files, |i, bytes| if i == 0 { flip(bytes) } else { cut(bytes) });

    let entry = scene.run(&["model", "commit", MODEL, "--entry", "demo", "1"]).ended(0).out;
    scene.write("registry.json", format!("{{\"models\": [{entry}]}}"));
    let key = scene
        .names("cache")
        .into_iter()
        .find(|name| name.contains(".kzg.") && name.ends_with(".vk"))
        .unwrap();
    let file = format!("cache/{key}");
    let good = scene.read(&file);
    for damage in [cut, flip] {
        let mut bad = good.clone();
        damage(&mut bad);
        scene.write(&file, bad);
        let setup = ["--params", "setup.kzg", "--allow-insecure-setup"];
        let verify = ["verify", "out.proof", "--allow-values", "--registry", "registry.json"];
        scene.run(&[&verify[..], &setup].concat()).ended(0).told("made again");
        assert!(scene.read(&file) == good, "{key} is another file than before");
    }
}

/// Whether there was a warning, other than that of a model to which the scene's numbers mean nothing.
fn warned(said: &Said) -> bool {
    said.err.lines().any(|line| line.contains("warning") && !line.contains("was calibrated on"))
}

#[test]
fn two_provers_may_share_an_empty_cache() {
    let scene = Scene::cold();
    let outs = ["a.proof", "b.proof"];
    let prove = |out| {
        let arguments = ["prove-model", "fp.json", "--model", MODEL, "-o", out];
        scene.command(&arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let children = outs.map(prove);
    for (child, out) in children.into_iter().zip(outs) {
        let said = Said::from(child.wait_with_output().unwrap()).ended(0);
        assert!(!warned(&said), "{}", said.err);
        assert_bundle(&scene, out);
    }
    assert_eq!(scene.leftovers(), [""; 0]);
    let entry = scene.run(&["model", "commit", MODEL, "--entry", "demo", "1"]).ended(0).out;
    scene.write("registry.json", format!("{{\"models\": [{entry}]}}"));
    scene.run(&["verify", "a.proof", "b.proof", "--allow-values", "--registry", "registry.json"]).ended(0);
}

#[test]
fn a_cache_that_cannot_be_written_costs_time_only() {
    let scene = Scene::cold();
    // Below a file there is no folder for anybody, root included.
    for (cache, out) in [("fp.json", "a.proof"), ("fp.json/below", "b.proof")] {
        let prove = ["prove-model", "fp.json", "--model", MODEL, "--cache", cache, "-o", out];
        scene.run(&prove).ended(0).told("cannot be kept");
        assert_bundle(&scene, out);
    }
}

#[test]
fn permissions_are_respected() {
    let scene = Scene::warm();
    fs::create_dir(scene.path("mine")).unwrap();
    fs::write(scene.path("secret.json"), scene.read("fp.json")).unwrap();
    let mode =
        |name: &str, mode| fs::set_permissions(scene.path(name), fs::Permissions::from_mode(mode)).unwrap();
    for (name, bits) in
        [("", 0o777), ("mine", 0o555), ("cache", 0o555), ("temporary", 0o777), ("secret.json", 0o000)]
    {
        mode(name, bits);
    }
    let as_somebody = |arguments: &[&str]| {
        let mut command = scene.command(arguments);
        if scene::is_root() {
            command.uid(NOBODY).gid(NOBODY);
        }
        command.output().map(Said::from)
    };
    match as_somebody(&["--version"]) {
        Ok(said) if said.code == Some(0) => {}
        _ => return println!("skipped: nobody may not run {PROGRAM}"),
    }
    let run = |arguments: &[&str]| as_somebody(arguments).unwrap();
    // A cache that is there and cannot be written serves as well.
    let said = run(&scene.prove(&[])).ended(0);
    assert!(!warned(&said), "{}", said.err);
    assert_bundle(&scene, "out.proof");
    run(&["prove-model", "fp.json", "--model", MODEL, "-o", "mine/out.proof"])
        .ended(2)
        .told("mine/out.proof");
    assert_eq!(scene.names("mine"), [""; 0]);
    run(&["prove-model", "secret.json", "--model", MODEL, "-o", "b.proof"]).ended(2).told("secret.json");
    // What cannot be told is a verdict, and verdicts are results.
    let said = run(&["verify", "secret.json"]).ended(2);
    assert!(said.out.contains("secret.json"), "{}{}", said.out, said.err);
    mode("mine", 0o755);
}

#[test]
fn inputs_that_cannot_be_read_are_named() {
    let scene = Scene::cold();
    scene.run(&["sample", "-o", "block.json"]).ended(0);
    fs::create_dir(scene.path("folder")).unwrap();
    scene.write("empty", "");
    scene.write("torn", &scene.read("block.json")[..200]);
    fs::create_dir(scene.path("nothing-in-it")).unwrap();
    // `@` stands for the input, `$` for the model.
    let commands = [
        "prove @ -o out.proof",
        "prove block.json --codebook @ -o out.proof",
        "prove block.json --model @ -o out.proof",
        "prove block.json --scheme kzg --params @ -o out.proof",
        "prove-model @ --model $ -o out.proof",
        "fingerprint @",
        "inspect @",
        "verify block.json --policy @",
        "verify block.json --registry @",
        "verify block.json --codebook @",
        "verify block.json --block @",
        "verify block.json --values @",
        "verify block.json --block block.json --salt @",
        "codebook train @ -o out.json",
        "codebook inspect @",
        "model inspect @",
        "model import @ --calibrate fp.json --head tags -o out.fpm",
        "params info @",
        "params import @ -k 4 -o out.kzg",
    ];
    for command in commands {
        for input in ["nowhere", "folder", "empty", "torn", "/dev/zero", "fp.json/below"] {
            if command.starts_with("params") && input == "/dev/zero" {
                continue; // setups may be 2 GiB
            }
            let arguments: Vec<&str> = command
                .split(' ')
                .map(|word| {
                    if word == "@" {
                        input
                    } else if word == "$" {
                        MODEL
                    } else {
                        word
                    }
                })
                .collect();
            let said = scene.run(&arguments);
            assert_eq!(said.code, Some(2), "{arguments:?}: {}{}", said.out, said.err);
            assert!(
                said.err.starts_with("foldproof: ") && said.err.contains(input),
                "{arguments:?}: {}",
                said.err
            );
        }
    }
    // A bundle that is none is no proof, and is told apart from one that cannot be read.
    for (bundle, code) in [("empty", 1), ("torn", 1), ("folder", 2), ("nowhere", 2), ("/dev/zero", 2)] {
        let said = scene.run(&["verify", bundle]);
        assert_eq!(said.code, Some(code), "{bundle}: {}{}", said.out, said.err);
    }
    scene.run(&["prove", "nothing-in-it"]).ended(2).told("nothing-in-it");
    let written = scene.names(".");
    assert!(!written.iter().any(|name| name.starts_with("out.")), "{written:?}");
}

#[test]
fn outputs_that_cannot_be_written_are_named_at_once() {
    let scene = Scene::cold();
    scene.run(&["sample", "-o", "block.json"]).ended(0);
    fs::create_dir(scene.path("folder")).unwrap();
    fs::copy(MODEL, scene.path("model.fpm")).unwrap();
    std::os::unix::fs::symlink("fp.json", scene.path("link")).unwrap();
    scene.write("taken.salt", "an older secret");
    let before = ["fp.json", "block.json", "model.fpm", "taken.salt"].map(|name| scene.read(name));
    let prove = |input, out| ["prove-model", input, "--model", "model.fpm", "-o", out];
    for (out, message) in [
        ("nowhere/out.proof", "nowhere/out.proof"),
        ("fp.json/out.proof", "fp.json/out.proof"),
        ("folder", "a file was expected"),
        ("fp.json", "over the input"),
        ("link", "over the input"),
        ("./folder/../fp.json", "over the input"),
        ("model.fpm", "over the input"),
    ] {
        scene.run(&prove("fp.json", out)).ended(2).told(message);
    }
    scene.run(&[&prove("fp.json", "taken")[..], &["--hide"]].concat()).ended(2).told("taken.salt");
    scene.run(&[&prove("fp.json", "/dev/null")[..], &["--hide"]].concat()).ended(2).told("/dev/null");
    scene.run(&["prove", "block.json", "-o", "block.json"]).ended(2).told("over the input");
    scene.run(&["prove", "block.json", "fp.json", "-o", "fp.json"]).ended(2).told("fp.json");
    scene.run(&["codebook", "train", "fp.json", "-o", "fp.json"]).ended(2).told("over the input");
    scene.run(&["params", "import", "fp.json", "-k", "4", "-o", "fp.json"]).ended(2).told("over the input");
    let import =
        ["model", "import", "fp.json", "--calibrate", "block.json", "--head", "tags", "-o", "block.json"];
    scene.run(&import).ended(2).told("over the input");
    assert_eq!(["fp.json", "block.json", "model.fpm", "taken.salt"].map(|name| scene.read(name)), before);
    assert_eq!(scene.names("cache"), [""; 0], "no work was done");
    // A link is written through.
    std::os::unix::fs::symlink("folder/real.json", scene.path("to-real")).unwrap();
    scene.write("folder/real.json", "old");
    scene.run(&["sample", "-o", "to-real"]).ended(0);
    assert!(scene.path("to-real").is_symlink());
    assert!(scene.read("folder/real.json").starts_with(b"{"));
}

#[test]
fn results_that_nobody_reads_are_no_success() {
    let scene = Scene::warm();
    // The reader is gone before anything is written.
    let unread = |arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        Said::from(scene.command(arguments).stdout(writer).output().unwrap())
    };
    unread(&scene.prove(&["--json"])).ended(2).told("standard output");
    assert_bundle(&scene, "out.proof");
    unread(&["keys", "list"]).ended(2).told("standard output");
    unread(&["sample"]).ended(2).told("standard output");
    // In particular a rejection never looks like an acceptance.
    scene.write("empty", "");
    unread(&["verify", "empty"]).ended(2).told("standard output");
    // A stream that is closed from the start is one to nowhere.
    scene.shell("exec $PROGRAM inspect out.proof >&- 2>&-").ended(0);
    scene.shell("exec $PROGRAM verify empty >&- 2>&- <&-").ended(1);
}
