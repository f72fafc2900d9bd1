//! The part of Yul that contracts here are written in: a program, its text, and its bytecode.
//!
//! <https://docs.soliditylang.org/en/latest/yul.html>. Numbers are 256 bits, variables live on the stack, functions give back one
//! value or none, and there are no switches, breaks or early leaves.

mod compile;
mod opcode;
mod text;

use num_bigint::BigUint;

pub use compile::{CompileError, Linked, compile};
pub use text::object_text;

/// An expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expr {
    /// A number below 2²⁵⁶.
    Number(BigUint),
    /// The value of a variable.
    Variable(&'static str),
    /// What an instruction or a function gives, for its arguments.
    Call(&'static str, Vec<Expr>),
    /// An expression and what it is, in words.
    Named(Box<Expr>, String),
    /// Where a piece of data lies behind the code.
    DataOffset(&'static str),
    /// Bytes of a piece of data.
    DataSize(&'static str),
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Statement {
    /// A remark.
    Comment(String),
    /// A new variable.
    Let(&'static str, Expr),
    /// Another value of a variable.
    Assign(&'static str, Expr),
    /// An expression without a value.
    Do(Expr),
    /// Statements to run unless the expression is 0.
    If(Expr, Vec<Statement>),
    /// `init`, then `body` and `post` as long as `condition` is not 0.
    For {
        /// What runs first; its variables are those of the loop.
        init: Vec<Statement>,
        /// Whether to run once more.
        condition: Expr,
        /// What runs after the body.
        post: Vec<Statement>,
        /// What is repeated.
        body: Vec<Statement>,
    },
    /// A function. Its result is 0 before it is assigned to.
    Function {
        /// Its name, which no instruction has.
        name: &'static str,
        /// What its arguments are called.
        parameters: Vec<&'static str>,
        /// What its result is called, if it has one.
        result: Option<&'static str>,
        /// What it does.
        body: Vec<Statement>,
    },
}

impl From<u64> for Expr {
    fn from(number: u64) -> Self {
        Self::Number(number.into())
    }
}

impl From<usize> for Expr {
    fn from(number: usize) -> Self {
        Self::Number(number.into())
    }
}

impl From<BigUint> for Expr {
    fn from(number: BigUint) -> Self {
        Self::Number(number)
    }
}

impl From<&'static str> for Expr {
    fn from(name: &'static str) -> Self {
        Self::Variable(name)
    }
}

/// A call with these arguments.
pub fn call<const N: usize>(name: &'static str, arguments: [Expr; N]) -> Expr {
    Expr::Call(name, arguments.into())
}

/// A call for its effect.
pub fn run<const N: usize>(name: &'static str, arguments: [Expr; N]) -> Statement {
    Statement::Do(call(name, arguments))
}
