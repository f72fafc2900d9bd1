//! A circuit on the bench: everything that objects to a forged witness.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::ops::Range;

use halo2curves::bn256::Fr;

use super::hints::hints;
use super::mutant::Objection;
use super::program::{Changes, Program};
use crate::assignment::{Assignment, Cell, Copy, Role};
use crate::chips::table::{self, RangeTable};
use crate::chips::{Gate, LIMBS, at, fixed_at, lookup};
use crate::fixed::{to_field, to_u64};
use crate::layout::Layout;
use crate::testing::analysis::Analysis;

/// Rounds in which accumulators of layer after layer follow, at most.
const SETTLED: usize = 8;

/// A layout, its gates taken apart, and the order in which they determine everything.
pub struct Bench<'a, 'l> {
    pub(super) layout: &'l Layout,
    pub(super) analysis: &'a Analysis<'l>,
    pub(super) program: Program<'a, 'l>,
    pub(super) table: RangeTable,
    public_constraints: HashSet<usize>,
    /// Links by index of their text and kind.
    links: BTreeMap<(u64, u64), Vec<usize>>,
}

/// A forged witness: variables of the first phase, and public inputs with the cells that hold them. Second phase and counts are
/// computed from it as a prover would.
#[derive(Clone, Debug, Default)]
pub struct Forged {
    pub(super) changes: Changes,
    /// Public inputs that are not what is exposed, and whether the cell beside them says the same.
    pub(super) public: BTreeMap<usize, (Fr, bool)>,
}

impl<'a, 'l> Bench<'a, 'l> {
    /// Of a layout and its analysis.
    pub fn new(layout: &'l Layout, analysis: &'a Analysis<'l>) -> Self {
        let assignment = layout.assignment();
        let (_, steps) = analysis.determine(&BTreeSet::new(), &|_| false);
        let constraints = analysis.system.constraints.iter().enumerate();
        let mut links: BTreeMap<(u64, u64), Vec<usize>> = BTreeMap::new();
        if assignment.bands().has_links() {
            for row in analysis.rows(fixed_at::LINK) {
                let index = to_u64(assignment.read(Cell { column: at::A, row })).unwrap_or_default();
                links.entry((index, analysis.kind(row))).or_default().push(row);
            }
        }
        Self {
            layout,
            analysis,
            program: Program::new(analysis, steps),
            table: RangeTable::new(assignment.bands()),
            public_constraints: constraints
                .filter(|(_, c)| c.gates == [Gate::Public])
                .map(|(i, _)| i)
                .collect(),
            links,
        }
    }

    /// The assignment.
    pub fn assignment(&self) -> &'l Assignment {
        self.layout.assignment()
    }

    /// The rows of a stage: none if there is no such stage.
    pub fn rows_of(&self, stage: &str) -> Range<usize> {
        let found = self.layout.stages().iter().find(|found| found.name == stage);
        found.map_or(0..0, |stage| stage.start..stage.start + stage.rows)
    }

    /// How many polynomials there are.
    pub fn constraints(&self) -> usize {
        self.analysis.system.constraints.len()
    }

    /// The name of a polynomial.
    pub fn name(&self, constraint: usize) -> String {
        let all = &self.analysis.system.constraints;
        let name = &all[constraint].name;
        let same: Vec<usize> = (0..all.len()).filter(|i| all[*i].name == *name).collect();
        let place = same.iter().position(|i| *i == constraint).unwrap_or_default();
        if same.len() > 1 { format!("{name} ({})", place + 1) } else { name.clone() }
    }

    /// The gates of a polynomial.
    pub fn gates(&self, constraint: usize) -> &[Gate] {
        &self.analysis.system.constraints[constraint].gates
    }

    /// Whether a polynomial reads the second phase.
    pub fn is_second(&self, constraint: usize) -> bool {
        self.analysis.system.constraints[constraint].second
    }

    /// Gates that there are.
    pub fn all_gates(&self) -> Vec<Gate> {
        let mut gates = self.analysis.system.gates.clone();
        gates.sort_unstable();
        gates
    }

    /// The tag of full limbs.
    pub fn full_tag(&self) -> u64 {
        let bands = self.assignment().bands();
        let bits = match bands.graph {
            Some(graph) => graph.limb_bits,
            None if bands.core => crate::chips::LIMB_BITS,
            None => crate::chips::dense::MODEL_LIMB_BITS,
        };
        table::width(bits).unwrap_or_default()
    }

    /// Whether somebody wrote a cell.
    pub fn is_written(&self, cell: Cell) -> bool {
        self.assignment().role(cell) != Role::Blank
    }

    /// Whether a copy is one of a public input.
    pub(super) fn is_public_copy(&self, copy: &Copy) -> bool {
        (0..self.assignment().instance().len()).any(|row| {
            self.public_copies(row).iter().any(|index| self.assignment().copies()[*index] == *copy)
        })
    }

    /// Places of the copies between a public input's cell and the one beside it.
    pub(super) fn public_copies(&self, row: usize) -> Vec<usize> {
        let Some((cell, beside)) = self.assignment().public().nth(row) else { return Vec::new() };
        let both = [(cell, beside), (beside, cell)];
        let copies = self.assignment().copies().iter().enumerate();
        copies.filter(|(_, copy)| both.contains(copy)).map(|(index, _)| index).collect()
    }

    /// Whether somebody can fill the second phase so that it passes: with the honest counts of the look-ups, or with one that is too
    /// high.
    pub fn second_phase_passes(&self, honest: bool) -> bool {
        let assignment = if honest { self.assignment().clone() } else { self.miscounted() };
        self.completes(&assignment, &|_, _| false)
    }

    /// What a variable holds in a forged witness.
    pub(super) fn value(&self, changes: &Changes, column: usize, row: usize) -> Fr {
        self.program.value(changes, self.analysis.variables.of(Cell { column, row }))
    }

    /// The witness of somebody who tells `told` and computes what follows.
    pub(super) fn follow(&self, told: &Changes) -> Forged {
        let mut all = told.clone();
        let mut changes = self.program.follow(&all);
        // A layer at a time, and the elements in the end.
        for _ in 0..SETTLED {
            if !self.assignment().bands().model || !self.settle(&changes, told, &mut all) {
                break;
            }
            changes = self.program.follow(&all);
        }
        Forged { changes, public: BTreeMap::new() }
    }

    /// Adds to what is told the sums of products and the packed elements that second-phase sums ask for. Whether any is another.
    fn settle(&self, changes: &Changes, told: &Changes, all: &mut Changes) -> bool {
        if !self.is_summed(changes) {
            return false;
        }
        let mut settled = false;
        for (cell, value) in hints(&self.assignment_of(changes)) {
            let variable = self.analysis.variables.of(cell);
            if !told.contains_key(&variable) && self.program.value(changes, variable) != value {
                all.insert(variable, value);
                settled = true;
            }
        }
        settled
    }

    /// Whether something changes that sums of the second phase read.
    fn is_summed(&self, changes: &Changes) -> bool {
        let graph = self.assignment().bands().graph.is_some();
        let wires = [&at::WIRE[..], &at::ACC, &at::END].concat();
        let summed = |cell: &Cell| {
            graph && wires.contains(&cell.column)
                || cell.column < at::LIMB + LIMBS
                || matches!(cell.column, at::MODEL_X | at::MODEL_SUM | at::MESSAGE)
        };
        let cells = changes.keys().flat_map(|variable| &self.analysis.variables.cells[*variable as usize]);
        cells.into_iter().any(summed)
    }

    /// Everything that objects, or `None` if there are more than `limit` objections.
    pub fn objections(&self, forged: &Forged, limit: usize) -> Option<BTreeSet<Objection>> {
        let mut found = BTreeSet::new();
        let changes = &forged.changes;
        let mut asked = HashSet::new();
        for variable in changes.keys() {
            for reader in &self.analysis.readers[*variable as usize] {
                let instance = &self.analysis.instances[*reader];
                if !asked.insert(*reader) || self.public_constraints.contains(&instance.constraint) {
                    continue;
                }
                let value = instance.polynomial.given(|v| Some(self.program.value(changes, v)));
                if !value.0.is_empty() {
                    found.insert(Objection::Gate { constraint: instance.constraint, row: instance.row });
                    if found.len() > limit {
                        return None;
                    }
                }
            }
            for cell in &self.analysis.variables.cells[*variable as usize] {
                self.look_ups(changes, *cell, &mut found);
            }
            if found.len() > limit {
                return None;
            }
        }
        for (row, (_, told)) in &forged.public {
            found.insert(match told {
                true => Objection::Public(*row),
                false => {
                    let constraint = self.public_constraints.iter().next().copied().unwrap_or_default();
                    Objection::Gate { constraint, row: *row }
                }
            });
        }
        if self.assignment().bands().model {
            found.extend(self.sums(changes));
        }
        (found.len() <= limit).then_some(found)
    }

    fn look_ups(&self, changes: &Changes, cell: Cell, found: &mut BTreeSet<Objection>) {
        let assignment = self.assignment();
        let Cell { column, row } = cell;
        if row + 1 == assignment.rows() {
            return;
        }
        match column {
            column if column < at::LIMB + LIMBS => found.extend(self.limb(changes, column - at::LIMB, row)),
            column if at::OUT.contains(&column) => {
                let half = column - at::OUT[0];
                let limbs = (0..LIMBS).filter(|i| lookup::out_of(assignment.bands(), *i) == Some(half));
                found.extend(limbs.filter_map(|limb| self.limb(changes, limb, row)));
            }
            at::PAD => found.extend((0..LIMBS).filter_map(|limb| self.limb(changes, limb, row))),
            column
                if assignment.bands().has_links()
                    && (column == at::A || lookup::carried(assignment.bands()).contains(&column)) =>
            {
                let flag = assignment.fixed_at(fixed_at::LINKS, row);
                if flag == Fr::from(fixed_at::LINK) {
                    found.extend(self.link(changes, row));
                }
                if lookup::count_of_entry(assignment, row).is_some_and(|count| column != count) {
                    let index = to_u64(assignment.fixed_at(fixed_at::INDEX, row)).unwrap_or_default();
                    let links = self.links.get(&(index, self.analysis.kind(row)));
                    found.extend(links.into_iter().flatten().filter_map(|row| self.link(changes, *row)));
                }
            }
            _ => {}
        }
    }

    fn limb(&self, changes: &Changes, limb: usize, row: usize) -> Option<Objection> {
        let assignment = self.assignment();
        let fixed = assignment.fixed_at(fixed_at::TAG + limb, row);
        let pad = if assignment.bands().core { self.value(changes, at::PAD, row) } else { Fr::zero() };
        let value = self.value(changes, at::LIMB + limb, row);
        let found = to_u64(fixed + pad).and_then(|tag| self.table.find_limb(tag, value));
        let tag = to_u64(fixed).unwrap_or_default();
        let out =
            lookup::out_of(assignment.bands(), limb).map(|half| self.value(changes, at::OUT[half], row));
        let stands = |place: usize| out.is_none_or(|out| out == to_field(&self.table.out(place)));
        let found = found.filter(|place| stands(*place));
        let full = self.table.find_limb(self.full_tag(), value);
        let wide = !full.is_some_and(stands);
        found.is_none().then_some(Objection::Limb { limb, row, tag, wide })
    }

    fn link(&self, changes: &Changes, row: usize) -> Option<Objection> {
        let index = self.value(changes, at::A, row);
        let text = self.program.text(row, index);
        let agrees = text.is_some_and(|text| {
            lookup::carried(self.assignment().bands())
                .iter()
                .all(|column| self.value(changes, *column, row) == self.value(changes, *column, text))
        });
        (!agrees).then_some(Objection::Link { row })
    }

    /// The assignment of a forged witness.
    pub(super) fn assignment_of(&self, changes: &Changes) -> Assignment {
        let mut assignment = self.assignment().clone();
        for (variable, value) in changes {
            for cell in &self.analysis.variables.cells[*variable as usize] {
                assignment.write(cell.column, cell.row, *value);
            }
        }
        assignment
    }

    /// Sums of models that do not end where they must.
    fn sums(&self, changes: &Changes) -> BTreeSet<Objection> {
        if !self.is_summed(changes) {
            return BTreeSet::new();
        }
        let assignment = self.assignment_of(changes);
        let system = &self.analysis.system;
        let values = system.values(&assignment);
        let ends = [Gate::LayerEdge, Gate::LookupEdge, Gate::GraphOne];
        let mut found = BTreeSet::new();
        for (constraint, spec) in system.constraints.iter().enumerate() {
            // The sum of the look-ups is asked limb by limb.
            let asked =
                spec.gates.iter().all(|gate| ends.contains(gate)) && !spec.name.starts_with("LookupEdge");
            if !asked {
                continue;
            }
            for row in (0..assignment.rows()).filter(|row| system.is_on(&assignment, constraint, *row)) {
                if system.evaluate(&assignment, constraint, row, &values) != Fr::zero() {
                    found.insert(Objection::Gate { constraint, row });
                }
            }
        }
        found
    }
}
