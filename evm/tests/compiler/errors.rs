//! What is no program.

use foldproof_evm::yul::{CompileError, Expr, Statement, call, compile, run};

use crate::{counting, function, n, power_of_two, store, word};

fn error(program: &[Statement]) -> CompileError {
    compile(program, &[]).unwrap_err()
}

#[test]
fn what_is_no_program_has_no_code() {
    let unknown = |name: &str| CompileError::Unknown(name.into());
    assert_eq!(error(&[store(0, "x")]), unknown("x"));
    assert_eq!(error(&[Statement::Assign("x", n(1))]), unknown("x"));
    assert_eq!(error(&[run("f", [])]), unknown("f"));
    assert_eq!(error(&[store(0, Expr::DataOffset("d"))]), unknown("d"));
    assert_eq!(error(&[store(0, Expr::DataSize("d"))]), unknown("d"));
    // Variables are those of their block, loop or function.
    let inner = vec![Statement::Let("x", n(1))];
    assert_eq!(error(&[Statement::If(n(1), inner.clone()), store(0, "x")]), unknown("x"));
    assert_eq!(error(&[counting("i", n(1), inner.clone()), store(0, "i")]), unknown("i"));
    assert_eq!(error(&[counting("i", n(1), inner), store(0, "x")]), unknown("x"));
    let body = vec![store(0, "x")];
    assert_eq!(error(&[Statement::Let("x", n(1)), function("f", &[], None, body)]), unknown("x"));
    // A function within a block is none.
    let hidden = function("f", &[], None, Vec::new());
    assert_eq!(error(&[Statement::If(n(1), vec![hidden]), run("f", [])]), unknown("f"));
    // Numbers of arguments.
    let arguments = |name: &str| CompileError::Arguments(name.into());
    assert_eq!(error(&[store(0, call("add", [n(1)]))]), arguments("add"));
    assert_eq!(error(&[store(0, call("iszero", [n(1), n(2)]))]), arguments("iszero"));
    assert_eq!(error(&[Statement::If(call("iszero", []), Vec::new())]), arguments("iszero"));
    let taking = function("f", &["a"], None, Vec::new());
    assert_eq!(error(&[run("f", []), taking.clone()]), arguments("f"));
    // A value where none is taken, and none where one is.
    let is_value = |error: CompileError| matches!(error, CompileError::Value(_));
    assert!(is_value(error(&[run("add", [n(1), n(2)])])));
    assert!(is_value(error(&[store(0, call("mstore", [n(0), n(0)]))])));
    assert!(is_value(error(&[Statement::Let("x", call("stop", []))])));
    assert!(is_value(error(&[Statement::If(call("stop", []), Vec::new())])));
    assert!(is_value(error(&[Statement::Let("x", call("f", [n(1)])), taking])));
    assert_eq!(error(&[store(0, power_of_two(256))]), CompileError::TooLarge);
}

#[test]
fn variables_out_of_reach_are_told() {
    const NAMES: [&str; 18] =
        ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r"];
    // Of so many variables the first: `mstore` has nothing above it but what it reads.
    let reading = |count: usize| {
        let names = NAMES.iter().take(count);
        let mut program: Vec<Statement> = names.map(|name| Statement::Let(name, n(1))).collect();
        program.push(store(0, "a"));
        program
    };
    assert_eq!(word(&reading(16)), 1_u64.into());
    assert_eq!(error(&reading(17)), CompileError::TooDeep("a"));
    let assigning = |count: usize| {
        let mut program = reading(count);
        program.pop();
        program.push(Statement::Assign("a", n(2)));
        program
    };
    assert!(compile(&assigning(16), &[]).is_ok());
    assert_eq!(error(&assigning(17)), CompileError::TooDeep("a"));
    assert_eq!(
        CompileError::TooDeep("a").to_string(),
        "a: it lies deeper than the 16 values that instructions reach"
    );
}

#[test]
fn more_than_two_bytes_address_is_told() {
    let program = [run("stop", [])];
    let code = compile(&program, &[]).unwrap().code.len();
    let data = vec![0; 0x1_0000];
    let fits = compile(&program, &[("d", &data[..0xffff - code])]).unwrap();
    assert_eq!(fits.bytes.len(), 0xffff);
    let too_long = compile(&program, &[("d", &data[..0x1_0000 - code])]).unwrap_err();
    assert_eq!(too_long, CompileError::TooLong(0x1_0000));
    let told = too_long.to_string();
    assert_eq!(told, "65536 bytes of code and data, of which at most 65,535 can be addressed");
}
