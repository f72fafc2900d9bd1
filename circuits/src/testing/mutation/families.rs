//! Attacks of several cells: texts of every length and with gaps, records that change places, presences and states that are none.

use std::collections::BTreeMap;

use halo2curves::bn256::Fr;

use super::attacks::Attack;
use super::bench::Bench;
use super::program::{Changes, root};
use crate::assignment::{Cell, Free, Role};
use crate::chips::record::ROWS;
use crate::chips::{LIMBS, at, fixed_at, record, table};
use crate::fixed::{power_of_two, to_u64};
use crate::testing::polynomial::Variable;

impl Bench<'_, '_> {
    /// The variable of a cell, if the assignment has it.
    pub(super) fn variable(&self, cell: Cell) -> Option<Variable> {
        let there = self.assignment().advice().get(cell.column)?.len() > cell.row;
        there.then(|| self.analysis.variables.of(cell))
    }

    /// Rows of bytes from `row` on that belong to one text: those whose pads are declared.
    fn text_rows(&self, row: usize) -> usize {
        let padded = |row: &usize| {
            self.assignment().fixed_at(fixed_at::TAG, *row) == Fr::from(table::BYTE)
                && self.assignment().role(Cell { column: at::PAD, row: *row }) != Role::Blank
        };
        let chained = |row: usize| row + 1 < self.assignment().rows() && self.is_chained(row);
        let mut count = usize::from(padded(&row));
        while count > 0 && chained(row + count - 1) && padded(&(row + count)) {
            count += 1;
        }
        count
    }

    /// Whether a row of bytes and the next are one text: their hash goes on.
    fn is_chained(&self, row: usize) -> bool {
        let hash = |row: usize| self.analysis.variables.of(Cell { column: at::CLAMPED, row });
        let both = [hash(row), hash(row + 1)];
        let readers = self.analysis.readers[both[1] as usize].iter();
        readers
            .map(|reader| &self.analysis.instances[*reader])
            .any(|i| i.row == row + 1 && i.variables.contains(&both[0]))
    }

    /// First rows of texts of bytes.
    fn texts(&self) -> Vec<usize> {
        let assignment = self.assignment();
        let rows = 0..if assignment.bands().core { assignment.rows() - 1 } else { 0 };
        let mut out = Vec::new();
        let mut next = 0;
        for row in rows {
            let count = if row < next { 0 } else { self.text_rows(row) };
            if count > 0 {
                out.push(row);
                next = row + count;
            }
        }
        out
    }

    /// A text of `length` symbols `a`, and perhaps one at the end of an earlier row.
    pub(super) fn text(&self, first: usize, length: usize, extra: Option<usize>) -> Option<Changes> {
        let rows = self.text_rows(first);
        if rows == 0 || length > rows * LIMBS || extra.is_some_and(|extra| extra >= rows) {
            return None;
        }
        let mut told = Changes::new();
        let empty = rows * LIMBS - length;
        for r in 0..rows {
            let pad = empty.saturating_sub(r * LIMBS).min(LIMBS);
            let pad = if extra == Some(r) { pad.min(LIMBS - 1) } else { pad };
            let row = first + r;
            told.insert(self.variable(Cell { column: at::PAD, row })?, Fr::from(pad as u64));
            for limb in 0..LIMBS {
                let value = if limb < pad { 0 } else { u64::from(b'a') };
                told.insert(self.variable(Cell { column: at::LIMB + limb, row })?, Fr::from(value));
            }
        }
        Some(told)
    }

    /// First rows of records.
    fn records(&self) -> Vec<usize> {
        let assignment = self.assignment();
        if !assignment.bands().core {
            return Vec::new();
        }
        let present = |row: usize| assignment.role(Cell { column: at::D, row }) == Role::Free(Free::Input);
        let numbers = |row: usize| assignment.role(Cell { column: at::SIGN, row }) == Role::Free(Free::Sign);
        (0..assignment.rows() - ROWS).filter(|row| present(*row) && numbers(*row)).collect()
    }

    /// First rows of the records of the class that a row belongs to: classes do not follow each other at once.
    fn class(&self, row: usize) -> Vec<usize> {
        let mut class: Vec<usize> = Vec::new();
        for record in self.records() {
            let goes_on = class.last().is_none_or(|last| last + ROWS == record);
            if !goes_on && class.iter().any(|first| (*first..*first + ROWS).contains(&row)) {
                break;
            }
            if !goes_on {
                class.clear();
            }
            class.push(record);
        }
        class
    }

    pub(super) fn exchange(&self, one: usize, other: usize) -> Option<Changes> {
        let mut told = Changes::new();
        for (j, column) in (0..ROWS).flat_map(|j| (at::LIMB..=at::PAD).map(move |column| (j, column))) {
            // Running sums and what is packed follow.
            if matches!(column, at::SUM | at::E) {
                continue;
            }
            let cells = [one, other].map(|first| Cell { column, row: first + j });
            let [a, b] = [self.variable(cells[0])?, self.variable(cells[1])?];
            told.insert(a, self.program.honest(b));
            told.insert(b, self.program.honest(a));
        }
        Some(told)
    }

    /// d with d·2^low + d²·2^low' = squares·2^low' in the running sums, in all rows of a record that is not there.
    pub(super) fn presence(&self, first: usize, squares: u64) -> Option<Changes> {
        let [.., count, square] = record::SUMS;
        let factor = power_of_two(square.low - count.low);
        // 2^36·d² + d − 2^36·squares = 0
        let four = Fr::from(4);
        let root: Option<Fr> = root(Fr::one() + four * factor.square() * Fr::from(squares));
        let inverse: Option<Fr> = (factor + factor).invert().into();
        let d = (root? - Fr::one()) * inverse?;
        (0..ROWS).map(|j| Some((self.variable(Cell { column: at::D, row: first + j })?, d))).collect()
    }

    /// Rows of links without a text that are summed as they are.
    fn states(&self) -> Vec<usize> {
        let assignment = self.assignment();
        let first = |row: &usize| {
            assignment.role(Cell { column: at::A, row: *row }) == Role::Free(Free::Input)
                && assignment.role(Cell { column: at::SIGN, row: *row }) != Role::Blank
                && assignment.fixed_at(fixed_at::K + 1, *row) == Fr::one()
        };
        if assignment.bands().core { (0..assignment.rows()).filter(first).collect() } else { Vec::new() }
    }

    /// 3 for one state, so that sums and sums of squares stay: for 0, three 2 become 1; for 1, also a 0; for 2, two and a 0.
    pub(super) fn third(&self, row: usize) -> Option<Changes> {
        let variable = |row: usize| self.variable(Cell { column: at::A, row });
        let value = |row: usize| to_u64(self.assignment().read(Cell { column: at::A, row }));
        let states = self.states();
        let mut told = Changes::from([(variable(row)?, Fr::from(3))]);
        let (twos, zeros) = match value(row)? {
            0 => (3, 0),
            1 => (3, 1),
            _ => (2, 1),
        };
        let there = |row: &usize| self.assignment().read(Cell { column: at::D, row: *row }) == Fr::one();
        let records = self.class(row);
        let of = |row: usize| records.iter().position(|first| (*first..*first + ROWS).contains(&row));
        let class = |other: &usize| *other != row && of(*other).is_some() && there(other);
        for (from, count) in [(2, twos), (0, zeros)] {
            let found: Vec<usize> = states
                .iter()
                .copied()
                .filter(class)
                .filter(|r| value(*r) == Some(from))
                .take(count)
                .collect();
            if found.len() < count {
                return None;
            }
            for other in found {
                told.insert(variable(other)?, Fr::one());
            }
        }
        Some(told)
    }

    /// Attacks that need several cells, around a row.
    pub(super) fn families_at(&self, row: usize) -> Vec<Attack> {
        let mut all = Vec::new();
        for text in self.texts().into_iter().filter(|text| (*text..*text + 16).contains(&row)) {
            let rows = self.text_rows(text);
            if row < text + rows + 2 {
                all.extend(self.texts_at(text));
            }
        }
        let records = self.records();
        let there = |row: usize| self.assignment().read(Cell { column: at::D, row }) != Fr::zero();
        if let Some(record) = records.iter().copied().find(|first| (*first..*first + ROWS).contains(&row)) {
            if self.states().contains(&row) {
                all.push(Attack::Third(row));
            }
            let all_records = self.class(row);
            let class: Vec<usize> = all_records.iter().copied().filter(|other| there(*other)).collect();
            if !there(record) {
                all.extend(class.last().map(|last| Attack::Exchange(*last, record)));
                all.extend((1..8).map(|squares| Attack::Presence(record, squares)));
            }
            if there(record) && record >= ROWS && class.contains(&(record - ROWS)) {
                let absent = all_records.iter().find(|other| **other > record && !there(**other));
                all.extend(absent.map(|absent| Attack::Exchange(record - ROWS, *absent)));
            }
        }
        all
    }

    /// Texts of every length, and with gaps.
    fn texts_at(&self, row: usize) -> Vec<Attack> {
        let rows = self.text_rows(row);
        let gaps = (0..rows.saturating_sub(1)).map(|extra| Attack::Gap {
            row,
            length: (rows - 2 - extra) * LIMBS,
            extra,
        });
        gaps.chain((0..=rows * LIMBS).rev().map(|length| Attack::Text { row, length })).collect()
    }

    /// Attacks that need several cells.
    pub fn families(&self) -> Vec<Attack> {
        let mut all = Vec::new();
        let rows = self.assignment().instance().len();
        all.extend((0..rows).flat_map(|row| [Attack::Public(row, true), Attack::Public(row, false)]));
        // Of texts of each length, those that nothing links to come last.
        let mut by_rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        self.texts().into_iter().for_each(|row| by_rows.entry(self.text_rows(row)).or_default().push(row));
        for texts in by_rows.into_values() {
            let Some(row) = texts.last().copied() else { continue };
            all.extend(self.texts_at(row));
        }
        all.extend(self.states().first().map(|row| Attack::Third(*row)));
        let records = self.records();
        for pair in records.windows(2) {
            let there = |row: usize| self.assignment().read(Cell { column: at::D, row });
            if pair[1] != pair[0] + ROWS || there(pair[0]) == there(pair[1]) || there(pair[0]) == Fr::zero() {
                continue;
            }
            all.push(Attack::Exchange(pair[0], pair[1]));
            all.extend((1..8).map(|squares| Attack::Presence(pair[1], squares)));
        }
        all
    }
}
