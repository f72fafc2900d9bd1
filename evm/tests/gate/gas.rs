//! What calls of the gate cost, counted by the rules of Osaka, with 21,000 for a transaction and the price of its calldata.
//!
//! The gate's own share is counted beside a verifier that says yes to everything. What a verifier takes is pinned with verifiers.

use foldproof_evm::calldata;
use foldproof_evm::encoding::call;
use foldproof_evm::gate::{Question, init_code};
use foldproof_evm::machine::{FORK, Machine, Outcome};
use foldproof_verifier::Bundle;

use super::accepted::ALWAYS_TRUE;
use super::scene::*;

/// Gas of a call that is taken.
fn gas(outcome: Outcome) -> u64 {
    match outcome {
        Outcome::Success { gas, .. } => gas,
        other => panic!("{other:?}"),
    }
}

fn ask(scene: &Scene, question: Question) -> u64 {
    let data = scene.open.calldata(question);
    gas(scene.clone().machine.call(STRANGER, scene.gate, &data).unwrap())
}

fn report(scene: &mut Scene) -> u64 {
    let data = call("report(bytes,uint256[],bytes)", &scene.reporters.values());
    gas(scene.machine.call(REPORTER, scene.alarm, &data).unwrap())
}

#[test]
fn gas_of_the_gate_is_pinned() {
    assert_eq!(format!("{FORK:?}"), "OSAKA");
    let mut scene = Scene::new();
    scene.replace_verifier(ALWAYS_TRUE);
    let own = ask(&scene, Question::Own);
    let trusted = ask(&scene, Question::Trusted(scene.hash()));
    let (first, again) = (report(&mut scene), report(&mut scene));
    let mut machine = Machine::default();
    let deployed = gas(machine.create(DEPLOYER, &init_code(DEPLOYER)).unwrap().1);
    assert_eq!((own, trusted, first, again, deployed), (366_420, 367_700, 368_180, 368_180, 2_454_728));
}

/// With the real verifier: what a proof costs by itself, and what the gate adds.
#[test]
fn the_gate_adds_little_to_a_proof() {
    let scene = Scene::new();
    let bundle = Bundle::from_bytes(&file("block.proof")).unwrap();
    let rows: Vec<_> = bundle.unverified_instance().rows().into_iter().copied().collect();
    let alone = scene.clone().machine.call(STRANGER, scene.verifier, &calldata(bundle.proof(), &rows));
    let alone = gas(alone.unwrap());
    let all = ask(&scene, Question::Own);
    println!("verifier alone {alone}, through the gate {all}: {} more", all - alone);
    assert!((1..=100_000).contains(&(all - alone)), "{alone} {all}");
    assert!(all < 1_200_000, "{all}");
}
