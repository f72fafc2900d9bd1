//! What follows from the gates alone, whatever the witness.
//!
//! *Intervals*: from the tables that limbs are looked up in, through every gate, the least and the greatest integer each cell can
//! hold. A gate whose terms cannot add up to p holds over the integers as it does over the field.
//! *Determination* is beside, in [`super::determined`].

use std::collections::{BTreeMap, HashMap, VecDeque};

use halo2curves::bn256::Fr;
use num_bigint::{BigInt, Sign};

use super::polynomial::{Interval, Polynomial, Variable, Variables, half_field, holds, signed};
use super::system::System;
use crate::assignment::{Assignment, Cell, Role};
use crate::chips::table::RangeTable;
use crate::chips::{LIMBS, at, fixed_at, lookup, table};
use crate::fixed::{to_field, to_u64};
use crate::layout::Layout;

/// Constraints that are about the field: a permutation, an inverse, a constant, a product that is 0. Nothing in them need be
/// small.
const FIELD: [&str; 12] = [
    "Public",
    "Square",
    "Sponge",
    "Number / m * inverse",
    "Number / inverse = 0",
    "Constant",
    "Distance / met",
    "ClassRow / met is a bit",
    "ClassRow / met only",
    "RuleAddress / inverse",
    "RuleSelector / inverse",
    "RuleText / inverse",
];
/// Updates of an interval, at most: narrowing may go on for ever.
const UPDATES: u32 = 6;

/// A constraint in a row where it is on.
#[derive(Clone)]
pub(super) struct Instance {
    pub constraint: usize,
    pub row: usize,
    pub polynomial: Polynomial,
    pub variables: Vec<Variable>,
    /// Whether it is about integers.
    pub integer: bool,
}

/// A layout's gates, taken apart.
pub struct Analysis<'l> {
    pub(super) assignment: &'l Assignment,
    pub(super) system: System,
    pub(super) variables: Variables,
    pub(super) instances: Vec<Instance>,
    /// Instances that have a variable.
    pub(super) readers: Vec<Vec<usize>>,
    pub(super) intervals: Vec<Option<Interval>>,
}

/// What the intervals show.
#[derive(Debug)]
pub struct Budget {
    /// Bits of the greatest magnitude that each constraint's terms can add up to.
    pub bits: BTreeMap<String, u64>,
    /// Constraints that have a cell without bounds, with rows.
    pub unbounded: Vec<(String, usize)>,
    /// Constraints whose terms can add up to p or more.
    pub overflowing: Vec<(String, usize)>,
}

impl<'l> Analysis<'l> {
    /// Of a layout; `given` are bounds that follow from something else than a single gate.
    ///
    /// # Panics
    /// If the layout's own witness lies beyond an interval.
    pub fn new(layout: &'l Layout, given: &[(Cell, Interval)]) -> Self {
        Self::without(layout, given, &|_, _| false)
    }

    /// Without those constraints in those rows that are `removed`.
    pub(super) fn without(
        layout: &'l Layout,
        given: &[(Cell, Interval)],
        removed: &dyn Fn(usize, usize) -> bool,
    ) -> Self {
        let assignment = layout.assignment();
        let system = System::new(layout);
        let variables = Variables::new(assignment, &system);
        let mut instances = Vec::new();
        for (constraint, spec) in system.constraints.iter().enumerate().filter(|(_, spec)| !spec.second) {
            let integer = !FIELD.iter().any(|name| spec.name.starts_with(name));
            let on = |row: &usize| system.is_on(assignment, constraint, *row) && !removed(constraint, *row);
            for row in (0..assignment.rows()).filter(on) {
                let polynomial = system.evaluate(assignment, constraint, row, &variables);
                let read = polynomial.variables();
                instances.push(Instance { constraint, row, polynomial, variables: read, integer });
            }
        }
        // By rows: mostly the order in which a witness is computed.
        instances.sort_by_key(|instance| instance.row);
        let mut readers = vec![Vec::new(); variables.cells.len()];
        for (index, instance) in instances.iter().enumerate() {
            instance.variables.iter().for_each(|variable| readers[*variable as usize].push(index));
        }
        let intervals = vec![None; variables.cells.len()];
        let mut analysis = Self { assignment, system, variables, instances, readers, intervals };
        analysis.start(given);
        analysis.propagate();
        analysis.links();
        analysis.propagate();
        for (variable, interval) in analysis.intervals.iter().enumerate() {
            let cell = analysis.variables.cells[variable][0];
            if let Some(interval) = interval {
                assert!(holds(interval, assignment.read(cell)), "{cell:?} lies outside {interval:?}");
            }
        }
        analysis
    }

    /// Whether an instance compares a cell with a public input: what is claimed determines nothing.
    pub(super) fn is_claim(&self, instance: &Instance) -> bool {
        self.system.constraints[instance.constraint].name.starts_with("Public")
    }

    /// With one constraint twice: a control for who looks for constraints that nobody needs.
    pub fn doubled(mut self, constraint: usize) -> Self {
        let twin = self.system.constraints.len();
        self.system.constraints.push(self.system.constraints[constraint].clone());
        for readers in &mut self.system.readers {
            let same = readers.iter().filter(|(reader, _)| *reader == constraint);
            let twins: Vec<(usize, i32)> = same.map(|(_, rotation)| (twin, *rotation)).collect();
            readers.extend(twins);
        }
        for index in 0..self.instances.len() {
            if self.instances[index].constraint == constraint {
                let instance = Instance { constraint: twin, ..self.instances[index].clone() };
                let place = self.instances.len();
                instance.variables.iter().for_each(|variable| self.readers[*variable as usize].push(place));
                self.instances.push(instance);
            }
        }
        self
    }

    /// Bounds of a cell.
    pub fn interval(&self, cell: Cell) -> Option<&Interval> {
        self.intervals[self.variables.of(cell) as usize].as_ref()
    }

    /// What is looked up, and what is given.
    fn start(&mut self, given: &[(Cell, Interval)]) {
        let assignment = self.assignment;
        let mut ranges: HashMap<u64, Interval> = HashMap::new();
        for (tag, value) in RangeTable::new(assignment.bands()).rows() {
            let value = table::element(*tag, *value);
            let range = ranges.entry(*tag).or_insert_with(|| Interval::only(value.clone()));
            *range = Interval::new(range.low.clone().min(value.clone()), range.high.clone().max(value));
        }
        let bytes_exist = assignment.bands().core;
        let outs = outs(&RangeTable::new(assignment.bands()));
        // The last row is not looked up.
        for row in 0..assignment.rows() - 1 {
            for i in 0..LIMBS {
                let tag = to_u64(assignment.fixed_at(fixed_at::TAG + i, row)).unwrap_or_default();
                // A row of bytes has tags that go on with its pad, of 0 to 8.
                let bytes = bytes_exist && tag + i as u64 == table::BYTE;
                let range = if bytes { Some(Interval::new(0, 127)) } else { ranges.get(&tag).cloned() };
                if let Some(half) = lookup::out_of(assignment.bands(), i) {
                    let range = if bytes { range.clone() } else { outs.get(&tag).cloned() };
                    self.set(Cell { column: at::OUT[half], row }, range);
                }
                self.set(Cell { column: at::LIMB + i, row }, range);
                if bytes {
                    self.set(Cell { column: at::PAD, row }, Some(Interval::new(0, 8)));
                }
            }
        }
        given.iter().for_each(|(cell, interval)| self.set(*cell, Some(interval.clone())));
    }

    fn set(&mut self, cell: Cell, interval: Option<Interval>) {
        let variable = self.variables.of(cell) as usize;
        self.intervals[variable] = match (self.intervals[variable].take(), interval) {
            (Some(one), Some(other)) => Some(one.intersected(&other)),
            (one, other) => one.or(other),
        };
    }

    /// Links and their residues: what the text table has of their kind.
    fn links(&mut self) {
        if !self.assignment.bands().has_links() {
            return;
        }
        let carried = lookup::carried(self.assignment.bands());
        let mut residues: HashMap<u64, Vec<Interval>> = HashMap::new();
        for (row, index) in self.texts() {
            let hull = |a: &Interval, b: &Interval| Interval {
                low: (&a.low).min(&b.low).clone(),
                high: (&a.high).max(&b.high).clone(),
            };
            // Entries of other tables have no mask.
            let wires = carried.iter().map(|column| Cell { column: *column, row });
            let wires = wires.filter(|cell| self.assignment.role(*cell) != Role::Blank);
            let wires: Option<Vec<Interval>> = wires.map(|cell| self.interval(cell).cloned()).collect();
            let Some(wires) = wires else { return };
            let found: Vec<Interval> = std::iter::once(Interval::only(index.into())).chain(wires).collect();
            residues
                .entry(self.kind(row))
                .and_modify(|all| all.iter_mut().zip(&found).for_each(|(all, found)| *all = hull(all, found)))
                .or_insert(found);
        }
        for row in self.rows(fixed_at::LINK) {
            let Some(found) = residues.get(&self.kind(row)).cloned() else { continue };
            for (column, interval) in [at::A].iter().chain(carried).zip(found) {
                self.set(Cell { column: *column, row }, Some(interval));
            }
        }
    }

    /// Rows with links, or those of the text table.
    pub(super) fn rows(&self, flag: u64) -> Vec<usize> {
        let rows = 0..self.assignment.rows();
        rows.filter(|row| self.assignment.fixed_at(fixed_at::LINKS, *row) == Fr::from(flag)).collect()
    }

    /// Which residues a row of the text table holds, or a link asks for.
    pub(super) fn kind(&self, row: usize) -> u64 {
        to_u64(self.assignment.fixed_at(fixed_at::KIND, row)).unwrap_or_default()
    }

    /// Rows of the text table with the indices of their texts.
    pub(super) fn texts(&self) -> Vec<(usize, u64)> {
        let index = |row: usize| to_u64(self.assignment.fixed_at(fixed_at::INDEX, row)).unwrap_or_default();
        let entries =
            (0..self.assignment.rows()).filter(|row| lookup::count_of_entry(self.assignment, *row).is_some());
        entries.map(|row| (row, index(row))).collect()
    }

    fn propagate(&mut self) {
        let mut updates = vec![0; self.intervals.len()];
        let mut queued = vec![true; self.instances.len()];
        let mut queue: VecDeque<usize> = (0..self.instances.len()).collect();
        while let Some(index) = queue.pop_front() {
            queued[index] = false;
            for (variable, interval) in self.narrowed(index) {
                let slot = variable as usize;
                updates[slot] += 1;
                if updates[slot] > UPDATES {
                    continue;
                }
                self.intervals[slot] = Some(interval);
                for reader in &self.readers[slot] {
                    if !queued[*reader] {
                        queued[*reader] = true;
                        queue.push_back(*reader);
                    }
                }
            }
        }
    }

    /// Intervals that an instance makes narrower.
    fn narrowed(&self, index: usize) -> Vec<(Variable, Interval)> {
        let instance = &self.instances[index];
        if !instance.integer {
            return Vec::new();
        }
        if let [variable] = instance.variables[..] {
            return self.roots(variable, &instance.polynomial).into_iter().collect();
        }
        let terms: Vec<(&Vec<Variable>, BigInt, Option<Interval>)> = instance
            .polynomial
            .0
            .iter()
            .map(|(product, k)| (product, signed(*k), self.product(product)))
            .collect();
        let mut found = Vec::new();
        for (place, (product, coefficient, own)) in terms.iter().enumerate() {
            let [variable] = product[..] else { continue };
            let elsewhere = terms.iter().enumerate().any(|(i, (p, ..))| i != place && p.contains(&variable));
            if elsewhere {
                continue;
            }
            let others = terms.iter().enumerate().filter(|(i, _)| *i != place);
            let rest = others.map(|(_, (_, k, interval))| Some(interval.as_ref()?.scaled(k)));
            let rest = rest.reduce(|sum, term| Some(sum?.plus(&term?)));
            let Some(Some(rest)) = rest else { continue };
            if let Some(interval) = solve(coefficient, &rest, own.as_ref()) {
                found.push((variable, interval));
            }
        }
        found
    }

    /// Roots of a polynomial in one variable, if all are small.
    fn roots(&self, variable: Variable, polynomial: &Polynomial) -> Option<(Variable, Interval)> {
        let degree = polynomial.0.keys().map(Vec::len).max()?;
        let roots: Vec<i64> =
            (-1..=8).filter(|x| polynomial.at(to_field(&(*x).into())) == Fr::zero()).collect();
        let interval = match polynomial.linear() {
            Some((terms, constant)) => {
                let inverse: Option<Fr> = terms.values().next()?.invert().into();
                Interval::only(signed(-constant * inverse?))
            }
            None => (roots.len() == degree).then(|| Interval::new(roots[0], roots[roots.len() - 1]))?,
        };
        let narrower = match &self.intervals[variable as usize] {
            Some(before) => before.intersected(&interval),
            None => interval,
        };
        (self.intervals[variable as usize].as_ref() != Some(&narrower)).then_some((variable, narrower))
    }

    fn product(&self, variables: &[Variable]) -> Option<Interval> {
        let mut out = Interval::only(1.into());
        let mut rest = variables;
        while let [variable, ..] = rest {
            let power = rest.iter().take_while(|other| *other == variable).count();
            let interval = self.intervals[*variable as usize].as_ref()?;
            let squared = interval.squared();
            for _ in 0..power / 2 {
                out = out.times(&squared);
            }
            if power % 2 == 1 {
                out = out.times(interval);
            }
            rest = &rest[power..];
        }
        Some(out)
    }

    /// Whether every constraint on integers holds over the integers.
    pub fn budget(&self) -> Budget {
        let field = half_field() * 2;
        let mut budget = Budget { bits: BTreeMap::new(), unbounded: Vec::new(), overflowing: Vec::new() };
        for instance in self.instances.iter().filter(|instance| instance.integer) {
            let name = self.system.constraints[instance.constraint].name.clone();
            let terms = instance.polynomial.0.iter();
            let terms =
                terms.map(|(product, k)| Some(self.product(product)?.scaled(&signed(*k)).magnitude()));
            let Some(total) = terms.sum::<Option<BigInt>>() else {
                budget.unbounded.push((name, instance.row));
                continue;
            };
            if total >= field {
                budget.overflowing.push((name.clone(), instance.row));
            }
            let bits = budget.bits.entry(name).or_default();
            *bits = total.bits().max(*bits);
        }
        budget
    }
}

/// What can stand beside a limb, by its tag.
fn outs(table: &RangeTable) -> HashMap<u64, Interval> {
    let mut ranges: HashMap<u64, Interval> = HashMap::new();
    for (row, (tag, _)) in table.rows().iter().enumerate() {
        let out = table.out(row);
        let range = ranges.entry(*tag).or_insert_with(|| Interval::only(out.clone()));
        *range = Interval::new(range.low.clone().min(out.clone()), range.high.clone().max(out));
    }
    ranges
}

/// v from c·v + rest = 0.
fn solve(coefficient: &BigInt, rest: &Interval, own: Option<&Interval>) -> Option<Interval> {
    let half = half_field();
    let minus = rest.scaled(&BigInt::from(-1));
    let Some(own) = own else {
        // As the integer of least magnitude.
        let unit = coefficient.magnitude() == BigInt::from(1).magnitude();
        return (unit && rest.magnitude() < half).then(|| minus.scaled(coefficient));
    };
    if rest.magnitude() + own.scaled(coefficient).magnitude() >= half {
        return None;
    }
    let up = |n: &BigInt, d: &BigInt| -crate::fixed::floor_div(&-n, d);
    let down = |n: &BigInt, d: &BigInt| crate::fixed::floor_div(n, d);
    let positive = coefficient.sign() == Sign::Plus;
    let (low, high) = if positive { (minus.low, minus.high) } else { (-minus.high, -minus.low) };
    let size = BigInt::from(coefficient.magnitude().clone());
    let narrower = own.intersected(&Interval { low: up(&low, &size), high: down(&high, &size) });
    (narrower != *own).then_some(narrower)
}
