//! What determines the cells of the second phase.
//!
//! Given the first phase and the challenges, every constraint is linear in the cells of the second, but for one product. Sums run from one end to the
//! other and are pinned at both; so with any one pin forgotten everything must still follow from the others. A sum that is not tied in
//! some row follows from both sides as long as both pins are there, and no longer when one is forgotten.

use std::collections::{BTreeMap, BTreeSet};

use halo2curves::bn256::Fr;

use super::Examiner;
use super::system::{Algebra, Cells, Place, Values};
use crate::assignment::Cell;
use crate::chips::{lookup, second_at};

/// Coefficients of cells, and under none the constant.
type Form = BTreeMap<Option<Cell>, Fr>;

/// The first phase as it is, the second unknown.
struct Unknown<'v> {
    values: &'v Values,
    /// Our number of halo2's columns of the second phase.
    second: BTreeMap<usize, usize>,
}

impl Unknown<'_> {
    /// What a form is at the honest witness.
    fn honest(&self, form: &Form) -> Fr {
        let theirs =
            |ours: usize| self.second.iter().find(|(_, column)| **column == ours).map(|(theirs, _)| *theirs);
        let value =
            |cell: &Cell| theirs(cell.column).map_or(Fr::zero(), |column| self.values.at(column, cell.row));
        form.iter().map(|(cell, k)| cell.as_ref().map_or(*k, |cell| value(cell) * k)).sum()
    }
}

impl Algebra<Form> for Unknown<'_> {
    fn constant(&self, value: Fr) -> Form {
        Form::from([(None, value)])
    }

    fn advice(&self, column: usize, row: Option<usize>) -> Form {
        let Some(row) = row else { return Form::new() };
        match self.second.get(&column) {
            Some(column) => Form::from([(Some(Cell { column: *column, row }), Fr::one())]),
            None => Form::from([(None, self.values.at(column, row))]),
        }
    }

    fn negated(&self, a: Form) -> Form {
        a.into_iter().map(|(cell, k)| (cell, -k)).collect()
    }

    fn sum(&self, mut a: Form, b: Form) -> Form {
        b.into_iter().for_each(|(cell, k)| *a.entry(cell).or_insert(Fr::zero()) += k);
        a
    }

    fn product(&self, a: Form, b: Form) -> Form {
        let constant = |form: &Form| form.keys().all(Option::is_none);
        if !constant(&a) && !constant(&b) {
            // What a block's sum is less: once both factors are known, the product is.
            let [at, bt] = [&a, &b].map(|form| self.honest(form));
            let scaled = |form: Form, by: Fr| form.into_iter().map(move |(cell, k)| (cell, k * by)).collect();
            let both = self.sum(scaled(b, at), scaled(a, bt));
            return self.sum(both, Form::from([(None, -at * bt)]));
        }
        let (form, factor) = if constant(&b) { (a, b) } else { (b, a) };
        let factor = factor.get(&None).copied().unwrap_or(Fr::zero());
        form.into_iter().map(|(cell, k)| (cell, k * factor)).collect()
    }
}

/// A constraint in a row, by its unknown cells.
struct Tie {
    name: String,
    row: usize,
    cells: Vec<Cell>,
}

impl Tie {
    fn is_pin(&self) -> bool {
        ["LookupEdge", "LayerEdge", "PackingEdge", "GraphOne"].iter().any(|gate| self.name.starts_with(gate))
    }
}

impl Examiner<'_> {
    /// Cells of the second phase that the first and the challenges do not determine if one pin of a sum, which is named with its
    /// row, is forgotten. What packed elements start from is taken for granted: it cancels.
    pub fn loose(&self) -> Vec<(String, usize, Cell)> {
        self.loose_without(&|_, _| false)
    }

    /// Likewise, if constraints in rows that are `removed` were not there.
    pub fn loose_without(&self, removed: &dyn Fn(&str, usize) -> bool) -> Vec<(String, usize, Cell)> {
        let mut ties = self.ties();
        let all: BTreeSet<Cell> = ties.iter().flat_map(|tie| tie.cells.iter().copied()).collect();
        ties.retain(|tie| !removed(&tie.name, tie.row));
        let pins = (0..ties.len()).filter(|tie| ties[*tie].is_pin());
        let loose = |pin: usize| {
            let known = self.follow(&ties, pin);
            let first = all.iter().find(|cell| !known.contains(cell));
            first.map(|cell| (ties[pin].name.clone(), ties[pin].row, *cell))
        };
        pins.filter_map(loose).collect()
    }

    /// The unknown cells of each constraint in each row.
    fn ties(&self) -> Vec<Tie> {
        let assignment = self.assignment();
        let columns = 0..self.second_columns();
        let index = |column: usize| self.system.index(Place::Second(Cell { column, row: 0 })).0;
        let second = columns.map(|column| (index(column), column)).collect();
        let unknown = Unknown { values: &self.values, second };
        let mut ties = Vec::new();
        for (index, constraint) in self.system.constraints.iter().enumerate().filter(|(_, c)| c.second) {
            for row in (0..assignment.rows()).filter(|row| self.system.is_on(assignment, index, *row)) {
                let form: Form = self.system.evaluate(assignment, index, row, &unknown);
                let cells = form.into_iter().filter(|(_, k)| *k != Fr::zero());
                let cells = cells.filter_map(|(cell, _)| cell).collect();
                ties.push(Tie { name: constraint.name.clone(), row, cells });
            }
        }
        ties
    }

    /// What follows if `forgotten` is not asked.
    fn follow(&self, ties: &[Tie], forgotten: usize) -> BTreeSet<Cell> {
        let mut readers: BTreeMap<Cell, Vec<usize>> = BTreeMap::new();
        for (index, tie) in ties.iter().enumerate().filter(|(index, _)| *index != forgotten) {
            tie.cells.iter().for_each(|cell| readers.entry(*cell).or_default().push(index));
        }
        let bands = self.assignment().bands();
        let mut known = BTreeSet::new();
        if bands.model {
            known.insert(Cell { column: lookup::columns(bands) + second_at::PACKED, row: 0 });
        }
        let mut queue: Vec<usize> = (0..ties.len()).filter(|index| *index != forgotten).collect();
        while let Some(index) = queue.pop() {
            let mut unknown = ties[index].cells.iter().filter(|cell| !known.contains(*cell));
            let (Some(cell), None) = (unknown.next(), unknown.next()) else { continue };
            known.insert(*cell);
            queue.extend(readers.get(cell).into_iter().flatten());
        }
        known
    }
}
