//! Constraints, taken apart and put together so that their sum takes few multiplications.
//!
//! What a proof needs is Σ y^i·constraint_i at each point of a coset. Constraints are taken apart into sums with
//! constant coefficients of products; equal parts are computed once; and since challenges are known by then, terms that
//! stand in several constraints under the same selector are merged: Σ_i y^i·s·Σ_t c_{i,t}·t becomes s·Σ_t (Σ_i y^i·c_{i,t})·t.
//! Eight rows of a matrix over the same eight S-boxes then cost eight multiplications and not 64.

use std::collections::{BTreeMap, HashMap};

use ff::Field;
use foldproof_params::lanes::Lanes;
use halo2_proofs::plonk::{Challenge, Expression};
use halo2curves::bn256::Fr;

use super::program::Program;

/// A node of the graph of values.
pub(super) type Id = usize;

/// Σ coefficient·node + constant. No coefficient is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Linear {
    pub(super) terms: BTreeMap<Id, Fr>,
    pub(super) constant: Fr,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Node {
    Read { column: usize, rotation: i32 },
    Product(Id, Id),
    Sum(Linear),
}

/// Where the columns of an expression stand among all columns.
pub(super) struct Columns {
    /// First advice column.
    pub advice: usize,
    /// First fixed column.
    pub fixed: usize,
    /// First instance column.
    pub instance: usize,
}

/// Takes constraints apart.
pub(super) struct Builder<'c> {
    columns: Columns,
    challenges: &'c [Fr],
    nodes: Vec<Node>,
    ids: HashMap<Node, Id>,
    /// What is to be added up under each selector.
    groups: BTreeMap<Id, Linear>,
    /// What is to be added up under none.
    unselected: Linear,
}

impl Linear {
    pub(super) fn constant(constant: Fr) -> Self {
        Self { terms: BTreeMap::new(), constant }
    }

    pub(super) fn scaled(mut self, factor: Fr) -> Self {
        if factor == Fr::ZERO {
            return Self::default();
        }
        self.terms.values_mut().for_each(|coefficient| *coefficient *= factor);
        self.constant *= factor;
        self
    }

    pub(super) fn plus(mut self, other: &Self) -> Self {
        self.add(other);
        self
    }

    pub(super) fn minus(self, other: Self) -> Self {
        self.plus(&other.scaled(-Fr::ONE))
    }

    fn add(&mut self, other: &Self) {
        for (id, coefficient) in &other.terms {
            let sum = self.terms.entry(*id).or_insert(Fr::ZERO);
            *sum += coefficient;
            if *sum == Fr::ZERO {
                self.terms.remove(id);
            }
        }
        self.constant += other.constant;
    }
}

impl<'c> Builder<'c> {
    pub(super) fn new(columns: Columns, challenges: &'c [Fr]) -> Self {
        let (nodes, ids) = (Vec::new(), HashMap::new());
        Self { columns, challenges, nodes, ids, groups: BTreeMap::new(), unselected: Linear::default() }
    }

    fn node(&mut self, node: Node) -> Id {
        *self.ids.entry(node).or_insert_with_key(|node| {
            self.nodes.push(node.clone());
            self.nodes.len() - 1
        })
    }

    fn term(&mut self, node: Node) -> Linear {
        Linear { terms: BTreeMap::from([(self.node(node), Fr::ONE)]), constant: Fr::ZERO }
    }

    /// A column's value, `rotation` rows further on.
    pub(super) fn read(&mut self, column: usize, rotation: i32) -> Linear {
        self.term(Node::Read { column, rotation })
    }

    pub(super) fn product(&mut self, a: &Linear, b: &Linear) -> Linear {
        let ((a, a_factor), (b, b_factor)) = match (a.terms.is_empty(), b.terms.is_empty()) {
            (true, _) => return b.clone().scaled(a.constant),
            (_, true) => return a.clone().scaled(b.constant),
            _ => (self.factor(a), self.factor(b)),
        };
        self.term(Node::Product(a.min(b), a.max(b))).scaled(a_factor * b_factor)
    }

    /// A node and what it is to be multiplied by.
    fn factor(&mut self, sum: &Linear) -> (Id, Fr) {
        match sum.terms.iter().next() {
            Some((id, coefficient)) if sum.terms.len() == 1 && sum.constant == Fr::ZERO => {
                (*id, *coefficient)
            }
            _ => (self.node(Node::Sum(sum.clone())), Fr::ONE),
        }
    }

    fn linear(&mut self, expression: &Expression<Fr>) -> Linear {
        match expression {
            Expression::Constant(value) => Linear::constant(*value),
            Expression::Selector(_) => unreachable!("a key's selectors are fixed columns"),
            Expression::Fixed(query) => {
                self.read(self.columns.fixed + query.column_index(), query.rotation().0)
            }
            Expression::Advice(query) => {
                self.read(self.columns.advice + query.column_index(), query.rotation().0)
            }
            Expression::Instance(query) => {
                self.read(self.columns.instance + query.column_index(), query.rotation().0)
            }
            Expression::Challenge(challenge) => {
                Linear::constant(self.challenges[Challenge::index(challenge)])
            }
            Expression::Negated(inner) => self.linear(inner).scaled(-Fr::ONE),
            Expression::Sum(a, b) => {
                let a = self.linear(a);
                a.plus(&self.linear(b))
            }
            Expression::Product(a, b) => {
                let (a, b) = (self.linear(a), self.linear(b));
                self.product(&a, &b)
            }
            Expression::Scaled(inner, factor) => self.linear(inner).scaled(*factor),
        }
    }

    /// Adds `weight`·`expression`, what is fixed of its factors being its selector.
    pub(super) fn add_expression(&mut self, expression: &Expression<Fr>, weight: Fr) {
        let mut factors = Vec::new();
        flatten(expression, &mut factors);
        let (fixed, rest): (Vec<_>, Vec<_>) = factors.into_iter().partition(|factor| is_fixed(factor));
        let mut multiply = |factors: &[&Expression<Fr>]| {
            factors.iter().fold(Linear::constant(Fr::ONE), |product, factor| {
                let factor = self.linear(factor);
                self.product(&product, &factor)
            })
        };
        let (selector, body) = (multiply(&fixed), multiply(&rest));
        self.add(&selector, body, weight);
    }

    /// Adds `weight`·`selector`·`body`.
    pub(super) fn add(&mut self, selector: &Linear, body: Linear, weight: Fr) {
        if selector.terms.is_empty() {
            self.unselected.add(&body.scaled(weight * selector.constant));
        } else {
            let (selector, factor) = self.factor(selector);
            self.groups.entry(selector).or_default().add(&body.scaled(weight * factor));
        }
    }

    /// The program for the sum of all that was added.
    pub(super) fn finish<V: Lanes<Field = Fr>>(mut self) -> Program<V> {
        let mut total = std::mem::take(&mut self.unselected);
        for (selector, body) in std::mem::take(&mut self.groups) {
            let selector = Linear { terms: BTreeMap::from([(selector, Fr::ONE)]), constant: Fr::ZERO };
            let product = self.product(&selector, &body);
            total.add(&product);
        }
        let root = self.node(Node::Sum(total));
        Program::new(&self.nodes, root)
    }
}

fn flatten<'e>(expression: &'e Expression<Fr>, factors: &mut Vec<&'e Expression<Fr>>) {
    match expression {
        Expression::Product(a, b) => {
            flatten(a, factors);
            flatten(b, factors);
        }
        other => factors.push(other),
    }
}

fn is_fixed(expression: &Expression<Fr>) -> bool {
    let any = |a: bool, b: bool| a && b;
    expression.evaluate(
        &|_| true,
        &|_| true,
        &|_| true,
        &|_| false,
        &|_| false,
        &|_| true,
        &|inner| inner,
        &any,
        &any,
        &|inner, _| inner,
    )
}
