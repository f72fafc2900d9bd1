//! Arithmetic modulo r, shared where it repeats and reduced where it must be.
//!
//! A [`Values`] holds values made of others, each once. Code for a value comes with a bound: the number on the stack is below so
//! many times r. 5 r is below 2²⁵⁶ and 6 r is not, so numbers are added without reduction as long as their bounds come to no more
//! than [`MOST`]; `mulmod` and `addmod` take any two numbers of 256 bits and give one below r.

use std::collections::HashMap;

use ff::{Field, PrimeField};
use halo2curves::bn256::Fr;
use num_bigint::BigUint;

use super::code::{load, modulus, named, store};
use super::memory::TWICE_MODULUS;
use crate::yul::{Expr, Statement, call};

/// Most times r that a number may come to.
pub const MOST: u64 = 5;
/// Constants of no more bytes stand in the code; larger ones are data.
const INLINE: usize = 3;

/// A value: its place in [`Values`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Value(usize);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node {
    /// A number below r in memory.
    Loaded(usize),
    Constant(Fr),
    Sum(Value, Value),
    Difference(Value, Value),
    Product(Value, Value),
}

/// Values, each once.
#[derive(Debug, Default)]
pub struct Values {
    nodes: Vec<Node>,
    places: HashMap<Node, Value>,
    names: HashMap<usize, String>,
}

#[expect(clippy::arithmetic_side_effects, reason = "operations of a prime field")]
impl Values {
    fn node(&mut self, node: Node) -> Value {
        let next = Value(self.nodes.len());
        let value = *self.places.entry(node).or_insert(next);
        if value == next {
            self.nodes.push(node);
        }
        value
    }

    fn get(&self, value: Value) -> Node {
        // Values come from here only.
        self.nodes.get(value.0).copied().unwrap_or(Node::Constant(Fr::ZERO))
    }

    /// A number below r at a place in memory.
    pub fn loaded(&mut self, place: usize, name: impl Into<String>) -> Value {
        self.names.entry(place).or_insert_with(|| name.into());
        self.node(Node::Loaded(place))
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

    /// What a value is made of.
    fn operands(&self, value: Value) -> [Option<Value>; 2] {
        match self.get(value) {
            Node::Loaded(_) | Node::Constant(_) => [None, None],
            Node::Sum(a, b) | Node::Difference(a, b) | Node::Product(a, b) => [Some(a), Some(b)],
        }
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

/// Code, and how many times r its number is below.
#[derive(Clone, Debug)]
pub struct Bounded {
    pub expr: Expr,
    pub bound: u64,
}

impl Bounded {
    /// A number below r.
    pub fn reduced(expr: Expr) -> Self {
        Self { expr, bound: 1 }
    }

    /// The number modulo r, below r.
    pub fn reduce(self) -> Expr {
        if self.bound == 1 { self.expr } else { call("mod", [self.expr, modulus()]) }
    }

    /// a + b.
    pub fn plus(self, other: Self) -> Self {
        match self.bound.saturating_add(other.bound) {
            bound if bound <= MOST => Self { expr: call("add", [self.expr, other.expr]), bound },
            _ => Self::reduced(call("addmod", [self.expr, other.expr, modulus()])),
        }
    }

    /// a − b, as a + (m·r − b) where b is below m·r.
    pub fn minus(self, other: Self) -> Self {
        let (multiple, other) = match other.bound {
            1 => (modulus(), other.expr),
            2 => (named(TWICE_MODULUS, "2 r"), other.expr),
            _ => (modulus(), other.reduce()),
        };
        let bound = if multiple == modulus() { 1 } else { 2 };
        // Not below m·r but equal to it if b is 0: then a is below its own bound, and the sum below both.
        self.plus(Self { expr: call("sub", [multiple, other]), bound })
    }

    /// a·b.
    pub fn times(self, other: Self) -> Self {
        Self::reduced(call("mulmod", [self.expr, other.expr, modulus()]))
    }
}

/// Writes code for values: what is used more than once is stored when it is first needed. The code has no branches, so that of
/// several proofs each stores all of it anew.
pub struct Writer<'a> {
    values: &'a Values,
    uses: Vec<usize>,
    stored: HashMap<Value, (usize, u64)>,
    /// Where the next one is stored.
    next: &'a mut usize,
    constants: &'a mut Constants,
}

/// Numbers that lie in data, by their place there.
#[derive(Debug, Default)]
pub struct Constants {
    /// In the order they lie there.
    pub numbers: Vec<Fr>,
    places: HashMap<Fr, usize>,
    /// Where in memory the first comes to lie.
    start: usize,
}

impl Constants {
    /// For numbers that come to lie from that place on.
    pub fn starting_at(start: usize) -> Self {
        Self { start, ..Self::default() }
    }

    fn place(&mut self, number: Fr) -> usize {
        let next = self.numbers.len();
        let index = *self.places.entry(number).or_insert(next);
        if index == next {
            self.numbers.push(number);
        }
        self.start.saturating_add(index.saturating_mul(32))
    }

    /// Code for a number.
    pub fn load(&mut self, number: Fr) -> Expr {
        let whole = BigUint::from_bytes_le(number.to_repr().as_ref());
        if whole.to_bytes_be().len() <= INLINE { whole.into() } else { load(self.place(number)) }
    }
}

impl<'a> Writer<'a> {
    /// For the values that `roots` are made of.
    pub fn new(
        values: &'a Values,
        roots: impl IntoIterator<Item = Value>,
        next: &'a mut usize,
        constants: &'a mut Constants,
    ) -> Self {
        let mut uses = vec![0_usize; values.nodes.len()];
        let mut open: Vec<Value> = roots.into_iter().collect();
        while let Some(value) = open.pop() {
            let Some(count) = uses.get_mut(value.0) else { continue };
            *count = count.saturating_add(1);
            // What a value is made of is computed once, however often the value is used.
            if *count == 1 {
                open.extend(values.operands(value).into_iter().flatten());
            }
        }
        Self { values, uses, stored: HashMap::new(), next, constants }
    }

    /// Code for a value; statements that store parts of it are added to `before`.
    pub fn write(&mut self, value: Value, before: &mut Vec<Statement>) -> Bounded {
        if let Some((place, bound)) = self.stored.get(&value) {
            return Bounded { expr: load(*place), bound: *bound };
        }
        let written = match self.values.get(value) {
            Node::Loaded(place) => {
                let name = self.values.names.get(&place).cloned().unwrap_or_default();
                return Bounded::reduced(named(place, &name));
            }
            Node::Constant(number) => return Bounded::reduced(self.constants.load(number)),
            Node::Sum(a, b) => self.write(a, before).plus(self.write(b, before)),
            Node::Difference(a, b) => self.write(a, before).minus(self.write(b, before)),
            Node::Product(a, b) => self.write(a, before).times(self.write(b, before)),
        };
        if self.uses.get(value.0).is_none_or(|uses| *uses < 2) {
            return written;
        }
        let place = *self.next;
        *self.next = place.saturating_add(32);
        before.push(store(place, written.expr));
        self.stored.insert(value, (place, written.bound));
        Bounded { expr: load(place), bound: written.bound }
    }
}
