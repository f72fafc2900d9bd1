//! Short forms of code that every part of a contract is made of.

use num_bigint::BigUint;

use super::memory::{MODULUS, WORD};
use super::refusal::Refusal;
use crate::yul::{Expr, Statement, call, run};

/// The word at a place.
pub fn load(place: usize) -> Expr {
    call("mload", [place.into()])
}

/// The same, with its name.
pub fn named(place: usize, name: &str) -> Expr {
    Expr::Named(Box::new(load(place)), name.to_owned())
}

/// Writes a word to a place.
pub fn store(place: usize, value: impl Into<Expr>) -> Statement {
    run("mstore", [place.into(), value.into()])
}

/// r.
pub fn modulus() -> Expr {
    named(MODULUS, "r")
}

/// a·b modulo r.
pub fn times(a: impl Into<Expr>, b: impl Into<Expr>) -> Expr {
    call("mulmod", [a.into(), b.into(), modulus()])
}

/// a + b modulo r.
pub fn plus(a: impl Into<Expr>, b: impl Into<Expr>) -> Expr {
    call("addmod", [a.into(), b.into(), modulus()])
}

/// r − a, for a up to r.
pub fn minus(a: impl Into<Expr>) -> Expr {
    call("sub", [modulus(), a.into()])
}

/// Gives up.
pub fn refuse(refusal: Refusal) -> Statement {
    run("refuse", [BigUint::from_bytes_be(&refusal.selector()).into()])
}

/// Gives up if the expression is not 0.
pub fn refuse_if(condition: Expr, refusal: Refusal) -> Statement {
    Statement::If(condition, vec![refuse(refusal)])
}

/// Runs statements for each `at` from one place to another, so many bytes apart.
pub fn for_each(from: impl Into<Expr>, to: impl Into<Expr>, step: usize, body: Vec<Statement>) -> Statement {
    Statement::For {
        init: vec![Statement::Let("at", from.into())],
        condition: call("lt", ["at".into(), to.into()]),
        post: vec![Statement::Assign("at", call("add", ["at".into(), step.into()]))],
        body,
    }
}

/// The same for words.
pub fn for_words(from: impl Into<Expr>, to: impl Into<Expr>, body: Vec<Statement>) -> Statement {
    for_each(from, to, WORD, body)
}
