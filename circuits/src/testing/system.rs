//! The gates of a statement as polynomials over the cells of an assignment.

use std::collections::{BTreeSet, HashMap};

use halo2_proofs::plonk::{
    AdviceQuery, Challenge, Circuit, ConstraintSystem, Expression, FixedQuery, Selector,
};
use halo2curves::bn256::Fr;

use crate::assignment::{Assignment, Cell};
use crate::chips::{Gate, lookup, models};
use crate::layout::Layout;

/// A cell of either phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// First phase, by the columns of [`at`](crate::chips::at).
    First(Cell),
    /// Second phase, by the order of the columns.
    Second(Cell),
}

/// One polynomial of a gate.
#[derive(Clone)]
pub(super) struct Constraint {
    pub name: String,
    polynomial: Expression<Fr>,
    /// Whether it reads the second phase.
    pub second: bool,
    /// Gates that switch it on.
    pub gates: Vec<Gate>,
}

/// All polynomials, and halo2's names for columns and gates.
pub(super) struct System {
    pub constraints: Vec<Constraint>,
    /// By halo2's index of an advice column: constraints that read it, and at which rotation.
    pub readers: Vec<Vec<(usize, i32)>>,
    /// Our column of each of halo2's fixed columns, and our gate of each selector.
    fixed: Vec<usize>,
    pub gates: Vec<Gate>,
    /// halo2's index of each first-phase column, and of each second-phase column.
    first_index: HashMap<usize, usize>,
    second_index: Vec<usize>,
    pub challenges: Vec<Fr>,
}

/// How cells, constants and challenges become values of `T`.
pub(super) trait Algebra<T> {
    fn constant(&self, value: Fr) -> T;
    fn advice(&self, column: usize, row: Option<usize>) -> T;
    fn negated(&self, a: T) -> T;
    fn sum(&self, a: T, b: T) -> T;
    fn product(&self, a: T, b: T) -> T;
}

/// All cells of an assignment, second phase included, by halo2's columns.
pub(super) struct Values(pub Vec<Vec<Fr>>);

/// Cells of an assignment by halo2's columns, where they stand, and a second phase beside it.
pub(super) struct View<'v>(Vec<&'v [Fr]>);

impl Cells for View<'_> {
    fn at(&self, column: usize, row: usize) -> Fr {
        self.0[column][row]
    }
}

/// Cells by halo2's columns, as a gate reads them.
pub(super) trait Cells {
    fn at(&self, column: usize, row: usize) -> Fr;
}

impl Cells for Values {
    fn at(&self, column: usize, row: usize) -> Fr {
        self.0[column][row]
    }
}

impl<C: Cells> Algebra<Fr> for C {
    fn constant(&self, value: Fr) -> Fr {
        value
    }

    fn advice(&self, column: usize, row: Option<usize>) -> Fr {
        row.map_or(Fr::zero(), |row| self.at(column, row))
    }

    fn negated(&self, a: Fr) -> Fr {
        -a
    }

    fn sum(&self, a: Fr, b: Fr) -> Fr {
        a + b
    }

    fn product(&self, a: Fr, b: Fr) -> Fr {
        a * b
    }
}

impl System {
    pub fn new(layout: &Layout) -> Self {
        let mut cs = ConstraintSystem::default();
        let chips = Layout::configure_with_params(&mut cs, layout.statement().clone());
        // Any values will do, as long as they are not chosen by whoever changes cells.
        let challenges = (1..=chips.challenges.len() as u64).map(|i| -Fr::from(i * i + 7).square()).collect();
        let mut fixed: Vec<(usize, usize)> =
            chips.fixed_columns().map(|(index, column)| (column.index(), index)).collect();
        fixed.sort_unstable();
        let mut gates: Vec<(usize, Gate)> =
            chips.selectors().map(|(gate, selector)| (selector.index(), gate)).collect();
        gates.sort_unstable();
        let mut system = Self {
            constraints: Vec::new(),
            readers: vec![Vec::new(); cs.num_advice_columns()],
            fixed: fixed.into_iter().map(|(_, index)| index).collect(),
            gates: gates.into_iter().map(|(_, gate)| gate).collect(),
            first_index: chips.advice_columns().map(|(index, column)| (index, column.index())).collect(),
            second_index: chips.second.iter().map(|column| column.index()).collect(),
            challenges,
        };
        for gate in cs.gates() {
            for (index, polynomial) in gate.polynomials().iter().enumerate() {
                system.add(format!("{} / {}", gate.name(), gate.constraint_name(index)), polynomial);
            }
        }
        system
    }

    fn add(&mut self, name: String, polynomial: &Expression<Fr>) {
        let mut reads = queries(polynomial);
        reads.sort_unstable();
        reads.dedup();
        let second = reads.iter().any(|(column, _)| self.second_index.contains(column));
        let index = self.constraints.len();
        for (column, rotation) in reads {
            self.readers[column].push((index, rotation));
        }
        let gates = selectors(polynomial).into_iter().map(|selector| self.gates[selector]).collect();
        self.constraints.push(Constraint { name, polynomial: polynomial.clone(), second, gates });
    }

    /// halo2's column and the row of a place.
    pub fn index(&self, place: Place) -> (usize, usize) {
        match place {
            Place::First(cell) => (self.first_index[&cell.column], cell.row),
            Place::Second(cell) => (self.second_index[cell.column], cell.row),
        }
    }

    /// Our column of each of halo2's advice columns, if it is one of the first phase.
    pub fn first_columns(&self) -> Vec<Option<usize>> {
        let mut columns = vec![None; self.readers.len()];
        self.first_index.iter().for_each(|(ours, theirs)| columns[*theirs] = Some(*ours));
        columns
    }

    pub fn second_columns(&self) -> usize {
        self.second_index.len()
    }

    /// The cells of an assignment, with the second phase as a prover computes it.
    pub fn values(&self, assignment: &Assignment) -> Values {
        let mut values = self.first_phase(assignment);
        for (column, second) in self.second_index.iter().zip(self.second_phase(assignment)) {
            values.0[*column] = second;
        }
        values
    }

    /// The cells of an assignment, with a second phase that is empty.
    pub fn first_phase(&self, assignment: &Assignment) -> Values {
        let mut advice = vec![Vec::new(); self.readers.len()];
        for (index, column) in &self.first_index {
            advice[*column] = assignment.advice()[*index].clone();
        }
        Values(advice)
    }

    /// The cells of an assignment, with this second phase, or with one that is empty.
    pub fn view<'v>(&self, assignment: &'v Assignment, second: &'v [Vec<Fr>]) -> View<'v> {
        let mut columns: Vec<&[Fr]> = vec![&[]; self.readers.len()];
        self.first_index.iter().for_each(|(index, column)| columns[*column] = &assignment.advice()[*index]);
        self.second_index.iter().zip(second).for_each(|(column, values)| columns[*column] = values);
        View(columns)
    }

    /// The second phase of an assignment that differs in these rows from that of `honest`.
    pub fn second_phase_beside(
        &self,
        assignment: &Assignment,
        honest: &Values,
        rows: &BTreeSet<usize>,
    ) -> Vec<Vec<Fr>> {
        let count = lookup::columns(assignment.bands());
        let own: Vec<&[Fr]> =
            self.second_index[..count].iter().map(|column| &honest.0[*column][..]).collect();
        let challenges = [self.challenges[0], self.challenges[1]];
        let mut columns = lookup::second_phase_beside(assignment, challenges, &own, rows);
        columns.extend(models::second_phase(assignment, self.challenges.get(2..).unwrap_or_default()));
        columns
    }

    pub fn second_phase(&self, assignment: &Assignment) -> Vec<Vec<Fr>> {
        let challenge = |i: usize| self.challenges[i];
        let mut columns = lookup::second_phase(assignment, challenge(0), challenge(1));
        columns.extend(models::second_phase(assignment, self.challenges.get(2..).unwrap_or_default()));
        columns
    }

    /// Whether a constraint is on in a row.
    pub fn is_on(&self, assignment: &Assignment, constraint: usize, row: usize) -> bool {
        self.constraints[constraint].gates.iter().all(|gate| assignment.is_enabled(*gate, row))
    }

    /// A constraint in a row. Beside the usable rows everything is 0.
    pub fn evaluate<T>(
        &self,
        assignment: &Assignment,
        constraint: usize,
        row: usize,
        algebra: &impl Algebra<T>,
    ) -> T {
        let at =
            |rotation: i32| row.checked_add_signed(rotation as isize).filter(|row| *row < assignment.rows());
        self.constraints[constraint].polynomial.evaluate(
            &|constant| algebra.constant(constant),
            &|selector: Selector| {
                let on = assignment.is_enabled(self.gates[selector.index()], row);
                algebra.constant(Fr::from(u64::from(on)))
            },
            &|query: FixedQuery| {
                let row = at(query.rotation().0);
                let value = row.map(|row| assignment.fixed_at(self.fixed[query.column_index()], row));
                algebra.constant(value.unwrap_or(Fr::zero()))
            },
            &|query: AdviceQuery| algebra.advice(query.column_index(), at(query.rotation().0)),
            // Public inputs are what the assignment exposes.
            &|_| {
                algebra.constant(
                    assignment.instance().get(row).map_or(Fr::zero(), |cell| assignment.read(*cell)),
                )
            },
            &|challenge: Challenge| algebra.constant(self.challenges[challenge.index()]),
            &|a| algebra.negated(a),
            &|a, b| algebra.sum(a, b),
            &|a, b| algebra.product(a, b),
            &|a, factor| algebra.product(a, algebra.constant(factor)),
        )
    }
}

/// Selectors that switch a polynomial on.
fn selectors(polynomial: &Expression<Fr>) -> Vec<usize> {
    gather(polynomial, &|selector| vec![selector.index()], &|_| Vec::new())
}

/// Columns and rotations that a polynomial reads.
fn queries(polynomial: &Expression<Fr>) -> Vec<(usize, i32)> {
    gather(polynomial, &|_| Vec::new(), &|query| vec![(query.column_index(), query.rotation().0)])
}

/// What selectors and advice queries of a polynomial give, joined.
fn gather<T: Clone>(
    polynomial: &Expression<Fr>,
    selector: &impl Fn(Selector) -> Vec<T>,
    advice: &impl Fn(AdviceQuery) -> Vec<T>,
) -> Vec<T> {
    let join = |a: Vec<T>, b: Vec<T>| [a, b].concat();
    polynomial.evaluate(
        &|_| Vec::new(),
        selector,
        &|_| Vec::new(),
        advice,
        &|_| Vec::new(),
        &|_| Vec::new(),
        &|a| a,
        &join,
        &join,
        &|a, _| a,
    )
}
