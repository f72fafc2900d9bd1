//! A second compiler of the same text: solc, where there is one. `npm install solc@0.8.30` in some folder, and
//! `FOLDPROOF_SOLC=FOLDER/node_modules/solc`.

use std::env;
use std::io::Write as _;
use std::process::{Command, Stdio};

use foldproof_evm::Refusal;
use foldproof_evm::machine::{MAX_GAS, Machine, Outcome};

use crate::fixture::{Answer, Deployed, Fixture, SENDER, fixtures};
use crate::{batches, calldata, elements};

/// Compiles standard input, without its optimiser, and prints the code that creates the contract.
const SCRIPT: &str = r#"
const solc = require(process.argv[1]);
const content = require("fs").readFileSync(0, "utf8");
const settings = { optimizer: { enabled: false }, outputSelection: { "*": { "*": ["evm.bytecode.object"] } } };
const output = JSON.parse(solc.compile(JSON.stringify({ language: "Yul", sources: { "a.yul": { content } }, settings })));
const fatal = (output.errors || []).filter((error) => error.severity === "error");
if (fatal.length > 0) { console.error(fatal.map((error) => error.formattedMessage).join("\n")); process.exit(1); }
console.log(Object.values(output.contracts["a.yul"])[0].evm.bytecode.object);
"#;

/// The code that creates a contract, as solc has it.
fn solc(package: &str, yul: &str) -> Vec<u8> {
    let mut child = Command::new("node")
        .args(["-e", SCRIPT, package])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(yul.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "solc refuses the text");
    hex::decode(String::from_utf8(output.stdout).unwrap().trim()).unwrap()
}

/// The code of the contract: what the code that creates it gives back. It is run as a call, because unoptimised code is longer
/// than contracts may be.
fn runtime(init_code: &[u8]) -> Vec<u8> {
    let mut machine = Machine::default();
    machine.set_code([3; 20], init_code);
    match machine.call_with(SENDER, [3; 20], &[], 0, MAX_GAS).unwrap() {
        Outcome::Success { output, .. } => output,
        outcome => panic!("{outcome:?}"),
    }
}

fn check(fixture: &Fixture, package: &str) {
    let code = runtime(&solc(package, &fixture.contract.yul));
    assert_ne!(code, fixture.contract.code);
    let mut deployed = Deployed::with_code(&fixture.contract, &code);
    let mut cases = calldata::forms(fixture);
    cases.extend(batches::forms(fixture));
    cases.extend(batches::claims(fixture));
    cases.extend(elements::points(fixture));
    cases.extend(elements::numbers(fixture, 11));
    for case in &cases {
        assert_eq!(deployed.answer(case), case.expected, "{}: {}", fixture.name, case.name);
    }
    let bad = {
        let mut claim = fixture.claims[0].clone();
        claim.inputs.clone_from(&fixture.claims[1].inputs);
        claim
    };
    assert_eq!(deployed.ask(&bad.calldata()), Answer::Refused(Refusal::ProofRejected));
    println!("{}: solc's code of {} bytes says the same in {} cases", fixture.name, code.len(), cases.len());
}

#[test]
fn another_compiler_agrees() {
    let Some(package) = env::var_os("FOLDPROOF_SOLC") else {
        println!("skipped: FOLDPROOF_SOLC does not name solc's package");
        return;
    };
    for fixture in fixtures() {
        check(fixture, package.to_str().unwrap());
    }
}
