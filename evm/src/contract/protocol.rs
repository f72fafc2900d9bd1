//! What a proof under a key consists of, in the order it is read, and what is opened where: halo2's protocol with SHPLONK, as data.
//!
//! The order is that of `halo2_proofs::plonk::verify_proof`; a test holds the two together by having both read the same proofs.

use std::collections::BTreeMap;

use halo2_proofs::plonk::{Any, VerifyingKey};
use halo2curves::bn256::G1Affine;

use super::memory::{Memory, POINT, WORD};

/// A challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Challenge {
    /// Of the circuit.
    Circuit(usize),
    /// For look-ups of halo2's own, of which there are none.
    Theta,
    Beta,
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
#[derive(Debug)]
pub struct Segment {
    /// Where it begins in the proof.
    pub offset: usize,
    /// Bytes.
    pub length: usize,
    /// Where it lies in memory; the word before it is for the hash.
    pub place: usize,
    /// Whether it is points, and not scalars.
    pub points: bool,
    pub draws: Vec<Challenge>,
}

/// A polynomial that is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Polynomial {
    /// Its commitment lies in the proof: here in memory.
    Proof(usize),
    /// Its commitment is of the key: fixed columns, then those of the permutation.
    Key(usize),
    /// Σ xⁿⁱ·piece_i.
    Quotient,
}

/// A value: a number of the proof at a place in memory, or the quotient's, which follows from the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    Proof(usize),
    Quotient,
}

/// Polynomials that are opened at the same points.
#[derive(Debug)]
pub struct PointSet {
    /// Rows from x, ascending.
    pub rotations: Vec<i32>,
    /// Each with its values at the points.
    pub members: Vec<(Polynomial, Vec<Opened>)>,
}

/// A product of the permutation: its commitment, and its values at x, one row on, and, for all but the last, in the last row.
#[derive(Debug)]
pub struct Product {
    pub commitment: usize,
    pub here: usize,
    pub next: usize,
    pub last: Option<usize>,
}

/// Proofs under a key.
#[derive(Debug)]
pub struct Protocol<'k> {
    pub key: &'k VerifyingKey<G1Affine>,
    /// Public inputs, without a context.
    pub inputs: usize,
    pub segments: Vec<Segment>,
    /// Commitments to advice columns.
    pub advice_points: Vec<usize>,
    /// Values of queries.
    pub advice: Vec<usize>,
    pub fixed: Vec<usize>,
    pub sigma: Vec<usize>,
    pub products: Vec<Product>,
    /// Commitments to the pieces of the quotient.
    pub pieces: Vec<usize>,
    /// Commitment and value of the random polynomial.
    pub random: (usize, usize),
    /// W and W′ of SHPLONK.
    pub opening: [usize; 2],
    /// Bytes of a proof.
    pub length: usize,
}

/// Reads pieces of a proof one after another.
struct Reader<'m> {
    memory: &'m mut Memory,
    segments: Vec<Segment>,
    length: usize,
}

impl Reader<'_> {
    /// The next `count` points or scalars of a segment; gives their places.
    fn read(&mut self, points: bool, count: usize) -> Vec<usize> {
        let size = if points { POINT } else { WORD };
        let bytes = size.saturating_mul(count);
        let open = self.segments.last().is_some_and(|segment| segment.draws.is_empty());
        if !open {
            // For the hash, and in front of it, of the first, for public inputs.
            self.memory.words(1);
            let place = self.memory.take(0);
            let segment = Segment { offset: self.length, length: 0, place, points, draws: Vec::new() };
            self.segments.push(segment);
        }
        let start = self.memory.take(bytes);
        if let Some(segment) = self.segments.last_mut() {
            segment.length = segment.length.saturating_add(bytes);
        }
        self.length = self.length.saturating_add(bytes);
        (0..count).map(|index| start.saturating_add(index.saturating_mul(size))).collect()
    }

    fn draw(&mut self, challenges: impl IntoIterator<Item = Challenge>) {
        if let Some(segment) = self.segments.last_mut() {
            segment.draws.extend(challenges);
        }
    }
}

impl<'k> Protocol<'k> {
    /// That of a key, for proofs with so many public inputs; `None` if the key is of a circuit that is not of the kind ours are:
    /// with look-ups of halo2's own, no permutation or one of fixed columns, not one column of public inputs or one that is read
    /// in other rows, or a column of which nothing is opened, whose commitment no step here would find to be off the curve.
    pub fn new(key: &'k VerifyingKey<G1Affine>, inputs: usize, memory: &mut Memory) -> Option<Self> {
        let cs = key.cs();
        let chunk = cs.degree().checked_sub(2).filter(|chunk| *chunk > 0)?;
        let permuted = cs.permutation().get_columns();
        let read_at_x = |column: &(_, halo2_proofs::poly::Rotation)| column.1.0 == 0;
        let opened = |index: usize| cs.advice_queries().iter().any(|(column, _)| column.index() == index);
        if !cs.lookups().is_empty()
            || cs.num_instance_columns() != 1
            || !cs.instance_queries().iter().all(read_at_x)
            || permuted.iter().any(|column| *column.column_type() == Any::Fixed)
            || !(0..cs.num_advice_columns()).all(opened)
        {
            return None;
        }
        // One more, for a context.
        memory.words(inputs.saturating_add(1));
        let mut reader = Reader { memory, segments: Vec::new(), length: 0 };
        let mut advice_points = vec![0; cs.num_advice_columns()];
        let phases = cs.advice_column_phase().into_iter().max()?;
        for phase in 0..=phases {
            let columns: Vec<usize> = positions(&cs.advice_column_phase(), phase);
            let places = reader.read(true, columns.len());
            for (column, place) in columns.into_iter().zip(places) {
                *advice_points.get_mut(column)? = place;
            }
            reader.draw(positions(&cs.challenge_phase(), phase).into_iter().map(Challenge::Circuit));
        }
        reader.draw([Challenge::Theta, Challenge::Beta, Challenge::Gamma]);
        let commitments = reader.read(true, permuted.len().div_ceil(chunk));
        let random_point = *reader.read(true, 1).first()?;
        reader.draw([Challenge::Y]);
        let pieces = reader.read(true, key.get_domain().get_quotient_poly_degree());
        reader.draw([Challenge::X]);
        let advice = reader.read(false, cs.advice_queries().len());
        let fixed = reader.read(false, cs.fixed_queries().len());
        let random_value = *reader.read(false, 1).first()?;
        let sigma = reader.read(false, permuted.len());
        let mut products = Vec::new();
        let last = commitments.len().checked_sub(1)?;
        for (index, commitment) in commitments.into_iter().enumerate() {
            let places = reader.read(false, if index == last { 2 } else { 3 });
            let (here, next) = (*places.first()?, *places.get(1)?);
            products.push(Product { commitment, here, next, last: places.get(2).copied() });
        }
        reader.draw([Challenge::Mu, Challenge::V]);
        let first = *reader.read(true, 1).first()?;
        reader.draw([Challenge::U]);
        let second = *reader.read(true, 1).first()?;
        let Reader { segments, length, .. } = reader;
        let opening = [first, second];
        let random = (random_point, random_value);
        Some(Self {
            key,
            inputs,
            segments,
            advice_points,
            advice,
            fixed,
            sigma,
            products,
            pieces,
            random,
            opening,
            length,
        })
    }

    /// The sets of points, and the polynomials of each, in the order in which the opening combines them.
    pub fn sets(&self) -> Vec<PointSet> {
        let cs = self.key.cs();
        let mut queries: Vec<(Polynomial, i32, Opened)> = Vec::new();
        for ((column, rotation), value) in cs.advice_queries().iter().zip(&self.advice) {
            if let Some(point) = self.advice_points.get(column.index()) {
                queries.push((Polynomial::Proof(*point), rotation.0, Opened::Proof(*value)));
            }
        }
        for product in &self.products {
            let polynomial = Polynomial::Proof(product.commitment);
            queries.push((polynomial, 0, Opened::Proof(product.here)));
            queries.push((polynomial, 1, Opened::Proof(product.next)));
        }
        for product in self.products.iter().rev() {
            if let Some(last) = product.last {
                queries.push((Polynomial::Proof(product.commitment), self.last_row(), Opened::Proof(last)));
            }
        }
        for ((column, rotation), value) in cs.fixed_queries().iter().zip(&self.fixed) {
            queries.push((Polynomial::Key(column.index()), rotation.0, Opened::Proof(*value)));
        }
        for (key, value) in (cs.num_fixed_columns()..).zip(&self.sigma) {
            queries.push((Polynomial::Key(key), 0, Opened::Proof(*value)));
        }
        queries.push((Polynomial::Quotient, 0, Opened::Quotient));
        queries.push((Polynomial::Proof(self.random.0), 0, Opened::Proof(self.random.1)));
        group(&queries)
    }

    /// Points of the key, the generator not among them.
    pub fn key_points(&self) -> usize {
        self.key.fixed_commitments().len().saturating_add(self.key.permutation().commitments().len())
    }

    /// The last row of the permutation, before those that are random, counted from the first.
    pub fn last_row(&self) -> i32 {
        let random = i32::try_from(self.key.cs().blinding_factors()).unwrap_or(i32::MAX);
        random.saturating_add(1).saturating_neg()
    }

    /// Where a value of a column at x lies, the column being one of the permutation's; none for public inputs.
    pub fn value_at_x(&self, column: halo2_proofs::plonk::Column<Any>) -> Option<usize> {
        let queries = self.key.cs().advice_queries().iter().zip(&self.advice);
        let found =
            queries.filter(|((other, rotation), _)| rotation.0 == 0 && other.index() == column.index());
        let is_advice = matches!(column.column_type(), Any::Advice(_));
        found.map(|(_, place)| *place).next().filter(|_| is_advice)
    }
}

fn group(queries: &[(Polynomial, i32, Opened)]) -> Vec<PointSet> {
    let mut polynomials: Vec<(Polynomial, BTreeMap<i32, Opened>)> = Vec::new();
    for (polynomial, rotation, value) in queries {
        match polynomials.iter_mut().find(|(other, _)| other == polynomial) {
            Some((_, values)) => {
                values.insert(*rotation, *value);
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
    sets
}

fn positions(phases: &[u8], phase: u8) -> Vec<usize> {
    phases.iter().enumerate().filter(|(_, of)| **of == phase).map(|(index, _)| index).collect()
}
