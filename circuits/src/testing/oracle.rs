//! The mock prover of halo2 as a second opinion: what does not hold in a layout, constraint by constraint and row by row.
//!
//! The [`Examiner`](super::Examiner) reads gates before halo2 puts selectors together, copies from the assignment, and computes the second
//! phase from challenges of its own; the mock prover does all of this its own way.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use halo2_proofs::dev::{FailureLocation, MockProver, VerifyFailure};
use halo2_proofs::plonk::{Circuit, ConstraintSystem};

use crate::assignment::{Assignment, Cell};
use crate::layout::Layout;

/// What does not hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Breach {
    /// A constraint, by gate and name, in a row.
    Constraint {
        /// Gate and name.
        name: String,
        /// Its place among the gate's constraints, some of which share a name.
        index: usize,
        /// Row.
        row: usize,
    },
    /// Cells that copies make equal, by the first of them.
    Copies(Cell),
}

/// Cells that copies make equal.
pub(super) struct Classes(BTreeMap<Cell, Cell>);

impl Classes {
    pub fn new(assignment: &Assignment) -> Self {
        let mut neighbours: BTreeMap<Cell, Vec<Cell>> = BTreeMap::new();
        for (from, to) in assignment.copies() {
            neighbours.entry(*from).or_default().push(*to);
            neighbours.entry(*to).or_default().push(*from);
        }
        let mut first = BTreeMap::new();
        for cell in neighbours.keys() {
            let mut reached = vec![*cell];
            while let Some(next) = reached.pop() {
                if let Entry::Vacant(class) = first.entry(next) {
                    class.insert(*cell);
                    reached.extend(&neighbours[&next]);
                }
            }
        }
        Self(first)
    }

    /// The breach of a cell's class; none if nothing is copied from or to it.
    pub fn breach(&self, cell: Cell) -> Option<Breach> {
        self.0.get(&cell).copied().map(Breach::Copies)
    }
}

/// What the mock prover says of a layout, with what it exposes as public inputs.
///
/// # Panics
/// If the mock prover names something that the circuit does not have.
pub fn mock_breaches(layout: &Layout) -> BTreeSet<Breach> {
    let assignment = layout.assignment();
    let public = assignment.instance().iter().map(|cell| assignment.read(*cell)).collect();
    let prover =
        MockProver::run(layout.statement().k(), layout, vec![public]).expect("the circuit has its rows");
    let Err(failures) = prover.verify() else { return BTreeSet::new() };
    let chips = Layout::configure_with_params(&mut ConstraintSystem::default(), layout.statement().clone());
    let ours: BTreeMap<usize, usize> =
        chips.advice_columns().map(|(index, column)| (column.index(), index)).collect();
    let classes = Classes::new(assignment);
    // All regions start at row 0.
    let row = |location: &FailureLocation| match location {
        FailureLocation::InRegion { offset, .. } => *offset,
        FailureLocation::OutsideRegion { row } => *row,
    };
    let breach = |failure: &VerifyFailure| match failure {
        VerifyFailure::ConstraintNotSatisfied { constraint, location, .. } => {
            let (name, index) = name(&constraint.to_string());
            Breach::Constraint { name, index, row: row(location) }
        }
        VerifyFailure::Permutation { column, location } => {
            let cell = Cell { column: ours[&column.index()], row: row(location) };
            classes.breach(cell).expect("a cell that is copied")
        }
        other => panic!("{other}"),
    };
    failures.iter().map(breach).collect()
}

/// Gate and name, and place in the gate, from `Constraint 0 ('name') in gate 1 ('Gate')`.
fn name(constraint: &str) -> (String, usize) {
    let parts = constraint.rsplit_once("') in gate ").and_then(|(name, gate)| {
        let (index, name) = name.strip_prefix("Constraint ")?.split_once(" ('")?;
        let (_, gate) = gate.split_once("('")?;
        Some((format!("{} / {name}", gate.trim_end_matches("')")), index.parse().ok()?))
    });
    parts.unwrap_or_else(|| panic!("a constraint with names was expected, found {constraint}"))
}
