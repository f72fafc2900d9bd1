//! Constraints, compiled to a program that is run on blocks of rows.
//!
//! What a proof needs is Σ y^i·constraint_i at each point of a coset. Constraints are taken apart into sums with
//! constant coefficients of products; equal parts are computed once; and since challenges are known by then, terms that
//! stand in several constraints under the same selector are merged: Σ_i y^i·s·Σ_t c_{i,t}·t becomes s·Σ_t (Σ_i y^i·c_{i,t})·t.
//! Eight rows of a matrix over the same eight S-boxes then cost eight multiplications and not 64.

use std::collections::{BTreeMap, HashMap};

use ff::Field;
use foldproof_params::lanes::{Lanes, TERMS};
use halo2_proofs::plonk::{Challenge, Expression};
use halo2curves::bn256::Fr;

/// A node of the graph of values.
type Id = usize;

/// Σ coefficient·node + constant. No coefficient is 0.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Linear {
    terms: BTreeMap<Id, Fr>,
    constant: Fr,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Node {
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
        Scheduler::schedule(&self.nodes, root)
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

#[derive(Clone, Copy, Debug)]
enum Source {
    Column { column: usize, rotation: i32 },
    Register(usize),
}

enum Factor<C> {
    One,
    MinusOne,
    Constant(C),
}

enum Step<C> {
    Product(Source, Source),
    /// Σ factor·term + constant.
    Sum(Vec<(Factor<C>, Source)>, C),
    /// The same, on top of what the target holds.
    Add(Vec<(Factor<C>, Source)>),
}

/// Steps with the registers they write. The last one writes the result, a sum.
pub(super) struct Program<V: Lanes<Field = Fr>> {
    steps: Vec<(Step<V::Constant>, usize)>,
    registers: usize,
}

impl<V: Lanes<Field = Fr>> Program<V> {
    /// Registers for a run: a block each.
    pub(super) fn registers(&self) -> Vec<V> {
        let zero = V::constant(Fr::ZERO);
        let zero = V::run(
            #[inline(always)]
            || V::finish(V::start(&zero)),
        );
        vec![zero; self.registers * V::BLOCK]
    }

    /// Multiplications a row.
    pub(super) fn multiplications(&self) -> usize {
        let of = |step: &Step<V::Constant>| match step {
            Step::Product(..) => 1,
            Step::Sum(terms, _) | Step::Add(terms) => {
                terms.iter().filter(|(factor, _)| matches!(factor, Factor::Constant(_))).count()
            }
        };
        self.steps.iter().map(|(step, _)| of(step)).sum()
    }

    /// The values of a block of vectors, of which there may be fewer at the end. `columns` have `reach` vectors in front.
    pub(super) fn run(&self, registers: &mut [V], columns: &[Vec<V>], start: usize, values: &mut [V]) {
        V::run(
            #[inline(always)]
            || {
                let mut result = 0;
                for (step, target) in &self.steps {
                    result = target * V::BLOCK;
                    for i in 0..values.len() {
                        let read = Reader { registers, columns, row: start + i, i };
                        registers[result + i] = match step {
                            Step::Product(a, b) => read.source(a).times(read.source(b)),
                            Step::Sum(terms, constant) => read.sum(V::start(constant), terms),
                            Step::Add(terms) => read.sum(registers[result + i].resume(), terms),
                        };
                    }
                }
                values.copy_from_slice(&registers[result..result + values.len()]);
            },
        );
    }
}

/// Reads what a step takes for one vector.
struct Reader<'r, V> {
    registers: &'r [V],
    columns: &'r [Vec<V>],
    /// In framed columns.
    row: usize,
    /// In the block.
    i: usize,
}

impl<V: Lanes<Field = Fr>> Reader<'_, V> {
    #[inline(always)]
    fn source(&self, source: &Source) -> V {
        match source {
            Source::Column { column, rotation } => {
                self.columns[*column][self.row.wrapping_add_signed(*rotation as isize)]
            }
            Source::Register(register) => self.registers[register * V::BLOCK + self.i],
        }
    }

    #[inline(always)]
    fn sum(&self, mut sum: V::Sum, terms: &[(Factor<V::Constant>, Source)]) -> V {
        for terms in terms.chunks(TERMS) {
            for (factor, source) in terms {
                let term = self.source(source);
                sum = match factor {
                    Factor::One => V::add(sum, term),
                    Factor::MinusOne => V::subtract(sum, term),
                    Factor::Constant(constant) => V::add(sum, term.times_constant(constant)),
                };
            }
            sum = V::finish(sum).resume();
        }
        V::finish(sum)
    }
}

/// Puts nodes in order: each when it is first needed, sums growing as their terms come, so that few registers are in use
/// at a time.
struct Scheduler<'n, V: Lanes<Field = Fr>> {
    nodes: &'n [Node],
    /// How often a node is yet to be read.
    uses: Vec<usize>,
    places: Vec<Option<usize>>,
    free: Vec<usize>,
    program: Program<V>,
}

impl<'n, V: Lanes<Field = Fr>> Scheduler<'n, V> {
    fn schedule(nodes: &'n [Node], root: Id) -> Program<V> {
        let mut uses = vec![0; nodes.len()];
        uses[root] = 1;
        let mut stack = vec![root];
        while let Some(id) = stack.pop() {
            for part in parts(&nodes[id]) {
                if uses[part] == 0 {
                    stack.push(part);
                }
                uses[part] += 1;
            }
        }
        let program = Program { steps: Vec::new(), registers: 0 };
        let mut scheduler = Self { nodes, uses, places: vec![None; nodes.len()], free: Vec::new(), program };
        scheduler.emit(root);
        scheduler.program
    }

    fn register(&mut self) -> usize {
        self.free.pop().unwrap_or_else(|| {
            self.program.registers += 1;
            self.program.registers - 1
        })
    }

    /// Where a node's value is, if it need not be computed first.
    fn source(&self, id: Id) -> Option<Source> {
        match &self.nodes[id] {
            Node::Read { column, rotation } => Some(Source::Column { column: *column, rotation: *rotation }),
            _ => self.places[id].map(Source::Register),
        }
    }

    fn emit(&mut self, id: Id) -> Source {
        if let Some(source) = self.source(id) {
            return source;
        }
        let nodes = self.nodes;
        let register = match &nodes[id] {
            Node::Product(a, b) => {
                let (one, other) = (self.emit(*a), self.emit(*b));
                // The result is written after its sources are read, so it may take the place of one of them.
                self.release(&[*a, *b]);
                let register = self.register();
                self.program.steps.push((Step::Product(one, other), register));
                register
            }
            Node::Sum(sum) => self.emit_sum(sum),
            Node::Read { .. } => unreachable!("columns are read where they are"),
        };
        self.places[id] = Some(register);
        Source::Register(register)
    }

    fn emit_sum(&mut self, sum: &Linear) -> usize {
        let register = self.register();
        let (mut ready, later): (Vec<_>, Vec<_>) =
            sum.terms.iter().partition(|(id, _)| self.source(**id).is_some());
        let mut constant = Some(sum.constant);
        for (id, coefficient) in later {
            self.emit(*id);
            ready.push((id, coefficient));
            self.emit_terms(register, &mut constant, std::mem::take(&mut ready));
        }
        self.emit_terms(register, &mut constant, ready);
        register
    }

    fn emit_terms(&mut self, register: usize, constant: &mut Option<Fr>, ready: Vec<(&Id, &Fr)>) {
        let factor = |factor: &Fr| match *factor {
            factor if factor == Fr::ONE => Factor::One,
            factor if factor == -Fr::ONE => Factor::MinusOne,
            factor => Factor::Constant(V::constant(factor)),
        };
        let sources = ready.iter().filter_map(|(id, by)| Some((factor(by), self.source(**id)?)));
        let terms: Vec<_> = sources.collect();
        let step = match constant.take() {
            Some(constant) => Step::Sum(terms, V::constant(constant)),
            None if terms.is_empty() => return,
            None => Step::Add(terms),
        };
        self.program.steps.push((step, register));
        let ids: Vec<Id> = ready.into_iter().map(|(id, _)| *id).collect();
        self.release(&ids);
    }

    fn release(&mut self, ids: &[Id]) {
        for id in ids {
            self.uses[*id] -= 1;
            if self.uses[*id] == 0 {
                self.free.extend(self.places[*id]);
            }
        }
    }
}

fn parts(node: &Node) -> Vec<Id> {
    match node {
        Node::Read { .. } => Vec::new(),
        Node::Product(a, b) => vec![*a, *b],
        Node::Sum(sum) => sum.terms.keys().copied().collect(),
    }
}
