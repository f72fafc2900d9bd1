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

/// Names that programs may not give: EVM instructions that this crate's compiler has no use for are known to others.
const RESERVED: &str = "addmod address and balance basefee blobbasefee blobhash blockhash byte call callcode calldatacopy \
    calldataload calldatasize caller callvalue chainid clz codecopy codesize coinbase create create2 datacopy dataoffset datasize \
    delegatecall difficulty div eq exp extcodecopy extcodehash extcodesize gas gaslimit gasprice gt invalid iszero keccak256 \
    linkersymbol loadimmutable log0 log1 log2 log3 log4 lt mcopy memoryguard mload mod msize mstore mstore8 mul mulmod not number \
    or origin pc pop prevrandao return returndatacopy returndatasize revert sar sdiv selfbalance selfdestruct setimmutable sgt \
    shl shr signextend sload slt smod sstore staticcall stop sub timestamp tload tstore verbatim xor add \
    break case continue default false for function hex if leave let switch true";

/// Without solc: no name of a program is one of an instruction or a word of Yul.
#[test]
fn names_are_free() {
    let reserved: Vec<&str> = RESERVED.split_whitespace().collect();
    let taken = |text: &str| -> Vec<String> {
        let given = |line: &str| -> Vec<String> {
            let line = line.trim().trim_start_matches("for { ");
            let named = line.strip_prefix("let ").or_else(|| line.strip_prefix("function "));
            let names = named.map(|rest| rest.split(":=").next().unwrap_or_default());
            let names = names.unwrap_or_default().split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
        };
        text.lines().flat_map(given).collect()
    };
    for fixture in fixtures() {
        let names = taken(&fixture.contract.yul);
        assert!(names.len() > 40, "{}", names.len());
        assert_eq!(names.iter().find(|name| reserved.contains(&&name[..])), None);
    }
    assert_eq!(taken("    let number := mload(at)"), ["number"]);
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
