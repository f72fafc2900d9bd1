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
