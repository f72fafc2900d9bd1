//! Which cells gates and look-ups determine, whatever the witness.
//!
//! Starting with the cells that are declared free, a gate with one unknown cell left determines it, and so does a gate whose
//! unknown cells are digits: each counts for more than all below it together can make up. Everything must be determined
//! in the end; a cell that should have been copied and was only assigned is not.

use std::collections::{BTreeSet, HashMap, VecDeque};

use num_bigint::BigInt;

use super::analysis::{Analysis, Instance};
use super::polynomial::{Interval, Polynomial, Variable, half_field, signed};
use crate::assignment::{Cell, Role};
use crate::chips::{LIMBS, at, fixed_at, lookup};
use crate::fixed::to_u64;

impl Analysis<'_> {
    /// Cells that are assigned, or read by a gate that is on, and that nothing determines.
    pub fn undetermined(&self) -> Vec<Cell> {
        self.undetermined_but(&BTreeSet::new())
    }

    /// Whether an instance reads a cell that was written.
    fn reads_written(&self, instance: usize) -> bool {
        let written = |cell: &Cell| self.assignment.role(*cell) != Role::Blank;
        let variables = self.instances[instance].variables.iter();
        variables.flat_map(|variable| &self.variables.cells[*variable as usize]).any(written)
    }

    /// Likewise, if `forgotten` were not free although they are declared to be.
    pub fn undetermined_but(&self, forgotten: &BTreeSet<Cell>) -> Vec<Cell> {
        self.determine(forgotten, &|_| false).0
    }

    /// Likewise, if instances that are `removed` were not there; with the steps in which all others became known.
    pub(super) fn determine(
        &self,
        forgotten: &BTreeSet<Cell>,
        removed: &dyn Fn(&Instance) -> bool,
    ) -> (Vec<Cell>, Vec<Step>) {
        let mut known = Known {
            analysis: self,
            known: vec![false; self.intervals.len()],
            unknown: self.instances.iter().map(|instance| instance.variables.len()).collect(),
            queue: (0..self.instances.len()).collect(),
            removed: self.instances.iter().map(removed).collect(),
            steps: Vec::new(),
        };
        for (variable, cells) in self.variables.cells.iter().enumerate() {
            let free = |cell: &Cell| {
                matches!(self.assignment.role(*cell), Role::Free(_)) && !forgotten.contains(cell)
            };
            let only =
                self.intervals[variable].as_ref().is_some_and(|interval| interval.low == interval.high);
            if only || cells.iter().any(free) {
                known.learn(variable as Variable);
            }
        }
        known.all();
        // Counts are what the sums of fractions need once all that is looked up is known.
        let counts = |cell: &Cell| {
            cell.column == at::COUNT || lookup::count_of_entry(self.assignment, cell.row) == Some(cell.column)
        };
        let unknown = self.variables.cells.iter().enumerate().filter(|(variable, _)| !known.known[*variable]);
        let read = |(variable, cells): &(usize, &Vec<Cell>)| {
            let written = cells.iter().any(|cell| self.assignment.role(*cell) != Role::Blank);
            // What nobody wrote matters if a gate reads it together with something that was written. (Rows without a
            // permutation have S-boxes and their squares that nothing else reads.)
            let asks = |reader: &usize| !known.removed[*reader] && self.reads_written(*reader);
            written || self.readers[*variable].iter().any(asks)
        };
        let cells = unknown.filter(read).map(|(_, cells)| cells[0]).filter(|cell| !counts(cell)).collect();
        (cells, known.steps)
    }
}

impl Analysis<'_> {
    /// Unknown variables of which a polynomial that is 0 leaves one value each: one of them, or several that are digits.
    pub(super) fn solved<'i>(
        &self,
        polynomial: &Polynomial,
        integer: bool,
        known: impl Fn(Variable) -> bool,
        interval: impl Fn(Variable) -> Option<&'i Interval>,
    ) -> Vec<Variable> {
        let mut unknown = polynomial.0.keys().flatten().copied().filter(|v| !known(*v));
        let first = unknown.next();
        if !integer && unknown.any(|v| Some(v) != first) {
            return Vec::new();
        }
        let value = |v: Variable| self.assignment.read(self.variables.cells[v as usize][0]);
        let Some(terms) = polynomial.terms(known, value) else { return Vec::new() };
        let mut digits = Vec::new();
        for (variable, coefficient) in &terms {
            let Some(interval) = interval(*variable) else {
                // One unknown is determined whatever its size.
                return if terms.len() == 1 { vec![*variable] } else { Vec::new() };
            };
            let factor = BigInt::from(signed(*coefficient).magnitude().clone());
            digits.push((factor, &interval.high - &interval.low, *variable));
        }
        digits.sort();
        let mut below = BigInt::from(0);
        for (factor, width, _) in &digits {
            if below >= *factor {
                return Vec::new();
            }
            below += factor * width;
        }
        let apart = below < half_field() || digits.len() == 1;
        if apart { digits.into_iter().map(|(_, _, variable)| variable).collect() } else { Vec::new() }
    }
}

/// How variables became known.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// A gate determines them.
    Gate { instance: usize, outputs: Vec<Variable> },
    /// A link takes this column from its text.
    Link { row: usize, column: usize },
    /// The range table has it beside a limb: the first or the fifth.
    Out { row: usize, limb: usize },
}

/// What is determined so far.
struct Known<'a, 'l> {
    analysis: &'a Analysis<'l>,
    known: Vec<bool>,
    /// By instance, how many of its variables are not.
    unknown: Vec<usize>,
    queue: VecDeque<usize>,
    /// By instance, whether it is not asked.
    removed: Vec<bool>,
    steps: Vec<Step>,
}

impl Known<'_, '_> {
    fn learn(&mut self, variable: Variable) {
        if !std::mem::replace(&mut self.known[variable as usize], true) {
            for instance in &self.analysis.readers[variable as usize] {
                self.unknown[*instance] -= 1;
                if self.unknown[*instance] == 1 || self.analysis.instances[*instance].integer {
                    self.queue.push_back(*instance);
                }
            }
        }
    }

    fn all(&mut self) {
        loop {
            while let Some(index) = self.queue.pop_front() {
                let mut outputs = self.ask(index);
                outputs.retain(|variable| !self.known[*variable as usize]);
                outputs.iter().for_each(|variable| self.learn(*variable));
                if !outputs.is_empty() {
                    self.steps.push(Step::Gate { instance: index, outputs });
                }
            }
            self.links();
            self.outs();
            if self.queue.is_empty() {
                return;
            }
        }
    }

    /// Variables that an instance determines.
    fn ask(&self, index: usize) -> Vec<Variable> {
        let Analysis { instances, intervals, .. } = self.analysis;
        let instance = &instances[index];
        if self.unknown[index] == 0 || self.removed[index] || self.analysis.is_claim(instance) {
            return Vec::new();
        }
        let known = |v: Variable| self.known[v as usize];
        let interval = |v: Variable| intervals[v as usize].as_ref();
        self.analysis.solved(&instance.polynomial, instance.integer, known, interval)
    }

    /// What stands beside a limb follows from it.
    fn outs(&mut self) {
        let analysis = self.analysis;
        let assignment = analysis.assignment;
        let of = |column: usize, row: usize| analysis.variables.of(Cell { column, row });
        for limb in 0..LIMBS {
            let Some(half) = lookup::out_of(assignment.bands(), limb) else { continue };
            // The last row is not looked up.
            for row in 0..assignment.rows() - 1 {
                let out = of(at::OUT[half], row);
                if self.known[of(at::LIMB + limb, row) as usize] && !self.known[out as usize] {
                    self.learn(out);
                    self.steps.push(Step::Out { row, limb });
                }
            }
        }
    }

    /// A link's residues are those of its text.
    fn links(&mut self) {
        let analysis = self.analysis;
        let assignment = analysis.assignment;
        if !assignment.bands().has_links() {
            return;
        }
        let of = |column: usize, row: usize| analysis.variables.of(Cell { column, row });
        let mut texts: HashMap<(u64, u64), usize> = HashMap::new();
        let kind = |row: usize| analysis.kind(row);
        texts.extend(analysis.texts().into_iter().map(|(row, index)| ((index, kind(row)), row)));
        for row in analysis.rows(fixed_at::LINK) {
            if !self.known[of(at::A, row) as usize] {
                continue;
            }
            let link = to_u64(assignment.read(Cell { column: at::A, row })).unwrap_or_default();
            let Some(text) = texts.get(&(link, kind(row))) else { continue };
            for column in lookup::carried(assignment.bands()).iter().copied() {
                if self.known[of(column, *text) as usize] && !self.known[of(column, row) as usize] {
                    self.learn(of(column, row));
                    self.steps.push(Step::Link { row, column });
                }
            }
        }
    }
}
