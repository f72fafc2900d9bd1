//! Gates, copies and look-ups of a layout, asked about one cell at a time.

use std::collections::{HashMap, HashSet};

use halo2_proofs::plonk::{AdviceQuery, Circuit, ConstraintSystem, Expression, FixedQuery, Selector};
use halo2curves::bn256::Fr;

use super::Killer;
use crate::chips::table::RangeTable;
use crate::chips::{ADVICE_COLUMNS, Gate, LIMBS, at, dense, fixed_at, lookup, second_at};
use crate::fixed::to_u64;
use crate::layout::Layout;
use crate::sheet::{Cell, Sheet};

/// A cell of either phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// First phase, by the columns of [`at`].
    First(Cell),
    /// Second phase, by the order of the columns.
    Second(Cell),
}

/// One polynomial of a gate.
struct Constraint {
    name: String,
    polynomial: Expression<Fr>,
    /// Whether it reads the second phase.
    second: bool,
    /// Gates that switch it on.
    gates: Vec<Gate>,
}

/// A layout and what constrains it.
pub struct Examiner<'l> {
    layout: &'l Layout,
    constraints: Vec<Constraint>,
    /// By halo2's index of an advice column: constraints that read it, and at which rotation.
    readers: Vec<Vec<(usize, i32)>>,
    /// By halo2's indices.
    advice: Vec<Vec<Fr>>,
    fixed: Vec<usize>,
    gates: Vec<Gate>,
    /// halo2's index of each first-phase column, and of each second-phase column.
    first_index: HashMap<usize, usize>,
    second_index: Vec<usize>,
    challenges: Vec<Fr>,
    partners: HashMap<Cell, Vec<Cell>>,
    public: HashSet<Cell>,
    table: RangeTable,
    /// Residues of each text, by index and kind.
    texts: HashMap<(Fr, Fr), (Fr, Fr)>,
}

impl<'l> Examiner<'l> {
    /// Of an honest layout.
    ///
    /// # Panics
    /// If a constraint does not hold, in any row.
    pub fn new(layout: &'l Layout) -> Self {
        let sheet = layout.sheet();
        let mut cs = ConstraintSystem::default();
        let chips = Layout::configure_with_params(&mut cs, layout.statement());
        // Any values will do, as long as they are not chosen by whoever changes cells.
        let challenges: Vec<Fr> =
            (1..=chips.challenges.len() as u64).map(|i| -Fr::from(i * i + 7).square()).collect();
        let first_index: HashMap<usize, usize> =
            chips.advice_columns().map(|(index, column)| (index, column.index())).collect();
        let second_index: Vec<usize> = chips.second.iter().map(|column| column.index()).collect();
        let mut advice = vec![Vec::new(); cs.num_advice_columns()];
        for (index, column) in &first_index {
            advice[*column] = sheet.advice()[*index].clone();
        }
        for (column, values) in second_index.iter().zip(second_phase(sheet, &challenges)) {
            advice[*column] = values;
        }
        let mut fixed: Vec<(usize, usize)> =
            chips.fixed_columns().map(|(index, column)| (column.index(), index)).collect();
        fixed.sort_unstable();
        let mut gates: Vec<(usize, Gate)> =
            chips.selectors().map(|(gate, selector)| (selector.index(), gate)).collect();
        gates.sort_unstable();
        let mut partners: HashMap<Cell, Vec<Cell>> = HashMap::new();
        for (from, to) in sheet.copies() {
            partners.entry(*from).or_default().push(*to);
            partners.entry(*to).or_default().push(*from);
        }
        let mut examiner = Self {
            layout,
            constraints: Vec::new(),
            readers: vec![Vec::new(); advice.len()],
            advice,
            fixed: fixed.into_iter().map(|(_, index)| index).collect(),
            gates: gates.into_iter().map(|(_, gate)| gate).collect(),
            first_index,
            second_index,
            challenges,
            partners,
            public: sheet.instance().iter().copied().collect(),
            table: RangeTable::new(sheet.bands()),
            texts: texts(sheet),
        };
        for gate in cs.gates() {
            for (index, polynomial) in gate.polynomials().iter().enumerate() {
                examiner.add(format!("{} / {}", gate.name(), gate.constraint_name(index)), polynomial);
            }
        }
        for (index, constraint) in examiner.constraints.iter().enumerate() {
            for row in 0..sheet.rows() {
                let value = examiner.evaluate(index, row, None);
                assert!(value == Fr::zero(), "{} does not hold in row {row}", constraint.name);
            }
        }
        examiner
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

    /// A constraint's value in a row, with one cell changed. Beside the usable rows everything is 0.
    fn evaluate(&self, constraint: usize, row: usize, changed: Option<(usize, usize, Fr)>) -> Fr {
        let sheet = self.layout.sheet();
        let at = |rotation: i32| row.checked_add_signed(rotation as isize).filter(|row| *row < sheet.rows());
        self.constraints[constraint].polynomial.evaluate(
            &|constant| constant,
            &|selector| Fr::from(u64::from(sheet.is_enabled(self.gates[selector.index()], row))),
            &|query: FixedQuery| {
                let row = at(query.rotation().0);
                row.map_or(Fr::zero(), |row| sheet.fixed_at(self.fixed[query.column_index()], row))
            },
            &|query: AdviceQuery| match (at(query.rotation().0), changed) {
                (Some(row), Some((column, changed, value)))
                    if (column, changed) == (query.column_index(), row) =>
                {
                    value
                }
                (row, _) => row.map_or(Fr::zero(), |row| self.advice[query.column_index()][row]),
            },
            &|_| Fr::zero(),
            &|challenge| self.challenges[challenge.index()],
            &|a| -a,
            &|a, b| a + b,
            &|a, b| a * b,
            &|a, factor| a * factor,
        )
    }

    /// Every assigned cell of the first phase, and every cell of the second that anything reads: there, columns are filled
    /// whole.
    pub fn places(&self) -> Vec<Place> {
        let sheet = self.layout.sheet();
        let columns = 0..self.second_index.len();
        let second =
            columns.flat_map(|column| (0..sheet.rows()).map(move |row| Place::Second(Cell { column, row })));
        let second = second.filter(|place| self.is_read(*place));
        sheet.assigned().into_iter().map(Place::First).chain(second).collect()
    }

    /// What stands in a place.
    pub fn read(&self, place: Place) -> Fr {
        let (column, row) = self.index(place);
        self.advice[column][row]
    }

    /// What stands in a place, or `other` if it is beside the sheet.
    pub fn read_or(&self, place: Place, other: Fr) -> Fr {
        let (column, row) = self.index(place);
        self.advice[column].get(row).copied().unwrap_or(other)
    }

    /// Whether anything reads the place: a copy, a public input, a look-up, or a gate that is on.
    pub fn is_read(&self, place: Place) -> bool {
        let (column, row) = self.index(place);
        let sheet = self.layout.sheet();
        if let Place::First(cell) = place
            && (self.partners.contains_key(&cell) || self.public.contains(&cell))
        {
            return true;
        }
        self.readers[column].iter().any(|(constraint, rotation)| {
            let at = row.checked_add_signed(-*rotation as isize).filter(|at| *at < sheet.rows());
            let on =
                |row| self.constraints[*constraint].gates.iter().all(|gate| sheet.is_enabled(*gate, row));
            at.is_some_and(on)
        })
    }

    fn index(&self, place: Place) -> (usize, usize) {
        match place {
            Place::First(cell) => (self.first_index[&cell.column], cell.row),
            Place::Second(cell) => (self.second_index[cell.column], cell.row),
        }
    }

    /// Who notices that `place` holds `value` instead; `None` if nobody does.
    pub fn killer(&self, place: Place, value: Fr) -> Option<Killer> {
        let (column, row) = self.index(place);
        if let Place::First(cell) = place {
            if self.partners.contains_key(&cell) {
                return Some(Killer::Copy);
            }
            if self.public.contains(&cell) {
                return Some(Killer::Public);
            }
            if self.misses_tables(cell, value) {
                return Some(Killer::LookUp);
            }
        }
        let first = matches!(place, Place::First(_));
        for (constraint, rotation) in &self.readers[column] {
            // The second phase answers to a change of the first, so it is asked below.
            if first && self.constraints[*constraint].second {
                continue;
            }
            let Some(at) = row.checked_add_signed(-*rotation as isize) else { continue };
            let rows = self.layout.sheet().rows();
            if at < rows && self.evaluate(*constraint, at, Some((column, row, value))) != Fr::zero() {
                return Some(Killer::Gate(self.constraints[*constraint].name.clone()));
            }
        }
        match place {
            Place::First(cell) => self.sums(cell, value),
            Place::Second(_) => None,
        }
    }

    /// Whether a look-up of the cell's own row has no entry any more. Others are counted anew by [`Self::sums`].
    fn misses_tables(&self, cell: Cell, value: Fr) -> bool {
        let sheet = self.layout.sheet();
        let Cell { column, row } = cell;
        // The last row is not looked up.
        if row + 1 == sheet.rows() {
            return false;
        }
        let fixed = |column: usize| sheet.fixed_at(column, row);
        let found = |tag: Fr, value: Fr| {
            to_u64(tag).zip(to_u64(value)).is_some_and(|(tag, value)| self.table.find(tag, value).is_some())
        };
        let advice = |other: usize| if other == column { value } else { sheet.advice()[other][row] };
        match column {
            // Each count is weighed by a fraction that is not 0.
            at::COUNT => true,
            column if column < at::LIMB + LIMBS => {
                !found(fixed(fixed_at::TAG + column - at::LIMB) + advice(at::PAD), value)
            }
            at::PAD => (0..LIMBS).any(|i| !found(fixed(fixed_at::TAG + i) + value, advice(at::LIMB + i))),
            column if (at::MODEL_LIMB..at::MODEL_LIMB + LIMBS).contains(&column) => {
                !found(fixed(fixed_at::MODEL_TAG + column - at::MODEL_LIMB), value)
            }
            at::A | at::B | at::C if fixed(fixed_at::LINKS) == Fr::one() => {
                let text = self.texts.get(&(advice(at::A), fixed(fixed_at::KIND)));
                text != Some(&(advice(at::B), advice(at::C)))
            }
            at::A => fixed(fixed_at::TEXTS) == Fr::one(),
            _ => false,
        }
    }

    /// Which sum of the second phase ends elsewhere, with look-ups counted anew.
    fn sums(&self, cell: Cell, value: Fr) -> Option<Killer> {
        let mut sheet = self.layout.sheet().clone();
        sheet.write(cell.column, cell.row, value);
        if cell.column != at::COUNT {
            lookup::count(&mut sheet);
        }
        let last = sheet.rows() - 1;
        let columns = second_phase(&sheet, &self.challenges);
        let (lookups, model) = columns.split_at(lookup::columns(sheet.bands()));
        if lookups.last().is_some_and(|sum| sum[last] != Fr::zero()) {
            return Some(Killer::LookUp);
        }
        if model.is_empty() {
            return None;
        }
        let neurons = &model[second_at::NEURONS];
        if (0..=last).any(|row| sheet.is_enabled(Gate::LayerEdge, row) && neurons[row] != Fr::zero()) {
            return Some(Killer::Sum("neurons"));
        }
        let packed = model[second_at::PACKED][last] == model[second_at::MESSAGES][last];
        (!packed).then_some(Killer::Sum("packed"))
    }

    /// Gates that are on in no row, and first-phase columns without an assigned cell: dead weight of a statement.
    pub fn idle(&self) -> (Vec<Gate>, Vec<usize>) {
        let sheet = self.layout.sheet();
        let on = |gate: &Gate| (0..sheet.rows()).any(|row| sheet.is_enabled(*gate, row));
        let gates = self.gates.iter().copied().filter(|gate| !on(gate)).collect();
        let used: HashSet<usize> = sheet.assigned().into_iter().map(|cell| cell.column).collect();
        let columns =
            (0..ADVICE_COLUMNS).filter(|column| sheet.bands().advice(*column) && !used.contains(column));
        (gates, columns.collect())
    }
}

/// The second phase as a prover computes it.
fn second_phase(sheet: &Sheet, challenges: &[Fr]) -> Vec<Vec<Fr>> {
    let mut columns = lookup::second_phase(sheet, challenges[0], challenges[1]);
    if sheet.bands().model {
        columns.extend(dense::second_phase(sheet, challenges[2], challenges[3]));
    }
    columns
}

fn texts(sheet: &Sheet) -> HashMap<(Fr, Fr), (Fr, Fr)> {
    if !sheet.bands().core {
        return HashMap::new();
    }
    let row = |row: usize| {
        let [index, kind] = [fixed_at::INDEX, fixed_at::KIND].map(|column| sheet.fixed_at(column, row));
        let [b, c] = [at::B, at::C].map(|column| sheet.advice()[column][row]);
        ((index, kind), (b, c))
    };
    (0..sheet.rows()).filter(|r| sheet.fixed_at(fixed_at::TEXTS, *r) == Fr::one()).map(row).collect()
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
