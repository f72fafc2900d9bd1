//! Who notices which mutant.

use std::collections::BTreeSet;
use std::fmt;

use super::attacks::Attack;
use super::bench::Bench;
use super::mutant::{Mutant, Objection};
use super::second::counted;
use crate::assignment::{Assignment, Cell, Free};
use crate::chips::table::{self, RangeTable};
use crate::chips::{Gate, LIMBS, at, fixed_at, lookup};
use crate::fixed::to_u64;
use crate::testing::Interval;
use crate::testing::analysis::{Analysis, Instance};
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

impl Killer {
    /// The killer of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let (kind, what) = name.split_once(": ").unwrap_or((name, ""));
        Some(match (kind, what) {
            ("honest witness", "") => Self::Honest,
            ("second phase", "count of a look-up") => Self::Second(None),
            ("second phase", attack) => Self::Second(Some(Attack::from_name(attack)?)),
            ("attack", attack) => Self::Attack(Attack::from_name(attack)?),
            ("bounds", places) => Self::Bounds(places.strip_suffix(" places")?.parse().ok()?),
            ("determination", cell) => {
                let (column, row) = cell.strip_prefix("cell ")?.split_once(' ')?;
                Self::Determination(Cell { column: column.parse().ok()?, row: row.parse().ok()? })
            }
            _ => return None,
        })
    }

    /// What kind of killer it is.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Determination(_) => "determination",
            Self::Bounds(_) => "bounds",
            Self::Attack(_) => "attack",
            Self::Second(_) => "second phase",
            Self::Honest => "honest witness",
        }
    }
}

/// Attacks of which it is seen whether they pass on the circuit without a part.
const KNOWN: usize = 4;
/// Most objections that an attack may meet to be of use.
const LIMIT: usize = 24;

/// Accumulators and packed elements of each sum tried as lies of the second phase, from the last one up.
const LIES: usize = 16;

/// Attacks that were evaluated, and what mutants they kill.
pub struct Matrix<'b, 'a, 'l> {
    pub(super) bench: &'b Bench<'a, 'l>,
    given: &'b [(Cell, Interval)],
    attacks: Vec<(Attack, BTreeSet<Objection>)>,
    pub(super) tried: BTreeSet<Attack>,
    /// Lies that only sums of the second phase notice.
    lies: Vec<(Attack, Assignment)>,
    /// Attacks tried for a mutant, at most.
    pub(super) patience: usize,
    /// Whether there are attacks of several cells and lies among them yet.
    prepared: bool,
}

impl<'b, 'a, 'l> Matrix<'b, 'a, 'l> {
    /// Without an attack, to confirm what is known. `given` are the bounds of [`Analysis::new`].
    pub fn empty(bench: &'b Bench<'a, 'l>, given: &'b [(Cell, Interval)]) -> Self {
        let (attacks, tried, lies) = Default::default();
        Self { bench, given, attacks, tried, lies, patience: 0, prepared: false }
    }

    /// To look for `patience` attacks for each mutant.
    pub fn new(bench: &'b Bench<'a, 'l>, given: &'b [(Cell, Interval)], patience: usize) -> Self {
        Self { patience, ..Self::empty(bench, given) }
    }

    /// Evaluates the attacks that need several cells, and finds lies: not before somebody is searched for.
    fn prepare(&mut self) {
        if std::mem::replace(&mut self.prepared, true) {
            return;
        }
        for attack in self.bench.families() {
            self.attempt(&attack);
        }
        self.find_lies();
    }

    /// Evaluates an attack, once.
    pub(super) fn attempt(&mut self, attack: &Attack) -> Option<&BTreeSet<Objection>> {
        if !self.tried.insert(attack.clone()) {
            return None;
        }
        let forged = attack.forge(self.bench)?;
        let objections = self.bench.objections(&forged, LIMIT)?;
        self.attacks.push((attack.clone(), objections));
        self.attacks.last().map(|(_, objections)| objections)
    }

    /// Accumulators, packed elements and keys of the chosen, of which only sums tell.
    fn find_lies(&mut self) {
        for kind in [Free::Accumulator, Free::Packed, Free::Chosen] {
            let assignment = self.bench.assignment();
            let free = |cell: &Cell| assignment.role(*cell) == crate::assignment::Role::Free(kind);
            let cells: Vec<Cell> = assignment.assigned().into_iter().filter(free).collect();
            // Each sum starts and ends at an edge: lies about the last one tell nothing of the others.
            let edge = |row: &usize| assignment.is_enabled(Gate::LayerEdge, *row);
            let edges: Vec<usize> = (0..assignment.rows()).filter(edge).collect();
            let mut of_sums = vec![0; edges.len() + 1];
            let (mut ends, mut some) = (BTreeSet::new(), cells);
            some.reverse();
            some.retain(|cell| {
                let tried = &mut of_sums[edges.partition_point(|edge| *edge <= cell.row)];
                *tried += 1;
                *tried <= LIES
            });
            for cell in some {
                // A key that is one less is another index: of one that ties.
                let step = if kind == Free::Chosen { -1 } else { 1 };
                let attack = Attack::Cell(cell, [step.into(), 1.into()]);
                let Some(forged) = attack.forge(self.bench) else { continue };
                let Some(objections) = self.bench.objections(&forged, LIMIT) else { continue };
                let sums = objections.iter().all(|objection| match objection {
                    Objection::Gate { constraint, .. } => self.bench.is_second(*constraint),
                    _ => false,
                });
                // One for every sum that ends elsewhere.
                if sums && objections.first().is_some_and(|first| ends.insert(*first)) {
                    self.lies.push((attack, counted(self.bench.assignment_of(&forged.changes))));
                }
            }
        }
    }

    /// Every attack that was evaluated, with what objects to it.
    pub fn attacks(&self) -> &[(Attack, BTreeSet<Objection>)] {
        &self.attacks
    }

    /// Attacks that nobody objects to: other valid witnesses, or holes.
    pub fn accepted(&self) -> impl Iterator<Item = &Attack> {
        self.attacks.iter().filter(|(_, objections)| objections.is_empty()).map(|(attack, _)| attack)
    }

    /// Who notices a mutant, of those who answer at once.
    pub fn at_once(&mut self, mutant: &Mutant) -> Option<Killer> {
        self.prepare();
        let honest = self.honest_needs(mutant).then_some(Killer::Honest);
        honest.or_else(|| self.known(mutant)).or_else(|| self.determination(mutant))
    }

    /// Who notices a mutant, of those who search.
    pub fn in_time(&mut self, mutant: &Mutant, dice: &mut Dice) -> Option<Killer> {
        self.second(mutant).or_else(|| self.search(mutant, dice)).or_else(|| self.anew(mutant))
    }

    /// Whether every honest witness needs the part: what it looks up is nowhere else.
    fn honest_needs(&self, mutant: &Mutant) -> bool {
        let assignment = self.bench.assignment();
        let looked_up =
            |column: usize, row: usize| assignment.read(Cell { column, row }) != Default::default();
        match mutant {
            Mutant::TableRows(tag) => {
                let table = RangeTable::new(assignment.bands());
                let mut rows = table.rows().iter().enumerate().filter(|(_, (t, _))| t == tag);
                rows.any(|(row, _)| looked_up(at::COUNT, row))
            }
            Mutant::TextRows(kind) => {
                let mut rows = self.bench.analysis.texts().into_iter();
                let counts = |row: usize| {
                    lookup::count_of_entry(assignment, row).is_some_and(|count| looked_up(count, row))
                };
                rows.any(|(row, _)| self.bench.analysis.kind(row) == *kind && counts(row))
            }
            _ => false,
        }
    }

    fn known(&self, mutant: &Mutant) -> Option<Killer> {
        let covered = |objections: &BTreeSet<Objection>| {
            !objections.is_empty() && objections.iter().all(|objection| mutant.covers(self.bench, objection))
        };
        let mut found =
            self.attacks.iter().filter(|(_, objections)| covered(objections)).map(|(attack, _)| attack);
        let passes = |attack: &&Attack| self.passes_without(mutant, attack);
        found.by_ref().take(KNOWN).find(passes).map(|attack| Killer::Attack(attack.clone()))
    }

    /// Whether an attack passes that is made anew on the circuit without a polynomial or selector: other gates may then determine what
    /// follows, in another order.
    pub(super) fn passes_without(&self, mutant: &Mutant, attack: &Attack) -> bool {
        let bench = self.bench;
        if !matches!(mutant, Mutant::Constraint(_) | Mutant::Gate(_) | Mutant::GateRow(..)) {
            return true;
        }
        let without =
            |constraint: usize, row: usize| mutant.covers(bench, &Objection::Gate { constraint, row });
        let analysis = Analysis::without(bench.layout, self.given, &without);
        let bench = Bench::new(bench.layout, &analysis);
        let objections = attack.forge(&bench).and_then(|forged| bench.objections(&forged, LIMIT));
        objections.is_some_and(|objections| objections.iter().all(|o| mutant.covers(self.bench, o)))
    }

    /// Whether a cell is determined by nothing, without the part.
    fn determination(&self, mutant: &Mutant) -> Option<Killer> {
        let bench = self.bench;
        let first = match mutant {
            Mutant::Constraint(constraint) => !bench.is_second(*constraint),
            Mutant::Gate(_) | Mutant::GateRow(..) => true,
            _ => false,
        };
        if !first {
            return None;
        }
        let removed =
            |i: &Instance| mutant.covers(bench, &Objection::Gate { constraint: i.constraint, row: i.row });
        let (cells, _) = bench.analysis.determine(&BTreeSet::new(), &removed);
        cells.first().copied().map(Killer::Determination)
    }

    /// Likewise, with bounds and copies found anew, which takes longer: bounds may have come from the part.
    fn anew(&self, mutant: &Mutant) -> Option<Killer> {
        let bench = self.bench;
        let cell = match mutant {
            Mutant::Copies(from, to) => self.without_copies(&|(a, b)| (a.column, b.column) == (*from, *to)),
            Mutant::PublicCopies => self.without_copies(&|copy| bench.is_public_copy(copy)),
            Mutant::PublicCopy(row) => {
                let copies = bench.public_copies(*row);
                let pairs: Vec<_> =
                    copies.into_iter().map(|index| bench.assignment().copies()[index]).collect();
                self.without_copies(&|copy| pairs.contains(copy))
            }
            Mutant::Copy(index) => {
                let copy = bench.assignment().copies()[*index];
                self.without_copies(&|other| *other == copy)
            }
            Mutant::Tag(_) | Mutant::TagCell(..) => return self.bounds(mutant),
            Mutant::Constraint(_) | Mutant::Gate(_) | Mutant::GateRow(..) => {
                let without = |constraint: usize, row: usize| {
                    mutant.covers(bench, &Objection::Gate { constraint, row })
                };
                Analysis::without(bench.layout, self.given, &without).undetermined().first().copied()
            }
            _ => None,
        };
        cell.map(Killer::Determination)
    }

    fn without_copies(&self, removed: &dyn Fn(&crate::assignment::Copy) -> bool) -> Option<Cell> {
        let mut assignment = self.bench.assignment().clone();
        for index in (0..assignment.copies().len()).rev() {
            if removed(&assignment.copies()[index]) {
                assignment = assignment.without_copy(index);
            }
        }
        let layout = self.bench.layout.forged(assignment);
        Analysis::new(&layout, self.given).undetermined().first().copied()
    }

    /// Whether integers lose their bounds, without what a tag says.
    fn bounds(&self, mutant: &Mutant) -> Option<Killer> {
        let applies = |tag: u64, limb: usize, row: usize| match mutant {
            Mutant::Tag(t) => tag == *t,
            Mutant::TagCell(i, r) => (*i, *r) == (limb, row),
            _ => false,
        };
        // A tag that no row of the table has: the limb may be anything.
        let nothing = table::TEXT - 1;
        let mut assignment = self.bench.assignment().clone();
        for (row, limb) in (0..assignment.rows()).flat_map(|row| (0..LIMBS).map(move |limb| (row, limb))) {
            let tag = to_u64(assignment.fixed_at(fixed_at::TAG + limb, row)).unwrap_or_default();
            if applies(tag, limb, row) && self.bench.is_written(Cell { column: at::LIMB + limb, row }) {
                assignment.fix(fixed_at::TAG + limb, row, nothing);
            }
        }
        let layout = self.bench.layout.forged(assignment);
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
        let removed =
            |constraint: usize, row: usize| mutant.covers(bench, &Objection::Gate { constraint, row });
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
        let found = self.lies.iter().find(|(_, assignment)| bench.completes(assignment, &removed));
        found.map(|(attack, _)| Killer::Second(Some(attack.clone())))
    }

    /// Whether the circuit as it is takes what `killer` tries. Analyses try nothing.
    pub fn is_taken(&self, killer: &Killer) -> bool {
        match killer {
            Killer::Attack(attack) => self.bench.takes(attack),
            Killer::Second(None) => self.bench.second_phase_passes(false),
            Killer::Second(Some(attack)) => attack.forge(self.bench).is_some_and(|forged| {
                self.bench.completes(&counted(self.bench.assignment_of(&forged.changes)), &|_, _| false)
            }),
            Killer::Determination(_) | Killer::Bounds(_) | Killer::Honest => false,
        }
    }

    /// Who notices `mutant`, of the kind of `killer`, who is known to: nothing is searched for.
    pub fn again(&self, mutant: &Mutant, killer: &Killer) -> Option<Killer> {
        let covers = |objections: &BTreeSet<Objection>| {
            !objections.is_empty() && objections.iter().all(|objection| mutant.covers(self.bench, objection))
        };
        let noticed = match killer {
            Killer::Honest => self.honest_needs(mutant),
            Killer::Attack(attack) => {
                let forged = attack.forge(self.bench);
                let objections = forged.and_then(|forged| self.bench.objections(&forged, LIMIT));
                objections.is_some_and(|objections| covers(&objections))
                    && self.passes_without(mutant, attack)
            }
            Killer::Second(attack) => {
                let bench = self.bench;
                let assignment = match attack {
                    None => bench.miscounted(),
                    Some(attack) => counted(bench.assignment_of(&attack.forge(bench)?.changes)),
                };
                let removed = |constraint: usize, row: usize| {
                    mutant.covers(bench, &Objection::Gate { constraint, row })
                };
                !bench.completes(&assignment, &|_, _| false) && bench.completes(&assignment, &removed)
            }
            Killer::Determination(_) | Killer::Bounds(_) => {
                return self.determination(mutant).or_else(|| self.anew(mutant));
            }
        };
        noticed.then(|| killer.clone())
    }
}
