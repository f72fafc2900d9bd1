//! Programs that compute the constraints' sum on blocks of rows.

use ff::Field;
use foldproof_params::lanes::{Lanes, TERMS};
use halo2curves::bn256::Fr;

use super::constraints::{Id, Linear, Node};

#[derive(Clone, Copy, Debug)]
enum Source {
    Column { column: usize, rotation: i32 },
    Register(usize),
}

enum Term<C> {
    Plus(Source),
    Minus(Source),
    Scaled(C, Source),
    Product(Source, Source),
    MinusProduct(Source, Source),
}

enum Step<C> {
    Product(Source, Source),
    /// Σ term + constant.
    Sum(Vec<Term<C>>, C),
    /// The same, on top of what the target holds.
    Add(Vec<Term<C>>),
}

/// Terms that wait for each other, their registers being in use: a sum is reduced once for all of them.
const WAITING: usize = 8;

/// Steps with the registers they write. The last one writes the result, a sum.
pub(super) struct Program<V: Lanes<Field = Fr>> {
    steps: Vec<(Step<V::Constant>, usize)>,
    registers: usize,
}

impl<V: Lanes<Field = Fr>> Program<V> {
    /// For the value of `root`.
    pub(super) fn new(nodes: &[Node], root: Id) -> Self {
        Scheduler::schedule(nodes, root)
    }

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
                terms.iter().filter(|term| !matches!(term, Term::Plus(_) | Term::Minus(_))).count()
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
    fn sum(&self, mut sum: V::Sum, terms: &[Term<V::Constant>]) -> V {
        let (full, last) = terms.as_chunks::<TERMS>();
        for terms in full {
            sum = V::finish(self.added(sum, terms)).resume();
        }
        V::finish(self.added(sum, last))
    }

    #[inline(always)]
    fn added(&self, mut sum: V::Sum, terms: &[Term<V::Constant>]) -> V::Sum {
        for term in terms {
            sum = match term {
                Term::Plus(term) => V::add(sum, self.source(term)),
                Term::Minus(term) => V::subtract(sum, self.source(term)),
                Term::Scaled(factor, term) => V::add_scaled(sum, self.source(term), factor),
                Term::Product(one, other) => V::add_product(sum, self.source(one), self.source(other)),
                Term::MinusProduct(one, other) => {
                    V::subtract_product(sum, self.source(one), self.source(other))
                }
            };
        }
        sum
    }
}

/// Terms of a sum that are yet to be added, and the nodes that they read.
struct Waiting<C> {
    terms: Vec<Term<C>>,
    read: Vec<Id>,
}

impl<C> Default for Waiting<C> {
    fn default() -> Self {
        Self { terms: Vec::new(), read: Vec::new() }
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
        let mut constant = Some(sum.constant);
        let mut waiting = Waiting::default();
        let (ready, later): (Vec<_>, Vec<_>) =
            sum.terms.iter().partition(|(id, _)| self.source(**id).is_some());
        for (id, coefficient) in ready.into_iter().chain(later) {
            self.emit_term(*id, *coefficient, &mut waiting);
            if waiting.terms.len() == WAITING {
                self.emit_terms(register, &mut constant, std::mem::take(&mut waiting));
            }
        }
        self.emit_terms(register, &mut constant, waiting);
        register
    }

    /// A term of a sum. A product that nobody else reads becomes one of the sum's own.
    fn emit_term(&mut self, id: Id, coefficient: Fr, waiting: &mut Waiting<V::Constant>) {
        let [one, minus_one] = [Fr::ONE, -Fr::ONE].map(|unit| coefficient == unit);
        if let Node::Product(a, b) = self.nodes[id]
            && self.uses[id] == 1
            && self.places[id].is_none()
            && (one || minus_one)
        {
            let (a_source, b_source) = (self.emit(a), self.emit(b));
            waiting.read.extend([a, b]);
            waiting.terms.push(if one {
                Term::Product(a_source, b_source)
            } else {
                Term::MinusProduct(a_source, b_source)
            });
            return;
        }
        let source = self.emit(id);
        waiting.read.push(id);
        waiting.terms.push(match (one, minus_one) {
            (true, _) => Term::Plus(source),
            (_, true) => Term::Minus(source),
            _ => Term::Scaled(V::constant(coefficient), source),
        });
    }

    fn emit_terms(&mut self, register: usize, constant: &mut Option<Fr>, waiting: Waiting<V::Constant>) {
        let Waiting { terms, read } = waiting;
        let step = match constant.take() {
            Some(constant) => Step::Sum(terms, V::constant(constant)),
            None if terms.is_empty() => return,
            None => Step::Add(terms),
        };
        self.program.steps.push((step, register));
        self.release(&read);
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
