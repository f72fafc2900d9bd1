//! What is looked up in a changed assignment: limbs in the range table, links in the text table, and the sums of the second phase that tell.

use std::collections::{BTreeSet, HashMap};

use halo2curves::bn256::Fr;

use super::{Examiner, differences};
use crate::assignment::{Assignment, Cell};
use crate::chips::{Gate, LIMBS, at, fixed_at, lookup};
use crate::fixed::{to_field, to_u64};
use crate::testing::Killer;

impl Examiner<'_> {
    /// Whether a look-up of the cell's own row has no entry any more. Others are counted anew by [`Self::sums`].
    pub(super) fn misses_tables(&self, cells: &mut impl Advice, cell: Cell) -> bool {
        let assignment = self.layout.assignment();
        let Cell { column, row } = cell;
        // The last row is not looked up.
        if row + 1 == assignment.rows() {
            return false;
        }
        let fixed = |column: usize| assignment.fixed_at(column, row);
        let found = |tag: Fr, value: Fr, out: Option<Fr>| {
            let place = to_u64(tag).and_then(|tag| self.table.find_limb(tag, value));
            let stands = |place: usize| out.is_none_or(|out| out == to_field(&self.table.out(place)));
            place.is_some_and(stands)
        };
        let bands = assignment.bands();
        let mut advice = |column: usize| cells.cell(Cell { column, row });
        let pad = if bands.core { advice(at::PAD) } else { Fr::zero() };
        let mut misses = |i: usize| {
            let out = lookup::out_of(bands, i).map(|half| advice(at::OUT[half]));
            !found(fixed(fixed_at::TAG + i) + pad, advice(at::LIMB + i), out)
        };
        match column {
            // How often an entry is looked up is for the sum of all fractions to say.
            at::COUNT => false,
            column if column < at::LIMB + LIMBS => misses(column - at::LIMB),
            column if at::OUT.contains(&column) => (0..LIMBS)
                .any(|i| lookup::out_of(bands, i).is_some_and(|half| at::OUT[half] == column) && misses(i)),
            at::PAD => (0..LIMBS).any(misses),
            _ => false,
        }
    }

    /// Whether a link of the cell's row has no text any more, if nothing else changes, or a text another number of links.
    pub(super) fn misses_texts(&self, cell: Cell, value: Fr) -> bool {
        let assignment = self.layout.assignment();
        let Cell { column, row } = cell;
        if !assignment.bands().has_links()
            || !matches!(column, at::A | at::E) && !lookup::carried(assignment.bands()).contains(&column)
            || row + 1 == assignment.rows()
        {
            return false;
        }
        let is = |flag: u64| assignment.fixed_at(fixed_at::LINKS, row) == Fr::from(flag);
        let advice = |other: usize| if other == column { value } else { assignment.advice()[other][row] };
        let text = self.texts.get(&(advice(at::A), assignment.fixed_at(fixed_at::KIND, row)));
        let carried = || lookup::carried(assignment.bands()).iter().map(|column| advice(*column)).collect();
        is(fixed_at::LINK) && text != Some(&carried())
            || lookup::count_of_entry(assignment, row) == Some(column)
    }

    /// Which sum of the second phase ends elsewhere: asked are the gates, in rows that differ from the honest ones and at the ends.
    pub(super) fn sums(&self, assignment: &Assignment) -> Vec<Killer> {
        let differences = differences(self.layout.assignment(), assignment);
        let rows: BTreeSet<usize> = differences.iter().map(|cell| cell.row).collect();
        let second = self.system.second_phase_beside(assignment, &self.values, &rows);
        let values = self.system.view(assignment, &second);
        let mut killers = BTreeSet::new();
        for (index, constraint) in self.system.constraints.iter().enumerate().filter(|(_, c)| c.second) {
            let ends = constraint
                .gates
                .iter()
                .any(|gate| matches!(gate, Gate::LookupEdge | Gate::LayerEdge | Gate::GraphOne));
            let all = 0..if ends { assignment.rows() } else { 0 };
            for row in all.chain(rows.iter().copied()) {
                if self.evaluate_on(assignment, index, row, &values) == Fr::zero() {
                    continue;
                }
                match constraint.name.split(" / ").next().unwrap_or_default() {
                    "LookupEdge" => killers.extend(self.missing(assignment, &differences)),
                    "LayerEdge" => drop(killers.insert(Killer::Sum("neurons"))),
                    "GraphOne" => drop(killers.insert(Killer::Sum("chosen"))),
                    "PackingEdge" => drop(killers.insert(Killer::Sum("packed"))),
                    _ => drop(killers.insert(Killer::Gate(constraint.name.clone()))),
                }
            }
        }
        killers.into_iter().collect()
    }

    /// What is looked up and is in no table, if the sum of all fractions ends elsewhere.
    fn missing(&self, assignment: &Assignment, differences: &[Cell]) -> Vec<Killer> {
        // A pad changes the tags of all its row.
        let rows: BTreeSet<usize> = differences.iter().map(|cell| cell.row).collect();
        let limbs =
            rows.iter().flat_map(|row| (at::LIMB..at::LIMB + LIMBS).map(|column| Cell { column, row: *row }));
        let missed = limbs.filter(|cell| self.misses_tables(&mut &*assignment, *cell));
        let tag = |cell: Cell| to_u64(assignment.fixed_at(fixed_at::TAG + cell.column - at::LIMB, cell.row));
        let mut all: Vec<Killer> = missed.filter_map(tag).map(Killer::Limb).collect();
        if self.misses_links(assignment) {
            all.push(Killer::Link);
        }
        if all.is_empty() { vec![Killer::LookUp] } else { all }
    }

    /// Whether some link names a text that is not there, or has other residues than its text.
    fn misses_links(&self, assignment: &Assignment) -> bool {
        if !assignment.bands().has_links() {
            return false;
        }
        let texts = texts(assignment);
        let misses = |row: usize| {
            let text = texts.get(&(
                assignment.read(Cell { column: at::A, row }),
                assignment.fixed_at(fixed_at::KIND, row),
            ));
            text != Some(&carried(assignment, row))
        };
        let links = (0..assignment.rows() - 1)
            .filter(|row| assignment.fixed_at(fixed_at::LINKS, *row) == Fr::from(fixed_at::LINK));
        links.into_iter().any(misses)
    }
}

/// What a link takes from its text, or a text has for it.
fn carried(assignment: &Assignment, row: usize) -> Vec<Fr> {
    lookup::carried(assignment.bands())
        .iter()
        .map(|column| assignment.read(Cell { column: *column, row }))
        .collect()
}

/// Residues of each text, and its mask, by index and kind.
pub(super) fn texts(assignment: &Assignment) -> HashMap<(Fr, Fr), Vec<Fr>> {
    if !assignment.bands().has_links() {
        return HashMap::new();
    }
    let row = |row: usize| {
        let [index, kind] = [fixed_at::INDEX, fixed_at::KIND].map(|column| assignment.fixed_at(column, row));
        ((index, kind), carried(assignment, row))
    };
    (0..assignment.rows()).filter(|row| lookup::count_of_entry(assignment, *row).is_some()).map(row).collect()
}

/// Cells of the first phase, some of them changed.
pub(super) trait Advice {
    fn cell(&mut self, cell: Cell) -> Fr;
}

impl Advice for &Assignment {
    fn cell(&mut self, cell: Cell) -> Fr {
        self.read(cell)
    }
}

/// One of them.
pub(super) struct CellChange<'s> {
    pub assignment: &'s Assignment,
    pub cell: Cell,
    pub value: Fr,
}

impl Advice for CellChange<'_> {
    fn cell(&mut self, cell: Cell) -> Fr {
        if cell == self.cell { self.value } else { self.assignment.read(cell) }
    }
}
