//! Proofs that are made for one sender, on one chain, to one gate, under one nonce.

use foldproof_evm::encoding::{Value, address, arguments, call, number};
use foldproof_evm::gate::{Question, Submission, context, init_code};
use foldproof_verifier::{big_endian, keccak256};

use super::scene::*;

/// The gate, with nothing where the alarm would be: its address may send.
fn without_alarm() -> Scene {
    let mut scene = Scene::new();
    scene.machine.set_code(scene.alarm, &[]);
    scene
}

#[test]
fn a_proof_for_a_context_is_taken_of_whom_it_is_for() {
    let scene = without_alarm();
    let nonce = address(REPORTER);
    let taken = scene.ask(scene.alarm, &scene.reporters, Question::OwnFor(nonce)).unwrap();
    assert_eq!(taken, scene.own(&scene.open).unwrap());
    let trusted = Question::TrustedFor(scene.hash(), nonce);
    assert_eq!(scene.ask(scene.alarm, &scene.reporters, trusted), Ok(taken));
}

#[test]
fn and_of_nobody_else() {
    let scene = without_alarm();
    let nonce = address(REPORTER);
    let questions = |nonce| [Question::OwnFor(nonce), Question::TrustedFor(scene.hash(), nonce)];
    for (from, nonce) in
        [(STRANGER, nonce), (REPORTER, nonce), (scene.alarm, address(STRANGER)), (scene.alarm, [0; 32])]
    {
        for question in questions(nonce) {
            assert_eq!(refused(scene.ask(from, &scene.reporters, question)), "Context");
        }
    }
    // Another chain.
    let mut other = scene.clone();
    other.machine.set_chain(17_000);
    assert!(other.own(&other.open).is_ok());
    for question in questions(nonce) {
        assert_eq!(refused(other.ask(other.alarm, &other.reporters, question)), "Context");
    }
    // Another gate, with the same entries.
    let mut other = scene.clone();
    other.gate = create(&mut other.machine, &init_code(DEPLOYER));
    assert_ne!(other.gate, scene.gate);
    other.edits().iter().for_each(|edit| other.edit(edit));
    assert!(other.own(&other.open).is_ok());
    for question in questions(nonce) {
        assert_eq!(refused(other.ask(other.alarm, &other.reporters, question)), "Context");
    }
}

/// Who asks with a nonce wants a context, and who asks without wants none: neither is passed over.
#[test]
fn a_context_is_neither_lost_nor_made_up() {
    let scene = without_alarm();
    assert_eq!(refused(scene.own(&scene.reporters)), "InputCount");
    assert_eq!(refused(scene.trusted(&scene.reporters)), "InputCount");
    let ask = |asked: &Submission| scene.ask(scene.alarm, asked, Question::OwnFor(address(REPORTER)));
    assert_eq!(refused(ask(&scene.open)), "Context");
    // A context that is right, under a proof that was made for none, or for another.
    let right = *scene.reporters.inputs.last().unwrap();
    let mut forged = scene.open.clone();
    forged.inputs.push(right);
    let told = ask(&forged).expect_err("the proof is for no context");
    assert_eq!(told.verifier, Some(foldproof_evm::Refusal::ProofRejected));
    let mut forged = scene.reporters.clone();
    *forged.inputs.last_mut().unwrap() = big_endian(&context(1, scene.gate, STRANGER, &[0; 32]));
    let told = scene.ask(STRANGER, &forged, Question::OwnFor([0; 32])).expect_err("it is for another");
    assert_eq!(told.verifier, Some(foldproof_evm::Refusal::ProofRejected));
    // Nothing before it.
    for count in [0, 1, 14] {
        let mut few = scene.reporters.clone();
        few.inputs.drain(..few.inputs.len() - count);
        assert_eq!(refused(ask(&few)), "InputCount");
    }
    // Two contexts.
    let mut two = scene.reporters.clone();
    two.inputs.push(right);
    assert_eq!(refused(ask(&two)), "InputCount");
}

/// The gate's context is the one of this crate, and what the standard's encoding says.
#[test]
fn the_context_is_what_the_gate_says() {
    let mut scene = Scene::new();
    for (sender, nonce) in [(STRANGER, number(0)), (REPORTER, number(7)), (scene.alarm, [0xff; 32])] {
        let data = call("context(address,uint256)", &[Value::Word(address(sender)), Value::Word(nonce)]);
        let told = scene.send(STRANGER, &data).unwrap();
        assert_eq!(told, big_endian(&context(1, scene.gate, sender, &nonce)));
        let encoded = [number(1), address(scene.gate), address(sender), nonce].map(Value::Word);
        let hash = keccak256(&[&arguments(&encoded)]);
        assert_eq!((told[0], &told[1..]), (0, &hash[..31]));
    }
}
