//! The text of a program, which other compilers of Yul read.

use std::fmt::Write as _;

use super::{Expr, Statement};

/// Statements, each on lines of its own, so many levels deep.
fn block_text(statements: &[Statement], depth: usize) -> String {
    let mut out = String::new();
    statements.iter().for_each(|statement| write_statement(&mut out, statement, depth));
    out
}

/// An object: what a compiler makes a contract of. `inside` is the text of the objects and data behind its code.
pub fn object_text(name: &str, code: &[Statement], depth: usize, inside: &str) -> String {
    let pad = "    ".repeat(depth);
    let code = block_text(code, depth.saturating_add(2));
    format!("{pad}object \"{name}\" {{\n{pad}    code {{\n{code}{pad}    }}\n{inside}{pad}}}\n")
}

fn write_statement(out: &mut String, statement: &Statement, depth: usize) {
    let pad = "    ".repeat(depth);
    let inner = depth.saturating_add(1);
    let one_line = |statements: &[Statement]| {
        let text = block_text(statements, 0);
        text.lines().map(str::trim).collect::<Vec<_>>().join(" ")
    };
    // Writing to a string does not fail.
    let _ = match statement {
        Statement::Comment(text) => writeln!(out, "{pad}// {text}"),
        Statement::Let(name, value) => writeln!(out, "{pad}let {name} := {}", text_of(value)),
        Statement::Assign(name, value) => writeln!(out, "{pad}{name} := {}", text_of(value)),
        Statement::Do(value) => writeln!(out, "{pad}{}", text_of(value)),
        Statement::If(condition, body) => {
            writeln!(out, "{pad}if {} {{\n{}{pad}}}", text_of(condition), block_text(body, inner))
        }
        Statement::For { init, condition, post, body } => writeln!(
            out,
            "{pad}for {{ {} }} {} {{ {} }} {{\n{}{pad}}}",
            one_line(init),
            text_of(condition),
            one_line(post),
            block_text(body, inner)
        ),
        Statement::Function { name, parameters, result, body } => {
            let result = result.map(|result| format!(" -> {result}")).unwrap_or_default();
            let parameters = parameters.join(", ");
            writeln!(out, "{pad}function {name}({parameters}){result} {{\n{}{pad}}}", block_text(body, inner))
        }
    };
}

fn text_of(expr: &Expr) -> String {
    match expr {
        Expr::Number(number) if number.bits() <= 16 => number.to_string(),
        Expr::Number(number) => format!("{number:#x}"),
        Expr::Variable(name) => (*name).to_owned(),
        Expr::Call(name, arguments) => {
            let arguments: Vec<String> = arguments.iter().map(text_of).collect();
            format!("{name}({})", arguments.join(", "))
        }
        Expr::Named(expr, name) => format!("/* {name} */ {}", text_of(expr)),
        Expr::DataOffset(name) => format!("dataoffset(\"{name}\")"),
        Expr::DataSize(name) => format!("datasize(\"{name}\")"),
    }
}
