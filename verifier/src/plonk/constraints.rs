//! What is 0 in every row if the proof is right, at x, in halo2's order: gates, the permutation, look-ups of halo2's own.

use ff::{Field, PrimeField};
use halo2_proofs::plonk::{Any, ConstraintSystem, Expression};
use halo2_proofs::poly::Rotation;
use halo2curves::bn256::Fr;

use super::protocol::{Challenge, Protocol, chunk};
use super::values::{Input, Value, Values};

/// All of them; `None` if one reads what no proof has.
pub fn all(cs: &ConstraintSystem<Fr>, protocol: &Protocol, values: &mut Values) -> Option<Vec<Value>> {
    Constraints { cs, protocol, values }.all()
}

/// Adds constraints to values.
struct Constraints<'a> {
    cs: &'a ConstraintSystem<Fr>,
    protocol: &'a Protocol,
    values: &'a mut Values,
}

impl Constraints<'_> {
    fn all(mut self) -> Option<Vec<Value>> {
        let polynomials = self.cs.gates().iter().flat_map(|gate| gate.polynomials());
        let gates: Option<Vec<Value>> = polynomials.map(|polynomial| self.expression(polynomial)).collect();
        let mut constraints = gates?;
        let first_row = self.values.input(Input::FirstRow);
        let last_row = self.values.input(Input::LastRow);
        let random_rows = self.values.input(Input::RandomRows);
        self.permutation(&mut constraints, first_row, last_row, random_rows)?;
        self.lookups(&mut constraints, first_row, last_row, random_rows)?;
        Some(constraints)
    }

    fn number(&mut self, number: usize) -> Value {
        self.values.input(Input::Number(number))
    }

    fn challenge(&mut self, challenge: Challenge) -> Value {
        self.values.input(Input::Challenge(challenge))
    }

    /// 1 in rows that copies reach, but for the last.
    fn active(&mut self, last_row: Value, random_rows: Value) -> Value {
        let one = self.values.constant(Fr::ONE);
        let outside = self.values.sum(last_row, random_rows);
        self.values.difference(one, outside)
    }

    /// Products that begin with 1, go on where the one before ended, and end with 0 or 1.
    fn permutation(
        &mut self,
        constraints: &mut Vec<Value>,
        first_row: Value,
        last_row: Value,
        random_rows: Value,
    ) -> Option<()> {
        let products = &self.protocol.products;
        if products.is_empty() {
            return Some(());
        }
        let [beta, gamma, x] =
            [Challenge::Beta, Challenge::Gamma, Challenge::X].map(|challenge| self.challenge(challenge));
        let one = self.values.constant(Fr::ONE);
        let here: Vec<Value> = products.iter().map(|product| self.number(product.here)).collect();
        if let (Some(first), Some(last)) = (here.first(), here.last()) {
            let from_one = self.values.difference(one, *first);
            constraints.push(self.values.product(first_row, from_one));
            let bit = self.bit(*last);
            constraints.push(self.values.product(bit, last_row));
        }
        for (product, next) in products.iter().zip(here.iter().skip(1)) {
            let last = self.number(product.last?);
            let step = self.values.difference(*next, last);
            constraints.push(self.values.product(step, first_row));
        }
        let active = self.active(last_row, random_rows);
        let columns = self.cs.permutation().get_columns();
        let chunk = chunk(self.cs)?;
        let mut shift = Fr::ONE;
        let sets = columns.chunks(chunk).zip(self.protocol.sigma.chunks(chunk));
        for ((product, here), (columns, images)) in products.iter().zip(here).zip(sets) {
            let mut left = self.number(product.next);
            let mut right = here;
            for (column, image) in columns.iter().zip(images) {
                let value = self.query(column.column_type(), column.index(), Rotation::cur())?;
                let masked = self.values.sum(value, gamma);
                let image = self.number(*image);
                let image = self.values.product(beta, image);
                let factor = self.values.sum(masked, image);
                left = self.values.product(left, factor);
                let coset = self.values.constant(shift);
                let identity = self.values.product(beta, x);
                let identity = self.values.product(identity, coset);
                let factor = self.values.sum(masked, identity);
                right = self.values.product(right, factor);
                shift *= Fr::DELTA;
            }
            let difference = self.values.difference(left, right);
            constraints.push(self.values.product(difference, active));
        }
        Some(())
    }

    /// Products that begin with 1 and end with 0 or 1; what is looked up, sorted, is the table's in its row or the same as before.
    fn lookups(
        &mut self,
        constraints: &mut Vec<Value>,
        first_row: Value,
        last_row: Value,
        random_rows: Value,
    ) -> Option<()> {
        for (lookup, argument) in self.protocol.lookups.iter().zip(self.cs.lookups()) {
            let [beta, gamma] =
                [Challenge::Beta, Challenge::Gamma].map(|challenge| self.challenge(challenge));
            let one = self.values.constant(Fr::ONE);
            let active = self.active(last_row, random_rows);
            let [product, next, input, before, table] = [
                lookup.product_here,
                lookup.product_next,
                lookup.input_here,
                lookup.input_before,
                lookup.table_here,
            ]
            .map(|number| self.number(number));
            let from_one = self.values.difference(one, product);
            constraints.push(self.values.product(first_row, from_one));
            let bit = self.bit(product);
            constraints.push(self.values.product(bit, last_row));

            let (masked_input, masked_table) = (self.values.sum(input, beta), self.values.sum(table, gamma));
            let left = self.values.product_of([next, masked_input, masked_table]);
            let inputs = self.compressed(argument.input_expressions())?;
            let tables = self.compressed(argument.table_expressions())?;
            let (inputs, tables) = (self.values.sum(inputs, beta), self.values.sum(tables, gamma));
            let right = self.values.product_of([product, inputs, tables]);
            let difference = self.values.difference(left, right);
            constraints.push(self.values.product(difference, active));

            let from_table = self.values.difference(input, table);
            constraints.push(self.values.product(first_row, from_table));
            let from_before = self.values.difference(input, before);
            constraints.push(self.values.product_of([from_table, from_before, active]));
        }
        Some(())
    }

    /// v² − v.
    fn bit(&mut self, value: Value) -> Value {
        let square = self.values.product(value, value);
        self.values.difference(square, value)
    }

    /// Expressions with powers of a challenge.
    fn compressed(&mut self, expressions: &[Expression<Fr>]) -> Option<Value> {
        let theta = self.challenge(Challenge::Theta);
        let mut compressed = self.values.constant(Fr::ZERO);
        for expression in expressions {
            let shifted = self.values.product(compressed, theta);
            let next = self.expression(expression)?;
            compressed = self.values.sum(shifted, next);
        }
        Some(compressed)
    }

    fn query(&mut self, column_type: &Any, index: usize, at: Rotation) -> Option<Value> {
        let input = self.protocol.query(self.cs, column_type, index, at)?;
        Some(self.values.input(input))
    }

    /// An expression as a value.
    fn expression(&mut self, expression: &Expression<Fr>) -> Option<Value> {
        Some(match expression {
            Expression::Constant(constant) => self.values.constant(*constant),
            // They are fixed columns when selectors are compressed, and unknown here if they are not.
            Expression::Selector(_) => return None,
            Expression::Fixed(query) => self.query(&Any::Fixed, query.column_index(), query.rotation())?,
            Expression::Advice(query) => {
                self.query(&Any::advice(), query.column_index(), query.rotation())?
            }
            Expression::Instance(query) => {
                self.query(&Any::Instance, query.column_index(), query.rotation())?
            }
            Expression::Challenge(challenge) => {
                let challenge = Challenge::Circuit(challenge.index());
                let mut drawn = self.protocol.segments.iter().flat_map(|segment| &segment.draws);
                // One after a phase without columns is 0 to halo2.
                drawn.find(|drawn| **drawn == challenge)?;
                self.challenge(challenge)
            }
            Expression::Negated(inner) => {
                let inner = self.expression(inner)?;
                self.values.negative(inner)
            }
            Expression::Sum(a, b) => {
                let (a, b) = (self.expression(a)?, self.expression(b)?);
                self.values.sum(a, b)
            }
            Expression::Product(a, b) => {
                let (a, b) = (self.expression(a)?, self.expression(b)?);
                self.values.product(a, b)
            }
            Expression::Scaled(inner, factor) => {
                let inner = self.expression(inner)?;
                let factor = self.values.constant(*factor);
                self.values.product(inner, factor)
            }
        })
    }
}
