//! Who calls a contract, how it came to be, and what lies beside it.

use foldproof_evm::machine::{Machine, Outcome};
use foldproof_evm::{Contract, Refusal};
use foldproof_verifier::keccak256;

use crate::fixture::{Answer, Deployed, Fixture, SENDER, TAGS, first_child, fixture, fixtures};

const WRONG_KEY: Answer = Answer::Refused(Refusal::Key);

fn good(fixture: &Fixture) -> Vec<u8> {
    fixture.claims[0].calldata()
}

/// Code that creates a contract with the runtime of one and the key of another.
fn mixed(runtime: &Contract, key: &[u8]) -> Vec<u8> {
    let place = |needle: &[u8]| {
        let found = runtime.init_code.windows(needle.len()).position(|window| window == needle);
        found.unwrap()
    };
    let start = place(&runtime.key_code);
    assert_eq!(start + runtime.key_code.len(), runtime.init_code.len());
    assert_eq!(key.len(), runtime.key_code.len());
    [&runtime.init_code[..start], key].concat()
}

/// Anybody can create the same code with another key beside it: every byte of the key is under the hash.
#[test]
fn another_key_beside_the_same_code_is_refused() {
    let fixture = fixture(TAGS);
    let key = &fixture.contract.key_code;
    let control = mixed(&fixture.contract, key);
    assert_eq!(Deployed::on(Machine::default(), &control).ask(&good(fixture)), Answer::Accepted);
    for byte in [0, 1, 64, key.len() / 2, key.len() - 1] {
        let mut other = key.clone();
        other[byte] ^= 1;
        let mut deployed = Deployed::on(Machine::default(), &mixed(&fixture.contract, &other));
        assert_eq!(deployed.machine.code(deployed.address), fixture.contract.code);
        assert_eq!(deployed.ask(&good(fixture)), WRONG_KEY, "byte {byte}");
        assert_eq!(deployed.ask(&fixture.batch(&[0, 1])), WRONG_KEY, "byte {byte}");
    }
}

#[test]
fn no_key_is_refused() {
    let fixture = fixture(TAGS);
    let mut machine = Machine::default();
    machine.set_code([9; 20], &fixture.contract.code);
    // The right key, but not the first contract that this one created.
    machine.set_code([8; 20], &fixture.contract.key_code);
    machine.set_code(first_child([8; 20]), &fixture.contract.key_code);
    let mut deployed = Deployed { machine, address: [9; 20] };
    assert_eq!(deployed.ask(&good(fixture)), WRONG_KEY);
    deployed.machine.set_code(first_child([9; 20]), &fixture.contract.key_code);
    assert_eq!(deployed.ask(&good(fixture)), Answer::Accepted);
}

/// Nobody can call the contract with the key: its first instruction stops.
#[test]
fn the_key_does_nothing() {
    for fixture in fixtures() {
        assert_eq!(fixture.contract.key_code[0], 0);
        let mut deployed = Deployed::new(&fixture.contract);
        let key = first_child(deployed.address);
        let outcome = deployed.machine.call(SENDER, key, &good(fixture)).unwrap();
        assert!(matches!(outcome, Outcome::Success { output, .. } if output.is_empty()));
    }
}

/// Passes its calldata on with one instruction, and what comes back.
fn forwarder(address: [u8; 20], instruction: u8) -> Vec<u8> {
    // CALLDATASIZE, 0, 0, CALLDATACOPY; 0, 0, CALLDATASIZE, 0, ADDRESS, GAS, the instruction.
    let call: &[u8] = &[0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x5f, 0x36, 0x5f, 0x73];
    // RETURNDATASIZE, 0, 0, RETURNDATACOPY; if it succeeded RETURN, else REVERT.
    let give = [0x3d, 0x5f, 0x5f, 0x3e, 0x60, 41, 0x57, 0x3d, 0x5f, 0xfd, 0x5b, 0x3d, 0x5f, 0xf3];
    let code = [call, &address, &[0x5a, instruction], &give].concat();
    assert_eq!(code[41], 0x5b);
    code
}

/// Contracts ask it with a call that may change nothing; a proxy runs its code under another address, where there is no key.
#[test]
fn other_contracts_may_call_it_and_not_borrow_its_code() {
    const STATICCALL: u8 = 0xfa;
    const DELEGATECALL: u8 = 0xf4;
    let fixture = fixture(TAGS);
    let mut deployed = Deployed::new(&fixture.contract);
    let bad = {
        let mut claim = fixture.claims[0].clone();
        claim.inputs.clone_from(&fixture.claims[1].inputs);
        claim.calldata()
    };
    for (instruction, of_good, of_bad) in [
        (STATICCALL, Answer::Accepted, Answer::Refused(Refusal::ProofRejected)),
        (DELEGATECALL, WRONG_KEY, WRONG_KEY),
    ] {
        let caller = [instruction; 20];
        deployed.machine.set_code(caller, &forwarder(deployed.address, instruction));
        let ask =
            |machine: &mut Machine, data: &[u8]| Answer::of(machine.call(SENDER, caller, data).unwrap());
        assert_eq!(ask(&mut deployed.machine, &good(fixture)), of_good, "{instruction:#x}");
        assert_eq!(ask(&mut deployed.machine, &bad), of_bad, "{instruction:#x}");
    }
}

/// A factory that creates its calldata with CREATE2 and salt 0: the address is the same on all chains.
#[test]
fn factories_may_create_it() {
    // CALLDATASIZE, 0, 0, CALLDATACOPY; 0, CALLDATASIZE, 0, 0, CREATE2; 0, MSTORE; 32, 0, RETURN.
    let factory = [0x36, 0x5f, 0x5f, 0x37, 0x5f, 0x36, 0x5f, 0x5f, 0xf5, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3];
    let fixture = fixture(TAGS);
    let mut machine = Machine::default();
    machine.set_code([5; 20], &factory);
    let outcome = machine.call(SENDER, [5; 20], &fixture.contract.init_code).unwrap();
    let Outcome::Success { output, .. } = outcome else { panic!("{outcome:?}") };
    let address: [u8; 20] = *output.last_chunk().unwrap();
    let hash = keccak256(&[&fixture.contract.init_code]);
    let expected = keccak256(&[&[0xff], &[5; 20], &[0; 32], &hash]);
    assert_eq!(address[..], expected[12..]);
    let mut deployed = Deployed { machine, address };
    assert_eq!(deployed.machine.code(address), fixture.contract.code);
    assert_eq!(deployed.ask(&good(fixture)), Answer::Accepted);
}

/// Money that is sent along with a creation would be lost.
#[test]
fn creation_takes_no_value() {
    let fixture = fixture(TAGS);
    let mut machine = Machine::default();
    machine.set_code([5; 20], &fixture.contract.init_code);
    // As a call, the code that creates gives the code of the contract, or reverts without a reason.
    let mut run =
        |value| machine.call_with(SENDER, [5; 20], &[], value, foldproof_evm::machine::MAX_GAS).unwrap();
    assert!(matches!(run(0), Outcome::Success { output, .. } if output == fixture.contract.code));
    assert!(matches!(run(1), Outcome::Revert { output, .. } if output.is_empty()));
}
