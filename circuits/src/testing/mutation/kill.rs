//! Who notices which mutant.

use std::collections::BTreeSet;
use std::fmt;

use super::attacks::Attack;
use super::bench::{Bench, Forged};
use super::mutant::{Mutant, Objection};
use super::second::counted;
use crate::chips::table::{self, RangeTable};
use crate::chips::{Gate, LIMBS, at, fixed_at};
use crate::fixed::to_u64;
use crate::sheet::{Cell, Free, Sheet};
use crate::testing::Interval;
use crate::testing::analysis::{Analysis, Instance};
use crate::testing::polynomial::Variable;
use crate::testing::samples::Dice;

/// Who notices that a part is not there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Killer {
    /// The analysis: the gates no longer determine a cell.
    Determination(Cell),
    /// The analysis: an integer has no bound any more, in this many places.
    Bounds(usize),
    /// An attack that passes.
    Attack(Attack),
    /// A lie that passes with a second phase made for it.
    Second(Option<Attack>),
    /// The honest witness, which does not pass.
    Honest,
}

impl fmt::Display for Killer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Determination(cell) => write!(f, "determination: cell {} {}", cell.column, cell.row),
            Self::Bounds(count) => write!(f, "bounds: {count} places"),
            Self::Attack(attack) => write!(f, "attack: {attack}"),
            Self::Second(None) => f.write_str("second phase: count of a look-up"),
            Self::Second(Some(attack)) => write!(f, "second phase: {attack}"),
            Self::Honest => f.write_str("honest witness"),
        }
    }
}

/// Most objections that an attack may meet to be of use.
const LIMIT: usize = 24;

/// Attacks that were evaluated, and what mutants they kill.
pub struct Matrix<'b, 'a, 'l> {
    bench: &'b Bench<'a, 'l>,
    given: &'b [(Cell, Interval)],
    attacks: Vec<(Attack, BTreeSet<Objection>)>,
    tried: BTreeSet<Attack>,
    /// Lies that only sums of the second phase notice.
    lies: Vec<(Attack, Sheet)>,
    /// Attacks tried for a mutant, at most.
    patience: usize,
}

impl<'b, 'a, 'l> Matrix<'b, 'a, 'l> {
    /// With the attacks that need several cells. `given` are the bounds of [`Analysis::new`].
    pub fn new(bench: &'b Bench<'a, 'l>, given: &'b [(Cell, Interval)], patience: usize) -> Self {
        let mut matrix =
            Self { bench, given, attacks: Vec::new(), tried: BTreeSet::new(), lies: Vec::new(), patience };
        for attack in bench.families() {
            matrix.attempt(&attack);
        }
        matrix.find_lies();
        matrix
    }

    /// Evaluates an attack, once.
    fn attempt(&mut self, attack: &Attack) -> Option<&BTreeSet<Objection>> {
        if !self.tried.insert(attack.clone()) {
            return None;
        }
        let forged = attack.forge(self.bench)?;
        let objections = self.bench.objections(&forged, LIMIT)?;
        self.attacks.push((attack.clone(), objections));
        self.attacks.last().map(|(_, objections)| objections)
    }

    /// Accumulators and packed elements, of which only sums tell.
    fn find_lies(&mut self) {
        for kind in [Free::Accumulator, Free::Packed] {
            let sheet = self.bench.sheet();
            let free = |cell: &Cell| sheet.role(*cell) == crate::sheet::Role::Free(kind);
            let cells: Vec<Cell> = sheet.assigned().into_iter().filter(free).collect();
            let ends = cells.iter().rev().take(4).chain(cells.iter().take(4));
            for cell in ends {
                let attack = Attack::Cell(*cell, [1.into(), 1.into()]);
                let Some(forged) = attack.forge(self.bench) else { continue };
                let Some(objections) = self.bench.objections(&forged, LIMIT) else { continue };
                let sums = objections.iter().all(|objection| match objection {
                    Objection::Gate { constraint, .. } => self.bench.is_second(*constraint),
                    _ => false,
                });
                if sums && !objections.is_empty() {
                    self.lies.push((attack, counted(self.bench.sheet_of(&forged.changes))));
                    break;
                }
            }
        }
    }

    /// Attacks that nobody objects to: other valid witnesses, or holes.
    pub fn accepted(&self) -> impl Iterator<Item = &Attack> {
        self.attacks.iter().filter(|(_, objections)| objections.is_empty()).map(|(attack, _)| attack)
    }

    /// Who notices a mutant.
    pub fn killer(&mut self, mutant: &Mutant, dice: &mut Dice) -> Option<Killer> {
        if self.honest_needs(mutant) {
            return Some(Killer::Honest);
        }
        if let Some(killer) = self.known(mutant) {
            return Some(killer);
        }
        self.determination(mutant)
            .or_else(|| self.second(mutant))
            .or_else(|| self.search(mutant, dice))
            .or_else(|| self.bounds(mutant))
    }

    /// Whether every honest witness needs the part: what it looks up is nowhere else.
    fn honest_needs(&self, mutant: &Mutant) -> bool {
        let sheet = self.bench.sheet();
        let looked_up = |column: usize, row: usize| sheet.read(Cell { column, row }) != Default::default();
        match mutant {
            Mutant::TableRows(tag) => {
                let table = RangeTable::new(sheet.bands());
                let mut rows = table.rows().iter().enumerate().filter(|(_, (t, _))| t == tag);
                rows.any(|(row, _)| looked_up(at::COUNT, row))
            }
            Mutant::TextRows(kind) => {
                let mut rows = self.bench.analysis.texts().into_iter();
                rows.any(|(row, _)| self.bench.analysis.kind(row) == *kind && looked_up(at::A, row))
            }
            _ => false,
        }
    }

    fn known(&self, mutant: &Mutant) -> Option<Killer> {
        let covered = |objections: &BTreeSet<Objection>| {
            !objections.is_empty() && objections.iter().all(|objection| mutant.covers(self.bench, objection))
        };
        let found = self.attacks.iter().find(|(_, objections)| covered(objections));
        found.map(|(attack, _)| Killer::Attack(attack.clone()))
    }

    /// Whether a cell is determined by nothing, without the part.
    fn determination(&self, mutant: &Mutant) -> Option<Killer> {
        let bench = self.bench;
        let first = match mutant {
            Mutant::Constraint(constraint) => !bench.is_second(*constraint),
            Mutant::Gate(_) | Mutant::GateRow(..) => true,
            _ => false,
        };
        if first {
            let removed = |constraint: usize, row: usize| {
                mutant.covers(bench, &Objection::Gate { constraint, row })
            };
            let (cells, _) = bench.analysis.determine(&BTreeSet::new(), &|i| removed(i.constraint, i.row));
            // Intervals may have come from the part: then they have to be found anew.
            let anew = || {
                let without = |constraint: usize, _: &[Gate], row: usize| removed(constraint, row);
                Analysis::without(bench.layout, self.given, &without).undetermined().first().copied()
            };
            return cells.first().copied().or_else(anew).map(Killer::Determination);
        }
        let cell = match mutant {
            Mutant::Copies(from, to) => self.without_copies(&|(a, b)| (a.column, b.column) == (*from, *to)),
            Mutant::Copy(index) => {
                let copy = bench.sheet().copies()[*index];
                self.without_copies(&|other| *other == copy)
            }
            _ => None,
        };
        cell.map(Killer::Determination)
    }

    fn without_copies(&self, removed: &dyn Fn(&crate::sheet::Copy) -> bool) -> Option<Cell> {
        let mut sheet = self.bench.sheet().clone();
        for index in (0..sheet.copies().len()).rev() {
            if removed(&sheet.copies()[index]) {
                sheet = sheet.without_copy(index);
            }
        }
        let layout = self.bench.layout.forged(sheet);
        Analysis::new(&layout, self.given).undetermined().first().copied()
    }

    /// Whether integers lose their bounds, without what a tag says.
    fn bounds(&self, mutant: &Mutant) -> Option<Killer> {
        let applies = |tag: u64, limb: usize, row: usize| match mutant {
            Mutant::Tag(t) => tag == *t,
            Mutant::TagCell(i, r) => (*i, *r) == (limb, row),
            _ => false,
        };
        if !matches!(mutant, Mutant::Tag(_) | Mutant::TagCell(..)) {
            return None;
        }
        // A tag that no row of the table has: the limb may be anything.
        let nothing = table::TEXT - 1;
        let mut sheet = self.bench.sheet().clone();
        for (row, limb) in (0..sheet.rows()).flat_map(|row| (0..LIMBS).map(move |limb| (row, limb))) {
            let tag = to_u64(sheet.fixed_at(fixed_at::TAG + limb, row)).unwrap_or_default();
            if applies(tag, limb, row) && self.bench.is_written(Cell { column: at::LIMB + limb, row }) {
                sheet.fix(fixed_at::TAG + limb, row, nothing);
            }
        }
        let layout = self.bench.layout.forged(sheet);
        let analysis = Analysis::new(&layout, self.given);
        if let Some(cell) = analysis.undetermined().first() {
            return Some(Killer::Determination(*cell));
        }
        let budget = analysis.budget();
        let count = budget.unbounded.len() + budget.overflowing.len();
        (count > 0).then_some(Killer::Bounds(count))
    }

    /// Whether a lie passes with a second phase made for it.
    fn second(&self, mutant: &Mutant) -> Option<Killer> {
        let bench = self.bench;
        let removed = |constraint: usize, row: usize| mutant.covers(bench, &Objection::Gate { constraint, row });
        let concerned = match mutant {
            Mutant::Constraint(constraint) => bench.is_second(*constraint),
            Mutant::Gate(gate) | Mutant::GateRow(gate, _) => {
                (0..bench.constraints()).any(|c| bench.is_second(c) && bench.gates(c).contains(gate))
            }
            _ => false,
        };
        if !concerned {
            return None;
        }
        if bench.completes(&bench.miscounted(), &removed) {
            return Some(Killer::Second(None));
        }
        let found = self.lies.iter().find(|(_, sheet)| bench.completes(sheet, &removed));
        found.map(|(attack, _)| Killer::Second(Some(attack.clone())))
    }

    /// Changes cells near the part.
    fn search(&mut self, mutant: &Mutant, dice: &mut Dice) -> Option<Killer> {
        let mut left = self.patience;
        for attack in self.candidates(mutant, dice) {
            if self.tried.contains(&attack) {
                continue;
            }
            if left == 0 {
                return None;
            }
            left -= 1;
            let bench = self.bench;
            let covered = self.attempt(&attack).is_some_and(|objections| {
                !objections.is_empty() && objections.iter().all(|objection| mutant.covers(bench, objection))
            });
            if covered {
                return Some(Killer::Attack(attack));
            }
        }
        None
    }

    /// Attacks near a part: those of several cells in its row, then a step of each cell, the next step of each, and so on.
    fn candidates(&self, mutant: &Mutant, dice: &mut Dice) -> Vec<Attack> {
        let bench = self.bench;
        let mut all = match mutant {
            Mutant::GateRow(_, row) => bench.families_at(*row),
            _ => Vec::new(),
        };
        let mut steps: Vec<(Variable, std::vec::IntoIter<_>)> =
            self.near(mutant, dice).into_iter().map(|v| (v, bench.steps(v).into_iter())).collect();
        while !steps.is_empty() {
            steps.retain_mut(|(variable, steps)| {
                let Some(step) = steps.next() else { return false };
                let (cell, step) = bench.cell_attack(*variable, step);
                all.extend([Attack::Cell(cell, step.clone()), Attack::Alone(cell, step)]);
                true
            });
        }
        all
    }

    /// Variables that a part is about, in some rows.
    fn near(&self, mutant: &Mutant, dice: &mut Dice) -> Vec<Variable> {
        let bench = self.bench;
        let sheet = bench.sheet();
        let analysis = bench.analysis;
        let concerned = |instance: &&Instance| {
            let Instance { constraint, row, .. } = instance;
            mutant.covers(bench, &Objection::Gate { constraint: *constraint, row: *row })
        };
        let instances: Vec<&Instance> = analysis.instances.iter().filter(concerned).collect();
        let some = picked(instances.len(), dice);
        let mut variables: Vec<Variable> =
            some.into_iter().flat_map(|i| instances[i].variables.clone()).collect();
        let cells: Vec<Cell> = (0..sheet.rows() - 1)
            .flat_map(|row| (0..LIMBS).map(move |limb| (limb, row)))
            .filter(|(limb, row)| {
                let tag = to_u64(sheet.fixed_at(fixed_at::TAG + limb, *row)).unwrap_or_default();
                let objection = |wide| Objection::Limb { limb: *limb, row: *row, tag, wide };
                mutant.covers(bench, &objection(true)) || mutant.covers(bench, &objection(false))
            })
            .map(|(limb, row)| Cell { column: at::LIMB + limb, row })
            .collect();
        let written: Vec<&Cell> = cells.iter().filter(|cell| bench.is_written(**cell)).collect();
        let some = picked(written.len(), dice);
        variables.extend(some.into_iter().map(|i| analysis.variables.of(*written[i])));
        let some = picked(cells.len(), dice);
        variables.extend(some.into_iter().map(|i| analysis.variables.of(cells[i])));
        if sheet.bands().core && mutant.covers(bench, &Objection::Link { row: 0 }) {
            let rows = analysis.rows(fixed_at::LINK);
            let some = picked(rows.len(), dice).into_iter().map(|i| rows[i]);
            let cells = some.flat_map(|row| [at::A, at::B, at::C].map(|column| Cell { column, row }));
            variables.extend(cells.map(|cell| analysis.variables.of(cell)));
        }
        let mut seen = BTreeSet::new();
        variables.retain(|variable| seen.insert(*variable));
        variables
    }

    /// Whether the circuit as it is refuses an attack.
    pub fn refuses(&self, killer: &Killer) -> Option<bool> {
        match killer {
            Killer::Attack(attack) => {
                let forged: Forged = attack.forge(self.bench)?;
                let objections = self.bench.objections(&forged, usize::MAX)?;
                Some(!objections.is_empty())
            }
            Killer::Second(None) => Some(!self.bench.completes(&self.bench.miscounted(), &|_, _| false)),
            Killer::Second(Some(attack)) => {
                let forged = attack.forge(self.bench)?;
                let sheet = counted(self.bench.sheet_of(&forged.changes));
                Some(!self.bench.completes(&sheet, &|_, _| false))
            }
            _ => None,
        }
    }
}

/// Some of so many: the first, the last, and a few between.
fn picked(count: usize, dice: &mut Dice) -> Vec<usize> {
    let mut out: Vec<usize> = match count {
        0 => Vec::new(),
        count if count <= 8 => (0..count).collect(),
        count => {
            let between = (0..6).map(|_| dice.roll(count as u64) as usize);
            [count - 1, 0].into_iter().chain(between).collect()
        }
    };
    let mut seen = BTreeSet::new();
    out.retain(|i| seen.insert(*i));
    out
}
