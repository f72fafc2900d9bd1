//! Forged witnesses by name, so that one can be written down and made again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::bench::{Bench, Forged};
use super::program::Changes;
use crate::chips::record::ROWS;
use crate::chips::table;
use crate::chips::{LIMBS, at, fixed_at, record};
use crate::fixed::{power_of_two, to_field, to_u64};
use crate::sheet::{Cell, Free, Role};
use crate::testing::polynomial::{Polynomial, Variable, signed};

/// Other variables of an equation that are asked what makes up for a change.
const RATIOS: usize = 9;

/// What somebody writes instead of what is right. Everything that is determined by it follows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attack {
    /// A cell holds so much more. As a fraction: numerator and denominator.
    Cell(Cell, [BigInt; 2]),
    /// Likewise, and nothing follows but sums and counts.
    Alone(Cell, [BigInt; 2]),
    /// A text whose bytes start in a row has so many symbols, each an `a`.
    Text {
        /// First row.
        row: usize,
        /// Symbols.
        length: usize,
    },
    /// The same text, with its first rows empty no more: so many rows from the top have one symbol, at their end.
    Gap {
        /// First row.
        row: usize,
        /// Symbols of the text.
        length: usize,
        /// Row in which there is a symbol more, from the top.
        extra: usize,
    },
    /// Two records, seven rows each, change places.
    Exchange(usize, usize),
    /// A record is there by a number that adds nothing to the count and so much to its squares.
    Presence(usize, u64),
    /// The link of this row, which has no text, is 3; others of its class make up for it in the sums.
    Third(usize),
    /// A public input is one more; the cell beside it too, or not.
    Public(usize, bool),
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell(cell, [n, d]) | Self::Alone(cell, [n, d]) => {
                let word = if matches!(self, Self::Cell(..)) { "cell" } else { "alone" };
                write!(f, "{word} {} {} {n:+}", cell.column, cell.row)?;
                if *d == 1.into() { Ok(()) } else { write!(f, "/{d}") }
            }
            Self::Text { row, length } => write!(f, "text {row} {length}"),
            Self::Gap { row, length, extra } => write!(f, "gap {row} {length} {extra}"),
            Self::Exchange(one, other) => write!(f, "exchange {one} {other}"),
            Self::Presence(row, squares) => write!(f, "presence {row} {squares}"),
            Self::Third(row) => write!(f, "third {row}"),
            Self::Public(row, beside) => {
                write!(f, "public {row} {}", if *beside { "beside" } else { "alone" })
            }
        }
    }
}

impl Attack {
    /// The attack of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split(' ').collect();
        let number = |part: &str| part.parse::<usize>().ok();
        Some(match parts[..] {
            [word @ ("cell" | "alone"), column, row, step] => {
                let (n, d) = step.split_once('/').unwrap_or((step, "1"));
                let cell = Cell { column: number(column)?, row: number(row)? };
                let step = [n.parse().ok()?, d.parse().ok()?];
                if word == "cell" { Self::Cell(cell, step) } else { Self::Alone(cell, step) }
            }
            ["text", row, length] => Self::Text { row: number(row)?, length: number(length)? },
            ["gap", row, length, extra] => {
                Self::Gap { row: number(row)?, length: number(length)?, extra: number(extra)? }
            }
            ["exchange", one, other] => Self::Exchange(number(one)?, number(other)?),
            ["presence", row, squares] => Self::Presence(number(row)?, squares.parse().ok()?),
            ["third", row] => Self::Third(number(row)?),
            ["public", row, "beside"] => Self::Public(number(row)?, true),
            ["public", row, "alone"] => Self::Public(number(row)?, false),
            _ => return None,
        })
    }

    /// The witness, or `None` if the sheet has no such cells.
    pub fn forge(&self, bench: &Bench<'_, '_>) -> Option<Forged> {
        let told = match self {
            Self::Cell(cell, [n, d]) | Self::Alone(cell, [n, d]) => {
                let variable = bench.variable(*cell)?;
                let inverse: Option<Fr> = to_field(d).invert().into();
                let value = bench.program.honest(variable) + to_field(n) * inverse?;
                let told = Changes::from([(variable, value)]);
                if matches!(self, Self::Alone(..)) {
                    return Some(Forged { changes: told, public: BTreeMap::new() });
                }
                told
            }
            Self::Text { row, length } => bench.text(*row, *length, None)?,
            Self::Gap { row, length, extra } => bench.text(*row, *length, Some(*extra))?,
            Self::Exchange(one, other) => bench.exchange(*one, *other)?,
            Self::Presence(row, squares) => bench.presence(*row, *squares)?,
            Self::Third(row) => bench.third(*row)?,
            Self::Public(row, beside) => {
                let exposed = bench.sheet().instance().get(*row)?;
                let value = bench.sheet().read(*exposed) + Fr::one();
                return Some(Forged {
                    changes: Changes::new(),
                    public: BTreeMap::from([(*row, (value, *beside))]),
                });
            }
        };
        Some(bench.follow(&told))
    }
}

impl Bench<'_, '_> {
    /// The variable of a cell, if the sheet has it.
    fn variable(&self, cell: Cell) -> Option<Variable> {
        let there = self.sheet().advice().get(cell.column)?.len() > cell.row;
        there.then(|| self.analysis.variables.of(cell))
    }

    /// Rows of bytes from `row` on that belong to one text: those whose pads are declared.
    fn text_rows(&self, row: usize) -> usize {
        let padded = |row: &usize| {
            self.sheet().fixed_at(fixed_at::TAG, *row) == Fr::from(table::BYTE)
                && self.sheet().role(Cell { column: at::PAD, row: *row }) != Role::Blank
        };
        let chained = |row: usize| row + 1 < self.sheet().rows() && self.is_chained(row);
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
    pub(super) fn texts(&self) -> Vec<usize> {
        let sheet = self.sheet();
        let rows = 0..if sheet.bands().core { sheet.rows() - 1 } else { 0 };
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
    fn text(&self, first: usize, length: usize, extra: Option<usize>) -> Option<Changes> {
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
    pub(super) fn records(&self) -> Vec<usize> {
        let sheet = self.sheet();
        if !sheet.bands().core {
            return Vec::new();
        }
        let present = |row: usize| sheet.role(Cell { column: at::D, row }) == Role::Free(Free::Input);
        let numbers = |row: usize| sheet.role(Cell { column: at::SIGN, row }) == Role::Free(Free::Sign);
        (0..sheet.rows() - ROWS).filter(|row| present(*row) && numbers(*row)).collect()
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

    fn exchange(&self, one: usize, other: usize) -> Option<Changes> {
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
    fn presence(&self, first: usize, squares: u64) -> Option<Changes> {
        let [.., count, square] = record::SUMS;
        let factor = power_of_two(square.low - count.low);
        // 2^36·d² + d − 2^36·squares = 0
        let four = Fr::from(4);
        let root: Option<Fr> = super::program::root(Fr::one() + four * factor.square() * Fr::from(squares));
        let inverse: Option<Fr> = (factor + factor).invert().into();
        let d = (root? - Fr::one()) * inverse?;
        (0..ROWS).map(|j| Some((self.variable(Cell { column: at::D, row: first + j })?, d))).collect()
    }

    /// Rows of links without a text that are summed as they are.
    fn states(&self) -> Vec<usize> {
        let sheet = self.sheet();
        let first = |row: &usize| {
            sheet.role(Cell { column: at::A, row: *row }) == Role::Free(Free::Input)
                && sheet.role(Cell { column: at::SIGN, row: *row }) != Role::Blank
                && sheet.fixed_at(fixed_at::K + 1, *row) == Fr::one()
        };
        if sheet.bands().core { (0..sheet.rows()).filter(first).collect() } else { Vec::new() }
    }

    /// 3 for one state, so that sums and sums of squares stay: for 0, three 2 become 1; for 1, also a 0; for 2, two and a 0.
    fn third(&self, row: usize) -> Option<Changes> {
        let variable = |row: usize| self.variable(Cell { column: at::A, row });
        let value = |row: usize| to_u64(self.sheet().read(Cell { column: at::A, row }));
        let states = self.states();
        let mut told = Changes::from([(variable(row)?, Fr::from(3))]);
        let (twos, zeros) = match value(row)? {
            0 => (3, 0),
            1 => (3, 1),
            _ => (2, 1),
        };
        let there = |row: &usize| self.sheet().read(Cell { column: at::D, row: *row }) == Fr::one();
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
        let there = |row: usize| self.sheet().read(Cell { column: at::D, row }) != Fr::zero();
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
        let sheet = self.sheet();
        let Cell { column, row } = cell;
        let tag = |limb: usize| to_u64(sheet.fixed_at(fixed_at::TAG + limb, row)).unwrap_or_default();
        let beyond = |tag: u64| {
            let values = self.table.rows().iter().filter(|(t, _)| *t == tag).map(|(_, value)| *value);
            values.max().map_or(0, |greatest| greatest + 1)
        };
        match column {
            column if column < at::LIMB + LIMBS => {
                let full = beyond(self.full_tag());
                let own = beyond(tag(column - at::LIMB));
                [own, full, own + 1].map(Fr::from).to_vec()
            }
            at::PAD => {
                let mut tags: Vec<u64> = self.table.rows().iter().map(|(tag, _)| *tag).collect();
                tags.dedup();
                tags.into_iter().take(4).map(|other| Fr::from(other) - Fr::from(tag(0))).collect()
            }
            _ => Vec::new(),
        }
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

    /// Attacks that need several cells.
    pub fn families(&self) -> Vec<Attack> {
        let mut all = Vec::new();
        let rows = self.sheet().instance().len();
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
            let there = |row: usize| self.sheet().read(Cell { column: at::D, row });
            if pair[1] != pair[0] + ROWS || there(pair[0]) == there(pair[1]) || there(pair[0]) == Fr::zero() {
                continue;
            }
            all.push(Attack::Exchange(pair[0], pair[1]));
            all.extend((1..8).map(|squares| Attack::Presence(pair[1], squares)));
        }
        all
    }
}
