//! The example of a contract that acts on what a model says.

use foldproof_evm::encoding::{Address, Word, address, call, number};
use foldproof_evm::gate::{Edit, Head, Submission, Validity, context};
use foldproof_evm::machine::Outcome;
use foldproof_verifier::big_endian;

use super::accepted::ALWAYS_TRUE;
use super::scene::*;

fn report(scene: &mut Scene, from: Address, asked: &Submission) -> Outcome {
    let data = call("report(bytes,uint256[],bytes)", &asked.values());
    scene.machine.call(from, scene.alarm, &data).unwrap()
}

/// Reports with its own proof, by a verifier that takes all.
fn forged(scene: &mut Scene, from: Address, change: impl Fn(&mut Submission)) -> Outcome {
    let mut asked = scene.open.clone();
    change(&mut asked);
    asked.inputs.push(big_endian(&context(1, scene.gate, scene.alarm, &address(from))));
    report(scene, from, &asked)
}

fn credit(scene: &mut Scene, of: Address) -> u64 {
    let alarm = scene.alarm;
    low(&scene.read(alarm, "credit(address)", Some(address(of))))
}

fn marked(scene: &mut Scene) -> bool {
    let (alarm, hash) = (scene.alarm, scene.hash());
    scene.read(alarm, "marked(bytes32)", Some(hash)) == number(1)
}

fn reporter(scene: &mut Scene) -> Word {
    let key = scene.own(&scene.open).unwrap().key;
    let alarm = scene.alarm;
    scene.read(alarm, "reporterOf(bytes32)", Some(key))
}

fn is_success(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Success { .. })
}

#[test]
fn a_block_is_marked_once_by_whom_the_proof_is_for() {
    let mut scene = Scene::new();
    assert!(!marked(&mut scene));
    let reporters = scene.reporters.clone();
    // Copied on its way.
    assert_eq!(refused(answer(report(&mut scene, STRANGER, &reporters))), "Context");
    // Not made for anybody.
    let open = scene.open.clone();
    assert_eq!(refused(answer(report(&mut scene, STRANGER, &open))), "Context");
    assert!(!marked(&mut scene));
    for _ in 0..2 {
        let told = report(&mut scene, REPORTER, &reporters);
        assert!(is_success(&told), "{told:?}");
        assert!(marked(&mut scene));
        assert_eq!((credit(&mut scene, REPORTER), reporter(&mut scene)), (1, address(REPORTER)));
    }
}

/// Other proofs of the same claims change nothing, whoever has them.
#[test]
fn claims_count_once() {
    let mut scene = Scene::new();
    scene.replace_verifier(ALWAYS_TRUE);
    assert!(is_success(&forged(&mut scene, REPORTER, |_| {})));
    for from in [STRANGER, REPORTER] {
        // Another salt.
        assert!(is_success(&forged(&mut scene, from, |asked| asked.inputs[1] = [0x55; 32])));
        assert_eq!((credit(&mut scene, REPORTER), credit(&mut scene, STRANGER)), (1, 0));
        assert_eq!(reporter(&mut scene), address(REPORTER));
    }
    // Another statement about the block with the same model: other claims, and the same mark.
    let statement = [0x66; 32];
    scene.edit(&scene.registration(statement, [0xcc; 20], false));
    assert!(is_success(&forged(&mut scene, STRANGER, |asked| asked.inputs[0] = statement)));
    assert_eq!((credit(&mut scene, REPORTER), credit(&mut scene, STRANGER)), (1, 0));
}

#[test]
fn only_what_the_model_says_counts() {
    let mut scene = Scene::new();
    scene.replace_verifier(ALWAYS_TRUE);
    let is = |told: Outcome, signature: &str| {
        let Outcome::Revert { output, .. } = told else { panic!("{told:?}") };
        output[..4] == call(signature, &[])
    };
    // No tag that is listened to.
    let told = forged(&mut scene, STRANGER, |asked| asked.inputs[TAGS] = [0; 32]);
    assert!(is(told, "NotMarked(bytes32)"));
    // Another model.
    let (other, head) = ([0x77; 32], scene.open.inputs[MODEL + 1]);
    let kind = Head::Tags;
    scene.edit(&Edit::RegisterModel { commitment: other, kind, head, validity: Validity::ALWAYS });
    let told = forged(&mut scene, STRANGER, |asked| asked.inputs[MODEL] = other);
    assert!(is(told, "ModelMissing(uint256)"));
    // An anomaly is a score that is not below the threshold.
    let commitment = scene.open.inputs[MODEL];
    let register = |scene: &mut Scene, kind| {
        scene.edit(&Edit::RegisterModel { commitment, kind, head: number(500), validity: Validity::ALWAYS });
    };
    let score = |scene: &mut Scene, score| {
        forged(scene, STRANGER, |asked| {
            asked.inputs[MODEL + 1] = number(500);
            asked.inputs[TAGS] = number(score);
        })
    };
    register(&mut scene, Head::Anomaly);
    assert!(is(score(&mut scene, 499), "NotMarked(bytes32)"));
    for other in [Head::Class, Head::Values, Head::Graph] {
        register(&mut scene, other);
        assert!(is(score(&mut scene, 500), "HeadNotRead(uint8)"));
    }
    register(&mut scene, Head::Anomaly);
    assert!(is_success(&score(&mut scene, 500)));
    assert!(marked(&mut scene));
}
