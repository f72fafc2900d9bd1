//! Who edits a gate, and when.

use foldproof_evm::encoding::{Value, address, call};
use foldproof_evm::gate::Edit;
use foldproof_evm::machine::Outcome;
use foldproof_verifier::keccak256;

use super::scene::*;

const DAY: u64 = 86_400;

/// A gate with a delay of a day, and seconds since the scene began.
fn delayed() -> Scene {
    let mut scene = Scene::new();
    scene.edit(&Edit::RaiseDelay(DAY));
    scene
}

fn at(scene: &mut Scene, seconds: u64) {
    scene.machine.set_block(scene.height() + 1, scene.time() + 12 + seconds);
}

/// Revocations wait as additions do.
#[test]
fn every_edit_waits() {
    let begun = delayed();
    let root = begun.open.inputs[CODEBOOK];
    let [statement, _, model] = begun.edits();
    for edit in [
        statement,
        model,
        Edit::AcceptCodebook { root, accepted: false },
        Edit::RemoveStatement(begun.open.inputs[0]),
        Edit::RevokeModel(begun.open.inputs[MODEL]),
        Edit::RaiseDelay(2 * DAY),
    ] {
        let mut scene = begun.clone();
        assert_eq!(refused(scene.send(DEPLOYER, &edit.enact())), "NotProposed");
        scene.send(DEPLOYER, &edit.propose()).unwrap();
        for seconds in [0, 1, DAY - 1] {
            at(&mut scene, seconds);
            assert_eq!(refused(scene.send(DEPLOYER, &edit.enact())), "NotDue", "{edit:?}");
            assert!(scene.own(&scene.open).is_ok());
        }
        at(&mut scene, DAY);
        scene.send(DEPLOYER, &edit.enact()).unwrap();
        // Once.
        assert_eq!(refused(scene.send(DEPLOYER, &edit.enact())), "NotProposed");
    }
}

#[test]
fn a_delay_holds_for_what_was_proposed_before() {
    let mut scene = Scene::new();
    let edit = Edit::RevokeModel(scene.open.inputs[MODEL]);
    scene.send(DEPLOYER, &edit.propose()).unwrap();
    scene.edit(&Edit::RaiseDelay(DAY));
    at(&mut scene, DAY - 1);
    assert_eq!(refused(scene.send(DEPLOYER, &edit.enact())), "NotDue");
    at(&mut scene, DAY);
    scene.send(DEPLOYER, &edit.enact()).unwrap();
    assert_eq!(refused(scene.own(&scene.open)), "ModelNotActive");
}

#[test]
fn a_delay_only_grows() {
    let mut scene = Scene::new();
    for (seconds, taken) in
        [(0, false), (5, true), (5, false), (4, false), (365 * DAY + 1, false), (365 * DAY, true)]
    {
        let edit = Edit::RaiseDelay(seconds);
        scene.send(DEPLOYER, &edit.propose()).unwrap();
        at(&mut scene, 400 * DAY);
        let told = scene.send(DEPLOYER, &edit.enact());
        assert_eq!(
            told.map(drop).map_err(|refused| refused.name),
            if taken { Ok(()) } else { Err("WrongDelay") }
        );
        at(&mut scene, 0);
    }
}

#[test]
fn proposals_are_withdrawn_and_begun_again() {
    let mut scene = delayed();
    let edit = Edit::RevokeModel(scene.open.inputs[MODEL]);
    let id = keccak256(&[&edit.calldata()]);
    scene.send(DEPLOYER, &edit.propose()).unwrap();
    at(&mut scene, DAY - 1);
    scene.send(DEPLOYER, &edit.propose()).unwrap();
    at(&mut scene, DAY);
    assert_eq!(refused(scene.send(DEPLOYER, &edit.enact())), "NotDue");
    scene.send(DEPLOYER, &call("withdraw(bytes32)", &[Value::Word(id)])).unwrap();
    at(&mut scene, 9 * DAY);
    assert_eq!(refused(scene.send(DEPLOYER, &edit.enact())), "NotProposed");
    assert!(scene.own(&scene.open).is_ok());
}

/// Nobody but the admin, and not the admin without the delay.
#[test]
fn only_the_admin_edits() {
    let mut scene = Scene::new();
    let [statement, codebook, model] = scene.edits();
    let revoke = Edit::RevokeModel(scene.open.inputs[MODEL]);
    let id = [0; 32];
    for edit in
        [statement, codebook, model, revoke, Edit::RemoveStatement(scene.open.inputs[0]), Edit::RaiseDelay(1)]
    {
        for from in [DEPLOYER, STRANGER] {
            assert_eq!(refused(scene.send(from, &edit.calldata())), "NotEnacted");
        }
        assert_eq!(refused(scene.send(STRANGER, &edit.propose())), "NotAdmin");
        scene.send(DEPLOYER, &edit.propose()).unwrap();
        assert_eq!(refused(scene.send(STRANGER, &edit.enact())), "NotAdmin");
    }
    for data in [
        call("withdraw(bytes32)", &[Value::Word(id)]),
        call("transferAdmin(address)", &[Value::Word(address(STRANGER))]),
        call("renounceAdmin()", &[]),
        call("acceptAdmin()", &[]),
    ] {
        assert_eq!(refused(scene.send(STRANGER, &data)), "NotAdmin");
    }
    assert!(scene.own(&scene.open).is_ok());
}

#[test]
fn an_admin_is_followed_by_who_accepts() {
    let mut scene = Scene::new();
    let edit = Edit::AcceptCodebook { root: [5; 32], accepted: true };
    let gate = scene.gate;
    scene.send(DEPLOYER, &call("transferAdmin(address)", &[Value::Word(address(STRANGER))])).unwrap();
    assert_eq!(refused(scene.send(STRANGER, &edit.propose())), "NotAdmin");
    assert_eq!(refused(scene.send(REPORTER, &call("acceptAdmin()", &[]))), "NotAdmin");
    scene.send(DEPLOYER, &edit.propose()).unwrap();
    scene.send(STRANGER, &call("acceptAdmin()", &[])).unwrap();
    assert_eq!(scene.read(gate, "admin()", None), address(STRANGER));
    assert_eq!(refused(scene.send(DEPLOYER, &edit.propose())), "NotAdmin");
    scene.send(STRANGER, &edit.enact()).unwrap();
    // Not twice.
    assert_eq!(refused(scene.send(STRANGER, &call("acceptAdmin()", &[]))), "NotAdmin");
}

#[test]
fn a_renounced_gate_stays_as_it_is() {
    let mut scene = Scene::new();
    let edit = Edit::RevokeModel(scene.open.inputs[MODEL]);
    scene.send(DEPLOYER, &edit.propose()).unwrap();
    scene.send(DEPLOYER, &call("transferAdmin(address)", &[Value::Word(address(STRANGER))])).unwrap();
    scene.send(DEPLOYER, &call("renounceAdmin()", &[])).unwrap();
    assert_eq!(refused(scene.send(DEPLOYER, &edit.enact())), "NotAdmin");
    assert_eq!(refused(scene.send(DEPLOYER, &edit.propose())), "NotAdmin");
    assert_eq!(refused(scene.send(STRANGER, &call("acceptAdmin()", &[]))), "NotAdmin");
    assert!(scene.own(&scene.open).is_ok());
}

/// The error of an edit is told as it is, and the proposal stands.
#[test]
fn an_edit_that_fails_changes_nothing() {
    let mut scene = Scene::new();
    let wrong = scene.registration([0; 32], scene.verifier, false);
    assert_eq!(refused(scene.try_edit(&wrong)), "WrongEntry");
    let id = keccak256(&[&wrong.calldata()]);
    let gate = scene.gate;
    assert_ne!(scene.read(gate, "proposedAt(bytes32)", Some(id)), [0; 32]);
    // What is no edit of the gate.
    for bytes in [vec![], vec![1, 2, 3, 4], call("renounceAdmin()", &[])] {
        let [propose, enact] =
            ["propose(bytes)", "enact(bytes)"].map(|name| call(name, &[Value::Bytes(&bytes)]));
        scene.send(DEPLOYER, &propose).unwrap();
        assert!(matches!(scene.machine.call(DEPLOYER, gate, &enact).unwrap(), Outcome::Revert { .. }));
    }
    assert_eq!(scene.read(gate, "admin()", None), address(DEPLOYER));
}

/// Neither gate nor alarm takes money.
#[test]
fn value_is_refused() {
    let mut scene = Scene::new();
    let data = scene.open.calldata(foldproof_evm::gate::Question::Own);
    for (to, data) in
        [(scene.gate, &data[..]), (scene.gate, &[]), (scene.alarm, &[]), (scene.verifier, &data)]
    {
        let told = scene.machine.call_with(STRANGER, to, data, 1, 16_000_000).unwrap();
        assert!(matches!(told, Outcome::Revert { .. }), "{told:?}");
    }
}
