//! Arithmetic modulo r, shared where it repeats and reduced where it must be.
//!
//! Code for a value comes with a bound: the number on the stack is below so many times r. 5 r is below 2²⁵⁶ and 6 r is not, so numbers are added without reduction as long as their bounds come to no more
//! than [`MOST`]; `mulmod` and `addmod` take any two numbers of 256 bits and give one below r.

use std::collections::{BTreeMap, HashMap};

use ff::PrimeField;
use foldproof_verifier::plonk::{Input, Node, Value, Values};
use halo2curves::bn256::Fr;
use num_bigint::BigUint;

use super::code::{load, modulus, named, store};
use super::memory::TWICE_MODULUS;
use crate::yul::{Expr, Statement, call};

/// Most times r that a number may come to.
pub const MOST: u64 = 5;
/// Constants of no more bytes stand in the code; larger ones are data.
const INLINE: usize = 3;

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
    uses: BTreeMap<Value, usize>,
    /// Where what is given lies, and its name.
    given: &'a dyn Fn(Input) -> (usize, String),
    stored: BTreeMap<Value, (usize, u64)>,
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
        given: &'a dyn Fn(Input) -> (usize, String),
        next: &'a mut usize,
        constants: &'a mut Constants,
    ) -> Self {
        Self { values, uses: values.uses(roots), given, stored: BTreeMap::new(), next, constants }
    }

    /// Code for a value; statements that store parts of it are added to `before`.
    pub fn write(&mut self, value: Value, before: &mut Vec<Statement>) -> Bounded {
        if let Some((place, bound)) = self.stored.get(&value) {
            return Bounded { expr: load(*place), bound: *bound };
        }
        let written = match self.values.get(value) {
            Node::Input(input) => {
                let (place, name) = (self.given)(input);
                return Bounded::reduced(named(place, &name));
            }
            Node::Constant(number) => return Bounded::reduced(self.constants.load(number)),
            Node::Sum(a, b) => self.write(a, before).plus(self.write(b, before)),
            Node::Difference(a, b) => self.write(a, before).minus(self.write(b, before)),
            Node::Product(a, b) => self.write(a, before).times(self.write(b, before)),
        };
        if self.uses.get(&value).is_none_or(|uses| *uses < 2) {
            return written;
        }
        let place = *self.next;
        *self.next = place.saturating_add(32);
        before.push(store(place, written.expr));
        self.stored.insert(value, (place, written.bound));
        Bounded { expr: load(place), bound: written.bound }
    }
}
