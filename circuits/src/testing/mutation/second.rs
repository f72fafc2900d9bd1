//! The second phase as somebody fills it who wants a lie to pass.
//!
//! From the first row down, each polynomial that is left with one unknown cell of the second phase gives its value. A cell that none
//! gives is chosen freely: so that the sums end where they must, if that is possible. In a circuit with all its parts it is not.

use std::collections::BTreeMap;

use halo2curves::bn256::Fr;

use super::attacks::Attack;
use super::bench::Bench;
use super::mutant::Objection;
use crate::assignment::{Assignment, Cell};
use crate::chips::{at, lookup};
use crate::testing::system::{Place, Values};

/// Polynomials of the second phase in rows, apart from those that are left out.
struct Completion<'b, 'l> {
    bench: &'b Bench<'b, 'l>,
    assignment: &'b Assignment,
    /// By row: polynomials that are on.
    on: Vec<Vec<usize>>,
    /// By polynomial: second-phase columns it reads, by halo2's index, and rotations.
    reads: Vec<Vec<(usize, i32)>>,
}

/// A second phase: its cells, what did not hold, and cells that were chosen.
struct Filled {
    failing: BTreeMap<(usize, usize), Fr>,
    chosen: Vec<(usize, usize)>,
}

impl Bench<'_, '_> {
    /// An assignment with a count of the range table that is one too high: what the sum of the look-ups is there for.
    pub(super) fn miscounted(&self) -> Assignment {
        let mut assignment = self.assignment().clone();
        let count = assignment.read(Cell { column: at::COUNT, row: 0 });
        assignment.write(at::COUNT, 0, count + Fr::one());
        assignment
    }

    /// Whether the gates take an attack, with a second phase made for it. What is looked up in vain is counted as if nobody looked
    /// it up: then the sums end well in a circuit that indeed does not.
    pub fn takes(&self, attack: &Attack) -> bool {
        let Some(forged) = attack.forge(self) else { return false };
        let Some(objections) = self.objections(&forged, usize::MAX) else { return false };
        let mut assignment = self.assignment_of(&forged.changes);
        let mut honest = assignment.clone();
        for objection in objections {
            let (row, columns) = match objection {
                Objection::Limb { limb, row, .. } => (row, vec![at::LIMB + limb]),
                Objection::Link { row } => {
                    (row, [&[at::A][..], lookup::carried(assignment.bands())].concat())
                }
                Objection::Gate { .. } | Objection::Public(_) => return false,
            };
            for column in columns {
                honest.write(column, row, self.assignment().read(Cell { column, row }));
            }
        }
        lookup::count(&mut honest);
        for row in 0..assignment.rows() {
            assignment.write(at::COUNT, row, honest.read(Cell { column: at::COUNT, row }));
            if let Some(column) = lookup::count_of_entry(&assignment, row) {
                assignment.write(column, row, honest.read(Cell { column, row }));
            }
        }
        self.completes(&assignment, &|_, _| false)
    }

    /// Whether some second phase makes an assignment pass those of its gates that `removed` leaves.
    pub(super) fn completes(&self, assignment: &Assignment, removed: &dyn Fn(usize, usize) -> bool) -> bool {
        let system = &self.analysis.system;
        let mut reads = vec![Vec::new(); system.constraints.len()];
        for column in 0..system.second_columns() {
            let (theirs, _) = system.index(Place::Second(Cell { column, row: 0 }));
            for (constraint, rotation) in &system.readers[theirs] {
                reads[*constraint].push((theirs, *rotation));
            }
        }
        let second: Vec<usize> = (0..reads.len()).filter(|c| system.constraints[*c].second).collect();
        let on = |row: usize| {
            let there = second.iter().filter(|c| system.is_on(assignment, **c, row) && !removed(**c, row));
            there.copied().collect()
        };
        let completion =
            Completion { bench: self, assignment, on: (0..assignment.rows()).map(on).collect(), reads };
        completion.is_possible()
    }
}

impl Completion<'_, '_> {
    /// Mends what fails, one place after the other, by cells above it that may be chosen.
    fn is_possible(&self) -> bool {
        let mut choices = BTreeMap::new();
        let mut filled = self.fill(&choices);
        while let Some((place, zero)) = filled.failing.iter().next().map(|(place, value)| (*place, *value)) {
            let above = filled.chosen.iter().rev().filter(|(_, row)| *row <= place.1);
            let mended = above.filter(|cell| !choices.contains_key(*cell)).find_map(|cell| {
                let with = |value: Fr| {
                    let mut choices = choices.clone();
                    choices.insert(*cell, value);
                    (self.fill(&choices), choices)
                };
                let one = with(Fr::one()).0.failing.get(&place).copied().unwrap_or_default();
                let inverse: Option<Fr> = (one - zero).invert().into();
                let (next, choices) = with(-zero * inverse?);
                (next.failing.len() < filled.failing.len()).then_some((next, choices))
            });
            let Some(next) = mended else { return false };
            (filled, choices) = next;
        }
        true
    }

    fn fill(&self, choices: &BTreeMap<(usize, usize), Fr>) -> Filled {
        let system = &self.bench.analysis.system;
        let rows = self.assignment.rows();
        let mut values = system.first_phase(self.assignment);
        let mut known = vec![Vec::new(); values.0.len()];
        for column in 0..system.second_columns() {
            let (theirs, _) = system.index(Place::Second(Cell { column, row: 0 }));
            values.0[theirs] = vec![Fr::zero(); rows];
            known[theirs] = vec![false; rows];
        }
        let mut filled = Filled { failing: BTreeMap::new(), chosen: Vec::new() };
        for row in 0..rows {
            let mut left = self.on[row].clone();
            while !left.is_empty() {
                let before = left.len();
                left.retain(|constraint| {
                    let unknown = self.unknown(*constraint, row, &known);
                    match unknown[..] {
                        [] => {
                            let value = self.value(*constraint, row, &values);
                            if value != Fr::zero() {
                                filled.failing.insert((*constraint, row), value);
                            }
                            false
                        }
                        [cell] => {
                            let solved = self.solve(*constraint, row, cell, &mut values);
                            if solved {
                                known[cell.0][cell.1] = true;
                            }
                            !solved
                        }
                        _ => true,
                    }
                });
                if left.len() < before {
                    continue;
                }
                // Nothing gives another cell: the first is chosen.
                let unknown = left.iter().flat_map(|constraint| self.unknown(*constraint, row, &known));
                let Some(cell) = unknown.min_by_key(|(column, row)| (*row, *column)) else { break };
                values.0[cell.0][cell.1] = choices.get(&cell).copied().unwrap_or_default();
                known[cell.0][cell.1] = true;
                filled.chosen.push(cell);
            }
        }
        filled
    }

    fn unknown(&self, constraint: usize, row: usize, known: &[Vec<bool>]) -> Vec<(usize, usize)> {
        let reads = self.reads[constraint].iter();
        let cells = reads
            .filter_map(|(column, rotation)| Some((*column, row.checked_add_signed(*rotation as isize)?)));
        cells.filter(|(column, row)| known[*column].get(*row) == Some(&false)).collect()
    }

    fn value(&self, constraint: usize, row: usize, values: &Values) -> Fr {
        self.bench.analysis.system.evaluate(self.assignment, constraint, row, values)
    }

    /// Gives a cell the value that makes a polynomial 0, if there is one only.
    fn solve(&self, constraint: usize, row: usize, cell: (usize, usize), values: &mut Values) -> bool {
        values.0[cell.0][cell.1] = Fr::zero();
        let zero = self.value(constraint, row, values);
        values.0[cell.0][cell.1] = Fr::one();
        let slope = self.value(constraint, row, values) - zero;
        let inverse: Option<Fr> = slope.invert().into();
        values.0[cell.0][cell.1] = -zero * inverse.unwrap_or_default();
        inverse.is_some()
    }
}

/// Counts what is looked up in a forged assignment.
pub(super) fn counted(mut assignment: Assignment) -> Assignment {
    lookup::count(&mut assignment);
    assignment
}
