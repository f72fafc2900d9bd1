//! What a proof consists of, in the order it is read, and what is opened where: halo2's protocol with SHPLONK, as data.
//!
//! The order is that of `halo2_proofs::plonk::verify_proof`; tests hold the two together by having both read the same proofs.

use std::collections::{BTreeMap, BTreeSet};

use halo2_proofs::plonk::{Any, Column, ColumnType, ConstraintSystem, VerifyingKey};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::{Fr, G1Affine};

use super::values::Input;

/// A challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Challenge {
    /// Of the circuit.
    Circuit(usize),
    /// Combines the expressions of a look-up of halo2's own.
    Theta,
    /// Of the permutation, and of look-ups.
    Beta,
    /// Likewise.
    Gamma,
    /// Combines constraints.
    Y,
    /// Where polynomials are opened.
    X,
    /// Combines polynomials that are opened at the same points.
    Mu,
    /// Combines sets of points.
    V,
    /// Where the quotient of the opening is.
    U,
}

/// A stretch of a proof that is absorbed at once, and the challenges that are drawn after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// Whether it is points, and not numbers.
    pub points: bool,
    /// How many.
    pub count: usize,
    /// In order.
    pub draws: Vec<Challenge>,
}

/// A polynomial that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polynomial {
    /// Its commitment is a point of the proof.
    Proof(usize),
    /// Its commitment is of the key: fixed columns, then those of the permutation.
    Key(usize),
    /// Σ xⁿⁱ·piece_i.
    Quotient,
}

/// A value that a polynomial is opened to: a number of the proof, or the quotient's, which follows from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub enum Opened {
    Proof(usize),
    Quotient,
}

/// Polynomials that are opened at the same points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointSet {
    /// Rows from x, ascending.
    pub rotations: Vec<i32>,
    /// Each with its values at the points.
    pub members: Vec<(Polynomial, Vec<Opened>)>,
}

/// A product of the permutation: its commitment, and its values at x, one row on, and, for all but the last, in the last row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub struct Product {
    pub commitment: usize,
    pub here: usize,
    pub next: usize,
    pub last: Option<usize>,
}

/// A look-up of halo2's own: commitments and values of its product, of what is looked up and of the table, both permuted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "said above")]
pub struct Lookup {
    pub product: usize,
    pub product_here: usize,
    pub product_next: usize,
    pub input: usize,
    pub input_here: usize,
    pub input_before: usize,
    pub table: usize,
    pub table_here: usize,
}

/// Proofs under a key. Points and numbers are counted apart, in the order they are read.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// In order.
    pub segments: Vec<Segment>,
    /// Commitments to advice columns.
    pub advice_points: Vec<usize>,
    /// Values of queries of advice columns.
    pub advice: Vec<usize>,
    /// Values of queries of fixed columns.
    pub fixed: Vec<usize>,
    /// Values of the permutation's columns.
    pub sigma: Vec<usize>,
    /// Of the permutation.
    pub products: Vec<Product>,
    /// Look-ups of halo2's own.
    pub lookups: Vec<Lookup>,
    /// Commitments to the pieces of the quotient.
    pub pieces: Vec<usize>,
    /// Commitment and value of the random polynomial.
    pub random: (usize, usize),
    /// W and W′ of SHPLONK.
    pub opening: [usize; 2],
    /// The last row that copies reach, before those that are random, counted from the first.
    pub last_row: i32,
    /// What is opened where, in the order in which the opening combines it.
    pub sets: Vec<PointSet>,
}

/// Counts what is read.
#[derive(Default)]
struct Reader {
    segments: Vec<Segment>,
    points: usize,
    numbers: usize,
}

impl Reader {
    /// The next `count` points or numbers.
    fn read(&mut self, points: bool, count: usize) -> Vec<usize> {
        match self.segments.last_mut() {
            Some(open) if open.draws.is_empty() && open.points == points => {
                open.count = open.count.saturating_add(count);
            }
            _ => self.segments.push(Segment { points, count, draws: Vec::new() }),
        }
        let next = if points { &mut self.points } else { &mut self.numbers };
        let first = *next;
        *next = first.saturating_add(count);
        (first..*next).collect()
    }

    fn one(&mut self, points: bool) -> usize {
        let next = if points { self.points } else { self.numbers };
        self.read(points, 1);
        next
    }

    fn draw(&mut self, challenges: impl IntoIterator<Item = Challenge>) {
        if let Some(segment) = self.segments.last_mut() {
            segment.draws.extend(challenges);
        }
    }
}

impl Protocol {
    /// That of a key; `None` if its circuit has not one column of public inputs, reads that in other rows than its own, or opens a
    /// polynomial twice at one point.
    pub fn new(key: &VerifyingKey<G1Affine>) -> Option<Self> {
        let cs = key.cs();
        let chunk = chunk(cs)?;
        let permuted = cs.permutation().get_columns().len();
        if cs.num_instance_columns() != 1 || cs.instance_queries().iter().any(|(_, at)| at.0 != 0) {
            return None;
        }
        let mut reader = Reader::default();
        let mut advice_points = vec![0; cs.num_advice_columns()];
        for phase in 0..=cs.advice_column_phase().into_iter().max()? {
            let columns = positions(&cs.advice_column_phase(), phase);
            for (column, point) in columns.iter().zip(reader.read(true, columns.len())) {
                *advice_points.get_mut(*column)? = point;
            }
            reader.draw(positions(&cs.challenge_phase(), phase).into_iter().map(Challenge::Circuit));
        }
        reader.draw([Challenge::Theta]);
        let lookups = cs.lookups().len();
        // An empty segment would be a challenge drawn after nothing.
        let looked_up: Vec<[usize; 2]> = (0..lookups).map(|_| [reader.one(true), reader.one(true)]).collect();
        reader.draw([Challenge::Beta, Challenge::Gamma]);
        let products = reader.read(true, permuted.div_ceil(chunk));
        let lookup_products = reader.read(true, lookups);
        let random_point = reader.one(true);
        reader.draw([Challenge::Y]);
        let pieces = reader.read(true, key.get_domain().get_quotient_poly_degree());
        reader.draw([Challenge::X]);
        let advice = reader.read(false, cs.advice_queries().len());
        let fixed = reader.read(false, cs.fixed_queries().len());
        let random = (random_point, reader.one(false));
        let sigma = reader.read(false, permuted);
        let count = products.len();
        let product = |(commitment, place): (usize, usize)| {
            let (here, next) = (reader.one(false), reader.one(false));
            let last = (place < count).then(|| reader.one(false));
            Product { commitment, here, next, last }
        };
        let products = products.into_iter().zip(1..).map(product).collect();
        let lookup = |([input, table], product): ([usize; 2], usize)| {
            let [product_here, product_next, input_here, input_before, table_here] =
                [0; 5].map(|_| reader.one(false));
            Lookup { product, product_here, product_next, input, input_here, input_before, table, table_here }
        };
        let lookups = looked_up.into_iter().zip(lookup_products).map(lookup).collect();
        reader.draw([Challenge::Mu, Challenge::V]);
        let first = reader.one(true);
        reader.draw([Challenge::U]);
        let opening = [first, reader.one(true)];
        let last_row = i32::try_from(cs.blinding_factors()).ok()?.checked_add(1)?.checked_neg()?;
        let segments = reader.segments;
        let sets = Vec::new();
        let protocol = Self {
            segments,
            advice_points,
            advice,
            fixed,
            sigma,
            products,
            lookups,
            pieces,
            random,
            opening,
            last_row,
            sets,
        };
        let sets = group(&protocol.queries(cs)?, key.get_domain().k)?;
        Some(Self { sets, ..protocol })
    }

    /// All that is opened, in halo2's order.
    fn queries(&self, cs: &ConstraintSystem<Fr>) -> Option<Vec<(Polynomial, i32, Opened)>> {
        let mut queries = Vec::new();
        let mut open =
            |polynomial, rotation, value| queries.push((polynomial, rotation, Opened::Proof(value)));
        for ((column, rotation), value) in cs.advice_queries().iter().zip(&self.advice) {
            open(Polynomial::Proof(*self.advice_points.get(column.index())?), rotation.0, *value);
        }
        for product in &self.products {
            open(Polynomial::Proof(product.commitment), 0, product.here);
            open(Polynomial::Proof(product.commitment), 1, product.next);
        }
        for product in self.products.iter().rev() {
            if let Some(last) = product.last {
                open(Polynomial::Proof(product.commitment), self.last_row, last);
            }
        }
        for lookup in &self.lookups {
            open(Polynomial::Proof(lookup.product), 0, lookup.product_here);
            open(Polynomial::Proof(lookup.input), 0, lookup.input_here);
            open(Polynomial::Proof(lookup.table), 0, lookup.table_here);
            open(Polynomial::Proof(lookup.input), -1, lookup.input_before);
            open(Polynomial::Proof(lookup.product), 1, lookup.product_next);
        }
        for ((column, rotation), value) in cs.fixed_queries().iter().zip(&self.fixed) {
            open(Polynomial::Key(column.index()), rotation.0, *value);
        }
        for (key, value) in (cs.num_fixed_columns()..).zip(&self.sigma) {
            open(Polynomial::Key(key), 0, *value);
        }
        queries.push((Polynomial::Quotient, 0, Opened::Quotient));
        queries.push((Polynomial::Proof(self.random.0), 0, Opened::Proof(self.random.1)));
        Some(queries)
    }

    /// The value of a column at x or so many rows from it, if it is opened there.
    pub fn query(
        &self,
        cs: &ConstraintSystem<Fr>,
        column_type: &Any,
        index: usize,
        at: Rotation,
    ) -> Option<Input> {
        match column_type {
            Any::Advice(_) => number(cs.advice_queries(), &self.advice, (index, at)),
            Any::Fixed => number(cs.fixed_queries(), &self.fixed, (index, at)),
            Any::Instance => (at.0 == 0).then_some(Input::Instance),
        }
    }
}

/// How many columns share a product of the permutation.
pub fn chunk(cs: &ConstraintSystem<Fr>) -> Option<usize> {
    cs.degree().checked_sub(2).filter(|chunk| *chunk > 0)
}

/// The number of the proof that a query is opened to.
fn number<T: ColumnType>(
    queries: &[(Column<T>, Rotation)],
    numbers: &[usize],
    query: (usize, Rotation),
) -> Option<Input> {
    let place = queries.iter().position(|(column, at)| (column.index(), *at) == query)?;
    numbers.get(place).copied().map(Input::Number)
}

fn group(queries: &[(Polynomial, i32, Opened)], k: u32) -> Option<Vec<PointSet>> {
    let rows = 1_i32.checked_shl(k).filter(|rows| *rows > 0)?;
    let rotations: BTreeSet<i32> = queries.iter().map(|(_, rotation, _)| *rotation).collect();
    let points: BTreeSet<i32> = rotations.iter().map(|rotation| rotation.rem_euclid(rows)).collect();
    if points.len() != rotations.len() {
        return None;
    }
    let mut polynomials: Vec<(Polynomial, BTreeMap<i32, Opened>)> = Vec::new();
    for (polynomial, rotation, value) in queries {
        match polynomials.iter_mut().find(|(other, _)| other == polynomial) {
            Some((_, values)) => {
                if values.insert(*rotation, *value).is_some() {
                    return None;
                }
            }
            None => polynomials.push((*polynomial, BTreeMap::from([(*rotation, *value)]))),
        }
    }
    let mut sets: Vec<PointSet> = Vec::new();
    for (polynomial, values) in polynomials {
        let rotations: Vec<i32> = values.keys().copied().collect();
        let member = (polynomial, values.into_values().collect());
        match sets.iter_mut().find(|set| set.rotations == rotations) {
            Some(set) => set.members.push(member),
            None => sets.push(PointSet { rotations, members: vec![member] }),
        }
    }
    Some(sets)
}

fn positions(phases: &[u8], phase: u8) -> Vec<usize> {
    phases.iter().enumerate().filter(|(_, of)| **of == phase).map(|(index, _)| index).collect()
}
