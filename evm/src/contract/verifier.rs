//! The steps of verification, as code: challenges, Lagrange polynomials, constraints; the opening has a file of its own.

use std::collections::BTreeMap;

use ff::{Field, PrimeField};
use foldproof_verifier::plonk::{Challenge, Input, Program};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;
use num_bigint::BigUint;

use super::arithmetic::{Bounded, Constants, Writer};
use super::code::{for_each, for_words, load, minus, modulus, named, plus, refuse_if, store, times};
use super::memory::{COMBINER, Memory, POINT, WEIGHT, WORD};
use super::opening;
use super::places::{FIRST_SET, Places, ROWS, VANISHING, X};
use super::protocol::Protocol;
use super::refusal::Refusal;
use crate::yul::{Expr, Statement, call, run};

/// What code is made of, and for.
pub struct Verifier<'p> {
    protocol: &'p Protocol<'p>,
    places: Places,
}

#[expect(
    clippy::arithmetic_side_effects,
    reason = "places in memory and counts of columns of our own circuits; a prime field"
)]
impl<'p> Verifier<'p> {
    pub fn new(protocol: &'p Protocol<'p>, memory: &mut Memory) -> Self {
        let points = protocol.key_points() + 1;
        let mut challenges = BTreeMap::new();
        let drawn = protocol.segments.iter().flat_map(|segment| &segment.draws);
        for challenge in drawn.filter(|challenge| **challenge != Challenge::Theta) {
            let place = if *challenge == Challenge::Y { COMBINER } else { memory.words(1) };
            challenges.insert(*challenge, place);
        }
        let inverted = ROWS + before_first(protocol) + 1 + protocol.inputs;
        let places = Places {
            challenges,
            inverses: memory.words(2 * inverted),
            inverted,
            power: memory.words(1),
            instance: memory.words(1),
            first_row: memory.words(1),
            last_row: memory.words(1),
            random_rows: memory.words(1),
            quotient: memory.words(1),
            factors: memory.words(points),
        };
        Self { protocol, places }
    }

    /// What it verifies.
    pub fn protocol(&self) -> &'p Protocol<'p> {
        self.protocol
    }

    /// Where its numbers lie.
    pub fn places(&self) -> &Places {
        &self.places
    }

    /// Where a challenge lies.
    pub fn challenge(&self, challenge: Challenge) -> usize {
        // All that are read are drawn somewhere.
        self.places.challenges.get(&challenge).copied().unwrap_or(0)
    }

    /// Where lies what values begin with.
    fn place_of(&self, input: Input) -> usize {
        match input {
            Input::Number(number) => self.protocol.number(number),
            Input::Challenge(challenge) => self.challenge(challenge),
            Input::Instance => self.places.instance,
            Input::FirstRow => self.places.first_row,
            Input::LastRow => self.places.last_row,
            Input::RandomRows => self.places.random_rows,
            Input::InverseOfX => self.places.inverse(X),
            Input::InverseOfLacking => self.places.inverse(FIRST_SET),
            Input::Weight => WEIGHT,
        }
    }

    /// Reads a proof at `proof` and public inputs at `inputs` of the calldata, `count` of them, and draws the challenges.
    pub fn read(&self) -> Vec<Statement> {
        let mut code = Vec::new();
        let repr = number(&self.protocol.key.transcript_repr());
        for (index, segment) in self.protocol.segments.iter().enumerate() {
            let (place, end) = (segment.place, segment.place + segment.length);
            let copy = call("add", ["proof".into(), segment.offset.into()]);
            code.push(run("calldatacopy", [place.into(), copy, segment.length.into()]));
            if index == 0 {
                code.push(Statement::Comment(
                    "the key and the public inputs come before the first commitments".into(),
                ));
                let words = call("shl", [5_u64.into(), "count".into()]);
                code.push(Statement::Let("first", call("sub", [place.into(), words])));
                let bytes = call("sub", [place.into(), "first".into()]);
                code.push(run("calldatacopy", ["first".into(), "inputs".into(), bytes]));
                code.push(for_words("first", place, vec![canonical("at")]));
                let start = call("sub", ["first".into(), WORD.into()]);
                code.push(run("mstore", [start.clone(), repr.clone().into()]));
                let bytes = call("sub", [end.into(), start.clone()]);
                code.push(Statement::Let("hash", call("keccak256", [start, bytes])));
            } else if segment.draws.is_empty() {
                code.extend(check(segment.points, place, end));
                continue;
            } else {
                code.push(store(place - WORD, "hash"));
                let bytes = segment.length + WORD;
                code.push(Statement::Assign(
                    "hash",
                    call("keccak256", [(place - WORD).into(), bytes.into()]),
                ));
            }
            code.extend(check(segment.points, place, end));
            for (drawn, challenge) in segment.draws.iter().enumerate() {
                if drawn > 0 {
                    code.push(Statement::Assign("hash", call("hash_again", ["hash".into()])));
                }
                code.push(Statement::Comment(format!("{challenge:?}")));
                // The one for look-ups is drawn, and nothing reads it.
                if let Some(place) = self.places.challenges.get(challenge) {
                    code.push(store(*place, call("mod", ["hash".into(), modulus()])));
                }
            }
        }
        code
    }

    /// Computes Lagrange polynomials and the public inputs' polynomial at x, with one inversion.
    fn rows(&self, first_set: Expr) -> Vec<Statement> {
        let (places, protocol) = (&self.places, self.protocol);
        let x = named(self.challenge(Challenge::X), "x");
        let domain = protocol.key.get_domain();
        let at = |index: usize| places.inverse(index);
        let (rows, end) = (at(ROWS), at(places.inverted));
        let before = before_first(protocol);
        let omega = number(&domain.get_omega());
        let start = domain.rotate_omega(Fr::ONE, Rotation(protocol.last_row()));
        let n_inverse = Fr::from(1_u64 << domain.k).invert().unwrap_or(Fr::ZERO);
        let row = || Statement::Let("row", number(&start).into());
        let next_row = || Statement::Assign("row", times("row", omega.clone()));
        let mut code = vec![
            Statement::Comment("x to the number of rows".into()),
            Statement::Let("power", x.clone()),
            Statement::For {
                init: vec![Statement::Let("bit", u64::from(domain.k).into())],
                condition: "bit".into(),
                post: vec![Statement::Assign("bit", call("sub", ["bit".into(), 1_u64.into()]))],
                body: vec![Statement::Assign("power", times("power", "power"))],
            },
            store(places.power, "power"),
            Statement::Comment("what is divided by, and its inverses".into()),
            store(at(VANISHING), plus("power", minus(1_u64))),
            store(at(X), x.clone()),
            store(at(FIRST_SET), first_set),
            row(),
            for_words(rows, end, vec![run("mstore", ["at".into(), plus(x, minus("row"))]), next_row()]),
            run("invert", [at(0).into(), end.into()]),
            Statement::Comment(
                "Lagrange polynomials, from the last row that copies reach: ωⁱ·(xⁿ − 1) / (n·(x − ωⁱ))"
                    .into(),
            ),
            Statement::Assign("row", times(plus("power", minus(1_u64)), number(&(start * n_inverse)))),
            for_words(
                rows,
                end,
                vec![run("mstore", ["at".into(), times(call("mload", ["at".into()]), "row")]), next_row()],
            ),
            store(places.last_row, load(rows)),
            Statement::Let("sum", 0_u64.into()),
            for_words(
                rows + WORD,
                rows + WORD * before,
                vec![Statement::Assign("sum", plus("sum", call("mload", ["at".into()])))],
            ),
            store(places.random_rows, "sum"),
            store(places.first_row, load(rows + WORD * before)),
            Statement::Comment("the public inputs".into()),
            Statement::Assign("sum", 0_u64.into()),
            Statement::Let("lagrange", (rows + WORD * before).into()),
        ];
        let first = protocol.segments.first().map_or(0, |segment| segment.place);
        let term = times(call("mload", ["at".into()]), call("mload", ["lagrange".into()]));
        code.push(for_words(
            "first",
            first,
            vec![
                Statement::Assign("sum", plus("sum", term)),
                Statement::Assign("lagrange", call("add", ["lagrange".into(), WORD.into()])),
            ],
        ));
        code.push(store(places.instance, "sum"));
        code
    }

    /// Checks what [`read`](Self::read) has read: adds to the sum what has to be 0 with the key's points, whose factors it
    /// counts. Numbers that are used again are stored from `next` on.
    pub fn check(&self, next: &mut usize, constants: &mut Constants) -> Vec<Statement> {
        let Program { values, constraints, opening: factors, .. } = &self.protocol.program;
        let roots = constraints.iter().copied().chain(factors.roots());
        let given = |input| (self.place_of(input), self.protocol.input_name(input));
        let mut writer = Writer::new(values, roots, &given, next, constants);
        let mut code = Vec::new();
        let first_set = writer.write(factors.lacking_first, &mut code).reduce();
        code.extend(self.rows(first_set));
        code.push(Statement::Comment("constraints of gates, then those of the permutation".into()));
        code.push(Statement::Let("all", 0_u64.into()));
        let mut bound = 1;
        for constraint in constraints {
            let value = writer.write(*constraint, &mut code);
            let all = Bounded { expr: "all".into(), bound };
            let combined = value.plus(all.times(Bounded::reduced(named(COMBINER, "y"))));
            bound = combined.bound;
            code.push(Statement::Assign("all", combined.expr));
        }
        let inverse = load(self.places.inverse(VANISHING));
        code.push(store(self.places.quotient, times("all", inverse)));
        code.extend(opening::write(self, &mut writer));
        code
    }
}

/// Rows from the last that copies reach to the first, which comes after it.
fn before_first(protocol: &Protocol<'_>) -> usize {
    usize::try_from(protocol.last_row().unsigned_abs()).unwrap_or(usize::MAX)
}

/// A field element as a number.
pub fn number(element: &Fr) -> BigUint {
    BigUint::from_bytes_le(element.to_repr().as_ref())
}

fn canonical(at: &'static str) -> Statement {
    let below = call("lt", [call("mload", [at.into()]), modulus()]);
    refuse_if(call("iszero", [below]), Refusal::NotCanonical)
}

/// Whether all points of a segment are others than infinity, or all its scalars below r.
fn check(points: bool, place: usize, end: usize) -> Vec<Statement> {
    if !points {
        return vec![for_words(place, end, vec![canonical("at")])];
    }
    let y = call("mload", [call("add", ["at".into(), WORD.into()])]);
    let any = call("or", [call("mload", ["at".into()]), y]);
    vec![for_each(place, end, POINT, vec![refuse_if(call("iszero", [any]), Refusal::Infinity)])]
}
