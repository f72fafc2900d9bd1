//! Mutants: would a case notice if a step of a contract were not there?
//!
//! Each statement of the program is left out, one at a time, and the rest compiled and asked. Who notices is a case whose answer
//! changes. What nobody notices is excused by name, with a reason.

use std::collections::BTreeSet;

use foldproof_evm::Refusal;
use foldproof_evm::yul::{Expr, Statement, compile, object_text};

use crate::fixture::{Answer, Case, Deployed, Fixture, TAGS, WORD, fixture, fixtures};
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
    let text = object_text("", std::slice::from_ref(statement), 0, &[]);
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
    cases.extend(batches::claims(fixture));
    cases.extend(elements::points(fixture));
    cases.extend(elements::numbers(fixture, 5));
    cases
}

/// The case that notices, if any does.
fn noticed(fixture: &Fixture, program: &[Statement], cases: &[Case]) -> Option<String> {
    // Without a variable that others need there is no program.
    let Ok(linked) = compile(program, &[]) else { return Some("the compiler".into()) };
    let mut deployed = Deployed::with_code(&fixture.contract, &linked.code);
    let found = cases.iter().find(|case| deployed.answer(case) != case.expected);
    found.map(|case| case.name.clone()).or_else(|| surroundings(fixture, &linked.code))
}

/// What is no call: keys that are not there or wrong, and chains without a precompile.
fn surroundings(fixture: &Fixture, code: &[u8]) -> Option<String> {
    let data = fixture.claims[0].calldata();
    let mut deployed = Deployed::with_code(&fixture.contract, code);
    deployed.machine.set_code(crate::fixture::first_child([9; 20]), &[0, 1, 2]);
    (deployed.ask(&data) != Answer::Refused(Refusal::Key)).then(|| "another key".into())
}

/// Checks that another one makes redundant, or none at all.
const EXCUSED: &[(&str, &str)] = &[];

/// Every check of every contract is noticed.
#[test]
fn every_check_is_noticed() {
    let mut excused = BTreeSet::new();
    for fixture in fixtures() {
        let cases = cases(fixture);
        let checks = mutants(&fixture.contract.program, &is_check);
        let mut unnoticed = Vec::new();
        for mutant in &checks {
            if noticed(fixture, &mutant.program, &cases).is_none() {
                match EXCUSED.iter().find(|(line, _)| mutant.line.contains(line)) {
                    Some((line, _)) => _ = excused.insert(*line),
                    None => unnoticed.push(mutant.line.clone()),
                }
            }
        }
        assert!(unnoticed.is_empty(), "{} of {} checks: {unnoticed:#?}", unnoticed.len(), checks.len());
        assert!(checks.len() > 30, "{}", checks.len());
    }
    assert_eq!(excused.len(), EXCUSED.len(), "some excuse is for nothing");
}
