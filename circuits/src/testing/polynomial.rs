//! Constraints as sums of products of unknown cells, with everything fixed filled in.

use std::collections::BTreeMap;

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::system::{Algebra, System};
use crate::assignment::{Assignment, Cell};
use crate::fixed::to_integer;

/// A variable: all cells that copies make equal.
pub(super) type Variable = u32;

/// Σ coefficient·product of variables, which are sorted and repeated for powers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Polynomial(pub BTreeMap<Vec<Variable>, Fr>);

impl Polynomial {
    fn constant(value: Fr) -> Self {
        Self(BTreeMap::from([(Vec::new(), value)])).cleaned()
    }

    fn cleaned(mut self) -> Self {
        self.0.retain(|_, coefficient| *coefficient != Fr::zero());
        self
    }

    /// A variable alone.
    pub fn variable(variable: Variable) -> Self {
        Self(BTreeMap::from([(vec![variable], Fr::one())]))
    }

    /// Its variables, sorted.
    pub fn variables(&self) -> Vec<Variable> {
        let mut all: Vec<Variable> = self.0.keys().flatten().copied().collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// With what is known filled in.
    pub fn given(&self, known: impl Fn(Variable) -> Option<Fr>) -> Self {
        let mut out = BTreeMap::new();
        for (product, coefficient) in &self.0 {
            let mut factor = *coefficient;
            let mut rest = Vec::new();
            for variable in product {
                match known(*variable) {
                    Some(value) => factor *= value,
                    None => rest.push(*variable),
                }
            }
            *out.entry(rest).or_insert(Fr::zero()) += factor;
        }
        Self(out).cleaned()
    }

    /// Coefficients of the variables that are not known, if no product of them is left. What the others add up to does not
    /// matter.
    pub fn terms(
        &self,
        known: impl Fn(Variable) -> bool,
        value: impl Fn(Variable) -> Fr,
    ) -> Option<BTreeMap<Variable, Fr>> {
        let mut products: BTreeMap<Vec<Variable>, Fr> = BTreeMap::new();
        let mut terms: BTreeMap<Variable, Fr> = BTreeMap::new();
        for (product, coefficient) in &self.0 {
            let mut unknown = product.iter().copied().filter(|v| !known(*v));
            let Some(first) = unknown.next() else { continue };
            let factor = || {
                let known = product.iter().copied().filter(|v| known(*v));
                known.fold(*coefficient, |factor, v| factor * value(v))
            };
            if unknown.next().is_none() {
                *terms.entry(first).or_insert(Fr::zero()) += factor();
            } else {
                let rest = product.iter().copied().filter(|v| !known(*v)).collect();
                *products.entry(rest).or_insert(Fr::zero()) += factor();
            }
        }
        terms.retain(|_, coefficient| *coefficient != Fr::zero());
        products.into_values().all(|coefficient| coefficient == Fr::zero()).then_some(terms)
    }

    /// Coefficients of variables, and the constant, if no product is left.
    pub fn linear(&self) -> Option<(BTreeMap<Variable, Fr>, Fr)> {
        let mut terms = BTreeMap::new();
        let mut constant = Fr::zero();
        for (product, coefficient) in &self.0 {
            match product[..] {
                [] => constant = *coefficient,
                [variable] => drop(terms.insert(variable, *coefficient)),
                _ => return None,
            }
        }
        Some((terms, constant))
    }

    /// Its value for one variable, if it has no other.
    pub fn at(&self, value: Fr) -> Fr {
        let power = |product: &Vec<Variable>| product.iter().fold(Fr::one(), |power, _| power * value);
        self.0.iter().map(|(product, coefficient)| *coefficient * power(product)).sum()
    }
}

/// The integer of least magnitude that a field element stands for.
pub(super) fn signed(value: Fr) -> BigInt {
    let (plus, minus) = (to_integer(value), to_integer(-value));
    if plus <= minus { plus } else { -minus }
}

/// Which variable each cell of the first phase is.
pub(super) struct Variables {
    /// By our column and row.
    of: Vec<Vec<Variable>>,
    /// By variable: one of its cells, and all.
    pub cells: Vec<Vec<Cell>>,
    columns: Vec<Option<usize>>,
}

impl Variables {
    pub fn new(assignment: &Assignment, system: &System) -> Self {
        let mut offsets = Vec::new();
        let mut count = 0;
        for column in assignment.advice() {
            offsets.push(count);
            count += column.len();
        }
        let mut parents: Vec<usize> = (0..count).collect();
        fn root(parents: &mut [usize], mut i: usize) -> usize {
            while parents[i] != i {
                parents[i] = parents[parents[i]];
                i = parents[i];
            }
            i
        }
        let place = |cell: &Cell| offsets[cell.column] + cell.row;
        for (from, to) in assignment.copies() {
            let (a, b) = (root(&mut parents, place(from)), root(&mut parents, place(to)));
            parents[a.max(b)] = a.min(b);
        }
        let mut names = vec![None; count];
        let mut cells: Vec<Vec<Cell>> = Vec::new();
        let mut of = Vec::new();
        for (column, values) in assignment.advice().iter().enumerate() {
            let mut row_names = Vec::with_capacity(values.len());
            for row in 0..values.len() {
                let class = root(&mut parents, offsets[column] + row);
                let name = *names[class].get_or_insert_with(|| {
                    cells.push(Vec::new());
                    cells.len() - 1
                });
                cells[name].push(Cell { column, row });
                row_names.push(name as Variable);
            }
            of.push(row_names);
        }
        Self { of, cells, columns: system.first_columns() }
    }

    pub fn of(&self, cell: Cell) -> Variable {
        self.of[cell.column][cell.row]
    }

    /// Our column of one of halo2's, if it is one of the first phase.
    pub fn column(&self, theirs: usize) -> Option<usize> {
        self.columns[theirs]
    }
}

impl Algebra<Polynomial> for Variables {
    fn constant(&self, value: Fr) -> Polynomial {
        Polynomial::constant(value)
    }

    fn advice(&self, column: usize, row: Option<usize>) -> Polynomial {
        let Some(row) = row else { return Polynomial::default() };
        let column = self.columns[column].expect("constraints of the first phase only");
        Polynomial::variable(self.of[column][row])
    }

    fn negated(&self, a: Polynomial) -> Polynomial {
        Polynomial(a.0.into_iter().map(|(product, coefficient)| (product, -coefficient)).collect())
    }

    fn sum(&self, mut a: Polynomial, b: Polynomial) -> Polynomial {
        for (product, coefficient) in b.0 {
            *a.0.entry(product).or_insert(Fr::zero()) += coefficient;
        }
        a.cleaned()
    }

    fn product(&self, a: Polynomial, b: Polynomial) -> Polynomial {
        let mut out: BTreeMap<Vec<Variable>, Fr> = BTreeMap::new();
        for (one, k) in &a.0 {
            for (other, l) in &b.0 {
                let mut product = [&one[..], other].concat();
                product.sort_unstable();
                *out.entry(product).or_insert(Fr::zero()) += k * l;
            }
        }
        Polynomial(out).cleaned()
    }
}

/// Least and greatest value of an integer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Least.
    pub low: BigInt,
    /// Greatest.
    pub high: BigInt,
}

impl Interval {
    /// From least to greatest.
    pub fn new(low: impl Into<BigInt>, high: impl Into<BigInt>) -> Self {
        Self { low: low.into(), high: high.into() }
    }

    /// One value.
    pub fn only(value: BigInt) -> Self {
        Self { low: value.clone(), high: value }
    }

    /// The greatest magnitude.
    pub fn magnitude(&self) -> BigInt {
        self.high.clone().max(-&self.low)
    }

    pub(super) fn plus(&self, other: &Self) -> Self {
        Self { low: &self.low + &other.low, high: &self.high + &other.high }
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        let corners = [
            &self.low * &other.low,
            &self.low * &other.high,
            &self.high * &other.low,
            &self.high * &other.high,
        ];
        let low = corners.iter().min().cloned().unwrap_or_default();
        let high = corners.iter().max().cloned().unwrap_or_default();
        Self { low, high }
    }

    pub(super) fn scaled(&self, factor: &BigInt) -> Self {
        self.times(&Self::only(factor.clone()))
    }

    pub(super) fn squared(&self) -> Self {
        let product = self.times(self);
        let low = if self.low <= BigInt::from(0) && self.high >= BigInt::from(0) {
            BigInt::from(0)
        } else {
            product.low.max(BigInt::from(0))
        };
        Self { low, high: product.high }
    }

    pub(super) fn intersected(&self, other: &Self) -> Self {
        Self { low: (&self.low).max(&other.low).clone(), high: (&self.high).min(&other.high).clone() }
    }
}

/// (p − 1)/2: sums of no greater magnitude are equal in the field only if they are equal.
pub(super) fn half_field() -> BigInt {
    to_integer(-Fr::one()) / 2
}

/// Whether a value stands for an integer in the interval.
pub(super) fn holds(interval: &Interval, value: Fr) -> bool {
    let value = signed(value);
    interval.low <= value && value <= interval.high
}
