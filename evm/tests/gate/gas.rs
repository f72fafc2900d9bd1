//! What calls of the gate cost, counted by the rules of Osaka, with 21,000 for a transaction and the price of its calldata.
//!
//! Counted is what a call takes beyond the same proof shown to the verifier itself: the price of a verifier is pinned with verifiers.
//! Beside a verifier that does nothing there would be nothing to see, since calldata has a least price (EIP-7623) above all else.

use foldproof_evm::encoding::{Value, call};
use foldproof_evm::gate::{Question, Submission, init_code};
use foldproof_evm::machine::{FORK, Machine, Outcome};

use super::hashes::later;
use super::scene::*;

/// Beyond the verifier's.
const OWN: u64 = 62_754;
const TRUSTED: u64 = 63_087;
const FIRST_REPORT: u64 = 140_379;
const NEXT_REPORT: u64 = 73_807;
/// Beyond a recent block's.
const HISTORY: u64 = 5_430;
const DEPLOYMENT: u64 = 2_271_007;

/// Gas of a call that is taken.
fn gas(outcome: Outcome) -> u64 {
    match outcome {
        Outcome::Success { gas, .. } => gas,
        other => panic!("{other:?}"),
    }
}

/// Of the verifier, asked directly.
fn alone(scene: &Scene, asked: &Submission) -> u64 {
    let data =
        call("verifyProof(bytes,uint256[])", &[Value::Bytes(&asked.proof), Value::Words(&asked.inputs)]);
    gas(scene.clone().machine.call(STRANGER, scene.verifier, &data).unwrap())
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
    let verifier = alone(&scene, &scene.open);
    let own = ask(&scene, Question::Own);
    println!("the verifier alone {verifier}, through the gate {own}");
    let trusted = ask(&scene, Question::Trusted(scene.hash()));
    assert_eq!([own, trusted].map(|gas| gas - verifier), [OWN, TRUSTED]);
    // The first report of a block, which writes three words, and another of the same.
    let verifier = alone(&scene, &scene.reporters);
    let reports = [report(&mut scene), report(&mut scene)];
    assert_eq!(reports.map(|gas| gas - verifier), [FIRST_REPORT, NEXT_REPORT]);
}

/// A block that only EIP-2935 knows.
#[test]
fn gas_of_an_older_block_is_pinned() {
    let [recent, older] =
        [1, 300].map(|blocks| ask(&later(blocks, Some(Scene::new().hash())), Question::Own));
    assert_eq!(older - recent, HISTORY);
}

#[test]
fn gas_of_a_deployment_is_pinned() {
    let deployed = gas(Machine::default().create(DEPLOYER, &init_code(DEPLOYER)).unwrap().1);
    assert_eq!(deployed, DEPLOYMENT);
}
