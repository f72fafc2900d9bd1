//! Values made of others, each once: what a verifier computes, be it here or by code that is written for somewhere else.

use std::collections::BTreeMap;

use ff::Field;
use halo2curves::bn256::Fr;

use super::protocol::Challenge;

/// A value: its place in [`Values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Value(usize);

/// What values begin with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Input {
    /// A number of the proof, counted in the order they are read.
    Number(usize),
    /// A challenge.
    Challenge(Challenge),
    /// The public inputs' polynomial at x.
    Instance,
    /// Polynomials at x: 1 in the first row and 0 in others.
    FirstRow,
    /// 1 in the last row that copies reach.
    LastRow,
    /// 1 in those after it, which are random.
    RandomRows,
    /// 1 / x.
    InverseOfX,
    /// 1 / Π (u − point) over points that the first set of the opening lacks.
    InverseOfLacking,
    /// How much the proof weighs in a batch.
    Weight,
}

/// How a value comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Node {
    /// It is given.
    Input(Input),
    /// It is known.
    Constant(Fr),
    /// a + b.
    Sum(Value, Value),
    /// a − b.
    Difference(Value, Value),
    /// a·b.
    Product(Value, Value),
}

/// Values, each once, those that others are made of in front of them.
#[derive(Clone, Debug, Default)]
pub struct Values {
    nodes: Vec<Node>,
    places: BTreeMap<Node, Value>,
}

impl Values {
    fn node(&mut self, node: Node) -> Value {
        let next = Value(self.nodes.len());
        let value = *self.places.entry(node).or_insert(next);
        if value == next {
            self.nodes.push(node);
        }
        value
    }

    /// How a value comes about.
    pub fn get(&self, value: Value) -> Node {
        // Values come from here only.
        self.nodes.get(value.0).copied().unwrap_or(Node::Constant(Fr::ZERO))
    }

    /// One that is given.
    pub fn input(&mut self, input: Input) -> Value {
        self.node(Node::Input(input))
    }

    /// A number that is known.
    pub fn constant(&mut self, constant: Fr) -> Value {
        self.node(Node::Constant(constant))
    }

    /// a + b.
    pub fn sum(&mut self, a: Value, b: Value) -> Value {
        match (self.get(a), self.get(b)) {
            (Node::Constant(a), Node::Constant(b)) => self.constant(a + b),
            (Node::Constant(zero), _) if zero == Fr::ZERO => b,
            (_, Node::Constant(zero)) if zero == Fr::ZERO => a,
            (Node::Difference(zero, c), _) if self.get(zero) == Node::Constant(Fr::ZERO) => {
                self.difference(b, c)
            }
            (_, Node::Difference(zero, c)) if self.get(zero) == Node::Constant(Fr::ZERO) => {
                self.difference(a, c)
            }
            _ => self.node(Node::Sum(a.min_by_place(b), a.max_by_place(b))),
        }
    }

    /// a − b.
    pub fn difference(&mut self, a: Value, b: Value) -> Value {
        match (self.get(a), self.get(b)) {
            (Node::Constant(a), Node::Constant(b)) => self.constant(a - b),
            (_, Node::Constant(zero)) if zero == Fr::ZERO => a,
            _ => self.node(Node::Difference(a, b)),
        }
    }

    /// −a.
    pub fn negative(&mut self, a: Value) -> Value {
        let zero = self.constant(Fr::ZERO);
        self.difference(zero, a)
    }

    /// a·b.
    pub fn product(&mut self, a: Value, b: Value) -> Value {
        match (self.get(a), self.get(b)) {
            (Node::Constant(a), Node::Constant(b)) => self.constant(a * b),
            (Node::Constant(one), _) if one == Fr::ONE => b,
            (_, Node::Constant(one)) if one == Fr::ONE => a,
            (Node::Constant(zero), _) | (_, Node::Constant(zero)) if zero == Fr::ZERO => self.constant(zero),
            _ => self.node(Node::Product(a.min_by_place(b), a.max_by_place(b))),
        }
    }

    /// Π of values.
    pub fn product_of(&mut self, values: impl IntoIterator<Item = Value>) -> Value {
        let one = self.constant(Fr::ONE);
        values.into_iter().fold(one, |product, value| self.product(product, value))
    }

    /// The same values, one of which comes about in another way.
    #[cfg(test)]
    pub(crate) fn with(&self, value: Value, node: Node) -> Self {
        let mut changed = self.clone();
        changed.nodes[value.0] = node;
        changed
    }

    /// How often each value is used, once by each of `roots` and by each value that they are made of.
    pub fn uses(&self, roots: impl IntoIterator<Item = Value>) -> BTreeMap<Value, usize> {
        let mut uses = BTreeMap::new();
        let mut open: Vec<Value> = roots.into_iter().collect();
        while let Some(value) = open.pop() {
            let count = uses.entry(value).or_insert(0_usize);
            *count = count.saturating_add(1);
            // What a value is made of is computed once, however often the value is used.
            if *count == 1 {
                match self.get(value) {
                    Node::Input(_) | Node::Constant(_) => {}
                    Node::Sum(a, b) | Node::Difference(a, b) | Node::Product(a, b) => open.extend([a, b]),
                }
            }
        }
        uses
    }

    /// All values. An input may depend on values in front of it; `None` if one is not given.
    pub fn evaluate(&self, mut input: impl FnMut(Input, &Evaluated) -> Option<Fr>) -> Option<Evaluated> {
        let mut evaluated = Evaluated(Vec::with_capacity(self.nodes.len()));
        for node in &self.nodes {
            let value = match node {
                Node::Input(of) => input(*of, &evaluated)?,
                Node::Constant(constant) => *constant,
                Node::Sum(a, b) => evaluated.get(*a)? + evaluated.get(*b)?,
                Node::Difference(a, b) => evaluated.get(*a)? - evaluated.get(*b)?,
                Node::Product(a, b) => evaluated.get(*a)? * evaluated.get(*b)?,
            };
            evaluated.0.push(value);
        }
        Some(evaluated)
    }
}

impl Value {
    fn min_by_place(self, other: Self) -> Self {
        if self.0 <= other.0 { self } else { other }
    }

    fn max_by_place(self, other: Self) -> Self {
        if self.0 <= other.0 { other } else { self }
    }
}

/// What values are for one proof.
#[derive(Debug)]
pub struct Evaluated(Vec<Fr>);

impl Evaluated {
    /// A value, if it has been evaluated.
    pub fn get(&self, value: Value) -> Option<Fr> {
        self.0.get(value.0).copied()
    }
}
