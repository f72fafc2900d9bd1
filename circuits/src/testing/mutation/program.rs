//! What follows from changed cells: every step by which the gates determine a cell, taken again.
//!
//! [`determined`](crate::testing) finds an order in which gates, links and copies make each cell known. Somebody who lies about
//! some cells takes the same steps: what the lies determine is computed anew, digits and digests included. Cells told are
//! kept, so that the other digits of an integer make up for a told one. Nothing here knows what a cell means.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use ff::Field;
use halo2curves::bn256::Fr;
use num_bigint::{BigInt, Sign};

use crate::assignment::Cell;
use crate::chips::table::{self, RangeTable};
use crate::chips::{at, fixed_at, lookup};
use crate::fixed::{floor_div, to_field, to_u64};
use crate::testing::analysis::Analysis;
use crate::testing::determined::Step;
use crate::testing::polynomial::{Interval, Variable, signed};

/// Variables that do not hold what they honestly hold.
pub(super) type Changes = BTreeMap<Variable, Fr>;

/// The steps of an analysis, and which follow from what.
pub(super) struct Program<'a, 'l> {
    analysis: &'a Analysis<'l>,
    steps: Vec<Step>,
    /// Steps that take a variable as given, or share its integer.
    users: HashMap<Variable, Vec<usize>>,
    /// Row of the text table, by index and kind.
    texts: HashMap<(u64, u64), usize>,
    table: RangeTable,
}

impl<'a, 'l> Program<'a, 'l> {
    pub fn new(analysis: &'a Analysis<'l>, steps: Vec<Step>) -> Self {
        let assignment = analysis.assignment;
        let texts: HashMap<(u64, u64), usize> = if assignment.bands().has_links() {
            analysis.texts().into_iter().map(|(row, index)| ((index, analysis.kind(row)), row)).collect()
        } else {
            HashMap::new()
        };
        let mut program = Self {
            analysis,
            steps: Vec::new(),
            users: HashMap::new(),
            texts,
            table: RangeTable::new(assignment.bands()),
        };
        for (place, step) in steps.iter().enumerate() {
            let reads = match step {
                Step::Gate { instance, .. } => analysis.instances[*instance].variables.clone(),
                Step::Link { row, column } => {
                    let index = program.variable(at::A, *row);
                    let text = program.text(*row, assignment.read(Cell { column: at::A, row: *row }));
                    let text = text.map(|text| program.variable(*column, text));
                    std::iter::once(index).chain(text).collect()
                }
                Step::Out { row, limb } => vec![program.variable(at::LIMB + limb, *row)],
            };
            reads.into_iter().for_each(|variable| program.users.entry(variable).or_default().push(place));
        }
        program.steps = steps;
        program
    }

    fn variable(&self, column: usize, row: usize) -> Variable {
        self.analysis.variables.of(Cell { column, row })
    }

    /// Row of the text that a link of `row` to `index` means.
    pub fn text(&self, row: usize, index: Fr) -> Option<usize> {
        self.texts.get(&(to_u64(index)?, self.analysis.kind(row))).copied()
    }

    /// What a variable honestly holds.
    pub fn honest(&self, variable: Variable) -> Fr {
        self.analysis.assignment.read(self.analysis.variables.cells[variable as usize][0])
    }

    /// What a variable holds.
    pub fn value(&self, changes: &Changes, variable: Variable) -> Fr {
        changes.get(&variable).copied().unwrap_or_else(|| self.honest(variable))
    }

    /// What follows from `told`.
    pub fn follow(&self, told: &Changes) -> Changes {
        let mut changes = told.clone();
        changes.retain(|variable, value| *value != self.honest(*variable));
        let users = |variable: &Variable| self.users.get(variable).into_iter().flatten().copied();
        let mut due: BTreeSet<usize> = changes.keys().flat_map(users).collect();
        while let Some(place) = due.pop_first() {
            for (variable, value) in self.take(place, told, &changes) {
                if self.value(&changes, variable) == value {
                    continue;
                }
                changes.insert(variable, value);
                due.extend(users(&variable).filter(|user| *user > place));
            }
        }
        changes.retain(|variable, value| *value != self.honest(*variable));
        changes
    }

    /// What a step makes of changes.
    fn take(&self, place: usize, told: &Changes, changes: &Changes) -> Vec<(Variable, Fr)> {
        match &self.steps[place] {
            Step::Link { row, column } => {
                let variable = self.variable(*column, *row);
                let index = self.value(changes, self.variable(at::A, *row));
                let text = self.text(*row, index).filter(|_| !told.contains_key(&variable));
                text.map(|text| (variable, self.value(changes, self.variable(*column, text))))
                    .into_iter()
                    .collect()
            }
            Step::Out { row, limb } => {
                let half = lookup::out_of(self.analysis.assignment.bands(), *limb).unwrap_or_default();
                let variable = self.variable(at::OUT[half], *row);
                let value = self.value(changes, self.variable(at::LIMB + limb, *row));
                let tag = self.analysis.assignment.fixed_at(fixed_at::TAG + limb, *row);
                let out = beside(&self.table, tag, value).filter(|_| !told.contains_key(&variable));
                out.map(|out| (variable, out)).into_iter().collect()
            }
            Step::Gate { instance, outputs } => {
                let outputs: Vec<Variable> =
                    outputs.iter().copied().filter(|output| !told.contains_key(output)).collect();
                let polynomial = &self.analysis.instances[*instance].polynomial;
                let known = |v: Variable| (!outputs.contains(&v)).then(|| self.value(changes, v));
                let Some((terms, constant)) = polynomial.given(known).linear() else { return Vec::new() };
                self.solve(&terms, constant)
            }
        }
    }

    /// The values of which Σ coefficient·value + constant = 0 is made: one by division, several as digits.
    fn solve(&self, terms: &BTreeMap<Variable, Fr>, constant: Fr) -> Vec<(Variable, Fr)> {
        if terms.len() == 1 {
            let term = terms.iter().next();
            let inverse = |k: &Fr| Option::<Fr>::from(k.invert());
            return term.and_then(|(v, k)| Some((*v, -constant * inverse(k)?))).into_iter().collect();
        }
        let mut digits: Vec<(BigInt, Variable, Interval)> = Vec::new();
        for (variable, coefficient) in terms {
            let Some(interval) = self.analysis.intervals[*variable as usize].clone() else {
                return Vec::new();
            };
            digits.push((signed(*coefficient), *variable, interval));
        }
        digits.sort_by_key(|(k, ..)| k.magnitude().clone());
        let mut rest = -signed(constant);
        let mut out = Vec::new();
        while let Some((k, variable, _)) = digits.pop() {
            let least = |(k, _, interval): &(BigInt, Variable, Interval)| interval.scaled(k).low;
            let below: BigInt = digits.iter().map(least).sum();
            let size = BigInt::from(k.magnitude().clone());
            // All of the last digit, if it goes in without a remainder.
            let digit = floor_div(&(&rest - below), &size);
            rest -= &digit * &size;
            let digit = if k.sign() == Sign::Minus { -digit } else { digit };
            out.push((variable, to_field(&digit)));
        }
        // What is left over goes into the lowest digit as a fraction, so that the equation holds.
        if let (Some((variable, value)), true) = (out.last_mut(), rest != BigInt::from(0)) {
            let inverse: Option<Fr> = terms[variable].invert().into();
            *value += to_field(&rest) * inverse.unwrap_or_default();
        }
        out
    }
}

/// What the range table has beside a limb: the limb itself, if it is no function's input. A limb that is not in the table has nothing
/// beside it.
pub(super) fn beside(table: &RangeTable, tag: Fr, value: Fr) -> Option<Fr> {
    let tag = to_u64(tag)?;
    let found = to_u64(value).and_then(|value| table.find(tag, value));
    match found {
        Some(row) => Some(to_field(&table.out(row))),
        None => (!table::is_function(tag)).then_some(value),
    }
}

/// A square root, if there is one.
pub(super) fn root(value: Fr) -> Option<Fr> {
    value.sqrt().into()
}
