//! What the compiler of Yul makes does what the program says, in an EVM; and what is no program has no code.
#![expect(clippy::arithmetic_side_effects, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod errors;

use foldproof_evm::machine::{MAX_GAS, Machine, Outcome};
use foldproof_evm::yul::{Expr, Statement, call, compile, object_text, run};
use num_bigint::BigUint;

const WORD: usize = 32;

/// A number.
fn n(number: u64) -> Expr {
    number.into()
}

fn store(index: usize, value: impl Into<Expr>) -> Statement {
    run("mstore", [(WORD * index).into(), value.into()])
}

fn power_of_two(exponent: u32) -> BigUint {
    BigUint::from(1_u64) << exponent
}

fn largest() -> BigUint {
    power_of_two(256) - 1_u64
}

/// What comes of code, with calldata.
fn outcome(code: &[u8], data: &[u8]) -> Outcome {
    let mut machine = Machine::default();
    machine.set_code([1; 20], code);
    machine.call([2; 20], [1; 20], data).unwrap()
}

/// The words that statements leave in memory. Functions may be among them.
fn words_with(data: &[(&'static str, &[u8])], statements: &[Statement], count: usize) -> Vec<BigUint> {
    let mut program = statements.to_vec();
    program.push(run("return", [n(0), (WORD * count).into()]));
    let linked = compile(&program, data).unwrap();
    match outcome(&linked.bytes, &[]) {
        Outcome::Success { output, .. } => output.chunks(WORD).map(BigUint::from_bytes_be).collect(),
        outcome => panic!("{outcome:?}"),
    }
}

fn words(statements: &[Statement], count: usize) -> Vec<BigUint> {
    words_with(&[], statements, count)
}

fn word(statements: &[Statement]) -> BigUint {
    words(statements, 1).remove(0)
}

fn value(expr: Expr) -> BigUint {
    word(&[store(0, expr)])
}

fn function(
    name: &'static str,
    parameters: &[&'static str],
    result: Option<&'static str>,
    body: Vec<Statement>,
) -> Statement {
    Statement::Function { name, parameters: parameters.to_vec(), result, body }
}

fn numbers(expected: &[u64]) -> Vec<BigUint> {
    expected.iter().map(|number| BigUint::from(*number)).collect()
}

#[test]
fn numbers_of_every_length_are_pushed() {
    for bits in 0..256 {
        for number in [power_of_two(bits), power_of_two(bits) - 1_u64, largest() - power_of_two(bits)] {
            assert_eq!(value(number.clone().into()), number);
        }
    }
    assert_eq!(value(largest().into()), largest());
}

#[test]
fn instructions_take_their_arguments_in_order() {
    let [a, b, m] = [1000_u64, 7, 13];
    let big = |number: BigUint| Expr::from(number);
    let cases: Vec<(Expr, BigUint)> = vec![
        (call("add", [n(a), n(b)]), (a + b).into()),
        (call("add", [big(largest()), n(2)]), 1_u64.into()),
        (call("mul", [n(a), n(b)]), (a * b).into()),
        (call("mul", [big(power_of_two(255)), n(2)]), 0_u64.into()),
        (call("sub", [n(a), n(b)]), (a - b).into()),
        (call("sub", [n(b), n(a)]), power_of_two(256) - (a - b)),
        (call("div", [n(a), n(b)]), (a / b).into()),
        (call("div", [n(a), n(0)]), 0_u64.into()),
        (call("mod", [n(a), n(b)]), (a % b).into()),
        (call("addmod", [big(largest()), n(b), n(m)]), (largest() + b) % m),
        (call("mulmod", [big(largest()), n(b), n(m)]), (largest() * b) % m),
        (call("lt", [n(b), n(a)]), 1_u64.into()),
        (call("lt", [n(a), n(b)]), 0_u64.into()),
        (call("lt", [n(a), n(a)]), 0_u64.into()),
        (call("gt", [n(a), n(b)]), 1_u64.into()),
        (call("gt", [n(b), n(a)]), 0_u64.into()),
        (call("eq", [n(a), n(a)]), 1_u64.into()),
        (call("eq", [n(a), n(b)]), 0_u64.into()),
        (call("iszero", [n(0)]), 1_u64.into()),
        (call("iszero", [n(a)]), 0_u64.into()),
        (call("and", [n(0b1100), n(0b1010)]), 0b1000_u64.into()),
        (call("or", [n(0b1100), n(0b1010)]), 0b1110_u64.into()),
        (call("shl", [n(4), n(3)]), 48_u64.into()),
        (call("shr", [n(4), n(50)]), 3_u64.into()),
        (call("address", []), BigUint::from_bytes_be(&[1; 20])),
        (call("callvalue", []), 0_u64.into()),
        (call("calldatasize", []), 0_u64.into()),
        (call("calldataload", [n(0)]), 0_u64.into()),
        (call("returndatasize", []), 0_u64.into()),
        (call("extcodehash", [n(5)]), 0_u64.into()),
    ];
    for (expr, expected) in cases {
        assert_eq!(value(expr.clone()), expected, "{expr:?}");
    }
}

#[test]
fn instructions_without_a_value_do_what_they_do() {
    let bytes = vec![run("mstore8", [n(31), n(0x1ff)]), run("mstore8", [n(0), n(1)])];
    assert_eq!(word(&bytes), power_of_two(248) + 255_u64);
    let hashed = vec![store(0, n(0)), store(0, call("keccak256", [n(0), n(0)]))];
    assert_eq!(word(&hashed).to_bytes_be(), foldproof_verifier::keccak256(&[]));
    // The identity precompile copies, and tells how much.
    let copied = vec![
        store(0, n(77)),
        store(2, call("staticcall", [n(1000), n(4), n(0), n(32), n(32), n(32)])),
        store(3, call("returndatasize", [])),
    ];
    assert_eq!(words(&copied, 4), numbers(&[77, 77, 1, 32]));
    let calldata = compile(&[run("calldatacopy", [n(0), n(1), n(3)]), run("return", [n(0), n(3)])], &[]);
    let told = outcome(&calldata.unwrap().code, &[1, 2, 3, 4, 5]);
    assert!(matches!(told, Outcome::Success { output, .. } if output == [2, 3, 4]));
    let reverted = compile(&[store(0, n(5)), run("revert", [n(31), n(1)])], &[]).unwrap();
    assert!(matches!(outcome(&reverted.code, &[]), Outcome::Revert { output, .. } if output == [5]));
    let stopped = compile(&[run("stop", [])], &[]).unwrap();
    assert!(matches!(outcome(&stopped.code, &[]), Outcome::Success { output, .. } if output.is_empty()));
    let invalid = compile(&[run("invalid", [])], &[]).unwrap();
    assert!(matches!(outcome(&invalid.code, &[]), Outcome::Halt { gas: MAX_GAS, .. }));
}

#[test]
fn created_contracts_have_the_code_that_is_given_back() {
    // PUSH1 1, PUSH0, MSTORE8, PUSH1 2, PUSH0, RETURN: code of two bytes, 01 and 00.
    let code: &[u8] = &[0x60, 1, 0x5f, 0x53, 0x60, 2, 0x5f, 0xf3];
    let copy = run("codecopy", [n(0), Expr::DataOffset("child"), Expr::DataSize("child")]);
    let create = Statement::Let("child", call("create", [n(0), n(0), Expr::DataSize("child")]));
    let program = [
        copy,
        create,
        store(0, call("extcodehash", ["child".into()])),
        run("extcodecopy", ["child".into(), n(32), n(0), n(2)]),
    ];
    let found = words_with(&[("child", code)], &program, 2);
    assert_eq!(found[0].to_bytes_be(), foldproof_verifier::keccak256(&[&[1, 0]]));
    assert_eq!(found[1], power_of_two(248));
}

/// From last to first, as Yul has it: each call of a function writes down that it was called.
#[test]
fn arguments_are_computed_from_last_to_first() {
    let note = vec![
        store(0, call("add", [call("mul", [call("mload", [n(0)]), n(10)]), "digit".into()])),
        Statement::Assign("same", "digit".into()),
    ];
    let noted = |digit: u64| call("note", [n(digit)]);
    let program = [
        store(1, call("sub", [noted(9), call("add", [noted(2), noted(3)])])),
        function("note", &["digit"], Some("same"), note),
    ];
    assert_eq!(words(&program, 2), numbers(&[329, 4]));
}

#[test]
fn variables_keep_what_was_assigned() {
    let program = [
        Statement::Let("a", n(1)),
        Statement::Let("b", n(2)),
        Statement::Let("c", call("add", ["a".into(), "b".into()])),
        Statement::Assign("a", call("mul", ["c".into(), n(10)])),
        Statement::Assign("c", call("sub", ["c".into(), "b".into()])),
        store(0, "a"),
        store(1, "b"),
        store(2, "c"),
    ];
    assert_eq!(words(&program, 3), numbers(&[30, 2, 1]));
}

#[test]
fn conditions_choose() {
    let inner = |index: usize, condition: Expr| {
        Statement::If(condition, vec![Statement::Let("x", n(5)), store(index, "x")])
    };
    let program = [
        inner(0, n(1)),
        inner(1, n(0)),
        inner(2, n(2)),
        inner(3, call("iszero", [n(0)])),
        inner(4, call("iszero", [n(3)])),
        inner(5, call("iszero", [call("iszero", [n(3)])])),
        Statement::If(n(1), vec![Statement::If(n(0), vec![store(6, n(1))]), store(7, n(8))]),
    ];
    assert_eq!(words(&program, 8), numbers(&[5, 0, 5, 5, 0, 5, 0, 8]));
}

fn counting(name: &'static str, to: impl Into<Expr>, body: Vec<Statement>) -> Statement {
    Statement::For {
        init: vec![Statement::Let(name, n(0))],
        condition: call("lt", [name.into(), to.into()]),
        post: vec![Statement::Assign(name, call("add", [name.into(), n(1)]))],
        body,
    }
}

#[test]
fn loops_run_as_often_as_they_should() {
    let add = |value: Expr| Statement::Assign("sum", call("add", ["sum".into(), value]));
    for rounds in [0, 1, 2, 5] {
        // i + j + 1 for each j below i: variables of loops and of their bodies come and go.
        let body = vec![
            Statement::Let("next", call("add", ["i".into(), n(1)])),
            counting("j", "i", vec![add(call("add", ["next".into(), "j".into()]))]),
        ];
        let program = [
            Statement::Let("sum", n(0)),
            counting("i", n(rounds), body),
            Statement::Let("behind", n(9)),
            store(0, "sum"),
            store(1, "behind"),
        ];
        let sum: u64 = (0..rounds).flat_map(|i| (0..i).map(move |j| i + 1 + j)).sum();
        assert_eq!(words(&program, 2), numbers(&[sum, 9]), "{rounds}");
    }
}

#[test]
fn functions_find_their_arguments_and_come_back() {
    let digits = |names: &[&'static str]| {
        let sum =
            names.iter().fold(n(0), |sum, name| call("add", [call("mul", [sum, n(10)]), (*name).into()]));
        vec![Statement::Let("local", sum), Statement::Assign("out", "local".into())]
    };
    let program = [
        Statement::Let("before", n(6)),
        store(0, call("none", [])),
        store(1, call("one", [n(1)])),
        store(2, call("three", [n(1), n(2), n(3)])),
        run("silent", [n(3), n(44)]),
        run("nothing", []),
        store(5, call("three", [call("one", [n(4)]), call("three", [n(0), n(0), n(5)]), "before".into()])),
        store(6, call("factorial", [n(6)])),
        store(7, "before"),
        store(8, call("unassigned", [n(1)])),
        function("none", &[], Some("out"), vec![Statement::Assign("out", n(7))]),
        function("one", &["a"], Some("out"), digits(&["a"])),
        function("three", &["a", "b", "c"], Some("out"), digits(&["a", "b", "c"])),
        function(
            "silent",
            &["at", "what"],
            None,
            vec![run("mstore", [call("mul", ["at".into(), n(32)]), "what".into()])],
        ),
        function("nothing", &[], None, vec![store(4, n(55))]),
        function("unassigned", &["a"], Some("out"), Vec::new()),
        function(
            "factorial",
            &["of"],
            Some("product"),
            vec![
                Statement::Assign("product", n(1)),
                Statement::If(
                    "of".into(),
                    vec![Statement::Assign(
                        "product",
                        call("mul", ["of".into(), call("factorial", [call("sub", ["of".into(), n(1)])])]),
                    )],
                ),
            ],
        ),
    ];
    assert_eq!(words(&program, 9), numbers(&[7, 1, 123, 44, 55, 456, 720, 6, 0]));
}

#[test]
fn data_lies_behind_the_code_in_its_order() {
    let data: [(&'static str, &[u8]); 3] = [("first", &[1, 2, 3]), ("none", &[]), ("last", &[0x5b, 9])];
    let copy =
        |to: u64, name: &'static str| run("codecopy", [n(to), Expr::DataOffset(name), Expr::DataSize(name)]);
    let program = [
        copy(29, "first"),
        copy(62, "last"),
        copy(90, "none"),
        store(3, Expr::DataSize("first")),
        store(4, call("sub", [Expr::DataOffset("last"), Expr::DataOffset("first")])),
    ];
    assert_eq!(words_with(&data, &program, 5), numbers(&[0x01_02_03, 0x5b_09, 0, 3, 3]));
    let linked = compile(&program, &data).unwrap();
    assert_eq!(linked.bytes, [&linked.code[..], &[1, 2, 3, 0x5b, 9]].concat());
}

/// Names and remarks are for readers.
#[test]
fn names_and_comments_have_no_code() {
    let plain = [store(0, call("iszero", [n(5)]))];
    let named = |expr: Expr| Expr::Named(Box::new(expr), "what it is".into());
    let told = [Statement::Comment("a remark".into()), store(0, named(call("iszero", [named(n(5))])))];
    assert_eq!(compile(&plain, &[]), compile(&told, &[]));
}

/// What runs out of the program does not run into its functions.
#[test]
fn the_end_is_an_end() {
    let program = [function("first", &[], None, vec![run("return", [n(0), n(0)])])];
    let linked = compile(&program, &[]).unwrap();
    assert!(matches!(outcome(&linked.code, &[]), Outcome::Halt { .. }));
    assert!(matches!(outcome(&compile(&[], &[]).unwrap().code, &[]), Outcome::Halt { .. }));
}

#[test]
fn the_text_is_that_of_the_program() {
    let named = Expr::Named(Box::new(call("mload", [n(0)])), "r".into());
    let program = [
        Statement::Comment("a remark".into()),
        Statement::Let("x", call("add", [n(0xffff), n(0x1_0000)])),
        Statement::If(call("iszero", ["x".into()]), vec![Statement::Assign("x", named)]),
        counting("i", Expr::DataSize("d"), vec![run("f", ["i".into(), Expr::DataOffset("d")])]),
        function("f", &["a", "b"], None, vec![Statement::Do(call("stop", []))]),
        function("g", &[], Some("c"), Vec::new()),
    ];
    let inner = object_text("inner", &[], 1, "");
    let text = object_text("outer", &program, 0, &(inner + "    data \"d\" hex\"00\"\n"));
    let expected = r#"object "outer" {
    code {
        // a remark
        let x := add(65535, 0x10000)
        if iszero(x) {
            x := /* r */ mload(0)
        }
        for { let i := 0 } lt(i, datasize("d")) { i := add(i, 1) } {
            f(i, dataoffset("d"))
        }
        function f(a, b) {
            stop()
        }
        function g() -> c {
        }
    }
    object "inner" {
        code {
        }
    }
    data "d" hex"00"
}
"#;
    assert_eq!(text, expected);
}
