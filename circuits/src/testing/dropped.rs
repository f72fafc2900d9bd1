//! Copies left out one at a time: whether some cell is then determined by nothing.
//!
//! An analysis of the circuit without a copy tells, and takes seconds for a block, which has thousands of copies. Mostly the answer is
//! near: without the copy, the cells that are equal fall into two parts, and one of them is *unfounded* — it belongs to a set of
//! cells of which no gate and no link gives any while all of the set are unknown, even if everything else is known. Such a set is grown
//! from the part: where a gate would give one of it, something that the gate itself determined joins it.
//!
//! Bounds are those of the circuit with the copy. They may be wider without it, so that gates determine less than is taken for
//! granted here: what is unfounded here is determined by nothing. The reverse does not hold; who finds no set asks the analysis.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use halo2curves::bn256::Fr;

use super::analysis::Analysis;
use super::determined::Step;
use super::polynomial::{Polynomial, Variable, Variables};
use super::system::{Algebra, Place};
use crate::assignment::{Cell, Role};
use crate::chips::{at, fixed_at, lookup};

/// Variables of a set, at most: from the first permutations everything follows.
const MOST: usize = 4000;

/// The copies of a layout, and what each determines.
pub struct Copies<'a, 'l> {
    analysis: &'a Analysis<'l>,
    neighbours: HashMap<Cell, Vec<Cell>>,
    /// By constraint and row.
    instances: HashMap<(usize, usize), usize>,
    /// By variable: the instance that made it known, if one did.
    by: Vec<Option<usize>>,
}

/// Variables, some cells of which are another one.
struct Split<'v> {
    variables: &'v Variables,
    part: &'v HashSet<Cell>,
    new: Variable,
}

impl Algebra<Polynomial> for Split<'_> {
    fn constant(&self, value: Fr) -> Polynomial {
        self.variables.constant(value)
    }

    fn advice(&self, column: usize, row: Option<usize>) -> Polynomial {
        let cell = row.and_then(|row| Some(Cell { column: self.variables.column(column)?, row }));
        if cell.is_some_and(|cell| self.part.contains(&cell)) {
            return Polynomial::variable(self.new);
        }
        self.variables.advice(column, row)
    }

    fn negated(&self, a: Polynomial) -> Polynomial {
        self.variables.negated(a)
    }

    fn sum(&self, a: Polynomial, b: Polynomial) -> Polynomial {
        self.variables.sum(a, b)
    }

    fn product(&self, a: Polynomial, b: Polynomial) -> Polynomial {
        self.variables.product(a, b)
    }
}

impl<'a, 'l> Copies<'a, 'l> {
    /// Of a layout that is analysed.
    pub fn new(analysis: &'a Analysis<'l>) -> Self {
        let mut neighbours: HashMap<Cell, Vec<Cell>> = HashMap::new();
        for (from, to) in analysis.assignment.copies() {
            neighbours.entry(*from).or_default().push(*to);
            neighbours.entry(*to).or_default().push(*from);
        }
        let (_, steps) = analysis.determine(&BTreeSet::new(), &|_| false);
        let mut by = vec![None; analysis.variables.cells.len()];
        for step in steps {
            if let Step::Gate { instance, outputs } = step {
                outputs.into_iter().for_each(|output| by[output as usize] = Some(instance));
            }
        }
        let instances = analysis.instances.iter().enumerate();
        let instances = instances.map(|(index, instance)| ((instance.constraint, instance.row), index));
        Self { analysis, neighbours, instances: instances.collect(), by }
    }

    /// A cell that nothing determines without a copy, by its place among all; none if none is found near it.
    pub fn lost_without(&self, index: usize) -> Option<Cell> {
        let (from, to) = self.analysis.assignment.copies()[index];
        let variable = self.analysis.variables.of(from);
        let interval = self.analysis.intervals[variable as usize].as_ref();
        if interval.is_some_and(|interval| interval.low == interval.high) {
            return None;
        }
        let part = self.part(from, to);
        if part.contains(&from) {
            return None;
        }
        let all = &self.analysis.variables.cells[variable as usize];
        let rest: HashSet<Cell> = all.iter().copied().filter(|cell| !part.contains(cell)).collect();
        [(to, part), (from, rest)].into_iter().find(|(_, part)| self.is_unfounded(part)).map(|(cell, _)| cell)
    }

    /// Cells that are equal to `to` without its copy from `from`.
    fn part(&self, from: Cell, to: Cell) -> HashSet<Cell> {
        let mut part = HashSet::from([to]);
        let mut reached = vec![to];
        let mut left_out = false;
        while let Some(cell) = reached.pop() {
            for next in &self.neighbours[&cell] {
                // Once: there may be another copy between the two.
                if !left_out && (cell, *next) == (to, from) {
                    left_out = true;
                } else if part.insert(*next) {
                    reached.push(*next);
                }
            }
        }
        part
    }

    /// Whether the copy says what a gate that reads nothing else says as well.
    pub fn is_said_by_a_gate(&self, index: usize) -> bool {
        let (from, to) = self.analysis.assignment.copies()[index];
        let (new, polynomials) = self.without(&self.part(from, to));
        let says = |(index, polynomial): (&usize, &Polynomial)| {
            polynomial.variables() == [new] && !self.analysis.is_claim(&self.analysis.instances[*index])
        };
        polynomials.iter().any(says)
    }

    /// A variable for cells that are no copies of others any more, and what the instances that read it say.
    fn without(&self, part: &HashSet<Cell>) -> (Variable, BTreeMap<usize, Polynomial>) {
        let Analysis { assignment, system, variables, .. } = self.analysis;
        let new = variables.cells.len() as Variable;
        let split = Split { variables, part, new };
        let mut polynomials: BTreeMap<usize, Polynomial> = BTreeMap::new();
        for cell in part {
            let (column, row) = system.index(Place::First(*cell));
            for (constraint, rotation) in &system.readers[column] {
                let Some(row) = row.checked_add_signed(-*rotation as isize) else { continue };
                let Some(instance) = self.instances.get(&(*constraint, row)) else { continue };
                let polynomial = || system.evaluate(assignment, *constraint, row, &split);
                polynomials.entry(*instance).or_insert_with(polynomial);
            }
        }
        (new, polynomials)
    }

    /// Whether cells, if they were no copies of others, would be determined by nothing.
    fn is_unfounded(&self, part: &HashSet<Cell>) -> bool {
        let Analysis { assignment, variables, instances, intervals, readers, .. } = self.analysis;
        if part.iter().any(|cell| matches!(assignment.role(*cell), Role::Free(_)) || self.is_linked(*cell)) {
            return false;
        }
        let Some(old) = part.iter().next().map(|cell| variables.of(*cell)) else { return false };
        let (new, polynomials) = self.without(part);
        let own: Vec<usize> = polynomials.keys().copied().collect();
        let interval = |v: Variable| intervals[if v == new { old } else { v } as usize].as_ref();
        let is_given = |v: &Variable| {
            let only = interval(*v).is_some_and(|interval| interval.low == interval.high);
            only || variables.cells[*v as usize].iter().any(|c| matches!(assignment.role(*c), Role::Free(_)))
        };
        let mut unknown = BTreeSet::from([new]);
        let mut due = vec![new];
        while let Some(variable) = due.pop() {
            let asked = if variable == new { &own } else { &readers[variable as usize] };
            for index in asked {
                let instance = &instances[*index];
                if self.analysis.is_claim(instance) {
                    continue;
                }
                let polynomial = polynomials.get(index).unwrap_or(&instance.polynomial);
                while !self
                    .analysis
                    .solved(polynomial, instance.integer, |v| !unknown.contains(&v), interval)
                    .is_empty()
                {
                    // What follows by this gate from what is unknown is unknown too.
                    let follows = polynomial.variables().into_iter().find(|v| {
                        *v != old
                            && !unknown.contains(v)
                            && self.by[*v as usize] == Some(*index)
                            && !is_given(v)
                    });
                    let Some(follows) = follows else { return false };
                    if variables.cells[follows as usize].iter().any(|cell| self.is_linked(*cell)) {
                        return false;
                    }
                    unknown.insert(follows);
                    due.push(follows);
                }
            }
            if unknown.len() > MOST {
                return false;
            }
        }
        true
    }

    /// Whether a cell is one that a link takes from its text, or that the range table has beside a limb.
    fn is_linked(&self, cell: Cell) -> bool {
        let assignment = self.analysis.assignment;
        if at::OUT.contains(&cell.column) {
            return true;
        }
        assignment.bands().has_links()
            && lookup::carried(assignment.bands()).contains(&cell.column)
            && assignment.fixed_at(fixed_at::LINKS, cell.row) == Fr::from(fixed_at::LINK)
    }
}
