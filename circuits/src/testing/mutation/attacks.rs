//! Forged witnesses by name, so that one can be written down and made again.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use halo2curves::bn256::Fr;

use super::bench::{Bench, Forged};
use super::program::Changes;
use crate::chips::record::ROWS;
use crate::chips::table;
use crate::chips::{LIMBS, at, fixed_at, record};
use crate::fixed::{power_of_two, to_field};
use crate::sheet::{Cell, Free, Role};
use crate::testing::polynomial::{Polynomial, Variable, signed};

/// What somebody writes instead of what is right. Everything that is determined by it follows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attack {
    /// A cell holds so much more. As a fraction: numerator and denominator.
    Cell(Cell, [num_bigint::BigInt; 2]),
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
    /// A public input is one more; the cell beside it too, or not.
    Public(usize, bool),
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell(cell, [n, d]) if *d == 1.into() => write!(f, "cell {} {} {n:+}", cell.column, cell.row),
            Self::Cell(cell, [n, d]) => write!(f, "cell {} {} {n:+}/{d}", cell.column, cell.row),
            Self::Text { row, length } => write!(f, "text {row} {length}"),
            Self::Gap { row, length, extra } => write!(f, "gap {row} {length} {extra}"),
            Self::Exchange(one, other) => write!(f, "exchange {one} {other}"),
            Self::Presence(row, squares) => write!(f, "presence {row} {squares}"),
            Self::Public(row, beside) => write!(f, "public {row} {}", if *beside { "beside" } else { "alone" }),
        }
    }
}

impl Attack {
    /// The attack of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        let parts: Vec<&str> = name.split(' ').collect();
        let number = |part: &str| part.parse::<usize>().ok();
        Some(match parts[..] {
            ["cell", column, row, delta] => {
                let (n, d) = delta.split_once('/').unwrap_or((delta, "1"));
                let cell = Cell { column: number(column)?, row: number(row)? };
                Self::Cell(cell, [n.parse().ok()?, d.parse().ok()?])
            }
            ["text", row, length] => Self::Text { row: number(row)?, length: number(length)? },
            ["gap", row, length, extra] => {
                Self::Gap { row: number(row)?, length: number(length)?, extra: number(extra)? }
            }
            ["exchange", one, other] => Self::Exchange(number(one)?, number(other)?),
            ["presence", row, squares] => Self::Presence(number(row)?, squares.parse().ok()?),
            ["public", row, "beside"] => Self::Public(number(row)?, true),
            ["public", row, "alone"] => Self::Public(number(row)?, false),
            _ => return None,
        })
    }

    /// The witness, or `None` if the sheet has no such cells.
    pub fn forge(&self, bench: &Bench<'_, '_>) -> Option<Forged> {
        let told = match self {
            Self::Cell(cell, [n, d]) => {
                let variable = bench.variable(*cell)?;
                let inverse: Option<Fr> = to_field(d).invert().into();
                let value = bench.program.honest(variable) + to_field(n) * inverse?;
                Changes::from([(variable, value)])
            }
            Self::Text { row, length } => bench.text(*row, *length, None)?,
            Self::Gap { row, length, extra } => bench.text(*row, *length, Some(*extra))?,
            Self::Exchange(one, other) => bench.exchange(*one, *other)?,
            Self::Presence(row, squares) => bench.presence(*row, *squares)?,
            Self::Public(row, beside) => {
                let exposed = bench.sheet().instance().get(*row)?;
                let value = bench.sheet().read(*exposed) + Fr::one();
                return Some(Forged { changes: Changes::new(), public: BTreeMap::from([(*row, (value, *beside))]) });
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
        readers.map(|reader| &self.analysis.instances[*reader]).any(|i| i.row == row + 1 && i.variables.contains(&both[0]))
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
        let root: Option<Fr> =
            super::program::root(Fr::one() + four * factor.square() * Fr::from(squares));
        let inverse: Option<Fr> = (factor + factor).invert().into();
        let d = (root? - Fr::one()) * inverse?;
        (0..ROWS).map(|j| Some((self.variable(Cell { column: at::D, row: first + j })?, d))).collect()
    }

    /// What a variable may be changed by: small steps, and steps that other digits of an equation make up for.
    pub(super) fn steps(&self, variable: Variable) -> Vec<Fr> {
        let mut steps = vec![Fr::one(), -Fr::one(), Fr::from(2), Fr::from(3)];
        let honest = self.program.honest(variable);
        steps.extend([-honest, -honest - honest, Fr::one() - honest]);
        for reader in self.analysis.readers[variable as usize].iter().take(4) {
            let instance = &self.analysis.instances[*reader];
            for unit in self.ratios(&instance.polynomial, variable).into_iter().take(8) {
                steps.extend([unit, -unit]);
            }
        }
        let mut seen = BTreeSet::from([Fr::zero()]);
        steps.retain(|step| seen.insert(*step));
        steps
    }

    /// By how much a variable changes when another one of a polynomial changes by one, everything else being what it is.
    fn ratios(&self, polynomial: &Polynomial, variable: Variable) -> Vec<Fr> {
        let slope = |v: Variable| {
            let known = |w: Variable| (w != v).then(|| self.program.honest(w));
            polynomial.given(known).linear().and_then(|(terms, _)| terms.get(&v).copied())
        };
        let Some(inverse) = slope(variable).and_then(|own| Option::<Fr>::from(own.invert())) else {
            return Vec::new();
        };
        let others = polynomial.variables().into_iter().filter(|other| *other != variable);
        others.filter_map(slope).map(|other| -other * inverse).collect()
    }

    /// A change of a cell by name.
    pub(super) fn cell_attack(&self, variable: Variable, step: Fr) -> Attack {
        let cell = self.analysis.variables.cells[variable as usize][0];
        let whole = signed(step);
        let inverse: Option<Fr> = step.invert().into();
        let part = inverse.map(signed).unwrap_or_default();
        let small = |n: &num_bigint::BigInt| n.bits();
        if small(&part) < small(&whole) && small(&part) > 0 {
            let sign = if part < 0.into() { -1 } else { 1 };
            return Attack::Cell(cell, [sign.into(), part * sign]);
        }
        Attack::Cell(cell, [whole, 1.into()])
    }

    /// Attacks that need several cells.
    pub fn families(&self) -> Vec<Attack> {
        let mut all = Vec::new();
        let rows = self.sheet().instance().len();
        all.extend((0..rows).flat_map(|row| [Attack::Public(row, true), Attack::Public(row, false)]));
        // Of texts of each length, those that nothing links to come last.
        let mut by_rows: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        self.texts().into_iter().for_each(|row| by_rows.entry(self.text_rows(row)).or_default().push(row));
        for (rows, texts) in by_rows {
            let Some(row) = texts.last().copied() else { continue };
            all.extend((0..=rows * LIMBS).map(|length| Attack::Text { row, length }));
            for extra in 0..rows - 1 {
                all.push(Attack::Gap { row, length: (rows - 2 - extra.min(rows - 2)) * LIMBS, extra });
            }
        }
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
