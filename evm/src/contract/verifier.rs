//! The steps of verification, as code: challenges, Lagrange polynomials, constraints, and what the opening adds up.

use std::collections::BTreeMap;

use ff::{Field, PrimeField};
use halo2_proofs::plonk::Expression;
use halo2curves::bn256::Fr;
use num_bigint::BigUint;

use super::arithmetic::{Bounded, Constants, Value, Values, Writer};
use super::code::{for_each, for_words, load, minus, modulus, named, plus, refuse_if, store, times};
use super::memory::{COMBINER, Memory, POINT, WEIGHT, WORD};
use super::protocol::{Challenge, Opened, PointSet, Polynomial, Protocol};
use super::refusal::Refusal;
use crate::yul::{Expr, Statement, call, run};

/// Where numbers lie that depend on the key.
#[derive(Debug)]
pub struct Places {
    challenges: BTreeMap<Challenge, usize>,
    /// Numbers to invert, then as many products of those before.
    inverses: usize,
    inverted: usize,
    /// xⁿ.
    power: usize,
    /// At x: the public inputs' polynomial, those that are 1 in the first row, in the last one, and in the random ones, and the
    /// quotient.
    instance: usize,
    first_row: usize,
    last_row: usize,
    random_rows: usize,
    quotient: usize,
    /// How often the sum has each point of the key, the generator last.
    pub factors: usize,
}

#[cfg(test)]
impl Places {
    /// All, with their names and the bytes that are written there.
    pub fn all(&self, protocol: &Protocol<'_>) -> Vec<(String, std::ops::Range<usize>)> {
        let key = protocol.key;
        let points = key.fixed_commitments().len() + key.permutation().commitments().len() + 1;
        let words = |name: &str, place: usize, count: usize| (name.to_owned(), place..place + WORD * count);
        let challenges = self.challenges.iter().filter(|(challenge, _)| **challenge != Challenge::Y);
        let mut all: Vec<_> =
            challenges.map(|(challenge, place)| words(&format!("{challenge:?}"), *place, 1)).collect();
        all.extend([
            words("inverses", self.inverses, 2 * self.inverted),
            words("power", self.power, 1),
            words("instance", self.instance, 1),
            words("first row", self.first_row, 1),
            words("last row", self.last_row, 1),
            words("random rows", self.random_rows, 1),
            words("quotient", self.quotient, 1),
            words("factors", self.factors, points),
        ]);
        all
    }
}

/// What is inverted before the rows: xⁿ − 1, x, and what the first set of points lacks.
const VANISHING: usize = 0;
const X: usize = 1;
const FIRST_SET: usize = 2;
const ROWS: usize = 3;

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
        let key = protocol.key;
        let points = key.fixed_commitments().len() + key.permutation().commitments().len() + 1;
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

    pub fn places(&self) -> &Places {
        &self.places
    }

    fn challenge(&self, challenge: Challenge) -> usize {
        // All that are read are drawn somewhere.
        self.places.challenges.get(&challenge).copied().unwrap_or(0)
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
        let at = |index: usize| places.inverses + WORD * index;
        let (rows, end) = (at(ROWS), at(places.inverted));
        let before = before_first(protocol);
        let omega = number(&domain.get_omega());
        let start = domain.rotate_omega(Fr::ONE, halo2_proofs::poly::Rotation(protocol.last_row()));
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
        let mut values = Values::default();
        let constraints = self.constraints(&mut values);
        let sets = self.protocol.sets();
        let opening = Opening::new(self, &sets, &mut values);
        let roots = constraints.iter().chain(&opening.roots()).copied().collect::<Vec<_>>();
        let mut writer = Writer::new(&values, roots, next, constants);
        let mut code = Vec::new();
        let first_set = writer.write(opening.lacking_first, &mut code).reduce();
        code.extend(self.rows(first_set));
        code.push(Statement::Comment("constraints of gates, then those of the permutation".into()));
        code.push(Statement::Let("all", 0_u64.into()));
        let mut bound = 1;
        for constraint in constraints {
            let value = writer.write(constraint, &mut code);
            let all = Bounded { expr: "all".into(), bound };
            let combined = value.plus(all.times(Bounded::reduced(named(COMBINER, "y"))));
            bound = combined.bound;
            code.push(Statement::Assign("all", combined.expr));
        }
        let inverse = load(self.places.inverses + WORD * VANISHING);
        code.push(store(self.places.quotient, times("all", inverse)));
        code.extend(opening.write(&mut writer));
        code
    }

    /// What is 0 in every row if the proof is right, at x, in halo2's order.
    fn constraints(&self, values: &mut Values) -> Vec<Value> {
        let cs = self.protocol.key.cs();
        let polynomials = cs.gates().iter().flat_map(|gate| gate.polynomials());
        let mut constraints: Vec<Value> =
            polynomials.map(|polynomial| self.expression(polynomial, values)).collect();
        let places = &self.places;
        let first_row = values.loaded(places.first_row, "l_0");
        let last_row = values.loaded(places.last_row, "l_last");
        let random_rows = values.loaded(places.random_rows, "l_blind");
        let [beta, gamma, x] = [Challenge::Beta, Challenge::Gamma, Challenge::X].map(|challenge| {
            values.loaded(self.challenge(challenge), format!("{challenge:?}").to_lowercase())
        });
        let one = values.constant(Fr::ONE);
        let products = &self.protocol.products;
        let here: Vec<Value> = products.iter().map(|product| values.loaded(product.here, "z(x)")).collect();
        if let (Some(first), Some(last)) = (here.first(), here.last()) {
            let from_one = values.difference(one, *first);
            constraints.push(values.product(first_row, from_one));
            let square = values.product(*last, *last);
            let bit = values.difference(square, *last);
            constraints.push(values.product(bit, last_row));
        }
        for (product, next) in products.iter().zip(here.iter().skip(1)) {
            if let Some(last) = product.last {
                let last = values.loaded(last, "z(ω^last x)");
                let step = values.difference(*next, last);
                constraints.push(values.product(step, first_row));
            }
        }
        let outside = values.sum(last_row, random_rows);
        let active = values.difference(one, outside);
        let columns = cs.permutation().get_columns();
        let chunk = cs.degree().saturating_sub(2).max(1);
        let mut shift = Fr::ONE;
        let sets = columns.chunks(chunk).zip(self.protocol.sigma.chunks(chunk));
        for ((product, here), (columns, images)) in products.iter().zip(here).zip(sets) {
            let mut left = values.loaded(product.next, "z(ωx)");
            let mut right = here;
            for (column, image) in columns.iter().zip(images) {
                let value = match self.protocol.value_at_x(*column) {
                    Some(place) => values.loaded(place, "column"),
                    None => values.loaded(places.instance, "public inputs"),
                };
                let masked = values.sum(value, gamma);
                let image = values.loaded(*image, "σ");
                let image = values.product(beta, image);
                let factor = values.sum(masked, image);
                left = values.product(left, factor);
                let coset = values.constant(shift);
                let identity = values.product(beta, x);
                let identity = values.product(identity, coset);
                let factor = values.sum(masked, identity);
                right = values.product(right, factor);
                shift *= Fr::DELTA;
            }
            let difference = values.difference(left, right);
            constraints.push(values.product(difference, active));
        }
        constraints
    }

    fn expression(&self, expression: &Expression<Fr>, values: &mut Values) -> Value {
        match expression {
            Expression::Constant(constant) => values.constant(*constant),
            // Made into fixed columns when the key is rebuilt.
            Expression::Selector(_) => values.constant(Fr::ZERO),
            Expression::Fixed(query) => {
                let queries = self.protocol.key.cs().fixed_queries().iter();
                let found =
                    |(column, rotation): &(halo2_proofs::plonk::Column<_>, halo2_proofs::poly::Rotation)| {
                        (column.index(), *rotation) == (query.column_index(), query.rotation())
                    };
                let index = queries.clone().position(found).unwrap_or(0);
                let place = self.protocol.fixed.get(index).copied().unwrap_or(0);
                values.loaded(place, format!("fixed {} at {}", query.column_index(), query.rotation().0))
            }
            Expression::Advice(query) => {
                let queries = self.protocol.key.cs().advice_queries().iter();
                let found =
                    |(column, rotation): &(halo2_proofs::plonk::Column<_>, halo2_proofs::poly::Rotation)| {
                        (column.index(), *rotation) == (query.column_index(), query.rotation())
                    };
                let index = queries.clone().position(found).unwrap_or(0);
                let place = self.protocol.advice.get(index).copied().unwrap_or(0);
                values.loaded(place, format!("advice {} at {}", query.column_index(), query.rotation().0))
            }
            Expression::Instance(_) => values.loaded(self.places.instance, "public inputs"),
            Expression::Challenge(challenge) => {
                let place = self.challenge(Challenge::Circuit(challenge.index()));
                values.loaded(place, format!("challenge {}", challenge.index()))
            }
            Expression::Negated(inner) => {
                let inner = self.expression(inner, values);
                values.negative(inner)
            }
            Expression::Sum(a, b) => {
                let [a, b] = [a, b].map(|part| self.expression(part, values));
                values.sum(a, b)
            }
            Expression::Product(a, b) => {
                let [a, b] = [a, b].map(|part| self.expression(part, values));
                values.product(a, b)
            }
            Expression::Scaled(inner, factor) => {
                let inner = self.expression(inner, values);
                let factor = values.constant(*factor);
                values.product(inner, factor)
            }
        }
    }
}

/// SHPLONK's sum: each set of points with its polynomials.
struct Opening<'v> {
    verifier: &'v Verifier<'v>,
    sets: &'v [PointSet],
    /// Factors of all sets but the first, which has the proof's weight.
    factors: Vec<Value>,
    /// For each set, what a value at each of its points adds to the interpolation at u.
    bases: Vec<Vec<Value>>,
    /// Π (u − point) over points that the first set lacks, and over those it has.
    lacking_first: Value,
    of_first: Value,
}

#[expect(clippy::arithmetic_side_effects, reason = "a prime field, and places in memory")]
impl<'v> Opening<'v> {
    fn new(verifier: &'v Verifier<'v>, sets: &'v [PointSet], values: &mut Values) -> Self {
        let domain = verifier.protocol.key.get_domain();
        let omega = |rotation: i32| domain.rotate_omega(Fr::ONE, halo2_proofs::poly::Rotation(rotation));
        let [x, u, v] = [Challenge::X, Challenge::U, Challenge::V].map(|challenge| {
            values.loaded(verifier.challenge(challenge), format!("{challenge:?}").to_lowercase())
        });
        let inverse = |index: usize| verifier.places.inverses + WORD * index;
        let x_inverse = values.loaded(inverse(X), "1 / x");
        let first_inverse = values.loaded(inverse(FIRST_SET), "1 / Z of the others");
        let weight = values.loaded(WEIGHT, "weight");
        let rotations: std::collections::BTreeSet<i32> =
            sets.iter().flat_map(|set| &set.rotations).copied().collect();
        let mut from_u = BTreeMap::new();
        for rotation in &rotations {
            let turn = values.constant(omega(*rotation));
            let point = values.product(x, turn);
            from_u.insert(*rotation, values.difference(u, point));
        }
        let z = |values: &mut Values, keep: &dyn Fn(&i32) -> bool| {
            let kept: Vec<Value> =
                from_u.iter().filter(|(rotation, _)| keep(rotation)).map(|(_, value)| *value).collect();
            values.product_of(kept)
        };
        let empty: &[i32] = &[];
        let first = sets.first().map_or(empty, |set| &set.rotations);
        let lacking_first = z(values, &|rotation| !first.contains(rotation));
        let of_first = z(values, &|rotation| first.contains(rotation));
        let mut power = values.product(weight, first_inverse);
        let mut factors = Vec::new();
        let mut bases = Vec::new();
        for (index, set) in sets.iter().enumerate() {
            if index > 0 {
                power = values.product(power, v);
                let lacking = z(values, &|rotation| !set.rotations.contains(rotation));
                factors.push(values.product(power, lacking));
            }
            let mut basis = Vec::new();
            for own in &set.rotations {
                let others = || set.rotations.iter().filter(|other| *other != own);
                let below: Fr = others().map(|other| omega(*own) - omega(*other)).product();
                let above = z(values, &|rotation| rotation != own && set.rotations.contains(rotation));
                // Rotations of a set differ modulo the number of rows.
                let constant = values.constant(below.invert().unwrap_or(Fr::ZERO));
                let powers = values.product_of(others().map(|_| x_inverse));
                let scale = values.product(constant, powers);
                basis.push(values.product(scale, above));
            }
            bases.push(basis);
        }
        Self { verifier, sets, factors, bases, lacking_first, of_first }
    }

    fn roots(&self) -> Vec<Value> {
        let bases = self.bases.iter().flatten();
        self.factors.iter().chain(bases).chain([&self.lacking_first, &self.of_first]).copied().collect()
    }

    fn write(&self, writer: &mut Writer<'_>) -> Vec<Statement> {
        let verifier = self.verifier;
        let mu = named(COMBINER, "μ");
        let mut code = vec![
            Statement::Comment("the opening: Σ vⁱ·Z_{T∖Sᵢ}(u)/Z_{T∖S₀}(u)·Σ μʲ·(C_{ij} − r_{ij}(u)), times the proof's weight".into()),
            store(COMBINER, load(verifier.challenge(Challenge::Mu))),
            Statement::Let("factor", named(WEIGHT, "weight")),
        ];
        let generator = verifier.places.factors + WORD * verifier.key_points();
        for (index, (set, basis)) in self.sets.iter().zip(&self.bases).enumerate() {
            code.push(Statement::Comment(format!(
                "set {index}: {} polynomials at rows {:?} from x",
                set.members.len(),
                set.rotations
            )));
            if let Some(factor) = index.checked_sub(1).and_then(|index| self.factors.get(index)) {
                let factor = writer.write(*factor, &mut code).reduce();
                code.push(Statement::Assign("factor", factor));
            }
            let mut remainder: Option<Bounded> = None;
            for (point, basis) in basis.iter().enumerate() {
                let values = set.members.iter().filter_map(|(_, values)| values.get(point));
                let mut combined: Option<Bounded> = None;
                for value in values.rev() {
                    let value = Bounded::reduced(match value {
                        Opened::Proof(place) => load(*place),
                        Opened::Quotient => named(verifier.places.quotient, "quotient"),
                    });
                    combined = Some(match combined {
                        Some(sum) => value.plus(sum.times(Bounded::reduced(mu.clone()))),
                        None => value,
                    });
                }
                let basis = writer.write(*basis, &mut code);
                let term = combined.map(|combined| combined.times(basis));
                remainder = match (remainder, term) {
                    (Some(sum), Some(term)) => Some(sum.plus(term)),
                    (sum, term) => sum.or(term),
                };
            }
            if let Some(remainder) = remainder {
                let taken = call("sub", [modulus(), times("factor", remainder.expr)]);
                code.push(store(generator, plus(load(generator), taken)));
            }
            for (place, (polynomial, _)) in set.members.iter().enumerate() {
                if place > 0 {
                    code.push(Statement::Assign("factor", times("factor", mu.clone())));
                }
                match polynomial {
                    Polynomial::Proof(point) => {
                        code.push(run("add_point", [(*point).into(), "factor".into()]))
                    }
                    Polynomial::Key(index) => {
                        let counted = verifier.places.factors + WORD * index;
                        code.push(store(counted, plus("factor", load(counted))));
                    }
                    Polynomial::Quotient => {
                        code.push(Statement::Comment("the quotient's pieces".into()));
                        code.push(Statement::Let("piece", "factor".into()));
                        for (index, point) in verifier.protocol.pieces.iter().enumerate() {
                            if index > 0 {
                                code.push(Statement::Assign(
                                    "piece",
                                    times("piece", named(verifier.places.power, "xⁿ")),
                                ));
                            }
                            code.push(run("add_point", [(*point).into(), "piece".into()]));
                        }
                    }
                }
            }
        }
        let [first, second] = verifier.protocol.opening;
        let of_first = writer.write(self.of_first, &mut code).reduce();
        let weight = || named(WEIGHT, "weight");
        code.push(Statement::Comment("less Z_{S₀}(u)·W, and u·W′".into()));
        code.push(run("add_point", [first.into(), times(minus(of_first), weight())]));
        let u = named(verifier.challenge(Challenge::U), "u");
        code.push(run("add_point", [second.into(), times(u, weight())]));
        code.push(run("add_witness", [second.into(), weight()]));
        code
    }
}

impl Verifier<'_> {
    /// Points of the key, the generator not among them.
    pub fn key_points(&self) -> usize {
        let key = self.protocol.key;
        key.fixed_commitments().len().saturating_add(key.permutation().commitments().len())
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
