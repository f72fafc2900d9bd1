//! Functions that the steps call.

use super::code::{for_words, load, modulus, refuse_if, store, times};
use super::memory::{ARGUMENTS, POINT, SUM, TERM, WITNESSES, WORD};
use super::refusal::Refusal;
use crate::yul::{Expr, Statement, call, run};

/// Precompiles, and the most gas a call may take: five times and more what it costs, so that a change of prices does not stop the
/// contract, and one bad point does not take all gas.
#[derive(Clone, Copy)]
pub struct Precompile {
    address: u64,
    gas: u64,
}

const MODEXP: Precompile = Precompile { address: 5, gas: 100_000 };
const EC_ADD: Precompile = Precompile { address: 6, gas: 5_000 };
const EC_MUL: Precompile = Precompile { address: 7, gas: 40_000 };
const PAIRING: Precompile = Precompile { address: 8, gas: 800_000 };

/// Calls a precompile; gives up if it fails, or if a chain has none there: then the call succeeds, gives nothing, and what lies
/// in the place of the result is not one.
fn precompile(which: Precompile, input: [usize; 2], output: [usize; 2]) -> Statement {
    let [from, taken] = input.map(Expr::from);
    let [to, given] = output.map(Expr::from);
    let whole = call("eq", [call("returndatasize", []), given.clone()]);
    let done = call("staticcall", [which.gas.into(), which.address.into(), from, taken, to, given]);
    // Arguments are computed from last to first: the size is that of what this call gave.
    refuse_if(call("iszero", [call("and", [whole, done])]), Refusal::Precompile)
}

/// Copies a point from a place in memory that is not known when the code is written.
fn copy_point(to: usize, from: &'static str) -> [Statement; 2] {
    let y = call("mload", [call("add", [from.into(), WORD.into()])]);
    [store(to, call("mload", [from.into()])), store(to + WORD, y)]
}

/// Copies a point.
fn move_point(to: usize, from: usize) -> [Statement; 2] {
    [store(to, load(from)), store(to + WORD, load(from + WORD))]
}

fn function(
    name: &'static str,
    parameters: &[&'static str],
    result: Option<&'static str>,
    body: Vec<Statement>,
) -> Statement {
    Statement::Function { name, parameters: parameters.to_vec(), result, body }
}

/// All of them.
pub fn library() -> Vec<Statement> {
    let scaled = |point| {
        let mut body = copy_point(TERM, point).to_vec();
        body.push(store(TERM + 2 * WORD, "factor"));
        body.push(precompile(EC_MUL, [TERM, 3 * WORD], [TERM, POINT]));
        body
    };
    let mut add_point = scaled("point");
    add_point.push(precompile(EC_ADD, [SUM, 2 * POINT], [SUM, POINT]));
    let mut add_witness = scaled("point");
    add_witness.extend(move_point(ARGUMENTS, WITNESSES));
    add_witness.extend(move_point(ARGUMENTS + POINT, TERM));
    add_witness.push(precompile(EC_ADD, [ARGUMENTS, 2 * POINT], [WITNESSES, POINT]));
    let mut first = copy_point(WITNESSES, "point").to_vec();
    first.push(Statement::Assign("factor", 0_u64.into()));
    let add_witness = vec![
        // Another of weight 1 would take the place of those before it. Weights are powers of a hash: below the 1,024th, fewer than
        // 2²⁰ of all hashes modulo r have one that is 1.
        Statement::Comment("the first proof weighs 1".into()),
        Statement::If(call("eq", ["factor".into(), 1_u64.into()]), first),
        Statement::If("factor".into(), add_witness),
    ];
    let at_end = || call("add", ["at".into(), call("sub", ["end".into(), "start".into()])]);
    let invert = vec![
        Statement::Let("product", 1_u64.into()),
        for_words(
            "start",
            "end",
            vec![
                run("mstore", [at_end(), "product".into()]),
                Statement::Assign("product", times("product", call("mload", ["at".into()]))),
            ],
        ),
        refuse_if(call("iszero", ["product".into()]), Refusal::ZeroDivisor),
        store(ARGUMENTS, WORD),
        store(ARGUMENTS + WORD, WORD),
        store(ARGUMENTS + 2 * WORD, WORD),
        store(ARGUMENTS + 3 * WORD, "product"),
        store(ARGUMENTS + 4 * WORD, call("sub", [modulus(), 2_u64.into()])),
        store(ARGUMENTS + 5 * WORD, modulus()),
        precompile(MODEXP, [ARGUMENTS, 6 * WORD], [ARGUMENTS, WORD]),
        Statement::Let("inverse", load(ARGUMENTS)),
        Statement::For {
            init: vec![Statement::Let("at", "end".into())],
            condition: call("gt", ["at".into(), "start".into()]),
            post: Vec::new(),
            body: vec![
                Statement::Assign("at", call("sub", ["at".into(), WORD.into()])),
                Statement::Let("divisor", call("mload", ["at".into()])),
                run("mstore", ["at".into(), times("inverse", call("mload", [at_end()]))]),
                Statement::Assign("inverse", times("inverse", "divisor")),
            ],
        },
    ];
    let hash_again = vec![
        store(ARGUMENTS, "hash"),
        run("mstore8", [(ARGUMENTS + WORD).into(), 1_u64.into()]),
        Statement::Assign("next", call("keccak256", [ARGUMENTS.into(), (WORD + 1).into()])),
    ];
    let refuse = vec![
        store(0, call("shl", [224_u64.into(), "reason".into()])),
        run("revert", [0_u64.into(), 4_u64.into()]),
    ];
    vec![
        Statement::Comment("adds a point to the sum, so many times".into()),
        function("add_point", &["point", "factor"], None, add_point),
        Statement::Comment("adds the last point of a proof to those of others, so many times".into()),
        function("add_witness", &["point", "factor"], None, add_witness),
        Statement::Comment(
            "the inverses of numbers from `start` to `end`, in their places; uses as many words behind"
                .into(),
        ),
        function("invert", &["start", "end"], None, invert),
        Statement::Comment("the hash of a transcript to which nothing was added".into()),
        function("hash_again", &["hash"], Some("next"), hash_again),
        function("refuse", &["reason"], None, refuse),
    ]
}

/// Whether e(sum, [1]₂)·e(witnesses, −[τ]₂) is 1; `constants` is where the eight words of these two points lie.
pub fn pairing(constants: usize) -> Vec<Statement> {
    let mut code = Vec::new();
    for (pair, point) in [SUM, WITNESSES].into_iter().enumerate() {
        let place = ARGUMENTS + 6 * WORD * pair;
        code.extend(move_point(place, point));
        for word in 0..4 {
            let from = constants + WORD * (4 * pair + word);
            code.push(store(place + POINT + WORD * word, load(from)));
        }
    }
    code.push(precompile(PAIRING, [ARGUMENTS, 12 * WORD], [ARGUMENTS, WORD]));
    code.push(refuse_if(call("iszero", [load(ARGUMENTS)]), Refusal::ProofRejected));
    code
}
