//! Forged witnesses by name, so that one can be written down and made again.

use std::collections::BTreeMap;
use std::fmt;

use halo2curves::bn256::Fr;
use num_bigint::BigInt;

use super::bench::{Bench, Forged};
use super::program::Changes;
use crate::assignment::Cell;
use crate::fixed::to_field;

/// What somebody writes instead of what is right. Everything that is determined by it follows.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attack {
    /// A cell holds so much more. As a fraction: numerator and denominator.
    Cell(Cell, [BigInt; 2]),
    /// Likewise, and nothing follows but sums and counts.
    Alone(Cell, [BigInt; 2]),
    /// A limb holds as much more as its tag has values, and another cell of one of its equations what makes up for it.
    Past {
        /// The limb.
        limb: Cell,
        /// The other cell.
        other: Cell,
    },
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
            Self::Past { limb, other } => {
                write!(f, "past {} {} by {} {}", limb.column, limb.row, other.column, other.row)
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
            ["past", column, row, "by", other_column, other_row] => Self::Past {
                limb: Cell { column: number(column)?, row: number(row)? },
                other: Cell { column: number(other_column)?, row: number(other_row)? },
            },
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

    /// The witness, or `None` if the assignment has no such cells.
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
            Self::Past { limb, other } => bench.past(*limb, *other)?,
            Self::Text { row, length } => bench.text(*row, *length, None)?,
            Self::Gap { row, length, extra } => bench.text(*row, *length, Some(*extra))?,
            Self::Exchange(one, other) => bench.exchange(*one, *other)?,
            Self::Presence(row, squares) => bench.presence(*row, *squares)?,
            Self::Third(row) => bench.third(*row)?,
            Self::Public(row, beside) => {
                let exposed = bench.assignment().instance().get(*row)?;
                let value = bench.assignment().read(*exposed) + Fr::one();
                return Some(Forged {
                    changes: Changes::new(),
                    public: BTreeMap::from([(*row, (value, *beside))]),
                });
            }
        };
        Some(bench.follow(&told))
    }
}
