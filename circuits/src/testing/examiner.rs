//! Gates, copies and look-ups of a layout, asked about changed cells.

mod lookups;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::ops::Range;

use halo2curves::bn256::Fr;

use lookups::{CellChange, texts};

use super::oracle::Classes;
use super::recorder::exposed;
use super::system::{Cells, Place, System, Values};
use super::{Breach, Case, Killer, Recorder};
use crate::assignment::{Assignment, Cell};
use crate::chips::table::RangeTable;
use crate::chips::{ADVICE_COLUMNS, Gate, at, lookup};
use crate::layout::Layout;

/// A layout and what constrains it.
pub struct Examiner<'l> {
    layout: &'l Layout,
    pub(super) system: System,
    pub(super) values: Values,
    /// A constraint that is not asked, in tests of the examiner.
    deaf: Option<usize>,
    partners: HashMap<Cell, Vec<Cell>>,
    public: HashSet<Cell>,
    table: RangeTable,
    /// Residues of each text, by index and kind.
    texts: HashMap<(Fr, Fr), Vec<Fr>>,
}

/// Values with one cell changed.
struct Changed<'v> {
    values: &'v Values,
    column: usize,
    row: usize,
    value: Fr,
}

impl Cells for Changed<'_> {
    fn at(&self, column: usize, row: usize) -> Fr {
        if (column, row) == (self.column, self.row) { self.value } else { self.values.at(column, row) }
    }
}

/// Values with some rows of a column shifted.
struct Shifted<'v> {
    values: &'v Values,
    column: usize,
    rows: Range<usize>,
    by: Fr,
}

impl Cells for Shifted<'_> {
    fn at(&self, column: usize, row: usize) -> Fr {
        let value = self.values.at(column, row);
        if column == self.column && self.rows.contains(&row) { value + self.by } else { value }
    }
}

impl<'l> Examiner<'l> {
    /// Of an honest layout.
    ///
    /// # Panics
    /// If a constraint does not hold, in any row.
    pub fn new(layout: &'l Layout) -> Self {
        let assignment = layout.assignment();
        let system = System::new(layout);
        let mut partners: HashMap<Cell, Vec<Cell>> = HashMap::new();
        for (from, to) in assignment.copies() {
            partners.entry(*from).or_default().push(*to);
            partners.entry(*to).or_default().push(*from);
        }
        let examiner = Self {
            layout,
            values: system.values(assignment),
            system,
            deaf: None,
            partners,
            public: assignment.instance().iter().copied().collect(),
            table: RangeTable::new(assignment.bands()),
            texts: texts(assignment),
        };
        for (index, constraint) in examiner.system.constraints.iter().enumerate() {
            for row in 0..assignment.rows() {
                let value = examiner.evaluate(index, row, &examiner.values);
                assert!(value == Fr::zero(), "{} does not hold in row {row}", constraint.name);
            }
        }
        examiner
    }

    /// The same, without asking one constraint: it is then no examiner any more, which who compares it with another one must see.
    ///
    /// # Panics
    /// If there is none of that name and place in its gate.
    pub fn deaf_to(mut self, name: &str, index: usize) -> Self {
        let same = |i: &usize| self.system.constraints[*i].name == name && self.place_in_gate(*i) == index;
        self.deaf = (0..self.system.constraints.len()).find(same);
        assert!(self.deaf.is_some(), "no constraint {index} {name}");
        self
    }

    /// Which of its gate's constraints one is: gates stand one behind the other.
    fn place_in_gate(&self, constraint: usize) -> usize {
        let gate = |i: usize| self.system.constraints[i].name.split(" / ").next();
        (0..constraint).rev().take_while(|i| gate(*i) == gate(constraint)).count()
    }

    fn evaluate(&self, constraint: usize, row: usize, values: &impl Cells) -> Fr {
        self.evaluate_on(self.layout.assignment(), constraint, row, values)
    }

    /// With the public inputs that `assignment` exposes.
    fn evaluate_on(&self, assignment: &Assignment, constraint: usize, row: usize, values: &impl Cells) -> Fr {
        if self.deaf != Some(constraint) && self.system.is_on(assignment, constraint, row) {
            self.system.evaluate(assignment, constraint, row, values)
        } else {
            Fr::zero()
        }
    }

    /// Every assigned cell of the first phase, and every cell of the second that anything reads: there, columns are filled
    /// whole.
    pub fn places(&self) -> Vec<Place> {
        let assignment = self.layout.assignment();
        let columns = 0..self.system.second_columns();
        let second = columns
            .flat_map(|column| (0..assignment.rows()).map(move |row| Place::Second(Cell { column, row })));
        let second = second.filter(|place| self.is_read(*place));
        assignment.assigned().into_iter().map(Place::First).chain(second).collect()
    }

    /// What stands in a place.
    pub fn read(&self, place: Place) -> Fr {
        let (column, row) = self.system.index(place);
        self.values.0[column][row]
    }

    /// What stands in a place, or `other` if it is beside the assignment.
    pub fn read_or(&self, place: Place, other: Fr) -> Fr {
        let (column, row) = self.system.index(place);
        self.values.0[column].get(row).copied().unwrap_or(other)
    }

    /// Whether anything reads the place: a copy, a public input, a look-up, or a gate that is on.
    pub fn is_read(&self, place: Place) -> bool {
        let (column, row) = self.system.index(place);
        let assignment = self.layout.assignment();
        if let Place::First(cell) = place
            && (self.partners.contains_key(&cell) || self.public.contains(&cell))
        {
            return true;
        }
        self.system.readers[column].iter().any(|(constraint, rotation)| {
            let at = row.checked_add_signed(-*rotation as isize).filter(|at| *at < assignment.rows());
            at.is_some_and(|row| self.system.is_on(assignment, *constraint, row))
        })
    }

    /// Who notices that `place` holds `value` instead; `None` if nobody does.
    pub fn killer(&self, place: Place, value: Fr) -> Option<Killer> {
        let killer = self.first_killer(place, value);
        if let Some(recorder) = Recorder::of_environment() {
            self.record_change(recorder, place, value, killer.as_ref());
        }
        killer
    }

    /// Hands a change of one cell to a recorder, with the verdict.
    pub fn record_change(&self, recorder: &Recorder, place: Place, value: Fr, killer: Option<&Killer>) {
        let mut assignment = self.layout.assignment().clone();
        let public = exposed(&assignment);
        let second = match place {
            Place::First(cell) => {
                assignment.write(cell.column, cell.row, value);
                // As whoever wants look-ups to add up does; the change may be of a count itself.
                lookup::count(&mut assignment);
                assignment.write(cell.column, cell.row, value);
                None
            }
            Place::Second(cell) => Some((cell, value)),
        };
        let killers: Vec<String> = killer.iter().map(ToString::to_string).collect();
        recorder
            .keep(self.layout, &Case { assignment: &assignment, second, public: &public, killers: &killers });
    }

    fn first_killer(&self, place: Place, value: Fr) -> Option<Killer> {
        let (column, row) = self.system.index(place);
        if let Place::First(cell) = place {
            if self.partners.contains_key(&cell) {
                return Some(Killer::Copy);
            }
            if self.public.contains(&cell) {
                return Some(Killer::Public);
            }
            let mut assignment = CellChange { assignment: self.layout.assignment(), cell, value };
            if self.misses_tables(&mut assignment, cell) || self.misses_texts(cell, value) {
                return Some(Killer::LookUp);
            }
        }
        if let Some(killer) = self.gate_killer(place, value) {
            return Some(killer);
        }
        let changed = Changed { values: &self.values, column, row, value };
        match place {
            // A count is in the sum of its row and nowhere else.
            Place::First(Cell { column: at::COUNT, row }) => {
                let rest = |(constraint, _): &&(usize, i32)| {
                    self.system.constraints[*constraint].second
                        && self.evaluate(*constraint, row, &changed) != Fr::zero()
                };
                self.system.readers[column].iter().find(rest).map(|_| Killer::LookUp)
            }
            Place::First(cell) => {
                let mut assignment = self.layout.assignment().clone();
                assignment.write(cell.column, cell.row, value);
                lookup::count(&mut assignment);
                self.sums(&assignment).pop()
            }
            Place::Second(_) => None,
        }
    }

    /// Which gate notices that `place` holds `value` instead; the second phase answers to a change of the first, and its gates are
    /// not asked about one.
    pub fn gate_killer(&self, place: Place, value: Fr) -> Option<Killer> {
        let (column, row) = self.system.index(place);
        let first = matches!(place, Place::First(_));
        let changed = Changed { values: &self.values, column, row, value };
        for (constraint, rotation) in &self.system.readers[column] {
            if first && self.system.constraints[*constraint].second {
                continue;
            }
            let Some(at) = row.checked_add_signed(-*rotation as isize) else { continue };
            let rows = self.layout.assignment().rows();
            if at < rows && self.evaluate(*constraint, at, &changed) != Fr::zero() {
                return Some(Killer::Gate(self.system.constraints[*constraint].name.clone()));
            }
        }
        None
    }

    /// Who notices that cells of the first phase hold what they hold in `forged`, with look-ups counted and the second
    /// phase computed anew. Public inputs are those of `forged`.
    ///
    /// # Panics
    /// If `forged` is another circuit.
    pub fn refusals(&self, forged: &Layout) -> BTreeSet<Killer> {
        let assignment = self.same_circuit(forged);
        let values = self.system.view(assignment, &[]);
        let mut killers = BTreeSet::new();
        if assignment.copies().iter().any(|(from, to)| assignment.read(*from) != assignment.read(*to)) {
            killers.insert(Killer::Copy);
        }
        // A lie can change most of the assignment: every constraint is asked once in a row.
        let mut asked = vec![false; self.system.constraints.len() * assignment.rows()];
        for cell in differences(self.layout.assignment(), assignment) {
            let (column, row) = self.system.index(Place::First(cell));
            for (constraint, rotation) in &self.system.readers[column] {
                let asks = &self.system.constraints[*constraint];
                let at = row.checked_add_signed(-*rotation as isize).filter(|at| *at < assignment.rows());
                let Some(at) = at.filter(|_| !asks.second) else { continue };
                let again = std::mem::replace(&mut asked[constraint * assignment.rows() + at], true);
                if !again && self.evaluate_on(assignment, *constraint, at, &values) != Fr::zero() {
                    killers.insert(Killer::Gate(asks.name.clone()));
                }
            }
        }
        killers.extend(self.sums(assignment));
        if let Some(recorder) = Recorder::of_environment() {
            let names: Vec<String> = killers.iter().map(ToString::to_string).collect();
            let public = exposed(assignment);
            recorder.keep(self.layout, &Case { assignment, second: None, public: &public, killers: &names });
        }
        killers
    }

    /// Every constraint that does not hold in `forged`, and where, with look-ups as they are counted there and the second phase
    /// computed from it; and copies that do not hold. Nothing is taken from the honest layout.
    ///
    /// # Panics
    /// If `forged` is another circuit.
    pub fn breaches(&self, forged: &Layout) -> BTreeSet<Breach> {
        let assignment = self.same_circuit(forged);
        let values = self.system.values(assignment);
        let mut breaches = self.torn(assignment);
        for (index, constraint) in self.system.constraints.iter().enumerate() {
            let broken = (0..assignment.rows())
                .filter(|row| self.evaluate_on(assignment, index, *row, &values) != Fr::zero())
                .map(|row| Breach::Constraint {
                    name: constraint.name.clone(),
                    index: self.place_in_gate(index),
                    row,
                });
            breaches.extend(broken);
        }
        breaches
    }

    /// Sets of cells that copies make equal and that are not, by their first cell.
    fn torn(&self, assignment: &Assignment) -> BTreeSet<Breach> {
        let classes = Classes::new(assignment);
        let differ =
            assignment.copies().iter().filter(|(from, to)| assignment.read(*from) != assignment.read(*to));
        differ.filter_map(|(from, _)| classes.breach(*from)).collect()
    }

    fn same_circuit<'f>(&self, forged: &'f Layout) -> &'f Assignment {
        let (honest, assignment) = (self.layout.assignment(), forged.assignment());
        assert!(
            honest.fixed() == assignment.fixed()
                && honest.enabled() == assignment.enabled()
                && honest.copies() == assignment.copies()
                && honest.instance() == assignment.instance(),
            "a lie has changed the circuit"
        );
        assignment
    }

    /// Who notices, where `rows` of a column of the second phase begin or end at `row`, that all of them hold `by` more. Sums that
    /// go on from row to row cannot tell, but where they start, end or are added to.
    pub fn seam(&self, column: usize, row: usize, rows: Range<usize>, by: Fr) -> Option<Killer> {
        let (column, row) = self.system.index(Place::Second(Cell { column, row }));
        let shifted = Shifted { values: &self.values, column, rows, by };
        let usable = 0..self.layout.assignment().rows();
        self.system.readers[column].iter().find_map(|(constraint, rotation)| {
            let at = row.checked_add_signed(-*rotation as isize).filter(|at| usable.contains(at))?;
            let broken = self.evaluate(*constraint, at, &shifted) != Fr::zero();
            broken.then(|| Killer::Gate(self.system.constraints[*constraint].name.clone()))
        })
    }

    pub(super) fn assignment(&self) -> &'l Assignment {
        self.layout.assignment()
    }

    /// Columns of the second phase.
    pub fn second_columns(&self) -> usize {
        self.system.second_columns()
    }

    /// Gates that are on in no row, and first-phase columns without an assigned cell: dead weight of a statement.
    pub fn idle(&self) -> (Vec<Gate>, Vec<usize>) {
        let assignment = self.layout.assignment();
        let on = |gate: &Gate| (0..assignment.rows()).any(|row| assignment.is_enabled(*gate, row));
        let gates = self.system.gates.iter().copied().filter(|gate| !on(gate)).collect();
        let used: HashSet<usize> = assignment.assigned().into_iter().map(|cell| cell.column).collect();
        let columns =
            (0..ADVICE_COLUMNS).filter(|column| assignment.bands().advice(*column) && !used.contains(column));
        (gates, columns.collect())
    }
}

/// Cells of the first phase that two assignments differ in.
fn differences(one: &Assignment, other: &Assignment) -> Vec<Cell> {
    let columns = one.advice().iter().zip(other.advice()).enumerate();
    columns
        .flat_map(|(column, (a, b))| {
            let rows = a.iter().zip(b).enumerate().filter(|(_, (a, b))| a != b);
            rows.map(move |(row, _)| Cell { column, row })
        })
        .collect()
}
