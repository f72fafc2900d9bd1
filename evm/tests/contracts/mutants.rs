//! Mutants: would a case notice if a step of a contract were not there?
//!
//! Each statement of the program is left out, one at a time, and the rest compiled and asked. Who notices is a case whose answer
//! changes. What nobody notices is excused by name, with a reason.

use foldproof_evm::Refusal;
use foldproof_evm::abi::Entry;
use foldproof_evm::yul::{Expr, Statement, compile, object_text};

use crate::calls::says_what_it_is;
use crate::fixture::{Answer, BOTH, Case, Deployed, Fixture, TAGS, first_child, fixture};
use crate::{batches, calldata, elements};

/// A part of a program.
#[derive(Clone)]
struct Mutant {
    /// The line that is left out.
    line: String,
    program: Vec<Statement>,
}

/// Whether a statement only refuses.
fn is_check(statement: &Statement) -> bool {
    let refuses = |body: &Vec<Statement>| matches!(&body[..], [Statement::Do(Expr::Call("refuse", _))]);
    matches!(statement, Statement::If(_, body) if refuses(body))
}

/// Its first line.
fn line(statement: &Statement) -> String {
    let text = object_text("", std::slice::from_ref(statement), 0, "");
    text.lines().nth(2).unwrap_or_default().trim().to_owned()
}

/// All programs without one statement of those that are asked for, in order.
fn mutants(program: &[Statement], wanted: &dyn Fn(&Statement) -> bool) -> Vec<Mutant> {
    let mut all = Vec::new();
    for (place, statement) in program.iter().enumerate() {
        let put = |new: &[Statement]| [&program[..place], new, &program[place + 1..]].concat();
        if wanted(statement) {
            all.push(Mutant { line: line(statement), program: put(&[]) });
        }
        let within = |inner: &[Statement], rebuild: &dyn Fn(Vec<Statement>) -> Statement| -> Vec<Mutant> {
            let parts = mutants(inner, wanted).into_iter();
            parts.map(|mutant| Mutant { program: put(&[rebuild(mutant.program)]), ..mutant }).collect()
        };
        match statement {
            Statement::If(condition, body) if !is_check(statement) => {
                all.extend(within(body, &|body| Statement::If(condition.clone(), body)));
            }
            Statement::For { init, condition, post, body } => {
                let new = |body, post| Statement::For {
                    init: init.clone(),
                    condition: condition.clone(),
                    post,
                    body,
                };
                all.extend(within(body, &|body| new(body, post.clone())));
                all.extend(within(post, &|post| new(body.clone(), post)));
            }
            Statement::Function { name, parameters, result, body } => {
                let new = |body| {
                    let parameters = parameters.clone();
                    Statement::Function { name, parameters, result: *result, body }
                };
                all.extend(within(body, &|body| new(body)));
            }
            _ => {}
        }
    }
    all
}

/// Calls that tell contracts apart: of each kind few, the quickest first.
fn cases(fixture: &Fixture) -> Vec<Case> {
    let mut cases = calldata::forms(fixture);
    cases.extend(batches::forms(fixture));
    let points = elements::points(fixture).into_iter().enumerate();
    cases.extend(
        points
            .filter(|(index, case)| index % 7 == 0 || case.name.ends_with("infinity"))
            .map(|(_, case)| case),
    );
    cases.extend(elements::numbers(fixture, 25));
    cases.extend(batches::claims(fixture));
    cases
}

/// The case that notices, if any does.
fn noticed(fixture: &Fixture, program: &[Statement], cases: &[Case]) -> Option<String> {
    // Without a variable that others need there is no program.
    let Ok(linked) = compile(program, &[]) else { return Some("the compiler".into()) };
    let mut deployed = Deployed::with_code(&fixture.contract, &linked.code);
    deployed.machine.set_code(first_child(OTHER), &[0, 1, 2]);
    deployed.machine.set_code(OTHER, &linked.code);
    let case = cases.iter().find(|case| deployed.answer(case) != case.expected);
    if let Some(case) = case {
        return Some(case.name.clone());
    }
    let getters = [Entry::KeyDigest, Entry::SetupId, Entry::Name];
    if let Some(entry) = getters.iter().find(|entry| !says_what_it_is(fixture, &mut deployed, **entry)) {
        return Some(format!("{entry:?}"));
    }
    let other = Deployed { address: OTHER, ..deployed }.ask(&fixture.claims[0].calldata());
    (other != Answer::Refused(Refusal::Key)).then(|| "another key".to_owned())
}

/// Where the same code lies beside another key.
const OTHER: [u8; 20] = [4; 20];

/// Checks of which no call notices that they are not there, and why.
const EXCUSED_CHECKS: &[(&str, &str)] = &[(
    "if iszero(product) {",
    "a challenge would have to be a row: the unit tests of the library's functions have a zero among what is inverted",
)];
/// The same of steps.
const EXCUSED_STEPS: &[(&str, &str)] = &[(
    "if eq(factor, 1) {",
    "the first point is copied rather than added to none: what is pinned of gas has it",
)];

/// Leaves out statements one at a time, and gives back those that nobody misses.
fn unnoticed(which: usize, wanted: &dyn Fn(&Statement) -> bool, cases: &[Case], most: usize) -> Vec<String> {
    let fixture = fixture(which);
    let program = &fixture.contract.program;
    assert_eq!(noticed(fixture, program, cases), None, "whole");
    let all = mutants(program, wanted);
    assert!(all.len() > most, "{} parts", all.len());
    all.iter()
        .filter(|mutant| noticed(fixture, &mutant.program, cases).is_none())
        .map(|mutant| mutant.line.clone())
        .collect()
}

#[test]
fn every_check_is_noticed() {
    let left = unnoticed(TAGS, &is_check, &cases(fixture(TAGS)), 30);
    let excused: Vec<&str> = EXCUSED_CHECKS.iter().map(|(line, _)| *line).collect();
    assert_eq!(left, excused);
}

/// Every step that is no check, by a few calls.
#[test]
fn every_step_is_noticed() {
    let is_step = |statement: &Statement| match statement {
        Statement::Comment(_) | Statement::Function { .. } => false,
        // Of what does nothing but check, checks are left out one by one.
        Statement::For { body, .. } => !body.iter().all(is_check),
        statement => !is_check(statement),
    };
    let excused: Vec<&str> = EXCUSED_STEPS.iter().map(|(line, _)| *line).collect();
    for which in [TAGS, BOTH] {
        let fixture = fixture(which);
        let mut cases = vec![
            Case::accepted("one", fixture.claims[1].calldata()),
            Case::accepted("two", fixture.batch(&[0, 1])),
        ];
        let mut bad = fixture.claims[0].clone();
        bad.inputs.clone_from(&fixture.claims[1].inputs);
        cases.push(Case::refused("inputs of another", bad.calldata(), Refusal::ProofRejected));
        cases.push(Case::refused("nothing", Vec::new(), Refusal::Calldata));
        cases.extend(batches::claims(fixture));
        assert_eq!(unnoticed(which, &is_step, &cases, 300), excused, "{}", fixture.name);
    }
}

/// An expression with calls of one precompile going to an address where there is nothing.
fn without_precompile(expr: &Expr, address: u64) -> Expr {
    match expr {
        Expr::Call(name, arguments) => {
            let mut arguments: Vec<Expr> =
                arguments.iter().map(|argument| without_precompile(argument, address)).collect();
            if *name == "staticcall" && arguments[1] == Expr::from(address) {
                arguments[1] = Expr::from(0xdead_u64);
            }
            Expr::Call(name, arguments)
        }
        Expr::Named(inner, name) => Expr::Named(Box::new(without_precompile(inner, address)), name.clone()),
        other => other.clone(),
    }
}

/// The same of a program; all such calls are conditions in functions.
fn on_a_chain_without(program: &[Statement], address: u64) -> Vec<Statement> {
    let change = |statement: &Statement| match statement {
        Statement::If(condition, body) => {
            Statement::If(without_precompile(condition, address), on_a_chain_without(body, address))
        }
        Statement::Function { name, parameters, result, body } => {
            let body = on_a_chain_without(body, address);
            Statement::Function { name, parameters: parameters.clone(), result: *result, body }
        }
        other => other.clone(),
    };
    program.iter().map(change).collect()
}

/// On such a chain a call succeeds and gives nothing. That is not taken for a result, nor for a yes.
#[test]
fn chains_without_a_precompile_accept_nothing() {
    let fixture = fixture(TAGS);
    let program = &fixture.contract.program;
    let refused = Answer::Refused(Refusal::Precompile);
    let mut bad = fixture.claims[0].clone();
    bad.inputs.clone_from(&fixture.claims[1].inputs);
    for address in 5..=8 {
        let changed = on_a_chain_without(program, address);
        assert_ne!(changed, *program, "precompile {address}");
        let mut deployed = Deployed::with_code(&fixture.contract, &compile(&changed, &[]).unwrap().code);
        for data in [fixture.claims[0].calldata(), bad.calldata(), fixture.batch(&[0, 1])] {
            assert_eq!(deployed.ask(&data), refused, "precompile {address}");
        }
    }
}
