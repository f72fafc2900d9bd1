//! How a call is read: its functions, each in the one encoding that it takes, and what they give back.

use num_bigint::BigUint;

use super::code::{load, refuse_if, store, times};
use super::memory::{MODULUS, WEIGHT, WORD};
use super::refusal::Refusal;
use crate::yul::{Expr, Statement, call, run};

/// Gives up unless two expressions are equal.
fn expect(found: Expr, expected: impl Into<Expr>) -> Statement {
    refuse_if(call("sub", [found, expected.into()]), Refusal::Calldata)
}

fn calldata(place: impl Into<Expr>) -> Expr {
    call("calldataload", [place.into()])
}

/// Gives up unless a count of public inputs is that of the statement, or one more.
fn expect_count(count: &'static str, inputs: usize) -> Statement {
    let more = call("sub", [count.into(), inputs.into()]);
    refuse_if(call("gt", [more, 1_u64.into()]), Refusal::Calldata)
}

/// `verifyProof(bytes proof, uint256[] inputs)`: the selector, where proof and inputs begin, and both, each after its length.
#[expect(clippy::arithmetic_side_effects, reason = "lengths of our own proofs")]
pub fn verify_one(length: usize, inputs: usize) -> Vec<Statement> {
    let behind = 4 + 3 * WORD + length;
    let end = call("add", [call("shl", [5_u64.into(), "count".into()]), (behind + WORD).into()]);
    vec![
        Statement::Let("count", calldata(behind)),
        expect_count("count", inputs),
        expect(call("calldatasize", []), end),
        expect(calldata(4_u64), 2 * WORD),
        expect(calldata(4 + WORD), 3 * WORD + length),
        expect(calldata(4 + 2 * WORD), length),
        run("load_key", []),
        store(WEIGHT, 1_u64),
        run("verify", [(4 + 3 * WORD).into(), (behind + WORD).into(), "count".into()]),
        run("finish", []),
    ]
}

/// `verifyProofs(bytes[] proofs, uint256[][] inputs)`: in the one encoding without gaps. The proofs' weights are powers of a hash
/// of the whole call.
#[expect(clippy::arithmetic_side_effects, reason = "lengths of our own proofs")]
pub fn verify_several(length: usize, inputs: usize, free: usize) -> Vec<Statement> {
    let add = |a: Expr, b: Expr| call("add", [a, b]);
    let words = |count: Expr| call("shl", [5_u64.into(), count]);
    let stride = WORD + length;
    // Behind the selector and the two places: how many proofs there are, and where each begins.
    let heads = 4 + 3 * WORD;
    let body = vec![
        expect(calldata("head"), call("sub", ["proof".into(), heads.into()])),
        expect(calldata("proof"), length),
        expect(calldata(add("head".into(), "apart".into())), call("sub", ["inputs".into(), "second".into()])),
        Statement::Let("count", calldata("inputs")),
        expect_count("count", inputs),
        run("verify", [add("proof".into(), WORD.into()), add("inputs".into(), WORD.into()), "count".into()]),
        store(WEIGHT, times(load(WEIGHT), "power")),
        Statement::Assign("proof", add("proof".into(), stride.into())),
        Statement::Assign("inputs", add("inputs".into(), words(add("count".into(), 1_u64.into())))),
    ];
    vec![
        Statement::Let("proofs", calldata(4 + 2 * WORD)),
        Statement::Comment("so few that nothing below wraps".into()),
        refuse_if(call("iszero", ["proofs".into()]), Refusal::Calldata),
        refuse_if(call("gt", ["proofs".into(), 1024_u64.into()]), Refusal::Calldata),
        expect(calldata(4_u64), 2 * WORD),
        Statement::Let(
            "apart",
            add(words("proofs".into()), add(call("mul", ["proofs".into(), stride.into()]), WORD.into())),
        ),
        expect(calldata(4 + WORD), add("apart".into(), (2 * WORD).into())),
        Statement::Let("second", add("apart".into(), heads.into())),
        expect(calldata(call("sub", ["second".into(), WORD.into()])), "proofs"),
        run("calldatacopy", [free.into(), 0_u64.into(), call("calldatasize", [])]),
        Statement::Let(
            "power",
            call("mod", [call("keccak256", [free.into(), call("calldatasize", [])]), load(MODULUS)]),
        ),
        run("load_key", []),
        store(WEIGHT, 1_u64),
        Statement::Let("proof", add(heads.into(), words("proofs".into()))),
        Statement::Let("inputs", add("second".into(), words("proofs".into()))),
        Statement::For {
            init: vec![Statement::Let("head", heads.into())],
            condition: call("lt", ["head".into(), add(heads.into(), words("proofs".into()))]),
            post: vec![Statement::Assign("head", add("head".into(), WORD.into()))],
            body,
        },
        expect(call("calldatasize", []), "inputs"),
        run("finish", []),
    ]
}

/// Gives back a text.
#[expect(clippy::arithmetic_side_effects, reason = "lengths of names")]
pub fn give_text(text: &str) -> Vec<Statement> {
    let mut code = vec![store(0, WORD), store(WORD, text.len())];
    let chunks = text.as_bytes().chunks(WORD);
    let end = WORD * (2 + chunks.len());
    for (index, chunk) in chunks.enumerate() {
        let mut padded = [0; WORD];
        padded.iter_mut().zip(chunk).for_each(|(to, from)| *to = *from);
        code.push(store(WORD * (2 + index), BigUint::from_bytes_be(&padded)));
    }
    code.push(run("return", [0_u64.into(), end.into()]));
    code
}

/// Gives back a word.
pub fn give_word(word: &[u8; WORD]) -> Vec<Statement> {
    vec![store(0, BigUint::from_bytes_be(word)), run("return", [0_u64.into(), WORD.into()])]
}
