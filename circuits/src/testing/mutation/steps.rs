//! By how much a cell is changed.

use std::collections::BTreeSet;

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::attacks::Attack;
use super::bench::Bench;
use super::program::Changes;
use crate::assignment::Cell;
use crate::chips::{LIMBS, at, fixed_at, lookup};
use crate::fixed::to_u64;
use crate::testing::polynomial::{Polynomial, Variable, signed};

/// Other variables of an equation that are asked what makes up for a change.
const RATIOS: usize = 9;
/// Bits of the integers that cells hold, at most: a fraction has more, but for a chance of 2⁻¹⁰.
const WHOLE: u64 = 244;

impl Bench<'_, '_> {
    /// What a variable may be changed by: small steps, those that other digits of an equation make up for, those that make a factor
    /// of it 1 or 0, and those out of its range.
    pub(super) fn steps(&self, variable: Variable) -> Vec<Fr> {
        let honest = self.program.honest(variable);
        let cell = self.analysis.variables.cells[variable as usize][0];
        let mut steps: Vec<Fr> = self.out_of_range(cell).into_iter().map(|value| value - honest).collect();
        steps.extend([Fr::one(), -Fr::one(), Fr::from(2), Fr::from(3)]);
        steps.extend([-honest, -honest - honest, Fr::one() - honest]);
        for reader in self.analysis.readers[variable as usize].iter().take(8) {
            let polynomial = &self.analysis.instances[*reader].polynomial;
            let slope = self.slope(polynomial, variable).unwrap_or_default();
            if signed(slope).bits() <= 40 {
                steps.extend([slope, -slope]);
            }
            for (other, unit) in self.ratios(polynomial, variable) {
                let [cell, ..] = self.analysis.variables.cells[other as usize][..] else { continue };
                let beyond = self.out_of_range(cell).into_iter().take(1);
                steps.extend(beyond.map(|value| unit * (value - self.program.honest(other))));
                steps.extend([unit, -unit]);
            }
        }
        let mut seen = BTreeSet::from([Fr::zero()]);
        steps.retain(|step| seen.insert(*step));
        steps
    }

    /// The first value beyond a limb's tag, and beyond a full limb's; pads that make a tag another.
    fn out_of_range(&self, cell: Cell) -> Vec<Fr> {
        let assignment = self.assignment();
        let Cell { column, row } = cell;
        let tag = |limb: usize| to_u64(assignment.fixed_at(fixed_at::TAG + limb, row)).unwrap_or_default();
        match column {
            column if column < at::LIMB + LIMBS => {
                let full = self.beyond(self.full_tag());
                let own = self.beyond(tag(column - at::LIMB));
                [own, full, own + 1].map(Fr::from).to_vec()
            }
            // The limb itself, where an entry of a function should stand.
            column if at::OUT.contains(&column) => {
                let limb =
                    (0..LIMBS).find(|i| lookup::out_of(assignment.bands(), *i) == Some(column - at::OUT[0]));
                limb.map(|limb| assignment.read(Cell { column: at::LIMB + limb, row })).into_iter().collect()
            }
            at::PAD => {
                let mut tags: Vec<u64> = self.table.rows().iter().map(|(tag, _)| *tag).collect();
                tags.dedup();
                tags.into_iter().take(4).map(|other| Fr::from(other) - Fr::from(tag(0))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The first value beyond a tag.
    fn beyond(&self, tag: u64) -> u64 {
        let values = self.table.rows().iter().filter(|(t, _)| *t == tag).map(|(_, value)| *value);
        values.max().map_or(0, |greatest| greatest + 1)
    }

    /// Cells of a limb's equations, each with what it has to hold more to make up for a limb that is past its range by as much as
    /// the range is long: what is 0 in a digit then is 1 in the next. Those that would have to hold a fraction are none.
    fn making_up(&self, limb: Cell) -> Vec<(Variable, Fr)> {
        let (Some(variable), true) = (self.variable(limb), limb.column < at::LIMB + LIMBS) else {
            return Vec::new();
        };
        let tag = to_u64(self.assignment().fixed_at(fixed_at::TAG + limb.column - at::LIMB, limb.row));
        let length = Fr::from(tag.map_or(0, |tag| self.beyond(tag)));
        let mut seen = BTreeSet::from([variable]);
        let mut all = Vec::new();
        for reader in &self.analysis.readers[variable as usize] {
            let polynomial = &self.analysis.instances[*reader].polynomial;
            let Some(own) = self.slope(polynomial, variable) else { continue };
            for other in polynomial.variables() {
                let inverse = self.slope(polynomial, other).and_then(|slope| slope.invert().into());
                let step = inverse.map(|inverse: Fr| -own * length * inverse);
                let whole = step.filter(|step| signed(*step).bits() < WHOLE);
                all.extend(whole.filter(|_| seen.insert(other)).map(|step| (other, step)));
            }
        }
        all
    }

    /// A limb past its range, and another cell that makes up for it.
    pub(super) fn past(&self, limb: Cell, other: Cell) -> Option<Changes> {
        let other = self.variable(other)?;
        let (_, step) = self.making_up(limb).into_iter().find(|(variable, _)| *variable == other)?;
        let tag = to_u64(self.assignment().fixed_at(fixed_at::TAG + limb.column - at::LIMB, limb.row))?;
        let limb = self.variable(limb)?;
        let more = |variable: Variable, step: Fr| (variable, self.program.honest(variable) + step);
        Some(Changes::from([more(limb, Fr::from(self.beyond(tag))), more(other, step)]))
    }

    /// The attacks of a limb past its range.
    pub(super) fn past_at(&self, limb: Cell) -> Vec<Attack> {
        let others = self.making_up(limb).into_iter();
        let cell = |other: Variable| self.analysis.variables.cells[other as usize].first().copied();
        others.filter_map(|(other, _)| Some(Attack::Past { limb, other: cell(other)? })).collect()
    }

    /// By how much a polynomial changes with a variable, everything else being what it is; if it is linear in it.
    fn slope(&self, polynomial: &Polynomial, variable: Variable) -> Option<Fr> {
        let known = |other: Variable| (other != variable).then(|| self.program.honest(other));
        polynomial.given(known).linear().and_then(|(terms, _)| terms.get(&variable).copied())
    }

    /// By how much a variable changes when another one of a polynomial changes by one, everything else being what it is; for
    /// some others.
    fn ratios(&self, polynomial: &Polynomial, variable: Variable) -> Vec<(Variable, Fr)> {
        let inverse = self.slope(polynomial, variable).and_then(|own| Option::<Fr>::from(own.invert()));
        let Some(inverse) = inverse else { return Vec::new() };
        let others = polynomial.variables().into_iter().filter(|other| *other != variable);
        let ratio = |other: Variable| Some((other, -self.slope(polynomial, other)? * inverse));
        others.filter_map(ratio).take(RATIOS).collect()
    }

    /// A change of a cell by name.
    pub(super) fn cell_attack(&self, variable: Variable, step: Fr) -> (Cell, [BigInt; 2]) {
        let cell = self.analysis.variables.cells[variable as usize][0];
        let whole = signed(step);
        let inverse: Option<Fr> = step.invert().into();
        let part = inverse.map(signed).unwrap_or_default();
        if (1..whole.bits()).contains(&part.bits()) {
            let sign = if part < 0.into() { -1 } else { 1 };
            return (cell, [sign.into(), part * sign]);
        }
        (cell, [whole, 1.into()])
    }
}
