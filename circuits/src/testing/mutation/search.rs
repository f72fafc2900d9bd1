//! Attacks near a part that is left out.

use std::collections::BTreeSet;

use super::attacks::Attack;
use super::kill::{Killer, Matrix};
use super::mutant::{Mutant, Objection};
use crate::assignment::Cell;
use crate::chips::{LIMBS, at, fixed_at, lookup};
use crate::fixed::to_u64;
use crate::testing::analysis::Instance;
use crate::testing::polynomial::Variable;
use crate::testing::samples::Dice;

/// Limbs all of whose steps are tried, for what tags say.
const TAGGED: usize = 10;

impl Matrix<'_, '_, '_> {
    /// Changes cells near the part.
    pub(super) fn search(&mut self, mutant: &Mutant, dice: &mut Dice) -> Option<Killer> {
        let mut left = self.patience;
        for attack in self.candidates(mutant, dice) {
            if self.tried.contains(&attack) {
                continue;
            }
            // Of limbs past their ranges there are few, and each may be the only one.
            if !matches!(attack, Attack::Past { .. }) {
                if left == 0 {
                    return None;
                }
                left -= 1;
            }
            let bench = self.bench;
            let covered = self.attempt(&attack).is_some_and(|objections| {
                !objections.is_empty() && objections.iter().all(|objection| mutant.covers(bench, objection))
            });
            if covered && self.passes_without(mutant, &attack) {
                return Some(Killer::Attack(attack));
            }
        }
        None
    }

    /// Attacks near a part: those of several cells in its row, limbs past their ranges, then a step of each cell, the next step of each, and so on.
    fn candidates(&self, mutant: &Mutant, dice: &mut Dice) -> Vec<Attack> {
        let bench = self.bench;
        let mut all = match mutant {
            Mutant::GateRow(_, row) => bench.families_at(*row),
            _ => Vec::new(),
        };
        let tagged = matches!(mutant, Mutant::Tag(_) | Mutant::Widened(_) | Mutant::TagCell(..));
        let (limbs, near) = self.near(mutant, dice);
        if tagged {
            all.extend(limbs.into_iter().flat_map(|limb| bench.past_at(limb)));
        }
        let mut steps: Vec<(Variable, std::vec::IntoIter<_>)> =
            near.into_iter().map(|v| (v, bench.steps(v).into_iter())).collect();
        // What makes up for a digit out of its range is a matter of the right step: all of the first limbs first.
        for (variable, steps) in steps.iter_mut().take(if tagged { TAGGED } else { 0 }) {
            all.extend(
                steps.map(|step| bench.cell_attack(*variable, step)).map(|(c, step)| Attack::Cell(c, step)),
            );
        }
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

    /// Limbs whose tags a part is about, and variables that it is about, in some rows.
    fn near(&self, mutant: &Mutant, dice: &mut Dice) -> (Vec<Cell>, Vec<Variable>) {
        let bench = self.bench;
        let assignment = bench.assignment();
        let analysis = bench.analysis;
        let concerned = |instance: &&Instance| {
            let Instance { constraint, row, .. } = instance;
            mutant.covers(bench, &Objection::Gate { constraint: *constraint, row: *row })
        };
        let instances: Vec<&Instance> = analysis.instances.iter().filter(concerned).collect();
        let some = picked(instances.len(), 6, dice);
        let mut variables: Vec<Variable> =
            some.into_iter().flat_map(|i| instances[i].variables.clone()).collect();
        let cells: Vec<Cell> = (0..assignment.rows() - 1)
            .flat_map(|row| (0..LIMBS).map(move |limb| (limb, row)))
            .filter(|(limb, row)| {
                let tag = to_u64(assignment.fixed_at(fixed_at::TAG + limb, *row)).unwrap_or_default();
                let objection = |wide| Objection::Limb { limb: *limb, row: *row, tag, wide };
                mutant.covers(bench, &objection(true)) || mutant.covers(bench, &objection(false))
            })
            .map(|(limb, row)| Cell { column: at::LIMB + limb, row })
            .collect();
        let written: Vec<&Cell> = cells.iter().filter(|cell| bench.is_written(**cell)).collect();
        let some = picked(written.len(), 20, dice);
        let tagged: Vec<Cell> = some.into_iter().map(|i| *written[i]).collect();
        let limbs: Vec<Variable> = tagged.iter().map(|cell| analysis.variables.of(*cell)).collect();
        variables.extend(&limbs);
        let beside = tagged.iter().filter_map(|cell| {
            let half = lookup::out_of(assignment.bands(), cell.column - at::LIMB)?;
            Some(Cell { column: at::OUT[half], row: cell.row })
        });
        variables.extend(beside.map(|cell| analysis.variables.of(cell)));
        for limb in limbs {
            // What the limb is a digit of.
            let readers = analysis.readers[limb as usize].iter().take(2);
            let all = readers.flat_map(|reader| &analysis.instances[*reader].variables);
            let is_limb = |v: &Variable| analysis.variables.cells[*v as usize][0].column < at::LIMB + LIMBS;
            // Rows of graphs have digits of several numbers.
            let graph = assignment.bands().graph.is_some();
            variables.extend(all.filter(|variable| graph || !is_limb(variable)));
        }
        let some = picked(cells.len(), 6, dice);
        variables.extend(some.into_iter().map(|i| analysis.variables.of(cells[i])));
        if assignment.bands().has_links() && mutant.covers(bench, &Objection::Link { row: 0 }) {
            let rows = analysis.rows(fixed_at::LINK);
            let some = picked(rows.len(), 6, dice).into_iter().map(|i| rows[i]);
            let columns = [&[at::A][..], lookup::carried(assignment.bands())].concat();
            let cells = some.flat_map(|row| columns.iter().map(move |column| Cell { column: *column, row }));
            variables.extend(cells.map(|cell| analysis.variables.of(cell)));
        }
        let mut seen = BTreeSet::new();
        variables.retain(|variable| seen.insert(*variable));
        (tagged, variables)
    }
}

/// Some of so many: the first, the last, and `some` between.
fn picked(count: usize, some: usize, dice: &mut Dice) -> Vec<usize> {
    let mut out: Vec<usize> = match count {
        0 => Vec::new(),
        count if count <= some + 2 => (0..count).collect(),
        count => {
            let between = (0..some).map(|_| dice.roll(count as u64) as usize);
            [count - 1, 0].into_iter().chain(between).collect()
        }
    };
    let mut seen = BTreeSet::new();
    out.retain(|i| seen.insert(*i));
    out
}
